"""USB descriptors become interfaces, and interfaces a decision; nothing hides between the two."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.codec.usb import Configuration, Interface, Triple, parse_usb_descriptors
from wipe_station.detect.gate_rules import (
    BESIDE_A_PHONE,
    NAMES,
    WELCOME,
    Admission,
    Role,
    TurnedAway,
    fits,
    judge,
    next_step,
    role_of,
    why,
)
from wipe_station.errors import MalformedReplyError
from wipe_station.tests.usb_samples import (
    ACM,
    ADB,
    ANY_HID,
    AUDIO,
    CDC_DATA,
    ECM,
    FASTBOOT,
    HUB,
    KEYBOARD,
    MOUSE,
    MTP,
    RNDIS,
    STICK,
    UAS,
    USBMUX,
    VENDOR,
    Kind,
    configuration,
    descriptors,
    interface,
    single,
)

APPLE = 0x05AC
KINDS = st.sampled_from(
    [
        *(STICK, UAS, KEYBOARD, MOUSE, ANY_HID, ECM, CDC_DATA, RNDIS, HUB),
        *(MTP, ADB, USBMUX, VENDOR, ACM, FASTBOOT),
    ]
)
SETTINGS = st.lists(st.lists(KINDS, min_size=1, max_size=3), min_size=1, max_size=4)


def admitted(verdict: Admission | TurnedAway) -> tuple[int, tuple[int, ...]]:
    """Return what was let in."""
    assert isinstance(verdict, Admission), verdict
    return verdict.configuration, verdict.interfaces


def judged(data: bytes) -> Admission | TurnedAway:
    """Return what becomes of a device."""
    return judge(parse_usb_descriptors(data))


def built(settings: list[list[Kind]], value: int = 1) -> bytes:
    """Return a configuration whose interfaces have alternate settings."""
    parts = [
        interface(number, kind, alternate)
        for number, kinds in enumerate(settings)
        for alternate, kind in enumerate(kinds)
    ]
    return configuration(value, *parts)


def test_parse__stick_with_uas_setting__one_interface_two_settings() -> None:
    """Alternate settings belong to their interface, in the device's order."""
    said = parse_usb_descriptors(descriptors(built([[STICK, UAS]]), vendor=0x174C))
    triples = tuple(Triple(class_code=c, subclass=s, protocol=p) for c, s, p in (STICK, UAS))
    found = Configuration(value=1, interfaces=(Interface(number=0, alternates=triples),))
    assert said.configurations == (found,)
    assert (said.vendor_id, said.product_id, said.device_class) == (0x174C, 0x1234, 0)


@given(SETTINGS, SETTINGS)
def test_parse__any_configurations__nothing_lost(
    first: list[list[Kind]], second: list[list[Kind]]
) -> None:
    """Every setting of every interface of every configuration comes out as it went in."""
    said = parse_usb_descriptors(descriptors(built(first), built(second, 2)))
    found = [
        [
            [(t.class_code, t.subclass, t.protocol) for t in each.alternates]
            for each in one.interfaces
        ]
        for one in said.configurations
    ]
    assert found == [first, second]


GOOD = single(STICK, KEYBOARD)
BROKEN = {
    "empty": b"",
    "half a device": GOOD[:10],
    "no device": GOOD[18:],
    "cut": GOOD[:-1],
    "a length of zero": GOOD[:-7] + bytes(7),
    "bytes behind the end": GOOD + b"\x02\x30",
    "an interface before any configuration": GOOD[:18] + interface(0, STICK) + GOOD[18:],
    "a configuration too few": descriptors(built([[STICK]]), count=2),
    "a total that is too small": GOOD[:20] + (GOOD[20] - 16).to_bytes(1, "little") + GOOD[21:],
    "a short interface": descriptors(configuration(1, bytes([8, 4, 0, 0, 0, 8, 6, 0x50]))),
}


@pytest.mark.parametrize("name", BROKEN)
def test_parse__malformed__typed_error(name: str) -> None:
    """What does not add up is not guessed at: the device stays outside."""
    with pytest.raises(MalformedReplyError):
        parse_usb_descriptors(BROKEN[name])


@given(st.binary(max_size=300) | st.binary(max_size=120).map(lambda tail: GOOD + tail))
def test_parse__any_bytes__nothing_but_malformed_reply(data: bytes) -> None:
    """Outside bytes raise one error and no other."""
    with contextlib.suppress(MalformedReplyError):
        parse_usb_descriptors(data)


@given(SETTINGS, SETTINGS, st.sampled_from([0x1D6B, APPLE]))
def test_judge__any_device__never_lets_a_foreign_interface_in(
    first: list[list[Kind]], second: list[list[Kind]], vendor: int
) -> None:
    """Whatever is let in is storage or a phone in all its settings, and beside nothing foreign."""
    said = parse_usb_descriptors(descriptors(built(first), built(second, 2), vendor=vendor))
    verdict = judge(said)
    if isinstance(verdict, TurnedAway):
        assert set(verdict.roles) - WELCOME
        return
    (taken,) = [each for each in said.configurations if each.value == verdict.configuration]
    for each in taken.interfaces:
        roles = {role_of(triple, vendor) for triple in each.alternates}
        assert roles <= WELCOME | BESIDE_A_PHONE or {t.class_code for t in each.alternates} == {10}
        assert (each.number in verdict.interfaces) is (roles <= WELCOME)


@pytest.mark.parametrize(
    ("kinds", "interfaces"),
    [
        ([STICK], (0,)),
        ([UAS], (0,)),
        ([MTP], (0,)),
        ([ADB], (0,)),
        ([MTP, ADB], (0, 1)),
        ([MTP, VENDOR, ADB], (0, 2)),
        ([STICK, ADB], (0, 1)),
        ([FASTBOOT], (0,)),
        ([MTP, ACM, CDC_DATA], (0,)),
        ([ACM, CDC_DATA, MTP, ADB], (2, 3)),
    ],
)
def test_judge__storage_and_phones__let_in_by_interface(
    kinds: list[Kind], interfaces: tuple[int, ...]
) -> None:
    """Drives and phones come in; what only the maker knows stays shut beside a phone."""
    drives = tuple(n for n in interfaces if kinds[n] in {STICK, UAS})
    verdict = judged(single(*kinds))
    assert admitted(verdict) == (1, interfaces)
    assert isinstance(verdict, Admission)
    assert verdict.storage == drives


@pytest.mark.parametrize(
    ("kinds", "roles"),
    [
        ([KEYBOARD], (Role.KEYBOARD,)),
        ([STICK, KEYBOARD, ECM, CDC_DATA], (Role.KEYBOARD, Role.NETWORK)),
        ([MTP, ADB, RNDIS, CDC_DATA], (Role.NETWORK,)),
        ([STICK, ANY_HID], (Role.INPUT,)),
        ([STICK, MOUSE], (Role.POINTER,)),
        ([HUB], (Role.HUB,)),
        ([STICK, VENDOR], (Role.VENDOR,)),
        ([VENDOR], (Role.VENDOR,)),
        ([USBMUX], (Role.VENDOR,)),
        ([(0x77, 0, 0)], (Role.UNKNOWN,)),
        ([CDC_DATA], (Role.UNKNOWN,)),
        ([], (Role.UNKNOWN,)),
        ([STICK, AUDIO], (Role.AUDIO,)),
        ([ACM, CDC_DATA], (Role.MODEM,)),
        ([STICK, ACM, CDC_DATA], (Role.MODEM,)),
        ([MTP, CDC_DATA], (Role.UNKNOWN,)),
        ([MTP, ACM, CDC_DATA, KEYBOARD], (Role.KEYBOARD, Role.MODEM)),
        ([MTP, ACM, ECM, CDC_DATA], (Role.NETWORK, Role.MODEM)),
        ([MTP, (2, 0x0B, 0)], (Role.SERIAL,)),
    ],
)
def test_judge__anything_else_as_well__turned_away_and_named(
    kinds: list[Kind], roles: tuple[Role, ...]
) -> None:
    """A device that is foreign in one interface is turned away as a whole, with its names."""
    assert _away(single(*kinds)).roles == roles


def test_judge__foreign_alternate_setting__turned_away() -> None:
    """A drive that can become a keyboard by another setting is a keyboard."""
    verdict = judged(descriptors(built([[STICK, KEYBOARD]])))
    assert verdict == TurnedAway(roles=(Role.KEYBOARD,))


def test_judge__clean_second_configuration__that_one_is_taken() -> None:
    """As on an iPhone, whose other configurations hold sound and keys that nobody lets in."""
    phone = descriptors(built([[AUDIO], [ANY_HID]]), built([[MTP], [USBMUX]], 3), vendor=APPLE)
    assert admitted(judged(phone)) == (3, (0, 1))


@pytest.mark.parametrize("count", [3, 4, 5])
def test_judge__iphone__configuration_in_which_it_can_be_spoken_with(count: int) -> None:
    """Photos alone come first on an iPhone; the last of four is what usbmuxd asks for."""
    network = (0x02, 0x0D, 0)
    settings = [[MTP], [AUDIO, ANY_HID], [MTP, USBMUX], [MTP, USBMUX, (0xFF, 0xFD, 1)]]
    settings.append([MTP, USBMUX, network, CDC_DATA])
    made = [built([[kind] for kind in each], n) for n, each in enumerate(settings[:count], 1)]
    verdict = judged(descriptors(*made, vendor=APPLE))
    assert admitted(verdict) == (min(count, 4), (0, 1))


def test_judge__usbmux_of_another_maker__does_not_choose() -> None:
    """Only one maker's devices have usbmux."""
    verdict = judged(descriptors(built([[MTP]]), built([[MTP], [USBMUX]], 2)))
    assert admitted(verdict) == (1, (0,))


def test_judge__hub_by_its_device_class__turned_away_whatever_its_interfaces() -> None:
    """A hub says so in its first bytes."""
    hub = descriptors(built([[STICK]]), device_class=9)
    assert judged(hub) == TurnedAway(roles=(Role.HUB,))


def test_why__every_role__has_a_name_in_both_languages() -> None:
    """What was turned away is named, each thing once."""
    assert set(NAMES) == set(Role)
    said = why(TurnedAway(roles=(Role.KEYBOARD, Role.NETWORK, Role.VENDOR, Role.UNKNOWN)))
    assert said.zh == "没有放进来：这个设备是键盘、网卡、认不出的设备。"
    named = "a keyboard and a network card and something unknown"
    assert said.en == f"Not let in: this device is {named}."


def test_next_step__phone_in_a_mode_of_its_makers__told_what_to_do() -> None:
    """It stays outside, and a person learns how to bring it back."""
    edl = single((0xFF, 0xFF, 0xFF), vendor=0x05C6, product=0x9008)
    said = next_step(_away(edl))
    assert said.zh.startswith("它自称是手机（高通 9008 模式）：长按")
    assert said.en.startswith(
        "It says that it is a phone (Qualcomm emergency download (EDL)): Hold"
    )


def test_next_step__phone_that_shares_its_network__told_to_stop() -> None:
    """Nothing that networks is let in, not even shut beside a phone."""
    away = _away(single(MTP, ADB, RNDIS, CDC_DATA))
    assert why(away).en == "Not let in: this device is a network card."
    assert "tethering" in next_step(away).en


def test_next_step__phone_that_only_charges__says_if() -> None:
    """A maker's number alone does not make a phone."""
    said = next_step(_away(single(VENDOR, vendor=0x18D1)))
    assert said.en.startswith("If it is a phone: ")
    assert said.zh.startswith("如果是手机：")


@pytest.mark.parametrize(
    "data",
    [
        single(KEYBOARD),
        single(MTP, ADB, RNDIS, CDC_DATA, KEYBOARD),
        single((0xFF, 0xFF, 0xFF), KEYBOARD, vendor=0x05C6, product=0x9008),
        single(VENDOR, KEYBOARD, vendor=0x18D1),
    ],
)
def test_next_step__what_types__goes_to_the_manager_whatever_it_calls_itself(data: bytes) -> None:
    """A device that types is not brought back to be plugged in again, phone or not."""
    assert "manager" in next_step(_away(data)).en


def _away(data: bytes) -> TurnedAway:
    verdict = judged(data)
    assert isinstance(verdict, TurnedAway)
    return verdict


@pytest.mark.parametrize(
    ("driver", "drive", "phone"),
    [
        ("usb-storage", True, False),
        ("uas", True, False),
        ("ums-realtek", True, False),
        ("usbfs", True, True),
        ("r8152", False, False),
        ("usbhid", False, False),
        ("", False, False),
    ],
)
def test_fits__driver__by_what_was_let_in(driver: str, drive: bool, phone: bool) -> None:
    """Drives have drivers of the kernel; phones have programs."""
    assert (fits(driver, storage=True), fits(driver, storage=False)) == (drive, phone)
