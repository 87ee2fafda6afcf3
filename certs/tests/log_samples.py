"""Logs for tests: keys, entries, and a whole small log in a folder."""

from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certs.log.entry import EntryKind, Moment, entry_bytes
from certs.log.note import Algorithm, NoteSigner, signer_of
from certs.log.writer import LogWriter

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
    """Return that a document about a job was signed."""
    return entry(
        EntryKind.OUTCOME,
        second,
        job=job(number),
        document=job(number) + (f"-n{notice}" if notice else ""),
        document_sha256=DIGEST,
        journal_sha256=DIGEST,
        type="notice" if notice else "certificate-of-erasure",
        outcome=end,
        practice=True,
    )


def ticket(kind: EntryKind, number: int, second: int = 0) -> bytes:
    """Return something about a ticket."""
    own = {} if kind is EntryKind.DATA_DELETED else {"commitment": DIGEST}
    return entry(kind, second, ticket=f"T-{number}", **own)


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


def written(folder: Path, entries: list[bytes]) -> LogWriter:
    """Return a log with these entries, appended at once."""
    writer = LogWriter(folder, log_signer())
    if entries:
        writer.append(entries)
    return writer
