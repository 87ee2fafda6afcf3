"""Devices that must not be wiped: refused in a sentence, not one byte written."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hw_tests.command import bare_station, first_start, sha256, station
from hw_tests.loop import (
    LoopDrive,
    attach,
    detach,
    loop_drive,
    losetup,
    make_file,
    mounted,
    replug,
    run,
    unplug,
)
from wipe_station.errors import RefusedByPolicyError
from wipe_station.state import state_lock
from wipe_station.station import Station

SIZE_BYTES = 32 << 20
SWAP_KIB = 64


@pytest.fixture
def state(folder: Path) -> Path:
    """Return the state directory of a station that has started before any drive came."""
    first_start(folder / "state")
    return folder / "state"


@pytest.fixture
def target(state: Path, folder: Path) -> Iterator[LoopDrive]:
    """Return a drive with an ext4 file system, plugged in after the station's start."""
    del state
    with loop_drive(folder, SIZE_BYTES) as drive:
        run("mkfs.ext4", "-q", "-F", drive.node)
        yield drive


@contextlib.contextmanager
def helper(*command: str | Path) -> Iterator[None]:
    """Keep a process alive that says ``ready`` once it holds what it shall hold."""
    with subprocess.Popen(
        [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield
        finally:
            process.kill()


def assert_refused(state: Path, drive: LoopDrive, sentence: str, first_byte: int = 0) -> None:
    """Wipe for real with the right confirmation; expect exit 4, the sentence, and no write.

    Args:
        state: of the station.
        drive: what is to be refused.
        sentence: why.
        first_byte: what lies before it may be written by others meanwhile.
    """
    before = sha256(drive.file, first_byte)
    said = station(state, "wipe", drive.node, "--confirm", drive.file)
    assert said.code == 4, said
    assert any(sentence in line for line in said.err.splitlines() if line.startswith("✗")), said.err
    assert sha256(drive.file, first_byte) == before
    assert not list(state.glob("jobs/*"))


def test_wipe__root_disk__refused_as_system_disk(state: Path) -> None:
    """The disk that the station runs from is never wiped; a wrong confirmation guards the test."""
    number = Path("/").stat().st_dev
    name = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}").resolve().name
    said = station(state, "wipe", f"/dev/{name}", "--confirm", "never the right word")
    assert said.code == 4
    assert "the station's own disk" in said.err


def test_wipe__mounted_device__refused(state: Path, target: LoopDrive, folder: Path) -> None:
    """A mounted device is refused."""
    with mounted(target, folder / "mnt"):
        assert_refused(state, target, "mounted at")


def test_wipe__mounted_in_another_namespace__refused(
    state: Path, target: LoopDrive, folder: Path
) -> None:
    """A mount that only another mount namespace sees is found all the same."""
    point = folder / "mnt"
    point.mkdir()
    script = 'mount "$0" "$1" && echo ready && read -r _'
    with helper(
        "unshare", "--mount", "--propagation=private", "sh", "-c", script, target.node, point
    ):
        assert target.node not in Path("/proc/self/mounts").read_text("utf-8")
        assert_refused(state, target, "mounted at")


def test_wipe__swap__refused(state: Path, target: LoopDrive) -> None:
    """A swap area in use is refused; a busy kernel may really swap to it, and to no more of it."""
    run("mkswap", "--force", target.node, str(SWAP_KIB))
    run("swapon", target.node)
    try:
        assert_refused(state, target, "swap", first_byte=SWAP_KIB << 10)
    finally:
        run("swapoff", target.node)


def test_wipe__second_loop_device_on_the_file__refused(state: Path, target: LoopDrive) -> None:
    """Two loop devices on one file are one medium; neither may be wiped."""
    other = attach(target.file)
    try:
        assert_refused(state, target, f"also stands behind {other.node}")
    finally:
        detach(other)


def test_wipe__mounted_loop_device_stacked_on_target__refused(
    state: Path, target: LoopDrive, folder: Path
) -> None:
    """A loop device on the target leaves no holder and no exclusive claim, and is found."""
    node = losetup("--find", "--show", target.node)
    stacked = LoopDrive(node=node, file=Path(target.node), size_bytes=target.size_bytes)
    try:
        with mounted(stacked, folder / "mnt"):
            os.close(os.open(target.node, os.O_RDWR | os.O_EXCL))  # succeeds: hence the rule
            assert_refused(state, target, f"{node} is stacked on it")
            assert_refused(state, target, "mounted at")
            said = station(state, "wipe", node, "--confirm", target.node)
            assert said.code == 4
            assert "rests on another disk" in said.err
    finally:
        detach(stacked)


def test_wipe__descriptor_held_by_another_process__refused(state: Path, target: LoopDrive) -> None:
    """A device that somebody merely has open is refused, and the somebody is named."""
    script = 'exec 3<"$0" && echo ready && read -r _'
    with helper("sh", "-c", script, target.node):
        assert_refused(state, target, "held open by sh (pid ")


def test_wipe__backing_file_held_by_another_process__refused(
    state: Path, target: LoopDrive
) -> None:
    """A virtual machine that runs from the file behind the loop device is seen."""
    script = 'exec 3<"$0" && echo ready && read -r _'
    with helper("sh", "-c", script, target.file):
        assert_refused(state, target, "held open by sh (pid ")


LEADERLESS = """
import ctypes, os, sys, threading
{first}
threading.Thread(target=sys.stdin.read).start()
print("ready", flush=True)
ctypes.CDLL(None).syscall(60, 0)  # exit(2) of this first thread alone (x86-64)
"""
"""A process whose first thread has ended: ``/proc/PID`` itself shows nothing of it any more."""


def test_wipe__held_by_a_process_whose_first_thread_has_ended__refused(
    state: Path, target: LoopDrive
) -> None:
    """What a process holds is found in the threads that still live, as after a hanging worker."""
    script = LEADERLESS.format(first="os.open(sys.argv[1], os.O_RDONLY)")
    with helper(sys.executable, "-c", script, target.node):
        assert_refused(state, target, "held open by python")


def test_wipe__mounted_by_a_process_whose_first_thread_has_ended__refused(
    state: Path, target: LoopDrive, folder: Path
) -> None:
    """Its mount namespace is found there, too."""
    point = folder / "mnt"
    point.mkdir()
    script = LEADERLESS.format(
        first='import subprocess; subprocess.run(["mount", *sys.argv[1:]], check=True)'
    )
    with helper(
        "unshare",
        "--mount",
        "--propagation=private",
        sys.executable,
        "-c",
        script,
        target.node,
        point,
    ):
        assert target.node not in Path("/proc/self/mounts").read_text("utf-8")
        assert_refused(state, target, "mounted at")


def test_wipe__read_only_device__refused(state: Path, folder: Path) -> None:
    """A read-only device is refused."""
    drive = attach(make_file(folder, SIZE_BYTES), read_only=True)
    try:
        assert_refused(state, drive, "read-only")
    finally:
        detach(drive)


def test_wipe__present_before_the_first_start__refused(folder: Path) -> None:
    """What was there before the station started is not offered."""
    with loop_drive(folder, SIZE_BYTES) as drive:
        first_start(folder / "late")
        assert_refused_at_boot(folder / "late", drive)


def assert_refused_at_boot(state: Path, drive: LoopDrive) -> None:
    """Expect the sentence about the start, and no write."""
    before = sha256(drive.file)
    said = station(state, "wipe", drive.node, "--confirm", drive.file)
    assert (said.code, sha256(drive.file)) == (4, before)
    assert "before the station started" in said.err


def test_wipe__wrong_confirmation__refused(state: Path, target: LoopDrive) -> None:
    """A confirmation that does not name the device starts nothing."""
    before = sha256(target.file)
    said = station(state, "wipe", target.node, "--confirm", f"{target.file}x")
    assert (said.code, sha256(target.file)) == (4, before)
    assert said.err.splitlines()[0].startswith("✗ The confirmation does not name this device")


def test_wipe__diskseq_changed_since_the_plan__refused(state: Path, target: LoopDrive) -> None:
    """The same file in the same place is another plugging-in: the old plan does not hold."""
    planned = station(state, "plan", target.node, "--json").event("plan")["sha256"]
    unplug(target)
    replug(target)
    before = sha256(target.file)
    said = station(state, "wipe", target.node, "--confirm", target.file, "--plan", planned)
    assert (said.code, sha256(target.file)) == (4, before)
    assert "not the one confirmed" in said.err


def test_wipe__exchanged_between_plan_and_start__refused(state: Path, target: LoopDrive) -> None:
    """A device exchanged in the last moment, with the plan already in hand, is not written to."""
    with state_lock(state):
        station_here = bare_station(state)
        plan = station_here.plan(target.node, None, "random")
        unplug(target)
        replug(target)
        before = sha256(target.file)
        with pytest.raises(RefusedByPolicyError):
            station_here.start(plan, job_id=station_here.new_job_id(), confirmed={})
    assert sha256(target.file) == before


def test_wipe__mounted_between_plan_and_start__refused(
    state: Path, target: LoopDrive, folder: Path
) -> None:
    """Somebody who mounts the device after the plan keeps his data."""
    with state_lock(state):
        station_here = bare_station(state)
        plan = station_here.plan(target.node, None, "random")
        with mounted(target, folder / "mnt"):
            before = sha256(target.file)
            with pytest.raises(Exception, match="held exclusively"):
                station_here.start(plan, job_id=station_here.new_job_id(), confirmed={})
            assert sha256(target.file) == before


@contextlib.contextmanager
def stacked_on(target: LoopDrive) -> Iterator[None]:
    """Hold a loop device on another one; it keeps nobody from claiming the one beneath."""
    node = losetup("--find", "--show", target.node)
    try:
        yield
    finally:
        detach(LoopDrive(node=node, file=Path(target.node), size_bytes=target.size_bytes))


def test_wipe__stacked_on_between_plan_and_start__refused(state: Path, target: LoopDrive) -> None:
    """What came after the plan and leaves the exclusive claim free is looked for once more."""
    before = sha256(target.file)
    with state_lock(state):
        station_here = bare_station(state)
        plan = station_here.plan(target.node, None, "random")
        with stacked_on(target), pytest.raises(RefusedByPolicyError, match="stacked"):
            station_here.start(plan, job_id=station_here.new_job_id(), confirmed={})
    assert sha256(target.file) == before


@pytest.fixture
def waiting(state: Path, target: LoopDrive) -> Iterator[tuple[Station, str]]:
    """Return a station whose only job was stopped before its first byte."""
    with state_lock(state):
        station_here = bare_station(state)
        plan = station_here.plan(target.node, None, "random")
        with station_here.start(plan, job_id=station_here.new_job_id(), confirmed={}) as job:
            pass
        yield station_here, job.job_id


def test_reopen__stacked_on_since__refused(waiting: tuple[Station, str], target: LoopDrive) -> None:
    """Every rule holds for a job that goes on, too."""
    station_here, job_id = waiting
    with stacked_on(target), pytest.raises(RefusedByPolicyError, match="stacked"):
        station_here.reopen(job_id, confirm=None)
    assert station_here.evidence(job_id).records == 1


def test_reopen__exchanged_since_the_look__refused(
    waiting: tuple[Station, str], target: LoopDrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device that is plugged in anew between look and claim is not the one that was judged."""
    station_here, job_id = waiting

    def exchange(*_: Any, **__: Any) -> None:
        unplug(target)
        replug(target)

    monkeypatch.setattr(station_here.lookout, "require_safe", exchange)
    with pytest.raises(RefusedByPolicyError, match="changed"):
        station_here.reopen(job_id, confirm=None)
    assert station_here.evidence(job_id).records == 1


def test_wipe__station_already_working__refused(state: Path, target: LoopDrive) -> None:
    """Two stations never work with one state directory."""
    with state_lock(state):
        assert_refused(state, target, "Another job")


@pytest.mark.parametrize("what", ["missing", "regular file", "character device"])
def test_wipe__not_a_block_device__usage_error(state: Path, folder: Path, what: str) -> None:
    """What is no block device is a usage error, not a refusal."""
    (folder / "letter.txt").write_text("hello", encoding="utf-8")
    nodes = {
        "missing": folder / "nothing",
        "regular file": folder / "letter.txt",
        "character device": Path("/dev/null"),
    }
    said = station(state, "wipe", nodes[what], "--confirm", "x")
    assert said.code == 2
    assert (folder / "letter.txt").read_text("utf-8") == "hello"
