"""Which bytes of a device a step moves: all of a range, probes, or a sample. Pure.

A pass that writes the same bytes everywhere cannot tell a device that wraps around from an honest
one. Probes can, and cost almost nothing: the first ``DENSE_BYTES`` of the device are written in
full, and after them the beginning of every ``STRIDE_BYTES``. The dense part is as long as the
stride; so whatever offset C a device wraps at, the first sparse probe at or beyond C lies at C + r
with r below the stride, and lands in the dense part at r. Two places then share one cell, their
contents differ because the stream is bound to its place, and reading both back finds one of them
wrong, whichever was written last. A device that only drops what lies beyond C is found as plainly.

A probe that the device refuses in part is still a probe. ``probes_suffice`` says how much may be
missing: less than a quarter of any stretch as long as a probe, and nothing at either end. Wherever
the device wraps, two such stretches meet, in at most two parts, the longer at least half of one; of
both together less than that is missing, and so some sector is meant to hold two contents. Where a
shorter stretch meets, it lies at an end.

What probes do not show: that every single write between them was accepted. That is sampled.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from wipe_station.overwrite.damage import Range, bytes_in, joined
from wipe_station.overwrite.sampling import Sample
from wipe_station.overwrite.stream import UNIT_BYTES

DENSE_BYTES: Final = 64 << 20
STRIDE_BYTES: Final = DENSE_BYTES
PROBE_BYTES: Final = 64 << 10

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

    Where the last unit is shorter than a probe, the one before it is written whole, too.

    Args:
        size_bytes: the device's size as claimed.
        dense_bytes: whole units at the beginning.
        stride_bytes: whole units between two sparse probes; at most ``dense_bytes``.
    """
    assert stride_bytes <= dense_bytes, "else a probe could land beyond the dense part"
    dense_end = min(dense_bytes, size_bytes)
    yield from whole_pieces(0, dense_end)
    last = (size_bytes - PROBE_BYTES) // UNIT_BYTES * UNIT_BYTES
    for position in range(dense_bytes, last, stride_bytes):
        yield position // UNIT_BYTES, PROBE_BYTES
    yield from whole_pieces(max(last, dense_end), size_bytes)


def probes_suffice(refused: Iterable[Range], size_bytes: int) -> bool:
    """Tell whether probes find every wrap although the device refused some of their bytes.

    Args:
        refused: places that could not be written or read.
        size_bytes: the device's size as claimed.
    """
    holes = joined(refused)
    if holes and (holes[0][0] < PROBE_BYTES or holes[-1][1] > size_bytes - PROBE_BYTES):
        return False
    most = PROBE_BYTES // 4
    return all(bytes_in(_within(holes, low, low + PROBE_BYTES)) < most for low, _ in holes)


def _within(ranges: Iterable[Range], start: int, end: int) -> Iterator[Range]:
    for low, high in ranges:
        if max(low, start) < min(high, end):
            yield max(low, start), min(high, end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """The bytes of one step, cut into pieces of units."""

    start_byte: int
    """A unit's start; 0 for probes and samples."""
    end_byte: int
    """Byte after the last; the device's size for probes and samples."""
    probes: bool = False
    sample: Sample | None = None
    """Only these units are read."""
    holes: tuple[Range, ...] = ()
    """Ranges known not to have been written, ascending and apart: a comparison leaves them out."""

    def __post_init__(self) -> None:
        assert joined(self.holes) == self.holes, "holes are ascending and apart"
        assert self.start_byte % UNIT_BYTES == 0, "extents start at a unit, as the tweak does"
        assert self.sample is None or self.sample.unit_bytes == UNIT_BYTES, "whole units"

    @property
    def scattered(self) -> bool:
        """Tell whether there is anything between the pieces."""
        return self.probes or self.sample is not None

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces in ascending order."""
        if self.probes:
            return probe_pieces(self.end_byte)
        if self.sample is not None:
            return ((low // UNIT_BYTES, high - low) for low, high in self.sample.ranges())
        return whole_pieces(self.start_byte, self.end_byte)

    def length_bytes(self) -> int:
        """Return how many bytes the pieces hold together."""
        if self.scattered:
            return sum(length for _, length in self.pieces())
        return self.end_byte - self.start_byte
