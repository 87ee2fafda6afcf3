"""Figures of a run as one table. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


def table(rows: Sequence[Row | MemoryRow]) -> str:
    """Lay rows out as one table, in Markdown that is also legible as it stands."""
    lines = [_HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    rule = tuple("-" * width for width in widths)
    return "\n".join(
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in (lines[0], rule, *lines[1:])
    )
