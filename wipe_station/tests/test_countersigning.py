"""Countersignatures: an assessor's word, taken as it is, and nobody's else."""

import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from certs.bundle import read_bundle, write_bundle
from certs.canonical import decode
from certs.cli import main as wipe_cert
from certs.errors import CertsError
from certs.formats.countersignature_v1 import Assessment, countersignature
from certs.formats.fields import parse_time
from certs.formats.head_v1 import Head, Reference
from certs.keys import Signer, ensure_practice_keys
from certs.layout import DocumentType
from certs.log.entry import EntryKind, is_committed
from certs.tests.samples import PRODUCTION_SIGNER, ROOT, names_in
from certs.tests.test_durable import FAULTS, Fault, PowerCutError
from wipe_station import ticket_requests
from wipe_station.clock import utc_text
from wipe_station.errors import CustodyError, StationError
from wipe_station.issuer import PdfMaker
from wipe_station.tests.shop import DISK, STAFF, Shop
from wipe_station.ticket import Came
from wipe_station.ticket_values import (
    CountersignRequest,
    ForgetRequest,
    GradeRequest,
    ReturnRequest,
)

SALT = bytes(range(32))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PdfMaker, "add", lambda _, bundle: bundle)
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture(name="shop")
def _shop(tmp_path: Path) -> Shop:
    return Shop(state=tmp_path / "state")


class Assessor:
    """Somebody with a key of his own, who is given documents."""

    def __init__(self, folder: Path, shop: Shop) -> None:
        folder.mkdir()
        (folder / "keys").mkdir()
        keys = ensure_practice_keys(folder / "keys", shop.clock.utc())
        self.folder = folder
        self.signer: Signer = keys.signer
        self.root_pem = keys.root_pem

    def signed(self, shop: Shop, ticket: str, document: Path, number: int = 1, **more: Any) -> Path:
        """Sign what he says of a document, and return the folder."""
        data = next(document.glob("*.json")).read_bytes()
        at = utc_text(shop.clock.utc())
        head = Head(
            id=f"{at.replace('-', '').replace(':', '')}-{number:08x}",
            issued_at=at,
            practice=self.signer.practice,
            key_id=self.signer.key_id,
            log=None,
            software={"name": "x", "version": "1", "source_sha256": "unknown"},
        )
        what = Assessment(
            about=Reference(
                document=decode(data)["id"],
                document_sha256=sha256(data).hexdigest(),
                document_type=DocumentType(decode(data)["type"]),
            ),
            ticket=ticket,
            organisation="Example Assessors",
            number="12",
            assessed_at=at,
            agrees=True,
        )
        statement = countersignature(head, SALT, what) | more
        return write_bundle(self.folder, statement, self.signer)


@pytest.fixture(name="assessor")
def _assessor(tmp_path: Path, shop: Shop) -> Assessor:
    return Assessor(tmp_path / "assessor", shop)


def asked(bundle: Path, root_pem: bytes) -> CountersignRequest:
    """Return what the command line asks when it is given a bundle and a root."""
    root = bundle.parent / "root.pem"
    root.write_bytes(root_pem)
    return ticket_requests.countersign(STAFF, bundle, root)


def graded(shop: Shop) -> tuple[Came, Path]:
    """Take the drive in and grade it; return the report, too."""
    came = shop.accept(DISK)
    report = shop.happen(came, GradeRequest(staff=STAFF, measures={"drive_kind": "nvme"}))
    return came, shop.state / "bundles" / str(report.document)


def test_countersign__of_a_grade_report__logged_kept_as_it_came_and_taken_together(
    shop: Shop, assessor: Assessor, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log commits to his very bytes; a stranger checks both papers with both roots."""
    came, report = graded(shop)
    bundle = assessor.signed(shop, came.ticket.number, report)
    request = asked(bundle, assessor.root_pem)
    done = shop.happen(came, request)
    kept = shop.state / "bundles" / str(done.document)
    assert {each.name: each.read_bytes() for each in kept.iterdir()} == {
        each.name: each.read_bytes() for each in bundle.iterdir()
    }
    event = done.ticket.events[-1]
    entry = shop.seals.log(practice=True).entry(event.index or 0)
    assert entry is not None
    assert entry.kind is EntryKind.COUNTERSIGNATURE
    assert is_committed(entry.fields["commitment"], SALT, read_bundle(kept).document)
    roots = [shop.state / "own.pem", shop.state / "assessors.pem"]
    roots[0].write_bytes(shop.seals.practice_root_pem)
    roots[1].write_bytes(assessor.root_pem)
    words = ["--root", str(roots[0]), "--assessor-root", str(roots[1]), "--allow-practice"]
    assert wipe_cert(["verify", str(report), "--with", str(kept), *words, "--json"]) == 5
    said = json.loads(capsys.readouterr().out)
    assert said["with"][0]["statement"]["verdict"] == "agrees"
    again = shop.happen(came, request)
    assert (again.repeated, again.document) == (True, done.document)
    found = shop.audited()
    assert (found.findings, found.counts["countersignature"]) == ([], 1)


def test_countersign__of_the_erasures_certificate__taken(shop: Shop, assessor: Assessor) -> None:
    """The certificate of the device is a document of its ticket."""
    came, end = shop.accept(DISK), shop.erase()
    bundle = assessor.signed(shop, came.ticket.number, end.bundle)
    assert not shop.happen(came, asked(bundle, assessor.root_pem)).repeated


def test_countersign__two_of_one_document__each_once_whatever_the_order(
    shop: Shop, assessor: Assessor
) -> None:
    """A second opinion is another entry; the first one again is none."""
    came, report = graded(shop)
    number = came.ticket.number
    first, second = (
        asked(assessor.signed(shop, number, report, each), assessor.root_pem) for each in (1, 2)
    )
    repeated = [shop.happen(came, each).repeated for each in (first, second, first, second)]
    assert repeated == [False, False, True, True]
    assert shop.happen(came, first).document == first.document_id
    assert shop.audited().counts["countersignature"] == 2


Wrong = Callable[[Shop, Assessor, Came, Path], CountersignRequest]


def _own_key(shop: Shop, assessor: Assessor, came: Came, report: Path) -> CountersignRequest:
    assessor.signer = shop.seals.practice.signer
    bundle = assessor.signed(shop, came.ticket.number, report)
    return asked(bundle, shop.seals.practice_root_pem)


def _real(shop: Shop, assessor: Assessor, came: Came, report: Path) -> CountersignRequest:
    assessor.signer = PRODUCTION_SIGNER
    return asked(assessor.signed(shop, came.ticket.number, report), ROOT.pem)


def _named_log(shop: Shop, assessor: Assessor, came: Came, report: Path) -> CountersignRequest:
    names: dict[str, Any] = dict(shop.seals.practice.log.names)
    return asked(assessor.signed(shop, came.ticket.number, report, **names), assessor.root_pem)


def _other_ticket(shop: Shop, assessor: Assessor, came: Came, report: Path) -> CountersignRequest:
    assert came.ticket.number != "p261123-99"
    return asked(assessor.signed(shop, "p261123-99", report), assessor.root_pem)


def _other_document(shop: Shop, assessor: Assessor, came: Came, _: Path) -> CountersignRequest:
    theirs = shop.accept(DISK, device=None, description="Another").document
    bundle = assessor.signed(shop, came.ticket.number, shop.state / "bundles" / str(theirs))
    return asked(bundle, assessor.root_pem)


def _other_root(shop: Shop, assessor: Assessor, came: Came, report: Path) -> CountersignRequest:
    bundle = assessor.signed(shop, came.ticket.number, report)
    return asked(bundle, shop.seals.practice_root_pem)


def _changed(shop: Shop, assessor: Assessor, came: Came, report: Path) -> CountersignRequest:
    good = asked(assessor.signed(shop, came.ticket.number, report), assessor.root_pem)
    return good.model_copy(update={"document": good.document.replace('"agrees"', '"Agrees"')})


def _other_name(shop: Shop, assessor: Assessor, came: Came, report: Path) -> CountersignRequest:
    good = asked(assessor.signed(shop, came.ticket.number, report), assessor.root_pem)
    return good.model_copy(update={"document_id": "20261123T120000Z-00000009"})


def _taken_name(shop: Shop, assessor: Assessor, came: Came, report: Path) -> CountersignRequest:
    bundle = assessor.signed(shop, came.ticket.number, report, id=report.name)
    return asked(bundle, assessor.root_pem)


WRONG: dict[str, tuple[Wrong, str]] = {
    "by the station's own key": (_own_key, "does not countersign itself"),
    "no practice": (_real, "practice"),
    "in a log": (_named_log, "log"),
    "of another ticket": (_other_ticket, "another ticket"),
    "of another ticket's document": (_other_document, "no document of this ticket"),
    "under another root": (_other_root, "Not taken"),
    "changed": (_changed, "Not taken"),
    "under another name": (_other_name, "its id"),
    "under a name that is taken": (_taken_name, "another document has"),
}


@pytest.mark.parametrize("name", WRONG)
def test_countersign__not_an_assessors_word_about_this_ticket__refused(
    shop: Shop, assessor: Assessor, name: str
) -> None:
    """What does not fit is refused before anything is written, and the next one is taken."""
    came, report = graded(shop)
    make, why = WRONG[name]
    request = make(shop, assessor, came, report)
    before = names_in(shop.state / "bundles")
    with pytest.raises(CustodyError, match=why):
        shop.happen(came, request)
    assert shop.audited().counts["countersignature"] == 0
    assert names_in(shop.state / "bundles") == before
    good = Assessor(assessor.folder / "next", shop)
    bundle = good.signed(shop, came.ticket.number, report, 7)
    assert not shop.happen(came, asked(bundle, good.root_pem)).repeated


def test_countersign__from_the_future__refused(shop: Shop, assessor: Assessor) -> None:
    """A document that was signed later than now was not."""
    came, report = graded(shop)
    shop.clock.now += timedelta(days=2)
    bundle = assessor.signed(shop, came.ticket.number, report)
    shop.clock.now -= timedelta(days=2)
    assert parse_time(decode(read_bundle(bundle).document)["issued_at"]) > shop.clock.now
    with pytest.raises(CustodyError, match="future"):
        shop.happen(came, asked(bundle, assessor.root_pem))


def test_countersign__device_left__refused_and_forgotten_with_the_rest(
    shop: Shop, assessor: Assessor
) -> None:
    """Only what is here is countersigned; with her data goes what was said about it."""
    came, report = graded(shop)
    first, second = (
        asked(assessor.signed(shop, came.ticket.number, report, each), assessor.root_pem)
        for each in (1, 2)
    )
    shop.happen(came, first)
    shop.happen(came, ReturnRequest(staff=STAFF))
    with pytest.raises(CustodyError, match="cannot happen"):
        shop.happen(came, second)
    shop.happen(came, ForgetRequest())
    assert names_in(shop.state / "bundles") == []


@pytest.mark.parametrize("fault", FAULTS)
def test_countersign__fault_at_any_call__repeated_it_is_one(
    tmp_path: Path, shop: Shop, assessor: Assessor, fault: Fault
) -> None:
    """One entry, one bundle, whatever broke in between."""
    came, report = graded(shop)
    request = asked(assessor.signed(shop, came.ticket.number, report), assessor.root_pem)
    before = names_in(shop.state / "bundles")
    step, hit = 0, True
    while hit:
        run = shop.copied(tmp_path / f"run-{step}")
        with fault.injected(step) as injection:
            try:
                run.happen(came, request)
            except (StationError, CertsError, OSError, PowerCutError):
                assert injection.hit
        run.start()
        done = run.happen(came, request)
        found = run.audited()
        assert (found.findings, found.counts["countersignature"]) == ([], 1)
        assert names_in(run.state / "bundles") == sorted([*before, str(done.document)])
        step, hit = step + 1, injection.hit
    assert step > 15
