"""Remaining time: a range, never nonsense."""

from hypothesis import given
from hypothesis import strategies as st

from certs.text import Language
from wipe_station.eta import Eta
from wipe_station.units import remaining_text, size_text

samples = st.lists(
    st.tuples(st.floats(0, 100), st.integers(-(10**12), 10**13)), min_size=1, max_size=60
)


@given(samples, st.integers(0, 10**15))
def test_range__any_history__ordered_and_never_negative(
    history: list[tuple[float, int]], remaining: int
) -> None:
    """Stalls, jumps back and restarts never give a negative, infinite or reversed range."""
    eta, now = Eta(), 0.0
    for step, done in history:
        now += step
        eta.update(now, done)
        found = eta.range_s(remaining)
        if found is not None:
            assert 0 <= found[0] <= found[1] < float("inf")
            assert all(remaining_text(found).in_language(language) for language in Language)


def test_range__steady_speed__contains_the_truth() -> None:
    """At a steady 100 MB/s, 1 GB takes ten seconds."""
    eta = Eta()
    for second in range(5):
        eta.update(float(second), second * 100_000_000)
    low, high = eta.range_s(1_000_000_000) or (0.0, 0.0)
    assert round(low, 6) == round(high, 6) == 10.0


def test_range__speed_varies__range_spans_it() -> None:
    """Between 50 and 100 MB/s the range says 10 to 20 s."""
    eta, done = Eta(), 0
    for second, speed in enumerate((0, 100, 50, 100, 50)):
        done += speed * 1_000_000
        eta.update(float(second), done)
    assert eta.range_s(1_000_000_000) == (10.0, 20.0)


def test_range__stall__bounded_by_a_quarter_of_the_mean() -> None:
    """One second without a byte does not promise years."""
    eta, done = Eta(), 0
    for second, speed in enumerate((0, 100, 0, 100)):
        done += speed * 1_000_000
        eta.update(float(second), done)
    assert (eta.range_s(1_000_000_000) or (0, 0))[1] < 100


def test_range__too_little_known__none() -> None:
    """Nobody guesses before two windows are full."""
    eta = Eta()
    eta.update(0.0, 0)
    eta.update(1.0, 10)
    assert eta.range_s(10) is None


def test_range__nothing_left__done() -> None:
    """At the end it says done, whatever the history."""
    assert remaining_text(Eta().range_s(0)).en == "done"


def test_size_text__like_on_the_box__decimal() -> None:
    """Sizes read as drives are sold."""
    assert [size_text(n) for n in (0, 512, 1000, 1_048_576, 512_110_190_592, 4 * 10**12)] == [
        "0 B",
        "512 B",
        "1 kB",
        "1 MB",
        "512.1 GB",
        "4 TB",
    ]
