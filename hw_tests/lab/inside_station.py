"""The station in the guest: started, asked and stopped by the host. JSON in, JSON out. I/O."""

import sqlite3
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Final, cast

import pyudev

from hw_tests.forked import forked_workers
from hw_tests.in_process import quick_station
from hw_tests.in_process import wipe as wipe_with
from hw_tests.lab import inside
from wipe_station.api_values import (
    HoldRequest,
    JobState,
    JobView,
    PlanRequest,
    ResumeRequest,
    WipeRequest,
)
from wipe_station.capture import capture
from wipe_station.client import Client, StationAwayError
from wipe_station.clock import SystemClock
from wipe_station.detect.classify import classify
from wipe_station.detect.snapshot import read_snapshot
from wipe_station.quirks import all_quirks
from wipe_station.records import to_json
from wipe_station.state import socket_of
from wipe_station.station import Station

STATION: Final = (sys.executable, "-m", "wipe_station")


def command(*words: str, timeout_s: float = 60.0) -> inside.Ran:
    """Run ``wipe-station`` as a person at a terminal would."""
    return inside.run([*STATION, *words], timeout_s=timeout_s)


def start_daemon(state: str, timeout_s: float) -> int:
    """Start ``wipe-stationd`` and wait until it listens; return its process id."""
    pid = inside.start([sys.executable, "-m", "wipe_station.daemon", "--state", state], "daemon")
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        if "listening" in inside.said("daemon"):
            return pid
        if inside.ended(pid, 0.1) is not None:
            break
    raise RuntimeError(inside.complained("daemon"))


def board(state: str) -> dict[str, Any]:
    """Return all that a screen would show."""
    with Client(socket_of(Path(state))) as client:
        return client.board().model_dump(mode="json")


def wipe(state: str, node: str, timeout_s: float) -> dict[str, Any]:
    """Wipe a device through the daemon; return the job as it ended."""
    begin(state, node, timeout_s)
    return wait_for_end(state, node, timeout_s)


def begin(state: str, node: str, timeout_s: float) -> None:
    """Have the daemon start a job."""
    with Client(socket_of(Path(state))) as client:
        device = _device(client, node, timeout_s)
        plan = client.plan(PlanRequest(device=device))
        held = client.hold(HoldRequest(device=device, plan_sha256=plan.plan_sha256))
        asked = WipeRequest(
            confirmation=held.confirmation,
            diskseq=held.diskseq,
            plan_sha256=held.plan_sha256,
            confirm=plan.confirmation,
        )
        client.wipe(asked)


def wait_for_end(state: str, node: str, timeout_s: float) -> dict[str, Any]:
    """Return the job of a plugged device as it ended, or stands still."""
    with Client(socket_of(Path(state))) as client:
        found = _job(client, node, timeout_s)
        ends = time.monotonic() + timeout_s
        while found.state is JobState.RUNNING and time.monotonic() < ends:
            found = client.job(found.job_id, after=found.revision, wait_s=10.0)
        return found.model_dump(mode="json")


def wait_for_rest(state: str, node: str, timeout_s: float) -> None:
    """Wait until the running job of a plugged device rests, because the device is too hot."""
    ends = time.monotonic() + timeout_s
    with Client(socket_of(Path(state))) as client:
        found = _job(client, node, timeout_s)
        while found.progress is None or not found.progress.rests:
            if found.state is not JobState.RUNNING or time.monotonic() > ends:
                raise RuntimeError(f"it does not rest: {found}")
            found = client.job(found.job_id, after=found.revision, wait_s=10.0)


def job(state: str, node: str, timeout_s: float) -> dict[str, Any]:
    """Return the job of a plugged device."""
    with Client(socket_of(Path(state))) as client:
        return _job(client, node, timeout_s).model_dump(mode="json")


def resume(state: str, node: str, timeout_s: float) -> dict[str, Any]:
    """Tap "continue" on the interrupted job of a plugged device; return it as it ended."""
    with Client(socket_of(Path(state))) as client:
        found = _job(client, node, timeout_s)
        client.resume(found.job_id, ResumeRequest(confirm=found.confirmation))
    return wait_for_end(state, node, timeout_s)


def _device(client: Client, node: str, timeout_s: float) -> str:
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        for device in client.board().devices:
            if device.node == node:
                return device.key
        time.sleep(inside.POLL_S)
    raise TimeoutError(f"{node} is not shown")


def _job(client: Client, node: str, timeout_s: float) -> JobView:
    """Return the job of a plugged device, as soon as the board knows whose it is."""
    device = _device(client, node, timeout_s)
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        for found in client.board().jobs:
            if found.device_key == device:
                return found
        time.sleep(inside.POLL_S)
    raise TimeoutError(f"{node} has no job")


def shown_after_s(state: str, size_bytes: int, timeout_s: float) -> float:
    """Return how long after the kernel's event a new disk of a size is on the board.

    Call it before the disk is plugged in.
    """
    monitor = pyudev.Monitor.from_netlink(pyudev.Context(), source="kernel")
    monitor.filter_by(subsystem="block", device_type="disk")
    monitor.start()
    with Client(socket_of(Path(state))) as client:
        now = client.board()
        known = {device.key for device in now.devices}
        with ThreadPoolExecutor(1) as aside:
            event = aside.submit(_added_at, monitor, timeout_s)
            ends = time.monotonic() + timeout_s
            while time.monotonic() < ends:
                now = client.board(now.epoch, now.revision, wait_s=5.0)
                came = [d for d in now.devices if d.key not in known and d.size_bytes == size_bytes]
                if came:
                    return time.monotonic() - event.result()
    raise TimeoutError("not shown")


def _added_at(monitor: pyudev.Monitor, timeout_s: float) -> float:
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        device = monitor.poll(1.0)
        if device is not None and device.action == "add":
            return time.monotonic()
    raise TimeoutError("no event")


def shown(state: str) -> list[str]:
    """Return the nodes of the devices on the board."""
    return [str(device["node"]) for device in board(state)["devices"]]


def wait_until_shown(state: str, node: str, timeout_s: float) -> None:
    """Wait until the board shows a node."""
    with Client(socket_of(Path(state))) as client:
        _device(client, node, timeout_s)


def guards(state: str) -> int:
    """Return how many write guards the station remembers."""
    with closing(sqlite3.connect(f"file:{state}/station.db?mode=ro", uri=True)) as store:
        (count,) = store.execute("SELECT count(*) FROM write_guard").fetchone()
    return int(count)


def wait_for_phones(state: str, count: int, timeout_s: float) -> list[str]:
    """Wait until the board shows so many phones; return the ports at which it shows them."""
    ends = time.monotonic() + timeout_s
    while len(phones := board(state)["phones"]) != count:
        if time.monotonic() > ends:
            raise TimeoutError(f"on the board: {phones}")
        time.sleep(inside.POLL_S)
    return [each["port"] for each in phones]


def wait_until_empty(state: str, timeout_s: float) -> None:
    """Wait until the station knows of no device: none on the board, none under guard.

    The board drops a device that was gone at its second look; the guard goes with the event.
    """
    ends = time.monotonic() + timeout_s
    while board(state)["devices"] or guards(state):
        if time.monotonic() > ends:
            raise TimeoutError(f"still shown: {board(state)['devices']}, guards: {guards(state)}")
        time.sleep(inside.POLL_S)


def captured(node: str) -> dict[str, Any]:
    """Record a device in the agent's own process; return the file's text and the facts."""
    device = classify(read_snapshot(), all_quirks()).device(Path(node).name)
    made = capture(node, Path(tempfile.mkdtemp()), SystemClock().utc())
    return {"text": made.path.read_text("ascii"), "facts": to_json(device)}


def document(state: str, document_id: str, name: str) -> str:
    """Return one text of a bundle."""
    return (Path(state) / "bundles" / document_id / name).read_text("utf-8")


_held = ExitStack()
"""What the quick station stands on; a stack that nobody keeps takes its contexts along."""
_quick: list[Station] = []
"""The station of this very process, if one was started; it lives as long as the guest."""


def start_quick(folder: str) -> None:
    """Start a station in the agent's own process, for many jobs without pages."""
    _held.enter_context(forked_workers())
    _quick.append(_held.enter_context(quick_station(Path(folder))))


def facts(node: str) -> dict[str, Any]:
    """Return what the station of this process knows about a device."""
    (device,) = [each for each in _quick[-1].lookout.look().devices if each.node == node]
    return cast("dict[str, Any]", to_json(device))


def refused(node: str) -> list[str]:
    """Return the names of the rules by which the station of this process refuses a device."""
    lookout = _quick[-1].lookout
    world = lookout.look()
    (device,) = [each for each in world.devices if each.node == node]
    return [refusal.reason.value for refusal in lookout.assess(device, world).refusals]


def quick_wipe(node: str, method: str, timeout_s: float) -> dict[str, Any]:
    """Run one whole job in the agent's own process; return the signed statement."""
    del timeout_s  # the host's
    return wipe_with(_quick[-1], node, method)


def quick_resume(confirm: str | None, timeout_s: float) -> dict[str, Any]:
    """Go on with the job that waits; return the signed statement."""
    del timeout_s  # the host's
    (waiting,) = _quick[-1].unfinished()
    with _quick[-1].reopen(waiting, confirm=confirm) as job:
        return job.run(lambda _: None).statement


def quick_abandon() -> None:
    """Give up every job that waits."""
    for waiting in _quick[-1].unfinished():
        _quick[-1].abandon(waiting)


def wait_for_daemon(state: str, timeout_s: float) -> None:
    """Wait until a daemon answers on the socket."""
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        try:
            board(state)
        except StationAwayError:
            time.sleep(inside.POLL_S)
        else:
            return
    raise TimeoutError("no daemon answers")
