"""Simulated Android phones against Debian's own ``adb``, and our client through its server.

The point of it: a phone that says OK and erases nothing never looks erased to our reading.
"""

import contextlib
import os
import random
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hw_tests.phones.android import FILES, MARKER, AndroidPhone, Lie, Mode, Trust
from hw_tests.phones.real_adb import RealAdb
from hw_tests.phones.tcp import PhoneOnTcp, on_tcp
from wipe_station.errors import (
    CommandRejectedError,
    DeviceError,
    DeviceGoneError,
    MalformedReplyError,
)
from wipe_station.phone_links import android
from wipe_station.phone_links.adb_process import started
from wipe_station.phone_links.adb_server import Boot
from wipe_station.phones.adb_server import AdbDevice, LinkState
from wipe_station.phones.android_after import evidence_of
from wipe_station.phones.canary import Canary, judge
from wipe_station.phones.evidence import Contradiction, Evidence, Finding, finding_of
from wipe_station.phones.facts import PhoneFacts

SEED = 20261128
CANARY, CONTROL = "c" * 32, "d" * 32
CANARY_PATH = f"{android.FOLDER}/{CANARY}"
TEST_HARNESS = "cmd testharness enable"
RESET_SCREEN = "am start -a com.android.settings.action.FACTORY_RESET"


@pytest.fixture
def adb(folder: Path) -> Iterator[RealAdb]:
    """Return an adb server of the test's own."""
    with started(folder / "adb") as server:
        yield RealAdb(folder / "adb", server)


def test_trust__asked_for__unauthorized_until_the_person_allows(adb: RealAdb) -> None:
    """The phone checks a real signature: nothing is said before, and the key is known after."""
    with on_tcp(AndroidPhone(trust=Trust.ASK)) as phone:
        adb.connect(phone, LinkState.UNAUTHORIZED)
        assert adb.run("shell", "getprop", phone=phone).returncode == 1
        assert phone.phone.commands == []
        phone.phone.allow()
        adb.until(phone, LinkState.DEVICE)
        phone.phone.trust = Trust.ASK
        again = adb.connect(phone)
        assert phone.phone.asked is None, "it knows the key by its signature"
        assert adb.server.shell(again, "echo hi").output == b"hi\n"


def test_trust__never__stays_unauthorized_and_is_not_spoken_to(adb: RealAdb) -> None:
    """A key that the person refuses opens nothing."""
    with on_tcp(AndroidPhone(trust=Trust.NEVER)) as phone:
        device = adb.connect(phone, LinkState.UNAUTHORIZED)
        with pytest.raises(CommandRejectedError):
            android.read(adb.server, device)
        assert phone.phone.commands == []


@pytest.mark.parametrize("trust", [Trust.TRUSTED, Trust.OFF])
def test_shell__both_clients__same_code_and_words(adb: RealAdb, trust: Trust) -> None:
    """Exit codes and both outputs come through Debian's client and ours alike."""
    with on_tcp(AndroidPhone(trust=trust)) as phone:
        device = adb.connect(phone)
        for command in ("exit 7", "echo hello", "no-such-command", "getprop", "dumpsys battery"):
            theirs = adb.run("shell", command, phone=phone)
            ours = adb.server.shell(device, command)
            assert (theirs.returncode, theirs.stdout) == (ours.code, ours.output)
            assert theirs.stderr == ours.errors
        assert b"model:Sim_Phone_7" in adb.run("devices", "-l").stdout


def test_files__pushed_and_pulled_by_both_clients__same_bytes(adb: RealAdb, folder: Path) -> None:
    """What one client puts there, the other one reads, and statuses say how long it is."""
    content = random.Random(SEED).randbytes(300_001)
    theirs, back = folder / "theirs", folder / "back"
    theirs.write_bytes(content)
    with on_tcp(AndroidPhone(trust=Trust.TRUSTED)) as phone:
        device, server = adb.connect(phone), adb.server
        path = "/sdcard/Download/theirs"
        assert adb.run("push", str(theirs), path, phone=phone).returncode == 0
        assert server.pull(device, path, most_bytes=len(content)) == content
        status = server.status(device, path)
        assert status is not None
        assert (status.is_file, status.size_bytes) == (True, len(content))
        server.push(device, "/sdcard/ours", [content[:5], content[5:]])
        assert adb.run("pull", "/sdcard/ours", str(back), phone=phone).returncode == 0
        assert back.read_bytes() == content
        assert server.status(device, "/sdcard/nothing") is None
        assert server.pull(device, "/sdcard/nothing", most_bytes=1) is None
        assert adb.run("shell", "exit", "3", phone=phone).returncode == 3


def test_reboot__by_either_client__gone_and_back_in_the_mode(adb: RealAdb) -> None:
    """A phone leaves the list, and comes back when it has started, as what it was sent to."""
    with on_tcp(AndroidPhone(trust=Trust.TRUSTED, slow_boot=True)) as phone:
        first = adb.connect(phone)
        assert adb.run("reboot", phone=phone).returncode == 0
        adb.until_gone(phone)
        phone.phone.arrive()
        second = adb.connect(phone)
        assert second.transport_id != first.transport_id
        with pytest.raises(DeviceGoneError):
            adb.server.shell(first, "echo hi")
        adb.server.reboot(second, Boot.RECOVERY)
        adb.until_gone(phone)
        phone.phone.arrive()
        adb.connect(phone, LinkState.RECOVERY)


def test_rescue__wiped_by_adb__nothing_left_and_key_forgotten(adb: RealAdb) -> None:
    """``adb rescue wipe userdata`` works on the simulated rescue mode, and only there."""
    with on_tcp(AndroidPhone(trust=Trust.TRUSTED, accounts=[MARKER])) as phone:
        adb.connect(phone)
        assert adb.run("rescue", "wipe", "userdata", phone=phone).returncode != 0
        assert phone.phone.files == FILES
        adb.server.reboot(adb.connect(phone), Boot.RESCUE)
        adb.connect(phone, LinkState.RESCUE)
        assert adb.run("rescue", "wipe", "userdata", phone=phone).returncode == 0
        assert (phone.phone.files, phone.phone.keys) == ({}, set())
        assert phone.phone.frp, "nobody signed the account out"
        assert phone.phone.mode is Mode.RESCUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A phone that was read, marked with a canary and told to erase itself."""

    before: PhoneFacts
    device: AdbDevice


def _told(adb: RealAdb, phone: PhoneOnTcp) -> Told:
    """Read, plant, erase by the test harness; the phone has said OK."""
    device = adb.connect(phone)
    before = android.read(adb.server, device)
    assert android.plant(adb.server, device, CANARY, random.Random(SEED).randbytes(5000))
    assert adb.server.shell(device, TEST_HARNESS).code == 0
    adb.until_gone(phone)
    return Told(before=before, device=adb.connect(phone))


def _second_look(adb: RealAdb, told: Told) -> Evidence:
    """Read what came back, and compare; what cannot be looked at shows nothing."""
    server, device = adb.server, told.device
    after = android.read(server, device)
    canary = judge(android.look(server, device, CANARY, control=CONTROL, content=b"control"))
    files = android.personal_files(server, device)
    return evidence_of(told.before, after, canary, files, trust_must_go=False)


def _erased(look: Evidence) -> bool:
    """Tell whether a first look, before a second reset, takes the phone for erased."""
    return finding_of(look, more_to_come=True) is Finding.ERASED


def _seller(lie: Lie | None = None, **changed: object) -> AndroidPhone:
    phone = AndroidPhone(trust=Trust.TRUSTED, accounts=[MARKER], users=2, lie=lie)
    for name, value in changed.items():
        setattr(phone, name, value)
    return phone


def test_test_harness__honest_phone__looks_erased_and_keeps_the_key(adb: RealAdb) -> None:
    """An honest phone comes back empty, with our key, set up as a test device; FRP stays armed."""
    with on_tcp(_seller()) as phone:
        told = _told(adb, phone)
        assert told.before.accounts == 1
        assert _erased(_second_look(adb, told))
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
    with on_tcp(_seller(lie)) as phone:
        look = _second_look(adb, _told(adb, phone))
        assert phone.phone.erasures == 1
        assert not _erased(look)
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
            look = _second_look(adb, _told(adb, phone))
            assert seen in look.contradictions()
            assert not _erased(look)


def test_liar__has_only_what_we_put_there__present_or_open(adb: RealAdb) -> None:
    """Where nothing of a person's is to be seen, the canary alone must tell."""
    expected = {
        Lie.NOTHING: Canary.STILL_THERE,
        Lie.CLOSED: Canary.UNREADABLE,
        Lie.HIDES: Canary.UNREADABLE,
    }
    for lie, seen in expected.items():
        with on_tcp(AndroidPhone(trust=Trust.TRUSTED, lie=lie, files={})) as phone:
            look = _second_look(adb, _told(adb, phone))
            assert look.canary is seen
            assert not _erased(look)


def test_liar__answers_no_command__an_error_and_no_look(
    adb: RealAdb, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A phone that came back and says nothing is a device error within the limit."""
    with on_tcp(_seller(Lie.SILENT)) as phone:
        told = _told(adb, phone)
        monkeypatch.setattr(android, "READ_S", 0.3)
        with pytest.raises(DeviceError):
            _second_look(adb, told)


def test_liar__answers_about_files_with_garbage__an_error_and_no_look(adb: RealAdb) -> None:
    """Bytes that are no answer are no absence."""
    with on_tcp(_seller(Lie.NOISE)) as phone:
        told = _told(adb, phone)
        with pytest.raises(MalformedReplyError):
            _second_look(adb, told)


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
    with on_tcp(_seller(lie)) as phone:
        device = adb.connect(phone)
        before = android.read(adb.server, device)
        assert android.plant(adb.server, device, CANARY, b"canary")
        told = Told(before=before, device=route(adb, phone, device))
        assert _erased(_second_look(adb, told)) is (lie is None)
        assert phone.phone.erasures == 1


def test_cable__pulled_at_points_of_the_second_look__never_looks_erased(adb: RealAdb) -> None:
    """Wherever the cable is pulled while we read, the end is an error or something open."""
    with on_tcp(_seller()) as phone:
        told = _told(adb, phone)
        start = phone.said_bytes
        assert _erased(_second_look(adb, told))
        length = phone.said_bytes - start
    draw = random.Random(SEED)
    for place in sorted({0, 1, 24, length - 1, *(draw.randrange(length) for _ in range(12))}):
        with on_tcp(_seller()) as phone:
            told = _told(adb, phone)
            with phone.phone.lock:
                phone.left_bytes = place
            try:
                erased = _erased(_second_look(adb, told))
            except DeviceError:
                continue
            assert not erased or phone.left_bytes, (SEED, place)


@pytest.mark.parametrize("lie", [None, Lie.NOTHING])
def test_cable__pulled_while_the_phone_says_ok__reading_tells_what_it_has_done(
    adb: RealAdb, lie: Lie | None
) -> None:
    """A command whose answer was cut may have been obeyed or not: only the second look says."""
    for place in (0, 24, 30, 48, 60, 90):
        with on_tcp(_seller(lie)) as phone:
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
            look = _second_look(adb, Told(before=before, device=adb.connect(phone)))
            assert _erased(look) is (CANARY_PATH not in phone.phone.files), place


def test_test_harness__screen_lock_or_old__refused_and_nothing_happens(adb: RealAdb) -> None:
    """With a lock screen, or before Android 10, there is no such way; nothing is touched."""
    for phone_model, code in (
        (_seller(screen_lock=True), 2),
        (_seller(release=9), 20),
    ):
        with on_tcp(phone_model) as phone:
            device = adb.connect(phone)
            assert adb.server.shell(device, TEST_HARNESS).code == code
            assert android.read(adb.server, device).screen_lock is phone_model.screen_lock
            assert (phone_model.files, phone_model.erasures) == (FILES, 0)


def test_broadcast__recipe_of_many_blogs__refused_and_nothing_happens(adb: RealAdb) -> None:
    """A broadcast erases nothing on a phone that is sold."""
    with on_tcp(_seller()) as phone:
        said = adb.server.shell(
            adb.connect(phone), "am broadcast -a android.intent.action.FACTORY_RESET"
        )
        assert said.code == 255
        assert phone.phone.files == FILES


def test_reset_screen__person_confirms__trust_is_gone_and_setup_begins(adb: RealAdb) -> None:
    """The phone's own reset forgets our key, and before Android 16 adb is off in the setup."""
    with on_tcp(_seller()) as phone:
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
    with on_tcp(_seller(release=16)) as phone:
        before = android.read(adb.server, adb.connect(phone))
        adb.server.shell(adb.connect(phone), RESET_SCREEN)
        phone.phone.trust = Trust.NEVER
        phone.phone.confirm()
        device = adb.connect(phone)
        after = android.read(adb.server, device)
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
    with on_tcp(_seller(release=16)) as phone:
        device = adb.connect(phone)
        before = android.read(adb.server, device)
        assert android.plant(adb.server, device, CANARY, b"canary")
        adb.server.shell(device, RESET_SCREEN)
        phone.phone.confirm()
        device = adb.connect(phone)
        assert adb.server.shell(device, "tradeinmode evaluate").code == 0
        told = Told(before=before, device=adb.connect(phone))
        assert _erased(_second_look(adb, told))
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


STATES: dict[str, tuple[Callable[[], AndroidPhone], str, object]] = {
    "managed": (lambda: _seller(managed=True), "managed", True),
    "unlocked": (lambda: _seller(bootloader_locked=False), "bootloader_locked", False),
    "locked": (_seller, "bootloader_locked", True),
    "users": (_seller, "users", 2),
}


@pytest.mark.parametrize("name", STATES)
def test_facts__state_of_a_phone__read_through_the_real_server(adb: RealAdb, name: str) -> None:
    """What stands in the way of an erasure is read as it is, and no name comes along."""
    make, field, value = STATES[name]
    with on_tcp(make()) as phone:
        facts = android.read(adb.server, adb.connect(phone))
        assert getattr(facts, field) == value
        assert "marker" not in repr(facts)


def test_facts__unencrypted_phone__said_and_not_overlooked(adb: RealAdb) -> None:
    """A reset alone is not enough for it."""
    with on_tcp(_seller(encrypted=False)) as phone:
        facts = android.read(adb.server, adb.connect(phone))
        assert facts.encryption is not None
        assert (facts.encryption.value, facts.metadata_encrypted) == ("none", False)


def test_two_phones__one_serial__each_answers_for_itself(adb: RealAdb) -> None:
    """The server's number keeps two phones apart that say the same of themselves."""
    with (
        on_tcp(AndroidPhone(trust=Trust.TRUSTED, accounts=[MARKER])) as one,
        on_tcp(AndroidPhone(trust=Trust.TRUSTED)) as other,
    ):
        first, second = (android.read(adb.server, adb.connect(each)) for each in (one, other))
        assert first.serial == second.serial
        assert (first.accounts, second.accounts) == (1, 0)


def _listens_on_tcp(pid: int) -> bool:
    """Whether a process has a listening socket of the network."""
    tables = [Path(f"/proc/{pid}/net/{name}").read_text("ascii") for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table.splitlines()[1:]]
    listening = {f"socket:[{row[9]}]" for row in rows if row[3] == "0A"}
    return not listening.isdisjoint(os.readlink(f) for f in Path(f"/proc/{pid}/fd").iterdir())


def test_server__while_it_runs__listens_on_its_file_and_on_no_port(
    adb: RealAdb, folder: Path
) -> None:
    """Nobody reaches the server over the network, and nobody else through its folder."""
    assert adb.server.version()
    assert (folder / "adb").stat().st_mode & 0o077 == 0
    children = Path("/proc/self/task").glob("*/children")
    pids = [int(pid) for each in children for pid in each.read_text("ascii").split()]
    (server,) = [pid for pid in pids if Path(f"/proc/{pid}/comm").read_text() == "adb\n"]
    assert not _listens_on_tcp(server)
    with socket.create_server(("127.0.0.1", 0)):
        assert _listens_on_tcp(os.getpid()), "the check itself sees a port"
