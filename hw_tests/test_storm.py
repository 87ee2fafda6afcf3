"""Drawn scripts of faults against whole jobs; ``make soak`` plays thousands more."""

from collections.abc import Iterator

import pytest

from hw_tests.lab.faults import Effect
from hw_tests.lab.fuse_medium import FuseMedium
from hw_tests.loop import scratch
from hw_tests.storm import check, draw, play, storm
from wipe_station.station import Station

SCRIPTS = 208
BATCH = 26


@pytest.fixture(scope="module")
def stage() -> Iterator[tuple[Station, FuseMedium]]:
    """Return a station and a medium for all scripts of this module."""
    with scratch() as folder, storm(folder) as made:
        yield made


@pytest.mark.parametrize("first", range(0, SCRIPTS, BATCH))
def test_storm__drawn_faults__no_certificate_for_a_medium_that_differs(
    stage: tuple[Station, FuseMedium], first: int
) -> None:
    """Whatever the medium does, what a certificate says is what is really there."""
    ends = {}
    for seed in range(first, first + BATCH):
        print(f"seed {seed}: python -m hw_tests.storm --first {seed} --count 1")
        ends[seed] = check(play(draw(seed), *stage))
    assert len(set(ends.values())) > 2, "the scripts end in different ways"


def test_storm__all_scripts_together__every_effect_is_drawn_often() -> None:
    """The storm leaves no kind of fault out."""
    drawn = [fault.effect for seed in range(SCRIPTS) for fault in draw(seed).faults]
    assert {effect: drawn.count(effect) >= 10 for effect in set(Effect) - {Effect.HANG}} == (
        dict.fromkeys(set(Effect) - {Effect.HANG}, True)
    )
