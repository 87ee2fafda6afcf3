"""The daemon's side of a phone's child: start it, send it on errands, end it. I/O.

What it says is parsed with limits, and believed in its form alone. It may ask for what its errand
needs: connections to its phone, or bytes through the phone's USB interface, which the daemon holds
and does not look into; the port's USB serial; to have the phone paired. One that dies, hangs, asks
without end or says rubbish is an error about its phone, and is ended.
"""

import logging
import os
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from threading import Lock
from typing import Final

from certs.text import Text
from wipe_station.accounts import PHONE_CHILD, PHONE_PAIRING, Account
from wipe_station.errors import DeviceError, MalformedReplyError
from wipe_station.phone_links.adb_server import LIST, AdbServer
from wipe_station.phone_links.android_fill import STEP_S
from wipe_station.phone_links.channel import Channel
from wipe_station.phone_links.errand import Act, Ask, Errand, Listed, error_in, fault_of
from wipe_station.phone_links.fastboot import ERASE_S
from wipe_station.phone_links.hand import Tell, Wants
from wipe_station.phone_links.iphone import PAIR_S
from wipe_station.phone_links.mtp import Pipe
from wipe_station.phone_links.usbmux import Usbmux
from wipe_station.phone_links.values import WHAT, read, read_or_none

CONNECT_S: Final = 2.0
MOST_ASKS: Final = 300_000
"""Of one errand: some connections for each of ``overwrite.MOST_FILES``, three transfers for each
name that MTP lists."""
MOST_WAIT_S: Final = ERASE_S
"""For one transfer."""
_LEAST_S: Final = 0.01
LIMITS_S: dict[Act, float] = {
    Act.READ: 300.0,
    Act.TEMPERATURE: 120.0,
    Act.PLANT: 180.0,
    Act.ASK: 2400.0,  # a boot loader takes ``ERASE_S`` for each partition
    Act.LOOK: 600.0,
    Act.OVERWRITE: 24 * 3600.0,
    Act.PAIR: PAIR_S + 60.0,
    Act.PAIR_AGAIN: 400.0,
    Act.LIST: 60.0,
}
"""For an errand, its start included; the links' own limits are shorter."""
PROGRAM: Final = (sys.executable, "-I", "-m", "wipe_station.phone_child")
"""Isolated: neither the working directory nor the environment may bring code along."""
_OF_THE_INTERFACE: Final = frozenset({Ask.OPEN, Ask.SEND, Ask.RECEIVE, Ask.CLOSE})
QUIET_S: Final = STEP_S + 60.0
"""So long a child may say nothing: the longest single command, and some time to start."""
_STARTER: Final = ThreadPoolExecutor(1, thread_name_prefix="phone-child")
"""The kernel ends a child with the thread that started it, so that one lives as long as we do."""
_log = logging.getLogger(__name__)
_HINT: Final = Text(
    zh="拔下手机再插一次；总是这样就请店长看日志。",
    en="Unplug the phone and plug it in again; if it stays so, have the manager see the log.",
)
_LATE: Final = Text(zh="手机没有及时回答。", en="The phone did not answer in time.")
_ENDED: Final = Text(
    zh="和手机通信的程序中断了。", en="The process that speaks with the phone has ended."
)


def _nothing_stated() -> str | None:
    """Nothing is known of the USB device."""
    return None


def _no_pairing() -> Wants | None:
    raise MalformedReplyError(WHAT, offset=0, field="pair")


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a child may have during an errand."""

    pipe: Callable[[], AbstractContextManager[Pipe]] | None = None
    """Opens the phone's USB interface."""
    adb: AdbServer | None = None
    first: frozenset[str] = frozenset()
    """What its connections to adb may begin with; they go where that says, and nowhere else."""
    mux: Usbmux | None = None
    serial: Callable[[], str | None] = _nothing_stated
    pair: Callable[[], Wants | None] = _no_pairing
    tell: Tell = lambda *_: None
    stopped: Callable[[], bool] = lambda: False


class LostError(DeviceError):
    """A child's last word is missing: what it did until then is unknown."""


class _Interface:
    """A phone's USB interface, opened for a child and closed for it if need be."""

    def __init__(self, opens: Callable[[], AbstractContextManager[Pipe]]) -> None:
        self._opens, self._held = opens, ExitStack()
        self._pipe: Pipe | None = None

    def do(self, ask: Ask, words: list[object], end_s: float) -> object:
        """Do what a child asks for; nothing is waited for beyond the end of its errand.

        Raises:
            DeviceError: as the pipe does.
            MalformedReplyError: nobody asks for that now.
        """
        if ask is Ask.OPEN and self._pipe is None and not words:
            self._pipe = self._held.enter_context(self._opens())
            return self._pipe.packet_bytes
        if ask is Ask.CLOSE and not words:
            self.close()
            return None
        if self._pipe is None or len(words) != (2 if ask is Ask.SEND else 1):
            raise MalformedReplyError(WHAT, offset=0, field="request")
        timeout_s = read(float, words[-1])
        if not 0 < timeout_s <= MOST_WAIT_S:
            raise MalformedReplyError(WHAT, offset=0, field="timeout")
        timeout_s = min(timeout_s, max(end_s - time.monotonic(), _LEAST_S))
        if ask is Ask.RECEIVE:
            return self._pipe.receive(timeout_s)
        self._pipe.send(read(bytes, words[0]), timeout_s)
        return None

    def close(self) -> None:
        """Let go of it."""
        self._pipe = None
        self._held.close()


def _started(descriptor: int, account: Account) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [*PROGRAM, str(descriptor), str(os.getpid()), str(account.uid)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # a phone's words may stand in it
        pass_fds=(descriptor,),
        env={"LC_ALL": "C.UTF-8", "PATH": os.defpath},
        cwd="/",
    )


class Child:
    """One process that speaks with phones; it ends with this value at the latest."""

    def __init__(self, account: Account = PHONE_CHILD) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            process = _STARTER.submit(_started, theirs.fileno(), account).result()
        self._channel, self._process = Channel(ours), process
        self.pid = process.pid
        self.end = weakref.finalize(self, _ended, process, ours)
        """Ends it; harmless when it has ended."""

    @property
    def alive(self) -> bool:
        """Whether its process is there."""
        return self._process.poll() is None

    def run(self, errand: Errand, means: Means) -> object:
        """Have an errand done; return its answer as JSON.

        Raises:
            DeviceError, MalformedReplyError: as the child says.
            LostError: it ended, hung, or said what no child says.
        """
        try:
            said = self._answer(errand, means)
            told = error_in(said[1], errand.port) if said[0] == Ask.ERROR.value else None
        except (OSError, MalformedReplyError) as error:
            self.end()
            code = self._process.returncode
            _log.warning("phone child of %s: ended with %s: %s", errand.port, code, error)
            words = _LATE if isinstance(error, TimeoutError) else _ENDED
            raise LostError(words, hint=_HINT, device_id=errand.port) from error
        if told is not None:
            raise told
        return said[1]

    def _answer(self, errand: Errand, means: Means) -> list[object]:
        """Return the last word to an errand; raises what a socket does."""
        end_s = time.monotonic() + LIMITS_S[errand.act]
        self._channel.send("errand", errand, until_s=end_s)
        interface = None if means.pipe is None else _Interface(means.pipe)
        try:
            for _ in range(MOST_ASKS):
                said = self._channel.receive(_soon(end_s))
                if said is None:
                    raise ConnectionResetError
                if said[0] in (Ask.ANSWER.value, Ask.ERROR.value) and len(said) == 2:
                    return said
                ask, words = read(Ask, said[0]), said[1:]
                if ask in _OF_THE_INTERFACE and interface is not None:
                    self._pass(interface, ask, words, end_s)
                else:
                    self._give(ask, words, means, end_s)
        finally:
            if interface is not None:
                interface.close()
        raise MalformedReplyError(WHAT, offset=0, field="number of requests")

    def _pass(self, interface: _Interface, ask: Ask, words: list[object], end_s: float) -> None:
        """Pass bytes on, or what the interface says instead."""
        try:
            done = interface.do(ask, words, end_s)
        except DeviceError as error:
            self._channel.send(Ask.ERROR, fault_of(error), until_s=_soon(end_s))
            return
        self._channel.send("told", done, until_s=_soon(end_s))

    def _give(self, ask: Ask, words: list[object], means: Means, end_s: float) -> None:
        """Give the child what it asks for; how long that takes is none of its silence."""
        if ask is Ask.TELL and len(words) == 2:
            means.tell(read(int, words[0]), read_or_none(int, words[1]))
        elif ask is Ask.ADB_LINE and len(words) == 1:
            self._hand_over(_adb_line(means, read(str, words[0])), end_s)
        elif ask is Ask.MUX_LINE and not words:
            self._hand_over(_mux_line(means), end_s)
        elif ask in (asks := _asks(means)) and not words:
            self._channel.send("told", asks[ask](), until_s=_soon(end_s))
        else:
            raise MalformedReplyError(WHAT, offset=0, field="request")

    def _hand_over(self, line: socket.socket | None, end_s: float) -> None:
        if line is None:
            self._channel.send("none", until_s=_soon(end_s))
            return
        with line:
            self._channel.send("line", until_s=_soon(end_s), line=line)


def _soon(end_s: float) -> float:
    """Return until when a child may say nothing, or not listen."""
    return min(end_s, time.monotonic() + QUIET_S)


def _asks(means: Means) -> Mapping[Ask, Callable[[], object]]:
    return {Ask.SERIAL: means.serial, Ask.PAIR: means.pair, Ask.STOPPED: means.stopped}


def _adb_line(means: Means, first: str) -> socket.socket | None:
    """Return a connection that has sent a request which this errand may send."""
    if means.adb is None:
        return None
    if first not in means.first:
        raise MalformedReplyError(WHAT, offset=0, field="adb request")
    try:
        return means.adb.begun(first, CONNECT_S)
    except OSError:
        return None


def _mux_line(means: Means) -> socket.socket | None:
    try:
        return None if means.mux is None else means.mux.opened(CONNECT_S)
    except OSError:
        return None


def _ended(process: "subprocess.Popen[bytes]", channel: socket.socket) -> None:
    channel.close()
    process.kill()
    process.wait()


def sent(errand: Errand, means: Means) -> object:
    """Have a child of its own do one errand; raises like ``Child.run``."""
    child = Child(PHONE_PAIRING if errand.act is Act.PAIR else PHONE_CHILD)
    try:
        return child.run(errand, means)
    finally:
        child.end()


class Kept:
    """One child for one phone's calls, for as long as it does well; for any thread.

    Starting one costs more than most of what it is sent for. It ends with this value.
    """

    def __init__(self) -> None:
        self._child: Child | None = None
        self._whom: object = None
        self._lock = Lock()

    def sent(self, errand: Errand, means: Means, whom: object = None) -> object:
        """Have it do one errand, or another one where it is busy or gone; like ``Child.run``.

        Args:
            errand: what is to be done.
            means: what the child may have meanwhile.
            whom: tells the phone; a child that spoke with another one does not speak with this one.
        """
        with self._lock:
            child, self._child = self._child, None
            same = self._whom == whom
        if child is not None and not (same and child.alive):
            child.end()
            child = None
        child = child or Child()
        try:
            return child.run(errand, means)
        finally:
            with self._lock:
                if child.alive:
                    self._child, self._whom = child, whom


class Lister:
    """One child that says again and again what the programs see; for any thread."""

    def __init__(self, adb: AdbServer | None, mux: Usbmux | None) -> None:
        self._means = Means(adb=adb, first=frozenset({LIST}), mux=mux)
        self._kept = Kept()

    def look(self) -> Listed | None:
        """Return what they see now; None where two children fail."""
        if self._means.adb is None and self._means.mux is None:
            return Listed()
        for _ in range(2):  # the one that was kept may have come to harm meanwhile
            try:
                return read(Listed, self._kept.sent(Errand(act=Act.LIST), self._means))
            except (DeviceError, MalformedReplyError) as error:
                _log.info("what adb and usbmuxd see is unknown: %s", error)
        return None
