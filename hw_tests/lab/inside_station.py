"""The station in the guest: started, asked and stopped by the host. JSON in, JSON out. I/O."""

import sys
import time
from pathlib import Path
from typing import Any, Final

from hw_tests.lab import inside
from wipe_station.api_values import HoldRequest, JobState, PlanRequest, WipeRequest
from wipe_station.client import Client, StationAwayError
from wipe_station.state import socket_of

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
        job = client.wipe(asked)
        ends = time.monotonic() + timeout_s
        while job.state is JobState.RUNNING and time.monotonic() < ends:
            job = client.job(job.job_id, after=job.revision, wait_s=10.0)
        return job.model_dump(mode="json")


def _device(client: Client, node: str, timeout_s: float) -> str:
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        for device in client.board().devices:
            if device.node == node:
                return device.key
        time.sleep(inside.POLL_S)
    raise TimeoutError(f"{node} is not shown")


def wait_until_empty(state: str, timeout_s: float) -> None:
    """Wait until the board shows no device."""
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        if not board(state)["devices"]:
            return
        time.sleep(inside.POLL_S)
    raise TimeoutError(f"still shown: {board(state)['devices']}")


def document(state: str, document_id: str, name: str) -> str:
    """Return one text of a bundle."""
    return (Path(state) / "bundles" / document_id / name).read_text("utf-8")


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
