"""A medium under a script: each effect does what it says, is counted, and harms nothing else."""

import errno
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_tests.lab.faults import Effect, Fault, Op
from hw_tests.lab.medium import FOREVER, Medium, MediumFault
from hw_tests.lab.owners import estate_of, sector_of, sectors_left

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
    """Stale reads of a new medium are zeros, a flipped bit is one bit; nothing there changes."""
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


def test_stale__script_begun_later__returns_what_stood_there_then() -> None:
    """A medium that was written before the script gives the old content back, not zeros."""
    medium = filled()
    medium.follow([Fault(effect=Effect.STALE, op=Op.READ, start_byte=512, end_byte=1024)])
    medium.write(0, b"\xff" * 2048, 0.0)
    assert sectors(medium.read(0, 2048, 0.0)) == [0xFF, 2, 0xFF, 0xFF]
    assert sectors(bytes(medium.cells[:2048])) == [0xFF] * 4


def test_plant__anywhere__meets_no_fault_and_counts_nothing() -> None:
    """What an owner left was there before the script, durable, and is nothing that was asked."""
    medium = Medium(SIZE, [Fault(effect=Effect.DROP)], volatile=True)
    medium.plant(512, b"x" * SIZE)
    medium.cut_power(0)
    assert (bytes(medium.cells[:1024]), len(medium.cells)) == (bytes(512) + b"x" * 512, SIZE)
    assert (medium.counts.met, medium.counts.written_bytes) == ([0], 0)


@given(capacity=st.integers(1, SIZE - 1), offset=st.integers(0, SIZE - 1), op=st.sampled_from(Op))
def test_short__any_capacity__calls_beyond_it_fail_and_others_do_not(
    capacity: int, offset: int, op: Op
) -> None:
    """A medium that claims more than it holds fails wherever a call reaches beyond its end."""
    medium = Medium(SIZE, [Fault(effect=Effect.SHORT, end_byte=capacity, errno=errno.ENXIO)])
    assert (medium.size_bytes, len(medium.cells)) == (SIZE, capacity)
    beyond = op is not Op.FLUSH and offset + 512 > capacity
    try:
        call(medium, op, offset)
        failed = 0
    except MediumFault as fault:
        failed = fault.number
    assert failed == (errno.ENXIO if beyond else 0)
    assert medium.counts.met == [int(beyond)]


def test_resize__smaller__says_so_and_fails_beyond_until_lifted() -> None:
    """From the call that the script names on the end is nearer; what lies behind it stays."""
    fault = Fault(effect=Effect.RESIZE, op=Op.READ, skip=1, size_bytes=1024, errno=errno.ENXIO)
    medium = filled(fault)
    medium.read(1024, 512, 0.0)
    assert medium.size_bytes == SIZE
    medium.read(0, 512, 0.0)
    assert medium.size_bytes == 1024
    for op in (Op.READ, Op.WRITE):
        with pytest.raises(MediumFault) as caught:
            call(medium, op, 1024)
        assert caught.value.number == errno.ENXIO
        call(medium, op, 512)
    medium.flush(0.0)
    medium.lift()
    assert medium.size_bytes == SIZE
    assert sectors(medium.read(0, SIZE, 0.0)) == [1, 0, *range(3, 17)]


@pytest.mark.parametrize("volatile", [False, True])
def test_resize__larger__there_is_more_and_it_keeps(volatile: bool) -> None:
    """A medium that grows has zeros behind its old end, to be written like all of it."""
    medium = Medium(SIZE, [Fault(effect=Effect.RESIZE, size_bytes=SIZE + 512)], volatile=volatile)
    medium.write(0, b"a" * 512, 0.0)
    assert medium.read(SIZE, 512, 0.0) == bytes(512)
    medium.flush(0.0)
    medium.cut_power(0)
    assert len(medium.cells) == SIZE + 512
    medium.lift()
    medium.write(SIZE, b"b" * 512, 0.0)
    medium.flush(0.0)
    medium.cut_power(0)
    assert sectors(bytes(medium.cells)) == [ord("a"), *[0] * 15, ord("b")]


def failing_calls(medium: Medium, count: int) -> list[bool]:
    """Read so many times; return which calls failed."""
    failed = []
    for second in range(count):
        try:
            medium.read(0, 512, float(second))
            failed.append(False)
        except MediumFault:
            failed.append(True)
    return failed


@pytest.mark.parametrize(
    ("fault", "failed"),
    [
        (Fault(effect=Effect.GONE, op=Op.READ, times=1, back_after_calls=2), [1, 1, 0, 0, 0]),
        (Fault(effect=Effect.GONE, op=Op.READ, times=1, back_after_calls=0), [0, 0, 0, 0, 0]),
        (Fault(effect=Effect.GONE, op=Op.READ, times=1, back_after_s=3), [1, 1, 1, 0, 0]),
        (
            Fault(effect=Effect.GONE, op=Op.READ, back_after_s=9, back_after_calls=1),
            [1, 0, 1, 0, 1],
        ),
    ],
    ids=["calls", "no call", "seconds", "again and again"],
)
def test_gone__with_an_end__is_back_then(fault: Fault, failed: list[int]) -> None:
    """It is back after so many failed calls or seconds, whichever comes first; returns count."""
    medium = filled(fault)
    assert failing_calls(medium, 5) == [bool(each) for each in failed]
    assert medium.counts.returns == medium.counts.met[0] - (failed[-1] == 1)


def test_gone__back_as_itself__with_what_was_durable() -> None:
    """What the cache held when it went away is lost."""
    medium = filled(Fault(effect=Effect.GONE, op=Op.READ, back_after_calls=0), volatile=True)
    medium.flush(0.0)
    medium.write(0, b"\xff" * 1024, 0.0)
    assert sectors(medium.read(0, SIZE, 0.0)) == list(range(1, 17))


@given(owner=st.integers(0, (1 << 32) - 1), volatile=st.booleans())
def test_gone__back_as_another__all_of_it_is_another_owner_s(owner: int, volatile: bool) -> None:
    """What comes back instead is full of what somebody else left."""
    fault = Fault(effect=Effect.GONE, op=Op.READ, times=1, back_after_calls=0, as_other=owner)
    medium = filled(fault, volatile=volatile)
    assert medium.read(0, SIZE, 0.0) == estate_of(owner, SIZE)
    medium.cut_power(0)
    assert medium.cells == estate_of(owner, SIZE)


def test_drop__flush__is_acknowledged_and_nothing_is_durable() -> None:
    """A medium that lies about its cache loses what it called durable when its power goes."""
    medium = filled(Fault(effect=Effect.DROP, op=Op.FLUSH), volatile=True)
    medium.flush(0.0)
    assert (medium.counts.flushes, medium.counts.met) == (1, [1])
    kept = []
    for seed in range(8):
        again = filled(Fault(effect=Effect.DROP, op=Op.FLUSH), volatile=True)
        again.flush(0.0)
        again.cut_power(seed)
        kept.append(sectors(bytes(again.cells)).count(0))
    assert any(kept)


def test_owners__whole_medium__every_sector_known_and_different() -> None:
    """A sector says whose it is and which; one that was overwritten is none of theirs."""
    content = bytearray(estate_of(7, SIZE))
    assert content[512:1024] == sector_of(7, 1)
    assert len({bytes(content[at : at + 512]) for at in range(0, SIZE, 512)}) == 16
    assert sectors_left(content) == 16
    content[512:1024] = bytes(512)
    content[1024:1500] = bytes(476)
    content[2048:2560] = random.Random(0).randbytes(512)
    assert sectors_left(content) == 14
    assert sectors_left(estate_of(7, SIZE)[:-1]) == 16
    assert estate_of(7, SIZE) != estate_of(8, SIZE)
