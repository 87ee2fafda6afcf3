"""The list of phones that must not be taken in, as it lies on disk now. I/O.

It is read again whenever the file is another one: a phone that was reported an hour ago is on it.
Where it cannot be read or understood, nothing is known of any phone, and that is an error.
"""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from wipe_station.errors import BlockListError
from wipe_station.phones.block_list import MOST_BYTES, Blocked, parse_block_list, wrong_list
from wipe_station.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A list that is in force."""

    path: Path
    numbers: int
    changed_at: datetime
    """When its file was written last; aware."""


class _Stamp(NamedTuple):
    """Tells one state of a file from the next."""

    device: int
    inode: int
    size_bytes: int
    modified_ns: int
    changed_ns: int


class BlockList:
    """One list, or none. Fit for several threads."""

    def __init__(self, path: Path | None = None) -> None:
        """Take its place; it is read when somebody asks.

        Args:
            path: of the file; None where the organisation has no list: then nothing is flagged.
        """
        self._path = path
        self._lock = Lock()
        self._stamp: _Stamp | None = None
        self._found: Blocked | BlockListError = Blocked(bodies=frozenset(), numbers=0)

    def flagged(self, imeis: Iterable[str]) -> bool:
        """Tell whether a phone stands on the list.

        Args:
            imeis: all of one phone, unchecked.

        Raises:
            BlockListError: the list cannot be used, whatever the numbers are.
        """
        return self._path is not None and self._current(self._path)[0].flags(imeis)

    def listed(self) -> Listed | None:
        """Return what is in force; None where no list is set.

        Raises:
            BlockListError: the list cannot be used.
        """
        if self._path is None:
            return None
        blocked, stamp = self._current(self._path)
        changed = datetime.fromtimestamp(stamp.modified_ns // 10**9, tz=UTC)
        return Listed(path=self._path, numbers=blocked.numbers, changed_at=changed)

    def problem(self) -> BlockListError | None:
        """Return why the list cannot be used; None where it can, or none is set."""
        try:
            self.listed()
        except BlockListError as error:
            return error
        return None

    def _current(self, path: Path) -> tuple[Blocked, _Stamp]:
        with self._lock:
            try:
                stamp, data = _changed(path, self._stamp)
            except OSError as error:
                self._stamp = None
                raise wrong_list(f"读不到 {path}", f"{path} cannot be read: {error}") from error
            if data is not None:
                self._found, self._stamp = _parsed(data), stamp
            if isinstance(self._found, BlockListError):
                raise self._found.again()
            return self._found, stamp


def _changed(path: Path, known: _Stamp | None) -> tuple[_Stamp, bytes | None]:
    """Return a file's stamp, and its bytes where the stamp is new."""
    # A pipe must not make the counter wait for a writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise OSError(f"{path} is no file")
        # Of before reading: what is written meanwhile is read again.
        stamp = _Stamp(
            before.st_dev, before.st_ino, before.st_size, before.st_mtime_ns, before.st_ctime_ns
        )
        return stamp, None if stamp == known else file.read(MOST_BYTES + 1)


def _parsed(data: bytes) -> Blocked | BlockListError:
    try:
        return parse_block_list(data)
    except BlockListError as error:
        return error


def block_list_of(settings: Settings, state: Path) -> BlockList:
    """Return the list that is set; a relative path is meant beside the settings."""
    return BlockList(None if settings.block_list is None else state / settings.block_list)
