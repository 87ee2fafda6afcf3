"""Between station and worker: both ways round, and nothing believed that does not add up."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.errors import MalformedReplyError
from wipe_station.overwrite.sampling import SEED_BYTES, share_of
from wipe_station.records import (
    CompareResult,
    FixedPattern,
    IoFailure,
    KeyedStream,
    Pattern,
    Speed,
    WriteResult,
    fields_of,
    to_json,
)
from wipe_station.worker_protocol import (
    LINE_LIMIT_CHARACTERS,
    Action,
    CrossCheck,
    Event,
    Result,
    Said,
    Task,
    event_line,
    parse_event,
    parse_task,
)

PATTERNS: list[Pattern] = [
    FixedPattern(repeat=b"\x92\x49\x24"),
    KeyedStream(key=bytes(range(32))),
]
SIZE = 4096


def task(action: Action, pattern: Pattern = PATTERNS[0]) -> Task:
    """Return a task over a whole device of 4 KiB."""
    return Task(
        action=action,
        pattern=pattern,
        start_byte=0,
        end_byte=SIZE,
        size_bytes=SIZE,
        diskseq=7,
        sector_bytes=512,
        leaf_bytes=512,
        checkpoint_every_ms=2000,
    )


def test_task__sample__both_ways_round() -> None:
    """The places that a worker is told to read are those that the station drew."""
    sample = share_of(5 << 20, bytes(range(SEED_BYTES)), 40)
    told = replace(task(Action.COMPARE), end_byte=5 << 20, size_bytes=5 << 20, sample=sample)
    assert parse_task(told.to_line()) == told
    assert told.extent().length_bytes() == sample.length_bytes() < 5 << 20


FAILURE = IoFailure(start_byte=0, end_byte=SIZE, operation="read", errno_name="EIO")
WRITTEN = WriteResult(completed_bytes=512, durable_bytes=512, flushed=True, failures=())
COMPARED = CompareResult(
    verified_bytes=1024,
    mismatched_bytes=512,
    unread_bytes=SIZE - 1536,
    first_mismatch_byte=3,
    mismatches=((0, 512),),
    failures=(FAILURE,),
    speed=Speed(zones=((0, 120_000_000), (15, 60_000_000)), slowest_ms=31),
)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_task__there_and_back__equal(action: Action, pattern: Pattern) -> None:
    """A task survives its line."""
    assert parse_task(task(action, pattern).to_line()) == task(action, pattern)


@pytest.mark.parametrize(
    ("action", "event"),
    [
        (Action.WRITE, Event(said=Said.RESULT, result=WRITTEN)),
        (Action.COMPARE, Event(said=Said.RESULT, result=COMPARED)),
        (Action.WRITE, Event(said=Said.PROGRESS, number=SIZE)),
        (Action.WRITE, Event(said=Said.CHECKPOINT, number=0)),
        (Action.WRITE, Event(said=Said.GONE)),
    ],
)
def test_event__there_and_back__equal(action: Action, event: Event) -> None:
    """An event survives its line."""
    value = to_json(event.result) if event.result else event.number
    read = parse_event(event_line(event.said, value), task(action))
    assert read == event
    assert event.result is None or to_json(read.result) == value, "speed is compared by hand"


def changed(**fields: Any) -> dict[str, Any]:
    """Return an honest comparison with some of its fields changed."""
    return dict(fields_of(COMPARED)) | fields


LIES = {
    "more than the range": changed(verified_bytes=SIZE + 512),
    "counts that do not add up": changed(unread_bytes=0),
    "negative": changed(verified_bytes=-512, unread_bytes=SIZE),
    "boolean": changed(mismatched_bytes=True),
    "text for a number": changed(verified_bytes="1024"),
    "mismatch outside": changed(first_mismatch_byte=SIZE),
    "ranges of three": changed(mismatches=[[0, 1, 2]]),
    "escape in a name": changed(failures=[dict(fields_of(FAILURE)) | {"errno_name": "\x1b[2J"}]),
    "zone beyond the last": changed(speed={"zones": [[16, 1]], "slowest_ms": 0}),
    "zones out of order": changed(speed={"zones": [[3, 1], [2, 1]], "slowest_ms": 0}),
    "a zone twice": changed(speed={"zones": [[3, 1], [3, 1]], "slowest_ms": 0}),
    "speed of no device": changed(speed={"zones": [[3, 1 << 41]], "slowest_ms": 0}),
    "speed without its slowest": changed(speed={"zones": []}),
    "a write's result": dict(fields_of(WRITTEN)),
    "nothing": {},
}


@pytest.mark.parametrize("name", LIES)
def test_event__lying_worker__refused(name: str) -> None:
    """A worker that was taken over cannot report more than its task, nor other types."""
    line = event_line(Said.RESULT, LIES[name])
    with pytest.raises(MalformedReplyError):
        parse_event(line, task(Action.COMPARE))


@pytest.mark.parametrize("said", [Said.PROGRESS, Said.CHECKPOINT])
@pytest.mark.parametrize("number", [SIZE + 1, -1, True, "512", None])
def test_event__count_beyond_the_device__refused(said: Said, number: Any) -> None:
    """No mark of a worker lies behind the device's end."""
    with pytest.raises(MalformedReplyError):
        parse_event(event_line(said, number), task(Action.WRITE))


PLACE = IoFailure(start_byte=512, end_byte=1024, operation="write", errno_name="EIO")
DONE = replace(WRITTEN, completed_bytes=SIZE, durable_bytes=SIZE)
AROUND = replace(DONE, completed_bytes=SIZE - 512)
READ = replace(COMPARED, verified_bytes=SIZE, mismatched_bytes=0, unread_bytes=0, failures=())
READ = replace(READ, first_mismatch_byte=None, mismatches=())
PART = replace(READ, verified_bytes=SIZE - 512, unread_bytes=512)


def believed(told: Task, refused: tuple[IoFailure, ...], result: Result) -> bool:
    """Let a worker name places that are refused, and then say how it ended."""
    cross_check = CrossCheck(told)
    named = [cross_check.takes(Event(said=Said.REFUSED, refused=place)) for place in refused]
    return all(named) and cross_check.takes(Event(said=Said.RESULT, result=result))


@pytest.mark.parametrize(
    ("result", "refused"),
    [
        (DONE, ()),
        (AROUND, (PLACE,)),
        (replace(DONE, flushed=False, failures=(FAILURE,)), ()),
        (READ, ()),
        (PART, (PLACE,)),
        (replace(PART, failures=(FAILURE,)), ()),
        (replace(PART, gave_up=True, failures=(FAILURE,)), ()),
        (COMPARED, ()),
    ],
)
def test_cross_check__honest_worker__believed(
    result: Result, refused: tuple[IoFailure, ...]
) -> None:
    """All was moved, or what was not was named before, or the step says why it failed."""
    action = Action.WRITE if isinstance(result, WriteResult) else Action.COMPARE
    assert believed(task(action), refused, result)


@pytest.mark.parametrize(
    ("result", "refused"),
    [
        (replace(DONE, flushed=False), ()),
        (replace(DONE, failures=(FAILURE,)), ()),
        (replace(DONE, durable_bytes=SIZE - 512), ()),
        (AROUND, ()),
        (DONE, (PLACE,)),
        (AROUND, (PLACE, replace(PLACE, start_byte=1024, end_byte=1536))),
        (PART, ()),
        (READ, (PLACE,)),
        (replace(READ, gave_up=True, verified_bytes=0, unread_bytes=SIZE), ()),
        (replace(PART, unread_bytes=0, mismatched_bytes=512), ()),
        (replace(READ, first_mismatch_byte=7), ()),
    ],
)
def test_cross_check__result_that_no_worker_of_ours_gives__nonsense(
    result: Result, refused: tuple[IoFailure, ...]
) -> None:
    """A worker that was taken over cannot have contradictions written into the journal."""
    action = Action.WRITE if isinstance(result, WriteResult) else Action.COMPARE
    assert not believed(task(action), refused, result)


def test_cross_check__holes__are_no_surprise() -> None:
    """What the worker was told to leave out counts as unread, once."""
    around = replace(task(Action.COMPARE), holes=((512, 1024),))
    assert believed(around, (), PART)
    assert not believed(around, (), READ)
    assert believed(around, (PLACE,), PART)


MARK = Event(said=Said.CHECKPOINT, number=1024)
FAILED = replace(WRITTEN, completed_bytes=SIZE, flushed=False, failures=(FAILURE,))


@pytest.mark.parametrize(
    "event",
    [
        replace(MARK, number=512),
        replace(MARK, number=SIZE + 512),
        Event(said=Said.REFUSED, refused=PLACE),
        Event(said=Said.RESULT, result=replace(FAILED, durable_bytes=512)),
    ],
    ids=["goes back", "beyond the task", "refused below it", "less durable in the end"],
)
def test_cross_check__mark_that_is_taken_back__nonsense(event: Event) -> None:
    """What was called durable stays so: the journal would contradict itself for ever."""
    cross_check = CrossCheck(task(Action.WRITE))
    assert cross_check.takes(MARK)
    assert not cross_check.takes(event)


@pytest.mark.parametrize(
    "event",
    [
        MARK,
        replace(MARK, number=SIZE),
        Event(said=Said.REFUSED, refused=replace(PLACE, start_byte=1024, end_byte=1536)),
        Event(said=Said.RESULT, result=replace(FAILED, durable_bytes=1024)),
        Event(said=Said.RESULT, result=DONE),
        Event(said=Said.PROGRESS, number=0),
        Event(said=Said.GONE),
    ],
)
def test_cross_check__whatever_may_follow_a_mark__believed(event: Event) -> None:
    """An honest worker is heard to its end."""
    cross_check = CrossCheck(task(Action.WRITE))
    assert cross_check.takes(MARK)
    assert cross_check.takes(event)


@given(
    st.one_of(
        st.text(max_size=200),
        st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps),
    )
)
def test_event__any_line__only_the_declared_error(line: str) -> None:
    """No line makes the parser raise anything else."""
    with pytest.raises(MalformedReplyError):
        parse_event(line + "\n", task(Action.WRITE))


def test_event__cut_short__refused() -> None:
    """A line without its end is no line."""
    with pytest.raises(MalformedReplyError):
        parse_event(event_line(Said.PROGRESS, 1).rstrip("\n"), task(Action.WRITE))


def test_event__line_beyond_the_limit__refused() -> None:
    """A worker cannot make the station read without end."""
    line = event_line(Said.PROGRESS, 1)
    padded = line.replace("1", " " * LINE_LIMIT_CHARACTERS + "1")
    assert json.loads(padded)["value"] == 1
    with pytest.raises(MalformedReplyError):
        parse_event(padded, task(Action.WRITE))
