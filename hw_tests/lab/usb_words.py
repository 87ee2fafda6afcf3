"""What a USB device says about itself: descriptors, and the words of control requests. Pure.

Source: Universal Serial Bus Specification 2.0 and 3.2, chapter 9 of each.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

IN: Final = 0x80
"""Direction bit of an endpoint's address and of a request's type."""
LANGUAGE: Final = b"\x09\x04"
"""English (United States), the one language of the strings."""
FIRST_FREE_STRING: Final = 4
"""1 to 3 are the device's maker, name and serial."""
HIGH_SPEED_PACKET_BYTES: Final = 512
SUPER_SPEED_PACKET_BYTES: Final = 1024
CONTROL_PACKET_BYTES: Final = 64
COMPANION: Final = bytes([6, 0x30, 0, 0, 0, 0])
"""What SuperSpeed says of an endpoint beyond USB 2.0: no bursts, no streams."""
CAPABILITIES: Final = struct.pack(
    "<BBHB BBBI BBBBHBBH", 5, 15, 22, 2, 7, 16, 2, 0, 10, 16, 3, 0, 0b1100, 2, 0, 0
)
"""The BOS descriptor: USB 2.0 extension without LPM; high speed and SuperSpeed, no sleep."""
Kind = tuple[int, int, int]
"""Class, subclass and protocol."""


class Transfer(IntEnum):
    """How an endpoint moves data, as the descriptor counts it."""

    CONTROL = 0
    BULK = 2
    INTERRUPT = 3


class Descriptor(IntEnum):
    """Types of descriptors that are asked for."""

    DEVICE = 1
    CONFIGURATION = 2
    STRING = 3
    INTERFACE = 4
    ENDPOINT = 5
    QUALIFIER = 6
    CAPABILITIES = 15


class Request(IntEnum):
    """Standard requests."""

    GET_STATUS = 0
    CLEAR_FEATURE = 1
    SET_FEATURE = 3
    GET_DESCRIPTOR = 6
    GET_CONFIGURATION = 8
    SET_CONFIGURATION = 9
    GET_INTERFACE = 10
    SET_INTERFACE = 11


class Stall(Exception):  # noqa: N818 - USB's word
    """The device refuses a request, or halts an endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The eight bytes of a control request."""

    request_type: int
    request: int
    value: int
    index: int
    length: int

    @property
    def standard(self) -> bool:
        """Whether chapter 9 says what it means."""
        return self.request_type & 0x60 == 0

    @property
    def recipient(self) -> int:
        """0 device, 1 interface, 2 endpoint."""
        return self.request_type & 0x1F


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One pipe; bit 7 of its address says that the computer reads from it."""

    address: int
    transfer: Transfer
    packet_bytes: int = HIGH_SPEED_PACKET_BYTES
    """At high speed."""
    interval: int = 0

    def packet_bytes_at(self, *, super_speed: bool) -> int:
        """Return the most bytes of a packet at a speed."""
        bulk = super_speed and self.transfer is Transfer.BULK
        return SUPER_SPEED_PACKET_BYTES if bulk else self.packet_bytes

    def descriptor(self, *, super_speed: bool = False) -> bytes:
        """Return its seven bytes, and at SuperSpeed its companion."""
        where = (7, Descriptor.ENDPOINT, self.address, self.transfer)
        packet_bytes = self.packet_bytes_at(super_speed=super_speed)
        own = struct.pack("<BBBBHB", *where, packet_bytes, self.interval)
        return own + COMPANION if super_speed else own


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """One alternate setting of one interface."""

    number: int
    kind: Kind
    endpoints: tuple[Endpoint, ...] = ()
    alternate: int = 0
    extra: bytes = b""
    """Descriptors of its class, which stand between its own and its endpoints'."""
    string: int = 0
    """Number of the string that names it; 0 for none."""

    def descriptor(self, *, super_speed: bool = False) -> bytes:
        """Return its descriptor and all that belongs to it."""
        head = (9, Descriptor.INTERFACE, self.number, self.alternate, len(self.endpoints))
        own = struct.pack("<9B", *head, *self.kind, self.string)
        ends = (each.descriptor(super_speed=super_speed) for each in self.endpoints)
        return own + self.extra + b"".join(ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a device says about itself; a string that is None is not there."""

    vendor: int
    product: int
    release: int = 0x0100
    kind: Kind = (0, 0, 0)
    """(0, 0, 0) leaves it to the interfaces; (EFh, 2, 1) announces groups of them."""
    maker: str | None = "Wipe Station Lab"
    name: str | None = "Model"
    serial: str | None = None
