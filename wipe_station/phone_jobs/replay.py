"""Replay the journal of a phone's erasure: what it proves, and nothing beyond that. Pure.

The signer accepts no outcome from anybody. It walks the route's own table (``phones.run``), adds up
what each look showed, and a look's finding is computed anew from the evidence: a journal that says
more than its own observations support contradicts itself.
"""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from certs.text import Text
from wipe_station.errors import EvidenceError
from wipe_station.journal_format import History, Record
from wipe_station.phone_jobs.plan import intake_of
from wipe_station.phone_jobs.record import Kind, facts_of, look_of, overwritten_of
from wipe_station.phones.canary import Canary
from wipe_station.phones.claim import PhoneClaim, claim_of
from wipe_station.phones.evidence import Evidence, Finding, finding_of
from wipe_station.phones.facts import PhoneFacts
from wipe_station.phones.overwrite import NOTHING, Overwritten
from wipe_station.phones.routes import ROUTES, Intake, Route, gates_shut
from wipe_station.phones.run import (
    EVENT_OF,
    FINAL,
    Event,
    State,
    next_state,
    outcome_of,
)
from wipe_station.records import Json, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

LOOKING: Final = frozenset({State.BACK, State.BACK_AGAIN})
_PLANTING: Final = frozenset({State.READY, State.BETWEEN})
_FINDINGS: Final = frozenset(EVENT_OF.values())
BETWEEN: Final = frozenset({State.BETWEEN, State.OVERWRITING})
"""One reset is shown, and another one is to follow."""


@dataclass(slots=True, kw_only=True)
class Reset:
    """One reset: when it was asked for, when the phone went, when it was back."""

    asked_at: str
    went_at: str | None = None
    returned_at: str | None = None


@dataclass(slots=True, kw_only=True)
class PhoneJob:
    """What a journal proves of one phone's erasure."""

    state: State = State.FOUND
    route: Route = Route.GUIDED
    job_id: str = ""
    plan: dict[str, Json] = field(default_factory=dict)
    plan_sha256: str = ""
    software: dict[str, Json] = field(default_factory=dict)
    before: PhoneFacts | None = None
    intake: Intake = field(default_factory=Intake)
    resets: list[Reset] = field(default_factory=list)
    planted: bool = False
    """Whether a file of ours was laid down and read back."""
    canary: Canary = Canary.NONE
    """Over all looks since the beginning."""
    last: Evidence | None = None
    """Of the last look at the reset that is under way."""
    overwritten: Overwritten | None = None
    """What the last overwrite came to; lost if the phone was away since, before its next reset."""
    photo_sha256: str | None = None
    """Of the setup screen after the reset that is under way."""
    last_event: Event | None = None
    ended_from: State | None = None
    """The state that the last event ended."""
    documents: list[dict[str, Json]] = field(default_factory=list)
    started_at: str = ""
    last_utc: str = ""
    records: int = 0
    head_sha256: str = ""

    @property
    def outcome(self) -> Outcome:
        """Return the outcome that the records support.

        A reset that is shown, of a phone of which nothing may be claimed, ends like one that is
        not shown: no certificate follows from it.
        """
        outcome = outcome_of(self.state)
        if outcome is Outcome.VERIFIED and not self.claim.certifies:
            return Outcome.INDETERMINATE
        return outcome

    @property
    def ended(self) -> bool:
        """Whether nothing more follows."""
        return self.state in FINAL

    @property
    def claim(self) -> PhoneClaim:
        """Return what the evidence would support."""
        return claim_of(self.evidence)

    @property
    def more_to_come(self) -> bool:
        """Whether another reset follows the one that is under way."""
        return self.state is State.BACK and ROUTES[self.route].final_reset

    @property
    def evidence(self) -> Evidence:
        """Return all that was seen up to now."""
        assert self.before is not None, "the first line is the plan"
        seen = self.last or Evidence(before=self.before)
        done = self.overwritten or NOTHING
        return replace(
            seen,
            canary=self.canary,
            went_and_returned=any(each.returned_at for each in self.resets),
            setup_seen=self.photo_sha256 is not None,
            trust_must_go=not ROUTES[self.route].keeps_trust,
            encryption_shown=self.intake.shown_encrypted,
            overwritten_bytes=done.size_bytes,
            overwritten_whole=done.whole,
        )

    @property
    def finding(self) -> Finding:
        """Return what the evidence comes to in the state of now."""
        return finding_of(self.evidence, more_to_come=self.more_to_come)


def replay_phone(history: History) -> PhoneJob:
    """Walk a journal's records.

    Raises:
        EvidenceError: a record that cannot follow, or that says more than was seen.
    """
    replaying = _Replay()
    for record in history.records:
        replaying.take(record)
    job = replaying.job
    job.records, job.head_sha256 = len(history.records), history.head_sha256
    return job


def canary_after(before: Canary, seen: Canary) -> Canary:
    """Return what is known of our files over all looks: one seen there outweighs all else."""
    if Canary.STILL_THERE in (before, seen):
        return Canary.STILL_THERE
    return Canary.GONE if Canary.GONE in (before, seen) else seen


class _Replay:
    def __init__(self) -> None:
        self.job = PhoneJob()
        self._handlers: dict[Kind, Callable[[Record], None]] = {
            Kind.PLAN: self._plan,
            Kind.CANARY: self._canary,
            Kind.EVENT: self._event,
            Kind.LOOK: self._look,
            Kind.OVERWRITTEN: self._overwritten,
            Kind.PHOTO: self._photo,
            Kind.DOCUMENT: lambda record: self.job.documents.append(record.data),
            Kind.TORN_TAIL: lambda _: None,
        }

    def take(self, record: Record) -> None:
        """Apply one record, or refuse the journal."""
        try:
            kind = Kind(record.kind)
            if (kind is Kind.PLAN) != (self.job.before is None):
                raise _corrupt("a journal begins with its plan, once")
            self._handlers[kind](record)
        except (KeyError, TypeError, ValueError) as error:
            raise _corrupt(f"{record.kind}: {error}") from error
        self.job.last_utc = max(self.job.last_utc, record.utc)

    def _plan(self, record: Record) -> None:
        job = self.job
        plan: Any = record.data["plan"]
        job.plan, job.plan_sha256 = dict(plan), str(record.data["plan_sha256"])
        job.job_id, job.started_at = str(record.data["job_id"]), record.utc
        software: Any = record.data["software"]
        job.software = dict(software)
        job.route, job.before = Route(plan["route"]["name"]), facts_of(plan["before"])
        job.intake = intake_of(plan["shown"])
        if gates_shut(job.before, job.intake):
            raise _corrupt("begun at a shut gate")
        job.state = State.READY

    def _canary(self, record: Record) -> None:
        planted = record.data["planted"]
        if self.job.state not in _PLANTING or type(planted) is not bool:
            raise _corrupt("a file laid down out of its time")
        self.job.planted = self.job.planted or planted

    def _event(self, record: Record) -> None:
        job, event = self.job, Event(record.data["event"])
        after = next_state(job.route, job.state, event)
        if after is None:
            raise _corrupt(f"{event.value} while {job.state.value}")
        if event in _FINDINGS and event is not EVENT_OF[job.finding]:
            raise _corrupt(f"{event.value}, which the evidence does not say")
        if event is Event.OWNER_PRESSED:
            job.resets.append(Reset(asked_at=record.utc))
            job.last = job.photo_sha256 = None
        if event is Event.WENT and job.resets:
            job.resets[-1].went_at = job.resets[-1].went_at or record.utc
        if event is Event.OVERWRITE_BEGUN or (event is Event.WENT and job.state in BETWEEN):
            job.overwritten = None
        if event is Event.OVERWRITE_ENDED and job.overwritten is None:
            raise _corrupt("an overwrite that came to nothing known")
        if event is Event.WENT and job.state in LOOKING:
            job.last, job.photo_sha256 = None, None  # what comes next may be another phone
        if event is Event.RETURNED:
            job.resets[-1].returned_at = record.utc
        job.last_event, job.ended_from, job.state = event, job.state, after

    def _look(self, record: Record) -> None:
        job = self.job
        if job.state not in LOOKING:
            raise _corrupt(f"a look while {job.state.value}")
        assert job.before is not None, "the first line is the plan"
        seen = look_of(record.data)
        ours = seen.truths.get("same_identity") is True
        if ours or seen.canary is Canary.STILL_THERE:
            # That a file is gone from what may be another phone says nothing of ours.
            job.canary = canary_after(job.canary, seen.canary)
        if seen.canary is not Canary.NONE and not job.planted:
            raise _corrupt("a file looked for that nobody laid down")
        job.last = Evidence(
            before=job.before,
            after=seen.after,
            personal_files=seen.personal_files,
            same_identity=seen.truths.get("same_identity"),
            trade_in_answers=seen.truths.get("trade_in_answers"),
            trust_kept=seen.truths.get("trust_kept"),
            obliteration_new=seen.truths.get("obliteration_new"),
        )

    def _overwritten(self, record: Record) -> None:
        job = self.job
        if job.state is not State.OVERWRITING or job.overwritten is not None:
            raise _corrupt("an overwrite out of its time")
        assert job.before is not None, "the first line is the plan"
        job.overwritten = overwritten_of(record.data, job.before.storage_bytes)

    def _photo(self, record: Record) -> None:
        if self.job.state not in LOOKING:
            raise _corrupt(f"a photograph while {self.job.state.value}")
        digest = record.data["sha256"]
        if not isinstance(digest, str):
            raise TypeError(digest)
        self.job.photo_sha256 = digest


def _corrupt(why: str) -> EvidenceError:
    return EvidenceError(
        Text(zh="任务记录自相矛盾，不能作为依据。", en=f"The journal contradicts itself: {why}."),
        hint=Text(zh="停止使用，交给工程师。", en="Stop, and hand the journal to an engineer."),
    )
