"""The signer: replays a job's journal from the disk and signs what it proves. I/O.

It takes no outcome from anybody. The log has the document before there is a bundle of it, the
bundle is durable before the journal says that it exists, and the journal is durable before anything
is shown; a crash in between is healed by the next call, which finds what is there already and
checks that it speaks about this very state of the journal.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from certs.bundle import read_bundle, write_bundle
from certs.canonical import decode
from certs.errors import CertificateError, ExpiredKeyError, KeyStoreError, PdfError, TokenError
from certs.expiry import expiry_notice
from certs.formats.fields import parse_time
from certs.keys import Signer, ensure_practice_keys
from certs.layout import Bundle
from certs.stamping import Service
from certs.station_keys import StationKeys, load_station_keys
from certs.text import Text
from grading.library import DEFAULT_RULESET, ruleset_named
from wipe_station.clock import Clock, offset_text, utc_text
from wipe_station.errors import EvidenceError, StationError
from wipe_station.evidence import replay
from wipe_station.journal import Journal, state_disk_error
from wipe_station.journal_format import History, parse
from wipe_station.records import Outcome
from wipe_station.statement import Issue, Proven, build_statement, document_id
from wipe_station.station_log import StationLog, document_sha256

Job = TypeVar("Job", bound=Proven)
DOCUMENT: Final = "document"
"""The kind of a journal's line that says what was signed about it; of every kind of job."""
KEYS_FOLDER: Final = "keys"
"""In the state directory: the keys for practice."""
OWN_FOLDER: Final = "production"
"""In the state directory: ``keys`` of the station under an organisation's root, and their log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEnd:
    """How a job stands when nothing runs any more."""

    job_id: str
    outcome: Outcome
    bundle: Path
    statement: dict[str, Any]
    no_pdf: Text | None = None
    """Why the bundle that was just written has no PDF; None where it has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Craft(Generic[Job]):
    """One kind of job: how its journal is replayed, what is stated of it, and graded by."""

    replay: Callable[[History], Job]
    statement: Callable[[Job, Issue], dict[str, Any]]
    ruleset: str


DRIVES: Final = Craft(replay=replay, statement=build_statement, ruleset=DEFAULT_RULESET)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What a document is signed with, and the log that it is going to stand in."""

    signer: Signer
    log: StationLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """The station's own key under an organisation's root, and the log beside it."""

    keys: StationKeys
    log: StationLog

    def seal(self, now: datetime) -> Seal:
        """Return what signs while the certificate is valid.

        Raises:
            EvidenceError: it is over, or the clock is behind.
        """
        try:
            self.keys.require_valid(now)
        except ExpiredKeyError as error:
            raise EvidenceError(error.message, hint=error.hint) from error
        return Seal(signer=self.keys.signer, log=self.log)

    def notices(self, now: datetime) -> tuple[Text, ...]:
        """Return what the manager should see to: a certificate that ends soon, or has ended."""
        notice = expiry_notice(self.keys.chain, now)
        return () if notice is None else (notice,)

    def require_ready(self, now: datetime) -> None:
        """Refuse what nobody could sign in the end.

        Raises:
            EvidenceError: the certificate is over, the clock is behind, or the key's token is away.
        """
        self.seal(now)
        try:
            self.keys.prove()
        except TokenError as error:
            raise EvidenceError(error.message, hint=error.hint) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Seals:
    """All that the station signs with: for practice, and its own where it has a key of its own."""

    practice: Seal
    practice_root_pem: bytes
    own: Own | None
    clock: Clock

    def seal(self, *, practice: bool) -> Seal:
        """Return what signs now.

        Raises:
            EvidenceError: the station has no such key, or its certificate is over.
        """
        if practice:
            return self.practice
        return self._own().seal(self.clock.utc())

    @property
    def key_ids(self) -> frozenset[str]:
        """Return the ids of the keys that sign for this station."""
        own = set() if self.own is None else {self.own.keys.signer.key_id}
        return frozenset({self.practice.signer.key_id} | own)

    def log(self, *, practice: bool) -> StationLog:
        """Return the log of such documents, whether or not anything can be signed now.

        Raises:
            EvidenceError: the station has none.
        """
        return self.practice.log if practice else self._own().log

    def root_pem(self, *, practice: bool) -> bytes:
        """Return the root that such documents of this station lead to.

        Raises:
            EvidenceError: the station has none.
        """
        return self.practice_root_pem if practice else self._own().keys.root_pem

    def _own(self) -> Own:
        if self.own is None:
            raise EvidenceError(
                Text(zh="工作站自己的密钥不见了。", en="The station's own key is gone."),
                hint=Text(
                    zh="停下，叫工程师检查 production 文件夹。",
                    en="Stop and let an engineer look at the folder production.",
                ),
            )
        return self.own


def load_own(folder: Path, clock: Clock) -> Own | None:
    """Return the station's own key and log; None where no certificate was ever installed.

    Raises:
        KeyStoreError: the key cannot be trusted.
        EvidenceError: the log is not as it was left.
    """
    keys = load_station_keys(folder / "keys")
    if keys is None:
        return None
    log = StationLog(folder, clock, keys.signer.key_id, practice=False)
    return Own(keys=keys, log=log)


def open_seals(state: Path, clock: Clock) -> Seals:
    """Open keys and logs of a state directory, and make those for practice where they are missing.

    Raises:
        KeyStoreError: a key cannot be trusted.
        EvidenceError: a log is not as it was left.
    """
    keys = ensure_practice_keys(state / KEYS_FOLDER, clock.utc())
    return Seals(
        practice=Seal(signer=keys.signer, log=StationLog(state, clock, keys.signer.key_id)),
        practice_root_pem=keys.root_pem,
        own=load_own(state / OWN_FOLDER, clock),
        clock=clock,
    )


class PdfMaker:
    """Makes the PDF of one bundle; where that fails, the bundle goes on without (decision 007)."""

    def __init__(
        self, signer: Signer, host: str | None = None, service: Service | None = None
    ) -> None:
        self._signer = signer
        self._host = host
        self._service = service
        self.problem: Text | None = None

    def add(self, bundle: Bundle) -> Bundle:
        """Return the bundle with its PDF, or as it was, and remember why."""
        try:
            # Here, because what it loads takes 0.4 s and most commands make no PDF.
            from certs.pdf.make import add_pdf  # noqa: PLC0415

            return add_pdf(bundle, self._signer, host=self._host, service=self._service)
        except KeyStoreError:
            raise
        except PdfError as error:
            self.problem = error.message
        except Exception as error:  # noqa: BLE001 - no fault of a page may cost the document
            fault = f"{type(error).__name__}: {str(error)[:200]!a}"
            self.problem = Text(zh=f"没能做出 PDF：{fault}。", en=f"No PDF was made: {fault}.")
        return bundle


class Issuer:
    """Turns journals into signed bundles below one folder."""

    def __init__(  # noqa: PLR0913 - what a signer is built of
        self,
        bundles: Path,
        signer: Signer,
        log: StationLog,
        clock: Clock,
        own: Own | None = None,
        *,
        host: str | None = None,
        service: Service | None = None,
    ) -> None:
        """Take the keys.

        Args:
            bundles: where documents go.
            signer: of practice documents.
            log: that practice documents stand in.
            clock: for documents.
            own: for all other documents; without it there are none.
            host: the organisation's page for codes, or None.
            service: that stamps the signatures of PDFs, or None.
        """
        self._bundles = bundles
        self._practice = Seal(signer=signer, log=log)
        self._clock = clock
        self._own = own
        self.host = host
        self._service = service

    def signer_of(self, bundle: Bundle) -> Signer:
        """Return the key that signed a document of ours.

        Raises:
            StationError: the station signs with it no more.
        """
        key_id: str = decode(bundle.document)["key_id"]
        known: list[Signer] = [self._practice.signer]
        known += [] if self._own is None else [self._own.keys.signer]
        signer = next((each for each in known if each.key_id == key_id), None)
        if signer is None:
            raise StationError(
                Text(
                    zh="签这份文件的密钥已经换掉了，做不出新的二维码。",
                    en="The key of this document was replaced; no new code can be signed.",
                ),
                hint=Text(
                    zh="请打印证明（PDF），上面有原来的二维码。",
                    en="Print the PDF: it has the code that was signed then.",
                ),
            )
        return signer

    def sign(self, journal: Journal) -> JobEnd:
        """Sign what the journal of a drive's job proves now; see ``sign_by``."""
        return self.sign_by(DRIVES, journal)

    def sign_by(self, craft: Craft[Job], journal: Journal) -> JobEnd:
        """Sign what the journal proves now, or return what was already signed for it.

        Args:
            craft: of the kind of job.
            journal: read anew from its file.

        Raises:
            EvidenceError: the journal, an existing bundle or the key cannot be trusted; nothing is
                signed.
        """
        history = parse(journal.path.read_bytes(), str(journal.path))
        job = craft.replay(history)
        if history.records[-1].kind == DOCUMENT:
            return self._end(job, self._bundles / str(job.documents[-1]["id"]))
        folder = self._bundles / document_id(job)
        no_pdf = None
        if folder.exists():
            self._check_belongs(folder, job)
        else:
            seal = self._seal_of(job)
            page = PdfMaker(seal.signer, self.host, self._service)
            folder = self._write(job.job_id, self._statement(craft, job, seal), seal, page)
            no_pdf = page.problem
        document = _read(folder).document
        journal.append(
            DOCUMENT,
            {"id": folder.name, "sha256": hashlib.sha256(document).hexdigest()},
        )
        return replace(self._end(job, folder), no_pdf=no_pdf)

    def _seal_of(self, job: Proven) -> Seal:
        """Return the practice key for what was planned as practice, the own key for all else."""
        if self._own is None or job.plan.get("practice") is True:
            return self._practice
        return self._own.seal(self._clock.utc())

    def _write(self, job_id: str, statement: dict[str, Any], seal: Seal, page: PdfMaker) -> Path:
        def logged(bundle: Bundle) -> Bundle:
            return page.add(replace(bundle, proof=seal.log.proven(bundle, job_id, statement)))

        try:
            return write_bundle(self._bundles, statement, seal.signer, logged)
        except OSError as error:
            raise state_disk_error(self._bundles) from error

    def _statement(self, craft: Craft[Job], job: Job, seal: Seal) -> dict[str, Any]:
        """Build the statement; the very one that the log has already, if a crash came after it."""
        earlier = seal.log.earlier(job.job_id, job.head_sha256)
        if earlier is not None:
            # The log may have another key by now than the one that the document named.
            for names in seal.log.every_names():
                again = self._built(craft, job, seal, earlier.fields["issued_at"], names)
                if document_sha256(again) == earlier.fields["document_sha256"]:
                    return again
        return self._built(craft, job, seal, utc_text(self._clock.utc()), seal.log.names)

    def _built(
        self, craft: Craft[Job], job: Job, seal: Seal, issued_at: str, names: dict[str, str]
    ) -> dict[str, Any]:
        issue = Issue(
            issued_at=issued_at,
            utc_offset=offset_text(parse_time(issued_at)),
            key_id=seal.signer.key_id,
            practice_key=seal.signer.practice,
            ruleset=ruleset_named(craft.ruleset),
            log=names,
        )
        return craft.statement(job, issue)

    def _check_belongs(self, folder: Path, job: Proven) -> None:
        statement = decode(_read(folder).document)
        if statement["journal"]["head_sha256"] != job.head_sha256:
            raise EvidenceError(
                Text(
                    zh=f"文件夹 {folder.name} 里的证明和任务记录对不上。",
                    en=f"Bundle {folder.name} does not belong to this journal.",
                ),
                hint=Text(zh="停下，交给工程师。", en="Stop and hand both to an engineer."),
            )

    def _end(self, job: Proven, folder: Path) -> JobEnd:
        statement = decode(_read(folder).document)
        return JobEnd(job_id=job.job_id, outcome=job.outcome, bundle=folder, statement=statement)


def _read(folder: Path) -> Bundle:
    """Read a bundle of our own."""
    try:
        return read_bundle(folder)
    except CertificateError as error:
        raise EvidenceError(error.message, hint=error.hint) from error
