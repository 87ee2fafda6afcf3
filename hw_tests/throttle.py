"""A slow device: a loop drive limited by the block cgroup, for processes started under it."""

import contextlib
import errno
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hw_tests.loop import LoopDrive

LAST_PROCESS_S = 60.0
VERSION_1 = Path("/sys/fs/cgroup/blkio")
VERSION_2 = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowGroup:
    """A group of processes that may be slowed down on drives of ours."""

    folder: Path

    @property
    def before(self) -> tuple[str, ...]:
        """Return the words to put before a command so that it and its children belong to it."""
        return ("sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self.folder / "cgroup.procs"))

    def limit(self, drive: LoopDrive, bytes_per_s: int) -> None:
        """Limit what the group may read from and write to one of our drives, each way."""
        number = Path(drive.node).stat().st_rdev
        device = f"{os.major(number)}:{os.minor(number)}"
        if self.folder.parent == VERSION_2:
            limits = f"{device} rbps={bytes_per_s} wbps={bytes_per_s}"
            (self.folder / "io.max").write_text(limits, encoding="ascii")
            return
        for direction in ("read", "write"):
            limit = self.folder / f"blkio.throttle.{direction}_bps_device"
            limit.write_text(f"{device} {bytes_per_s}", encoding="ascii")


@contextlib.contextmanager
def slow_group() -> Iterator[SlowGroup]:
    """Make a group, and remove it when the last process in it is buried."""
    parent = VERSION_1 if (VERSION_1 / "cgroup.procs").exists() else VERSION_2
    folder = Path(tempfile.mkdtemp(prefix="wipe-station-test-", dir=parent))
    try:
        yield SlowGroup(folder=folder)
    finally:
        remove(folder)


@contextlib.contextmanager
def throttled(drive: LoopDrive, bytes_per_s: int) -> Iterator[tuple[str, ...]]:
    """Limit what a command may read from and write to one of our drives.

    Args:
        drive: a loop drive that a test made.
        bytes_per_s: limit for each direction.

    Yields:
        the words to put before a command so that it and its children obey the limit.
    """
    with slow_group() as group:
        group.limit(drive, bytes_per_s)
        yield group.before


def remove(group: Path) -> None:
    """Remove a group as soon as the last process in it is buried."""
    ends = time.monotonic() + LAST_PROCESS_S
    while True:
        try:
            group.rmdir()
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > ends:
                raise
        else:
            return
