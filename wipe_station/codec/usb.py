"""USB descriptors: what a device says that it is, in all of its configurations. Pure.

The kernel reads them from every device, also from one that it lets do nothing, and shows them as
they came. A device can say what it likes; what it did not say, its interfaces cannot do later,
because the kernel binds drivers by these very bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from wipe_station.errors import MalformedReplyError

DEVICE: Final = 1
CONFIGURATION: Final = 2
INTERFACE: Final = 4
DEVICE_BYTES: Final = 18
CONFIGURATION_BYTES: Final = 9
INTERFACE_BYTES: Final = 9
WHAT: Final = "USB descriptors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Triple:
    """What a driver is chosen by: class, subclass and protocol, one byte each."""

    class_code: int
    subclass: int
    protocol: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """One function of a configuration, in all of its alternate settings."""

    number: int
    alternates: tuple[Triple, ...]
    """In the device's order; at least one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One of the sets of functions that a device can be."""

    value: int
    """As in ``bConfigurationValue``."""
    interfaces: tuple[Interface, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsbDescriptors:
    """A device in its own words."""

    vendor_id: int
    product_id: int
    device_class: int
    configurations: tuple[Configuration, ...]


def parse_usb_descriptors(data: bytes) -> UsbDescriptors:
    """Decode the device descriptor and all configurations behind it.

    Args:
        data: sysfs attribute ``descriptors``: 18 bytes of device descriptor, then each
            configuration with all that belongs to it, one after the other.

    Returns:
        configurations in the device's order; each interface once, with its alternate settings.

    Raises:
        MalformedReplyError: lengths that do not add up, an interface outside any configuration,
            or fewer configurations than announced.

    Source: USB 2.0 specification, chapter 9.6; values from general knowledge, high confidence,
    text not examined. Checked against the kernel's own view in the lab.
    """
    pieces = list(_pieces(data))
    if not pieces or pieces[0][1][1] != DEVICE or len(pieces[0][1]) != DEVICE_BYTES:
        raise MalformedReplyError(WHAT, offset=0, field="device descriptor")
    head = pieces[0][1]
    configurations = tuple(_configurations(pieces[1:], len(data)))
    if len(configurations) < head[17]:
        raise MalformedReplyError(WHAT, offset=len(data), field="number of configurations")
    return UsbDescriptors(
        vendor_id=int.from_bytes(head[8:10], "little"),
        product_id=int.from_bytes(head[10:12], "little"),
        device_class=head[4],
        configurations=configurations,
    )


def _pieces(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each descriptor with its offset; each begins with its length and its type."""
    at = 0
    while at < len(data):
        length = data[at]
        if length < 2 or at + length > len(data):
            raise MalformedReplyError(WHAT, offset=at, field="length")
        yield at, data[at : at + length]
        at += length


def _configurations(pieces: list[tuple[int, bytes]], end: int) -> Iterator[Configuration]:
    starts = [number for number, (_, piece) in enumerate(pieces) if piece[1] == CONFIGURATION]
    if starts[:1] != [0] and pieces:
        raise MalformedReplyError(WHAT, offset=pieces[0][0], field="configuration")
    for start, after in zip(starts, [*starts[1:], len(pieces)], strict=True):
        at, head = pieces[start]
        until = pieces[after][0] if after < len(pieces) else end
        if len(head) < CONFIGURATION_BYTES or int.from_bytes(head[2:4], "little") != until - at:
            raise MalformedReplyError(WHAT, offset=at, field="total length")
        yield Configuration(value=head[5], interfaces=_interfaces(pieces[start + 1 : after]))


def _interfaces(pieces: list[tuple[int, bytes]]) -> tuple[Interface, ...]:
    found: dict[int, list[Triple]] = {}
    for at, piece in pieces:
        if piece[1] != INTERFACE:
            continue
        if len(piece) < INTERFACE_BYTES:
            raise MalformedReplyError(WHAT, offset=at, field="interface")
        triple = Triple(class_code=piece[5], subclass=piece[6], protocol=piece[7])
        found.setdefault(piece[2], []).append(triple)
    return tuple(
        Interface(number=number, alternates=tuple(alternates))
        for number, alternates in found.items()
    )
