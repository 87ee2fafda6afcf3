"""A phone that shows its files over MTP: honest, locked, read only, lying, silent, babbling. Pure.

Source: ISO 15740 and MTP 1.1, by memory; Debian's ``mtp-detect`` and ``mtp-files`` are held against
it in the lab.
"""

import struct
from collections.abc import Callable
from enum import Enum
from typing import Final

from hw_tests.phones.flash import Flash

HEAD: Final = struct.Struct("<IHHI")
SERIAL: Final = "SIMMTP001"
MODEL: Final = "Sim Phone"
STORAGE: Final = 0x00010001
COMMAND, DATA, RESPONSE = 1, 2, 3
OK, NO_SESSION, NOT_SUPPORTED, NO_STORAGE, NO_OBJECT, READ_ONLY, DENIED = (
    *(0x2001, 0x2003, 0x2005, 0x2008, 0x2009),
    *(0x200E, 0x200F),
)
ALREADY_OPEN: Final = 0x201E
ROOT: Final = 0xFFFFFFFF
FILE, FOLDER = 0x3000, 0x3001
OPERATIONS: Final = (
    *(0x1001, 0x1002, 0x1003, 0x1004, 0x1005, 0x1006, 0x1007),
    *(0x1008, 0x1009, 0x100B, 0x100C, 0x100D),
)
LONGEST: Final = 4 << 20
Said = tuple[bytes | None, tuple[int, ...]]
"""Data if there are any, and parameters of the response."""


class Manner(Enum):
    """How a phone answers."""

    HONEST = "honest"
    LOCKED_SCREEN = "locked-screen"
    """It shows no storage."""
    READ_ONLY = "read-only"
    DROPS = "drops"
    """It says that it has taken a file, and has not."""
    HIDES_A_NAME = "hides-a-name"
    """It refuses to say what one of its objects is called."""
    MUTE = "mute"
    BABBLES = "babbles"
    PHOTOS_ONLY = "photos-only"
    """It is set to give photos: PTP, as a camera."""


class Refusal(Exception):  # noqa: N818 - a response code and no fault of ours
    """Ends an operation with a code."""

    def __init__(self, code: int) -> None:
        super().__init__(hex(code))
        self.code = code


def text(said: str) -> bytes:
    """Return a text as MTP writes it."""
    return bytes([len(said) + 1]) + f"{said}\0".encode("utf-16-le") if said else b"\0"


def numbers(size: int, values: tuple[int, ...]) -> bytes:
    """Return a list as MTP writes it."""
    body = b"".join(value.to_bytes(size, "little") for value in values)
    return struct.pack("<I", len(values)) + body


class MtpEngine:
    """One responder; fed with bytes, cut anywhere."""

    def __init__(
        self,
        flash: Flash,
        send: Callable[[bytes], None],
        *,
        manner: Manner = Manner.HONEST,
        model: str = MODEL,
        serial: str = SERIAL,
    ) -> None:
        """Make a phone.

        Args:
            flash: what it holds.
            send: takes each container of an answer.
            manner: how it answers.
            model: what it calls itself.
            serial: what it says over MTP, which need not be its own.
        """
        self.flash, self.manner = flash, manner
        self._model, self._serial = model, serial
        self.asked: list[int] = []
        """Codes of all operations so far."""
        self._send = send
        self._names: dict[int, str] = {}
        self.reset()

    def reset(self) -> None:
        """Forget the session, as on being plugged in anew."""
        self._buffer = bytearray()
        self._in_session = False
        self._command: tuple[int, int, tuple[int, ...]] | None = None
        self._coming: str | None = None

    def feed(self, data: bytes) -> None:
        """Take what the computer sent."""
        self._buffer += data
        while len(self._buffer) >= HEAD.size:
            length, kind, code, number = HEAD.unpack_from(self._buffer)
            if not HEAD.size <= length <= LONGEST:
                self._buffer.clear()
                return
            if len(self._buffer) < length:
                return
            body = bytes(self._buffer[HEAD.size : length])
            del self._buffer[:length]
            self._container(kind, code, number, body)

    # --- containers --------------------------------------------------------------------------

    def _container(self, kind: int, code: int, number: int, body: bytes) -> None:
        if kind == COMMAND:
            parameters = struct.unpack(f"<{len(body) // 4}I", body[: len(body) // 4 * 4])
            self.asked.append(code)
            self._command = (code, number, parameters)
            if code not in {0x100C, 0x100D}:
                self._answer(b"")
        elif kind == DATA and self._command:
            self._answer(body)

    def _answer(self, body: bytes) -> None:
        assert self._command is not None, "a command came before"
        code, number, parameters = self._command
        self._command = None
        if self.manner is Manner.MUTE:
            return
        if self.manner is Manner.BABBLES and code != 0x1002:
            self._send(HEAD.pack(HEAD.size, 9, code, number))
            return
        try:
            data, said = self._done(code, parameters, body)
        except Refusal as refusal:
            self._send(HEAD.pack(HEAD.size, RESPONSE, refusal.code, number))
            return
        if data is not None:
            self._send(HEAD.pack(HEAD.size + len(data), DATA, code, number) + data)
        words = struct.pack(f"<{len(said)}I", *said)
        self._send(HEAD.pack(HEAD.size + len(words), RESPONSE, OK, number) + words)

    def _done(self, code: int, parameters: tuple[int, ...], body: bytes) -> Said:
        """Return the data and the parameters that an operation answers with."""
        one, two, three = (*parameters, 0, 0, 0)[:3]
        answers: dict[int, Callable[[], Said]] = {
            0x1001: lambda: (self._device_info(), ()),
            0x1002: lambda: self._session(begins=True),
            0x1003: lambda: self._session(begins=False),
            0x1004: lambda: (numbers(4, self._storages()), ()),
            0x1005: lambda: (self._storage_info(one), ()),
            0x1006: lambda: (None, (len(self._handles(one, three)),)),
            0x1007: lambda: (numbers(4, self._handles(one, three)), ()),
            0x1008: lambda: (self._object_info(one), ()),
            0x1009: lambda: (self.flash.files[self._name(one)], ()),
            0x100B: lambda: self._deleted(one),
            0x100C: lambda: (None, (STORAGE, two or ROOT, self._announced(one, two, body))),
            0x100D: lambda: self._sent(body),
        }
        if code not in answers:
            raise Refusal(NOT_SUPPORTED)
        if code not in {0x1001, 0x1002} and not self._in_session:
            raise Refusal(NO_SESSION)
        return answers[code]()

    def _session(self, *, begins: bool) -> Said:
        if begins and self._in_session:
            raise Refusal(ALREADY_OPEN)
        self._in_session = begins
        return None, ()

    # --- what it holds -----------------------------------------------------------------------

    def _device_info(self) -> bytes:
        camera = self.manner is Manner.PHOTOS_ONLY
        head = struct.pack("<HIH", 100, 0 if camera else 6, 100)
        described = text("" if camera else "microsoft.com: 1.0; android.com: 1.0;")
        lists = b"".join(numbers(2, each) for each in (OPERATIONS, (), (), (), (FILE, FOLDER)))
        words = b"".join(map(text, ("Sim Maker", self._model, "1.0", self._serial)))
        return head + described + struct.pack("<H", 0) + lists + words

    def _storages(self) -> tuple[int, ...]:
        return () if self.manner is Manner.LOCKED_SCREEN else (STORAGE,)

    def _storage_info(self, storage: int) -> bytes:
        if storage not in self._storages():
            raise Refusal(NO_STORAGE)
        access = 1 if self.manner is Manner.READ_ONLY else 0
        size, free = self.flash.size_bytes, self.flash.size_bytes - self.flash.used_bytes
        head = struct.pack("<HHHQQI", 3, 2, access, size, free, 0xFFFFFFFF)
        return head + text("Internal shared storage") + text("The owner's name")

    def _handles(self, storage: int, parent: int) -> tuple[int, ...]:
        if storage not in {*self._storages(), ROOT}:
            raise Refusal(NO_STORAGE)
        if parent == 0:  # all of it
            return tuple(map(self._handle, self.flash.files))
        head = "" if parent == ROOT else f"{self._name(parent)}/"
        inside = [name.removeprefix(head) for name in self.flash.files if name.startswith(head)]
        return tuple(self._handle(head + name) for name in inside if "/" not in name)

    def _handle(self, name: str) -> int:
        """Return the number of an object, which it keeps."""
        for handle, each in self._names.items():
            if each == name:
                return handle
        self._names[len(self._names) + 1] = name
        return len(self._names)

    def _name(self, handle: int) -> str:
        name = self._names.get(handle, "")
        if name not in self.flash.files:
            raise Refusal(NO_OBJECT)
        return name

    def _object_info(self, handle: int) -> bytes:
        name = self._name(handle)
        if self.manner is Manner.HIDES_A_NAME and handle == 2:
            raise Refusal(DENIED)
        size = len(self.flash.files[name])
        kind = FILE if size else FOLDER
        folder, _, own = name.rpartition("/")
        head = struct.pack("<IHHIH", STORAGE, kind, 0, size, 0) + bytes(4 * 6)
        parent = self._handle(folder) if folder else 0
        association = struct.pack("<IHII", parent, 0 if size else 1, 0, 0)
        return head + association + text(own) + text("20260101T120000") * 2 + b"\0"

    def _announced(self, storage: int, parent: int, body: bytes) -> int:
        if self.manner is Manner.READ_ONLY:
            raise Refusal(READ_ONLY)
        if storage not in self._storages():
            raise Refusal(NO_STORAGE)
        units = body[52]
        name = body[53 : 53 + 2 * units].decode("utf-16-le").rstrip("\0")
        folder = "" if parent in {0, ROOT} else f"{self._name(parent)}/"
        self._coming = folder + name
        return self._handle(self._coming)

    def _sent(self, body: bytes) -> Said:
        if self._coming is None:
            raise Refusal(NO_OBJECT)
        if self.manner is not Manner.DROPS:
            self.flash.files[self._coming] = body
        self._coming = None
        return None, ()

    def _deleted(self, handle: int) -> Said:
        del self.flash.files[self._name(handle)]
        return None, ()
