"""Move a pattern onto a device, or compare a device with it, at the device's own speed. I/O.

Several threads each take the next unit, fill or fetch their own page-aligned buffer, and do one
O_DIRECT call; while one waits for the device another makes or checks bytes, because the cipher,
the system call and ``memcmp`` all run without the interpreter lock. Memory is bounded by the
number of threads, at one buffer each. A byte counts when its call has returned, never before. The
size known at the start is the only truth: a short transfer is a failure, whatever errno says or
does not say.
"""

import contextlib
import errno
import mmap
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from wipe_station.overwrite.damage import Range, bytes_in, joined, outside
from wipe_station.overwrite.extent import Extent, Piece
from wipe_station.overwrite.memory import same_bytes
from wipe_station.overwrite.speed import Meter
from wipe_station.overwrite.stream import UNIT_BYTES, Content
from wipe_station.overwrite.trouble import Handling, Trouble, failed_transfer
from wipe_station.records import CompareResult, IoFailure, WriteResult

# On two cores six threads came nearer to fio than four with every random pass and verification
# measured, and eight came no nearer.
THREADS: Final = 6
TICK_S: Final = 0.1
MISMATCHED_UNITS_LIMIT: Final = 1024
LOOKS_BACK: Final = 64
"""Sectors read once more after trouble; a device that was exchanged differs in nearly all."""
_HUGE_PAGE_BYTES: Final = 2 << 20


def _buffer() -> mmap.mmap:
    """Return one thread's buffer for a unit, on a huge page where the kernel has one.

    O_DIRECT pins every page of a transfer: one page instead of 256 saves a fifth of the pump's
    processor time. Private, because for shared memory huge pages are off by default.
    """
    buffer = mmap.mmap(-1, _HUGE_PAGE_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with contextlib.suppress(OSError):  # a kernel without huge pages; small ones do as well
        buffer.madvise(mmap.MADV_HUGEPAGE)
    return buffer


class _Units:
    """Hands out pieces of units in ascending order and knows below which offset all are done."""

    def __init__(self, extent: Extent) -> None:
        self._pieces = extent.pieces()
        self._in_flight: dict[int, int] = {}
        self._claimed_byte = extent.start_byte
        self._stopped = False
        self.completed_bytes = 0
        self.passed_bytes = 0
        """With what was given up on the way: progress comes to its end around bad places, too."""
        self._lock = threading.Lock()

    def claim(self) -> Piece | None:
        with self._lock:
            piece = None if self._stopped else next(self._pieces, None)
            if piece is not None:
                unit, length = piece
                self._in_flight[unit] = length
                self._claimed_byte = unit * UNIT_BYTES + length
            return piece

    def complete(self, unit: int, lost_bytes: int = 0) -> None:
        """Count a piece; one that was given up never comes here and holds the mark down."""
        with self._lock:
            length = self._in_flight.pop(unit)
            self.passed_bytes += length
            self.completed_bytes += length - lost_bytes

    def stop(self) -> None:
        with self._lock:
            self._stopped = True

    def low_water_byte(self) -> int:
        with self._lock:
            if self._in_flight:
                return min(self._in_flight) * UNIT_BYTES
            return self._claimed_byte


def _run_threads(
    work: Callable[[], None], stop: Callable[[], None], tick: Callable[[], None]
) -> None:
    """Run ``work`` in the pump's threads; call ``tick`` until all have ended, and once after.

    An exception that ``work`` did not turn into a result ends the others' work, too, and is raised
    here: a device that went away, or a fault of ours.
    """
    faults: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as fault:  # noqa: BLE001 - carried to the caller's thread below
            faults.append(fault)
            stop()

    threads = [threading.Thread(target=guarded, daemon=True) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(TICK_S)
            tick()
    if faults:
        raise faults[0]
    tick()  # the last bytes count, too


class ShortTransferError(OSError):
    """The kernel moved fewer bytes than the device must hold."""

    def __init__(self) -> None:
        super().__init__(errno.EIO, "short transfer")


class Writer:
    """One writing traversal of an extent of an O_DIRECT descriptor."""

    def __init__(
        self, descriptor: int, content: Content, extent: Extent, handling: Handling
    ) -> None:
        self._meter = Meter(extent.end_byte)
        self._descriptor = descriptor
        self._content = content
        self._extent = extent
        self._units = _Units(extent)
        self._trouble = Trouble("write", handling)
        self._unflushed: list[IoFailure] = []
        self._durable_byte = extent.start_byte

    def _write_units(self) -> None:
        scratch = _buffer()
        while (piece := self._units.claim()) is not None:
            unit, length = piece
            view, start = self._content.unit(unit, length, scratch), unit * UNIT_BYTES
            began_ns = time.monotonic_ns()
            code = self._transfer(start, view)
            if code is None:
                self._meter.note(start, length, began_ns, time.monotonic_ns())
                self._units.complete(unit)
                continue
            lost = self._trouble.met(
                start,
                start + length,
                code,
                lambda low, high: self._transfer(low, view[low - start : high - start]),  # noqa: B023 - called before the next piece
            )
            if lost is None or not self._trouble.may_go_on():
                self._units.stop()
                return
            self._units.complete(unit, lost)

    def _transfer(self, start: int, view: memoryview) -> int | None:
        """Write a range; return the error number, or None if all of it was taken."""
        try:
            if os.pwrite(self._descriptor, view, start) != len(view):
                raise ShortTransferError
        except OSError as error:
            return error.errno or errno.EIO
        return None

    def passed_bytes(self) -> int:
        """Return the bytes that are behind us, done or given up; for progress."""
        return self._units.passed_bytes

    def refused(self) -> list[IoFailure]:
        """Return the places that stay refused and were not told yet.

        Whoever keeps a mark of ``checkpoint`` must keep these first.
        """
        return self._trouble.news()

    def stop(self) -> None:
        """Let no thread take another unit."""
        self._units.stop()

    def checkpoint(self) -> int | None:
        """Flush, and return the offset below which everything is durable; None if that failed.

        The mark is taken before the flush: later writes may not be covered by it. After a failed
        flush nothing written so far can be trusted, and a second one may succeed without cause.
        """
        mark = self._units.low_water_byte()
        try:
            os.fdatasync(self._descriptor)
        except OSError as error:
            start, end = self._extent.start_byte, self._extent.end_byte
            self._unflushed.append(failed_transfer(start, end - start, "flush", error.errno))
            self._units.stop()
            return None
        self._durable_byte = mark
        return mark

    def run(self, tick: Callable[[], None]) -> WriteResult:
        """Write the range, flush it, and tell what became of it.

        Args:
            tick: called every 0.1 s from the calling thread; may call ``checkpoint``.
        """
        _run_threads(self._write_units, self.stop, tick)
        failures = (*self._trouble.failures(), *self._unflushed)
        flushed = not failures and self.checkpoint() is not None
        return WriteResult(
            completed_bytes=self._units.completed_bytes,
            durable_bytes=self._durable_byte,
            flushed=flushed,
            failures=(*self._trouble.failures(), *self._unflushed),
            gave_up=not self._trouble.may_go_on(),
            speed=self._meter.speed(),
        )


class Comparer:
    """Read an extent back and compare it with what must stand there; its holes are not read."""

    def __init__(
        self, descriptor: int, content: Content, extent: Extent, handling: Handling
    ) -> None:
        self._meter = Meter(extent.end_byte)
        self._length = extent.length_bytes()
        assert self._length % handling.sector_bytes == 0, "extents are whole sectors"
        self._descriptor = descriptor
        self._content = content
        self._sector_bytes = handling.sector_bytes
        self._extent = extent
        self._units = _Units(extent)
        self._trouble = Trouble("read", handling)
        self._verified_bytes = 0
        self._mismatched: list[Range] = []
        self._mismatched_units = 0
        self._first_mismatch: int | None = None
        self._lock = threading.Lock()

    def _compare_units(self) -> None:
        read = memoryview(_buffer())
        while (piece := self._units.claim()) is not None:
            unit, length = piece
            start, lost = unit * UNIT_BYTES, 0
            for low, high in outside(start, start + length, self._extent.holes):
                refused = self._compare(unit, low, high, read)
                if refused is None or not self._trouble.may_go_on():
                    self._units.stop()
                    return
                lost += refused
            self._units.complete(unit, lost)

    def _compare(self, unit: int, start: int, end: int, read: memoryview) -> int | None:
        """Compare a range; return how many bytes stay unread, or None if the step must end."""
        began_ns = time.monotonic_ns()
        code = self._transfer(unit, start, end, read)
        if code is None:
            self._meter.note(start, end - start, began_ns, time.monotonic_ns())
            return 0
        return self._trouble.met(
            start, end, code, lambda low, high: self._transfer(unit, low, high, read)
        )

    def _transfer(self, unit: int, start: int, end: int, read: memoryview) -> int | None:
        """Read a range and compare it; return the error number, or None if it could be read."""
        code = self._fetch(unit, start, end, read)
        if code is None:
            with self._lock:
                self._verified_bytes += end - start
            self._check(unit, start, end, read)
        return code

    def _fetch(self, unit: int, start: int, end: int, read: memoryview) -> int | None:
        """Read a range; return the error number, or None if all of it came.

        Args:
            unit: the one that the range lies in.
            start: offset on the device.
            end: byte after the last.
            read: the thread's buffer; each byte goes where it stands in the unit.
        """
        low, high = start - unit * UNIT_BYTES, end - unit * UNIT_BYTES
        try:
            if os.preadv(self._descriptor, [read[low:high]], start) != high - low:
                raise ShortTransferError
        except OSError as error:
            return error.errno or errno.EIO
        return None

    def _check(self, unit: int, start: int, end: int, read: memoryview) -> bool:
        """Tell whether a range that was fetched is right; note what is not."""
        low, high = start - unit * UNIT_BYTES, end - unit * UNIT_BYTES
        if self._content.holds(unit, read, low, high):
            return True
        # Rare: what the bytes should have been is made only now, in a buffer of its own.
        expected = self._content.unit(unit, high, _buffer())
        self._note_mismatch(start, read[low:high], expected[low:high])
        return False

    def _note_mismatch(self, base: int, read: memoryview, expected: memoryview) -> None:
        """Take back what was counted as verified and differs."""
        size = self._sector_bytes
        sectors = [
            (base + at, base + at + size)
            for at in range(0, len(read), size)
            if not same_bytes(read[at : at + size], expected[at : at + size])
        ]
        first = sectors[0][0] - base
        offset = next(i for i in range(first, first + size) if read[i] != expected[i])
        with self._lock:
            self._mismatched.extend(sectors)
            self._verified_bytes -= len(sectors) * size
            if self._first_mismatch is None or base + offset < self._first_mismatch:
                self._first_mismatch = base + offset
            self._mismatched_units += 1
            if self._mismatched_units >= MISMATCHED_UNITS_LIMIT:
                self._units.stop()

    def _is_claimed_whole(self, failures: tuple[IoFailure, ...]) -> bool:
        """Tell whether the step came to its end and found nothing but places not to be read."""
        ended = self._units.passed_bytes == self._length
        return ended and not (failures or self._mismatched or self._extent.scattered)

    def _look_back(self) -> IoFailure | None:
        """Read some of what was verified once more, now that the device had trouble.

        A device that lets go for a moment may be another one when it answers again, and if it
        refuses from then on, nothing of the other is ever read.

        Returns:
            a place that could be read before and cannot be read any more.
        """
        read = memoryview(_buffer())
        for start in self._places_seen():
            unit, end = start // UNIT_BYTES, start + self._sector_bytes
            code = self._fetch(unit, start, end, read)
            if code is not None:
                return failed_transfer(start, end - start, "read", code)
            if not self._check(unit, start, end, read):
                break
        return None

    def _places_seen(self) -> Iterator[int]:
        """Yield sectors that were read: the first, the last, and some that nobody foresees."""
        holes = joined([*self._extent.holes, *self._trouble.places()])
        seen = list(outside(self._extent.start_byte, self._extent.end_byte, holes))
        sectors = bytes_in(seen) // self._sector_bytes
        if not sectors:
            return
        chosen = {0, sectors - 1, *(secrets.randbelow(sectors) for _ in range(LOOKS_BACK))}
        for number in sorted(chosen):
            left = number * self._sector_bytes
            for low, high in seen:
                if left < high - low:
                    yield low + left
                    break
                left -= high - low

    def passed_bytes(self) -> int:
        """Return the bytes that are behind us, done or given up; for progress."""
        return self._units.passed_bytes

    def refused(self) -> list[IoFailure]:
        """Return the places that stay unread and were not told yet."""
        return self._trouble.news()

    def stop(self) -> None:
        """Let no thread take another unit."""
        self._units.stop()

    def run(self, tick: Callable[[], None]) -> CompareResult:
        """Compare the range and tell what was read, what differed and what was never read."""
        _run_threads(self._compare_units, self.stop, tick)
        failures = self._trouble.failures()
        if self._trouble.was_met and self._is_claimed_whole(failures):
            changed = self._look_back()
            failures = () if changed is None else (changed,)
        mismatched_bytes = sum(end - start for start, end in self._mismatched)
        return CompareResult(
            verified_bytes=self._verified_bytes,
            mismatched_bytes=mismatched_bytes,
            unread_bytes=self._length - self._verified_bytes - mismatched_bytes,
            first_mismatch_byte=self._first_mismatch,
            mismatches=joined(self._mismatched)[:64],
            failures=failures,
            gave_up=not self._trouble.may_go_on(),
            speed=self._meter.speed(),
        )
