"""A whole station as ``wipe-station up`` starts it, for one test, on practice drives of its own."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from hw_tests.loop import LoopDrive, attach, detach, make_file
from hw_tests.throttle import SlowGroup, slow_group
from wipe_station.accounts import UNREGISTERED
from wipe_station.api_values import HoldRequest, JobState, JobView, PlanRequest, WipeRequest
from wipe_station.board_values import BoardView
from wipe_station.client import Client
from wipe_station.state import socket_of

LONGEST_S = 60.0
KIOSK = UNREGISTERED
Value = TypeVar("Value")


class NotStartedError(Exception):
    """The station ended before its page was there; it has said why on standard error."""


@dataclass(slots=True, kw_only=True)
class WholeStation:
    """A running station: its processes, its folders, its drives."""

    state: Path
    practice: Path
    group: SlowGroup | None
    process: "subprocess.Popen[str]"
    said: list[dict[str, Any]] = field(default_factory=list)
    drives: list[LoopDrive] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Return where the page is."""
        return str(self.last("kiosk")["url"])

    def last(self, event: str) -> dict[str, Any]:
        """Return the newest thing of a kind that was said; wait for the first one."""
        return until(lambda: next((e for e in reversed(self.said) if e["event"] == event), None))

    def pid(self, process: str) -> int:
        """Return the id of the daemon or the kiosk as it runs now."""
        event = {"daemon": "listening", "kiosk": "kiosk"}[process]
        return int(self.last(event)["pid"])

    def client(self) -> Client:
        """Speak to the daemon as the operator."""
        return Client(socket_of(self.state))

    def board(self) -> BoardView:
        """Return what the station shows."""
        with self.client() as client:
            return client.board()

    def plug_in(self, size_bytes: int, bytes_per_s: int | None = None) -> LoopDrive:
        """Make a practice drive and attach it, slow if that is asked for."""
        file = make_file(self.practice, size_bytes, f"drive-{len(self.drives)}.img")
        with file.open("r+b") as medium:
            medium.write(b"Dear diary, nobody else may ever read this. " * 1000)
        drive = attach(file)
        self.drives.append(drive)
        if bytes_per_s is not None:
            assert self.group is not None, "only a station in a slow group can have slow drives"
            self.group.limit(drive, bytes_per_s)
        return drive

    def job(self) -> JobView:
        """Return the only job on the counter."""
        (only,) = self.board().jobs
        return only

    def wait_for_job(self, *states: JobState) -> JobView:
        """Wait until the only job is in one of the states."""
        return until(lambda: next((j for j in self.board().jobs if j.state in states), None))

    def workers(self) -> list[int]:
        """Return the process ids of the daemon's overwrite and verify workers."""
        return [
            pid
            for pid in children(self.pid("daemon"))
            if b"wipe_station.worker" in command_line(pid).split(b"\0")
        ]

    def kill(self, process: str) -> None:
        """Kill the daemon or the kiosk, and wait until another one took its place."""
        before = self.pid(process)
        os.kill(before, signal.SIGKILL)
        until(lambda: self.pid(process) != before)


def until(look: Callable[[], Value | None], longest_s: float = LONGEST_S) -> Value:
    """Return the first thing that is there."""
    ends = time.monotonic() + longest_s
    while True:
        with contextlib.suppress(OSError):
            found = look()
            if found:
                return found
        assert time.monotonic() < ends, "it never came"
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    """Return the direct children of a process, of all of its threads."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text("ascii").split()]


def command_line(pid: int) -> bytes:
    """Return a process's words; none if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def status(pid: int) -> dict[str, str]:
    """Return ``/proc/PID/status`` by field."""
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def begin(station: WholeStation, drive: LoopDrive, *, replug: bool = False) -> str:
    """Begin a job as the command line does; return its id."""
    with station.client() as client:
        return start_job(client, drive, replug=replug)


def start_job(client: Client, drive: LoopDrive, *, replug: bool = False) -> str:
    """Plan, hold and wipe, as soon as a drive is shown; return the job's id."""
    device = until(lambda: next((d for d in client.board().devices if d.node == drive.node), None))
    wanted = PlanRequest(device=device.key, replug=replug)
    plan = client.plan(wanted)
    held = client.hold(HoldRequest(**wanted.model_dump(), plan_sha256=plan.plan_sha256))
    wipe = WipeRequest(
        confirmation=held.confirmation,
        diskseq=held.diskseq,
        plan_sha256=held.plan_sha256,
        confirm=str(drive.file),
    )
    return client.wipe(wipe).job_id


@contextlib.contextmanager
def whole_station(folder: Path) -> Iterator[WholeStation]:
    """Start a station below a folder that can have slow drives; end it with all that it started."""
    practice = folder / "practice"
    practice.mkdir()
    with slow_group() as group, station_up(folder / "state", practice, group=group) as made:
        yield made


@contextlib.contextmanager
def station_up(
    state: Path, practice: Path, *, port: int = 0, group: SlowGroup | None = None
) -> Iterator[WholeStation]:
    """Run ``wipe-station up`` and wait until its page is there; end it, and detach its drives.

    Raises:
        NotStartedError: with its exit code.
    """
    command = [*(group.before if group else ()), sys.executable, "-m", "wipe_station", "up"]
    command += ["--json", "--state", str(state), "--practice", str(practice), "--port", str(port)]
    # A session of its own: Ctrl-C in a terminal is for whoever started this, not for the station.
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    made = WholeStation(state=state, practice=practice, group=group, process=process)
    listener = Thread(target=_listen, args=(made,), daemon=True)
    listener.start()
    try:
        until(lambda: process.poll() is not None or any(e["event"] == "kiosk" for e in made.said))
        if process.poll() is not None:
            raise NotStartedError(process.returncode)
        yield made
    finally:
        process.terminate()
        process.wait(LONGEST_S)
        listener.join()
        for drive in made.drives:
            detach(drive)


def _listen(made: WholeStation) -> None:
    assert made.process.stdout is not None, "a pipe was asked for"
    with made.process.stdout as said:
        made.said.extend(map(json.loads, said))
