"""USB descriptors put together by hand, as the kernel shows them; constructed, and said so."""

from typing import Final

Kind = tuple[int, int, int]
STICK: Final[Kind] = (0x08, 0x06, 0x50)
UAS: Final[Kind] = (0x08, 0x06, 0x62)
KEYBOARD: Final[Kind] = (0x03, 0x01, 0x01)
MOUSE: Final[Kind] = (0x03, 0x01, 0x02)
ANY_HID: Final[Kind] = (0x03, 0x00, 0x00)
ECM: Final[Kind] = (0x02, 0x06, 0x00)
CDC_DATA: Final[Kind] = (0x0A, 0x00, 0x00)
RNDIS: Final[Kind] = (0xE0, 0x01, 0x03)
HUB: Final[Kind] = (0x09, 0x00, 0x00)
MTP: Final[Kind] = (0x06, 0x01, 0x01)
ADB: Final[Kind] = (0xFF, 0x42, 0x01)
FASTBOOT: Final[Kind] = (0xFF, 0x42, 0x03)
ACM: Final[Kind] = (0x02, 0x02, 0x01)
USBMUX: Final[Kind] = (0xFF, 0xFE, 0x02)
VENDOR: Final[Kind] = (0xFF, 0xFF, 0x00)
AUDIO: Final[Kind] = (0x01, 0x01, 0x00)


def interface(number: int, kind: Kind, alternate: int = 0) -> bytes:
    """Return one setting of an interface with one endpoint behind it."""
    return bytes([9, 4, number, alternate, 1, *kind, 0]) + bytes([7, 5, 0x81, 2, 0, 2, 0])


def configuration(value: int, *interfaces: bytes) -> bytes:
    """Return a configuration of interfaces."""
    body = b"".join(interfaces)
    total = (9 + len(body)).to_bytes(2, "little")
    return bytes([9, 2, *total, len(interfaces), value, 0, 0x80, 50]) + body


def descriptors(
    *configurations: bytes,
    vendor: int = 0x1D6B,
    product: int = 0x1234,
    device_class: int = 0,
    count: int | None = None,
) -> bytes:
    """Return a device with configurations, as sysfs attribute ``descriptors`` has it."""
    announced = len(configurations) if count is None else count
    head = bytes([18, 1, 0, 2, device_class, 0, 0, 64, *vendor.to_bytes(2, "little")])
    ids = product.to_bytes(2, "little")
    return head + ids + bytes([0, 1, 1, 2, 3, announced]) + b"".join(configurations)


def single(*kinds: Kind, vendor: int = 0x1D6B, product: int = 0x1234) -> bytes:
    """Return a device with one configuration, one interface for each kind."""
    interfaces = [interface(number, kind) for number, kind in enumerate(kinds)]
    return descriptors(configuration(1, *interfaces), vendor=vendor, product=product)


def built_hub() -> bytes:
    """Return a hub."""
    return descriptors(configuration(1, interface(0, HUB)), device_class=9)
