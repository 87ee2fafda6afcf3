"""A bay with a simulated iPhone in it, for tests: our link, and Debian's programs. I/O."""

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from hw_tests.loop import scratch
from hw_tests.phones.iphone import IPhone, Trouble
from hw_tests.phones.usbmuxd import Muxer, serving
from wipe_station.phone_links import iphone as link
from wipe_station.phone_links.usbmux import Usbmux
from wipe_station.phones.apple_facts import AppleReadings
from wipe_station.phones.mcinstall import Accepted, Refused

PROGRAM_S: Final = 30
WAYS: Final[dict[str, Callable[[link.IPhone], Accepted | Refused]]] = {
    "mcinstall": link.IPhone.erase,
    "backup": link.IPhone.erase_by_backup_service,
}


class Bay:
    """A usbmuxd with a phone; who touches the phone from here holds ``lock``."""

    def __init__(self, muxer: Muxer, address: str, home: Path) -> None:
        self.mux = Usbmux(address)
        self.lock = muxer.lock
        self._muxer = muxer
        self._home = home

    def debian(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run one of Debian's programs against it."""
        environment = os.environ | {
            "USBMUXD_SOCKET_ADDRESS": self.mux.address,
            "HOME": str(self._home),
            "LC_ALL": "C.UTF-8",
        }
        return subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            env=environment,
            timeout=PROGRAM_S,
        )

    def phone(self) -> link.IPhone:
        """Return our link to the one phone that is there."""
        (device,) = self.mux.devices()
        return link.IPhone(self.mux, device)

    def paired(self) -> AppleReadings:
        """Have the owner trust us; return what the phone says then."""
        (device,) = self.mux.devices()
        assert link.pair(self.mux, device.udid) is None
        return self.phone().read()

    def stored_record(self, udid: str) -> bytes:
        """Return the pair record that a program stored."""
        with self.lock:
            return self._muxer.records[udid]

    def requests(self, phone: IPhone, act: Callable[[link.IPhone], object]) -> int:
        """Count what the phone is asked while nothing goes wrong."""
        with self.lock:
            phone.requests, phone.trouble_at = 0, None
        act(self.phone())
        with self.lock:
            return phone.requests

    def troubled(self, phone: IPhone, number: int, trouble: Trouble) -> link.IPhone:
        """Let a request of those to come meet trouble; return our link."""
        with self.lock:
            if not phone.online:
                phone.plug()
            phone.requests, phone.trouble_at = 0, (number, trouble)
        return self.phone()


@contextlib.contextmanager
def bay_with(phone: IPhone, folder: Path, *, tcp: bool = False) -> Iterator[Bay]:
    """Plug a phone into a usbmuxd of its own, at a path of its own or at a free port."""
    muxer = Muxer(phone)
    with scratch() as place:
        place.chmod(0o755)  # as Debian's: every program of the machine may speak to it
        with serving(muxer, None if tcp else place / "usbmuxd") as address:
            if not tcp:
                (place / "usbmuxd").chmod(0o666)
            yield Bay(muxer, address, folder)


Plugged = Callable[[IPhone], Bay]
