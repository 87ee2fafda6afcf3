"""Reads a simulated Android phone by the station's own link before and after it said OK."""

import random
from dataclasses import dataclass
from typing import Final

from hw_tests.phones.android import MARKER, AndroidPhone, Lie, Trust
from hw_tests.phones.real_adb import RealAdb
from hw_tests.phones.tcp import PhoneOnTcp
from wipe_station.phone_links import android
from wipe_station.phones.adb_server import AdbDevice
from wipe_station.phones.android_after import evidence_of
from wipe_station.phones.canary import judge
from wipe_station.phones.evidence import Evidence, Finding, finding_of
from wipe_station.phones.facts import PhoneFacts

SEED: Final = 20261128
CANARY: Final = "c" * 32
CONTROL: Final = "d" * 32
CANARY_PATH: Final = android.FOLDER + CANARY
TEST_HARNESS: Final = "cmd testharness enable"
RESET_SCREEN: Final = "am start -a com.android.settings.action.FACTORY_RESET"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A phone that was read, marked with a canary and told to erase itself."""

    before: PhoneFacts
    device: AdbDevice


def tell(adb: RealAdb, phone: PhoneOnTcp) -> Told:
    """Read, plant, erase by the test harness; the phone has said OK."""
    device = adb.connect(phone)
    before = android.read(adb.server, device)
    assert android.plant(adb.server, device, CANARY, random.Random(SEED).randbytes(5000))
    assert adb.server.shell(device, TEST_HARNESS).code == 0
    adb.until_gone(phone)
    return Told(before=before, device=adb.connect(phone))


def second_look(adb: RealAdb, told: Told) -> Evidence:
    """Read what came back, and compare; what cannot be looked at shows nothing."""
    server, device = adb.server, told.device
    after = android.read(server, device)
    canary = judge(android.look(server, device, CANARY, control=CONTROL, content=b"control"))
    files = android.personal_files(server, device)
    return evidence_of(told.before, after, canary, files, trust_must_go=False)


def looks_erased(look: Evidence) -> bool:
    """Tell whether a first look, before a second reset, takes the phone for erased."""
    return finding_of(look, more_to_come=True) is Finding.ERASED


def seller(lie: Lie | None = None, **changed: object) -> AndroidPhone:
    """Return a phone with an account and a second user on it, and this station trusted."""
    phone = AndroidPhone(trust=Trust.TRUSTED, accounts=[MARKER], users=2, lie=lie)
    for name, value in changed.items():
        setattr(phone, name, value)
    return phone
