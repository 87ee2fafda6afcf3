"""The whole station in the guest, with its page, as ``wipe-station up`` starts it. I/O.

It imports little: the guest is slow, and has the station itself to import.
"""

import contextlib
import json
import os
import socket
import stat
import sys
import time
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from typing import Any, Final

from hw_tests.lab import inside
from hw_tests.lab.agent import port_named
from hw_tests.lab.frames import LOOPBACK, Frames

LOG: Final = "up"
IN_MEMORY: Final = (Path("/run"), Path("/dev/shm"))  # noqa: S108 - read alone
OURS: Final = Path("/written-in-the-guest")
"""Made to learn where the layer is that the guest writes to."""


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
        if (code := inside.ended(pid, 0.1)) is not None:
            raise RuntimeError(f"exit {code}: {inside.complained(LOG)} {inside.said(LOG)}")
    raise TimeoutError(inside.complained(LOG) + inside.said(LOG))


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
    return get("/v1/board")


def get(path: str) -> Any:
    """Return what the daemon says about something."""
    return _asked("GET", path, None)


def board_when(kind: str, field: str, values: list[str], count: int, timeout_s: float) -> Any:
    """Wait until so many things on the board are in one of some states; return all of the kind."""
    ends, known = time.monotonic() + timeout_s, ""
    while True:
        seen = get(f"/v1/board?wait_s=5{known}")
        found = seen[kind]
        if sum(each[field] in values for each in found) >= count:
            return found
        if time.monotonic() > ends:
            raise TimeoutError(f"{kind}: {[each[field] for each in found]}")
        known = f"&epoch={seen['epoch']}&after={seen['revision']}"


def look_until_seen(timeout_s: float) -> None:
    """Have the station look at the one phone that came back, until it has seen enough.

    It is paired anew after its reset, and is looked at again until then, as a person would: not
    before the board has changed, or five seconds.
    """
    ends, known = time.monotonic() + timeout_s, ""
    while True:
        seen = get(f"/v1/board?wait_s=5{known}")
        (job,) = seen["phone_jobs"]
        if job["state"] != "back":
            return
        if time.monotonic() > ends:
            raise TimeoutError(f"still back: {job['said']}")
        with contextlib.suppress(RuntimeError):  # it has seen enough meanwhile
            ask(f"/v1/phone-jobs/{job['job_id']}/look")
        known = f"&epoch={seen['epoch']}&after={seen['revision']}"


def ask(path: str, **what: object) -> Any:
    """Ask the daemon for something, as a program of its operator does; return its answer."""
    return _asked("POST", path, json.dumps(what).encode())


def document(path: str) -> str:
    """Return the bytes of a document, in hexadecimal."""
    return _said_to("GET", path, None).hex()


def hand_in(path: str, content_hex: str) -> Any:
    """Send the daemon some bytes; return its answer."""
    return _asked("POST", path, bytes.fromhex(content_hex))


def _asked(method: str, path: str, body: bytes | None) -> Any:
    said = _said_to(method, path, body)
    return json.loads(said) if said else None


def _said_to(method: str, path: str, body: bytes | None) -> bytes:
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
        return said


def written(timeout_s: float) -> dict[str, str]:
    """Return every file that was written in this guest: its path, and its content in hex.

    That is all that lies over the host's files, and in the file systems in memory: state, sockets,
    logs of programs, temporary files. Compiled code is left out: what is searched for may be a
    constant in it.
    """
    del timeout_s  # the host's
    found = {}
    for path in _written():
        with contextlib.suppress(FileNotFoundError):
            if path.suffix != ".pyc":
                found[str(path)] = path.read_bytes().hex()
    return found


def _written() -> Iterator[Path]:
    """Yield every plain file that is the guest's own.

    In an overlay a file of the upper layer is on another device than one of the lower layer. Who
    writes one changes all folders above it, if only by copying them up.
    """
    began_s = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    OURS.touch()
    devices = {Path("/"): OURS.stat().st_dev} | {each: each.stat().st_dev for each in IN_MEMORY}
    for root, device in devices.items():
        mount = root.stat().st_dev
        for folder, folders, files in os.walk(root):
            here = Path(folder)
            folders[:] = [
                name
                for name in folders
                if (seen := _seen(here / name))
                and seen.st_dev == mount
                and seen.st_ctime >= began_s
            ]
            for path in map(here.joinpath, files):
                seen = _seen(path)
                if seen and stat.S_ISREG(seen.st_mode) and seen.st_dev == device:
                    yield path


def _seen(path: Path) -> os.stat_result | None:
    """Return what is at a path; files of the station and of the host come and go."""
    try:
        return path.lstat()
    except OSError:
        return None
