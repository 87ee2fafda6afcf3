"""A power cut at seeded moments of a job and of its certificate's birth.

The station's disk and the drive are media with volatile caches. At the seeded flush of the
station's disk the power goes: that flush and all that comes later is lost, of what was not flushed
before a seeded choice of sectors survives, on both. The station is killed, the disk is mounted
again from what was durable, and the daemon starts anew.
"""

import contextlib
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hw_tests.claims import check_certificates, check_claims, is_recorded
from hw_tests.lab.faults import Effect, Fault, Op
from hw_tests.lab.fuse_medium import FuseMedium, fuse_medium
from hw_tests.loop import LoopDrive, attach, run, scratch, unplug
from hw_tests.whole_station import start_job, until
from wipe_station.api_values import JobState, JobView
from wipe_station.client import Client, ProblemError, StationAwayError
from wipe_station.state import socket_of

SEED = 20261124
MOMENTS = 30
BATCH = 6
FLUSHES = 44
"""Of the station's disk from the job's start to its document, counted in a run without a cut."""
DISK_BYTES = 48 << 20
DRIVE_BYTES = (6 << 20) + 512


@dataclass(slots=True, kw_only=True)
class Machine:
    """A station's disk, a drive, and the daemon between them; all of it can lose its power."""

    folder: Path
    disk: FuseMedium
    drive: FuseMedium
    daemon: "subprocess.Popen[str] | None" = None
    plugged: list[LoopDrive] = field(default_factory=list)

    @property
    def state(self) -> Path:
        """The state directory, on the station's disk."""
        return self.folder / "mounted" / "state"

    def new(self) -> None:
        """Begin with an empty disk and an empty drive."""
        self.disk.make(DISK_BYTES, volatile=True)
        self.drive.make(DRIVE_BYTES, volatile=True)
        node = self._plug_in(self.disk)
        run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", node)
        run("mount", node, self.state.parent)

    def power_on(self) -> None:
        """Bring back what was durable; nothing runs yet."""
        self.disk.tell(lift=True)
        self.drive.tell(lift=True)
        run("mount", self._plug_in(self.disk), self.state.parent)

    def boot(self) -> None:
        """Start the daemon and wait until it listens."""
        words = ["--state", str(self.state), "--practice", str(self.drive.point)]
        self.daemon = subprocess.Popen(
            [sys.executable, "-m", "wipe_station.daemon", *words],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.daemon.stdout is not None, "a pipe was asked for"
        assert "listening" in self.daemon.stdout.readline()

    def client(self) -> Client:
        """Speak to the daemon as the operator."""
        return Client(socket_of(self.state))

    def plug_in_drive(self) -> LoopDrive:
        """Attach the drive."""
        self._plug_in(self.drive)
        return self.plugged[-1]

    def _plug_in(self, medium: FuseMedium) -> str:
        self.plugged.append(attach(medium.disk))
        return self.plugged[-1].node

    def cut(self, seed: int) -> None:
        """Take the power from both media, and end everything that lived on it."""
        self.disk.tell(cut_power=seed)
        self.drive.tell(cut_power=seed + 1)
        self.end(signal.SIGKILL)

    def end(self, number: signal.Signals) -> None:
        """End the daemon, let the disk go, detach."""
        if self.daemon is not None:
            self.daemon.send_signal(number)
            self.daemon.communicate()
            self.daemon = None
        if self.state.parent.is_mount():
            until(
                lambda: subprocess.run(["umount", self.state.parent], check=False).returncode == 0
            )
        while self.plugged:
            # Somebody who peeks keeps a detached loop device alive, and with it pages of the file
            # system that lost its power; they must not reach the disk when the power is back.
            unplug(self.plugged.pop())


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """Return a machine without anything on it."""
    with ExitStack() as held:
        folder = held.enter_context(scratch())
        (folder / "mounted").mkdir()
        disk = held.enter_context(fuse_medium(folder, DISK_BYTES, name="disk"))
        drive = held.enter_context(fuse_medium(folder, DRIVE_BYTES, name="drive"))
        made = Machine(folder=folder, disk=disk, drive=drive)
        held.callback(made.end, signal.SIGKILL)
        yield made


def wait_for_job(machine: Machine) -> JobView | None:
    """Return the job as it ended; None if the power was cut before there was any."""
    with machine.client() as client:
        if not client.board().jobs:
            return None
        return until(
            lambda: next((j for j in client.board().jobs if j.state is JobState.ENDED), None)
        )


def start(machine: Machine) -> str:
    """Begin with everything empty; plug the drive in and start its job."""
    machine.new()
    machine.boot()
    drive = machine.plug_in_drive()
    with machine.client() as client:
        return start_job(client, drive)


def test_power__never_cut__job_ends_within_the_flushes_that_are_drawn_from(
    machine: Machine,
) -> None:
    """The moments below are moments of the job: without a cut it takes about so many flushes."""
    start(machine)
    before = machine.disk.counts()["flushes"]
    job = wait_for_job(machine)
    assert job is not None
    assert job.outcome == "verified"
    used = machine.disk.counts()["flushes"] - before
    machine.end(signal.SIGTERM)
    check_claims_offline(machine)
    assert FLUSHES * 0.5 < used < FLUSHES * 2, used


def check_claims_offline(machine: Machine) -> None:
    """Mount what was durable and compare."""
    machine.power_on()
    check_claims(machine.state, machine.drive.truth())
    machine.end(signal.SIGKILL)


@pytest.mark.parametrize("batch", range(MOMENTS // BATCH))
def test_power__cut_at_seeded_moments__nothing_claims_more_than_is_durable(
    machine: Machine, batch: int
) -> None:
    """After the restart the records are sound, and the job ends verified by what is there."""
    chance = random.Random(SEED + batch)
    for number in range(BATCH):
        moment, seed = chance.randrange(FLUSHES), chance.randrange(1 << 30)
        print(f"moment {number} of batch {batch}: flush {moment}, seed {seed}")
        cut_once(machine, moment, seed)


def begin_or_lose(machine: Machine, drive: LoopDrive) -> None:
    """Start the job; the power may go while it is being started."""
    with machine.client() as client, contextlib.suppress(ProblemError, StationAwayError):
        start_job(client, drive)


def wait_for_cut(machine: Machine) -> None:
    """Wait until the disk has lost its power, or the job came to its end before."""

    def over() -> bool:
        if machine.disk.counts()["met"][0]:
            return True
        with machine.client() as client:
            return any(job.state is JobState.ENDED for job in client.board().jobs)

    until(over)


def cut_once(machine: Machine, moment: int, seed: int) -> None:
    """Cut the power at one moment, start again, and look."""
    machine.new()
    machine.boot()
    drive = machine.plug_in_drive()
    with machine.client() as client:
        until(lambda: client.board().devices)
    machine.disk.follow(Fault(effect=Effect.GONE, op=Op.FLUSH, skip=moment))
    begin_or_lose(machine, drive)
    wait_for_cut(machine)
    machine.cut(seed)
    machine.power_on()
    check_claims(machine.state, machine.drive.truth())
    recorded = is_recorded(machine.state)
    if not recorded:
        assert not any(machine.drive.truth()), "written without a word on the disk"
    machine.boot()
    machine.plug_in_drive()
    job = wait_for_job(machine)
    assert (job is None) is not recorded
    assert job is None or job.outcome == "verified"
    check_certificates(machine.state, machine.drive.truth())
    machine.end(signal.SIGTERM)
