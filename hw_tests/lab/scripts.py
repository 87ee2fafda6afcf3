"""Fault scripts that must end the same wherever they are played: on the host, in the guest. Pure.

What a job makes of them is stated beside them; a test on the host and one in the guest hold it.
"""

import errno
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from hw_tests.lab.faults import FALSE_CAPACITY, Effect, Fault, Op

SIZE_BYTES: Final = (6 << 20) + 4096
MIDDLE: Final = 3 << 20
INSIDE: Final = (1 << 19, SIZE_BYTES - (5 << 18))
"""First byte and length of what udev does not read and every whole unit has a part of."""
LAST: Final = SIZE_BYTES - 512
HALF: Final = SIZE_BYTES // 2 // 512 * 512
OTHER_OWNER: Final = 0x07E12
BY_DRIVER: Final = ("bad-sectors", "too-many-errors", "flush-error")
"""A drive that is gone while its driver lives refuses sector by sector, or a flush before that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One script and its end."""

    method: str = "random"
    faults: tuple[Fault, ...]
    or_ends: tuple[str, ...] = ()
    """Where a driver that goes on answering makes other error numbers of the medium's own."""
    ends: str
    """``certified``, or the code of the notice's reason."""
    volatile: bool = False
    returns: int = 0
    """So often the medium comes back."""


def _at(effect: Effect, start: int, length: int = 512, op: Op = Op.WRITE, **more: Any) -> Fault:
    return Fault(effect=effect, op=op, start_byte=start, end_byte=start + length, **more)


STORIES: Final = {
    "delayed": Story(
        faults=(Fault(effect=Effect.DELAY, op=Op.READ, seconds=0.05),), ends="certified"
    ),
    "write-error": Story(faults=(_at(Effect.ERROR, MIDDLE),), ends="bad-sectors"),
    "no-space": Story(faults=(_at(Effect.ERROR, LAST, errno=errno.ENOSPC),), ends="bad-sectors"),
    "read-error": Story(faults=(_at(Effect.ERROR, MIDDLE, op=Op.READ),), ends="bad-sectors"),
    "flush-error": Story(faults=(Fault(effect=Effect.ERROR, op=Op.FLUSH),), ends="flush-error"),
    "dropped-last-sector": Story(faults=(_at(Effect.DROP, LAST),), ends="content-differs"),
    "torn": Story(faults=(Fault(effect=Effect.TORN, kept_bytes=4096),), ends="content-differs"),
    "late": Story(
        faults=(Fault(effect=Effect.REORDER, overtaken_by=1000, times=1),), ends="content-differs"
    ),
    "stale": Story(faults=(_at(Effect.STALE, MIDDLE, op=Op.READ),), ends="content-differs"),
    "flipped-bit": Story(faults=(_at(Effect.FLIP, MIDDLE, 1, Op.READ),), ends="content-differs"),
    "wraps": Story(
        faults=(Fault(effect=Effect.WRAP, end_byte=HALF),),
        ends="content-differs",
    ),
    "wraps-under-zeros": Story(
        method="zero",
        faults=(Fault(effect=Effect.WRAP, end_byte=HALF),),
        ends="capacity-not-real",
    ),
    "too-small": Story(faults=(Fault(effect=Effect.SHORT, end_byte=HALF),), ends="bad-sectors"),
    "too-small-under-zeros": Story(
        method="zero", faults=(Fault(effect=Effect.SHORT, end_byte=HALF),), ends="write-error"
    ),
    "shrinks": Story(
        faults=(Fault(effect=Effect.RESIZE, skip=2, size_bytes=HALF),), ends="bad-sectors"
    ),
    "shrinks-under-verification": Story(
        # Met by whichever thread reads first: none has read then what is no more.
        faults=(_at(Effect.RESIZE, *INSIDE, op=Op.READ, size_bytes=HALF),),
        ends="bad-sectors",
    ),
    "grows": Story(
        # Nobody is told: the certificate speaks about the size that was there at the start.
        faults=(Fault(effect=Effect.RESIZE, skip=2, size_bytes=2 * SIZE_BYTES),),
        ends="certified",
    ),
    "gone": Story(
        faults=(Fault(effect=Effect.GONE, skip=2),), ends="write-error", or_ends=BY_DRIVER
    ),
    "gone-under-verification": Story(
        faults=(_at(Effect.GONE, MIDDLE, op=Op.READ),), ends="read-error", or_ends=BY_DRIVER
    ),
    "power-dips": Story(
        faults=(Fault(effect=Effect.GONE, skip=3, times=1, back_after_calls=0),),
        ends="content-differs",
        volatile=True,
        returns=1,
    ),
    "exchanged": Story(
        faults=(
            Fault(effect=Effect.GONE, skip=3, times=1, back_after_calls=0, as_other=OTHER_OWNER),
        ),
        ends="content-differs",
        returns=1,
    ),
    "exchanged-under-verification": Story(
        faults=(
            _at(
                Effect.GONE,
                MIDDLE,
                op=Op.READ,
                times=1,
                back_after_calls=0,
                as_other=OTHER_OWNER,
            ),
        ),
        ends="content-differs",
        returns=1,
    ),
    "flush-not-done": Story(
        # What stands there is right for as long as the power stays; nobody can see more.
        faults=(Fault(effect=Effect.DROP, op=Op.FLUSH),),
        ends="certified",
        volatile=True,
    ),
}
"""By name. A medium follows its script after the device is shown, and is full before that.

What is meant for the verification names the middle: udev reads the ends of a device at any time.
"""


def inborn(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return what a medium must have from the start."""
    return tuple(fault for fault in faults if fault.effect in FALSE_CAPACITY)


def end_of(statement: dict[str, object]) -> str:
    """Return how a job ended, in a story's words."""
    notice = statement.get("notice")
    return "certified" if notice is None else str(notice["reason"]["code"])  # type: ignore[index]
