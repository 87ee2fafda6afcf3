"""A phone's child that was taken over: no file, drive, process or network of the station's.

Code of an attacker runs where a phone's words are parsed: in the very process that the daemon
starts, after it has shut itself in. The real child is looked at from outside while it works.
"""

import errno
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from hw_tests.loop import LoopDrive, scratch
from hw_tests.phones.apple_bay import Plugged
from hw_tests.phones.iphone import IPhone
from hw_tests.phones.real_adb import RealAdb
from hw_tests.whole_station import WholeStation, begin, until, whole_station
from wipe_station.accounts import PHONE_CHILD
from wipe_station.phone_links import child as module
from wipe_station.phone_links.adb_server import LIST
from wipe_station.phone_links.child import Child, Means, sent
from wipe_station.phone_links.errand import Act, Errand, Via
from wipe_station.sandbox import supported
from wipe_station.state import socket_of

TAKEN_OVER: Final = """
import ctypes, json, os, socket, sys
from wipe_station import phone_child as child
from wipe_station.phone_links.channel import Channel

child._shut_in(int(sys.argv[2]), int(sys.argv[3]))
line = socket.socket(fileno=int(sys.argv[1]))
daemon = child._Daemon(Channel(line))
child._confine_for(daemon.errand())
libc = ctypes.CDLL(None, use_errno=True)

def call(name, *words):
    if getattr(libc, name)(*words) == -1:
        raise OSError(ctypes.get_errno(), name)

def outcome(attempt):
    try:
        attempt()
    except OSError as error:
        return error.errno
    return 0

said = {
    "network": outcome(lambda: socket.socket(socket.AF_INET)),
    "socket": outcome(lambda: socket.socket(socket.AF_UNIX)),
    "execute": outcome(lambda: os.execv("/bin/true", ["true"])),
    "become root": outcome(lambda: os.setuid(0)),
    "create": outcome(lambda: os.close(os.open("/tmp/made-by-a-phone", os.O_CREAT | os.O_WRONLY))),
} if not PAIRS else {"become root": outcome(lambda: os.setuid(0))}
for path in FILES:
    for flags in (os.O_RDONLY, os.O_RDWR):
        said[f"open {path} {flags}"] = outcome(lambda: os.close(os.open(path, flags)))
for pid in PIDS:
    said[f"kill {pid}"] = outcome(lambda: os.kill(pid, 0))
    said[f"trace {pid}"] = outcome(lambda: call("ptrace", 0x4206, pid, None, None))
if PAIRS:
    daemon_socket = socket.socket(socket.AF_UNIX)
    said["connect"] = outcome(lambda: daemon_socket.connect(SOCKET))
line.send(json.dumps(["answer", said]).encode())
line.recv(1)
"""
ERRANDS: Final = {
    "adb": Errand(act=Act.READ, via=Via.ADB),
    "usbmux": Errand(act=Act.READ, via=Via.USBMUX),
    "mtp": Errand(act=Act.READ, via=Via.MTP),
    "list": Errand(act=Act.LIST),
    "pair": Errand(act=Act.PAIR, via=Via.USBMUX),
}
REFUSED: Final = {errno.EPERM, errno.EACCES}

pytestmark = pytest.mark.skipif(not supported(), reason="no seccomp filters on this machine")


@pytest.fixture(scope="module")
def station() -> Iterator[WholeStation]:
    """Return a running station; what protects its data is its own mode, not a folder above it."""
    with scratch() as folder:
        folder.chmod(0o755)
        with whole_station(folder) as made:
            yield made


@pytest.fixture(scope="module")
def drive(station: WholeStation) -> LoopDrive:
    """Return a drive with a job on it, whose journal holds a key."""
    made = station.plug_in(16 << 20, 4 << 20)
    begin(station, made)
    until(lambda: list(station.state.glob("jobs/*/journal.jsonl")) or None)
    return made


@pytest.mark.parametrize("name", ERRANDS)
def test_phone_child_taken_over__everything_tried__refused(
    station: WholeStation, drive: LoopDrive, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Keys, journals, database, drives, adb's key, other processes: nothing opens, nothing ends.

    The network and sockets are shut as well, but to the one that has Debian's program run.
    """
    files = [each for each in station.state.rglob("*") if each.is_file()]
    names = {each.name for each in files}
    assert {"station.db", "station-key.pem", "journal.jsonl"} <= names
    daemon = station.pid("daemon")
    other = Child()
    assert other.run(Errand(act=Act.LIST), Means()) is not None
    processes = [daemon, os.getpid(), other.pid]
    files += [Path(drive.node), socket_of(station.state)]
    files += [Path(f"/proc/{pid}/{each}") for pid in processes for each in ("mem", "environ")]
    code = (
        f"FILES = {[str(each) for each in files]!r}\nPIDS = {processes!r}\n"
        f"PAIRS = {name == 'pair'}\nSOCKET = {str(socket_of(station.state))!r}\n{TAKEN_OVER}"
    )
    monkeypatch.setattr(module, "PROGRAM", (sys.executable, "-c", code))
    said = sent(ERRANDS[name], Means())
    assert isinstance(said, dict)
    assert {what: code for what, code in said.items() if code not in REFUSED} == {}
    assert len(said) > 2 * len(files)
    assert not Path("/tmp/made-by-a-phone").exists()  # noqa: S108 - where anybody may write


def _status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def test_phone_child__at_work__nobody_with_a_filter_and_one_line(
    adb: RealAdb, plugged: Plugged
) -> None:
    """The very process that read the lists: its user, its rights, its descriptors."""
    bay = plugged(IPhone())
    child = Child()
    means = Means(adb=adb.server, first=frozenset({LIST}), mux=bay.mux)
    seen = child.run(Errand(act=Act.LIST), means)
    assert json.dumps(seen).count("UDID".lower()) == 1
    status = _status(child.pid)
    assert status["Uid"].split() == [str(PHONE_CHILD.uid)] * 4
    assert status["Gid"].split() == [str(PHONE_CHILD.gid)] * 4
    assert (status["Groups"], int(status["CapEff"], 16), int(status["CapPrm"], 16)) == ("", 0, 0)
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    held = sorted(each.readlink() for each in Path(f"/proc/{child.pid}/fd").iterdir())
    assert [str(each) for each in held if str(each) != "/dev/null"] == [
        str(each) for each in held if str(each).startswith("socket:")
    ]
    assert len(held) == 4, "nothing in, out and wrong, and the line to the daemon"
