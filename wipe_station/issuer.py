"""The signer: replays a job's journal from the disk and signs what it proves. I/O.

It takes no outcome from anybody. The log has the document before there is a bundle of it, the
bundle is durable before the journal says that it exists, and the journal is durable before anything
is shown; a crash in between is healed by the next call, which finds what is there already and
checks that it speaks about this very state of the journal.
"""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from certs.bundle import read_bundle, write_bundle
from certs.canonical import decode
from certs.errors import CertificateError, KeyStoreError, PdfError
from certs.keys import Signer
from certs.layout import Bundle
from certs.text import Text
from grading.library import DEFAULT_RULESET, ruleset_named
from wipe_station.clock import Clock, utc_text
from wipe_station.errors import EvidenceError
from wipe_station.evidence import JobEvidence, replay
from wipe_station.journal import Journal, state_disk_error
from wipe_station.journal_format import parse
from wipe_station.records import Outcome
from wipe_station.run_state import Kind
from wipe_station.statement import Issue, build_statement, document_id
from wipe_station.station_log import StationLog, document_sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEnd:
    """How a job stands when nothing runs any more."""

    job_id: str
    outcome: Outcome
    bundle: Path
    statement: dict[str, Any]
    no_pdf: Text | None = None
    """Why the bundle that was just written has no PDF; None where it has one."""


class PdfMaker:
    """Makes the PDF of one bundle; where that fails, the bundle goes on without (decision 007)."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self.problem: Text | None = None

    def add(self, bundle: Bundle) -> Bundle:
        """Return the bundle with its PDF, or as it was, and remember why."""
        try:
            # Here, because what it loads takes 0.4 s and most commands make no PDF.
            from certs.pdf.make import add_pdf  # noqa: PLC0415

            return add_pdf(bundle, self._signer)
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

    def __init__(self, bundles: Path, signer: Signer, log: StationLog, clock: Clock) -> None:
        self._bundles = bundles
        self._signer = signer
        self._log = log
        self._clock = clock

    def sign(self, journal: Journal) -> JobEnd:
        """Sign what the journal proves now, or return what was already signed for it.

        Raises:
            EvidenceError: the journal or an existing bundle cannot be trusted; nothing is signed.
        """
        history = parse(journal.path.read_bytes(), str(journal.path))
        job = replay(history)
        if history.records[-1].kind == Kind.DOCUMENT.value:
            return self._end(job, self._bundles / str(job.documents[-1]["id"]))
        folder = self._bundles / document_id(job)
        page = PdfMaker(self._signer)
        if folder.exists():
            self._check_belongs(folder, job)
        else:
            folder = self._write(job.job_id, self._statement(job), page)
        document = _read(folder).document
        journal.append(
            Kind.DOCUMENT.value,
            {"id": folder.name, "sha256": hashlib.sha256(document).hexdigest()},
        )
        return replace(self._end(job, folder), no_pdf=page.problem)

    def _write(self, job_id: str, statement: dict[str, Any], page: PdfMaker) -> Path:
        def logged(bundle: Bundle) -> Bundle:
            return page.add(replace(bundle, proof=self._log.proven(bundle, job_id, statement)))

        try:
            return write_bundle(self._bundles, statement, self._signer, logged)
        except OSError as error:
            raise state_disk_error(self._bundles) from error

    def _statement(self, job: JobEvidence) -> dict[str, Any]:
        """Build the statement; the very one that the log has already, if a crash came after it."""
        earlier = self._log.earlier(job.job_id, job.head_sha256)
        if earlier is not None:
            again = self._built(job, earlier.fields["issued_at"])
            if document_sha256(again) == earlier.fields["document_sha256"]:
                return again
        return self._built(job, utc_text(self._clock.utc()))

    def _built(self, job: JobEvidence, issued_at: str) -> dict[str, Any]:
        issue = Issue(
            issued_at=issued_at,
            key_id=self._signer.key_id,
            practice_key=self._signer.practice,
            ruleset=ruleset_named(DEFAULT_RULESET),
            log=self._log.names,
        )
        return build_statement(job, issue)

    def _check_belongs(self, folder: Path, job: JobEvidence) -> None:
        statement = decode(_read(folder).document)
        if statement["journal"]["head_sha256"] != job.head_sha256:
            raise EvidenceError(
                Text(
                    zh=f"文件夹 {folder.name} 里的证明和任务记录对不上。",
                    en=f"Bundle {folder.name} does not belong to this journal.",
                ),
                hint=Text(zh="停下，交给工程师。", en="Stop and hand both to an engineer."),
            )

    def _end(self, job: JobEvidence, folder: Path) -> JobEnd:
        statement = decode(_read(folder).document)
        return JobEnd(job_id=job.job_id, outcome=job.outcome, bundle=folder, statement=statement)


def _read(folder: Path) -> Bundle:
    """Read a bundle of our own."""
    try:
        return read_bundle(folder)
    except CertificateError as error:
        raise EvidenceError(error.message, hint=error.hint) from error
