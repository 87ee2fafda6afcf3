"""One job as it stands on the counter: what the screen shows of it, and the thread that runs it.

A seat outlives the runs of its job: it is interrupted, continued, ended, and at last closed when
the device is handed out. ``Floor`` keeps the seats and serializes what is done to them.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any, Final

from certs.bundle import read_bundle
from certs.text import Text
from grading.library import all_rulesets
from wipe_station import reasons
from wipe_station.api_values import (
    DocumentView,
    GradeView,
    JobState,
    JobView,
    ProgressView,
    Words,
)
from wipe_station.continuing import interrupted_by
from wipe_station.eta import Eta
from wipe_station.evidence import JobEvidence
from wipe_station.grade_view import grade_view
from wipe_station.issuer import JobEnd
from wipe_station.job import OpenJob
from wipe_station.methods import all_methods
from wipe_station.policies import all_policies
from wipe_station.records import CONFIRMING_KINDS, Outcome, Progress
from wipe_station.views import outcome_text, progress_view, said_by, words

SHOWN_EVERY_S: Final = 0.25
"""Progress is news this often; a screen needs no more."""
ZIP_NAME: Final = "bundle.zip"


@dataclass(slots=True, kw_only=True)
class Seat:
    """A job on the counter."""

    evidence: JobEvidence
    """As of its last start or end; plan and device of it never change."""
    on_change: Callable[[], None]
    state: JobState = JobState.INTERRUPTED
    revision: int = 0
    device_key: str | None = None
    progress: ProgressView | None = None
    reason: Text | None = None
    document: DocumentView | None = None
    grade: GradeView | None = None
    job: OpenJob | None = None
    thread: Thread | None = None
    tried_keys: set[str] = field(default_factory=set)
    """Plugging-ins on which it was tried to go on alone."""
    eta: Eta = field(default_factory=Eta)
    shown_at_s: float = 0.0

    @property
    def job_id(self) -> str:
        """Return the job's id."""
        return self.evidence.job_id

    @property
    def device(self) -> dict[str, Any]:
        """Return the device as the journal's plan states it."""
        device: Any = self.evidence.plan["device"]
        return dict(device)

    @property
    def planned_key(self) -> str:
        """Return the key of the plugging-in that the plan was made for."""
        return f"{self.device['name']}-{self.device.get('diskseq', 0)}"

    @property
    def busy(self) -> bool:
        """Whether the job still wants its device."""
        return self.state in (JobState.RUNNING, JobState.INTERRUPTED)

    def changed(self) -> None:
        """Count the change and tell the floor."""
        self.revision += 1
        self.on_change()

    def tell(self, now: Progress) -> None:
        """Take progress from the running engine, ten times a second at most."""
        now_s = time.monotonic()
        self.eta.update(now_s, now.done_bytes)
        last = now.done_bytes == now.total_bytes
        same = self.progress is not None and self.progress.rests == now.rests
        if same and now_s - self.shown_at_s < SHOWN_EVERY_S and not last:
            return
        self.shown_at_s = now_s
        self.progress = progress_view(
            now, self.eta.mean_bytes_per_s(), self.eta.range_s(now.total_bytes - now.done_bytes)
        )
        self.changed()

    def begin(self, job: OpenJob | None, thread: Thread) -> None:
        """Start the thread that runs the job."""
        self.state, self.reason, self.job, self.thread = JobState.RUNNING, None, job, thread
        self.eta = Eta()
        self.changed()
        thread.start()

    def stand(self, evidence: JobEvidence, end: JobEnd | None) -> None:
        """Take what came of a run: signed, and told by the journal."""
        self.evidence, self.job = evidence, None
        if end is not None:
            self.document = document_view(end)
            self.grade = grade_of(end.statement)
        unfinished = evidence.outcome is Outcome.INDETERMINATE
        self.state = JobState.INTERRUPTED if unfinished else JobState.ENDED
        self.reason = None
        if unfinished:
            self.reason = reasons.INTERRUPTIONS[interrupted_by(evidence)]
        elif evidence.failure is not None:
            self.reason = Text(zh=str(evidence.failure["zh"]), en=str(evidence.failure["en"]))
        self.changed()

    def fail(self, reason: Text, *, broken: bool) -> None:
        """Take an error that ended a run; broken means that the line stops."""
        self.job = None
        self.state = JobState.BROKEN if broken else JobState.INTERRUPTED
        self.reason = reason
        self.changed()

    def view(self) -> JobView:
        """Return what the screen shows."""
        device, outcome = self.device, self._outcome()
        return JobView(
            job_id=self.job_id,
            revision=self.revision,
            state=self.state,
            stable_id=self._stable_id(),
            model=said_by(device, "model"),
            confirmation=_confirmation(device),
            size_bytes=self.evidence.size_bytes,
            device_key=self.device_key,
            policy_title=self._policy_title(),
            method_title=self._method_title(),
            practice=self.evidence.plan["practice"] is True,
            started_at=_started_at(self.job_id),
            progress=self.progress,
            outcome=outcome.value if outcome else None,
            outcome_text=words(outcome_text(outcome, sampled=self._sampled())) if outcome else None,
            reason=words(self.reason) if self.reason else None,
            can_resume=self._can_resume(),
            grade=self.grade,
            document=self.document,
        )

    def _can_resume(self) -> bool:
        """Return whether a tap would help: not where the device has to be unplugged first."""
        if self.state is not JobState.INTERRUPTED or self.device_key is None:
            return False
        replug = self.evidence.replug
        if replug is None or replug.seen:
            return True
        return self.device_key != f"{self.device['name']}-{replug.asked_diskseq}"

    def _outcome(self) -> Outcome | None:
        return None if self.state is JobState.RUNNING else self.evidence.outcome

    def _sampled(self) -> bool:
        done = self.evidence.verification
        return done is not None and done.sample is not None

    def _stable_id(self) -> str:
        device = self.device
        return f"{device['transport']}:{_confirmation(device) or device['name']}"

    def _policy_title(self) -> Words | None:
        policy: Any = self.evidence.plan.get("policy")
        if policy is None:
            return None
        known = all_policies().get(policy["name"])
        return words(known.title) if known else Words(zh=policy["title"], en=policy["name"])

    def _method_title(self) -> Words:
        method: Any = self.evidence.plan["method"]
        name = str(method["name"])
        known = all_methods().get(name)
        return words(known.title) if known else Words(zh=name, en=name)


def document_view(end: JobEnd) -> DocumentView:
    """Return what was signed about a job."""
    return DocumentView(
        id=end.bundle.name,
        kind="notice" if "notice" in end.statement else "certificate",
        files=(*files_of(end.bundle), ZIP_NAME),
        no_pdf=words(end.no_pdf) if end.no_pdf else None,
    )


def files_of(bundle: Path) -> dict[str, bytes]:
    """Return a bundle's files by name, read with suspicion."""
    return read_bundle(bundle).files()


def grade_of(statement: dict[str, Any]) -> GradeView | None:
    """Recompute the grade under the rules that the statement names, if they are still here."""
    stated = statement.get("grade", {}).get("ruleset")
    rules = all_rulesets().get(stated)
    return grade_view(statement, rules) if rules is not None else None


def _confirmation(device: dict[str, Any]) -> str | None:
    return said_by(device, *CONFIRMING_KINDS)


def _started_at(job_id: str) -> str:
    """Return when a job was opened, which its id begins with: RFC 3339, UTC."""
    day, time_of_day = job_id[:8], job_id[9:15]
    date = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    return f"{date}T{time_of_day[:2]}:{time_of_day[2:4]}:{time_of_day[4:]}Z"
