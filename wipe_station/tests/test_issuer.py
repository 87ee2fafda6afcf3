"""The signer and the bundles that lie there already."""

import contextlib
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from certs.bundle import read_bundle
from certs.errors import CertificateError, Layer
from certs.formats.fields import parse_time
from certs.keys import ensure_practice_keys
from certs.log.audit import Audit, audit
from certs.log.checkpoint import parse_checkpoint
from certs.log.folder import read_log_file
from certs.log.note import Algorithm, signer_of
from certs.tests.test_durable import FAULTS, Fault, PowerCutError
from certs.verify import verify
from wipe_station.errors import EvidenceError, StationError
from wipe_station.issuer import Issuer, PdfMaker
from wipe_station.journal import Journal
from wipe_station.records import Outcome
from wipe_station.run_state import Kind
from wipe_station.station_log import StationLog
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
    log = StationLog(tmp_path, clock, keys.signer.key_id)
    return Issuer(tmp_path / "bundles", keys.signer, log, clock)


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


def audited(folder: Path) -> Audit:
    """Look at the station's log as a stranger who knows its key."""
    private = load_pem_private_key((folder / "log-key/log-key.pem").read_bytes(), None)
    assert isinstance(private, Ed25519PrivateKey)
    read = partial(read_log_file, folder / "log")
    origin = parse_checkpoint(read("checkpoint")).origin
    return audit(read, signer_of(origin, private, Algorithm.ED25519).key)


def test_sign__document__stands_in_the_log_and_proves_it(tmp_path: Path, issuer: Issuer) -> None:
    """The bundle carries the proof, and nobody takes the document without it."""
    end = issuer.sign(write(tmp_path, whole_job(), "a.jsonl"))
    bundle = read_bundle(end.bundle)
    issued_at = parse_time(end.statement["issued_at"])
    verdict = verify(bundle, root_pem=None, allow_practice=True, now=issued_at)
    assert Layer.LOG in verdict.steps
    bare = replace(bundle, proof=None)
    with pytest.raises(CertificateError) as refused:
        verify(bare, root_pem=None, allow_practice=True, now=issued_at)
    assert refused.value.layer is Layer.LOG
    # Its beginning is not there: this journal was written by a test, not by a station.
    assert audited(tmp_path).counts == {"log-opened": 1, "outcome": 1}


@pytest.mark.parametrize("fault", FAULTS)
def test_sign__fault_at_any_call__one_document_in_log_and_bundle(
    tmp_path: Path, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever fails between the first byte and the last: signed again, it is the same document.

    No bundle is ever there whose document the log has not, and the log has it once.
    """
    monkeypatch.setattr(PdfMaker, "add", lambda _, bundle: bundle)
    step, hit = 0, True
    while hit:
        folder = tmp_path / f"run-{step}"
        (folder / "keys").mkdir(parents=True)
        (folder / "bundles").mkdir()
        clock = FakeClock()
        for _ in range(3600):
            clock.utc()
        signer = ensure_practice_keys(folder / "keys", clock.utc()).signer
        log = StationLog(folder, clock, signer.key_id)
        issuer = Issuer(folder / "bundles", signer, log, clock)
        path = write(folder, whole_job()).path
        with contextlib.closing(Journal(path, clock)) as journal, fault.injected(step) as injection:
            try:
                issuer.sign(journal)
            except (StationError, OSError, PowerCutError):
                assert injection.hit
        bundles = list((folder / "bundles").glob("2*"))
        assert audited(folder).counts["outcome"] >= len(bundles)
        again = Issuer(folder / "bundles", signer, StationLog(folder, clock, signer.key_id), clock)
        with contextlib.closing(Journal(path, clock)) as journal:
            end = again.sign(journal)
        bundle = read_bundle(end.bundle)
        issued_at = parse_time(end.statement["issued_at"])
        verify(bundle, root_pem=None, allow_practice=True, now=issued_at)
        assert audited(folder).counts["outcome"] == 1
        step, hit = step + 1, injection.hit
    assert step > 30
