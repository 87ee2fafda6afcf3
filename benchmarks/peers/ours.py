"""Our side, three ways: the whole command, its worker processes alone, the pump alone. I/O."""

import resource
import secrets
import sys
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks import work
from benchmarks.peers.observed import Observation, observe, run_program
from benchmarks.peers.programs import Work
from hw_tests.loop import LoopDrive
from wipe_station.overwrite.stream import KEY_BYTES
from wipe_station.records import KeyedStream
from wipe_station.worker_protocol import Action

COMMAND: Final = "whole command"
WORKERS: Final = "worker processes"
PUMP: Final = "pump alone"
DID: Final = {
    COMMAND: "`wipe-station wipe --method random`: identity, safety, journal, both workers, "
    "signed certificate",
    WORKERS: "two fresh processes, one writes, one compares: keyed stream, six threads, direct in "
    "1 MiB, fdatasync",
    PUMP: "the same within a process that runs already",
}


def command_line(drive: LoopDrive, state: Path) -> list[str]:
    """Return what a clerk would type for one random pass, verified in full."""
    line = [sys.executable, "-m", "wipe_station", "wipe", drive.node, "--method", "random"]
    return [*line, "--confirm", str(drive.file), "--state", str(state)]


def whole_command(drive: LoopDrive, state: Path, limit_s: float) -> dict[Work, Observation]:
    """Wipe a drive as a clerk would.

    Raises:
        ProblemError: the command did not end with a verified wipe.
    """
    line = command_line(drive, state)
    seen = observe(lambda: _run(line, limit_s, state), drive, writes=True)
    return {Work.BOTH: seen}


def _run(line: list[str], limit_s: float, folder: Path) -> None:
    run_program(line, limit_s, folder)


def worker_processes(drive: LoopDrive) -> dict[Work, Observation]:
    """Let one real worker process write and another one compare."""
    stream = _stream()

    def act(action: Action) -> None:
        with work.opened(drive) as descriptor:
            work.run_worker(drive, action, stream, descriptor)

    return _both(
        observe(lambda: act(Action.WRITE), drive, writes=True),
        observe(lambda: act(Action.COMPARE), drive, writes=False),
    )


def pump_alone(drive: LoopDrive) -> dict[Work, Observation]:
    """Write and compare within this process."""
    stream, inside = _stream(), partial(observe, whose=resource.RUSAGE_SELF)
    with work.opened(drive) as descriptor:
        return _both(
            inside(lambda: work.write(descriptor, stream, drive.size_bytes), drive, writes=True),
            inside(lambda: work.verify(descriptor, stream, drive.size_bytes), drive, writes=False),
        )


def _stream() -> KeyedStream:
    return KeyedStream(key=secrets.token_bytes(KEY_BYTES))


def _both(write: Observation, read: Observation) -> dict[Work, Observation]:
    """Return both halves and their sum."""
    together = Observation(
        elapsed_s=write.elapsed_s + read.elapsed_s,
        written_ratio=write.written_ratio + read.written_ratio,
        read_ratio=write.read_ratio + read.read_ratio,
        different_places=read.different_places,
        user_s=write.user_s + read.user_s,
        system_s=write.system_s + read.system_s,
        peak_bytes=max(write.peak_bytes, read.peak_bytes),
    )
    return {Work.WRITE: write, Work.READ: read, Work.BOTH: together}
