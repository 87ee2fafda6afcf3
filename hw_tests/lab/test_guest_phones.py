"""Phones on USB before a real kernel, a real libusb, Debian's clients and ours.

How they come through the gate is in ``test_guest_bays``.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from hw_tests.lab import inside, inside_phones
from hw_tests.lab.android_usb import on_usb
from hw_tests.lab.guest import Guest
from hw_tests.lab.iphone_usb import IPhoneOnUsb, serial_of
from hw_tests.lab.iphone_usb import on_usb as iphone_on_usb
from hw_tests.lab.redir import Port, redirected
from hw_tests.lab.usb_model import UsbDevice
from hw_tests.lab.usb_phones import PhoneInFastboot, PhoneWithFiles
from hw_tests.phones import fastboot, mtp
from hw_tests.phones.android import FILES, AndroidPhone, Lie
from hw_tests.phones.flash import Flash
from hw_tests.phones.iphone import SERIAL, UDID, IPhone
from hw_tests.whole_station import until
from wipe_station.phones.usb_mode_table import Mode

PLUG_S = 30.0
CALL_S = 60.0
CANARY = "wipe-station-0815.bin"


@pytest.fixture(scope="module", name="booted")
def _booted() -> Iterator[Guest]:
    with Guest() as made:
        made.call(inside_phones.start_adb)
        made.call(inside_phones.start_usbmuxd)
        yield made


@pytest.fixture
def guest(booted: Guest) -> Guest:
    """Return a guest without a station, from which the phones of other tests have gone."""
    for serial in (fastboot.SERIAL, mtp.SERIAL, AndroidPhone.serial):
        ports(booted, serial, 0)
    return booted


def plugged(guest: Guest, stack: ExitStack, name: str, device: UsbDevice) -> Port:
    """Plug a phone in until the end of a stack."""
    port = stack.enter_context(redirected(guest, name, device))
    port.plug()
    return port


def ports(guest: Guest, serial: str, count: int = 1) -> list[str]:
    """Return where phones with a serial hang, as soon as there are so many."""
    return guest.call(inside_phones.wait_for_ports, serial, count, PLUG_S)


def test_fastboot__two_phones_with_one_serial__the_one_at_the_port_is_erased(guest: Guest) -> None:
    """Debian's client and ours take a phone by its port; the other one keeps all it has."""
    flashes = [Flash(), Flash()]
    with ExitStack() as stack:
        for number, flash in enumerate(flashes):
            plugged(guest, stack, f"twin{number}", PhoneInFastboot(flash))
        first, second = ports(guest, fastboot.SERIAL, 2)
        assert guest.call(inside_phones.mode, first) == Mode.FASTBOOT.value
        debians = ("fastboot", "-s", f"usb:{first}")
        ran = guest.call(inside.run, [*debians, "getvar", "product"], timeout_s=CALL_S)
        assert "product: simphone" in ran["err"], ran
        ran = guest.call(inside.run, [*debians, "erase", "userdata"], timeout_s=CALL_S)
        assert ran["code"] == 0, ran
        left = [flash.holds_the_owners for flash in flashes]
        assert sorted(left) == [False, True], "one of them, and only one"
        assert guest.call(inside_phones.fastboot_facts, second) == {
            "serial": fastboot.SERIAL,
            "model": "simphone",
            "locked": False,
        }
        assert [flash.holds_the_owners for flash in flashes] == left
        said = guest.call(inside_phones.fastboot_erase, second, timeout_s=CALL_S)
    assert said == {"accepted": True, "locked": False}
    assert not any(flash.holds_the_owners for flash in flashes)
    assert sorted(flash.erased for flash in flashes) == [["metadata", "userdata"], ["userdata"]]


def test_fastboot__locked_over_usb__a_value(guest: Guest) -> None:
    """Our link is told no, and that is no error."""
    flash = Flash()
    with ExitStack() as stack:
        plugged(guest, stack, "locked", PhoneInFastboot(flash, fastboot.Manner.LOCKED))
        (port,) = ports(guest, fastboot.SERIAL)
        said = guest.call(inside_phones.fastboot_erase, port, timeout_s=CALL_S)
    assert said == {"accepted": False, "locked": True}
    assert flash.holds_the_owners


def test_fastboot__pulled_while_it_erases__gone(guest: Guest) -> None:
    """A cable that is pulled ends the waiting at once, and is told by its name."""
    flash = Flash()
    phone = PhoneInFastboot(flash, fastboot.Manner.MUTE)
    with ExitStack() as stack, ThreadPoolExecutor(1) as aside:
        port = plugged(guest, stack, "pulled", phone)
        (path,) = ports(guest, fastboot.SERIAL)
        erase = aside.submit(guest.call, inside_phones.fastboot_erase, path, timeout_s=CALL_S)
        until(lambda: "erase:metadata" in phone.function.engine.commands)
        port.pull()
        assert erase.result() == "DeviceGoneError"
    assert flash.holds_the_owners


def test_mtp__debians_clients__see_the_phone_and_its_files(guest: Guest) -> None:
    """The simulator speaks as the real client understands it."""
    with ExitStack() as stack:
        plugged(guest, stack, "files", PhoneWithFiles(Flash()))
        (port,) = ports(guest, mtp.SERIAL)
        assert guest.call(inside_phones.mode, port) == Mode.MTP.value
        ran = guest.call(inside.run, ["mtp-detect"], timeout_s=CALL_S)
        for said in ("Sim Maker", "Sim Phone", mtp.SERIAL, "Internal shared storage"):
            assert said in ran["out"], ran
        ran = guest.call(inside.run, ["mtp-files"], timeout_s=CALL_S)
        assert "diary.txt" in ran["out"], ran
        assert guest.call(inside_phones.mtp_serial, port) == mtp.SERIAL


@pytest.mark.parametrize("erases", [True, False])
def test_mtp__canary_over_usb__tells_who_erased(guest: Guest, erases: bool) -> None:
    """A phone comes back after what it calls an erasure: what it holds is what counts."""
    flash = Flash()
    with ExitStack() as stack:
        port = plugged(guest, stack, "canary", PhoneWithFiles(flash))
        (path,) = ports(guest, mtp.SERIAL)
        assert guest.call(inside_phones.put_canary, path, CANARY) is True
        port.pull()
        ports(guest, mtp.SERIAL, 0)
        if erases:
            flash.erase("userdata")
        port.plug()
        (again,) = ports(guest, mtp.SERIAL)
        assert again == path
        became = guest.call(inside_phones.what_became_of_it, path, CANARY)
    assert became == ("gone" if erases else "still-there")
    assert flash.holds_the_owners is not erases


def test_modem__without_a_gate__its_driver_speaks_to_it(guest: Guest) -> None:
    """Where nobody shuts it, the kernel's driver binds to a phone's serial port and speaks."""
    phone = PhoneWithFiles(Flash(), modem=True)
    with ExitStack() as stack:
        plugged(guest, stack, "open", phone)
        until(lambda: phone.modem.was_spoken_to)


# --- one phone that does what phones do: adb and files, a reset by hand -------------------------


def plugged_in(guest: Guest) -> str:
    """Return the port of the one Android phone, as soon as it is there."""
    (port,) = ports(guest, AndroidPhone.serial)
    return port


def adb(guest: Guest, *words: str) -> str:
    """Run Debian's client to a good end."""
    ran = guest.call(inside_phones.adb, *words, timeout_s=CALL_S)
    assert ran["code"] == 0, ran
    return ran["out"]


def test_adb__debians_client_over_usb__asks_runs_and_carries_files(guest: Guest) -> None:
    """Through a real kernel: allowed by a finger, a shell's exit code, files of awkward sizes."""
    with on_usb(guest, AndroidPhone()) as phone:
        port = plugged_in(guest)
        assert guest.call(inside_phones.mode, port) == Mode.MTP_ADB.value
        guest.call(inside_phones.wait_for_adb, port, "unauthorized", PLUG_S)
        phone.allow()
        guest.call(inside_phones.wait_for_adb, port, "device", PLUG_S)
        (shown,) = [line for line in adb(guest, "devices", "-l").splitlines() if port in line]
        for said in (AndroidPhone.serial, f"usb:{port}", "model:Sim_Phone_7"):
            assert said in shown
        which = ("-s", AndroidPhone.serial)
        assert "[ro.product.model]: [Sim Phone 7]" in adb(guest, *which, "shell", "getprop")
        assert guest.call(inside_phones.adb, *which, "shell", "exit", "7")["code"] == 7
        for size in (1, 512 - 24, 512, 1024, (64 << 10) - 8, 200_001):
            text = "".join(chr(ord("a") + at % 23) for at in range(size))
            guest.call(inside.write_text, "/run/there", text)
            adb(guest, *which, "push", "/run/there", f"/sdcard/Download/{size}")
            assert phone.files[f"/sdcard/Download/{size}"] == text.encode()
            adb(guest, *which, "pull", f"/sdcard/Download/{size}", "/run/back")
            assert guest.call(inside.read_text, "/run/back") == text, size


def test_android__files_over_mtp__those_that_adb_sees_folder_by_folder(guest: Guest) -> None:
    """Our MTP link leaves adb alone; Debian's client sees what adb has put there."""
    with on_usb(guest, AndroidPhone()) as phone:
        port = plugged_in(guest)
        guest.call(inside_phones.wait_for_adb, port, "unauthorized", PLUG_S)
        phone.allow()
        guest.call(inside_phones.wait_for_adb, port, "device", PLUG_S)
        assert guest.call(inside_phones.put_canary, port, CANARY) is True
        assert f"/sdcard/{CANARY}" in phone.files
        guest.call(inside.write_text, "/run/letter", "by adb")
        adb(guest, "-s", AndroidPhone.serial, "push", "/run/letter", "/sdcard/Download/by-adb.txt")
        # From here on adb's line is broken now and then: Debian's client resets a phone as it goes.
        ran = guest.call(inside.run, ["mtp-detect"], timeout_s=CALL_S)
        for said in ("Sim Phone 7", f"MTP-{AndroidPhone.serial}-0", "Internal shared storage"):
            assert said in ran["out"], ran
        ran = guest.call(inside.run, ["mtp-files"], timeout_s=CALL_S)
        for name in ("by-adb.txt", *(path.rpartition("/")[2] for path in FILES)):
            assert name in ran["out"], ran
        ran = guest.call(inside.run, ["mtp-folders"], timeout_s=CALL_S)
        assert {"DCIM", "Download", "Pictures"} <= set(ran["out"].split()), ran


@pytest.mark.parametrize("lie", [None, Lie.SETUP_ONLY])
def test_android__reset_by_its_owner__back_without_adb_and_storage(
    guest: Guest, lie: Lie | None
) -> None:
    """Nobody at the computer did it: it leaves, asks to be set up, and only then shows files."""
    with on_usb(guest, AndroidPhone(lie=lie)) as phone:
        port = plugged_in(guest)
        guest.call(inside_phones.wait_for_adb, port, "unauthorized", PLUG_S)
        assert guest.call(inside_phones.put_canary, port, CANARY) is True
        for _ in range(2):
            phone.reset()
            ports(guest, AndroidPhone.serial, 0)
            guest.call(inside_phones.wait_for_adb, port, "absent", PLUG_S)
            phone.arrive()
            assert plugged_in(guest) == port
            assert guest.call(inside_phones.mode, port) == Mode.MTP.value
            assert guest.call(inside_phones.storages, port) == 0
        phone.skip_setup()
        assert guest.call(inside_phones.storages, port) == 1
        became = guest.call(inside_phones.what_became_of_it, port, CANARY)
    assert became == ("gone" if lie is None else "still-there")
    assert (phone.files == {}) is (lie is None)


# --- an iPhone, for Debian's usbmuxd --------------------------------------------------------------


def said(guest: Guest, *words: str) -> str:
    """Run one of Debian's programs to a good end."""
    ran = guest.call(inside.run, list(words), timeout_s=CALL_S)
    assert ran["code"] == 0, ran
    return ran["out"].strip()


@pytest.mark.parametrize("newest", [2, 1])
def test_iphone__debians_programs_over_usb__see_pair_and_read_it(guest: Guest, newest: int) -> None:
    """Through a real kernel, libusb and usbmuxd, in both versions of what goes over the cable."""
    device = IPhoneOnUsb(IPhone(), newest=newest)
    with iphone_on_usb(guest, device):
        (port,) = ports(guest, serial_of(device.phone))
        guest.call(inside_phones.wait_for_iphone, UDID, PLUG_S)
        assert guest.call(inside_phones.mode, port) == Mode.IPHONE.value
        assert said(guest, "idevice_id", "-l") == UDID
        assert "ProductType: iPhone14,5" in said(guest, "ideviceinfo", "-s")
        assert device.phone.pair_record is None, "nobody has paired it without being asked"
        assert "SUCCESS" in said(guest, "idevicepair", "pair")
        # They wait five seconds for an answer, and say nothing where none came: a machine is busy.
        until(lambda: said(guest, "ideviceinfo", "-k", "SerialNumber") == SERIAL)
        battery = ("idevicediagnostics", "ioregentry", "IOPMPowerSource")
        until(lambda: "<integer>412</integer>" in said(guest, *battery))
        assert (device.configuration, device.mux.engine.version) == (4, newest)
        assert "SUCCESS" in said(guest, "idevicepair", "unpair")
        until(lambda: device.mux.engine.lines == 0)
    assert device.mux.complaints == []


def test_iphone__erases_itself_and_returns__seen_again(guest: Guest) -> None:
    """As the last iPhone leaves, Debian's rule ends usbmuxd; started anew it sees it return."""
    device = IPhoneOnUsb(IPhone())
    with iphone_on_usb(guest, device):
        for _ in range(2):
            guest.call(inside_phones.wait_for_iphone, UDID, PLUG_S)
            with device.lock:
                device.phone.erase()
            ports(guest, serial_of(device.phone), 0)
            with device.lock:
                device.phone.finish_boot()
            ports(guest, serial_of(device.phone))
        guest.call(inside_phones.wait_for_iphone, UDID, PLUG_S)
        assert said(guest, "idevice_id", "-l") == UDID
    assert device.mux.complaints == []
