"""Every pass of every method against vectors that another program makes from its own table."""

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from wipe_station.methods import all_methods
from wipe_station.overwrite.extent import Extent
from wipe_station.overwrite.pump import Writer
from wipe_station.overwrite.stream import UNIT_BYTES, content_of, expected_bytes
from wipe_station.overwrite.trouble import Handling
from wipe_station.records import FixedPattern, KeyedStream, Pattern, PlannedPattern

FOLDER = Path(__file__).parents[2] / "vectors" / "passes"
VECTORS: dict[str, Any] = {
    path.stem: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")
}
METHODS = all_methods()


def _begun(planned: PlannedPattern, vector_pass: dict[str, Any]) -> Pattern:
    """Return our pattern of a pass, under the vector's key where it needs one."""
    if isinstance(planned, FixedPattern):
        assert "key_hex" not in vector_pass, "the vector has a stream here"
        return planned
    assert "key_hex" in vector_pass, "the vector has fixed bytes here"
    return KeyedStream(key=bytes.fromhex(vector_pass["key_hex"]), stream=planned.stream)


def _patterns(name: str) -> list[tuple[Pattern, dict[str, Any]]]:
    """Return our passes of a method beside the vector's."""
    listed = VECTORS[name]["passes"]
    assert [each["number"] for each in listed] == list(range(1, len(listed) + 1))
    pairs = zip(METHODS[name].passes, listed, strict=True)
    return [(_begun(planned, each), each) for planned, each in pairs]


def test_pass_vectors__folder__one_file_for_each_method() -> None:
    """No method goes without vectors, and no vector without its method."""
    assert set(VECTORS) == set(METHODS)
    assert all(vector["scheme"] == name for name, vector in VECTORS.items())


@pytest.mark.parametrize("name", METHODS)
def test_pass__each_of_its_vectors__same_bytes(name: str) -> None:
    """What a pass puts on a device is, byte for byte, what the independent table says."""
    for pattern, vector_pass in _patterns(name):
        if isinstance(pattern, FixedPattern):
            assert pattern.repeat.hex() == vector_pass["bytes_hex"]
        assert vector_pass["ranges"]
        for span in vector_pass["ranges"]:
            made = expected_bytes(pattern, span["start_byte"], span["length_bytes"])
            assert hashlib.sha256(made).hexdigest() == span["sha256"], vector_pass["number"]


@pytest.mark.parametrize("name", METHODS)
def test_pass_vectors__their_sizes__odd_and_on_both_sectors(name: str) -> None:
    """Sizes are odd numbers of sectors of both kinds, one beyond three units and out of step."""
    devices = VECTORS[name]["devices"]
    assert {device["sector_bytes"] for device in devices} == {512, 4096}
    for device in devices:
        assert device["size_bytes"] // device["sector_bytes"] % 2 == 1
        assert device["size_bytes"] % device["sector_bytes"] == 0
    largest = max(device["size_bytes"] for device in devices)
    assert largest > 3 * UNIT_BYTES
    assert largest % 3
    assert largest % UNIT_BYTES
    for each in VECTORS[name]["passes"]:
        assert {span["size_bytes"] for span in each["ranges"]} == {d["size_bytes"] for d in devices}


@pytest.mark.parametrize("device", [0, 1, 2])
@pytest.mark.parametrize("name", ["gutmann-35", "dod-5220-22-m-ece", "navso-p-5239-26-rll"])
def test_writer__passes_over_one_file__vector_holds_after_each(
    tmp_path: Path, name: str, device: int
) -> None:
    """Pass after pass over the same file, the writer leaves what the vector says."""
    size = VECTORS[name]["devices"][device]["size_bytes"]
    path, whole = tmp_path / "drive", Extent(start_byte=0, end_byte=size)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        for pattern, vector_pass in _patterns(name):
            writer = Writer(
                descriptor, content_of(pattern), whole, Handling(sector_bytes=512, leaf_bytes=512)
            )
            assert writer.run(lambda: None).flushed
            for span in vector_pass["ranges"]:
                if span["size_bytes"] == size:
                    found = os.pread(descriptor, span["length_bytes"], span["start_byte"])
                    assert hashlib.sha256(found).hexdigest() == span["sha256"]
        assert path.stat().st_size == size
    finally:
        os.close(descriptor)


def test_pass_vectors__generated_again__same_bytes() -> None:
    """The files in the repository are exactly what the Perl generator makes."""
    command = ["perl", str(FOLDER / "make_vectors.pl"), "--check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
