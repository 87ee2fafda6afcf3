"""A phone in fastboot, over TCP or over USB. I/O.

``with fastboot_over_usb("1-4.2") as phone: phone.facts()``. What a phone says to an erase is a
value; an error is raised only where it says nothing, or what nobody understands.
"""

import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Protocol, Self

from certs.text import Text
from wipe_station.codec.usb import Triple
from wipe_station.errors import CommandTimeoutError, DeviceError, DeviceGoneError
from wipe_station.phone_links.usb_bulk import BulkPipe
from wipe_station.phones import fastboot
from wipe_station.phones.facts import PhoneFacts
from wipe_station.phones.fastboot import (
    TO_ERASE,
    VARIABLES,
    Answer,
    Because,
    Claims,
    Exchange,
    Frames,
    Partition,
    Refused,
    Target,
)
from wipe_station.phones.usb_modes import FASTBOOT

ASK_S: Final = 10.0
"""For a variable, and to connect."""
ERASE_S: Final = 600.0
"""For one partition: a large one that is discarded in pieces takes minutes [M]."""
_READ_BYTES: Final = 4096
_AGAIN: Final = Text(
    zh="看看手机还在不在引导模式，再试一次。",
    en="See whether the phone is still in its boot loader, and try again.",
)


class Wire(Protocol):
    """Carries packets."""

    def send(self, packet: bytes, timeout_s: float) -> None:
        """Send one packet."""

    def receive(self, timeout_s: float) -> bytes:
        """Return the next packet."""


class TcpWire:
    """Packets over TCP, in frames."""

    packet_bytes = 512
    """As of a USB pipe; nothing here is cut."""

    def __init__(self, host: str, port: int, timeout_s: float = ASK_S) -> None:
        """Connect and greet.

        Raises:
            DeviceGoneError: nobody listens there.
        """
        self._where = f"{host}:{port}"
        self._frames, self._packets = Frames(), deque[bytes]()
        try:
            self._socket = socket.create_connection((host, port), timeout_s)
            self._socket.sendall(fastboot.HANDSHAKE)
        except OSError as error:
            raise self._gone() from error

    def send(self, packet: bytes, timeout_s: float) -> None:
        """Send one packet.

        Raises:
            CommandTimeoutError: it was not taken in time.
            DeviceGoneError: the connection has ended.
        """
        try:
            self._socket.settimeout(timeout_s)
            self._socket.sendall(fastboot.frame(packet))
        except TimeoutError as error:
            raise _late(self._where) from error
        except OSError as error:
            raise self._gone() from error

    def receive(self, timeout_s: float) -> bytes:
        """Return the next packet.

        Raises:
            CommandTimeoutError: it is not whole in time.
            DeviceGoneError: the connection has ended.
            MalformedReplyError: what came is no frame.
        """
        ends = time.monotonic() + timeout_s
        while not self._packets:
            self._packets.extend(self._frames.feed(self._some(ends - time.monotonic())))
        return self._packets.popleft()

    def _some(self, left_s: float) -> bytes:
        try:
            if left_s <= 0:
                raise TimeoutError
            self._socket.settimeout(left_s)
            data = self._socket.recv(_READ_BYTES)
        except TimeoutError as error:
            raise _late(self._where) from error
        except OSError as error:
            raise self._gone() from error
        if not data:
            raise self._gone()
        return data

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def _gone(self) -> DeviceGoneError:
        return DeviceGoneError(
            Text(zh=f"{self._where} 没有手机应答。", en=f"No phone answers at {self._where}."),
            hint=_AGAIN,
            device_id=self._where,
        )


class FastbootPhone:
    """Asks a boot loader; one command at a time."""

    def __init__(self, wire: Wire, name: str, usb_path: str | None = None) -> None:
        """Take a wire that is open; whoever opened it closes it.

        Args:
            wire: carries the packets.
            name: of the phone in errors.
            usb_path: where it hangs, if on USB.
        """
        self._wire, self._name, self._usb_path = wire, name, usb_path
        self._in_step = True

    def ask(self, command: bytes, timeout_s: float) -> Answer:
        """Send a command and wait for its last word.

        Args:
            command: made by ``wipe_station.phones.fastboot``.
            timeout_s: for all of the answer, remarks included.

        Raises:
            CommandTimeoutError: the last word did not come; what was done is unknown.
            DeviceError: an earlier answer never came whole, and the next one might be that.
            DeviceGoneError: the phone left.
            MalformedReplyError: what it said is no answer.
        """
        if not self._in_step:
            raise self._out_of_step()
        self._in_step = False
        answer = self._asked(command, timeout_s)
        self._in_step = True
        return answer

    def _asked(self, command: bytes, timeout_s: float) -> Answer:
        ends = time.monotonic() + timeout_s
        exchange = Exchange(command)
        self._wire.send(command, timeout_s)
        while True:
            left_s = ends - time.monotonic()
            if left_s <= 0:
                raise _late(self._name)
            answer = exchange.take(self._wire.receive(left_s))
            if answer is not None:
                return answer

    def require_in_step(self) -> None:
        """Make sure that answers belong to what was asked, and not to somebody before us.

        An answer names no command: the late OKAY to one erase would pass for the next one's. So
        the same thing is asked twice; the answers differ if one of them is an older one's.

        Raises:
            DeviceError: they differ.
        """
        first, second = (self.ask(fastboot.getvar("serialno"), ASK_S) for _ in range(2))
        if type(first) is not type(second) or first.text != second.text:
            self._in_step = False
            raise self._out_of_step()

    def _out_of_step(self) -> DeviceError:
        return DeviceError(
            Text(
                zh=f"{self._name} 的回答对不上问题。",
                en=f"Answers of {self._name} do not belong to what was asked.",
            ),
            hint=Text(
                zh="让手机重新进入引导模式，再插上。",
                en="Have the phone enter its boot loader anew, and plug it in again.",
            ),
            device_id=self._name,
        )

    def variables(self, names: Sequence[str] = VARIABLES) -> dict[str, str | None]:
        """Ask for variables one by one; None where the phone knows none such."""
        return {name: fastboot.known(self.ask(fastboot.getvar(name), ASK_S)) for name in names}

    def facts(self) -> PhoneFacts:
        """Return what the boot loader knows of its phone."""
        return fastboot.facts_of(self.variables(), self._usb_path)

    def erase(self, partitions: Sequence[Partition] = TO_ERASE) -> Claims:
        """Have the owner's partitions erased, up to the first that is refused.

        Returns:
            what the boot loader said; a locked one says no, and that is no error. A partition that
            a phone does not have ends nothing.
        """
        answers: dict[Partition, Answer] = {}
        for each in partitions:
            answer = answers[each] = self.ask(fastboot.erase(each), ERASE_S)
            if isinstance(answer, Refused) and answer.because is not Because.NO_SUCH_PARTITION:
                break
        return fastboot.claims(answers)

    def reboot(self, target: Target) -> Answer:
        """Have the phone leave; it drops off its port after that."""
        return self.ask(fastboot.reboot(target), ASK_S)


@contextmanager
def fastboot_over_tcp(host: str, port: int) -> Iterator[FastbootPhone]:
    """Speak with a boot loader that listens on TCP."""
    with TcpWire(host, port) as wire:
        yield FastbootPhone(wire, f"{host}:{port}")


@contextmanager
def fastboot_over_usb(usb_path: str) -> Iterator[FastbootPhone]:
    """Speak with the boot loader of the phone at a port, and no other.

    Raises:
        DeviceGoneError: nothing hangs there.
        DeviceError: what hangs there is in no such mode.
    """
    with wire_over_usb(usb_path) as wire:
        yield in_step(wire, usb_path)


def in_step(wire: Wire, usb_path: str) -> FastbootPhone:
    """Return the boot loader behind a wire that is open, once its answers are known to fit.

    Raises:
        DeviceError: they do not.
    """
    phone = FastbootPhone(wire, usb_path, usb_path)
    phone.require_in_step()
    return phone


def wire_over_usb(usb_path: str) -> BulkPipe:
    """Return a wire to the boot loader at a port; raises like ``fastboot_over_usb``."""
    return BulkPipe(usb_path, _is_fastboot)


def _is_fastboot(triple: Triple) -> bool:
    return (triple.class_code, triple.subclass, triple.protocol) == FASTBOOT


def _late(name: str) -> CommandTimeoutError:
    return CommandTimeoutError(
        Text(zh=f"{name} 没有按时回答。", en=f"{name} did not answer in time."),
        hint=_AGAIN,
        device_id=name,
    )
