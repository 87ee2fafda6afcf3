"""What a device refuses, cut down to its own sectors, and how much of that is enough. Pure.

A transfer that fails is halved, and each half again, until it works or is one physical sector: a
bad sector costs that sector. Where many in a row are bad, the last of them is looked for from the
back of the range, by halving, too, and what lies between is refused untried: a stretch that is gone
costs dozens of attempts, not thousands. Every attempt may take the device seconds, so time is
bounded, and so is the number of bad places: what is left then counts as refused as a whole, and a
device with so many is not worth more of anybody's time.
"""

import errno
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

HOPELESS: Final = frozenset(
    {
        *(errno.ENODEV, errno.ENXIO, errno.ENOMEDIUM),  # it is gone
        *(errno.EROFS, errno.EPERM, errno.EACCES),  # it takes nothing at all
        *(errno.EBADF, errno.EINVAL),  # our own fault
    }
)
"""Error numbers that no smaller transfer can mend."""
Range = tuple[int, int]
"""First byte, and byte after the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much trouble one step puts up with."""

    most_places: int = 1000
    """Bad places, joined where they touch within a transfer."""
    most_s: float = 120.0
    """Spent in transfers that failed, and in halving them."""


USUAL: Final = Limits()
BAD_IN_A_ROW: Final = 16
"""So many sectors refused one after the other are a stretch."""
Attempt = Callable[[int, int], int | None]
"""Transfers a range; returns None, or an error number."""


def cut(start: int, end: int, leaf_bytes: int) -> tuple[Range, Range] | None:
    """Halve a range at a multiple of a sector; None if it is one sector or less.

    Args:
        start: first byte, a multiple of the logical sector.
        end: byte after the last.
        leaf_bytes: size of the smallest thing that the device can write by itself.
    """
    first = (start // leaf_bytes + 1) * leaf_bytes
    if first >= end:
        return None
    middle = max(first, (start + end) // 2 // leaf_bytes * leaf_bytes)
    return (start, middle), (middle, end)


def salvage(
    start: int,
    end: int,
    leaf_bytes: int,
    attempt: Attempt,
    may_go_on: Callable[[], bool],
) -> Iterator[tuple[int, int, int]]:
    """Try the parts of a range whose transfer has failed; yield what is refused in the end.

    Args:
        start: first byte.
        end: byte after the last.
        leaf_bytes: no part is cut below this.
        attempt: transfers a range; returns None or an error number.
        may_go_on: False when time or patience is used up; the rest is refused untried then.

    Yields:
        first byte, byte after the last, error number; ascending, touching ones joined.
    """
    held: tuple[int, int, int] | None = None
    for low, high, code in _refused(start, end, leaf_bytes, attempt, may_go_on):
        if held is not None and held[1] == low:
            held = (held[0], high, held[2])
            continue
        if held is not None:
            yield held
        held = (low, high, code)
    if held is not None:
        yield held


def _refused(
    start: int, end: int, leaf_bytes: int, attempt: Attempt, may_go_on: Callable[[], bool]
) -> Iterator[tuple[int, int, int]]:
    """Yield what ``salvage`` does, unjoined."""
    halves = cut(start, end, leaf_bytes)
    waiting = list(reversed(halves)) if halves else [(start, end)]
    row, last_code = 0, errno.EIO
    while waiting:
        low, high = waiting.pop()
        if row >= BAD_IN_A_ROW and may_go_on():
            stretch_end = _end_of_stretch(low, end, leaf_bytes, attempt)
            if low < stretch_end:
                yield low, stretch_end, last_code
            return
        code = attempt(low, high) if may_go_on() else errno.ETIME
        if code is None:
            row = 0
            continue
        parts = cut(low, high, leaf_bytes) if code not in HOPELESS and may_go_on() else None
        if parts is not None:
            waiting += reversed(parts)
            continue
        row, last_code = row + 1, code
        yield low, high, code


def _end_of_stretch(start: int, end: int, leaf_bytes: int, attempt: Attempt) -> int:
    """Transfer what is good at the end of a range; return where that begins."""
    low, high = start, end
    while (parts := cut(low, high, leaf_bytes)) is not None:
        middle = parts[1][0]
        if attempt(middle, high) is None:
            high = middle
        else:
            low = middle
    return low if attempt(low, high) is None else high


def joined(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Sort ranges and join those that touch or overlap."""
    result: list[Range] = []
    for start, end in sorted(ranges):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return tuple(result)


def outside(start: int, end: int, holes: Iterable[Range]) -> Iterator[Range]:
    """Yield the parts of a range that no hole touches.

    Args:
        start: first byte.
        end: byte after the last.
        holes: ascending and apart, as ``joined`` returns them.
    """
    for low, high in holes:
        if high <= start:
            continue
        if low >= end:
            break
        if start < low:
            yield start, low
        start = max(start, high)
    if start < end:
        yield start, end


def bytes_in(ranges: Iterable[Range]) -> int:
    """Return how many bytes ranges that do not overlap hold."""
    return sum(end - start for start, end in ranges)
