"""A medium that refuses writes, a state disk that is full, a worker that is watched."""

import contextlib
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hw_tests.command import document, first_start, station, wait_for_line
from hw_tests.loop import LoopDrive, attach, detach, loop_drive, make_file, small_memory
from hw_tests.throttle import throttled
from hw_tests.whole_station import children, command_line

SIZE_BYTES = 32 << 20
SLOW_BYTES_PER_S = 8 << 20


@pytest.fixture
def state(folder: Path) -> Path:
    """Return the state directory of a station that has started before any drive came."""
    first_start(folder / "state")
    return folder / "state"


@contextlib.contextmanager
def slow_job(state: Path, drive: LoopDrive) -> Iterator["subprocess.Popen[str]"]:
    """Run a random pass that takes seconds; hand it over when its first bytes are written."""
    words = (sys.executable, "-m", "wipe_station", "wipe", drive.node, "--method", "random")
    options = ("--confirm", str(drive.file), "--state", str(state), "--json")
    with (
        throttled(drive, SLOW_BYTES_PER_S) as before,
        subprocess.Popen([*before, *words, *options], stdout=subprocess.PIPE, text=True) as job,
    ):
        wait_for_line(job, '"event": "progress"')
        try:
            yield job
        finally:
            job.kill()
            job.communicate()


def worker_of(job: "subprocess.Popen[str]") -> int:
    """Return the one process of a job that has the device in its hands."""
    pids = [pid for pid in children(job.pid) if b"wipe_station.worker" in command_line(pid)]
    (only,) = pids
    return only


def test_wipe__medium_refuses_writes__not_erased_with_the_offset(state: Path, folder: Path) -> None:
    """Writes that the medium refuses end in exit 3 and a notice that names all of them."""
    with small_memory(folder / "full", SIZE_BYTES // 2) as full:
        drive = attach(make_file(full, SIZE_BYTES))
        try:
            said = station(state, "wipe", drive.node, "--confirm", drive.file, "--json")
        finally:
            detach(drive)
    assert said.code == 3, said
    bundle = Path(said.event("end")["bundle"])
    notice = document(bundle, "notice.json")
    outcome = (notice["outcome"], notice["notice"]["kind"])
    assert outcome == ("verified-with-exceptions", "failed")
    assert notice["notice"]["reason"]["code"] == "bad-sectors"
    assert notice["not_reached_bytes"] == SIZE_BYTES - notice["verification"]["verified_bytes"] > 0
    assert not (bundle / "certificate.json").exists()
    (first, *_) = notice["passes"]
    assert first["outcome"] == "incomplete"
    assert first["written_bytes"] < SIZE_BYTES


def test_wipe__state_disk_full__line_stops_and_goes_on_with_room(folder: Path) -> None:
    """A full state disk stops the job with exit 6; with room again it is resumed and verified."""
    with small_memory(folder / "state", 2 << 20) as state:
        first_start(state)
        with loop_drive(folder, SIZE_BYTES) as drive:
            with slow_job(state, drive) as job:
                with contextlib.suppress(OSError), (state / "filler").open("wb") as filler:
                    while True:
                        filler.write(bytes(4096))
                        filler.flush()
                out, _ = job.communicate(timeout=60)
                assert job.returncode == 6, out
            assert not list(state.glob("bundles/[!.]*")), "nothing half-written is visible"
            (state / "filler").unlink()
            said = station(state, "resume", "--json")
            assert said.code == 0, said
        statement = document(Path(said.event("end")["bundle"]))
        assert statement["verification"]["verified_bytes"] == SIZE_BYTES


def test_worker__running__nobody_with_one_block_descriptor(state: Path, folder: Path) -> None:
    """The process that writes is unprivileged and holds the one device it works on."""
    with loop_drive(folder, SIZE_BYTES) as drive, slow_job(state, drive) as job:
        worker = worker_of(job)
        status = Path(f"/proc/{worker}/status").read_text("ascii")
        assert "Uid:\t65534\t65534\t65534\t65534" in status
        assert "NoNewPrivs:\t1" in status
        assert "CapEff:\t0000000000000000" in status
        held = [os.stat(entry) for entry in Path(f"/proc/{worker}/fd").iterdir()]
        blocks = [status for status in held if stat.S_ISBLK(status.st_mode)]
        assert [status.st_rdev for status in blocks] == [Path(drive.node).stat().st_rdev]


def test_worker__killed__interrupted_notice_and_exit_5(state: Path, folder: Path) -> None:
    """A worker that dies leaves an interruption, never an outcome of its own."""
    with loop_drive(folder, SIZE_BYTES) as drive:
        with slow_job(state, drive) as job:
            worker = worker_of(job)
            os.kill(worker, signal.SIGKILL)
            out, _ = job.communicate(timeout=60)
            assert job.returncode == 5, out
        bundle = next(state.glob("bundles/*"))
        assert document(bundle, "notice.json")["notice"]["reason"]["code"] == "worker-died"
        assert station(state, "resume", "--json").code == 0


def test_wipe__zeros__capacity_probed_first_and_said(state: Path, folder: Path) -> None:
    """A method bound to no position probes the capacity first; the medium ends as zeros."""
    size = (130 << 20) + 512
    with loop_drive(folder, size) as drive:
        arguments = ("--confirm", drive.file, "--method", "zero", "--json")
        said = station(state, "wipe", drive.node, *arguments)
        assert said.code == 0, said
        with drive.file.open("rb") as file:
            assert file.read() == bytes(size)
    statement = document(Path(said.event("end")["bundle"]))
    assert statement["probes"]["outcome"] == "fit"
    assert statement["probes"]["verified_bytes"] > 64 << 20
    assert "write-acceptance-sampled" in statement["not_checked"]
    last = said.events("progress")[-1]
    assert last["done_bytes"] == last["total_bytes"]
