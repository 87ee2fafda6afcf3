"""Hands whose phones are spoken to by a process that is nobody's, one for each call. I/O.

They do what ``AdbHand`` and ``IPhoneHand`` do, in a child (``child``); what it answers is held
against what was asked. One that was taken over can lie about its phone, as the phone itself can.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from wipe_station.errors import MalformedReplyError
from wipe_station.phone_links.adb_server import AdbServer, of_features, to_phone
from wipe_station.phone_links.android_hands import AdbHand
from wipe_station.phone_links.child import Means, sent
from wipe_station.phone_links.errand import Act, Errand, PairedAgain, Via
from wipe_station.phone_links.hand import Baseline, Tell, Wants
from wipe_station.phone_links.iphone_hand import IPhoneHand
from wipe_station.phone_links.usbmux import Usbmux
from wipe_station.phone_links.values import WHAT, read, read_or_none
from wipe_station.phones.adb_server import AdbDevice
from wipe_station.phones.canary import Canary
from wipe_station.phones.evidence import Evidence
from wipe_station.phones.overwrite import FILE_BYTES, MOST_FILES, NOTHING, Overwritten
from wipe_station.phones.routes import Route

UDID: Final = re.compile(r"[0-9A-Fa-f]{40}|[0-9A-Fa-f]{8}-[0-9A-Fa-f]{16}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
UsbSerial = Callable[[], str | None]


class _Stated:
    """The USB serials that a child was told during one errand."""

    def __init__(self, ask: UsbSerial) -> None:
        self._ask = ask
        self.all: set[str | None] = {None}

    def __call__(self) -> str | None:
        now = self._ask()
        self.all.add(now)
        return now


class AdbApart:
    """``AdbHand`` in a child: each connection goes to this phone, and to no other one."""

    links, routes, can_overwrite = AdbHand.links, AdbHand.routes, AdbHand.can_overwrite

    def __init__(
        self, server: AdbServer, find: Callable[[], AdbDevice], port: str, usb_serial: UsbSerial
    ) -> None:
        """Take a phone.

        Args:
            server: that sees it.
            find: returns its newest line in the server's list, or raises ``DeviceGoneError``.
            port: that it hangs on.
            usb_serial: of the port.
        """
        self._server, self._find, self._port, self._serial = server, find, port, usb_serial

    def read(self) -> Baseline:
        """See ``Hand``."""
        stated = _Stated(self._serial)
        said = read(Baseline, self._sent(Errand(act=Act.READ), stated))
        return _read_of(said, self.links, self._port, stated)

    def plant(self, name: str, content: bytes) -> bool:
        """See ``Hand``."""
        return read(bool, self._sent(Errand(act=Act.PLANT, name=name, content=content)))

    def ask(self, route: Route, before: Baseline) -> bool:
        """See ``Hand``."""
        assert route in self.routes, "another hand's route"
        return read(bool, self._sent(Errand(act=Act.ASK, route=route, before=before)))

    def look(self, before: Baseline, canary: str | None) -> Evidence:
        """See ``Hand``."""
        said = self._sent(Errand(act=Act.LOOK, before=before, name=canary))
        return _seen(read(Evidence, said), before, canary, self._port)

    def overwrite(self, tell: Tell, stopped: Callable[[], bool]) -> Overwritten:
        """See ``Hand``."""
        return _done(read(Overwritten, self._sent(Errand(act=Act.OVERWRITE), None, tell, stopped)))

    def _sent(
        self,
        errand: Errand,
        serial: UsbSerial | None = None,
        tell: Tell = lambda *_: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> object:
        device = self._find()
        means = Means(
            adb=self._server,
            first=frozenset({to_phone(device), of_features(device)}),
            serial=serial or self._serial,
            tell=tell,
            stopped=stopped,
        )
        return sent(replace(errand, via=Via.ADB, port=self._port, device=device), means)


class IPhoneApart:
    """``IPhoneHand`` in a child."""

    links, routes, can_overwrite = IPhoneHand.links, IPhoneHand.routes, IPhoneHand.can_overwrite

    def __init__(self, mux: Usbmux, udid: str, port: str) -> None:
        """Take a phone.

        Args:
            mux: that sees it.
            udid: as usbmuxd says it.
            port: that it hangs on.
        """
        self._mux, self._udid, self._port = mux, udid, port

    def read(self) -> Baseline:
        """See ``Hand``."""
        said = read(Baseline, self._sent(Errand(act=Act.READ)))
        stated = said.facts.device_id
        if stated is not None and stated.casefold() != self._udid.casefold():
            raise _malformed("device_id")
        return _read_of(said, self.links, self._port, _Stated(lambda: None))

    def pair(self) -> Wants | None:
        """See ``IPhoneHand``."""
        errand = Errand(act=Act.PAIR, address=self._mux.address)
        return read_or_none(Wants, self._sent(errand))

    def pair_again(self, before: Baseline) -> tuple[Baseline, Wants | None]:
        """See ``IPhoneHand``."""
        said = read(PairedAgain, self._sent(Errand(act=Act.PAIR_AGAIN, before=before)))
        new = before.apple_back is None  # the one thing that may come to it
        if (replace(said.before, apple_back=None) if new else said.before) != before:
            raise _malformed("before")
        return said.before, said.wants

    def plant(self, name: str, content: bytes) -> bool:  # noqa: ARG002 - the interface's
        """See ``Hand``; an iPhone takes no files."""
        return False

    def ask(self, route: Route, before: Baseline) -> bool:
        """See ``Hand``."""
        assert route in self.routes, "another hand's route"
        return read(bool, self._sent(Errand(act=Act.ASK, route=route, before=before)))

    def look(self, before: Baseline, canary: str | None) -> Evidence:
        """See ``Hand``; it never pairs."""
        said = self._sent(Errand(act=Act.LOOK, before=before))
        return _seen(read(Evidence, said), before, canary, self._port)

    def overwrite(self, tell: Tell, stopped: Callable[[], bool]) -> Overwritten:  # noqa: ARG002
        """See ``Hand``; there is no way to one on an iPhone."""
        return NOTHING

    def _sent(self, errand: Errand) -> object:
        may_pair = errand.act is Act.PAIR_AGAIN
        means = Means(mux=self._mux, pair=self.pair) if may_pair else Means(mux=self._mux)
        return sent(replace(errand, via=Via.USBMUX, port=self._port, udid=self._udid), means)


def _read_of(said: Baseline, links: frozenset[object], port: str, stated: _Stated) -> Baseline:
    """Return what was read, if a hand for that port could have read it."""
    if said.link not in links or said.facts.usb_path not in (None, port):
        raise _malformed("link")
    if said.usb_serial not in stated.all:
        raise _malformed("usb_serial")
    return said


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
