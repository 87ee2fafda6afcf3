"""One interface of one USB device, and its two bulk endpoints. I/O; the one module with pyusb.

The device is named by its port. Its configuration is left as it is: the gate has chosen it, and
another one would be shut. Whoever holds the interface already keeps it; nothing is torn away.
"""

import errno
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Final, Self

import usb.core
import usb.util

from certs.text import Text
from wipe_station.codec.usb import Triple
from wipe_station.errors import (
    CommandRejectedError,
    CommandTimeoutError,
    DeviceError,
    DeviceGoneError,
)

READ_BYTES: Final = 16 << 10
"""Of one transfer; a multiple of every packet size, so that no packet is too long for it."""
_STALE_S: Final = 0.02
_MOST_STALE: Final = 64
_BULK: Final = usb.util.ENDPOINT_TYPE_BULK
_GONE: Final = frozenset(
    {errno.ENODEV, errno.ESHUTDOWN, errno.ENOENT, errno.EIO, errno.EPROTO, errno.ENXIO}
)
"""What the kernel says of a device that was pulled, at various moments."""
_AGAIN: Final = Text(
    zh="看看线有没有松，再插一次。", en="See whether the cable is loose, and plug it in again."
)


class BulkPipe:
    """Sends and receives on an interface that it has claimed."""

    def __init__(self, usb_path: str, wanted: Callable[[Triple], bool | str]) -> None:
        """Claim the first interface that is wanted of the device at a port.

        Args:
            usb_path: as the kernel names it, ``1-4.2``.
            wanted: tells by its triple whether an interface is the one; where that does not tell
                enough, the name that the one has.

        Raises:
            DeviceGoneError: nothing hangs there.
            DeviceError: it has no such interface, or somebody else holds it
                (``CommandRejectedError``).
        """
        self._path = usb_path
        with self._faults("open"), ExitStack() as undo:
            self._device = _device_at(usb_path)
            undo.callback(usb.util.dispose_resources, self._device)
            self._number, self._in, self._out, self.packet_bytes = self._chosen(wanted)
            usb.util.claim_interface(self._device, self._number)
            self._drain()
            undo.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the interface; harmless for a device that is gone."""
        with suppress(usb.core.USBError):
            usb.util.release_interface(self._device, self._number)
        usb.util.dispose_resources(self._device)

    def send(self, data: bytes, timeout_s: float) -> None:
        """Send bytes as one transfer; none at all are a packet of their own.

        Raises:
            CommandTimeoutError: they were not all taken in time.
            DeviceGoneError: the device was pulled.
            CommandRejectedError: it refuses.
        """
        with self._faults("send"):
            written = self._device.write(self._out, data, _ms(timeout_s))
        if written != len(data):
            raise self._late("send")

    def receive(self, timeout_s: float) -> bytes:
        """Return one transfer, at most ``READ_BYTES``; it may be empty.

        Raises:
            CommandTimeoutError: nothing came in time.
            DeviceGoneError: the device was pulled.
            CommandRejectedError: it refuses.
        """
        with self._faults("receive"):
            return bytes(self._device.read(self._in, READ_BYTES, _ms(timeout_s)))

    def _drain(self) -> None:
        """Throw away what was meant for whoever was here before."""
        with suppress(usb.core.USBTimeoutError):
            for _ in range(_MOST_STALE):
                self._device.read(self._in, READ_BYTES, _ms(_STALE_S))

    def _chosen(self, wanted: Callable[[Triple], bool | str]) -> tuple[int, int, int, int]:
        """Return number, both endpoints and packet size of the interface that is wanted."""
        for each in self._device.get_active_configuration():
            triple = Triple(
                class_code=each.bInterfaceClass,
                subclass=each.bInterfaceSubClass,
                protocol=each.bInterfaceProtocol,
            )
            ends = [end for end in each if usb.util.endpoint_type(end.bmAttributes) == _BULK]
            ins = [end for end in ends if end.bEndpointAddress & usb.util.ENDPOINT_IN]
            outs = [end for end in ends if not end.bEndpointAddress & usb.util.ENDPOINT_IN]
            if each.bAlternateSetting != 0 or not ins or not outs:
                continue
            if self._is_named(each, wanted(triple)):
                size = outs[0].wMaxPacketSize
                return (
                    each.bInterfaceNumber,
                    ins[0].bEndpointAddress,
                    outs[0].bEndpointAddress,
                    size,
                )
        raise DeviceError(
            Text(
                zh=f"{self._path} 上的设备没有要用的接口。",
                en=f"The device at {self._path} has no such interface.",
            ),
            hint=Text(zh="在手机上换 USB 模式。", en="Choose another USB mode on the phone."),
            device_id=self._path,
        )

    def _is_named(self, setting: Any, wanted: bool | str) -> bool:  # noqa: ANN401 - pyusb's own
        """Tell whether an interface is the one; ask the device for its name only if that counts."""
        if isinstance(wanted, bool):
            return wanted
        try:
            said: object = usb.util.get_string(self._device, setting.iInterface)
        except ValueError:  # pyusb's word for a device that has no strings
            return False
        return said == wanted

    @contextmanager
    def _faults(self, doing: str) -> Iterator[None]:
        """Turn what libusb says into our errors."""
        try:
            yield
        except usb.core.USBTimeoutError as error:
            raise self._late(doing) from error
        except usb.core.NoBackendError as error:
            raise DeviceError(
                Text(zh="没有装 libusb。", en="libusb is not installed."),
                hint=Text(zh="apt-get install libusb-1.0-0", en="apt-get install libusb-1.0-0"),
            ) from error
        except usb.core.USBError as error:
            if error.errno in _GONE:
                raise _gone(self._path) from error
            raise CommandRejectedError(
                Text(
                    zh=f"{self._path} 上的设备不听：{doing}，{error}。",
                    en=f"The device at {self._path} refuses: {doing}, {error}.",
                ),
                hint=_AGAIN,
                device_id=self._path,
            ) from error

    def _late(self, doing: str) -> CommandTimeoutError:
        return CommandTimeoutError(
            Text(
                zh=f"{self._path} 上的设备没有按时回答（{doing}）。",
                en=f"The device at {self._path} did not answer in time ({doing}).",
            ),
            hint=_AGAIN,
            device_id=self._path,
        )


def _device_at(usb_path: str) -> Any:  # noqa: ANN401 - pyusb has no types
    """Return the device at a port, and no other.

    Raises:
        DeviceGoneError: nothing hangs there.
    """
    found = list(usb.core.find(find_all=True, custom_match=lambda each: _path(each) == usb_path))
    if len(found) != 1:
        raise _gone(usb_path)
    return found[0]


def _path(device: Any) -> str | None:  # noqa: ANN401 - pyusb has no types
    """Return a device's port as the kernel names it; None for a bus itself."""
    ports = device.port_numbers
    return f"{device.bus}-{'.'.join(map(str, ports))}" if ports else None


def _gone(usb_path: str) -> DeviceGoneError:
    return DeviceGoneError(
        Text(zh=f"{usb_path} 上的设备不见了。", en=f"The device at {usb_path} is gone."),
        hint=_AGAIN,
        device_id=usb_path,
    )


def _ms(timeout_s: float) -> int:
    """Return a time limit as libusb takes it; 0 would be none at all."""
    return max(1, round(timeout_s * 1000))
