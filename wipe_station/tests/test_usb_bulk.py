"""A phone on USB is named by its port, and libusb's faults become ours.

The lab has the same with real devices and a real libusb: ``hw_tests/lab/test_guest_phones.py``.
"""

import errno
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import usb.core
import usb.util

from wipe_station.codec.usb import Triple
from wipe_station.errors import (
    CommandRejectedError,
    CommandTimeoutError,
    DeviceError,
    DeviceGoneError,
    StationError,
)
from wipe_station.phone_links.mtp import _speaks_mtp
from wipe_station.phone_links.usb_bulk import BulkPipe

FASTBOOT = (0xFF, 0x42, 0x03)
IMAGING = (0x06, 0x01, 0x01)
VENDOR = (0xFF, 0xFF, 0x00)


class Device:
    """What pyusb shows of a device, as far as a pipe looks at it."""

    def __init__(self, bus: int, ports: tuple[int, ...], *kinds: tuple[int, int, int]) -> None:
        self.bus, self.port_numbers, self._kinds = bus, ports, kinds
        self.claimed: list[int] = []
        self.names: dict[int, str] = {}
        """Number of an interface → what it is called."""
        self.stale: list[bytes] = []
        self.left: list[int] = []
        self.fault: Exception | None = None

    def get_active_configuration(self) -> list[Any]:
        """Return its interfaces."""
        return [Setting(number, kind) for number, kind in enumerate(self._kinds)]

    def read(self, address: int, length: int, timeout_ms: int) -> bytes:
        """Give what somebody before left unread, then nothing."""
        assert (address, length % 512) == (0x81, 0)
        assert timeout_ms > 0
        if not self.stale:
            raise usb.core.USBTimeoutError("nothing", errno=errno.ETIMEDOUT)
        return self.stale.pop()

    def write(self, address: int, data: bytes, timeout_ms: int) -> int:
        """Take what is sent, or fail."""
        assert address == 1
        assert timeout_ms > 0
        if self.fault:
            raise self.fault
        return len(data)


class Setting(SimpleNamespace):
    """One interface with two bulk endpoints and an interrupt endpoint."""

    def __init__(self, number: int, kind: tuple[int, int, int]) -> None:
        names = ("bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol")
        super().__init__(
            bInterfaceNumber=number,
            bAlternateSetting=0,
            iInterface=number + 4,
            **dict(zip(names, kind, strict=True)),
        )

    def __iter__(self) -> Iterator[Any]:
        for address, kind in ((0x82, 3), (0x81, 2), (0x01, 2)):
            yield SimpleNamespace(bEndpointAddress=address, bmAttributes=kind, wMaxPacketSize=512)


def is_fastboot(triple: Triple) -> bool:
    """Tell the interface that is wanted here."""
    return (triple.class_code, triple.subclass, triple.protocol) == FASTBOOT


def _name(device: Device, index: int) -> str:
    """Say as pyusb does that a device has no strings."""
    if not device.names:
        raise ValueError("no langid")
    return device.names.get(index - 4, "")


@pytest.fixture(name="on_usb")
def _on_usb(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def put(*devices: Device) -> None:
        def find(*, find_all: bool, custom_match: Callable[[Device], bool]) -> list[Device]:
            assert find_all
            return [each for each in devices if custom_match(each)]

        monkeypatch.setattr(usb.core, "find", find)
        claim, leave = "claim_interface", "dispose_resources"
        monkeypatch.setattr(usb.util, "get_string", _name)
        monkeypatch.setattr(usb.util, claim, lambda device, number: device.claimed.append(number))
        monkeypatch.setattr(usb.util, leave, lambda device: device.left.append(1))

    return put


def test_pipe__two_phones_alike__the_one_at_the_port(on_usb: Callable[..., None]) -> None:
    """Never the first one, never the one on a port that only begins alike."""
    first, wanted = Device(1, (1,), FASTBOOT), Device(1, (1, 2), (6, 1, 1), FASTBOOT)
    on_usb(first, Device(1, (1, 22), FASTBOOT), wanted, Device(11, (1, 2), FASTBOOT))
    BulkPipe("1-1.2", is_fastboot)
    assert (first.claimed, wanted.claimed, wanted.left) == ([], [1], [])


def test_pipe__nothing_at_the_port__gone(on_usb: Callable[..., None]) -> None:
    """A phone elsewhere is another phone."""
    on_usb(Device(1, (2,), FASTBOOT), Device(1, (), FASTBOOT))
    with pytest.raises(DeviceGoneError):
        BulkPipe("1-1", is_fastboot)


def test_pipe__phone_in_another_mode__refused(on_usb: Callable[..., None]) -> None:
    """Nothing is sent to an interface of another kind."""
    phone = Device(1, (1,), (6, 1, 1))
    on_usb(phone)
    with pytest.raises(DeviceError, match="no such interface"):
        BulkPipe("1-1", is_fastboot)
    assert (phone.claimed, phone.left) == ([], [1])


@pytest.mark.parametrize(
    ("kinds", "names", "claimed"),
    [
        ((VENDOR, IMAGING), {}, [1]),
        ((VENDOR, IMAGING), {0: "MTP"}, [0]),
        ((VENDOR, VENDOR), {0: "Modem", 1: "MTP"}, [1]),
        ((FASTBOOT, VENDOR), {0: "MTP", 1: "MTP"}, [1]),
    ],
)
def test_mtp__older_phones_interface__by_its_name_alone(
    on_usb: Callable[..., None],
    kinds: tuple[tuple[int, int, int], ...],
    names: dict[int, str],
    claimed: list[int],
) -> None:
    """Of a maker's interfaces the one is spoken to that is named MTP."""
    phone = Device(1, (1,), *kinds)
    phone.names = names
    on_usb(phone)
    BulkPipe("1-1", _speaks_mtp)
    assert phone.claimed == claimed


@pytest.mark.parametrize("names", [{}, {0: "Modem"}, {1: "MTP"}])
def test_mtp__makers_interface_of_another_name__refused(
    on_usb: Callable[..., None], names: dict[int, str]
) -> None:
    """What nobody named MTP gets no byte of it."""
    phone = Device(1, (1,), VENDOR)
    phone.names = names
    on_usb(phone)
    with pytest.raises(DeviceError, match="no such interface"):
        BulkPipe("1-1", _speaks_mtp)
    assert phone.claimed == []


def test_pipe__something_left_unread__thrown_away(on_usb: Callable[..., None]) -> None:
    """What was said to somebody before is not taken for an answer to us."""
    phone = Device(1, (1,), FASTBOOT)
    phone.stale = [b"OKAY", b"INFO"]
    on_usb(phone)
    pipe = BulkPipe("1-1", is_fastboot)
    with pytest.raises(CommandTimeoutError):
        pipe.receive(0.01)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (usb.core.USBTimeoutError("t", errno=errno.ETIMEDOUT), CommandTimeoutError),
        (usb.core.USBError("gone", errno=errno.ENODEV), DeviceGoneError),
        (usb.core.USBError("gone", errno=errno.EIO), DeviceGoneError),
        (usb.core.USBError("stall", errno=errno.EPIPE), CommandRejectedError),
        (usb.core.NoBackendError("none"), DeviceError),
    ],
)
def test_pipe__fault_of_libusb__ours(
    on_usb: Callable[..., None], fault: Exception, error: type[StationError]
) -> None:
    """Late, gone and refused are told apart."""
    phone = Device(1, (1,), FASTBOOT)
    on_usb(phone)
    pipe = BulkPipe("1-1", is_fastboot)
    pipe.send(b"getvar:product", 1.0)
    phone.fault = fault
    with pytest.raises(StationError) as met:
        pipe.send(b"", 0.0)
    assert type(met.value) is error
