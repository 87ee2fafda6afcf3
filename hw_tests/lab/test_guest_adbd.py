"""Debian's own ``adbd`` at the other end of the cable: nobody here wrote it.

It runs on the guest's kernel as a USB device, with authorisation off, as Debian builds it. What our
simulated phones cannot prove, that another program means the same by the protocol, is shown here;
what makes a phone an Android is not there, and is shown to be unknown.
"""

import stat
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from hw_tests.lab import adbd, gadget, inside, inside_adbd, inside_phones
from hw_tests.lab.guest import Guest
from hw_tests.lab.setup import LAB
from hw_tests.phones.adb_services import opened
from hw_tests.phones.android import FOLDERS, AndroidPhone, Trust
from hw_tests.whole_station import until
from wipe_station.phones.adb_shell import FEATURE
from wipe_station.phones.adb_sync import QUIT, Ask, request, upload
from wipe_station.phones.usb_mode_table import Mode

SERIAL = "ADBD0815"
PLUG_S = 60.0
CALL_S = 60.0
SEED = 20261129
CANARY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module", name="guest")
def _guest() -> Iterator[Guest]:
    program = adbd.set_up(LAB)
    with Guest() as made:
        made.call(inside_phones.start_adb)
        made.call(gadget.make, program.words, SERIAL)
        yield made
        made.call(gadget.end)
        assert not made.call(inside.exists, str(gadget.GADGET)), "nothing is left"


@pytest.fixture
def port(guest: Guest) -> str:
    """Return the port at which the phone hangs, with an empty storage."""
    guest.call(gadget.empty)
    return plugged(guest)


def plugged(guest: Guest) -> str:
    """Plug the phone in unless it is; return its port, as soon as adb speaks with it."""
    guest.call(gadget.plug, timeout_s=PLUG_S)
    (port,) = guest.call(inside_phones.wait_for_ports, SERIAL, 1, PLUG_S)
    guest.call(inside_phones.wait_for_adb, port, "device", PLUG_S)
    return port


def shell(guest: Guest, port: str, command: str) -> tuple[int | None, str, str]:
    """Return code, output and error output of a command that our link has run."""
    end = guest.call(inside_adbd.shell, port, command, timeout_s=CALL_S)
    return end["code"], end["out"], end["err"]


def test_adbd__plugged_in__listed_by_its_port_and_asks_nobody(guest: Guest, port: str) -> None:
    """Port, serial and mode are recognised; Debian's build has authorisation off."""
    assert guest.call(inside_phones.mode, port) == Mode.ADB.value
    found = guest.call(inside_adbd.entry, port)
    assert (found["serial"], found["state"]) == (SERIAL, "device")
    assert "authentication not required" in guest.call(inside.complained, gadget.LOG)
    assert FEATURE in guest.call(inside_adbd.features, port)


def test_adbd_shell__two_outputs_and_a_code__come_apart(guest: Guest, port: str) -> None:
    """Exit codes, output and error output are as the command left them, for both clients."""
    command = "echo out; echo err >&2; exit 7"
    assert shell(guest, port, command) == (7, "out\n", "err\n")
    theirs = guest.call(inside_phones.adb, "-s", SERIAL, "shell", command, timeout_s=CALL_S)
    assert theirs == {"code": 7, "out": "out\n", "err": "err\n"}
    assert shell(guest, port, "true") == (0, "", "")
    assert shell(guest, port, "no-such-command")[0] == 127
    code, out, err = shell(guest, port, f"yes | head -c {300 << 10}")
    assert (code, len(out), err) == (0, 300 << 10, ""), "longer than any packet"
    assert shell(guest, port, "printf %s '打印'") == (0, "打印", "")


@pytest.mark.parametrize("size", [0, 1, 512, (64 << 10) - 8, 64 << 10, 300 << 10])
def test_adbd_files__pushed_and_pulled__same_bytes(guest: Guest, port: str, size: int) -> None:
    """What our link pushes is on the phone's file system, and what it pulls is that."""
    went = guest.call(inside_adbd.carried, port, "file", SEED + size, size)
    assert went == {"there": True, "back": True, "said_bytes": size}


def test_adbd_files__both_clients__one_file(guest: Guest, port: str) -> None:
    """Debian's client puts there what ours reads, and the other way round."""
    text = "".join(chr(ord("a") + at % 23) for at in range(300 << 10))
    guest.call(inside.write_text, "/run/theirs", text)
    which = ("-s", SERIAL)
    ran = guest.call(inside_phones.adb, *which, "push", "/run/theirs", "/sdcard/theirs")
    assert ran["code"] == 0, ran
    assert guest.call(inside.read_text, str(gadget.STORAGE / "theirs")) == text
    assert guest.call(inside_adbd.kind, port, "/sdcard/theirs") == "file"
    assert guest.call(inside_adbd.pushes, port, "/sdcard/ours") == ""
    ran = guest.call(inside_phones.adb, *which, "pull", "/sdcard/ours", "/run/ours")
    assert ran["code"] == 0, ran
    assert guest.call(inside.read_text, "/run/ours").encode() == inside_adbd.CONTENT


def test_adbd_files__statuses_and_listings__what_is_there(guest: Guest, port: str) -> None:
    """Folders, links, nothing, and what is refused are told apart; a closed folder is empty."""
    kind = inside_adbd.kind
    assert guest.call(kind, port, "/sdcard/") == "folder"
    assert guest.call(kind, port, "/sdcard") == "other", "the link itself"
    assert guest.call(kind, port, "/sdcard/nothing") == "nothing"
    listing = inside_adbd.listing
    assert guest.call(listing, port, "/sdcard/", ["a"]) == {"entries": 0, "found": []}
    for name in ("a", "b", "中"):
        guest.call(inside.write_text, str(gadget.STORAGE / name), name)
    seen = guest.call(listing, port, "/sdcard/", ["a", "中", "c"])
    assert seen == {"entries": 3, "found": ["a", "中"]}
    assert guest.call(listing, port, "/sdcard/nothing", ["a"]) == {"entries": 0, "found": []}
    assert guest.call(inside_adbd.pulls, port, "/sdcard/nothing") is False
    assert guest.call(inside_adbd.pulls, port, "/sdcard/") is False
    for pieces in (0, 100):  # refused at once, and told while the rest is still sent
        said = guest.call(inside_adbd.pushes, port, "/proc/nothing", pieces)
        assert said == "CommandRejectedError"
    assert guest.call(kind, port, "/sdcard/a") == "file", "the line lives on"


STATUS = request(Ask.STATUS, "/sdcard/")
DIALOGUES = {
    "quit": QUIT + STATUS,
    "statuses": b"".join(request(Ask.STATUS, f"/sdcard{each}") for each in ("", "/", "/f", "/x")),
    "listing": request(Ask.LISTING, "/sdcard/"),
    "empty": request(Ask.LISTING, "/sdcard/DCIM"),
    "no-folder": request(Ask.LISTING, "/sdcard/x") + request(Ask.LISTING, "/sdcard/f"),
    "received": request(Ask.RECEIVE, "/sdcard/f"),
    "nothing-received": request(Ask.RECEIVE, "/sdcard/x") + STATUS,
    "folder-received": request(Ask.RECEIVE, "/sdcard/") + STATUS,
    "sent": b"".join(upload("/sdcard/DCIM/s", [b"sent"], mode=0o644, modified_s=1)) + STATUS,
    "unknown-word": b"XXXX" + STATUS[4:] + STATUS,
    "long-path": b"STAT" + struct.pack("<I", 1025) + STATUS,
}


@pytest.mark.parametrize("name", DIALOGUES)
def test_adbd_files__asked_what_the_simulated_phone_is_asked__says_the_same(
    guest: Guest, port: str, name: str
) -> None:
    """Byte for byte but for times, permissions, sizes of folders, and the words of a refusal."""
    asked = DIALOGUES[name] + QUIT
    simulated = AndroidPhone(trust=Trust.OFF)
    simulated.files = {"/sdcard/f": gadget.OWNERS}
    guest.call(gadget.keep, "f", *(f"{each.removeprefix('/sdcard/')}/" for each in FOLDERS[1:]))
    service = opened(simulated, "sync:")
    service.feed(asked)
    theirs = bytes.fromhex(guest.call(inside_adbd.files_say, port, asked.hex()))
    assert service.over, "both have ended"
    assert sorted(_essence(theirs)) == sorted(_essence(service.said()))


def _essence(said: bytes) -> Iterator[tuple[object, ...]]:
    """Read answers: what they are about, without what no two phones have in common."""
    while said:
        word, rest = said[:4], said[4:]
        length = 0
        if word in (b"STAT", b"DENT"):
            mode, size, _ = struct.unpack_from("<III", rest)
            kind, head = stat.S_IFMT(mode), 16 if word == b"STAT" else 20
            if word == b"DENT":
                (length,) = struct.unpack_from("<I", said, 16)
            yield word, kind, size if stat.S_ISREG(mode) else 0, said[head : head + length]
        elif word == b"DONE" and len(said) % 20 == 0:
            head = 20
            yield word, 0, 0, said[4:20]
        else:
            (length,) = struct.unpack_from("<I", rest)
            head = 8
            yield word, 0, 0, b"" if word == b"FAIL" else said[head : head + length]
        said = said[head + length :]


def test_adbd_hand__no_android__knows_nothing_and_claims_nothing(guest: Guest, port: str) -> None:
    """Nothing is made up where nothing answers; a canary that is there is seen to be there."""
    known, lies = guest.call(inside_adbd.read_and_plant, port, CANARY)
    assert known == {"system": "System.ANDROID", "usb_path": port}
    assert lies is True
    seen = guest.call(inside_adbd.canary, port, CANARY)
    assert seen == {"shown": "still-there", "believed": "still-there", "files": 0}
    assert guest.call(inside.names, str(gadget.STORAGE)) == [CANARY], "controls are taken away"
    guest.call(gadget.empty)
    guest.call(gadget.keep, "DCIM/photo")
    seen = guest.call(inside_adbd.canary, port, CANARY)
    assert seen == {"shown": "gone", "believed": "unreadable", "files": 1}


def test_adbd__pulled_in_the_midst__gone_and_back_as_another(guest: Guest, port: str) -> None:
    """A cable pulled while a file is pushed ends the push; what returns has another number."""
    first = guest.call(inside_adbd.entry, port)
    with ThreadPoolExecutor(1) as aside:
        push = aside.submit(guest.call, inside_adbd.push_until_gone, port, SERIAL, timeout_s=CALL_S)
        until(lambda: guest.call(inside_adbd.arrived, "long"))
        guest.call(gadget.pull)
        assert push.result() == "DeviceGoneError"
    guest.call(inside_phones.wait_for_adb, port, "absent", PLUG_S)
    assert plugged(guest) == port
    again = guest.call(inside_adbd.entry, port)
    assert again["serial"] == first["serial"]
    assert again["transport_id"] != first["transport_id"]
    assert guest.call(inside_adbd.ask_the_first_again) == "DeviceGoneError"
    assert shell(guest, port, "echo back") == (0, "back\n", "")


def test_adbd_shell__pulled_while_it_runs__no_code(guest: Guest, port: str) -> None:
    """Nothing is known of a command whose line broke: it has no exit code."""
    with ThreadPoolExecutor(1) as aside:
        command = f"touch {gadget.STORAGE}/runs; exec sleep 60"
        run = aside.submit(shell, guest, port, command)
        until(lambda: guest.call(inside.exists, str(gadget.STORAGE / "runs")))
        guest.call(gadget.pull)
        assert run.result() == (None, "", "")
