"""Packets of adb's shell protocol, version 2: output, error output and exit code apart. Pure.

Version 1 mixes them and has no exit code: it is not spoken, and Android before 7 therefore not.

Source: AOSP packages/modules/adb, shell_protocol.h.
"""

import struct
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final

from wipe_station.errors import MalformedReplyError
from wipe_station.phones.reading import Reading

FEATURE: Final = "shell_v2"
MOST_PACKET_BYTES: Final = 1 << 20
_HEADER_BYTES: Final = 5


class Stream(Enum):
    """What a packet carries."""

    INPUT = 0
    OUTPUT = 1
    ERRORS = 2
    EXIT = 3
    CLOSE_INPUT = 4
    WINDOW_SIZE = 5


_STREAMS: Final = MappingProxyType({each.value: each for each in Stream})


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One packet; what it carries is never shown."""

    stream: Stream
    data: bytes = field(default=b"", repr=False)

    def encode(self) -> bytes:
        """Return the packet's bytes."""
        return struct.pack("<BI", self.stream.value, len(self.data)) + self.data


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellEnd:
    """What a command left behind; what it said may hold a person's data and is never shown."""

    code: int | None
    """Its exit code; None where the line ended before it was said, so nothing is known."""
    output: bytes = field(default=b"", repr=False)
    errors: bytes = field(default=b"", repr=False)


def read_packet(*, most_bytes: int = MOST_PACKET_BYTES) -> Reading[Packet]:
    """Read one packet.

    Raises:
        MalformedReplyError: an unknown stream, or a length beyond the limit.
    """
    number, size = struct.unpack("<BI", (yield _HEADER_BYTES))
    stream = _STREAMS.get(number)
    if stream is None:
        raise _malformed(0, "stream")
    if size > most_bytes:
        raise _malformed(1, "length")
    return Packet(stream=stream, data=(yield size))


class Collector:
    """What a command says, packet by packet, up to a limit."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._output = bytearray()
        self._errors = bytearray()
        self._code: int | None = None

    @property
    def end(self) -> ShellEnd:
        """Return what is known by now."""
        return ShellEnd(code=self._code, output=bytes(self._output), errors=bytes(self._errors))

    def read(self) -> Reading[ShellEnd]:
        """Read up to the exit code.

        Raises:
            MalformedReplyError: see ``read_packet``; more than the limit in all, a stream that only
                a computer sends, or an exit code that is not one byte.
        """
        while self._code is None:
            said = len(self._output) + len(self._errors)
            packet = yield from read_packet(most_bytes=max(self._most_bytes - said, 1))
            if packet.stream is Stream.OUTPUT:
                self._output += packet.data
            elif packet.stream is Stream.ERRORS:
                self._errors += packet.data
            elif packet.stream is Stream.EXIT and len(packet.data) == 1:
                self._code = packet.data[0]
            else:
                raise _malformed(0, "stream")
            if len(self._output) + len(self._errors) > self._most_bytes:
                raise _malformed(1, "length")
        return self.end


def _malformed(offset: int, what: str) -> MalformedReplyError:
    return MalformedReplyError("adb shell", offset=offset, field=what)
