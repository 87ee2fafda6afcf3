"""Phones that are asked in another mode than the one in which they were read."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from wipe_station.phone_jobs.runner import PhoneRun
from wipe_station.phone_links.hand import Wants
from wipe_station.phone_values import PhoneJobView, PhoneStage, Shown, Step
from wipe_station.phones.facts import VerifiedBoot
from wipe_station.phones.routes import Link, Route
from wipe_station.phones.run import State
from wipe_station.phones.usb_mode_table import Mode
from wipe_station.records import Category
from wipe_station.tests.phone_bench import (
    ANDROID,
    AT_ONCE,
    JPEG,
    PORT,
    Bench,
    ModelPhone,
    bench_at,
)

UNLOCKED: Final = replace(
    ANDROID, bootloader_locked=False, verified_boot=VerifiedBoot.ORANGE, accounts=0
)
AT_NO_TIME: Final = replace(AT_ONCE, restart_s=0.0)
MODES: Final = {
    Route.FASTBOOT: (Mode.FASTBOOT, Link.FASTBOOT),
    Route.RESCUE: (Mode.ADB, Link.RESCUE),
}
ROUTES: Final = tuple(MODES)


def elsewhere(phone: ModelPhone, route: Route) -> ModelPhone:
    """Return the phone in the mode in which a route asks it; it shares its secret."""
    mode, link = MODES[route]
    return replace(phone, mode=mode, links=frozenset({link}), wants=Wants.RESTART, asked=[])


def sent(bench: Bench, phone: ModelPhone, route: Route) -> PhoneJobView:
    """Agree and press; the phone was sent into the other mode, and went."""
    bench.plug(phone)
    bench.agree()
    bench.press(route)
    bench.until(lambda: phone.asked)
    bench.pull()
    return bench.job()


def comes(bench: Bench, phone: ModelPhone, port: str = PORT) -> None:
    """Have a phone come."""
    bench.presence.put(port, phone)
    bench.bench.wake()


def refused(bench: Bench, *untouched: ModelPhone) -> None:
    """Check that the job ended with nobody having been asked."""
    job = bench.ended()
    assert (job.state, job.outcome) == (State.NOT_ERASED, "failed")
    assert job.said.en.startswith("The phone refused the reset, or did not come into the mode")
    assert [phone.asked for phone in untouched] == [[] for _ in untouched]


@pytest.mark.parametrize("route", ROUTES)
def test_sent__comes_there__asked_there_and_certified_as_clear(
    tmp_path: Path, route: Route
) -> None:
    """Sent into the other mode, asked there alone, seen to the end; each state says its part."""
    phone = ModelPhone(facts=UNLOCKED)
    there = elsewhere(phone, route)
    with bench_at(tmp_path) as bench:
        job = sent(bench, phone, route)
        assert (job.state, job.step, job.here) == (State.ASKED, Step.WAIT, False)
        assert "into the mode" in job.said.en
        assert job.gives_up_s == AT_ONCE.restart_s
        comes(bench, there)
        bench.until(lambda: there.asked and "erases itself" in bench.job().said.en)
        assert (phone.asked, there.asked) == ([route], [route])
        phone.reset()
        bench.reset_and_return(phone)
        bench.state_is("back")
        phone.readable = True
        bench.bench.do(bench.job().job_id, PhoneRun.look)
        bench.state_is("between")
        bench.bench.do(bench.job().job_id, PhoneRun.press)
        bench.state_is("asked-again")
        bench.reset_and_return(phone)
        bench.state_is("back-again")
        bench.bench.do(bench.job().job_id, lambda run: run.photograph(JPEG))
        job = bench.ended()
        claim = bench.bench.seats.seat(job.job_id).job.claim.claim
    assert job.outcome == "verified"
    assert claim.category is Category.CLEAR


@pytest.mark.parametrize("route", ROUTES)
def test_sent__liar__never_certified(tmp_path: Path, route: Route) -> None:
    """It says yes over there as well, restarts, and has everything."""
    phone = ModelPhone(facts=UNLOCKED, lies=True)
    with bench_at(tmp_path) as bench:
        sent(bench, phone, route)
        there = elsewhere(phone, route)
        comes(bench, there)
        bench.until(lambda: there.asked)
        bench.reset_and_return(phone)
        bench.state_is("back")
        phone.readable = True  # and the run looks by itself
        job = bench.ended()
    assert (job.state, job.outcome, phone.data) == (State.NOT_ERASED, "failed", True)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("runs", [True, False], ids=["its system runs", "in that mode"])
def test_sent__another_phone_comes__not_asked_and_over(
    tmp_path: Path, route: Route, runs: bool
) -> None:
    """Whatever mode it is in: the press was for the phone that went."""
    phone = ModelPhone(facts=UNLOCKED)
    other = ModelPhone(facts=UNLOCKED, usb_serial="USB0002")
    other = other if runs else elsewhere(other, route)
    with bench_at(tmp_path) as bench:
        sent(bench, phone, route)
        comes(bench, other)
        refused(bench, other)
    assert other.files == set()


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    "odd",
    [
        lambda there: replace(there, usb_serial=None),
        lambda there: replace(there, usb_serial="0123456789ABCDEF"),
        lambda there: replace(there, links=frozenset({Link.ADB})),
    ],
    ids=["says no serial", "says a copied one", "speaks something else"],
)
def test_sent__not_known_to_be_the_one_or_not_there__not_asked(
    tmp_path: Path, route: Route, odd: Callable[[ModelPhone], ModelPhone]
) -> None:
    """What is not known to be the phone, in the mode that was meant, gets no command."""
    phone = ModelPhone(facts=UNLOCKED)
    there = odd(elsewhere(phone, route))
    with bench_at(tmp_path) as bench:
        sent(bench, phone, route)
        comes(bench, there)
        bench.until(lambda: bench.job().here)
        assert bench.job().state is State.ASKED
        bench.bench.do(bench.job().job_id, PhoneRun.give_up)
        refused(bench, there)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("port", [PORT, "1-6"], ids=["twin", "another port"])
def test_sent__twin_or_another_port__not_asked(tmp_path: Path, route: Route, port: str) -> None:
    """Two that state one serial are told apart by nothing, and a job keeps to its port."""
    phone = ModelPhone(facts=UNLOCKED)
    there, twin = elsewhere(phone, route), elsewhere(phone, route)
    with bench_at(tmp_path) as bench:
        sent(bench, phone, route)
        comes(bench, twin, "1-5")
        bench.until(lambda: bench.at("1-5"))
        comes(bench, there, port)
        bench.until(lambda: bench.at(port))
        bench.bench.do(bench.job().job_id, PhoneRun.give_up)
        refused(bench, there, twin)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("stays_away", [True, False])
def test_sent__does_not_come_in_time__over(tmp_path: Path, route: Route, stays_away: bool) -> None:
    """It stays away, or never goes: nothing that erases was sent, and the job says so."""
    phone = ModelPhone(facts=UNLOCKED)
    with bench_at(tmp_path, AT_NO_TIME) as bench:
        bench.plug(phone)
        bench.agree()
        bench.press(route)
        bench.until(lambda: phone.asked)
        if stays_away:
            bench.pull()
        refused(bench)
    assert phone.data


@pytest.mark.parametrize("route", ROUTES)
def test_sent__refuses_there__over(tmp_path: Path, route: Route) -> None:
    """A plain no over there is a no."""
    phone = ModelPhone(facts=UNLOCKED)
    there = replace(elsewhere(phone, route), refuses=True)
    with bench_at(tmp_path) as bench:
        sent(bench, phone, route)
        comes(bench, there)
        refused(bench)
    assert there.asked == [route]


@pytest.mark.parametrize("route", ROUTES)
def test_sent__station_stops_meanwhile__notice_at_the_next_start(
    tmp_path: Path, route: Route
) -> None:
    """Nobody was there when it came; it is not asked later on."""
    phone = ModelPhone(facts=UNLOCKED)
    there = elsewhere(phone, route)
    with bench_at(tmp_path) as bench:
        sent(bench, phone, route)
    with bench_at(tmp_path) as bench:
        comes(bench, there)
        job = bench.ended()
    assert (job.outcome, job.said.en[:11], there.asked) == ("indeterminate", "The station", [])


@pytest.mark.parametrize("route", ROUTES)
def test_press__accounts_not_read_any_more__not_sent(tmp_path: Path, route: Route) -> None:
    """What its owner shows opens the gate, and not a way that leaves her account's lock."""
    shown: Shown = "no-accounts"
    phone = ModelPhone(facts=UNLOCKED)
    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        bench.show(shown)
        bench.agree()
        phone.facts = replace(UNLOCKED, accounts=None)
        bench.press(route)
        job = bench.ended()
    assert (job.state, phone.asked) == (State.CANCELLED, [])


@pytest.mark.parametrize("route", ROUTES)
def test_phone__comes_in_the_other_mode__told_to_start_normally(
    tmp_path: Path, route: Route
) -> None:
    """In there nobody says whether somebody is signed in: it is not read, and has no button."""
    phone = elsewhere(ModelPhone(facts=UNLOCKED), route)
    with bench_at(tmp_path) as bench:
        seen = bench.plug(phone)
    assert (seen.stage, seen.step, seen.routes) == (PhoneStage.CLOSED, Step.RESTART, ())


@pytest.mark.parametrize("route", ROUTES)
def test_erased__stays_in_the_other_mode__its_holder_is_told_to_start_it(
    tmp_path: Path, route: Route
) -> None:
    """It was asked and did not restart by itself: nothing can be seen of it in there."""
    phone = ModelPhone(facts=UNLOCKED)
    there = elsewhere(phone, route)
    with bench_at(tmp_path) as bench:
        sent(bench, phone, route)
        comes(bench, there)
        bench.until(lambda: there.asked)
        bench.reset_and_return(there)
        bench.until(lambda: bench.job().state is State.BACK and bench.job().step is Step.RESTART)
