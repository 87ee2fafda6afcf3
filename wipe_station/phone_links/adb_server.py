"""Speaks to phones through an adb server's socket. I/O.

Every call has a deadline for all of it and a limit for what may come back. A call names a phone by
the server's number for its connection (``AdbDevice.transport_id``): one that was pulled and came
back, or another one on the same port, has another number. Nothing else is asked of the server: no
forwarding, no installing, no root.
"""

import contextlib
import logging
import select
import socket
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Final, NoReturn, Self, TypeVar

from certs.text import Text
from wipe_station.errors import CommandRejectedError, CommandTimeoutError, DeviceGoneError
from wipe_station.phones import adb_server, adb_sync
from wipe_station.phones.adb_server import AdbDevice, LinkState, Refused
from wipe_station.phones.adb_shell import FEATURE, Collector, ShellEnd
from wipe_station.phones.adb_sync import Ask, FileStatus, Listing
from wipe_station.phones.reading import Reading

Value = TypeVar("Value")
Connect = Callable[[str, float], socket.socket]
"""Connects to the server and sends a first request, within so many seconds; raises ``OSError``."""
ANSWER_S: Final = 60.0
"""For a whole call; a full phone takes seconds to describe itself."""
MOST_SHELL_BYTES: Final = 4 << 20
SYNC_S: Final = 60.0
LIST: Final = "host:devices-l"
_FILE_MODE: Final = 0o644
_RECEIVE_BYTES: Final = 1 << 16
_MOST_CHARACTERS: Final = 128
_log = logging.getLogger(__name__)
_HINT: Final = Text(
    zh="看看线和手机：要亮屏、解锁、允许本机调试；再试一次。",
    en="Look at cable and phone: screen on, unlocked, this computer allowed; then try again.",
)


class Boot(Enum):
    """Where a phone is sent by a restart."""

    SYSTEM = ""
    BOOTLOADER = "bootloader"
    RECOVERY = "recovery"
    RESCUE = "rescue"


class AdbServer:
    """A running server, by its socket file; each call may take so long unless it says otherwise."""

    def __init__(
        self, path: Path, *, timeout_s: float = ANSWER_S, connect: Connect | None = None
    ) -> None:
        """Know a server.

        Args:
            path: of its socket.
            timeout_s: for a call.
            connect: for a process that must not connect by itself.
        """
        self._timeout_s = timeout_s
        self._connect = connect or partial(connected, path)
        self._odd: tuple[str, ...] = ()

    def begun(self, first: str, timeout_s: float) -> socket.socket:
        """Return a connection that has sent a first request, for another process.

        Nothing was read from it; raises ``OSError``.
        """
        return self._connect(first, timeout_s)

    def version(self) -> str:
        """Return the server's own version, as it writes it."""
        return self._host("host:version")

    def end(self) -> None:
        """Have the server end, and wait until it has."""
        with self._line("host:kill") as line:
            line.drain()

    def devices(self, *, timeout_s: float | None = None) -> tuple[AdbDevice, ...]:
        """Return the phones that it sees, in its order; what names none is logged, once."""
        said = adb_server.parse_devices(self._host(LIST, timeout_s))
        for line in said.odd:
            if line not in self._odd:
                _log.warning("adb lists what is no phone: %r", line[:_MOST_CHARACTERS])
        self._odd = said.odd
        return said.devices

    def track(
        self, stopped: Callable[[], bool], *, every_s: float = 1.0
    ) -> Generator[tuple[AdbDevice, ...], None, None]:
        """Return the list now and after each change.

        The server's own news get lost: a phone whose line broke was often still told as there
        (Debian's 29.0.6). So the list is asked for, too.

        Args:
            stopped: asked before each look whether to end.
            every_s: how often the list is asked for when there is no news.
        """
        with self._line("host:track-devices-l") as line:
            last: tuple[AdbDevice, ...] | None = None
            while not stopped():
                if line.waits(every_s):
                    line.until(self._timeout_s)
                    line.read(adb_server.read_text())
                seen = self.devices()
                if seen != last:
                    yield seen
                last = seen

    def at(self, usb_path: str) -> AdbDevice:
        """Return the phone on a USB port.

        Raises:
            DeviceGoneError: none is there.
        """
        for each in self.devices():
            if each.usb_path == usb_path:
                return each
        raise absent()

    def shell(
        self,
        device: AdbDevice,
        command: str,
        *,
        timeout_s: float | None = None,
        most_bytes: int = MOST_SHELL_BYTES,
    ) -> ShellEnd:
        """Run a command on a phone.

        Args:
            device: from the newest list.
            command: as the phone's own shell reads it.
            timeout_s: for all of it.
            most_bytes: of its output and error output together.

        Returns:
            its end; without a code where the line broke first, which says nothing about what the
            command has done.

        Raises:
            CommandRejectedError: the phone does not open a shell, or one without exit codes.
        """
        if FEATURE not in self.features(device):
            _rejected("shell_v2")
        with self._service(device, f"shell,v2,raw:{command}", timeout_s) as line:
            said = Collector(most_bytes)
            with contextlib.suppress(DeviceGoneError):
                line.read(said.read())
            return said.end

    def features(self, device: AdbDevice) -> frozenset[str]:
        """Return what this connection can do."""
        return adb_server.parse_features(self._host(of_features(device)))

    def status(self, device: AdbDevice, path: str) -> FileStatus | None:
        """Return what is at a path; None where there is nothing, or nothing may be seen."""
        with self._files(device) as line:
            line.send(adb_sync.request(Ask.STATUS, path))
            return line.read(adb_sync.read_status())

    def listing(self, device: AdbDevice, path: str, names: frozenset[str]) -> Listing:
        """Count what is in a folder, and look for names; an empty one may be a closed one."""
        with self._files(device) as line:
            line.send(adb_sync.request(Ask.LISTING, path))
            return line.read(adb_sync.read_listing(names))

    def push(
        self,
        device: AdbDevice,
        path: str,
        pieces: Iterable[bytes],
        *,
        timeout_s: float | None = None,
    ) -> None:
        """Write a file on a phone.

        Args:
            device: from the newest list.
            path: of the file; what was there is replaced.
            pieces: its bytes; they may be made while they are sent.
            timeout_s: for all of it.

        Raises:
            CommandRejectedError: the phone did not take it.
        """
        with self._files(device, timeout_s) as line:
            for part in adb_sync.upload(path, pieces, mode=_FILE_MODE, modified_s=int(time.time())):
                line.send(part)
            if not line.read(adb_sync.read_sent()):
                _rejected("SEND")

    def pull(self, device: AdbDevice, path: str, *, most_bytes: int) -> bytes | None:
        """Read a file of ours back; None where the phone refuses."""
        with self._files(device) as line:
            line.send(adb_sync.request(Ask.RECEIVE, path))
            return line.read(adb_sync.read_file(most_bytes))

    def reboot(self, device: AdbDevice, target: Boot = Boot.SYSTEM) -> None:
        """Have a phone start again; that it was told so is all that this says."""
        with self._service(device, f"reboot:{target.value}", None) as line:
            line.drain()

    def rescue_wipe(self, device: AdbDevice, *, timeout_s: float) -> bool:
        """Have a phone in rescue mode erase its owner's data; return whether it says so.

        Raises:
            CommandRejectedError: it does not know this, or the line broke behind the command.
            MalformedReplyError: it says neither yes nor no.
        """
        with self._service(device, adb_server.RESCUE_WIPE, timeout_s) as line:
            return line.read(adb_server.read_rescue_wiped())

    def _host(self, text: str, timeout_s: float | None = None) -> str:
        with self._line(text, timeout_s) as line:
            return line.read(adb_server.read_text())

    def _line(self, first: str, timeout_s: float | None = None) -> "_Line":
        """Return a connection whose first request was accepted."""
        return _Line(self._connect, first, self._timeout_s if timeout_s is None else timeout_s)

    @contextlib.contextmanager
    def _service(
        self, device: AdbDevice, service: str, timeout_s: float | None
    ) -> Iterator["_Line"]:
        require_allowed(device)
        with self._line(to_phone(device), timeout_s) as line:
            line.ask(service)
            yield line

    @contextlib.contextmanager
    def _files(self, device: AdbDevice, timeout_s: float | None = None) -> Iterator["_Line"]:
        with self._service(device, "sync:", timeout_s) as line:
            yield line
            with contextlib.suppress(DeviceGoneError):
                line.send(adb_sync.QUIT)


class _Line:
    """One connection to the server, with a moment at which it must be done."""

    def __init__(self, connect: Connect, first: str, timeout_s: float) -> None:
        self._until_s = 0.0
        self.until(timeout_s)
        try:
            self._socket = connect(first, max(timeout_s, 0.001))  # 0 would be "do not wait at all"
        except OSError as error:
            raise DeviceGoneError(
                Text(zh="adb 没有在运行。", en="adb is not running."),
                hint=Text(zh="重新启动工作站。", en="Start the station again."),
            ) from error
        try:
            self._accepted()
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def until(self, timeout_s: float) -> None:
        """Set the moment."""
        self._until_s = time.monotonic() + timeout_s

    def ask(self, text: str) -> None:
        """Send a request.

        Raises:
            CommandRejectedError: it was refused.
            DeviceGoneError: because the phone is not there.
        """
        self.send(adb_server.request(text))
        self._accepted()

    def _accepted(self) -> None:
        verdict = self.read(adb_server.read_verdict())
        if isinstance(verdict, Refused):
            if "not found" in verdict.words or "no device" in verdict.words:
                raise absent()
            _rejected(verdict.words)

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self._limited(lambda: self._socket.sendall(data))

    def read(self, reading: Reading[Value]) -> Value:
        """Read a value, exactly as many bytes as it needs."""
        try:
            wanted = next(reading)
            while True:
                wanted = reading.send(self._exactly(wanted))
        except StopIteration as end:
            value: Value = end.value
            return value

    def waits(self, seconds: float) -> bool:
        """Whether something has come, or comes within some seconds."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def drain(self) -> None:
        """Read up to the other side's end and keep nothing."""
        while self._limited(lambda: self._socket.recv(_RECEIVE_BYTES)):
            pass

    def _exactly(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            part = self._limited(partial(self._socket.recv, min(size - len(data), _RECEIVE_BYTES)))
            if not part:
                raise absent()
            data += part
        return bytes(data)

    def _limited(self, act: Callable[[], Value]) -> Value:
        left_s = self._until_s - time.monotonic()
        try:
            if left_s <= 0:
                raise TimeoutError
            self._socket.settimeout(left_s)
            return act()
        except TimeoutError as error:
            raise CommandTimeoutError(
                Text(zh="手机没有及时回答。", en="The phone did not answer in time."), hint=_HINT
            ) from error
        except OSError as error:
            raise absent() from error


def connected(path: Path, first: str, timeout_s: float) -> socket.socket:
    """Connect to a server and send a first request; raises ``OSError``."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.settimeout(timeout_s)
        made.connect(str(path))
        made.sendall(adb_server.request(first))
    except OSError:
        made.close()
        raise
    return made


def to_phone(device: AdbDevice) -> str:
    """Return the request after which a connection goes to one phone and no other."""
    return f"host:transport-id:{device.transport_id}"


def of_features(device: AdbDevice) -> str:
    """Return the request for what a phone's connection can do; nothing follows it."""
    return f"host-transport-id:{device.transport_id}:features"


def require_allowed(device: AdbDevice) -> None:
    """Check that a phone lets itself be spoken to.

    Raises:
        CommandRejectedError: its person has not allowed this computer, or the system shuts it off.
    """
    if device.state in (LinkState.UNAUTHORIZED, LinkState.NO_PERMISSIONS):
        _rejected(device.state.value)


def absent() -> DeviceGoneError:
    """Return the error for a phone that is not there."""
    return DeviceGoneError(Text(zh="手机不在了。", en="The phone is gone."), hint=_HINT)


def _rejected(what: str) -> NoReturn:
    raise CommandRejectedError(
        Text(zh=f"手机不让做（{what}）。", en=f"The phone does not allow it ({what})."), hint=_HINT
    )
