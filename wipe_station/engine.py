"""Executes the steps of a plan: the only room where journal and device work meet. I/O.

For each step: intent into the journal, one worker process with one descriptor, its checkpoints
into the journal as they come, its result into the journal. Nothing is believed that is not
written first, and a worker that dies leaves an intent without a result.
"""

import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from wipe_station import reasons
from wipe_station.block import check_same_device, drop_cached_pages, open_block
from wipe_station.errors import DeviceGoneError
from wipe_station.evidence import JobEvidence, PassEvidence, journal_pattern, replay
from wipe_station.journal import Journal
from wipe_station.overwrite.damage import Range, bytes_in, joined, outside
from wipe_station.overwrite.extent import Extent, probes_suffice
from wipe_station.overwrite.sampling import SEED_BYTES, Sample, share_of
from wipe_station.overwrite.stream import KEY_BYTES, UNIT_BYTES
from wipe_station.plan import moved_bytes
from wipe_station.records import (
    CompareResult,
    FixedPattern,
    IoFailure,
    Json,
    KeyedStream,
    Pattern,
    Progress,
    VerifyPass,
    WriteResult,
    fields_of,
)
from wipe_station.run_state import Kind
from wipe_station.worker_protocol import Action, Task
from wipe_station.workers import Heard, WorkerEnd, WorkerProcess

CHECKPOINT_EVERY_MS: Final = 2000
TAIL_WINDOW_BYTES: Final = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The device of a running job, claimed exclusively for as long as the job runs."""

    node: str
    size_bytes: int
    diskseq: int
    sector_bytes: int
    leaf_bytes: int
    """Physical sector, or the logical one where nobody knows."""


class Engine:
    """Runs one job from wherever its journal says that it stands."""

    def __init__(
        self,
        *,
        journal: Journal,
        target: Target,
        checkpoint_every_ms: int = CHECKPOINT_EVERY_MS,
    ) -> None:
        self._journal = journal
        self._target = target
        self._on_progress: Callable[[Progress], None] = _nobody_listens
        self._checkpoint_every_ms = checkpoint_every_ms
        job = self.evidence()
        probes = Extent(start_byte=0, end_byte=target.size_bytes, probes=True)
        self._probes_bytes = probes.length_bytes() if job.probes is not None else 0
        self._passes = len(job.passes)
        verify = VerifyPass(pass_number=self._passes, sample_percent=job.sample_percent)
        self._verify_bytes = moved_bytes(verify, target.size_bytes)
        self._worker: WorkerProcess | None = None
        self._stopped_as: str | None = None
        self._rests = False
        self._told: Progress | None = None
        self._tell: Callable[[int], None] = lambda _: None

    def evidence(self) -> JobEvidence:
        """Return what the journal proves by now."""
        return replay(self._journal.history())

    def stop(self, code: str = "stopped-by-operator") -> None:
        """End the running worker and begin no other; safe to call from a signal handler.

        Args:
            code: who stopped it, of ``reasons.INTERRUPTIONS``.
        """
        self._stopped_as = code
        if self._worker is not None:
            self._worker.kill()

    def rest(self) -> None:
        """Hold the work still, where it is; safe to call from another thread."""
        self._rests = True
        if self._worker is not None:
            self._worker.rest()
        if self._told is not None:
            self._on_progress(replace(self._told, rests=True))
        else:
            self._tell(0)

    def go_on(self) -> None:
        """Let the work go on after a rest; safe to call from another thread."""
        self._rests = False
        if self._worker is not None:
            self._worker.go_on()

    def run(self, on_progress: Callable[[Progress], None]) -> JobEvidence:
        """Probe and write what is not yet done, then verify; stop at the first trouble.

        Args:
            on_progress: called ten times a second, with bytes over all steps.
        """
        self._on_progress = on_progress
        probes = self.evidence().probes
        going = probes is None or probes.fit or self._probe()
        while going and (current := self.evidence().current_pass()) is not None:
            going = self._write(current)
        if going and self._was_away():
            self._verify(self.evidence().passes[-1])
        return self.evidence()

    def _was_away(self) -> bool:
        """Return whether nothing is in the verification's way; else ask for a re-plug.

        A device that loses its power loses its cache: what is read afterwards is the medium's.
        """
        replug = self.evidence().replug
        if replug is None or replug.seen:
            return True
        asked: dict[str, Json] = {
            "diskseq": self._target.diskseq,
            "reason": reasons.interruption("replug-asked"),
        }
        self._journal.append(Kind.REPLUG_ASKED.value, asked)
        return False

    def _probe(self) -> bool:
        """Write probes, read them back in a new process; return whether all of them fitted."""
        pattern = draw_pattern({"kind": "stream"})
        self._journal.append(Kind.PROBE_INTENT.value, {"pattern": pattern_json(pattern)})
        size = self._target.size_bytes
        write = replace(self._task(Action.WRITE, pattern, 0, size), probes=True)
        tell = self._teller("probe", 0, 0)
        end = self._work(write, os.O_RDWR | os.O_DIRECT, self._probes_heard(tell))
        if not self._probes_ended(end, Kind.PROBES_WRITTEN):
            return False
        read = replace(write, action=Action.COMPARE, holes=self._probes_refused())
        tell = self._teller("probe", 0, self._probes_bytes)
        end = self._work(read, os.O_RDONLY | os.O_DIRECT, self._probes_heard(tell))
        return self._probes_ended(end, Kind.PROBES_FIT)

    def _probes_heard(self, tell: Callable[[int], None]) -> Heard:
        return Heard(progress=tell, refused=self._note_refused)

    def _probes_refused(self) -> tuple[Range, ...]:
        probes = self.evidence().probes
        assert probes is not None, "asked only while probing"
        return joined(place.range for place in probes.refused)

    def _probes_ended(self, end: WorkerEnd, good: Kind) -> bool:
        """Write down how probes ended; return whether they show what they must."""
        data: dict[str, Json] = {"worker": end.worker}
        if end.result is None:
            self._journal.append(Kind.PROBES_INTERRUPTED.value, data | self._lost(end))
            return False
        data |= fields_of(end.result)
        probes = self.evidence().probes
        assert probes is not None, "asked only while probing"
        why = _probe_trouble(end.result, probes.refused, self._target.size_bytes)
        if why is not None:
            self._journal.append(Kind.PROBES_FAILED.value, data | {"reason": why})
            return False
        self._journal.append(good.value, data)
        return True

    def _write(self, current: PassEvidence) -> bool:
        """Run one pass from its last durable unit; return whether it was completed."""
        pattern = current.pattern or draw_pattern(current.planned)
        reached = current.reached_bytes()
        start = reached - reached % UNIT_BYTES
        number = current.number
        self._journal.append(
            Kind.PASS_INTENT.value,
            {"number": number, "pattern": pattern_json(pattern), "from_byte": start},
        )

        def checkpoint(durable: int) -> None:
            self._journal.append(
                Kind.CHECKPOINT.value, {"number": number, "durable_bytes": durable}
            )

        task = self._task(Action.WRITE, pattern, start, self._target.size_bytes)
        tell = self._teller(f"pass-{number}", number, start)
        heard = Heard(progress=tell, checkpoint=checkpoint, refused=self._note_refused)
        end = self._work(task, os.O_RDWR | os.O_DIRECT, heard)
        data: dict[str, Json] = {"number": number, "worker": end.worker}
        if not isinstance(end.result, WriteResult):
            self._journal.append(Kind.PASS_INTERRUPTED.value, data | self._lost(end))
            return False
        data |= fields_of(end.result)
        if end.result.failures or not end.result.flushed:
            data |= {"reason": _trouble(end.result)}
            self._journal.append(Kind.PASS_FAILED.value, data)
            return False
        self._journal.append(Kind.PASS_COMPLETED.value, data)
        return True

    def _note_refused(self, place: IoFailure) -> None:
        self._journal.append(Kind.REFUSED.value, dict(fields_of(place)))

    def _verify(self, last: PassEvidence) -> None:
        """Read the device back, but for what was not written: a new process, after the flush.

        A sample speaks for places that it did not read, which is no more defensible once the device
        has refused some: then all of it is read.
        """
        job = self.evidence()
        percent = job.sample_percent
        if percent is not None and not any(job.excepted_bytes()):
            seed = secrets.token_bytes(SEED_BYTES)
            if self._compare(last, share_of(self._target.size_bytes, seed, percent)):
                return
        self._compare(last, None)

    def _compare(self, last: PassEvidence, sample: Sample | None) -> bool:
        """Compare and write down what came of it; return False if a sample met a bad place."""
        assert last.pattern is not None, "a completed pass had a pattern"
        size = self._target.size_bytes
        intent: dict[str, Json] = {"pass_number": last.number}
        if sample is not None:
            intent["sample"] = {"seed_hex": sample.seed.hex(), "count": sample.count}
        self._journal.append(Kind.VERIFY_INTENT.value, intent)
        task = self._task(Action.COMPARE, last.pattern, 0, size)
        task = replace(task, holes=joined(last.unwritten), sample=sample)
        self._verify_bytes = task.extent().length_bytes()
        tell = self._teller("verify", self._passes + 1, 0)
        heard = Heard(progress=tell, refused=self._note_refused)
        end = self._work(task, os.O_RDONLY | os.O_DIRECT, heard)
        data: dict[str, Json] = {"worker": end.worker}
        if not isinstance(end.result, CompareResult):
            self._journal.append(Kind.VERIFY_INTERRUPTED.value, data | self._lost(end))
            return True
        data |= fields_of(end.result)
        if end.result.first_mismatch_byte is not None or end.result.failures:
            why = _trouble(end.result)
            self._journal.append(Kind.VERIFY_FAILED.value, data | {"reason": why})
            return True
        job = self.evidence()
        assert job.verification is not None, "the intent was written"
        if sample is not None and job.verification.unread:
            return False
        if job.first_refused is None or not any(job.excepted_bytes()):
            # A place that was refused before a resume may have been taken after it.
            self._journal.append(Kind.VERIFY_CLEAN.value, data)
            return True
        why = reasons.exceptions(job.first_refused, *job.excepted_bytes())
        self._journal.append(Kind.VERIFY_WITH_EXCEPTIONS.value, data | {"reason": why})
        return True

    def check_tail(
        self, pattern: Pattern, end_byte: int, holes: Sequence[Range]
    ) -> tuple[bool, int] | None:
        """Compare the 64 MiB before an offset with what must stand there.

        Args:
            pattern: what was written.
            end_byte: offset below which everything was called durable.
            holes: ranges that were not written.

        Returns:
            whether every byte fitted, and how many bytes were read and fitted; None if the
            comparison did not come to an end, which says nothing about what stands there; why it
            did not is in the journal then.
        """
        start = max(0, end_byte - TAIL_WINDOW_BYTES)
        task = self._task(Action.COMPARE, pattern, start - start % UNIT_BYTES, end_byte)
        task = replace(task, holes=joined(holes))
        end = self._work(task, os.O_RDONLY | os.O_DIRECT, Heard())
        if not isinstance(end.result, CompareResult):
            lost: dict[str, Json] = {"worker": end.worker}
            self._journal.append(Kind.TAIL_INTERRUPTED.value, lost | self._lost(end))
            return None
        fitted = end.result.verified_bytes
        return fitted == bytes_in(outside(task.start_byte, end_byte, task.holes)), fitted

    def _task(self, action: Action, pattern: Pattern, start: int, end: int) -> Task:
        return Task(
            action=action,
            pattern=pattern,
            start_byte=start,
            end_byte=end,
            size_bytes=self._target.size_bytes,
            diskseq=self._target.diskseq,
            sector_bytes=self._target.sector_bytes,
            leaf_bytes=self._target.leaf_bytes,
            checkpoint_every_ms=self._checkpoint_every_ms,
        )

    def _work(self, task: Task, access: int, heard: Heard) -> WorkerEnd:
        """Open the device anew, make sure that it is the same, and let a new process work."""
        nobody = WorkerEnd(worker="none", result=None, lost="worker-died", said="")
        if self._stopped_as is not None:
            return nobody
        try:
            self._worker = start_worker(self._target.node, task, access)
        except DeviceGoneError as gone:
            return WorkerEnd(worker="none", result=None, lost="device-gone", said=gone.message.en)
        if self._stopped_as is not None:
            self._worker.kill()
        self._tell = heard.progress
        if self._rests:
            self._worker.rest()
            self._tell(0)  # it is still before its first word
        return self._worker.run(heard)

    def _lost(self, end: WorkerEnd) -> dict[str, Json]:
        code = self._stopped_as or end.lost
        return {"reason": reasons.interruption(code), "said": end.said}

    def _teller(self, step: str, number: int, start: int) -> Callable[[int], None]:
        size = self._target.size_bytes
        before = start if number == 0 else 2 * self._probes_bytes + (number - 1) * size + start

        def tell(done: int) -> None:
            self._told = Progress(
                step=step,
                step_number=number,
                steps=self._passes + 1,
                done_bytes=before + done,
                total_bytes=2 * self._probes_bytes + self._passes * size + self._verify_bytes,
                rests=self._rests,
            )
            self._on_progress(self._told)

        return tell


def start_worker(node: str, task: Task, access: int) -> WorkerProcess:
    """Open a device anew, make sure that it is the same, and start a new process on it.

    Args:
        node: of the device.
        task: names the device's ``diskseq`` and size.
        access: ``O_RDWR`` or ``O_RDONLY``, with ``O_DIRECT``.

    Raises:
        DeviceGoneError: it cannot be opened any more, or is another one.
    """
    descriptor = open_block(node, access)
    try:
        check_same_device(descriptor, task.diskseq, task.size_bytes)
        if task.action is Action.COMPARE:
            drop_cached_pages(descriptor)
        return WorkerProcess(task, descriptor)
    finally:
        os.close(descriptor)


def _nobody_listens(_: Progress) -> None:
    """Before the run there is no progress."""


def _probe_trouble(
    result: WriteResult | CompareResult, refused: Sequence[IoFailure], size_bytes: int
) -> dict[str, Json] | None:
    if isinstance(result, CompareResult) and result.first_mismatch_byte is not None:
        return reasons.probes_differ(result.first_mismatch_byte)
    if result.failures or not probes_suffice((each.range for each in refused), size_bytes):
        return reasons.io_failure((*result.failures, *refused))
    return None


def _trouble(result: WriteResult | CompareResult) -> dict[str, Json]:
    """Return why a step failed: a difference weighs more than what could not be moved."""
    if isinstance(result, CompareResult) and result.first_mismatch_byte is not None:
        return reasons.difference(result.first_mismatch_byte)
    if result.gave_up:
        return reasons.too_much(result.failures[-1])
    return reasons.io_failure(result.failures)


def draw_pattern(planned: dict[str, Json]) -> Pattern:
    """Turn a planned pattern into one that can be written; a stream gets a key of its own."""
    if planned.get("kind") == "fixed":
        return journal_pattern(planned)
    key = secrets.token_bytes(KEY_BYTES)
    while key[:16] == key[16:]:
        key = secrets.token_bytes(KEY_BYTES)
    return KeyedStream(key=key)


def pattern_json(pattern: Pattern) -> dict[str, Any]:
    """Return a pattern, key included, as the journal keeps it."""
    if isinstance(pattern, FixedPattern):
        return {"kind": "fixed", "bytes_hex": pattern.repeat.hex()}
    return {"kind": "stream", "stream": pattern.stream, "key_hex": pattern.key.hex()}
