"""Drawn scripts of faults against whole jobs; ``make soak`` plays thousands more."""

from collections.abc import Iterator

import pytest

from hw_tests.lab.faults import Effect
from hw_tests.lab.fuse_medium import FuseMedium
from hw_tests.loop import scratch
from hw_tests.storm import EFFECTS, VOLATILE_RATIO, check, draw, play, storm
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
    assert {effect: drawn.count(effect) >= 10 for effect in EFFECTS} == dict.fromkeys(EFFECTS, True)


def test_storm__all_scripts_together__every_way_of_return_and_every_change_of_size() -> None:
    """Media come back or not, noticed or not, as themselves or not; some are read by a sample."""
    scripts = [draw(seed) for seed in range(SCRIPTS)]
    faults = [(script, fault) for script in scripts for fault in script.faults]
    ways = {
        (fault.back_after_calls, fault.as_other is not None)
        for _, fault in faults
        if fault.effect is Effect.GONE
    }
    assert ways >= {(None, False), (0, False), (0, True), (5, False)}
    sizes = [(s.size_bytes, f.size_bytes or 0) for s, f in faults if f.effect is Effect.RESIZE]
    assert sum(now < before for before, now in sizes) >= 5
    assert sum(now > before for before, now in sizes) >= 5
    assert sum(script.verify != "full" for script in scripts) >= SCRIPTS / 8
    assert sum(script.volatile for script in scripts) >= SCRIPTS * VOLATILE_RATIO / 2
