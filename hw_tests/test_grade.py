"""What the wipe itself measures on real block devices, and the grade that follows from it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hw_tests.command import Said, document, first_start, station
from hw_tests.lab.faults import Effect, Fault, Op
from hw_tests.lab.fuse_medium import faulty_drive
from hw_tests.loop import loop_drive
from hw_tests.throttle import throttled
from wipe_station.smart import ask_node

ZONES = 16
SIZE_BYTES = ZONES * 36 << 20
BYTES_PER_S = 60 << 20
"""Slow enough for half a second and more in each zone."""


@pytest.fixture
def state(folder: Path) -> Path:
    """Return the state directory of a station that has started before any drive came."""
    first_start(folder / "state")
    return folder / "state"


def evaluated(bundle: Path) -> tuple[int, dict[str, Any]]:
    """Return what ``wipe-grade`` says of a bundle, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "grading", "evaluate", bundle, "--json"],
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, json.loads(done.stdout)


def wiped(state: Path, node: str, file: Path, code: int, before: tuple[str, ...] = ()) -> Said:
    """Wipe a drive with one random pass; it must end with the code given."""
    words = ("wipe", node, "--confirm", file, "--method", "random", "--json")
    said = station(state, *words, before=before)
    assert said.code == code, said
    return said


def test_wipe__large_enough__speed_of_every_zone_signed_and_regraded(
    state: Path, folder: Path
) -> None:
    """All zones of both directions are measured; a stranger gets the signed grade from them."""
    with loop_drive(folder, SIZE_BYTES) as drive, throttled(drive, BYTES_PER_S) as before:
        said = wiped(state, drive.node, drive.file, 0, before)
    bundle = Path(said.event("end")["bundle"])
    statement = document(bundle)
    measures = statement["measures"]
    for what in ("write", "read"):
        slowest = measures[f"{what}_slowest_zone_bytes_per_s"]
        fastest = measures[f"{what}_fastest_zone_bytes_per_s"]
        assert 0 < slowest <= fastest < 2 * BYTES_PER_S, "the limit's own speed, not a cache's"
        assert measures[f"{what}_zone_drop_percent"] == 100 - slowest * 100 // fastest
    code, regraded = evaluated(bundle)
    assert code == 0
    assert {axis: each["grade"] for axis, each in regraded["axes"].items()} == {
        axis: statement["grade"][axis] for axis in ("function", "appearance", "life")
    }


def test_wipe__grade_edited_in_the_document__difference_named(state: Path, folder: Path) -> None:
    """Who writes a better grade into the paper is caught by the rules alone."""
    with loop_drive(folder, 1 << 20) as drive:
        bundle = Path(wiped(state, drive.node, drive.file, 0).event("end")["bundle"])
    edited = folder / "edited"
    shutil.copytree(bundle, edited)
    statement = document(bundle)
    assert statement["grade"]["life"] == "unknown"
    statement["grade"]["life"] = "good"
    (edited / "certificate.json").write_text(json.dumps(statement), "utf-8")
    assert evaluated(bundle)[0] == 0
    assert evaluated(edited)[0] == 3


def test_wipe__medium_with_a_read_error__grade_of_function_is_bad(
    state: Path, folder: Path
) -> None:
    """What the wipe met on its way stands in the grade, signed in the notice."""
    rule = Fault(effect=Effect.ERROR, op=Op.READ, start_byte=3 << 20, end_byte=(3 << 20) + 512)
    with faulty_drive(folder, 8 << 20, rule) as (drive, _):
        bundle = Path(wiped(state, drive.node, drive.file, 3).event("end")["bundle"])
    notice = document(bundle, "notice.json")
    assert notice["measures"]["io_errors"] > 0
    assert notice["grade"]["function"] == "bad"
    assert evaluated(bundle)[0] == 0


def test_smartctl__on_a_loop_drive__asked_and_unknown(folder: Path) -> None:
    """The real program is asked; what it does not know is unknown, and no fault."""
    with loop_drive(folder, 1 << 20) as drive:
        assert ask_node(drive.node) == {"unknown": "no-smart"}
