"""Which bytes of a device a step moves: all of a range, or position-bound probes. Pure.

A pass that writes the same bytes everywhere cannot tell a device that wraps around from an honest
one. Probes can, and cost almost nothing: the first ``DENSE_BYTES`` of the device are written in
full, and after them the beginning of every ``STRIDE_BYTES``. The dense part is as long as the
stride; so whatever offset C a device wraps at, the first sparse probe at or beyond C lies at C + r
with r below the stride, and lands in the dense part at r. Two places then share one cell, their
contents differ because the stream is bound to its place, and reading both back finds one of them
wrong, whichever was written last. A device that only drops what lies beyond C is found as plainly.

What probes do not show: that every single write between them was accepted. That is sampled.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from wipe_station.overwrite.damage import Range, joined
from wipe_station.overwrite.stream import UNIT_BYTES

DENSE_BYTES: Final = 64 << 20
STRIDE_BYTES: Final = DENSE_BYTES
PROBE_BYTES: Final = 4096

Piece = tuple[int, int]
"""Number of a 1 MiB unit, and how many bytes from its start."""


def whole_pieces(start_byte: int, end_byte: int) -> Iterator[Piece]:
    """Yield every unit of a range; the last one is cut at its end.

    Args:
        start_byte: a unit's start.
        end_byte: byte after the last.
    """
    for position in range(start_byte, end_byte, UNIT_BYTES):
        yield position // UNIT_BYTES, min(UNIT_BYTES, end_byte - position)


def probe_pieces(
    size_bytes: int, *, dense_bytes: int = DENSE_BYTES, stride_bytes: int = STRIDE_BYTES
) -> Iterator[Piece]:
    """Yield the probes of a device, ascending: dense part, sparse probes, whole last unit.

    Args:
        size_bytes: the device's size as claimed.
        dense_bytes: whole units at the beginning.
        stride_bytes: whole units between two sparse probes; at most ``dense_bytes``.
    """
    assert stride_bytes <= dense_bytes, "else a probe could land beyond the dense part"
    dense_end = min(dense_bytes, size_bytes)
    yield from whole_pieces(0, dense_end)
    last = (size_bytes - 1) // UNIT_BYTES
    for position in range(dense_bytes, last * UNIT_BYTES, stride_bytes):
        yield position // UNIT_BYTES, PROBE_BYTES
    if last * UNIT_BYTES >= dense_end:
        yield last, size_bytes - last * UNIT_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """The bytes of one step, cut into pieces of units."""

    start_byte: int
    """A unit's start; 0 for probes."""
    end_byte: int
    """Byte after the last; the device's size for probes."""
    probes: bool = False
    holes: tuple[Range, ...] = ()
    """Ranges known not to have been written, ascending and apart: a comparison leaves them out."""

    def __post_init__(self) -> None:
        assert joined(self.holes) == self.holes, "holes are ascending and apart"
        assert self.start_byte % UNIT_BYTES == 0, "extents start at a unit, as the tweak does"

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces in ascending order."""
        if self.probes:
            return probe_pieces(self.end_byte)
        return whole_pieces(self.start_byte, self.end_byte)

    def length_bytes(self) -> int:
        """Return how many bytes the pieces hold together."""
        if self.probes:
            return sum(length for _, length in self.pieces())
        return self.end_byte - self.start_byte
