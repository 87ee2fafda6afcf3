"""Whole trade-ins of a phone that is asked in another mode: the bench over its real links.

One simulated phone moves between its system, boot loader and rescue mode on one port. What counts
is what is left on it, and that nobody else's phone is told anything.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from hw_tests.phones.android import FILES, AndroidPhone, Lie, Mode, Rescue, Trust
from hw_tests.phones.fastboot import Manner
from hw_tests.phones.port import NAME
from hw_tests.phones.real_adb import NotSeenError, RealAdb
from hw_tests.test_phone_station import (
    Counter,
    counter_with,
    document_of,
    private_words_below,
)
from hw_tests.whole_station import until
from wipe_station.phone_jobs.runner import PhoneRun
from wipe_station.phone_links.child import LIMITS_S
from wipe_station.phone_links.errand import Act
from wipe_station.phone_values import PhoneJobView, Step
from wipe_station.phones.adb_server import LinkState
from wipe_station.phones.routes import Route
from wipe_station.phones.run import State
from wipe_station.phones.usb_mode_table import Mode as Usb
from wipe_station.tests.phone_bench import JPEG

OF_TWO: Final = ["erase:metadata", "erase:userdata"]


def unlocked(lie: Lie | None = None) -> AndroidPhone:
    """Return a phone whose boot loader is unlocked, and which comes back when it is told to."""
    return AndroidPhone(trust=Trust.TRUSTED, bootloader_locked=False, slow_boot=True, lie=lie)


def locked(lie: Lie | None = None, rescue: Rescue = Rescue.ERASES) -> AndroidPhone:
    """Return a phone as it was sold, which comes back when it is told to."""
    return AndroidPhone(trust=Trust.TRUSTED, slow_boot=True, lie=lie, rescue=rescue)


def sent(counter: Counter, route: Route = Route.FASTBOOT) -> None:
    """Plug in, agree, press: the station has sent the phone into another mode, and it is gone."""
    counter.plug(Usb.MTP_ADB)
    counter.bench.agree(NAME)
    counter.bench.press(route, NAME)
    until(lambda: not counter.port.phone.running)
    counter.port.disconnect()
    counter.bench.bench.wake()
    counter.bench.until(lambda: not counter.bench.job().here)
    assert counter.bench.job().state is State.ASKED
    assert counter.port.phone.files.keys() > FILES.keys(), "its file lies there, and nothing went"


def comes(counter: Counter) -> None:
    """Have the phone be there, in whatever mode it is."""
    counter.port.phone.arrive()
    counter.bench.bench.wake()


def comes_for_rescue(counter: Counter, adb: RealAdb) -> None:
    """Have the phone be there in its rescue mode, and adb see it."""
    counter.port.phone.arrive()
    with suppress(NotSeenError):  # the station may have erased it and sent it away by then
        adb.connect(counter.port.carrier, LinkState.RESCUE)
    counter.bench.bench.wake()


def went(counter: Counter) -> None:
    """Wait until the phone is away; adb would go on listing what is not on USB."""
    until(lambda: not counter.port.phone.running)
    counter.port.disconnect()
    counter.bench.bench.wake()
    counter.bench.state_is("away")


def starts(counter: Counter) -> None:
    """Have the phone start its system; somebody skips its setup and chooses file transfer."""
    phone = counter.port.phone
    with phone.lock:
        phone.mode, phone.set_up, phone.slow_boot = Mode.SYSTEM, True, False
        phone.arrive()
    counter.port.by_mtp()
    counter.bench.bench.wake()
    counter.bench.state_is("back", "between", "not-erased")
    counter.act(PhoneRun.look)


def to_its_end(counter: Counter) -> PhoneJobView:
    """Have a phone that was erased start, be looked at, reset again, and photographed."""
    went(counter)
    assert counter.port.phone.files == {}
    starts(counter)
    counter.bench.state_is("between")
    counter.act(PhoneRun.press)
    counter.bench.state_is("asked-again")
    counter.resets_itself(Usb.MTP)
    counter.bench.state_is("back-again")
    counter.act(lambda run: run.photograph(JPEG))
    return counter.bench.ended()


def over(counter: Counter) -> PhoneJobView:
    """Return the job at its end; its document is no certificate, and the phone has all it had."""
    job = counter.bench.ended()
    said = document_of(counter.bench, job)
    assert job.outcome in ("failed", "indeterminate")
    assert said["type"] == "notice-of-phone-erasure"
    assert counter.port.phone.files.items() >= FILES.items()
    return job


def test_boot_loader__honest_phone__certified_and_nothing_private_written(
    adb: RealAdb, folder: Path
) -> None:
    """Read by adb, erased by its boot loader, looked at by files, reset again, photographed."""
    phone = unlocked()
    with counter_with(phone, folder, adb) as counter:
        sent(counter)
        comes(counter)
        job = to_its_end(counter)
        assert (counter.port.boot.erases, counter.port.boot.engine.gone_to) == (OF_TWO, "reboot")
    assert (job.state, job.outcome, phone.erasures) == (State.ERASED, "verified", 2)
    assert private_words_below(folder) == []


@pytest.mark.parametrize(
    ("lie", "boots"),
    [
        (None, Manner.LIES),
        (Lie.NOTHING, Manner.HONEST),
        (Lie.HIDES, Manner.HONEST),
        (Lie.CANARY_ONLY, Manner.HONEST),
    ],
)
def test_boot_loader__says_okay_and_erases_nothing__never_certified(
    adb: RealAdb, folder: Path, lie: Lie | None, boots: Manner
) -> None:
    """Its word is worth nothing over there either: the look decides."""
    with counter_with(unlocked(lie), folder, adb, boots) as counter:
        sent(counter)
        comes(counter)
        counter.bench.state_is("away")
        assert counter.port.boot.erases == OF_TWO
        starts(counter)
        counter.act(PhoneRun.give_up)
        over(counter)


def test_boot_loader__locked_after_all__over_and_started_again(adb: RealAdb, folder: Path) -> None:
    """A plain no ends the job; the phone is sent back into its system, with all it had."""
    phone = unlocked()
    with counter_with(phone, folder, adb, Manner.LOCKED) as counter:
        sent(counter)
        comes(counter)
        job = over(counter)
        assert counter.port.boot.engine.gone_to == "reboot"
    assert (job.state, phone.mode, phone.erasures) == (State.NOT_ERASED, Mode.SYSTEM, 0)


def _usb_says(counter: Counter) -> None:
    counter.port.states("SIM9999999999")


def _itself_says(counter: Counter) -> None:
    counter.port.boot.engine.variables["serialno"] = "SIM9999999999"


@pytest.mark.parametrize("differs", [_usb_says, _itself_says])
def test_boot_loader__of_another_phone__nothing_is_sent_to_it(
    adb: RealAdb, folder: Path, differs: Callable[[Counter], None]
) -> None:
    """Whether USB or the boot loader says so: who was not read is not erased."""
    with counter_with(unlocked(), folder, adb) as counter:
        sent(counter)
        differs(counter)
        comes(counter)
        assert over(counter).state is State.NOT_ERASED
        assert counter.port.boot.erases == []


def test_boot_loader__phone_without_a_serial_on_usb__not_even_sent_there(
    adb: RealAdb, folder: Path
) -> None:
    """Over there nothing would tell which phone it is."""
    phone = unlocked()
    with counter_with(phone, folder, adb) as counter:
        counter.port.by_adb(states=False)
        counter.there = True
        counter.bench.bench.wake()
        counter.bench.until(lambda: counter.bench.at(NAME) and counter.bench.at(NAME)[0].facts)
        counter.bench.agree(NAME)
        counter.bench.press(Route.FASTBOOT, NAME)
        assert over(counter).state is State.NOT_ERASED
    assert (phone.running, [each for each in phone.commands if "reboot" in each]) == (True, [])


def test_boot_loader__cable_pulled_on_the_way__nothing_is_sent_when_it_is_back(
    adb: RealAdb, folder: Path
) -> None:
    """It never came; the clerk gives up, and what comes later is nobody's to erase."""
    with counter_with(unlocked(), folder, adb) as counter:
        sent(counter)
        counter.act(PhoneRun.give_up)
        assert over(counter).state is State.NOT_ERASED
        comes(counter)
        seen = counter.bench.until(lambda: next(iter(counter.bench.at(NAME)), None))
        assert (seen.step, seen.routes, counter.port.boot.erases) == (Step.RESTART, (), [])


@pytest.mark.parametrize("boots", [Manner.LEAVES, Manner.MUTE, Manner.BABBLES])
def test_boot_loader__cut_off_while_it_erases__asked_and_the_look_decides(
    adb: RealAdb, folder: Path, monkeypatch: pytest.MonkeyPatch, boots: Manner
) -> None:
    """Pulled, silent or babbling in the middle of an erase: nothing follows from that."""
    monkeypatch.setitem(LIMITS_S, Act.ASK, 2.0)
    with counter_with(unlocked(), folder, adb, boots) as counter:
        sent(counter)
        comes(counter)
        until(lambda: counter.port.boot.erases)
        if boots is not Manner.LEAVES:
            counter.port.phone.unplug()
        counter.bench.bench.wake()
        counter.bench.state_is("away")
        comes(counter)
        counter.bench.until(
            lambda: (
                counter.bench.job().state is State.BACK and counter.bench.job().step is Step.RESTART
            )
        )
        counter.port.phone.unplug()
        counter.bench.bench.wake()
        counter.bench.state_is("away")
        starts(counter)
        job = over(counter)
        assert counter.port.boot.erases == OF_TWO[:1]
    assert job.state is State.NOT_ERASED


# --- rescue mode ---------------------------------------------------------------------------------


def test_rescue__honest_phone__certified_and_nothing_private_written(
    adb: RealAdb, folder: Path
) -> None:
    """Read by adb, erased by its recovery, looked at by files, reset again, photographed."""
    phone = locked()
    with counter_with(phone, folder, adb) as counter:
        sent(counter, Route.RESCUE)
        comes_for_rescue(counter, adb)
        job = to_its_end(counter)
    assert (job.state, job.outcome, phone.erasures) == (State.ERASED, "verified", 2)
    told = [each for each in phone.commands if each.startswith(("reboot", "rescue"))]
    assert told == ["reboot:rescue", "rescue-wipe", "reboot:"]
    assert private_words_below(folder) == []


@pytest.mark.parametrize("lie", [Lie.NOTHING, Lie.HIDES, Lie.CANARY_ONLY])
def test_rescue__says_done_and_erases_nothing__never_certified(
    adb: RealAdb, folder: Path, lie: Lie
) -> None:
    """Its word is worth nothing: the look decides."""
    with counter_with(locked(lie), folder, adb) as counter:
        sent(counter, Route.RESCUE)
        comes_for_rescue(counter, adb)
        went(counter)
        starts(counter)
        counter.act(PhoneRun.give_up)
        over(counter)


def test_rescue__refuses__over_and_started_again(adb: RealAdb, folder: Path) -> None:
    """A plain no ends the job; the phone is sent back into its system, with all it had."""
    phone = locked(rescue=Rescue.REFUSES)
    with counter_with(phone, folder, adb) as counter:
        sent(counter, Route.RESCUE)
        comes_for_rescue(counter, adb)
        assert over(counter).state is State.NOT_ERASED
    assert (phone.commands[-1], phone.mode, phone.erasures) == ("reboot:", Mode.SYSTEM, 0)


@pytest.mark.parametrize("rescue", [Rescue.GARBAGE, Rescue.UNKNOWN])
def test_rescue__no_plain_answer__asked_and_the_look_decides(
    adb: RealAdb, folder: Path, rescue: Rescue
) -> None:
    """Nonsense or "closed" is no plain no: it was asked, restarted, and is looked at."""
    with counter_with(locked(rescue=rescue), folder, adb) as counter:
        sent(counter, Route.RESCUE)
        comes_for_rescue(counter, adb)
        went(counter)
        starts(counter)
        assert over(counter).state is State.NOT_ERASED


def test_rescue__no_answer__asked_restarted_by_hand_and_the_look_decides(
    adb: RealAdb,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whoever waits for it is ended in time; that is no "not asked"."""
    monkeypatch.setitem(LIMITS_S, Act.ASK, 3.0)
    with counter_with(locked(rescue=Rescue.SILENT), folder, adb) as counter:
        sent(counter, Route.RESCUE)
        comes_for_rescue(counter, adb)
        until(lambda: f"phone child of {NAME}: ended" in caplog.text)
        counter.port.phone.unplug()
        went(counter)
        starts(counter)
        assert over(counter).state is State.NOT_ERASED


def test_rescue__cable_pulled_while_it_erases__asked_and_the_look_decides(
    adb: RealAdb, folder: Path
) -> None:
    """It comes back in that mode: its holder is told to start it, and then it is looked at."""
    phone = locked(rescue=Rescue.SILENT)
    with counter_with(phone, folder, adb) as counter:
        sent(counter, Route.RESCUE)
        comes_for_rescue(counter, adb)
        until(lambda: "rescue-wipe" in phone.commands)
        phone.unplug()
        went(counter)
        comes_for_rescue(counter, adb)
        counter.bench.until(
            lambda: (
                counter.bench.job().state is State.BACK and counter.bench.job().step is Step.RESTART
            )
        )
        phone.unplug()
        went(counter)
        starts(counter)
        assert over(counter).state is State.NOT_ERASED
    assert phone.commands.count("rescue-wipe") == 1


def test_rescue__of_another_phone__nothing_is_sent_to_it(adb: RealAdb, folder: Path) -> None:
    """Who was not read is not erased."""
    phone = locked()
    with counter_with(phone, folder, adb) as counter:
        sent(counter, Route.RESCUE)
        _usb_says(counter)
        comes_for_rescue(counter, adb)
        assert over(counter).state is State.NOT_ERASED
    assert (phone.erasures, "rescue-wipe" in phone.commands) == (0, False)


def test_rescue__phone_without_such_a_mode__runs_again_and_is_not_asked(
    adb: RealAdb, folder: Path
) -> None:
    """It starts its system instead: nothing else is tried by the press for this way."""
    phone = locked(rescue=Rescue.NONE)
    with counter_with(phone, folder, adb) as counter:
        sent(counter, Route.RESCUE)
        phone.arrive()
        counter.port.by_adb()
        counter.bench.bench.wake()
        counter.bench.until(lambda: counter.bench.job().here)
        assert counter.bench.job().state is State.ASKED
        counter.act(PhoneRun.give_up)
        assert over(counter).state is State.NOT_ERASED
    assert (phone.erasures, "rescue-wipe" in phone.commands) == (0, False)


def test_rescue__plugged_in_there__to_be_started_normally(adb: RealAdb, folder: Path) -> None:
    """In there nobody says whether somebody is signed in: not read, no button."""
    phone = locked()
    with counter_with(phone, folder, adb) as counter:
        phone.restart(Mode.RESCUE)
        counter.port.plugged(Usb.ADB)
        counter.there = True
        comes_for_rescue(counter, adb)
        seen = counter.bench.until(
            lambda: next((p for p in counter.bench.at(NAME) if p.step is Step.RESTART), None)
        )
        assert (seen.routes, seen.facts) == ((), ())
