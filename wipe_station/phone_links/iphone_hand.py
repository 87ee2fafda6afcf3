"""The hand for iPhones and iPads, over usbmuxd. I/O.

What an erase is judged by first is that the phone refuses the pair record of before. A new pairing
replaces that record; so after a reset the phone is read by the old one first, and only then, with
``pair_again``, asked to trust this station anew: its own record of the erase can be read then.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from certs.text import Text
from wipe_station.errors import (
    CommandTimeoutError,
    DeviceGoneError,
    MalformedReplyError,
)
from wipe_station.phone_links.hand import Baseline, ClosedError, Tell, Wants
from wipe_station.phone_links.iphone import IPhone, pair
from wipe_station.phone_links.usbmux import Usbmux
from wipe_station.phones.apple_facts import AppleReadings, facts_of
from wipe_station.phones.apple_signs import evidence_of
from wipe_station.phones.evidence import Evidence
from wipe_station.phones.facts import System
from wipe_station.phones.lockdown import PairRecord, Refusal
from wipe_station.phones.mcinstall import Accepted
from wipe_station.phones.overwrite import NOTHING, Overwritten
from wipe_station.phones.routes import Link, Route
from wipe_station.phones.usbmux import MuxDevice

_BROKE: Final = (DeviceGoneError, CommandTimeoutError, MalformedReplyError)
_ERASE: Final = MappingProxyType(
    {
        Route.IOS_ERASE: IPhone.erase,
        Route.IOS_BACKUP_ERASE: IPhone.erase_by_backup_service,
    }
)


class IPhoneHand:
    """One iPhone or iPad, by its UDID."""

    links = frozenset({Link.LOCKDOWN})
    routes = frozenset({Route.IOS_GUIDED, *_ERASE})
    can_overwrite = False

    def __init__(
        self,
        mux: Usbmux,
        udid: str,
        usb_path: str | None = None,
        pairing: Callable[[], Wants | None] | None = None,
    ) -> None:
        """Take a phone.

        Args:
            mux: that sees it.
            udid: as usbmuxd says it.
            usb_path: the port that it hangs on.
            pairing: does what ``pair`` does, for a process that must execute nothing.
        """
        self._mux, self._udid, self._usb_path = mux, udid, usb_path
        self._pairing = pairing

    def read(self) -> Baseline:
        """See ``Hand``."""
        said, record = self._read()
        if said.trusted is not True:
            unknown = record is None or said.trusted is False
            raise ClosedError(
                Wants.TRUST if unknown else Wants.UNLOCK, device_id=self._usb_path or self._udid
            )
        facts = facts_of(said, self._usb_path)
        return Baseline(facts=facts, link=Link.LOCKDOWN, apple=said, apple_record=record)

    def temperature(self) -> float | None:
        """See ``Hand``."""
        return IPhone(self._mux, self._device()).temperature()

    def pair(self) -> Wants | None:
        """Have the phone ask its person to trust this station, before anything was read of it.

        Returns:
            what the person does now; None if it is paired. To be asked again after that.

        Raises:
            DeviceError: the program is not installed, or does not end.
        """
        if self._pairing is not None:
            return self._pairing()
        refusal = pair(self._mux, self._udid)
        if refusal is None:
            return None
        return Wants.UNLOCK if refusal is Refusal.LOCKED else Wants.TRUST

    def pair_again(self, before: Baseline) -> tuple[Baseline, Wants | None]:
        """After a reset: note what the old pair record still opens, then pair anew.

        A phone that still trusts this station is not paired anew: there is nothing to gain.

        Args:
            before: as it was read, or as this method returned it earlier.

        Returns:
            what to give to ``look`` from now on, and what the person does; None: it is paired.

        Raises:
            DeviceError: also where it could not be read first; then nothing was changed.
        """
        said, record = self._read()
        if record is not None and said.trusted is None:
            return before, Wants.UNLOCK  # whether it still knows us must be told before
        if before.apple_back is None and record is not None and record == before.apple_record:
            before = replace(before, apple_back=said)
        return before, None if said.trusted else self.pair()

    def plant(self, name: str, content: bytes) -> bool:  # noqa: ARG002 - the interface's
        """See ``Hand``; an iPhone takes no files."""
        return False

    def ask(self, route: Route, before: Baseline) -> bool:
        """See ``Hand``."""
        assert route in self.routes, "another hand's route"
        erase = _ERASE.get(route)
        if erase is None:
            return True
        if (before.facts.device_id or "").casefold() != self._udid.casefold():
            return False
        phone = IPhone(self._mux, self._device())
        try:
            return isinstance(erase(phone), Accepted)
        except _BROKE:
            return True

    def look(self, before: Baseline, canary: str | None) -> Evidence:  # noqa: ARG002
        """See ``Hand``. It never pairs.

        Where the record is another one than before and nobody had it read first, whether the phone
        forgot this station is unknown.
        """
        said, record = self._read()
        if before.apple is None:
            unknown = before.facts.system is System.UNKNOWN
            return Evidence(
                before=before.facts,
                after=facts_of(said, self._usb_path),
                same_identity=None if unknown else False,
            )
        old = record is not None and record == before.apple_record
        back = said if old else before.apple_back or replace(said, trusted=None)
        evidence = evidence_of(before.apple, back, said)
        return replace(evidence, before=before.facts, went_and_returned=False)

    def overwrite(self, tell: Tell, stopped: Callable[[], bool]) -> Overwritten:  # noqa: ARG002
        """See ``Hand``; there is no way to one on an iPhone."""
        return NOTHING

    def _read(self) -> tuple[AppleReadings, str | None]:
        """Return what it says now, and which pair record that was by."""
        device = self._device()
        record = self._mux.record(device.udid)
        named = None if record is None else _name_of(record)
        return IPhone(self._mux, device).read(), named

    def _device(self) -> MuxDevice:
        for each in self._mux.devices():
            if each.udid.casefold() == self._udid.casefold():
                return each
        raise DeviceGoneError(
            Text(zh="手机不在了。", en="The phone is gone."),
            hint=Text(zh="看看线，再插一次。", en="Look at the cable, and plug it in again."),
            device_id=self._usb_path or self._udid,
        )


def _name_of(record: PairRecord) -> str:
    """Return a digest of all that a phone tells a record by; nothing secret goes into it."""
    parts = (
        record.host_id.encode(),
        record.system_buid.encode(),
        record.host_certificate,
        record.device_certificate,
    )
    return hashlib.sha256(b"".join(hashlib.sha256(each).digest() for each in parts)).hexdigest()
