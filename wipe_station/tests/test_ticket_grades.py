"""Grade reports of a ticket: what they follow from, and what nobody can make them say."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from certs.canonical import decode
from grading.library import ruleset_named
from grading.rules import evaluate
from wipe_station.errors import CustodyError, EvidenceError, InvalidInputError
from wipe_station.issuer import PdfMaker
from wipe_station.measures import OF_A_JOB, measures_of
from wipe_station.run_state import Kind
from wipe_station.tests.jobs import plan_record, whole_job
from wipe_station.tests.shop import DISK, PHONE, STAFF, Shop
from wipe_station.tests.test_corrections import void
from wipe_station.ticket_grades import typed_measures
from wipe_station.ticket_values import GradeRequest, ReturnRequest

RULES = ruleset_named("drive-1")
TYPED: dict[str, bool | int | str] = {"drive_kind": "nvme", "nvme_media_errors": 3}


@pytest.fixture(autouse=True)
def _no_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PdfMaker, "add", lambda _, bundle: bundle)


@pytest.fixture(name="shop")
def _shop(tmp_path: Path) -> Shop:
    return Shop(state=tmp_path)


def grade(measures: dict[str, Any] | None = None, **changes: Any) -> GradeRequest:
    """Ask for a grade."""
    asked = GradeRequest(staff=STAFF, measures=measures or {})
    return asked.model_copy(update=changes)


def test_grade__before_an_erasure__provisional_and_recomputed_by_anybody(shop: Shop) -> None:
    """The report holds its measures, and the grade is what the named rules make of them."""
    done = shop.happen(shop.accept(), grade(TYPED))
    said = shop.noticed(done)
    assert (said["type"], said["stage"], said["measures"]) == ("grade-report", "provisional", TYPED)
    found = {each.axis.value: each.grade.value for each in evaluate(TYPED, RULES).axes}
    assert {axis: said["grade"][axis] for axis in found} == found
    assert said["grade"]["ruleset_sha256"] == RULES.sha256
    assert said["staff"] == STAFF
    found_in_log = shop.audited()
    assert (found_in_log.findings, found_in_log.counts["grade"]) == ([], 1)
    assert found_in_log.open_custody == [done.ticket.number]


def test_grade__after_the_erasure__final_by_its_measures_with_the_one_before(shop: Shop) -> None:
    """What the erasure measured is in the report; its document is named, and the grade before."""
    came = shop.accept(DISK)
    first = shop.happen(came, grade({"drive_kind": "ata-ssd"}))
    shop.clock.now += timedelta(minutes=1)
    end = shop.erase()
    said = shop.noticed(shop.happen(came, grade({"drive_kind": "ata-ssd"})))
    assert said["stage"] == "final"
    assert said["about"]["document"] == end.statement["id"]
    assert said["measures"] == {"drive_kind": "ata-ssd"} | end.statement["measures"]
    assert said["previous"]["document"] == first.document
    assert said["previous"]["grade"] == shop.noticed(first)["grade"]


def test_grade__the_same_again__no_second_report(shop: Shop) -> None:
    """The same measures by the same rules are the same grade, whoever asks; others are another."""
    came = shop.accept()
    first = shop.happen(came, grade(TYPED))
    again = shop.happen(came, grade(TYPED, staff="8"))
    assert (again.repeated, again.document) == (True, first.document)
    assert not shop.happen(came, grade(TYPED | {"nvme_media_errors": 4})).repeated
    assert shop.audited().counts["grade"] == 2


@pytest.mark.parametrize("name", sorted(OF_A_JOB))
def test_grade__typed_measure_of_an_erasure__refused(shop: Shop, name: str) -> None:
    """Nobody types that a device was erased, or how well."""
    came = shop.accept()
    with pytest.raises(InvalidInputError, match="Only an erasure"):
        shop.happen(came, grade({name: 1}))
    assert shop.audited().counts["grade"] == 0


def test_measures__of_a_whole_job__are_those_that_nobody_types(shop: Shop) -> None:
    """What a job measures and no drive says of itself is on the list, all of it."""
    speed: dict[str, Any] = {"slowest_ms": 9, "zones": [[zone, 1000 + zone] for zone in range(16)]}
    journal = shop.begin()
    job = shop.evidence(journal.path.parent.name)
    journal.close()
    assert job.verification is not None
    job.passes[-1].speed = dict(speed)
    job.verification.result["speed"] = dict(speed)
    assert measures_of(job).keys() == OF_A_JOB


WRONG: dict[str, Any] = {
    "nothing measured": grade(),
    "no such rules": grade(TYPED, ruleset="drive-999"),
    "name not of a measure": grade({"Two Words": 1}),
    "negative": grade({"power_on_hours": -1}),
    "another type than its rule's": grade({"smart_pending_sectors": "three"}),
    "too many": grade({f"m{number}": 1 for number in range(257)}),
}


@pytest.mark.parametrize("name", WRONG)
def test_grade__malformed__refused(shop: Shop, name: str) -> None:
    """What no rule could be applied to is not signed."""
    came = shop.accept()
    with pytest.raises(InvalidInputError):
        shop.happen(came, WRONG[name])
    assert shop.audited().counts["grade"] == 0


def test_typed_measures__no_json__refused() -> None:
    """A file that is none says so in the station's words."""
    with pytest.raises(InvalidInputError):
        typed_measures(b"power_on_hours = 7")


def test_grade__typed_against_the_erasure__refused(shop: Shop) -> None:
    """A drive that said one thing while it was erased is not graded by another."""
    came = shop.accept(DISK)
    steps = [
        plan_record(),
        (Kind.MEASURED, {"when": "after", "smart": {"power_on_hours": 7}}),
        *whole_job()[1:],
    ]
    shop.sign(shop.begin(steps))
    with pytest.raises(InvalidInputError, match="power_on_hours"):
        shop.happen(came, grade({"power_on_hours": 6}))
    assert shop.noticed(shop.happen(came, grade()))["measures"]["power_on_hours"] == 7


def test_grade__erasure_without_an_end_or_taken_back__refused(shop: Shop) -> None:
    """Half an erasure grades nothing, nor does a document that the station takes no more."""
    came = shop.accept(DISK)
    shop.sign(shop.begin([plan_record()]))
    with pytest.raises(CustodyError, match="no end yet"):
        shop.happen(came, grade(TYPED))
    shop.clock.now += timedelta(minutes=1)
    end = shop.erase()
    shop.tickets.corrections.correct(void(end.statement["id"]))
    with pytest.raises(CustodyError, match="was corrected"):
        shop.happen(came, grade(TYPED))
    assert shop.audited().counts["grade"] == 0


@pytest.mark.parametrize("name", ["gone", "another"])
def test_grade__document_of_the_erasure_is_not_the_logs__stops_the_line(
    shop: Shop, name: str
) -> None:
    """The measures are those that were signed; what was put in their place grades nothing."""
    came = shop.accept(DISK)
    end = shop.erase()
    path = end.bundle / "certificate.json"
    data = path.read_bytes()
    path.unlink()
    if name == "another":
        assert decode(data)["measures"]["io_errors"] == 0
        path.write_bytes(data.replace(b'"io_errors":0', b'"io_errors":9'))
    with pytest.raises(EvidenceError, match="not that one"):
        shop.happen(came, grade(TYPED))


def test_grade__device_left__refused(shop: Shop) -> None:
    """Only what is here is graded."""
    came = shop.happen(shop.accept(PHONE), ReturnRequest(staff=STAFF))
    with pytest.raises(CustodyError, match="cannot happen"):
        shop.happen(came, grade(TYPED))
    assert shop.tickets.ticket(came.ticket.number) == came.ticket
