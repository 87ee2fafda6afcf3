"""A worker's order: the same device before, between and after, and no mark without its flush.

On an ordinary file, with the kernel's answer about the device replaced.
"""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from certs.text import Text
from wipe_station import worker
from wipe_station.block import check_same_device
from wipe_station.errors import DeviceGoneError
from wipe_station.overwrite.stream import UNIT_BYTES, expected_bytes
from wipe_station.records import KeyedStream
from wipe_station.worker_protocol import Action, Said, Task

SIZE = 2 * UNIT_BYTES + 512
STREAM = KeyedStream(key=bytes(range(32)))
AT_EACH_TICK, NEVER = 0, 1 << 30
PWRITE, FDATASYNC = os.pwrite, os.fdatasync


def task(action: Action, checkpoint_every_ms: int = NEVER) -> Task:
    """Return a task over the whole file."""
    return Task(
        action=action,
        pattern=STREAM,
        start_byte=0,
        end_byte=SIZE,
        size_bytes=SIZE,
        diskseq=7,
        sector_bytes=512,
        leaf_bytes=512,
        checkpoint_every_ms=checkpoint_every_ms,
    )


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, object]]:
    """Return what a worker does, in order: its words, its flushes, its questions."""
    seen: list[tuple[object, object]] = []

    def fdatasync(descriptor: int) -> None:
        FDATASYNC(descriptor)
        seen.append(("flush", None))

    monkeypatch.setattr(worker, "_emit", lambda said, value: seen.append((said, value)))
    monkeypatch.setattr(worker, "check_same_device", lambda *_: seen.append(("asked", None)))
    monkeypatch.setattr(os, "fdatasync", fdatasync)
    return seen


@pytest.fixture
def descriptor(tmp_path: Path) -> Iterator[int]:
    """Return an open file of zeros."""
    opened = os.open(tmp_path / "drive", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    os.ftruncate(opened, SIZE)
    yield opened
    os.close(opened)


def gone_at(monkeypatch: pytest.MonkeyPatch, question: int) -> None:
    """Let the device be another one when it is asked for the n-th time, and only then."""
    asked = [0]

    def check(*_: object) -> None:
        asked[0] += 1
        if asked[0] == question:
            raise DeviceGoneError(Text(zh="x", en="x"), hint=Text(zh="x", en="x"))

    monkeypatch.setattr(worker, "check_same_device", check)


def said(log: list[tuple[object, object]], kind: Said) -> list[int]:
    """Return where in the log a worker says something."""
    return [at for at, (what, _) in enumerate(log) if what is kind]


def test_work__checkpoint_due__each_mark_has_a_flush_of_its_own(
    log: list[tuple[object, object]], descriptor: int
) -> None:
    """Before each mark the device was asked for, and then flushed; the last mark is the end."""
    worker._work(task(Action.WRITE, AT_EACH_TICK), descriptor)
    marks = said(log, Said.CHECKPOINT)
    assert marks
    assert log[marks[-1]][1] == SIZE
    before = [[what for what, _ in log[at - 2 : at]] for at in marks]
    assert before == [["asked", "flush"]] * len(marks)


def test_work__flush_fails__no_mark(
    log: list[tuple[object, object]], descriptor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written and not flushed is told as progress, never as a mark."""

    def fdatasync(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    worker._work(task(Action.WRITE, AT_EACH_TICK), descriptor)
    assert said(log, Said.PROGRESS)
    assert not said(log, Said.CHECKPOINT)


def test_work__place_refused__told_before_the_mark_behind_it(
    log: list[tuple[object, object]], descriptor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stops listening after a mark has heard of every hole below it."""

    def pwrite(given: int, view: memoryview, offset: int) -> int:
        if offset <= 512 < offset + len(view):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return PWRITE(given, view, offset)

    monkeypatch.setattr(os, "pwrite", pwrite)
    worker._work(task(Action.WRITE, AT_EACH_TICK), descriptor)
    (place,) = said(log, Said.REFUSED)
    behind = [at for at in said(log, Said.CHECKPOINT) if log[at][1] != 0]
    assert behind
    assert place < behind[0]


@pytest.mark.parametrize("action", Action)
def test_work__another_device_at_the_start__not_one_byte(
    log: list[tuple[object, object]],
    descriptor: int,
    monkeypatch: pytest.MonkeyPatch,
    action: Action,
) -> None:
    """Nothing is written to a device that was exchanged after the descriptor was handed over."""
    gone_at(monkeypatch, 1)
    with pytest.raises(DeviceGoneError):
        worker._work(task(action), descriptor)
    assert not log
    assert not any(os.pread(descriptor, SIZE, 0))


def test_work__another_device_at_a_checkpoint__no_mark(
    log: list[tuple[object, object]], descriptor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No mark speaks of a device that was exchanged meanwhile."""
    gone_at(monkeypatch, 2)
    with pytest.raises(DeviceGoneError):
        worker._work(task(Action.WRITE, AT_EACH_TICK), descriptor)
    assert not said(log, Said.CHECKPOINT)


@pytest.mark.parametrize("action", Action)
def test_work__another_device_at_the_end__no_result(
    log: list[tuple[object, object]],
    descriptor: int,
    monkeypatch: pytest.MonkeyPatch,
    action: Action,
) -> None:
    """All fits, and the device is another one by now: that says nothing about ours."""
    os.pwrite(descriptor, expected_bytes(STREAM, 0, SIZE), 0)
    gone_at(monkeypatch, 2)
    with pytest.raises(DeviceGoneError):
        worker._work(task(action), descriptor)
    assert said(log, Said.PROGRESS), "it was at work"


def test_check_same_device__no_answer__gone(descriptor: int) -> None:
    """What cannot be asked for its number is not the device of the plan."""
    with pytest.raises(DeviceGoneError):
        check_same_device(descriptor, 7, SIZE)
