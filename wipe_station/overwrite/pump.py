"""Move a pattern onto a device, or compare a device with it, at the device's own speed. I/O.

Several threads each take the next unit, fill or fetch their own page-aligned buffer, and do one
O_DIRECT call; while one waits for the device another makes bytes, because the cipher, the system
call and ``memcmp`` all run without the interpreter lock. Memory is bounded by the number of
threads. A byte counts when its call has returned, never before. The size known at the start is
the only truth: a short transfer is a failure, whatever errno says or does not say.
"""

import contextlib
import ctypes
import errno
import mmap
import os
import threading
import time
from collections.abc import Callable
from typing import Final

from wipe_station.overwrite.extent import Extent, Piece
from wipe_station.overwrite.speed import Meter
from wipe_station.overwrite.stream import UNIT_BYTES, Content
from wipe_station.records import CompareResult, IoFailure, WriteResult

# On two cores six threads came nearer to fio than four with every random pass and verification
# measured, and eight came no nearer.
THREADS: Final = 6
TICK_S: Final = 0.1
MISMATCHED_UNITS_LIMIT: Final = 1024
READ_ERRORS_LIMIT: Final = 16
_HUGE_PAGE_BYTES: Final = 2 << 20

_libc = ctypes.CDLL(None)
_libc.memcmp.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
_libc.memcmp.restype = ctypes.c_int


def _address(view: memoryview) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(view))


def same_bytes(one: memoryview, other: memoryview) -> bool:
    """Compare two writable views of equal length by ``memcmp``, without the interpreter lock."""
    assert len(one) == len(other), "views of equal length"
    return bool(_libc.memcmp(_address(one), _address(other), len(one)) == 0)


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
        self._lock = threading.Lock()

    def claim(self) -> Piece | None:
        with self._lock:
            piece = None if self._stopped else next(self._pieces, None)
            if piece is not None:
                unit, length = piece
                self._in_flight[unit] = length
                self._claimed_byte = unit * UNIT_BYTES + length
            return piece

    def complete(self, unit: int) -> None:
        """Count a piece; one that failed never comes here and holds the low-water mark down."""
        with self._lock:
            self.completed_bytes += self._in_flight.pop(unit)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True

    def low_water_byte(self) -> int:
        with self._lock:
            if self._in_flight:
                return min(self._in_flight) * UNIT_BYTES
            return self._claimed_byte


def _run_threads(work: Callable[[], None], tick: Callable[[], None]) -> None:
    """Run ``work`` in the pump's threads; call ``tick`` until all have ended, and once after.

    An exception that ``work`` did not turn into a result is a fault of ours and is raised here.
    """
    faults: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as fault:  # noqa: BLE001 - carried to the caller's thread below
            faults.append(fault)

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


def _failure(start_byte: int, length: int, operation: str, code: int | None) -> IoFailure:
    name = errno.errorcode.get(code or 0, str(code))
    return IoFailure(
        start_byte=start_byte,
        end_byte=start_byte + length,
        operation=operation,
        errno_name=name,
    )


class ShortTransferError(OSError):
    """The kernel moved fewer bytes than the device must hold."""

    def __init__(self) -> None:
        super().__init__(errno.EIO, "short transfer")


class Writer:
    """One writing traversal of an extent of an O_DIRECT descriptor."""

    def __init__(self, descriptor: int, content: Content, extent: Extent) -> None:
        self._meter = Meter(extent.end_byte)
        self._descriptor = descriptor
        self._content = content
        self._extent = extent
        self._units = _Units(extent)
        self._failures: list[IoFailure] = []
        self._durable_byte = extent.start_byte

    def _write_units(self) -> None:
        scratch = _buffer()
        while (piece := self._units.claim()) is not None:
            unit, length = piece
            view = self._content.unit(unit, length, scratch)
            began_ns = time.monotonic_ns()
            try:
                if os.pwrite(self._descriptor, view, unit * UNIT_BYTES) != length:
                    raise ShortTransferError
            except OSError as error:
                start = unit * UNIT_BYTES
                self._failures.append(_failure(start, length, "write", error.errno))
                self._units.stop()
                return
            self._meter.note(unit * UNIT_BYTES, length, began_ns, time.monotonic_ns())
            self._units.complete(unit)

    def completed_bytes(self) -> int:
        """Return the bytes whose call has returned so far."""
        return self._units.completed_bytes

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
            self._failures.append(_failure(start, end - start, "flush", error.errno))
            self._units.stop()
            return None
        self._durable_byte = mark
        return mark

    def run(self, tick: Callable[[], None]) -> WriteResult:
        """Write the range, flush it, and tell what became of it.

        Args:
            tick: called every 0.1 s from the calling thread; may call ``checkpoint``.
        """
        _run_threads(self._write_units, tick)
        flushed = not self._failures and self.checkpoint() is not None
        return WriteResult(
            completed_bytes=self._units.completed_bytes,
            durable_bytes=self._durable_byte,
            flushed=flushed,
            failures=tuple(self._failures),
            speed=self._meter.speed(),
        )


class Comparer:
    """Read an extent back and compare it with what must stand there."""

    def __init__(
        self, descriptor: int, content: Content, extent: Extent, sector_bytes: int
    ) -> None:
        self._meter = Meter(extent.end_byte)
        self._length = extent.length_bytes()
        assert self._length % sector_bytes == 0, "extents are whole sectors"
        self._descriptor = descriptor
        self._content = content
        self._sector_bytes = sector_bytes
        self._units = _Units(extent)
        self._verified_bytes = 0
        self._mismatched: list[tuple[int, int]] = []
        self._mismatched_units = 0
        self._first_mismatch: int | None = None
        self._failures: list[IoFailure] = []
        self._lock = threading.Lock()

    def _compare_units(self) -> None:
        scratch = _buffer()
        read = memoryview(_buffer())
        while (piece := self._units.claim()) is not None:
            unit, length = piece
            began_ns = time.monotonic_ns()
            try:
                if os.preadv(self._descriptor, [read[:length]], unit * UNIT_BYTES) != length:
                    raise ShortTransferError
            except OSError as error:
                self._note_failure(_failure(unit * UNIT_BYTES, length, "read", error.errno))
                continue
            self._meter.note(unit * UNIT_BYTES, length, began_ns, time.monotonic_ns())
            expected = self._content.unit(unit, length, scratch)
            if same_bytes(read[:length], expected):
                self._note_equal(length)
            else:
                self._note_mismatch(unit, read[:length], expected)
            self._units.complete(unit)

    def _note_equal(self, length: int) -> None:
        with self._lock:
            self._verified_bytes += length

    def _note_failure(self, failure: IoFailure) -> None:
        with self._lock:
            self._failures.append(failure)
            if len(self._failures) >= READ_ERRORS_LIMIT:
                self._units.stop()

    def _note_mismatch(self, unit: int, read: memoryview, expected: memoryview) -> None:
        base, size = unit * UNIT_BYTES, self._sector_bytes
        sectors = [
            (base + at, base + at + size)
            for at in range(0, len(read), size)
            if not same_bytes(read[at : at + size], expected[at : at + size])
        ]
        first = sectors[0][0] - base
        offset = next(i for i in range(first, first + size) if read[i] != expected[i])
        with self._lock:
            self._mismatched.extend(sectors)
            self._verified_bytes += len(read) - len(sectors) * size
            if self._first_mismatch is None or base + offset < self._first_mismatch:
                self._first_mismatch = base + offset
            self._mismatched_units += 1
            if self._mismatched_units >= MISMATCHED_UNITS_LIMIT:
                self._units.stop()

    def completed_bytes(self) -> int:
        """Return the bytes read and compared so far."""
        return self._units.completed_bytes

    def stop(self) -> None:
        """Let no thread take another unit."""
        self._units.stop()

    def run(self, tick: Callable[[], None]) -> CompareResult:
        """Compare the range and tell what was read, what differed and what was never read."""
        _run_threads(self._compare_units, tick)
        mismatched_bytes = sum(end - start for start, end in self._mismatched)
        return CompareResult(
            verified_bytes=self._verified_bytes,
            mismatched_bytes=mismatched_bytes,
            unread_bytes=self._length - self._verified_bytes - mismatched_bytes,
            first_mismatch_byte=self._first_mismatch,
            mismatches=joined(self._mismatched)[:64],
            failures=tuple(sorted(self._failures, key=lambda f: f.start_byte)),
            speed=self._meter.speed(),
        )


def joined(ranges: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Sort ranges and join those that touch or overlap."""
    result: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return tuple(result)
