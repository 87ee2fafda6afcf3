"""The adb server that the station starts for itself: one at a time, whatever became of it."""

import contextlib
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from wipe_station.phone_links.adb_process import started

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
