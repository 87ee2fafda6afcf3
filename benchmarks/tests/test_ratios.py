"""The median's interval, the pairs, and the choice of the better engine."""

import random
from math import comb

import pytest

from benchmarks.ratios import Interval, best, coverage_ratio, estimate, paired


def test_estimate__fifteen_values__fourth_from_either_end() -> None:
    """Of 15 values the interval runs from the 4th smallest to the 4th largest, at 96.5 %."""
    values = [float(value) for value in range(1, 16)]
    random.Random(1).shuffle(values)
    found = estimate(values)
    assert (found.median, found.count) == (8.0, 15)
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == (4.0, 12.0)
    assert found.interval.coverage_ratio == pytest.approx(0.96484375)


@pytest.mark.parametrize(
    ("count", "rank"), [(6, 1), (8, 1), (9, 2), (12, 3), (20, 6), (25, 8), (30, 10), (50, 18)]
)
def test_estimate__tabulated_counts__ranks_of_the_sign_test(count: int, rank: int) -> None:
    """Ranks agree with the printed tables of the sign test's 95 % interval."""
    interval = estimate([float(value) for value in range(1, count + 1)]).interval
    assert interval is not None
    assert (interval.low, interval.high) == (rank, count + 1 - rank)
    assert interval.coverage_ratio >= 0.95
    assert coverage_ratio(count, rank + 1) < 0.95


@pytest.mark.parametrize("count", [1, 2, 5])
def test_estimate__too_few_values__median_without_interval(count: int) -> None:
    """Under 6 values even the extremes enclose the median less than 95 % of the time."""
    found = estimate([1.0] * count)
    assert found.median == 1.0
    assert found.interval is None


def test_estimate__even_count__mean_of_the_middle_two() -> None:
    """The median of an even number of values lies between the middle two."""
    assert estimate([4.0, 1.0, 3.0, 2.0]).median == 2.5


def test_estimate__one_wild_value__interval_unmoved() -> None:
    """One round that went wrong moves neither the median nor its interval far."""
    calm = [1.0 + value / 100 for value in range(15)]
    wild = [*calm[:-1], 1000.0]
    assert estimate(wild) == estimate(calm)


def test_estimate__many_skewed_samples__encloses_the_median_as_often_as_said() -> None:
    """Drawn again and again from a skewed distribution, the interval holds as often as it says."""
    draw, hits, tries = random.Random(2), 0, 2000
    true_median = 1.0  # of exp(N(0, 1))
    for _ in range(tries):
        interval = estimate([draw.lognormvariate(0, 1) for _ in range(15)]).interval
        assert isinstance(interval, Interval)
        hits += interval.low <= true_median <= interval.high
    assert hits / tries == pytest.approx(0.965, abs=0.015)


def test_coverage__extremes_of_n__one_minus_two_over_two_to_the_n() -> None:
    """The extremes miss the median only if all values fall on one side of it."""
    for count in range(2, 40):
        assert coverage_ratio(count, 1) == 1 - 2 / 2**count
        assert coverage_ratio(count, 2) == pytest.approx(1 - 2 * (1 + comb(count, 1)) / 2**count)


def test_paired__same_order__ratio_of_each_pair() -> None:
    """A ratio is of two values of one round, so that drift between rounds cancels."""
    assert paired([2.0, 9.0], [4.0, 3.0]) == (0.5, 3.0)


def test_best__one_lucky_round__median_decides() -> None:
    """An engine with one lucky round is not the better one."""
    assert best({"lucky": [1.0, 1.0, 9.0], "steady": [2.0, 2.0, 2.0]}) == "steady"
