"""A snapshot becomes facts. Recorded where a device was here; the rest constructed, and said so."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.codec.vpd import (
    parse_ata_information,
    parse_block_characteristics,
    parse_unit_serial,
)
from wipe_station.detect.classify import classify
from wipe_station.errors import MalformedReplyError
from wipe_station.records import DeviceFacts, Medium, Source, Strength, Transport
from wipe_station.testing import raw_disk, raw_snapshot

RECORDINGS = Path(__file__).parent / "recordings"


def recorded(name: str) -> dict[str, DeviceFacts]:
    """Return the facts of a recorded machine."""
    snapshot = json.loads((RECORDINGS / f"{name}.json").read_text("utf-8"))["snapshot"]
    return {device.name: device for device in classify(snapshot).devices}


def facts(name: str, raw: dict[str, Any], **others: Any) -> DeviceFacts:
    """Return the facts of one constructed device."""
    found = classify(raw_snapshot({name: raw} | others)).device(name)
    assert found is not None
    return found


def vpd(page: int, body: bytes) -> str:
    """Return a VPD page as sysfs shows it, in hex."""
    return (bytes([0, page]) + len(body).to_bytes(2, "big") + body).hex()


def b1(rate: int) -> str:
    """Return VPD page B1h with a rotation rate."""
    return vpd(0xB1, rate.to_bytes(2, "big") + bytes(58))


def ata(rate: int) -> str:
    """Return VPD page 89h whose IDENTIFY word 217 is a rotation rate."""
    identify = bytearray(512)
    identify[434:436] = rate.to_bytes(2, "little")
    return vpd(0x89, bytes(56) + bytes(identify))


USB = {"name": "1-2.3", "subsystem": "usb", "attrs": {"serial": "BRIDGE7", "product": "Dock"}}
USB_PORT = {"name": "1-2.3:1.0", "subsystem": "usb", "attrs": {}}
USB_DISK = raw_disk(ancestors=[USB_PORT, USB], attrs={"device/serial": "", "device/model": "X"})


def test_classify__recorded_virtual_machine__loop_and_virtio_understood() -> None:
    """The recording of a real machine yields transports, sizes, identities and what is unknown."""
    devices = recorded("virtual_machine")
    loop, disk = devices["loop0"], devices["vda"]
    assert (loop.transport, loop.size_bytes, loop.medium) == (
        Transport.LOOP,
        8 << 20,
        Medium.UNKNOWN,
    )
    assert loop.confirmation == "/tmp/drive.img"  # noqa: S108 - what the recording says
    assert loop.identifier("backing-object") == "0:27/1914"
    assert (disk.transport, disk.diskseq, disk.physical_sector_bytes) == (
        Transport.VIRTIO,
        9,
        4096,
    )
    assert devices["zram0"].transport is Transport.UNKNOWN
    assert devices["loop1"].size_bytes == 0


@pytest.mark.parametrize(
    ("pages", "udev", "expected"),
    [
        ({}, {}, Medium.UNKNOWN),
        ({"device/vpd_pgb1": b1(7200)}, {}, Medium.MAGNETIC),
        ({"device/vpd_pgb1": b1(1)}, {}, Medium.FLASH),
        ({"device/vpd_pgb1": b1(0)}, {}, Medium.UNKNOWN),
        ({"device/vpd_pgb1": b1(2)}, {}, Medium.UNKNOWN),
        ({"device/vpd_pg89": ata(5400)}, {}, Medium.MAGNETIC),
        ({"device/vpd_pg89": ata(1), "device/vpd_pgb1": b1(0)}, {}, Medium.FLASH),
        ({"device/vpd_pg89": ata(1), "device/vpd_pgb1": b1(7200)}, {}, Medium.UNKNOWN),
        ({"device/vpd_pgb1": "00b1"}, {}, Medium.UNKNOWN),
        ({}, {"ID_ATA_ROTATION_RATE_RPM": "7200"}, Medium.MAGNETIC),
        ({}, {"ID_ATA_ROTATION_RATE_RPM": "0"}, Medium.UNKNOWN),
        ({}, {"ID_ATA_ROTATION_RATE_RPM": "-1; rm"}, Medium.UNKNOWN),
    ],
)
def test_classify__rotation_evidence__magnetic_only_when_a_rate_is_stated(
    pages: dict[str, str], udev: dict[str, str], expected: Medium
) -> None:
    """Magnetic needs a stated rate; silence, nonsense and contradiction are unknown."""
    assert facts("sda", raw_disk(pages=pages, udev=udev)).medium is expected


@pytest.mark.parametrize(
    ("name", "ancestors", "transport"),
    [
        ("sda", [{"name": "ata1", "subsystem": "ata_port", "attrs": {}}], Transport.SATA),
        ("sda", [USB_PORT, USB], Transport.USB),
        ("sda", [USB, {"name": "ata1", "subsystem": "ata_port", "attrs": {}}], Transport.USB),
        ("sda", [{"name": "host0", "subsystem": "scsi", "attrs": {}}], Transport.SCSI),
        ("nvme0n1", [], Transport.NVME),
        ("mmcblk0boot1", [], Transport.MMC),
        ("vdb", [], Transport.VIRTIO),
        ("dm-0", [], Transport.UNKNOWN),
        ("md127", [], Transport.UNKNOWN),
        ("sr0", [], Transport.UNKNOWN),
        ("sda1x", [], Transport.UNKNOWN),
    ],
)
def test_classify__name_and_ancestors__transport(
    name: str, ancestors: list[dict[str, Any]], transport: Transport
) -> None:
    """The transport follows from the kernel's name and the way to the device, or is unknown."""
    assert facts(name, raw_disk(ancestors=ancestors)).transport is transport


def test_classify__rotational_flag_alone__proves_nothing() -> None:
    """``queue/rotational`` defaults to 1 for anything unknown, so it is not even read."""
    assert facts("sda", raw_disk(attrs={"queue/rotational": "1"})).medium is Medium.UNKNOWN


def test_classify__usb_bridge__identity_is_the_bridges() -> None:
    """What a USB bridge says about itself is not the medium's identity."""
    device = facts("sda", USB_DISK)
    assert device.transport is Transport.USB
    assert device.usb_path == "1-2.3"
    assert device.identity_strength is Strength.BRIDGE
    assert device.identifier("serial") == "BRIDGE7"


def test_classify__ata_id_through_a_bridge__identity_is_the_mediums() -> None:
    """A drive that answered IDENTIFY through its bridge is known by its own serial first."""
    udev = {"ID_ATA": "1", "ID_SERIAL_SHORT": "WD-1", "ID_WWN_WITH_EXTENSION": "0x5000"}
    device = facts("sda", USB_DISK | {"udev": udev})
    assert device.identity_strength is Strength.MEDIUM
    assert device.confirmation == "WD-1"
    assert {i.source for i in device.identifiers if i.value == "BRIDGE7"} == {Source.BRIDGE}


@pytest.mark.parametrize("serial", ["000000000000", "", "aaaa"])
def test_classify__meaningless_serial__no_identity(serial: str) -> None:
    """A serial of one repeated character identifies nothing."""
    device = facts("sda", raw_disk(attrs={"device/serial": serial}))
    assert device.identity_strength is Strength.NONE
    assert device.confirmation is None


@pytest.mark.parametrize(("attr", "kind"), [("wwid", "wwid"), ("eui", "eui"), ("nguid", "nguid")])
def test_classify__no_serial__confirmed_by_another_identifier_of_its_own(
    attr: str, kind: str
) -> None:
    """A drive without a serial can be told apart, and confirmed, by whatever else is its own."""
    value = "5000c500a1b2c3d4"
    device = facts("sda", raw_disk(attrs={"device/serial": "", attr: value}))
    assert device.identity_strength is Strength.MEDIUM
    assert (device.identifier(kind), device.confirmation) == (value, value)


def test_classify__card_reader_with_two_slots__siblings() -> None:
    """All disks behind one USB device belong together."""
    world = classify(raw_snapshot({"sda": USB_DISK, "sdb": USB_DISK | {"devno": "8:16"}}))
    assert [device.siblings for device in world.devices] == [("sdb",), ("sda",)]


def test_classify__emmc_boot_areas__siblings_on_flash() -> None:
    """The boot areas of an eMMC are not part of its user area and are named."""
    card = {
        "ancestors": [{"name": "mmc0:0001", "subsystem": "mmc", "attrs": {}}],
        "attrs": {"device/cid": "150100424a"},
    }
    disks = {
        name: raw_disk(**(card | {"devno": f"179:{n}"}))
        for n, name in enumerate(("mmcblk0", "mmcblk0boot0", "mmcblk0boot1"))
    }
    device = classify(raw_snapshot(disks)).device("mmcblk0")
    assert device is not None
    assert device.siblings == ("mmcblk0boot0", "mmcblk0boot1")
    assert (device.medium, device.identity_strength) == (Medium.FLASH, Strength.MEDIUM)


def test_classify__two_disks_on_one_hub__no_siblings() -> None:
    """A hub is not a device: what shares only a hub stays apart."""
    hub = {"name": "1-2", "subsystem": "usb", "attrs": {}}
    one = USB | {"name": "1-2.1"}
    two = USB | {"name": "1-2.2"}
    disks = {
        "sda": raw_disk(ancestors=[one, hub]),
        "sdb": raw_disk(ancestors=[two, hub], devno="8:16"),
    }
    assert [d.siblings for d in classify(raw_snapshot(disks)).devices] == [(), ()]


def test_classify__without_udevd__says_what_was_not_read() -> None:
    """Without udev the drive's own answers are missing, and the facts say so."""
    world = classify(raw_snapshot({"sda": USB_DISK}, udevd=False))
    assert "drive-not-asked-without-udevd" in world.devices[0].unknowns


def test_classify__hidden_path_of_multipath_nvme__left_out() -> None:
    """Hidden NVMe paths are no devices of their own."""
    assert classify(raw_snapshot({"nvme0c0n1": raw_disk(attrs={"hidden": "1"})})).devices == ()


@given(st.binary(max_size=700))
def test_vpd_parsers__any_bytes__only_the_declared_error(page: bytes) -> None:
    """Pages from a hostile device raise MalformedReplyError and nothing else."""
    for parse in (parse_ata_information, parse_block_characteristics, parse_unit_serial):
        with contextlib.suppress(MalformedReplyError):
            parse(page)


def test_unit_serial__page_80__text_without_padding() -> None:
    """The serial is the ASCII of the page, stripped; control characters are refused."""
    assert parse_unit_serial(bytes.fromhex(vpd(0x80, b"  WD-1 "))) == "WD-1"
    with pytest.raises(MalformedReplyError):
        parse_unit_serial(bytes.fromhex(vpd(0x80, b"\x1b[2J")))
