"""A phone that is erased by its boot loader, and looked at by MTP afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Final

import pytest

from hw_tests.phones.fastboot import SERIAL as BOOT_SERIAL
from hw_tests.phones.fastboot import Manner, TcpPhone, listening
from hw_tests.phones.flash import Flash
from hw_tests.phones.mtp import Manner as MtpManner
from hw_tests.phones.mtp_pipe import Loopback
from wipe_station.phone_links import fastboot as link
from wipe_station.phone_links.android_hands import FastbootHand, MtpHand
from wipe_station.phone_links.apart import PipeApart
from wipe_station.phone_links.errand import Via
from wipe_station.phone_links.fastboot import FastbootPhone, fastboot_over_tcp
from wipe_station.phone_links.hand import Baseline, ClosedError, Wants
from wipe_station.phone_links.mtp import MtpPhone
from wipe_station.phones.canary import Canary
from wipe_station.phones.evidence import Finding, finding_of
from wipe_station.phones.facts import PhoneFacts, System
from wipe_station.phones.routes import Link, Route

PORT: Final = "9-3"
SERIAL: Final = "SIMUSB0001"
CANARY: Final = "c" * 32


def by_mtp(flash: Flash) -> MtpHand:
    """Return a hand for the running system of a phone."""

    @contextmanager
    def opened(port: str) -> Iterator[MtpPhone]:
        phone = MtpPhone(Loopback(flash, MtpManner.HONEST), port)
        phone.open()
        yield phone

    return MtpHand(PORT, lambda: SERIAL, opened)


def by_fastboot(boot: TcpPhone) -> FastbootHand:
    """Return a hand for the boot loader of the same phone."""

    @contextmanager
    def opened(_: str) -> Iterator[FastbootPhone]:
        with fastboot_over_tcp("127.0.0.1", boot.port) as phone:
            yield phone

    return FastbootHand(PORT, lambda: SERIAL, opened)


def marked(flash: Flash) -> Baseline:
    """Read a phone that runs, and lay the canary."""
    hand = by_mtp(flash)
    before = hand.read()
    assert hand.plant(CANARY, b"canary")
    return before


@pytest.mark.parametrize(
    ("manner", "asked"),
    [
        (Manner.HONEST, True),
        (Manner.LIES, True),
        (Manner.LOCKED, False),
        (Manner.MUTE, True),
        (Manner.BABBLES, True),
        (Manner.LEAVES, True),
    ],
)
def test_round__by_its_boot_loader__what_is_found_is_what_was_done(
    monkeypatch: pytest.MonkeyPatch, manner: Manner, asked: bool
) -> None:
    """A boot loader's OKAY is no observation: MTP's look says what became of the data."""
    monkeypatch.setattr(link, "ERASE_S", 0.1)
    flash = Flash()
    before = marked(flash)
    with listening(flash, manner) as boot:
        hand = by_fastboot(boot)
        assert not hand.plant(CANARY, b"canary")
        assert hand.ask(Route.FASTBOOT, before) is asked
        answers = {Manner.HONEST, Manner.LIES, Manner.LOCKED}
        assert (boot.engine.gone_to == "reboot") is (manner in answers), "left running if it can"
    look = by_mtp(flash).look(before, CANARY)
    erased = finding_of(look, more_to_come=True) is Finding.ERASED
    assert erased is (manner is Manner.HONEST)
    assert flash.holds_the_owners is not erased
    assert look.canary is (Canary.GONE if erased else Canary.STILL_THERE)


@pytest.mark.parametrize(
    ("stated", "link", "read"),
    [
        ("SIMUSB0002", Link.MTP, "any"),
        (None, Link.MTP, "any"),
        ("0123456789ABCDEF", Link.MTP, "any"),
        (SERIAL, Link.ADB, "SIMFB0002"),
        (SERIAL, Link.FASTBOOT, "SIMFB0002"),
    ],
)
def test_ask__another_phone_or_unknown__nothing_erased(
    stated: str | None, link: Link, read: str
) -> None:
    """By USB, and by its own word where that can be compared: it is the one that was read."""
    facts = PhoneFacts(system=System.ANDROID, serial=read)
    before = Baseline(facts=facts, link=link, usb_serial=stated)
    with listening(Flash(), Manner.HONEST) as boot:
        assert not by_fastboot(boot).ask(Route.FASTBOOT, before)
        assert boot.engine.flash.erased == []
        same = replace(before, facts=replace(facts, serial=BOOT_SERIAL), usb_serial=SERIAL)
        assert by_fastboot(boot).ask(Route.FASTBOOT, same)
        assert boot.engine.flash.erased == ["metadata", "userdata"]


def test_read__boot_loader__facts_by_usb_and_no_look() -> None:
    """It says who it is; of the data it shows nothing, so nobody looks through it."""
    with listening(Flash(), Manner.HONEST) as boot:
        hand = by_fastboot(boot)
        before = hand.read()
        assert (before.link, before.usb_serial) == (Link.FASTBOOT, SERIAL)
        assert before.facts.bootloader_locked is False
        assert hand.ask(Route.GUIDED, before)
        assert boot.engine.flash.erased == []
        with pytest.raises(ClosedError) as caught:
            hand.look(before, None)
        assert caught.value.wants is Wants.RESTART


def apart(boot: TcpPhone) -> PipeApart:
    """Return a hand in a child for the same boot loader, as the station has it."""
    return PipeApart(
        Via.FASTBOOT, PORT, lambda: SERIAL, lambda _: link.TcpWire("127.0.0.1", boot.port)
    )


@pytest.mark.parametrize(
    ("manner", "asked"),
    [
        (Manner.HONEST, True),
        (Manner.LIES, True),
        (Manner.LOCKED, False),
        (Manner.BABBLES, True),
        (Manner.LEAVES, True),
    ],
)
def test_round__boot_loader_and_files_in_a_child__as_without_one(
    manner: Manner, asked: bool
) -> None:
    """The daemon moves the bytes; what they say is understood by a process that is nobody's."""
    flash = Flash()
    files = PipeApart(
        Via.MTP,
        PORT,
        lambda: SERIAL,
        lambda _: nullcontext(Loopback(flash, MtpManner.HONEST)),
    )
    before = files.read()
    assert before == by_mtp(flash).read()
    assert files.plant(CANARY, b"canary")
    with listening(flash, manner) as boot:
        hand = apart(boot)
        assert hand.ask(Route.FASTBOOT, before) is asked
        assert (boot.engine.gone_to == "reboot") is (
            manner in {Manner.HONEST, Manner.LIES, Manner.LOCKED}
        )
    look = files.look(before, CANARY)
    erased = finding_of(look, more_to_come=True) is Finding.ERASED
    assert erased is (manner is Manner.HONEST)
    assert look.canary is (Canary.GONE if erased else Canary.STILL_THERE)


def test_read__boot_loader_in_a_child__as_without_one() -> None:
    """The same facts, and as little to look at."""
    with listening(Flash(), Manner.HONEST) as boot:
        hand = apart(boot)
        before = hand.read()
        facts = replace(before.facts, usb_path=None)  # without a child it is on no port
        assert replace(before, facts=facts) == by_fastboot(boot).read()
        assert not hand.plant(CANARY, b"canary")
        with pytest.raises(ClosedError) as caught:
            hand.look(before, None)
        assert (caught.value.wants, caught.value.device_id) == (Wants.RESTART, PORT)
