"""Simulated Android phones against Debian's own ``adb``, and our client through its server."""

import os
import random
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from hw_tests.phones.android import FILES, MARKER, AndroidPhone, Mode, Trust
from hw_tests.phones.real_adb import RealAdb
from hw_tests.phones.second_look import (
    SEED,
    seller,
)
from hw_tests.phones.tcp import on_tcp
from hw_tests.whole_station import until
from wipe_station.errors import (
    CommandRejectedError,
    DeviceGoneError,
)
from wipe_station.phone_links import android
from wipe_station.phone_links.adb_server import Boot
from wipe_station.phones.adb_server import LinkState


def test_trust__asked_for__unauthorized_until_the_person_allows(adb: RealAdb) -> None:
    """The phone checks a real signature: nothing is said before, and the key is known after."""
    with on_tcp(AndroidPhone(trust=Trust.ASK)) as phone:
        adb.connect(phone, LinkState.UNAUTHORIZED)
        assert adb.run("shell", "getprop", phone=phone).returncode == 1
        assert phone.phone.commands == []
        until(lambda: phone.phone.asked)
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


STATES: dict[str, tuple[Callable[[], AndroidPhone], str, object]] = {
    "managed": (lambda: seller(managed=True), "managed", True),
    "unlocked": (lambda: seller(bootloader_locked=False), "bootloader_locked", False),
    "locked": (seller, "bootloader_locked", True),
    "users": (seller, "users", 2),
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
    with on_tcp(seller(encrypted=False)) as phone:
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
