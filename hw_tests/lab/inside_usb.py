"""What the host asks the guest about USB devices: JSON in, JSON out. I/O."""

import os
import struct
import time
from pathlib import Path
from threading import Thread
from typing import Final

from hw_tests.lab import inside

USB: Final = Path("/sys/bus/usb/devices")
KEYBOARDS: Final = Path("/dev/input/by-id")
_EVENT: Final = struct.Struct("@qqHHi")
"""``struct input_event``: seconds, microseconds, type, code, value."""
_EV_KEY: Final = 1
_heard: list[int] = []


def drivers(serial: str) -> dict[str, str]:
    """Return interface → driver of the USB device with a serial; empty if it is not there."""
    found = {}
    for device in USB.iterdir():
        if _text(device / "serial") == serial:
            for interface in device.glob(f"{device.name}:*"):
                driver = interface / "driver"
                found[interface.name] = driver.resolve().name if driver.exists() else ""
    return found


def present(serial: str) -> bool:
    """Tell whether the kernel knows a USB device with a serial, let in or not."""
    return any(_text(device / "serial") == serial for device in USB.iterdir())


def wait_for_power(serial: str, setting: str, timeout_s: float) -> None:
    """Wait until the port of a device saves power, ``auto``, or does not, ``on``."""
    control = _power(serial)
    ends = time.monotonic() + timeout_s
    while _text(control) != setting:
        if time.monotonic() > ends:
            raise TimeoutError(f"{control} is {_text(control)!r}")
        time.sleep(inside.POLL_S)


def save_power(serial: str) -> None:
    """Let the port of a device save power, as some systems do with every port."""
    _power(serial).write_text("auto", "ascii")


def _power(serial: str) -> Path:
    found = next(device for device in USB.iterdir() if _text(device / "serial") == serial)
    return found / "power" / "control"


def keyboards() -> list[str]:
    """Return the keyboards on USB."""
    return [str(node) for node in KEYBOARDS.glob("usb-*-event-kbd")]


def network_cards() -> list[str]:
    """Return the network cards of the guest, which has none of its own."""
    return [card.name for card in Path("/sys/class/net").iterdir() if (card / "device").exists()]


def write_bays(text: str) -> None:
    """Say which port is which bay, where a daemon looks by itself."""
    file = Path("/etc/wipe-station/bays.toml")
    file.parent.mkdir()
    file.write_text(text, "utf-8")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError:
        return ""


def hear_keyboard(timeout_s: float) -> str:
    """Listen to the one USB keyboard from now on, as soon as it is there; return its node."""
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        if nodes := list(KEYBOARDS.glob("usb-*-event-kbd")):
            descriptor = os.open(nodes[0], os.O_RDONLY)
            Thread(target=_listen, args=(descriptor,), daemon=True).start()
            return str(nodes[0])
        time.sleep(inside.POLL_S)
    raise TimeoutError("no keyboard on USB")


def _listen(descriptor: int) -> None:
    try:
        while True:
            _, _, kind, code, value = _EVENT.unpack(os.read(descriptor, _EVENT.size))
            if kind == _EV_KEY and value == 1:
                _heard.append(code)
    except OSError:
        os.close(descriptor)  # it was pulled


def heard(count: int, timeout_s: float) -> list[int]:
    """Return the codes of all keys that were pressed so far, as soon as there are so many."""
    ends = time.monotonic() + timeout_s
    while len(_heard) < count and time.monotonic() < ends:
        time.sleep(inside.POLL_S)
    return list(_heard)
