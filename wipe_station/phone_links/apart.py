"""Hands whose phones are spoken to by a process that is nobody's, one for each phone. I/O.

They do what the hands that they name do, in a child (``child``); what it answers is held
against what was asked. One that was taken over can lie about its phone, as the phone itself can.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from typing import Final

from wipe_station.errors import MalformedReplyError
from wipe_station.phone_links.adb_server import AdbServer, of_features, to_phone
from wipe_station.phone_links.android_hands import AdbHand, FastbootHand, MtpHand
from wipe_station.phone_links.child import Kept, LostError, Means, sent
from wipe_station.phone_links.errand import Act, Errand, PairedAgain, Via
from wipe_station.phone_links.hand import Baseline, Hand, Tell, Wants
from wipe_station.phone_links.iphone_hand import IPhoneHand
from wipe_station.phone_links.mtp import Pipe
from wipe_station.phone_links.rescue_hand import RescueHand
from wipe_station.phone_links.usbmux import Usbmux
from wipe_station.phone_links.values import WHAT, read, read_or_none
from wipe_station.phones.adb_server import AdbDevice
from wipe_station.phones.canary import Canary
from wipe_station.phones.evidence import Evidence
from wipe_station.phones.overwrite import FILE_BYTES, MOST_FILES, NOTHING, Overwritten
from wipe_station.phones.routes import Link, Route

UDID: Final = re.compile(r"[0-9A-Fa-f]{40}|[0-9A-Fa-f]{8}-[0-9A-Fa-f]{16}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_ALONE: Final = frozenset({Act.ASK, Act.PAIR})
"""By a child to which no phone has said anything before."""
BY_HAND: Final = frozenset({Route.GUIDED, Route.IOS_GUIDED})
UsbSerial = Callable[[], str | None]
OpensPipe = Callable[[str], AbstractContextManager[Pipe]]


class _Stated:
    """The USB serials that a child was told during one errand."""

    def __init__(self, ask: UsbSerial) -> None:
        self._ask = ask
        self.all: set[str | None] = {None}

    def __call__(self) -> str | None:
        now = self._ask()
        self.all.add(now)
        return now


class Apart(ABC):
    """One phone by one hand, whose methods run in a child."""

    def __init__(self, hand: type[Hand], port: str, usb_serial: UsbSerial) -> None:
        """Take a phone.

        Args:
            hand: what the child does it by.
            port: that it hangs on.
            usb_serial: of the port.
        """
        self.links, self.routes, self.can_overwrite = _abilities(hand)
        self._port, self._serial = port, usb_serial
        self._kept = Kept()

    @abstractmethod
    def _going(self, errand: Errand, means: Means) -> tuple[Errand, Means]:
        """Return an errand with what tells its phone, and the means to reach it."""

    def read(self) -> Baseline:
        """See ``Hand``."""
        stated = _Stated(self._serial)
        said = read(Baseline, self._sent(Errand(act=Act.READ), serial=stated))
        if said.link not in self.links or said.facts.usb_path not in (None, self._port):
            raise _malformed("link")
        if said.usb_serial not in stated.all:
            raise _malformed("usb_serial")
        return said

    def temperature(self) -> float | None:
        """See ``Hand``."""
        return read_or_none(float, self._sent(Errand(act=Act.TEMPERATURE)))

    def plant(self, name: str, content: bytes) -> bool:
        """See ``Hand``."""
        return read(bool, self._sent(Errand(act=Act.PLANT, name=name, content=content)))

    def ask(self, route: Route, before: Baseline) -> bool:
        """See ``Hand``; a child whose last word is missing may have asked."""
        assert route in self.routes, "another hand's route"
        if route in BY_HAND:
            return True  # nothing is sent
        try:
            said = self._sent(Errand(act=Act.ASK, route=route, before=before))
        except LostError:
            return True
        return said is not False

    def look(self, before: Baseline, canary: str | None) -> Evidence:
        """See ``Hand``."""
        said = self._sent(Errand(act=Act.LOOK, before=before, name=canary))
        return _seen(read(Evidence, said), before, canary, self._port)

    def overwrite(self, tell: Tell, stopped: Callable[[], bool]) -> Overwritten:
        """See ``Hand``."""
        if not self.can_overwrite:
            return NOTHING
        said = self._sent(Errand(act=Act.OVERWRITE), tell=tell, stopped=stopped)
        return _done(read(Overwritten, said))

    def _sent(
        self,
        errand: Errand,
        *,
        serial: UsbSerial | None = None,
        tell: Tell = lambda *_: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> object:
        means = Means(serial=serial or self._serial, tell=tell, stopped=stopped)
        going, given = self._going(replace(errand, port=self._port), means)
        if errand.act in _ALONE:
            return sent(going, given)
        return self._kept.sent(going, given, whom=(going.device, self._serial()))


class AdbApart(Apart):
    """``AdbHand`` and ``RescueHand``: each connection goes to this phone, and to no other one."""

    def __init__(
        self,
        server: AdbServer,
        find: Callable[[], AdbDevice],
        port: str,
        usb_serial: UsbSerial,
        via: Via = Via.ADB,
    ) -> None:
        """Take a phone.

        Args:
            server: that sees it.
            find: returns its newest line in the server's list, or raises ``DeviceGoneError``.
            port: that it hangs on.
            usb_serial: of the port.
            via: ``ADB`` or ``RESCUE``.
        """
        super().__init__(AdbHand if via is Via.ADB else RescueHand, port, usb_serial)
        self._server, self._find, self._via = server, find, via

    def _going(self, errand: Errand, means: Means) -> tuple[Errand, Means]:
        device = self._find()
        first = frozenset({to_phone(device), of_features(device)})
        return (
            replace(errand, via=self._via, device=device),
            replace(means, adb=self._server, first=first),
        )


class PipeApart(Apart):
    """``MtpHand`` and ``FastbootHand``: the daemon holds the interface and moves the bytes."""

    def __init__(self, via: Via, port: str, usb_serial: UsbSerial, opens: OpensPipe) -> None:
        """Take a phone.

        Args:
            via: ``MTP`` or ``FASTBOOT``.
            port: that it hangs on.
            usb_serial: of the port.
            opens: opens the interface of the phone at a port.
        """
        super().__init__(MtpHand if via is Via.MTP else FastbootHand, port, usb_serial)
        self._via, self._opens = via, opens

    def temperature(self) -> float | None:
        """See ``Hand``; neither says."""
        return None

    def _going(self, errand: Errand, means: Means) -> tuple[Errand, Means]:
        pipe = partial(self._opens, self._port)
        return replace(errand, via=self._via), replace(means, pipe=pipe)


class IPhoneApart(Apart):
    """``IPhoneHand``."""

    def __init__(self, mux: Usbmux, udid: str, port: str) -> None:
        """Take a phone.

        Args:
            mux: that sees it.
            udid: as usbmuxd says it.
            port: that it hangs on.
        """
        super().__init__(IPhoneHand, port, lambda: None)
        self._mux, self._udid = mux, udid

    def read(self) -> Baseline:
        """See ``Hand``."""
        said = super().read()
        stated = said.facts.device_id
        if stated is not None and stated.casefold() != self._udid.casefold():
            raise _malformed("device_id")
        return said

    def pair(self) -> Wants | None:
        """See ``IPhoneHand``."""
        return read_or_none(Wants, self._sent(Errand(act=Act.PAIR, address=self._mux.address)))

    def pair_again(self, before: Baseline) -> tuple[Baseline, Wants | None]:
        """See ``IPhoneHand``."""
        said = read(PairedAgain, self._sent(Errand(act=Act.PAIR_AGAIN, before=before)))
        new = before.apple_back is None  # the one thing that may come to it
        if (replace(said.before, apple_back=None) if new else said.before) != before:
            raise _malformed("before")
        return said.before, said.wants

    def _going(self, errand: Errand, means: Means) -> tuple[Errand, Means]:
        means = replace(means, mux=self._mux)
        if errand.act is Act.PAIR_AGAIN:
            means = replace(means, pair=self.pair)
        return replace(errand, via=Via.USBMUX, udid=self._udid), means


def _abilities(hand: type[Hand]) -> tuple[frozenset[Link], frozenset[Route], bool]:
    """Return what every hand of a class can do."""
    links, routes, can_overwrite = hand.links, hand.routes, hand.can_overwrite
    return links, routes, can_overwrite  # type: ignore[return-value] # of a class, not of a value


def _seen(said: Evidence, before: Baseline, canary: str | None, port: str) -> Evidence:
    """Return what was seen, if a look can see it: port, screen and owner are watched by others."""
    elsewhere = said.after is not None and said.after.usb_path not in (None, port)
    others = (
        said.went_and_returned,
        said.setup_seen,
        said.encryption_shown,
        said.overwritten_bytes,
        said.overwritten_whole,
        canary is None and said.canary is not Canary.NONE,
    )
    if said.before != before.facts or elsewhere or any(others):
        raise _malformed("evidence")
    return said


def _done(said: Overwritten) -> Overwritten:
    """Return what was overwritten, if its numbers fit each other."""
    fits = said.files <= MOST_FILES and said.size_bytes <= said.files * FILE_BYTES
    if not fits or (said.whole and not said.size_bytes) or not _SHA256.fullmatch(said.sha256):
        raise _malformed("overwritten")
    return said


def _malformed(field: str) -> MalformedReplyError:
    return MalformedReplyError(WHAT, offset=0, field=field)
