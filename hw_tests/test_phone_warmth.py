"""Simulated phones that get hot: the station's hands and its counter, over Debian's programs."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from hw_tests.phones.android import AndroidPhone, Trust
from hw_tests.phones.android_fill import MIB, Storage
from hw_tests.phones.apple_bay import Plugged
from hw_tests.phones.iphone import IPhone
from hw_tests.phones.mtp import Manner
from hw_tests.phones.port import NAME, port_with
from hw_tests.phones.real_adb import RealAdb
from hw_tests.test_phone_hands_apple import paired, seen
from hw_tests.test_phone_station import counter_with, document_of
from hw_tests.whole_station import until
from wipe_station.phone_jobs.runner import PhoneRun
from wipe_station.phone_values import PhoneStage
from wipe_station.phones.overwrite import ROOM_BYTES
from wipe_station.phones.routes import Route
from wipe_station.phones.usb_mode_table import Mode
from wipe_station.tests.phone_bench import AT_ONCE, JPEG

OFTEN: Final = replace(AT_ONCE, warmth_s=0.0)
BATTERY: Final = "dumpsys battery"


def test_temperature__by_adb__one_short_question_and_as_the_phone_says(
    adb: RealAdb, folder: Path
) -> None:
    """Nothing but the battery is asked for it; by file transfer nothing is."""
    phone = AndroidPhone(trust=Trust.TRUSTED, celsius=47.3)
    with port_with(phone, folder, adb) as port:
        hand = port.by_adb().hand()
        assert hand.temperature() == 47.3
        assert phone.commands == [BATTERY]
        assert port.by_mtp(Manner.HONEST).hand().temperature() is None
        assert phone.commands == [BATTERY]


def test_temperature__of_an_iphone__as_its_battery_says_and_only_where_it_trusts_us(
    plugged: Plugged,
) -> None:
    """Read by the pairing that there is; one that forgot us says nothing, and is not paired."""
    phone = IPhone()
    bay = plugged(phone)
    hand = paired(bay)
    assert hand.temperature() == 29.3
    phone.pair_record = None
    assert seen(bay).hand().temperature() is None
    assert phone.pair_record is None


def test_phone__warms_up_at_the_seat__said_and_the_gate_is_shut_until_it_is_cool(
    adb: RealAdb, folder: Path
) -> None:
    """It was cool when it was plugged in; what counts is how warm it is now."""
    phone = AndroidPhone(trust=Trust.TRUSTED)
    with counter_with(phone, folder, adb, patience=OFTEN) as counter:
        counter.plug(Mode.MTP_ADB)
        assert counter.bench.agree(NAME).stage is PhoneStage.READY
        phone.celsius = 46.0
        counter.bench.bench.wake()
        hot = counter.bench.until(lambda: next((p for p in counter.bench.at(NAME) if p.hot), None))
        assert [gate.gate for gate in hot.gates] == ["hot"]
        phone.celsius = 39.0
        counter.bench.bench.wake()
        cool = counter.bench.until(
            lambda: next((p for p in counter.bench.at(NAME) if p.stage is PhoneStage.READY), None)
        )
        assert cool.hot is None
        counter.bench.press(Route.SETTINGS, NAME)
        until(lambda: phone.resets_asked)


def test_overwrite__phone_gets_hot__rests_and_goes_on_to_a_whole_one(
    adb: RealAdb, folder: Path
) -> None:
    """It is told nothing while it is hot; cool again it is filled, and only that is certified."""
    storage = Storage(capacity_bytes=2000 * MIB)
    phone = AndroidPhone(trust=Trust.TRUSTED, encrypted=False, storage=storage, cools_celsius=1.0)

    def warm_up() -> None:
        phone.celsius += 4.0

    with counter_with(phone, folder, adb, patience=OFTEN) as counter:
        counter.plug(Mode.MTP_ADB)
        counter.bench.agree(NAME)
        counter.bench.press(Route.SETTINGS, NAME)
        until(lambda: phone.resets_asked)
        counter.bench.state_is("asked")
        counter.resets_itself(Mode.MTP_ADB)
        counter.bench.state_is("between")
        phone.celsius, storage.written = 36.0, warm_up
        counter.act(PhoneRun.overwrite)
        bench = counter.bench
        rests = bench.until(lambda: bench.job() if bench.job().hot else None)
        assert rests.state.value == "overwriting"
        counter.bench.until(lambda: counter.bench.job().overwritten)
        counter.bench.state_is("between")
        storage.written = lambda: None
        counter.act(PhoneRun.press)
        counter.bench.state_is("asked-again")
        counter.resets_itself(Mode.MTP)
        counter.bench.state_is("back-again")
        counter.act(lambda run: run.photograph(JPEG))
        job = counter.bench.ended()
        said = document_of(counter.bench, job)
    assert job.outcome == "verified"
    assert 1990 * MIB - ROOM_BYTES < said["overwritten_bytes"] <= 2000 * MIB - ROOM_BYTES
    questions = [command == BATTERY for command in phone.commands]
    rest = max(len(run) for run in "".join("b" if q else " " for q in questions).split())
    assert rest >= 5, "down from the limit, a degree at a time, and told nothing meanwhile"
