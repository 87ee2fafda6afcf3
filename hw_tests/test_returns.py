"""Media that hang, change their size, go away and come back, as themselves or as others.

What nobody is told is in ``lab/scripts.py``; here the kernel is told, too: the loop device loses
its medium, gets another one, or learns another size, while a job works on it.
"""

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from hw_tests.in_process import quick_station
from hw_tests.independent_stream import first_difference
from hw_tests.lab.faults import Effect, Fault, Op
from hw_tests.lab.fuse_medium import FuseMedium, fuse_medium
from hw_tests.lab.owners import estate_of, sectors_left
from hw_tests.lab.scripts import OTHER_OWNER, end_of
from hw_tests.loop import (
    LoopDrive,
    attach,
    detach,
    loop_drive,
    losetup,
    make_file,
    pull,
    replug,
    scratch,
    unplug,
)
from hw_tests.whole_station import children, command_line, until
from wipe_station import workers as workers_module
from wipe_station.block import check_same_device, disk_sequence, open_block
from wipe_station.detect.snapshot import devno_text, read_openers
from wipe_station.errors import DeviceGoneError
from wipe_station.issuer import JobEnd
from wipe_station.job import OpenJob
from wipe_station.records import Outcome
from wipe_station.station import Station

SIZE_BYTES = 16 << 20
OWNER = 46864
SLOW = Fault(effect=Effect.DELAY, seconds=0.5)
CHECKPOINT_EVERY_MS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A station, and a drive whose medium is full of what its owner left."""

    station: Station
    medium: FuseMedium
    drive: LoopDrive
    folder: Path

    @contextlib.contextmanager
    def running(
        self, *faults: Fault, replug: bool = False
    ) -> Iterator[tuple[OpenJob, "Future[JobEnd]"]]:
        """Run a job under a script, in a thread that ends with the faults."""
        plan = self.station.plan(self.drive.node, None, "random", replug=replug)
        self.medium.follow(*faults)
        job_id = self.station.new_job_id()
        with (
            self.station.start(plan, job_id=job_id, confirmed={"how": "test"}) as job,
            ThreadPoolExecutor(1) as aside,
        ):
            try:
                yield job, aside.submit(job.run, lambda _: None)
            finally:
                self.medium.tell(lift=True)

    def resume(self) -> JobEnd:
        """Go on with the one job that waits."""
        (waiting,) = self.station.unfinished()
        with self.station.reopen(waiting, confirm=None) as job:
            return job.run(lambda _: None)

    def is_what_it_says(self, end: JobEnd) -> bool:
        """Read the medium past the device: is every byte what the certificate says?"""
        truth = self.folder / "truth"
        truth.write_bytes(self.medium.truth())
        key = bytes.fromhex(end.statement["passes"][-1]["pattern"]["key_hex"])
        whole = end.statement["verification"]["verified_bytes"] == truth.stat().st_size
        return whole and first_difference(truth, key) is None


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Return a station that knows of no job, and a drive."""
    with (
        scratch() as folder,
        fuse_medium(folder, SIZE_BYTES, volatile=True) as medium,
        quick_station(folder / "state", CHECKPOINT_EVERY_MS) as station,
    ):
        medium.plant(estate_of(OWNER, SIZE_BYTES))
        drive = attach(medium.disk)
        try:
            yield Stage(station=station, medium=medium, drive=drive, folder=folder)
        finally:
            medium.tell(lift=True)
            detach(drive)


def workers() -> list[int]:
    """Return the station's workers, which are children of this very process."""
    return [pid for pid in children(os.getpid()) if b"wipe_station.worker" in command_line(pid)]


def holders(drive: LoopDrive) -> list[object]:
    """Return the processes that the safety rules see with a drive in their hands."""
    openers, _ = read_openers(set())
    devno = devno_text(os.stat(drive.node).st_rdev)
    return [opener["pid"] for opener in openers if opener.get("block") == devno]


def is_stuck(pid: int) -> bool:
    """Tell whether a process was killed and cannot end: a thread of it waits for the device."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        words = (task / "status").read_text("ascii").splitlines()
        fields = dict(line.split(":\t", 1) for line in words if ":\t" in line)
        killed = int(fields["SigPnd"], 16) | int(fields["ShdPnd"], 16)
        if fields["State"].startswith("D") and killed >> 8 & 1:
            return True
    return False


@pytest.mark.parametrize("op", list(Op), ids=lambda op: op.value)
def test_job__stopped_while_the_device_hangs__stands_still_without_its_worker(
    stage: Stage, op: Op, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person who says stop is not kept waiting by a device; nothing is certified."""
    monkeypatch.setattr(workers_module, "END_S", 0.5)
    with stage.running(Fault(effect=Effect.HANG, op=op)) as (job, running):
        until(lambda: stage.medium.counts()["met"][0])
        (worker,) = workers()
        job.stop("stopped-by-operator")
        until(lambda: is_stuck(worker))
        end = running.result()
        assert is_stuck(worker), "it ends when the device lets go"
        assert worker in holders(stage.drive), "until then nobody else may begin"
    assert (end.outcome, end_of(end.statement)) == (Outcome.INDETERMINATE, "stopped-by-operator")
    until(lambda: worker not in workers())


def test_job__device_hangs__given_up_and_its_neighbour_goes_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No spinner without an end: the job stands still with its reason, and can be resumed later."""
    monkeypatch.setattr(workers_module, "HANG_S", 5.0)
    monkeypatch.setattr(workers_module, "END_S", 0.5)
    with loop_drive(stage.folder, SIZE_BYTES, name="neighbour") as neighbour:
        plan = stage.station.plan(neighbour.node, None, "random")
        job_id = stage.station.new_job_id()
        with (
            stage.station.start(plan, job_id=job_id, confirmed={"how": "test"}) as beside,
            stage.running(Fault(effect=Effect.HANG, skip=3, times=1)) as (_, running),
        ):
            until(lambda: stage.medium.counts()["met"][0])
            assert beside.run(lambda _: None).outcome is Outcome.VERIFIED
            end = running.result()
        assert end_of(end.statement) == "device-hangs"
        assert end.outcome is Outcome.INDETERMINATE
        until(lambda: not workers())
        assert end_of(stage.resume().statement) == "certified"


def test_job__hang_with_an_end__certified_and_true(stage: Stage) -> None:
    """A device that answers late, and right, is wiped like any other."""
    with stage.running(Fault(effect=Effect.HANG, skip=3, times=1)) as (_, running):
        until(lambda: stage.medium.counts()["met"][0])
        assert not running.done()
        stage.medium.tell(lift=True)
        end = running.result()
    assert end_of(end.statement) == "certified"
    assert stage.is_what_it_says(end)


@pytest.mark.parametrize("size_bytes", [SIZE_BYTES // 2, SIZE_BYTES * 2], ids=["less", "more"])
def test_job__kernel_told_of_another_size__interrupted_and_not_resumed(
    stage: Stage, size_bytes: int
) -> None:
    """A device that becomes another size is not the one of the plan, in the job and after it."""
    resize = Fault(effect=Effect.RESIZE, op=Op.FLUSH, size_bytes=size_bytes)
    with stage.running(SLOW) as (_, running):
        until(lambda: stage.medium.counts()["written_bytes"])
        stage.medium.follow(SLOW, resize)
        with stage.medium.disk.open("r+b") as disk:
            os.fsync(disk.fileno())
        losetup("--set-capacity", stage.drive.node)
        end = running.result()
        assert stage.medium.counts()["met"][1]
    assert (end.outcome, end_of(end.statement)) == (Outcome.INDETERMINATE, "device-gone")
    assert stage.resume().outcome is Outcome.INDETERMINATE


def test_check_same_device__plugged_in_anew__another_one(stage: Stage) -> None:
    """The same node, size and content: the kernel's number tells that it was away meanwhile."""
    with opened(stage.drive) as descriptor:
        before = disk_sequence(descriptor)
        check_same_device(descriptor, before, SIZE_BYTES)
    unplug(stage.drive)
    replug(stage.drive)
    with opened(stage.drive) as descriptor:
        check_same_device(descriptor, disk_sequence(descriptor), SIZE_BYTES)
        with pytest.raises(DeviceGoneError):
            check_same_device(descriptor, before, SIZE_BYTES)


@contextlib.contextmanager
def opened(drive: LoopDrive) -> Iterator[int]:
    """Open a drive for reading."""
    descriptor = open_block(drive.node, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def pulled_in_a_pass(stage: Stage) -> None:
    """Pull the drive in the middle of a pass, behind a checkpoint; its power goes, too."""
    with stage.running(SLOW) as (job, running):
        until(lambda: stage.medium.counts()["written_bytes"])
        flushes = stage.medium.counts()["flushes"]
        # The one that is under way may have begun before that write.
        until(lambda: stage.medium.counts()["flushes"] > flushes + 1)
        pull(stage.drive)
        stage.medium.tell(cut_power=OWNER)
        end = running.result()
    assert end.outcome is Outcome.INDETERMINATE, end.statement
    current = stage.station.evidence(job.job_id).current_pass()
    assert current is not None
    assert 0 < current.written_bytes() < SIZE_BYTES


def test_return__as_itself__resumed_and_true(stage: Stage) -> None:
    """A drive that comes back with what was durable is wiped to its end."""
    pulled_in_a_pass(stage)
    replug(stage.drive)
    end = stage.resume()
    assert end_of(end.statement) == "certified"
    assert stage.is_what_it_says(end)


def test_return__stopped_while_its_tail_is_read__says_so(stage: Stage) -> None:
    """The job waits for what really stopped it, and goes on from the same place."""
    pulled_in_a_pass(stage)
    replug(stage.drive)
    stage.medium.follow(Fault(effect=Effect.HANG, op=Op.READ))
    (waiting,) = stage.station.unfinished()
    with (
        stage.station.reopen(waiting, confirm=None) as job,
        ThreadPoolExecutor(1) as aside,
    ):
        running = aside.submit(job.run, lambda _: None)
        until(lambda: stage.medium.counts()["met"][0])
        job.stop("stopped-by-operator")
        stage.medium.tell(lift=True)
        end = running.result()
    assert (end.outcome, end_of(end.statement)) == (Outcome.INDETERMINATE, "stopped-by-operator")
    assert end_of(stage.resume().statement) == "certified"


def test_return__same_name_with_other_content__pass_begun_anew_and_true(stage: Stage) -> None:
    """What says the same of itself and holds something else is written from its first byte on."""
    pulled_in_a_pass(stage)
    stage.medium.plant(estate_of(OTHER_OWNER, SIZE_BYTES))
    replug(stage.drive)
    end = stage.resume()
    assert end_of(end.statement) == "certified"
    assert stage.is_what_it_says(end)


def written_with(stage: Stage, *faults: Fault, replug: bool) -> JobEnd:
    """Run a job as far as it goes by itself."""
    with stage.running(*faults, replug=replug) as (_, running):
        return running.result()


def without_power(stage: Stage) -> None:
    """Unplug the drive, let it lose its power, and plug it in again."""
    unplug(stage.drive)
    stage.medium.tell(cut_power=OWNER)
    stage.medium.tell(restore_power=True)
    replug(stage.drive)


def test_replug__asked_for__read_back_only_after_the_device_was_away(stage: Stage) -> None:
    """A resume without a re-plug asks again, and a certificate then has one gap less."""
    for end in (written_with(stage, replug=True), stage.resume()):
        assert (end.outcome, end_of(end.statement)) == (Outcome.INDETERMINATE, "replug-asked")
        assert end.statement["verification"]["kind"] == "none"
    without_power(stage)
    end = stage.resume()
    assert end_of(end.statement) == "certified"
    assert stage.is_what_it_says(end)
    assert "device-cache-not-excluded" not in end.statement["not_checked"]
    assert [each["what"] for each in end.statement["interruptions"]] == ["replug-asked"] * 2


@pytest.mark.parametrize("replug_asked", [True, False], ids=["replug", "no replug"])
def test_replug__cache_that_lies_about_flushes__seen_only_without_power(
    stage: Stage, replug_asked: bool
) -> None:
    """What a device called durable and was not: its cache answers as long as it has power.

    Without a re-plug nobody can see it, and the certificate says that the cache is not excluded.
    """
    lie = Fault(effect=Effect.DROP, op=Op.FLUSH)
    end = written_with(stage, lie, replug=replug_asked)
    if not replug_asked:
        assert end_of(end.statement) == "certified"
        assert "device-cache-not-excluded" in end.statement["not_checked"]
        return
    without_power(stage)
    end = stage.resume()
    assert (end.outcome, end_of(end.statement)) == (Outcome.FAILED, "content-differs")


def test_return__another_drive_in_its_place__not_touched(stage: Stage) -> None:
    """What stands in the old place and is another drive gets nothing of the job."""
    pulled_in_a_pass(stage)
    other = make_file(stage.folder, SIZE_BYTES)
    other.write_bytes(estate_of(OTHER_OWNER, SIZE_BYTES))
    losetup("--direct-io=on", stage.drive.node, other)
    try:
        assert stage.resume().outcome is Outcome.INDETERMINATE
    finally:
        detach(LoopDrive(node=stage.drive.node, file=other, size_bytes=SIZE_BYTES))
    assert sectors_left(other.read_bytes()) == SIZE_BYTES // 512
