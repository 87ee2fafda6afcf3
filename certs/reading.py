"""Reading files that somebody else may have put there."""

import errno
import os
import stat
from pathlib import Path

from certs.layout import MAX_SIGNATURE_BYTES
from certs.revocation import MOST_LIST_BYTES, SignedList

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class UnexpectedFileError(Exception):
    """A file is not a regular one, or larger than expected."""


def read_regular_file(path: Path, most_bytes: int) -> tuple[bytes, os.stat_result]:
    """Read a whole regular file, never through a symbolic link, never waiting.

    Args:
        path: the file.
        most_bytes: limit of its size.

    Returns:
        its content, and its status taken from the same open descriptor.

    Raises:
        UnexpectedFileError: not a regular file, or too large.
        OSError: missing, a symbolic link (ELOOP), or unreadable.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > most_bytes:
            raise UnexpectedFileError(path.name)
        data = _read_up_to(descriptor, most_bytes + 1)
    finally:
        os.close(descriptor)
    if len(data) > most_bytes:
        raise UnexpectedFileError(path.name)
    return data, status


def read_chosen(path: Path, most_bytes: int) -> bytes:
    """Read a file that the caller chose; it may be a symbolic link.

    Raises:
        OSError: missing, unreadable, not a regular file, or too large.
    """
    try:
        return read_regular_file(path.resolve(), most_bytes)[0]
    except UnexpectedFileError as error:
        raise OSError(errno.EINVAL, "not such a file", str(path)) from error


def read_signed_list(path: Path, version_at_least: int) -> SignedList:
    """Read a list of revoked keys, and its signature (``.sig``) beside it.

    Args:
        path: of the list.
        version_at_least: that the caller knows to exist.

    Raises:
        OSError: one of the two is missing, unreadable, not a regular file, or too large.
    """
    return SignedList(
        document=read_chosen(path, MOST_LIST_BYTES),
        signature=read_chosen(path.with_suffix(".sig"), MAX_SIGNATURE_BYTES),
        version_at_least=version_at_least,
    )


def _read_up_to(descriptor: int, most_bytes: int) -> bytes:
    data = bytearray()
    while len(data) < most_bytes and (piece := os.read(descriptor, most_bytes - len(data))):
        data += piece
    return bytes(data)
