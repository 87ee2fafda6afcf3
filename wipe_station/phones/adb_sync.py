"""adb's file service, version 1: what a canary needs, and counting what lies in a folder. Pure.

Names of a person's files are never kept: a listing is a number, and which of the names that *we*
asked for are among them. A phone answers "no such folder" and "no permission" in a listing with an
empty list, and in a status with zeros: neither proves that anything is gone (``canary``).

Source: AOSP packages/modules/adb, SYNC.TXT, file_sync_protocol.h.
"""

import stat
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from wipe_station.errors import MalformedReplyError
from wipe_station.phones.reading import Reading

CHUNK_BYTES: Final = 64 << 10
MOST_PATH_BYTES: Final = 1024
MOST_NAME_BYTES: Final = 255
MOST_ENTRIES: Final = 1 << 20
_MOST_MESSAGE_BYTES: Final = 1 << 16
_OWN_NAMES: Final = frozenset({b".", b".."})
_U32: Final = 0xFFFFFFFF


class Ask(Enum):
    """What a computer asks for, with a path."""

    STATUS = b"STAT"
    LISTING = b"LIST"
    SEND = b"SEND"
    RECEIVE = b"RECV"


QUIT: Final = b"QUIT\0\0\0\0"


def request(ask: Ask, path: str) -> bytes:
    """Return a request.

    Raises:
        ValueError: the path is longer than the protocol allows.
    """
    named = path.encode()
    if len(named) > MOST_PATH_BYTES:
        raise ValueError("path too long")
    return ask.value + struct.pack("<I", len(named)) + named


def upload(path: str, pieces: Iterable[bytes], *, mode: int, modified_s: int) -> Iterator[bytes]:
    """Return what puts a regular file there, in parts of at most a chunk each.

    Args:
        path: on the phone.
        pieces: the file's bytes, in any cut.
        mode: its permissions.
        modified_s: since 1970.
    """
    yield request(Ask.SEND, f"{path},{stat.S_IFREG | mode}")
    for piece in pieces:
        for at in range(0, len(piece), CHUNK_BYTES):
            part = piece[at : at + CHUNK_BYTES]
            yield b"DATA" + struct.pack("<I", len(part)) + part
    yield b"DONE" + struct.pack("<I", modified_s & _U32)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStatus:
    """What is at a path."""

    mode: int
    size_bytes: int
    """Modulo 2³²."""
    modified_s: int

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return stat.S_ISREG(self.mode)

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return stat.S_ISDIR(self.mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What is in a folder: how much, and which of the names that were asked for."""

    entries: int
    """Without the folder itself and the one above."""
    found: frozenset[str]


def read_status() -> Reading[FileStatus | None]:
    """Read the answer to STATUS; None where nothing is there or nothing may be seen.

    Raises:
        MalformedReplyError: another answer.
    """
    data = yield 16
    if data[:4] != b"STAT":
        raise _malformed(0, "status")
    mode, size, modified = struct.unpack_from("<III", data, 4)
    return FileStatus(mode=mode, size_bytes=size, modified_s=modified) if mode else None


def read_listing(names: frozenset[str]) -> Reading[Listing]:
    """Read the answer to LISTING: count, and forget.

    Args:
        names: which of them to look for.

    Raises:
        MalformedReplyError: another answer, too many entries, or a name of no length or too long.
    """
    wanted = {name.encode(): name for name in names}
    entries, found = 0, set[str]()
    while True:
        data = yield 20
        if data[:4] == b"DONE":
            return Listing(entries=entries, found=frozenset(found))
        (size,) = struct.unpack_from("<I", data, 16)
        if data[:4] != b"DENT" or not 1 <= size <= MOST_NAME_BYTES:
            raise _malformed(0, "entry")
        name = yield size
        if name in wanted:
            found.add(wanted[name])
        entries += name not in _OWN_NAMES
        if entries > MOST_ENTRIES:
            raise _malformed(0, "entries")


def read_sent() -> Reading[bool]:
    """Read the answer to an upload: whether the phone took it.

    Raises:
        MalformedReplyError: another answer.
    """
    data = yield 8
    (size,) = struct.unpack_from("<I", data, 4)
    if data[:4] == b"OKAY":
        return True
    yield from _refused(data[:4], size)
    return False


def read_file(most_bytes: int) -> Reading[bytes | None]:
    """Read the answer to RECEIVE; None where the phone refuses.

    Raises:
        MalformedReplyError: another answer, or more bytes than allowed.
    """
    content = bytearray()
    while True:
        data = yield 8
        (size,) = struct.unpack_from("<I", data, 4)
        if data[:4] == b"DONE":
            return bytes(content)
        if data[:4] != b"DATA":
            yield from _refused(data[:4], size)
            return None
        if size > CHUNK_BYTES or len(content) + size > most_bytes:
            raise _malformed(4, "length")
        content += yield size


def _refused(word: bytes, size: int) -> Reading[None]:
    """Read a refusal; its message names paths and is forgotten."""
    if word != b"FAIL":
        raise _malformed(0, "answer")
    if size > _MOST_MESSAGE_BYTES:
        raise _malformed(4, "length")
    yield size


def _malformed(offset: int, what: str) -> MalformedReplyError:
    return MalformedReplyError("adb sync", offset=offset, field=what)
