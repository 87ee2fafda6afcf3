"""The adb server that the station starts for itself: one at a time, whatever became of it."""

import contextlib
import grp
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hw_tests.whole_station import status
from wipe_station.accounts import PHONE_ADB
from wipe_station.errors import DeviceError, InvalidInputError
from wipe_station.phone_links.adb_process import LOG_NAME, OF_USB, socket_of, started

STATION = """
import sys
from pathlib import Path
from wipe_station.phone_links.adb_process import started
with started(Path(sys.argv[1])):
    print("ready", flush=True)
    sys.stdin.read()
"""


def _adb_below(pid: int) -> int:
    """Return the one adb that a process has started."""
    children = Path(f"/proc/{pid}/task").glob("*/children")
    pids = [int(each) for file in children for each in file.read_text("ascii").split()]
    (server,) = [each for each in pids if Path(f"/proc/{each}/comm").read_text() == "adb\n"]
    return server


def test_server__left_behind_by_a_killed_station__ends_before_the_next(folder: Path) -> None:
    """A server whose station was killed would keep the phones; the next start ends it."""
    own = folder / "adb"
    command = [sys.executable, "-c", STATION, str(own)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as station:
        assert station.stdout is not None
        assert station.stdout.readline() == b"ready\n"
        orphan = os.pidfd_open(_adb_below(station.pid))
        station.kill()
    try:
        assert select.select([orphan], [], [], 0)[0] == [], "it lives on"
        with started(own) as server:
            assert select.select([orphan], [], [], 5)[0] == [orphan]
            assert server.devices() == ()
    finally:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(orphan, signal.SIGKILL)
        os.close(orphan)


def test_server__as_the_kernel_sees_it__its_own_user_with_usb_and_nothing_else(
    folder: Path,
) -> None:
    """What parses a phone's first bytes can open no file of the station's but its own key."""
    folder.chmod(0o700)
    with started(folder / "adb") as server:
        assert server.devices() == ()
        told = status(_adb_below(os.getpid()))
    assert told["Uid"].split() == told["Gid"].split() == [str(PHONE_ADB.uid)] * 4
    usb = {grp.getgrnam(name).gr_gid for name in OF_USB}
    assert set(map(int, told["Groups"].split())) == usb
    rights = ("CapInh", "CapPrm", "CapEff", "CapAmb")
    assert [int(told[name], 16) for name in rights] == [0] * 4
    assert told["NoNewPrivs"] == "1"
    key = folder / "adb" / ".android" / "adbkey"
    assert (key.stat().st_uid, key.stat().st_mode & 0o077) == (PHONE_ADB.uid, 0)


def test_server__folder_that_was_roots__taken_over_with_its_key(folder: Path) -> None:
    """Phones that have allowed a station are asked nothing anew."""
    own = folder / "adb"
    with started(own):
        pass
    key = own / ".android" / "adbkey"
    before = key.read_bytes()
    for each in (*own.rglob("*"), own):
        os.lchown(each, 0, 0)
    with started(own) as server:
        assert server.devices() == ()
    assert key.read_bytes() == before
    assert {each.lstat().st_uid for each in own.rglob("*") if ".android" in each.parts} == {
        PHONE_ADB.uid
    }


def test_server__its_user_has_laid_traps__root_writes_nowhere_else(folder: Path) -> None:
    """A link in place of the log leads nowhere, and what cannot be removed is an error."""
    own, target = folder / "adb", folder / "of-the-station"
    target.write_text("precious")
    with started(own):
        pass
    (own / LOG_NAME).unlink()
    (own / LOG_NAME).symlink_to(target)
    with started(own):
        pass
    assert target.read_text() == "precious"
    assert not (own / LOG_NAME).is_symlink()
    socket_of(own).mkdir()
    with pytest.raises(DeviceError), started(own):
        pass


def test_server__folder_of_somebody_else__refused(folder: Path) -> None:
    """Neither another user's folder nor one that others may look into."""
    for name, uid, mode in (("another", 12345, 0o700), ("open", PHONE_ADB.uid, 0o750)):
        made = folder / name
        made.mkdir(mode)
        made.chmod(mode)
        os.chown(made, uid, uid)
        with pytest.raises(InvalidInputError), started(made):
            pass
