"""Figures of a run as one table. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from benchmarks.ratios import Estimate, best, estimate, paired

_HEADINGS: Final = (
    "Work",
    "ours GB/s",
    "fio GB/s",
    "ratio",
    "95 % interval",
    "processor s/GB",
    "design",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """All that a run measured of one kind of work, round by round."""

    work: str
    design: str
    """What the design asks for, in words; information, not a threshold."""
    ours_bytes_per_s: tuple[float, ...]
    processor_s_per_gb: tuple[float, ...]
    fio_bytes_per_s: Mapping[str, Sequence[float]]
    """Per engine, in the order of our rounds; empty where ``fio`` has nothing like it."""

    def engine(self) -> str:
        """Return the engine with the better median; the row has at least one."""
        return best(self.fio_bytes_per_s)

    def ratio(self) -> Estimate | None:
        """Return ours over the better engine, or None where there is nothing to compare."""
        if not self.fio_bytes_per_s:
            return None
        return estimate(paired(self.ours_bytes_per_s, self.fio_bytes_per_s[self.engine()]))

    def cells(self) -> tuple[str, ...]:
        """Return the row as the table shows it."""
        ratio = self.ratio()
        return (
            self.work,
            _gigabytes(self.ours_bytes_per_s),
            self._fio_cell(),
            f"{ratio.median:.2f}" if ratio else "-",
            _interval_cell(ratio),
            f"{median(self.processor_s_per_gb):.3f}",
            self.design,
        )

    def _fio_cell(self) -> str:
        if not self.fio_bytes_per_s:
            return "-"
        engine = self.engine()
        return f"{_gigabytes(self.fio_bytes_per_s[engine])} ({engine})"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryRow:
    """Peak resident memory of one real worker process."""

    work: str
    design: str
    peak_bytes: int

    def cells(self) -> tuple[str, ...]:
        """Return the row as the table shows it; the figure stands beside the kind of work."""
        words = f"{self.work}: {self.peak_bytes / (1 << 20):.0f} MiB at most"
        return (words, *("-",) * (len(_HEADINGS) - 2), self.design)


def _gigabytes(rates_bytes_per_s: Sequence[float]) -> str:
    return f"{median(rates_bytes_per_s) / 1e9:.2f}"


def _interval_cell(ratio: Estimate | None) -> str:
    if ratio is None:
        return "-"
    if ratio.interval is None:
        return f"none from {ratio.count} pairs"
    return f"{ratio.interval.low:.2f} to {ratio.interval.high:.2f}"


def estimate_cells(found: Estimate, digits: int = 2) -> tuple[str, str]:
    """Return a median and its interval as a table shows them."""
    if found.interval is None:
        return f"{found.median:.{digits}f}", f"none from {found.count}"
    low, high = found.interval.low, found.interval.high
    return f"{found.median:.{digits}f}", f"{low:.{digits}f} to {high:.{digits}f}"


def table(rows: Sequence[Row | MemoryRow]) -> str:
    """Lay the rows of ``fio``'s comparison out as one table."""
    return laid_out(_HEADINGS, [row.cells() for row in rows])


def laid_out(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay cells out as one table, in Markdown that is also legible as it stands."""
    lines = [headings, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    rule = tuple("-" * width for width in widths)
    return "\n".join(
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in (lines[0], rule, *lines[1:])
    )


@dataclass(slots=True)
class Report:
    """What a run has to show besides the comparison with ``fio``."""

    tables: dict[str, tuple[tuple[str, ...], list[tuple[str, ...]]]] = field(default_factory=dict)
    """Headings and rows by title, in the order of their first row."""
    plots: dict[str, str] = field(default_factory=dict)
    """SVG by file name."""

    def add(self, title: str, headings: tuple[str, ...], cells: tuple[str, ...]) -> None:
        """Add a row to a table; all rows of one title share their headings."""
        kept, rows = self.tables.setdefault(title, (headings, []))
        assert kept == headings, "one table, one heading"
        rows.append(cells)

    def text(self) -> str:
        """Return all tables with their titles."""
        return "\n\n".join(
            f"{title}\n\n{laid_out(*content)}" for title, content in self.tables.items()
        )
