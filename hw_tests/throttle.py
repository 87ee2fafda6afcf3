"""A slow device: a loop drive limited by the block cgroup, for processes started under it."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from hw_tests.loop import LoopDrive

VERSION_1 = Path("/sys/fs/cgroup/blkio")
VERSION_2 = Path("/sys/fs/cgroup")


@contextlib.contextmanager
def throttled(drive: LoopDrive, bytes_per_s: int) -> Iterator[tuple[str, ...]]:
    """Limit what a command may read from and write to one of our drives.

    Args:
        drive: a loop drive that a test made.
        bytes_per_s: limit for each direction.

    Yields:
        the words to put before a command so that it and its children obey the limit.
    """
    number = Path(drive.node).stat().st_rdev
    device = f"{os.major(number)}:{os.minor(number)}"
    parent = VERSION_1 if (VERSION_1 / "cgroup.procs").exists() else VERSION_2
    group = parent / f"wipe-station-test-{os.getpid()}"
    group.mkdir()
    try:
        if parent is VERSION_1:
            for direction in ("read", "write"):
                limit = group / f"blkio.throttle.{direction}_bps_device"
                limit.write_text(f"{device} {bytes_per_s}", encoding="ascii")
        else:
            limits = f"{device} rbps={bytes_per_s} wbps={bytes_per_s}"
            (group / "io.max").write_text(limits, encoding="ascii")
        yield ("sh", "-c", 'echo $$ > "$0" && exec "$@"', str(group / "cgroup.procs"))
    finally:
        group.rmdir()
