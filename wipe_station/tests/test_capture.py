"""The parts of ``capture`` that need no device: what belongs together, names, the child."""

import json
from pathlib import Path
from typing import Any

import pytest

from wipe_station import capture
from wipe_station.detect.recording import parse_recording
from wipe_station.errors import InvalidInputError, MalformedReplyError
from wipe_station.testing import raw_disk, raw_snapshot
from wipe_station.tests.test_classify import USB

READER = {"ancestors": [USB]}
MATERIAL: dict[str, Any] = {
    "snapshot": raw_snapshot(
        {"sda": raw_disk(attrs={"device/model": "Fine / disk", "serial": ""})}
    ),
    "replies": {},
    "recorded": {"device": "sda"},
    "private": [],
}


def test_capture__reader_with_two_slots__both_with_partitions_and_nobody_else() -> None:
    """What shares the USB device is recorded with its partitions; other disks are not."""
    devices = {
        "sda": raw_disk(**READER),
        "sdb": raw_disk(**READER),
        "sdb1": raw_disk(parent="sdb", attrs={"partition": "1"}, ancestors=[]),
        "sdc": raw_disk(ancestors=[USB | {"name": "1-9"}]),
        "sdc1": raw_disk(parent="sdc", attrs={"partition": "1"}),
        "vda": raw_disk(ancestors=[]),
        "vdb": raw_disk(ancestors=[]),
    }
    assert capture._behind_the_same("sda", devices) == ["sda", "sdb", "sdb1"]
    assert capture._behind_the_same("vda", devices) == ["vda"]


def test_capture__child__returns_a_scrubbed_recording() -> None:
    """The process that scrubs hands back a whole recording, each time with other placeholders."""
    first, second = (parse_recording(capture._scrubbed(MATERIAL)) for _ in range(2))
    serials = [r["snapshot"]["devices"]["sda"]["attrs"]["device/serial"] for r in (first, second)]
    assert "S1" not in serials
    assert capture.file_name(first) == "sata-fine-disk.json"


def test_capture__child_fails__nothing_is_handed_back() -> None:
    """Material that cannot be scrubbed is an error and no half of a recording."""
    with pytest.raises(MalformedReplyError):
        capture._scrubbed(MATERIAL | {"snapshot": {"devices": {"sda": {}}}})


def test_capture__name_of_folders_in_a_model__stays_in_its_folder(tmp_path: Path) -> None:
    """A hostile model cannot choose where its recording is written."""
    snapshot = raw_snapshot(
        {"sda": raw_disk(attrs={"device/model": "../../etc/passwd" + "x" * 900})}
    )
    recording = {"snapshot": snapshot, "recorded": {"device": "sda"}}
    path = capture._written(b"{}", tmp_path, recording)
    assert path.parent == tmp_path
    assert path.name.startswith("sata-etc-passwdxxx")
    with pytest.raises(InvalidInputError):
        capture._written(b"{}", tmp_path, recording)
    assert json.loads(path.read_bytes()) == {}
