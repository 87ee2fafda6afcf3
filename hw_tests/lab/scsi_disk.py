"""A SCSI disk: what usb-storage and sd ask of one, over a scripted medium. I/O by its medium only.

Faults of the medium become sense data, by the number that the script names: a bad sector is
3/11h or 3/0Ch (medium error), a protection error B/10h, a full thin device 7/27h/07h.

Source: SCSI Block Commands (SBC-3), SCSI Primary Commands (SPC-4).
"""

import errno
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from hw_tests.lab.medium import MediumFault
from hw_tests.lab.owners import SECTOR_BYTES
from hw_tests.lab.served_medium import ServedMedium

GOOD: Final = 0
CHECK_CONDITION: Final = 1
"""As a bulk-only status: the command failed, ask why."""


class Opcode(IntEnum):
    """First byte of a command."""

    TEST_UNIT_READY = 0x00
    REQUEST_SENSE = 0x03
    INQUIRY = 0x12
    MODE_SENSE_6 = 0x1A
    START_STOP_UNIT = 0x1B
    PREVENT_REMOVAL = 0x1E
    READ_CAPACITY_10 = 0x25
    READ_10 = 0x28
    WRITE_10 = 0x2A
    SYNCHRONIZE_CACHE_10 = 0x35
    MODE_SENSE_10 = 0x5A
    READ_16 = 0x88
    WRITE_16 = 0x8A
    SERVICE_ACTION_IN_16 = 0x9E


READS: Final = frozenset({Opcode.READ_10, Opcode.READ_16})
Command = Callable[[bytes, bytes], bytes]
"""Takes sixteen bytes of a command, and data; returns data."""
LONG: Final = frozenset({Opcode.READ_16, Opcode.WRITE_16})

CACHING_PAGE: Final = bytes([0x08, 0x12, 0x04]).ljust(20, b"\0")
"""There is a write cache: without it the kernel flushes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sense:
    """Why a command failed."""

    key: int
    asc: int = 0
    ascq: int = 0
    descriptor: bytes = b""
    """Makes it sense data in the format of descriptors."""

    def encode(self) -> bytes:
        """Return the bytes that REQUEST SENSE returns."""
        if self.descriptor:
            head = (0x72, self.key, self.asc, self.ascq, 0, 0, 0, len(self.descriptor))
            return bytes(head) + self.descriptor
        fixed = (0x70, 0, self.key, bytes(4), 10, bytes(4), self.asc, self.ascq, bytes(4))
        return struct.pack("<BBB4sB4sBB4s", *fixed)


class CheckCondition(Exception):  # noqa: N818 - SCSI's word
    """A command ended with sense data."""

    def __init__(self, sense: Sense, data: bytes = b"") -> None:
        super().__init__(sense)
        self.sense = sense
        self.data = data
        """What the command returned all the same."""


NO_SENSE: Final = Sense(key=0)
NO_MEDIUM: Final = Sense(key=2, asc=0x3A)
UNREAD: Final = Sense(key=3, asc=0x11)
UNWRITTEN: Final = Sense(key=3, asc=0x0C)
NOT_READY: Final = Sense(key=2, asc=0x04, ascq=0x03)
"""Somebody must look at it; the kernel repeats what is a hardware error, for minutes."""
INVALID_COMMAND: Final = Sense(key=5, asc=0x20)
OUT_OF_RANGE: Final = Sense(key=5, asc=0x21)
INVALID_FIELD: Final = Sense(key=5, asc=0x24)
MEDIUM_CHANGED: Final = Sense(key=6, asc=0x28)
WRITE_PROTECTED: Final = Sense(key=7, asc=0x27)
FAULTS: Final = {
    errno.ENODEV: NOT_READY,
    errno.ENOSPC: Sense(key=7, asc=0x27, ascq=0x07),
    errno.EILSEQ: Sense(key=0x0B, asc=0x10, ascq=0x01),
}
"""What else than a bad sector a script's error number is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What INQUIRY returns; shortened and padded as the command has it."""

    vendor: str = "LAB"
    product: str = "DISK"
    revision: str = "1.0"

    def encode(self) -> bytes:
        """Return the 28 bytes of the three names."""
        names = f"{self.vendor:<8.8}{self.product:<16.16}{self.revision:<4.4}"
        return names.encode("ascii")


class ScsiDisk:
    """One logical unit. Whoever carries commands to it calls ``execute``."""

    def __init__(
        self, medium: ServedMedium | None, words: Words | None = None, *, removable: bool = False
    ) -> None:
        """Make a disk.

        Args:
            medium: None is an empty slot.
            words: its names.
            removable: whether the medium can be changed.
        """
        self.medium = medium
        self.words = words or Words()
        self.removable = removable
        self.write_protected = False
        self.asked: list[int] = []
        """Every opcode so far."""
        self.sense = NO_SENSE
        self._attention: Sense | None = None
        self._commands: dict[int, Command] = {
            Opcode.TEST_UNIT_READY: self._ready,
            Opcode.REQUEST_SENSE: self._request_sense,
            Opcode.INQUIRY: self._inquiry,
            Opcode.MODE_SENSE_6: self._mode_sense_6,
            Opcode.MODE_SENSE_10: self._mode_sense_10,
            Opcode.START_STOP_UNIT: self._nothing,
            Opcode.PREVENT_REMOVAL: self._nothing,
            Opcode.READ_CAPACITY_10: self._read_capacity_10,
            Opcode.SERVICE_ACTION_IN_16: self._read_capacity_16,
            Opcode.SYNCHRONIZE_CACHE_10: self._flush,
            Opcode.READ_10: self._move,
            Opcode.READ_16: self._move,
            Opcode.WRITE_10: self._move,
            Opcode.WRITE_16: self._move,
        }

    def execute(self, command: bytes, data: bytes) -> tuple[int, bytes]:
        """Do a command.

        Args:
            command: 6 to 16 bytes.
            data: what the computer sent along.

        Returns:
            status of the bulk-only transport, and data for the computer.

        Raises:
            Hung: there is never an answer.
        """
        self.asked.append(command[0])
        try:
            self._raise_attention(command[0])
            return GOOD, self.do(command.ljust(16, b"\0"), data)
        except CheckCondition as condition:
            self.sense = condition.sense
            return CHECK_CONDITION, condition.data

    def do(self, command: bytes, data: bytes) -> bytes:
        """Do a command that nothing stands in the way of; sixteen bytes of it.

        Raises:
            CheckCondition: it failed.
        """
        known = self._commands.get(command[0])
        if known is None:
            raise CheckCondition(INVALID_COMMAND)
        return known(command, data)

    def change_medium(self, medium: ServedMedium | None) -> None:
        """Take the medium out, or put another one in; the next command learns of a new one."""
        self.medium = medium
        self._attention = None if medium is None else MEDIUM_CHANGED

    def power_off(self) -> None:
        """Lose what a unit without power forgets."""
        self.sense, self._attention = NO_SENSE, None

    def vital_product_data(self) -> dict[int, bytes]:
        """Return pages without their headers; page 0, which lists them, comes by itself."""
        return {}

    @property
    def sectors(self) -> int:
        """How many sectors can be reached.

        Raises:
            CheckCondition: there is no medium.
        """
        return self._present().size_bytes // SECTOR_BYTES

    # --- inside ------------------------------------------------------------------------------

    def _raise_attention(self, opcode: int) -> None:
        if self._attention is not None and opcode not in (Opcode.INQUIRY, Opcode.REQUEST_SENSE):
            news, self._attention = self._attention, None
            raise CheckCondition(news)

    def _present(self) -> ServedMedium:
        if self.medium is None:
            raise CheckCondition(NO_MEDIUM)
        return self.medium

    def _ready(self, _: bytes, __: bytes) -> bytes:
        self._present()
        return b""

    def _nothing(self, _: bytes, __: bytes) -> bytes:
        return b""

    def _request_sense(self, _: bytes, __: bytes) -> bytes:
        told, self.sense = self.sense, NO_SENSE
        return told.encode()

    def _inquiry(self, command: bytes, _: bytes) -> bytes:
        if command[1] & 1:
            return self._page(command[2])
        return bytes([0, 0x80 * self.removable, 6, 2, 31, 0, 0, 0]) + self.words.encode()

    def _page(self, number: int) -> bytes:
        pages = self.vital_product_data()
        pages |= {0: bytes(sorted({0, *pages}))}
        if number not in pages:
            raise CheckCondition(INVALID_FIELD)
        return bytes([0, number]) + struct.pack(">H", len(pages[number])) + pages[number]

    def _mode_sense_6(self, _: bytes, __: bytes) -> bytes:
        page = CACHING_PAGE
        return bytes([3 + len(page), 0, 0x80 * self.write_protected, 0]) + page

    def _mode_sense_10(self, _: bytes, __: bytes) -> bytes:
        page = CACHING_PAGE
        head = (0, 6 + len(page), 0, 0x80 * self.write_protected, 0, 0, 0, 0)
        return bytes(head) + page

    def _read_capacity_10(self, _: bytes, __: bytes) -> bytes:
        return struct.pack(">II", self.sectors - 1, SECTOR_BYTES)

    def _read_capacity_16(self, command: bytes, _: bytes) -> bytes:
        if command[1] & 0x1F != 0x10:
            raise CheckCondition(INVALID_COMMAND)
        return struct.pack(">QI20x", self.sectors - 1, SECTOR_BYTES)

    def _flush(self, _: bytes, __: bytes) -> bytes:
        try:
            self._present().flush()
        except MediumFault as fault:
            raise CheckCondition(FAULTS.get(fault.number, UNWRITTEN)) from fault
        return b""

    def _move(self, command: bytes, data: bytes) -> bytes:
        """Read or write sectors."""
        reads = command[0] in READS
        form = ">2xQI2x" if command[0] in LONG else ">2xIxH7x"
        first, count = struct.unpack(form, command)
        medium = self._present()
        if first + count > self.sectors:
            raise CheckCondition(OUT_OF_RANGE)
        if not reads and self.write_protected:
            raise CheckCondition(WRITE_PROTECTED)
        if count == 0:
            return b""
        try:
            if reads:
                return medium.read(first * SECTOR_BYTES, count * SECTOR_BYTES)
            medium.write(first * SECTOR_BYTES, data[: count * SECTOR_BYTES])
        except MediumFault as fault:
            usual = UNREAD if reads else UNWRITTEN
            raise CheckCondition(FAULTS.get(fault.number, usual)) from fault
        return b""
