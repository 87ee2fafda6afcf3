"""Replay a job's journal: coverage and outcome as they follow from what was recorded. Pure.

The signer accepts no outcome from anybody. It reads the journal's records, walks the transition
table, adds up ranges, and only a job whose every pass covered the whole device, was flushed, and
was then read back in full without a difference by another process is ``VERIFIED``. Where a device
refused some places and every other byte was read back, it is verified with exceptions.

Longer than other rooms: one handler for each kind of record, beside the values that they fill, so
that whoever audits an outcome reads one file from top to bottom.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from certs.text import Text
from wipe_station.errors import EvidenceError
from wipe_station.journal_format import History, Record
from wipe_station.overwrite.damage import Range, bytes_in, joined, outside
from wipe_station.overwrite.extent import Extent, probes_suffice
from wipe_station.overwrite.sampling import Sample, share_of
from wipe_station.records import FixedPattern, IoFailure, Json, KeyedStream, Outcome, Pattern
from wipe_station.run_state import Kind, State, next_state, outcome_of


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One run of a pass: the bytes from ``from_byte`` that are known to be durable."""

    from_byte: int
    to_byte: int
    ended: str
    started_at: str
    ended_at: str | None = None
    worker: str | None = None


@dataclass(slots=True, kw_only=True)
class PassEvidence:
    """One pass as it happened."""

    number: int
    planned: dict[str, Json]
    pattern: Pattern | None = None
    attempts: list[Attempt] = field(default_factory=list)
    completed: bool = False
    unwritten: list[Range] = field(default_factory=list)
    """Places that the device refused for good; none lies in two units."""
    speed: dict[str, Json] | None = None
    """Of the attempt that completed it, where that was the only one."""

    def written_bytes(self) -> int:
        """Return how many distinct bytes are known to be durable."""
        return bytes_in(outside(0, self.reached_bytes(), joined(self.unwritten)))

    def reached_bytes(self) -> int:
        """Return the offset below which all is durable but for the places refused."""
        reached = 0
        for attempt in sorted(self.attempts, key=lambda a: a.from_byte):
            if attempt.from_byte <= reached:
                reached = max(reached, attempt.to_byte)
        return reached


@dataclass(slots=True, kw_only=True)
class ProbeEvidence:
    """The last run of the probes as it happened."""

    worker: str = ""
    written_bytes: int = 0
    verified_bytes: int = 0
    refused: list[IoFailure] = field(default_factory=list)
    """Places that the device refused, at this step: a pass may find them mended."""
    fit: bool = False

    def refused_bytes(self) -> int:
        """Return how many bytes the probes lack."""
        return bytes_in(joined(place.range for place in self.refused))


@dataclass(slots=True, kw_only=True)
class ReplugEvidence:
    """Whether the device was unplugged since its last byte was written."""

    asked_boot_id: str = ""
    asked_diskseq: int | None = None
    """None as long as nobody was asked."""
    seen: bool = False

    def happened(self, boot_id: str, diskseq: int) -> bool:
        """Tell whether a device that is there now was away since the asking.

        The kernel numbers every appearance of a disk anew, and begins again with each boot: what
        happened over a restart of the station is not known.
        """
        asked = self.asked_diskseq
        return asked is not None and boot_id == self.asked_boot_id and diskseq != asked


@dataclass(slots=True, kw_only=True)
class VerifyEvidence:
    """The last verification as it happened."""

    pass_number: int
    started_at: str
    sample: Sample | None = None
    """Which places were read; None where it was all of them."""
    unread: list[Range] = field(default_factory=list)
    """Places that the device refused to read."""
    result: dict[str, Json] = field(default_factory=dict)
    ended_at: str | None = None


@dataclass(slots=True, kw_only=True)
class Interruption:
    """One break of the job, and what made going on defensible."""

    at: str
    what: str
    resumed_at: str | None = None
    tail_verified_bytes: int | None = None


@dataclass(slots=True, kw_only=True)
class JobEvidence:
    """What a journal proves."""

    state: State = State.NEW
    plan: dict[str, Json] = field(default_factory=dict)
    plan_sha256: str = ""
    job_id: str = ""
    software: dict[str, Json] = field(default_factory=dict)
    probes: ProbeEvidence | None = None
    """None where the plan asks for none."""
    passes: list[PassEvidence] = field(default_factory=list)
    sample_percent: int | None = None
    """The share to be read back, as planned; None for every byte."""
    replug: ReplugEvidence | None = None
    """None where the plan asks for no re-plug before the verification."""
    verification: VerifyEvidence | None = None
    interruptions: list[Interruption] = field(default_factory=list)
    failure: dict[str, Json] | None = None
    documents: list[dict[str, Json]] = field(default_factory=list)
    io_errors: int = 0
    """Transfers that failed, over all steps."""
    first_refused: IoFailure | None = None
    """The first place that the device refused for good, in the order of happening."""
    smart: dict[str, dict[str, Json]] = field(default_factory=dict)
    """What the device said of itself, ``before`` and ``after``."""
    last_utc: str = ""
    last_boot_id: str = ""
    records: int = 0
    head_sha256: str = ""

    @property
    def outcome(self) -> Outcome:
        """Return the outcome that the records support."""
        return outcome_of(self.state)

    @property
    def size_bytes(self) -> int:
        """Return the device's size known at the start."""
        return _integer(_object(self.plan, "device"), "size_bytes")

    def excepted_bytes(self) -> tuple[int, int]:
        """Return how many bytes were refused in any pass, and how many at the verification."""
        unwritten = joined(place for each in self.passes for place in each.unwritten)
        unread = self.verification.unread if self.verification is not None else []
        return bytes_in(unwritten), bytes_in(joined(unread))

    def current_pass(self) -> PassEvidence | None:
        """Return the first pass that is not completed."""
        return next((p for p in self.passes if not p.completed), None)


def _corrupt(why: str) -> EvidenceError:
    return EvidenceError(
        Text(zh="任务记录自相矛盾，不能作为依据。", en=f"The journal contradicts itself: {why}."),
        hint=Text(zh="停止使用，交给工程师。", en="Stop, and hand the journal to an engineer."),
    )


def _integer(data: dict[str, Json], name: str) -> int:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _corrupt(f"{name} is not a number")
    return value


def _string(data: dict[str, Json], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise _corrupt(f"{name} is not a string")
    return value


def _object(data: dict[str, Json], name: str) -> dict[str, Json]:
    value = data.get(name)
    if not isinstance(value, dict):
        raise _corrupt(f"{name} is not an object")
    return value


def journal_pattern(value: dict[str, Json]) -> Pattern:
    """Read a pattern as a pass intent states it, key included."""
    if value.get("kind") == "stream":
        return KeyedStream(key=bytes.fromhex(_string(value, "key_hex")))
    return FixedPattern(repeat=bytes.fromhex(_string(value, "bytes_hex")))


_INTERRUPTED = frozenset(
    kind.value
    for kind in (
        Kind.PROBES_INTERRUPTED,
        Kind.PASS_INTERRUPTED,
        Kind.REPLUG_ASKED,
        Kind.TAIL_INTERRUPTED,
        Kind.VERIFY_INTERRUPTED,
    )
)


class _Replay:
    """Walks the records; each handler does what one kind means."""

    def __init__(self) -> None:
        self.job = JobEvidence()
        self._handlers: dict[Kind, Callable[[Record], None]] = {
            Kind.PLAN: self._plan,
            Kind.PROBE_INTENT: self._probe_intent,
            Kind.PROBES_WRITTEN: self._probes_written,
            Kind.PROBES_FIT: self._probes_fit,
            Kind.PROBES_FAILED: self._probes_failed,
            Kind.PROBES_INTERRUPTED: self._keep_reason,
            Kind.PASS_INTENT: self._pass_intent,
            Kind.CHECKPOINT: self._checkpoint,
            Kind.REFUSED: self._refused,
            Kind.PASS_COMPLETED: self._pass_completed,
            Kind.PASS_FAILED: self._pass_ended,
            Kind.PASS_INTERRUPTED: self._pass_ended,
            Kind.VERIFY_INTENT: self._verify_intent,
            Kind.VERIFY_CLEAN: self._verify_clean,
            Kind.VERIFY_WITH_EXCEPTIONS: self._verify_with_exceptions,
            Kind.VERIFY_FAILED: self._verify_ended,
            Kind.VERIFY_INTERRUPTED: self._verify_ended,
            Kind.REPLUG_ASKED: self._replug_asked,
            Kind.RESUMED: self._resumed,
            Kind.TAIL_CHECKED: self._tail_checked,
            Kind.TAIL_INTERRUPTED: self._keep_reason,
            Kind.ABORTED: self._aborted,
            Kind.DOCUMENT: lambda record: self.job.documents.append(record.data),
            Kind.TORN_TAIL: lambda _: None,
            Kind.MEASURED: self._measured,
        }

    def take(self, record: Record) -> None:
        """Apply one record, or refuse the journal."""
        try:
            kind = Kind(record.kind)
        except ValueError as error:
            raise _corrupt(f"record kind {record.kind}") from error
        state = next_state(self.job.state, kind)
        if state is None:
            raise _corrupt(f"{record.kind} while {self.job.state.value}")
        self._handlers[kind](record)
        failures = record.data.get("failures", ())
        self.job.io_errors += len(failures) if isinstance(failures, list) else 0
        self.job.state = state
        self.job.last_utc = max(self.job.last_utc, record.utc)
        self.job.last_boot_id = record.boot_id

    def _plan(self, record: Record) -> None:
        self.job.plan = _object(record.data, "plan")
        self.job.plan_sha256 = _string(record.data, "plan_sha256")
        self.job.job_id = _string(record.data, "job_id")
        self.job.software = _object(record.data, "software")
        steps = self.job.plan.get("steps")
        if not isinstance(steps, list):
            raise _corrupt("a plan without steps")
        for step in steps:
            if isinstance(step, dict) and "probe" in step:
                self.job.probes = ProbeEvidence()
            if isinstance(step, dict) and "write" in step:
                number, planned = _integer(step, "write"), _object(step, "pattern")
                self.job.passes.append(PassEvidence(number=number, planned=planned))
            if isinstance(step, dict) and "sample_percent" in step:
                self.job.sample_percent = _integer(step, "sample_percent")
            if isinstance(step, dict) and "replug" in step:
                self.job.replug = ReplugEvidence()

    def _probes(self) -> ProbeEvidence:
        if self.job.probes is None:
            raise _corrupt("probes that no plan asked for")
        return self.job.probes

    def _probe_intent(self, _: Record) -> None:
        if self._probes().fit or any(each.attempts for each in self.job.passes):
            raise _corrupt("probes after their time")
        self.job.probes = ProbeEvidence()

    def _probes_written(self, record: Record) -> None:
        probes = self._probes()
        probes.worker = _string(record.data, "worker")
        probes.written_bytes = _integer(record.data, "completed_bytes")
        whole = probes.written_bytes == self._probes_bytes() - probes.refused_bytes()
        if record.data.get("flushed") is not True or not whole:
            raise _corrupt("probes called written that were not")

    def _probes_bytes(self) -> int:
        return Extent(start_byte=0, end_byte=self.job.size_bytes, probes=True).length_bytes()

    def _probes_fit(self, record: Record) -> None:
        probes = self._probes()
        probes.verified_bytes = _integer(record.data, "verified_bytes")
        whole = probes.verified_bytes == self._probes_bytes() - probes.refused_bytes()
        if not probes.written_bytes or not whole:
            raise _corrupt("probes called fitting that were not all read")
        if not probes_suffice((place.range for place in probes.refused), self.job.size_bytes):
            raise _corrupt("probes called fitting that lack too much")
        if _string(record.data, "worker") == probes.worker:
            raise _corrupt("the writer verified its own probes")
        probes.fit = True

    def _probes_failed(self, record: Record) -> None:
        if "verified_bytes" in record.data:
            self._probes().verified_bytes = _integer(record.data, "verified_bytes")
        self._keep_reason(record)

    def _pass(self, record: Record) -> PassEvidence:
        current = self.job.current_pass()
        if current is None or current.number != _integer(record.data, "number"):
            raise _corrupt("a pass out of order")
        return current

    def _pass_intent(self, record: Record) -> None:
        if self.job.probes is not None and not self.job.probes.fit:
            raise _corrupt("a pass before the probes had fitted")
        current = self._pass(record)
        pattern = journal_pattern(_object(record.data, "pattern"))
        if current.pattern not in (None, pattern):
            raise _corrupt("a pass changed its pattern")
        current.pattern = pattern
        start = _integer(record.data, "from_byte")
        if start > current.reached_bytes():
            raise _corrupt("a pass began beyond what was durable")
        # What lies beyond is tried anew.
        current.unwritten = [place for place in current.unwritten if place[1] <= start]
        attempt = Attempt(
            from_byte=start, to_byte=start, ended="interrupted", started_at=record.utc
        )
        current.attempts.append(attempt)

    def _reach(self, attempt: Attempt, to_byte: int) -> None:
        if not attempt.to_byte <= to_byte <= self.job.size_bytes:
            raise _corrupt("progress went back or beyond the device")
        attempt.to_byte = to_byte

    def _checkpoint(self, record: Record) -> None:
        self._reach(self._pass(record).attempts[-1], _integer(record.data, "durable_bytes"))

    def _refused(self, record: Record) -> None:
        """Keep a place that the device refuses; a mark may move past it from now on."""
        place = IoFailure(
            start_byte=_integer(record.data, "start_byte"),
            end_byte=_integer(record.data, "end_byte"),
            operation=_string(record.data, "operation"),
            errno_name=_string(record.data, "errno_name"),
        )
        if not 0 <= place.start_byte < place.end_byte <= self.job.size_bytes:
            raise _corrupt("a place outside the device")
        self.job.io_errors += 1
        if self.job.state is State.PROBING:
            self._probes().refused.append(place)
            return
        if self.job.first_refused is None:
            self.job.first_refused = place
        current = self.job.current_pass()
        if current is not None:
            if place.start_byte < current.attempts[-1].to_byte:
                raise _corrupt("a place refused where the pass was called durable")
            current.unwritten.append(place.range)
        else:
            assert self.job.verification is not None, "the table allows it nowhere else"
            self.job.verification.unread.append(place.range)

    def _pass_ended(self, record: Record) -> None:
        attempt = self._pass(record).attempts[-1]
        if record.kind == Kind.PASS_FAILED.value:
            self._reach(attempt, _integer(record.data, "durable_bytes"))
        attempt.ended_at = record.utc
        attempt.ended = "failed" if record.kind == Kind.PASS_FAILED.value else "interrupted"
        self._keep_reason(record)

    def _pass_completed(self, record: Record) -> None:
        current = self._pass(record)
        attempt = current.attempts[-1]
        self._reach(attempt, _integer(record.data, "durable_bytes"))
        attempt.ended, attempt.ended_at = "completed", record.utc
        attempt.worker = _string(record.data, "worker")
        whole = record.data.get("flushed") is True
        size, start = self.job.size_bytes, attempt.from_byte
        wanted = bytes_in(outside(start, size, joined(current.unwritten)))
        moved = _integer(record.data, "completed_bytes") == wanted
        if not whole or not moved or current.reached_bytes() != size:
            raise _corrupt("a pass called complete that did not cover the device")
        current.completed = True
        if len(current.attempts) == 1 and "speed" in record.data:
            current.speed = _object(record.data, "speed")

    def _measured(self, record: Record) -> None:
        self.job.smart[_string(record.data, "when")] = _object(record.data, "smart")

    def _verify_intent(self, record: Record) -> None:
        number = _integer(record.data, "pass_number")
        if self.job.current_pass() is not None or number != self.job.passes[-1].number:
            raise _corrupt("a verification before the last pass was complete")
        if self.job.replug is not None and not self.job.replug.seen:
            raise _corrupt("a verification before the device was plugged in anew")
        self.job.verification = VerifyEvidence(
            pass_number=number, started_at=record.utc, sample=self._sample(record)
        )

    def _sample(self, record: Record) -> Sample | None:
        """Return the places that are to be read; the plan says how many, the seed says which."""
        if "sample" not in record.data:
            return None  # all of it, which is more than any plan asks for
        said, percent = _object(record.data, "sample"), self.job.sample_percent
        if percent is None or any(self.job.excepted_bytes()):
            raise _corrupt("a sample where all was to be read")
        seed = bytes.fromhex(_string(said, "seed_hex"))
        sample = share_of(self.job.size_bytes, seed, percent)
        if _integer(said, "count") != sample.count:
            raise _corrupt("a sample of another size than planned")
        return sample

    def _verify_ended(self, record: Record) -> None:
        assert self.job.verification is not None, "the table puts an intent first"
        self.job.verification.result = record.data
        self.job.verification.ended_at = record.utc
        self._keep_reason(record)

    def _verify_clean(self, record: Record) -> None:
        assert self.job.verification is not None, "the table puts an intent first"
        sample = self.job.verification.sample
        wanted = self.job.size_bytes if sample is None else sample.length_bytes()
        counts = [
            _integer(record.data, name)
            for name in ("verified_bytes", "mismatched_bytes", "unread_bytes")
        ]
        if counts != [wanted, 0, 0] or any(self.job.excepted_bytes()):
            raise _corrupt("a verification called clean that was not")
        self._require_another_worker(record)
        self._verify_ended(record)

    def _verify_with_exceptions(self, record: Record) -> None:
        assert self.job.verification is not None, "the table puts an intent first"
        left_out = bytes_in(joined([*self.job.passes[-1].unwritten, *self.job.verification.unread]))
        counts = [
            _integer(record.data, name)
            for name in ("verified_bytes", "mismatched_bytes", "unread_bytes")
        ]
        if counts != [self.job.size_bytes - left_out, 0, left_out]:
            raise _corrupt("a verification called complete that was not")
        if not any(self.job.excepted_bytes()) or self.job.verification.sample is not None:
            raise _corrupt("exceptions that nobody met, or beside a sample")
        self._require_another_worker(record)
        self._verify_ended(record)

    def _require_another_worker(self, record: Record) -> None:
        if _string(record.data, "worker") == self.job.passes[-1].attempts[-1].worker:
            raise _corrupt("the writer verified itself")

    def _keep_reason(self, record: Record) -> None:
        """Remember why; an interruption is listed, a failure decides the notice."""
        if record.kind in _INTERRUPTED:
            what = _string(_object(record.data, "reason"), "code")
            self.job.interruptions.append(Interruption(at=record.utc, what=what))
        elif "reason" in record.data:
            self.job.failure = _object(record.data, "reason")

    def _replug_asked(self, record: Record) -> None:
        if self.job.replug is None or self.job.current_pass() is not None:
            raise _corrupt("a re-plug that no plan asked for, or before its time")
        self.job.replug.asked_boot_id = record.boot_id
        self.job.replug.asked_diskseq = _integer(record.data, "diskseq")
        self._keep_reason(record)

    def _resumed(self, record: Record) -> None:
        replug = self.job.replug
        if replug is not None and not replug.seen:
            replug.seen = replug.happened(record.boot_id, _integer(record.data, "diskseq"))
        last = self.job.interruptions[-1] if self.job.interruptions else None
        if last is None or last.resumed_at is not None:
            # No result was written: the station died after the last record.
            last = Interruption(at=self.job.last_utc, what="station-stopped")
            self.job.interruptions.append(last)
        last.resumed_at = record.utc

    def _tail_checked(self, record: Record) -> None:
        if record.data.get("matched") is True and self.job.interruptions:
            self.job.interruptions[-1].tail_verified_bytes = _integer(record.data, "verified_bytes")
        elif (current := self.job.current_pass()) is not None:
            # What was called durable is not there: nothing of this pass counts any more.
            current.unwritten.clear()
            for attempt in current.attempts:
                attempt.to_byte = attempt.from_byte = 0

    def _aborted(self, record: Record) -> None:
        self.job.failure = _object(record.data, "reason")


def replay(history: History) -> JobEvidence:
    """Recompute what a journal proves.

    Raises:
        EvidenceError: records that contradict each other or the transition table.
    """
    walk = _Replay()
    for record in history.records:
        walk.take(record)
    walk.job.records = len(history.records)
    walk.job.head_sha256 = history.head_sha256
    return walk.job


def unreached(job: JobEvidence) -> Sequence[tuple[int, int, str]]:
    """Return the ranges that the job did not reach: ``(from_byte, to_byte, what)``."""
    if job.state is State.VERIFIED:
        return ()
    size = job.size_bytes
    last = next((p for p in job.passes if not p.completed), job.passes[-1])
    reached = size if last.completed else last.reached_bytes()
    # What is unwritten is unverified, too; each byte is listed once, under the worse word.
    unwritten = joined([*(p for p in last.unwritten if p[1] <= reached), (reached, size)])
    doubtful: Sequence[Range] = [(0, reached)]
    if job.state is State.EXCEPTIONS and job.verification is not None:
        doubtful = joined(job.verification.unread)
    unverified = [part for low, high in doubtful for part in outside(low, high, unwritten)]
    ranges = [(*place, "unwritten") for place in unwritten]
    ranges += [(*place, "unverified") for place in unverified]
    return tuple(sorted((start, end, what) for start, end, what in ranges if start < end))
