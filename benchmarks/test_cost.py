"""What a random pass costs the processor, beside the least that could be done."""

import secrets

import pytest

from benchmarks import machine, pipelines
from benchmarks.pipelines import Traversal
from benchmarks.ratios import estimate, paired
from benchmarks.report import Report, estimate_cells
from benchmarks.work import opened, timed, write
from hw_tests.loop import LoopDrive
from wipe_station.overwrite.stream import KEY_BYTES, content_of
from wipe_station.records import KeyedStream

_HEADINGS = ("Work", "ours s/GB", "bare s/GB", "ratio", "95 % interval", "design")


def test_processor_time__random_pass__measured(
    drive: LoopDrive, report: Report, quiet: list[bool], pytestconfig: pytest.Config
) -> None:
    """The pump against one thread that makes a unit, writes it and does nothing else."""
    stream = KeyedStream(key=secrets.token_bytes(KEY_BYTES))
    content = content_of(stream)
    size_bytes = drive.size_bytes
    ours: list[float] = []
    bare: list[float] = []
    with opened(drive) as descriptor:

        def bare_pass() -> None:
            pipelines.bare(
                Traversal(
                    descriptor=descriptor, content=content, size_bytes=size_bytes, writes=True
                )
            )

        sides = [
            (ours, lambda: write(descriptor, stream, size_bytes)),
            (bare, bare_pass),
        ]
        for number in range(pytestconfig.getoption("--pairs")):
            quiet.append(machine.wait_until_quiet())
            for costs, work in sides[:: 1 if number % 2 else -1]:
                costs.append(timed(work, size_bytes).processor_s_per_gb())
    ratio = estimate_cells(estimate(paired(ours, bare)))
    costs_cells = tuple(estimate_cells(estimate(costs), 3)[0] for costs in (ours, bare))
    cells = ("random pass", *costs_cells, *ratio, "<= 1.6; <= 0.25 s/GB")
    report.add("Processor time against bare stream and write calls, one thread", _HEADINGS, cells)
