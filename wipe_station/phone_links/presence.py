"""Which phones hang where, and by which hand each is taken best. I/O, but nothing lasting.

What hangs at a port is the USB gate's to say: a phone that it did not let in is none here, even if
adb or usbmuxd see it. The two programs say how far each phone has opened itself; a process that is
nobody's asks them (``child.Lister``). One that does not answer leaves its phones out of reach, and
the others as they are.

It is asked often: each look costs one question to each program, one more per iPhone, and a file of
the kernel per phone; nothing is asked of the phones themselves. So that an MTP phone is locked
shows only when its hand reads it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

from wipe_station.bays import BayMap
from wipe_station.detect.gate_rules import Phone
from wipe_station.phone_links.adb_server import AdbServer, absent
from wipe_station.phone_links.android_hands import wants_of
from wipe_station.phone_links.apart import UDID, AdbApart, IPhoneApart, OpensPipe, PipeApart
from wipe_station.phone_links.child import Lister
from wipe_station.phone_links.errand import Listed, Mobile, Via
from wipe_station.phone_links.fastboot import wire_over_usb
from wipe_station.phone_links.hand import Baseline, ClosedError, Hand, Wants
from wipe_station.phone_links.iphone import USB_DEVICES, usb_path_of
from wipe_station.phone_links.mtp import pipe_over_usb
from wipe_station.phone_links.sockets import Sockets
from wipe_station.phone_links.usbmux import Usbmux
from wipe_station.phones.adb_server import AdbDevice, LinkState
from wipe_station.phones.routes import Link
from wipe_station.phones.usb_identity import Judgement, Sighting, judge_return
from wipe_station.phones.usb_mode_table import MODES, Mode, Touch

MOST_SERIAL_BYTES: Final = 256
"""Of a USB serial in UTF-8; USB allows 126 UTF-16 units."""
_WITH_FILES: Final = frozenset({Mode.MTP, Mode.MTP_ADB})
_WITH_ADB: Final = frozenset({Mode.ADB, Mode.MTP_ADB, Mode.PTP_ADB})
_WITHOUT_READING: Final = MappingProxyType(
    {Touch.HANDS_OFF: Wants.RESTART, Touch.WAIT: Wants.FILES, Touch.SPEAK: Wants.FILES}
)
"""What a phone wants in whose mode there is nothing to read by."""
_TELLS: Final = MappingProxyType({Judgement.SAME: True, Judgement.ANOTHER: False})
_NO_BAYS: Final = BayMap()
_ByAdb = dict[str, AdbDevice] | None
_ByMux = dict[str, Mobile] | None


class Program(Enum):
    """What the station speaks with phones through."""

    ADB = "adb"
    USBMUXD = "usbmuxd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """One phone at one port, now."""

    port: str
    """Its socket's name; see ``sockets``."""
    usb_path: str
    """The kernel's name of the port in that socket, now."""
    mode: Mode
    """As USB says; in mode ``MTP`` it may be PTP as well until it is read."""
    product: str
    """In its own words."""
    usb_serial: str | None
    links: frozenset[Link]
    """What it lets this station speak with now; for ``routes.open_routes``."""
    wants: Wants | None
    """What a person must do before anything can be read; None: ``hand`` can read it.

    A boot loader, or rescue mode, has a hand all the same, for a run that has sent its phone there;
    of one that comes so nothing is read, since nothing in there says whether anybody is signed in.
    """
    also_wants: Wants | None = None
    """What would open more of a phone that can be read: ``DEBUGGING``."""
    number: int | None = None
    """Of this plugging-in: another one after each; None where nobody counts."""
    missing: Program | None = None
    """What does not run and would be needed to speak with it, or to read more."""
    _made: Callable[[], Hand] | None = field(default=None, repr=False, compare=False)
    _iphone: Callable[[], IPhoneApart] | None = field(default=None, repr=False, compare=False)
    _hands: list[Hand] = field(default_factory=list, repr=False, compare=False)
    """The one that was made, with its process, if it was asked for."""

    def hand(self) -> Hand:
        """Return the best hand for it.

        Raises:
            ClosedError: there is none until somebody has done what it ``wants``.
        """
        if self._made is None:
            raise ClosedError(self.wants or Wants.TIME, device_id=self.port)
        if not self._hands:
            self._hands.append(self._made())
        return self._hands[0]

    def iphone(self) -> IPhoneApart | None:
        """Return the hand by which an iPhone can be paired, also where nothing can be read yet."""
        return None if self._iphone is None else self._iphone()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Through what the station reaches its phones."""

    adb: AdbServer | None = None
    """None where the station has none."""
    mux: Usbmux | None = None
    """None where the station has none."""
    ports: Mapping[str, str] = field(default_factory=dict)
    """For phones that are not on USB, as in tests: the port's name by adb's serial or the UDID."""
    usb: Path = USB_DEVICES
    """Where the kernel shows USB devices."""
    open_mtp: OpensPipe = pipe_over_usb
    """Opens the interface of the phone at a port."""
    open_fastboot: OpensPipe = wire_over_usb
    """Opens the interface of the boot loader at a port."""


class Presence:
    """Looks where which phone is; one caller at a time."""

    def __init__(
        self, phones: Callable[[], tuple[Phone, ...]], reach: Reach, bays: BayMap = _NO_BAYS
    ) -> None:
        """Know whom to ask.

        Args:
            phones: that the gate has let in.
            reach: the programs, and the ways to the rest.
            bays: tells which two ports are not one socket.
        """
        self._phones, self._reach = phones, reach
        self._sockets = Sockets(bays, reach.usb)
        self._lister = Lister(reach.adb, reach.mux)

    def look(self) -> tuple[Here, ...]:
        """Return every phone, by port; nothing that one of them or a program does is an error."""
        told = self._lister.look()
        listed = told or Listed()
        adb = None if listed.adb is None else dict(self._placed(listed.adb))
        mux = None if listed.mux is None else dict(self._placed_mobiles(listed.mux))
        if told is not None:
            self._have_told(mux, None if listed.mux is None else len(listed.mux))
        let_in = {phone.port: phone for phone in self._phones()}
        for port in self._reach.ports.values():
            if port not in let_in and (found := _elsewhere(port, adb, mux)) is not None:
                let_in[port] = found
        sockets = self._sockets.of(let_in)
        by_socket = {sockets[port]: phone for port, phone in let_in.items()}
        return tuple(self._here(by_socket[name], name, adb, mux) for name in sorted(by_socket))

    # --- what the programs see -------------------------------------------------------------------

    def _placed(self, seen: tuple[AdbDevice, ...]) -> Iterator[tuple[str, AdbDevice]]:
        for each in seen:
            port = each.usb_path or self._reach.ports.get(each.serial)
            if port is not None:
                yield port, each

    def _placed_mobiles(self, seen: tuple[Mobile, ...]) -> Iterator[tuple[str, Mobile]]:
        for each in seen:
            port = self._reach.ports.get(each.device.udid)
            port = port or usb_path_of(each.device, self._reach.usb)
            if port is not None and UDID.fullmatch(each.device.udid):
                yield port, each

    def _have_told(self, mux: _ByMux, seen: int | None) -> None:
        """Have usbmuxd look at USB where it does not answer, or misses a phone that was let in."""
        let_in = {phone.port for phone in self._phones() if phone.mode is Mode.IPHONE}
        if self._reach.mux is not None and (mux is None or let_in - mux.keys()):
            self._reach.mux.look_again(seen)

    # --- one phone -------------------------------------------------------------------------------

    def _here(self, phone: Phone, socket: str, adb: _ByAdb, mux: _ByMux) -> Here:
        seen = Here(
            port=socket,
            usb_path=phone.port,
            mode=phone.mode,
            product=phone.product,
            usb_serial=usb_serial_at(phone.port, self._reach.usb),
            links=frozenset({Link.USB}),
            wants=Wants.TIME,
            number=self._number_of(phone.port, adb, mux),
        )
        if phone.mode is Mode.IPHONE:
            return self._apple(seen, mux)
        if phone.mode is Mode.FASTBOOT:
            opens, stated = self._reach.open_fastboot, self._stated(phone.port)
            made = partial(PipeApart, Via.FASTBOOT, phone.port, stated, opens)
            links = frozenset({Link.FASTBOOT})
            return replace(seen, links=links, wants=Wants.RESTART, _made=made)
        if phone.mode in _WITH_ADB | _WITH_FILES:
            return self._android(seen, adb)
        return replace(seen, wants=_WITHOUT_READING[MODES[phone.mode].touch])

    def _number_of(self, port: str, adb: _ByAdb, mux: _ByMux) -> int | None:
        """Return the kernel's number of a plugging-in, or what stands in for it off USB."""
        if port not in self._reach.ports.values():
            return usb_number_at(port, self._reach.usb)
        if (device := (adb or {}).get(port)) is not None:
            return device.transport_id
        apple = (mux or {}).get(port)
        return None if apple is None else apple.device.number

    def _android(self, seen: Here, adb: _ByAdb) -> Here:
        device = (adb or {}).get(seen.usb_path)
        wants = Wants.TIME if device is None else wants_of(device)
        missing = Program.ADB if adb is None and seen.mode in _WITH_ADB else None
        has_files = seen.mode in _WITH_FILES
        find, stated = partial(self._found, seen.usb_path), self._stated(seen.usb_path)
        if self._reach.adb is not None and device is not None and device.state is LinkState.RESCUE:
            made = partial(AdbApart, self._reach.adb, find, seen.usb_path, stated, Via.RESCUE)
            return replace(seen, links=frozenset({Link.RESCUE}), wants=wants, _made=made)
        if self._reach.adb is not None and wants is None:
            made = partial(AdbApart, self._reach.adb, find, seen.usb_path, stated)
            links = frozenset({Link.ADB, Link.MTP} if has_files else {Link.ADB})
            return replace(seen, links=links, wants=None, _made=made)
        if has_files:
            opens, stated = self._reach.open_mtp, self._stated(seen.usb_path)
            return replace(
                seen,
                links=frozenset({Link.MTP}),
                wants=None,
                also_wants=wants if wants is Wants.DEBUGGING else None,
                missing=missing,
                _made=partial(PipeApart, Via.MTP, seen.usb_path, stated, opens),
            )
        return replace(seen, wants=Wants.PROGRAM if missing else wants, missing=missing)

    def _found(self, port: str) -> AdbDevice:
        """Return a phone's newest line in the server's list.

        Raises:
            DeviceGoneError: it is not there.
        """
        for there, device in self._placed((self._lister.look() or Listed()).adb or ()):
            if there == port:
                return device
        raise absent()

    def _apple(self, seen: Here, mux: _ByMux) -> Here:
        if self._reach.mux is None or mux is None:
            return replace(seen, wants=Wants.PROGRAM, missing=Program.USBMUXD)
        mobile = mux.get(seen.usb_path)
        if mobile is None:
            return seen
        made = partial(IPhoneApart, self._reach.mux, mobile.device.udid, seen.usb_path)
        if not mobile.paired:
            return replace(seen, wants=Wants.TRUST, _iphone=made)
        links = frozenset({Link.LOCKDOWN})
        return replace(seen, links=links, wants=None, _made=made, _iphone=made)

    def _stated(self, port: str) -> Callable[[], str | None]:
        return partial(usb_serial_at, port, self._reach.usb)


def _elsewhere(port: str, adb: _ByAdb, mux: _ByMux) -> Phone | None:
    """Return what the gate cannot know, since it is not on USB."""
    mode = Mode.ADB if port in (adb or {}) else Mode.IPHONE if port in (mux or {}) else None
    return None if mode is None else Phone(port=port, bay=None, product="", mode=mode)


def same_by_usb(before: Baseline, here: Here, others: Collection[Here] = ()) -> bool | None:
    """Tell by USB alone whether a phone that came is the one of before, in whatever mode it is.

    Args:
        before: as a hand read it.
        here: at its port now; nothing of it needs to be readable.
        others: all else that is there; two that state one serial are told apart by nothing.

    Returns:
        None where USB does not tell: no serial, a copied one, a mode with another one, a twin.
    """
    apple = before.link is Link.LOCKDOWN
    was = Sighting(
        usb_path=here.port,
        mode=Mode.IPHONE if apple else Mode.MTP,
        serial=before.facts.device_id if apple else before.usb_serial,
    )
    around = tuple(map(_sighting, others))
    return _TELLS.get(judge_return(was, _sighting(here), around))


def _sighting(here: Here) -> Sighting:
    return Sighting(usb_path=here.port, mode=here.mode, serial=here.usb_serial)


def usb_serial_at(port: str, devices: Path = USB_DEVICES) -> str | None:
    """Return what the USB device at a port states as its serial.

    None for none, for one that cannot be written down, and for no device.
    """
    try:
        with (devices / port / "serial").open("rb") as file:
            stated = file.read(MOST_SERIAL_BYTES).decode("utf-8", "replace").strip()
    except OSError:
        return None
    return stated if stated and stated.isprintable() else None


def usb_number_at(port: str, devices: Path = USB_DEVICES) -> int | None:
    """Return the number that the kernel gave the USB device at a port; None for no device."""
    try:
        return int((devices / port / "devnum").read_text("ascii"))
    except (OSError, ValueError):
        return None  # it may go while it is looked at
