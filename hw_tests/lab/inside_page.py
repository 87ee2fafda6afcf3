"""The whole station in the guest, with its page, as ``wipe-station up`` starts it. I/O.

It imports little: the guest is slow, and has the station itself to import.
"""

import contextlib
import json
import os
import socket
import sys
import time
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from typing import Any, Final

from hw_tests.lab import inside
from hw_tests.lab.agent import port_named
from hw_tests.lab.frames import LOOPBACK, Frames

LOG: Final = "up"
OVERLAY: Final = Path("/proc/2/root/rw/upper")
"""What was written over the host's files: only the kernel's own threads still see it."""
WRITTEN: Final = (OVERLAY, Path("/run"), Path("/dev/shm"))  # noqa: S108 - read alone


def carry_connections(name: str, port: int) -> None:
    """Let connections through a virtio port to a port of our loopback address, from now on."""
    descriptor = os.open(port_named(name), os.O_RDWR | os.O_CLOEXEC)
    frames = Frames(descriptor)

    def begun() -> socket.socket:
        return socket.create_connection((LOOPBACK, port))

    Thread(target=frames.serve, args=(begun,), daemon=True).start()


def start_up(state: str, port: int, timeout_s: float) -> int:
    """Start daemon and page and wait until both are there; return the process id of ``up``."""
    words = ["-m", "wipe_station", "up", "--json", "--state", state, "--port", str(port)]
    pid = inside.start([sys.executable, *words], LOG)
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        if "kiosk" in _said():
            return pid
        if inside.ended(pid, 0.1) is not None:
            break
    raise RuntimeError(inside.complained(LOG) + inside.said(LOG))


def _said() -> dict[str, dict[str, Any]]:
    """Return the newest of each kind that was said so far."""
    found: dict[str, dict[str, Any]] = {}
    for line in inside.said(LOG).splitlines():
        with contextlib.suppress(ValueError):  # not whole yet
            said = json.loads(line)
            found[said["event"]] = said
    return found


def user_of_page() -> int:
    """Return the user that the page's process runs as."""
    pid = _said()["kiosk"]["pid"]
    status = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    (line,) = [line for line in status if line.startswith("Uid:")]
    (user,) = set(line.split()[1:])
    return int(user)


def board() -> Any:
    """Return all that a screen would show."""
    return _asked("GET", "/v1/board", None)


def ask(path: str, **what: object) -> Any:
    """Ask the daemon for something, as a program of its operator does; return its answer."""
    return _asked("POST", path, json.dumps(what).encode())


def hand_in(path: str, content_hex: str) -> Any:
    """Send the daemon some bytes; return its answer."""
    return _asked("POST", path, bytes.fromhex(content_hex))


def _asked(method: str, path: str, body: bytes | None) -> Any:
    line = HTTPConnection("station")
    line.sock = socket.socket(socket.AF_UNIX)
    with contextlib.closing(line):
        line.sock.connect(_said()["listening"]["socket"])
        headers = {"Content-Type": "application/json"} if body else {}
        line.request(method, path, body, headers)
        answer = line.getresponse()
        said = answer.read()
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise RuntimeError(f"{path}: {answer.status} {said.decode('utf-8', 'replace')}")
        return json.loads(said) if said else None


def holding(words: list[str]) -> list[str]:
    """Return every file written since the start in which one of some words stands.

    Read is all that lies over the host's files, which nothing else shows, and what lies in memory:
    state, sockets, logs of programs, temporary files. Compiled code is left out, as the words may
    be constants in it.
    """
    spelled = [word.encode(code) for word in words for code in ("utf-8", "utf-16-le")]
    found = []
    for root in WRITTEN:
        for path in root.rglob("*"):
            if path.is_file() and not path.is_symlink() and path.suffix != ".pyc":
                content = path.read_bytes() + os.fsencode(path.name)
                if any(each in content for each in spelled):
                    found.append(str(path))
    return found
