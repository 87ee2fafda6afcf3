"""A session file: each line durable before anybody sees its answer. I/O."""

import errno
import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from certs.durable import sync_folder
from certs.errors import PalletError
from certs.pallet_session import MOST_BYTES, Session, opening, parse_session
from certs.text import Text


class SessionFile:
    """What was scanned so far, and a place for what comes; one process at a time."""

    def __init__(self, path: Path, manifest_sha256: str) -> None:
        """Open the file, and begin it where there is none; what was torn off is cut away.

        Args:
            path: of the file; its folder exists.
            manifest_sha256: of the manifest that is scanned against.

        Raises:
            PalletError: another manifest's, damaged, or in use.
            OSError: it cannot be opened, or is no regular file.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o600)
        try:
            self._lock()
            self.session = self._begun(manifest_sha256)
            sync_folder(path.parent)
        except BaseException:
            os.close(self._descriptor)
            raise

    def __enter__(self) -> Self:
        """Return the file itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        os.close(self._descriptor)

    def append(self, line: bytes) -> None:
        """Write a line and make it durable.

        Raises:
            OSError: it may not be there; nothing may be answered.
        """
        rest = memoryview(line)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        os.fsync(self._descriptor)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno != errno.EWOULDBLOCK:
                raise
            raise PalletError(
                Text(zh="这份扫描记录正在用。", en="This session file is in use."),
                Text(
                    zh="先结束另一个窗口里的扫描，或者用 --session 换一个文件。",
                    en="End the other scan first, or name another file with --session.",
                ),
            ) from error

    def _begun(self, manifest_sha256: str) -> Session:
        data = self._read()
        found = parse_session(data)
        if found is None:
            os.ftruncate(self._descriptor, 0)
            first = opening(manifest_sha256)
            self.append(first)
            whole = len(first)
            return Session(manifest_sha256=manifest_sha256, events=(), end=None, whole_bytes=whole)
        if found.manifest_sha256 != manifest_sha256:
            raise PalletError(
                Text(
                    zh="这份扫描记录是另一份清单的。",
                    en="This session file belongs to another manifest.",
                ),
                Text(zh="用 --session 换一个文件。", en="Name another file with --session."),
            )
        os.ftruncate(self._descriptor, found.whole_bytes)
        return found

    def _read(self) -> bytes:
        data = bytearray()
        while piece := os.read(self._descriptor, MOST_BYTES + 1 - len(data)):
            data += piece
        return bytes(data)
