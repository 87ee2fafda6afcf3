"""A simulated iPhone on a cable: four configurations, and its ports behind one interface. I/O.

    with on_usb(guest, IPhone()) as device:   in a port of the guest
        with device.lock:                     whoever touches the phone holds its lock
            device.phone.finish_boot()        it comes back after an erase

It leaves the bus when it erases itself, or only says so, and stays away until ``finish_boot`` as it
boots slowly here. Only the interface of usbmuxd is played; of all others is known whether anybody
ever spoke to them.

Source: configurations as public listings of iPhones show them: photos; sound and keys; photos and
usbmux; the same with a network card. What a real one does while it is being switched is not known.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from hw_tests.lab.guest import Guest
from hw_tests.lab.redir import redirected
from hw_tests.lab.usb_model import Function, UsbDevice
from hw_tests.lab.usb_phones import IMAGING, bulk_pipe
from hw_tests.lab.usb_words import (
    IN,
    Descriptor,
    Identity,
    Interface,
    Kind,
    Setup,
    Stall,
)
from hw_tests.phones.apple_mux import MuxEngine
from hw_tests.phones.iphone import IPhone

APPLE: Final = 0x05AC
AN_IPHONE: Final = 0x12A8
USBMUX: Final[Kind] = (0xFF, 0xFE, 0x02)
ETHERNET: Final[Kind] = (0xFF, 0xFD, 0x01)
SOUND_AND_KEYS: Final[tuple[Kind, ...]] = ((1, 1, 0), (1, 2, 0), (3, 0, 0))
STORAGE: Final[Kind] = (0x08, 0x06, 0x50)
WITH_USBMUX: Final = (3, 4)
"""Configurations in which it can be spoken with."""
PHOTOS_AT, USBMUX_AT, ETHERNET_AT = 0, 1, 2
"""Numbers of interfaces where there is usbmux; each has the pipe after its number."""
PIPE: Final = USBMUX_AT + 1


def serial_of(phone: IPhone) -> str:
    """Return what a phone states as its USB serial: its UDID without the dash."""
    return phone.udid.replace("-", "")


class Unplayed(Function):
    """An interface of which is only known whether somebody has spoken to it."""

    def __init__(self, number: int, kind: Kind) -> None:
        super().__init__()
        self.was_spoken_to = False
        self.interfaces = (Interface(number=number, kind=kind, endpoints=bulk_pipe(number + 1)),)

    def out(self, address: int, data: bytes) -> None:
        """Remember it."""
        del address, data
        self.was_spoken_to = True

    def control(self, setup: Setup, data: bytes) -> bytes:
        """Remember it, and understand nothing."""
        self.was_spoken_to = True
        return super().control(setup, data)


class MuxFunction(Function):
    """The ports of a phone, for usbmuxd."""

    def __init__(self, phone: IPhone, newest: int) -> None:
        super().__init__()
        self._phone, self._newest = phone, newest
        self.interfaces = (Interface(number=USBMUX_AT, kind=USBMUX, endpoints=bulk_pipe(PIPE)),)
        self.complaints: list[str] = []
        """What a computer ever said that it must not say."""
        self.begin()

    def begin(self) -> None:
        """Know no computer: all lines are gone, and what is still said on them goes nowhere."""
        made = MuxEngine(self._phone, lambda data: self._push(made, data), self._newest)
        made.complaints = self.complaints
        self.engine = made

    def _push(self, engine: MuxEngine, data: bytes) -> None:
        if engine is self.engine:
            self.push(IN | PIPE, data)

    def out(self, address: int, data: bytes) -> None:
        """Take a part of a packet."""
        del address
        self.engine.feed(data)

    def reset(self) -> None:
        """Forget the computer, too."""
        super().reset()
        self.begin()


class IPhoneOnUsb(UsbDevice):
    """A phone as a device, with four configurations."""

    def __init__(self, phone: IPhone, *, newest: int = 2, first: Kind = IMAGING) -> None:
        """Make a device that is not plugged in.

        Args:
            phone: what speaks through it.
            newest: the newest version of the multiplexing that it speaks.
            first: the one interface of its first configuration.
        """
        self.phone = phone
        self.mux = MuxFunction(phone, newest)
        self.others = (Unplayed(PHOTOS_AT, IMAGING), Unplayed(ETHERNET_AT, ETHERNET))
        self.chosen: list[int] = []
        """Configurations in the order in which they were chosen."""
        with_mux = (IMAGING, USBMUX)
        self._kinds = ((first,), SOUND_AND_KEYS, with_mux, (*with_mux, ETHERNET))
        super().__init__(self.said(), (self.others[0], self.mux, self.others[1]))

    def said(self) -> Identity:
        """Return who it says that it is now."""
        serial = serial_of(self.phone)
        return Identity(
            vendor=APPLE, product=AN_IPHONE, maker="Apple Inc.", name="iPhone", serial=serial
        )

    def configure(self, value: int) -> None:
        """Choose one of four configurations, or none (0); whatever was said before is gone.

        Raises:
            Stall: there is none such.
        """
        if value not in range(len(self._kinds) + 1):
            raise Stall
        self.reset()
        self.configuration = value
        self.chosen.append(value)
        self.was_configured |= value > 0

    def out(self, address: int, data: bytes) -> None:
        """Take what came on an OUT endpoint; raises Stall where there is none such now."""
        if address == PIPE and self.configuration not in WITH_USBMUX:
            raise Stall
        super().out(address, data)

    def _interfaces_of(self, value: int) -> tuple[Interface, ...]:
        return tuple(
            Interface(number=number, kind=kind, endpoints=bulk_pipe(number + 1))
            for number, kind in enumerate(self._kinds[value - 1])
        )

    def _descriptor(self, kind: int, number: int) -> bytes:
        if kind == Descriptor.DEVICE:
            return self._device_descriptor()[:-1] + bytes([len(self._kinds)])
        if kind != Descriptor.CONFIGURATION:
            return super()._descriptor(kind, number)
        if number >= len(self._kinds):
            raise Stall
        parts = self._interfaces_of(number + 1)
        body = b"".join(each.descriptor() for each in parts)
        head = (9, kind, 9 + len(body), len(parts), number + 1, 0, 0x80, 250)
        return struct.pack("<BBHBBBBB", *head) + body


@contextmanager
def on_usb(guest: Guest, device: IPhoneOnUsb, name: str = "iphone") -> Iterator[IPhoneOnUsb]:
    """Have a phone on a port of a guest, plugged in, as long as the block lasts.

    Args:
        guest: whose.
        device: its phone boots slowly from now on: ``finish_boot`` says when it is back.
        name: the port's in QEMU.
    """
    phone = device.phone
    with redirected(guest, name, device) as port:

        def changed(_: IPhone) -> None:
            if not phone.online:
                port.pull()
                return
            device.identity = device.said()
            port.plug()

        phone.on_change, phone.slow_boot = changed, True
        port.plug()
        try:
            yield device
        finally:
            phone.on_change = lambda _: None
