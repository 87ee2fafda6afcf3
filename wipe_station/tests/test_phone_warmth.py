"""A phone that gets too hot while it hangs at its port: said, waited for, and never forgotten."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from wipe_station.errors import InvalidInputError, RefusedByPolicyError
from wipe_station.phone_jobs.runner import PhoneRun
from wipe_station.phone_jobs.thermometer import Thermometer
from wipe_station.phone_jobs.words import too_hot
from wipe_station.phone_links.hand import Tell
from wipe_station.phone_values import (
    PhoneAction,
    PhoneEraseRequest,
    PhoneHoldRequest,
    PhoneStage,
    PhoneView,
)
from wipe_station.phones.overwrite import Overwritten
from wipe_station.phones.routes import COOL_CELSIUS, HOT_CELSIUS, Route
from wipe_station.phones.run import State
from wipe_station.phones.warmth import Warmth
from wipe_station.tests.phone_bench import (
    ANDROID,
    AT_ONCE,
    FILLED,
    OPERATOR,
    PORT,
    Bench,
    ModelPhone,
    bench_at,
)
from wipe_station.tests.test_phone_bench import first_reset, photograph, second_reset, statement_of

OFTEN: Final = replace(AT_ONCE, warmth_s=0.0)


def warm(phone: ModelPhone, celsius: float | None) -> None:
    """Have a phone be so warm from now on."""
    phone.facts = replace(phone.facts, battery_celsius=celsius)


def seen(bench: Bench, what: Callable[[PhoneView], Any]) -> PhoneView:
    """Wait until the page shows something of the phone."""
    bench.bench.wake()
    return bench.until(lambda: next((p for p in bench.at() if what(p)), None))


@pytest.mark.parametrize(
    ("readings", "hot"),
    [
        ((), False),
        ((None,), False),
        ((HOT_CELSIUS - 0.1,), False),
        ((HOT_CELSIUS,), True),
        ((HOT_CELSIUS, HOT_CELSIUS - 0.1), True),
        ((HOT_CELSIUS, COOL_CELSIUS), True),
        ((HOT_CELSIUS, COOL_CELSIUS - 0.1), False),
        ((HOT_CELSIUS, COOL_CELSIUS - 0.1, HOT_CELSIUS - 0.1), False),
        ((HOT_CELSIUS, None), True),
        ((HOT_CELSIUS, None, COOL_CELSIUS - 0.1), False),
    ],
)
def test_warmth__readings__hot_from_the_limit_until_it_has_cooled_down(
    readings: tuple[float | None, ...], hot: bool
) -> None:
    """Between the two limits it stays what it was; silence never makes a hot phone cool."""
    warmth = Warmth()
    for each in readings:
        warmth = warmth.after(each)
    assert warmth.hot is hot
    assert warmth.celsius == (readings[-1] if readings else None)


def test_thermometer__not_yet_time_or_nobody_answers__as_warm_as_before() -> None:
    """It asks at its interval and not more often, and what it cannot read it does not forget."""
    phone = ModelPhone()
    warm(phone, 50.0)
    slow = Thermometer(3600.0, 21.0)
    assert not slow.look(phone)
    assert (phone.felt, slow.warmth.celsius) == (0, 21.0)
    often = Thermometer(0.0)
    assert not often.look(None)
    assert often.look(phone)
    phone.mute = True
    assert not often.look(phone)
    assert often.warmth == Warmth(celsius=50.0, hot=True)


def test_words__of_each_state__degrees_and_the_next_step() -> None:
    """Both languages say how hot it is, and what somebody does now."""
    for state in (None, State.BETWEEN, State.OVERWRITING):
        text = too_hot(47.4, state)
        assert "47 °C" in text.zh
        assert "47 °C" in text.en
        assert ("Unplug" in text.en) is (state is None)
        assert ("Leave the cable in" in text.en or "leave the cable in" in text.en) is bool(state)
    assert "°C" not in too_hot(None).en


def test_phone__gets_hot_while_it_waits__shut_until_it_has_cooled_down(tmp_path: Path) -> None:
    """The gate follows the newest reading, with the width between the two limits."""
    phone = ModelPhone()
    warm(phone, 30.0)
    with bench_at(tmp_path, OFTEN) as bench:
        bench.plug(phone)
        assert bench.agree().stage is PhoneStage.READY
        warm(phone, HOT_CELSIUS + 2)
        hot = seen(bench, lambda p: p.hot and p.gates)
        assert [gate.gate for gate in hot.gates] == ["hot"]
        assert hot.hot is not None
        assert "47 °C" in hot.hot.en
        with pytest.raises(RefusedByPolicyError, match="too hot"):
            bench.press()
        warm(phone, COOL_CELSIUS + 1)
        seen(bench, lambda p: any(f.value and f.value.en == "41 °C" for f in p.facts))
        with pytest.raises(RefusedByPolicyError, match="too hot"):
            bench.press()
        warm(phone, COOL_CELSIUS - 1)
        assert seen(bench, lambda p: p.stage is PhoneStage.READY).hot is None
        bench.press()


def test_phone__hot_when_plugged_in_and_cool_when_pressed__goes_its_way(tmp_path: Path) -> None:
    """The plan holds the temperature of the press: its journal is no contradiction."""
    phone = ModelPhone()
    warm(phone, HOT_CELSIUS)
    with bench_at(tmp_path, OFTEN) as bench:
        bench.plug(phone)
        assert "hot" in [gate.gate for gate in bench.agree().gates]
        warm(phone, COOL_CELSIUS - 5)
        seen(bench, lambda p: p.stage is PhoneStage.READY)
        first_reset(bench, phone)
        second_reset(bench, phone)
        photograph(bench)
        assert bench.ended().outcome == "verified"


@pytest.mark.parametrize(("celsius", "begins"), [(31.0, True), (HOT_CELSIUS, False)])
def test_press__phone_grows_warmer_under_the_finger__begins_unless_it_is_too_hot(
    tmp_path: Path, celsius: float, begins: bool
) -> None:
    """A degree more is still the phone that was shown; too hot is a gate."""
    phone = ModelPhone()
    warm(phone, 30.0)
    with bench_at(tmp_path, OFTEN) as bench:
        bench.plug(phone)
        visit = bench.agree().visit
        asked = PhoneHoldRequest(visit=visit, route=Route.SETTINGS)
        held = bench.bench.hold(PORT, asked, OPERATOR)
        warm(phone, celsius)
        degrees = f"{celsius:.0f} °C"
        seen(bench, lambda p: any(f.value and f.value.en == degrees for f in p.facts))
        used = PhoneEraseRequest(
            visit=visit, confirmation=held.confirmation, plan_sha256=held.plan_sha256
        )
        if begins:
            assert bench.bench.erase(PORT, used, OPERATOR).job_id
        else:
            with pytest.raises(RefusedByPolicyError, match="too hot"):
                bench.bench.erase(PORT, used, OPERATOR)


def test_between__too_hot__said_and_no_overwrite_until_it_is_cool(tmp_path: Path) -> None:
    """The second reset stays open, for it is the way out; nothing is said of a phone away."""
    phone = ModelPhone()
    with bench_at(tmp_path, OFTEN) as bench:
        bench.plug(phone)
        first_reset(bench, phone)
        warm(phone, HOT_CELSIUS)
        job = bench.until(lambda: bench.job() if bench.job().hot else None)
        assert PhoneAction.OVERWRITE not in job.actions
        assert PhoneAction.PRESS in job.actions
        with pytest.raises(InvalidInputError, match="too hot"):
            bench.bench.do(job.job_id, PhoneRun.overwrite)
        bench.bench.do(job.job_id, PhoneRun.press)
        assert bench.state_is("asked-again").hot is None
        felt = phone.felt
        bench.reset_and_return(phone)
        assert bench.state_is("back-again").hot is None
        assert phone.felt == felt


def rests(phone: ModelPhone, after: float) -> Callable[[Tell, Callable[[], bool]], Overwritten]:
    """Return how a phone fills itself that gets hot between two files, and then so warm."""

    def fills(tell: Tell, stopped: Callable[[], bool]) -> Overwritten:
        tell(5, 20)
        warm(phone, HOT_CELSIUS + 3)
        asked: list[bool] = []

        def temperature() -> float:
            asked.append(True)
            return HOT_CELSIUS + 3 if len(asked) == 1 else after

        phone.temperature = temperature  # type: ignore[method-assign]
        return replace(FILLED, whole=False, size_bytes=0, files=0) if stopped() else FILLED

    return fills


def test_overwrite__too_hot_and_cool_again__goes_on_to_its_end(tmp_path: Path) -> None:
    """It rests where it is, and what it comes to is whole."""
    phone = ModelPhone()
    phone.fills = rests(phone, COOL_CELSIUS - 1)
    with bench_at(tmp_path, OFTEN) as bench:
        bench.plug(phone)
        first_reset(bench, phone)
        bench.bench.do(bench.job().job_id, PhoneRun.overwrite)
        job = bench.until(lambda: bench.job() if bench.job().hot else None)
        assert (job.state, job.actions) == (State.OVERWRITING, (PhoneAction.GIVE_UP,))
        bench.until(lambda: bench.job().overwritten)
        bench.state_is("between")
        second_reset(bench, phone)
        photograph(bench)
        assert statement_of(bench, bench.ended())["overwritten_bytes"] == FILLED.size_bytes


@pytest.mark.parametrize("given_up", [True, False])
def test_overwrite__stays_too_hot__ends_and_counts_for_nothing(
    tmp_path: Path, given_up: bool
) -> None:
    """By the clerk or by patience: the job goes on, and states no overwrite."""
    phone = ModelPhone()
    phone.fills = rests(phone, HOT_CELSIUS)
    patience = OFTEN if given_up else replace(OFTEN, cool_s=0.0)
    with bench_at(tmp_path, patience) as bench:
        bench.plug(phone)
        first_reset(bench, phone)
        bench.bench.do(bench.job().job_id, PhoneRun.overwrite)
        bench.until(lambda: bench.job().hot)
        if given_up:
            bench.bench.do(bench.job().job_id, PhoneRun.give_up)
        bench.until(lambda: bench.job().overwritten)
        between = bench.state_is("between")
        assert between.hot is not None
        assert between.overwritten is not None
        assert "does not count" in between.overwritten.en
        second_reset(bench, phone)
        photograph(bench)
        assert statement_of(bench, bench.ended())["overwritten_bytes"] == 0


def test_phone__just_read__its_temperature_is_not_asked_again(tmp_path: Path) -> None:
    """What was read along with everything else counts as a reading; the interval begins there."""
    phone = ModelPhone(facts=replace(ANDROID, battery_celsius=30.0))
    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        bench.bench.wake()
        bench.agree()
        assert phone.felt == 0
