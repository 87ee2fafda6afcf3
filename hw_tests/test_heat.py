"""A drive that is too hot, in the midst of a real job: it rests, stays alive, and goes on."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hw_tests.in_process import quick_station
from hw_tests.lab.faults import Effect, Fault, Op
from hw_tests.lab.fuse_medium import faulty_drive
from hw_tests.test_kill import assert_erased
from hw_tests.whole_station import children, command_line, status, until
from wipe_station import heat
from wipe_station.records import Outcome, Progress

SIZE_BYTES = 24 << 20
SLOW = [Fault(effect=Effect.DELAY, op=op, seconds=0.3) for op in (Op.WRITE, Op.READ)]
LIMIT = 70_000


def worker() -> int | None:
    """Return the process that works on the drive."""
    pids = children(os.getpid())
    return next((pid for pid in pids if b"wipe_station.worker" in command_line(pid)), None)


def test_wipe__too_hot_half_way__rests_until_it_is_cooler(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker is stopped, not ended; the page is told; afterwards all is as without a rest."""
    monkeypatch.setattr(heat, "SYS", folder)
    monkeypatch.setattr(heat, "EVERY_S", 0.01)
    told: list[Progress] = []
    with (
        quick_station(folder / "state") as station,
        faulty_drive(folder, SIZE_BYTES, *SLOW) as (drive, medium),
    ):
        thermometer = folder / "block" / Path(drive.node).name / "device/hwmon0"
        thermometer.mkdir(parents=True)
        (thermometer / "temp1_max").write_text(str(LIMIT))
        now = thermometer / "temp1_input"
        now.write_text("40000")
        plan = station.plan(drive.node, None, "random")
        job = station.start(plan, job_id=station.new_job_id(), confirmed={"how": "test"})
        with job, ThreadPoolExecutor(1) as pool:
            running = pool.submit(job.run, told.append)
            until(lambda: told and told[-1].done_bytes > 0)
            now.write_text(str(LIMIT))
            until(lambda: told[-1].rests)
            pid = until(worker)
            until(lambda: status(pid)["State"].startswith("T"))
            now.write_text("40000")
            end = running.result()
        assert end.outcome is Outcome.VERIFIED
        assert_erased(medium.truth(), end.statement)
    assert not told[-1].rests
