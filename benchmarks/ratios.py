"""Paired ratios, and a median with an interval that assumes no distribution. Pure.

The interval is the sign test's: of n independent values, the k-th smallest and the k-th largest
enclose the true median with probability ``1 - 2 * P(Binomial(n, 1/2) < k)``; we take the largest
k for which that is at least the wanted confidence. For 15 values that is the 4th smallest and
the 4th largest, at 96.5 %. Fewer than 6 values have no interval at 95 %.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb
from statistics import median
from typing import Final, TypeVar

CONFIDENCE: Final = 0.95

Name = TypeVar("Name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Bounds of a median, and how often such bounds hold."""

    low: float
    high: float
    coverage_ratio: float
    """At least the confidence asked for; exact, since ranks are whole numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A median over so many values; no interval where there are too few for one."""

    median: float
    interval: Interval | None
    count: int


def coverage_ratio(count: int, rank: int) -> float:
    """Return how often the ``rank``-th smallest and largest of ``count`` enclose the median.

    Args:
        count: independent values.
        rank: 1 for the extremes, at most half of ``count``.

    Returns:
        a probability; 0 or less where the two ranks have crossed.
    """
    outside = sum(comb(count, below) for below in range(rank))
    return float(1 - 2 * outside / 2**count)


def estimate(values: Sequence[float], confidence: float = CONFIDENCE) -> Estimate:
    """Return the median of at least one value, with its interval if there are enough."""
    assert values, "a median needs a value"
    ordered = sorted(values)
    count = len(ordered)
    fitting = [k for k in range(1, count // 2 + 1) if coverage_ratio(count, k) >= confidence]
    interval = None
    if fitting:
        rank = fitting[-1]
        interval = Interval(
            low=ordered[rank - 1], high=ordered[-rank], coverage_ratio=coverage_ratio(count, rank)
        )
    return Estimate(median=median(ordered), interval=interval, count=count)


def paired(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    """Return ours over theirs, pair by pair; both in the same unit and the same order."""
    assert len(ours) == len(theirs), "every value has its partner"
    return tuple(one / other for one, other in zip(ours, theirs, strict=True))


def best(rates: Mapping[Name, Sequence[float]]) -> Name:
    """Return the name with the highest median rate.

    Chosen once over a whole run: the better of each pair would favour whoever has more tries.
    """
    return max(rates, key=lambda name: median(rates[name]))
