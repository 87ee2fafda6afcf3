"""Phones at the counter: from being plugged in to a signed document, and every way in between."""

import gc
import json
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from certs.bundle import read_bundle
from certs.formats.head_v1 import Identifier
from certs.verdict import Status
from certs.verify import verify
from wipe_station.blocking import BlockList
from wipe_station.custody import Custody
from wipe_station.errors import (
    BusyError,
    CustodyError,
    InvalidInputError,
    NotConfirmedError,
    RefusedByPolicyError,
    StationError,
)
from wipe_station.phone_jobs.runner import PhoneRun
from wipe_station.phone_links.hand import Baseline, Wants
from wipe_station.phone_links.presence import Here
from wipe_station.phone_values import (
    PhoneAction,
    PhoneEraseRequest,
    PhoneHoldRequest,
    PhoneJobView,
    PhoneStage,
    Step,
)
from wipe_station.phones.facts import Form
from wipe_station.phones.routes import Gate, Link, Route
from wipe_station.phones.run import State
from wipe_station.phones.usb_mode_table import Mode
from wipe_station.tests.phone_bench import (
    ANDROID,
    AT_ONCE,
    JPEG,
    KIOSK,
    OPERATOR,
    PORT,
    Bench,
    ModelPhone,
    ModelPresence,
    bench_at,
    without_adb,
)
from wipe_station.ticket import Consent, Ticket
from wipe_station.ticket_values import ThawRequest


def statement_of(bench: Bench, job: PhoneJobView) -> dict[str, Any]:
    """Return what was signed about a job."""
    assert job.document is not None
    folder = bench.bench.seats.bundle(job.job_id)
    (document,) = [f for f in folder.glob("*.json") if f.name.startswith("phone-")]
    found: dict[str, Any] = json.loads(document.read_bytes())
    return found


def verified(bench: Bench, job: PhoneJobView) -> Status:
    """Return what a stranger's verifier makes of a job's document."""
    root = bench.station.root_certificate.read_bytes()
    bundle = read_bundle(bench.bench.seats.bundle(job.job_id))
    now = datetime.now(UTC)
    return verify(bundle, root_pem=root, allow_practice=True, now=now).status


def first_reset(bench: Bench, phone: ModelPhone, route: Route = Route.SETTINGS) -> PhoneJobView:
    """Agree, press, have the phone reset itself; return the job after the first look."""
    bench.agree()
    bench.press(route)
    bench.state_is("asked")
    bench.reset_and_return(phone)
    phone.readable = True  # somebody skips setup and chooses file transfer
    bench.bench.do(bench.job().job_id, lambda run: run.look())
    return bench.state_is("between", "not-erased", "unproven")


def second_reset(bench: Bench, phone: ModelPhone) -> None:
    """Reset once more, by hand."""
    bench.bench.do(bench.job().job_id, lambda run: run.press())
    bench.state_is("asked-again")
    bench.reset_and_return(phone)
    bench.state_is("back-again")


def photograph(bench: Bench) -> PhoneJobView:
    """Photograph the setup screen."""
    return bench.bench.do(bench.job().job_id, lambda run: run.photograph(JPEG))


def test_phone__good_one__certified_and_the_ticket_named(tmp_path: Path) -> None:
    """Plugged in, agreed, pressed, reset twice, photographed: a certificate that verifies."""
    phone = ModelPhone()
    with bench_at(tmp_path) as bench:
        seen = bench.plug(phone)
        assert (seen.stage, seen.step) == (PhoneStage.READ, Step.CONSENT)
        agreed = bench.agree()
        assert (agreed.stage, agreed.step, agreed.gates) == (PhoneStage.READY, Step.HOLD, ())
        between = first_reset(bench, phone)
        assert between.actions == (PhoneAction.PRESS, PhoneAction.OVERWRITE, PhoneAction.GIVE_UP)
        assert len(between.seen) == 2
        second_reset(bench, phone)
        assert PhoneAction.PHOTO in bench.job().actions
        photograph(bench)
        job = bench.ended()
        assert job.outcome == "verified"
        assert job.ticket == agreed.ticket is not None
        said = statement_of(bench, job)
        assert said["type"] == "certificate-of-phone-erasure"
        assert [r.keys() for r in said["resets"]] == [{"asked_at", "went_at", "returned_at"}] * 2
        assert {each["code"] for each in said["observed"]} >= {"canary-gone", "setup-seen"}
        assert verified(bench, job) is Status.ERASED
    assert not phone.data


@pytest.mark.parametrize("route", [Route.SETTINGS, Route.TEST_HARNESS, Route.GUIDED])
def test_phone__liar__notice_and_never_a_certificate(tmp_path: Path, route: Route) -> None:
    """It goes and returns as an erased one would; its files are there."""
    phone = ModelPhone(lies=True)
    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        first_reset(bench, phone, route)
        job = bench.ended()
        said = statement_of(bench, job)
    assert (job.outcome, job.state, job.step) == ("failed", State.NOT_ERASED, Step.RED_BOX)
    assert said["type"] == "notice-of-phone-erasure"
    assert "canary-there" in {each["code"] for each in said["against"]}
    assert phone.data


def test_phone__without_debugging__certified_by_what_its_owner_showed(tmp_path: Path) -> None:
    """File transfer alone says little: accounts and encryption are shown to the clerk."""
    phone = without_adb(ModelPhone())
    with bench_at(tmp_path) as bench:
        seen = bench.plug(phone)
        assert [gate.gate for gate in seen.gates] == ["accounts-unknown", "no-consent"]
        assert seen.gates[0].answer == "no-accounts"
        assert [route.route for route in seen.routes if route.closed is None] == [Route.GUIDED]
        unknown = {fact.fact for fact in seen.facts if fact.value is None}
        assert {"imeis", "accounts", "encryption"} <= unknown
        bench.show("no-accounts", "encrypted")
        first_reset(bench, phone, Route.GUIDED)
        second_reset(bench, phone)
        photograph(bench)
        job = bench.ended()
        said = statement_of(bench, job)
        assert verified(bench, job) is Status.ERASED
    assert said["before"]["shown"] == ["no-accounts", "encrypted"]
    assert said["before"]["accounts"] == said["before"]["encryption"] == "unknown"


def test_phone__nobody_knows_that_it_is_encrypted__reset_seen_and_no_certificate(
    tmp_path: Path,
) -> None:
    """A reset of plain storage leaves what it only unlinks."""
    phone = without_adb(ModelPhone())
    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        bench.show("no-accounts")
        first_reset(bench, phone, Route.GUIDED)
        second_reset(bench, phone)
        photograph(bench)
        job = bench.ended()
        said = statement_of(bench, job)
    assert (job.state, job.outcome, job.step) == (State.ERASED, "indeterminate", Step.RED_BOX)
    assert said["notice"]["reason"]["code"] == "nothing-to-claim"


def test_phone__photograph_alone__never_a_certificate(tmp_path: Path) -> None:
    """Where no file could be laid down, a setup screen shows nothing about the data."""
    phone = ModelPhone(takes_files=False)
    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        bench.agree()
        bench.press()
        bench.state_is("asked")
        bench.reset_and_return(phone)
        bench.state_is("back")
        photograph(bench)
        bench.bench.do(bench.job().job_id, lambda run: run.give_up())
        job = bench.ended()
        said = statement_of(bench, job)
    assert (job.state, said["type"]) == (State.UNPROVEN, "notice-of-phone-erasure")
    assert said["notice"]["reason"]["code"] == "not-shown"


def test_phone__refuses__notice_that_says_so(tmp_path: Path) -> None:
    """A phone that says no has erased nothing."""
    phone = ModelPhone(refuses=True)
    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        bench.agree()
        bench.press(Route.TEST_HARNESS)
        job = bench.ended()
        said = statement_of(bench, job)
    assert phone.asked == [Route.TEST_HARNESS]
    assert (job.outcome, said["notice"]["reason"]["code"]) == ("failed", "refused")


def test_phone__another_one_comes_back__named_and_the_right_one_goes_on(tmp_path: Path) -> None:
    """By its USB serial the wrong phone is told at once; the right one ends the job."""
    phone, other = ModelPhone(), ModelPhone(usb_serial="USB0002")
    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        bench.agree()
        bench.press()
        bench.state_is("asked")
        phone.reset()
        bench.pull()
        bench.state_is("away")
        bench.presence.put(PORT, other)
        bench.bench.wake()
        assert bench.state_is("stranger").step is Step.STRANGER
        bench.pull()
        bench.state_is("away")
        phone.readable = True
        bench.presence.put(PORT, phone)
        bench.bench.wake()
        assert bench.state_is("between")
    assert not other.files, "nothing was laid down on somebody else's phone"


def test_phone__another_one_that_states_no_serial__unproven_by_its_identity(tmp_path: Path) -> None:
    """What only its own words give away is found by the look, and ends the job."""
    phone = ModelPhone(usb_serial=None)
    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        bench.agree()
        bench.press()
        bench.state_is("asked")
        phone.identity = False
        bench.reset_and_return(phone)
        job = bench.ended()
        said = statement_of(bench, job)
    assert (job.outcome, said["notice"]["reason"]["code"]) == ("indeterminate", "other-phone")


@pytest.mark.parametrize(
    ("impatience", "reason"),
    [
        ({"away_s": 0.0}, "not-returned"),
        ({"look_s": 0.0}, "not-shown"),
        ({"between_s": 0.0}, "second-reset-missing"),
    ],
)
def test_phone__patience_ends__notice_with_its_reason(
    tmp_path: Path, impatience: dict[str, float], reason: str
) -> None:
    """Each wait has an end, and each end its own sentence."""
    phone = ModelPhone(identity=None if reason == "not-shown" else True)
    with bench_at(tmp_path, replace(AT_ONCE, **impatience)) as bench:
        bench.plug(phone)
        bench.agree()
        bench.press()
        bench.state_is("asked")
        phone.reset()
        phone.readable = True
        bench.pull()
        if reason != "not-returned":
            bench.state_is("away", "unproven")
            bench.presence.put(PORT, phone)
            bench.bench.wake()
        job = bench.ended()
        assert statement_of(bench, job)["notice"]["reason"]["code"] == reason
    assert job.outcome == "indeterminate"


def test_phone__never_goes__looked_at_and_found_as_it_was(tmp_path: Path) -> None:
    """Nobody pressed on the phone: its file is still there, which ends the job."""
    phone = ModelPhone()
    with bench_at(tmp_path, replace(AT_ONCE, press_s=0.0)) as bench:
        bench.plug(phone)
        bench.agree()
        bench.press()
        job = bench.ended()
    assert (job.outcome, job.state) == ("failed", State.NOT_ERASED)


def test_phone__comes_back_on_the_other_bus_of_its_socket__another_plugging_in(
    tmp_path: Path,
) -> None:
    """Each bus counts for itself: the number of the plugging-in may be the same."""
    phone = ModelPhone()
    with bench_at(tmp_path) as bench:
        bench.presence.put(PORT, phone, usb_path="2-9")
        bench.bench.wake()
        first = bench.until(lambda: next(iter(bench.at()), None)).visit
        number = bench.presence.numbers[PORT]
        bench.presence.put(PORT, phone, usb_path=PORT)
        bench.presence.numbers[PORT] = number
        bench.bench.wake()
        bench.until(lambda: [each for each in bench.at() if each.visit != first])


class Lent:
    """A phone's hand for one plugging-in."""

    def __init__(self, phone: ModelPhone) -> None:
        self._phone = phone

    def __getattr__(self, name: str) -> Any:
        return getattr(self._phone, name)


def test_phone__unplugged__nobody_keeps_what_spoke_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hand has a process: it ends with the plugging-in, and not when the next one comes."""
    made: list[weakref.ref[Lent]] = []

    def lend(phone: ModelPhone) -> Lent:
        lent = Lent(phone)
        made.append(weakref.ref(lent))
        return lent

    model = ModelPresence._model

    def lending(self: ModelPresence, port: str, phone: ModelPhone) -> Here:
        return replace(model(self, port, phone), _made=partial(lend, phone))

    monkeypatch.setattr(ModelPresence, "_model", lending)
    with bench_at(tmp_path) as bench:
        bench.plug(ModelPhone())
        bench.show("encrypted")
        assert made
        bench.pull()
        for thread in threading.enumerate():
            if thread.name in (f"phone-{PORT}", f"warmth-{PORT}"):
                thread.join()
        gc.collect()
        assert [each() for each in made] == [None] * len(made)
        bench.plug(ModelPhone())
        assert bench.phone().shown == ("encrypted",), "that stays with the phone"


def test_phone__unplugged_for_a_moment_or_in_another_mode__still_asked(tmp_path: Path) -> None:
    """No reset is over in a moment: who re-plugs the cable has erased nothing, and lost nothing."""
    phone = ModelPhone()
    with bench_at(tmp_path, replace(AT_ONCE, short_absence_s=600.0)) as bench:
        bench.plug(phone)
        bench.agree()
        bench.press()
        bench.state_is("asked")
        bench.pull()
        phone.mode, phone.links = Mode.MTP, frozenset({Link.MTP})
        bench.presence.put(PORT, phone)
        bench.bench.wake()
        bench.until(lambda: bench.job().here)
        assert bench.job().state is State.ASKED
        bench.bench.do(bench.job().job_id, lambda run: run.give_up())
        (reset,) = statement_of(bench, bench.ended())["resets"]
        assert reset.keys() == {"asked_at"}, "nobody saw it go"


@pytest.mark.parametrize(
    ("facts", "gate", "step"),
    [
        (replace(ANDROID, accounts=2), Gate.ACCOUNTS, Step.SIGN_OUT),
        (replace(ANDROID, frp=True), Gate.FRP, Step.SIGN_OUT),
        (replace(ANDROID, managed=True), Gate.MANAGED, Step.ORGANISATION),
        (replace(ANDROID, sim_present=True), Gate.CARD_IN, Step.TAKE_CARDS_OUT),
        (replace(ANDROID, battery_celsius=45.0), Gate.HOT, Step.WAIT),
    ],
)
def test_gate__shut__no_button_even_with_consent(
    tmp_path: Path, facts: Any, gate: Gate, step: Step
) -> None:
    """What stands against a reset is said on the page, and held by the daemon."""
    with bench_at(tmp_path) as bench:
        bench.plug(ModelPhone(facts=facts))
        seen = bench.agree()
        assert (seen.stage, seen.step) == (PhoneStage.READ, step)
        assert [each.gate for each in seen.gates] == [gate.value]
        with pytest.raises(RefusedByPolicyError):
            bench.press()
        assert bench.bench.jobs() == ()


def test_route__closed__refused(tmp_path: Path) -> None:
    """A way that the phone does not allow is not taken, whoever asks."""
    with bench_at(tmp_path) as bench:
        seen = bench.plug(ModelPhone(facts=replace(ANDROID, screen_lock=True)))
        bench.agree()
        shut = {each.route: each.closed for each in seen.routes}
        assert shut[Route.TEST_HARNESS] is not None
        with pytest.raises(RefusedByPolicyError, match="screen lock"):
            bench.press(Route.TEST_HARNESS)


@pytest.mark.parametrize(
    ("wants", "step"),
    [
        (Wants.UNLOCK, Step.UNLOCK),
        (Wants.DEBUGGING, Step.ALLOW_DEBUGGING),
        (Wants.FILES, Step.CHOOSE_FILES),
        (Wants.PROGRAM, Step.MANAGER),
    ],
)
def test_phone__lets_nobody_read_it__its_owner_is_told_what_to_do(
    tmp_path: Path, wants: Wants, step: Step
) -> None:
    """A closed phone is no error: somebody does something, and then it is read."""
    phone = ModelPhone(wants=wants)
    with bench_at(tmp_path) as bench:
        seen = bench.plug(phone)
        assert (seen.stage, seen.step) == (PhoneStage.CLOSED, step)
        phone.wants = None
        bench.bench.wake()
        bench.until(lambda: bench.phone() if bench.phone().stage is PhoneStage.READ else None)


def test_phone__in_a_mode_for_repair__named_and_left_alone(tmp_path: Path) -> None:
    """Nothing is read and nothing offered where nothing may be written."""
    with bench_at(tmp_path) as bench:
        seen = bench.plug(
            ModelPhone(mode=Mode.QUALCOMM_EDL, links=frozenset(), wants=Wants.RESTART)
        )
    assert (seen.stage, seen.step) == (PhoneStage.NAMED, Step.RESTART)
    assert (seen.facts, seen.routes) == ((), ())


def test_confirmation__of_another_visit_or_used__refused(tmp_path: Path) -> None:
    """A press is for the phone that was shown; the same one again is the same job."""
    phone = ModelPhone()
    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        bench.agree()
        old = bench.phone().visit
        asked = PhoneHoldRequest(visit=old, route=Route.SETTINGS)
        held = bench.bench.hold(PORT, asked, OPERATOR)
        bench.pull()
        bench.plug(phone)
        erase = PhoneEraseRequest(
            visit=old, confirmation=held.confirmation, plan_sha256=held.plan_sha256
        )
        with pytest.raises(InvalidInputError):
            bench.bench.erase(PORT, erase, OPERATOR)
        with pytest.raises(InvalidInputError):
            bench.bench.hold(PORT, asked, OPERATOR)
        assert bench.bench.jobs() == ()
        visit = bench.phone().visit
        held = bench.bench.hold(PORT, asked.model_copy(update={"visit": visit}), OPERATOR)
        erase = PhoneEraseRequest(
            visit=visit, confirmation=held.confirmation, plan_sha256=held.plan_sha256
        )
        first = bench.bench.erase(PORT, erase, OPERATOR)
        assert bench.bench.erase(PORT, erase, OPERATOR).job_id == first.job_id
        with pytest.raises(BusyError):
            bench.press()


def test_confirmation__kiosk_that_does_not_hold__refused(tmp_path: Path) -> None:
    """The page's button has to be held; a press that is too short starts nothing."""
    with bench_at(tmp_path) as bench:
        bench.plug(ModelPhone())
        bench.agree()
        visit = bench.phone().visit
        asked = PhoneHoldRequest(visit=visit, route=Route.SETTINGS)
        held = bench.bench.hold(PORT, asked, KIOSK)
        assert held.hold_s == 3.0
        erase = PhoneEraseRequest(
            visit=visit, confirmation=held.confirmation, plan_sha256=held.plan_sha256
        )
        with pytest.raises(NotConfirmedError):
            bench.bench.erase(PORT, erase, KIOSK)
        assert bench.bench.jobs() == ()


def test_phones__two_with_one_serial__stay_apart(tmp_path: Path) -> None:
    """The port tells them apart: only the one whose button was held is asked."""
    one, two = ModelPhone(), ModelPhone()
    with bench_at(tmp_path) as bench:
        bench.plug(one, "1-1")
        bench.plug(two, "1-2")
        bench.agree("1-1")
        bench.press(port="1-1")
        bench.state_is("asked")
        assert (one.asked, two.asked) == ([Route.SETTINGS], [])
        assert len(one.files) == 1
        assert not two.files


def test_phones__eight_at_once__each_on_its_own_ticket(tmp_path: Path) -> None:
    """Eight phones side by side; one lies, and costs the others nothing."""
    ports = [f"1-{n}" for n in range(1, 9)]
    phones = {
        port: ModelPhone(
            usb_serial=f"USB{port}",
            lies=port == "1-5",
            facts=replace(ANDROID, serial=f"SN{port}", imeis=()),
        )
        for port in ports
    }
    with bench_at(tmp_path) as bench:
        for port, phone in phones.items():
            bench.plug(phone, port)
            bench.agree(port)
            bench.press(port=port)

        def all_in(*states: str) -> list[PhoneJobView] | None:
            jobs = list(bench.bench.jobs())
            return jobs if all(job.state.value in states for job in jobs) else None

        bench.until(lambda: all_in("asked"))
        for port, phone in phones.items():
            phone.reset()
            phone.readable = True
            bench.pull(port)
        bench.until(lambda: all_in("away"))
        for port, phone in phones.items():
            bench.presence.put(port, phone)
        bench.bench.wake()
        jobs = bench.until(lambda: all_in("between", "not-erased"))
    assert len({job.ticket for job in jobs}) == len(ports)
    assert {job.port for job in jobs if job.state is State.NOT_ERASED} == {"1-5"}


def test_station__stops_in_the_middle__notice_at_the_next_start(tmp_path: Path) -> None:
    """What was not seen to its end is never certified, whatever the phone did meanwhile."""
    with bench_at(tmp_path) as bench:
        bench.plug(ModelPhone())
        bench.agree()
        bench.press()
        bench.state_is("asked")
    with bench_at(tmp_path) as bench:
        job = bench.job()
        said = statement_of(bench, job)
        assert (job.ended, job.outcome, job.step) == (True, "indeterminate", Step.RED_BOX)
        assert said["notice"]["reason"]["code"] == "station-stopped"
        bench.bench.seats.close(job.job_id)
        assert bench.bench.jobs() == ()
    with bench_at(tmp_path) as bench:
        assert bench.bench.jobs() == (), "handed out is handed out"


def test_photograph__not_one_or_not_wanted__refused(tmp_path: Path) -> None:
    """Only a JPEG, and only while a setup screen can be seen."""
    phone = ModelPhone()
    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        bench.agree()
        bench.press()
        bench.state_is("asked")
        with pytest.raises(InvalidInputError, match="No photograph is wanted"):
            photograph(bench)
        with pytest.raises(InvalidInputError, match="no JPEG"):
            bench.bench.do(bench.job().job_id, lambda run: run.photograph(b"GIF89a"))


def test_job__under_way__not_closed_and_has_no_document(tmp_path: Path) -> None:
    """A phone is handed out once its job is over."""
    with bench_at(tmp_path) as bench:
        bench.plug(ModelPhone())
        bench.agree()
        job = bench.press()
        with pytest.raises(BusyError):
            bench.bench.seats.close(job.job_id)
        with pytest.raises(InvalidInputError):
            bench.bench.seats.bundle(job.job_id)
        with pytest.raises(InvalidInputError):
            bench.bench.seats.seat("20261129T000000Z-00000000")


def test_phone__on_the_block_list__ticket_on_hold_and_no_button(tmp_path: Path) -> None:
    """A flagged phone is kept for the supervisor, who alone goes on; the page says no more."""
    listed = tmp_path / "listed.csv"
    listed.write_text(f"imei\n{ANDROID.imeis[0]}\n")
    with bench_at(tmp_path / "state", block_list=BlockList(listed)) as bench:
        seen = bench.plug(ModelPhone())
        assert [gate.gate for gate in seen.gates] == ["blocked", "no-consent"]
        assert seen.step is Step.MANAGER
        seen = bench.agree()
        assert [gate.gate for gate in seen.gates] == ["blocked"]
        (ticket,) = bench.station.tickets.all()
        assert (ticket.number, ticket.custody) == (seen.ticket, Custody.FROZEN)
        with pytest.raises(RefusedByPolicyError):
            bench.press()
        thaw = ThawRequest(staff="1", reason="asked the police")
        bench.station.tickets.happen(ticket.number, thaw)
        bench.pull()
        assert bench.plug(ModelPhone()).stage is PhoneStage.READY


def test_phone__taken_in_before_it_is_listed__put_on_hold_at_the_next_consent(
    tmp_path: Path,
) -> None:
    """The list is read anew whenever its file is another one."""
    listed = tmp_path / "listed.csv"
    listed.write_text("imei\n")
    with bench_at(tmp_path / "state", block_list=BlockList(listed)) as bench:
        bench.plug(ModelPhone())
        assert bench.agree().stage is PhoneStage.READY
        listed.write_text(f"imei\n{ANDROID.imeis[1]}\n")
        assert [gate.gate for gate in bench.agree().gates] == ["blocked"]
        (ticket,) = bench.station.tickets.all()
    assert ticket.custody is Custody.FROZEN


def test_list__damaged__no_phone_is_ready(tmp_path: Path) -> None:
    """What cannot be read says nothing of any phone: that is no pass."""
    listed = tmp_path / "listed.csv"
    listed.write_bytes(b"imei\n\xff\xff\n")
    with bench_at(tmp_path / "state", block_list=BlockList(listed)) as bench:
        seen = bench.plug(ModelPhone())
        assert (seen.stage, seen.step) == (PhoneStage.READ, Step.MANAGER)
        with pytest.raises(StationError):
            bench.press()


@pytest.mark.parametrize(
    ("form", "kind", "stated"),
    [(Form.TABLET, "tablet", "tablet"), (Form.PHONE, "phone", "phone"), (None, "phone", "unknown")],
)
def test_form__as_it_was_read__on_ticket_and_document(
    tmp_path: Path, form: Form | None, kind: str, stated: str
) -> None:
    """No document calls a tablet a phone; a ticket files what is unknown among the phones."""
    phone = ModelPhone(facts=replace(ANDROID, form=form))
    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        bench.agree()
        bench.press()
        bench.state_is("asked")
        bench.bench.do(bench.job().job_id, PhoneRun.give_up)
        said = statement_of(bench, bench.ended())
        (ticket,) = bench.station.tickets.all()
    assert ticket.opening is not None
    assert (ticket.opening.device.kind, said["device"]["kind"]) == (kind, stated)


def test_press__imei_of_another_in_custody__nothing_of_it_is_touched(tmp_path: Path) -> None:
    """The owner of the phone that is here agreed, and not the owner of the one with its number."""
    ours, copy = ModelPhone(), ModelPhone(facts=replace(ANDROID, serial="SN0002"))
    with bench_at(tmp_path) as bench:
        bench.plug(ours, "1-1")
        assert bench.agree("1-1").stage is PhoneStage.READY
        seen = bench.plug(copy, "1-2")
        assert (seen.stage, seen.step, seen.ticket) == (PhoneStage.READ, Step.MANAGER, None)
        assert seen.said is not None
        assert "copied IMEI" in seen.said.en
        for act in (bench.agree, lambda port: bench.press(port=port)):
            with pytest.raises(CustodyError, match="copied IMEI"):
                act("1-2")
        assert bench.phone("1-1").stage is PhoneStage.READY, "it spoils nothing for the other"
        assert len(bench.station.tickets.all()) == 1
    assert (copy.asked, copy.files) == ([], set())


def test_note__phone_pulled_while_it_is_judged__noted_and_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tickets and lists take their time; what they say then is about the one that was there."""
    with bench_at(tmp_path) as bench:
        bench.plug(ModelPhone())
        standing = bench.station.tickets.standing

        def pulled(named: tuple[Identifier, ...]) -> Ticket | None:
            if bench.at():
                bench.pull()
            return standing(named)

        monkeypatch.setattr(bench.station.tickets, "standing", pulled)
        assert bench.show("no-accounts").shown == ("no-accounts",)
        assert bench.at() == []


@dataclass(kw_only=True)
class Opening(ModelPhone):
    """It allows debugging while it is read by file transfer."""

    opened: Callable[[], object]

    def read(self) -> Baseline:
        """Say little, as long as it is closed."""
        if Link.ADB in self.links:
            return super().read()
        self.links = frozenset({Link.ADB, Link.MTP})
        self.opened()
        facts = replace(self.facts, imeis=())
        return Baseline(facts=facts, link=Link.MTP, usb_serial=self.usb_serial)


def test_read__phone_opens_while_it_is_read__read_anew(tmp_path: Path) -> None:
    """What it said before it opened itself is not all that is ever known of it."""
    with bench_at(tmp_path) as bench:

        def links() -> frozenset[Link]:
            visit = bench.bench._ports.at(PORT).visit
            return frozenset() if visit is None else visit.here.links

        def followed() -> None:
            bench.bench.wake()
            bench.until(lambda: Link.ADB in links())

        bench.plug(Opening(links=frozenset({Link.MTP}), opened=followed))
        known = bench.until(
            lambda: [f for p in bench.at() for f in p.facts if f.fact == "imeis" and f.value]
        )
        assert known


def test_label__of_another_phone__manager_and_no_button(tmp_path: Path) -> None:
    """A typed IMEI that the phone does not say is for the manager."""
    typed = Identifier(kind="imei", value="490154203237518", source="label", evidence="typed")
    serial = Identifier(kind="serial", value="SN0001", source="medium", evidence="the phone")
    with bench_at(tmp_path) as bench:
        bench.station.tickets.accept_read(
            description="ACME Phone 7",
            kind="phone",
            identifiers=(serial, typed),
            staff="7",
            consents=(Consent.ERASE,),
            practice=True,
        )
        seen = bench.plug(ModelPhone())
        assert [gate.gate for gate in seen.gates] == ["imei-differs"]


def test_press__phone_exchanged_before_it_is_asked__nothing_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the press and the asking another phone came to the port: nobody wipes that one."""
    phone, other = ModelPhone(), ModelPhone(usb_serial="USB0002")
    began = PhoneRun.run

    def late(run: PhoneRun) -> None:
        bench.pull()
        bench.presence.put(PORT, other)
        bench.bench.wake()
        bench.until(lambda: bench.job().here)
        began(run)

    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        bench.agree()
        monkeypatch.setattr(PhoneRun, "run", late)
        bench.press(Route.TEST_HARNESS)
        job = bench.ended()
    assert (job.state, job.outcome) == (State.CANCELLED, "aborted")
    assert (phone.asked, other.asked, other.files) == ([], [], set())


def test_second_press__another_phone_at_the_port__nothing_is_laid_down_on_it(
    tmp_path: Path,
) -> None:
    """Exchanged in a moment, between the two resets: no file of ours goes to somebody else."""
    phone = ModelPhone()
    other = ModelPhone(identity=False)
    with bench_at(tmp_path, replace(AT_ONCE, short_absence_s=0.0)) as bench:
        bench.plug(phone)
        first_reset(bench, phone)
        run = bench.bench.seats.seat(bench.job().job_id).run
        assert run is not None
        run.patience = replace(AT_ONCE, short_absence_s=600.0)
        bench.pull()
        bench.presence.put(PORT, other)
        bench.bench.wake()
        bench.until(lambda: bench.job().here)
        bench.bench.do(bench.job().job_id, lambda run: run.press())
        bench.state_is("asked-again")
    assert other.files == set()


@pytest.mark.parametrize(
    "changes",
    [
        {"facts": replace(ANDROID, accounts=1)},
        {"facts": replace(ANDROID, managed=True)},
        {"mute": True},
    ],
    ids=["signed in", "managed", "mute"],
)
def test_press__phone_changed_since_it_was_read__nothing_is_asked(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    """Somebody signed in after the reading, or it answers no more: the gates are held anew."""
    phone = ModelPhone()
    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        bench.agree()
        for name, value in changes.items():
            setattr(phone, name, value)
        bench.press(Route.TEST_HARNESS)
        job = bench.ended()
        said = statement_of(bench, job)
    assert (job.state, said["notice"]["reason"]["code"]) == (State.CANCELLED, "changed-before")
    assert (phone.asked, phone.files) == ([], set())
