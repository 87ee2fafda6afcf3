"""The log's own key is changed: at the next start, once, whatever breaks in between."""

import hashlib
import os
from pathlib import Path

import pytest

from certs.bundle import read_bundle
from certs.formats.fields import parse_time
from certs.keys import (
    LOG_KEY_FOLDER,
    LOG_KEY_NAME,
    NEXT_LOG_KEY_NAME,
    prepare_next_log_key,
)
from certs.log.audit import audit
from certs.log.entry import EntryKind
from certs.log.folder import read_log_file
from certs.log.note import NoteKey
from certs.tests.samples import names_in
from certs.tests.test_durable import FAULTS, Fault, PowerCutError
from certs.verify import verify
from wipe_station.errors import CustodyError, EvidenceError, StationError
from wipe_station.issuer import PdfMaker, open_seals
from wipe_station.journal import Journal
from wipe_station.station_log import StationLog
from wipe_station.testing import FakeClock
from wipe_station.tests.shop import DISK, STAFF, Shop
from wipe_station.ticket_values import ReleaseRequest, ReturnRequest

KEY_ID = "ab" * 32


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make no pages; and let a flush take no time: faults strike at its call, which still comes."""
    monkeypatch.setattr(PdfMaker, "add", lambda _, bundle: bundle)
    monkeypatch.setattr(os, "fsync", lambda _: None)


def opened(state: Path) -> StationLog:
    """Return the log as a station that starts has it."""
    return StationLog(state, FakeClock(), KEY_ID)


def prepared(state: Path, log: StationLog) -> NoteKey:
    """Let another key wait."""
    return prepare_next_log_key(state / LOG_KEY_FOLDER, log.key.name)


def handovers(state: Path, *known: NoteKey) -> list[int]:
    """Return the entries at which the key changed; each key that is known finds the log sound."""
    for key in known:
        found = audit(lambda name: read_log_file(state / "log", name), key)
        assert not found.findings
    return list(found.handovers)


def test_start__key_waits__takes_over_once(tmp_path: Path) -> None:
    """The old key is gone, the new one signs, and who knows either finds the log sound."""
    before = opened(tmp_path)
    old_pem = (tmp_path / LOG_KEY_FOLDER / LOG_KEY_NAME).read_bytes()
    new = prepared(tmp_path, before)
    assert prepared(tmp_path, before) == new, "asked twice it is the same key"
    for _ in range(2):
        after = opened(tmp_path)
        assert (after.key, after.key.name) == (new, before.key.name)
        assert handovers(tmp_path, before.key, new) == [1]
    after.tested(passed=True)
    assert handovers(tmp_path, before.key, new) == [1]
    assert sorted(names_in(tmp_path / LOG_KEY_FOLDER)) == [LOG_KEY_NAME, "station-key-id"]
    assert (tmp_path / LOG_KEY_FOLDER / LOG_KEY_NAME).read_bytes() != old_pem
    assert after.names["log_key"] == new.text()


@pytest.mark.parametrize("fault", FAULTS)
def test_start__fault_at_any_call__handed_over_once(tmp_path: Path, fault: Fault) -> None:
    """Lost, or done and told as failed: the next start does what is left, and the log is sound."""
    step, hit = 0, True
    while hit:
        state = tmp_path / f"run-{step}"
        state.mkdir()
        old = opened(state)
        new = prepared(state, old)
        with fault.injected(step) as injection:
            try:
                opened(state)
            except (StationError, OSError, PowerCutError):
                assert injection.hit
        after = opened(state)
        assert after.key == new
        after.tested(passed=True)
        assert handovers(state, old.key, new) == [1]
        assert not (state / LOG_KEY_FOLDER / NEXT_LOG_KEY_NAME).exists()
        step, hit = step + 1, injection.hit
    assert step > 8


@pytest.mark.parametrize("fault", FAULTS)
def test_prepare__fault_at_any_call__one_key_or_none(tmp_path: Path, fault: Fault) -> None:
    """A key waits whole or not at all; asked again there is one, and the log takes it."""
    step, hit = 0, True
    while hit:
        state = tmp_path / f"run-{step}"
        state.mkdir()
        old = opened(state)
        with fault.injected(step) as injection:
            try:
                prepared(state, old)
            except (OSError, PowerCutError):
                assert injection.hit
        new = prepared(state, old)
        assert opened(state).key == new
        step, hit = step + 1, injection.hit
    assert step > 3


def test_start__waiting_key_open_to_others__nothing_is_issued(tmp_path: Path) -> None:
    """A key that somebody else could have read or put there does not become the log's."""
    log = opened(tmp_path)
    prepared(tmp_path, log)
    (tmp_path / LOG_KEY_FOLDER / NEXT_LOG_KEY_NAME).chmod(0o640)
    with pytest.raises(EvidenceError):
        opened(tmp_path)
    (tmp_path / LOG_KEY_FOLDER / NEXT_LOG_KEY_NAME).unlink()
    assert opened(tmp_path).key == log.key


@pytest.mark.parametrize("fault", FAULTS)
def test_ticket__cut_short_before_the_key_changed__its_document_is_proven_by_the_old_one(
    tmp_path: Path, fault: Fault
) -> None:
    """A document that was signed and logged under the old key gets a bundle that strangers take."""
    step, hit = 0, True
    while hit:
        shop = Shop(state=tmp_path / f"run-{step}", practice=True)
        came = shop.accept()
        with fault.injected(step) as injection:
            try:
                shop.happen(came, ReturnRequest(staff=STAFF))
            except (StationError, OSError, PowerCutError):
                assert injection.hit
        prepared(shop.state, shop.seals.log(practice=True))
        # Behind this entry the old key's signature is under no checkpoint any more.
        open_seals(shop.state, shop.clock).log(practice=True).tested(passed=True)
        shop.start()
        done = shop.happen(came, ReturnRequest(staff=STAFF))
        documents = [each.signed for each in done.ticket.events if each.signed]
        assert len(documents) == 2
        for signed in documents:
            bundle = read_bundle(shop.state / "bundles" / signed.id)
            verify(bundle, root_pem=None, allow_practice=True, now=parse_time(shop_time(shop)))
        found = shop.audited()
        assert (found.findings, len(found.handovers)) == ([], 1)
        assert found.counts[EntryKind.RETURN.value] == 1
        step, hit = step + 1, injection.hit
    assert step > 25


@pytest.mark.parametrize("fault", FAULTS)
def test_job__cut_short_before_the_key_changed_twice__the_same_document_still(
    tmp_path: Path, fault: Fault
) -> None:
    """Signed again under a third key, it is the document that the log has, under its own key.

    One entry about one state of one journal, whatever was lost, and a bundle that strangers take.
    """
    step, hit = 0, True
    while hit:
        shop = Shop(state=tmp_path / f"run-{step}")
        journal = shop.begin()
        with fault.injected(step) as injection:
            try:
                shop.sign(journal)
            except (StationError, OSError, PowerCutError):
                assert injection.hit
        for _ in range(2):
            prepared(shop.state, shop.seals.log(practice=True))
            shop.start()
            shop.seals.log(practice=True).tested(passed=True)
        end = shop.sign(Journal(journal.path, shop.clock))
        now = parse_time(end.statement["issued_at"])
        verify(read_bundle(end.bundle), root_pem=None, allow_practice=True, now=now)
        found = shop.audited()
        assert (found.findings, len(found.handovers)) == ([], 2)
        assert found.counts[EntryKind.OUTCOME.value] == 1
        step, hit = step + 1, injection.hit
    assert step > 25


def shop_time(shop: Shop) -> str:
    """Return what the shop's clock says."""
    return shop.clock.utc().strftime("%Y-%m-%dT%H:%M:%SZ")


def test_job__signed_under_each_key__both_documents_hold(tmp_path: Path) -> None:
    """Documents name the key of their day; a kept proof of the old one fits the log for ever."""
    shop = Shop(state=tmp_path)
    first = shop.erase()
    log = shop.seals.log(practice=True)
    new = prepared(tmp_path, log)
    shop.start()
    second = shop.erase()
    names = [end.statement["log_key"] for end in (first, second)]
    assert names == [log.key.text(), new.text()]
    for end in (first, second):
        now = parse_time(end.statement["issued_at"])
        verify(read_bundle(end.bundle), root_pem=None, allow_practice=True, now=now)
    assert not shop.audited().findings


def leave(name: str, document: bytes) -> ReleaseRequest:
    """Return the wish that a device leaves by a document."""
    digest = hashlib.sha256(document).hexdigest()
    return ReleaseRequest(staff=STAFF, document=name, document_sha256=digest)


def test_release__certificate_from_before_the_key_changed__still_lets_the_device_go(
    tmp_path: Path,
) -> None:
    """Custody goes on in one log: what was taken in and erased under one key leaves under another.

    And what was not erased does not.
    """
    shop = Shop(state=tmp_path, practice=True)
    came = shop.accept(DISK)
    prepared(tmp_path, shop.seals.log(practice=True))
    shop.start()
    receipt = read_bundle(shop.state / "bundles" / str(came.document)).document
    with pytest.raises(CustodyError):
        shop.happen(came, leave(str(came.document), receipt))
    end = shop.erase()
    prepared(tmp_path, shop.seals.log(practice=True))
    shop.start()
    gone = shop.happen(came, leave(end.statement["id"], read_bundle(end.bundle).document))
    assert gone.ticket.events[-1].kind is EntryKind.RELEASE
    found = shop.audited()
    assert (found.findings, len(found.handovers), found.open_custody) == ([], 2, [])
