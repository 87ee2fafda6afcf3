"""Our side: one pass over a whole drive, as a worker would do it, and what it cost. I/O."""

import mmap
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hw_tests.loop import LoopDrive
from wipe_station.block import open_block
from wipe_station.overwrite.extent import Extent
from wipe_station.overwrite.pump import Comparer, Writer
from wipe_station.overwrite.stream import UNIT_BYTES, StreamContent, content_of
from wipe_station.overwrite.trouble import Handling
from wipe_station.records import CompareResult, KeyedStream, Pattern, WriteResult
from wipe_station.worker_protocol import Action, Task
from wipe_station.workers import Heard, WorkerProcess

SECTOR_BYTES: Final = 512
HANDLING: Final = Handling(sector_bytes=SECTOR_BYTES, leaf_bytes=SECTOR_BYTES)
_CHECKPOINT_EVERY_MS: Final = 2000


class WorkFailedError(Exception):
    """A pass did not do all that it was asked; its time means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one pass cost."""

    size_bytes: int
    elapsed_s: float
    processor_s: float
    """User and system time of this process; the kernel's own threads are not in it."""

    def rate_bytes_per_s(self) -> float:
        """Return bytes per second of elapsed time."""
        return self.size_bytes / self.elapsed_s

    def processor_s_per_gb(self) -> float:
        """Return processor seconds per 10^9 bytes."""
        return self.processor_s / self.size_bytes * 1e9


def timed(work: Callable[[], None], size_bytes: int) -> Sample:
    """Do a piece of work once and return what it cost."""
    processor, clock = time.process_time(), time.perf_counter()
    work()
    return Sample(
        size_bytes=size_bytes,
        elapsed_s=time.perf_counter() - clock,
        processor_s=time.process_time() - processor,
    )


@contextmanager
def opened(drive: LoopDrive) -> Iterator[int]:
    """Open a drive as the engine does for a pass, and close it at the end."""
    descriptor = open_block(drive.node, os.O_RDWR | os.O_DIRECT)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def generate(pattern: KeyedStream, size_bytes: int) -> None:
    """Make a stream's bytes one unit after the other in one thread, and write them nowhere."""
    content = StreamContent(pattern)
    scratch = mmap.mmap(-1, UNIT_BYTES)
    for number in range(size_bytes // UNIT_BYTES):
        content.unit(number, UNIT_BYTES, scratch)


def write(descriptor: int, pattern: Pattern, size_bytes: int) -> None:
    """Write a pattern over the whole drive, flush included.

    Raises:
        WorkFailedError: not every byte was written and flushed.
    """
    extent = Extent(start_byte=0, end_byte=size_bytes)
    result = Writer(descriptor, content_of(pattern), extent, HANDLING).run(_no_tick)
    if result.completed_bytes != size_bytes or not result.flushed:
        raise WorkFailedError(str(result))


def verify(descriptor: int, pattern: Pattern, size_bytes: int) -> None:
    """Compare the whole drive with a pattern.

    Raises:
        WorkFailedError: not every byte was read and as it must be.
    """
    content = content_of(pattern)
    extent = Extent(start_byte=0, end_byte=size_bytes)
    result = Comparer(descriptor, content, extent, HANDLING).run(_no_tick)
    if result.verified_bytes != size_bytes:
        raise WorkFailedError(str(result))


def _no_tick() -> None:
    """No progress to tell."""


def worker_peak_bytes(drive: LoopDrive, action: Action, pattern: Pattern) -> int:
    """Let a real worker process do the whole drive, and return its peak resident memory.

    The kernel's high-water mark is read at each progress event. A child's resource usage would
    not do: it carries over what the parent held before the program was loaded.

    Raises:
        WorkFailedError: it ended without a result, or was never seen alive.
    """
    with opened(drive) as descriptor:
        worker = WorkerProcess(_task(drive, action, pattern), descriptor)
        status = Path("/proc", worker.name.partition("@")[0], "status")
        peaks_bytes = [0]
        end = worker.run(Heard(progress=lambda _: peaks_bytes.append(_high_water_bytes(status))))
    if end.result is None or not max(peaks_bytes):
        raise WorkFailedError(f"{end.lost or 'never seen alive'}: {end.said}")
    return max(peaks_bytes)


def run_worker(drive: LoopDrive, action: Action, pattern: Pattern, descriptor: int) -> None:
    """Let a real worker process do the whole drive, from its start to its end.

    Raises:
        WorkFailedError: it ended without a result, or did not do every byte.
    """
    worker = WorkerProcess(_task(drive, action, pattern), descriptor)
    end = worker.run(Heard())
    match end.result:
        case WriteResult(completed_bytes=done, flushed=True):
            pass
        case CompareResult(verified_bytes=done):
            pass
        case _:
            done = 0
    if done != drive.size_bytes:
        raise WorkFailedError(f"{end.lost or end.result}: {end.said}")


def _high_water_bytes(status: Path) -> int:
    """Return VmHWM, or 0 of a process that has ended meanwhile."""
    try:
        lines = status.read_text("utf-8").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:")), 0)


def _task(drive: LoopDrive, action: Action, pattern: Pattern) -> Task:
    return Task(
        action=action,
        pattern=pattern,
        start_byte=0,
        end_byte=drive.size_bytes,
        size_bytes=drive.size_bytes,
        diskseq=int(Path("/sys/block", drive.name, "diskseq").read_text("ascii")),
        sector_bytes=SECTOR_BYTES,
        leaf_bytes=SECTOR_BYTES,
        checkpoint_every_ms=_CHECKPOINT_EVERY_MS,
    )
