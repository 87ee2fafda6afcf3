"""Halving what failed: every good byte is saved, every bad sector named, within the bounds."""

import errno
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.overwrite.damage import HOPELESS, bytes_in, cut, joined, outside, salvage

UNIT = 1 << 20
LEAVES = st.sampled_from([512, 4096])
RANGES = st.lists(
    st.tuples(st.integers(0, 4000), st.integers(1, 200)).map(lambda pair: (pair[0], sum(pair)))
)


class Device:
    """Refuses every transfer that touches a bad sector."""

    def __init__(self, bad: set[int], sector: int) -> None:
        self.bad, self.sector = bad, sector
        self.attempts = 0
        self.moved: list[tuple[int, int]] = []

    def transfer(self, start: int, end: int) -> int | None:
        """Move a range or refuse it."""
        self.attempts += 1
        if any(start < at + self.sector and at < end for at in self.bad):
            return errno.EIO
        self.moved.append((start, end))
        return None


@given(LEAVES, st.sets(st.integers(0, 255), min_size=1, max_size=12), st.integers(1, 8))
def test_salvage__any_bad_sectors__exactly_those_refused_all_else_moved(
    leaf: int, bad: set[int], tail: int
) -> None:
    """A bad sector costs that sector, and nothing is moved twice or left out."""
    end = 255 * leaf + tail * 512
    places = {number * leaf for number in bad}
    device = Device(places, leaf)
    refused = list(salvage(0, end, leaf, device.transfer, lambda: True))
    lost = joined((at, min(at + leaf, end)) for at in places if at < end)
    assert tuple((low, high) for low, high, _ in refused) == lost
    assert joined(device.moved) == tuple(outside(0, end, lost))
    assert bytes_in(device.moved) == end - bytes_in(lost)


def test_salvage__one_bad_sector_in_a_unit__a_dozen_attempts_and_one_for_each_half() -> None:
    """What costs time is attempts that fail: one for each halving."""
    device = Device({777 * 512}, 512)
    refused = list(salvage(0, UNIT, 512, device.transfer, lambda: True))
    assert refused == [(777 * 512, 778 * 512, errno.EIO)]
    assert device.attempts == 2 * math.log2(UNIT // 512)


@given(LEAVES, st.integers(0, 200), st.integers(1, 255))
def test_salvage__a_stretch_of_bad_sectors__its_ends_found_and_few_attempts(
    leaf: int, first: int, count: int
) -> None:
    """A stretch that is gone costs dozens of attempts; all before and behind it is moved."""
    end = 256 * leaf
    bad = {number * leaf for number in range(first, min(first + count, 256))}
    device = Device(bad, leaf)
    (stretch,) = joined(
        (low, high) for low, high, _ in salvage(0, end, leaf, device.transfer, lambda: True)
    )
    assert stretch == (first * leaf, min(first + count, 256) * leaf)
    assert joined(device.moved) == tuple(outside(0, end, [stretch]))
    assert device.attempts < 100


@given(LEAVES, st.sets(st.integers(0, 255), min_size=30))
def test_salvage__whatever_is_bad__all_moved_or_refused_and_no_bad_one_moved(
    leaf: int, bad: set[int]
) -> None:
    """Good sectors in the middle of a stretch may be given up; no byte is left out or doubled."""
    end = 256 * leaf
    device = Device({number * leaf for number in bad}, leaf)
    lost = [(low, high) for low, high, _ in salvage(0, end, leaf, device.transfer, lambda: True)]
    assert bytes_in(device.moved) + bytes_in(lost) == end
    assert joined([*device.moved, *lost]) == ((0, end),)


def test_salvage__patience_used_up__the_rest_refused_untried() -> None:
    """No time is spent on a device beyond the bound, and nothing untried counts as moved."""
    device = Device({at * 512 for at in range(0, 2048, 2)}, 512)
    refused = list(salvage(0, UNIT, 512, device.transfer, lambda: device.attempts < 100))
    assert device.attempts <= 101
    lost = joined((low, high) for low, high, _ in refused)
    assert bytes_in(lost) + bytes_in(device.moved) == UNIT
    assert refused[-1][1] == UNIT


@pytest.mark.parametrize("code", sorted(HOPELESS))
def test_salvage__hopeless__not_cut_further(code: int) -> None:
    """A device that is gone is not asked two thousand times."""
    asked: list[tuple[int, int]] = []

    def refuse(start: int, end: int) -> int:
        asked.append((start, end))
        return code

    assert list(salvage(0, UNIT, 512, refuse, lambda: True)) == [(0, UNIT, code)]
    assert len(asked) == 2


@given(st.integers(0, 1000), st.integers(1, 5000), LEAVES)
def test_cut__any_range__two_parts_at_a_sector(start_sector: int, sectors: int, leaf: int) -> None:
    """Both parts hold something, and the cut is where the device can write from."""
    start = start_sector * 512
    end = start + sectors * 512
    parts = cut(start, end, leaf)
    if parts is None:
        assert start // leaf == (end - 1) // leaf, "it lies within one sector"
        return
    (low, middle), (again, high) = parts
    assert (low, again, high) == (start, middle, end)
    assert low < middle < high
    assert middle % leaf == 0


@given(st.integers(0, 4000), st.integers(1, 4000), RANGES)
def test_outside__any_holes__what_is_left_byte_by_byte(
    start: int, length: int, ranges: list[tuple[int, int]]
) -> None:
    """Parts and holes make up the range, without a gap and without an overlap."""
    holes = joined(ranges)
    parts = list(outside(start, start + length, holes))
    held = {at for low, high in parts for at in range(low, high)}
    lost = {at for low, high in holes for at in range(low, high)}
    assert held == set(range(start, start + length)) - lost
    assert bytes_in(parts) == len(held)
