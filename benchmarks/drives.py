"""Loop drives of ours whose every page of memory exists already. I/O."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hw_tests.loop import LoopDrive, loop_drive

_BLOCK: Final = b"\xff" * (1 << 20)


@contextmanager
def allocated(folder: Path, size_bytes: int, name: str = "drive.img") -> Iterator[LoopDrive]:
    """Make a loop drive, and write all of it: the first write to a page pays for the page.

    Args:
        folder: of ours, on memory.
        size_bytes: whole mebibytes.
        name: of the file.

    Raises:
        OSError: there is not so much memory.
    """
    with loop_drive(folder, size_bytes, name=name) as drive:
        with drive.file.open("r+b") as file:
            for _ in range(size_bytes // len(_BLOCK)):
                file.write(_BLOCK)
        yield drive
