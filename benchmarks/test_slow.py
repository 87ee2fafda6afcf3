"""Devices slower than memory: at their limit, and many of them at once.

A group slows each drive down for the processes in it; such figures repeat within a thousandth, so
that neither pairs nor a quiet machine are needed for one drive alone.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

import pytest

from benchmarks.children import Pass, Ran, alone, new_key, together, total_bytes_per_s
from benchmarks.drives import allocated
from benchmarks.machine import describe
from benchmarks.plot import Chart, svg
from benchmarks.ratios import estimate
from benchmarks.report import Report, estimate_cells
from hw_tests.loop import LoopDrive, scratch
from hw_tests.throttle import SlowGroup, slow_group
from wipe_station.overwrite.stream import UNIT_BYTES

LIMITS_MB_PER_S = (100, 400)
COUNTS = (1, 2, 4, 8, 16)
SHARE_BYTES_PER_S = 100_000_000
"""A disk, or a stick at USB 3: sixteen of them ask for 1.6 GB/s together."""
WORKS = {True: "random pass", False: "full verification"}

_ONE = ("Work", "limit MB/s", "rate / limit", "95 % interval", "processor s/GB", "design")
_MANY = (
    "Work",
    "devices",
    "total MB/s",
    "total / (devices x one)",
    "95 % interval",
    "farthest from its share",
    "design",
)


def passes(drives: list[LoopDrive], *, writes: bool, key_hex: str) -> list[Pass]:
    """Return the pump's pass over each drive, with a tenth of it before the clock starts."""
    return [
        Pass(
            node=drive.node,
            size_bytes=drive.size_bytes,
            writes=writes,
            key_hex=key_hex,
            lead_bytes=drive.size_bytes // 10,
        )
        for drive in drives
    ]


@pytest.mark.parametrize("limit_mb_per_s", LIMITS_MB_PER_S)
def test_slow_device__random_pass_and_verification__measured(
    limit_mb_per_s: int, report: Report, pytestconfig: pytest.Config
) -> None:
    """One device with a limit: how near to it a pass comes, start and flush included."""
    limit = limit_mb_per_s * 1_000_000
    size_bytes = int(limit * pytestconfig.getoption("--slow-s")) // UNIT_BYTES * UNIT_BYTES
    seen: dict[bool, list[Ran]] = {True: [], False: []}
    with scratch() as folder, allocated(folder, size_bytes) as drive, slow_group() as group:
        group.limit(drive, limit)
        for _ in range(pytestconfig.getoption("--rounds")):
            key_hex = new_key()
            for writes in WORKS:
                (one,) = passes([drive], writes=writes, key_hex=key_hex)
                seen[writes].append(alone(one, group.before))
    for writes, ran in seen.items():
        ratio = estimate([each.rate_bytes_per_s() / limit for each in ran])
        cost = median(each.processor_s / each.size_bytes * 1e9 for each in ran)
        cells = (WORKS[writes], str(limit_mb_per_s), *estimate_cells(ratio, 4), f"{cost:.3f}")
        report.add("One device slower than memory", _ONE, (*cells, ">= 0.99"))


@dataclass(slots=True)
class Seen:
    """All rounds of one number of devices, one way."""

    totals: list[float] = field(default_factory=list)
    """Bytes per second of all devices together."""
    ratios: list[float] = field(default_factory=list)
    """Total over so many times one, of the same round."""
    deviations: list[float] = field(default_factory=list)
    """The farthest device's distance from the mean rate, over that."""

    def take(self, ran: list[Ran], one_bytes_per_s: float) -> None:
        """Take one round."""
        rates = [each.rate_bytes_per_s() for each in ran]
        mean = sum(rates) / len(rates)
        total = total_bytes_per_s(ran)
        self.totals.append(total)
        self.ratios.append(total / (len(ran) * one_bytes_per_s))
        self.deviations.append(max(abs(rate / mean - 1) for rate in rates))

    def cells(self, writes: bool, count: int) -> tuple[str, ...]:
        """Return the row as the table shows it."""
        ratio = estimate_cells(estimate(self.ratios), 3)
        return (
            WORKS[writes],
            str(count),
            f"{median(self.totals) / 1e6:.0f}",
            *ratio,
            f"{max(self.deviations):.2%} in the worst round",
            ">= 0.98; each within 5 %" if count == 8 else "-",
        )


@pytest.fixture
def slow_drives(pytestconfig: pytest.Config) -> Iterator[tuple[SlowGroup, list[LoopDrive]]]:
    """Return a group and sixteen drives that are slow in it."""
    seconds = pytestconfig.getoption("--slow-s")
    size_bytes = int(SHARE_BYTES_PER_S * seconds) // UNIT_BYTES * UNIT_BYTES
    with ExitStack() as stack:
        folder, group = stack.enter_context(scratch()), stack.enter_context(slow_group())
        drives = [
            stack.enter_context(allocated(folder, size_bytes, f"{number}.img"))
            for number in range(max(COUNTS))
        ]
        for drive in drives:
            group.limit(drive, SHARE_BYTES_PER_S)
        yield group, drives


def test_many_slow_devices__at_once__measured(
    slow_drives: tuple[SlowGroup, list[LoopDrive]], report: Report, pytestconfig: pytest.Config
) -> None:
    """A process for each of 1 to 16 devices: does any of them go slower for the others?"""
    group, drives = slow_drives
    seen = {(writes, count): Seen() for writes in WORKS for count in COUNTS}
    rounds = pytestconfig.getoption("--rounds")
    for _ in range(rounds):
        key_hex = new_key()
        ran = {
            (writes, count): together(
                passes(drives[:count], writes=writes, key_hex=key_hex), group.before
            )
            for count in reversed(COUNTS)  # sixteen first: then each drive holds what is verified
            for writes in WORKS
        }
        for (writes, count), some in ran.items():
            seen[writes, count].take(some, ran[writes, 1][0].rate_bytes_per_s())
    for (writes, count), found in seen.items():
        report.add(
            f"Many devices of {SHARE_BYTES_PER_S // 1_000_000} MB/s at once",
            _MANY,
            found.cells(writes, count),
        )
    report.plots["devices.svg"] = svg(_chart(seen, rounds))


def _chart(seen: dict[tuple[bool, int], Seen], rounds: int) -> Chart:
    lines = {
        work: [median(seen[writes, count].totals) / 1e6 for count in COUNTS]
        for writes, work in WORKS.items()
    }
    share = SHARE_BYTES_PER_S / 1e6
    return Chart(
        title=f"Devices limited to {share:.0f} MB/s each, one worker each",
        remark=f"{describe()}; median of {rounds}",
        x_label="devices at once",
        y_label="all together, MB/s",
        x_names=[str(count) for count in COUNTS],
        series={"the limits' sum": [share * count for count in COUNTS], **lines},
    )
