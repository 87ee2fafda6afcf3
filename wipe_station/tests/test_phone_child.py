"""Whatever a phone's child does, it is an error about its phone, and never more."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Final, Self

import pytest

from certs.text import Text
from wipe_station.accounts import Account
from wipe_station.errors import DeviceError, DeviceGoneError, MalformedReplyError
from wipe_station.phone_links import child as module
from wipe_station.phone_links.adb_server import LIST, AdbServer
from wipe_station.phone_links.apart import AdbApart, IPhoneApart, PipeApart
from wipe_station.phone_links.child import LIMITS_S, Child, Kept, Lister, LostError, Means, sent
from wipe_station.phone_links.errand import Act, Errand, Listed, Via, fault_of
from wipe_station.phone_links.hand import WORDS, Baseline, Wants
from wipe_station.phone_links.usbmux import Usbmux
from wipe_station.phone_links.values import write
from wipe_station.phones.adb_server import AdbDevice, LinkState
from wipe_station.phones.apple_facts import AppleReadings
from wipe_station.phones.canary import Canary
from wipe_station.phones.evidence import Evidence
from wipe_station.phones.facts import PhoneFacts, System
from wipe_station.phones.overwrite import FILE_BYTES, NOTHING
from wipe_station.phones.routes import Link, Route

PORT: Final = "1-4.2"
UDID: Final = "00008110-001A2B3C4D5E801E"
DEVICE = AdbDevice(serial="S", state=LinkState.DEVICE, transport_id=7, usb_path=PORT)
FACTS = PhoneFacts(system=System.ANDROID, usb_path=PORT, serial="S")
BASELINE = Baseline(facts=FACTS, link=Link.ADB, usb_serial="USB1")
EVIDENCE = Evidence(before=FACTS, after=FACTS)
PLAYED: Final = """
import json, os, signal, socket, sys, time
line = socket.socket(fileno=int(sys.argv[1]))
def hear():
    return json.loads(line.recv(1 << 20))
def say(*words):
    line.send(json.dumps(words).encode())
while line.recv(1 << 20):
    DOES
"""
Play = Callable[[str], None]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    """Return what has children do some lines of Python to each errand."""

    def played(does: str) -> None:
        code = PLAYED.replace("DOES", does)
        monkeypatch.setattr(module, "PROGRAM", (sys.executable, "-c", code))

    return played


def adb_hand(serial: str | None = "USB1") -> AdbApart:
    """Return a hand whose server nobody reaches."""
    return AdbApart(AdbServer(Path("/nowhere")), lambda: DEVICE, PORT, lambda: serial)


def iphone() -> IPhoneApart:
    """Return a hand whose usbmuxd nobody reaches."""
    return IPhoneApart(Usbmux("UNIX:/nowhere"), UDID, PORT)


@pytest.mark.parametrize(
    "does",
    [
        "sys.exit(0)",
        "os.kill(os.getpid(), signal.SIGSEGV)",
        "line.close(); time.sleep(60)",
        "line.send(b''); time.sleep(60)",
    ],
    ids=["ends", "crashes", "hangs up", "says nothing"],
)
def test_child__dies__error_about_its_phone(play: Play, does: str) -> None:
    """Whoever asked is told which phone it was, and what to do."""
    play(does)
    with pytest.raises(LostError) as caught:
        adb_hand().read()
    assert caught.value.device_id == PORT


@pytest.mark.parametrize(
    "does",
    [
        "time.sleep(60)",
        "[say('tell', 1, 2) for _ in range(9)]; time.sleep(60)",
        "[say('stopped') for _ in range(1 << 20)]",
    ],
    ids=["silent", "talks first", "never listens"],
)
def test_child__hangs__ended_in_time(
    play: Play, monkeypatch: pytest.MonkeyPatch, does: str
) -> None:
    """It may take so long and no longer; nothing of it stays."""
    monkeypatch.setitem(LIMITS_S, Act.OVERWRITE, 1.5)
    play(does)
    with pytest.raises(LostError):
        adb_hand().overwrite(lambda *_: None, lambda: False)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@pytest.mark.parametrize(
    "does",
    [
        "line.send(b'rubbish')",
        "line.send(b'[' * 100000)",
        "line.send(b'x' * 200000)",
        "say('answer')",
        "say('answer', 1, 2)",
        "say('answer', None)",
        "say('answer', {'facts': {}})",
        "say('answer', True)",
        "say('error', {})",
        "say('error', 'no')",
        "say('errand', 1)",
        "say()",
        "say(1)",
        "say('adb-line')",
        "say('adb-line', 7)",
        "say('mux-line', 1)",
        "say('pair')",
        "say('serial', 'mine')",
        "say('tell', -1, None)",
        "say('tell', 'far', None)",
        "say('tell')",
        "[(say('stopped'), hear()) for _ in range(99)]",
    ],
)
def test_child__says_what_no_child_says__refused(
    play: Play, monkeypatch: pytest.MonkeyPatch, does: str
) -> None:
    """What does not parse, is not asked for, or is another phone's, ends the talk."""
    monkeypatch.setattr(module, "MOST_ASKS", 50)
    play(does)
    with pytest.raises((LostError, MalformedReplyError)) as caught:
        adb_hand().read()
    if isinstance(caught.value, MalformedReplyError):
        assert "phone child" in str(caught.value)


@pytest.mark.parametrize(
    "first",
    [
        "host:kill",
        "host:transport-id:8",
        "host:transport-any",
        "host:devices-l",
        "host-transport-id:8:features",
        "host:transport-id:7 ",
        "",
    ],
)
def test_adb_line__not_for_its_phone__never_made(
    play: Play, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """A child that was taken over reaches no other phone by adb, and cannot end the server."""
    monkeypatch.setattr(module, "MOST_ASKS", 50)
    play(f"say('adb-line', {first!r})")
    with pytest.raises(LostError) as caught:
        adb_hand().read()
    assert "adb request" in str(caught.value.__cause__)


ANSWERS: Final = {
    "another link": replace(BASELINE, link=Link.MTP),
    "another port": replace(BASELINE, facts=replace(FACTS, usb_path="1-9")),
    "a serial nobody stated": replace(BASELINE, usb_serial="USB2"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_read__of_what_the_hand_cannot_have_read__refused(play: Play, name: str) -> None:
    """A child speaks of its phone at its port by its link, or is not heard."""
    assert adb_hand().links == {Link.ADB}
    play(f"say('serial'); hear(); say('answer', json.loads({_json(BASELINE)!r}))")
    assert adb_hand().read() == BASELINE
    play(f"say('serial'); hear(); say('answer', json.loads({_json(ANSWERS[name])!r}))")
    with pytest.raises(MalformedReplyError):
        adb_hand().read()


SEEN: Final = {
    "other facts before": replace(EVIDENCE, before=replace(FACTS, accounts=0)),
    "another port": replace(EVIDENCE, after=replace(FACTS, usb_path="1-9")),
    "went away": replace(EVIDENCE, went_and_returned=True),
    "setup screen": replace(EVIDENCE, setup_seen=True),
    "encryption": replace(EVIDENCE, encryption_shown=True),
    "overwritten": replace(EVIDENCE, overwritten_bytes=1),
    "all of it": replace(EVIDENCE, overwritten_whole=True),
    "canary that is not there": replace(EVIDENCE, canary=Canary.GONE),
}


@pytest.mark.parametrize("name", SEEN)
@pytest.mark.parametrize("hand", [adb_hand, iphone])
def test_look__at_what_others_watch__refused(
    play: Play, hand: Callable[[], AdbApart | IPhoneApart], name: str
) -> None:
    """Port, screen, owner and overwrite have witnesses of their own; a child is none of them."""
    play(f"say('answer', json.loads({_json(EVIDENCE)!r}))")
    assert hand().look(BASELINE, None) == EVIDENCE
    play(f"say('answer', json.loads({_json(SEEN[name])!r}))")
    with pytest.raises(MalformedReplyError):
        hand().look(BASELINE, None)


@pytest.mark.parametrize(
    "changed",
    [
        {"files": 1, "size_bytes": FILE_BYTES + 1},
        {"files": 1 << 20, "size_bytes": 1},
        {"whole": True},
        {"sha256": "x"},
    ],
)
def test_overwrite__numbers_that_do_not_fit__refused(
    play: Play, changed: dict[str, object]
) -> None:
    """What was read back has a size, a number of files and a digest that can be true."""
    play(f"say('answer', json.loads({_json(replace(NOTHING, **changed))!r}))")  # type: ignore[arg-type] # by field
    with pytest.raises(MalformedReplyError):
        adb_hand().overwrite(lambda *_: None, lambda: False)


def test_overwrite__told_and_stopped__passed_on(play: Play) -> None:
    """Progress comes out and the wish to end goes in."""
    told: list[tuple[int, int | None]] = []
    play(
        "say('tell', 3, 6); say('tell', 4, None); say('stopped');"
        f"say('answer', json.loads({_json(NOTHING)!r})) if hear() == ['told', True] else None"
    )
    assert adb_hand().overwrite(lambda *at: told.append(at), lambda: True) == NOTHING
    assert told == [(3, 6), (4, None)]


def test_iphone__another_ones_udid__refused(play: Play) -> None:
    """A child that was taken over cannot pass its phone off as the one beside it."""
    facts = PhoneFacts(system=System.IOS, usb_path=PORT, device_id=UDID)
    mine = Baseline(facts=facts, link=Link.LOCKDOWN)
    play(f"say('answer', json.loads({_json(mine)!r}))")
    assert iphone().read() == mine
    other = replace(mine, facts=replace(facts, device_id=UDID.replace("8", "9")))
    play(f"say('answer', json.loads({_json(other)!r}))")
    with pytest.raises(MalformedReplyError):
        iphone().read()


def test_pair_again__what_was_read_before__cannot_be_changed(play: Play) -> None:
    """What a later look compares with stays; one thing may come to it, once."""
    before = Baseline(
        facts=PhoneFacts(system=System.IOS), link=Link.LOCKDOWN, apple_record="digest"
    )
    more = replace(before, apple_back=AppleReadings(values={}))
    for given, says, is_taken in (
        (before, before, True),
        (before, more, True),
        (more, more, True),
        (more, before, False),
        (before, replace(more, apple_record="other"), False),
        (before, replace(before, facts=FACTS), False),
    ):
        play(f"say('answer', {{'before': json.loads({_json(says)!r}), 'wants': None}})")
        if is_taken:
            assert iphone().pair_again(given) == (says, None)
            continue
        with pytest.raises(MalformedReplyError):
            iphone().pair_again(given)


def test_overwrite__phone_rests_for_longer_than_a_child_may_be_quiet__goes_on(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the daemon thinks about what was asked, it is not the child that says nothing."""
    began, passed_s = time.monotonic, [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: began() + passed_s[0])

    def rests() -> bool:
        passed_s[0] += module.QUIET_S + 1
        return False

    play(f"say('stopped'); hear(); say('answer', json.loads({_json(NOTHING)!r}))")
    assert adb_hand().overwrite(lambda *_: None, rests) == NOTHING


@pytest.mark.parametrize(
    ("does", "asked"),
    [
        ("sys.exit(1)", True),
        ("line.send(b'rubbish')", True),
        ("say('answer', 7)", True),
        ("say('error', {})", True),
        ("say('answer', True)", True),
        ("say('answer', False)", False),
    ],
)
def test_ask__child_lost__may_have_asked(play: Play, does: str, asked: bool) -> None:
    """Nobody says "not asked" of a phone whose child died: the command may have gone out."""
    play(does)
    assert adb_hand().ask(Route.SETTINGS, BASELINE) is asked


def test_ask__child_says_that_it_could_not__said(play: Play) -> None:
    """A phone that was not there was not asked."""
    fault = _json(
        fault_of(DeviceGoneError(Text(zh="没有。", en="Gone."), hint=WORDS[Wants.RESTART]))
    )
    play(f"say('error', json.loads({fault!r}))")
    with pytest.raises(DeviceGoneError):
        adb_hand().ask(Route.SETTINGS, BASELINE)


def test_hands__another_hands_route__never_asked() -> None:
    """What the hand in the child cannot go is not sent there."""
    for hand, route in ((adb_hand(), Route.IOS_ERASE), (iphone(), Route.SETTINGS)):
        with pytest.raises(AssertionError):
            hand.ask(route, BASELINE)


# --- the phone's USB interface -------------------------------------------------------------------


class Played:
    """An interface that says back what is sent, or is gone; it knows whether it was closed."""

    packet_bytes = 512

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.opened = self.closed = 0

    def __enter__(self) -> Self:
        self.opened += 1
        return self

    def __exit__(self, *_: object) -> None:
        self.closed += 1

    def send(self, data: bytes, timeout_s: float) -> None:
        """Keep it."""
        assert timeout_s == 1.5
        self.sent.append(data)

    def receive(self, timeout_s: float) -> bytes:
        """Return what was sent first, once."""
        assert timeout_s == 1.5
        if not self.sent:
            raise DeviceGoneError(WORDS[Wants.TIME], hint=WORDS[Wants.TIME], device_id=PORT)
        return self.sent.pop(0)


def mtp_hand(pipe: Played) -> PipeApart:
    """Return a hand over such an interface."""

    def opens(port: str) -> Played:
        assert port == PORT
        return pipe

    return PipeApart(Via.MTP, PORT, lambda: None, opens)


OPEN: Final = "say('open'); assert hear() == ['told', 512];"


def test_interface__bytes_out_and_in__passed_on_and_closed(play: Play) -> None:
    """What the child sends goes out as it is, what comes goes in, and an error comes as one."""
    play(
        f"{OPEN} say('send', 'c0ffee', 1.5); assert hear() == ['told', None];"
        "say('receive', 1.5); assert hear() == ['told', 'c0ffee'];"
        "say('receive', 1.5); fault = hear(); assert fault[0] == 'error'; say(*fault)"
    )
    pipe = Played()
    with pytest.raises(DeviceGoneError) as caught:
        mtp_hand(pipe).read()
    assert (caught.value.hint, caught.value.device_id) == (WORDS[Wants.TIME], PORT)
    assert (pipe.opened, pipe.closed) == (1, 1)


@pytest.mark.parametrize(
    "does",
    [
        f"{OPEN} say('open')",
        f"{OPEN} say('send', 'no bytes', 1.5)",
        f"{OPEN} say('send', '00')",
        f"{OPEN} say('receive', 0.0)",
        f"{OPEN} say('receive', -1.0)",
        f"{OPEN} say('receive', 601.0)",
        f"{OPEN} say('receive', 1)",
        f"{OPEN} say('receive')",
        f"{OPEN} say('close'); hear(); say('receive', 1.5)",
        "say('send', '00', 1.5)",
        "say('adb-line', 'host:devices-l')",
        f"{OPEN} sys.exit(1)",
    ],
)
def test_interface__asked_for_what_nobody_may_have__refused_and_closed(
    play: Play, does: str
) -> None:
    """One interface at a time, opened first, with limits; it is let go of in any case."""
    play(does)
    pipe = Played()
    with pytest.raises((MalformedReplyError, DeviceError)):
        mtp_hand(pipe).read()
    assert (pipe.opened, pipe.sent) == (pipe.closed, [])


def test_interface__of_another_hands_child__there_is_none(play: Play) -> None:
    """A child that speaks by adb gets no USB interface."""
    play("say('open')")
    with pytest.raises(LostError):
        adb_hand().read()


# --- who lists -----------------------------------------------------------------------------------


def test_lister__child_fails__nothing_seen_and_another_one_next_time(play: Play) -> None:
    """A phone that has the child die hides the others for one look, and no program is blamed."""
    lister = Lister(AdbServer(Path("/nowhere")), None)
    play("sys.exit(1)")
    assert lister.look() is None
    listed = Listed(adb=(DEVICE,))
    play(f"say('answer', json.loads({_json(listed)!r}))")
    assert [lister.look() for _ in range(2)] == [listed, listed]


def test_lister__its_child_is_killed__all_are_seen_all_the_same(play: Play) -> None:
    """That hides no phone for a moment."""
    listed = Listed(adb=(DEVICE,))
    play(f"say('answer', json.loads({_json(listed)!r}))")
    lister = Lister(AdbServer(Path("/nowhere")), None)
    for _ in range(3):
        assert lister.look() == listed
        child = lister._kept._child
        assert child is not None
        os.kill(child.pid, signal.SIGKILL)


def test_kept__calls_from_threads_that_end__one_child() -> None:
    """The kernel ends a child with the thread that started it; none of ours is one of those."""
    kept, pids = Kept(), list[int]()

    def call() -> None:
        kept.sent(Errand(act=Act.LIST), Means())
        assert kept._child is not None
        pids.append(kept._child.pid)

    for _ in range(3):
        thread = Thread(target=call)
        thread.start()
        thread.join()
    assert pids == pids[:1] * 3


def test_kept__another_phone__never_by_the_same_child(play: Play) -> None:
    """What one phone made of the process that understands it is no matter of the next one."""
    play("say('answer', os.getpid())")
    kept = Kept()
    one, same, other = (
        kept.sent(Errand(act=Act.READ), Means(), whom=each) for each in ("A", "A", "B")
    )
    assert one == same != other
    with pytest.raises(ProcessLookupError):
        os.kill(int(str(one)), 0)


@pytest.mark.parametrize("changed", ["serial", "device"])
def test_hands__another_phone_at_the_port__another_child(
    play: Play, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    """A hand does not know that it is another one; what it is reached by says so."""
    serials, devices = ["USB1", "USB1"], [DEVICE, DEVICE]
    if changed == "serial":
        serials[1] = "USB2"
    else:
        devices[1] = replace(DEVICE, transport_id=8)
    hand = AdbApart(AdbServer(Path("/nowhere")), lambda: devices[0], PORT, lambda: serials[0])
    play("say('answer', True)")
    started, began = module._started, list[int]()

    def starting(descriptor: int, account: Account) -> "subprocess.Popen[bytes]":
        began.append(descriptor)
        return started(descriptor, account)

    monkeypatch.setattr(module, "_started", starting)
    for _ in range(2):
        hand.plant("c" * 32, b"")
    serials.pop(0)
    devices.pop(0)
    hand.plant("c" * 32, b"")
    assert len(began) == 2


def test_lister__one_child__for_all_looks_and_ends_with_it(play: Play) -> None:
    """It is started once; whoever forgets the lister leaves no process."""
    play("say('answer', {'adb': [], 'mux': None, 'pid': os.getpid()}) ")
    child = Child()
    errand, means = Errand(act=Act.LIST), Means()
    one, other = (child.run(errand, means) for _ in range(2))
    assert one == other
    pid = child.pid
    del child
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))
        made.listen()
        yield made


def test_adb_line__for_its_phone__request_is_sent_before_the_child_has_it(
    play: Play, tmp_path: Path
) -> None:
    """The daemon says which phone a connection goes to, and reads nothing of the answer."""
    play(
        "say('adb-line', 'host:transport-id:7');"
        "_, lines, _, _ = socket.recv_fds(line, 999, 1);"
        "mine = socket.socket(fileno=lines[0]);"
        "mine.send(b'shell:'); mine.close();"
        "say('answer', True)"
    )
    path = tmp_path / "adb"
    with _listening(path) as adb:
        hand = AdbApart(AdbServer(path), lambda: DEVICE, PORT, lambda: None)
        assert hand.plant("c" * 32, b"") is True
        came, _ = adb.accept()
        with came:
            assert came.recv(999, socket.MSG_WAITALL) == b"0013host:transport-id:7shell:"


def test_program__not_running__child_is_told() -> None:
    """The child itself, with nobody behind the daemon: no list, no hand, no hang."""
    nowhere = Means(adb=AdbServer(Path("/nowhere")), first=frozenset({LIST}))
    assert sent(Errand(act=Act.LIST), nowhere) == write(Listed())
    with pytest.raises(DeviceError):
        adb_hand().read()
    with pytest.raises(DeviceError):
        iphone().read()


DAEMON: Final = """
import signal
from wipe_station.phone_links.child import Child, Means
from wipe_station.phone_links.errand import Act, Errand
child = Child()
child.run(Errand(act=Act.LIST), Means())
print(child.pid, flush=True)
signal.pause()
"""


def test_child__daemon_dies__dies_too() -> None:
    """No process that speaks with phones outlives the station."""
    words = [sys.executable, "-c", DAEMON]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        child = int(daemon.stdout.readline())
        daemon.kill()
    assert not _runs(child)


def _runs(pid: int) -> bool:
    """Wait for the kernel to end a process that is not ours; tell whether it did not."""
    with suppress(ProcessLookupError):
        held = os.pidfd_open(pid)
        with os.fdopen(held):
            return not select.select([held], [], [], 30.0)[0]
    return False


def _json(value: object) -> str:
    return json.dumps(write(value))
