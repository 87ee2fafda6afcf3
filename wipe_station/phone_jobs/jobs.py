"""The jobs on phones in a state directory: begun, read, signed. I/O.

They lie in a folder of their own: what a drive's job proves and what a phone's proves are judged by
different tables, and no job of the one kind is ever taken for the other's.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from wipe_station.clock import Clock
from wipe_station.errors import EvidenceError
from wipe_station.issuer import Craft, Issuer, JobEnd
from wipe_station.job_opening import JOURNAL_NAME, begin_journal
from wipe_station.journal import Journal
from wipe_station.journal_format import parse
from wipe_station.phone_jobs.plan import PhonePlan
from wipe_station.phone_jobs.replay import PhoneJob, replay_phone
from wipe_station.phone_jobs.statement import RULESET, phone_statement
from wipe_station.records import Json
from wipe_station.station_log import StationLog

FOLDER: Final = "phone-jobs"
PHONES: Final = Craft(replay=replay_phone, statement=phone_statement, ruleset=RULESET)


class PhoneJobs:
    """All jobs on phones; the caller of ``begin`` closes the journal."""

    def __init__(  # noqa: PLR0913 - what jobs are built of
        self,
        state: Path,
        clock: Clock,
        issuer: Issuer,
        *,
        practice: bool,
        log_of: Callable[[bool], StationLog],
        require_ready: Callable[[], None],
    ) -> None:
        """Make the folder where it is missing.

        Args:
            state: the state directory; the caller holds its lock.
            clock: for records.
            issuer: signs.
            practice: whether all that is signed here is practice.
            log_of: returns the log for practice, or the other one.
            require_ready: raises where nothing could be signed in the end, or the station has not
                proven itself.
        """
        self._folder = state / FOLDER
        self._clock = clock
        self._issuer = issuer
        self.practice = practice
        self._log_of = log_of
        self._require_ready = require_ready
        self._folder.mkdir(mode=0o700, exist_ok=True)

    def ids(self) -> tuple[str, ...]:
        """Return the ids of all of them, the oldest first."""
        return tuple(p.parent.name for p in sorted(self._folder.glob(f"*/{JOURNAL_NAME}")))

    def evidence(self, job_id: str) -> PhoneJob:
        """Return what a journal proves.

        Raises:
            EvidenceError: it is damaged or contradicts itself.
        """
        path = self._path(job_id)
        return replay_phone(parse(path.read_bytes(), str(path)))

    def begin(self, plan: PhonePlan, job_id: str, confirmed: Mapping[str, Json]) -> Journal:
        """Open the journal of a new job; its first record is the plan, and the log knows of it.

        Args:
            plan: confirmed by whoever pressed.
            job_id: drawn for it.
            confirmed: who confirmed and how.

        Raises:
            EvidenceError: nothing could be signed in the end, or the disk refuses.
            SelfTestError: the station did not pass its self-test.
        """
        self._require_ready()
        return begin_journal(
            self._folder / job_id,
            self._clock,
            self._log_of(plan.practice),
            job_id=job_id,
            planned=plan.to_json(),
            plan_sha256=plan.sha256(),
            confirmed=confirmed,
        )

    def sign(self, journal: Journal) -> JobEnd:
        """Sign what the journal proves now, or return what was signed for it.

        Raises:
            EvidenceError: journal or key cannot be trusted; nothing was signed.
        """
        return self._issuer.sign_by(PHONES, journal)

    def reopen(self, job_id: str) -> Journal:
        """Open the journal of a job that an earlier run left, for its document.

        Raises:
            EvidenceError: it cannot be trusted.
        """
        journal = Journal(self._path(job_id), self._clock)
        try:
            replay_phone(journal.history())
        except EvidenceError:
            journal.close()
            raise
        return journal

    def _path(self, job_id: str) -> Path:
        return self._folder / job_id / JOURNAL_NAME
