"""A simulated Android phone on a cable: its files over MTP, and adb beside them if it is on. I/O.

    with on_usb(guest, AndroidPhone(debugging=False)) as phone:   in a port of the guest
        phone.reset()            its owner resets it: it leaves the bus, and starts
        phone.arrive()           back, asking to be set up: no storage, no adb
        phone.skip_setup()       its files are to be seen, if it has any left

It leaves the bus when it restarts, as the computer may have told it to, and stays away until
``arrive`` if it boots slowly, as it does here. Its lies are those of ``phones.android``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from hw_tests.lab.guest import Guest
from hw_tests.lab.redir import redirected
from hw_tests.lab.usb_model import Function, UsbDevice
from hw_tests.lab.usb_phones import GOOGLE, MtpFunction, bulk_pipe
from hw_tests.lab.usb_words import (
    IN,
    Identity,
    Interface,
    Kind,
)
from hw_tests.phones.adb_engine import AdbEngine
from hw_tests.phones.android import AndroidPhone
from hw_tests.phones.mtp_pipe import OnMtp

ADB: Final[Kind] = (0xFF, 0x42, 0x01)
ADB_PIPE: Final = 3
FILES_ALONE, FILES_AND_ADB = 0x4EE1, 0x4EE2


class FilesFunction(MtpFunction):
    """MTP, over the files that adb sees; none of them before it is set up."""

    def __init__(self, phone: AndroidPhone) -> None:
        self._shown = OnMtp(phone)
        super().__init__(self._shown.responder)

    def out(self, address: int, data: bytes) -> None:
        """Take a part of a container, and answer as things stand."""
        self.engine.manner = self._shown.manner_now()
        super().out(address, data)


class AdbFunction(Function):
    """adb: each header and each payload is a transfer of its own."""

    def __init__(self, phone: AndroidPhone) -> None:
        super().__init__()
        self._phone = phone
        self.interfaces = (Interface(number=1, kind=ADB, endpoints=bulk_pipe(ADB_PIPE)),)
        self.reset()

    def out(self, address: int, data: bytes) -> None:
        """Take a header or a payload."""
        del address
        self._engine.feed(data)

    def reset(self) -> None:
        """Forget the connection, too."""
        super().reset()
        self._engine = AdbEngine(
            self._phone, lambda data: self.push(IN | ADB_PIPE, data), self.reset
        )


class AndroidOnUsb(UsbDevice):
    """A phone as a device; what it shows is decided anew whenever it comes."""

    def __init__(self, phone: AndroidPhone) -> None:
        """Make a device that is not plugged in."""
        self._phone = phone
        self._files = FilesFunction(phone)
        self._adb = AdbFunction(phone)
        super().__init__(self._said(), (self._files, self._adb))
        # One lock: a finger on the phone and a word of the computer's may meet.
        self.lock = phone.lock

    def start(self) -> None:
        """Decide what it shows."""
        self.identity, self.super_speed = self._said(), self._phone.super_speed
        self._files.start()
        self.functions = (self._files, self._adb) if self._phone.adb_on_usb else (self._files,)

    def _said(self) -> Identity:
        product = FILES_AND_ADB if self._phone.adb_on_usb else FILES_ALONE
        return Identity(
            vendor=GOOGLE, product=product, name=self._phone.model, serial=self._phone.serial
        )


@contextmanager
def on_usb(guest: Guest, phone: AndroidPhone, name: str = "phone") -> Iterator[AndroidPhone]:
    """Have a phone on a port of a guest, plugged in, as long as the block lasts.

    Args:
        guest: whose.
        phone: boots slowly from now on: ``arrive`` says when it is back.
        name: the port's in QEMU.
    """
    device = AndroidOnUsb(phone)
    with redirected(guest, name, device) as port:

        def arrived() -> None:
            device.start()
            port.plug()

        phone.left, phone.arrived, phone.slow_boot = port.pull, arrived, True
        phone.arrive()
        try:
            yield phone
        finally:
            phone.left = phone.arrived = lambda: None
