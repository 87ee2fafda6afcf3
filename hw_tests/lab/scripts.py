"""Fault scripts that must end the same wherever they are played: on the host, in the guest. Pure.

What a job makes of them is stated beside them; a test on the host and one in the guest hold it.
"""

import errno
from dataclasses import dataclass
from typing import Final

from hw_tests.lab.faults import Effect, Fault, Op

SIZE_BYTES: Final = (6 << 20) + 4096
MIDDLE: Final = 3 << 20
LAST: Final = SIZE_BYTES - 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One script and its end."""

    method: str = "random"
    faults: tuple[Fault, ...]
    ends: str
    """``certified``, or the code of the notice's reason."""


def _at(effect: Effect, start: int, length: int = 512, op: Op = Op.WRITE, **more: int) -> Fault:
    return Fault(effect=effect, op=op, start_byte=start, end_byte=start + length, **more)


STORIES: Final = {
    "delayed": Story(
        faults=(Fault(effect=Effect.DELAY, op=Op.READ, seconds=0.05),), ends="certified"
    ),
    "write-error": Story(faults=(_at(Effect.ERROR, MIDDLE),), ends="write-error"),
    "no-space": Story(faults=(_at(Effect.ERROR, LAST, errno=errno.ENOSPC),), ends="write-error"),
    "read-error": Story(faults=(_at(Effect.ERROR, MIDDLE, op=Op.READ),), ends="read-error"),
    "flush-error": Story(faults=(Fault(effect=Effect.ERROR, op=Op.FLUSH),), ends="flush-error"),
    "dropped-last-sector": Story(faults=(_at(Effect.DROP, LAST),), ends="content-differs"),
    "torn": Story(faults=(Fault(effect=Effect.TORN, kept_bytes=4096),), ends="content-differs"),
    "late": Story(
        faults=(Fault(effect=Effect.REORDER, overtaken_by=1000, times=1),), ends="content-differs"
    ),
    "stale": Story(faults=(_at(Effect.STALE, MIDDLE, op=Op.READ),), ends="content-differs"),
    "flipped-bit": Story(faults=(_at(Effect.FLIP, MIDDLE, 1, Op.READ),), ends="content-differs"),
    "wraps": Story(
        faults=(Fault(effect=Effect.WRAP, end_byte=SIZE_BYTES // 2 // 512 * 512),),
        ends="content-differs",
    ),
    "wraps-under-zeros": Story(
        method="zero",
        faults=(Fault(effect=Effect.WRAP, end_byte=SIZE_BYTES // 2 // 512 * 512),),
        ends="capacity-not-real",
    ),
}
"""By name. Faults are met after the device is shown, but for a false capacity, which is inborn."""


def inborn(story: Story) -> tuple[Fault, ...]:
    """Return what a medium must have from the start."""
    return tuple(fault for fault in story.faults if fault.effect is Effect.WRAP)


def end_of(statement: dict[str, object]) -> str:
    """Return how a job ended, in a story's words."""
    notice = statement.get("notice")
    return "certified" if notice is None else str(notice["reason"]["code"])  # type: ignore[index]
