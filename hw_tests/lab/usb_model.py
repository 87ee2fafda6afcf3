"""USB devices in plain Python: descriptors, control requests, endpoints. No transport. Pure.

A device is its words about itself and a few functions, each of which owns interfaces: a drive, a
keyboard, a network card. Whoever carries it to a computer (``redir``) hands over control requests
and OUT data, and asks for IN data, which a function has queued with ``push``; nothing queued means
"not yet" (NAK). What a function does not understand it stalls.

The device remembers whether it was ever configured and which IN endpoints were ever asked: a
computer that refuses a device must have done neither. What it says stands in ``usb_words``.
"""

import struct
from collections import deque
from collections.abc import Callable, Iterable
from threading import RLock

from hw_tests.lab.usb_words import (
    CAPABILITIES,
    CONTROL_PACKET_BYTES,
    LANGUAGE,
    Descriptor,
    Endpoint,
    Identity,
    Interface,
    Request,
    Setup,
    Stall,
)


def _nowhere(_: int) -> None:
    """Wake nobody: the device is not plugged in."""


class Function:
    """One of a device's jobs; the base class stalls every request of a class of its own."""

    interfaces: tuple[Interface, ...] = ()
    before: bytes = b""
    """Descriptors that stand before its interfaces, such as the association of several."""

    def __init__(self) -> None:
        self._queues: dict[int, deque[bytes]] = {}
        self.wake: Callable[[int], None] = _nowhere
        """Called with an endpoint's address whenever it has something new."""

    @property
    def strings(self) -> dict[int, str]:
        """Strings of its own, by an index from ``FIRST_FREE_STRING`` on."""
        return {}

    def control(self, setup: Setup, data: bytes) -> bytes:
        """Answer a request to one of its interfaces that is not the device's to answer.

        Raises:
            Stall: it is not understood.
        """
        del setup, data
        raise Stall

    def out(self, address: int, data: bytes) -> None:
        """Take what came on an OUT endpoint.

        Raises:
            Stall: that cannot be.
        """

    def alternate(self, interface: int, setting: int) -> None:
        """Learn that an alternate setting was chosen."""

    def reset(self) -> None:
        """Forget what was under way, as on a reset of the bus."""
        self._queues.clear()

    def power_off(self) -> None:
        """Forget what needs power, too."""
        self.reset()

    def push(self, address: int, data: bytes) -> None:
        """Queue what the computer gets when it next asks an IN endpoint."""
        self._queues.setdefault(address, deque()).append(data)
        self.wake(address)

    def take(self, address: int, length: int) -> bytes | None:
        """Return at most so much of the oldest thing queued; None is "not yet"."""
        queue = self._queues.get(address)
        if not queue:
            return None
        head = queue.popleft()
        if len(head) > length:
            queue.appendleft(head[length:])
        return head[:length]


class UsbDevice:
    """A device with one configuration. Its lock is held by whoever touches it, ``redir`` first."""

    def __init__(self, identity: Identity, functions: Iterable[Function]) -> None:
        self.identity = identity
        self.functions = tuple(functions)
        self.lock = RLock()
        self.configuration = 0
        self.super_speed = False
        """Whether it hangs on a USB 3 port; to be chosen while it is not plugged in."""
        self.was_configured = False
        """Whether any computer ever chose its configuration, without which no driver can bind."""
        self.polled: set[int] = set()
        """IN endpoints that were ever asked."""
        self._alternates: dict[int, int] = {}

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        """All alternate settings of all interfaces, in the descriptor's order."""
        return tuple(each for function in self.functions for each in function.interfaces)

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """All endpoints of all settings, without the one for control."""
        return tuple(end for interface in self.interfaces for end in interface.endpoints)

    def on_wake(self, wake: Callable[[int], None]) -> None:
        """Tell whom to wake when an IN endpoint has something new."""
        for function in self.functions:
            function.wake = wake

    # --- what a computer does with it ---------------------------------------------------------

    def reset(self) -> None:
        """Return to where a device is that was just plugged in; what it remembers stays."""
        self.configuration = 0
        self._alternates.clear()
        for function in self.functions:
            function.reset()

    def power_off(self) -> None:
        """Lose the power, as on being pulled out."""
        self.reset()
        for function in self.functions:
            function.power_off()

    def configure(self, value: int) -> None:
        """Choose the configuration, or none (0).

        Raises:
            Stall: there is only the first.
        """
        if value not in (0, 1):
            raise Stall
        self.configuration = value
        self.was_configured |= value == 1

    def set_alternate(self, number: int, setting: int) -> None:
        """Choose a setting of an interface.

        Raises:
            Stall: it has none such.
        """
        if (number, setting) not in {(each.number, each.alternate) for each in self.interfaces}:
            raise Stall
        self._alternates[number] = setting
        self._of_interface(number).alternate(number, setting)

    def alternate_of(self, number: int) -> int:
        """Return an interface's present setting."""
        return self._alternates.get(number, 0)

    def control(self, setup: Setup, data: bytes = b"") -> bytes:
        """Answer a control request with at most as much as was asked for.

        Raises:
            Stall: nobody here understands it.
        """
        if setup.standard and (answer := self._standard(setup)) is not None:
            return answer[: setup.length]
        if setup.recipient != 1:
            raise Stall
        return self._of_interface(setup.index & 0xFF).control(setup, data)[: setup.length]

    def out(self, address: int, data: bytes) -> None:
        """Take what came on an OUT endpoint.

        Raises:
            Stall: there is none such, or its function refuses.
        """
        self._of_endpoint(address).out(address, data)

    def poll(self, address: int) -> None:
        """Learn that the computer wants to read from an IN endpoint.

        Raises:
            Stall: there is none such.
        """
        self._of_endpoint(address)
        self.polled.add(address)

    def take(self, address: int, length: int) -> bytes | None:
        """Return what an IN endpoint has now, at most so much; None is "not yet".

        Raises:
            Stall: there is none such.
        """
        return self._of_endpoint(address).take(address, length)

    # --- inside ------------------------------------------------------------------------------

    def _of_interface(self, number: int) -> Function:
        for function in self.functions:
            if number in {each.number for each in function.interfaces}:
                return function
        raise Stall

    def _of_endpoint(self, address: int) -> Function:
        for function in self.functions:
            if address in {end.address for each in function.interfaces for end in each.endpoints}:
                return function
        raise Stall

    def _standard(self, setup: Setup) -> bytes | None:
        """Answer what every device understands; None leaves it to the interface's class."""
        answer: bytes | None = b""
        match setup.request:
            case Request.GET_DESCRIPTOR if setup.recipient == 0:
                answer = self._descriptor(setup.value >> 8, setup.value & 0xFF)
            case Request.GET_STATUS:
                answer = bytes(2)
            case Request.GET_CONFIGURATION:
                answer = bytes([self.configuration])
            case Request.GET_INTERFACE:
                answer = bytes([self.alternate_of(setup.index)])
            case Request.SET_CONFIGURATION:
                self.configure(setup.value & 0xFF)
            case Request.SET_INTERFACE:
                self.set_alternate(setup.index, setup.value)
            case Request.CLEAR_FEATURE | Request.SET_FEATURE:
                pass
            case _:
                answer = None
        return answer

    def _descriptor(self, kind: int, number: int) -> bytes:
        match kind:
            case Descriptor.DEVICE:
                return self._device_descriptor()
            case Descriptor.CONFIGURATION if number == 0:
                return self._configuration_descriptor()
            case Descriptor.STRING:
                return self._string(number)
            case Descriptor.CAPABILITIES if self.super_speed:
                return CAPABILITIES
            case Descriptor.QUALIFIER if not self.super_speed:
                sizes = (CONTROL_PACKET_BYTES, 1, 0)
                return struct.pack("<BBHBBBBBB", 10, kind, 0x0200, *self.identity.kind, *sizes)
            case _:
                raise Stall

    def _device_descriptor(self) -> bytes:
        said = self.identity
        numbers = (said.vendor, said.product, said.release)
        names = (said.maker, said.name, said.serial)
        strings = [0 if name is None else index for index, name in enumerate(names, 1)]
        # SuperSpeed states the size of a control packet, 512, as a power of two.
        version, packet = (0x0300, 9) if self.super_speed else (0x0200, CONTROL_PACKET_BYTES)
        head = (18, Descriptor.DEVICE, version, *said.kind, packet)
        return struct.pack("<BBHBBBBHHHBBBB", *head, *numbers, *strings, 1)

    def _configuration_descriptor(self) -> bytes:
        body = b"".join(map(self._own_descriptors, self.functions))
        count = len({each.number for each in self.interfaces})
        # Powered by the bus (80h), half an ampere (250 times 2 mA).
        head = (9, Descriptor.CONFIGURATION, 9 + len(body), count, 1, 0, 0x80, 250)
        return struct.pack("<BBHBBBBB", *head) + body

    def _own_descriptors(self, function: Function) -> bytes:
        own = (each.descriptor(super_speed=self.super_speed) for each in function.interfaces)
        return function.before + b"".join(own)

    def _string(self, number: int) -> bytes:
        said = self.identity
        strings = dict(enumerate((said.maker, said.name, said.serial), 1))
        for function in self.functions:
            strings |= function.strings
        text = LANGUAGE if number == 0 else (strings.get(number) or "").encode("utf-16-le")
        if not text:
            raise Stall
        return bytes([len(text) + 2, Descriptor.STRING]) + text
