"""The client of an adb server: a line that breaks, hangs or lies ends in a declared error."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from wipe_station.detect.gate_rules import Phone
from wipe_station.errors import (
    CommandRejectedError,
    CommandTimeoutError,
    DeviceError,
    DeviceGoneError,
    InvalidInputError,
    MalformedReplyError,
    exit_code_of,
)
from wipe_station.phone_links import adb_process
from wipe_station.phone_links.adb_process import environment_of, started
from wipe_station.phone_links.adb_server import AdbServer
from wipe_station.phone_links.hand import Wants
from wipe_station.phone_links.presence import Presence, Program, Reach
from wipe_station.phones.adb_server import AdbDevice, LinkState
from wipe_station.phones.adb_shell import Packet, Stream
from wipe_station.phones.routes import Link
from wipe_station.phones.usb_mode_table import Mode

DEVICE = AdbDevice(serial="SIM1", state=LinkState.DEVICE, transport_id=1, usb_path="1-3")
OKAY = b"OKAY"
FEATURES = OKAY + b"0008shell_v2"
PATH = "/sdcard/Download"


@contextlib.contextmanager
def _server(*replies: bytes, hang: bool = False, timeout_s: float = 20.0) -> Iterator[AdbServer]:
    """Say one reply on each connection, then end it, or stay silent on it.

    Connections may overlap: each is served by a thread of its own.
    """
    with TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listening:
        path = Path(folder) / "s"
        listening.bind(str(path))
        listening.listen()

        def serve(line: socket.socket, reply: bytes) -> None:
            with line, contextlib.suppress(OSError):
                line.sendall(reply)
                if not hang:
                    line.shutdown(socket.SHUT_WR)
                while line.recv(1 << 16):
                    pass

        def accept() -> None:
            with contextlib.suppress(OSError), ThreadPoolExecutor() as lines:
                for reply in replies:
                    lines.submit(serve, listening.accept()[0], reply)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield AdbServer(path, timeout_s=timeout_s)
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _listed(lines: bytes) -> bytes:
    return b"%04x" % len(lines) + lines


def _packets(*packets: tuple[Stream, bytes]) -> bytes:
    return b"".join(Packet(stream=stream, data=data).encode() for stream, data in packets)


CALLS: dict[str, tuple[bytes, Callable[[AdbServer], object]]] = {
    "devices": (OKAY + b"0000", lambda s: s.devices()),
    "status": (
        OKAY * 2 + b"STAT" + struct.pack("<III", 0o100644, 1, 1),
        lambda s: s.status(DEVICE, PATH),
    ),
    "listing": (
        OKAY * 2 + b"DENT" + struct.pack("<4I", 1, 1, 1, 2) + b"xy" + b"DONE".ljust(20, b"\0"),
        lambda s: s.listing(DEVICE, PATH, frozenset()),
    ),
    "push": (OKAY * 3 + bytes(4), lambda s: s.push(DEVICE, PATH, [b"x"])),
    "pull": (
        OKAY * 2 + b"DATA\1\0\0\0xDONE\0\0\0\0",
        lambda s: s.pull(DEVICE, PATH, most_bytes=9),
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_call__line_breaks_at_each_byte__gone(name: str) -> None:
    """A cable pulled at any point of an answer is a phone that is gone, and nothing else."""
    reply, call = CALLS[name]
    with _server(reply) as server:
        call(server)
    for length in range(len(reply)):
        with _server(reply[:length]) as server, pytest.raises(DeviceGoneError):
            call(server)


@pytest.mark.parametrize("name", CALLS)
def test_call__silence__ends_in_time(name: str) -> None:
    """A phone that says nothing holds nobody up."""
    reply, call = CALLS[name]
    with (
        _server(reply[:-1], hang=True, timeout_s=0.05) as server,
        pytest.raises(CommandTimeoutError),
    ):
        call(server)


@pytest.mark.parametrize("name", CALLS)
def test_call__refused__rejected_or_gone(name: str) -> None:
    """The server's own no is told apart from a phone that is not there."""
    _, call = CALLS[name]
    refusals = {b"closed": CommandRejectedError, b"device 'x' not found": DeviceGoneError}
    for words, kind in refusals.items():
        with _server(b"FAIL%04x" % len(words) + words) as server, pytest.raises(kind):
            call(server)


@pytest.mark.parametrize("name", [name for name in CALLS if name != "devices"])
def test_call__garbage_behind_the_verdict__malformed(name: str) -> None:
    """Bytes that are no answer are none."""
    _, call = CALLS[name]
    with _server(OKAY * 2 + b"\xff" * 64) as server, pytest.raises(MalformedReplyError):
        call(server)


def test_shell__line_breaks_at_each_byte__no_exit_code() -> None:
    """A command whose line broke has no code: not 0, whatever it had said."""
    said = _packets((Stream.OUTPUT, b"OK"), (Stream.EXIT, b"\0"))
    for length in range(len(said)):
        with _server(FEATURES, OKAY * 2 + said[:length]) as server:
            assert server.shell(DEVICE, "x").code is None
    with _server(FEATURES, OKAY * 2 + said) as server:
        assert server.shell(DEVICE, "x").code == 0


def test_shell__more_than_allowed__malformed() -> None:
    """A phone cannot fill the station's memory."""
    said = _packets(*[(Stream.OUTPUT, b"x" * 50)] * 3)
    with _server(FEATURES, OKAY * 2 + said) as server, pytest.raises(MalformedReplyError):
        server.shell(DEVICE, "x", most_bytes=100)


def test_shell__silence__ends_in_time() -> None:
    """A command that hangs ends when its time is over."""
    with (
        _server(FEATURES, OKAY * 2, hang=True) as server,
        pytest.raises(CommandTimeoutError),
    ):
        server.shell(DEVICE, "x", timeout_s=0.05)


def test_shell__its_time_is_over_before_it_begins__ends_in_time() -> None:
    """A reading whose time is used up asks nothing more."""
    for timeout_s in (0.0, -1.0):
        with (
            _server(FEATURES, OKAY * 2, hang=True) as server,
            pytest.raises(CommandTimeoutError),
        ):
            server.shell(DEVICE, "x", timeout_s=timeout_s)


def test_shell__phone_without_exit_codes__refused() -> None:
    """A shell that mixes everything and has no code is not spoken."""
    with _server(OKAY + b"0003cmd") as server, pytest.raises(CommandRejectedError):
        server.shell(DEVICE, "x")


def test_call__not_authorised__refused_before_anything_is_sent() -> None:
    """Nobody waits for a phone that has not allowed this computer."""
    shut = AdbDevice(serial="S", state=LinkState.UNAUTHORIZED, transport_id=1, usb_path=None)
    with pytest.raises(CommandRejectedError):
        AdbServer(Path("/nonexistent")).status(shut, PATH)


def test_server__not_there__gone() -> None:
    """No server is a phone that cannot be reached."""
    with pytest.raises(DeviceGoneError) as gone:
        AdbServer(Path("/nonexistent")).devices()
    assert exit_code_of(gone.value) == 5


def test_at__two_phones_with_one_serial__each_by_its_port() -> None:
    """The port tells them apart; an empty one is nobody."""
    lines = "".join(
        f"SIM1                   device usb:{port} transport_id:{number}\n"
        for number, port in enumerate(("1-3", "1-4"), 1)
    )
    reply = OKAY + _listed(lines.encode())
    with _server(reply, reply, reply) as server:
        assert server.at("1-3").transport_id == 1
        assert server.at("1-4").transport_id == 2
        with pytest.raises(DeviceGoneError):
            server.at("1-5")


def test_devices__one_phones_serial_breaks_its_line__others_listed_and_it_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A phone that cannot be listed costs itself, and somebody can see why."""
    broken = b"A\nB device usb:1-4 transport_id:2\n"
    listed = OKAY + _listed(broken + b"SIM1 device usb:1-3 transport_id:1\n")
    with _server(listed, listed, listed) as server:
        assert [server.devices(), server.devices()] == [(DEVICE,), (DEVICE,)]
        assert server.at("1-3") == DEVICE
    assert [record.args for record in caplog.records] == [
        (line,) for line in broken.decode().splitlines()
    ]


def test_track__list_changes__each_told_in_turn() -> None:
    """Arrivals and departures come without asking; a server that ends is gone."""
    one = _listed(b"SIM1 device usb:1-3 transport_id:1\n")
    with _server(OKAY + b"0000" * 2, OKAY + b"0000", OKAY + one) as server:
        seen = server.track(lambda: False)
        assert next(seen) == ()
        assert [each.usb_path for each in next(seen)] == ["1-3"]
        with pytest.raises(DeviceGoneError):
            next(seen)


def test_track__no_news_of_a_departure__told_all_the_same() -> None:
    """News get lost: the list is asked for, too, and told once for each change."""
    one = OKAY + _listed(b"SIM1 device usb:1-3 transport_id:1\n")
    gone = OKAY + _listed(b"SIM1 offline usb:1-3 transport_id:1\n")
    with (
        _server(OKAY, one, one, one, gone, hang=True) as server,
        contextlib.closing(server.track(lambda: False, every_s=0.001)) as seen,
    ):
        assert [each.state for each in next(seen)] == [LinkState.DEVICE]
        assert [each.state for each in next(seen)] == [LinkState.OFFLINE]


def test_started__folder_that_others_may_enter__refused(tmp_path: Path) -> None:
    """Whoever reaches the socket can erase phones: the folder is the station's alone."""
    tmp_path.chmod(0o755)
    with pytest.raises(InvalidInputError), started(tmp_path):
        pass
    with pytest.raises(InvalidInputError), started(tmp_path / ("x" * 100)):
        pass


def test_started__program_missing_or_broken__said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No adb, and one that ends at once, are errors with a next step."""
    for program in ("no-such-program", "false"):
        monkeypatch.setattr(adb_process, "PROGRAM", program)
        with TemporaryDirectory() as folder:
            starting = started(Path(folder) / "adb")
            with pytest.raises(DeviceError) as told, starting:
                pass
        assert told.value.hint.en
    assert set(environment_of(tmp_path)) >= {"HOME", "PATH"}


@pytest.mark.parametrize(
    ("word", "links", "wants"),
    [
        ("device", {Link.ADB, Link.MTP}, None),
        ("unauthorized", {Link.MTP}, Wants.DEBUGGING),
        ("offline", {Link.MTP}, None),
        ("recovery", {Link.MTP}, None),
    ],
)
def test_presence__phone_on_usb__found_by_its_port(
    word: str, links: set[Link], wants: Wants | None
) -> None:
    """The gate's port and adb's are one name; what adb sees elsewhere is no phone's here."""
    lines = (
        f"R58N12ABCDE            {word} usb:1-4.2 transport_id:7\n"
        "R58N99ABCDE            device usb:1-4.3 transport_id:8\n"
    )
    phone = Phone(port="1-4.2", bay=None, product="Sim", mode=Mode.MTP_ADB)
    with _server(OKAY + _listed(lines.encode())) as server:
        (here,) = Presence(lambda: (phone,), Reach(adb=server)).look()
    assert set(here.links) == links
    assert here.also_wants is wants
    assert here.wants is None
    assert set(here.hand().links) == links - ({Link.MTP} if word == "device" else set())


def test_presence__list_that_nobody_understands__as_if_adb_did_not_run() -> None:
    """Garbage from a program, or from a phone through it, hides no other phone."""
    phone = Phone(port="1-4.2", bay=None, product="Sim", mode=Mode.MTP_ADB)
    with _server(OKAY + b"zzzz") as server:
        (here,) = Presence(lambda: (phone,), Reach(adb=server)).look()
    assert here.missing is Program.ADB
    assert set(here.links) == {Link.MTP}
