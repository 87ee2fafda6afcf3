"""Which mode a phone on a USB port is in. Pure.

Interfaces come first: they say what can be spoken. Ids decide only where no interface does, which
is so in the modes in which makers repair phones; there a phone is named, and nothing is written.

What USB alone cannot tell stays open: ``Found.could_be`` lists it, ``ModeFacts.settled_by`` says
what would tell. adb in the running system, in recovery and in a sideload look alike, and so do a
boot loader and fastbootd, MTP and PTP.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from wipe_station.codec.usb import Triple, UsbDescriptors
from wipe_station.phones.usb_mode_table import (
    APPLE,
    MAKERS,
    SPECIAL,
    TELL_PTP,
    Certainty,
    Mode,
    Rule,
)

MTP_NAME: Final = "MTP"
PTP_NAME: Final = "PTP"


class By(Enum):
    """What a mode was recognised by."""

    INTERFACE = "interface"
    INTERFACE_NAME = "interface-name"
    IDS = "ids"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was recognised."""

    mode: Mode
    by: By
    certainty: Certainty
    could_be: tuple[Mode, ...] = ()
    """Other modes that look the same."""


_Triple = tuple[int, int, int]
ADB: Final[frozenset[_Triple]] = frozenset({(0xFF, 0x42, 0x01), (0xDC, 0x02, 0x01)})
FASTBOOT: Final[_Triple] = (0xFF, 0x42, 0x03)
IMAGING: Final[_Triple] = (0x06, 0x01, 0x01)
OLD_MTP: Final[_Triple] = (0xFF, 0xFF, 0x00)
"""MTP as kernels of older phones say it (``f_mtp.c``), if the interface is named so, too [M]."""
USBMUX: Final[_Triple] = (0xFF, 0xFE, 0x02)
_VENDOR: Final = 0xFF


def recognise(said: UsbDescriptors, names: Collection[str] = ()) -> Found | None:
    """Tell a phone's mode; None if nothing says that it is one.

    Args:
        said: what the device says, in all configurations and settings.
        names: of its interfaces, as far as they are known; the kernel reads them only from a
            device that was let in.

    Source: adb.h and transport_usb.cpp of AOSP (adb) [S]; the other triples are [M].
    """
    met = frozenset(_said(triple) for triple in _triples(said))
    return _by_interface(said, met, names) or _by_ids(said, SPECIAL) or _silent(said, met)


def _triples(said: UsbDescriptors) -> Iterator[Triple]:
    for configuration in said.configurations:
        for interface in configuration.interfaces:
            yield from interface.alternates


def _said(triple: Triple) -> _Triple:
    return triple.class_code, triple.subclass, triple.protocol


def _by_interface(
    said: UsbDescriptors, met: frozenset[_Triple], names: Collection[str]
) -> Found | None:
    if said.vendor_id == APPLE:  # its photos come over PTP beside usbmux, or alone before trust
        known = USBMUX in met
        return _found(Mode.IPHONE, By.INTERFACE, Certainty.MEMORY) if known else None
    if FASTBOOT in met:
        return _found(Mode.FASTBOOT, By.INTERFACE, Certainty.READ)
    adb = bool(ADB & met)
    if IMAGING in met:
        return _imaging(said, adb, names)
    if MTP_NAME in names and any(kind[0] == _VENDOR for kind in met):
        mode = Mode.MTP_ADB if adb else Mode.MTP
        return _found(mode, By.INTERFACE_NAME, Certainty.MEMORY)
    return _found(Mode.ADB, By.INTERFACE, Certainty.READ) if adb else None


def _imaging(said: UsbDescriptors, adb: bool, names: Collection[str]) -> Found:
    """Tell MTP from PTP as far as ids or names do."""
    both = (Mode.MTP_ADB, Mode.PTP_ADB) if adb else (Mode.MTP, Mode.PTP)
    by_ids = _by_ids(said, TELL_PTP)
    if by_ids:
        is_ptp = by_ids.mode in {Mode.PTP, Mode.PTP_ADB}
        return _found(both[is_ptp], By.IDS, by_ids.certainty)
    if (MTP_NAME in names) is not (PTP_NAME in names):
        return _found(both[PTP_NAME in names], By.INTERFACE_NAME, Certainty.MEMORY)
    return _found(both[0], By.INTERFACE, Certainty.MEMORY, both[1])


def _by_ids(said: UsbDescriptors, rules: Iterable[Rule]) -> Found | None:
    for rule in rules:
        if rule.vendor_id == said.vendor_id and rule.first <= said.product_id <= rule.last:
            return _found(rule.mode, By.IDS, rule.certainty)
    return None


def _silent(said: UsbDescriptors, met: frozenset[_Triple]) -> Found | None:
    """Recognise a phone that offers nothing: its maker is known, and all else is its maker's."""
    if said.vendor_id in MAKERS and all(kind[0] == _VENDOR for kind in met):
        return _found(Mode.CHARGE_ONLY, By.IDS, Certainty.MEMORY)
    return None


def _found(mode: Mode, by: By, certainty: Certainty, *could_be: Mode) -> Found:
    return Found(mode=mode, by=by, certainty=certainty, could_be=could_be)
