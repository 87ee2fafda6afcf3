"""Whole rounds through the station's hands: read, lay a canary, ask, return, look.

The key test: whichever link reads before and whichever looks after, a phone that still has its
owner's data is never found erased; an honest one is.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from hw_tests.phones.android import FILES, MARKER, AndroidPhone, Lie, Trust
from hw_tests.phones.mtp import Manner
from hw_tests.phones.port import NAME, Port, port_with
from hw_tests.phones.real_adb import RealAdb
from hw_tests.whole_station import until
from wipe_station.errors import DeviceError, MalformedReplyError
from wipe_station.phone_links import android
from wipe_station.phone_links.child import LIMITS_S
from wipe_station.phone_links.errand import Act
from wipe_station.phone_links.hand import Baseline, ClosedError, Hand, Wants
from wipe_station.phone_links.presence import Here, Presence, Program, Reach
from wipe_station.phones.adb_server import LinkState
from wipe_station.phones.canary import Canary
from wipe_station.phones.evidence import Contradiction, Evidence, Finding, finding_of
from wipe_station.phones.facts import System
from wipe_station.phones.routes import Link, Route
from wipe_station.phones.usb_mode_table import Mode

CANARY: Final = "c" * 32
CONTENT: Final = bytes(range(256)) * 8

Plug = Callable[[Port], Here]
Reset = Callable[[Port, Hand], None]


def _by_adb(port: Port) -> Here:
    return port.by_adb()


def _by_mtp(port: Port) -> Here:
    return port.by_mtp()


def _test_harness(port: Port, hand: Hand) -> None:
    """Ask by adb; the phone comes back as a test device, with our key."""
    assert hand.ask(Route.TEST_HARNESS, hand.read())
    until(lambda: port.phone.erasures)  # it says so first, and does it then


def _settings(port: Port, hand: Hand) -> None:
    """Have adb open the screen on which the owner confirms."""
    assert port.phone.files[f"/sdcard/{CANARY}"] == CONTENT
    assert hand.ask(Route.SETTINGS, hand.read())
    assert CANARY in port.mtp.files, "nobody has confirmed"
    port.phone.confirm()


def _by_hand(port: Port, hand: Hand) -> None:
    """Have the owner find the screen without us."""
    assert hand.ask(Route.GUIDED, hand.read())
    port.phone.resets_asked = True
    port.phone.confirm()


ROUNDS: Final[dict[str, tuple[Plug, Reset, Plug]]] = {
    "adb, adb": (_by_adb, _test_harness, _by_adb),
    "adb, mtp": (_by_adb, _settings, _by_mtp),
    "mtp, mtp": (_by_mtp, _by_hand, _by_mtp),
    "mtp, adb": (_by_mtp, _by_hand, _by_adb),
}


def seller(lie: Lie | None = None) -> AndroidPhone:
    """Return a phone with an account, a second user and pictures on it."""
    return AndroidPhone(trust=Trust.TRUSTED, accounts=[MARKER], users=2, lie=lie)


def marked(here: Here) -> tuple[Hand, Baseline]:
    """Read a phone and lay the canary."""
    assert here.wants is None
    hand = here.hand()
    before = hand.read()
    assert hand.plant(CANARY, CONTENT)
    return hand, before


def round_of(port: Port, name: str) -> Evidence:
    """Do all of it once; return what the look showed."""
    first, reset, second = ROUNDS[name]
    hand, before = marked(first(port))
    reset(port, hand)
    port.skip_setup()
    return second(port).hand().look(before, CANARY)


def looks_erased(look: Evidence) -> bool:
    """Tell whether a first look, before a second reset, takes the phone for erased."""
    return finding_of(look, more_to_come=True) is Finding.ERASED


@pytest.mark.parametrize("name", ROUNDS)
def test_round__honest_phone__found_erased(adb: RealAdb, folder: Path, name: str) -> None:
    """By any two links the same phone is seen as the same, its canary as gone; nothing stays."""
    with port_with(seller(), folder, adb) as port:
        look = round_of(port, name)
        assert (look.same_identity, look.canary, look.personal_files) == (True, Canary.GONE, 0)
        assert not look.contradictions() - {Contradiction.SET_UP}
        assert looks_erased(look)
        assert port.phone.files == {}, "the control was taken away again"


CAUGHT: Final = {
    Lie.NOTHING: {Contradiction.CANARY_THERE, Contradiction.FILES_THERE},
    Lie.CANARY_ONLY: {Contradiction.FILES_THERE},
}


@pytest.mark.parametrize("name", ROUNDS)
@pytest.mark.parametrize("lie", Lie)
def test_round__phone_that_lies__never_found_erased(
    adb: RealAdb, folder: Path, lie: Lie, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """THE KEY TEST: what is not read, not understood or not the same phone is not erased."""
    with port_with(seller(lie), folder, adb) as port:
        first, reset, second = ROUNDS[name]
        hand, before = marked(first(port))
        if lie is Lie.SILENT:
            monkeypatch.setitem(LIMITS_S, Act.LOOK, 2.0)
        reset(port, hand)
        port.skip_setup()
        look: Evidence | None = None
        with suppress(DeviceError, MalformedReplyError):
            look = second(port).hand().look(before, CANARY)
        assert port.phone.erasures == 1
        assert (port.phone.files == {}) is (lie is Lie.ANOTHER)
        assert look is None or not looks_erased(look)
        if lie in CAUGHT:
            assert look is not None
            assert CAUGHT[lie] <= look.contradictions()
        if lie is Lie.ANOTHER:
            assert look is not None
            assert look.same_identity is False


@pytest.mark.parametrize("name", ["adb, mtp", "mtp, mtp"])
def test_round__usb_states_no_serial__same_phone_is_not_claimed(
    adb: RealAdb, folder: Path, name: str
) -> None:
    """MTP's own serial may be new after a reset: without the USB device's nothing is the same."""
    first, reset, _ = ROUNDS[name]
    with port_with(seller(), folder, adb) as port:
        hand, before = marked(first(port))
        reset(port, hand)
        port.skip_setup()
        look = port.by_mtp(states=False).hand().look(before, CANARY)
        assert look.same_identity is None
        assert finding_of(look) is Finding.UNPROVEN


def test_round__old_android_marked_by_adb__mtp_shows_nothing(adb: RealAdb, folder: Path) -> None:
    """Before Android 9 MTP shows a list of its own, which may lack what adb has put there."""
    phone = AndroidPhone(trust=Trust.TRUSTED, release=7)
    with port_with(phone, folder, adb) as port:
        assert round_of(port, "adb, mtp").canary is Canary.UNREADABLE
    with port_with(seller(), folder, adb) as port:
        hand, before = marked(port.by_adb())
        old = replace(before, facts=replace(before.facts, api_level=27))
        look = port.by_mtp().hand().look(old, CANARY)
        assert look.canary is Canary.STILL_THERE, "what is seen is seen"
        assert hand.links == {Link.ADB}


@pytest.mark.parametrize("manner", [Manner.READ_ONLY, Manner.DROPS])
def test_plant__mtp_takes_no_file__none_is_down(adb: RealAdb, folder: Path, manner: Manner) -> None:
    """What was not seen there cannot be missed later; without a canary nothing is proven."""
    with port_with(seller(), folder, adb) as port:
        hand = port.by_mtp(manner).hand()
        before = hand.read()
        assert not hand.plant(CANARY, CONTENT)
        _by_hand(port, hand)
        port.skip_setup()
        look = port.by_mtp().hand().look(before, None)
        assert look.canary is Canary.NONE
        assert finding_of(replace(look, setup_seen=True)) is Finding.UNPROVEN


def test_look__mtp_takes_no_control__absence_shows_nothing(adb: RealAdb, folder: Path) -> None:
    """That nothing is listed counts only where a file put there just now is."""
    for manner in (Manner.READ_ONLY, Manner.DROPS):
        with port_with(seller(), folder, adb) as port:
            hand, before = marked(port.by_mtp())
            _by_hand(port, hand)
            port.skip_setup()
            assert port.by_mtp(manner).hand().look(before, CANARY).canary is Canary.UNREADABLE


def test_ask__phone_refuses__told_and_nothing_happens(adb: RealAdb, folder: Path) -> None:
    """A screen lock forbids the test harness; the answer is no, and all is there."""
    phone = seller()
    phone.screen_lock = True
    with port_with(phone, folder, adb) as port:
        hand = port.by_adb().hand()
        assert not hand.ask(Route.TEST_HARNESS, hand.read())
        assert (phone.files, phone.erasures) == (FILES, 0)


def test_ask__another_phone_than_was_read__not_asked(adb: RealAdb, folder: Path) -> None:
    """By name and over one connection: a phone that came to the port since is left alone."""
    with port_with(seller(), folder, adb) as port:
        hand = port.by_adb().hand()
        before = hand.read()
        for other in ({"serial": "SN-OTHER"}, {"model": "Other"}, {"serial": None}):
            facts = replace(before.facts, **other)
            for route in (Route.TEST_HARNESS, Route.FASTBOOT, Route.RESCUE):
                assert not hand.ask(route, replace(before, facts=facts))
        assert (port.phone.files, port.phone.erasures) == (FILES, 0)
        assert not [each for each in port.phone.commands if each.startswith("reboot")]


@pytest.mark.parametrize("route", [Route.FASTBOOT, Route.RESCUE])
@pytest.mark.parametrize("place", [24, 48])  # its last goodbye, of 24 bytes, may not be counted
def test_sent__line_breaks__sent_or_not_and_nothing_erased(
    adb: RealAdb, folder: Path, route: Route, place: int
) -> None:
    """Whether it has heard where to go shows at its port; nothing that erases was sent."""
    phone = seller()
    phone.slow_boot = True
    with port_with(phone, folder, adb) as port:
        hand, before = marked(port.by_adb())
        start = port.carrier.said_bytes
        assert android.names(adb.server, port.device())[0] == phone.serial
        with phone.lock:  # behind what it says of who it is
            port.carrier.left_bytes = port.carrier.said_bytes - start + place
        assert hand.ask(route, before)
        assert phone.erasures == 0
        assert phone.files.items() > FILES.items()


@pytest.mark.parametrize("place", [24, 48, 90])
def test_ask__line_breaks__counts_as_asked(adb: RealAdb, folder: Path, place: int) -> None:
    """Nobody knows what a phone has heard whose answer was cut: only looking tells."""
    with port_with(seller(), folder, adb) as port:
        hand, before = marked(port.by_adb())
        start = port.carrier.said_bytes
        assert android.names(adb.server, port.device())[0] == port.phone.serial
        with port.phone.lock:  # behind what it says of who it is
            port.carrier.left_bytes = port.carrier.said_bytes - start + place
        assert hand.ask(Route.TEST_HARNESS, before)
        port.carrier.left_bytes = None
        port.phone.restart()

        def seen() -> Evidence | None:
            """Look, unless it is just restarting by itself: what it has heard it does late."""
            with suppress(DeviceError):
                return port.by_adb().hand().look(before, CANARY)
            return None

        look = until(seen)
        assert looks_erased(look) is (f"/sdcard/{CANARY}" not in port.phone.files)


def test_settings__screen_unknown_to_the_phone__second_name_is_tried(
    adb: RealAdb, folder: Path
) -> None:
    """``am`` says "Error" and ends well: that is no; some phones know only the other name."""
    for knows, told in (("names", True), ("nothing", False)):
        phone = seller()
        phone.reset_screens = knows
        with port_with(phone, folder, adb) as port:
            hand = port.by_adb().hand()
            assert hand.ask(Route.SETTINGS, hand.read()) is told
            assert phone.resets_asked is told


# --- who is where --------------------------------------------------------------------------------


def test_presence__owner_has_not_allowed_debugging__said_and_files_shown(
    adb: RealAdb, folder: Path
) -> None:
    """A question stands on its screen: with file transfer on it can be read by that meanwhile."""
    phone = AndroidPhone(trust=Trust.ASK)
    with port_with(phone, folder, adb) as port:
        here = port.by_adb(state=LinkState.UNAUTHORIZED)
        assert here.wants is None
        assert here.also_wants is Wants.DEBUGGING
        assert here.links == here.hand().links == {Link.MTP}
        alone = port.plugged(Mode.ADB)
        assert alone.wants is Wants.DEBUGGING
        assert alone.links == {Link.USB}
        with pytest.raises(ClosedError) as caught:
            alone.hand()
        assert caught.value.wants is Wants.DEBUGGING
        until(lambda: phone.asked)
        phone.allow()
        assert port.by_adb().links == {Link.ADB, Link.MTP}


def test_presence__phone_by_adb__is_told_by_its_port(adb: RealAdb, folder: Path) -> None:
    """Port, mode, the USB device's serial and what it speaks; it is read by adb then."""
    with port_with(seller(), folder, adb) as port:
        here = port.by_adb()
        assert (here.port, here.mode, here.product) == (NAME, Mode.MTP_ADB, "Sim")
        assert here.usb_serial == port.phone.serial
        before = here.hand().read()
        assert (before.link, before.facts.accounts) == (Link.ADB, 1)


def test_presence__phone_that_nobody_let_in__not_shown(adb: RealAdb, folder: Path) -> None:
    """What adb sees at a port of which the gate knows nothing is nobody's phone here."""
    with port_with(seller(), folder, adb) as port:
        port.by_adb()
        assert adb.server.devices()
        reach = Reach(adb=adb.server, usb=folder / "usb")
        assert Presence(tuple, reach).look() == ()


def test_presence__screen_locked__reading_says_so(adb: RealAdb, folder: Path) -> None:
    """A locked phone shows no storage; its person must unlock it, and nothing is known."""
    with port_with(seller(), folder, adb) as port:
        for manner, wants in (
            (Manner.LOCKED_SCREEN, Wants.UNLOCK),
            (Manner.PHOTOS_ONLY, Wants.FILES),
        ):
            with pytest.raises(ClosedError) as caught:
                port.by_mtp(manner).hand().read()
            assert caught.value.wants is wants


def test_presence__adb_ends_meanwhile__files_are_still_shown(adb: RealAdb, folder: Path) -> None:
    """A program that does not answer takes its phones away and no others; it is named."""
    with port_with(seller(), folder, adb) as port:
        port.by_adb()
        adb.server.end()
        here = port.plugged(Mode.MTP_ADB)
        assert here.missing is Program.ADB
        assert here.links == {Link.MTP}
        assert here.hand().read().facts.system is System.ANDROID
        assert port.plugged(Mode.ADB).wants is Wants.PROGRAM
