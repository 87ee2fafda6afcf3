"""Whose job is it? Identity across re-plugging, names on a terminal, a state directory."""

import os
from pathlib import Path
from typing import Any

import pytest

from wipe_station.detect.classify import classify
from wipe_station.errors import BusyError, InvalidInputError
from wipe_station.evidence import replay
from wipe_station.identity import same_identity
from wipe_station.records import DeviceFacts, to_json
from wipe_station.state import make_state_folder, state_lock
from wipe_station.station import Station
from wipe_station.testing import raw_disk, raw_snapshot
from wipe_station.tests.jobs import plan_record, write
from wipe_station.units import printable

USB = {"name": "1-2", "subsystem": "usb", "attrs": {"serial": "BRIDGE"}}
ATA = {"ID_ATA": "1", "ID_SERIAL_SHORT": "WD-1"}


def facts(**changes: Any) -> DeviceFacts:
    """Return the facts of a constructed disk."""
    return classify(raw_snapshot({"sda": raw_disk(**changes)})).devices[0]


@pytest.mark.parametrize(
    ("before", "now", "same"),
    [
        ({}, {"devno": "8:16", "attrs": {"diskseq": "99"}}, True),
        ({}, {"attrs": {"device/serial": "S2"}}, False),
        ({}, {"attrs": {"device/wwid": "naa.5000"}}, True),
        ({"attrs": {"device/wwid": "naa.5000"}}, {"attrs": {"device/wwid": "naa.5001"}}, False),
        ({"attrs": {"device/wwid": "naa.5000", "device/serial": ""}}, {}, False),
        ({"ancestors": [USB], "udev": ATA}, {"ancestors": [USB]}, False),
        ({"ancestors": [USB]}, {"ancestors": [USB]}, True),
        ({"attrs": {"device/serial": ""}}, {"attrs": {"device/serial": ""}}, False),
    ],
    ids=[
        "another place",
        "another serial",
        "one kind more",
        "one kind differs",
        "no kind in common",
        "only the bridge is left",
        "the same bridge",
        "nothing said",
    ],
)
def test_same_identity__strongest_source_decides(
    before: dict[str, Any], now: dict[str, Any], same: bool
) -> None:
    """A job's device is known by what its strongest source said, wherever it is plugged in."""
    assert same_identity(to_json(facts(**before)), facts(**now)) is same


TWIN = raw_disk(devno="8:16", attrs={"diskseq": "51"})


@pytest.mark.parametrize(
    ("disks", "found"),
    [
        ({"sdb": TWIN}, "sdb"),
        ({"sda": raw_disk(attrs={"size": "4096"})}, None),
        ({"sda": raw_disk(attrs={"device/serial": "S2"})}, None),
        ({"sda": raw_disk(), "sdb": TWIN}, None),
        ({}, None),
    ],
    ids=["another place", "another size", "another serial", "two that fit", "away"],
)
def test_device_of__what_is_plugged_in__the_only_one_that_fits(
    tmp_path: Path, disks: dict[str, Any], found: str | None
) -> None:
    """A job goes on with one device that says all the same of itself, or with none."""
    job = replay(write(tmp_path, [plan_record()]).history())
    nobody: Any = None  # it asks nothing of the station
    device = Station.device_of(nobody, job, classify(raw_snapshot(disks)))
    assert (device.name if device else None) == found


def test_printable__control_characters__escaped() -> None:
    """A device cannot move the cursor, clear the screen or hide its name."""
    hostile = "Disk\x1b[2J\x07\u202e\u009b中文\n"
    assert printable(hostile) == "Disk\\x1b[2J\\x07\\u202e\\x9b中文\n"


def test_facts__hostile_model__escaped_and_bounded() -> None:
    """What a device calls itself reaches journal and document escaped and with a limit."""
    device = facts(attrs={"device/model": "\x1b]0;owned\x07" + "A" * 4000})
    model = device.identifier("model") or ""
    assert model.startswith("\\x1b]0;owned\\x07A")
    assert len(model) == 512


def test_state_folder__cannot_be_made__usage_error_with_a_way_out() -> None:
    """A state directory that nobody can make is said once, with what to do."""
    with pytest.raises(InvalidInputError) as caught:
        make_state_folder(Path("/proc/nowhere/state"))
    assert "--state" in caught.value.hint.en


def test_state_lock__held__second_one_is_refused(tmp_path: Path) -> None:
    """One station per state directory; the lock goes with its process and is free again after."""
    with state_lock(tmp_path / "state"):
        assert os.stat(tmp_path / "state").st_mode & 0o777 == 0o700
        with pytest.raises(BusyError), state_lock(tmp_path / "state"):
            raise AssertionError
    with state_lock(tmp_path / "state"):
        pass
