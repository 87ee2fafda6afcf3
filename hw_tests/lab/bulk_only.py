"""Mass storage on USB, bulk only: commands wrapped on one pipe, data and status on the other. I/O.

Short answers are filled up with zeros and the residue says how much is real, as many bridges do
it. A unit that hangs gives no status; the computer then resets the device, which forgets the
command and listens again.

Source: Universal Serial Bus Mass Storage Class, Bulk-Only Transport, revision 1.0.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from hw_tests.lab.served_medium import Hung
from hw_tests.lab.usb_model import Function
from hw_tests.lab.usb_words import (
    IN,
    Endpoint,
    Interface,
    Setup,
    Stall,
    Transfer,
)

WRAPPER: Final = struct.Struct("<4sIIBBB16s")
STATUS: Final = struct.Struct("<4sIIB")
COMMAND_MAGIC: Final = b"USBC"
STATUS_MAGIC: Final = b"USBS"
KIND: Final = (8, 6, 0x50)
"""Mass storage, SCSI commands, bulk only."""
GET_MAX_LUN: Final = 0xFE
RESET: Final = 0xFF
FAILED: Final = 1
LIMIT_BYTES: Final = 1 << 24
"""No command moves more; one that says so is not ours."""


class Unit(Protocol):
    """What commands are for."""

    def execute(self, command: bytes, data: bytes) -> tuple[int, bytes]:
        """Return the status and data for the computer, or raise ``Hung``."""
        ...

    def power_off(self) -> None:
        """Forget what needs power."""
        ...


@dataclass(slots=True, kw_only=True)
class _Command:
    """One command that is under way."""

    tag: int
    length: int
    reads: bool
    unit: int
    words: bytes
    data: bytes = b""


class MassStorage(Function):
    """A function with up to sixteen logical units."""

    def __init__(self, units: Sequence[Unit], *, interface: int = 0, pipe: int = 1) -> None:
        """Make the function.

        Args:
            units: by their number.
            interface: its number in the device.
            pipe: number of its two bulk endpoints.
        """
        super().__init__()
        self.units = tuple(units)
        self.hung = 0
        """How many commands were never answered."""
        self._to_computer = IN | pipe
        ends = tuple(Endpoint(address=at, transfer=Transfer.BULK) for at in (IN | pipe, pipe))
        self.interfaces = (Interface(number=interface, kind=KIND, endpoints=ends),)
        self._under_way: _Command | None = None

    def control(self, setup: Setup, data: bytes) -> bytes:
        """Say how many units there are, or begin anew."""
        del data
        if setup.request == GET_MAX_LUN and setup.request_type & IN:
            return bytes([len(self.units) - 1])
        if setup.request == RESET:
            self.reset()
            return b""
        raise Stall

    def reset(self) -> None:
        """Forget the command that is under way."""
        super().reset()
        self._under_way = None

    def power_off(self) -> None:
        """Forget what needs power, in every unit."""
        super().power_off()
        for unit in self.units:
            unit.power_off()

    def out(self, address: int, data: bytes) -> None:
        """Take a command or a part of its data; do the command once all is there."""
        del address
        if self._under_way is None:
            self._under_way = _parse(data)
        else:
            self._under_way.data += data
        command = self._under_way
        if command.reads or len(command.data) >= command.length:
            self._under_way = None
            self._do(command)

    def _do(self, command: _Command) -> None:
        try:
            status, data = self._execute(command)
        except Hung:
            self.hung += 1
            return
        moved = len(data := data[: command.length]) if command.reads else command.length
        if command.reads and command.length:
            self.push(self._to_computer, data.ljust(command.length, b"\0"))
        answer = (STATUS_MAGIC, command.tag, command.length - moved, status)
        self.push(self._to_computer, STATUS.pack(*answer))

    def _execute(self, command: _Command) -> tuple[int, bytes]:
        if command.unit >= len(self.units):
            return FAILED, b""
        return self.units[command.unit].execute(command.words, command.data)


def _parse(wrapper: bytes) -> _Command:
    """Read a command block wrapper.

    Raises:
        Stall: it is none.
    """
    if len(wrapper) != WRAPPER.size:
        raise Stall
    magic, tag, length, flags, unit, size, words = WRAPPER.unpack(wrapper)
    if magic != COMMAND_MAGIC or not 1 <= size <= len(words) or length > LIMIT_BYTES:
        raise Stall
    reads = bool(flags & IN) or length == 0
    return _Command(tag=tag, length=length, reads=reads, unit=unit, words=words[:size])
