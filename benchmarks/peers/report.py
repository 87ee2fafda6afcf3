"""Figures of a comparison as one table. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from benchmarks.peers.programs import Work
from benchmarks.ratios import Estimate, estimate, paired

_HEADINGS: Final = (
    "Our work",
    "Program",
    "What it really did",
    "s",
    "user, system s",
    "peak MiB",
    "device wrote, read",
    "different",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a run saw of one program, in the order of its rounds."""

    elapsed_s: tuple[float, ...]
    written_ratio: float = 0.0
    read_ratio: float = 0.0
    different_places: int = 0
    user_s: float = 0.0
    system_s: float = 0.0
    peak_bytes: int = 0
    """Of all rounds; 0 where there is no process of its own."""
    problem: str = ""
    """Why there are no figures, or not as many as there were rounds."""
    limit_s: float | None = None
    """The bound, if that is what it ran into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One way in which we do the work, with its times."""

    name: str
    did: str
    figures: Mapping[Work, Figures]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One program beside one kind of our work."""

    work: Work
    program: str
    """With its version."""
    did: str
    figures: Figures

    def cells(self, sides: Sequence[Side]) -> tuple[str, ...]:
        """Return the row as the table shows it, with one ratio for each of our sides."""
        ratios = (ratio_cell(side.figures.get(self.work), self.figures) for side in sides)
        return (self.work.value, self.program, self.did, *figure_cells(self.figures), *ratios)


def ratio_cell(ours: Figures | None, theirs: Figures) -> str:
    """Return our time over theirs with its interval; below 1 we are faster.

    A program that ran into its bound still bounds the ratio; one without any time gives a dash.
    """
    if ours is None or not ours.elapsed_s or ours.problem:
        return "-"
    if theirs.limit_s is not None:
        return f"< {median(ours.elapsed_s) / theirs.limit_s:.3f}"
    if theirs.problem:
        return "-"
    return _estimate_cell(estimate(paired(ours.elapsed_s, theirs.elapsed_s)))


def _estimate_cell(ratio: Estimate) -> str:
    if ratio.interval is None:
        return f"{ratio.median:.3f} (no interval from {ratio.count})"
    return f"{ratio.median:.3f} ({ratio.interval.low:.3f} to {ratio.interval.high:.3f})"


def figure_cells(figures: Figures) -> tuple[str, ...]:
    """Return median times, memory, what the device was asked for, how many places differ."""
    if figures.problem:
        return figures.problem, "-", "-", "-", "-"
    different = str(figures.different_places) if figures.written_ratio else "-"
    return (
        f"{median(figures.elapsed_s):.2f}",
        f"{figures.user_s:.2f}, {figures.system_s:.2f}",
        f"{figures.peak_bytes / (1 << 20):.0f}" if figures.peak_bytes else "-",
        f"{figures.written_ratio:.2f}, {figures.read_ratio:.2f}",
        different,
    )


def table(sides: Sequence[Side], lines: Sequence[Line]) -> str:
    """Lay everything out as one table in Markdown, ours above theirs for each kind of work."""
    headings = (*_HEADINGS, *(f"ours / theirs: {side.name}" for side in sides))
    rows = [headings, tuple("-" * 3 for _ in headings)]
    for work in Work:
        rows += [_our_cells(side, work, len(sides)) for side in sides if work in side.figures]
        rows += [line.cells(sides) for line in lines if line.work is work]
    return "\n".join("| " + " | ".join(map(_safe, row)) + " |" for row in rows)


def _our_cells(side: Side, work: Work, dashes: int) -> tuple[str, ...]:
    cells = figure_cells(side.figures[work])
    return (work.value, f"**ours**, {side.name}", side.did, *cells, *("-",) * dashes)


def _safe(cell: str) -> str:
    """Keep a program's own words within their cell."""
    return cell.replace("|", "/").replace("\n", " ")
