"""The usbmuxd that the station starts for itself: Debian's, where no other one runs."""

import subprocess
import sys
from typing import Final

from hw_tests.loop import run

HIDDEN: Final = ["unshare", "--mount", "--propagation", "private", sys.executable, "-c"]
"""Debian's knows one place for its socket and its records: out of everybody's sight, both."""
STATION: Final = """
import contextlib, os, pwd, signal, subprocess, sys, time
from pathlib import Path
from hw_tests.test_phone_usbmux_process import hide
hide()
from wipe_station.phone_links import usbmux_process as own
def pids():
    return sorted(
        int(file.parent.name)
        for file in Path("/proc").glob("[0-9]*/status")
        if f"\\nPPid:\\t{os.getpid()}\\n" in file.read_text()
    )
def answers(mux):
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with contextlib.suppress(own.DeviceError):
            return mux.devices() == ()
    return False
own._ASK_S = own.END_S = 0.5
own.YOUNG_S = 0.0
with own.started() as mux:
    assert mux.devices() == ()
    assert mux.record("00008110-001A2B3C4D5E801E") is None
    (pid,) = pids()
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\\0")
    assert b"--no-preflight" in words
    assert {b"--disable-hotplug", b"--enable-exit"} <= set(words), "looks when told, and only then"
    owner = pwd.getpwnam(own.USER).pw_uid
    assert f"\\nUid:\\t{owner}\\t" in Path(f"/proc/{pid}/status").read_text()
    assert Path("/var/lib/lockdown").stat().st_uid == owner
    with own.started() as again:
        assert again.devices() == ()
        assert pids() == [pid], "one that runs is used"
    assert mux.devices() == (), "and left running"
    for _ in range(own.MOST_IN_VAIN):
        mux.look_again(len(mux.devices()))
    assert pids() == [pid] and answers(mux), "told by a signal that it takes"
    for how in (None, signal.SIGKILL, signal.SIGSTOP):
        (before,) = pids()
        if how is not None:
            os.kill(before, how)
        mux.look_again(0 if how is None else None)
        while pids() == [before]:
            mux.look_again(None)
        assert answers(mux)
        assert pids() not in ([], [before]), f"started anew: {how}"
assert pids() == [], "the station's own ends with it"
with own.started():
    (left,) = pids()
    if os.fork() == 0:
        with own.started() as mux:
            (ours,) = pids()
            assert ours != left and answers(mux)
            mux.look_again(0)
        os._exit(0)
    assert os.wait()[1] == 0, "one that another station has left is ended"
station = "with own.started(): print('up', flush=True); input()"
code = f"from wipe_station.phone_links import usbmux_process as own\\n{station}"
pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
for name in own.DAEMON[0], f"/usr/bin/{own.DAEMON[1]}":
    with subprocess.Popen([sys.executable, "-c", code, name], **pipes) as other:
        other.stdout.readline()
        before = own.LOCK.read_text()
        with own.started() as mux:
            assert own.LOCK.read_text() == before and answers(mux), "a station's that runs is used"
        assert own._answers(), "and left running"
        other.stdin.close()
    assert not own._answers()
print("seen")
"""


def hide() -> None:
    """Have empty folders of this process's own where usbmuxd keeps things."""
    for folder in ("/run", "/var/lib"):
        run("mount", "-t", "tmpfs", "none", folder)


def test_usbmuxd__none_runs__started_as_its_user_and_ended() -> None:
    """It pairs nothing by itself, can keep records, and is one; who started it ends it."""
    done = subprocess.run(
        [*HIDDEN, STATION], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout == "seen\n", done.stderr
