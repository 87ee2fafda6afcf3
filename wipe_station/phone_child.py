"""Speak with one phone as nobody. I/O.

``python -I -m wipe_station.phone_child FD PARENT UID`` becomes a user that owns nothing and does
errands from the channel that it inherited under number FD. It makes no connection by itself, but
asks the daemon for each. What a phone says never reaches a parser that has rights.

An errand to pair has Debian's ``idevicepair`` run, so that its process is that user, and no more
shut in than that.
"""

import codecs
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final, Self

from wipe_station.errors import DeviceError, MalformedReplyError
from wipe_station.phone_links.adb_server import AdbServer
from wipe_station.phone_links.android_hands import AdbHand, FastbootHand, MtpHand
from wipe_station.phone_links.channel import Channel
from wipe_station.phone_links.errand import (
    Act,
    Ask,
    Errand,
    Listed,
    Mobile,
    PairedAgain,
    Via,
    error_in,
    fault_of,
)
from wipe_station.phone_links.fastboot import FastbootPhone, in_step
from wipe_station.phone_links.hand import Hand, Wants
from wipe_station.phone_links.iphone_hand import IPhoneHand
from wipe_station.phone_links.mtp import MtpPhone, session
from wipe_station.phone_links.rescue_hand import RescueHand
from wipe_station.phone_links.usbmux import Usbmux
from wipe_station.phone_links.values import read, read_or_none
from wipe_station.phones.adb_server import AdbDevice
from wipe_station.privileges import become, die_with
from wipe_station.sandbox import confine
from wipe_station.sandbox_filter import Work

LIST_S: Final = 2.0
"""So long each program may take to say what it sees."""
ENCODINGS: Final = ("ascii", "latin-1", "utf-8", "utf-16-be", "utf-16-le")
"""In which phones write."""
_LIMITS: Final = (
    (resource.RLIMIT_CORE, 0),
    (resource.RLIMIT_NOFILE, 64),
    (resource.RLIMIT_FSIZE, 64 << 10),  # for the memory that a key passes through
    (resource.RLIMIT_AS, 512 << 20),
)


class _Pipe:
    """The phone's USB interface, which the daemon holds: bytes in, bytes out."""

    def __init__(self, daemon: "_Daemon") -> None:
        self._daemon = daemon
        self.packet_bytes = read(int, daemon.asked(Ask.OPEN))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._daemon.asked(Ask.CLOSE)

    def send(self, data: bytes, timeout_s: float) -> None:
        """Send one transfer."""
        self._daemon.asked(Ask.SEND, data, float(timeout_s))

    def receive(self, timeout_s: float) -> bytes:
        """Return what one transfer brought."""
        return read(bytes, self._daemon.asked(Ask.RECEIVE, float(timeout_s)))


class _Daemon:
    """What the child asks for."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def errand(self) -> Errand | None:
        """Return the next errand; None: there are no more."""
        said = self._channel.receive()
        return None if said is None else read(Errand, said[1])

    def adb_line(self, first: str, timeout_s: float) -> socket.socket:
        """Return a connection to adb that has sent a first request; raises ``OSError``."""
        return self._line(timeout_s, Ask.ADB_LINE, first)

    def mux_line(self, _: str, timeout_s: float) -> socket.socket:
        """Return a connection to usbmuxd; raises ``OSError``."""
        return self._line(timeout_s, Ask.MUX_LINE)

    def serial(self) -> str | None:
        """Return what the USB device at the port states now."""
        return read_or_none(str, self.asked(Ask.SERIAL))

    def pair(self) -> Wants | None:
        """Have the phone ask its owner."""
        return read_or_none(Wants, self.asked(Ask.PAIR))

    def tell(self, done: int, whole: int | None) -> None:
        """Say how far an overwrite is."""
        self._channel.send(Ask.TELL, done, whole)

    def stopped(self) -> bool:
        """Whether to end an overwrite."""
        return read(bool, self.asked(Ask.STOPPED))

    def answer(self, value: object) -> None:
        """End an errand."""
        self._channel.send(Ask.ANSWER, value)

    def fail(self, error: DeviceError | MalformedReplyError) -> None:
        """End an errand without an answer."""
        self._channel.send(Ask.ERROR, fault_of(error))

    def asked(self, *words: object) -> object:
        """Ask for something; raises what the daemon met on the way to it."""
        self._channel.send(*words)
        said = self._channel.receive()
        if said is None:
            sys.exit("the daemon is gone")
        if said[0] == Ask.ERROR.value:
            raise error_in(said[1], None)
        return said[1]

    def _line(self, timeout_s: float, *words: object) -> socket.socket:
        self._channel.send(*words)
        line = self._channel.receive_line()
        if line is None:
            raise ConnectionRefusedError
        line.settimeout(timeout_s)
        return line


def _shut_in(parent: int, user: int) -> None:
    """Become a user that owns nothing, and end with the parent."""
    for each in ENCODINGS:
        codecs.lookup(each)  # loads it: afterwards nothing is opened
    become(user, user)
    die_with(parent, signal.SIGKILL)
    for limit, most in _LIMITS:
        resource.setrlimit(limit, (most, most))


def _confine_for(errand: Errand) -> None:
    if errand.act is not Act.PAIR:  # that executes a program
        confine(Work.SPEAKING_TLS if errand.via is Via.USBMUX else Work.SPEAKING)


def _done(errand: Errand, daemon: _Daemon) -> object:
    """Do an errand; return its answer."""
    if errand.act is Act.LIST:
        return _listed(daemon)
    if errand.act is Act.PAIR:
        assert errand.address is not None
        return IPhoneHand(Usbmux(errand.address), _udid(errand)).pair()
    if errand.act is Act.PAIR_AGAIN:
        assert errand.before is not None
        before, wants = _iphone(errand, daemon).pair_again(errand.before)
        return PairedAgain(before=before, wants=wants)
    return _by_hand(errand, _hand(errand, daemon), daemon)


def _by_hand(errand: Errand, hand: Hand, daemon: _Daemon) -> object:
    if errand.act is Act.READ:
        return hand.read()
    if errand.act is Act.TEMPERATURE:
        return hand.temperature()
    if errand.act is Act.OVERWRITE:
        return hand.overwrite(daemon.tell, daemon.stopped)
    if errand.act is Act.PLANT:
        assert errand.name is not None
        assert errand.content is not None
        return hand.plant(errand.name, errand.content)
    assert errand.before is not None, "what is compared with"
    if errand.act is Act.ASK:
        assert errand.route is not None
        return hand.ask(errand.route, errand.before)
    return hand.look(errand.before, errand.name)


def _hand(errand: Errand, daemon: _Daemon) -> Hand:
    if errand.via is Via.USBMUX:
        return _iphone(errand, daemon)
    if errand.via in (Via.ADB, Via.RESCUE):
        return _by_adb_line(errand, daemon)
    assert errand.port is not None, "where it hangs"
    if errand.via is Via.MTP:
        return MtpHand(errand.port, daemon.serial, partial(_files, daemon))
    return FastbootHand(errand.port, daemon.serial, partial(_boot_loader, daemon))


@contextmanager
def _files(daemon: _Daemon, port: str) -> Iterator[MtpPhone]:
    with _Pipe(daemon) as pipe, session(pipe, port) as phone:
        yield phone


@contextmanager
def _boot_loader(daemon: _Daemon, port: str) -> Iterator[FastbootPhone]:
    with _Pipe(daemon) as pipe:
        yield in_step(pipe, port)


def _by_adb_line(errand: Errand, daemon: _Daemon) -> AdbHand | RescueHand:
    def found() -> AdbDevice:
        assert errand.device is not None
        return errand.device

    hand = AdbHand if errand.via is Via.ADB else RescueHand
    return hand(AdbServer(Path(), connect=daemon.adb_line), found, daemon.serial)


def _iphone(errand: Errand, daemon: _Daemon) -> IPhoneHand:
    mux = Usbmux(connect=daemon.mux_line)
    return IPhoneHand(mux, _udid(errand), errand.port, daemon.pair)


def _udid(errand: Errand) -> str:
    assert errand.udid is not None
    return errand.udid


def _listed(daemon: _Daemon) -> Listed:
    return Listed(adb=_by_adb(daemon), mux=_by_mux(daemon))


def _by_adb(daemon: _Daemon) -> tuple[AdbDevice, ...] | None:
    """Return adb's list, but for phones with a serial that nobody can write down."""
    try:
        seen = AdbServer(Path(), connect=daemon.adb_line).devices(timeout_s=LIST_S)
    except (DeviceError, MalformedReplyError):
        return None
    return tuple(each for each in seen if each.serial.isprintable())


def _by_mux(daemon: _Daemon) -> tuple[Mobile, ...] | None:
    mux = Usbmux(patience_s=LIST_S, connect=daemon.mux_line)
    try:
        seen = mux.devices()
    except (DeviceError, MalformedReplyError):
        return None
    return tuple(Mobile(device=each, paired=_has_record(mux, each.udid)) for each in seen)


def _has_record(mux: Usbmux, udid: str) -> bool:
    try:
        return mux.record(udid) is not None
    except (DeviceError, MalformedReplyError):
        return False


def main() -> None:
    """Do errands until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    _shut_in(int(sys.argv[2]), int(sys.argv[3]))
    with Channel(socket.socket(fileno=int(sys.argv[1]))) as channel:
        daemon, confined = _Daemon(channel), False
        while (errand := daemon.errand()) is not None:
            if not confined:
                _confine_for(errand)
                confined = True
            try:
                daemon.answer(_done(errand, daemon))
            except (DeviceError, MalformedReplyError) as error:
                daemon.fail(error)


if __name__ == "__main__":
    main()
