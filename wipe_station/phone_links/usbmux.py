"""Over usbmuxd's socket to the ports of an iPhone or iPad. I/O.

usbmuxd owns the cable and runs as a process of its own (Debian's). A stream that it grants is
wrapped in TLS, in place, as soon as lockdownd says so; the key of the pair record never touches a
disk on its way there.
"""

import contextlib
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Final, NoReturn, Self

from certs.text import Text
from wipe_station.clock import Clock, SystemClock
from wipe_station.errors import (
    CommandTimeoutError,
    DeviceError,
    DeviceGoneError,
    MalformedReplyError,
)
from wipe_station.phones import usbmux
from wipe_station.phones.frames import Frame, Splitter, plist_splitter
from wipe_station.phones.lockdown import PairRecord, parse_pair_record

DEFAULT_ADDRESS: Final = "UNIX:/var/run/usbmuxd"
PATIENCE_S: Final = 20.0
_CHUNK_BYTES: Final = 64 << 10
Connect = Callable[[str, float], socket.socket]
"""Connects to an address, within so many seconds; raises ``OSError``."""


class Stream:
    """One connection: messages out, whole frames in.

    Args:
        connected: the socket; it is the stream's from now on.
        splitter: cuts what comes into frames.
        patience_s: for each message, from its first byte to its last.
    """

    def __init__(
        self,
        connected: socket.socket,
        splitter: Splitter,
        *,
        patience_s: float = PATIENCE_S,
        clock: Clock | None = None,
    ) -> None:
        self._socket = connected
        self._splitter = splitter
        self._patience_s = patience_s
        self._clock = clock or SystemClock()

    def __enter__(self) -> Self:
        """Return the stream itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up."""
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def ask(self, request: bytes) -> bytes:
        """Send a message, return the body of the next one that comes.

        Raises:
            DeviceGoneError: the connection ended first.
            CommandTimeoutError: nothing whole came in time.
            MalformedReplyError: something else than a frame came.
        """
        self.send(request)
        return self.receive().body

    def send(self, message: bytes) -> None:
        """Send a message; raises like ``ask``."""
        with _told():
            self._socket.settimeout(self._patience_s)
            self._socket.sendall(message)

    def receive(self, patience_s: float | None = None) -> Frame:
        """Return the next frame; raises like ``ask``. Never reads a byte beyond it."""
        patience_s = self._patience_s if patience_s is None else patience_s
        end_ns = self._clock.monotonic_ns() + int(patience_s * 1e9)
        while True:
            with _told():
                left_s = (end_ns - self._clock.monotonic_ns()) / 1e9
                if left_s <= 0:
                    raise TimeoutError
                self._socket.settimeout(left_s)
                data = self._socket.recv(min(self._splitter.wanted_bytes, _CHUNK_BYTES))
            if not data:
                _gone()
            if frames := self._splitter.feed(data):
                return frames[0]

    def becomes(self, splitter: Splitter) -> None:
        """Go on with frames of another protocol; usbmuxd has handed the stream over."""
        self._splitter = splitter

    def begin_tls(self, record: PairRecord) -> None:
        """Go on inside TLS, as the host of a pair record.

        The phone must show the certificate that was made for its key when it was paired: a pair
        record is of one phone, and another one cannot stand in for it.

        Raises:
            DeviceGoneError: the connection ended, or another phone answers.
            CommandTimeoutError: the phone does not come to terms in time.
            MalformedReplyError: it speaks something else.
        """
        context = _context(record)
        with _told():
            self._socket.settimeout(self._patience_s)
            self._socket = context.wrap_socket(self._socket)
        shown = self._socket.getpeercert(binary_form=True)
        # That a phone shows this very certificate is general knowledge, unverified on hardware.
        if shown != _der(record.device_certificate):
            _another()


def _context(record: PairRecord) -> ssl.SSLContext:
    """Return the host's side of TLS: 1.2 and later, which phones speak since iOS 5 (unverified)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # No name and no authority vouches for a phone: its very certificate is compared.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # pair records of older tools are signed by SHA-1
    pem = record.host_certificate.rstrip() + b"\n" + record.host_key.rstrip() + b"\n"
    descriptor = os.memfd_create("pair-record", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, pem)
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    except ssl.SSLError:
        raise MalformedReplyError("pair record", offset=0, field="HostCertificate") from None
    finally:
        os.close(descriptor)
    return context


def _der(pem: bytes) -> bytes:
    try:
        return ssl.PEM_cert_to_DER_cert(pem.decode("ascii").strip())
    except ValueError:
        raise MalformedReplyError("pair record", offset=0, field="DeviceCertificate") from None


def _nobody(_: int | None) -> None:
    """Have nobody look: the station did not start it."""


class Usbmux:
    """usbmuxd, asked anew for each thing, as its protocol wants it.

    Args:
        address: ``UNIX:`` and a path, or a host and a port with a colon between, as in the
            variable USBMUXD_SOCKET_ADDRESS that Debian's programs read.
        patience_s: for each message.
        connect: for a process that must not connect by itself.
        again: has it look at USB anew, where it sees so many devices now; by default nobody can.
    """

    def __init__(
        self,
        address: str = DEFAULT_ADDRESS,
        *,
        patience_s: float = PATIENCE_S,
        connect: Connect | None = None,
        again: Callable[[int | None], None] = _nobody,
    ) -> None:
        self.address = address
        self._patience_s = patience_s
        self._connect = connect or connected
        self._again = again

    def look_again(self, seen: int | None) -> None:
        """Have it look at USB anew for a phone that it missed, where the station runs it itself.

        It looks at a phone once, as udev tells of it, and never again: one that the gate let in
        later, or whose configuration changed, stays unknown to it.

        Args:
            seen: how many devices it sees now; None: it does not answer.
        """
        self._again(seen)

    def devices(self) -> tuple[usbmux.MuxDevice, ...]:
        """Return what hangs on a cable; what usbmuxd sees in the network is nobody's device here.

        Raises:
            DeviceError: usbmuxd does not run; also what ``Stream.ask`` raises.
        """
        with self._opened() as stream:
            listed = _message(stream, usbmux.list_devices(1))
        if not isinstance(listed, usbmux.DeviceList):
            raise MalformedReplyError(usbmux.WHAT, offset=0, field="DeviceList")
        return tuple(device for device in listed.devices if device.over_usb)

    @contextlib.contextmanager
    def news(self) -> Iterator["News"]:
        """Listen from now on; what is there already is told first. Raises like ``devices``."""
        with self._opened() as stream:
            _granted(_message(stream, usbmux.listen(1)))
            yield News(stream)

    def record(self, udid: str) -> PairRecord | None:
        """Return what an earlier pairing left; None: nothing. Raises like ``devices``."""
        with self._opened() as stream:
            stored = _message(stream, usbmux.read_pair_record(1, udid))
        if isinstance(stored, usbmux.Result):
            return None
        if not isinstance(stored, usbmux.StoredRecord):
            raise MalformedReplyError(usbmux.WHAT, offset=0, field="PairRecordData")
        return parse_pair_record(stored.data)

    def connect(self, device: usbmux.MuxDevice, port: int) -> Stream:
        """Return a stream to a port of a device, for property lists.

        Raises:
            DeviceGoneError: the device is not there any more, or does not take it.
            DeviceError: also what ``devices`` raises.
        """
        stream = self._opened()
        try:
            _granted(_message(stream, usbmux.connect(1, device, port)))
        except BaseException:
            stream.close()
            raise
        stream.becomes(plist_splitter("iPhone"))
        return stream

    def opened(self, patience_s: float) -> socket.socket:
        """Return a connection for another process; raises ``OSError``."""
        return self._connect(self.address, patience_s)

    def _opened(self) -> Stream:
        try:
            opened = self.opened(self._patience_s)
        except OSError as error:
            raise DeviceError(
                Text(zh="管理苹果设备连接的程序没有运行。", en="usbmuxd does not answer."),
                hint=Text(
                    zh="请店长检查 usbmuxd 服务。",
                    en="Have the manager look at the service usbmuxd.",
                ),
            ) from error
        return Stream(opened, usbmux.splitter(), patience_s=self._patience_s)


class News:
    """What usbmuxd tells while somebody listens."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def next(self, patience_s: float) -> usbmux.Attached | usbmux.Detached | None:
        """Return who came on a cable, or went; None if nobody did in that time.

        Raises:
            DeviceGoneError: usbmuxd ended.
            MalformedReplyError: it says what nobody says there.
        """
        try:
            while True:
                message = usbmux.parse_message(self._stream.receive(patience_s))
                if isinstance(message, usbmux.Detached):
                    return message
                if isinstance(message, usbmux.Attached):
                    if message.device.over_usb:
                        return message
                elif not isinstance(message, usbmux.Paired):
                    raise MalformedReplyError(usbmux.WHAT, offset=0, field="MessageType")
        except CommandTimeoutError:
            return None


def connected(address: str, patience_s: float) -> socket.socket:
    """Connect to a usbmuxd; raises ``OSError``."""
    if address.startswith(("UNIX:", "/")):
        made = socket.socket(socket.AF_UNIX)
        made.settimeout(patience_s)
        try:
            made.connect(address.removeprefix("UNIX:"))
        except OSError:
            made.close()
            raise
        return made
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), patience_s)


def _message(stream: Stream, request: bytes) -> usbmux.Message:
    stream.send(request)
    frame = stream.receive()
    if usbmux.tag_of(frame) != 1:
        raise MalformedReplyError(usbmux.WHAT, offset=12, field="tag")
    return usbmux.parse_message(frame)


def _granted(message: usbmux.Message) -> None:
    if not isinstance(message, usbmux.Result):
        raise MalformedReplyError(usbmux.WHAT, offset=0, field="Result")
    if message.answer is not usbmux.Answer.OK:
        _gone()


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turn what a socket raises into what a person can act on."""
    try:
        yield
    except TimeoutError as error:
        raise CommandTimeoutError(
            Text(zh="手机没有及时回答。", en="The phone does not answer in time."),
            hint=Text(
                zh="看手机是否亮屏、解锁；拔下再插一次。",
                en="See that it is awake and unlocked; unplug it and plug it in again.",
            ),
        ) from error
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
        _gone(error)
    except ssl.SSLError as error:
        raise MalformedReplyError("TLS", offset=0, field=error.reason or "record") from error
    except OSError as error:
        _gone(error)


def _gone(error: OSError | None = None) -> NoReturn:
    raise DeviceGoneError(
        Text(zh="和手机的连接断了。", en="The phone's connection ended."),
        hint=Text(
            zh="检查线；手机重启时请等它回来。",
            en="Check the cable; if the phone restarts, wait for it to come back.",
        ),
    ) from error


def _another() -> NoReturn:
    raise DeviceGoneError(
        Text(zh="这不是刚才配对的那一部手机。", en="This is not the phone that was paired."),
        hint=Text(
            zh="核对手机；确认是它，就重新配对。",
            en="Compare the phones; if it is the one, pair again.",
        ),
    )
