"""What a worker is told and what it answers: one JSON line each way. Pure.

The parent trusts nothing that comes back: a worker handles a stranger's device, so its lines are
parsed like any other outside bytes, with limits, types, and counts that must add up.
"""

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from wipe_station.errors import MalformedReplyError
from wipe_station.overwrite.damage import Range, bytes_in, joined
from wipe_station.overwrite.extent import Extent
from wipe_station.overwrite.sampling import Sample
from wipe_station.overwrite.speed import ZONES
from wipe_station.records import (
    CompareResult,
    FixedPattern,
    IoFailure,
    Json,
    KeyedStream,
    Pattern,
    Speed,
    WriteResult,
    to_json,
)

LINE_LIMIT_CHARACTERS: Final = 1 << 16
MOST_BYTES_PER_S: Final = 1 << 40
MOST_MS: Final = 1 << 32


class Action(Enum):
    """What a worker does with its range."""

    WRITE = "write"
    COMPARE = "compare"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One range of the one device that the worker was handed."""

    action: Action
    pattern: Pattern
    start_byte: int
    end_byte: int
    size_bytes: int
    diskseq: int
    sector_bytes: int
    leaf_bytes: int
    checkpoint_every_ms: int
    probes: bool = False
    sample: Sample | None = None
    holes: tuple[Range, ...] = ()

    def extent(self) -> Extent:
        """Return the bytes to be moved."""
        return Extent(
            start_byte=self.start_byte,
            end_byte=self.end_byte,
            probes=self.probes,
            sample=self.sample,
            holes=self.holes,
        )

    def to_line(self) -> str:
        """Return the task as one JSON line."""
        return json.dumps(to_json(self)) + "\n"


def parse_task(line: str) -> Task:
    """Read a task; the parent is trusted, so a wrong one is a fault of ours and may raise."""
    fields = json.loads(line)
    read = {
        "pattern": _pattern(fields["pattern"]),
        "action": Action(fields["action"]),
        "sample": _sample(fields.get("sample")),
        "holes": tuple((start, end) for start, end in fields["holes"]),
    }
    return Task(**(fields | read))


def _sample(value: dict[str, Any] | None) -> Sample | None:
    return None if value is None else Sample(**value | {"seed": bytes.fromhex(value["seed"])})


def _pattern(value: dict[str, str]) -> Pattern:
    if "key" in value:
        return KeyedStream(key=bytes.fromhex(value["key"]), stream=value["stream"])
    return FixedPattern(repeat=bytes.fromhex(value["repeat"]))


class Said(Enum):
    """Kinds of a worker's lines; the last two end the conversation."""

    PROGRESS = "progress"
    CHECKPOINT = "checkpoint"
    REFUSED = "refused"
    """A place that the device refuses for good; said before any checkpoint that covers it."""
    GONE = "gone"
    RESULT = "result"


Result = WriteResult | CompareResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a worker: bytes for progress and checkpoints, a result at the end."""

    said: Said
    number: int = 0
    result: Result | None = None
    refused: IoFailure | None = None


def event_line(said: Said, value: Json) -> str:
    """Return an event as one JSON line."""
    return json.dumps({"said": said.value, "value": value}) + "\n"


def parse_event(line: str, task: Task) -> Event:
    """Read one line of a worker.

    Args:
        line: with its newline; a line cut short has none and is refused.
        task: what the worker was told; counts must fit its range.

    Raises:
        MalformedReplyError: anything but one of the five events with sane numbers.
    """
    if not line.endswith("\n") or len(line) > LINE_LIMIT_CHARACTERS:
        raise _malformed("line")
    try:
        message = json.loads(line)
        said, value = Said(message["said"]), message["value"]
        if said is Said.RESULT:
            return Event(said=said, result=_result(value, task))
        if said is Said.REFUSED:
            return Event(said=said, refused=_refused(value, task))
        return Event(said=said, number=0 if said is Said.GONE else _count(value, task.size_bytes))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _malformed("event") from error


class CrossCheck:
    """What a worker has said so far about its task; what contradicts it is nonsense."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._mark_byte = task.start_byte
        self._refused: list[Range] = []

    def takes(self, event: Event) -> bool:
        """Remember an event, if it fits all that was said before; a result must add up."""
        if event.said is Said.CHECKPOINT:
            fits = self._mark_byte <= event.number <= self._task.end_byte
            self._mark_byte = max(self._mark_byte, event.number)
            return fits
        if event.refused is not None:
            self._refused.append((event.refused.start_byte, event.refused.end_byte))
            return event.refused.start_byte >= self._mark_byte
        if isinstance(event.result, WriteResult):
            return self._written(event.result)
        return event.result is None or self._compared(event.result)

    def _written(self, result: WriteResult) -> bool:
        if result.failures or not result.flushed:
            told = bool(result.failures) and not result.flushed
            return told and result.durable_bytes >= self._mark_byte
        moved = self._task.extent().length_bytes() - bytes_in(joined(self._refused))
        return (result.completed_bytes, result.durable_bytes) == (moved, self._task.end_byte)

    def _compared(self, result: CompareResult) -> bool:
        differs = result.first_mismatch_byte is not None
        if differs or result.mismatched_bytes:
            return differs and result.mismatched_bytes > 0
        left_out = bytes_in(joined([*self._task.holes, *self._refused]))
        return bool(result.failures) or result.unread_bytes == left_out


def _malformed(field: str) -> MalformedReplyError:
    return MalformedReplyError("worker", offset=0, field=field)


def _count(value: object, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError("count")
    return value


def _failures(values: list[dict[str, Any]], task: Task) -> tuple[IoFailure, ...]:
    return tuple(
        IoFailure(
            start_byte=_count(value["start_byte"], task.size_bytes),
            end_byte=_count(value["end_byte"], task.size_bytes),
            operation=_word(value["operation"]),
            errno_name=_word(value["errno_name"]),
        )
        for value in values
    )


def _refused(value: dict[str, Any], task: Task) -> IoFailure:
    """Read a place; it lies within the task and holds something."""
    (place,) = _failures([value], task)
    if not task.start_byte <= place.start_byte < place.end_byte <= task.end_byte:
        raise ValueError("place")
    return place


def _word(value: object) -> str:
    if not isinstance(value, str) or not value.isascii() or not value.isalnum():
        raise ValueError("word")
    return value


def _speed(value: dict[str, Any]) -> Speed:
    zones = tuple(
        (_count(zone, ZONES - 1), _count(speed, MOST_BYTES_PER_S)) for zone, speed in value["zones"]
    )
    if [zone for zone, _ in zones] != sorted({zone for zone, _ in zones}):
        raise ValueError("zones")
    return Speed(zones=zones, slowest_ms=_count(value["slowest_ms"], MOST_MS))


def _result(value: dict[str, Any], task: Task) -> Result:
    length = task.extent().length_bytes()
    failures = _failures(value["failures"], task)
    if task.action is Action.WRITE:
        return WriteResult(
            completed_bytes=_count(value["completed_bytes"], length),
            durable_bytes=_count(value["durable_bytes"], task.end_byte),
            flushed=value["flushed"] is True,
            failures=failures,
            gave_up=value["gave_up"] is True,
            speed=_speed(value["speed"]),
        )
    first = value.get("first_mismatch_byte")
    result = CompareResult(
        verified_bytes=_count(value["verified_bytes"], length),
        mismatched_bytes=_count(value["mismatched_bytes"], length),
        unread_bytes=_count(value["unread_bytes"], length),
        first_mismatch_byte=None if first is None else _count(first, task.end_byte - 1),
        mismatches=tuple(
            (_count(start, task.end_byte), _count(end, task.end_byte))
            for start, end in value["mismatches"]
        ),
        failures=failures,
        gave_up=value["gave_up"] is True,
        speed=_speed(value["speed"]),
    )
    if result.verified_bytes + result.mismatched_bytes + result.unread_bytes != length:
        raise ValueError("counts")
    return result
