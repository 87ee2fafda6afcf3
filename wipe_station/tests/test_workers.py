"""The parent's side of a worker: one that was taken over says what it likes, in vain."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from wipe_station import workers
from wipe_station.records import KeyedStream, WriteResult, to_json
from wipe_station.worker_protocol import Action, Said, Task, event_line
from wipe_station.workers import Heard, WorkerEnd, WorkerProcess

SIZE = 4096
TASK = Task(
    action=Action.WRITE,
    pattern=KeyedStream(key=bytes(range(32))),
    start_byte=0,
    end_byte=SIZE,
    size_bytes=SIZE,
    diskseq=7,
    sector_bytes=512,
    leaf_bytes=512,
    checkpoint_every_ms=2000,
)
DONE = WriteResult(completed_bytes=SIZE, durable_bytes=SIZE, flushed=True, failures=())
Say = Callable[..., tuple[WorkerEnd, list[int]]]


def worker_that_runs(script: str, monkeypatch: pytest.MonkeyPatch) -> WorkerProcess:
    """Return a worker whose process runs a script of ours in the real one's place."""

    def start(_: list[str], **usual: Any) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, "-I", "-c", script], **usual)

    kept = {"PIPE": subprocess.PIPE, "TimeoutExpired": subprocess.TimeoutExpired}
    monkeypatch.setattr(workers, "subprocess", SimpleNamespace(Popen=start, **kept))
    nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return WorkerProcess(TASK, nothing)
    finally:
        os.close(nothing)


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Say:
    """Return what has a worker say some lines, and tells what was heard of marks."""

    def talk(*lines: str) -> tuple[WorkerEnd, list[int]]:
        script = f"import sys; sys.stdin.read(); print({''.join(lines)!r}, end='')"
        marks: list[int] = []
        worker = worker_that_runs(script, monkeypatch)
        return worker.run(Heard(checkpoint=marks.append)), marks

    return talk


def test_run__honest_worker__heard_to_its_end(say: Say) -> None:
    """Marks as they come, then the result."""
    mark, done = event_line(Said.CHECKPOINT, 512), event_line(Said.RESULT, to_json(DONE))
    end, marks = say(mark, done)
    assert marks == [512]
    assert (end.result, end.lost) == (DONE, "")


@pytest.mark.parametrize(
    "lie",
    [
        event_line(Said.CHECKPOINT, 256),
        event_line(Said.RESULT, to_json(replace(DONE, flushed=False))),
        event_line(Said.RESULT, to_json(replace(DONE, completed_bytes=512))),
        "nonsense\n",
    ],
    ids=["mark goes back", "not flushed, and no reason", "not all moved", "nonsense"],
)
def test_run__worker_contradicts_itself__lost_as_if_it_had_died(say: Say, lie: str) -> None:
    """Nothing of it reaches the journal, which would contradict itself for ever: it can go on."""
    end, marks = say(event_line(Said.CHECKPOINT, 512), lie, event_line(Said.CHECKPOINT, SIZE))
    assert marks == [512]
    assert (end.result, end.lost) == (None, "worker-died")


def test_rest__worker_with_work_in_its_hands__still_until_it_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker that rests does nothing, is not taken for one that hangs, and ends as it would."""
    monkeypatch.setattr(workers, "HANG_S", 0.0)
    said = event_line(Said.PROGRESS, 512), event_line(Said.RESULT, to_json(DONE))
    script = f"import sys; sys.stdin.read(); print({''.join(said)!r}, end='')"
    worker = worker_that_runs(script, monkeypatch)
    worker.rest()
    with ThreadPoolExecutor(1) as pool:
        heard = pool.submit(worker.run, Heard())
        stat = Path(f"/proc/{worker.name.partition('@')[0]}/stat")
        while stat.read_text("utf-8").rpartition(")")[2].split()[0] != "T":
            assert not heard.done()
        assert not heard.done()
        monkeypatch.setattr(workers, "HANG_S", 60.0)
        worker.go_on()
        assert heard.result(60).result == DONE


def test_rest__killed__ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever stops a job does not wait for its drive to cool down."""
    worker = worker_that_runs("input()", monkeypatch)
    worker.rest()
    worker.kill()
    assert worker.run(Heard()).lost == "worker-died"
