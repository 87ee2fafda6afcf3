"""Custody as the log, the disk and the customer see it, also when something breaks in between."""

import dataclasses
import os
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from certs.log.entry import EntryKind, is_committed
from certs.tests.samples import NOW, names_in
from certs.tests.test_durable import FAULTS, Fault, PowerCutError
from wipe_station.custody import Custody
from wipe_station.detect.classify import classify
from wipe_station.errors import (
    CustodyError,
    EvidenceError,
    InvalidInputError,
    RefusedByPolicyError,
    StationError,
)
from wipe_station.issuer import PdfMaker
from wipe_station.journal import Journal
from wipe_station.ledger import INTENT
from wipe_station.run_state import Kind
from wipe_station.testing import raw_disk, raw_snapshot
from wipe_station.tests.jobs import REASON, plan_record, whole_job
from wipe_station.tests.shop import DISK, PHONE, SELLER, STAFF, Shop, disk
from wipe_station.ticket import record_of
from wipe_station.ticket_values import (
    ConsentRequest,
    DestroyRequest,
    EventRequest,
    ForgetRequest,
    GradeRequest,
    IdentifierValue,
    PriceRequest,
    PriceValue,
    ReturnRequest,
    TransferRequest,
    WithdrawRequest,
)
from wipe_station.vault import FOLDER

BACK = ReturnRequest(staff=STAFF)
WITHDRAW = WithdrawRequest(staff=STAFF)
PRICE = PriceValue(minor_units=19900, decimals=2, currency="CNY")
FULL = PHONE.model_copy(
    update={"price": PRICE, "consents": ("erase", "keep-identity"), "seller": SELLER}
)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make no pages; and let a flush take no time: faults strike at its call, which still comes."""
    monkeypatch.setattr(PdfMaker, "add", lambda _, bundle: bundle)
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture(name="shop")
def _shop(tmp_path: Path) -> Shop:
    return Shop(state=tmp_path)


# --- taking in -----------------------------------------------------------------------------------


def test_accept__whole__stands_in_the_log_as_commitments_and_nothing_personal(shop: Shop) -> None:
    """Custody, price and consent are there; who, what and how much, only for who has the salt."""
    came = shop.accept(FULL)
    assert came.ticket.number == "p261123-01"
    found = shop.audited()
    assert (found.findings, found.open_custody) == ([], ["p261123-01"])
    assert [event.kind for event in came.ticket.events] == [
        EntryKind.CUSTODY_ACCEPTED,
        EntryKind.PRICE_AGREED,
        EntryKind.CONSENT,
    ]
    log = shop.seals.log(practice=True)
    for event in came.ticket.events:
        entry = log.entry(event.index or 0)
        assert entry is not None
        assert event.salt is not None
        if event.signed is None:
            about = record_of(came.ticket.number, event)
            assert is_committed(entry.fields["commitment"], event.salt, about)
    for file in (path for path in shop.state.rglob("*") if path.is_file()):
        assert not any(said in file.read_bytes() for said in (b"Zhang", b"110101"))


def test_accept__same_again__same_ticket_and_no_entry(shop: Shop) -> None:
    """Whoever is not sure that it worked may repeat it: one device, one ticket, one entry."""
    first, size = shop.accept(FULL), shop.seals.log(practice=True).size
    again = shop.accept(FULL)
    assert (again.ticket, again.repeated, first.repeated) == (first.ticket, True, False)
    assert again.document == first.document
    assert shop.seals.log(practice=True).size == size


def test_accept__another_that_looks_the_same__a_ticket_of_its_own(shop: Shop) -> None:
    """Two devices that nobody can tell apart are counted."""
    numbers = [shop.accept(PHONE, alike=alike).ticket.number for alike in (1, 2, 1)]
    assert numbers == ["p261123-01", "p261123-02", "p261123-01"]


def test_accept__same_device_by_its_serial_under_other_words__refused(shop: Shop) -> None:
    """What is here cannot come in once more: its first ticket would never find its end."""
    shop.accept(DISK)
    typed = (IdentifierValue(kind="serial", value="S1"),)
    with pytest.raises(CustodyError, match="p261123-01"):
        shop.accept(PHONE, identifiers=typed)
    other = (IdentifierValue(kind="model", value="S1"), IdentifierValue(kind="meid", value="S1"))
    assert shop.accept(PHONE, identifiers=other).ticket.open


def test_accept__same_device_by_its_world_wide_name_under_other_words__refused(shop: Shop) -> None:
    """Whatever the station itself calls unique of a drive is unique at the counter."""
    shop.plugged_in = classify(
        raw_snapshot(
            {"sda": raw_disk(attrs={"device/serial": "0000", "wwid": "naa.5000c500a1b2c3d4"})}
        )
    ).devices[0]
    shop.accept(DISK)
    with pytest.raises(CustodyError, match="p261123-01"):
        shop.accept(DISK, description="A drive, scratched")


def test_accept__after_it_left__the_same_device_comes_in_anew(shop: Shop) -> None:
    """A number ends with its custody; the next time is another one."""
    shop.happen(shop.accept(DISK), BACK)
    assert shop.accept(DISK).ticket.number == "p261123-02"


def test_accept__seller_without_consent_to_keep_her_name__refused(shop: Shop) -> None:
    """No name is kept that nobody agreed to, and the refusal does not say it either."""
    with pytest.raises(InvalidInputError) as refused:
        shop.accept(FULL, consents=("erase",))
    assert "Zhang" not in f"{refused.value} {refused.value.diagnostics()}"
    assert shop.audited().open_custody == []


def test_accept__next_day__counts_anew_and_never_the_same_number(shop: Shop) -> None:
    """Numbers are short because each day begins with one; a day stands in each."""
    for _ in range(3):
        shop.happen(shop.accept(), BACK)
    shop.clock.now += timedelta(days=1)
    assert shop.accept().ticket.number == "p261124-01"


def test_accept__folder_of_tickets_lost__no_number_is_used_twice(shop: Shop) -> None:
    """The log knows the highest number, whatever became of the files; the lost one is told of."""
    lost = shop.accept()
    for file in (shop.state / FOLDER).iterdir():
        file.unlink()
    shop.start()
    assert shop.accept(PHONE, description="Another").ticket.number == "p261123-02"
    with pytest.raises(EvidenceError, match="its file is gone"):
        shop.happen(lost, BACK)


def test_accept__log_set_back__stops_instead_of_using_a_number_twice(shop: Shop) -> None:
    """A log that lacks a ticket that is here was exchanged; nothing is written to it."""
    shop.accept()
    (shop.state / "log").rename(shop.state / "old-log")
    shop.start()
    with pytest.raises(EvidenceError, match="lacks ticket"):
        shop.accept(PHONE, description="Another")


def test_accept__clock_behind_the_log__refused_and_nothing_stays(shop: Shop) -> None:
    """A ticket that the log does not take was never opened."""
    shop.accept()
    shop.clock.now -= timedelta(hours=1)
    with pytest.raises(EvidenceError, match="clock"):
        shop.accept(PHONE, description="Another")
    shop.clock.now += timedelta(hours=1)
    assert len(shop.tickets.all()) == 1


@pytest.mark.parametrize("virtual", [False, True])
def test_accept__nothing_but_practice_keys__practice(shop: Shop, *, virtual: bool) -> None:
    """Without keys of its own a station writes practice tickets, which say so in their number."""
    if virtual:
        shop.practice = True
        shop.start()
    assert shop.accept().ticket.practice
    assert shop.accept(PHONE, alike=2).ticket.number.startswith("p")


# --- what happens then ---------------------------------------------------------------------------


ENDS: dict[Custody, Any] = {
    Custody.RETURNED: BACK,
    Custody.DESTROYED: DestroyRequest(
        staff=STAFF, method="shredded", witness="8", processor="Green Metals", licence="A-1"
    ),
    Custody.TRANSFERRED: TransferRequest(staff=STAFF, recipient="Other Shop"),
}


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.value)
def test_happen__an_end__closes_custody_once(shop: Shop, end: Custody) -> None:
    """The audit sees where it went; the same said twice is said once, another end is refused."""
    came = shop.happen(shop.accept(), ENDS[end])
    assert came.ticket.custody is end
    again = shop.happen(came, ENDS[end])
    assert (again.repeated, again.ticket, again.document) == (True, came.ticket, came.document)
    for other in set(ENDS) - {end}:
        with pytest.raises(CustodyError, match="cannot happen"):
            shop.happen(came, ENDS[other])
    found = shop.audited()
    assert (found.findings, found.open_custody) == ([], [])


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.value)
def test_happen__an_end_after_an_erasure__its_newest_document_is_named(
    shop: Shop, end: Custody
) -> None:
    """Whoever gets the device back, or sees it destroyed, learns which document tells of it."""
    came = shop.accept(DISK)
    shop.erase()
    shop.clock.now += timedelta(minutes=1)
    named = shop.erase()
    done = shop.happen(came, ENDS[end])
    assert shop.noticed(done)["erasure"] == {
        "document": named.statement["id"],
        "document_sha256": sha256((named.bundle / "certificate.json").read_bytes()).hexdigest(),
        "type": "certificate-of-erasure",
    }
    assert shop.happen(came, ENDS[end]).repeated


def test_happen__an_end_after_a_failed_erasure__its_notice_is_named(shop: Shop) -> None:
    """A failure is a document, too, and more to be known than none."""
    came = shop.accept(DISK)
    end = shop.sign(shop.begin([shop_plan(), (Kind.ABORTED, {"reason": REASON})]))
    assert shop.noticed(shop.happen(came, BACK))["erasure"] == {
        "document": end.statement["id"],
        "document_sha256": sha256((end.bundle / "notice.json").read_bytes()).hexdigest(),
        "type": "notice",
    }


def test_happen__erasure_begun_before_within_the_second__not_named(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the log has before custody is not about this custody, whatever the clock could tell."""
    monkeypatch.setattr(shop.clock, "utc", lambda: NOW)
    begun = shop.begin()
    came = shop.accept(DISK)
    shop.sign(begun)
    assert "erasure" not in shop.noticed(shop.happen(came, BACK))


def test_happen__no_erasure_that_is_surely_its_own__none_is_named(shop: Shop) -> None:
    """From before, of a job without a document, or of whatever drive of the model: none."""
    shop.erase()
    came = shop.accept(DISK)
    shop.begin([shop_plan()]).close()
    assert "erasure" not in shop.noticed(shop.happen(came, BACK))
    typed = (IdentifierValue(kind="model", value="M1"),)
    came = shop.accept(PHONE, identifiers=typed)
    shop.clock.now += timedelta(minutes=1)
    shop.sign(shop.begin([plan_record(**{"device/model": "M1"}), *whole_job()[1:]]))
    assert "erasure" not in shop.noticed(shop.happen(came, BACK))


def test_happen__price_and_consents__add_up_and_repeat_nothing(shop: Shop) -> None:
    """The last price counts; consents are added; what stands already is not written again."""
    came = shop.accept(PHONE, consents=())
    asked: list[EventRequest] = [
        PriceRequest(staff=STAFF, price=PRICE),
        ConsentRequest(staff=STAFF, to=("read",)),
        PriceRequest(staff="8", price=PRICE),
        ConsentRequest(staff=STAFF, to=("erase",)),
        ConsentRequest(staff=STAFF, to=("read", "erase")),
    ]
    seen = [shop.happen(came, each) for each in asked]
    assert [each.repeated for each in seen] == [False, False, True, False, True]
    last = seen[-1].ticket
    assert [each.value for each in last.consents] == ["erase", "read"]
    assert last.price is not None
    assert dataclasses.asdict(last.price) == PRICE.model_dump()


def test_happen__withdrawn__only_the_return_is_left(shop: Shop) -> None:
    """Who takes her consent back is not asked again, and the device cannot go anywhere else."""
    came = shop.happen(shop.accept(), WITHDRAW)
    assert (came.ticket.custody, came.ticket.consents) == (Custody.WITHDRAWN, ())
    assert shop.happen(came, WITHDRAW).repeated
    others: list[EventRequest] = [
        ConsentRequest(staff=STAFF, to=("erase",)),
        ENDS[Custody.DESTROYED],
    ]
    for other in others:
        with pytest.raises(CustodyError, match="cannot happen"):
            shop.happen(came, other)
    assert shop.happen(came, BACK).ticket.custody is Custody.RETURNED


def test_withdraw__after_the_erasure_began__refused(shop: Shop) -> None:
    """What is half overwritten cannot be given back as it was; a job from before is no reason."""
    shop.begin([shop_plan()]).close()
    before = shop.happen(shop.accept(DISK), WITHDRAW)
    assert before.ticket.custody is Custody.WITHDRAWN
    shop.happen(before, BACK)
    came = shop.accept(DISK)
    other = shop.accept()
    assert shop.happen(other, WITHDRAW).ticket.custody is Custody.WITHDRAWN
    shop.begin([shop_plan()]).close()
    with pytest.raises(CustodyError, match="has begun"):
        shop.happen(came, WITHDRAW)
    assert shop.happen(came, BACK).ticket.custody is Custody.RETURNED


def test_withdraw__job_that_stopped_before_its_first_record__no_reason(shop: Shop) -> None:
    """A journal that was opened and holds nothing stands for nothing done."""
    came = shop.accept(DISK)
    folder = shop.state / "jobs" / "20991123T120000Z-0badcafe"
    folder.mkdir()
    (folder / "journal.jsonl").touch()
    assert shop.happen(came, WITHDRAW).ticket.custody is Custody.WITHDRAWN


def shop_plan() -> Any:
    """Return the opening of a job on the drive."""
    return plan_record()


def test_require_wipeable__owner_did_not_agree_or_withdrew__refused(shop: Shop) -> None:
    """A device in custody is erased only while its owner wants it erased."""
    device = disk()
    shop.tickets.require_wipeable(device)
    came = shop.accept(DISK, consents=("read",))
    with pytest.raises(RefusedByPolicyError, match=came.ticket.number):
        shop.tickets.require_wipeable(device)
    shop.happen(came, ConsentRequest(staff=STAFF, to=("erase",)))
    shop.tickets.require_wipeable(device)
    shop.happen(came, WITHDRAW)
    with pytest.raises(RefusedByPolicyError):
        shop.tickets.require_wipeable(device)
    shop.tickets.require_wipeable(disk("S2"))
    shop.happen(came, BACK)
    shop.tickets.require_wipeable(device)


def test_happen__no_such_ticket__invalid(shop: Shop) -> None:
    """A number that nobody wrote down is a mistake in typing, and no damage."""
    came = shop.accept()
    for number in ("p261123-99", "", "intent", "../tickets/" + came.ticket.number):
        with pytest.raises(InvalidInputError):
            shop.tickets.happen(number, BACK)


# --- personal data -------------------------------------------------------------------------------


def test_seller__asked_for__told_there_and_nowhere_else(shop: Shop) -> None:
    """Her name has one way out."""
    came = shop.accept(FULL)
    assert shop.tickets.seller(came.ticket.number) == SELLER
    assert "Zhang" not in repr(came)
    with pytest.raises(InvalidInputError, match="nobody"):
        shop.tickets.seller(shop.accept(alike=3).ticket.number)


def test_forget__before_the_end__refused(shop: Shop) -> None:
    """As long as the device is here, it must be known whose it is."""
    came = shop.accept(FULL)
    with pytest.raises(CustodyError):
        shop.happen(came, ForgetRequest())


def test_forget__after_the_end__name_salts_and_documents_are_gone(shop: Shop) -> None:
    """The log says that it was done; what is left proves nothing to anybody any more."""
    came = shop.happen(shop.accept(FULL), BACK)
    kept = shop.accept(PHONE, alike=2)
    after = shop.happen(came, ForgetRequest()).ticket
    assert after.custody is Custody.FORGOTTEN
    assert after.opening is None
    assert {(e.salt, e.signed) for e in after.events} == {(None, None)}
    with pytest.raises(InvalidInputError):
        shop.tickets.seller(after.number)
    assert shop.happen(came, ForgetRequest()).repeated
    found = shop.audited()
    assert (found.findings, found.counts["data-deleted"]) == ([], 1)
    bundles = set(names_in(shop.state / "bundles"))
    assert bundles == {kept.document} - {None}
    shop.start()
    assert shop.tickets.ticket(after.number) == after


# --- which ticket a job belongs to ---------------------------------------------------------------


def test_of_job__two_custodies_of_one_device__each_job_its_own(shop: Shop) -> None:
    """A device that came twice has two tickets, and a label has that of its own job."""
    numbers, jobs = [], []
    jobs.append(job_of(shop.begin()))
    for _ in range(2):
        came = shop.accept(DISK)
        numbers.append(came.ticket.number)
        jobs.append(job_of(shop.begin()))
        shop.happen(came, BACK)
        jobs.append(job_of(shop.begin()))
    found = [shop.tickets.of_job(job) for job in jobs]
    assert found == [None, numbers[0], None, numbers[1], None]


def test_of_job__not_sure_whose__none(shop: Shop) -> None:
    """No serial, another device, two that could be meant, or nothing begun: no ticket is named."""
    shop.accept(PHONE)
    shop.accept(PHONE, alike=2, identifiers=(IdentifierValue(kind="serial", value="S2"),))
    assert shop.tickets.of_job(job_of(shop.begin())) is None
    shop.accept(DISK)
    assert shop.tickets.of_job(job_of(shop.begin(logged=False))) is None
    wide = {"device/serial": "S1", "wwid": "naa.5000c500a1b2c3d4"}
    typed = (IdentifierValue(kind="wwid", value=wide["wwid"]),)
    shop.accept(PHONE, alike=3, identifiers=typed)
    steps = [plan_record(**wide), *whole_job()[1:]]
    assert shop.tickets.of_job(job_of(shop.begin(steps))) is None
    folder = shop.state / "jobs" / "20991123T120000Z-0badcafe"
    folder.mkdir()
    (folder / "journal.jsonl").touch()
    assert shop.tickets.of_job(folder.name) is None


def test_of_job__customers_data_deleted__none(shop: Shop) -> None:
    """What was forgotten is not printed any more."""
    came = shop.accept(DISK)
    job = job_of(shop.begin())
    assert shop.tickets.of_job(job) == came.ticket.number
    shop.happen(shop.happen(came, BACK), ForgetRequest())
    assert shop.tickets.of_job(job) is None


def job_of(journal: Journal) -> str:
    """Close a journal, and return which job it is of."""
    journal.close()
    return journal.path.parent.name


# --- files that are not as they were left --------------------------------------------------------


def test_ticket__older_file_put_back__found(shop: Shop) -> None:
    """A ticket's file from before its end cannot have the device leave twice."""
    came = shop.accept()
    file = shop.state / FOLDER / f"{came.ticket.number}.sealed"
    before = file.read_bytes()
    shop.happen(came, BACK)
    file.write_bytes(before)
    for use in (BACK, WITHDRAW):
        with pytest.raises(EvidenceError, match="different things"):
            shop.happen(came, use)


def test_ticket__log_cut_behind_it__found(shop: Shop) -> None:
    """A ticket that the log does not have any more is not gone on with."""
    shop.accept()
    folder = shop.state / "log"
    other = Shop(state=shop.state / "other", clock=shop.clock)
    other.accept(PHONE, description="Another")
    folder.rename(shop.state / "log-before")
    (shop.state / "other" / "log").rename(folder)
    (shop.state / "log-key").rename(shop.state / "log-key-before")
    (shop.state / "other" / "log-key").rename(shop.state / "log-key")
    (shop.state / "keys").rename(shop.state / "keys-before")
    (shop.state / "other" / "keys").rename(shop.state / "keys")
    shop.start()
    with pytest.raises(EvidenceError, match="different things"):
        shop.tickets.ticket("p261123-01")


# --- faults --------------------------------------------------------------------------------------


def entries(shop: Shop, kind: EntryKind) -> int:
    """Return how many entries of a kind the log has."""
    found = shop.audited()
    assert not found.findings
    return found.counts[kind.value]


@pytest.mark.parametrize("fault", FAULTS)
def test_accept__fault_at_any_call__repeated_it_is_one_ticket_and_one_entry(
    tmp_path: Path, fault: Fault
) -> None:
    """Lost, or done and told as failed, at any write: the same command once more, and all is well.

    No ticket is shown that the log has not, at any moment.
    """
    fresh = Shop(state=tmp_path / "fresh")
    step, hit = 0, True
    while hit:
        shop = fresh.copied(tmp_path / f"run-{step}")
        with fault.injected(step) as injection:
            try:
                shop.accept(FULL)
            except (StationError, OSError, PowerCutError):
                assert injection.hit
        shop.start()
        shown = shop.tickets.all()
        assert len(shown) == entries(shop, EntryKind.CUSTODY_ACCEPTED)
        came = shop.accept(FULL)
        assert came.repeated or not shown
        assert shop.tickets.all() == (came.ticket,)
        assert came.ticket.number == "p261123-01"
        found = shop.audited()
        assert (found.findings, found.open_custody) == ([], [came.ticket.number])
        for kind in (EntryKind.CUSTODY_ACCEPTED, EntryKind.PRICE_AGREED, EntryKind.CONSENT):
            assert found.counts[kind.value] == 1
        assert names_in(shop.state / "bundles") == [came.document] * bool(came.document)
        assert not (shop.state / FOLDER / f"{INTENT}.sealed").exists()
        step, hit = step + 1, injection.hit
    assert step > 40


HAPPENINGS: dict[EntryKind, Any] = {
    EntryKind.PRICE_AGREED: PriceRequest(staff=STAFF, price=PRICE),
    EntryKind.GRADE: GradeRequest(staff=STAFF, measures={"drive_kind": "nvme"}),
    EntryKind.RETURN: BACK,
    EntryKind.CONSENT_WITHDRAWN: WITHDRAW,
}


@pytest.mark.parametrize("kind", HAPPENINGS, ids=lambda kind: kind.value)
@pytest.mark.parametrize("fault", FAULTS)
def test_happen__fault_at_any_call__repeated_it_happened_once(
    tmp_path: Path, fault: Fault, kind: EntryKind
) -> None:
    """What failed half-way did not happen, or did: never twice, and the repetition tells which."""
    held = Shop(state=tmp_path / "held")
    came = held.accept()
    step, hit = 0, True
    while hit:
        shop = held.copied(tmp_path / f"run-{step}")
        with fault.injected(step) as injection:
            try:
                shop.happen(came, HAPPENINGS[kind])
            except (StationError, OSError, PowerCutError):
                assert injection.hit
        shop.start()
        done = shop.happen(came, HAPPENINGS[kind])
        assert entries(shop, kind) == 1
        assert done.ticket.events[-1].kind is kind
        documents = [each.signed.id for each in done.ticket.events if each.signed]
        assert names_in(shop.state / "bundles") == sorted(documents)
        step, hit = step + 1, injection.hit
    assert step > 25


@pytest.mark.parametrize("fault", FAULTS)
def test_happen__fault_in_a_running_station__the_next_request_finds_out(
    tmp_path: Path, fault: Fault
) -> None:
    """A daemon that goes on after an error need not be started anew to know what happened."""
    held = Shop(state=tmp_path / "held")
    came = held.accept()
    step, hit = 0, True
    while hit:
        shop = held.copied(tmp_path / f"run-{step}")
        with fault.injected(step) as injection:
            try:
                shop.happen(came, BACK)
            except (StationError, OSError):
                assert injection.hit
            except PowerCutError:
                shop.start()
        assert shop.happen(came, BACK).ticket.custody is Custody.RETURNED
        assert entries(shop, EntryKind.RETURN) == 1
        step, hit = step + 1, injection.hit


@pytest.mark.parametrize("fault", FAULTS)
def test_forget__fault_at_any_call__the_log_never_says_what_was_not_done(
    tmp_path: Path, fault: Fault
) -> None:
    """An entry about a deletion means that it was done; begun, it is always carried on."""
    left = Shop(state=tmp_path / "left")
    came = left.happen(left.accept(FULL), BACK)
    step, hit = 0, True
    while hit:
        shop = left.copied(tmp_path / f"run-{step}")
        with fault.injected(step) as injection:
            try:
                shop.happen(came, ForgetRequest())
            except (StationError, OSError, PowerCutError):
                assert injection.hit
        said = entries(shop, EntryKind.DATA_DELETED)
        shop.start()
        if said:
            assert shop.tickets.ticket(came.ticket.number).opening is None
            assert names_in(shop.state / "bundles") == []
        shop.happen(came, ForgetRequest())
        assert entries(shop, EntryKind.DATA_DELETED) == 1
        assert names_in(shop.state / "bundles") == []
        step, hit = step + 1, injection.hit
    assert step > 30
