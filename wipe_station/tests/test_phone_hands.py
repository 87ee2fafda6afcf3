"""What hands and presence decide, without any phone."""

import signal
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from wipe_station.detect.gate_rules import Phone
from wipe_station.errors import DeviceError
from wipe_station.phone_links import usbmux_process
from wipe_station.phone_links.adb_server import AdbServer
from wipe_station.phone_links.android_hands import AdbHand, FastbootHand, MtpHand, wants_of
from wipe_station.phone_links.hand import WORDS, Baseline, ClosedError, Wants
from wipe_station.phone_links.iphone import usb_path_of
from wipe_station.phone_links.iphone_hand import IPhoneHand
from wipe_station.phone_links.presence import (
    Here,
    Presence,
    Program,
    Reach,
    same_by_usb,
    usb_serial_at,
)
from wipe_station.phone_links.rescue_hand import RescueHand
from wipe_station.phone_links.usbmux import Usbmux
from wipe_station.phones.adb_server import AdbDevice, LinkState
from wipe_station.phones.android_after import same_across, same_device
from wipe_station.phones.canary import Canary
from wipe_station.phones.facts import PhoneFacts, System
from wipe_station.phones.mtp_data import Look, Storage, canary_beside, shared_of
from wipe_station.phones.overwrite import NOTHING
from wipe_station.phones.routes import ROUTES, Link, Route
from wipe_station.phones.usb_mode_table import MODES, Mode, Touch
from wipe_station.phones.usbmux import MuxDevice

SERIAL = "R58N12ABCDE"
PORT = "1-4.2"
NOWHERE = AdbServer(Path("/nowhere"))
"""No adb server: who speaks with it fails."""


def _rescued(serial: str = SERIAL, state: LinkState = LinkState.RESCUE) -> AdbDevice:
    return AdbDevice(serial=serial, state=state, transport_id=3, usb_path=PORT)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (SERIAL, SERIAL, True),
        (SERIAL, "R58N12ABCDF", False),
        (SERIAL, None, None),
        (None, SERIAL, None),
        (None, None, None),
        ("0123456789ABCDEF", "0123456789ABCDEF", None),
        (SERIAL, "0123456789ABCDEF", None),
    ],
)
def test_same_device__two_serials__same_other_or_unknown(
    one: str | None, other: str | None, expected: bool | None
) -> None:
    """A serial that is missing, or that many phones state, tells neither."""
    assert same_device(one, other) is expected


def _facts(system: System = System.ANDROID, model: str | None = "Sim Phone") -> PhoneFacts:
    return PhoneFacts(system=system, model=model)


@pytest.mark.parametrize(
    ("after", "device", "serials_agree", "expected"),
    [
        (_facts(), True, None, True),
        (_facts(), True, False, True),  # MTP's serial may be new after a reset
        (_facts(), False, True, False),
        (_facts(), None, True, True),
        (_facts(), None, False, None),
        (_facts(), None, None, None),
        (_facts(model=None), None, True, None),
        (_facts(model="Other Phone"), True, True, False),
        (_facts(System.IOS), True, True, False),
        (_facts(System.UNKNOWN), True, None, True),
    ],
)
def test_same_across__links_that_know_different_things__as_far_as_they_tell(
    after: PhoneFacts, device: bool | None, serials_agree: bool | None, expected: bool | None
) -> None:
    """The USB device's serial decides; another model or system is another phone."""
    assert same_across(_facts(), after, device, serials_agree=serials_agree) is expected


def _storage(number: int = 1, **changed: bool | int) -> Storage:
    whole = {"removable": False, "writable": True, "capacity_bytes": 64, "free_bytes": 32}
    return Storage(storage_id=number, **(whole | changed))  # type: ignore[arg-type] # by field


def _seen(*storages: Storage, canary: bool | None = False) -> Look:
    return Look(storages=storages, objects=3, canary=canary)


@pytest.mark.parametrize(
    ("seen", "control", "shared_bytes", "expected"),
    [
        (_seen(_storage()), True, 64, Canary.GONE),
        (_seen(_storage()), True, None, Canary.GONE),
        (_seen(_storage()), True, 128, Canary.UNREADABLE),
        (_seen(_storage()), False, 64, Canary.UNREADABLE),
        (_seen(_storage()), None, 64, Canary.UNREADABLE),
        (_seen(_storage(), canary=None), True, 64, Canary.UNREADABLE),
        (_seen(_storage(removable=True)), True, 64, Canary.UNREADABLE),
        (_seen(), True, None, Canary.UNREADABLE),
        (_seen(_storage(), canary=True), False, 128, Canary.STILL_THERE),
    ],
)
def test_canary_beside__one_look__gone_only_beside_a_control_in_its_place(
    seen: Look, control: bool | None, shared_bytes: int | None, expected: Canary
) -> None:
    """A trace of it is enough for present; absent wants its storage, all names and the control."""
    assert canary_beside(seen, control, shared_bytes) is expected


def test_shared_of__card_and_read_only_storage__phones_own() -> None:
    """A file of ours lies on the phone's own storage that takes one, or nowhere."""
    card, locked, own = _storage(1, removable=True), _storage(2, writable=False), _storage(3)
    assert shared_of((card, locked, own)) == own
    assert shared_of((card, locked)) is None


@pytest.mark.parametrize("state", LinkState)
def test_wants_of__each_state_of_adb__only_an_open_one_wants_nothing(state: LinkState) -> None:
    """What is not known to be readable is not read."""
    device = AdbDevice(serial=SERIAL, state=state, transport_id=1, usb_path=PORT)
    assert (wants_of(device) is None) is (state is LinkState.DEVICE)


def test_hands__all_of_them__ask_by_routes_of_their_links_or_by_hand() -> None:
    """A hand asks by no route that needs a link which it does not speak; nobody by two of them."""
    by_hand = {Route.GUIDED, Route.IOS_GUIDED}
    asked: set[Route] = set()
    for hand in (AdbHand, MtpHand, FastbootHand, RescueHand, IPhoneHand):
        for needs in (ROUTES[route] for route in hand.routes - by_hand):
            assert hand.links & needs.links or needs.through in hand.links
        asked |= hand.routes
    assert asked == set(Route) - {Route.IOS_RESTORE}
    assert WORDS.keys() == set(Wants)


def test_overwrite__no_debugging__no_hand_offers_it_or_does_anything() -> None:
    """Only by adb a phone is told to work by itself; the others have nothing to count."""
    hands = (
        MtpHand(PORT),
        FastbootHand(PORT),
        RescueHand(NOWHERE, _rescued, str),
        IPhoneHand(Usbmux("UNIX:/nowhere"), "0"),
    )
    assert AdbHand.can_overwrite
    for hand in hands:
        assert not hand.can_overwrite
        assert hand.overwrite(lambda *_: None, lambda: False) == NOTHING


@pytest.mark.parametrize("program", ["no-such-usbmuxd", "false"])
def test_usbmuxd__cannot_be_started__typed_error(
    monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    """A machine without it, and one on which it ends at once, say so with a next step."""
    monkeypatch.setattr(usbmux_process, "PROGRAM", program)
    monkeypatch.setattr(usbmux_process, "Usbmux", partial(Usbmux, "UNIX:/nowhere"))
    with pytest.raises(DeviceError) as caught, usbmux_process.started():
        pass
    assert "usbmuxd" in caught.value.hint.en


@pytest.mark.parametrize(
    ("device", "stated", "asked"),
    [
        (_rescued(), SERIAL, True),  # and then the line breaks, which is no "no"
        (_rescued("R58N12ABCDF"), SERIAL, False),
        (_rescued(), "R58N12ABCDF", False),
        (_rescued(), None, False),
        (_rescued(), "0123456789ABCDEF", False),
    ],
)
def test_rescue__port_or_connection_of_another_phone__nothing_sent(
    device: AdbDevice, stated: str | None, asked: bool
) -> None:
    """Both must state the serial that was read; one that is copied tells nothing."""
    before = Baseline(facts=_facts(), link=Link.ADB, usb_serial=SERIAL)
    hand = RescueHand(NOWHERE, lambda: device, lambda: stated)
    assert hand.ask(Route.RESCUE, before) is asked


@pytest.mark.parametrize("state", [each for each in LinkState if each is not LinkState.RESCUE])
def test_rescue__left_the_mode__closed(state: LinkState) -> None:
    """Where it runs something else by now nothing is asked, and nothing was read or seen."""
    before = Baseline(facts=_facts(), link=Link.ADB, usb_serial=SERIAL)
    hand = RescueHand(NOWHERE, lambda: _rescued(state=state), lambda: SERIAL)
    with pytest.raises(ClosedError):
        hand.ask(Route.RESCUE, before)
    with pytest.raises(ClosedError):
        hand.read()
    with pytest.raises(ClosedError):
        hand.look(before, None)


class _Started:
    """A program that was started, and what was done to it."""

    def __init__(self) -> None:
        self.signals: list[int] = []
        self.ended = False

    def poll(self) -> int | None:
        """Tell whether it has ended."""
        return 0 if self.ended else None

    def send_signal(self, number: int) -> None:
        """Be told."""
        self.signals.append(number)

    def terminate(self) -> None:
        """End."""
        self.ended = True

    def wait(self, timeout_s: float) -> None:
        """Have ended."""


def test_usbmuxd__told_in_vain__started_anew_unless_it_sees_a_phone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody's connection is broken by a new start: one that sees a phone is told, and goes on."""
    started: list[_Started] = []

    def start() -> _Started:
        started.append(_Started())
        return started[-1]

    monkeypatch.setattr(usbmux_process, "_popen", start)
    own = usbmux_process._Own()
    most = usbmux_process.MOST_IN_VAIN
    for _ in range(2 * most):
        own.look_again(0)
    assert not started[0].ended, "it has had no time yet"
    monkeypatch.setattr(usbmux_process, "YOUNG_S", 0.0)
    for seen in (1, *[0] * most):
        own.look_again(seen)
    assert not started[0].ended, "it serves a phone"
    assert started[0].signals == [signal.SIGUSR2] * (3 * most + 1)
    own.look_again(0)
    assert started[0].ended
    for _ in range(most):
        own.look_again(None)
    assert (started[1].signals, started[1].ended) == ([], False), "it may not take a signal"
    own.look_again(None)
    assert started[1].ended
    assert (started[2].signals, started[2].ended) == ([], False)
    assert len(started) == 3


# --- presence ------------------------------------------------------------------------------------


def _seen_at(tmp_path: Path, mode: Mode, reach: Reach | None = None) -> Here:
    phone = Phone(port=PORT, bay="A1", product="Sim", mode=mode)
    (here,) = Presence(lambda: (phone,), reach or Reach(usb=tmp_path)).look()
    return here


def _nothing_answers(tmp_path: Path) -> Reach:
    nowhere = tmp_path / "nowhere"
    return Reach(adb=AdbServer(nowhere), mux=Usbmux(f"UNIX:{nowhere}"), usb=tmp_path)


EXPECTED = {
    Mode.MTP: (Link.MTP, None, None),
    Mode.MTP_ADB: (Link.MTP, None, Program.ADB),
    Mode.ADB: (Link.USB, Wants.PROGRAM, Program.ADB),
    Mode.PTP_ADB: (Link.USB, Wants.PROGRAM, Program.ADB),
    Mode.FASTBOOT: (Link.FASTBOOT, Wants.RESTART, None),
    Mode.IPHONE: (Link.USB, Wants.PROGRAM, Program.USBMUXD),
    Mode.PTP: (Link.USB, Wants.FILES, None),
    Mode.CHARGE_ONLY: (Link.USB, Wants.FILES, None),
}


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("has_programs", [False, True], ids=["none", "none-answers"])
def test_presence__neither_adb_nor_usbmuxd__each_mode_says_what_it_wants(
    tmp_path: Path, mode: Mode, has_programs: bool
) -> None:
    """A station without the programs, or with dead ones, takes what is left, and names the rest."""
    reach = _nothing_answers(tmp_path) if has_programs else None
    here = _seen_at(tmp_path, mode, reach)
    link, wants, missing = EXPECTED.get(mode, (Link.USB, Wants.RESTART, None))
    assert (here.port, here.mode, set(here.links)) == (PORT, mode, {link})
    assert (here.wants, here.missing, here.also_wants) == (wants, missing, None)
    restart = mode is Mode.FASTBOOT or MODES[mode].touch is Touch.HANDS_OFF
    assert restart is (wants is Wants.RESTART)
    if wants is None or mode is Mode.FASTBOOT:  # for a run that has sent its phone there
        assert here.hand().links == {link}
    else:
        with pytest.raises(ClosedError) as caught:
            here.hand()
        assert caught.value.wants is wants


def test_presence__gate_let_nobody_in__nothing(tmp_path: Path) -> None:
    """A port name alone is no phone: where no program sees it there is none."""
    ports = {"127.0.0.1:5555": "9-1"}
    assert Presence(tuple, Reach(usb=tmp_path, ports=ports)).look() == ()


def test_usb_serial__as_the_kernel_shows_it__told_or_unknown(tmp_path: Path) -> None:
    """No file, no device and an empty line are unknown; no serial is endless."""
    assert usb_serial_at(PORT, tmp_path) is None
    place = tmp_path / PORT
    place.mkdir()
    assert usb_serial_at(PORT, tmp_path) is None
    for said, expected in ((f"{SERIAL}\n", SERIAL), ("\n", None), ("x" * 9999, "x" * 256)):
        (place / "serial").write_text(said)
        assert usb_serial_at(PORT, tmp_path) == expected
    assert _seen_at(tmp_path, Mode.MTP).usb_serial == "x" * 256


def test_usb_path_of__kernel_without_usb__nowhere(tmp_path: Path) -> None:
    """A machine that has no USB at all has no phone on it, and that is no error."""
    device = MuxDevice(number=1, udid="x", over_usb=True, bus=1, address=2)
    assert usb_path_of(device, tmp_path / "none") is None


UDID = "00008110-001A2B3C4D5E801E"
ANDROID = Baseline(facts=_facts(), link=Link.ADB, usb_serial=SERIAL)
IPHONE = Baseline(facts=PhoneFacts(system=System.IOS, device_id=UDID), link=Link.LOCKDOWN)


def _stating(serial: str | None, mode: Mode, port: str = PORT) -> Here:
    links = frozenset({Link.USB})
    return Here(
        port=port,
        usb_path=port,
        mode=mode,
        product="",
        usb_serial=serial,
        links=links,
        wants=Wants.TIME,
    )


@pytest.mark.parametrize(
    ("before", "here", "expected"),
    [
        (ANDROID, _stating(SERIAL, Mode.CHARGE_ONLY), True),
        (ANDROID, _stating(SERIAL, Mode.FASTBOOT), True),
        (ANDROID, _stating("R58N12ABCDF", Mode.MTP), False),
        (ANDROID, _stating(None, Mode.MTP), None),
        (ANDROID, _stating("R58N12ABCDF", Mode.SAMSUNG_DOWNLOAD), None),
        (ANDROID, _stating(UDID.replace("-", ""), Mode.IPHONE), False),
        (replace(ANDROID, usb_serial=None), _stating(SERIAL, Mode.MTP), None),
        (IPHONE, _stating(UDID.replace("-", ""), Mode.IPHONE), True),
        (IPHONE, _stating("0000811000FFFFFFFFFFFFFF", Mode.IPHONE), False),
        (IPHONE, _stating("CPID:8110 BDID:0E ECID:001A2B3C4D5E801E", Mode.IPHONE_DFU), True),
        (IPHONE, _stating(SERIAL, Mode.MTP), False),
    ],
)
def test_same_by_usb__whatever_its_mode__told_in_any_mode_or_unknown(
    before: Baseline, here: Here, expected: bool | None
) -> None:
    """A phone in its setup lets nobody read it, and is still the same one or another."""
    assert same_by_usb(before, here) is expected


def test_same_by_usb__twin_on_another_port__unknown() -> None:
    """Two phones that state one serial at once: it tells neither."""
    here, twin = _stating(SERIAL, Mode.MTP), _stating(SERIAL, Mode.MTP, "1-5")
    assert same_by_usb(ANDROID, here, (here,)) is True
    assert same_by_usb(ANDROID, here, (here, twin)) is None
