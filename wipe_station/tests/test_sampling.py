"""Sampled places: each in its stratum, first and last always, and no more missed than stated."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.overwrite.sampling import (
    MISSED_PER_MILLION,
    SAMPLE_BYTES,
    SEED_BYTES,
    Sample,
    sample_of,
    share_of,
)
from wipe_station.overwrite.stream import UNIT_BYTES

SEEDS = st.binary(min_size=SEED_BYTES, max_size=SEED_BYTES)
SIZES = st.integers(min_value=1, max_value=400 * SAMPLE_BYTES)
UNITS = 4000
COUNT = 200
TRIALS = 3000
EXPECTED = TRIALS * MISSED_PER_MILLION / 1_000_000
FAR = 5 * EXPECTED**0.5
"""Five standard deviations: never by chance."""


@given(SIZES, SEEDS, st.integers(min_value=1, max_value=100))
def test_ranges__any_device__whole_units_ascending_first_and_last_in_it(
    size_bytes: int, seed: bytes, count: int
) -> None:
    """Places lie within the device, each once, and both ends are always read."""
    sample = sample_of(size_bytes, seed, count)
    ranges = list(sample.ranges())
    assert ranges == sorted(set(ranges))
    assert ranges[0][0] == 0
    assert ranges[-1][1] == size_bytes
    assert all(start % SAMPLE_BYTES == 0 for start, _ in ranges)
    assert all(end - start == SAMPLE_BYTES for start, end in ranges[:-1])
    assert sample.count <= len(ranges) <= sample.count + 2
    assert sample.guarantee().sampled_units == len(ranges)


@given(SEEDS, st.integers(min_value=1, max_value=300), st.integers(min_value=1, max_value=300))
def test_ranges__each_stratum__holds_one(seed: bytes, count: int, more: int) -> None:
    """No part of a device that is as long as two strata goes unread."""
    units = count + more
    sample = Sample(size_bytes=units * SAMPLE_BYTES, count=count, seed=seed)
    chosen = {start // SAMPLE_BYTES for start, _ in sample.ranges()}
    for stratum in range(count):
        first, after = stratum * units // count, (stratum + 1) * units // count
        assert chosen & set(range(first, after))


def test_ranges__one_seed__the_same_places_everywhere() -> None:
    """The choice is part of the format: who has the seed finds the same places for ever.

    The numbers in the middle were computed with ``openssl dgst -sha256``.
    """
    sample = sample_of(1000 * SAMPLE_BYTES, bytes(range(SEED_BYTES)), 5)
    assert [start // SAMPLE_BYTES for start, _ in sample.ranges()] == [
        *(0, 136, 259, 539, 662, 851, 999)
    ]


def test_guarantee__every_unit_read__nothing_missed() -> None:
    """A small device is read as a whole, and that is what is stated."""
    said = sample_of(10 * SAMPLE_BYTES, bytes(SEED_BYTES)).guarantee()
    assert (said.differing_units, said.missed_per_million, said.sampled_units) == (1, 0, 10)


def scattered(differing: int) -> set[int]:
    """Return the adversary's best: as many in each stratum as in every other."""
    return {number * UNITS // differing for number in range(differing)} - {0, UNITS - 1}


def clustered(differing: int) -> set[int]:
    """Return all in one place."""
    return set(range(UNITS // 3, UNITS // 3 + differing))


def drawn(differing: int) -> set[int]:
    """Return what chance would leave."""
    return set(random.Random(7).sample(range(1, UNITS - 1), differing))


def missed(bad: set[int]) -> int:
    """Return how many seeds of ``TRIALS`` find nothing."""
    chance = random.Random(20261125)
    found = 0
    for _ in range(TRIALS):
        sample = Sample(
            size_bytes=UNITS * SAMPLE_BYTES, count=COUNT, seed=chance.randbytes(SEED_BYTES)
        )
        found += any(start // SAMPLE_BYTES in bad for start, _ in sample.ranges())
    return TRIALS - found


@pytest.mark.parametrize("leave", [scattered, clustered, drawn], ids=lambda leave: leave.__name__)
def test_guarantee__leftovers_of_the_stated_number__missed_no_more_often_than_stated(
    leave: "object",
) -> None:
    """Whoever knows the code but not the seed gains nothing beyond the stated probability."""
    sample = Sample(size_bytes=UNITS * SAMPLE_BYTES, count=COUNT, seed=bytes(SEED_BYTES))
    differing = sample.guarantee().differing_units
    assert callable(leave)
    assert missed(leave(differing)) <= EXPECTED + FAR


def test_guarantee__half_of_the_stated_number_scattered__missed_more_often() -> None:
    """The stated number is no empty promise: with half of it the bound would not hold."""
    sample = Sample(size_bytes=UNITS * SAMPLE_BYTES, count=COUNT, seed=bytes(SEED_BYTES))
    differing = sample.guarantee().differing_units
    assert missed(scattered(differing // 2)) > EXPECTED + FAR


@given(
    st.integers(min_value=1, max_value=300 * UNIT_BYTES),
    SEEDS,
    st.integers(min_value=1, max_value=99),
)
def test_share__any_device__at_least_so_much_of_it(size: int, seed: bytes, percent: int) -> None:
    """A share is read in whole units of the stream, both ends among them, and is never less."""
    sample = share_of(size, seed, percent)
    ranges = list(sample.ranges())
    assert all(low % UNIT_BYTES == 0 for low, _ in ranges)
    assert (ranges[0][0], ranges[-1][1]) == (0, size)
    assert len(ranges) * 100 >= percent * sample.units
    assert len(ranges) <= -(-sample.units * percent // 100) + 2
    assert sample.length_bytes() == sum(high - low for low, high in ranges) <= size
    assert sample.guarantee().unit_bytes == UNIT_BYTES


def test_ranges__a_tenth_of_a_large_drive__nothing_is_kept() -> None:
    """Two million places are given one by one: a worker has little memory."""
    ranges = share_of(20 * 10**12, bytes(SEED_BYTES), 10).ranges()
    assert next(ranges) == (0, UNIT_BYTES)
    assert next(ranges)[0] < 11 * UNIT_BYTES
