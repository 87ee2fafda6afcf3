"""Which places of a device are read when not all of it is, and what that proves. Pure.

The device is cut into units, 64 KiB for a quick look and 1 MiB where a share of it is read. The
units are cut into ``n`` strata of equal size (give or take one), and in each stratum the seed
chooses one unit; the first and the last unit of the device are always in it. Who does not know the
seed when the device is written can do no better than spread what is left over all strata: with
``k_i`` bad units among the ``m_i`` of stratum ``i`` the sample misses all of them with the
probability ``Π (1 - k_i / m_i)``, which for a given sum of ``k_i`` is largest when the ratios are
equal, and so is at most ``(1 - K / (n * m))^n`` with ``K`` bad units in all and ``m`` the largest
stratum. Clustered leftovers are found sooner.

The seed is drawn when the last byte is flushed, or by whoever checks; with it anybody finds the
same places.
"""

import hashlib
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from wipe_station.overwrite.stream import UNIT_BYTES

SAMPLE_BYTES: Final = 64 << 10
SEED_BYTES: Final = 32
USUAL_COUNT: Final = 2048
"""Seconds on any device: at most 128 MiB, and as many moves of a drive's arm."""
MISSED_PER_MILLION: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantee:
    """If at least ``differing_units`` of ``units`` differ, that is missed at most so often."""

    units: int
    unit_bytes: int
    sampled_units: int
    differing_units: int
    missed_per_million: int
    """Upper bound of the probability; 0 where every unit is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A choice of places on one device."""

    size_bytes: int
    count: int
    """Strata; at most one for each unit."""
    seed: bytes
    unit_bytes: int = SAMPLE_BYTES

    def __post_init__(self) -> None:
        assert len(self.seed) == SEED_BYTES, "a seed of 32 bytes"
        assert 0 < self.count <= self.units, "at least one unit for each stratum"

    @property
    def units(self) -> int:
        """Return how many units the device has; the last one may be short."""
        return -(-self.size_bytes // self.unit_bytes)

    def ranges(self) -> Iterator[tuple[int, int]]:
        """Yield the places as offset and byte after the last, ascending, each once.

        Nothing is kept: a tenth of a large drive is millions of places.
        """
        chosen = itertools.chain([0], map(self._chosen, range(self.count)), [self.units - 1])
        for number, _ in itertools.groupby(chosen):  # strata ascend, so what repeats is adjacent
            start = number * self.unit_bytes
            yield start, min(start + self.unit_bytes, self.size_bytes)

    def length_bytes(self) -> int:
        """Return how many bytes the places hold together."""
        return sum(end - start for start, end in self.ranges())

    def _chosen(self, stratum: int) -> int:
        """Return the unit that the seed chooses in a stratum.

        A digest of 256 bits modulo at most 2⁶⁴ units: the bias is far below anything stated.
        """
        first = stratum * self.units // self.count
        after = (stratum + 1) * self.units // self.count
        drawn = hashlib.sha256(self.seed + stratum.to_bytes(8, "big")).digest()
        return first + int.from_bytes(drawn, "big") % (after - first)

    def guarantee(self, missed_per_million: int = MISSED_PER_MILLION) -> Guarantee:
        """Return how many units must differ to be missed at most with a probability.

        Args:
            missed_per_million: between 0 and a million, both excluded.
        """
        if self.count == self.units:
            return self._guarantee(1, 0)
        largest = -(-self.units // self.count)
        least_ratio = 1 - (missed_per_million / 1_000_000) ** (1 / self.count)
        differing = min(self.units, math.ceil(least_ratio * self.count * largest))
        return self._guarantee(differing, missed_per_million)

    def _guarantee(self, differing: int, missed_per_million: int) -> Guarantee:
        return Guarantee(
            units=self.units,
            unit_bytes=self.unit_bytes,
            sampled_units=sum(1 for _ in self.ranges()),
            differing_units=differing,
            missed_per_million=missed_per_million,
        )


def sample_of(size_bytes: int, seed: bytes, count: int = USUAL_COUNT) -> Sample:
    """Return a sample of a device; a small one is read as a whole.

    Args:
        size_bytes: of the device, at least one byte.
        seed: ``SEED_BYTES`` bytes that nobody knew when the device was written.
        count: places wanted.
    """
    units = -(-size_bytes // SAMPLE_BYTES)
    return Sample(size_bytes=size_bytes, count=min(count, units), seed=seed)


def share_of(size_bytes: int, seed: bytes, percent: int) -> Sample:
    """Return a sample that reads a share of a device, in units that a drive reads in one go.

    Args:
        size_bytes: of the device, at least one byte.
        seed: ``SEED_BYTES`` bytes that nobody knew when the device was written.
        percent: 1 to 99; rounded up to whole units.
    """
    assert 0 < percent < 100, "all of it is no sample"
    units = -(-size_bytes // UNIT_BYTES)
    count = -(-units * percent // 100)
    return Sample(size_bytes=size_bytes, count=count, seed=seed, unit_bytes=UNIT_BYTES)
