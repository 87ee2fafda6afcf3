"""A power cut of the whole machine: kernel, station and drive, each with caches, on real drivers.

The station's disk is an NVMe drive and the device under test a USB stick, both on media of the host
that lose at the cut what was not flushed through driver and controller. Afterwards another guest
boots from what was durable.
"""

import random
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hw_tests.claims import check_certificates, check_claims, is_recorded
from hw_tests.lab import inside, inside_station
from hw_tests.lab.bench import Device, Kind, plug
from hw_tests.lab.faults import Effect, Fault, Op
from hw_tests.lab.fuse_medium import FuseMedium, fuse_medium
from hw_tests.lab.guest import Guest, GuestError
from hw_tests.loop import attach, run, scratch, unplug
from hw_tests.whole_station import until

SEED = 20261124
JOB_S = 300.0
DISK_BYTES = 48 << 20
DRIVE_BYTES = (6 << 20) + 4096
MOUNTED = "/run/own"
STATE = f"{MOUNTED}/state"
MOMENTS = range(9, 22)
"""Flushes of the station's disk from which the cut is drawn; a job without one takes 29 here.

One cut, because it costs two boots: ``test_power`` has thirty, also of a certificate's birth, on
the host's kernel. What only this one shows is the way of a flush through real drivers.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Two media that outlive any guest."""

    folder: Path
    disk: FuseMedium
    drive: FuseMedium

    @contextmanager
    def on(self) -> Iterator[tuple[Guest, str]]:
        """Boot, mount the station's disk, start the daemon, plug the drive in: guest and node."""
        with Guest() as guest:
            node = plug(guest, self.device(self.disk, Kind.NVME, DISK_BYTES))
            mounted = guest.call(inside.run, ["mount", "--mkdir", node, MOUNTED])
            assert mounted["code"] == 0, mounted
            guest.call(inside_station.start_daemon, STATE, timeout_s=120.0)
            yield guest, plug(guest, self.device(self.drive, Kind.STICK, DRIVE_BYTES))

    def device(self, medium: FuseMedium, kind: Kind, size_bytes: int) -> Device:
        """Return what a medium is in."""
        return Device(kind=kind, name=kind.value, file=medium.disk, size_bytes=size_bytes)

    @contextmanager
    def mounted(self) -> Iterator[Path]:
        """Read the station's disk from outside, as it was left."""
        loop = attach(self.disk.disk)
        try:
            run("mount", loop.node, self.folder / "mounted")
            try:
                yield self.folder / "mounted" / "state"
            finally:
                run("umount", self.folder / "mounted")
        finally:
            unplug(loop)

    def new(self) -> None:
        """Begin with an empty disk and an empty drive."""
        self.disk.make(DISK_BYTES, volatile=True)
        self.drive.make(DRIVE_BYTES, volatile=True)
        loop = attach(self.disk.disk)
        try:
            run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", loop.node)
        finally:
            unplug(loop)

    def cut(self, guest: Guest, seed: int) -> None:
        """Take the power from everything."""
        self.disk.tell(cut_power=seed)
        self.drive.tell(cut_power=seed + 1)
        guest.cut_power()
        self.disk.tell(lift=True)
        self.drive.tell(lift=True)


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """Return a machine that is off."""
    with ExitStack() as held:
        folder = held.enter_context(scratch())
        (folder / "mounted").mkdir()
        disk = held.enter_context(fuse_medium(folder, DISK_BYTES, name="disk"))
        drive = held.enter_context(fuse_medium(folder, DRIVE_BYTES, name="drive"))
        yield Machine(folder=folder, disk=disk, drive=drive)


def test_power__whole_machine_cut__records_are_sound_and_the_job_ends_verified(
    machine: Machine,
) -> None:
    """Nothing claims more than is durable; after the boot one tap finishes the job."""
    chance = random.Random(SEED)
    moment, seed = chance.choice(MOMENTS), chance.randrange(1 << 30)
    print(f"flush {moment}, seed {seed}")
    machine.new()
    job_until_cut(machine, moment, seed)
    there = machine.drive.truth()
    with machine.mounted() as state:
        check_claims(state, there)
        recorded = is_recorded(state)
    assert recorded or not any(there), "written without a word on the disk"
    with machine.on() as (guest, node):
        job = finish(guest, node, recorded=recorded)
        assert job["outcome"] == "verified", job
    with machine.mounted() as state:
        check_certificates(state, machine.drive.truth())
        assert list(state.glob("bundles/[!.]*/certificate.json"))


def job_until_cut(machine: Machine, moment: int, seed: int) -> None:
    """Start a job and cut the power at a flush of the station's disk."""
    with machine.on() as (guest, node), ThreadPoolExecutor(1) as aside:
        machine.disk.follow(Fault(effect=Effect.GONE, op=Op.FLUSH, skip=moment))
        job = aside.submit(guest.call, inside_station.wipe, STATE, node, timeout_s=JOB_S)
        until(lambda: machine.disk.counts()["met"][0])
        assert not job.done(), "the power went after the job's end"
        machine.cut(guest, seed)
        lost(job)


def lost(job: Future[dict[str, Any]]) -> None:
    """Take the answer of a guest that has ended, whatever it is."""
    with suppress(GuestError):
        job.result()


def finish(guest: Guest, node: str, *, recorded: bool) -> dict[str, Any]:
    """Do what a clerk does after a power cut: continue what is there, or start."""
    if not recorded:
        return guest.call(inside_station.wipe, STATE, node, timeout_s=JOB_S)
    job = guest.call(inside_station.job, STATE, node, timeout_s=60.0)
    if job["state"] == "interrupted":
        return guest.call(inside_station.resume, STATE, node, timeout_s=JOB_S)
    return guest.call(inside_station.wait_for_end, STATE, node, timeout_s=JOB_S)
