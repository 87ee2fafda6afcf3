"""Experiments: size of a call, number of threads, and io_uring in the place of threads."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from statistics import median

import pytest

from benchmarks import machine
from benchmarks.children import How, Pass, Ran, UringRefusedError, alone, new_key
from benchmarks.drives import allocated
from benchmarks.plot import Chart, svg
from benchmarks.ratios import estimate, paired
from benchmarks.report import Report, estimate_cells
from hw_tests.loop import LoopDrive, scratch
from hw_tests.throttle import slow_group
from wipe_station.overwrite.pump import THREADS
from wipe_station.overwrite.stream import UNIT_BYTES

CHUNKS_KIB = (64, 256, 1024, 4096)
DEPTHS = (1, 2, 4, 6, 8)
SLOW_BYTES_PER_S = 400_000_000
SLOW_DEPTHS = (1, 2, THREADS)
SLOW_S = 1
WORKS = {True: "random pass", False: "full verification"}
RINGS = {
    "io_uring, 1 ring": (How.RING, 1),
    "io_uring, 1 ring, registered buffers": (How.REGISTERED_RING, 1),
    "io_uring, 2 rings, registered buffers": (How.REGISTERED_RING, 2),
}
_RING_DEPTH = 8

_SWEEP = ("Drive", "Work", "threads", *(f"{chunk} KiB GB/s" for chunk in CHUNKS_KIB))
_RING = ("Work", "pipeline", "GB/s", "over the pump", "95 % interval", "processor s/GB")

Shape = tuple[int, int]
"""Number of threads, and KiB a call."""


def sweep(
    one: Pass, depths: tuple[int, ...], rounds: int, before: tuple[str, ...] = ()
) -> Mapping[tuple[bool, Shape], list[Ran]]:
    """Do both ways with every shape once a round, so that drift hits all alike."""
    shapes = list(itertools.product(depths, CHUNKS_KIB))
    seen: dict[tuple[bool, Shape], list[Ran]] = {}
    for _ in range(rounds):
        for writes, shape in itertools.product(WORKS, shapes):
            depth, chunk = shape
            how = replace(one, how=How.THREADS.value, writes=writes, depth=depth)
            ran = alone(replace(how, chunk_bytes=chunk << 10), before)
            seen.setdefault((writes, shape), []).append(ran)
    return seen


def _rate(ran: list[Ran]) -> float:
    return median(each.rate_bytes_per_s() for each in ran) / 1e9


def _add(
    report: Report,
    name: str,
    depths: tuple[int, ...],
    seen: Mapping[tuple[bool, Shape], list[Ran]],
) -> None:
    for writes, depth in itertools.product(WORKS, depths):
        rates = (f"{_rate(seen[writes, (depth, chunk)]):.3f}" for chunk in CHUNKS_KIB)
        report.add(
            "Bytes a call and number of threads", _SWEEP, (name, WORKS[writes], str(depth), *rates)
        )


def test_chunk_and_depth__memory_drive__measured(
    drive: LoopDrive, report: Report, pytestconfig: pytest.Config
) -> None:
    """Which size of call and how many threads a drive of memory likes best."""
    rounds = pytestconfig.getoption("--rounds")
    one = Pass(node=drive.node, size_bytes=drive.size_bytes, writes=True, key_hex=new_key())
    seen = sweep(one, DEPTHS, rounds)
    _add(report, "memory", DEPTHS, seen)
    for writes, work in WORKS.items():
        lines = {
            f"{depth} thread{'s' if depth > 1 else ''}": [
                _rate(seen[writes, (depth, chunk)]) for chunk in CHUNKS_KIB
            ]
            for depth in DEPTHS
        }
        name = "chunk-write.svg" if writes else "chunk-verify.svg"
        report.plots[name] = svg(_chart(work, lines, rounds))


def _chart(work: str, lines: Mapping[str, list[float]], rounds: int) -> Chart:
    return Chart(
        title=f"{work.capitalize()} of a drive of memory, by size of call",
        remark=f"{machine.describe()}; median of {rounds}",
        x_label="KiB a call",
        y_label="GB/s",
        x_names=[str(chunk) for chunk in CHUNKS_KIB],
        series=lines,
    )


def test_chunk_and_depth__slow_drive__measured(report: Report, pytestconfig: pytest.Config) -> None:
    """The same of a drive of 400 MB/s, where it should not matter."""
    size_bytes = SLOW_BYTES_PER_S * SLOW_S // (4 * UNIT_BYTES) * (4 * UNIT_BYTES)
    rounds = (pytestconfig.getoption("--rounds") + 1) // 2
    with scratch() as folder, allocated(folder, size_bytes) as drive, slow_group() as group:
        group.limit(drive, SLOW_BYTES_PER_S)
        one = Pass(node=drive.node, size_bytes=size_bytes, writes=True, key_hex=new_key())
        one = replace(one, lead_bytes=size_bytes // 4)
        seen = sweep(one, SLOW_DEPTHS, rounds, group.before)
    _add(report, f"limited to {SLOW_BYTES_PER_S // 1_000_000} MB/s", SLOW_DEPTHS, seen)


@pytest.mark.parametrize("writes", WORKS, ids=WORKS.values())
def test_io_uring__memory_drive__measured(
    writes: bool, drive: LoopDrive, report: Report, quiet: list[bool], pytestconfig: pytest.Config
) -> None:
    """The pump against rings of eight transfers in flight, each in a process of its own."""
    pump = Pass(node=drive.node, size_bytes=drive.size_bytes, writes=True, key_hex=new_key())
    alone(pump)  # what is verified below
    sides = {"the pump": replace(pump, writes=writes)} | {
        name: replace(pump, writes=writes, how=how.value, rings=rings, depth=_RING_DEPTH)
        for name, (how, rings) in RINGS.items()
    }
    seen: dict[str, list[Ran]] = {name: [] for name in sides}
    refused: dict[str, str] = {}
    for number in range(pytestconfig.getoption("--pairs")):
        quiet.append(machine.wait_until_quiet())
        for name in list(sides)[:: 1 if number % 2 else -1]:
            try:
                seen[name].append(alone(sides[name]))
            except UringRefusedError as error:
                refused[name] = f"refused by this kernel: {error}"
    title = f"io_uring, {_RING_DEPTH} transfers of 1 MiB in flight, against the pump's threads"
    for name, ran in seen.items():
        cells = _ring_cells(ran, seen["the pump"]) if ran else (refused[name], "-", "-", "-")
        report.add(title, _RING, (WORKS[writes], name, *cells))


def _ring_cells(ran: list[Ran], pump: list[Ran]) -> tuple[str, ...]:
    ratio = paired(*([each.rate_bytes_per_s() for each in side] for side in (ran, pump)))
    cost = median(each.processor_s / each.size_bytes * 1e9 for each in ran)
    return (f"{_rate(ran):.2f}", *estimate_cells(estimate(ratio)), f"{cost:.3f}")
