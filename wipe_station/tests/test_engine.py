"""The engine's order of things, with workers that do what they are told: no device, no process."""

import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from certs.text import Text
from wipe_station import engine as room
from wipe_station.engine import Engine, Target, draw_pattern, start_worker
from wipe_station.errors import DeviceGoneError
from wipe_station.journal import Journal
from wipe_station.overwrite.damage import bytes_in, outside
from wipe_station.records import CompareResult, IoFailure, KeyedStream, Outcome, WriteResult
from wipe_station.run_state import Kind
from wipe_station.tests.jobs import (
    SAMPLED_SIZE,
    SIZE,
    STREAM,
    checkpoint,
    intent,
    plan_record,
    probed_job,
    sampled_job,
    write,
)
from wipe_station.worker_protocol import Action, Result, Task
from wipe_station.workers import Heard, WorkerEnd

TARGET = Target(node="/dev/none", size_bytes=SIZE, diskseq=50, sector_bytes=512, leaf_bytes=4096)
KEY = KeyedStream(key=bytes.fromhex(STREAM["key_hex"]))
READING, WRITING = os.O_RDONLY | os.O_DIRECT, os.O_RDWR | os.O_DIRECT


def honest(task: Task) -> Result:
    """Return what a worker says of a good device."""
    length = task.extent().length_bytes()
    if task.action is Action.WRITE:
        return WriteResult(
            completed_bytes=length, durable_bytes=task.end_byte, flushed=True, failures=()
        )
    read = bytes_in(outside(task.start_byte, task.end_byte, task.holes))
    return compared(length, 0 if task.extent().scattered else length - read)


def compared(length: int, unread: int, mismatched: int = 0) -> CompareResult:
    """Return the result of a comparison that lasted to its end."""
    return CompareResult(
        verified_bytes=length - unread - mismatched,
        mismatched_bytes=mismatched,
        unread_bytes=unread,
        first_mismatch_byte=0 if mismatched else None,
        mismatches=(),
        failures=(),
    )


class Workers:
    """Stands where workers are started, and remembers for what."""

    journal: Journal | None = None
    heard: Heard | None = None

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[Task, int]] = []
        self.at_start: list[str] = []
        self.rested: list[str] = []
        self.meanwhile: Callable[[], None] = lambda: None
        self.answers: Callable[[Task], Result] = honest
        monkeypatch.setattr(room, "start_worker", self)

    def __call__(self, node: str, task: Task, access: int) -> "Workers":
        """Start one."""
        assert node == TARGET.node
        self.asked.append((task, access))
        if self.journal is not None:
            self.at_start.append(self.journal.history().records[-1].kind)
        return self

    def kill(self) -> None:
        """End nothing."""

    def rest(self) -> None:
        """Hold still."""
        self.rested.append("rest")

    def go_on(self) -> None:
        """Go on."""
        self.rested.append("go on")

    def run(self, heard: Heard) -> WorkerEnd:
        """Do the task that was given last."""
        self.heard = heard
        self.meanwhile()
        task, _ = self.asked[-1]
        name = f"{len(self.asked)}@1"
        return WorkerEnd(worker=name, result=self.answers(task), lost="", said="")


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Workers:
    """Return workers that do what they are told."""
    return Workers(monkeypatch)


def test_run__whole_job__each_step_written_down_and_by_a_process_of_its_own(
    tmp_path: Path, workers: Workers
) -> None:
    """Intent first; what writes reads nothing, what reads cannot write, and no cache answers."""
    workers.journal = write(tmp_path, probed_job()[:1])
    end = Engine(journal=workers.journal, target=TARGET).run(lambda _: None)
    assert end.outcome is Outcome.VERIFIED
    steps = [(task.action, task.probes, access) for task, access in workers.asked]
    assert steps == [
        (Action.WRITE, True, WRITING),
        (Action.COMPARE, True, READING),
        (Action.WRITE, False, WRITING),
        (Action.COMPARE, False, READING),
    ]
    assert workers.at_start == ["probe-intent", "probes-written", "pass-intent", "verify-intent"]


LARGE = replace(TARGET, size_bytes=SAMPLED_SIZE)


def test_run__sampled__seed_drawn_after_the_last_flush_and_each_time_anew(
    tmp_path: Path, workers: Workers
) -> None:
    """Nobody can know the places while the device is written, and no two jobs have the same."""
    seeds = []
    for name in ("one", "another"):
        workers.asked.clear()
        journal = write(tmp_path, sampled_job()[:1], name)
        end = Engine(journal=journal, target=LARGE).run(lambda _: None)
        assert end.outcome is Outcome.VERIFIED
        kinds = [each.kind for each in journal.history().records]
        assert kinds == ["plan", "pass-intent", "pass-completed", "verify-intent", "verify-clean"]
        (written, _), (read, _) = workers.asked
        assert (written.sample, read.probes) == (None, False)
        assert read.sample is not None
        assert read.sample.seed.hex() in str(journal.history().records[3].data)
        seeds.append(read.sample.seed)
    assert len(set(seeds)) == len(seeds)


def test_run__sample_meets_a_bad_place__all_of_it_is_read(tmp_path: Path, workers: Workers) -> None:
    """Who refuses something is not spoken of by a sample: another process reads everything."""
    bad = IoFailure(start_byte=0, end_byte=512, operation="read", errno_name="EIO")

    def reads(task: Task) -> Result:
        assert workers.heard is not None
        if task.action is Action.WRITE:
            return honest(task)
        workers.heard.refused(bad)
        return compared(task.extent().length_bytes(), 512)

    workers.answers = reads
    end = Engine(journal=write(tmp_path, sampled_job()[:1]), target=LARGE).run(lambda _: None)
    assert end.outcome is Outcome.VERIFIED_WITH_EXCEPTIONS
    assert [task.sample is None for task, _ in workers.asked] == [True, False, True]


def test_run__bad_place_in_the_pass__no_sample_at_all(tmp_path: Path, workers: Workers) -> None:
    """What was not written is no place to be lucky about."""
    bad = IoFailure(start_byte=0, end_byte=512, operation="write", errno_name="EIO")

    def writes(task: Task) -> Result:
        assert workers.heard is not None
        if task.action is Action.COMPARE:
            return honest(task)
        workers.heard.refused(bad)
        return WriteResult(
            completed_bytes=SAMPLED_SIZE - 512,
            durable_bytes=SAMPLED_SIZE,
            flushed=True,
            failures=(),
        )

    workers.answers = writes
    end = Engine(journal=write(tmp_path, sampled_job()[:1]), target=LARGE).run(lambda _: None)
    assert end.outcome is Outcome.VERIFIED_WITH_EXCEPTIONS
    assert [task.sample for task, _ in workers.asked] == [None, None]


def test_run__mark_inside_a_unit__pass_goes_on_from_its_start(
    tmp_path: Path, workers: Workers
) -> None:
    """A unit comes from one call of the cipher: half of it is no place to begin."""
    steps = [plan_record(), intent(1), checkpoint(1, 4096), (Kind.RESUMED, {})]
    Engine(journal=write(tmp_path, steps), target=TARGET).run(lambda _: None)
    assert workers.asked[0][0].start_byte == 0


def test_run__stopped_before__no_worker_begins(tmp_path: Path, workers: Workers) -> None:
    """A person who says stop between two steps has nothing more begun on the device."""
    engine = Engine(journal=write(tmp_path, [plan_record()]), target=TARGET)
    engine.stop()
    assert engine.run(lambda _: None).outcome is Outcome.INDETERMINATE
    assert workers.asked == []
    assert [each.what for each in engine.evidence().interruptions] == ["stopped-by-operator"]


def test_run__rests__the_next_worker_too_and_it_is_told(tmp_path: Path, workers: Workers) -> None:
    """Heat does not end with a step: who comes next holds still as well, until it is cooler."""
    engine = Engine(journal=write(tmp_path, sampled_job()[:1]), target=LARGE)
    told: list[bool] = []

    def meanwhile() -> None:
        assert workers.heard is not None
        if len(workers.asked) == 1:
            workers.heard.progress(0)
            engine.rest()
        else:
            assert workers.rested == ["rest", "rest"], "the one at work, and the one that began"
            engine.go_on()
            workers.heard.progress(0)

    workers.meanwhile = meanwhile
    engine.run(lambda now: told.append(now.rests))
    assert workers.rested == ["rest", "rest", "go on"]
    assert told == [False, True, True, False]


def test_run__rests_before_the_first_byte__told_all_the_same(
    tmp_path: Path, workers: Workers
) -> None:
    """A drive that is hot when its job begins shows why nothing moves."""
    engine = Engine(journal=write(tmp_path, sampled_job()[:1]), target=LARGE)
    told: list[bool] = []
    workers.meanwhile = lambda: engine.rest() if len(workers.asked) == 1 else engine.go_on()
    engine.run(lambda now: told.append(now.rests))
    assert told == [True, True]


def test_run__result_not_flushed__pass_failed_and_nothing_verified(
    tmp_path: Path, workers: Workers
) -> None:
    """A worker that moved all bytes and could not flush them has not completed its pass."""
    why = IoFailure(start_byte=0, end_byte=SIZE, operation="flush", errno_name="EIO")
    workers.answers = lambda _: WriteResult(
        completed_bytes=SIZE, durable_bytes=0, flushed=False, failures=(why,)
    )
    end = Engine(journal=write(tmp_path, [plan_record()]), target=TARGET).run(lambda _: None)
    assert end.outcome is Outcome.FAILED
    assert [task.action for task, _ in workers.asked] == [Action.WRITE]


@pytest.mark.parametrize(
    ("unread", "mismatched"), [(0, 512), (512, 0)], ids=["differs", "not all read"]
)
def test_check_tail__anything_but_all_of_it_right__does_not_fit(
    tmp_path: Path, workers: Workers, unread: int, mismatched: int
) -> None:
    """A byte that was not read is as little there as one that differs."""
    engine = Engine(journal=write(tmp_path, [plan_record()]), target=TARGET)
    assert engine.check_tail(KEY, SIZE, ()) == (True, SIZE)
    assert engine.check_tail(KEY, SIZE, [(0, 512)]) == (True, SIZE - 512), "holes are known"
    workers.answers = lambda _: compared(SIZE, unread, mismatched)
    assert engine.check_tail(KEY, SIZE, ()) == (False, SIZE - 512)
    assert {access for _, access in workers.asked} == {READING}


def test_draw_pattern__stream__a_key_of_its_own_with_two_halves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No two passes share a key; one whose halves are equal is drawn again."""
    one, other = (draw_pattern({"kind": "stream"}) for _ in range(2))
    assert one != other
    drawn = iter([bytes(32), bytes(16) + b"1" * 16])
    monkeypatch.setattr(secrets, "token_bytes", lambda _: next(drawn))
    assert draw_pattern({"kind": "stream"}) == KeyedStream(key=bytes(16) + b"1" * 16)


@pytest.fixture
def done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Return what is done with a device before a worker has it."""
    seen: list[str] = []
    descriptor = os.open(tmp_path, os.O_RDONLY | os.O_CLOEXEC)

    def make(*_: Any) -> object:
        seen.append("process")
        return object()

    monkeypatch.setattr(room, "open_block", lambda *_: descriptor)
    monkeypatch.setattr(room, "check_same_device", lambda *_: seen.append("asked"))
    monkeypatch.setattr(room, "drop_cached_pages", lambda _: seen.append("dropped"))
    monkeypatch.setattr(room, "WorkerProcess", make)
    yield seen
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def whole(action: Action) -> Task:
    """Return a task over the whole device."""
    return Task(
        action=action,
        pattern=KEY,
        start_byte=0,
        end_byte=SIZE,
        size_bytes=SIZE,
        diskseq=50,
        sector_bytes=512,
        leaf_bytes=512,
        checkpoint_every_ms=2000,
    )


@pytest.mark.parametrize(
    ("action", "order"),
    [(Action.WRITE, ["asked", "process"]), (Action.COMPARE, ["asked", "dropped", "process"])],
)
def test_start_worker__comparison__kernel_forgets_its_pages_before(
    done: list[str], action: Action, order: list[str]
) -> None:
    """What is read back comes from the device, and not from what we wrote into memory."""
    start_worker(TARGET.node, whole(action), READING)
    assert done == order


def test_start_worker__another_device__no_process(
    done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No worker is handed a device that was exchanged since the plan."""

    def gone(*_: object) -> None:
        raise DeviceGoneError(Text(zh="x", en="x"), hint=Text(zh="x", en="x"))

    monkeypatch.setattr(room, "check_same_device", gone)
    with pytest.raises(DeviceGoneError):
        start_worker(TARGET.node, whole(Action.WRITE), WRITING)
    assert done == []
