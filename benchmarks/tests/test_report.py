"""What the table shows, and what it does not pretend to know."""

import pytest

from benchmarks.ratios import estimate
from benchmarks.report import MemoryRow, Report, Row, estimate_cells, table


def row(fio_bytes_per_s: dict[str, list[float]]) -> Row:
    """Return a row of six rounds at 4 GB/s."""
    return Row(
        work="random pass",
        design=">= 0.90",
        ours_bytes_per_s=(4e9,) * 6,
        processor_s_per_gb=(0.2,) * 6,
        fio_bytes_per_s=fio_bytes_per_s,
    )


def test_row__two_engines__ratio_against_the_better() -> None:
    """The comparison is with fio at its best, and says which engine that was."""
    found = row({"io_uring": [4e9] * 6, "psync": [5e9] * 6})
    assert found.cells() == (
        "random pass",
        "4.00",
        "5.00 (psync)",
        "0.80",
        "0.80 to 0.80",
        "0.200",
        ">= 0.90",
    )


def test_row__nothing_to_compare__no_ratio() -> None:
    """Where fio has nothing alike there is a dash and no number."""
    assert row({}).ratio() is None
    assert row({}).cells()[2:5] == ("-", "-", "-")


def test_row__five_pairs__interval_refused() -> None:
    """Too few pairs give a ratio and say that it has no interval."""
    few = Row(
        work="random pass",
        design="",
        ours_bytes_per_s=(4e9,) * 5,
        processor_s_per_gb=(0.2,) * 5,
        fio_bytes_per_s={"psync": [5e9] * 5},
    )
    assert few.cells()[3:5] == ("0.80", "none from 5 pairs")


def test_table__rows_of_both_kinds__equal_columns() -> None:
    """Every line has as many cells as the heading, in columns of one width."""
    memory = MemoryRow(work="memory of a worker", design="<= 96 MiB", peak_bytes=32 << 20)
    lines = table([row({"psync": [5e9] * 6}), memory]).splitlines()
    assert {line.count("|") for line in lines} == {8}
    assert len({len(line) for line in lines}) == 1
    assert "memory of a worker: 32 MiB at most" in lines[-1]


def test_estimate_cells__six_and_five_values__interval_or_said_so() -> None:
    """A median has its interval beside it, or the reason why there is none."""
    assert estimate_cells(estimate([1.0] * 5 + [2.0]), 3) == ("1.000", "1.000 to 2.000")
    assert estimate_cells(estimate([1.0] * 5)) == ("1.00", "none from 5")


def test_report__two_tables__rows_under_their_titles_in_order() -> None:
    """A run's other tables appear in the order in which they were begun."""
    report = Report()
    for title, cell in (("slow", "1"), ("many", "2"), ("slow", "3")):
        report.add(title, ("a heading",), (cell,))
    lines = [line.strip("| ") for line in report.text().splitlines() if line]
    assert lines == ["slow", "a heading", "-" * 9, "1", "3", "many", "a heading", "-" * 9, "2"]


def test_report__other_headings_under_one_title__refused() -> None:
    """A figure never stands under another one's heading."""
    report = Report()
    report.add("slow", ("rate",), ("1",))
    with pytest.raises(AssertionError):
        report.add("slow", ("cost",), ("1",))
