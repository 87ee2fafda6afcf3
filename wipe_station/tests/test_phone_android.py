"""What an Android phone says: strictly read, no name kept, and never believed to be erased."""

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.phones.adb_shell import ShellEnd
from wipe_station.phones.adb_sync import FileStatus, Listing
from wipe_station.phones.android_after import evidence_of
from wipe_station.phones.android_facts import Ask, facts_of, in_trade_in
from wipe_station.phones.canary import Canary, CanaryLook, judge
from wipe_station.phones.evidence import Contradiction, Finding, finding_of
from wipe_station.phones.facts import Encryption, Form, PhoneFacts, System, VerifiedBoot

MARKER = "jane.marker@example.com"
NOTHING = PhoneFacts(system=System.ANDROID)
PROPERTIES = {
    "ro.product.manufacturer": "SimCo",
    "ro.product.model": "Sim Phone 7",
    "ro.serialno": "SIM1",
    "ro.build.version.release": "14",
    "ro.build.version.sdk": "34",
    "ro.build.version.security_patch": "2026-09-05",
    "ro.crypto.state": "encrypted",
    "ro.crypto.type": "file",
    "ro.crypto.metadata.enabled": "true",
    "ro.boot.flash.locked": "1",
    "ro.boot.verifiedbootstate": "green",
    "gsm.sim.state": "ABSENT,LOADED",
}
USER = f"User UserInfo{{0:{MARKER}:c13}}:\n"
ACCOUNT = f"    Account {{name={MARKER}, type=com.example}}\n"
TRADE = {
    "battery": {"cycle_count": 16, "health": 97},
    "storage": {"capacity_bytes": "128000000000"},
    "locks": {"factory_reset_protection": False},
    "product": {"manufacturer": "SimCo", "model": "Sim Phone 7"},
    "imeis": ["353644930127905", "353644930127913"],
    "serial": "SIM1",
}


def _facts(texts: Mapping[Ask, str], code: int | None = 0) -> PhoneFacts:
    said = {ask: ShellEnd(code=code, output=text.encode()) for ask, text in texts.items()}
    return facts_of(said)


def _getprop(**changed: str) -> str:
    words = PROPERTIES | {name.replace("_", "."): value for name, value in changed.items()}
    return "".join(f"[{name}]: [{value}]\n" for name, value in words.items())


GOOD = {
    Ask.PROPERTIES: _getprop(),
    Ask.BATTERY: "  present: true\n  level: 81\n  scale: 100\n  temperature: 291\n"
    "  mSavedBatteryAsoc: [93]\n",
    Ask.ACCOUNTS: f"{USER}  Accounts: 1\n{ACCOUNT}",
    Ask.USERS: f"Users:\n\tUserInfo{{0:{MARKER}:c13}} running\n",
    Ask.OWNERS: "no owners\n",
    Ask.POLICY: "Current Device Policy Manager state:\n  nothing\n",
    Ask.PROVISIONED: "1\n",
    Ask.SET_UP: "1\n",
    Ask.STORAGE: "Data-Free: 9K / 115000000K total = 0% free\n"
    "System-Free: 1K / 3000000K total = 0% free\n",
    Ask.VOLUMES: "private mounted null\nemulated;0 mounted null\n",
    Ask.WINDOW: "  KeyguardServiceDelegate\n      secure=false\n",
    Ask.IMEI_0: "Device IMEI: 353644930127905\n",
    Ask.IMEI_1: "Device IMEI: 353644930127913\n",
}


def test_facts__all_commands_answered__every_one_read() -> None:
    """A phone that says everything is known in everything that adb can say."""
    assert _facts(GOOD) == PhoneFacts(
        system=System.ANDROID,
        form=Form.PHONE,
        maker="SimCo",
        model="Sim Phone 7",
        serial="SIM1",
        imeis=("353644930127905", "353644930127913"),
        version="14",
        api_level=34,
        patch_level="2026-09-05",
        storage_bytes=128_000_000_000,
        battery_ratio=0.81,
        battery_health_ratio=0.93,
        battery_celsius=29.1,
        encryption=Encryption.FILE,
        metadata_encrypted=True,
        bootloader_locked=True,
        verified_boot=VerifiedBoot.GREEN,
        accounts=1,
        users=1,
        screen_lock=False,
        managed=False,
        set_up=True,
        sim_present=True,
        card_present=False,
    )


@pytest.mark.parametrize("code", [None, 1, 255])
def test_facts__commands_that_failed_or_were_cut__nothing_known(code: int | None) -> None:
    """A good text counts only with exit code 0: refused or cut short is unknown."""
    assert _facts(GOOD, code) == NOTHING


def test_facts__nothing_asked__nothing_known() -> None:
    """Missing is unknown."""
    assert facts_of({}) == NOTHING


@pytest.mark.parametrize(
    ("ask", "text", "field", "value"),
    [
        (Ask.PROPERTIES, _getprop() + "[ro.serialno]: [OTHER]\n", "serial", None),
        (Ask.PROPERTIES, _getprop(ro_serialno="unknown"), "serial", None),
        (Ask.PROPERTIES, _getprop(ro_serialno="a\x1b[2Jb"), "serial", None),
        (Ask.PROPERTIES, _getprop(ro_serialno="x" * 129), "serial", None),
        (Ask.PROPERTIES, _getprop(ro_build_characteristics="nosdcard"), "form", Form.PHONE),
        (Ask.PROPERTIES, _getprop(ro_build_characteristics="tablet"), "form", Form.TABLET),
        (Ask.PROPERTIES, _getprop(ro_build_characteristics="tablet,nosdcard"), "form", Form.TABLET),
        (Ask.PROPERTIES, _getprop(ro_crypto_state=""), "encryption", None),
        (Ask.PROPERTIES, _getprop(ro_crypto_state="unencrypted"), "encryption", Encryption.NONE),
        (Ask.PROPERTIES, _getprop(ro_crypto_type="block"), "encryption", Encryption.FULL_DISK),
        (Ask.PROPERTIES, _getprop(ro_crypto_type="none"), "encryption", None),
        (Ask.PROPERTIES, _getprop(ro_crypto_metadata_enabled="1"), "metadata_encrypted", None),
        (Ask.PROPERTIES, _getprop(ro_boot_flash_locked="0"), "bootloader_locked", False),
        (Ask.PROPERTIES, _getprop(ro_boot_flash_locked="yes"), "bootloader_locked", None),
        (Ask.PROPERTIES, _getprop(ro_boot_verifiedbootstate="orange"), "bootloader_locked", False),
        (Ask.PROPERTIES, _getprop(ro_boot_verifiedbootstate="Green"), "verified_boot", None),
        (Ask.PROPERTIES, _getprop(gsm_sim_state="ABSENT,UNKNOWN"), "sim_present", None),
        (Ask.PROPERTIES, _getprop(gsm_sim_state="ABSENT"), "sim_present", False),
        (Ask.BATTERY, "present: true\nlevel: 101\nscale: 100\n", "battery_ratio", None),
        (Ask.BATTERY, "present: true\nlevel: 5\nscale: 0\n", "battery_ratio", None),
        (Ask.BATTERY, "present: false\nlevel: 5\nscale: 100\n", "battery_ratio", None),
        (Ask.BATTERY, "present: true\nlevel: 1\nlevel: 2\nscale: 9\n", "battery_ratio", None),
        (Ask.ACCOUNTS, f"{USER}  Accounts: 0\n", "accounts", 0),
        (Ask.ACCOUNTS, f"{USER}  Accounts: 2\n{ACCOUNT}", "accounts", None),
        (Ask.ACCOUNTS, f"{USER}  Accounts: 0\n{ACCOUNT}", "accounts", None),
        (Ask.ACCOUNTS, f"{USER}\n{ACCOUNT}", "accounts", None),
        (Ask.ACCOUNTS, "", "accounts", None),
        (Ask.ACCOUNTS, "Permission Denial: can't dump account\n", "accounts", None),
        (Ask.ACCOUNTS, f"  Accounts: 0\n{USER}  Accounts: 0\n", "accounts", None),
        # Two users have room on it, and only one of them was shown.
        (
            Ask.USERS,
            f"Users:\n\tUserInfo{{0:{MARKER}:c13}}\n\tUserInfo{{10:{MARKER}:1030}}\n",
            "accounts",
            None,
        ),
        (Ask.USERS, f"Users:\n\tUserInfo{{0:{MARKER}:c13}} running\nError\n", "users", None),
        (Ask.USERS, "Users:\n", "users", None),
        (Ask.OWNERS, "1 owner:\nUser  0: admin=com.x/.A,DeviceOwner\n", "managed", True),
        (Ask.OWNERS, "Unknown command: list-owners\n", "managed", False),
        (
            Ask.POLICY,
            "Current Device Policy Manager state:\n  Device Owner: \n    admin=x\n",
            "managed",
            True,
        ),
        (Ask.PROVISIONED, "null\n", "set_up", None),
        (Ask.PROVISIONED, "0\n", "set_up", None),
        (Ask.STORAGE, "Data-Free: 9K / 115000000K total = 0% free\n", "storage_bytes", None),
        (Ask.VOLUMES, "", "card_present", None),
        (Ask.VOLUMES, "private mounted null\npublic:179,1 mounted 1234\n", "card_present", True),
        (Ask.WINDOW, "", "screen_lock", None),
        (Ask.WINDOW, "   secure=true\n", "screen_lock", True),
        (Ask.WINDOW, "   secure=true\n   secure=false\n", "screen_lock", None),
        (Ask.IMEI_0, "Error 353644930127905 353644930127913\n", "imeis", ("353644930127913",)),
    ],
)
def test_facts__one_text_is_otherwise__just_that_is_read_as_it_says(
    ask: Ask, text: str, field: str, value: object
) -> None:
    """Denied, contradictory and garbled texts are unknown, and never good."""
    assert getattr(_facts(GOOD | {ask: text}), field) == value


@pytest.mark.parametrize(
    ("characteristics", "form"),
    [("", None), ("default", None), ("tablets", None), ("phone", Form.PHONE)],
)
def test_form__without_a_modem__only_what_the_build_says(
    characteristics: str, form: Form | None
) -> None:
    """What has no IMEI and calls itself nothing is called nothing."""
    said = {Ask.PROPERTIES: _getprop(ro_build_characteristics=characteristics)}
    assert _facts(said).form is form


@pytest.mark.parametrize(
    ("older", "newer", "managed"),
    [
        (False, "", False),
        (True, "", True),
        (True, "no owners\n", True),
        (None, "", None),
        (None, "no owners\n", False),
    ],
)
def test_managed__two_dumps__one_word_for_it_is_enough(
    older: bool | None, newer: str, managed: bool | None
) -> None:
    """Management that either of them shows is management; silence of the wrong text is nothing."""
    head = "Current Device Policy Manager state:\n" if older is not None else "Error\n"
    text = head + ("  Profile Owner (User 10): \n" if older else "")
    assert _facts({Ask.POLICY: text, Ask.OWNERS: newer}).managed is managed


def test_trade_in__alone__whole_and_not_set_up() -> None:
    """A phone that answers nothing but the trade-in status was not set up; the rest is in it."""
    facts = _facts({Ask.TRADE_IN: json.dumps(TRADE)})
    assert facts == PhoneFacts(
        system=System.ANDROID,
        form=Form.PHONE,
        maker="SimCo",
        model="Sim Phone 7",
        serial="SIM1",
        imeis=("353644930127905", "353644930127913"),
        storage_bytes=128_000_000_000,
        battery_health_ratio=0.97,
        battery_cycles=16,
        frp=False,
        set_up=False,
    )


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({Ask.TRADE_IN: json.dumps(TRADE)}, True),
        ({Ask.TRADE_IN: json.dumps(TRADE), Ask.WINDOW: "x"}, False),
        ({Ask.TRADE_IN: json.dumps(TRADE | {"locks": {"factory_reset_protection": True}})}, False),
        ({Ask.TRADE_IN: json.dumps(TRADE | {"locks": {"other": False}})}, False),
        ({Ask.TRADE_IN: "{}"}, False),
        ({}, False),
    ],
    ids=["alone", "beside others", "FRP armed", "FRP unknown", "says nothing", "nothing"],
)
def test_in_trade_in__by_what_it_answers__alone_and_with_frp_off(
    texts: Mapping[Ask, str], expected: bool
) -> None:
    """It speaks for a reset only where nothing else is answered and no lock is left."""
    said = {ask: ShellEnd(code=0, output=text.encode()) for ask, text in texts.items()}
    assert in_trade_in(said) is expected


def test_trade_in__beside_other_answers__setup_not_guessed() -> None:
    """Whoever answers more than that is not in that mode."""
    assert _facts({Ask.TRADE_IN: json.dumps(TRADE), Ask.WINDOW: "x"}).set_up is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"locks": {"factory_reset_protection": "false"}}, "frp"),
        ({"locks": {"factory_reset_protection": 0}}, "frp"),
        ({"locks": {}}, "frp"),
        ({"battery": {"health": 101}}, "battery_health_ratio"),
        ({"battery": {"cycle_count": 0}}, "battery_cycles"),
        ({"battery": {"cycle_count": True}}, "battery_cycles"),
        ({"storage": {"capacity_bytes": "1e9"}}, "storage_bytes"),
        ({"storage": []}, "set_up"),
        ({"serial": ["SIM1"]}, "serial"),
    ],
)
def test_trade_in__one_value_of_another_kind__unknown(
    change: dict[str, object], field: str
) -> None:
    """A value of another kind is no value."""
    assert getattr(_facts({Ask.TRADE_IN: json.dumps(TRADE | change)}), field) is None


@pytest.mark.parametrize("text", ["[]", "{", "1" * 5000, "[" * 5000, '{"serial":"a","serial":"b"}'])
def test_trade_in__no_status__nothing_known(text: str) -> None:
    """JSON that is none, or says a thing twice, says nothing."""
    assert _facts({Ask.TRADE_IN: text}) == NOTHING


def test_serial__two_sources_contradict__unknown() -> None:
    """A phone that gives two serials has told none."""
    assert _facts(GOOD | {Ask.TRADE_IN: json.dumps(TRADE | {"serial": "SIM2"})}).serial is None


INJECTED = f"{MARKER}\n{USER}  Accounts: 0\n"


@pytest.mark.parametrize("name", [INJECTED, f"x\n  Accounts: 0\n{MARKER}", f"x\n{ACCOUNT}", "\n"])
def test_accounts__a_name_that_looks_like_the_dump__never_none_at_all(name: str) -> None:
    """Whatever an account is called, one that is there is not counted away."""
    text = f"{USER}  Accounts: 1\n    Account {{name={name}, type=x}}\n"
    assert _facts({Ask.ACCOUNTS: text}).accounts != 0


def test_names__planted_in_every_text__in_no_value() -> None:
    """Names of accounts, users, owners: in no fact, in no repr, wherever they stood."""
    owners = {Ask.OWNERS: f"1 owner:\nUser  0: admin=com.{MARKER}/.A\n"}
    texts = GOOD | owners
    texts |= {ask: text + f"{MARKER}\n" for ask, text in GOOD.items() if ask is not Ask.PROPERTIES}
    for each in (GOOD | owners, texts):
        assert "marker" not in repr(_facts(each))
    assert "marker" not in repr({ask: ShellEnd(code=0, output=MARKER.encode()) for ask in Ask})


PIECES = sorted(set(chain(*(t.split("\n") for t in GOOD.values()))))


@given(
    st.dictionaries(
        st.sampled_from(Ask),
        st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=8).map("\n".join)
        | st.text(max_size=60),
    )
)
def test_facts__any_texts__facts_and_nothing_else(texts: dict[Ask, str]) -> None:
    """Whatever a phone writes, facts come out."""
    said = {a: ShellEnd(code=0, output=t.encode("utf-8", "replace")) for a, t in texts.items()}
    assert facts_of(said, usb_path="1-3").usb_path == "1-3"


@given(st.dictionaries(st.sampled_from(Ask), st.binary(max_size=200)))
def test_facts__any_bytes__facts_and_nothing_else(said: dict[Ask, bytes]) -> None:
    """So they do of bytes that are no text."""
    facts_of({ask: ShellEnd(code=0, output=data) for ask, data in said.items()})


FOLDER = FileStatus(mode=0o040755, size_bytes=0, modified_s=1)
FILE = FileStatus(mode=0o100644, size_bytes=1, modified_s=1)
GONE = CanaryLook(
    name="a",
    control="b",
    folder=FOLDER,
    canary=None,
    listing=Listing(entries=1, found=frozenset({"b"})),
    control_same=True,
)


@pytest.mark.parametrize(
    ("look", "state"),
    [
        (GONE, Canary.GONE),
        (replace(GONE, canary=FILE), Canary.STILL_THERE),
        (
            replace(GONE, listing=Listing(entries=2, found=frozenset({"a", "b"}))),
            Canary.STILL_THERE,
        ),
        (
            replace(GONE, folder=None, listing=None, control_same=False, canary=FILE),
            Canary.STILL_THERE,
        ),
        (replace(GONE, folder=None), Canary.UNREADABLE),
        (replace(GONE, folder=FILE), Canary.UNREADABLE),
        (replace(GONE, listing=None), Canary.UNREADABLE),
        (replace(GONE, listing=Listing(entries=0, found=frozenset())), Canary.UNREADABLE),
        (replace(GONE, control_same=False), Canary.UNREADABLE),
    ],
)
def test_canary__by_case__absent_only_beside_a_control_that_was_seen(
    look: CanaryLook, state: Canary
) -> None:
    """A closed or blind storage does not look like an erased one."""
    assert judge(look) is state


BEFORE = PhoneFacts(system=System.ANDROID, serial="S", model="M", imeis=("1", "2"), accounts=1)
AFTER = replace(BEFORE, accounts=0, users=1)


def first_look(after: PhoneFacts, canary: Canary, files: int | None) -> Finding:
    """Return what a look over adb comes to, before a second reset."""
    look = evidence_of(BEFORE, after, canary, files, trust_must_go=False)
    return finding_of(look, more_to_come=True)


def test_evidence__same_phone_and_all_read__erased() -> None:
    """The one way to look erased."""
    assert first_look(AFTER, Canary.GONE, 0) is Finding.ERASED


@pytest.mark.parametrize(
    ("after", "canary", "files", "against"),
    [
        (AFTER, Canary.STILL_THERE, 0, Contradiction.CANARY_THERE),
        (replace(AFTER, accounts=1), Canary.GONE, 0, Contradiction.ACCOUNTS_THERE),
        (replace(AFTER, users=2), Canary.GONE, 0, Contradiction.USERS_THERE),
        (AFTER, Canary.GONE, 1, Contradiction.FILES_THERE),
    ],
)
def test_evidence__one_trace__named_and_not_erased(
    after: PhoneFacts, canary: Canary, files: int, against: Contradiction
) -> None:
    """Each trace alone is enough."""
    look = evidence_of(BEFORE, after, canary, files, trust_must_go=False)
    assert look.contradictions() == {against}
    assert first_look(after, canary, files) is Finding.NOT_ERASED


@pytest.mark.parametrize(
    ("after", "canary", "files"),
    [
        (replace(AFTER, serial="T"), Canary.GONE, 0),
        (replace(AFTER, model="N"), Canary.GONE, 0),
        (replace(AFTER, imeis=("3",)), Canary.GONE, 0),
        (AFTER, Canary.UNREADABLE, 0),
        (replace(AFTER, accounts=None), Canary.GONE, 0),
        (replace(AFTER, users=None), Canary.GONE, 0),
        (AFTER, Canary.GONE, None),
        (replace(AFTER, serial=None), Canary.GONE, 0),
        (replace(AFTER, imeis=()), Canary.GONE, 0),
    ],
)
def test_evidence__another_phone_or_one_thing_not_read__unproven(
    after: PhoneFacts, canary: Canary, files: int | None
) -> None:
    """What is seen of another phone, and what is open, never count as erased."""
    assert first_look(after, canary, files) is Finding.UNPROVEN
