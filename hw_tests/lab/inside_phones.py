"""What the host has our links do with phones in the guest. JSON in, JSON out. I/O."""

import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final, TypedDict

from hw_tests.lab import inside
from hw_tests.lab.inside_usb import USB
from wipe_station.codec.usb import parse_usb_descriptors
from wipe_station.errors import DeviceError, StationError
from wipe_station.phone_links import usbmux_process
from wipe_station.phone_links.adb_process import environment_of, socket_of, started
from wipe_station.phone_links.adb_server import AdbServer
from wipe_station.phone_links.fastboot import fastboot_over_usb
from wipe_station.phone_links.mtp import MtpPhone, mtp_over_usb
from wipe_station.phone_links.usbmux import Usbmux
from wipe_station.phones.canary import Canary
from wipe_station.phones.mtp_data import Look, Storage, canary_after
from wipe_station.phones.usb_modes import recognise

ADB: Final = Path("/run/adb")
LOOK_EVERY_S: Final = 0.5
_held = ExitStack()
"""What lives as long as the guest."""
_before: dict[str, tuple[Storage, Look]] = {}
_muxes: list[Usbmux] = []


class Said(TypedDict):
    """What a boot loader said to an erase."""

    accepted: bool
    locked: bool


def ports(serial: str) -> list[str]:
    """Return the ports at which devices with a serial hang, in their order."""
    found = []
    for device in USB.iterdir():
        try:
            if (device / "serial").read_text("utf-8").strip() == serial:
                found.append(device.name)
        except OSError:
            continue  # it has none, or has just gone
    return sorted(found)


def wait_for_ports(serial: str, count: int, timeout_s: float) -> list[str]:
    """Wait until so many devices with a serial are there, with their nodes; return their ports."""
    ends = time.monotonic() + timeout_s
    while len(found := ports(serial)) != count:
        if time.monotonic() > ends:
            raise TimeoutError(f"{found} have serial {serial}")
        time.sleep(inside.POLL_S)
    inside.settle()
    return found


def mode(port: str) -> str | None:
    """Return the mode that a device is recognised in by what the kernel read."""
    found = recognise(parse_usb_descriptors((USB / port / "descriptors").read_bytes()))
    return None if found is None else found.mode.value


def interfaces_let_in(port: str) -> dict[str, str]:
    """Return interface → what the kernel says of its authorisation."""
    return {
        each.name: (each / "authorized").read_text("ascii").strip()
        for each in USB.glob(f"{port}:*")
    }


def fastboot_facts(port: str) -> dict[str, object]:
    """Return what our link reads from a boot loader."""
    with fastboot_over_usb(port) as phone:
        facts = phone.facts()
    return {"serial": facts.serial, "model": facts.model, "locked": facts.bootloader_locked}


def fastboot_erase(port: str, timeout_s: float) -> Said | str:
    """Have our link erase a phone; return what was said, or the error's name."""
    del timeout_s  # the host's
    try:
        with fastboot_over_usb(port) as phone:
            said = phone.erase()
    except StationError as error:
        return type(error).__name__
    return Said(accepted=said.all_accepted, locked=said.locked)


def mtp_serial(port: str) -> str | None:
    """Return the serial that a phone states over MTP."""
    with mtp_over_usb(port) as phone:
        return phone.facts().serial


def put_canary(port: str, name: str) -> bool | None:
    """Put a file onto a phone and look; return whether it is seen there."""
    with mtp_over_usb(port) as phone:
        (storage,) = phone.storages()
        _sent(phone, storage, name)
        _before[name] = storage, phone.look(name)
    return _before[name][1].canary


def _sent(phone: MtpPhone, storage: Storage, name: str) -> None:
    # With its head this is a whole number of packets: an empty one must tell where it ends.
    content = b"canary".ljust(1024 - 12, b".")
    if not isinstance(phone.put(storage, name, content), int):
        raise TypeError("the phone refuses the file")


def what_became_of_it(port: str, name: str) -> str:
    """Return what became of the canary that was put onto a phone before."""
    storage, before = _before[name]
    with mtp_over_usb(port) as phone:
        return Canary(canary_after(storage, before, phone.look(name))).value


def serial_ports() -> list[str]:
    """Return the serial ports on USB that the kernel has made."""
    return sorted(each.name for each in Path("/sys/class/tty").glob("tty[UA]*"))


def start_adb() -> None:
    """Start an adb server, as the station does."""
    _held.enter_context(started(ADB))


def adb(*words: str, timeout_s: float = 60.0) -> inside.Ran:
    """Run Debian's ``adb`` at the command line."""
    command = ["adb", "-L", f"localfilesystem:{socket_of(ADB)}", *words]
    return inside.run(command, timeout_s=timeout_s, env=environment_of(ADB))


def wait_for_adb(port: str, state: str, timeout_s: float) -> None:
    """Wait until the server sees the phone at a port in a state; ``absent`` is one."""
    ends = time.monotonic() + timeout_s
    server, seen = AdbServer(socket_of(ADB)), ""
    while seen != state:
        if time.monotonic() > ends:
            raise TimeoutError(f"{port} is {seen}")
        time.sleep(inside.POLL_S)
        found = [each.state.value for each in server.devices() if each.usb_path == port]
        seen = next(iter(found), "absent")


def storages(port: str) -> int:
    """Return how many storages a phone shows over MTP."""
    with mtp_over_usb(port) as phone:
        return len(phone.storages())


def start_usbmuxd() -> None:
    """Start usbmuxd, as the station does."""
    _muxes.append(_held.enter_context(usbmux_process.started()))


def wait_for_iphone(udid: str, timeout_s: float) -> None:
    """Have usbmuxd look until it sees a phone, as the station does for one that was let in."""
    ends = time.monotonic() + timeout_s
    (mux,) = _muxes
    while True:
        seen: int | None = None
        with suppress(DeviceError):  # it may have ended when the phone before left
            there = mux.devices()
            if udid in {each.udid for each in there}:
                return
            seen = len(there)
        if time.monotonic() > ends:
            raise TimeoutError(f"usbmuxd does not see {udid}")
        mux.look_again(seen)
        time.sleep(LOOK_EVERY_S)
