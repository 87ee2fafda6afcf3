"""``python -m hw_tests.lab.fuse_medium MOUNTPOINT SIZE_BYTES``: a scripted medium as a file.

A FUSE file system in a process of its own, to be put under a loop device or behind QEMU:

    disk      the medium, with its faults
    truth     what is really there, for whoever checks afterwards; what is written here was there
              all along, and no fault is met by it
    counts    JSON: bytes read and written, flushes, how often each fault was met
    control   takes one JSON object: {"make": {"size_bytes", "faults", "volatile"}}, {"follow":
              [FAULT, …]}, {"cut_power": SEED}, {"restore_power": true}, or {"lift": true}, which
              ends all faults, lets hanging calls go, and brings the power back

``direct_io`` keeps the page cache from hiding what happens here: a test of a liar asserts by the
counts that the liar was really asked.
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
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Lock
from typing import Any, Final

import mfusepy

from hw_tests.lab.faults import Fault, Op, parse_fault
from hw_tests.lab.medium import FOREVER, Medium, MediumFault
from hw_tests.loop import LoopDrive, attach, detach

READY_S: Final = 30.0
COUNTS_LIMIT_BYTES: Final = 1 << 16
FILES: Final = ("disk", "truth", "counts", "control")


class _Files(mfusepy.Operations):  # type: ignore[misc] # the library ships no types
    """The four files."""

    use_ns = True

    def __init__(self, medium: Medium) -> None:
        self._lock = Lock()
        self._lifted = Event()
        self._take(medium)

    def _take(self, medium: Medium) -> None:
        self._lifted.set()
        self._medium, self._made_s = medium, time.monotonic()
        self._lifted = Event()

    def init_with_config(self, _connection: object, config: Any) -> None:
        """Switch the page cache off for this file system."""
        if config is not None:
            config.direct_io = 1

    def getattr(self, path: str, fh: int | None = None) -> dict[str, int]:
        """Return what ``stat`` shows."""
        del fh
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o700, "st_nlink": 2}
        if path[1:] not in FILES:
            raise mfusepy.FuseOSError(errno.ENOENT)
        sizes = {
            "/disk": self._medium.size_bytes,
            "/truth": len(self._medium.cells),
            "/counts": len(self._counts()),
        }
        return {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 1, "st_size": sizes.get(path, 0)}

    def readdir(self, path: str, fh: int) -> list[str]:
        """Return the names in the one folder."""
        del path, fh
        return [".", "..", *FILES]

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        """Accept what opening for writing brings along."""
        del path, length, fh
        return 0

    def _counts(self) -> bytes:
        return json.dumps(asdict(self._medium.counts)).encode("ascii")

    def _wait(self, op: Op, offset: int, length: int) -> float:
        """Hold a call up as the script says, and return the medium's own time."""
        with self._lock:
            wait_s = self._medium.wait_s(op, offset, length, time.monotonic() - self._made_s)
            lifted = self._lifted
        if wait_s:
            lifted.wait(None if wait_s == FOREVER else wait_s)
        return time.monotonic() - self._made_s

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        """Read one of the files."""
        del fh
        if path == "/counts":
            return self._counts()[offset : offset + size]
        if path == "/truth":
            with self._lock:
                return bytes(self._medium.cells[offset : offset + size])
        now_s = self._wait(Op.READ, offset, size)
        with self._lock, _as_errno():
            return self._medium.read(offset, size, now_s)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        """Write to the medium, to its control, or past all faults."""
        del fh
        if path == "/control":
            self._control(json.loads(data))
            return len(data)
        if path == "/truth":
            with self._lock:
                self._medium.plant(offset, data)
            return len(data)
        now_s = self._wait(Op.WRITE, offset, len(data))
        with self._lock, _as_errno():
            self._medium.write(offset, data, now_s)
        return len(data)

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        """Flush the medium."""
        del datasync, fh
        if path == "/disk":
            now_s = self._wait(Op.FLUSH, 0, self._medium.size_bytes)
            with self._lock, _as_errno():
                self._medium.flush(now_s)
        return 0

    def _control(self, told: dict[str, Any]) -> None:
        with self._lock:
            if "make" in told:
                self._take(_medium(**told["make"]))
            elif "follow" in told:
                self._medium.follow(map(parse_fault, told["follow"]))
                if self._lifted.is_set():
                    self._lifted = Event()  # another script may hang anew
            elif "cut_power" in told:
                self._medium.cut_power(told["cut_power"])
            elif "restore_power" in told:
                self._medium.restore_power()
            else:
                self._medium.lift()
                self._lifted.set()


@contextlib.contextmanager
def _as_errno() -> Iterator[None]:
    try:
        yield
    except MediumFault as fault:
        raise mfusepy.FuseOSError(fault.number) from fault


def _medium(size_bytes: int, faults: list[dict[str, Any]], *, volatile: bool = False) -> Medium:
    return Medium(size_bytes, map(parse_fault, faults), volatile=volatile)


@dataclass(frozen=True, slots=True, kw_only=True)
class FuseMedium:
    """A mounted medium, for whoever tests with it."""

    point: Path

    @property
    def disk(self) -> Path:
        """The file to be put under something."""
        return self.point / "disk"

    def counts(self) -> dict[str, Any]:
        """Return what it was asked and what it did wrong."""
        opened = os.open(self.point / "counts", os.O_RDONLY)
        try:
            # In one call: between two the counts may have grown.
            found: dict[str, Any] = json.loads(os.read(opened, COUNTS_LIMIT_BYTES))
        finally:
            os.close(opened)
        return found

    def truth(self) -> bytes:
        """Return what is really there."""
        return (self.point / "truth").read_bytes()

    def plant(self, content: bytes) -> None:
        """Have something stand there that no fault was met by."""
        with (self.point / "truth").open("r+b", buffering=0) as truth:
            view = memoryview(content)
            while view:
                view = view[truth.write(view) :]

    def tell(self, **what: object) -> None:
        """Write to the control file, in one piece."""
        control = os.open(self.point / "control", os.O_WRONLY)
        try:
            os.write(control, json.dumps(what).encode("ascii"))
        finally:
            os.close(control)

    def make(self, size_bytes: int, *faults: Fault, volatile: bool = False) -> None:
        """Put another medium of zeros in its place; nobody may use the old one any more."""
        script = [fault.to_json() for fault in faults]
        self.tell(make={"size_bytes": size_bytes, "faults": script, "volatile": volatile})

    def follow(self, *faults: Fault) -> None:
        """Have it follow another script from now on."""
        self.tell(follow=[fault.to_json() for fault in faults])


@contextlib.contextmanager
def fuse_medium(
    folder: Path, size_bytes: int, *faults: Fault, volatile: bool = False, name: str = "medium"
) -> Iterator[FuseMedium]:
    """Serve a medium below a folder; taken down in the one order that cannot hang."""
    point = folder / name
    point.mkdir()
    words = [sys.executable, "-m", "hw_tests.lab.fuse_medium", str(point), str(size_bytes)]
    with subprocess.Popen(words) as program:
        try:
            _wait_until_mounted(program, point)
            made = FuseMedium(point=point)
            made.make(size_bytes, *faults, volatile=volatile)
            try:
                yield made
            finally:
                made.tell(lift=True)
        finally:
            subprocess.run(["umount", "--lazy", point], check=False)
            program.kill()
    point.rmdir()


def _wait_until_mounted(program: "subprocess.Popen[bytes]", point: Path) -> None:
    ends = time.monotonic() + READY_S
    while not os.path.ismount(point):
        assert program.poll() is None, "the medium's program ended before it was mounted"
        assert time.monotonic() < ends
        time.sleep(0.005)


@contextlib.contextmanager
def faulty_drive(
    folder: Path, size_bytes: int, *faults: Fault
) -> Iterator[tuple[LoopDrive, FuseMedium]]:
    """Put a loop device on a medium with faults."""
    with fuse_medium(folder, size_bytes, *faults) as medium:
        drive = attach(medium.disk)
        try:
            yield drive, medium
        finally:
            medium.tell(lift=True)
            detach(drive)


def main() -> None:
    """Serve the files until unmounted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mountpoint")
    parser.add_argument("size_bytes", type=int)
    given = parser.parse_args()
    files = _Files(Medium(given.size_bytes))
    mfusepy.FUSE(files, given.mountpoint, foreground=True, attr_timeout=0)


if __name__ == "__main__":
    main()
