"""Probes: whatever offset a device wraps at, two of them meet in one cell."""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.overwrite.damage import Range, joined
from wipe_station.overwrite.extent import (
    DENSE_BYTES,
    PROBE_BYTES,
    Extent,
    probe_pieces,
    probes_suffice,
    whole_pieces,
)
from wipe_station.overwrite.pump import Comparer, Writer
from wipe_station.overwrite.stream import UNIT_BYTES, content_of
from wipe_station.overwrite.trouble import Handling
from wipe_station.records import KeyedStream

SECTOR = 512
DENSE = 4 * UNIT_BYTES
CLAIMED = 200 << 20


def cells(size: int, capacity: int, refused: Iterable[Range] = ()) -> dict[int, set[int]]:
    """Return which sectors of a device share a cell, when all probes are written to it."""
    lacking = {at for low, high in refused for at in range(low, high, SECTOR)}
    shared: dict[int, set[int]] = {}
    for unit, length in probe_pieces(size, dense_bytes=DENSE, stride_bytes=DENSE):
        for offset in range(unit * UNIT_BYTES, unit * UNIT_BYTES + length, SECTOR):
            if offset not in lacking:
                shared.setdefault(offset % capacity, set()).add(offset)
    return shared


sizes = st.integers(DENSE // SECTOR + 1, 40 * UNIT_BYTES // SECTOR).map(lambda n: n * SECTOR)


@given(sizes, st.data())
def test_probes__device_wraps_at_any_offset__two_places_share_a_cell(
    size: int, data: st.DataObject
) -> None:
    """For any true capacity below the claimed one, some cell is meant to hold two contents."""
    capacity = SECTOR * data.draw(st.integers(1, size // SECTOR - 1), label="capacity")
    assert any(len(places) > 1 for places in cells(size, capacity).values())


@given(sizes, st.data())
def test_probes__some_bytes_refused__still_two_places_share_a_cell(
    size: int, data: st.DataObject
) -> None:
    """As long as the refused places leave enough, every true capacity is found."""
    capacity = SECTOR * data.draw(st.integers(1, size // SECTOR - 1), label="capacity")
    # Where it hurts most: at probes, and where they land.
    near = st.sampled_from([0, PROBE_BYTES, capacity, size, *range(0, size, DENSE)])
    refused: tuple[Range, ...] = ()
    for _ in range(data.draw(st.integers(1, 12), label="places")):
        around = data.draw(near) - (DENSE if data.draw(st.booleans()) else 0)
        start = around + SECTOR * data.draw(st.integers(-40, 130))
        place = (start, start + SECTOR * data.draw(st.integers(1, 31)))
        more = joined([*refused, place])
        if start >= 0 and place[1] <= size and probes_suffice(more, size):
            refused = more
    assert any(len(places) > 1 for places in cells(size, capacity, refused).values())


@pytest.mark.parametrize(
    ("refused", "suffices"),
    [
        ((), True),
        (((0, SECTOR),), False),
        (((PROBE_BYTES - SECTOR, PROBE_BYTES),), False),
        (((PROBE_BYTES, PROBE_BYTES + SECTOR),), True),
        (((DENSE, DENSE + PROBE_BYTES // 4 - SECTOR),), True),
        (((DENSE, DENSE + PROBE_BYTES // 4),), False),
        (((DENSE, DENSE + 8192), (DENSE + PROBE_BYTES - 8192, DENSE + PROBE_BYTES)), False),
        (((DENSE, DENSE + 8192), (DENSE + PROBE_BYTES, DENSE + PROBE_BYTES + 8192)), True),
        (((CLAIMED - PROBE_BYTES, CLAIMED - PROBE_BYTES + SECTOR),), False),
        (((CLAIMED - PROBE_BYTES - SECTOR, CLAIMED - PROBE_BYTES),), True),
        (((CLAIMED - SECTOR, CLAIMED),), False),
    ],
)
def test_probes_suffice__places_refused__less_than_a_quarter_and_no_end(
    refused: tuple[Range, ...], suffices: bool
) -> None:
    """Both ends must have been probed, and three quarters of any stretch of a probe's length."""
    assert probes_suffice(refused, CLAIMED) is suffices


def test_probes__device_wraps_at_any_unit__two_places_share_a_cell() -> None:
    """The same for every capacity in whole units, where a probe that is missing shows first."""
    for size in range(5, 33):
        pieces = list(probe_pieces(size * UNIT_BYTES, dense_bytes=DENSE, stride_bytes=DENSE))
        first_cells = [unit for unit, _ in pieces]
        for capacity in range(1, size):
            met = {unit % capacity for unit in first_cells}
            assert len(met) < len(first_cells), (size, capacity)


@given(sizes)
def test_probes__honest_device__no_place_meets_another(size: int) -> None:
    """On an honest device each cell holds one place: the check above can also fail."""
    assert all(len(places) == 1 for places in cells(size, size).values())


@given(st.integers(1, 10**13).map(lambda n: n * SECTOR))
def test_probes__any_size__ascending_inside_and_up_to_the_last_byte(size: int) -> None:
    """Probes are disjoint, within the device, and reach its first and last byte."""
    if size > 1 << 40:
        return  # the list would be long; the rule is the same
    reached = 0
    for unit, length in probe_pieces(size):
        assert unit * UNIT_BYTES >= reached
        assert 0 < length <= UNIT_BYTES
        reached = unit * UNIT_BYTES + length
    assert reached == size


@pytest.mark.parametrize("beyond", [512, PROBE_BYTES - 512, PROBE_BYTES, UNIT_BYTES])
def test_probes__short_last_unit__a_probe_at_the_end_all_the_same(beyond: int) -> None:
    """The last bytes of a device are a whole probe, wherever its last unit begins."""
    size = DENSE_BYTES + 3 * UNIT_BYTES + beyond
    probed = {
        unit: length for unit, length in probe_pieces(size) if unit * UNIT_BYTES >= DENSE_BYTES
    }
    assert all((size - back) // UNIT_BYTES in probed for back in (1, PROBE_BYTES))
    assert (probed.get(66) == UNIT_BYTES) == (beyond < PROBE_BYTES)


@pytest.mark.parametrize("beyond", [512, UNIT_BYTES, UNIT_BYTES + 512])
def test_probes__just_beyond_the_dense_part__last_unit_is_in_it(beyond: int) -> None:
    """The unit after the dense part is the last one, and it is not forgotten."""
    unit, length = list(probe_pieces(DENSE_BYTES + beyond))[-1]
    assert unit * UNIT_BYTES + length == DENSE_BYTES + beyond


def test_probes__small_device__all_of_it() -> None:
    """A device no larger than the dense part is probed everywhere."""
    size = DENSE_BYTES - 512
    assert Extent(start_byte=0, end_byte=size, probes=True).length_bytes() == size
    assert list(probe_pieces(size)) == list(whole_pieces(0, size))


def test_probes__a_terabyte__costs_about_a_thousandth() -> None:
    """The probes of a device are a thousandth of it, and their dense beginning."""
    probed = Extent(start_byte=0, end_byte=10**12, probes=True).length_bytes()
    assert 10**12 // 1024 < probed < 10**12 // 1024 + DENSE_BYTES + 2 * UNIT_BYTES


HANDLING = Handling(sector_bytes=512, leaf_bytes=512)


@pytest.mark.parametrize("capacity", [1 << 20, 64 << 20, (100 << 20) + 512, CLAIMED - 512])
def test_probes__wrapping_device__found_by_the_pump(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capacity: int
) -> None:
    """Written and read back through a device that wraps, probes differ; its size was a lie."""
    cells = bytearray(CLAIMED)

    def pwrite(_: int, data: memoryview, offset: int) -> int:
        first = min(len(data), capacity - offset % capacity)
        cells[offset % capacity : offset % capacity + first] = data[:first]
        cells[: len(data) - first] = data[first:]
        return len(data)

    def preadv(_: int, buffers: list[memoryview], offset: int) -> int:
        (target,) = buffers
        first = min(len(target), capacity - offset % capacity)
        target[:first] = cells[offset % capacity : offset % capacity + first]
        target[first:] = cells[: len(target) - first]
        return len(target)

    assert probe(tmp_path / "honest") == 0
    monkeypatch.setattr(os, "pwrite", pwrite)
    monkeypatch.setattr(os, "preadv", preadv)
    assert probe(tmp_path / "lying") > 0


def probe(path: Path) -> int:
    """Write and read the probes of a 200 MiB file; return the bytes that came back wrong."""
    extent = Extent(start_byte=0, end_byte=CLAIMED, probes=True)
    content = content_of(KeyedStream(key=bytes(range(32))))
    with path.open("w+b") as file:
        written = Writer(file.fileno(), content, extent, HANDLING).run(lambda: None)
        assert written.completed_bytes == extent.length_bytes()
        return Comparer(file.fileno(), content, extent, HANDLING).run(lambda: None).mismatched_bytes
