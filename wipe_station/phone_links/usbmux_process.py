"""A usbmuxd of the station's own, Debian's, started only when somebody asks for it. I/O.

Debian's 1.1.1 knows one path for its socket and one folder for its pair records
(``/var/lib/lockdown``), and no option names others: both are the machine's. It is told
not to look at new phones by itself (``--no-preflight``): a phone in its setup assistant would be
paired by that without a question, and the record that an erase is judged by would be replaced.

It looks at USB when it is told to (SIGUSR2), and never by itself: as udev tells of a phone, the
USB gate has not let it in yet, Debian's rule takes its configuration away, and the kernel may
configure it anew for a driver that comes late. Left to itself, 1.1.1 looks at each phone once, at
that very moment, and mostly never sees it (seen in the lab); what changes while it first speaks
to a phone can leave it waiting for that phone for good, or hang it. So one that has ended, or for a
while does not answer or sees no phone at all, is started anew: nobody's connection is lost by
that. With ``--enable-exit``, which SIGUSR2 needs, Debian's rule also ends it when the last iPhone
leaves.

KNOWN HOLE: where it waits for one phone for good while it sees another one, that one stays unseen
until it is plugged in again.

One that a killed station has left is ended: nobody would tell it. Any other that runs already is
used as it is, told to look, and left running; Debian's service pairs phones by itself, and what it
has replaced is unknown to a look then, never in a phone's favour.

KNOWN HOLE: every program of the machine may speak to the socket, and have pair records from it.
"""

import contextlib
import logging
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from certs.text import Text
from wipe_station.errors import CommandTimeoutError, DeviceError
from wipe_station.phone_links.usbmux import Usbmux

PROGRAM: Final = "usbmuxd"
USER: Final = "usbmux"
"""Whom Debian's package makes, and whom its rules for devices give phones to."""
DAEMON: Final = ("wipe_station.daemon", "wipe-stationd")
"""One of them is among the words of a station's own process, perhaps behind a path."""
LOCK: Final = Path("/run/usbmuxd.pid")
"""Where each usbmuxd writes its number."""
WHEN_TOLD: Final = ("--disable-hotplug", "--enable-exit")
"""Together they have it look at USB when it gets SIGUSR2, and never by itself."""
MOST_IN_VAIN: Final = 3
"""So often it may see no phone, or not answer, before it is started anew."""
YOUNG_S: Final = 10.0
"""But not before it has had so long: a slow machine would start one after the other."""
START_S: Final = 20.0
END_S: Final = 5.0
_ASK_S: Final = 2.0
_POLL_S: Final = 0.02
_HINT: Final = Text(
    zh="安装 Debian 软件包 usbmuxd，以 root 启动工作站。",
    en="Install Debian's package usbmuxd, and start the station as root.",
)
_log = logging.getLogger(__name__)


@contextlib.contextmanager
def started() -> Iterator[Usbmux]:
    """Have usbmuxd run as long as the block lasts.

    Raises:
        DeviceError: there is none, or it ended at once.
        CommandTimeoutError: it did not answer in ``START_S``.
    """
    _end_left_over()
    if _answers():
        _log.warning("usbmuxd runs already, and may pair phones by itself")
        yield Usbmux(again=_tell_running)
        return
    own = _Own()
    try:
        own.wait()
        yield Usbmux(again=own.look_again)
    finally:
        own.end()


class _Own:
    """The station's usbmuxd; one caller at a time."""

    def __init__(self) -> None:
        """Start it; raises DeviceError where there is none."""
        self._process, self._began_s = _popen(), time.monotonic()
        self._in_vain = 0

    def look_again(self, seen: int | None) -> None:
        """Have it look at USB anew, or start it anew where that is of no use.

        What fails is tried again at the next look.

        Args:
            seen: how many devices it sees now; None: it does not answer.
        """
        young = time.monotonic() - self._began_s < YOUNG_S
        hopeful = bool(seen) or young or self._in_vain < MOST_IN_VAIN
        if self._process.poll() is None and hopeful:
            self._in_vain = 0 if seen else self._in_vain + 1
            if seen is not None:  # one that does not answer may not take it, and end
                self._process.send_signal(signal.SIGUSR2)
            return
        self.end()
        self._in_vain = 0
        with contextlib.suppress(DeviceError):
            self._process, self._began_s = _popen(), time.monotonic()

    def wait(self) -> None:
        """Wait until it answers; what is waited on meanwhile is its end."""
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            if _answers():
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_POLL_S)
                raise _failed(Text(zh="usbmuxd 启动失败。", en="usbmuxd did not start."))
        raise CommandTimeoutError(
            Text(zh="usbmuxd 启动后没有回答。", en="usbmuxd was started and does not answer."),
            hint=_HINT,
        )

    def end(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _words() -> list[str]:
    return [PROGRAM, *WHEN_TOLD, "--foreground", "--no-preflight", "--user", USER]


def _popen() -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            _words(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # it would write down each phone
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
            cwd="/",
        )
    except FileNotFoundError as error:
        raise _failed(Text(zh="没有 usbmuxd。", en="There is no usbmuxd.")) from error


def _answers() -> bool:
    """Tell whether one listens; what it says of phones is nothing for this process to read."""
    with contextlib.suppress(OSError):
        Usbmux().opened(_ASK_S).close()
        return True
    return False


def _end_left_over() -> None:
    """End one that was started like ours by a station that is no more."""
    with _running() as (process, pid):
        if process is None or _file(pid, "cmdline") != "".join(f"{word}\0" for word in _words()):
            return
        if _is_a_stations(pid):
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            signal.pidfd_send_signal(process, number)
            if select.select([process], [], [], END_S)[0]:
                return


def _is_a_stations(pid: int) -> bool:
    """Tell whether whoever started a program is this very process, or a station that runs."""
    lines = dict(line.split(":", 1) for line in _file(pid, "status").splitlines() if ":" in line)
    parent = lines.get("PPid", "").strip()
    if not parent:
        return False
    words = _file(int(parent), "cmdline").split("\0")
    return parent == str(os.getpid()) or any(Path(word).name in DAEMON for word in words)


def _tell_running(_: int | None) -> None:
    """Have one that somebody else started look, if it takes that."""
    with _running() as (process, pid):
        # Whatever got its number since is not told: most programs would end.
        if process is not None and _file(pid, "comm") == f"{PROGRAM}\n" and _answers():
            signal.pidfd_send_signal(process, signal.SIGUSR2)


@contextlib.contextmanager
def _running() -> Iterator[tuple[int | None, int]]:
    """Open the process that says that it is the machine's usbmuxd; None if there is none."""
    try:
        pid = int(LOCK.read_text("ascii"))
        process = os.pidfd_open(pid)
    except (OSError, ValueError):
        yield None, 0
        return
    try:
        yield process, pid
    finally:
        os.close(process)


def _file(pid: int, name: str) -> str:
    """Return what the kernel says of a process; nothing if it has ended."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text("utf-8", "replace")
    except OSError:
        return ""


def _failed(message: Text) -> DeviceError:
    return DeviceError(message, hint=_HINT)
