"""Logs for tests: keys, entries, and a whole small log in a folder."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certs.canonical import encode
from certs.log.checkpoint import Checkpoint, parse_checkpoint
from certs.log.entry import EntryKind, Moment, entry_bytes
from certs.log.note import Algorithm, NoteSigner, sign, signer_of
from certs.log.proof import Proof
from certs.log.tree import Peaks, inclusion_proof, leaf_hash
from certs.log.writer import LogWriter
from certs.logged import wanted_of

ORIGIN: Final = "log.example/station-7"
BOOT: Final = "00000000-0000-4000-8000-000000000001"
DIGEST: Final = "ab" * 32


def log_signer(seed: int = 1, name: str = ORIGIN) -> NoteSigner:
    """Return a log's key, the same for the same number."""
    return signer_of(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32), _PLAIN)


def witness_signer(seed: int = 9, name: str = "witness.example/w1") -> NoteSigner:
    """Return a witness's key."""
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return signer_of(name, private, Algorithm.COSIGNATURE)


_PLAIN: Final = Algorithm.ED25519


def entry(kind: EntryKind, second: int = 0, **fields: Any) -> bytes:
    """Return an entry of the first hour of a day."""
    at = f"2026-11-25T00:{second // 60:02}:{second % 60:02}Z"
    moment = Moment(at=at, boot_id=BOOT, monotonic_ms=second * 1000)
    return entry_bytes(kind, moment, fields)


def job(number: int) -> str:
    """Return a job's id."""
    return f"20261125T000000Z-{number:08x}"


def opening(second: int = 0) -> bytes:
    """Return a log's first entry."""
    key = log_signer().key.text()
    return entry(EntryKind.LOG_OPENED, second, log_key=key, station_key_id=DIGEST)


def start(number: int, second: int = 0) -> bytes:
    """Return that a job began."""
    return entry(EntryKind.START, second, job=job(number), commitment=DIGEST, practice=True)


def outcome(number: int, second: int = 0, *, end: str = "verified", notice: int = 0) -> bytes:
    """Return that a document about a job was signed, for a state of its journal of its own."""
    journal = hashlib.sha256(f"{number} {end} {notice}".encode()).hexdigest()
    return entry(
        EntryKind.OUTCOME,
        second,
        job=job(number),
        document=job(number) + (f"-n{notice}" if notice else ""),
        document_sha256=DIGEST,
        issued_at="2026-11-25T00:00:00Z",
        journal_sha256=journal,
        type="notice" if notice else "certificate-of-erasure",
        outcome=end,
        practice=True,
    )


def ticket(kind: EntryKind, number: int, second: int = 0) -> bytes:
    """Return something about a ticket."""
    own = {} if kind is EntryKind.DATA_DELETED else {"commitment": DIGEST}
    return entry(kind, second, ticket=f"T-{number}", **own)


def correction(document: str, second: int = 0) -> bytes:
    """Return that a document was found wrong."""
    return entry(EntryKind.CORRECTION, second, document=document, commitment=DIGEST)


def story(jobs: int) -> list[bytes]:
    """Return the entries of a log: every third job failed, every fifth was interrupted first."""
    entries = [opening()]
    for number in range(jobs):
        entries.append(start(number))
        if number % 5 == 4:
            entries.append(outcome(number, end="indeterminate", notice=1))
        failed = number % 3 == 2
        end = "failed" if failed else "verified"
        entries.append(outcome(number, end=end, notice=2 if failed else 0))
    return entries


def logged_statement(statement: dict[str, Any]) -> dict[str, Any]:
    """Return a statement that names the sample log."""
    return statement | {"log_origin": ORIGIN, "log_key": log_signer().key.text()}


def about(statement: dict[str, Any], **changes: Any) -> bytes:
    """Return the log's entry about a document."""
    wanted = wanted_of(statement, encode(statement)) | {"job": job(1)} | changes
    return entry(EntryKind.OUTCOME, 3, **wanted)


def proof_of(
    made: bytes, *, signer: NoteSigner | None = None, before: int = 5, behind: int = 3
) -> Proof:
    """Return an entry's proof from a log that was never written down."""
    others = [opening(), *(start(number) for number in range(before + behind))]
    entries = [*others[:before], made, *others[before:]]
    peaks = Peaks()
    full: dict[tuple[int, int], bytes] = {}
    for each in entries:
        full |= {(level, index): value for level, index, value in peaks.add(leaf_hash(each))}
    key = signer or log_signer()
    root = Checkpoint(origin=key.key.name, size=peaks.size, root=peaks.root())
    hashes = inclusion_proof(lambda level, index: full[level, index], before, peaks.size)
    return Proof(entry=made, index=before, hashes=tuple(hashes), checkpoint=root.signed(key))


def written(folder: Path, entries: list[bytes]) -> LogWriter:
    """Return a log with these entries, appended at once."""
    writer = LogWriter(folder, log_signer())
    if entries:
        writer.append(entries)
    return writer


def cosigned(proof: Proof, witness: NoteSigner) -> Proof:
    """Return a proof whose checkpoint a witness signed as well, at a moment of the sample day."""
    line = sign(parse_checkpoint(proof.checkpoint).text(), witness, 1_764_028_800)
    return replace(proof, checkpoint=proof.checkpoint + line.encode())
