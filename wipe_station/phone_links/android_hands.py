"""Hands for Android phones: by adb, by MTP, by fastboot. I/O.

What adb has read MTP can look at, and the other way round: a file of ours lies where both see it,
and the USB device's serial is common to them.
"""

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from wipe_station.errors import (
    CommandRejectedError,
    CommandTimeoutError,
    DeviceError,
    DeviceGoneError,
    MalformedReplyError,
)
from wipe_station.phone_links import android
from wipe_station.phone_links.adb_server import AdbServer, Boot
from wipe_station.phone_links.android_fill import fill
from wipe_station.phone_links.fastboot import FastbootPhone, fastboot_over_usb
from wipe_station.phone_links.hand import Baseline, ClosedError, Tell, Wants
from wipe_station.phone_links.mtp import MtpPhone, mtp_over_usb
from wipe_station.phones.adb_server import AdbDevice, LinkState
from wipe_station.phones.adb_shell import FEATURE
from wipe_station.phones.android_after import evidence_of, same_across, same_device, same_phone
from wipe_station.phones.canary import Canary, judge
from wipe_station.phones.evidence import Evidence
from wipe_station.phones.facts import PhoneFacts
from wipe_station.phones.fastboot import Okay, Target
from wipe_station.phones.mtp_data import canary_beside, facts_of, shared_of
from wipe_station.phones.overwrite import NOTHING, Overwritten
from wipe_station.phones.routes import Link, Route
from wipe_station.phones.usb_identity import is_copied

ASK_S: Final = 30.0
CONTROL_BYTES: Final = 64
SEES_ALL_FILES: Final = 28
"""Android 9: MTP lists the folder itself from there on, and before a database into which what adb
has put may not have come (general knowledge)."""
_BROKE: Final = (DeviceGoneError, CommandTimeoutError, MalformedReplyError)
_SCREENS: Final = (
    "am start -a com.android.settings.action.FACTORY_RESET",
    "am start -n 'com.android.settings/.Settings$FactoryResetActivity'",
)
"""The second one is for systems that do not know the first."""
_COMMANDS: Final = MappingProxyType(
    {Route.SETTINGS: _SCREENS, Route.TEST_HARNESS: ("cmd testharness enable",)}
)
"""Tried in order until one is not refused."""
_RESTARTS: Final = MappingProxyType({Route.FASTBOOT: Boot.BOOTLOADER, Route.RESCUE: Boot.RESCUE})
"""Where a phone is sent to be asked there by another hand."""
_NO: Final = (b"Error", b"Exception")
"""``am`` ends with 0 also where there is no such screen, or none for us (general knowledge)."""
_WANTS: Final = MappingProxyType(
    {
        LinkState.UNAUTHORIZED: Wants.DEBUGGING,
        LinkState.AUTHORIZING: Wants.DEBUGGING,
        LinkState.CONNECTING: Wants.TIME,
        LinkState.OFFLINE: Wants.TIME,
        LinkState.NO_PERMISSIONS: Wants.PROGRAM,
    }
)

UsbSerial = Callable[[], str | None]
"""What the USB device at a port states now; None where there is none, or no device."""


def _states_none() -> str | None:
    """Nothing is known of the USB device."""
    return None


def wants_of(device: AdbDevice) -> Wants | None:
    """Return what a phone's person must do before adb can read it; None: nothing."""
    if device.state is LinkState.DEVICE:
        return None
    return _WANTS.get(device.state, Wants.RESTART)


class AdbHand:
    """By adb, where its owner has allowed it."""

    links = frozenset({Link.ADB})
    routes = frozenset({Route.GUIDED, *_COMMANDS, *_RESTARTS})
    can_overwrite = True

    def __init__(
        self,
        server: AdbServer,
        find: Callable[[], AdbDevice],
        usb_serial: UsbSerial = _states_none,
    ) -> None:
        """Take a phone.

        Args:
            server: that sees it.
            find: returns its newest line in the server's list, or raises ``DeviceGoneError``.
            usb_serial: of the port that it hangs on.
        """
        self._server, self._find, self._usb_serial = server, find, usb_serial

    def read(self) -> Baseline:
        """See ``Hand``."""
        facts = android.read(self._server, self._open())
        return Baseline(facts=facts, link=Link.ADB, usb_serial=self._usb_serial())

    def temperature(self) -> float | None:
        """See ``Hand``."""
        return android.temperature(self._server, self._open())

    def plant(self, name: str, content: bytes) -> bool:
        """See ``Hand``."""
        try:
            return android.plant(self._server, self._open(), name, content)
        except CommandRejectedError:
            return False

    def ask(self, route: Route, before: Baseline) -> bool:
        """See ``Hand``; identity and command go over one connection, which no other phone gets."""
        assert route in self.routes, "another hand's route"
        if route not in {*_COMMANDS, *_RESTARTS}:
            return True
        device = self._open()
        now = android.names(self._server, device)
        if before.facts.serial is None or now != (before.facts.serial, before.facts.model):
            return False
        device_too = same_device(before.usb_serial, self._usb_serial())
        if route in _RESTARTS and device_too is not True:
            return False  # over there nothing else would tell that it is the same phone
        try:
            return self._told(device, route)
        except (*_BROKE, CommandRejectedError):
            return True  # the server says "closed" also where the line broke behind the command

    def _told(self, device: AdbDevice, route: Route) -> bool:
        if route in _RESTARTS:
            self._server.reboot(device, _RESTARTS[route])
            return True
        if FEATURE not in self._server.features(device):
            return False
        return any(self._obeyed(device, command) for command in _COMMANDS[route])

    def _obeyed(self, device: AdbDevice, command: str) -> bool:
        end = self._server.shell(device, command, timeout_s=ASK_S)
        said = end.output + end.errors
        return end.code is None or (end.code == 0 and not any(each in said for each in _NO))

    def look(self, before: Baseline, canary: str | None) -> Evidence:
        """See ``Hand``."""
        device = self._open()
        after, trade_in = android.read_after(self._server, device)
        seen = Canary.NONE if canary is None else self._canary(device, canary)
        files: int | None = None
        with suppress(CommandRejectedError):
            files = android.personal_files(self._server, device)
        evidence = evidence_of(before.facts, after, seen, files, trust_must_go=True)
        same = self._same(before, after)
        return replace(
            evidence,
            same_identity=same,
            went_and_returned=False,
            trade_in_answers=True if trade_in else None,
        )

    def overwrite(self, tell: Tell, stopped: Callable[[], bool]) -> Overwritten:
        """See ``Hand``."""
        return fill(self._server, self._open(), tell, stopped)

    def _canary(self, device: AdbDevice, name: str) -> Canary:
        control, content = secrets.token_hex(16), secrets.token_bytes(CONTROL_BYTES)
        try:
            look = android.look(self._server, device, name, control=control, content=content)
        except CommandRejectedError:
            return Canary.UNREADABLE
        return judge(look)

    def _same(self, before: Baseline, after: PhoneFacts) -> bool | None:
        device = same_device(before.usb_serial, self._usb_serial())
        if before.link is not Link.ADB:
            return same_across(before.facts, after, device, serials_agree=None)
        return False if device is False else same_phone(before.facts, after)

    def _open(self) -> AdbDevice:
        device = self._find()
        wants = wants_of(device)
        if wants is not None:
            raise ClosedError(wants, device_id=device.usb_path)
        return device


class MtpHand:
    """By MTP alone: the phone shows its files, and its owner has not allowed any debugging."""

    links = frozenset({Link.MTP})
    routes = frozenset({Route.GUIDED})
    can_overwrite = False

    def __init__(
        self,
        usb_path: str,
        usb_serial: UsbSerial = _states_none,
        opened: Callable[[str], AbstractContextManager[MtpPhone]] = mtp_over_usb,
    ) -> None:
        """Take a phone.

        Args:
            usb_path: the port that it hangs on.
            usb_serial: of that port.
            opened: opens a session with the phone at a port.
        """
        self._usb_path, self._usb_serial, self._opened = usb_path, usb_serial, opened

    def read(self) -> Baseline:
        """See ``Hand``."""
        with self._opened(self._usb_path) as phone:
            facts = self._facts(phone)
            shared = shared_of(phone.storages())
        return Baseline(
            facts=facts,
            link=Link.MTP,
            usb_serial=self._usb_serial(),
            shared_bytes=None if shared is None else shared.capacity_bytes,
        )

    def temperature(self) -> float | None:
        """See ``Hand``; by MTP a phone does not say."""
        return None

    def plant(self, name: str, content: bytes) -> bool:
        """See ``Hand``."""
        with self._opened(self._usb_path) as phone:
            self._facts(phone)
            return self._put(phone, name, content) is not None and phone.look(name).canary is True

    def ask(self, route: Route, before: Baseline) -> bool:  # noqa: ARG002 - the interface's
        """See ``Hand``; nothing can be asked by MTP."""
        assert route in self.routes, "another hand's route"
        return True

    def look(self, before: Baseline, canary: str | None) -> Evidence:
        """See ``Hand``."""
        with self._opened(self._usb_path) as phone:
            after = self._facts(phone)
            files = phone.personal_files()
            seen = Canary.NONE if canary is None else self._canary(phone, before, canary)
        # What is hidden or cut off shows nothing, as in ``android_after``.
        hidden = seen is Canary.GONE and files is None
        return Evidence(
            before=before.facts,
            after=after,
            same_identity=self._same(before, after),
            canary=Canary.UNREADABLE if hidden else seen,
            personal_files=files,
        )

    def overwrite(self, tell: Tell, stopped: Callable[[], bool]) -> Overwritten:  # noqa: ARG002
        """See ``Hand``; by MTP a phone is told to do nothing by itself."""
        return NOTHING

    def _facts(self, phone: MtpPhone) -> PhoneFacts:
        info, storages = phone.device_info(), phone.storages()
        if not info.speaks_mtp:
            raise ClosedError(Wants.FILES, device_id=self._usb_path)
        if not storages:
            raise ClosedError(Wants.UNLOCK, device_id=self._usb_path)
        return facts_of(info, self._usb_path, storages)

    def _put(self, phone: MtpPhone, name: str, content: bytes) -> int | None:
        shared = shared_of(phone.storages())
        handle = None if shared is None else phone.put(shared, name, content)
        return handle if isinstance(handle, int) else None

    def _canary(self, phone: MtpPhone, before: Baseline, name: str) -> Canary:
        control = secrets.token_hex(16)
        handle = self._put(phone, control, secrets.token_bytes(CONTROL_BYTES))
        try:
            seen, beside = phone.look(name), phone.look(control).canary
        finally:
            if handle is not None:
                phone.delete(handle)
        found = canary_beside(seen, beside, before.shared_bytes)
        by_database = before.link is Link.ADB and (before.facts.api_level or 0) < SEES_ALL_FILES
        return Canary.UNREADABLE if by_database and found is Canary.GONE else found

    def _same(self, before: Baseline, after: PhoneFacts) -> bool | None:
        device = same_device(before.usb_serial, self._usb_serial())
        agree: bool | None = None
        one, other = before.facts.serial, after.serial
        if before.link is Link.MTP and one is not None and not is_copied(one):
            agree = one == other
        return same_across(before.facts, after, device, serials_agree=agree)


class FastbootHand:
    """By its boot loader, which shows nothing of the data: another hand must look."""

    links = frozenset({Link.FASTBOOT})
    routes = frozenset({Route.GUIDED, Route.FASTBOOT})
    can_overwrite = False

    def __init__(
        self,
        usb_path: str,
        usb_serial: UsbSerial = _states_none,
        opened: Callable[[str], AbstractContextManager[FastbootPhone]] = fastboot_over_usb,
    ) -> None:
        """Take a phone.

        Args:
            usb_path: the port that it hangs on.
            usb_serial: of that port.
            opened: opens the boot loader of the phone at a port.
        """
        self._usb_path, self._usb_serial, self._opened = usb_path, usb_serial, opened

    def read(self) -> Baseline:
        """See ``Hand``."""
        with self._opened(self._usb_path) as phone:
            facts = phone.facts()
        return Baseline(facts=facts, link=Link.FASTBOOT, usb_serial=self._usb_serial())

    def temperature(self) -> float | None:
        """See ``Hand``; a boot loader does not say."""
        return None

    def plant(self, name: str, content: bytes) -> bool:  # noqa: ARG002 - the interface's
        """See ``Hand``; a boot loader takes no files."""
        return False

    def ask(self, route: Route, before: Baseline) -> bool:
        """See ``Hand``. One partition that it erased is enough for "asked".

        It restarts into its system in either case: nobody is left with a phone in its boot loader.
        """
        assert route in self.routes, "another hand's route"
        if route is not Route.FASTBOOT:
            return True
        with self._opened(self._usb_path) as phone:
            # Held open from here on; who hangs at the port cannot become another one.
            if same_device(before.usb_serial, self._usb_serial()) is not True:
                return False
            if before.link is not Link.MTP and not _calls_itself(phone, before.facts.serial):
                return False
            try:
                said = phone.erase()
            except (DeviceError, MalformedReplyError):
                return True
            with suppress(DeviceError, MalformedReplyError):
                phone.reboot(Target.SYSTEM)
        return any(isinstance(each, Okay) for each in said.answers.values())

    def look(self, before: Baseline, canary: str | None) -> Evidence:  # noqa: ARG002
        """See ``Hand``; it always raises."""
        raise ClosedError(Wants.RESTART, device_id=self._usb_path)

    def overwrite(self, tell: Tell, stopped: Callable[[], bool]) -> Overwritten:  # noqa: ARG002
        """See ``Hand``; a boot loader sees no free space."""
        return NOTHING


def _calls_itself(phone: FastbootPhone, serial: str | None) -> bool:
    """Tell whether nothing that a boot loader says of its serial is another phone's."""
    (said,) = phone.variables(("serialno",)).values()
    return None in (said, serial) or said == serial
