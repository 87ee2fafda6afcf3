"""What a computer can open on a simulated Android phone: a shell, its files, a restart. Pure."""

import re
import stat
import struct
from collections.abc import Callable
from typing import Final

from hw_tests.phones.android import FOLDERS, AndroidPhone, Lie, Mode, Rescue
from hw_tests.phones.android_words import GARBAGE, answer, entries
from wipe_station.phones.adb_shell import Packet, Stream
from wipe_station.phones.adb_sync import CHUNK_BYTES
from wipe_station.phones.reading import Fed, Reading

_WORDS: Final = {
    Rescue.ERASES: b"DONEDONE",
    Rescue.REFUSES: b"FAILFAIL",
    Rescue.GARBAGE: b"yes, my dear",
}
_MOST_PATH_BYTES: Final = 1024


class Closed(Exception):  # noqa: N818 - what the protocol calls it
    """The phone does not open that."""


def _nothing() -> None:
    """Nothing follows."""


class Service:
    """One opened service: bytes in, bytes out, and what is done when it is over."""

    def __init__(self, then: Callable[[], None] = _nothing) -> None:
        self._then = then
        self._out = bytearray()
        self.over = False

    def write(self, data: bytes) -> None:
        """Say something."""
        self._out += data

    def said(self) -> bytes:
        """Return what was said since the last time."""
        data = bytes(self._out)
        self._out.clear()
        return data

    def feed(self, data: bytes) -> None:
        """Take what the computer sends; most services want nothing."""

    def closed(self) -> None:
        """Act, once: the stream has ended on either side."""
        then, self._then = self._then, _nothing
        then()


def opened(phone: AndroidPhone, name: str) -> Service:
    """Open a service by its name.

    Raises:
        Closed: it is none of this phone's now.
    """
    kind, _, rest = name.partition(":")
    if phone.trade_in and not rest.startswith("tradeinmode "):
        raise Closed
    if kind.startswith("shell,v2") and phone.mode is Mode.SYSTEM:
        return _shell(phone, rest)
    if kind == "sync" and phone.mode is Mode.SYSTEM:
        return _Files(phone)
    if kind == "reboot":
        return _reboot(phone, rest)
    knows = phone.rescue is not Rescue.UNKNOWN
    if kind == "rescue-wipe" and phone.mode is Mode.RESCUE and knows:
        target, _, size = rest.partition(":")
        if target == "userdata" and re.fullmatch(r"[0-9]{1,4}", size):
            return _rescue_wipe(phone, int(size))
    raise Closed


def _shell(phone: AndroidPhone, command: str) -> Service:
    if phone.lying and phone.lie is Lie.SILENT:
        return Service()
    end = answer(phone, command)
    service = Service(phone.restart if phone.must_restart else _nothing)
    for stream, data in ((Stream.OUTPUT, end.output), (Stream.ERRORS, end.errors)):
        if data:
            service.write(Packet(stream=stream, data=data).encode())
    assert end.code is not None, "a simulated command has ended"
    service.write(Packet(stream=Stream.EXIT, data=bytes([end.code])).encode())
    service.over = True
    return service


def _reboot(phone: AndroidPhone, target: str) -> Service:
    phone.commands.append(f"reboot:{target}")
    mode = next((each for each in Mode if each.value == target), Mode.SYSTEM)
    if mode is Mode.RESCUE and phone.rescue is Rescue.NONE:
        mode = Mode.SYSTEM
    service = Service(lambda: phone.restart(mode))
    service.over = True
    return service


def _rescue_wipe(phone: AndroidPhone, size: int) -> Service:
    phone.commands.append("rescue-wipe")
    service = Service()
    if phone.rescue is Rescue.ERASES:
        phone.erase_from_outside()
    if phone.rescue is not Rescue.SILENT:
        service.write(_WORDS[phone.rescue].ljust(size, b"\0")[:size])
        service.over = True
    return service


class _Files(Service):
    """The file service, version 1; with a refusal it ends, as Debian's ``adbd`` 34 does."""

    def __init__(self, phone: AndroidPhone) -> None:
        super().__init__()
        self._phone = phone
        self._refused = False
        self._reading = Fed(self._requests())

    def feed(self, data: bytes) -> None:
        if self._phone.lying and self._phone.lie is Lie.NOISE:
            self.write(GARBAGE)
            return
        self.over = self._reading.feed(data)

    def _requests(self) -> Reading[None]:
        while not self._refused:
            word, size = struct.unpack("<4sI", (yield 8))
            if size > _MOST_PATH_BYTES:
                self._fail(b"path too long")
                return
            path = (yield size).decode("utf-8", "replace")
            if word == b"QUIT":
                return
            if word == b"SEND":
                yield from self._receive(path)
            elif word in self._answers:
                self._answers[word](self, path)
            else:
                self._fail()

    def _receive(self, named: str) -> Reading[None]:
        content = bytearray()
        while True:
            word, size = struct.unpack("<4sI", (yield 8))
            if word == b"DONE":
                break
            if word != b"DATA" or size > CHUNK_BYTES:
                self._fail()
                return
            content += yield size
        path = named.rpartition(",")[0]
        if self._closed or len(content) > self._phone.free_bytes:
            self._fail()
            return
        self._phone.files[path] = bytes(content)
        self.write(b"OKAY\0\0\0\0")

    @property
    def _closed(self) -> bool:
        return self._phone.lying and self._phone.lie is Lie.CLOSED

    def _fail(self, words: bytes = b"no such file, or no permission") -> None:
        self._refused = True
        self.write(b"FAIL" + struct.pack("<I", len(words)) + words)

    def _status(self, path: str) -> None:
        folder, _, name = path.rstrip("/").rpartition("/")
        if path == FOLDERS[0]:
            self.write(b"STAT" + struct.pack("<III", stat.S_IFLNK | 0o777, 0, 1))
            return
        size = -1 if path == f"{FOLDERS[0]}/" else entries(self._phone, folder).get(name)
        self.write(b"STAT" + _described(size))

    def _list(self, path: str) -> None:
        seen = entries(self._phone, path)
        if seen or (path.rstrip("/") in FOLDERS and not self._closed):
            seen = dict.fromkeys((".", ".."), -1) | seen  # a real one lists them, too
        for name, size in seen.items():
            encoded = name.encode()
            self.write(b"DENT" + _described(size) + struct.pack("<I", len(encoded)) + encoded)
        self.write(b"DONE".ljust(20, b"\0"))

    def _send(self, path: str) -> None:
        content = None if self._closed else self._phone.files.get(path)
        if content is None:
            self._fail()
            return
        for at in range(0, len(content), CHUNK_BYTES):
            part = content[at : at + CHUNK_BYTES]
            self.write(b"DATA" + struct.pack("<I", len(part)) + part)
        self.write(b"DONE\0\0\0\0")

    _answers: Final = {b"STAT": _status, b"LIST": _list, b"RECV": _send}


def _described(size: int | None) -> bytes:
    """Return mode, size and time; zeros for nothing."""
    if size is None:
        return bytes(12)
    mode = stat.S_IFDIR | 0o755 if size < 0 else stat.S_IFREG | 0o644
    return struct.pack("<III", mode, max(size, 0), 1)
