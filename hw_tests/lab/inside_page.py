"""The whole station in the guest, with its page, as ``wipe-station up`` starts it. I/O."""

import contextlib
import json
import os
import socket
import time
from pathlib import Path
from threading import Thread
from typing import Final

from hw_tests.lab import inside
from hw_tests.lab.agent import port_named
from hw_tests.lab.frames import LOOPBACK, Frames
from hw_tests.lab.inside_station import STATION

LOG: Final = "up"


def carry_connections(name: str, port: int) -> None:
    """Let connections through a virtio port to a port of our loopback address, from now on."""
    descriptor = os.open(port_named(name), os.O_RDWR | os.O_CLOEXEC)
    frames = Frames(descriptor)

    def begun() -> socket.socket:
        return socket.create_connection((LOOPBACK, port))

    Thread(target=frames.serve, args=(begun,), daemon=True).start()


def start_up(state: str, port: int, timeout_s: float) -> int:
    """Start daemon and page and wait until both are there; return the process id of ``up``."""
    words = ["up", "--json", "--state", state, "--port", str(port)]
    pid = inside.start([*STATION, *words], LOG)
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        if "kiosk" in _events():
            return pid
        if inside.ended(pid, 0.1) is not None:
            break
    raise RuntimeError(inside.complained(LOG) + inside.said(LOG))


def _events() -> dict[str, int]:
    """Return what was said so far, and by which process."""
    found: dict[str, int] = {}
    for line in inside.said(LOG).splitlines():
        with contextlib.suppress(ValueError):  # not whole yet
            said = json.loads(line)
            found[said["event"]] = int(said.get("pid", 0))
    return found


def user_of_page() -> int:
    """Return the user that the page's process runs as."""
    status = Path(f"/proc/{_events()['kiosk']}/status").read_text("ascii").splitlines()
    (line,) = [line for line in status if line.startswith("Uid:")]
    (user,) = set(line.split()[1:])
    return int(user)
