"""The simulated iPhone's side of the cable, without one: versions, lines, windows, nonsense."""

import plistlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_tests.phones.apple_engines import LOCKDOWN_PORT
from hw_tests.phones.apple_mux import (
    LONG,
    MARK,
    SET_UP,
    SHORT,
    TCP,
    VERSION,
    Flag,
    Kind,
    MuxEngine,
)
from hw_tests.phones.iphone import IPhone
from wipe_station.phones.frames import plist_frame, plist_splitter

OURS = 7
Packet = tuple[int, int, int, int, bytes]
"""Flags, number, acknowledged, window in bytes, data."""


class Host:
    """A computer as usbmuxd is one, with a phone on its cable."""

    def __init__(self, newest: int = 2) -> None:
        self.packets: list[bytes] = []
        self.phone = IPhone()
        self.engine = MuxEngine(self.phone, self.packets.append, newest)
        self._sent = 0
        self.port, self.window = LOCKDOWN_PORT, 512
        self.engine.feed(SHORT.pack(Kind.VERSION, 20) + VERSION.pack(2, 0, 0))
        if self.engine.version == 2:
            self.engine.feed(self.packet(Kind.SET_UP, SET_UP))

    def packet(self, kind: int, body: bytes) -> bytes:
        """Return a packet, with the head that was agreed on."""
        if self.engine.version < 2:
            return SHORT.pack(kind, SHORT.size + len(body)) + body
        self._sent += 1
        return LONG.pack(kind, LONG.size + len(body), MARK, self._sent - 1, 0xFFFF) + body

    def tcp(self, flags: int, number: int, seen: int, data: bytes = b"") -> bytes:
        """Return a packet of a line."""
        head = TCP.pack(OURS, self.port, number, seen, 0x50, flags, self.window, 0, 0)
        return self.packet(Kind.TCP, head + data)

    def came(self) -> list[Packet]:
        """Return all packets of lines that came since, checked by their heads."""
        head = SHORT.size if self.engine.version < 2 else LONG.size
        found = []
        for packet in self.packets:
            kind, length = SHORT.unpack_from(packet)
            assert length == len(packet)
            if kind == Kind.TCP:
                _, theirs, number, seen, _, flags, window, _, _ = TCP.unpack_from(packet, head)
                assert theirs == OURS
                found.append((flags, number, seen, window << 8, packet[head + TCP.size :]))
        self.packets.clear()
        return found

    def opened(self) -> None:
        """Open a line to the doorkeeper."""
        self.engine.feed(self.tcp(Flag.SYN, 0, 0))
        ((flags, number, seen, window, data),) = self.came()
        assert (flags, number, seen, data) == (Flag.SYN | Flag.ACK, 0, 1, b"")
        assert window > 0
        self.engine.feed(self.tcp(Flag.ACK, 1, 1))
        assert self.came() == []


def asked(request: str = "QueryType") -> bytes:
    """Return a question to the doorkeeper."""
    return plist_frame(plistlib.dumps({"Request": request, "Label": "test"}))


@pytest.mark.parametrize("newest", [1, 2])
def test_line__whole_question_in_pieces__acknowledged_and_answered(newest: int) -> None:
    """In both versions, however the cable cuts packets and the computer cuts what it says."""
    host = Host(newest)
    assert host.engine.version == newest
    host.opened()
    said, at = asked(), 1
    for piece in (said[:3], said[3:]):
        packet = host.tcp(Flag.ACK, at, 1, piece)
        for start, end in pairwise((0, 1, 9, len(packet))):
            host.engine.feed(packet[start:end])
        at += len(piece)
    answers = host.came()
    assert [(flags, seen) for flags, _, seen, _, _ in answers][:2] == [(16, 4), (16, at)]
    (frame,) = plist_splitter("test").feed(b"".join(data for *_, data in answers))
    assert plistlib.loads(frame.body)["Type"] == "com.apple.mobile.lockdown"
    host.engine.feed(host.tcp(Flag.RST, at, 1))
    assert (host.engine.lines, host.engine.complaints, host.came()) == (0, [], [])


def test_line__no_room_at_the_computers__waits_for_it() -> None:
    """Nothing is sent beyond the window, and all of it is once there is room."""
    host = Host()
    host.window = 1
    host.opened()
    host.engine.feed(host.tcp(Flag.ACK, 1, 1, asked("GetValue")))
    first = b"".join(data for *_, data in host.came())
    assert len(first) == 256
    at = 1 + len(asked("GetValue"))
    host.window = 512
    host.engine.feed(host.tcp(Flag.ACK, at, 257))
    rest = host.came()
    assert rest[0][1] == 257
    (frame,) = plist_splitter("test").feed(first + b"".join(data for *_, data in rest))
    assert plistlib.loads(frame.body)["Value"]["DeviceClass"] == "iPhone"


def test_line__nobody_listens__refused() -> None:
    """A port that no service was opened on says so at once."""
    host = Host()
    host.port = 1
    host.engine.feed(host.tcp(Flag.SYN, 0, 0))
    assert [flags for flags, *_ in host.came()] == [Flag.RST]
    assert host.engine.lines == 0


def test_line__a_byte_is_missing__cut_and_told() -> None:
    """What cannot follow on what came ends the line."""
    host = Host()
    host.opened()
    host.engine.feed(host.tcp(Flag.ACK, 2, 1, b"x"))
    assert [flags for flags, *_ in host.came()] == [Flag.RST]
    assert len(host.engine.complaints) == 1


def test_version__said_anew__all_lines_are_gone() -> None:
    """Another usbmuxd begins where the one before ended, and is told of no line of it."""
    host = Host()
    host.opened()
    host.engine.feed(SHORT.pack(Kind.VERSION, 20) + VERSION.pack(2, 0, 0))
    assert (host.engine.lines, host.engine.complaints) == (0, [])
    assert SHORT.unpack_from(host.packets[-1]) == (Kind.VERSION, 20)


def test_packet__counter_or_mark_wrong__complained_of() -> None:
    """A computer that loses packets is told so, and goes on."""
    host = Host()
    host.packet(Kind.SET_UP, SET_UP)  # it is lost on its way
    host.engine.feed(host.tcp(Flag.SYN, 0, 0))
    assert (len(host.engine.complaints), host.came()) == (1, [])
    host.engine.feed(host.tcp(Flag.SYN, 0, 0))
    assert len(host.came()) == 1


@given(st.lists(st.binary(max_size=80), max_size=8))
def test_engine__any_bytes__what_comes_back_are_packets(told: list[bytes]) -> None:
    """Nothing that a computer says upsets it."""
    host = Host()
    for each in told:
        host.engine.feed(each)
    host.came()
