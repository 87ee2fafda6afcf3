"""What one bad sector costs a whole job in time."""

import time
from statistics import median

from benchmarks.report import Report
from hw_tests.in_process import quick_station, wipe
from hw_tests.lab.faults import Effect, Fault, Op
from hw_tests.lab.fuse_medium import faulty_drive
from hw_tests.loop import scratch

SIZE_BYTES = 1 << 30
SECTOR_BYTES = 512
AT = SIZE_BYTES // 2 + 7 * SECTOR_BYTES
KINDS = {None: "none", Op.WRITE: "refuses writing", Op.READ: "refuses reading"}
ROUNDS = 5

_HEADINGS = ("Bad sector in 1 GiB", "job s", "longer than without", "failed calls", "design")


def test_bad_sector__one_in_a_gibibyte__measured(report: Report) -> None:
    """Random pass and full verification of a medium served by a program; its errors come at once.

    A real drive takes its own time for each failed call, which the number of calls multiplies.
    """
    took: dict[Op | None, list[float]] = {op: [] for op in KINDS}
    calls = dict.fromkeys(KINDS, 0)
    for _ in range(ROUNDS):
        for op, times in took.items():
            with (
                scratch() as folder,
                quick_station(folder / "state") as station,
                faulty_drive(folder, SIZE_BYTES, *_script(op)) as (drive, medium),
            ):
                began = time.monotonic()
                statement = wipe(station, drive.node, "random")
                times.append(time.monotonic() - began)
                calls[op] = sum(medium.counts()["met"])
            lost = 0 if op is None else SECTOR_BYTES
            assert statement["not_reached_bytes"] == lost, "not the job that was meant"
    for op, times in took.items():
        longer = median(with_ - without for with_, without in zip(times, took[None], strict=True))
        report.add(
            "One bad sector",
            _HEADINGS,
            (KINDS[op], f"{median(times):.2f}", f"{longer:+.2f} s", str(calls[op]), "< 5 s"),
        )


def _script(op: Op | None) -> list[Fault]:
    if op is None:
        return []
    return [Fault(effect=Effect.ERROR, op=op, start_byte=AT, end_byte=AT + SECTOR_BYTES)]
