"""What the table shows, and what it does not pretend to know."""

from benchmarks.report import MemoryRow, Row, table


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
