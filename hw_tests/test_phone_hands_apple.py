"""Whole rounds with a simulated iPhone through the station's hand and its view of the ports.

The key test: whatever it says or pretends, one that still has its photos is never found erased.
"""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from hw_tests.phones.apple_bay import Bay, Plugged
from hw_tests.phones.iphone import UDID, Dialog, IPhone, Lie, Trouble
from hw_tests.whole_station import until
from wipe_station.detect.gate_rules import Phone
from wipe_station.errors import DeviceError, DeviceGoneError
from wipe_station.phone_links.apart import IPhoneApart
from wipe_station.phone_links.child import LIMITS_S, LostError
from wipe_station.phone_links.errand import Act
from wipe_station.phone_links.hand import Baseline, ClosedError, Wants
from wipe_station.phone_links.iphone import PAIRING
from wipe_station.phone_links.iphone_hand import IPhoneHand
from wipe_station.phone_links.presence import Here, Presence, Reach
from wipe_station.phone_links.usbmux import Usbmux
from wipe_station.phones.evidence import Contradiction, Finding, Observation, finding_of
from wipe_station.phones.facts import PhoneFacts, System
from wipe_station.phones.routes import Link, Route
from wipe_station.phones.usb_mode_table import Mode

PORT: Final = "9-2"
EARLIER_UNIX_S: Final = 1_700_000_000
ROUTES: Final = (Route.IOS_ERASE, Route.IOS_BACKUP_ERASE)
OTHER_UDID: Final = "00008110-00FFFFFFFFFFFFFF"


def seen(bay: Bay) -> Here:
    """Return what the station sees at the port."""
    ports = dict.fromkeys((UDID, OTHER_UDID), PORT)
    (here,) = Presence(tuple, Reach(mux=bay.mux, ports=ports)).look()
    return here


def test_presence__iphone_that_usbmuxd_does_not_see__it_is_told(plugged: Plugged) -> None:
    """It is let in, and usbmuxd looked too early, or has ended: somebody has to tell it."""
    let_in = Phone(port="9-3", bay=None, product="iPhone", mode=Mode.IPHONE)
    address = plugged(IPhone()).mux.address
    told: list[int | None] = []
    cases: tuple[tuple[str, dict[str, str], Wants], ...] = (
        (address, {}, Wants.TIME),
        (address, {UDID: let_in.port}, Wants.TRUST),
        ("UNIX:/nowhere", {}, Wants.PROGRAM),
    )
    for asked, ports, wants in cases:
        mux = Usbmux(asked, again=told.append)
        (here,) = Presence(lambda: (let_in,), Reach(mux=mux, ports=ports)).look()
        assert here.wants is wants
    assert told == [1, None], "not where it sees the phone"


def paired(bay: Bay) -> IPhoneApart:
    """Have its owner trust the station."""
    here = seen(bay)
    assert here.wants is Wants.TRUST
    hand = here.iphone()
    assert hand is not None
    assert hand.pair() is None
    assert seen(bay).links == {Link.LOCKDOWN}
    return hand


def test_pair__phone_never_answers__nothing_of_it_goes_on(
    plugged: Plugged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian's program ends with the process that ran it: two would make keys beside each other."""
    monkeypatch.setitem(LIMITS_S, Act.PAIR, 10.0)
    phone = IPhone()
    bay = plugged(phone)
    hand = seen(bay).iphone()
    assert hand is not None
    bay.troubled(phone, 1, Trouble.SILENCE)
    with ThreadPoolExecutor(1) as aside:
        pairing = aside.submit(hand.pair)
        (program,) = until(lambda: pairing_programs(bay))
        os.kill(program, signal.SIGSTOP)  # else it ends by itself after a while
        with pytest.raises(LostError):
            pairing.result()
    try:
        until(lambda: not pairing_programs(bay))
    finally:
        for left in pairing_programs(bay):
            os.kill(left, signal.SIGKILL)


def pairing_programs(bay: Bay) -> list[int]:
    """Return the processes that pair over a bay's usbmuxd."""
    address = f"USBMUXD_SOCKET_ADDRESS={bay.mux.address}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            named = (process / "comm").read_text("utf-8") == f"{PAIRING}\n"
            if named and address in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found


def erased_by(bay: Bay, phone: IPhone, route: Route) -> Baseline:
    """Read it, ask for an erase, have it back."""
    hand = paired(bay)
    before = hand.read()
    assert not hand.plant("c" * 32, b"it takes none")
    assert hand.ask(route, before)
    with bay.lock:  # it is still at it when the link has ended
        assert phone.online
    return before


@pytest.mark.parametrize("route", ROUTES)
def test_round__honest_phone__found_erased_after_it_was_paired_anew(
    plugged: Plugged, route: Route
) -> None:
    """First it forgets us; paired anew it shows the rest. Looking alone changes nothing."""
    phone = IPhone(erased_before_unix_s=EARLIER_UNIX_S)
    bay = plugged(phone)
    before = erased_by(bay, phone, route)
    record = bay.stored_record(UDID)
    first = seen(bay).hand().look(before, None)
    assert first.same_identity is True
    assert first.observations() == {Observation.TRUST_LOST}
    assert finding_of(first) is Finding.UNPROVEN
    assert bay.stored_record(UDID) == record, "a look pairs nothing"
    hand = seen(bay).iphone()
    assert hand is not None
    again, wants = hand.pair_again(before)
    assert wants is None
    last = hand.look(again, None)
    assert finding_of(last) is Finding.ERASED
    assert Observation.TRUST_LOST in last.observations()
    assert not phone.photos
    assert not last.went_and_returned, "who watches the port says that"
    assert hand.pair_again(again) == (again, None)


@pytest.mark.parametrize("lie", Lie)
def test_round__phone_that_lies__never_found_erased(plugged: Plugged, lie: Lie) -> None:
    """THE KEY TEST: as for any phone, before and after it is paired anew."""
    phone = IPhone(lie=lie, erased_before_unix_s=EARLIER_UNIX_S)
    bay = plugged(phone)
    before = erased_by(bay, phone, Route.IOS_ERASE)
    hand = seen(bay).iphone()
    assert hand is not None
    first = hand.look(before, None)
    assert finding_of(first) is not Finding.ERASED
    again, _ = hand.pair_again(before)
    last = hand.look(again, None)
    assert phone.photos
    assert finding_of(last) is not Finding.ERASED
    if lie in {Lie.OTHER, Lie.IMPOSTOR}:
        assert last.same_identity is False


def test_look__paired_anew_behind_our_back__trust_is_unknown(plugged: Plugged) -> None:
    """Where the old record is gone nobody can tell whether it was refused: no sign, no reproach."""
    phone = IPhone(erased_before_unix_s=EARLIER_UNIX_S)
    bay = plugged(phone)
    before = erased_by(bay, phone, Route.IOS_ERASE)
    bay.paired()
    look = seen(bay).hand().look(before, None)
    assert look.trust_kept is None
    assert Observation.OBLITERATION_RECORDED in look.observations()


def test_look__phone_that_was_not_erased__trust_kept(plugged: Plugged) -> None:
    """By hand the owner was asked and did nothing: the phone still knows us and is set up."""
    bay = plugged(IPhone())
    hand = paired(bay)
    before = hand.read()
    assert hand.ask(Route.IOS_GUIDED, before)
    look = hand.look(before, None)
    assert {Contradiction.TRUST_KEPT, Contradiction.SET_UP} <= look.contradictions()
    assert hand.pair_again(before)[1] is None, "it is not paired anew"


def test_look__iphone_where_an_android_was__another(plugged: Plugged) -> None:
    """Whatever hand looks, two systems are two phones."""
    bay = plugged(IPhone())
    android = Baseline(facts=PhoneFacts(system=System.ANDROID), link=Link.ADB)
    assert paired(bay).look(android, None).same_identity is False


def test_ask__find_my_is_on__refused(plugged: Plugged) -> None:
    """A refusal is no, and nothing is lost."""
    phone = IPhone(find_my=True)
    bay = plugged(phone)
    hand = paired(bay)
    before = hand.read()
    assert [hand.ask(route, before) for route in ROUTES] == [False, False]
    assert phone.photos


@pytest.mark.parametrize("trouble", [Trouble.PULLED, Trouble.GARBAGE])
def test_ask__trouble_on_the_way__counts_as_asked(plugged: Plugged, trouble: Trouble) -> None:
    """Once the phone was found, only looking tells; one that is not there was not asked."""
    phone = IPhone(lie=Lie.NOTHING)
    bay = plugged(phone)
    hand = paired(bay)
    before = hand.read()
    bay.troubled(phone, 2, trouble)
    assert hand.ask(Route.IOS_ERASE, before)
    with bay.lock:
        phone.pull()
    with pytest.raises(DeviceGoneError):
        hand.ask(Route.IOS_ERASE, before)


# --- who is where --------------------------------------------------------------------------------


def test_presence__owner_has_not_answered__told_what_to_do(plugged: Plugged) -> None:
    """Trust is asked for once and again; a locked phone must be unlocked first."""
    phone = IPhone(dialog=Dialog.LATER)
    bay = plugged(phone)
    here = seen(bay)
    assert (here.wants, here.mode) == (Wants.TRUST, Mode.IPHONE)
    with pytest.raises(ClosedError):
        here.hand()
    hand = here.iphone()
    assert hand is not None
    assert hand.pair() is Wants.TRUST
    with bay.lock:
        phone.passcode_locked = True
    assert hand.pair() is Wants.UNLOCK
    with bay.lock:
        phone.passcode_locked = False
        phone.tap_trust()
    assert hand.pair() is None
    assert hand.read().facts.serial == phone.serial


def test_read__phone_forgot_us__it_is_to_be_paired(plugged: Plugged) -> None:
    """A record from an earlier life of the phone opens nothing, and reading says so."""
    phone = IPhone()
    bay = plugged(phone)
    hand = paired(bay)
    with bay.lock:
        phone.pair_record = None
    with pytest.raises(ClosedError) as caught:
        hand.read()
    assert caught.value.wants is Wants.TRUST


def test_look__usbmuxd_ends__an_error_and_no_finding(plugged: Plugged) -> None:
    """Nothing that could be seen is nothing that was shown."""
    bay = plugged(IPhone())
    before = paired(bay).read()
    with pytest.raises(DeviceError):
        IPhoneHand(Usbmux("UNIX:/nowhere"), UDID).look(before, None)
