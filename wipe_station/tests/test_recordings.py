"""Every recorded device is judged as its recording says it must be, without any hardware.

A new recording is a new file in ``recordings/``: ``wipe-station capture`` writes it with a draft of
``expect``, and whoever adds it says there what must follow (``CONTRIBUTING.md``).
"""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from wipe_station.detect.recording import judge, parse_recording
from wipe_station.quirk import Quirk
from wipe_station.quirks import all_quirks

RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("*.json"))


def replay(file: Path, quirks: Sequence[Quirk]) -> None:
    """Judge a recording and compare.

    Raises:
        AssertionError: the station makes something else of it than the recording expects.
    """
    recording = parse_recording(file.read_bytes())
    assert json.loads(json.dumps(judge(recording, quirks))) == recording["expect"]


def test_recordings__folder__holds_some() -> None:
    """The replay cannot run dry."""
    assert RECORDINGS


@pytest.mark.parametrize("file", RECORDINGS, ids=lambda file: file.stem)
def test_recording__replayed__facts_are_those_expected(file: Path) -> None:
    """The facts that follow from a recording are those that its expectation names."""
    replay(file, all_quirks())


@pytest.mark.parametrize("file", RECORDINGS, ids=lambda file: file.stem)
def test_recording__anybody_elses__says_what_it_is(file: Path) -> None:
    """A recording tells what was recorded, when and by which kernel, and was scrubbed."""
    recording = parse_recording(file.read_bytes())
    assert {"date", "kernel", "device", "about"} <= recording["recorded"].keys()
    assert recording["recorded"]["about"], "say in a sentence what it shows"
    assert recording["scrubbed"]
