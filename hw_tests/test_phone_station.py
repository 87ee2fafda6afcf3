"""A whole trade-in of simulated Android phones: the station's bench over its real links.

Debian's own ``adb`` carries one half; MTP is played in the process (over USB it is in the lab).
Everything that the station writes is searched for what is a person's.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from hw_tests.phones.android import FILES, MARKER, AndroidPhone, Lie, Trust
from hw_tests.phones.fastboot import Manner
from hw_tests.phones.port import NAME, Port, port_with
from hw_tests.phones.real_adb import RealAdb
from hw_tests.whole_station import until
from hw_tests.written import words_in
from wipe_station.detect.gate_rules import Phone
from wipe_station.errors import RefusedByPolicyError
from wipe_station.phone_jobs.place import Patience
from wipe_station.phone_jobs.runner import PhoneRun
from wipe_station.phone_values import PhoneJobView, PhoneStage, PhoneView, Shown
from wipe_station.phones.routes import Route
from wipe_station.phones.run import State
from wipe_station.phones.usb_mode_table import Mode
from wipe_station.tests.phone_bench import AT_ONCE, JPEG, Bench, bench_at

SHOWN: Final[tuple[Shown, ...]] = ("no-accounts", "encrypted")
PRIVATE: Final = (MARKER, "marker-jane", "jane.marker", *FILES)


@dataclass(kw_only=True)
class Counter:
    """A bench, the one port of it, and whether the phone hangs there."""

    bench: Bench
    port: Port
    there: bool = False

    def phones(self) -> tuple[Phone, ...]:
        """Return what the gate has let in."""
        return self.port.let_in() if self.there and self.port.phone.running else ()

    def plug(self, mode: Mode) -> PhoneView:
        """Plug the phone in; return it once it was read."""
        if mode is Mode.MTP:
            self.port.by_mtp()
        else:
            self.port.by_adb(mode)
        self.there = True
        self.bench.bench.wake()
        read = (PhoneStage.READ, PhoneStage.READY)
        return self.bench.until(
            lambda: next((p for p in self.bench.at(NAME) if p.stage in read), None)
        )

    def resets_itself(self, mode: Mode) -> None:
        """Have the owner confirm on the phone; it goes, and somebody skips its setup."""
        self.port.disconnect()
        self.there = False
        self.bench.bench.wake()
        if not self.port.phone.test_harness:
            self.port.phone.resets_asked = True
            self.port.phone.confirm()
        self.bench.state_is("away", "away-again")
        self.port.skip_setup()
        if mode is Mode.MTP:
            self.port.by_mtp()
        else:
            self.port.by_adb(mode)
        self.there = True
        self.bench.bench.wake()

    def act(self, what: Any) -> PhoneJobView:
        """Tap a button of the newest job."""
        return self.bench.bench.do(self.bench.job().job_id, what)


@contextmanager
def counter_with(
    phone: AndroidPhone,
    folder: Path,
    adb: RealAdb,
    boots: Manner = Manner.HONEST,
    patience: Patience = AT_ONCE,
) -> Iterator[Counter]:
    """Have a phone at a station's only port as long as the block lasts."""
    with port_with(phone, folder, adb, boots) as port:
        made: list[Counter] = []
        presence = port.presence_of(lambda: made[0].phones() if made else ())
        with bench_at(folder / "state", patience, presence) as bench:
            made.append(Counter(bench=bench, port=port))
            yield made[0]


def document_of(bench: Bench, job: PhoneJobView) -> dict[str, Any]:
    """Return what was signed."""
    folder = bench.bench.seats.bundle(job.job_id)
    (found,) = (p for p in folder.glob("*.json"))
    statement: dict[str, Any] = json.loads(found.read_bytes())
    return statement


def private_words_below(
    folder: Path, wanted: str = "journal.jsonl", words: Sequence[str] = PRIVATE
) -> list[tuple[str, str]]:
    """Return where something of a person's stands in what was written; it must be something."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert any(path.match(wanted) for path in files)
    return [(str(path), word) for path in files for word in words_in(path.read_bytes(), words)]


def looked_into(folder: Path, word: str) -> set[str]:
    """Return in which PDFs a word is found that their bytes alone do not show."""
    pdfs = {path.name: path.read_bytes() for path in folder.rglob("*.pdf")}
    assert not any(word.encode() in data for data in pdfs.values())
    return {name for name, data in pdfs.items() if words_in(data, [word])}


@pytest.mark.parametrize(
    ("mode", "route"),
    [(Mode.MTP_ADB, Route.SETTINGS), (Mode.MTP, Route.GUIDED)],
    ids=["adb, then files", "files alone"],
)
def test_trade_in__honest_phone__certified_and_nothing_private_written(
    adb: RealAdb, folder: Path, mode: Mode, route: Route
) -> None:
    """Read, agreed, pressed, reset, looked at by file transfer, reset again, photographed."""
    phone = AndroidPhone(trust=Trust.TRUSTED)
    with counter_with(phone, folder, adb) as counter:
        seen = counter.plug(mode)
        assert route in [each.route for each in seen.routes if each.closed is None]
        if mode is Mode.MTP:
            counter.bench.show(*SHOWN, port=NAME)
        assert counter.bench.agree(NAME).stage is PhoneStage.READY
        counter.bench.press(route, NAME)
        until(lambda: phone.resets_asked or route is Route.GUIDED)
        counter.bench.state_is("asked")
        counter.resets_itself(Mode.MTP)
        counter.bench.state_is("between")
        counter.act(PhoneRun.press)
        counter.bench.state_is("asked-again")
        counter.resets_itself(Mode.MTP)
        counter.bench.state_is("back-again")
        counter.act(lambda run: run.photograph(JPEG))
        job = counter.bench.ended()
        said = document_of(counter.bench, job)
    assert (job.state, job.outcome) == (State.ERASED, "verified")
    assert said["type"] == "certificate-of-phone-erasure"
    assert phone.erasures == 2
    assert private_words_below(folder) == []
    assert looked_into(folder, phone.model) == {"phone-certificate.pdf", "receipt.pdf"}


@pytest.mark.parametrize("lie", [Lie.NOTHING, Lie.CANARY_ONLY, Lie.HIDES, Lie.CLOSED])
def test_trade_in__phone_that_lies__never_certified_and_nothing_private_written(
    adb: RealAdb, folder: Path, lie: Lie
) -> None:
    """It says OK, goes and comes back; its owner's files are there, and a notice says so."""
    phone = AndroidPhone(trust=Trust.TRUSTED, lie=lie)
    with counter_with(phone, folder, adb) as counter:
        counter.plug(Mode.MTP_ADB)
        counter.bench.agree(NAME)
        counter.bench.press(Route.SETTINGS, NAME)
        until(lambda: phone.resets_asked)
        counter.bench.state_is("asked")
        counter.resets_itself(Mode.MTP_ADB)
        counter.bench.state_is("back", "between", "not-erased")
        counter.act(PhoneRun.look)
        counter.act(PhoneRun.give_up)
        job = counter.bench.ended()
        said = document_of(counter.bench, job)
    assert job.outcome in ("failed", "indeterminate")
    assert said["type"] == "notice-of-phone-erasure"
    assert phone.files
    assert private_words_below(folder) == []
    assert looked_into(folder, phone.model) == {"phone-notice.pdf", "receipt.pdf"}


def test_trade_in__somebody_signed_in__no_button_and_nothing_private_written(
    adb: RealAdb, folder: Path
) -> None:
    """Accounts and users are counted; their names stand nowhere, and nothing was laid down."""
    phone = AndroidPhone(trust=Trust.TRUSTED, accounts=[MARKER], users=2)
    files = dict(phone.files)
    with counter_with(phone, folder, adb) as counter:
        counter.plug(Mode.MTP_ADB)
        seen = counter.bench.agree(NAME)
        assert [gate.gate for gate in seen.gates] == ["accounts"]
        assert "1" in [f.value.en for f in seen.facts if f.fact == "accounts" and f.value]
        with pytest.raises(RefusedByPolicyError):
            counter.bench.press(Route.SETTINGS, NAME)
        said = str(counter.bench.bench.phones())
    assert phone.files == files
    assert [word for word in PRIVATE if word in said] == []
    assert private_words_below(folder, wanted="*.sealed") == []


def resets_and_waits_in_setup(counter: Counter) -> None:
    """Have an Android 16 phone reset itself; nobody skips anything, and adb sees its trade-in."""
    counter.port.disconnect()
    counter.there = False
    counter.bench.bench.wake()
    counter.port.phone.resets_asked = True
    counter.port.phone.confirm()
    counter.bench.state_is("away", "away-again")
    counter.there = True
    counter.port.by_adb(Mode.ADB)
    counter.bench.bench.wake()


def test_trade_in_mode__answers_after_the_last_reset__certified_without_a_photograph(
    adb: RealAdb, folder: Path
) -> None:
    """From Android 16 on a phone in its setup says so itself, to anybody."""
    phone = AndroidPhone(trust=Trust.TRUSTED, release=16)
    with counter_with(phone, folder, adb) as counter:
        counter.plug(Mode.MTP_ADB)
        counter.bench.agree(NAME)
        counter.bench.press(Route.SETTINGS, NAME)
        until(lambda: phone.resets_asked)
        counter.resets_itself(Mode.MTP)
        counter.bench.state_is("between")
        counter.act(PhoneRun.press)
        counter.bench.state_is("asked-again")
        resets_and_waits_in_setup(counter)
        job = counter.bench.ended()
        said = document_of(counter.bench, job)
    assert (job.state, job.outcome, job.photographed) == (State.ERASED, "verified", False)
    assert {each["code"] for each in said["observed"]} >= {"trade-in-answers", "canary-gone"}
    assert (phone.erasures, phone.files) == (2, {})


def test_trade_in_mode__of_a_phone_that_kept_the_files__never_certified(
    adb: RealAdb, folder: Path
) -> None:
    """It asks to be set up and says so; of the data that says nothing."""
    phone = AndroidPhone(trust=Trust.TRUSTED, release=16, lie=Lie.SETUP_ONLY)
    with counter_with(phone, folder, adb) as counter:
        counter.plug(Mode.MTP_ADB)
        counter.bench.agree(NAME)
        counter.bench.press(Route.SETTINGS, NAME)
        until(lambda: phone.resets_asked)
        resets_and_waits_in_setup(counter)
        counter.bench.until(lambda: any("trade-in" in each.en for each in counter.bench.job().seen))
        counter.act(PhoneRun.give_up)
        job = counter.bench.ended()
    assert (job.state, job.outcome) == (State.UNPROVEN, "indeterminate")
    assert phone.files
