"""The drive, the way in which rounds interleave with ``fio``, and the table at the end."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks import fio, machine
from benchmarks.fio import Direction, Engine
from benchmarks.report import MemoryRow, Report, Row, table
from benchmarks.work import Sample, opened, timed, write
from hw_tests.loop import LoopDrive, loop_drive, missing, scratch
from wipe_station.overwrite.stream import UNIT_BYTES
from wipe_station.records import FixedPattern

_ROWS = pytest.StashKey[list[Row | MemoryRow]]()
_REPORT = pytest.StashKey[Report]()
_QUIET = pytest.StashKey[list[bool]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say how long a run may take."""
    group = parser.getgroup("wipe station")
    group.addoption("--pairs", type=int, default=15, help="rounds per row, each with fio (15)")
    group.addoption("--rounds", type=int, default=6, help="rounds of rows without fio (6)")
    group.addoption("--slow-s", type=float, default=3, help="length of a pass on a slow drive (3)")
    group.addoption("--plots", default=".run/plots", help="folder for the plots (.run/plots)")
    group.addoption("--drive-mib", type=int, default=1024, help="size of the drive (1024)")


@pytest.fixture(scope="session")
def drive(request: pytest.FixtureRequest) -> Iterator[LoopDrive]:
    """Return a loop drive on memory whose every page exists already.

    The first write to a page of a sparse file pays for its allocation; ours must not be the one.
    """
    if lacking := missing():
        pytest.fail("NOT MEASURED. Missing: " + "; ".join(lacking), pytrace=False)
    size_bytes = int(request.config.getoption("--drive-mib")) * UNIT_BYTES
    with scratch() as folder, loop_drive(folder, size_bytes) as made:
        with opened(made) as descriptor:
            write(descriptor, FixedPattern(repeat=b"\xff"), size_bytes)
        yield made


@pytest.fixture
def rows(pytestconfig: pytest.Config) -> list[Row | MemoryRow]:
    """Return the rows of this run's table, to be added to."""
    return pytestconfig.stash.setdefault(_ROWS, [])


@pytest.fixture
def report(pytestconfig: pytest.Config) -> Report:
    """Return the other tables and plots of this run, to be added to."""
    return pytestconfig.stash.setdefault(_REPORT, Report())


@pytest.fixture
def quiet(pytestconfig: pytest.Config) -> list[bool]:
    """Return, for each round of the run, whether the machine was quiet when it began."""
    return pytestconfig.stash.setdefault(_QUIET, [])


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Times our side under pytest-benchmark, with ``fio`` between its rounds."""

    benchmark: BenchmarkFixture
    rows: list[Row | MemoryRow]
    drive: LoopDrive
    pairs: int
    quiet: list[bool]
    """For each round of the run, whether the machine was quiet when it began."""

    def __call__(
        self, work: str, design: str, pass_once: Callable[[], None], against: Direction | None
    ) -> None:
        """Measure one row.

        Args:
            work: what the table calls it.
            design: the design's target, in words.
            pass_once: does the whole drive once, or raises.
            against: which way ``fio`` goes, or None if it has nothing like this.
        """
        samples: list[Sample] = []
        theirs: dict[str, list[float]] = {engine.value: [] for engine in Engine if against}
        turn = itertools.count()

        def fio_first() -> None:
            """Run both engines before our round, in alternating order."""
            self.quiet.append(machine.wait_until_quiet())
            if against is not None:
                for engine in list(Engine)[:: 1 if next(turn) % 2 else -1]:
                    theirs[engine.value].append(fio.measure(self.drive, against, engine))

        def ours() -> None:
            samples.append(timed(pass_once, self.drive.size_bytes))

        self.benchmark.pedantic(ours, setup=fio_first, rounds=self.pairs)  # type: ignore[no-untyped-call] # the plugin's own gap
        row = Row(
            work=work,
            design=design,
            ours_bytes_per_s=tuple(sample.rate_bytes_per_s() for sample in samples),
            processor_s_per_gb=tuple(sample.processor_s_per_gb() for sample in samples),
            fio_bytes_per_s=theirs,
        )
        self.rows.append(row)
        self.benchmark.extra_info |= {
            "cells": row.cells(),
            "ours_bytes_per_s": row.ours_bytes_per_s,
            "fio_bytes_per_s": theirs,
        }


@pytest.fixture
def measure(
    benchmark: BenchmarkFixture,
    rows: list[Row | MemoryRow],
    drive: LoopDrive,
    quiet: list[bool],
    pytestconfig: pytest.Config,
) -> Measure:
    """Return what measures one row of the table."""
    return Measure(
        benchmark=benchmark,
        rows=rows,
        drive=drive,
        pairs=pytestconfig.getoption("--pairs"),
        quiet=quiet,
    )


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print all tables; a row that failed is missing from its table and named by pytest below."""
    rows, report = config.stash.get(_ROWS, []), config.stash.get(_REPORT, Report())
    if not rows and not report.tables:
        return
    quiet = config.stash.get(_QUIET, [])
    for line in (
        "",
        machine.describe(),
        _amount(config),
        f"{sum(quiet)} of {len(quiet)} rounds began on a quiet machine",
        "",
        table(rows) if rows else "",
        "",
        report.text(),
    ):
        terminalreporter.write_line(line)
    _keep(report, Path(config.getoption("--plots")))


def _amount(config: pytest.Config) -> str:
    size, pairs, rounds = map(config.getoption, ("--drive-mib", "--pairs", "--rounds"))
    return f"drive {size} MiB, {pairs} pairs, {rounds} rounds of what has no pair"


def _keep(report: Report, folder: Path) -> None:
    for name, svg in report.plots.items():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(svg, "utf-8")
