"""The gate at the bays, over a made-up sysfs that answers as the kernel does.

The lab has the same over a real one: ``hw_tests/lab/test_guest_bays.py``.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from certs.canonical import encode
from wipe_station import usb_gate
from wipe_station.bays import BayMap
from wipe_station.detect.gate_rules import Role
from wipe_station.errors import RequestError
from wipe_station.phones.usb_mode_table import Mode
from wipe_station.testing import FakeClock
from wipe_station.tests.phone_samples import ANY_VENDOR
from wipe_station.tests.usb_samples import (
    ADB,
    AUDIO,
    ECM,
    HUB,
    KEYBOARD,
    MTP,
    STICK,
    VENDOR,
    Kind,
    built_hub,
    single,
)
from wipe_station.usb_gate import UsbGate, glance


@dataclass(slots=True, kw_only=True)
class Usb:
    """A folder that looks like ``/sys/bus/usb``, and what was written into it."""

    root: Path
    writes: list[str]
    state: Path
    names: dict[str, str] = field(default_factory=dict)
    """Interface → what it is called; the kernel shows it once the device was let in."""

    def bus(self, number: int, default: str = "1") -> Path:
        """Add a bus."""
        made = self._folder(f"usb{number}")
        for name in ("authorized_default", "interface_authorized_default"):
            (made / name).write_text(default)
        return made

    def plug(self, port: str, *kinds: Kind, authorized: str = "0", devnum: str = "5") -> Path:
        """Add a device, as it is when the kernel has told of it."""
        made = self._folder(port)
        values = {"devnum": devnum, "authorized": authorized, "bConfigurationValue": "1"}
        words = values | {"manufacturer": "ACME", "product": "Thing\x1b[2J"}
        for name, value in words.items():
            (made / name).write_text(value)
        data = built_hub() if kinds == (HUB,) else single(*kinds)
        (made / "descriptors").write_bytes(data)
        for number in range(len(kinds)):
            self._folder(f"{port}:1.{number}").joinpath("authorized").write_text(authorized)
        if authorized == "1":
            self.ask_names(port)
        return made

    def ask_names(self, port: str) -> None:
        """Show what its interfaces are called, as the kernel does when it configures a device."""
        for name, said in self.names.items():
            if name.startswith(f"{port}:"):
                (self.root / "devices" / name / "interface").write_text(f"{said}\n")

    def pull(self, port: str) -> None:
        """Remove a device."""
        for each in self.root.glob(f"devices/{port}*"):
            for file in each.iterdir():
                file.unlink()
            each.rmdir()

    def read(self, name: str) -> str:
        """Return an attribute."""
        return (self.root / "devices" / name).read_text()

    def gate(self, bays: BayMap | None = None) -> UsbGate:
        """Return a gate over it."""
        return UsbGate(self.state, FakeClock(), bays or BayMap(), usb=self.root)

    def _folder(self, name: str) -> Path:
        made = self.root / "devices" / name
        made.mkdir(parents=True)
        return made


@pytest.fixture(name="usb")
def _usb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Usb:
    made = Usb(root=tmp_path / "usb", writes=[], state=tmp_path)
    made.bus(1)
    real = usb_gate._write

    def write(path: Path, value: str) -> None:
        made.writes.append(f"{path.relative_to(made.root)}={value}")
        if path.name != "drivers_probe":
            assert path.exists(), "the kernel creates no attribute"
        real(path, value)
        if (path.name, value) == ("authorized", "1"):
            made.ask_names(path.parent.name)

    monkeypatch.setattr(usb_gate, "_write", write)
    return made


def test_shut__new_devices__can_do_nothing_before_any_is_looked_at(usb: Usb) -> None:
    """Buses are shut first, so that nothing comes in between."""
    usb.bus(2)
    usb.plug("1-1", STICK)
    usb.gate().shut()
    assert usb.writes[:4] == [
        f"devices/usb{n}/{name}=0"
        for n in (1, 2)
        for name in ("authorized_default", "interface_authorized_default")
    ]


def test_shut__bus_that_cannot_be_shut__the_station_does_not_start(
    usb: Usb, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A station that cannot shut its bays says so instead of pretending."""

    def refuse(path: Path, value: str) -> None:
        raise OSError(30, os.strerror(30), str(path), value)

    monkeypatch.setattr(usb_gate, "_write", refuse)
    with pytest.raises(RequestError, match="cannot be shut"):
        usb.gate().shut()


def test_look__stick__let_in_then_its_driver_looked_for(usb: Usb) -> None:
    """A drive gets its configuration and its one interface, in this order."""
    gate = usb.gate()
    gate.shut()
    usb.writes.clear()
    usb.plug("1-2", STICK)
    gate.look()
    gate.look()
    assert usb.writes == [
        "devices/1-2/authorized=1",
        "devices/1-2:1.0/authorized=1",
        "drivers_probe=1-2:1.0",
    ]
    assert gate.strangers() == ()


def test_look__phone_with_a_makers_interface__that_one_stays_shut(usb: Usb) -> None:
    """Interfaces are let in one by one."""
    gate = usb.gate()
    gate.shut()
    usb.plug("1-2", MTP, VENDOR, ADB)
    gate.look()
    assert [usb.read(f"1-2:1.{n}/authorized") for n in range(3)] == ["1", "0", "1"]


def test_look__phone__told_with_its_mode_until_it_leaves(usb: Usb) -> None:
    """A phone that was let in is named by port, bay and mode; in another mode it is told anew."""
    gate, told = usb.gate(BayMap(bays={"3": ("1-2",)}, declared=True)), []
    gate.listen(lambda: told.append([(each.port, each.bay, each.mode) for each in gate.phones()]))
    gate.shut()
    usb.plug("1-2", MTP, VENDOR)
    gate.look()
    usb.pull("1-2")
    usb.plug("1-2", MTP, VENDOR, ADB, devnum="6")
    gate.look()
    usb.pull("1-2")
    usb.plug("1-2", KEYBOARD, devnum="7")
    gate.look()
    assert gate.phones() == ()
    assert [each.port for each in gate.strangers()] == ["1-2"]
    usb.pull("1-2")
    usb.plug("1-2", STICK, devnum="8")
    gate.look()
    assert (gate.phones(), gate.strangers()) == ((), ())
    assert told == [[("1-2", "3", Mode.MTP)], [("1-2", "3", Mode.MTP_ADB)], [], []]


def test_look__older_phone__let_in_shut_then_by_its_name(usb: Usb) -> None:
    """Its interface is let in only when its name was read, and no driver is looked for."""
    gate = usb.gate()
    gate.shut()
    usb.names["1-2:1.0"] = "MTP"
    usb.plug("1-2", VENDOR)
    usb.writes.clear()
    gate.look()
    gate.look()
    assert usb.writes == ["devices/1-2/authorized=1", "devices/1-2:1.0/authorized=1"]
    assert [(each.port, each.mode) for each in gate.phones()] == [("1-2", Mode.MTP)]


@pytest.mark.parametrize("name", ["", "mtp", "MTP2", "Network card"])
def test_look__makers_interface_of_another_name__shut_out_again(usb: Usb, name: str) -> None:
    """What only its maker knows was in with everything shut, and is out again; it is asked once."""
    gate = usb.gate()
    gate.shut()
    usb.names["1-2:1.0"] = name
    usb.plug("1-2", VENDOR)
    usb.writes.clear()
    gate.look()
    gate.look()
    assert usb.writes == ["devices/1-2/authorized=1", "devices/1-2/authorized=0"]
    assert [each.verdict.roles for each in gate.strangers()] == [(Role.VENDOR,)]


@pytest.mark.parametrize("beside", [KEYBOARD, ECM, AUDIO])
def test_look__named_mtp_beside_something_foreign__never_let_in(usb: Usb, beside: Kind) -> None:
    """A name makes nobody welcome who is anything else as well; nothing is written to it."""
    gate = usb.gate()
    gate.shut()
    usb.names["1-2:1.0"] = "MTP"
    usb.plug("1-2", VENDOR, beside)
    usb.writes.clear()
    gate.look()
    assert usb.writes == []
    assert [each.port for each in gate.strangers()] == ["1-2"]


def test_look__older_phone_with_a_makers_interface__that_one_stays_shut(usb: Usb) -> None:
    """As beside any phone's known one."""
    gate = usb.gate()
    gate.shut()
    usb.names |= {"1-2:1.0": "MTP", "1-2:1.1": "Something"}
    usb.plug("1-2", VENDOR, VENDOR, ANY_VENDOR)
    gate.look()
    assert [usb.read(f"1-2:1.{n}/authorized") for n in range(3)] == ["1", "0", "0"]


@pytest.mark.parametrize("kinds", [(ANY_VENDOR,), (KEYBOARD,), (MTP, VENDOR), (STICK,)])
def test_look__name_that_could_tell_nothing__not_asked_for(
    usb: Usb, kinds: tuple[Kind, ...]
) -> None:
    """No device is let in to be asked whose interfaces tell what it is."""
    gate = usb.gate()
    gate.shut()
    usb.names |= {f"1-2:1.{n}": "MTP" for n in range(len(kinds))}
    usb.plug("1-2", *kinds)
    gate.look()
    told = [each.mode for each in gate.phones()]
    assert told == ([Mode.MTP] if MTP in kinds else [])
    assert usb.read("1-2/authorized") == ("1" if {MTP, STICK} & set(kinds) else "0")
    assert usb.read(f"1-2:1.{len(kinds) - 1}/authorized") == ("1" if STICK in kinds else "0")


@pytest.mark.parametrize(("name", "mode"), [("MTP", Mode.MTP_ADB), ("Modem", Mode.ADB)])
def test_look__older_phone_with_adb__both_or_adb_alone(usb: Usb, name: str, mode: Mode) -> None:
    """Beside adb, too, its files come in by their name, and nothing else does."""
    gate = usb.gate()
    gate.shut()
    usb.names |= {"1-2:1.0": name, "1-2:1.1": "ADB Interface"}
    usb.plug("1-2", VENDOR, ADB)
    gate.look()
    let_in = [usb.read(f"1-2:1.{n}/authorized") for n in range(2)]
    assert let_in == ["1" if name == "MTP" else "0", "1"]
    assert [each.mode for each in gate.phones()] == [mode]


def test_look__name_cannot_be_read__turned_away(usb: Usb, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that cannot be configured has no name, and does not hold up the gate."""
    gate, real = usb.gate(), usb_gate._write
    gate.shut()
    (usb.plug("1-2", VENDOR) / "bConfigurationValue").write_text("")

    def refuse(path: Path, value: str) -> None:
        if path.name == "bConfigurationValue":
            raise OSError(28, os.strerror(28), str(path))
        real(path, value)

    monkeypatch.setattr(usb_gate, "_write", refuse)
    gate.look()
    assert usb.read("1-2/authorized") == "0"
    assert [each.port for each in gate.strangers()] == ["1-2"]


def test_look__older_phone_there_at_the_start__its_port_is_no_console(usb: Usb) -> None:
    """What was let in before us is asked for its name, too, before its port is called our own."""
    usb.names["1-2:1.0"] = "MTP"
    usb.plug("1-2", VENDOR, authorized="1")
    gate = usb.gate()
    gate.shut()
    usb.pull("1-2")
    usb.plug("1-2", KEYBOARD, devnum="9")
    gate.look()
    assert [each.port for each in gate.strangers()] == ["1-2"]


def test_look__makers_interface_at_the_consoles_port__let_in_as_ever(usb: Usb) -> None:
    """What is the station's own is not asked."""
    gate = usb.gate(BayMap(console=("1-2",), declared=True))
    gate.shut()
    usb.plug("1-2", VENDOR)
    gate.look()
    assert usb.read("1-2:1.0/authorized") == "1"


def test_look__phone_at_the_consoles_port__not_taken_for_a_customers(usb: Usb) -> None:
    """What charges at the console is the shop's own."""
    gate = usb.gate(BayMap(console=("1-2",), declared=True))
    gate.shut()
    usb.plug("1-2", MTP, VENDOR)
    gate.look()
    assert gate.phones() == ()


def test_look__kernel_chose_anew__let_in_again_and_no_more_than_before(usb: Usb) -> None:
    """A driver for the whole device that comes late shuts all of it; the gate's choice is kept."""
    gate = usb.gate()
    gate.shut()
    device = usb.plug("1-2", MTP, VENDOR, ADB)
    gate.look()
    for number in range(3):
        (usb.root / f"devices/1-2:1.{number}/authorized").write_text("0")
    (device / "bConfigurationValue").write_text("2")
    gate.look()
    assert usb.read("1-2/bConfigurationValue") == "1"
    assert [usb.read(f"1-2:1.{n}/authorized") for n in range(3)] == ["1", "0", "1"]
    usb.writes.clear()
    gate.look()
    assert usb.writes == []


def test_look__phone__no_driver_is_looked_for(usb: Usb) -> None:
    """Programs speak to phones; a driver that the kernel finds by other numbers is none of ours."""
    gate = usb.gate()
    gate.shut()
    usb.plug("1-2", STICK, ADB)
    usb.writes.clear()
    gate.look()
    assert "drivers_probe=1-2:1.0" in usb.writes
    assert "drivers_probe=1-2:1.1" not in usb.writes


@pytest.mark.parametrize("kind", [ADB, STICK])
def test_look__wrong_driver_has_it__shut_out_and_named(usb: Usb, kind: Kind) -> None:
    """By the numbers of a network card something else can become one; it does not stay one."""
    gate = usb.gate()
    gate.shut()
    usb.plug("1-2", kind)
    gate.look()
    (usb.root / "devices/1-2:1.0/driver").symlink_to("../../drivers/r8152")
    gate.look()
    assert usb.read("1-2/authorized") == "0"
    assert [stranger.port for stranger in gate.strangers()] == ["1-2"]
    usb.writes.clear()
    gate.look()
    assert usb.writes == []


def test_look__right_driver_has_it__stays(usb: Usb) -> None:
    """A drive has its driver, a phone the program that has claimed it."""
    gate = usb.gate()
    gate.shut()
    usb.plug("1-2", STICK, ADB)
    gate.look()
    (usb.root / "devices/1-2:1.0/driver").symlink_to("../../drivers/usb-storage")
    (usb.root / "devices/1-2:1.1/driver").symlink_to("../../drivers/usbfs")
    gate.look()
    assert usb.read("1-2/authorized") == "1"
    assert gate.strangers() == ()


def test_look__somebody_keeps_shutting_it__gives_in(usb: Usb) -> None:
    """Two that choose differently do not go on for ever."""
    gate = usb.gate()
    gate.shut()
    usb.plug("1-2", STICK)
    for _ in range(20):
        gate.look()
        (usb.root / "devices/1-2:1.0/authorized").write_text("0")
    usb.writes.clear()
    gate.look()
    assert usb.writes == []


def test_look__another_device_on_the_port__decided_anew(usb: Usb) -> None:
    """What was decided about the one before is nothing to the next."""
    gate = usb.gate()
    gate.shut()
    usb.plug("1-2", STICK)
    gate.look()
    usb.pull("1-2")
    usb.plug("1-2", KEYBOARD, devnum="6")
    usb.writes.clear()
    gate.look()
    gate.look()
    assert usb.writes == []
    assert [stranger.port for stranger in gate.strangers()] == ["1-2"]


def test_look__drive_that_types__turned_away_untouched_and_named(usb: Usb) -> None:
    """Nothing is written to it, and the board learns of it, with its own words."""
    gate, told = usb.gate(BayMap(bays={"3": ("1-2",)}, declared=True)), []
    gate.listen(lambda: told.append(gate.strangers()))
    gate.shut()
    usb.writes.clear()
    usb.plug("1-2", STICK, KEYBOARD, ECM)
    gate.look()
    assert usb.writes == []
    ((stranger,),) = told
    assert (stranger.port, stranger.bay) == ("1-2", "3")
    assert stranger.verdict.roles == (Role.KEYBOARD, Role.NETWORK)
    assert stranger.product == "ACME Thing\x1b[2J"


def test_look__stranger_replaced_by_a_drive__forgotten_and_drive_let_in(usb: Usb) -> None:
    """The same port with another device number is another device."""
    gate = usb.gate()
    gate.shut()
    usb.plug("1-2", KEYBOARD)
    gate.look()
    usb.pull("1-2")
    usb.plug("1-2", STICK, devnum="6")
    gate.look()
    assert gate.strangers() == ()
    assert usb.read("1-2/authorized") == "1"


def test_look__stranger_pulled__forgotten_and_told(usb: Usb) -> None:
    """Who has left is shown no more."""
    gate, told = usb.gate(), []
    gate.shut()
    usb.plug("1-2", KEYBOARD)
    gate.look()
    gate.listen(lambda: told.append(gate.strangers()))
    usb.pull("1-2")
    gate.look()
    assert told == [()]


def test_look__cannot_be_understood__turned_away(usb: Usb) -> None:
    """Unknown is never let in."""
    gate = usb.gate()
    gate.shut()
    (usb.plug("1-2", STICK) / "descriptors").write_bytes(b"\x12\x01")
    gate.look()
    assert [each.verdict.roles for each in gate.strangers()] == [(Role.UNKNOWN,)]
    assert usb.read("1-2/authorized") == "0"


def test_look__let_in_by_somebody_else_in_a_bay__shut_out_again(usb: Usb) -> None:
    """A bus that appeared late, or a hand, has let a keyboard in: out again."""
    gate = usb.gate()
    gate.shut()
    usb.bus(2)
    usb.plug("2-1", KEYBOARD, authorized="1")
    gate.look()
    assert usb.read("2-1/authorized") == "0"
    assert usb.read("usb2/authorized_default") == "0"


def test_look__device_gone_meanwhile__tried_again(
    usb: Usb, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that fails decides nothing."""
    gate, real = usb.gate(), usb_gate._write
    gate.shut()
    usb.plug("1-2", STICK)

    def gone(path: Path, value: str) -> None:
        raise OSError(19, os.strerror(19), str(path), value)

    monkeypatch.setattr(usb_gate, "_write", gone)
    gate.look()
    monkeypatch.setattr(usb_gate, "_write", real)
    gate.look()
    assert usb.read("1-2/authorized") == "1"


def test_console__declared_port__lets_anything_in_with_all_below(usb: Usb) -> None:
    """The station's own keyboard types again after it was plugged in anew, also behind its hub."""
    gate = usb.gate(BayMap(console=("1-1.2",), declared=True))
    gate.shut()
    usb.plug("1-1", HUB)
    usb.plug("1-1.2", KEYBOARD, VENDOR)
    usb.plug("1-1.3", KEYBOARD)
    gate.look()
    let_in = [usb.read(f"{name}/authorized") for name in ("1-1", "1-1.2", "1-1.2:1.1", "1-1.3")]
    assert let_in == ["1", "1", "1", "0"]


def test_console__nothing_declared__what_hung_there_at_the_start_keeps_its_port(usb: Usb) -> None:
    """A touchscreen that drops off and comes back goes on; the drive's port stays a bay."""
    usb.plug("1-1", KEYBOARD, authorized="1")
    usb.plug("1-2", STICK, authorized="1")
    gate = usb.gate()
    gate.shut()
    assert gate.strangers() == ()
    for port in ("1-1", "1-2"):
        usb.pull(port)
        usb.plug(port, KEYBOARD, devnum="9")
    gate.look()
    assert [each.port for each in gate.strangers()] == ["1-2"]
    assert usb.read("1-1/authorized") == "1"


def test_console__shut_out_at_the_start__its_port_is_no_console(usb: Usb) -> None:
    """What the kernel itself had let do nothing has no claim to its port."""
    usb.plug("1-1", KEYBOARD, authorized="0")
    gate = usb.gate()
    gate.shut()
    assert [each.port for each in gate.strangers()] == ["1-1"]


def test_open__after_a_good_end__buses_are_as_they_were_found(usb: Usb) -> None:
    """A machine whose station has ended has its ports back; who was turned away stays outside."""
    usb.bus(2, default="2")
    usb.plug("1-2", KEYBOARD)
    gate = usb.gate()
    gate.shut()
    gate.open()
    assert (usb.read("usb1/authorized_default"), usb.read("usb2/authorized_default")) == ("1", "2")
    assert usb.read("1-2/authorized") == "0"
    assert not (usb.state / usb_gate.NOTE_NAME).exists()


def test_open__station_was_killed_before__still_as_first_found(usb: Usb) -> None:
    """A killed station leaves the buses shut; the next one knows how they were."""
    usb.gate().shut()
    assert usb.read("usb1/authorized_default") == "0"
    second = usb.gate()
    second.shut()
    second.open()
    assert usb.read("usb1/authorized_default") == "1"


def test_shut__note_of_another_boot__forgotten(usb: Usb) -> None:
    """After a boot the buses are what the kernel made them."""
    note = {"boot_id": "another", "found": {"usb1": ["7", "7"]}}
    (usb.state / usb_gate.NOTE_NAME).write_bytes(encode(note))
    gate = usb.gate()
    gate.shut()
    gate.open()
    assert usb.read("usb1/authorized_default") == "1"


def test_glance__plugged_in_again__another(usb: Usb) -> None:
    """An event that was lost shows in port and number."""
    assert glance(usb.root) == frozenset()
    usb.plug("1-2", STICK)
    before = glance(usb.root)
    usb.pull("1-2")
    usb.plug("1-2", STICK, devnum="6")
    assert glance(usb.root) not in (before, frozenset())


def test_shut__no_usb_at_all__nothing_happens(tmp_path: Path) -> None:
    """A machine without USB is a station, too."""
    gate = UsbGate(tmp_path, FakeClock(), BayMap(), usb=tmp_path / "none")
    gate.shut()
    gate.look()
    gate.open()
    assert gate.strangers() == ()
