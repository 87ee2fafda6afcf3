"""What an iPhone said becomes facts, and three readings become signs of an erase."""

import dataclasses
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.phones import apple_facts
from wipe_station.phones.apple_facts import (
    Activation,
    AppleReadings,
    Obliteration,
    ObliterationKind,
    activation_of,
    facts_of,
    obliteration_of,
    part_of,
)
from wipe_station.phones.apple_signs import Signs, evidence_of, signs_of
from wipe_station.phones.evidence import Finding, finding_of
from wipe_station.phones.facts import Form, PhoneFacts, System
from wipe_station.phones.mcinstall import Cloud

MARKERS: Final = ("Wang Xiaoming", "13800138000", "Marker Ltd")
VALUES: Final[dict[str, Any]] = {
    "UniqueDeviceID": "00008110-001A2B3C4D5E801E",
    "ProductType": "iPhone14,5",
    "ProductVersion": "18.6.2",
    "SerialNumber": "F2LSIM0001AB",
    "InternationalMobileEquipmentIdentity": "353644930127905",
    "PasswordProtected": True,
    "ActivationState": "Activated",
    "SIMStatus": "kCTSIMSupportSIMStatusReady",
    # Not asked for; a phone that says them all the same is not listened to.
    "DeviceName": MARKERS[0],
    "PhoneNumber": MARKERS[1],
}
DOMAINS: Final[dict[str, dict[str, Any]]] = {
    apple_facts.DISK: {"TotalDiskCapacity": 128_000_000_000},
    apple_facts.BATTERY: {"BatteryCurrentCapacity": 88},
    apple_facts.FIND_MY: {"IsAssociated": False},
}
BATTERY: Final[dict[str, Any]] = {
    "CycleCount": 412,
    "DesignCapacity": 3200,
    "NominalChargeCapacity": 2800,
    "Temperature": 2930,
}
NVRAM: Final[dict[str, Any]] = {
    "obliteration": b"EACS Done @1700000000",
    "fm-activation-locked": b"NO",
}
IN_USE: Final = Cloud(supervised=False, set_up=True, organised=False)
NEW: Final = Cloud(supervised=False, set_up=False, organised=False)
BEFORE: Final = AppleReadings(
    values=VALUES,
    domains=DOMAINS,
    battery=BATTERY,
    nvram=NVRAM,
    cloud=IN_USE,
    profiles=0,
    trusted=True,
)
COMPLETE: Final = b"handle_message: Obliteration Complete"
RESET: Final = VALUES | {"ActivationState": "Unactivated", "PasswordProtected": False}
OLD: Final = dataclasses.replace(BEFORE, nvram={"obliteration": COMPLETE})
BACK: Final = AppleReadings(values={"UniqueDeviceID": VALUES["UniqueDeviceID"]}, trusted=False)
AFTER: Final = dataclasses.replace(
    BEFORE,
    values=RESET,
    nvram=NVRAM | {"obliteration": b"EACS Done @1780000000"},
    cloud=NEW,
)


def test_facts__everything_said__as_said() -> None:
    """Each fact stands where it belongs, in its unit."""
    assert facts_of(BEFORE, "3-1.2") == PhoneFacts(
        system=System.IOS,
        usb_path="3-1.2",
        form=Form.PHONE,
        maker="Apple",
        model="iPhone14,5",
        serial="F2LSIM0001AB",
        device_id="00008110-001A2B3C4D5E801E",
        imeis=("353644930127905",),
        version="18.6.2",
        storage_bytes=128_000_000_000,
        battery_ratio=0.88,
        battery_health_ratio=0.875,
        battery_cycles=412,
        battery_celsius=29.3,
        screen_lock=True,
        find_my=False,
        managed=False,
        supervised=False,
        set_up=True,
        sim_present=True,
    )
    assert activation_of(BEFORE) is Activation.ACTIVATED


@pytest.mark.parametrize(
    ("product", "form"),
    [("iPad13,8", Form.TABLET), ("iPhone9,3", Form.PHONE), ("iPod9,1", None), ("iPad", None)],
)
def test_form__product__of_its_kind(product: str, form: Form | None) -> None:
    """A document about a tablet calls it one."""
    assert facts_of(AppleReadings(values={"ProductType": product})).form is form


def test_facts__nothing_said__nothing_known() -> None:
    """A phone that tells a stranger nothing is a phone with unknown locks, not without any."""
    facts = facts_of(AppleReadings(values={}))
    assert facts == PhoneFacts(system=System.IOS, maker="Apple")
    assert facts.find_my is None
    assert facts.managed is None


def test_facts__names_said_or_put_where_facts_belong__nowhere() -> None:
    """Whatever a phone says, and wherever, a name in it reaches no value and no repr."""
    for marker in MARKERS:
        values = dict.fromkeys(VALUES, marker)
        domains = {domain: dict.fromkeys(kept, marker) for domain, kept in DOMAINS.items()}
        nvram = {"obliteration": marker.encode(), "owner": marker}
        read = AppleReadings(values=values, domains=domains, battery=domains, nvram=nvram)
        shown = repr((read, facts_of(read), obliteration_of(nvram), signs_of(read, read, read)))
        assert not any(each in shown for each in MARKERS)
        assert marker not in repr(part_of(nvram, ("fm-activation-locked",)))


ODD: Final = (
    st.booleans() | st.integers() | st.text(max_size=9) | st.binary(max_size=9) | st.floats()
)


@given(
    st.dictionaries(st.sampled_from(sorted(VALUES)), ODD),
    st.dictionaries(st.sampled_from(sorted(BATTERY)), ODD),
    st.dictionaries(st.sampled_from(sorted(NVRAM)), ODD),
    ODD,
)
def test_facts__any_kind_anywhere__within_their_ranges(
    values: dict[str, Any], battery: dict[str, Any], nvram: dict[str, Any], other: Any
) -> None:
    """No answer of another kind breaks the reading or leaves the range of its fact."""
    domains = {domain: dict.fromkeys(kept, other) for domain, kept in DOMAINS.items()}
    read = AppleReadings(values=values, domains=domains, battery=battery, nvram=nvram)
    facts = facts_of(read)
    for ratio in (facts.battery_ratio, facts.battery_health_ratio):
        assert ratio is None or 0 <= ratio <= 1
    assert facts.storage_bytes is None or facts.storage_bytes >= 0
    assert facts.find_my in {True, False, None}
    assert facts.screen_lock in {True, False, None}
    obliteration_of(nvram)


@pytest.mark.parametrize(
    ("said", "kept", "expected"),
    [
        (True, None, True),
        (False, None, False),
        (False, b"NO", False),
        (False, b"YES", True),
        (None, b"YES", True),
        (None, b"NO", None),
        (None, None, None),
        (0, b"NO", None),
        ("NO", None, None),
    ],
)
def test_find_my__two_places__on_if_one_says_so_off_only_by_the_first(
    said: Any, kept: bytes | None, expected: bool | None
) -> None:
    """Unreadable is unknown, and never off."""
    domains = {} if said is None else {apple_facts.FIND_MY: {"IsAssociated": said}}
    nvram = None if kept is None else {"fm-activation-locked": kept}
    read = AppleReadings(values={}, domains=domains, nvram=nvram)
    assert facts_of(read).find_my is expected


@pytest.mark.parametrize(
    ("cloud", "profiles", "managed"),
    [
        (None, 0, None),
        (IN_USE, 0, False),
        (IN_USE, 2, None),
        (IN_USE, None, None),
        (dataclasses.replace(IN_USE, organised=None), 0, None),
        (dataclasses.replace(IN_USE, organised=True), None, True),
    ],
)
def test_managed__organisation_and_profiles__no_only_without_both(
    cloud: Cloud | None, profiles: int | None, managed: bool | None
) -> None:
    """A profile may be one of management: so it leaves the question open."""
    assert facts_of(AppleReadings(values={}, cloud=cloud, profiles=profiles)).managed is managed


@pytest.mark.parametrize(
    ("full", "design", "ratio"),
    [
        (3000, 3000, 1.0),
        (3100, 3000, 1.0),
        (9000, 3000, None),
        (1, 0, None),
        (-1, 3, None),
        (0, 3, 0.0),
    ],
)
def test_battery__health__a_ratio_or_unknown(full: int, design: int, ratio: float | None) -> None:
    """A fresh cell may hold a little more than designed; nonsense is unknown."""
    battery = {"NominalChargeCapacity": full, "DesignCapacity": design}
    assert facts_of(AppleReadings(values={}, battery=battery)).battery_health_ratio == ratio


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"EACS Done @1780000060", Obliteration(kind=ObliterationKind.EACS, at_unix_s=1780000060)),
        (
            b"SafeOblit done @1780000060, Err:0, By:x",
            Obliteration(kind=ObliterationKind.SAFE, at_unix_s=1780000060, error=0),
        ),
        (
            b"SafeOblit done @1780000060, Err:-5, By:x",
            Obliteration(kind=ObliterationKind.SAFE, at_unix_s=1780000060, error=-5),
        ),
        (
            b"handle_message: Obliteration Complete\0",
            Obliteration(kind=ObliterationKind.COMPLETE, at_unix_s=None),
        ),
        (b"EACS Done", None),
        (b"EACS begun @1780000060", None),
        (b"not EACS Done @1780000060", None),
        (b"EACS Done @99999999999999999999", None),
        (b"\xff\xfe", None),
        (17, None),
        (None, None),
    ],
)
def test_obliteration__record__understood_or_none(text: Any, expected: Obliteration | None) -> None:
    """Three published forms are read; anything else is no record."""
    assert obliteration_of(None if text is None else {"obliteration": text}) == expected


def test_signs__an_erase__every_one_of_them() -> None:
    """The same phone, forgotten trust, no activation, a setup that starts anew, a new record."""
    signs = signs_of(BEFORE, BACK, AFTER)
    assert signs == Signs(
        same_phone=True, forgot_us=True, unactivated=True, setup_open=True, new_record=True
    )
    assert finding_of(evidence_of(BEFORE, BACK, AFTER)) is Finding.ERASED


GONE, KEPT, OPEN = Finding.ERASED, Finding.NOT_ERASED, Finding.UNPROVEN


def _after(**changes: Any) -> AppleReadings:
    return dataclasses.replace(AFTER, **changes)


@pytest.mark.parametrize(
    ("before", "back", "after", "finding"),
    [
        (BEFORE, BEFORE, BEFORE, KEPT),
        (BEFORE, dataclasses.replace(BACK, trusted=True), AFTER, KEPT),
        (BEFORE, dataclasses.replace(BACK, trusted=None), AFTER, GONE),
        (BEFORE, dataclasses.replace(BACK, values={}), AFTER, OPEN),
        (BEFORE, BACK, BACK, OPEN),
        (BEFORE, BACK, _after(values=VALUES), KEPT),
        (BEFORE, BACK, _after(nvram=NVRAM), KEPT),
        (BEFORE, BACK, _after(nvram={}), KEPT),
        (
            BEFORE,
            BACK,
            _after(nvram={"obliteration": b"SafeOblit done @1780000000, Err:5"}),
            KEPT,
        ),
        (
            BEFORE,
            BACK,
            _after(nvram={"obliteration": b"EACS Done @1600000000"}),
            KEPT,
        ),
        (BEFORE, BACK, _after(nvram={"obliteration": b"another form"}), OPEN),
        (BEFORE, BACK, _after(nvram=None), OPEN),
        (BEFORE, BACK, _after(cloud=None), GONE),
        (BEFORE, BACK, _after(nvram={"obliteration": COMPLETE}), OPEN),
        (OLD, BACK, _after(nvram={"obliteration": COMPLETE}), OPEN),
        (
            dataclasses.replace(OLD, nvram={}),
            BACK,
            _after(nvram={"obliteration": COMPLETE}),
            GONE,
        ),
        (BEFORE, BACK, _after(cloud=IN_USE), KEPT),
        (BEFORE, BACK, _after(values=RESET | {"SerialNumber": "OTHERPHONE99"}), OPEN),
        (
            BEFORE,
            BACK,
            _after(values=RESET | {"ActivationState": "FactoryActivated"}),
            GONE,
        ),
        (
            BEFORE,
            dataclasses.replace(BACK, values={"UniqueDeviceID": "0" * 40}),
            AFTER,
            OPEN,
        ),
        (AFTER, BACK, AFTER, KEPT),
        (_after(nvram=None), BACK, AFTER, OPEN),
        (dataclasses.replace(BEFORE, trusted=None), BACK, AFTER, GONE),
        (dataclasses.replace(BEFORE, nvram=None, cloud=None), BACK, AFTER, OPEN),
        (
            dataclasses.replace(BEFORE, cloud=None, nvram={"obliteration": b"another form"}),
            BACK,
            AFTER,
            OPEN,
        ),
        (dataclasses.replace(BEFORE, cloud=None, nvram={}), BACK, AFTER, GONE),
    ],
)
def test_evidence__one_against_or_too_few__not_erased(
    before: AppleReadings, back: AppleReadings, after: AppleReadings, finding: Finding
) -> None:
    """One observation against it decides; what could not be seen is no observation for it."""
    assert finding_of(evidence_of(before, back, after)) is finding
