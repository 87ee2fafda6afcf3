"""``python -m hw_tests.faulty_file MOUNTPOINT SIZE_BYTES RULES``: a medium that lies or fails.

A FUSE file system in a process of its own with two files: ``disk``, to be put under a loop device,
and ``counts``, how many bytes the kernel has read from and written to it. RULES is a JSON list of
``{"kind", "start", "end"}``; a rule applies to every call that touches its range. ``direct_io``
keeps the page cache from hiding what happens here: a test of a liar asserts by the counts that the
liar was really asked.
"""

import argparse
import contextlib
import errno
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final

import mfusepy

from hw_tests.loop import LoopDrive, attach, detach

READY_S: Final = 30.0


class Fault(Enum):
    """What can be wrong with a range of bytes."""

    READ_ERROR = "read-error"
    WRITE_ERROR = "write-error"
    FLUSH_ERROR = "flush-error"
    DROP = "drop"
    """A write is acknowledged and not kept."""
    STALE = "stale"
    """Reads return what was there before anything was written: zeros."""
    FLIP = "flip"
    """The lowest bit of the range's first byte is inverted on its way back."""
    WRAP = "wrap"
    """The true capacity is ``end``: every offset is taken modulo it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One fault over a range of bytes."""

    kind: Fault
    start: int
    end: int

    def touches(self, offset: int, length: int) -> bool:
        """Whether a call meets the range."""
        return offset < self.end and self.start < offset + length

    def to_json(self) -> dict[str, str | int]:
        """Return the rule as the program reads it."""
        return {"kind": self.kind.value, "start": self.start, "end": self.end}


class FaultyFile(mfusepy.Operations):  # type: ignore[misc] # the library ships no types
    """The two files, and the rules they follow."""

    use_ns = True

    def __init__(self, size_bytes: int, rules: list[Rule]) -> None:
        self._size = size_bytes
        self._rules = rules
        self._cells = bytearray(size_bytes)
        self._counts = {"read_bytes": 0, "written_bytes": 0}
        wraps = [rule.end for rule in rules if rule.kind is Fault.WRAP]
        self._capacity = wraps[0] if wraps else size_bytes

    def _rule(self, kind: Fault, offset: int, length: int) -> Rule | None:
        return next((r for r in self._rules if r.kind is kind and r.touches(offset, length)), None)

    def _fail(self, kind: Fault, offset: int, length: int) -> None:
        if self._rule(kind, offset, length):
            raise mfusepy.FuseOSError(errno.EIO)

    def init_with_config(self, _connection: object, config: Any) -> None:
        """Switch the page cache off for this file system."""
        if config is not None:
            config.direct_io = 1

    def getattr(self, path: str, fh: int | None = None) -> dict[str, int]:
        """Return what ``stat`` shows."""
        del fh
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o700, "st_nlink": 2}
        sizes = {"/disk": self._size, "/counts": len(self._counts_text())}
        if path not in sizes:
            raise mfusepy.FuseOSError(errno.ENOENT)
        return {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 1, "st_size": sizes[path]}

    def readdir(self, path: str, fh: int) -> list[str]:
        """Return the names in the one folder."""
        del path, fh
        return [".", "..", "disk", "counts"]

    def _counts_text(self) -> bytes:
        return json.dumps(self._counts).encode("ascii")

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        """Return bytes, or what the rules make of them."""
        del fh
        if path == "/counts":
            return self._counts_text()[offset : offset + size]
        self._fail(Fault.READ_ERROR, offset, size)
        data = bytearray(self._cell_bytes(offset, size))
        if stale := self._rule(Fault.STALE, offset, size):
            start, end = max(stale.start - offset, 0), min(stale.end - offset, size)
            data[start:end] = bytes(end - start)
        flip = self._rule(Fault.FLIP, offset, size)
        if flip and flip.start >= offset:
            data[flip.start - offset] ^= 1
        self._counts["read_bytes"] += len(data)
        return bytes(data)

    def _cell_bytes(self, offset: int, size: int) -> bytes:
        at = offset % self._capacity
        first = bytes(self._cells[at : min(at + size, self._capacity)])
        return first + bytes(self._cells[: size - len(first)])

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        """Keep bytes, unless a rule says otherwise."""
        del path, fh
        self._fail(Fault.WRITE_ERROR, offset, len(data))
        self._counts["written_bytes"] += len(data)
        kept = memoryview(data)
        dropped = self._rule(Fault.DROP, offset, len(data))
        if dropped is None:
            self._keep(offset, kept)
        else:
            before = max(dropped.start - offset, 0)
            self._keep(offset, kept[:before])
            after = min(dropped.end - offset, len(data))
            self._keep(offset + after, kept[after:])
        return len(data)

    def _keep(self, offset: int, data: memoryview) -> None:
        at = offset % self._capacity
        first = min(len(data), self._capacity - at)
        self._cells[at : at + first] = data[:first]
        self._cells[: len(data) - first] = data[first:]

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        """Flush, or fail to."""
        del path, datasync, fh
        self._fail(Fault.FLUSH_ERROR, 0, self._size)
        return 0


def counts(drive: LoopDrive) -> dict[str, int]:
    """Return how many bytes the kernel has really moved."""
    found: dict[str, int] = json.loads((drive.file.parent / "counts").read_bytes())
    return found


@contextlib.contextmanager
def faulty_drive(folder: Path, size_bytes: int, *rules: Rule) -> Iterator[LoopDrive]:
    """Put a loop device on a faulty file; take both down in the one order that cannot hang."""
    point = folder / "faulty"
    point.mkdir()
    text = json.dumps([rule.to_json() for rule in rules])
    words = (sys.executable, "-m", "hw_tests.faulty_file", point, str(size_bytes), text)
    with subprocess.Popen(words) as program:
        try:
            _wait_until_mounted(program, point)
            drive = attach(point / "disk")
            try:
                yield drive
            finally:
                detach(drive)
        finally:
            subprocess.run(["umount", "--lazy", point], check=False)
            program.kill()


def _wait_until_mounted(program: "subprocess.Popen[bytes]", point: Path) -> None:
    ends = time.monotonic() + READY_S
    while not os.path.ismount(point):
        assert program.poll() is None, "the faulty file ended before it was mounted"
        assert time.monotonic() < ends


def main() -> None:
    """Serve the two files until unmounted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mountpoint")
    parser.add_argument("size_bytes", type=int)
    parser.add_argument("rules", type=json.loads)
    given = parser.parse_args()
    rules = [Rule(kind=Fault(r["kind"]), start=r["start"], end=r["end"]) for r in given.rules]
    mfusepy.FUSE(FaultyFile(given.size_bytes, rules), given.mountpoint, foreground=True)


if __name__ == "__main__":
    main()
