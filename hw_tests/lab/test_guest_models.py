"""Models of USB devices before the real drivers of a guest: accepted, and seen as designed."""

from collections.abc import Iterator

import pytest

from hw_tests.lab import inside, inside_usb
from hw_tests.lab.composite_phone import CompositePhone
from hw_tests.lab.guest import Guest
from hw_tests.lab.redir import redirected
from hw_tests.whole_station import until

SHOWN_S = 60.0
KEY_W, KEY_I, KEY_P, KEY_E = 17, 23, 25, 18
"""Codes of Linux."""


@pytest.fixture(scope="module")
def guest() -> Iterator[Guest]:
    """Return a guest into which nothing is plugged yet."""
    with Guest() as running:
        yield running


def test_phone__admitted__drives_types_and_networks(guest: Guest) -> None:
    """Without a defence one device is a drive, a keyboard that types and a network card at once."""
    phone = CompositePhone()
    with redirected(guest, "phone", phone) as port:
        for plugged in range(2):
            after = guest.call(inside.newest_diskseq)
            port.plug()
            guest.call(inside.wait_for_disk, 8 << 20, after, timeout_s=SHOWN_S)
            guest.call(inside.settle)
            found = guest.call(inside_usb.drivers, "PHONE0001")
            assert sorted(found.values()) == ["cdc_ether", "cdc_ether", "usb-storage", "usbhid"]
            guest.call(inside_usb.hear_keyboard, timeout_s=SHOWN_S)
            phone.type("wipe")
            typed = guest.call(inside_usb.heard, 4 * (plugged + 1), timeout_s=SHOWN_S)
            assert typed[-4:] == [KEY_W, KEY_I, KEY_P, KEY_E]
            port.pull()
            until(lambda: not guest.call(inside_usb.drivers, "PHONE0001"))
    assert phone.was_configured
    assert phone.keyboard_was_polled
    assert phone.storage_was_asked
