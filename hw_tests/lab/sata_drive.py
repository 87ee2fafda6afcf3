"""A SATA drive as its commands show it: identity, hidden sectors, security, SANITIZE. No transport.

Its medium holds all native sectors; a host protected area hides the last of them. What lies is
switched on by an attribute: a drive whose ``erase_lies`` says that it has erased, and has not.
Reads and writes are the bridge's business (``sat_bridge``); whoever carries them asks ``locked``
and ``accessible_sectors`` first.

Source: ATA/ATAPI Command Set 3 (ACS-3): IDENTIFY DEVICE, the Security and the Sanitize feature
sets; ACS-2 for READ NATIVE MAX ADDRESS and SET MAX ADDRESS, which later editions dropped.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from hw_tests.lab.owners import SECTOR_BYTES
from hw_tests.lab.served_medium import ServedMedium


class Ata(IntEnum):
    """Commands by their opcodes."""

    READ_NATIVE_MAX_EXT = 0x27
    SET_MAX_EXT = 0x37
    SANITIZE = 0xB4
    CHECK_POWER_MODE = 0xE5
    FLUSH_CACHE = 0xE7
    FLUSH_CACHE_EXT = 0xEA
    IDENTIFY = 0xEC
    SECURITY_SET_PASSWORD = 0xF1
    SECURITY_UNLOCK = 0xF2
    SECURITY_ERASE_PREPARE = 0xF3
    SECURITY_ERASE_UNIT = 0xF4
    SECURITY_FREEZE = 0xF5
    SECURITY_DISABLE_PASSWORD = 0xF6
    READ_NATIVE_MAX = 0xF8
    SET_MAX = 0xF9


class Sanitize(IntEnum):
    """What SANITIZE DEVICE does, by its feature."""

    STATUS = 0x00
    CRYPTO_SCRAMBLE = 0x11
    BLOCK_ERASE = 0x12
    OVERWRITE = 0x14


SANITIZE_KEYS: Final = {
    Sanitize.CRYPTO_SCRAMBLE: 0x43727970,
    Sanitize.BLOCK_ERASE: 0x426B4572,
}
"""What the LBA must hold, so that nothing is erased by mistake; an overwrite has it further up."""
OVERWRITE_KEY: Final = 0x4F57
SANITIZED_WELL: Final = 1 << 15
SANITIZE_RUNS: Final = 1 << 14
ALL_DONE: Final = 0xFFFF
MASTER: Final = 1
"""Bit of the first word of a security command: it is the master's password."""
NON_ROTATING: Final = 1
IDENTIFY_WORDS: Final = 256


class Aborted(Exception):  # noqa: N818 - ATA's word
    """The drive refused a command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taskfile:
    """A command's registers; with ``extended`` they are wider."""

    command: int
    features: int = 0
    count: int = 0
    lba: int = 0
    device: int = 0
    extended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A command's data and the registers after it."""

    data: bytes = b""
    count: int = 0
    lba: int = 0


@dataclass(slots=True, kw_only=True)
class Security:
    """State of the Security feature set."""

    password: bytes | None = None
    locked: bool = False
    frozen: bool = False
    prepared: bool = False

    @property
    def enabled(self) -> bool:
        """Whether a user's password is set."""
        return self.password is not None


class SataDrive:
    """One drive; its commands are called one at a time."""

    def __init__(
        self,
        medium: ServedMedium,
        *,
        serial: str,
        model: str = "LAB SATA SSD",
        hidden_bytes: int = 0,
        frozen: bool = False,
    ) -> None:
        """Make a drive that has just got power.

        Args:
            medium: all of its sectors.
            serial: at most 20 characters.
            model: at most 40 characters.
            hidden_bytes: the last of them are behind a host protected area.
            frozen: whether something freezes its security as soon as it has power.
        """
        self.medium = medium
        self.serial, self.model = serial, model
        self.accessible_sectors = self.native_sectors - hidden_bytes // SECTOR_BYTES
        self.security = Security(frozen=frozen)
        self.erase_lies = False
        self.sanitize_polls = 0
        """So often the next SANITIZE says that it still runs."""
        self.asked: list[int] = []
        """Every opcode so far."""
        self._freezes = frozen
        self._sanitized = False
        self._polls_left = 0
        security = self._secure
        self._commands: dict[int, Command] = {
            Ata.IDENTIFY: lambda _, __: Answer(data=self.identify()),
            Ata.CHECK_POWER_MODE: lambda _, __: Answer(count=0xFF),
            Ata.FLUSH_CACHE: self._flush,
            Ata.FLUSH_CACHE_EXT: self._flush,
            Ata.READ_NATIVE_MAX: lambda _, __: Answer(lba=self.native_sectors - 1),
            Ata.READ_NATIVE_MAX_EXT: lambda _, __: Answer(lba=self.native_sectors - 1),
            Ata.SET_MAX: self._set_max,
            Ata.SET_MAX_EXT: self._set_max,
            Ata.SECURITY_SET_PASSWORD: security,
            Ata.SECURITY_UNLOCK: security,
            Ata.SECURITY_ERASE_PREPARE: security,
            Ata.SECURITY_ERASE_UNIT: security,
            Ata.SECURITY_FREEZE: security,
            Ata.SECURITY_DISABLE_PASSWORD: security,
            Ata.SANITIZE: self._sanitize,
        }

    @property
    def native_sectors(self) -> int:
        """How many sectors there are."""
        return self.medium.size_bytes // SECTOR_BYTES

    @property
    def locked(self) -> bool:
        """Whether reads and writes are refused."""
        return self.security.locked

    @property
    def sanitizing(self) -> bool:
        """Whether a SANITIZE still runs."""
        return self._polls_left > 0

    def power_off(self) -> None:
        """Take the power away: a drive with a password locks itself, and a freeze is over."""
        state = self.security
        state.locked, state.frozen, state.prepared = state.enabled, self._freezes, False

    def command(self, task: Taskfile, data: bytes) -> Answer:
        """Do a command other than reads and writes.

        Raises:
            Aborted: the drive does not know it, or does not want it now.
        """
        self.asked.append(task.command)
        known = self._commands.get(task.command)
        if known is None or (self.sanitizing and task.command not in (Ata.SANITIZE, Ata.IDENTIFY)):
            raise Aborted
        return known(task, data)

    def identify(self) -> bytes:
        """Return the 512 bytes of IDENTIFY DEVICE."""
        words = [0] * IDENTIFY_WORDS
        for at, count, text in ((10, 10, self.serial), (23, 4, "1.0"), (27, 20, self.model)):
            words[at : at + count] = struct.unpack(
                f">{count}H", f"{text:<40}"[: count * 2].encode()
            )
        words[0] = 0x40  # a fixed drive
        words[49], words[53] = 0x0300, 6  # LBA and DMA; words 64 to 70 and 88 are valid
        reachable = min(self.accessible_sectors, (1 << 28) - 1)
        words[60:62] = reachable & 0xFFFF, reachable >> 16
        words[80] = 0x03F0  # up to ACS-3
        self._state_features(words)
        words[100:104] = struct.unpack("<4H", struct.pack("<Q", self.accessible_sectors))
        words[217] = NON_ROTATING
        raw = bytearray(struct.pack(f"<{IDENTIFY_WORDS}H", *words))
        raw[510] = 0xA5  # a checksum follows
        raw[511] = -sum(raw[:511]) & 0xFF
        return bytes(raw)

    # --- inside ------------------------------------------------------------------------------

    def _state_features(self, words: list[int]) -> None:
        state = self.security
        always = 1 << 14
        # Sanitize (12): crypto scramble (13), overwrite (14), block erase (15).
        words[59] = 0b1111 << 12
        # Security (1), write cache (5), host protected area (10).
        words[82] = 1 << 1 | 1 << 5 | 1 << 10
        words[85] = state.enabled << 1 | 1 << 5 | 1 << 10
        # 48 bits (10), both flushes (12, 13).
        words[83] = always | 1 << 10 | 1 << 12 | 1 << 13
        words[86] = 1 << 10 | 1 << 12 | 1 << 13
        words[84] = words[87] = always
        words[89] = words[90] = 1  # two minutes for either erase
        enhanced = 1 << 5
        words[128] = 1 | state.enabled << 1 | state.locked << 2 | state.frozen << 3 | enhanced

    def _flush(self, _: Taskfile, __: bytes) -> Answer:
        self.medium.flush()
        return Answer()

    def _set_max(self, task: Taskfile, _: bytes) -> Answer:
        """Move the end of what can be reached."""
        if task.lba >= self.native_sectors:
            raise Aborted
        self.accessible_sectors = task.lba + 1
        return Answer(lba=task.lba)

    def _secure(self, task: Taskfile, data: bytes) -> Answer:
        """Do a command of the Security feature set."""
        state = self.security
        if task.command == Ata.SECURITY_FREEZE:
            state.frozen = True
            return Answer()
        if state.frozen:
            raise Aborted
        prepared, state.prepared = state.prepared, task.command == Ata.SECURITY_ERASE_PREPARE
        if state.prepared:
            return Answer()
        password = data[2:34]
        if task.command == Ata.SECURITY_SET_PASSWORD:
            if state.locked or data[0] & MASTER:
                raise Aborted  # a master's password is nothing that anybody here needs
            state.password = password
            return Answer()
        if password != state.password:
            raise Aborted
        if task.command == Ata.SECURITY_ERASE_UNIT:
            if not prepared:
                raise Aborted
            self._erase()
        state.locked = False
        if task.command != Ata.SECURITY_UNLOCK:
            state.password = None
        return Answer()

    def _erase(self) -> None:
        """Erase all native sectors, hidden or not, or only say so."""
        if not self.erase_lies:
            self.medium.erase(self.medium.size_bytes)

    def _sanitize(self, task: Taskfile, _: bytes) -> Answer:
        """Erase all there is, hidden or not, or tell how far that is."""
        if task.features == Sanitize.STATUS:
            return self._sanitize_status()
        key = SANITIZE_KEYS.get(task.features)  # type: ignore[call-overload] # an int may be none
        rightly = task.lba == key
        if task.features == Sanitize.OVERWRITE:
            rightly = task.lba >> 32 == OVERWRITE_KEY
        if not rightly or self.sanitizing:
            raise Aborted
        self._polls_left, self._sanitized = self.sanitize_polls, True
        self._erase()
        return self._sanitize_status()

    def _sanitize_status(self) -> Answer:
        if not self.sanitizing:
            return Answer(count=SANITIZED_WELL * self._sanitized, lba=ALL_DONE)
        progress = ALL_DONE * (self.sanitize_polls - self._polls_left) // (self.sanitize_polls + 1)
        self._polls_left -= 1
        return Answer(count=SANITIZE_RUNS, lba=progress)


Command = Callable[[Taskfile, bytes], Answer]
