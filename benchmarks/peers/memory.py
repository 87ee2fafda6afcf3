"""How much memory the processes hold that we start, looked at from outside. I/O.

A process's resource usage would not do: it carries over what its parent held before the program
was loaded. The kernel's high-water mark belongs to the program alone, and is never missed by a look
that comes late, but for what grows in a process's last moment.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

LOOK_S: Final = 0.02
_PROC: Final = Path("/proc")


class Watch:
    """The most that the descendants of a process held together at one look."""

    def __init__(self) -> None:
        self.peak_bytes = 0
        self._strangers = set[int]()
        """Whoever was not ours at the first look; a number is not given anew within seconds."""

    def look(self) -> None:
        """Add up the high-water marks of all that live now; shared pages count for each."""
        held = {pid: _status(pid) for pid in _numbers() if pid not in self._strangers}
        parents = {pid: parent for pid, (parent, _) in held.items()}
        ours = {pid for pid in held if _descends(pid, os.getpid(), parents)}
        self._strangers |= held.keys() - ours
        self.peak_bytes = max(self.peak_bytes, sum(held[pid][1] for pid in ours))


def _numbers() -> list[int]:
    return [int(name) for name in os.listdir(_PROC) if name.isdigit()]


def _descends(pid: int, ancestor: int, parents: dict[int, int]) -> bool:
    """Tell whether a process stands below another one; its own is not below itself."""
    seen = set[int]()
    while pid in parents and pid not in seen:
        seen.add(pid)
        pid = parents[pid]
        if pid == ancestor:
            return True
    return False


def _status(pid: int) -> tuple[int, int]:
    """Return parent and VmHWM in bytes; zeros of a process that has ended meanwhile."""
    try:
        lines = (_PROC / str(pid) / "status").read_text("utf-8", "replace").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0, 0
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    return int(fields["PPid"]), int(fields.get("VmHWM", "0 kB").split()[0]) << 10


@contextmanager
def watched() -> Iterator[Watch]:
    """Watch our descendants' memory, 50 times a second, until the end."""
    watch, ended = Watch(), threading.Event()

    def look_on() -> None:
        while not ended.wait(LOOK_S):
            watch.look()

    thread = threading.Thread(target=look_on, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        ended.set()
        thread.join()
