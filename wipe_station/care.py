"""What a running job needs of the machine around it: power, and its turn to take it. I/O.

- A USB port that saves power suspends a drive between two commands, and some drives do not come
  back: the port stays on while a job runs on it.
- A machine that falls asleep, or is shut down, interrupts every job: systemd is asked not to, and
  asks before it does. Where there is no systemd nobody would send the machine to sleep.
- Disks that start to turn draw several times their usual current: one starts after the other.
"""

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock
from typing import Final

from wipe_station.records import Medium, Progress

USB: Final = Path("/sys/bus/usb/devices")
SPIN_UP_S: Final = 20.0
"""No disk takes longer to turn; one that does holds up nobody else."""
END_S: Final = 1.0
"""For systemd's program to end after its command did."""
_ON: Final = "on"
_starting: Final = Lock()
"""Held by the disk that is starting; the machine has one power supply."""


@contextlib.contextmanager
def powered(usb_path: str | None) -> Iterator[None]:
    """Keep a device's USB port from saving power while the block runs.

    Args:
        usb_path: the kernel's name of the USB device, like ``1-2``; None for any other device.
    """
    if usb_path is None:
        yield
        return
    control = USB / usb_path / "power" / "control"
    before = _exchange(control, _ON)
    try:
        yield
    finally:
        if before is not None and before != _ON:
            _exchange(control, before)


def _exchange(control: Path, wanted: str) -> str | None:
    """Write a power setting and return the one before; None if the device is gone."""
    try:
        before = control.read_text("ascii").strip()
        control.write_text(wanted, "ascii")
    except OSError:
        return None
    return before


@contextlib.contextmanager
def sleepless() -> Iterator[None]:
    """Keep the machine from sleeping, and shutdown from not asking, while the block runs."""
    words = ("--what=sleep:shutdown", "--mode=block", "--who=wipe-station", "--why=正在清除设备")
    try:
        # It holds the lock for as long as ``cat`` runs, and that ends with us, however we end.
        held = subprocess.Popen(
            ["systemd-inhibit", *words, "cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        yield
        return
    try:
        yield
    finally:
        assert held.stdin is not None, "a pipe was asked for"
        held.stdin.close()
        try:
            held.wait(END_S)
        except subprocess.TimeoutExpired:
            held.kill()  # it waits for a bus that does not answer; nobody's paper waits for it
            held.wait()


@contextlib.contextmanager
def turn(medium: Medium) -> Iterator[Callable[[Progress], None]]:
    """Wait until no other disk is starting; yield what is to be told of progress.

    The first bytes that move show that the disk turns, and the next one may start.
    """
    if medium is not Medium.MAGNETIC:
        yield lambda _: None
        return
    starting = _starting.acquire(timeout=SPIN_UP_S)
    first: int | None = None

    def turns(now: Progress) -> None:
        nonlocal starting, first
        first = now.done_bytes if first is None else first
        if starting and now.done_bytes != first:
            starting = False
            _starting.release()

    try:
        yield turns
    finally:
        if starting:
            _starting.release()
