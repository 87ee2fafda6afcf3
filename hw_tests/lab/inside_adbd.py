"""What the host has our adb client do with a real ``adbd`` in the guest. JSON in, JSON out. I/O."""

import secrets
import socket
import time
from collections.abc import Iterator
from functools import partial
from random import Random
from typing import Any, Final, TypedDict

from hw_tests.lab import inside, inside_phones
from hw_tests.lab.gadget import SDCARD
from wipe_station.errors import StationError
from wipe_station.phone_links import android
from wipe_station.phone_links.adb_process import socket_of
from wipe_station.phone_links.adb_server import AdbServer
from wipe_station.phone_links.android_hands import AdbHand
from wipe_station.phone_links.hand import Baseline
from wipe_station.phones.adb_server import AdbDevice, request
from wipe_station.phones.canary import judge

SERVER: Final = AdbServer(socket_of(inside_phones.ADB))
CONTENT: Final = b"canary" * 11
PIECE: Final = bytes(64 << 10)
MOST_PIECES: Final = 1 << 10
OKAY: Final = b"OKAY"
ANSWER_S: Final = 30.0
_first: list[AdbDevice] = []
_before: list[Baseline] = []


class Carried(TypedDict):
    """A file that went there and came back."""

    there: bool
    """It is on the phone's own file system, byte for byte."""
    back: bool
    said_bytes: int
    """What its status says."""


class Shell(TypedDict):
    """What a command left behind."""

    code: int | None
    out: str
    err: str


class Folder(TypedDict):
    """What is in a folder."""

    entries: int
    found: list[str]


class CanarySeen(TypedDict):
    """What became of a canary."""

    shown: str
    """By one look."""
    believed: str
    """By a hand: that it is gone only where accounts and users could be read, too."""
    files: int | None
    """Of its owner, as a hand counts them."""


class Entry(TypedDict):
    """One line of the server's list."""

    serial: str
    state: str
    transport_id: int


def entry(port: str) -> Entry:
    """Return what our link sees at a port."""
    found = SERVER.at(port)
    return Entry(serial=found.serial, state=found.state.value, transport_id=found.transport_id)


def features(port: str) -> list[str]:
    """Return what both sides can do."""
    return sorted(SERVER.features(SERVER.at(port)))


def shell(port: str, command: str, timeout_s: float) -> Shell:
    """Have our link run a command."""
    end = SERVER.shell(SERVER.at(port), command, timeout_s=timeout_s)
    return Shell(code=end.code, out=end.output.decode(), err=end.errors.decode())


def carried(port: str, name: str, seed: int, size: int) -> Carried:
    """Have our link push a file in pieces of awkward sizes, ask for it, and pull it back."""
    drawn = Random(seed)
    content, device, path = drawn.randbytes(size), SERVER.at(port), f"{SDCARD}/{name}"
    SERVER.push(device, path, _cut(content, drawn))
    status = SERVER.status(device, path)
    assert status is not None and status.is_file, status  # noqa: PT018 - one claim
    return Carried(
        there=(SDCARD / name).read_bytes() == content,
        back=SERVER.pull(device, path, most_bytes=size) == content,
        said_bytes=status.size_bytes,
    )


def _cut(content: bytes, drawn: Random) -> Iterator[bytes]:
    at = 0
    while at < len(content):
        size = drawn.randint(1, 3 << 16)
        yield content[at : at + size]
        at += size


def kind(port: str, path: str) -> str:
    """Return what our link says is at a path."""
    status = SERVER.status(SERVER.at(port), path)
    if status is None:
        return "nothing"
    return "folder" if status.is_folder else "file" if status.is_file else "other"


def listing(port: str, path: str, names: list[str]) -> Folder:
    """Return how much our link counts in a folder, and which of some names it finds there."""
    seen = SERVER.listing(SERVER.at(port), path, frozenset(names))
    return Folder(entries=seen.entries, found=sorted(seen.found))


def pulls(port: str, path: str) -> bool:
    """Whether our link gets anything from a path."""
    return SERVER.pull(SERVER.at(port), path, most_bytes=1 << 10) is not None


def pushes(port: str, path: str, pieces: int = 0) -> str:
    """Have our link push a file, and more behind it; return the error's name, or nothing."""
    try:
        SERVER.push(SERVER.at(port), path, [CONTENT, *[PIECE] * pieces])
    except StationError as error:
        return type(error).__name__
    return ""


def files_say(port: str, asked: str) -> str:
    """Carry bytes to the phone's file service as they are; return all that it says, up to its end.

    Both in hexadecimal.
    """
    number, said = SERVER.at(port).transport_id, b""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(ANSWER_S)
        line.connect(str(socket_of(inside_phones.ADB)))
        for service in (f"host:transport-id:{number}", "sync:"):
            line.sendall(request(service))
            assert line.recv(len(OKAY), socket.MSG_WAITALL) == OKAY, service
        line.sendall(bytes.fromhex(asked))
        while came := line.recv(1 << 16):
            said += came
    return said.hex()


def read_and_plant(port: str, name: str) -> tuple[dict[str, Any], bool]:
    """Have a hand read the phone and lay a canary down; return what it knows, and whether it lies.

    What is unknown is left out.
    """
    hand = AdbHand(SERVER, partial(SERVER.at, port))
    _before[:] = [hand.read()]
    facts = _before[0].facts
    known = {field: getattr(facts, field) for field in facts.__dataclass_fields__}
    told = {field: str(value) for field, value in known.items() if value not in (None, ())}
    return told, hand.plant(name, CONTENT)


def canary(port: str, name: str) -> CanarySeen:
    """Look for the canary that was laid down."""
    control = secrets.token_hex(16)
    seen = android.look(SERVER, SERVER.at(port), name, control=control, content=CONTENT)
    found = AdbHand(SERVER, partial(SERVER.at, port)).look(_before[0], name)
    return CanarySeen(
        shown=judge(seen).value, believed=found.canary.value, files=found.personal_files
    )


def push_until_gone(port: str, serial: str, timeout_s: float) -> str:
    """Push a file that goes on until the phone has left; return the error's name."""
    _first[:] = [SERVER.at(port)]
    try:
        SERVER.push(_first[0], f"{SDCARD}/long", _going_on(serial, timeout_s), timeout_s=timeout_s)
    except StationError as error:
        return type(error).__name__
    return "taken"


def _going_on(serial: str, timeout_s: float) -> Iterator[bytes]:
    """Yield a megabyte, wait for the pull, then as much as nobody can keep."""
    ends = time.monotonic() + timeout_s
    for number in range(MOST_PIECES):
        while number > len(PIECE) >> 12 and inside_phones.ports(serial):
            if time.monotonic() > ends:
                raise TimeoutError("nobody pulled")
            time.sleep(inside.POLL_S)
        yield PIECE


def arrived(name: str) -> bool:
    """Whether something of a file is on the phone."""
    file = SDCARD / name
    return file.exists() and file.stat().st_size > 0


def ask_the_first_again() -> str:
    """Ask for a file by the number that the phone had before it left; return the error's name."""
    try:
        return str(SERVER.status(_first[0], str(SDCARD)))
    except StationError as error:
        return type(error).__name__
