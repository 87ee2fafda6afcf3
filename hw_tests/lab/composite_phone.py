"""One device that is a drive, a keyboard and a network card at once. I/O.

It looks like a phone on the counter and types on its own when a computer lets it. A computer that
admits only its drive binds no driver to the rest: nobody asks the keyboard for keys, nobody brings
the card up. What happened is in the record: ``was_configured``, ``keyboard_was_polled``,
``key_reports_taken``, ``storage_was_asked``, ``network_frames``.

Source: Device Class Definition for Human Interface Devices 1.11, appendices B and E (boot
keyboard); USB Class Definitions for Communications Devices 1.2 and its subclass for Ethernet.
"""

import struct
from typing import Final

from hw_tests.lab.bulk_only import MassStorage
from hw_tests.lab.scsi_disk import ScsiDisk, Words
from hw_tests.lab.served_medium import ServedMedium
from hw_tests.lab.usb_model import Function, UsbDevice
from hw_tests.lab.usb_words import (
    FIRST_FREE_STRING,
    IN,
    Endpoint,
    Identity,
    Interface,
    Setup,
    Stall,
    Transfer,
)

STORAGE, KEYBOARD, NETWORK, NETWORK_DATA = range(4)
"""Numbers of the interfaces."""
KEYS: Final = IN | 2
NEWS: Final = IN | 3
FRAMES_PIPE: Final = 4
STORAGE_PIPE: Final = 1
BOOT_KEYBOARD: Final = (3, 1, 1)
ETHERNET_CONTROL: Final = (2, 6, 0)
ETHERNET_DATA: Final = (10, 0, 0)
SEVERAL_FUNCTIONS: Final = (0xEF, 2, 1)
REPORT_DESCRIPTOR: Final = 0x22
REPORT_BYTES: Final = 8
HARDWARE_ADDRESS: Final = "02DEADBEEF01"
"""Locally administered; stands in a string of the device."""
KEYBOARD_REPORT: Final = bytes.fromhex(
    # A keyboard: eight modifiers, one reserved byte, five lamps, six keys at once.
    "05010906a101"
    "050719e029e715002501750195088102"
    "950175088101"
    "95057501050819012905910295017503"
    "9101"
    "95067508150025650507190029658100"
    "c0"
)
SHIFT: Final = 2
_PLAIN: Final = "abcdefghijklmnopqrstuvwxyz1234567890\n\x1b\b\t -=[]"
_FIRST_KEY: Final = 4


def key_of(character: str) -> tuple[int, int]:
    """Return modifiers and usage of a character on a US keyboard.

    Raises:
        ValueError: it is not one of letters, digits and a few signs.
    """
    small = character.lower()
    if len(small) != 1 or small not in _PLAIN:
        raise ValueError(character)
    return (SHIFT if small != character else 0), _FIRST_KEY + _PLAIN.index(small)


class BootKeyboard(Function):
    """A keyboard that types what it is told."""

    def __init__(self, *, interface: int, endpoint: int) -> None:
        super().__init__()
        self.reports_taken = 0
        """How many reports a computer has taken: two for each key."""
        self._endpoint = endpoint
        about = struct.pack(
            "<BBHBBBH", 9, 0x21, 0x0111, 0, 1, REPORT_DESCRIPTOR, len(KEYBOARD_REPORT)
        )
        keys = Endpoint(
            address=endpoint, transfer=Transfer.INTERRUPT, packet_bytes=REPORT_BYTES, interval=4
        )
        self.interfaces = (
            Interface(number=interface, kind=BOOT_KEYBOARD, endpoints=(keys,), extra=about),
        )

    def type(self, text: str) -> None:
        """Press and release one key after the other, for whoever listens now or later.

        Raises:
            ValueError: a character is on no key that is known here.
        """
        for character in text:
            modifiers, usage = key_of(character)
            self.push(self._endpoint, bytes([modifiers, 0, usage]).ljust(REPORT_BYTES, b"\0"))
            self.push(self._endpoint, bytes(REPORT_BYTES))

    def take(self, address: int, length: int) -> bytes | None:
        """Return the next report."""
        report = super().take(address, length)
        self.reports_taken += report is not None
        return report

    def reset(self) -> None:
        """Keep what is to be typed: a new computer resets the bus before it listens."""

    def control(self, setup: Setup, data: bytes) -> bytes:
        """Give the report's descriptor and an idle report; take lamps and rates."""
        del data
        if not setup.request_type & IN:
            return b""
        if setup.standard and setup.value >> 8 == REPORT_DESCRIPTOR:
            return KEYBOARD_REPORT
        if not setup.standard:
            return bytes(REPORT_BYTES)
        raise Stall


class NetworkCard(Function):
    """A network card whose cable is always in; it takes frames and never sends any."""

    def __init__(self, *, interface: int, news: int, pipe: int, string: int) -> None:
        """Make the function.

        Args:
            interface: number of the first of its two interfaces.
            news: endpoint that tells of the cable.
            pipe: number of its two bulk endpoints.
            string: index of the string that holds its address.
        """
        super().__init__()
        self.frames = 0
        """How many frames came."""
        self._first, self._news, self._string = interface, news, string
        self.before = bytes([8, 11, interface, 2, *ETHERNET_CONTROL, 0])
        told = Endpoint(address=news, transfer=Transfer.INTERRUPT, packet_bytes=16, interval=8)
        both = tuple(Endpoint(address=at, transfer=Transfer.BULK) for at in (IN | pipe, pipe))
        self.interfaces = (
            Interface(
                number=interface, kind=ETHERNET_CONTROL, endpoints=(told,), extra=self._about()
            ),
            Interface(number=interface + 1, kind=ETHERNET_DATA),
            Interface(number=interface + 1, kind=ETHERNET_DATA, endpoints=both, alternate=1),
        )

    @property
    def strings(self) -> dict[int, str]:
        """Its hardware address."""
        return {self._string: HARDWARE_ADDRESS}

    def control(self, setup: Setup, data: bytes) -> bytes:
        """Take any filter."""
        del data
        if setup.request_type & IN:
            raise Stall
        return b""

    def alternate(self, interface: int, setting: int) -> None:
        """Say that the cable is in, once somebody brings the card up."""
        del interface
        if setting == 1:
            self.push(self._news, struct.pack("<BBHHH", 0xA1, 0, 1, self._first, 0))

    def out(self, address: int, data: bytes) -> None:
        """Take a part of a frame; a short one ends it."""
        del address, data
        self.frames += 1

    def _about(self) -> bytes:
        """Return the functional descriptors: header, union, Ethernet."""
        header = struct.pack("<BBBH", 5, 0x24, 0, 0x0120)
        union = bytes([5, 0x24, 6, self._first, self._first + 1])
        ethernet = struct.pack("<BBBBIHHB", 13, 0x24, 15, self._string, 0, 1514, 0, 0)
        return header + union + ethernet


class CompositePhone(UsbDevice):
    """A drive, a keyboard and a network card in one device."""

    def __init__(self, *, size_bytes: int = 8 << 20, serial: str = "PHONE0001") -> None:
        """Make a phone that is not plugged in; its drive holds ``size_bytes``."""
        self.medium = ServedMedium(size_bytes)
        self.keyboard = BootKeyboard(interface=KEYBOARD, endpoint=KEYS)
        self.network = NetworkCard(
            interface=NETWORK, news=NEWS, pipe=FRAMES_PIPE, string=FIRST_FREE_STRING
        )
        self._disk = ScsiDisk(self.medium, Words(product="PHONE"), removable=True)
        super().__init__(
            Identity(
                vendor=0x18D1,
                product=0x4EE1,
                kind=SEVERAL_FUNCTIONS,
                name="Phone that types",
                serial=serial,
            ),
            (
                MassStorage([self._disk], interface=STORAGE, pipe=STORAGE_PIPE),
                self.keyboard,
                self.network,
            ),
        )

    def type(self, text: str) -> None:
        """Have the keyboard type; safe from any thread.

        What is typed before anybody listens waits, also for the next time the phone is plugged in.
        """
        with self.lock:
            self.keyboard.type(text)

    @property
    def keyboard_was_polled(self) -> bool:
        """Whether any computer ever asked the keyboard for keys."""
        return KEYS in self.polled

    @property
    def key_reports_taken(self) -> int:
        """How many reports any computer ever took: two for each key."""
        return self.keyboard.reports_taken

    @property
    def storage_was_asked(self) -> bool:
        """Whether any computer ever sent the drive a command."""
        return bool(self._disk.asked)

    @property
    def network_frames(self) -> int:
        """How many frames any computer ever sent through the network card."""
        return self.network.frames
