"""Quirks: read strictly, found by device, and never to the advantage of a claim."""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.detect.classify import World, classify
from wipe_station.detect.safety import Reason, refusals
from wipe_station.identity import same_identity
from wipe_station.quirk import Effect, Quirk, Subject, parse_quirk
from wipe_station.quirks import all_quirks
from wipe_station.records import SHARED, Medium, Strength, to_json
from wipe_station.testing import raw_disk, raw_snapshot
from wipe_station.tests.test_classify import RECORDINGS, USB, USB_DISK, b1

GOOD = """
name = "made-up"
effects = ["refuse"]
certainty = "[S: nobody]"
source = "made up"
title = { zh = "它骗人。", en = "It lies." }
match = { usb = "1234:abcd" }
"""
WORTH = (Strength.NONE, Strength.BRIDGE, Strength.MEDIUM)
BRIDGE = {"serial": "BRIDGE7", "idVendor": "1234", "idProduct": "abcd", "bcdDevice": "0128"}
BEHIND = USB_DISK | {"ancestors": [USB | {"attrs": BRIDGE}]}


def quirk(*effects: str, **match: str) -> Quirk:
    """Return a quirk with these effects; for the USB device 1234:abcd unless told otherwise."""
    wanted = "{ " + ", ".join(f'{key} = "{value}"' for key, value in match.items()) + " }"
    text = GOOD.replace('["refuse"]', str(list(effects)))
    return parse_quirk(text.replace('{ usb = "1234:abcd" }', wanted) if match else text)


def reasons(world: World, name: str = "sda") -> set[Reason]:
    """Return the reasons against a device that came after the start."""
    device = world.device(name)
    assert device is not None
    return {r.reason for r in refusals(device, world, boot_diskseq=10)}


@pytest.mark.parametrize("known", all_quirks(), ids=lambda known: known.name)
def test_quirk__each_of_ours__has_effect_source_and_its_recording(known: Quirk) -> None:
    """Every quirk takes something away, names its source, and the recording it names is there."""
    assert known.effects
    assert known.certainty.startswith("[")
    assert known.recording is None or (RECORDINGS / known.recording).exists()


def test_quirks__package__carries_every_file() -> None:
    """What the folder holds is what an installed program finds."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    assert "quirks/*.toml" in project["tool"]["setuptools"]["package-data"]["wipe_station"]
    files = [f for f in resources.files("wipe_station.quirks").iterdir() if f.name != "__init__.py"]
    assert {f"{known.name}.toml" for known in all_quirks()} <= {f.name for f in files}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('source = "made up"', ""),
        ('source = "made up"', 'source = ""'),
        ('source = "made up"', 'source = "made up"\nclaim = "purge"'),
        ('["refuse"]', '["trust"]'),
        ('["refuse"]', "[]"),
        ('"made-up"', '"Made Up"'),
        ('usb = "1234:abcd"', ""),
        ('usb = "1234:abcd"', 'firmware = "1.0"'),
        ('usb = "1234:abcd"', 'usb = "1234:ABCD"'),
        ('usb = "1234:abcd"', 'model = "*"'),
        ('usb = "1234:abcd"', 'model = "??*"'),
        ('usb = "1234:abcd"', 'usb = "1234:abcd", serial = "X"'),
        ('usb = "1234:abcd"', "usb = 1234"),
        ('zh = "它骗人。", ', ""),
    ],
)
def test_quirk__malformed__refused(old: str, new: str) -> None:
    """A key that is missing, empty, unknown, or too wide is no quirk."""
    assert old in GOOD
    with pytest.raises((KeyError, TypeError, ValueError)):
        parse_quirk(GOOD.replace(old, new))


def test_quirks__file_of_another_name__refused(tmp_path: Path) -> None:
    """A quirk is found under its own name."""
    (tmp_path / "other.toml").write_text(GOOD, "utf-8")
    with pytest.raises(ValueError, match=r"other\.toml holds made-up"):
        all_quirks(tmp_path)


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        ({"usb": "1234:abcd"}, True),
        ({"usb": "1234:abce"}, False),
        ({"usb": "1234:abcd", "bcd_device": "01??"}, True),
        ({"usb": "1234:abcd", "bcd_device": "02??"}, False),
        ({"model": "WDC WD40*"}, True),
        ({"model": "wdc wd40*"}, False),
        ({"model": "WDC WD40*", "firmware": "0106"}, True),
        ({"model": "WDC WD40*", "firmware": "0107"}, False),
        ({"usb": "1234:abce", "model": "WDC WD40*"}, False),
    ],
)
def test_match__device__all_that_is_given_must_fit(match: dict[str, str], fits: bool) -> None:
    """A quirk is about the devices that fit everything it says."""
    subject = Subject(
        usb="1234:abcd",
        bcd_device="0128",
        models=frozenset({"Dock", "WDC WD40EFRX"}),
        firmwares=frozenset({"0106"}),
    )
    assert quirk("refuse", **match).match.fits(subject) is fits


def test_refuse__device__refused_with_the_quirks_words() -> None:
    """A quirk that refuses stands among the reasons, in its own words."""
    world = classify(raw_snapshot({"sda": BEHIND}), [quirk("refuse")])
    device = world.device("sda")
    assert device is not None
    (found,) = refusals(device, world, boot_diskseq=10)
    assert (found.reason, found.text.zh) == (Reason.QUIRK, "它骗人。")
    assert reasons(classify(raw_snapshot({"sda": BEHIND}))) == set()


def test_shared_serial__bridge__can_be_repeated_and_identifies_nothing() -> None:
    """The serial of such a bridge can confirm what is plugged in, and is no identity."""
    device = classify(raw_snapshot({"sda": BEHIND}), [quirk("shared-serial")]).devices[0]
    assert (device.identity_strength, device.confirmation) == (Strength.NONE, "BRIDGE7")


def test_shared_serial__interrupted_job__device_found_again_with_the_weakest_identity() -> None:
    """A job on such a device can go on, also one from before the quirk, and is never sure."""
    device = classify(raw_snapshot({"sda": BEHIND}), [quirk("shared-serial")]).devices[0]
    before = classify(raw_snapshot({"sda": BEHIND})).devices[0]
    assert same_identity(to_json(before), device)
    assert same_identity(to_json(device), device)
    assert device.identity_strength is Strength.NONE


def test_shared_serial__bridge__the_drives_own_serial_stays() -> None:
    """What the drive itself answered through the bridge is as good as before."""
    raw = BEHIND | {"udev": {"ID_ATA": "1", "ID_SERIAL_SHORT": "WD-1"}}
    device = classify(raw_snapshot({"sda": raw}), [quirk("shared-serial")]).devices[0]
    assert (device.identity_strength, device.confirmation) == (Strength.MEDIUM, "WD-1")


def test_shared_serial__model__two_of_them_are_still_one_drive_seen_twice() -> None:
    """Drives that share a serial are no identity, and are refused together as before."""
    disk = raw_disk(attrs={"device/model": "Cheap SSD"})
    two = {"sda": disk, "sdb": disk | {"devno": "8:16"}}
    world = classify(raw_snapshot(two), [quirk("shared-serial", model="Cheap*")])
    assert {d.identity_strength for d in world.devices} == {Strength.NONE}
    assert reasons(world) == {Reason.SEVERAL_PATHS}


def test_medium_unknown__rate_stated__not_believed() -> None:
    """The rate of a device that lies about it is no evidence."""
    raw = BEHIND | {"pages": {"device/vpd_pgb1": b1(7200)}}
    device = classify(raw_snapshot({"sda": raw}), [quirk("medium-unknown")]).devices[0]
    assert (device.medium, device.medium_evidence) == (
        Medium.UNKNOWN,
        "not believed: quirk made-up",
    )


DISKS = st.builds(
    lambda name, attrs, pages, udev, usb: (
        name,
        raw_disk(attrs=attrs, pages=pages, udev=udev, ancestors=[USB | {"attrs": BRIDGE}] * usb),
    ),
    st.sampled_from(["sda", "nvme0n1", "mmcblk0", "vda", "loop0"]),
    st.fixed_dictionaries(
        {"device/model": st.just("Made up")},
        optional={
            "device/serial": st.sampled_from(["", "0000", "S1", "S2"]),
            "wwid": st.just("naa.50"),
            "queue/zoned": st.just("host-aware"),
            "diskseq": st.just("3"),
        },
    ),
    st.fixed_dictionaries({}, optional={"device/vpd_pgb1": st.sampled_from([b1(7200), b1(1)])}),
    st.sampled_from([{}, {"ID_ATA": "1", "ID_SERIAL_SHORT": "S2"}]),
    st.booleans(),
)
QUIRKS = st.builds(
    lambda effects, match: quirk(*effects, **match),
    st.sets(st.sampled_from([e.value for e in Effect]), min_size=1),
    st.sampled_from([{"usb": "1234:abcd"}, {"model": "Made*"}]),
)


@given(st.lists(DISKS, min_size=1, max_size=2), st.lists(QUIRKS, min_size=1, max_size=3))
def test_quirk__any_on_any_device__never_strengthens(
    drawn: list[tuple[str, dict[str, Any]]], quirks: list[Quirk]
) -> None:
    """No quirk makes an identity stronger, a medium more certain, or takes a refusal away."""
    disks = {name: disk | {"devno": f"8:{n}"} for n, (name, disk) in enumerate(drawn)}
    before, after = classify(raw_snapshot(disks)), classify(raw_snapshot(disks), quirks)
    for old, new in zip(before.devices, after.devices, strict=True):
        assert WORTH.index(new.identity_strength) <= WORTH.index(old.identity_strength)
        assert new.medium in (old.medium, Medium.UNKNOWN)
        assert reasons(before, old.name) <= reasons(after, old.name)
        pairs = [(i.kind.removeprefix(SHARED), i.value, i.source) for i in new.identifiers]
        assert pairs == [(i.kind, i.value, i.source) for i in old.identifiers]
        assert set(new.unknowns) >= set(old.unknowns)
        assert not same_identity(to_json(old), new) or same_identity(to_json(old), old)
