"""One port of a station with a simulated Android phone at it: adb, MTP, its boot loader. I/O.

The gate and the kernel's folder of USB devices are played; adb is Debian's, over TCP.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from hw_tests.phones.android import AndroidPhone
from hw_tests.phones.android import Mode as Runs
from hw_tests.phones.boot_loader import BootLoader
from hw_tests.phones.fastboot import Manner as BootManner
from hw_tests.phones.mtp import Manner
from hw_tests.phones.mtp_pipe import OnMtp
from hw_tests.phones.real_adb import RealAdb
from hw_tests.phones.tcp import PhoneOnTcp, on_tcp
from wipe_station.detect.gate_rules import Phone
from wipe_station.phone_links.presence import Here, Presence, Reach
from wipe_station.phones.adb_server import AdbDevice, LinkState
from wipe_station.phones.usb_mode_table import Mode

_WHILE_IT_RUNS: Final = {Runs.BOOTLOADER: Mode.FASTBOOT, Runs.RESCUE: Mode.ADB}
"""How a phone is on USB whatever its person has chosen in its system."""
NAME: Final = "9-1"
"""Of a bus that no machine for tests has."""


class Port:
    """The phone, and how it is plugged in now."""

    def __init__(
        self,
        phone: AndroidPhone,
        folder: Path,
        adb: RealAdb,
        carrier: PhoneOnTcp,
        boot: BootLoader,
    ) -> None:
        self.phone, self.carrier, self.boot = phone, carrier, boot
        self.mtp = OnMtp(phone)
        self._adb, self._usb = adb, folder / "usb"
        self._mode = Mode.CHARGE_ONLY
        self.presence = self.presence_of(self.let_in)

    def presence_of(self, let_in: Callable[[], tuple[Phone, ...]]) -> Presence:
        """Return who hangs where, as a gate of the caller's lets in."""
        reach = Reach(
            adb=self._adb.server,
            ports={self.carrier.address: NAME},
            usb=self._usb,
            open_mtp=self.mtp.opened,
            open_fastboot=self.boot.opened,
        )
        return Presence(let_in, reach)

    def disconnect(self) -> None:
        """Have adb forget it."""
        self._adb.run("disconnect", self.carrier.address)

    def by_adb(
        self, mode: Mode = Mode.MTP_ADB, state: LinkState = LinkState.DEVICE, *, states: bool = True
    ) -> Here:
        """Have it plugged in with debugging on, as soon as the server sees it."""
        self._adb.connect(self.carrier, state)
        return self.plugged(mode, states=states)

    def by_mtp(self, manner: Manner = Manner.HONEST, *, states: bool = True) -> Here:
        """Have it plugged in for files alone."""
        self.disconnect()
        self.mtp.manner = manner
        return self.plugged(Mode.MTP, states=states)

    def plugged(self, mode: Mode, *, states: bool = True) -> Here:
        """Have it plugged in in a mode; return what the station sees.

        Args:
            mode: as the gate tells.
            states: whether its USB device states a serial.
        """
        self._mode = mode
        self.states(self.phone.serial if states else None)
        (here,) = self.presence.look()
        return here

    def states(self, serial: str | None) -> None:
        """Have the USB device at the port state a serial, or none."""
        place = self._usb / NAME
        place.mkdir(parents=True, exist_ok=True)
        (place / "serial").write_text("" if serial is None else f"{serial}\n")

    def device(self) -> AdbDevice:
        """Return its line in adb's list."""
        (found,) = (d for d in self._adb.server.devices() if d.serial == self.carrier.address)
        return found

    def skip_setup(self) -> None:
        """Have the clerk go through the setup without an account, once it is back."""
        with self.phone.lock:
            self.phone.set_up = True
            if self.phone.running and not self.carrier.listens:
                self.phone.arrive()

    def let_in(self) -> tuple[Phone, ...]:
        """Return it, as a gate does."""
        mode = _WHILE_IT_RUNS.get(self.phone.mode, self._mode)
        return (Phone(port=NAME, bay="A1", product="Sim", mode=mode),)


@contextlib.contextmanager
def port_with(
    phone: AndroidPhone, folder: Path, adb: RealAdb, boots: BootManner = BootManner.HONEST
) -> Iterator[Port]:
    """Have a phone at a port as long as the block lasts; ``boots``: how its boot loader answers."""
    boot = BootLoader(phone, boots)
    with on_tcp(phone) as carrier, boot.listening():
        yield Port(phone, folder, adb, carrier, boot)
