"""Whether a station's disk claims more than a drive holds, after whatever happened to both."""

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from certs.bundle import read_bundle
from certs.keys import load_note_key
from certs.log.audit import audit
from certs.log.checkpoint import parse_checkpoint
from certs.log.entry import EntryKind
from certs.log.folder import read_log_file
from certs.log.note import Algorithm
from certs.log.proof import parse_proof
from certs.verify import verify
from hw_tests.independent_stream import UNIT_BYTES, unit_bytes
from wipe_station.evidence import replay
from wipe_station.journal_format import parse
from wipe_station.overwrite.damage import joined, outside
from wipe_station.overwrite.stream import expected_bytes
from wipe_station.records import Outcome


def expected(pattern: dict[str, Any], length: int) -> bytes:
    """Return a stated pattern over a whole drive, by a cipher that is not ours."""
    if pattern["kind"] == "fixed":
        return bytes.fromhex(pattern["bytes_hex"]) * length
    key, units = bytes.fromhex(pattern["key_hex"]), -(-length // UNIT_BYTES)
    made = [unit_bytes(key, n, min(UNIT_BYTES, length - n * UNIT_BYTES)) for n in range(units)]
    return b"".join(made)


def check_claims(state: Path, there: bytes) -> None:
    """What stands in journals and certificates is what stands on the drive, or less.

    Args:
        state: the station's state directory.
        there: what the drive truly holds.
    """
    for file in state.glob("jobs/*/journal.jsonl"):
        history = parse(file.read_bytes(), str(file))
        if not history.records:
            continue
        job = replay(history)
        current = job.current_pass()
        if current is not None and current.pattern is not None:
            reached = current.reached_bytes()
            for start, end in outside(0, reached, joined(current.unwritten)):
                assert there[start:end] == expected_bytes(current.pattern, start, end - start)
        if job.outcome is Outcome.VERIFIED:
            assert job.passes[-1].pattern is not None
            assert there == expected_bytes(job.passes[-1].pattern, 0, len(there))
    check_certificates(state, there)


def check_log(state: Path) -> None:
    """The log is sound, and has whatever stands elsewhere: each journal's job, each document.

    Args:
        state: the station's state directory; perhaps it was cut before it had a log.
    """
    documents = [read_bundle(folder) for folder in state.glob("bundles/[!.]*")]
    if not (state / "log" / "checkpoint").exists():
        assert not documents, "a document and no log"
        assert not is_recorded(state), "a job and no log"
        return
    read = partial(read_log_file, state / "log")
    origin = parse_checkpoint(read("checkpoint")).origin
    key = load_note_key(state / "log-key" / "log-key.pem", origin, Algorithm.ED25519).key
    proofs = [parse_proof(bundle.proof) for bundle in documents if bundle.proof is not None]
    assert len(proofs) == len(documents), "a document without its proof"
    found = audit(read, key, proofs=proofs)
    assert not found.findings, found.findings
    begun = found.counts[EntryKind.START.value]
    assert begun >= len(
        [file for file in state.glob("jobs/*/journal.jsonl") if file.stat().st_size]
    )
    for bundle in documents:
        verify(bundle, root_pem=None, allow_practice=True, now=datetime.now(UTC))


def check_certificates(state: Path, there: bytes) -> None:
    """A certificate says what is durable on the drive, whoever cuts the power when; so the log."""
    check_log(state)
    for certificate in state.glob("bundles/[!.]*/certificate.json"):
        statement = json.loads(certificate.read_bytes())
        assert there == expected(statement["passes"][-1]["pattern"], len(there))


def is_recorded(state: Path) -> bool:
    """Tell whether any job has left a word on the disk."""
    return any(file.stat().st_size for file in state.glob("jobs/*/journal.jsonl"))
