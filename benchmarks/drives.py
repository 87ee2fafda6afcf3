"""Loop drives of ours whose every page of memory exists already. I/O."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hw_tests.loop import LoopDrive, loop_drive


@contextmanager
def allocated(folder: Path, size_bytes: int, name: str = "drive.img") -> Iterator[LoopDrive]:
    """Make a loop drive; the first write to a page would else pay for its allocation.

    Raises:
        OSError: there is not so much memory.
    """
    with loop_drive(folder, size_bytes, name=name) as drive:
        descriptor = os.open(drive.file, os.O_RDWR | os.O_CLOEXEC)
        try:
            os.posix_fallocate(descriptor, 0, size_bytes)
        finally:
            os.close(descriptor)
        yield drive
