"""Other ways of doing what the pump does, for experiments with chunk size, depth, io_uring. I/O.

They move and check every byte of a drive as the pump does, and do nothing for a device that
refuses or for a checkpoint: whatever they gain would be an upper bound of what the pump can gain.
"""

import contextlib
import errno
import itertools
import mmap
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from benchmarks.uring import Ring, ring
from wipe_station.overwrite.stream import UNIT_BYTES, Content

_HUGE_PAGE_BYTES: Final = 2 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Traversal:
    """All bytes of one drive, one way; keeps count of what was done."""

    descriptor: int
    content: Content
    size_bytes: int
    """Whole units."""
    writes: bool
    """Write the content, or else read and compare."""
    moved: list[int] = field(default_factory=list)
    """Bytes of each call; appending is one step of the interpreter."""

    def check(self, moved: int, wanted: int) -> None:
        """Take a call's result.

        Raises:
            OSError: other than all bytes were moved.
        """
        if moved != wanted:
            raise OSError(-moved if moved < 0 else errno.EIO, "transfer failed or short")
        self.moved.append(moved)

    def finish(self) -> None:
        """Flush, and make sure that nothing was left out.

        Raises:
            OSError: the flush failed.
            ValueError: other than every byte was moved.
        """
        if self.writes:
            os.fdatasync(self.descriptor)
        if sum(self.moved) != self.size_bytes:
            raise ValueError(f"{sum(self.moved)} of {self.size_bytes} bytes were moved")

    def compare(self, number: int, read: memoryview) -> None:
        """Compare a unit that was read.

        Raises:
            ValueError: it differs.
        """
        if not self.content.holds(number, read, 0, UNIT_BYTES):
            raise ValueError(f"unit {number} differs")


def buffer() -> mmap.mmap:
    """Return a unit's buffer like the pump's own, on a huge page where there is one."""
    made = mmap.mmap(-1, _HUGE_PAGE_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with contextlib.suppress(OSError):
        made.madvise(mmap.MADV_HUGEPAGE)
    return made


def bare(traversal: Traversal) -> None:
    """Write by one thread: make a unit, write it, and so on; the least that can be done.

    Raises:
        OSError: a call failed or was short.
    """
    scratch = buffer()
    for number in range(traversal.size_bytes // UNIT_BYTES):
        view = traversal.content.unit(number, UNIT_BYTES, scratch)
        moved = os.pwrite(traversal.descriptor, view, number * UNIT_BYTES)
        traversal.check(moved, UNIT_BYTES)
    traversal.finish()


def threads(traversal: Traversal, chunk_bytes: int, depth: int) -> None:
    """Do it by so many threads with one call each at a time, as the pump does.

    Args:
        traversal: what to do.
        chunk_bytes: bytes a call; divides 1 MiB or is a multiple of it. Units stay 1 MiB: a
            smaller call moves a part of one, a larger one several from a buffer each.
        depth: number of threads.

    Raises:
        OSError: a call failed or was short.
        ValueError: what was read differs.
    """
    together = max(1, chunk_bytes // UNIT_BYTES)
    firsts = iter(range(0, traversal.size_bytes // UNIT_BYTES, together))

    def work() -> None:
        scratches = [buffer() for _ in range(together)]
        for first in firsts:  # taking the next one is one step of the interpreter
            last = min(first + together, traversal.size_bytes // UNIT_BYTES)
            _move(traversal, range(first, last), scratches, chunk_bytes)

    _all_of([work] * depth)
    traversal.finish()


def _move(
    traversal: Traversal, numbers: range, scratches: list[mmap.mmap], chunk_bytes: int
) -> None:
    """Move some units by calls of the wanted size."""
    views = [
        memoryview(scratch)[:UNIT_BYTES] for scratch, _ in zip(scratches, numbers, strict=False)
    ]
    if traversal.writes:
        for number, scratch in zip(numbers, scratches, strict=False):
            traversal.content.unit(number, UNIT_BYTES, scratch)
    start = numbers.start * UNIT_BYTES
    call = os.pwritev if traversal.writes else os.preadv
    if chunk_bytes >= UNIT_BYTES:
        moved = call(traversal.descriptor, views, start)
        traversal.check(moved, len(views) * UNIT_BYTES)
    else:
        for low in range(0, UNIT_BYTES, chunk_bytes):
            part = views[0][low : low + chunk_bytes]
            traversal.check(call(traversal.descriptor, [part], start + low), chunk_bytes)
    if not traversal.writes:
        for number, view in zip(numbers, views, strict=True):
            traversal.compare(number, view)


def rings(traversal: Traversal, count: int, depth: int, *, registered: bool) -> None:
    """Do it by io_uring, in units.

    Args:
        traversal: what to do.
        count: threads, each with a ring of its own.
        depth: transfers in flight over all rings.
        registered: whether the kernel pins the buffers once and for all.

    Raises:
        OSError: the kernel refuses io_uring, or a transfer failed or was short.
        ValueError: what was read differs.
    """
    units = iter(range(traversal.size_bytes // UNIT_BYTES))

    def work() -> None:
        scratches = [buffer() for _ in range(depth // count)]
        views = [memoryview(scratch)[:UNIT_BYTES] for scratch in scratches]
        with ring(views, registered=registered) as made:
            _drive(traversal, made, units, scratches)

    _all_of([work] * count)
    traversal.finish()


def _drive(
    traversal: Traversal, made: Ring, units: Iterator[int], scratches: list[mmap.mmap]
) -> None:
    """Keep one ring full until there are no more units, and empty it."""
    free, flying = list(range(len(scratches))), dict[int, int]()
    while True:
        taken = 0
        for number in itertools.islice(units, len(free)):
            taken += 1
            slot = free.pop()
            flying[slot] = number
            if traversal.writes:
                traversal.content.unit(number, UNIT_BYTES, scratches[slot])
            start = number * UNIT_BYTES
            made.queue(traversal.descriptor, slot, UNIT_BYTES, start, writes=traversal.writes)
            # At once: the device works on it while the next one is made.
            _end(traversal, made.enter(0), flying, free, scratches)
        if flying:
            _end(traversal, made.enter(1), flying, free, scratches)
        elif not taken:
            return  # only then: what is quick may have ended within the loop above


def _end(
    traversal: Traversal,
    ended: list[tuple[int, int]],
    flying: dict[int, int],
    free: list[int],
    scratches: list[mmap.mmap],
) -> None:
    for slot, result in ended:
        traversal.check(result, UNIT_BYTES)
        number = flying.pop(slot)
        if not traversal.writes:
            traversal.compare(number, memoryview(scratches[slot])[:UNIT_BYTES])
        free.append(slot)


def _all_of(works: list[Callable[[], None]]) -> None:
    """Run each in a thread of its own; the first fault of any is raised."""
    faults: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as fault:  # noqa: BLE001 - carried to the caller's thread below
            faults.append(fault)

    running = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    if faults:
        raise faults[0]
