"""A model of a USB device in this process, in a port of a guest: the usbredir protocol. I/O.

    with redirected(guest, "phone", phone) as port:   a port, with nothing in it
        port.plug()                                   the guest's kernel sees a new device
        port.pull()                                   and sees it go; and so on

This is the side that has the device; QEMU has the port. QEMU connects to a socket of ours, both
say hello, then every message is a header (type, length, id), fields by type, and data. Requests of
the guest are answered with the same id. IN requests for which a model has nothing yet wait here.
What arrives is read within limits, and the first message that makes no sense ends the connection;
``close`` then raises what it was.

Source: usbredir protocol, version 0.7 of its documentation.
"""

import contextlib
import socket
import struct
from collections.abc import Callable, Iterator
from enum import IntEnum
from threading import Event, Thread
from typing import Final

from hw_tests.lab.guest import Guest
from hw_tests.lab.qmp import QemuError
from hw_tests.lab.usb_model import UsbDevice
from hw_tests.lab.usb_words import (
    CONTROL_PACKET_BYTES,
    IN,
    Setup,
    Stall,
    Transfer,
)

NAME: Final = b"wipe station lab"
CONNECT_S: Final = 30.0
END_S: Final = 10.0
LIMIT_BYTES: Final = 4 << 20
"""No message is longer; a host controller splits what is."""
WAITING_LIMIT: Final = 1024
"""So many IN requests of one endpoint may wait."""
HIGH_SPEED, SUPER_SPEED = 2, 3
ENDPOINTS: Final = 32
"""Sixteen OUT, then sixteen IN."""
NO_ENDPOINT: Final = 255
CAPABILITIES: Final = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 5 | 1 << 6
"""Device's version, filter, size of packets, ids of 64 bits, lengths of bulk of 32 bits."""


class Message(IntEnum):
    """Types of messages that are sent or understood here."""

    HELLO = 0
    CONNECT = 1
    DISCONNECT = 2
    RESET = 3
    INTERFACES = 4
    ENDPOINTS = 5
    SET_CONFIGURATION = 6
    GET_CONFIGURATION = 7
    CONFIGURATION = 8
    SET_ALTERNATE = 9
    GET_ALTERNATE = 10
    ALTERNATE = 11
    START_INTERRUPT = 15
    STOP_INTERRUPT = 16
    INTERRUPT_STATUS = 17
    CANCEL = 21
    FILTER_REJECT = 22
    FILTER = 23
    CONTROL = 100
    BULK = 101
    INTERRUPT = 103


class Status(IntEnum):
    """How a request ended."""

    SUCCESS = 0
    CANCELLED = 1
    INVALID = 2
    STALL = 4


CONTROL: Final = struct.Struct("<BBBBHHH")
BULK: Final = struct.Struct("<BBHIH")
INTERRUPT: Final = struct.Struct("<BBH")


class RedirError(Exception):
    """The other side says what cannot be."""


class Port:
    """A port of a guest and the one device for it."""

    def __init__(self, guest: Guest, name: str, device: UsbDevice) -> None:
        """Add the port to the guest's controller.

        Args:
            guest: it closes the port at its end, if nobody has done so.
            name: the port's in QEMU.
            device: not plugged in yet.

        Raises:
            RedirError: QEMU does not greet.
        """
        self._guest, self._name, self._device = guest, name, device
        self._waiting: dict[int, list[tuple[int, int]]] = {}
        self._listened: set[int] = set()
        self._header = struct.Struct("<III")
        self._greeted = Event()
        self._error: Exception | None = None
        self._open = True
        self._answers: dict[int, Callable[[int, bytes], None]] = {
            Message.HELLO: self._on_hello,
            Message.RESET: self._on_reset,
            Message.SET_CONFIGURATION: self._on_set_configuration,
            Message.GET_CONFIGURATION: self._on_get_configuration,
            Message.SET_ALTERNATE: self._on_set_alternate,
            Message.GET_ALTERNATE: self._on_get_alternate,
            Message.START_INTERRUPT: self._on_start_interrupt,
            Message.STOP_INTERRUPT: self._on_stop_interrupt,
            Message.CANCEL: self._on_cancel,
            Message.FILTER: self._on_filter,
            Message.FILTER_REJECT: self._on_filter,
            Message.CONTROL: self._on_control,
            Message.BULK: self._on_bulk,
            Message.INTERRUPT: self._on_interrupt,
        }
        self._socket = self._connect()
        guest.also.callback(self.close)
        device.on_wake(self._deliver)
        self._send(Message.HELLO, 0, NAME.ljust(64, b"\0") + struct.pack("<I", CAPABILITIES))
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()
        guest.plug("usb-redir", name, bus="xhci.0", chardev=self._channel)
        # Only then both sides know how long a header is.
        if not self._greeted.wait(CONNECT_S):
            raise RedirError("QEMU does not greet")

    def plug(self) -> None:
        """Plug the device in."""
        said = self._device.identity
        with self._device.lock:
            self._send(Message.ENDPOINTS, 0, _endpoints(self._device))
            self._send(Message.INTERFACES, 0, _interfaces(self._device))
            speed = SUPER_SPEED if self._device.super_speed else HIGH_SPEED
            words = (speed, *said.kind, said.vendor, said.product, said.release)
            self._send(Message.CONNECT, 0, struct.pack("<BBBBHHH", *words))

    def pull(self) -> None:
        """Pull the device out, whatever is under way; it has no power then."""
        with self._device.lock:
            self._send(Message.DISCONNECT, 0)
            self._forget()
            self._device.power_off()

    def close(self) -> None:
        """Take the port away.

        Raises:
            RedirError: the two sides did not understand each other.
        """
        if not self._open:
            return
        self._open = False
        self._device.on_wake(lambda _: None)
        with contextlib.suppress(QemuError):
            self._guest.pull(self._name)
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(END_S)
        self._socket.close()
        with contextlib.suppress(QemuError):
            self._guest.qmp.ask("chardev-remove", id=self._channel)
        if self._error is not None:
            raise RedirError(str(self._error)) from self._error

    # --- the connection -----------------------------------------------------------------------

    @property
    def _channel(self) -> str:
        return f"{self._name}-channel"

    def _connect(self) -> socket.socket:
        """Have QEMU connect to us; whoever listens first misses nothing."""
        path = self._guest.folder / self._name
        address = {"type": "unix", "data": {"path": str(path)}}
        backend = {"type": "socket", "data": {"addr": address, "server": False}}
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            try:
                listener.listen(1)
                listener.settimeout(CONNECT_S)
                self._guest.qmp.ask("chardev-add", id=self._channel, backend=backend)
                return listener.accept()[0]
            finally:
                path.unlink()

    def _send(self, kind: Message, number: int, body: bytes = b"") -> None:
        """Send one message; the device's lock keeps messages whole."""
        with self._device.lock, contextlib.suppress(OSError):  # a guest that is gone hears nothing
            self._socket.sendall(self._header.pack(kind, len(body), number) + body)

    def _read(self, length: int) -> bytes:
        data = bytearray()
        while len(data) < length:
            came = self._socket.recv(length - len(data))
            if not came:
                raise EOFError
            data += came
        return bytes(data)

    def _serve(self) -> None:
        """Answer until the other side hangs up, or says what cannot be."""
        try:
            while True:
                kind, length, number = self._header.unpack(self._read(self._header.size))
                if length > LIMIT_BYTES or kind not in self._answers:
                    raise RedirError(f"message {kind} of {length} bytes")
                body = self._read(length)
                with self._device.lock:
                    self._answers[kind](number, body)
        except (EOFError, OSError):
            return
        except Exception as error:  # noqa: BLE001 - close() raises it where somebody looks
            self._error = error
            self._socket.shutdown(socket.SHUT_RDWR)

    # --- messages -----------------------------------------------------------------------------

    def _on_hello(self, _: int, body: bytes) -> None:
        (theirs,) = struct.unpack_from("<I", body, 64)
        if CAPABILITIES & ~theirs:
            raise RedirError(f"capabilities {theirs:#x} are too few")
        self._header = struct.Struct("<IIQ")
        self._greeted.set()

    def _forget(self) -> None:
        self._waiting.clear()
        self._listened.clear()
        self._device.reset()

    def _on_reset(self, _: int, __: bytes) -> None:
        self._forget()

    def _on_filter(self, _: int, __: bytes) -> None:
        """Take note of a filter: none is ours."""

    def _on_set_configuration(self, number: int, body: bytes) -> None:
        status = _ended(lambda: self._device.configure(body[0]))
        self._send(Message.CONFIGURATION, number, bytes([status, body[0]]))

    def _on_get_configuration(self, number: int, _: bytes) -> None:
        answer = bytes([Status.SUCCESS, self._device.configuration])
        self._send(Message.CONFIGURATION, number, answer)

    def _on_set_alternate(self, number: int, body: bytes) -> None:
        interface, setting = body
        status = _ended(lambda: self._device.set_alternate(interface, setting))
        self._send(Message.ALTERNATE, number, bytes([status, interface, setting]))

    def _on_get_alternate(self, number: int, body: bytes) -> None:
        setting = self._device.alternate_of(body[0])
        self._send(Message.ALTERNATE, number, bytes([Status.SUCCESS, body[0], setting]))

    def _on_start_interrupt(self, number: int, body: bytes) -> None:
        address = body[0]
        status = _ended(lambda: self._device.poll(address))
        self._send(Message.INTERRUPT_STATUS, number, bytes([status, address]))
        if status is Status.SUCCESS:
            self._listened.add(address)
            self._deliver(address)

    def _on_stop_interrupt(self, number: int, body: bytes) -> None:
        self._listened.discard(body[0])
        self._send(Message.INTERRUPT_STATUS, number, bytes([Status.SUCCESS, body[0]]))

    def _on_control(self, number: int, body: bytes) -> None:
        end, request, kind, _, value, index, length = CONTROL.unpack_from(body)
        setup = Setup(request_type=kind, request=request, value=value, index=index, length=length)
        answer, status = b"", Status.SUCCESS
        try:
            answer = self._device.control(setup, body[CONTROL.size :])
        except Stall:
            status, length = Status.STALL, 0
        if kind & IN:
            length = len(answer)
        head = CONTROL.pack(end, request, kind, status, value, index, length)
        self._send(Message.CONTROL, number, head + answer)

    def _on_bulk(self, number: int, body: bytes) -> None:
        address, _, low, _, high = BULK.unpack_from(body)
        length = high << 16 | low
        if address & IN:
            self._wait(number, address, length)
        else:
            data = body[BULK.size :]
            status = _ended(lambda: self._device.out(address, data))
            self._send(Message.BULK, number, _bulk(address, status, length))

    def _on_interrupt(self, number: int, body: bytes) -> None:
        address, _, length = INTERRUPT.unpack_from(body)
        data = body[INTERRUPT.size :]
        status = _ended(lambda: self._device.out(address, data))
        self._send(Message.INTERRUPT, number, INTERRUPT.pack(address, status, length))

    def _on_cancel(self, number: int, _: bytes) -> None:
        for address, waiting in self._waiting.items():
            for each in [each for each in waiting if each[0] == number]:
                waiting.remove(each)
                self._send(Message.BULK, number, _bulk(address, Status.CANCELLED, 0))

    # --- IN data ------------------------------------------------------------------------------

    def _wait(self, number: int, address: int, length: int) -> None:
        """Let a request wait for data."""
        if _ended(lambda: self._device.poll(address)) is Status.STALL:
            self._send(Message.BULK, number, _bulk(address, Status.STALL, 0))
            return
        waiting = self._waiting.setdefault(address, [])
        if len(waiting) >= WAITING_LIMIT or length > LIMIT_BYTES:
            raise RedirError(f"{len(waiting)} requests wait, one more is for {length} bytes")
        waiting.append((number, length))
        self._deliver(address)

    def _deliver(self, address: int) -> None:
        """Answer requests for which there is data now."""
        with self._device.lock:
            waiting = self._waiting.get(address, [])
            while waiting and (data := self._device.take(address, waiting[0][1])) is not None:
                number, _ = waiting.pop(0)
                head = _bulk(address, Status.SUCCESS, len(data))
                self._send(Message.BULK, number, head + data)
            if address in self._listened:
                self._deliver_interrupts(address)

    def _deliver_interrupts(self, address: int) -> None:
        """Send reports on our own account: the guest has said that it listens."""
        (packet_bytes,) = {
            end.packet_bytes_at(super_speed=self._device.super_speed)
            for end in self._device.endpoints
            if end.address == address
        }
        while (data := self._device.take(address, packet_bytes)) is not None:
            head = INTERRUPT.pack(address, Status.SUCCESS, len(data))
            self._send(Message.INTERRUPT, 0, head + data)


def _ended(attempt: Callable[[], None]) -> Status:
    """Return how something ended that a device may refuse."""
    try:
        attempt()
    except Stall:
        return Status.STALL
    return Status.SUCCESS


def _bulk(address: int, status: Status, length: int) -> bytes:
    return BULK.pack(address, status, length & 0xFFFF, 0, length >> 16)


def _endpoints(device: UsbDevice) -> bytes:
    """Return types, intervals, interfaces and sizes of all endpoints, of all settings at once."""
    kinds, intervals, interfaces = [NO_ENDPOINT] * ENDPOINTS, [0] * ENDPOINTS, [0] * ENDPOINTS
    sizes = [0] * ENDPOINTS
    for at in (0, ENDPOINTS // 2):
        kinds[at], sizes[at] = Transfer.CONTROL, CONTROL_PACKET_BYTES
    for interface in device.interfaces:
        for end in interface.endpoints:
            at = (end.address & IN) >> 3 | end.address & 0x0F
            kinds[at], intervals[at], interfaces[at] = end.transfer, end.interval, interface.number
            sizes[at] = end.packet_bytes_at(super_speed=device.super_speed)
    return bytes(kinds + intervals + interfaces) + struct.pack(f"<{ENDPOINTS}H", *sizes)


def _interfaces(device: UsbDevice) -> bytes:
    """Return numbers and classes of the interfaces, as they are before any setting is chosen."""
    rows = [(each.number, *each.kind) for each in device.interfaces if each.alternate == 0]
    columns = b"".join(bytes(column).ljust(ENDPOINTS, b"\0") for column in zip(*rows, strict=True))
    return struct.pack("<I", len(rows)) + columns


@contextlib.contextmanager
def redirected(guest: Guest, name: str, device: UsbDevice) -> Iterator[Port]:
    """Give a device a port of its own for a while."""
    port = Port(guest, name, device)
    try:
        yield port
    finally:
        port.close()
