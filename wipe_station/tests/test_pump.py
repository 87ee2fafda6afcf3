"""The pump on ordinary files: what it wrote, what it found, and what it says when calls fail.

The kernel is replaced only where a call must fail: ``os.pwrite``, ``os.preadv``, ``os.fdatasync``.
Longer than other rooms: writing and comparing are tested by the same failing kernels, on the same
drives.
"""

import errno
import mmap
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from wipe_station.overwrite import pump
from wipe_station.overwrite.damage import Limits, bytes_in, joined, outside
from wipe_station.overwrite.extent import Extent
from wipe_station.overwrite.pump import Comparer, Writer
from wipe_station.overwrite.sampling import SEED_BYTES, share_of
from wipe_station.overwrite.stream import UNIT_BYTES, content_of, expected_bytes
from wipe_station.overwrite.trouble import Handling
from wipe_station.records import (
    CompareResult,
    FixedPattern,
    IoFailure,
    KeyedStream,
    Pattern,
    WriteResult,
)

STREAM = KeyedStream(key=bytes(range(32)))
THREE_BYTES = FixedPattern(repeat=b"\x92\x49\x24")
SECTOR_BYTES = 512
HANDLING = Handling(sector_bytes=SECTOR_BYTES, leaf_bytes=SECTOR_BYTES)
UNITS = 9
SIZE_BYTES = UNITS * UNIT_BYTES + 3 * 4096
WHOLE = Extent(start_byte=0, end_byte=SIZE_BYTES)
"""Nine whole units, and a tail of three large sectors as the tenth."""
PATIENCE_S = 60
"""After this long a thread that waits for another is a fault, not a busy machine."""
SIZES = [
    SECTOR_BYTES,
    UNIT_BYTES - SECTOR_BYTES,
    UNIT_BYTES,
    UNIT_BYTES + 3 * SECTOR_BYTES,
    SIZE_BYTES,
]


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _no_tick() -> None:
    """Stand for a caller that has nothing to do between the pump's ticks."""


def _write(
    path: Path, *, pattern: Pattern = STREAM, start: int = 0, end: int = SIZE_BYTES
) -> WriteResult:
    with _opened(path) as descriptor:
        return Writer(
            descriptor, content_of(pattern), Extent(start_byte=start, end_byte=end), HANDLING
        ).run(_no_tick)


def _compare(
    path: Path, *, pattern: Pattern = STREAM, start: int = 0, sector_bytes: int = SECTOR_BYTES
) -> CompareResult:
    with _opened(path) as descriptor:
        comparer = Comparer(
            descriptor,
            content_of(pattern),
            Extent(start_byte=start, end_byte=SIZE_BYTES),
            Handling(sector_bytes=sector_bytes, leaf_bytes=sector_bytes),
        )
        return comparer.run(_no_tick)


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    """Return a file of the full size that holds exactly the stream."""
    path = tmp_path / "drive"
    path.write_bytes(expected_bytes(STREAM, 0, SIZE_BYTES))
    return path


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    """Return a file of the full size that holds zeros."""
    path = tmp_path / "blank"
    with path.open("xb") as file:
        file.truncate(SIZE_BYTES)
    return path


def _spoil(path: Path, offsets: Sequence[int]) -> None:
    """Change one byte at each offset."""
    content = bytearray(path.read_bytes())
    for offset in offsets:
        content[offset] ^= 0x40
    path.write_bytes(content)


def _adds_up(result: CompareResult, length: int = SIZE_BYTES) -> bool:
    return result.verified_bytes + result.mismatched_bytes + result.unread_bytes == length


# --- failing kernels ---------------------------------------------------------------------------

PWRITE, PREADV, FDATASYNC = os.pwrite, os.preadv, os.fdatasync


def _refuse(code: int) -> OSError:
    return OSError(code, os.strerror(code))


def _pwrite_failing_at(*units: int, code: int = errno.EIO) -> Callable[..., int]:
    def pwrite(descriptor: int, view: memoryview, offset: int) -> int:
        if offset // UNIT_BYTES in units:
            raise _refuse(code)
        return PWRITE(descriptor, view, offset)

    return pwrite


def _pwrite_short_at(unit: int) -> Callable[..., int]:
    def pwrite(descriptor: int, view: memoryview, offset: int) -> int:
        cut = len(view) - SECTOR_BYTES if offset == unit * UNIT_BYTES else len(view)
        return PWRITE(descriptor, view[:cut], offset)

    return pwrite


def _preadv_failing_at(*units: int) -> Callable[..., int]:
    def preadv(descriptor: int, buffers: list[memoryview], offset: int) -> int:
        if offset // UNIT_BYTES in units:
            raise _refuse(errno.EIO)
        return PREADV(descriptor, buffers, offset)

    return preadv


def _failing_fdatasync(_descriptor: int) -> None:
    raise _refuse(errno.EIO)


# --- writing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("pattern", [STREAM, THREE_BYTES], ids=["stream", "three-bytes"])
def test_writer__any_multiple_of_a_sector__exactly_the_expected_bytes(
    tmp_path: Path, pattern: Pattern, size: int
) -> None:
    """What stands on the medium is the pattern to the last byte, and nothing beyond it."""
    result = _write(tmp_path / "drive", pattern=pattern, end=size)
    assert (tmp_path / "drive").read_bytes() == expected_bytes(pattern, 0, size)
    assert result == WriteResult(
        completed_bytes=size, durable_bytes=size, flushed=True, failures=()
    )


def test_writer__resumed_at_a_unit__leaves_what_is_before_it(blank: Path) -> None:
    """A range that starts later writes from there on, at the same place as a whole pass would."""
    start = 4 * UNIT_BYTES
    result = _write(blank, start=start)
    content = blank.read_bytes()
    assert not any(content[:start])
    assert content[start:] == expected_bytes(STREAM, start, SIZE_BYTES - start)
    assert (result.completed_bytes, result.durable_bytes) == (SIZE_BYTES - start, SIZE_BYTES)


@pytest.mark.parametrize("unit", [0, 1, 5, UNITS])
@pytest.mark.parametrize("code", [errno.ENODEV, errno.EROFS])
def test_writer__hopeless_failure__unit_not_counted_and_mark_below_it(
    blank: Path, monkeypatch: pytest.MonkeyPatch, unit: int, code: int
) -> None:
    """After a failure that nothing mends, nothing at or above its unit counts as durable."""
    monkeypatch.setattr(os, "pwrite", _pwrite_failing_at(unit, code=code))
    result = _write(blank)
    (failure,) = result.failures
    end = min((unit + 1) * UNIT_BYTES, SIZE_BYTES)
    assert (failure.start_byte, failure.end_byte) == (unit * UNIT_BYTES, end)
    assert (failure.operation, failure.errno_name) == ("write", errno.errorcode[code])
    assert result.completed_bytes <= SIZE_BYTES - (end - unit * UNIT_BYTES)
    assert result.durable_bytes <= unit * UNIT_BYTES
    assert not result.flushed


@pytest.mark.parametrize("unit", [0, 1, 5, UNITS])
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.ENODATA, errno.EREMOTEIO])
def test_writer__unit_refused__told_and_all_else_written(
    blank: Path, monkeypatch: pytest.MonkeyPatch, unit: int, code: int
) -> None:
    """A bad place costs itself: it is told, never counted, and the pass goes on around it."""
    monkeypatch.setattr(os, "pwrite", _pwrite_failing_at(unit, code=code))
    with _opened(blank) as descriptor:
        writer = Writer(descriptor, content_of(STREAM), WHOLE, HANDLING)
        result = writer.run(_no_tick)
        (place,) = writer.refused()
        assert writer.refused() == [], "each place is told once"
    start, end = unit * UNIT_BYTES, min((unit + 1) * UNIT_BYTES, SIZE_BYTES)
    assert (place.start_byte, place.end_byte) == (start, end)
    assert (place.operation, place.errno_name) == ("write", errno.errorcode[code])
    assert (result.failures, result.gave_up, result.flushed) == ((), False, True)
    assert result.completed_bytes == SIZE_BYTES - (end - start)
    assert result.durable_bytes == SIZE_BYTES
    expected = expected_bytes(STREAM, 0, SIZE_BYTES)
    assert blank.read_bytes() == expected[:start] + bytes(end - start) + expected[end:]


def _pwrite_refusing(*sectors: int) -> Callable[..., int]:
    def pwrite(descriptor: int, view: memoryview, offset: int) -> int:
        if any(offset <= at * SECTOR_BYTES < offset + len(view) for at in sectors):
            raise _refuse(errno.EIO)
        return PWRITE(descriptor, view, offset)

    return pwrite


def test_writer__bad_sectors__cost_one_sector_each(
    blank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is refused is cut down to single sectors, wherever they lie in their units."""
    chance = random.Random(20261125)
    bad = sorted(
        {0, SIZE_BYTES // 512 - 1, *(chance.randrange(SIZE_BYTES // 512) for _ in "12345")}
    )
    monkeypatch.setattr(os, "pwrite", _pwrite_refusing(*bad))
    with _opened(blank) as descriptor:
        writer = Writer(descriptor, content_of(STREAM), WHOLE, HANDLING)
        result = writer.run(_no_tick)
        places = sorted(place.start_byte for place in writer.refused())
    assert places == [sector * SECTOR_BYTES for sector in bad]
    assert result.completed_bytes == SIZE_BYTES - len(bad) * SECTOR_BYTES
    assert writer.passed_bytes() == SIZE_BYTES, "progress ends"


def test_writer__too_many_places__gives_up_and_says_so(
    blank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device with more bad places than anybody should put up with is given up."""
    monkeypatch.setattr(os, "pwrite", _pwrite_refusing(*range(100, 300, 2)))
    handling = replace(HANDLING, limits=Limits(most_places=20))
    with _opened(blank) as descriptor:
        writer = Writer(descriptor, content_of(STREAM), WHOLE, handling)
        result = writer.run(_no_tick)
        told = writer.refused()
    assert (result.gave_up, result.flushed) == (True, False)
    assert result.durable_bytes == 0
    assert len(result.failures) == 1
    assert 20 <= len(told) <= 22


def test_writer__time_used_up__gives_up(blank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that takes long over each refusal is given up, too."""
    monkeypatch.setattr(os, "pwrite", _pwrite_refusing(5))
    handling = replace(HANDLING, limits=Limits(most_s=0.0))
    with _opened(blank) as descriptor:
        writer = Writer(descriptor, content_of(STREAM), WHOLE, handling)
        result = writer.run(_no_tick)
    assert (result.gave_up, result.flushed) == (True, False)


def test_writer__slow_refusals_in_one_unit__given_up_within_the_time(
    blank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time is bounded within a unit, too: a drive that tries each sector for half a minute."""
    now_s = [0.0]

    def pwrite(descriptor: int, view: memoryview, offset: int) -> int:
        if offset // UNIT_BYTES == 5:
            now_s[0] += 30.0
            raise _refuse(errno.EIO)
        return PWRITE(descriptor, view, offset)

    monkeypatch.setattr(os, "pwrite", pwrite)
    monkeypatch.setattr(time, "monotonic", lambda: now_s[0])
    monkeypatch.setattr(pump, "THREADS", 1)
    result, told = _written(blank, replace(HANDLING, limits=Limits(most_s=100.0)))
    assert (result.gave_up, result.flushed) == (True, False)
    assert now_s[0] <= 30.0 + 100.0 + 30.0
    assert bytes_in((each.start_byte, each.end_byte) for each in told) == UNIT_BYTES


def test_writer__time_used_up_without_a_bad_place__gives_up_and_names_where(
    blank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device that takes everything at the second try, and minutes for it, is given up, too."""
    now_s = [0.0]

    def pwrite(descriptor: int, view: memoryview, offset: int) -> int:
        if len(view) == UNIT_BYTES:
            raise _refuse(errno.EIO)
        now_s[0] += 20.0
        return PWRITE(descriptor, view, offset)

    monkeypatch.setattr(os, "pwrite", pwrite)
    monkeypatch.setattr(time, "monotonic", lambda: now_s[0])
    monkeypatch.setattr(pump, "THREADS", 1)
    result, told = _written(blank, replace(HANDLING, limits=Limits(most_s=120.0)))
    assert (result.gave_up, result.flushed, told) == (True, False, [])
    assert [each.errno_name for each in result.failures] == ["EIO"]


def _written(path: Path, handling: Handling) -> tuple[WriteResult, list[IoFailure]]:
    with _opened(path) as descriptor:
        writer = Writer(descriptor, content_of(STREAM), WHOLE, handling)
        return writer.run(_no_tick), writer.refused()


def test_writer__another_device_after_a_failure__raised_at_once(
    blank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is cut into pieces on a device that went away."""
    monkeypatch.setattr(os, "pwrite", _pwrite_failing_at(*range(UNITS + 1)))

    def gone() -> None:
        raise LookupError

    with _opened(blank) as descriptor, pytest.raises(LookupError):
        Writer(descriptor, content_of(STREAM), WHOLE, replace(HANDLING, still_there=gone)).run(
            _no_tick
        )


@pytest.mark.parametrize("unit", [0, 3, UNITS])
def test_writer__short_write__is_a_failure(
    blank: Path, monkeypatch: pytest.MonkeyPatch, unit: int
) -> None:
    """A call that moved fewer bytes than asked counts for nothing; its parts are tried again."""
    calls: list[tuple[int, int]] = []

    def pwrite(descriptor: int, view: memoryview, offset: int) -> int:
        calls.append((offset, len(view)))
        return _pwrite_short_at(unit)(descriptor, view, offset)

    monkeypatch.setattr(os, "pwrite", pwrite)
    with _opened(blank) as descriptor:
        writer = Writer(descriptor, content_of(STREAM), WHOLE, HANDLING)
        result = writer.run(_no_tick)
        (place,) = writer.refused()
    at = unit * UNIT_BYTES
    assert (place.start_byte, place.end_byte) == (at, at + SECTOR_BYTES)
    assert result.completed_bytes == SIZE_BYTES - SECTOR_BYTES


def test_writer__every_call_fails__nothing_counted(
    blank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A drive that is gone ends the pass with no byte and at most one failure per thread."""
    monkeypatch.setattr(os, "pwrite", _pwrite_failing_at(*range(UNITS + 1), code=errno.ENODEV))
    result = _write(blank)
    assert (result.completed_bytes, result.durable_bytes, result.flushed) == (0, 0, False)
    assert 1 <= len(result.failures) <= pump.THREADS


def test_writer__checkpoint_after_a_failed_unit__mark_stays_below_it(
    blank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flush that succeeds later never lifts the mark over a unit that was given up."""
    monkeypatch.setattr(os, "pwrite", _pwrite_failing_at(5, code=errno.ENODEV))
    with _opened(blank) as descriptor:
        writer = Writer(descriptor, content_of(STREAM), WHOLE, HANDLING)
        writer.run(_no_tick)
        mark = writer.checkpoint()
    assert mark is not None
    assert mark <= 5 * UNIT_BYTES
    assert blank.read_bytes()[:mark] == expected_bytes(STREAM, 0, mark)


def test_writer__flush_fails__not_flushed(blank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that were written but not flushed are not durable."""
    monkeypatch.setattr(os, "fdatasync", _failing_fdatasync)
    result = _write(blank)
    assert result.completed_bytes == SIZE_BYTES
    assert (result.durable_bytes, result.flushed) == (0, False)
    assert [(each.operation, each.errno_name) for each in result.failures] == [("flush", "EIO")]


def test_writer__resumed_and_flush_fails__mark_stays_at_the_start(
    blank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resumed pass loses nothing that an earlier attempt had made durable, and adds nothing."""
    monkeypatch.setattr(os, "fdatasync", _failing_fdatasync)
    result = _write(blank, start=4 * UNIT_BYTES)
    assert result.durable_bytes == 4 * UNIT_BYTES


def test_writer__checkpoint_fails_midway__pass_not_flushed(
    blank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After one failed flush a second that succeeds proves nothing (the error may be cleared)."""
    with _opened(blank) as descriptor:
        writer = Writer(descriptor, content_of(STREAM), WHOLE, HANDLING)
        monkeypatch.setattr(os, "fdatasync", _failing_fdatasync)
        assert writer.checkpoint() is None
        monkeypatch.setattr(os, "fdatasync", FDATASYNC)
        result = writer.run(_no_tick)
    assert (result.durable_bytes, result.flushed) == (0, False)


def test_writer__write_ends_during_the_flush__not_covered_by_its_mark(
    blank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mark is taken before the flush: what is written meanwhile may not be in it."""
    with _opened(blank) as descriptor:
        writer = Writer(descriptor, content_of(STREAM), WHOLE, HANDLING)

        def everything_is_written_meanwhile(_descriptor: int) -> None:
            monkeypatch.setattr(os, "fdatasync", FDATASYNC)
            writer.run(_no_tick)

        monkeypatch.setattr(os, "fdatasync", everything_is_written_meanwhile)
        assert writer.checkpoint() == 0


def test_writer__low_unit_still_in_flight__mark_stays_below_it(
    blank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One slow call holds the mark down, however far the other threads have come."""
    others_done = threading.Event()
    marks: list[int | None] = []
    with _opened(blank) as descriptor:
        writer = Writer(descriptor, content_of(STREAM), WHOLE, HANDLING)

        def pwrite(given: int, view: memoryview, offset: int) -> int:
            if offset == 2 * UNIT_BYTES:
                assert others_done.wait(PATIENCE_S)
            elif offset == UNITS * UNIT_BYTES:
                marks.append(writer.checkpoint())
                others_done.set()
            return PWRITE(given, view, offset)

        monkeypatch.setattr(pump, "THREADS", 2)
        monkeypatch.setattr(os, "pwrite", pwrite)
        result = writer.run(_no_tick)
    assert marks == [2 * UNIT_BYTES]
    assert result.durable_bytes == SIZE_BYTES


def test_writer__calls_in_flight__counted_when_they_have_returned(
    blank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte counts when its call has returned, never before."""
    with _opened(blank) as descriptor:
        writer = Writer(descriptor, content_of(STREAM), WHOLE, HANDLING)
        seen: list[tuple[int, int]] = []
        returned: list[int] = []

        def pwrite(given: int, view: memoryview, offset: int) -> int:
            before = sum(returned)
            seen.append((before, writer.passed_bytes()))
            moved = PWRITE(given, view, offset)
            returned.append(moved)
            return moved

        monkeypatch.setattr(os, "pwrite", pwrite)
        monkeypatch.setattr(pump, "THREADS", 1)
        writer.run(_no_tick)
    assert len(seen) == UNITS + 1
    assert all(counted == before for before, counted in seen)


def test_writer__stopped__takes_no_further_unit(
    blank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stop lets calls in flight end and counts what was written."""
    with _opened(blank) as descriptor:
        writer = Writer(descriptor, content_of(STREAM), WHOLE, HANDLING)

        def pwrite(given: int, view: memoryview, offset: int) -> int:
            writer.stop()
            return PWRITE(given, view, offset)

        monkeypatch.setattr(os, "pwrite", pwrite)
        result = writer.run(_no_tick)
    assert 1 <= result.completed_bytes // UNIT_BYTES <= pump.THREADS
    assert result.completed_bytes == result.durable_bytes
    assert blank.read_bytes()[: result.durable_bytes] == expected_bytes(
        STREAM, 0, result.durable_bytes
    )


def test_writer__fault_of_ours_in_a_thread__raised(blank: Path) -> None:
    """What is no device's failure is never swallowed into a result."""

    class Faulty:
        def unit(self, number: int, length: int, scratch: object) -> memoryview:
            raise ZeroDivisionError(number, length, scratch)

        def holds(self, number: int, read: memoryview, low: int, high: int) -> bool:
            raise ZeroDivisionError(number, read, low, high)

    with _opened(blank) as descriptor, pytest.raises(ZeroDivisionError):
        Writer(descriptor, Faulty(), WHOLE, HANDLING).run(_no_tick)


def test_writer__range_inside_a_unit__refused(blank: Path) -> None:
    """A pass starts at a unit, or the tweak would not be the offset's."""
    with _opened(blank) as descriptor, pytest.raises(AssertionError):
        Writer(
            descriptor,
            content_of(STREAM),
            Extent(start_byte=SECTOR_BYTES, end_byte=SIZE_BYTES),
            HANDLING,
        )


# --- comparing ---------------------------------------------------------------------------------


def test_comparer__medium_as_expected__every_byte_verified(drive: Path) -> None:
    """A medium that holds the pattern is verified to its last byte."""
    assert _compare(drive) == CompareResult(
        verified_bytes=SIZE_BYTES,
        mismatched_bytes=0,
        unread_bytes=0,
        first_mismatch_byte=None,
        mismatches=(),
        failures=(),
    )


def test_comparer__pattern_of_another_place__nothing_verified(tmp_path: Path) -> None:
    """A medium that holds the right bytes one unit too late holds nothing right."""
    path = tmp_path / "shifted"
    path.write_bytes(expected_bytes(STREAM, UNIT_BYTES, SIZE_BYTES))
    result = _compare(path)
    assert (result.verified_bytes, result.mismatched_bytes) == (0, SIZE_BYTES)
    assert result.mismatches == ((0, SIZE_BYTES),)


EDGES = [
    0,
    SECTOR_BYTES - 1,
    SECTOR_BYTES,
    UNIT_BYTES - 1,
    UNIT_BYTES,
    UNITS * UNIT_BYTES,
    SIZE_BYTES - 1,
]


@pytest.mark.parametrize("offset", EDGES)
def test_comparer__one_wrong_byte_at_an_edge__named(drive: Path, offset: int) -> None:
    """One wrong byte is found at the first and last byte of sectors, units and the medium."""
    _spoil(drive, [offset])
    result = _compare(drive)
    sector = offset // SECTOR_BYTES * SECTOR_BYTES
    assert result.first_mismatch_byte == offset
    assert result.mismatches == ((sector, sector + SECTOR_BYTES),)
    assert result.mismatched_bytes == SECTOR_BYTES
    assert result.unread_bytes == 0
    assert _adds_up(result)


@pytest.mark.parametrize("sector_bytes", [512, 4096])
def test_comparer__wrong_bytes_anywhere__first_of_them_and_all_their_sectors(
    drive: Path, sector_bytes: int
) -> None:
    """Whichever thread finds what first, the lowest offset is named and each sector counted."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    source = random.Random(seed)
    for _ in range(10):
        drive.write_bytes(expected_bytes(STREAM, 0, SIZE_BYTES))
        offsets = source.sample(range(SIZE_BYTES), source.randint(1, 20))
        _spoil(drive, offsets)
        result = _compare(drive, sector_bytes=sector_bytes)
        sectors = {offset // sector_bytes * sector_bytes for offset in offsets}
        assert result.first_mismatch_byte == min(offsets)
        assert result.mismatches == joined([(at, at + sector_bytes) for at in sectors])
        assert result.mismatched_bytes == len(sectors) * sector_bytes
        assert _adds_up(result)


def test_comparer__lower_unit_read_last__its_byte_is_the_first(
    drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first differing byte is the lowest, not the one that a thread met first."""
    _spoil(drive, [5, 4 * UNIT_BYTES + 7, 6 * UNIT_BYTES])
    others_done = threading.Event()

    def preadv(given: int, buffers: list[memoryview], offset: int) -> int:
        if offset == 0:
            assert others_done.wait(PATIENCE_S)
        elif offset == UNITS * UNIT_BYTES:
            others_done.set()
        return PREADV(given, buffers, offset)

    monkeypatch.setattr(pump, "THREADS", 2)
    monkeypatch.setattr(os, "preadv", preadv)
    assert _compare(drive).first_mismatch_byte == 5


def test_comparer__more_than_64_wrong_ranges__first_64_listed_and_all_counted(drive: Path) -> None:
    """The list is cut, the count is not."""
    offsets = [number * 2 * SECTOR_BYTES for number in range(100)]
    _spoil(drive, offsets)
    result = _compare(drive)
    assert [start for start, _end in result.mismatches] == offsets[:64]
    assert result.mismatched_bytes == 100 * SECTOR_BYTES
    assert _adds_up(result)


def test_comparer__part_of_the_range__only_that_part_counted(drive: Path) -> None:
    """A range that starts later ignores what lies before it."""
    _spoil(drive, [0])
    result = _compare(drive, start=UNIT_BYTES)
    assert result.first_mismatch_byte is None
    assert result.verified_bytes == SIZE_BYTES - UNIT_BYTES
    assert result.unread_bytes == 0


@pytest.mark.parametrize("units", [(0,), (3, 4), (UNITS,)])
def test_comparer__call_fails__its_bytes_are_unread(
    drive: Path, monkeypatch: pytest.MonkeyPatch, units: tuple[int, ...]
) -> None:
    """What could not be read is neither right nor wrong, and the rest is still compared."""
    monkeypatch.setattr(pump, "THREADS", 1)
    lost = [(unit * UNIT_BYTES, min((unit + 1) * UNIT_BYTES, SIZE_BYTES)) for unit in units]
    monkeypatch.setattr(os, "preadv", _preadv_failing_at(*units))
    with _opened(drive) as descriptor:
        comparer = Comparer(descriptor, content_of(STREAM), WHOLE, HANDLING)
        result = comparer.run(_no_tick)
        places = comparer.refused()
    assert [(each.start_byte, each.end_byte) for each in places] == lost
    assert {(each.operation, each.errno_name) for each in places} == {("read", "EIO")}
    assert result.unread_bytes == sum(end - start for start, end in lost)
    assert (result.mismatched_bytes, result.failures) == (0, ())
    assert _adds_up(result)


def test_comparer__medium_ends_early__rest_is_unread(drive: Path) -> None:
    """A device that shrank gives short reads without an errno; none of their bytes counts."""
    os.truncate(drive, 5 * UNIT_BYTES + SECTOR_BYTES)
    result = _compare(drive)
    assert result.verified_bytes == 5 * UNIT_BYTES + SECTOR_BYTES
    assert result.unread_bytes == SIZE_BYTES - result.verified_bytes
    assert result.first_mismatch_byte is None


def _compare_and_change(drive: Path, change: Callable[[Path], object]) -> CompareResult:
    """Compare a drive that changes when all of it was compared, and before the verdict."""
    with _opened(drive) as descriptor:
        comparer = Comparer(descriptor, content_of(STREAM), WHOLE, HANDLING)
        waiting = [change]

        def tick() -> None:
            if comparer.passed_bytes() == SIZE_BYTES and waiting:
                waiting.pop()(drive)

        result = comparer.run(tick)
    assert not waiting, "it changed"
    assert _adds_up(result)
    return result


@pytest.mark.parametrize(
    ("refused", "first_seen", "last_seen"),
    [
        ((0,), UNIT_BYTES, SIZE_BYTES - 1),
        ((4, 5), 0, SIZE_BYTES - 1),
        ((UNITS,), 0, UNITS * UNIT_BYTES - 1),
    ],
)
def test_comparer__other_content_after_trouble__named(
    drive: Path,
    monkeypatch: pytest.MonkeyPatch,
    refused: tuple[int, ...],
    first_seen: int,
    last_seen: int,
) -> None:
    """A drive exchanged while it refuses is found out by what it was seen to hold before."""
    monkeypatch.setattr(os, "preadv", _preadv_failing_at(*refused))
    before = drive.read_bytes()
    for byte in (first_seen, last_seen):
        result = _compare_and_change(drive, partial(_spoil, offsets=[byte]))
        assert (result.first_mismatch_byte, result.failures) == (byte, ())
        assert result.mismatched_bytes == SECTOR_BYTES
        drive.write_bytes(before)
    other = random.Random(20261125).randbytes(SIZE_BYTES)
    result = _compare_and_change(drive, lambda path: path.write_bytes(other))
    assert result.first_mismatch_byte == first_seen


def test_comparer__unreadable_after_trouble__a_failure(
    drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A drive that answers no more after trouble is not called what it was seen to be before."""
    monkeypatch.setattr(os, "preadv", _preadv_failing_at(4))
    result = _compare_and_change(drive, lambda path: os.truncate(path, 0))
    assert [(each.start_byte, each.errno_name) for each in result.failures] == [(0, "EIO")]


def test_comparer__nothing_readable__nothing_looked_back_at(
    drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where everything was refused there is nothing to look back at."""
    monkeypatch.setattr(os, "preadv", _preadv_failing_at(*range(UNITS + 1)))
    result = _compare(drive)
    assert (result.unread_bytes, result.failures) == (SIZE_BYTES, ())


def test_comparer__too_many_read_errors__gives_up_and_says_what_is_unread(
    drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dying drive is not read to its end; everything not read counts as unread."""
    monkeypatch.setattr(os, "preadv", _preadv_failing_at(*range(UNITS + 1)))
    handling = replace(HANDLING, limits=Limits(most_places=2))
    with _opened(drive) as descriptor:
        result = Comparer(descriptor, content_of(STREAM), WHOLE, handling).run(_no_tick)
    assert (result.gave_up, len(result.failures)) == (True, 1)
    assert result.unread_bytes == SIZE_BYTES
    assert _adds_up(result)


def test_comparer__holes__not_read_and_counted_as_unread(
    drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not written is not compared, whatever stands there; all around it is."""
    holes = ((512, 1024), (3 * UNIT_BYTES, 4 * UNIT_BYTES), (SIZE_BYTES - 512, SIZE_BYTES))
    _spoil(drive, [600, 3 * UNIT_BYTES, 4 * UNIT_BYTES - 1, SIZE_BYTES - 1])
    asked: list[tuple[int, int]] = []

    def preadv(descriptor: int, buffers: list[memoryview], offset: int) -> int:
        asked.append((offset, offset + len(buffers[0])))
        return PREADV(descriptor, buffers, offset)

    monkeypatch.setattr(os, "preadv", preadv)
    with _opened(drive) as descriptor:
        extent = Extent(start_byte=0, end_byte=SIZE_BYTES, holes=holes)
        result = Comparer(descriptor, content_of(STREAM), extent, HANDLING).run(_no_tick)
    assert joined(asked) == tuple(outside(0, SIZE_BYTES, holes))
    assert (result.mismatched_bytes, result.unread_bytes) == (0, bytes_in(holes))
    assert _adds_up(result)


def test_comparer__sample__only_its_units_are_read(drive: Path) -> None:
    """A sample reads the units that the seed chose, and says nothing of any other."""
    sample = share_of(SIZE_BYTES, bytes(SEED_BYTES), 30)
    chosen = list(sample.ranges())
    others = list(outside(0, SIZE_BYTES, joined(chosen)))
    extent = Extent(start_byte=0, end_byte=SIZE_BYTES, sample=sample)

    def compared() -> CompareResult:
        with _opened(drive) as descriptor:
            return Comparer(descriptor, content_of(STREAM), extent, HANDLING).run(_no_tick)

    _spoil(drive, [low for low, _ in others])
    result = compared()
    assert (result.first_mismatch_byte, result.verified_bytes) == (None, sample.length_bytes())
    assert _adds_up(result, sample.length_bytes())
    for low, high in chosen:
        _spoil(drive, [high - 1])
        assert compared().first_mismatch_byte == high - 1, (low, high)
        _spoil(drive, [high - 1])


@pytest.mark.parametrize("pattern", [STREAM, THREE_BYTES], ids=["stream", "three-bytes"])
def test_comparer__wrong_bytes_beside_holes__named(
    blank: Path, monkeypatch: pytest.MonkeyPatch, pattern: Pattern
) -> None:
    """Behind a hole, too, the differing sectors are told and every other one is verified."""
    monkeypatch.setattr(pump, "THREADS", 1)  # so that one buffer serves every unit
    blank.write_bytes(expected_bytes(pattern, 0, SIZE_BYTES))
    holes = ((512, 1024), (1536, 2048), (UNIT_BYTES, UNIT_BYTES + 512))
    wrong = [511, 1024, 1535, 2048, UNIT_BYTES - 1, UNIT_BYTES + 512, 2 * UNIT_BYTES - 1]
    _spoil(blank, wrong)
    with _opened(blank) as descriptor:
        extent = Extent(start_byte=0, end_byte=SIZE_BYTES, holes=holes)
        result = Comparer(descriptor, content_of(pattern), extent, HANDLING).run(_no_tick)
    sectors = {offset // SECTOR_BYTES * SECTOR_BYTES for offset in wrong}
    assert result.first_mismatch_byte == 511
    assert result.mismatches == joined([(at, at + SECTOR_BYTES) for at in sectors])
    assert result.unread_bytes == bytes_in(holes)
    assert _adds_up(result)


@pytest.mark.parametrize("pattern", [STREAM, THREE_BYTES], ids=["stream", "three-bytes"])
def test_comparer__wrong_only_in_the_bytes_read__told_without_another_read(
    blank: Path, monkeypatch: pytest.MonkeyPatch, pattern: Pattern
) -> None:
    """A difference is told of the bytes that were read: a second read might say something else."""
    blank.write_bytes(expected_bytes(pattern, 0, SIZE_BYTES))
    asked: list[int] = []

    def preadv(given: int, buffers: list[memoryview], offset: int) -> int:
        asked.append(offset)
        moved = PREADV(given, buffers, offset)
        if offset == 2 * UNIT_BYTES:
            buffers[0][700] ^= 1
        return moved

    monkeypatch.setattr(os, "preadv", preadv)
    result = _compare(blank, pattern=pattern)
    assert result.first_mismatch_byte == 2 * UNIT_BYTES + 700
    assert result.mismatches == ((2 * UNIT_BYTES + 512, 2 * UNIT_BYTES + 1024),)
    assert sorted(asked) == [unit * UNIT_BYTES for unit in range(UNITS + 1)]


def test_comparer__read_moves_nothing_but_says_so__caught(
    drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the last unit left in a buffer never passes for the next one."""
    monkeypatch.setattr(pump, "THREADS", 1)
    lying = 4 * UNIT_BYTES

    def preadv(given: int, buffers: list[memoryview], offset: int) -> int:
        return len(buffers[0]) if offset == lying else PREADV(given, buffers, offset)

    monkeypatch.setattr(os, "preadv", preadv)
    result = _compare(drive)
    assert result.mismatches == ((lying, lying + UNIT_BYTES),)
    assert result.verified_bytes == SIZE_BYTES - UNIT_BYTES


def test_comparer__nothing_differs__one_buffer_a_thread(
    drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A verification holds one buffer a thread: what was read is checked where it lies."""
    made: list[mmap.mmap] = []

    def buffer() -> mmap.mmap:
        made.append(mmap.mmap(-1, UNIT_BYTES))
        return made[-1]

    monkeypatch.setattr(pump, "_buffer", buffer)
    assert _compare(drive).verified_bytes == SIZE_BYTES
    assert len(made) == pump.THREADS


def test_comparer__too_many_wrong_units__gives_up_and_says_what_is_unread(
    blank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A drive that wrote nothing is not compared to its end; the counts still add up."""
    monkeypatch.setattr(pump, "MISMATCHED_UNITS_LIMIT", 1)
    monkeypatch.setattr(pump, "THREADS", 1)
    result = _compare(blank)
    assert result.mismatched_bytes == UNIT_BYTES
    assert result.verified_bytes == 0
    assert _adds_up(result)


def test_comparer__stopped__rest_is_unread(drive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a stop only what was really compared counts as verified."""
    with _opened(drive) as descriptor:
        comparer = Comparer(descriptor, content_of(STREAM), WHOLE, HANDLING)

        def preadv(given: int, buffers: list[memoryview], offset: int) -> int:
            comparer.stop()
            return PREADV(given, buffers, offset)

        monkeypatch.setattr(os, "preadv", preadv)
        result = comparer.run(_no_tick)
    assert result.verified_bytes == comparer.passed_bytes() < SIZE_BYTES
    assert _adds_up(result)


def test_comparer__device_repeats_the_last_unit__caught(drive: Path) -> None:
    """A device that wraps round or returns stale data does not pass for a good one."""
    content = bytearray(drive.read_bytes())
    content[7 * UNIT_BYTES : 8 * UNIT_BYTES] = content[6 * UNIT_BYTES : 7 * UNIT_BYTES]
    drive.write_bytes(content)
    result = _compare(drive)
    assert result.mismatches == ((7 * UNIT_BYTES, 8 * UNIT_BYTES),)
    assert result.verified_bytes == SIZE_BYTES - UNIT_BYTES


def test_comparer__range_not_of_whole_sectors__refused(drive: Path) -> None:
    """Counts in sectors add up only over whole sectors."""
    with _opened(drive) as descriptor, pytest.raises(AssertionError):
        Comparer(
            descriptor,
            content_of(STREAM),
            Extent(start_byte=0, end_byte=SIZE_BYTES - 512),
            Handling(sector_bytes=4096, leaf_bytes=4096),
        )
