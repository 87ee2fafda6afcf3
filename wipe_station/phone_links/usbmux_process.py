"""A usbmuxd of the station's own, Debian's, started only when somebody asks for it. I/O.

Debian's 1.1.1 knows one path for its socket and one folder for its pair records
(``/var/lib/lockdown``), and no option names others: both are the machine's. It is told
not to look at new phones by itself (``--no-preflight``): a phone in its setup assistant would be
paired by that without a question, and the record that an erase is judged by would be replaced.

One that runs already is used as it is, and left running; Debian's service has no such option, and
what it has replaced is unknown to a look then, never in a phone's favour.

KNOWN HOLE: every program of the machine may speak to the socket, and have pair records from it.
"""

import contextlib
import logging
import subprocess
import time
from collections.abc import Iterator
from typing import Final

from certs.text import Text
from wipe_station.errors import CommandTimeoutError, DeviceError
from wipe_station.phone_links.usbmux import Usbmux

PROGRAM: Final = "usbmuxd"
USER: Final = "usbmux"
"""Whom Debian's package makes, and whom its rules for devices give phones to."""
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
    mux = Usbmux()
    if _answers():
        _log.warning("usbmuxd runs already, and may pair phones by itself")
        yield mux
        return
    words = [PROGRAM, "--foreground", "--no-preflight", "--user", USER]
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # it would write down each phone
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
            cwd="/",
        )
    except FileNotFoundError as error:
        raise DeviceError(
            Text(zh="没有 usbmuxd。", en="There is no usbmuxd."), hint=_HINT
        ) from error
    try:
        _wait(process)
        yield mux
    finally:
        _end(process)


def _answers() -> bool:
    """Tell whether one listens; what it says of phones is nothing for this process to read."""
    with contextlib.suppress(OSError):
        Usbmux().opened(_ASK_S).close()
        return True
    return False


def _wait(process: "subprocess.Popen[bytes]") -> None:
    """Wait until it answers; what is waited on meanwhile is its end."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if _answers():
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_POLL_S)
            raise DeviceError(
                Text(zh="usbmuxd 启动失败。", en="usbmuxd did not start."), hint=_HINT
            )
    raise CommandTimeoutError(
        Text(zh="usbmuxd 启动后没有回答。", en="usbmuxd was started and does not answer."),
        hint=_HINT,
    )


def _failed(message: Text) -> DeviceError:
    return DeviceError(message, hint=_HINT)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
