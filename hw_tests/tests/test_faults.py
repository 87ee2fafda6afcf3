"""The language of faults: each effect does what it says, is counted, and leaves the rest alone."""

import errno
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_tests.lab.faults import FOREVER, Effect, Fault, Medium, MediumFault, Op, parse_fault

SIZE = 16 * 512


def filled(*faults: Fault, volatile: bool = False) -> Medium:
    """Return a medium onto which a recognizable pattern was written in sectors."""
    medium = Medium(SIZE, faults, volatile=volatile)
    for sector in range(16):
        medium.write(sector * 512, bytes([sector + 1]) * 512, 0.0)
    return medium


def sectors(data: bytes) -> list[int]:
    """Return the first byte of each sector."""
    return [data[at] for at in range(0, len(data), 512)]


def call(medium: Medium, op: Op, offset: int) -> None:
    """Ask for one sector, or a flush."""
    if op is Op.READ:
        medium.read(offset, 512, 0.0)
    elif op is Op.WRITE:
        medium.write(offset, bytes(512), 0.0)
    else:
        medium.flush(0.0)


def test_medium__no_faults__returns_what_was_written() -> None:
    """An honest medium keeps every byte and counts what was moved."""
    medium = filled()
    assert sectors(medium.read(0, SIZE, 0.0)) == list(range(1, 17))
    medium.flush(0.0)
    counts = medium.counts
    assert (counts.read_bytes, counts.written_bytes, counts.flushes) == (SIZE, SIZE, 1)


@pytest.mark.parametrize("op", list(Op))
def test_error__in_its_range__fails_with_its_number(op: Op) -> None:
    """A call that touches the range fails with the errno of the script; its neighbours do not."""
    fault = Fault(effect=Effect.ERROR, op=op, start_byte=512, end_byte=1024, errno=errno.ENODATA)
    medium = Medium(SIZE, [fault])
    with pytest.raises(MediumFault) as caught:
        call(medium, op, 512)
    assert caught.value.number == errno.ENODATA
    if op is not Op.FLUSH:
        call(medium, op, 0)
        call(medium, op, 1024)
    assert medium.counts.met == [1]


def test_drop__part_of_a_write__the_rest_is_kept() -> None:
    """Only what lies in the range is lost."""
    medium = Medium(SIZE, [Fault(effect=Effect.DROP, start_byte=1000, end_byte=1100)])
    medium.write(512, b"x" * 1024, 0.0)
    assert medium.cells[512:1536] == b"x" * 488 + bytes(100) + b"x" * 436
    assert medium.counts.met == [1]


def test_torn__write__keeps_its_beginning() -> None:
    """A torn write ends in the middle, and says nothing."""
    medium = Medium(SIZE, [Fault(effect=Effect.TORN, kept_bytes=512)])
    medium.write(1024, b"x" * 1024, 0.0)
    assert medium.cells[1024:2048] == b"x" * 512 + bytes(512)


def test_reorder__overtaken__later_write_is_undone_by_the_earlier_one() -> None:
    """A write that comes late overwrites what was written after it."""
    medium = Medium(SIZE, [Fault(effect=Effect.REORDER, times=1, overtaken_by=2)])
    medium.write(0, b"a" * 512, 0.0)
    assert medium.read(0, 1, 0.0) == b"\0"
    medium.write(0, b"b" * 512, 0.0)
    assert medium.read(0, 1, 0.0) == b"b"
    medium.write(512, b"c" * 512, 0.0)
    assert medium.read(0, 1, 0.0) == b"a"


def test_stale_and_flip__reads__lie_only_where_they_should() -> None:
    """Stale reads are zeros, a flipped bit is one bit; what is there stays untouched."""
    stale = Fault(effect=Effect.STALE, op=Op.READ, start_byte=512, end_byte=1024)
    flip = Fault(effect=Effect.FLIP, op=Op.READ, start_byte=1024, end_byte=1025)
    medium = filled(stale, flip)
    assert sectors(medium.read(0, 2048, 0.0)) == [1, 0, 3 ^ 1, 4]
    assert sectors(bytes(medium.cells[:2048])) == [1, 2, 3, 4]
    assert medium.counts.met == [1, 1]


@given(capacity=st.integers(1, SIZE - 1))
def test_wrap__any_capacity__offsets_are_taken_modulo(capacity: int) -> None:
    """A false capacity keeps only the last of what falls onto the same place."""
    medium = Medium(SIZE, [Fault(effect=Effect.WRAP, end_byte=capacity)])
    data = random.Random(capacity).randbytes(SIZE)
    medium.write(0, data, 0.0)
    assert len(medium.cells) == capacity
    for at in range(capacity):
        last = at + (SIZE - 1 - at) // capacity * capacity
        assert medium.cells[at] == data[last]
    assert medium.read(0, SIZE, 0.0)[capacity:] == medium.read(capacity, SIZE - capacity, 0.0)
    assert medium.counts.met[0] > 0


def test_conditions__skip_times_after__harm_only_then() -> None:
    """The first calls pass, some are harmed, the rest pass again; before its time nothing is."""
    fault = Fault(effect=Effect.ERROR, op=Op.READ, skip=2, times=2, after_s=5.0)
    medium = Medium(SIZE, [fault])
    medium.read(0, 1, 4.9)
    failed = []
    for _ in range(6):
        try:
            medium.read(0, 1, 5.0)
            failed.append(False)
        except MediumFault:
            failed.append(True)
    assert failed == [False, False, True, True, False, False]
    assert medium.counts.met == [2]


def test_delay_and_hang__say_how_long__and_end_with_the_faults() -> None:
    """A medium says how long a call waits; a hang has no end of its own."""
    delay = Fault(effect=Effect.DELAY, op=Op.READ, seconds=0.5)
    hang = Fault(effect=Effect.HANG, op=Op.READ, start_byte=512)
    medium = Medium(SIZE, [delay, hang])
    assert medium.wait_s(Op.READ, 0, 512, 0.0) == 0.5
    assert medium.wait_s(Op.READ, 512, 512, 0.0) == FOREVER
    assert medium.wait_s(Op.WRITE, 512, 512, 0.0) == 0.0
    medium.lift()
    assert medium.wait_s(Op.READ, 512, 512, 0.0) == 0.0


def test_gone__from_then_on__everything_fails_until_lifted() -> None:
    """A device that went away answers nothing more."""
    medium = Medium(SIZE, [Fault(effect=Effect.GONE, op=Op.WRITE, skip=1)])
    medium.write(0, b"a" * 512, 0.0)
    for op, offset in ((Op.WRITE, 512), (Op.READ, 0), (Op.FLUSH, 0)):
        with pytest.raises(MediumFault) as caught:
            call(medium, op, offset)
        assert caught.value.number == errno.ENODEV
    medium.lift()
    assert medium.read(0, 1024, 0.0) == b"a" * 512 + bytes(512)


@given(seed=st.integers(0, 1 << 30))
def test_power_cut__unflushed__each_sector_is_whole_old_or_whole_new(seed: int) -> None:
    """What was flushed stays; of the rest each sector is kept or lost by itself."""
    medium = filled(volatile=True)
    medium.flush(0.0)
    medium.write(0, b"\xff" * 4096, 0.0)
    medium.cut_power(seed)
    medium.lift()
    now = sectors(medium.read(0, SIZE, 0.0))
    assert now[8:] == list(range(9, 17))
    assert all(there in (0xFF, number + 1) for number, there in enumerate(now[:8]))


def test_power_cut__many_seeds__loses_and_keeps() -> None:
    """The choice is one: over many seeds sectors are lost and kept."""
    kept = set()
    for seed in range(50):
        medium = Medium(SIZE, volatile=True)
        medium.write(0, b"\xff" * SIZE, 0.0)
        medium.cut_power(seed)
        kept.add(sum(byte == 0xFF for byte in sectors(bytes(medium.cells))))
    assert len(kept) > 3


@given(
    fault=st.builds(
        Fault,
        effect=st.sampled_from(Effect),
        op=st.sampled_from(Op),
        start_byte=st.integers(0, SIZE),
        end_byte=st.integers(0, SIZE),
        skip=st.integers(0, 3),
        times=st.none() | st.integers(0, 3),
        errno=st.sampled_from([errno.EIO, errno.ENOSPC]),
        seconds=st.floats(0, 1),
    )
)
def test_fault__as_json__comes_back_the_same(fault: Fault) -> None:
    """A script can be kept, sent and read again without a change."""
    assert parse_fault(json.loads(json.dumps(fault.to_json()))) == fault


@pytest.mark.parametrize(
    "text", [{}, {"effect": "explode"}, {"effect": "drop", "where": 1}, {"effect": "drop", "op": 3}]
)
def test_fault__no_such_thing__refused(text: dict[str, object]) -> None:
    """A script with a slip of the pen does not pass as one without a fault."""
    with pytest.raises((ValueError, TypeError, KeyError)):
        parse_fault(text)
