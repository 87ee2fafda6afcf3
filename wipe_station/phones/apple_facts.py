"""What an iPhone or iPad said → ``PhoneFacts``, and its own record of the last erase. Pure.

Only the values named here are asked for and looked at: the phone's name, its numbers and its
organisation's name are a person's or a firm's, and are not among them. What is missing, refused or
of another kind is unknown, never "off".

Source: names of keys from public tools and dumps; units of the battery's node and what
``PasswordProtected`` means (a passcode is set) from general knowledge, unverified on hardware.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final

from wipe_station.phones.facts import Form, PhoneFacts, System
from wipe_station.phones.mcinstall import Cloud
from wipe_station.phones.plist import Fields, Plist, integer_in, text_in, truth_in

DISK: Final = "com.apple.disk_usage"
BATTERY: Final = "com.apple.mobile.battery"
FIND_MY: Final = "com.apple.fmip"
RECORD: Final = "obliteration"
"""In NVRAM: what the phone notes of an erase."""
OPEN_KEYS: Final = ("UniqueDeviceID", "ProductType", "ProductVersion")
"""What a phone tells a stranger."""
TRUSTED_KEYS: Final = (
    "SerialNumber",
    "InternationalMobileEquipmentIdentity",
    "InternationalMobileEquipmentIdentity2",
    "PasswordProtected",
    "ActivationState",
    "SIMStatus",
)
BATTERY_KEYS: Final = ("CycleCount", "DesignCapacity", "NominalChargeCapacity", "Temperature")
NVRAM_KEYS: Final = (RECORD, "fm-activation-locked")
"""Of two nodes that hold much else, which is forgotten as soon as it was parsed."""
DOMAIN_KEYS: Final = (
    (DISK, "TotalDiskCapacity"),
    (BATTERY, "BatteryCurrentCapacity"),
    (FIND_MY, "IsAssociated"),
)
_SERIAL: Final = re.compile(r"(?=.*[A-Z])[0-9A-Z]{8,14}")
"""With a letter in it: a number alone may be somebody's."""
_FORMS: Final = MappingProxyType({"iPhone": Form.PHONE, "iPad": Form.TABLET})
_PRODUCT: Final = re.compile(r"[A-Za-z]{3,12}[0-9]{1,3},[0-9]{1,3}")
_VERSION: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){0,3}")
_UDID: Final = re.compile(r"[0-9A-Fa-f]{40}|[0-9A-Fa-f]{8}-[0-9A-Fa-f]{16}")
_IMEI: Final = re.compile(r"[0-9]{14,16}")
_NO_SIM: Final = "kCTSIMSupportSIMStatusNotInserted"
_SIM: Final = frozenset(
    {"kCTSIMSupportSIMStatusReady", "kCTSIMSupportSIMStatusPINLocked", "kCTSIMSupportPUKLocked"}
)
_MOST_BYTES_OF_STORAGE: Final = 1 << 46
_MOST_CYCLES: Final = 20_000
_MOST_HEALTH: Final = 1.25
"""A fresh cell may hold a little more than it was designed for; beyond that it is an error."""


class Activation(Enum):
    """Whether the phone was activated with its maker, as it says."""

    ACTIVATED = "Activated"
    UNACTIVATED = "Unactivated"


class ObliterationKind(Enum):
    """In which words the phone recorded its last erase."""

    COMPLETE = "obliteration-complete"
    """Older systems; without a time."""
    EACS = "eacs-done"
    SAFE = "safe-oblit-done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obliteration:
    """The phone's own record of its last erase, in memory that outlives it."""

    kind: ObliterationKind
    at_unix_s: int | None
    """By the phone's clock; None where the record has no time."""
    error: int | None = None
    """As the record says; 0 is none, None where it says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppleReadings:
    """What one phone answered; what it did not answer is not in here."""

    values: Mapping[str, Plist] = field(repr=False)
    """Of ``OPEN_KEYS`` and ``TRUSTED_KEYS``."""
    domains: Mapping[str, Fields] = field(default_factory=dict, repr=False)
    battery: Fields | None = field(default=None, repr=False)
    nvram: Fields | None = field(default=None, repr=False)
    cloud: Cloud | None = None
    profiles: int | None = None
    trusted: bool | None = None
    """Whether it let us in by the pair record: False if it knows no such host; None if unasked."""


def part_of(node: Fields | None, keys: tuple[str, ...]) -> Fields | None:
    """Return the few properties of a node that anybody looks at; None of None."""
    return None if node is None else {key: node[key] for key in keys if key in node}


def facts_of(read: AppleReadings, usb_path: str | None = None) -> PhoneFacts:
    """Return what is known of the phone.

    Args:
        read: its answers; every one may be missing or of any kind.
        usb_path: of the port it hangs on.
    """
    battery, disk = read.battery or {}, read.domains.get(DISK, {})
    model = _matching(read.values, "ProductType", _PRODUCT)
    return PhoneFacts(
        system=System.IOS,
        usb_path=usb_path,
        form=_FORMS.get((model or "").rstrip("0123456789,")),
        maker="Apple",
        model=model,
        serial=_matching(read.values, "SerialNumber", _SERIAL),
        device_id=_matching(read.values, "UniqueDeviceID", _UDID),
        imeis=_imeis(read.values),
        version=_matching(read.values, "ProductVersion", _VERSION),
        storage_bytes=_within(integer_in(disk, "TotalDiskCapacity"), _MOST_BYTES_OF_STORAGE),
        battery_ratio=_charge(read.domains.get(BATTERY, {})),
        battery_health_ratio=_health(battery),
        battery_cycles=_within(integer_in(battery, "CycleCount"), _MOST_CYCLES),
        battery_celsius=celsius_of(battery),
        screen_lock=truth_in(read.values, "PasswordProtected"),
        find_my=_find_my(read),
        managed=_managed(read),
        supervised=None if read.cloud is None else read.cloud.supervised,
        set_up=None if read.cloud is None else read.cloud.set_up,
        sim_present=_sim(text_in(read.values, "SIMStatus")),
    )


def activation_of(read: AppleReadings) -> Activation | None:
    """Return whether the phone is activated; None where it does not say one or the other.

    Tickets from a factory (``FactoryActivated`` and others) are neither: unknown.
    """
    state = text_in(read.values, "ActivationState")
    return Activation(state) if state in {each.value for each in Activation} else None


def _matching(fields: Fields, key: str, form: "re.Pattern[str]") -> str | None:
    value = text_in(fields, key)
    return value if value is not None and form.fullmatch(value) else None


def _within(number: int | None, most: int) -> int | None:
    return number if number is not None and 0 <= number <= most else None


def _imeis(values: Fields) -> tuple[str, ...]:
    keys = ("InternationalMobileEquipmentIdentity", "InternationalMobileEquipmentIdentity2")
    found = (_matching(values, key, _IMEI) for key in keys)
    return tuple(number for number in found if number is not None)


def _charge(battery: Fields) -> float | None:
    percent = _within(integer_in(battery, "BatteryCurrentCapacity"), 100)
    return None if percent is None else percent / 100


def _health(battery: Fields) -> float | None:
    """Full charge by design, both in mAh; Apple's own figure may differ."""
    full, design = (
        integer_in(battery, "NominalChargeCapacity"),
        integer_in(battery, "DesignCapacity"),
    )
    if full is None or design is None or full < 0 or design <= 0:
        return None
    ratio = full / design
    return min(ratio, 1.0) if ratio <= _MOST_HEALTH else None


def celsius_of(battery: Fields) -> float | None:
    """Return the battery's temperature in degrees Celsius, from its node."""
    hundredths = integer_in(battery, "Temperature")
    return hundredths / 100 if hundredths is not None and -4000 <= hundredths <= 12000 else None


def _find_my(read: AppleReadings) -> bool | None:
    """Two places may say it; one that says "on" is enough, and only the first may say "off"."""
    said = truth_in(read.domains.get(FIND_MY, {}), "IsAssociated")
    kept = _plain((read.nvram or {}).get("fm-activation-locked"))
    return True if kept == "YES" else said


def _managed(read: AppleReadings) -> bool | None:
    """An organisation is named: yes. Neither that nor any profile: no. Else nobody knows."""
    if read.cloud is None or read.cloud.organised is None:
        return None
    if read.cloud.organised:
        return True
    return False if read.profiles == 0 else None


def _sim(status: str | None) -> bool | None:
    return False if status == _NO_SIM else (True if status in _SIM else None)


_RECORDS: Final = MappingProxyType(
    {
        ObliterationKind.EACS: re.compile(r"EACS Done @ ?(?P<at>[0-9]{9,11})\b"),
        ObliterationKind.SAFE: re.compile(
            r"SafeOblit done @ ?(?P<at>[0-9]{9,11})\b(?:, ?Err: ?(?P<error>-?[0-9]{1,10}))?"
        ),
        ObliterationKind.COMPLETE: re.compile(r"handle_message: Obliteration Complete\b"),
    }
)
"""Forms of the record. Source: public dumps and disassembly; on current systems unconfirmed."""


def obliteration_of(nvram: Fields | None) -> Obliteration | None:
    """Return the phone's record of its last erase.

    Returns:
        None where there is none, none could be read, or it has another form.
    """
    text = _plain((nvram or {}).get(RECORD))
    for kind, form in _RECORDS.items():
        if text is not None and (found := form.match(text)):
            parts = found.groupdict()
            return Obliteration(
                kind=kind, at_unix_s=_whole(parts, "at"), error=_whole(parts, "error")
            )
    return None


def _whole(parts: Mapping[str, str | None], name: str) -> int | None:
    digits = parts.get(name)
    return None if digits is None else int(digits)


def _plain(value: Plist | None) -> str | None:
    """Return a variable's text; NVRAM holds bytes, with or without a C string's end."""
    if isinstance(value, bytes):
        value = value[:256].rstrip(b"\0").decode("ascii", "replace")
    return value if isinstance(value, str) else None
