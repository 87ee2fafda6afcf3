"""The iPhone's side of the cable: ports of its own over two bulk endpoints. No I/O.

1. The computer states the newest version that it speaks, in a packet with a short header; the phone
   answers with the one that both speak.
2. From version 2 on the header has a mark and counters, and the computer sends a set-up packet.
3. Then come packets that look like TCP without an Internet below: SYN to a port of the phone, SYN
   and ACK back, data with ACK alone, RST to end or to refuse. Windows count 256 bytes a unit.

A phone that does not understand a packet says so in a packet of its own; ``complaints`` keeps that.
How a real phone ends a line, and what it complains about, is not known here.

Source: what usbmuxd 1.1.1 sends and takes (its ``src/device.c`` and ``src/usb.c``), read for the
format; sizes and counters are the computer's, a real phone's own may differ.
"""

import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Final

from hw_tests.phones.apple_engines import Engine, engine_at
from hw_tests.phones.iphone import IPhone
from wipe_station.errors import MalformedReplyError

SHORT: Final = struct.Struct(">II")
"""Kind and length of the whole packet."""
LONG: Final = struct.Struct(">IIIHH")
"""The same, then a mark and two counters: packets sent, and the last one seen."""
VERSION: Final = struct.Struct(">III")
TCP: Final = struct.Struct(">HHIIBBHHH")
MARK: Final = 0xFEEDFACE
SET_UP: Final = b"\x07"
WORDS: Final = 5
"""Of four bytes, in the header of a line's packet."""
MOST_BYTES: Final = 3 * 16384
"""The computer sends no longer packet."""
MOST_SENT_BYTES: Final = 16384 - LONG.size - TCP.size
"""Of data in a packet, which the computer then reads in one transfer."""
WINDOW: Final = 0x200
"""128 KiB."""
_ERROR: Final = b"\x03"


class Kind(IntEnum):
    """What a packet is about."""

    VERSION = 0
    CONTROL = 1
    SET_UP = 2
    TCP = 6


class Flag(IntFlag):
    """What a line's packet says."""

    FIN = 1
    SYN = 2
    RST = 4
    ACK = 16


@dataclass(slots=True, kw_only=True)
class _Line:
    """One connection, from a port of the computer's to a port of the phone's."""

    engine: Engine | None = None
    sent: int = 0
    """Number of the next byte to send."""
    seen: int = 0
    """Number of the next byte to come."""
    acknowledged: int = 0
    window_bytes: int = 0
    waiting: bytearray = field(default_factory=bytearray)
    ends: bool = False
    """After all that waits."""


class MuxEngine:
    """What stands behind the two endpoints between one plugging-in, or one version, and the next.

    Args:
        phone: whose ports these are.
        send: takes a packet, which is a transfer of its own.
        newest: the newest version that the phone speaks.
    """

    def __init__(self, phone: IPhone, send: Callable[[bytes], None], newest: int = 2) -> None:
        self.complaints: list[str] = []
        """What the computer said that it must not say."""
        self._phone, self._send, self._newest = phone, send, newest
        self._came = bytearray()
        self._start(version=0)

    def _start(self, version: int) -> None:
        self.version = version
        self._sent_packets, self._seen_packet = 0, 0xFFFF
        self._lines: dict[tuple[int, int], _Line] = {}

    @property
    def lines(self) -> int:
        """How many lines are open."""
        return len(self._lines)

    def feed(self, data: bytes) -> None:
        """Take a part of a packet, or several: long ones come in pieces."""
        self._came += data
        while len(self._came) >= SHORT.size:
            kind, length = SHORT.unpack_from(self._came)
            if not SHORT.size <= length <= MOST_BYTES:
                self._came.clear()
                self._complain(f"a packet of {length} bytes")
                return
            if len(self._came) < length:
                return
            packet = bytes(self._came[:length])
            del self._came[:length]
            self._take(kind, packet)

    def _take(self, kind: int, packet: bytes) -> None:
        if kind == Kind.VERSION:
            self._agree(packet[SHORT.size :])
            return
        body = self._body(packet)
        if body is None or self.version == 0:
            self._complain(f"a packet of kind {kind} with a wrong head")
        elif kind == Kind.SET_UP and body == SET_UP:
            pass  # what it stands for is not known
        elif kind == Kind.TCP and len(body) >= TCP.size:
            self._take_tcp(body)
        else:
            self._complain(f"a packet of kind {kind}")

    def _body(self, packet: bytes) -> bytes | None:
        """Return what follows the head; None where that is wrong."""
        if self.version < 2:
            return packet[SHORT.size :]
        if len(packet) < LONG.size:
            return None
        _, _, mark, number, _ = LONG.unpack_from(packet)
        expected = (self._seen_packet + 1) & 0xFFFF
        self._seen_packet = number
        return packet[LONG.size :] if (mark, number) == (MARK, expected) else None

    def _agree(self, body: bytes) -> None:
        """Begin anew, as the computer does; whatever lines there were are gone."""
        if len(body) != VERSION.size:
            self._complain("a version of a wrong length")
            return
        newest, _, _ = VERSION.unpack(body)
        self._start(version=0)
        agreed = min(newest, self._newest)
        self._put(Kind.VERSION, VERSION.pack(agreed, 0, 0))
        self._start(version=agreed)

    # --- lines --------------------------------------------------------------------------------

    def _take_tcp(self, body: bytes) -> None:
        theirs, ours, number, acknowledged, _, flags, window, _, _ = TCP.unpack_from(body)
        ends, data = (theirs, ours), body[TCP.size :]
        line = self._lines.get(ends)
        if flags == Flag.SYN and line is None:
            self._open(ends, number, window)
        elif line is None:
            if not flags & Flag.RST:
                self._say(ends, _Line(seen=number), Flag.RST)
        elif flags != Flag.ACK:
            del self._lines[ends]
        elif number != line.seen:
            self._complain(f"byte {number} on a line that waits for {line.seen}")
            self._cut(ends, line)
        else:
            line.acknowledged, line.window_bytes = acknowledged, window << 8
            self._hear(ends, line, data)

    def _open(self, ends: tuple[int, int], number: int, window: int) -> None:
        line = _Line(seen=number + 1, window_bytes=window << 8)
        line.engine = engine_at(
            self._phone,
            ends[1],
            lambda data: self._queue(ends, line, data),
            lambda: self._end(ends, line),
        )
        if line.engine is None:
            self._say(ends, line, Flag.RST)
            return
        self._lines[ends] = line
        self._say(ends, line, Flag.SYN | Flag.ACK)
        line.sent = line.acknowledged = 1
        self._pump(ends, line)

    def _hear(self, ends: tuple[int, int], line: _Line, data: bytes) -> None:
        """Take data, or the word that some of ours has come."""
        assert line.engine is not None, "a line that was opened"
        if data:
            line.seen += len(data)
            self._say(ends, line, Flag.ACK)
            try:
                line.engine.feed(data)
            except (ssl.SSLError, MalformedReplyError):
                self._cut(ends, line)  # a host that speaks no protocol
        self._pump(ends, line)

    def _queue(self, ends: tuple[int, int], line: _Line, data: bytes) -> None:
        line.waiting += data
        self._pump(ends, line)

    def _end(self, ends: tuple[int, int], line: _Line) -> None:
        line.ends = True
        self._pump(ends, line)

    def _pump(self, ends: tuple[int, int], line: _Line) -> None:
        """Send as much as the computer has room for."""
        if self._lines.get(ends) is not line:
            return  # it ended meanwhile, or its end of the cable is gone
        while line.waiting:
            room = line.window_bytes - (line.sent - line.acknowledged)
            data = bytes(line.waiting[: min(max(room, 0), MOST_SENT_BYTES)])
            if not data:
                return
            del line.waiting[: len(data)]
            self._say(ends, line, Flag.ACK, data)
            line.sent += len(data)
        if line.ends:
            self._cut(ends, line)

    def _cut(self, ends: tuple[int, int], line: _Line) -> None:
        if self._lines.pop(ends, None) is not None:
            self._say(ends, line, Flag.RST)

    def _say(self, ends: tuple[int, int], line: _Line, flags: int, data: bytes = b"") -> None:
        theirs, ours = ends
        numbers = (line.sent & 0xFFFFFFFF, line.seen & 0xFFFFFFFF)
        head = TCP.pack(ours, theirs, *numbers, WORDS << 4, flags, WINDOW, 0, 0)
        self._put(Kind.TCP, head + data)

    # --- packets ------------------------------------------------------------------------------

    def _complain(self, about: str) -> None:
        self.complaints.append(about)
        if self.version:
            self._put(Kind.CONTROL, _ERROR + about.encode())

    def _put(self, kind: Kind, body: bytes) -> None:
        if self.version < 2:
            self._send(SHORT.pack(kind, SHORT.size + len(body)) + body)
            return
        counters = (self._sent_packets & 0xFFFF, self._seen_packet)
        self._send(LONG.pack(kind, LONG.size + len(body), MARK, *counters) + body)
        self._sent_packets += 1
