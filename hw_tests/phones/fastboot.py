"""A boot loader: variables, erase, reboot; honest, locked, lying, silent or babbling. I/O.

Source: fastboot's README in AOSP. Debian's ``fastboot`` is held against it.
"""

import contextlib
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from threading import Thread
from typing import Final

from hw_tests.phones.flash import Flash

GREETING: Final = b"FB01"
LENGTH: Final = struct.Struct(">Q")
SERIAL: Final = "SIMFB0001"
ANSWER_BYTES: Final = 256
COMMAND_BYTES: Final = 4096
_REBOOTS: Final = ("reboot", "reboot-bootloader", "reboot-recovery", "reboot-fastboot")


class Manner(Enum):
    """How a phone answers."""

    HONEST = "honest"
    LOCKED = "locked"
    """It erases nothing, and says so."""
    LIES = "lies"
    """It says OKAY and erases nothing."""
    MUTE = "mute"
    """It takes an erase and never answers."""
    BABBLES = "babbles"
    """It answers an erase with what is no answer."""
    LATE = "late"
    """It answers an erase when it is asked the next thing, and that one later still."""
    LEAVES = "leaves"
    """It is pulled in the middle of an erase."""


class FastbootEngine:
    """One boot loader; fed with packets."""

    def __init__(
        self,
        flash: Flash,
        send: Callable[[bytes], None],
        *,
        manner: Manner = Manner.HONEST,
        has_metadata: bool = True,
        leave: Callable[[], None] = lambda: None,
    ) -> None:
        """Make a phone.

        Args:
            flash: what it holds.
            send: takes each packet of an answer.
            manner: how it answers.
            has_metadata: whether it has that partition.
            leave: called when it drops off its port.
        """
        self.flash = flash
        self.commands: list[str] = []
        self.gone_to: str | None = None
        """The last reboot that it was told."""
        self._send, self._leave = send, leave
        self._manner, self._has_metadata = manner, has_metadata
        self._late: list[bytes] = []
        self.variables = {
            "version": "0.4",
            "product": "simphone",
            "serialno": SERIAL,
            "secure": "yes",
            "unlocked": "no" if manner is Manner.LOCKED else "yes",
            "is-userspace": "no",
            "max-download-size": "0x1000000",
            "slot-count": "0",
            "has-slot:userdata": "no",
            "has-slot:metadata": "no",
            "partition-type:userdata": "f2fs",
            "partition-size:userdata": hex(flash.size_bytes),
            "version-bootloader": "sim-1.0",
            "battery-soc-ok": "yes",
        }
        if has_metadata:
            self.variables |= {"partition-type:metadata": "ext4"}

    def feed(self, packet: bytes) -> None:
        """Take one command and answer it."""
        command = packet[:COMMAND_BYTES].decode("ascii", "replace")
        self.commands.append(command)
        word, _, argument = command.partition(":")
        if self._late:
            self._say(self._late.pop())
        if word == "getvar":
            self._getvar(argument)
        elif word == "erase":
            self._erase(argument)
        elif command in _REBOOTS:
            self.gone_to = command
            self._say(b"OKAY")
            self._leave()
        else:
            self._say(b"FAIL", "unknown command")

    def _say(self, word: bytes, text: str = "") -> None:
        self._send((word + text.encode())[:ANSWER_BYTES])

    def _getvar(self, name: str) -> None:
        if name == "all":
            for each, value in self.variables.items():
                self._say(b"INFO", f"{each}: {value}")
            self._say(b"OKAY")
        elif name in self.variables:
            self._say(b"OKAY", self.variables[name])
        else:
            self._say(b"FAIL", "GetVar Variable Not found")

    def _erase(self, partition: str) -> None:
        there = {"userdata", "cache"} | ({"metadata"} if self._has_metadata else set())
        if self._manner is Manner.LOCKED:
            self._say(b"FAIL", "Erase is not allowed in Lock State")
        elif partition not in there:
            self._say(b"FAIL", f"partition {partition} does not exist")
        elif self._manner is Manner.BABBLES:
            self._say(b"YEAH", "done")
        elif self._manner is Manner.LEAVES:
            self._say(b"INFO", "erasing")
            self._leave()
        elif self._manner is Manner.LATE:
            self._late.append(b"OKAY")
        elif self._manner is not Manner.MUTE:
            if self._manner is Manner.HONEST:
                self.flash.erase(partition)
            self._say(b"INFO", f"erasing {partition}")
            self._say(b"OKAY")


# --- TCP -----------------------------------------------------------------------------------------


class TcpPhone:
    """A boot loader that listens on a port of this machine, for one client after the other."""

    def __init__(
        self,
        flash: Flash,
        manner: Manner,
        *,
        has_metadata: bool = True,
        left: Callable[[], None] = lambda: None,
    ) -> None:
        """Listen; ``serve`` answers, and ``left`` is told when it drops off its port."""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._client: socket.socket | None = None
        self._left = left
        self.engine = FastbootEngine(
            flash, self._send, manner=manner, has_metadata=has_metadata, leave=self._leave
        )

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listening.getsockname()[1])

    def serve(self) -> None:
        """Answer until ``close``."""
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self._client = client
            with client, contextlib.suppress(OSError, EOFError):
                self._serve(client)

    def close(self) -> None:
        """Listen no more, and end what is being answered."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._hang_up()

    def _serve(self, client: socket.socket) -> None:
        client.sendall(GREETING)
        if _exactly(client, len(GREETING))[:2] != GREETING[:2]:
            return
        while True:
            (length,) = LENGTH.unpack(_exactly(client, LENGTH.size))
            if length > COMMAND_BYTES:
                return
            self.engine.feed(_exactly(client, length))

    def _send(self, packet: bytes) -> None:
        assert self._client is not None, "a command came from it"
        self._client.sendall(LENGTH.pack(len(packet)) + packet)

    def _leave(self) -> None:
        self._hang_up()
        self._left()

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            if self._client is not None:
                self._client.shutdown(socket.SHUT_RDWR)


def _exactly(client: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        more = client.recv(length - len(data))
        if not more:
            raise EOFError
        data += more
    return data


@contextmanager
def listening(flash: Flash, manner: Manner, *, has_metadata: bool = True) -> Iterator[TcpPhone]:
    """Have a boot loader listen for a while."""
    phone = TcpPhone(flash, manner, has_metadata=has_metadata)
    aside = Thread(target=phone.serve)
    aside.start()
    try:
        yield phone
    finally:
        phone.close()
        aside.join()
