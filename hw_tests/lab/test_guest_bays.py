"""The gate at the bays before a real kernel: who is let in, who is not, and who cannot type.

``test_guest_models`` shows the same phone without a gate: there it types. The daemon here runs with
a file of bays; what it leaves behind when it ends, and when it is killed, is looked at, too.
"""

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from hw_tests.lab import inside, inside_phones, inside_station, inside_usb
from hw_tests.lab.bench import Device, Kind, plug, pull
from hw_tests.lab.composite_phone import CompositePhone
from hw_tests.lab.guest import Guest
from hw_tests.lab.iphone_usb import STORAGE, IPhoneOnUsb, on_usb, serial_of
from hw_tests.lab.redir import redirected
from hw_tests.lab.usb_phones import PhoneByNumbersOfAnother, PhoneWithFiles
from hw_tests.loop import make_file, scratch
from hw_tests.phones import iphone as apple
from hw_tests.phones import mtp
from hw_tests.phones.flash import Flash
from hw_tests.whole_station import until
from wipe_station.phones.usb_mode_table import Mode

STATE = "/run/state"
SERIAL = "PHONE0001"
CONSOLE_PORT = 9
BAYS = f"""version = 1
console = ["1-{CONSOLE_PORT}"]
[bays]
""" + "".join(f'"{n}" = ["1-{n}", "2-{n}"]\n' for n in range(1, CONSOLE_PORT))
END_S = 60.0
PAIRED_S = 400.0
"""Pairing makes keys, which takes an emulated processor half a minute and more."""


@dataclass(slots=True, kw_only=True)
class Station:
    """A guest, and the daemon in it if it runs."""

    guest: Guest
    stick: Device
    pid: int = 0

    def start(self) -> None:
        """Start the daemon."""
        self.pid = self.guest.call(inside_station.start_daemon, STATE, timeout_s=120.0)

    def strangers(self) -> list[dict[str, object]]:
        """Return who was turned away."""
        found: list[dict[str, object]] = self.guest.call(inside_station.board, STATE)["strangers"]
        return found

    def phones(self) -> list[dict[str, object]]:
        """Return the phones that were let in, as the counter shows them."""
        found: list[dict[str, object]] = self.guest.call(inside_station.board, STATE)["phones"]
        return found


@pytest.fixture(scope="module")
def station() -> Iterator[Station]:
    """Return a guest with a file of bays, and a daemon that minds them."""
    with scratch() as folder, Guest() as guest:
        guest.call(inside_usb.write_bays, BAYS)
        file = make_file(folder, 8 << 20, "stick")
        made = Station(
            guest=guest,
            stick=Device(kind=Kind.STICK, name="stick", file=file, size_bytes=8 << 20),
        )
        made.start()
        yield made


def wait_for_stranger(station: Station) -> dict[str, object]:
    """Return the one that was turned away, as soon as the board names it."""
    return until(lambda: next(iter(station.strangers()), None))


def serial_read(station: Station) -> str | None:
    """Return the serial that the station has read from the one phone, as soon as it has."""
    for shown in station.phones():
        facts: Any = shown["facts"]
        for each in facts:
            if each["fact"] == "serial" and each["value"] is not None:
                return str(each["value"]["en"])
    return None


def test_bays__phone_that_types__turned_away_named_and_never_heard(station: Station) -> None:
    """No driver, no disk, no network card, no key: the kernel never even configures it."""
    phone = CompositePhone()
    with redirected(station.guest, "phone", phone) as port:
        phone.type("reboot\n")
        port.plug()
        stranger = wait_for_stranger(station)
        # A drive that came later was understood and let in: the gate is past the phone by now.
        node = plug(station.guest, station.stick)
        station.guest.call(inside_station.wait_until_shown, STATE, node, timeout_s=END_S)
        assert set(station.guest.call(inside_usb.drivers, SERIAL).values()) <= {""}
        assert not station.guest.call(inside_usb.keyboards)
        assert not station.guest.call(inside_usb.network_cards)
        (shown,) = station.guest.call(inside_station.board, STATE)["devices"]
        assert shown["node"] == node
        port.pull()
        until(lambda: not station.strangers())
        pull(station.guest, station.stick)
    assert not phone.was_configured
    assert not phone.keyboard_was_polled
    assert not phone.storage_was_asked
    assert phone.key_reports_taken == 0
    assert stranger["text"] == {
        "zh": "没有放进来：这个设备是键盘、网卡。",
        "en": "Not let in: this device is a keyboard and a network card.",
    }
    assert str(stranger["port"]) == f"1-{stranger['bay']}"
    assert "Phone that types" in str(stranger["product"])


def test_bays__hub_in_a_bay__turned_away_with_all_that_hangs_on_it(station: Station) -> None:
    """A nested hub would make bays of its own."""
    station.guest.plug("usb-hub", "hub", bus="xhci.0", port="3")
    assert "a hub" in str(wait_for_stranger(station)["text"])
    station.guest.pull("hub")
    until(lambda: not station.strangers())


def test_console__its_keyboard_plugged_in_anew__types_again(station: Station) -> None:
    """The console's own port is released by rule, each time."""
    for _ in range(2):
        station.guest.plug("usb-kbd", "console", bus="xhci.0", port=str(CONSOLE_PORT))
        until(lambda: station.guest.call(inside_usb.keyboards))
        station.guest.pull("console")
        until(lambda: not station.guest.call(inside_usb.keyboards))
    assert station.strangers() == []


def test_bays__phone_with_a_modem__files_let_in_and_the_modem_shut(station: Station) -> None:
    """Through a shut gate the station reads the phone; no driver ever speaks to its serial port."""
    phone, guest = PhoneWithFiles(Flash(), modem=True), station.guest
    with redirected(guest, "files", phone) as port:
        port.plug()
        (path,) = guest.call(inside_phones.wait_for_ports, mtp.SERIAL, 1, END_S)
        wanted = {f"{path}:1.0": "1", f"{path}:1.1": "0", f"{path}:1.2": "0"}
        until(lambda: guest.call(inside_phones.interfaces_let_in, path) == wanted)
        assert until(lambda: serial_read(station)) == mtp.SERIAL
        assert station.strangers() == []
        (shown,) = station.phones()
        assert (shown["port"], shown["mode"]) == (path, Mode.MTP.value)
        assert path == f"1-{shown['bay']}"
        port.pull()
        until(lambda: not station.phones())
    assert not phone.modem.was_spoken_to


def test_bays__older_phone__let_in_by_the_name_that_the_kernel_reads(station: Station) -> None:
    """Its class says nothing; its interface's name does, and our link reads it."""
    phone, guest = PhoneWithFiles(Flash(), old_name="MTP"), station.guest
    with redirected(guest, "old", phone) as port:
        port.plug()
        (shown,) = until(station.phones)
        path = str(shown["port"])
        assert shown["mode"] == Mode.MTP.value
        assert guest.call(inside_phones.interfaces_let_in, path) == {f"{path}:1.0": "1"}
        assert guest.call(inside_phones.mtp_serial, path) == mtp.SERIAL
        assert station.strangers() == []
        port.pull()
        until(lambda: not station.phones())


def test_bays__makers_interface_of_another_name__asked_and_turned_away(station: Station) -> None:
    """The kernel configures it to read its name; nothing speaks to it, and it is out again."""
    phone, guest = PhoneWithFiles(Flash(), old_name="Modem"), station.guest
    with redirected(guest, "other", phone) as port:
        port.plug()
        stranger = wait_for_stranger(station)
        assert guest.call(inside_phones.interfaces_let_in, str(stranger["port"])) == {}
        assert station.phones() == []
        port.pull()
        until(lambda: not station.strangers())
    assert phone.was_configured
    assert not phone.function.was_spoken_to


def test_bays__iphone__read_through_the_one_configuration_that_is_let_in(
    station: Station,
) -> None:
    """By the station's usbmuxd; the drive of another configuration and the network card stay shut.

    Debian's rule for udev, the kernel's late driver and usbmuxd change configurations meanwhile.
    """
    device, guest = IPhoneOnUsb(apple.IPhone(), first=STORAGE), station.guest
    with on_usb(guest, device):
        for _ in range(2):  # the late driver comes the first time, and is there the second time
            (path,) = guest.call(inside_phones.wait_for_ports, serial_of(device.phone), 1, END_S)
            wanted = {f"{path}:4.0": "1", f"{path}:4.1": "1", f"{path}:4.2": "0"}
            assert until(lambda: serial_read(station), PAIRED_S) == apple.SERIAL
            assert guest.call(inside_phones.interfaces_let_in, path) == wanted
            assert guest.call(inside_phones.mode, path) == Mode.IPHONE.value
            assert guest.call(inside_station.board, STATE)["devices"] == []
            assert not guest.call(inside_usb.network_cards)
            assert station.strangers() == []
            with device.lock:
                device.phone.pull()
            until(lambda: not station.phones())
            with device.lock:
                device.phone.plug()
    assert not any(each.was_spoken_to for each in device.others)
    assert device.mux.complaints == []


def test_bays__phone_by_numbers_of_another__shut_out_when_a_driver_takes_it(
    station: Station,
) -> None:
    """What says that it is a phone, by the numbers of a serial adapter, does not become one.

    Not adb: the station's server might claim it before the driver has been loaded.
    """
    phone, guest = PhoneByNumbersOfAnother(), station.guest
    with redirected(guest, "numbers", phone) as port:
        port.plug()
        assert wait_for_stranger(station)["bay"]
        assert station.phones() == []
        assert phone.was_configured, "the driver came late"
        port.pull()
        until(lambda: not station.strangers())
        port.plug()  # the driver is there already, and is not asked
        until(station.phones)
        guest.call(inside.settle)
        assert set(guest.call(inside_usb.drivers, phone.SERIAL).values()) <= {"", "usbfs"}
        assert not guest.call(inside_phones.serial_ports)
        port.pull()
        until(lambda: not station.phones())


def test_bays__daemon_killed__stay_shut_until_a_good_end(station: Station) -> None:
    """A dead station lets nobody in; a good end gives the buses back as they were found."""
    guest = station.guest
    guest.call(inside.tell, station.pid, signal.SIGKILL)
    assert guest.call(inside.ended, station.pid, timeout_s=END_S) == -signal.SIGKILL
    phone = CompositePhone()
    with redirected(guest, "phone", phone) as port:
        port.plug()
        until(lambda: guest.call(inside_usb.present, SERIAL))
        guest.call(inside.settle)
        assert not phone.was_configured
        station.start()
        assert wait_for_stranger(station)["text"]
        guest.call(inside.tell, station.pid, signal.SIGTERM)
        assert guest.call(inside.ended, station.pid, timeout_s=END_S) == 0
        assert not phone.was_configured, "who was turned away stays outside"
        port.pull()
        until(lambda: not guest.call(inside_usb.present, SERIAL))
        port.plug()
        until(lambda: phone.keyboard_was_polled)
        port.pull()
