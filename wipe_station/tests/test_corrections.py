"""Corrections: signed, in the log under the wrong document's id, and felt by a release."""

from pathlib import Path
from typing import Any

import pytest

from certs.bundle import read_bundle
from certs.canonical import decode
from certs.errors import CertificateError, CertsError
from certs.log.entry import EntryKind
from certs.tests.samples import names_in
from certs.tests.test_durable import FAULTS, Fault, PowerCutError
from certs.verdict import Status
from certs.verify import verify
from wipe_station.errors import CustodyError, InvalidInputError, StationError
from wipe_station.issuer import PdfMaker
from wipe_station.tests.shop import DISK, STAFF, Shop
from wipe_station.tests.test_release import asked
from wipe_station.ticket_values import CorrectedValue, CorrectRequest, ForgetRequest, ReturnRequest


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PdfMaker, "add", lambda _, bundle: bundle)
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture(name="shop")
def _shop(tmp_path: Path) -> Shop:
    return Shop(state=tmp_path)


def void(document: str, **changes: Any) -> CorrectRequest:
    """Ask for a document to be void."""
    request = CorrectRequest(document=document, staff=STAFF, reason="The wrong drive.")
    return request.model_copy(update=changes)


@pytest.mark.parametrize("fields", [(), ("device.identifiers[0].value",)], ids=["void", "field"])
def test_release__certificate_corrected__refused(shop: Shop, fields: tuple[str, ...]) -> None:
    """What the station took back, in whole or in part, lets no device go."""
    came, end = shop.accept(DISK), shop.erase()
    listed = tuple(CorrectedValue(field=each, correct="S3") for each in fields)
    shop.tickets.corrections.correct(void(end.statement["id"], corrected=listed))
    for name in names_in(shop.state / "bundles"):
        if (shop.state / "bundles" / name / "correction.json").exists():
            for file in (shop.state / "bundles" / name).iterdir():
                file.unlink()  # the log says it all the same
    with pytest.raises(CustodyError, match="was corrected"):
        shop.happen(came, asked(end.bundle))
    again = shop.erase()
    assert not shop.happen(came, asked(again.bundle)).ticket.open


def test_correct__document_of_the_station__genuine_and_about_its_bytes(shop: Shop) -> None:
    """Whoever holds both sees that they belong together, and asks the log by the wrong one's id."""
    end = shop.erase()
    field = CorrectedValue(field="device.identifiers[0].value", correct="S3")
    done = shop.tickets.corrections.correct(void(end.statement["id"], corrected=(field,)))
    bundle = read_bundle(shop.state / "bundles" / done.document)
    root = shop.seals.practice_root_pem
    verdict = verify(bundle, root_pem=root, allow_practice=True, now=shop.clock.utc())
    assert verdict.status is Status.GENUINE
    said = decode(bundle.document)
    assert said["corrected"] == [{"field": field.field, "stated": "S1", "correct": "S3"}]
    again = shop.tickets.corrections.correct(void(end.statement["id"], corrected=(field,)))
    assert (again.document, again.repeated) == (done.document, True)
    found = shop.audited()
    assert (found.findings, found.counts["correction"]) == ([], 1)


@pytest.mark.parametrize("field", ["nothing", "device", "device.identifiers[9].value", "", "a..b"])
def test_correct__no_such_field__invalid(shop: Shop, field: str) -> None:
    """Only what a document says can be wrong in it."""
    end = shop.erase()
    wrong = CorrectedValue.model_construct(field=field, correct="x")
    with pytest.raises(InvalidInputError):
        shop.tickets.corrections.correct(void(end.statement["id"], corrected=(wrong,)))
    assert shop.audited().counts["correction"] == 0


def test_correct__unknown_or_tampered_document__refused(shop: Shop) -> None:
    """The station corrects what it signed, and nothing else."""
    with pytest.raises(InvalidInputError):
        shop.tickets.corrections.correct(void("20260101T000000Z-00000000"))
    end = shop.erase()
    (end.bundle / "certificate.sig").write_bytes(b"nothing")
    with pytest.raises(CertificateError):
        shop.tickets.corrections.correct(void(end.statement["id"]))


def test_forget__receipt_was_corrected__both_are_gone(shop: Shop) -> None:
    """A correction repeats what it corrects; it goes with it."""
    came = shop.accept(DISK)
    assert came.document is not None
    field = CorrectedValue(field="device.description", correct="Another")
    shop.tickets.corrections.correct(void(came.document, corrected=(field,)))
    shop.happen(came, ReturnRequest(staff=STAFF))
    assert len(names_in(shop.state / "bundles")) == 3
    shop.happen(came, ForgetRequest())
    assert names_in(shop.state / "bundles") == []


@pytest.mark.parametrize("fault", FAULTS)
def test_correct__fault_at_any_call__repeated_it_is_one_correction(
    tmp_path: Path, fault: Fault
) -> None:
    """One entry, one bundle, whatever broke in between."""
    held = Shop(state=tmp_path / "held")
    document = held.accept(DISK).document or ""
    step, hit = 0, True
    while hit:
        shop = held.copied(tmp_path / f"run-{step}")
        with fault.injected(step) as injection:
            try:
                shop.tickets.corrections.correct(void(document))
            except (StationError, CertsError, OSError, PowerCutError):
                assert injection.hit
        shop.start()
        done = shop.tickets.corrections.correct(void(document))
        assert shop.audited().counts[EntryKind.CORRECTION.value] == 1
        assert names_in(shop.state / "bundles") == sorted([document, done.document])
        step, hit = step + 1, injection.hit
    assert step > 25
