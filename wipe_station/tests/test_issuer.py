"""The signer and the bundles that lie there already."""

from pathlib import Path

import pytest

from certs.keys import ensure_practice_keys
from wipe_station.errors import EvidenceError
from wipe_station.issuer import Issuer, PdfMaker
from wipe_station.journal import Journal
from wipe_station.records import Outcome
from wipe_station.run_state import Kind
from wipe_station.testing import FakeClock
from wipe_station.tests.jobs import JOB_ID, whole_job, write


@pytest.fixture
def issuer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Issuer:
    """Return a signer that makes no pages."""
    monkeypatch.setattr(PdfMaker, "add", lambda _, bundle: bundle)
    for name in ("keys", "bundles"):
        (tmp_path / name).mkdir()
    clock = FakeClock()
    keys = ensure_practice_keys(tmp_path / "keys", clock.utc())
    for _ in range(3600):
        clock.utc()  # after every record
    return Issuer(tmp_path / "bundles", keys.signer, clock)


def test_sign__journal_lost_its_last_word__same_bundle_again(
    tmp_path: Path, issuer: Issuer
) -> None:
    """Cut between bundle and record: the bundle is found, checked, and written down."""
    first = issuer.sign(write(tmp_path, whole_job(), "a.jsonl"))
    assert first.outcome is Outcome.VERIFIED
    lines = (tmp_path / "a.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "b.jsonl").write_bytes(b"".join(lines[:-1]))
    journal = Journal(tmp_path / "b.jsonl", FakeClock())
    again = issuer.sign(journal)
    assert (again.bundle, again.statement) == (first.bundle, first.statement)
    assert journal.history().records[-1].kind == Kind.DOCUMENT.value


def test_sign__bundle_of_another_journal__refused(tmp_path: Path, issuer: Issuer) -> None:
    """A bundle under the job's own name that speaks of other records is never taken for its own."""
    issuer.sign(write(tmp_path, whole_job(), "a.jsonl"))
    measured = (Kind.MEASURED, {"when": "after", "smart": {}})
    other = write(tmp_path, [*whole_job(), measured], "b.jsonl")
    with pytest.raises(EvidenceError, match="does not belong"):
        issuer.sign(other)
    assert other.history().records[-1].kind == Kind.MEASURED.value
    assert [path.name for path in (tmp_path / "bundles").iterdir()] == [JOB_ID]
