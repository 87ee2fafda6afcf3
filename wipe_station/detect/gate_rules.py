"""What may come in through a bay: storage and phones, told by what a device says it is. Pure.

A device that is anything else as well (a keyboard, a network card, a hub) is turned away as a
whole and named: it could type into the station, or speak to it as a network does. An interface
that only its maker knows, or a phone's modem, is left out and does no harm beside a phone's known
ones; alone it says nothing about the device, and unknown is never let in. A phone in a mode in
which only its maker's programs can speak with it stays outside, and is told by its mode.

MTP of older phones is known only by its interface's name, which the kernel reads when a device is
let in. ``to_be_named`` tells for which devices that is worth it; ``judge`` decides then.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from certs.text import Text
from wipe_station.codec.usb import Configuration, Interface, Triple, UsbDescriptors
from wipe_station.phones.usb_mode_table import APPLE, MODES, Mode, Touch
from wipe_station.phones.usb_modes import IMAGING, MTP_NAME, OLD_MTP, USBMUX, recognise


class Role(Enum):
    """What an interface is good for. Order is the order of naming."""

    KEYBOARD = "keyboard"
    POINTER = "pointer"
    INPUT = "input"
    NETWORK = "network"
    HUB = "hub"
    SERIAL = "serial"
    MODEM = "modem"
    WIRELESS = "wireless"
    AUDIO = "audio"
    CAMERA = "camera"
    PRINTER = "printer"
    SMART_CARD = "smart-card"
    UNKNOWN = "unknown"
    VENDOR = "vendor"
    STORAGE = "storage"
    PHONE = "phone"


NAMES: Final = {
    Role.KEYBOARD: Text(zh="键盘", en="a keyboard"),
    Role.POINTER: Text(zh="鼠标", en="a mouse"),
    Role.INPUT: Text(zh="输入设备", en="an input device"),
    Role.NETWORK: Text(zh="网卡", en="a network card"),
    Role.HUB: Text(zh="集线器", en="a hub"),
    Role.SERIAL: Text(zh="串口", en="a serial port"),
    Role.MODEM: Text(zh="串口", en="a serial port"),
    Role.WIRELESS: Text(zh="无线适配器", en="a wireless adapter"),
    Role.AUDIO: Text(zh="声卡", en="a sound card"),
    Role.CAMERA: Text(zh="摄像头", en="a camera"),
    Role.PRINTER: Text(zh="打印机", en="a printer"),
    Role.SMART_CARD: Text(zh="智能卡读卡器", en="a smart card reader"),
    Role.UNKNOWN: Text(zh="认不出的设备", en="something unknown"),
    Role.VENDOR: Text(zh="认不出的设备", en="something unknown"),
    Role.STORAGE: Text(zh="存储设备", en="storage"),
    Role.PHONE: Text(zh="手机或相机", en="a phone or camera"),
}
WELCOME: Final = frozenset({Role.STORAGE, Role.PHONE})
BESIDE_A_PHONE: Final = frozenset({Role.VENDOR, Role.MODEM})
"""What may be there beside a phone's known interfaces, and stays shut."""
STORAGE_DRIVERS: Final = frozenset({"usb-storage", "uas"})
"""Beside those named ``ums-`` and a maker, which are parts of the first."""
_ANY: Final = None
_ROLES: Final[tuple[tuple[tuple[int, int | None, int | None], Role], ...]] = (
    # Class codes of usb.org: general knowledge, high confidence; phones as in phones.md §1.1, 2.1.
    ((0x08, _ANY, 0x50), Role.STORAGE),  # bulk only
    ((0x08, _ANY, 0x62), Role.STORAGE),  # UAS
    ((0x06, 0x01, 0x01), Role.PHONE),  # MTP and PTP
    ((0xFF, 0x42, 0x01), Role.PHONE),  # adb
    ((0xDC, 0x02, 0x01), Role.PHONE),  # adb as a debugging class
    ((0xFF, 0x42, 0x03), Role.PHONE),  # fastboot
    ((0x03, 0x01, 0x01), Role.KEYBOARD),
    ((0x03, 0x01, 0x02), Role.POINTER),
    ((0x03, _ANY, _ANY), Role.INPUT),  # may type as well as a keyboard
    ((0x02, 0x06, _ANY), Role.NETWORK),  # ECM
    ((0x02, 0x0C, _ANY), Role.NETWORK),  # EEM
    ((0x02, 0x0D, _ANY), Role.NETWORK),  # NCM
    ((0x02, 0x0E, _ANY), Role.NETWORK),  # MBIM
    ((0x02, 0x02, 0xFF), Role.NETWORK),  # RNDIS, as some present it
    ((0x02, 0x02, 0x00), Role.MODEM),  # ACM
    ((0x02, 0x02, 0x01), Role.MODEM),  # ACM with AT commands, as many phones of one maker have [M]
    ((0x02, _ANY, _ANY), Role.SERIAL),
    ((0xE0, 0x01, 0x03), Role.NETWORK),  # RNDIS
    ((0xEF, 0x04, 0x01), Role.NETWORK),  # RNDIS
    ((0xE0, _ANY, _ANY), Role.WIRELESS),
    ((0x09, _ANY, _ANY), Role.HUB),
    ((0x01, _ANY, _ANY), Role.AUDIO),
    ((0x0E, _ANY, _ANY), Role.CAMERA),
    ((0x07, _ANY, _ANY), Role.PRINTER),
    ((0x0B, _ANY, _ANY), Role.SMART_CARD),
    ((0xFF, _ANY, _ANY), Role.VENDOR),
)
Names = Mapping[tuple[int, int], str]
"""What interfaces are called, by configuration and number, as far as it is known."""
NO_NAMES: Final[Names] = MappingProxyType({})
_CDC_DATA: Final = 0x0A
"""The data half of a network card or serial port; its control interface is named instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What of a device is let in."""

    configuration: int
    interfaces: tuple[int, ...]
    storage: tuple[int, ...] = ()
    """Those of them that the kernel's drivers are for; to a phone only programs speak."""
    mode: Mode | None = None
    """Of the phone that it is; None for a drive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedAway:
    """Why a device is not let in: everything that it also is."""

    roles: tuple[Role, ...]
    mode: Mode | None = None
    """Of the phone that it is, or says that it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A device at a port of a bay."""

    port: str
    bay: str | None
    product: str
    """In its own words; show them escaped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger(Visitor):
    """One that was turned away and still hangs there."""

    verdict: TurnedAway


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone(Visitor):
    """A phone that was let in."""

    mode: Mode


def role_of(triple: Triple, vendor_id: int) -> Role:
    """Return what an interface is good for.

    Args:
        triple: how it presents itself.
        vendor_id: who made the device; some triples are a known protocol for one maker only.
    """
    said = _kind(triple)
    if vendor_id == APPLE and said == USBMUX:
        return Role.PHONE  # usbmux; by memory, not verified on a device
    for wanted, role in _ROLES:
        if all(want is _ANY or want == got for want, got in zip(wanted, said, strict=True)):
            return role
    return Role.UNKNOWN


def _roles(interface: Interface, vendor_id: int) -> frozenset[Role]:
    """Return what an interface is in any of its settings: a driver may choose between them."""
    return frozenset(role_of(triple, vendor_id) for triple in interface.alternates)


def _roles_in(
    configuration: Configuration, vendor_id: int, names: Names
) -> dict[int, frozenset[Role]]:
    """Return what each interface is, with its name counted where only that tells."""
    return {
        each.number: frozenset({Role.PHONE})
        if _could_be_mtp(each) and names.get((configuration.value, each.number)) == MTP_NAME
        else _roles(each, vendor_id)
        for each in configuration.interfaces
    }


def _could_be_mtp(interface: Interface) -> bool:
    """Tell whether an interface is an older phone's MTP if it is named so."""
    return all(_kind(triple) == OLD_MTP for triple in interface.alternates)


def _kind(triple: Triple) -> tuple[int, int, int]:
    return triple.class_code, triple.subclass, triple.protocol


def _is_data_half(interface: Interface) -> bool:
    return all(triple.class_code == _CDC_DATA for triple in interface.alternates)


def to_be_named(said: UsbDescriptors) -> int | None:
    """Return the configuration to choose so that names can tell MTP; None if they could not.

    They could where the one thing that is not known of a device is an interface that may be MTP;
    what is also anything foreign is not let in, under any name.
    """
    if said.device_class == 0x09 or said.vendor_id == APPLE:
        return None
    for each in said.configurations:
        kinds = {_kind(triple) for one in each.interfaces for triple in one.alternates}
        known = IMAGING in kinds
        numbers = [one.number for one in each.interfaces if _could_be_mtp(one) and not known]
        if _admitted(each, said.vendor_id, {(each.value, n): MTP_NAME for n in numbers}):
            return each.value if numbers else None
    return None


def judge(said: UsbDescriptors, names: Names = NO_NAMES) -> Admission | TurnedAway:
    """Decide about a device in a bay.

    The first configuration that holds nothing foreign is taken, of an iPhone the last one in which
    it can be spoken with; interfaces that are neither storage nor a phone's stay shut in it, and so
    does every other configuration.

    Args:
        said: what it says that it is.
        names: of its interfaces, where they were read.
    """
    if said.device_class == 0x09:
        return TurnedAway(roles=(Role.HUB,))
    found = recognise(said)
    mode = None if found is None else found.mode
    possible = [each for each in said.configurations if _admitted(each, said.vendor_id, names)]
    # usbmuxd 1.1.1 takes the last of the first four (src/usb.c); changed by it, all is shut again.
    speaking = [each for each in possible if _has_usbmux(each, said.vendor_id) and each.value <= 4]
    for configuration in [*speaking[::-1], *possible]:
        return _admission(configuration, said, names)
    return TurnedAway(roles=tuple(_foreign(said)), mode=mode)


def _admission(configuration: Configuration, said: UsbDescriptors, names: Names) -> Admission:
    admitted = _admitted(configuration, said.vendor_id, names)
    by_triple = _admitted(configuration, said.vendor_id, NO_NAMES)
    drives = (
        each.number
        for each in configuration.interfaces
        if each.number in admitted and Role.STORAGE in _roles(each, said.vendor_id)
    )
    found = recognise(said, () if admitted == by_triple else (MTP_NAME,))
    return Admission(
        configuration=configuration.value,
        interfaces=admitted,
        storage=tuple(drives),
        mode=None if found is None else found.mode,
    )


def fits(driver: str, *, storage: bool) -> bool:
    """Tell whether a driver of the kernel may have an interface that was let in.

    The kernel also chooses drivers by maker and model alone: what says that it is a phone could
    become a network card by the numbers of one.

    Args:
        driver: by the name under which sysfs has it; ``usbfs`` is a program that has claimed it.
        storage: whether the interface is a drive's.
    """
    if storage and (driver in STORAGE_DRIVERS or driver.startswith("ums-")):
        return True
    return driver == "usbfs"


def _has_usbmux(configuration: Configuration, vendor_id: int) -> bool:
    return vendor_id == APPLE and any(
        _kind(triple) == USBMUX for each in configuration.interfaces for triple in each.alternates
    )


def _admitted(configuration: Configuration, vendor_id: int, names: Names) -> tuple[int, ...]:
    """Return which interfaces of a configuration may be used; empty if it is not acceptable."""
    roles = _roles_in(configuration, vendor_id, names)
    has_modem = any(Role.MODEM in each for each in roles.values())
    halves = {each.number for each in configuration.interfaces if has_modem and _is_data_half(each)}
    met = frozenset[Role]().union(*(each for n, each in roles.items() if n not in halves))
    beside = BESIDE_A_PHONE if Role.PHONE in met else frozenset[Role]()
    if not met <= WELCOME | beside:
        return ()
    return tuple(number for number, each in roles.items() if each <= WELCOME)


def _foreign(said: UsbDescriptors) -> Iterable[Role]:
    """Yield what a device is besides storage and phone, in the order of naming."""
    interfaces = [each for one in said.configurations for each in one.interfaces]
    met = frozenset(
        role
        for interface in interfaces
        if not _is_data_half(interface)
        for role in _roles(interface, said.vendor_id)
    )
    named = [role for role in Role if role in met - WELCOME]
    return named or [Role.UNKNOWN]


_TO_THE_MANAGER: Final = Text(
    zh="请拔下来，不要插到别的口；交给店长。",
    en="Unplug it, try no other port; give it to the manager.",
)


def why(verdict: TurnedAway) -> Text:
    """Say what a device is that was turned away."""
    texts = list(dict.fromkeys(NAMES[role] for role in verdict.roles))
    zh = "、".join(text.zh for text in texts)
    en = " and ".join(text.en for text in texts)
    return Text(zh=f"没有放进来：这个设备是{zh}。", en=f"Not let in: this device is {en}.")


def next_step(verdict: TurnedAway) -> Text:
    """Say what a person does: with a phone, what lets it in; with everything else, the manager.

    It may be no phone and only say so: then what it asks for does no harm, and it stays outside.
    """
    roles = set(verdict.roles)
    facts = None if verdict.mode is None else MODES[verdict.mode]
    if facts is None:
        return _TO_THE_MANAGER
    if roles == {Role.NETWORK}:
        return Text(
            zh="它自称是手机：请机主关掉“USB 共享网络”，再插上。",
            en="It says that it is a phone: have USB tethering turned off, and plug it in again.",
        )
    if not roles <= {Role.VENDOR, Role.UNKNOWN}:
        return _TO_THE_MANAGER
    if facts.touch is Touch.WAIT:
        return Text(
            zh=f"如果是手机：{facts.next_step.zh}", en=f"If it is a phone: {facts.next_step.en}"
        )
    if facts.touch is Touch.HANDS_OFF:
        return Text(
            zh=f"它自称是手机（{facts.title.zh}）：{facts.next_step.zh}",
            en=f"It says that it is a phone ({facts.title.en}): {facts.next_step.en}",
        )
    return _TO_THE_MANAGER
