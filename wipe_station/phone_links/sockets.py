"""Which two USB ports are one socket, so that a phone is found again in it. I/O: sysfs alone.

A USB 3 socket is two ports to the kernel, on two buses. A phone hangs on one of them: as a rule on
the USB 3 one while its system runs, and on the other one in its boot loader, or where a worn cable
carries no more. Who waits for a phone waits at its socket, which is called by its USB 2 port.

Source: the kernel's ABI, sysfs-bus-usb: ``port`` of a device, ``peer`` of a port, ``speed``.
"""

import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Final

from wipe_station.bays import BayMap

SUPER_SPEED_MBPS: Final = 5000
"""What hangs on a USB 3 port is as fast at least; anything slower hangs on a USB 2 one."""
_PORT: Final = re.compile(r"(?:usb(?P<bus>\d+)|(?P<hub>\d+-\d+(?:\.\d+)*))-port(?P<number>\d+)")
_MOST_BYTES: Final = 32


class Sockets:
    """Names the sockets that phones hang in, by their USB 2 ports."""

    def __init__(self, bays: BayMap, devices: Path) -> None:
        """Know where to look.

        Args:
            bays: two ports that it does not put into one bay are no socket, whatever firmware says.
            devices: where the kernel shows USB devices.
        """
        self._bays, self._devices = bays, devices
        self._others: dict[str, str | None] = {}
        """Of each port with a phone, so that one that just went is not moved before it is gone."""

    def of(self, there: Collection[str]) -> dict[str, str]:
        """Return the name of each port's socket; no two are alike.

        Args:
            there: the ports at which phones hang, as the kernel names them.
        """
        known = {port: other for port, other in self._others.items() if port in there}
        self._others = {port: known.get(port) or self._other(port) for port in there}
        # Where both ports of a socket are taken, firmware is wrong, and they are two sockets.
        return {
            port: port if other is None or other in there else other
            for port, other in self._others.items()
        }

    def _other(self, port: str) -> str | None:
        other = usb2_port_of(port, self._devices)
        if other is None or self._bays.is_console(other):
            return None
        return other if self._bays.name_of(other) == self._bays.name_of(port) else None


def usb2_port_of(port: str, devices: Path) -> str | None:
    """Return the USB 2 port in the socket of a device that hangs on its USB 3 port.

    None for one that hangs on a USB 2 port, and where the kernel knows of no other one.
    """
    try:
        fast = float((devices / port / "speed").read_bytes()[:_MOST_BYTES]) >= SUPER_SPEED_MBPS
        peer = os.readlink(devices / port / "port" / "peer") if fast else ""
    except (OSError, ValueError):
        return None  # it may go while it is looked at; and not every socket has two
    named = _PORT.fullmatch(Path(peer).name)
    if named is None:
        return None
    start = f"{named['bus']}-" if named["bus"] else f"{named['hub']}."
    return start + named["number"]
