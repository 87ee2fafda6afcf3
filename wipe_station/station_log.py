"""The station's transparency log: begun jobs, signed documents, self-tests, custody. I/O.

An entry is durable before what it speaks of can be seen by anybody: a job's beginning before its
journal exists, a document before its bundle does. So whatever is found on a station or in a
customer's hand stands in the log; the reverse is not so, and a crash may leave an entry about a job
or a document that came no further. A document that was in the log already is issued with the very
same bytes after a crash (``earlier``).

The log has a key of its own. The station's key vouches for it: each document names it. When another
key signs documents than before, the log says so, once. Another key of the log itself waits beside
the old one (``wipe-cert keys rotate-log``) and takes over here, at the next start.
"""

import contextlib
import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import RLock
from typing import Final

from certs.canonical import JsonObject, encode
from certs.durable import NewFile, write_file
from certs.errors import KeyStoreError, LogBrokenError, MalformedLogError
from certs.keys import (
    LOG_FOLDER,
    LOG_KEY_FOLDER,
    adopt_next_log_key,
    ensure_log_key,
    next_log_key,
    read_key_file,
)
from certs.layout import Bundle
from certs.log.audit import CHECKPOINT
from certs.log.checkpoint import parse_checkpoint
from certs.log.entry import SALT_BYTES, Entry, EntryKind, Moment, commitment, entry_bytes
from certs.log.folder import read_log_file
from certs.log.note import parse_key
from certs.log.writer import LogWriter
from certs.logged import wanted_of
from certs.text import Text
from wipe_station.clock import Clock, utc_text
from wipe_station.errors import EvidenceError
from wipe_station.journal import state_disk_error
from wipe_station.settings import WitnessSetting
from wipe_station.software import software
from wipe_station.witnessing import Witnessing

KNOWN_NAME: Final = "station-key-id"
"""Beside the log's key: the key of the station's documents that the log knows of."""
MOST_KNOWN_BYTES: Final = 128
LOOKED_BACK: Final = 512
"""Entries to look at for what a crash may have left; then it is long past."""


class StationLog:
    """The log in a state directory. Fit for several threads; one process at a time."""

    def __init__(
        self, state: Path, clock: Clock, station_key_id: str, *, practice: bool = True
    ) -> None:
        """Open the log, and make it and its key where they are missing.

        Args:
            state: the state directory, or the one of the station's own keys in it; the caller
                holds its lock.
            clock: for entries.
            station_key_id: of the key that signs documents; a log that is there already keeps the
                name that it got from the first one.
            practice: whether that key signs practice documents only.

        Raises:
            EvidenceError: the log is not as it was left; nothing may be issued.
            StationError: the disk is full or fails.
        """
        self._folder = state / LOG_FOLDER
        self._clock = clock
        self._lock = RLock()
        self._broken = False
        with self._translated():
            origin = _origin(self._folder, station_key_id, practice=practice)
            signer = ensure_log_key(state / LOG_KEY_FOLDER, origin)
            self.key = signer.key
            self._writer = LogWriter(self._folder, signer)
        if self._writer.size == 0:
            self._append(
                EntryKind.LOG_OPENED, log_key=self.key.text(), station_key_id=station_key_id
            )
        self._hand_over(state / LOG_KEY_FOLDER)
        self._announce(state / LOG_KEY_FOLDER / KNOWN_NAME, station_key_id)

    def _hand_over(self, keys: Path) -> None:
        """Have the key that waits sign the log from here on, or end what a crash cut short."""
        with self._translated():
            new = next_log_key(keys, self.key.name)
            if new is None:
                return
            text = new.key.text()
            if self._writer.find(lambda entry: _hands_over(entry, text), LOOKED_BACK) is None:
                self._writer.hand_over(new, self._moment())
            adopt_next_log_key(keys)
            self._writer = LogWriter(self._folder, new)
            self.key = new.key

    def _announce(self, path: Path, key_id: str) -> None:
        """Write down, once, that another key signs documents than the log knows of.

        What the log knows stands in a file, so that nobody has to read all of it at each start; a
        crash between entries and file is seen in the last entries.
        """
        known = self._known_key(path)
        told = self._key_named(self.newest(_names_a_key, self.size - LOOKED_BACK)) == key_id
        if known != key_id and not told:
            events = (("retired", known), ("added", key_id))
            self.happened(
                [(EntryKind.KEY_EVENT, {"event": event, "key_id": key}) for event, key in events]
            )
        if known != key_id or not path.exists():
            with self._translated():
                write_file(path, NewFile(data=key_id.encode() + b"\n"))

    def _known_key(self, path: Path) -> str:
        """Return the station's key that the log named last."""
        if path.exists():
            with self._translated():
                return read_key_file(path, MOST_KNOWN_BYTES).decode("ascii", "replace").strip()
        key_id = self._key_named(self.newest(_names_a_key))
        assert key_id is not None, "the first entry names one"
        return key_id

    def _key_named(self, index: int | None) -> str | None:
        """Return the station's key that an entry names; None where there is no entry."""
        entry = None if index is None else self.entry(index)
        if entry is None:
            return None
        return str(entry.fields.get("key_id", entry.fields.get("station_key_id")))

    @property
    def names(self) -> dict[str, str]:
        """Return what a statement says about its log."""
        return {"log_origin": self.key.name, "log_key": self.key.text()}

    def every_names(self) -> Iterator[dict[str, str]]:
        """Yield ``names``, and then what they were under each key of before, the newest first."""
        yield self.names
        for text in self._earlier_keys():
            yield self.names | {"log_key": text}

    def _earlier_keys(self) -> list[str]:
        with self._lock, self._translated():
            told = [each.fields["log_key"] for each in self._writer.backwards() if _is_key(each)]
        return told[1:]

    def witnessing(self, witnesses: Sequence[WitnessSetting]) -> Witnessing:
        """Return what has others sign that this log only grew."""
        return Witnessing(self._folder, self.key, witnesses)

    def started(self, job_id: str, plan: JsonObject) -> bytes:
        """Write down that a job begins; return the salt under which its plan is committed to.

        Args:
            job_id: drawn for it.
            plan: what is going to be done, and to which device.
        """
        salt = secrets.token_bytes(SALT_BYTES)
        self._append(
            EntryKind.START,
            job=job_id,
            commitment=commitment(salt, encode(plan)),
            practice=plan["practice"],
        )
        return salt

    def tested(self, *, passed: bool) -> None:
        """Write down how a self-test of this program ended."""
        program = software()["source_sha256"]
        self._append(EntryKind.SELF_TEST, passed=passed, software_sha256=program)

    # --- custody -----------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """Return how many entries there are."""
        return self._writer.size

    def happened(self, events: Sequence[tuple[EntryKind, JsonObject]]) -> int:
        """Write down what happened to tickets, all or nothing; return the first entry's index."""
        with self._lock, self._translated():
            moment = self._moment()
            return self._writer.append(
                [entry_bytes(kind, moment, fields) for kind, fields in events]
            )

    def newest(self, fits: Callable[[Entry], bool], since: int = 0) -> int | None:
        """Return the index of the newest entry that fits, and is not before a place."""
        with self._lock, self._translated():
            return self._writer.find(fits, max(0, self._writer.size - since))

    def entry(self, index: int) -> Entry | None:
        """Return an entry; None where the log does not reach so far."""
        with self._lock, self._translated():
            return self._writer.entry(index) if index < self._writer.size else None

    def proof(self, index: int, log_key: str) -> bytes:
        """Return the proof that an entry stands there.

        Args:
            index: of the entry.
            log_key: as the document names it that the entry is about; perhaps one of before, where
                a crash left the document waiting for its bundle.
        """
        with self._lock, self._translated():
            if log_key == self.key.text():
                return self._writer.prove(index).text()
            proof = self._writer.prove_under(index, parse_key(log_key))
        if proof is None:
            raise EvidenceError(
                Text(
                    zh="文件里写的不是这份日志的密钥。", en="The document names no key of this log."
                ),
                hint=Text(zh="停下，叫工程师。", en="Stop and call an engineer."),
            )
        return proof.text()

    # --- documents about jobs ----------------------------------------------------------------

    def earlier(self, job_id: str, journal_sha256: str) -> Entry | None:
        """Return the entry about a document that was signed for this very state of a journal."""
        with self._lock, self._translated():
            index = self._writer.find(
                lambda entry: (
                    entry.kind is EntryKind.OUTCOME
                    and (entry.fields["job"], entry.fields["journal_sha256"])
                    == (job_id, journal_sha256)
                ),
                LOOKED_BACK,
            )
            return None if index is None else self._writer.entry(index)

    def proven(self, bundle: Bundle, job_id: str, statement: JsonObject) -> bytes:
        """Write down that a document was signed, once; return the proof that it stands there."""
        wanted = wanted_of(statement, bundle.document)
        with self._lock:
            with self._translated():
                index = self._writer.find(
                    lambda entry: entry.fields.get("document_sha256") == wanted["document_sha256"],
                    LOOKED_BACK,
                )
            if index is None:
                index = self._append(EntryKind.OUTCOME, job=job_id, **wanted)
            return self.proof(index, statement["log_key"])

    def _append(self, kind: EntryKind, **fields: object) -> int:
        return self.happened([(kind, fields)])

    def _moment(self) -> Moment:
        return Moment(
            at=utc_text(self._clock.utc()),
            boot_id=self._clock.boot_id(),
            monotonic_ms=self._clock.monotonic_ns() // 1_000_000,
        )

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Say what failed in the station's own words; look anew at a disk that failed before."""
        try:
            if self._broken:
                self._writer.reopen()
                self._broken = False
            yield
        except OSError as error:
            self._broken = True
            raise state_disk_error(self._folder) from error
        except (LogBrokenError, MalformedLogError, KeyStoreError) as error:
            raise EvidenceError(error.message, hint=error.hint) from error


def _hands_over(entry: Entry, log_key: str) -> bool:
    return entry.kind is EntryKind.LOG_KEY and entry.fields["log_key"] == log_key


def _is_key(entry: Entry) -> bool:
    return entry.kind in {EntryKind.LOG_KEY, EntryKind.LOG_OPENED}


def _names_a_key(entry: Entry) -> bool:
    added = entry.kind is EntryKind.KEY_EVENT and entry.fields["event"] == "added"
    return added or entry.kind is EntryKind.LOG_OPENED


def document_sha256(statement: JsonObject) -> str:
    """Return the digest of a document's bytes."""
    return hashlib.sha256(encode(statement)).hexdigest()


def _origin(folder: Path, station_key_id: str, *, practice: bool) -> str:
    """Return the log's name; nobody can look it up, so it ends in none.

    A renewed key does not rename the log: its name is in its checkpoint, under the log's signature.
    """
    if not practice and (folder / CHECKPOINT).exists():
        return parse_checkpoint(read_log_file(folder, CHECKPOINT)).origin
    kind = "practice" if practice else "station"
    return f"{kind}-{station_key_id[:16]}.wipe-station.invalid"
