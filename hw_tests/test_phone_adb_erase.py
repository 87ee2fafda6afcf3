"""Simulated Android phones that are told to erase themselves, over Debian's own ``adb``.

The point of it: a phone that says OK and erases nothing never looks erased to our reading.
"""

import contextlib
import random
from collections.abc import Callable

import pytest

from hw_tests.phones.android import FILES, AndroidPhone, Lie, Trust
from hw_tests.phones.real_adb import RealAdb
from hw_tests.phones.second_look import (
    CANARY,
    CANARY_PATH,
    CONTROL,
    RESET_SCREEN,
    SEED,
    TEST_HARNESS,
    Told,
    looks_erased,
    second_look,
    seller,
    tell,
)
from hw_tests.phones.tcp import PhoneOnTcp, on_tcp
from wipe_station.errors import (
    CommandRejectedError,
    DeviceError,
    MalformedReplyError,
)
from wipe_station.phone_links import android
from wipe_station.phone_links.adb_server import Boot
from wipe_station.phones.adb_server import AdbDevice, LinkState
from wipe_station.phones.android_after import evidence_of
from wipe_station.phones.canary import Canary
from wipe_station.phones.evidence import Contradiction, Finding, finding_of


def test_test_harness__honest_phone__looks_erased_and_keeps_the_key(adb: RealAdb) -> None:
    """An honest phone comes back empty, with our key, set up as a test device; FRP stays armed."""
    with on_tcp(seller()) as phone:
        told = tell(adb, phone)
        assert told.before.accounts == 1
        assert looks_erased(second_look(adb, told))
        assert phone.phone.files == {}, "the control was taken away again"
        assert phone.phone.keys
        assert phone.phone.test_harness
        assert phone.phone.frp


CAUGHT: dict[Lie, set[Contradiction]] = {
    Lie.NOTHING: {
        Contradiction.CANARY_THERE,
        Contradiction.ACCOUNTS_THERE,
        Contradiction.USERS_THERE,
        Contradiction.FILES_THERE,
    },
    Lie.CANARY_ONLY: {
        Contradiction.ACCOUNTS_THERE,
        Contradiction.USERS_THERE,
        Contradiction.FILES_THERE,
    },
    Lie.ANOTHER: set(),
    Lie.GARBAGE: {Contradiction.CANARY_THERE, Contradiction.FILES_THERE},
    Lie.CLOSED: {Contradiction.ACCOUNTS_THERE, Contradiction.USERS_THERE},
    Lie.HIDES: {Contradiction.USERS_THERE},
}


@pytest.mark.parametrize("lie", CAUGHT)
def test_liar__says_ok__never_looks_erased(adb: RealAdb, lie: Lie) -> None:
    """Every liar has said OK, gone away and come back; reading tells what it has not done."""
    with on_tcp(seller(lie)) as phone:
        look = second_look(adb, tell(adb, phone))
        assert phone.phone.erasures == 1
        assert not looks_erased(look)
        assert CAUGHT[lie] <= look.contradictions()
        assert (look.same_identity is False) == (lie is Lie.ANOTHER)


def test_liar__keeps_the_files_of_a_phone_without_accounts__seen(adb: RealAdb) -> None:
    """Without an account, files of a person are what is left to see; and a canary, if it stays."""
    expected = {
        Lie.CANARY_ONLY: Contradiction.FILES_THERE,
        Lie.NOTHING: Contradiction.CANARY_THERE,
    }
    for lie, seen in expected.items():
        with on_tcp(AndroidPhone(trust=Trust.TRUSTED, lie=lie)) as phone:
            look = second_look(adb, tell(adb, phone))
            assert seen in look.contradictions()
            assert not looks_erased(look)


def test_liar__has_only_what_we_put_there__present_or_open(adb: RealAdb) -> None:
    """Where nothing of a person's is to be seen, the canary alone must tell."""
    expected = {
        Lie.NOTHING: Canary.STILL_THERE,
        Lie.CLOSED: Canary.UNREADABLE,
        Lie.HIDES: Canary.UNREADABLE,
    }
    for lie, seen in expected.items():
        with on_tcp(AndroidPhone(trust=Trust.TRUSTED, lie=lie, files={})) as phone:
            look = second_look(adb, tell(adb, phone))
            assert look.canary is seen
            assert not looks_erased(look)


def test_liar__answers_no_command__an_error_and_no_look(
    adb: RealAdb, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A phone that came back and says nothing is a device error within the limit."""
    with on_tcp(seller(Lie.SILENT)) as phone:
        told = tell(adb, phone)
        monkeypatch.setattr(android, "READ_S", 0.3)
        with pytest.raises(DeviceError):
            second_look(adb, told)


def test_liar__answers_about_files_with_garbage__an_error_and_no_look(adb: RealAdb) -> None:
    """Bytes that are no answer are no absence."""
    with on_tcp(seller(Lie.NOISE)) as phone:
        told = tell(adb, phone)
        with pytest.raises(MalformedReplyError):
            second_look(adb, told)


def _by_rescue(adb: RealAdb, phone: PhoneOnTcp, _: AdbDevice) -> AdbDevice:
    """Erase from the recovery; adb says "done" by its exit code."""
    adb.server.reboot(adb.connect(phone), Boot.RESCUE)
    adb.connect(phone, LinkState.RESCUE)
    assert adb.run("rescue", "wipe", "userdata", phone=phone).returncode == 0
    adb.server.reboot(adb.connect(phone, LinkState.RESCUE))
    return _set_up_anew(adb, phone)


def _by_reset_screen(adb: RealAdb, phone: PhoneOnTcp, device: AdbDevice) -> AdbDevice:
    """Erase from the phone's own settings."""
    adb.server.shell(device, RESET_SCREEN)
    phone.phone.confirm()
    return _set_up_anew(adb, phone)


def _set_up_anew(adb: RealAdb, phone: PhoneOnTcp) -> AdbDevice:
    """Have somebody go through the setup and allow adb, where the phone is in its setup."""
    adb.until_gone(phone)
    with phone.phone.lock:
        phone.phone.set_up = True
        if not phone.listens:
            phone.phone.arrive()
    return adb.connect(phone)


@pytest.mark.parametrize("route", [_by_rescue, _by_reset_screen])
@pytest.mark.parametrize("lie", [None, Lie.NOTHING, Lie.CANARY_ONLY, Lie.ANOTHER, Lie.HIDES])
def test_route__honest_or_lying__reading_tells(
    adb: RealAdb, route: Callable[[RealAdb, PhoneOnTcp, AdbDevice], AdbDevice], lie: Lie | None
) -> None:
    """Whichever way a phone was told to erase itself, only an honest one looks erased."""
    with on_tcp(seller(lie)) as phone:
        device = adb.connect(phone)
        before = android.read(adb.server, device)
        assert android.plant(adb.server, device, CANARY, b"canary")
        told = Told(before=before, device=route(adb, phone, device))
        assert looks_erased(second_look(adb, told)) is (lie is None)
        assert phone.phone.erasures == 1


def test_cable__pulled_at_points_of_the_second_look__never_looks_erased(adb: RealAdb) -> None:
    """Wherever the cable is pulled while we read, the end is an error or something open."""
    with on_tcp(seller()) as phone:
        told = tell(adb, phone)
        start = phone.said_bytes
        assert looks_erased(second_look(adb, told))
        length = phone.said_bytes - start
    draw = random.Random(SEED)
    for place in sorted({0, 1, 24, length - 1, *(draw.randrange(length) for _ in range(12))}):
        with on_tcp(seller()) as phone:
            told = tell(adb, phone)
            with phone.phone.lock:
                phone.left_bytes = place
            try:
                erased = looks_erased(second_look(adb, told))
            except DeviceError:
                continue
            assert not erased or phone.left_bytes, (SEED, place)


@pytest.mark.parametrize("lie", [None, Lie.NOTHING])
def test_cable__pulled_while_the_phone_says_ok__reading_tells_what_it_has_done(
    adb: RealAdb, lie: Lie | None
) -> None:
    """A command whose answer was cut may have been obeyed or not: only the second look says."""
    for place in (0, 24, 30, 48, 60, 90):
        with on_tcp(seller(lie)) as phone:
            device = adb.connect(phone)
            before = android.read(adb.server, device)
            assert android.plant(adb.server, device, CANARY, b"canary")
            with phone.phone.lock:
                phone.left_bytes = place
            with contextlib.suppress(DeviceError):
                adb.server.shell(device, TEST_HARNESS)
            adb.until_gone(phone)
            phone.left_bytes = None
            phone.phone.restart()
            look = second_look(adb, Told(before=before, device=adb.connect(phone)))
            assert looks_erased(look) is (CANARY_PATH not in phone.phone.files), place


def test_test_harness__screen_lock_or_old__refused_and_nothing_happens(adb: RealAdb) -> None:
    """With a lock screen, or before Android 10, there is no such way; nothing is touched."""
    for phone_model, code in (
        (seller(screen_lock=True), 2),
        (seller(release=9), 20),
    ):
        with on_tcp(phone_model) as phone:
            device = adb.connect(phone)
            assert adb.server.shell(device, TEST_HARNESS).code == code
            assert android.read(adb.server, device).screen_lock is phone_model.screen_lock
            assert (phone_model.files, phone_model.erasures) == (FILES, 0)


def test_broadcast__recipe_of_many_blogs__refused_and_nothing_happens(adb: RealAdb) -> None:
    """A broadcast erases nothing on a phone that is sold."""
    with on_tcp(seller()) as phone:
        said = adb.server.shell(
            adb.connect(phone), "am broadcast -a android.intent.action.FACTORY_RESET"
        )
        assert said.code == 255
        assert phone.phone.files == FILES


def test_reset_screen__person_confirms__trust_is_gone_and_setup_begins(adb: RealAdb) -> None:
    """The phone's own reset forgets our key, and before Android 16 adb is off in the setup."""
    with on_tcp(seller()) as phone:
        assert adb.server.shell(adb.connect(phone), RESET_SCREEN).code == 0
        assert phone.phone.files == FILES, "nobody has confirmed"
        phone.phone.confirm()
        adb.until_gone(phone)
        assert (phone.phone.keys, phone.phone.set_up, phone.phone.frp) == (set(), False, False)
        assert not phone.phone.adb
        phone.phone.set_up = True
        phone.phone.trust = Trust.ASK
        phone.phone.arrive()
        adb.connect(phone, LinkState.UNAUTHORIZED)


def test_trade_in__reset_phone__one_command_without_trust(adb: RealAdb) -> None:
    """From Android 16 on a reset phone says who it is to anybody, and nothing else."""
    with on_tcp(seller(release=16)) as phone:
        before = android.read(adb.server, adb.connect(phone))
        adb.server.shell(adb.connect(phone), RESET_SCREEN)
        phone.phone.trust = Trust.NEVER
        phone.phone.confirm()
        device = adb.connect(phone)
        after, answers = android.read_after(adb.server, device)
        assert answers
        assert (after.serial, after.imeis) == (before.serial, before.imeis)
        assert (after.set_up, after.frp, after.accounts) == (False, False, None)
        with pytest.raises(CommandRejectedError):
            adb.server.shell(device, "getprop")
        with pytest.raises(CommandRejectedError):
            android.look(adb.server, device, CANARY, control=CONTROL, content=b"x")
        look = evidence_of(before, after, Canary.UNREADABLE, None, trust_must_go=True)
        assert finding_of(look) is Finding.UNPROVEN


def test_trade_in__evaluated__all_can_be_read_and_the_next_start_erases(adb: RealAdb) -> None:
    """Evaluation opens adb for the second look; the restart behind it erases once more."""
    with on_tcp(seller(release=16)) as phone:
        device = adb.connect(phone)
        before = android.read(adb.server, device)
        assert android.plant(adb.server, device, CANARY, b"canary")
        adb.server.shell(device, RESET_SCREEN)
        phone.phone.confirm()
        device = adb.connect(phone)
        assert adb.server.shell(device, "tradeinmode evaluate").code == 0
        told = Told(before=before, device=adb.connect(phone))
        assert looks_erased(second_look(adb, told))
        adb.server.push(told.device, "/sdcard/fill", [b"x" * 1000])
        adb.server.reboot(told.device)
        adb.until_gone(phone)
        assert android.read(adb.server, adb.connect(phone)).set_up is False
        assert (phone.phone.files, phone.phone.erasures) == ({}, 2)


def test_trade_in__frp_armed__told_and_not_evaluated(adb: RealAdb) -> None:
    """A phone that will ask for somebody's account says so, and opens nothing."""
    model = AndroidPhone(release=16, set_up=False, files={}, frp=True)
    with on_tcp(model) as phone:
        device = adb.connect(phone)
        assert android.read(adb.server, device).frp is True
        assert adb.server.shell(device, "tradeinmode evaluate").code == 1
