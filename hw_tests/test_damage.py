"""What damage costs: one sector for one sector, and not more than patience where all is broken."""

import random
from pathlib import Path

import pytest

from hw_tests.in_process import quick_station, wipe
from hw_tests.lab.faults import Effect, Fault, Op
from hw_tests.lab.fuse_medium import faulty_drive
from wipe_station.overwrite.damage import USUAL
from wipe_station.overwrite.pump import THREADS

SIZE_BYTES = 8 << 20
SECTOR_BYTES = 512
BAD_SECTORS = 10_000
SEED = 20261125
FAILED_CALLS = 60
"""A unit is halved eleven times down to a sector; each half is tried, in writing and in reading."""


@pytest.mark.parametrize("op", [Op.WRITE, Op.READ])
def test_damage__one_bad_sector__costs_that_sector_and_a_few_attempts(folder: Path, op: Op) -> None:
    """The document lists 512 bytes, and the device was not asked hundreds of times for them."""
    at = 5 << 20 | 77 * SECTOR_BYTES
    bad = Fault(effect=Effect.ERROR, op=op, start_byte=at, end_byte=at + SECTOR_BYTES)
    with (
        quick_station(folder / "state") as station,
        faulty_drive(folder, SIZE_BYTES, bad) as (drive, medium),
    ):
        statement = wipe(station, drive.node, "random")
        (met,) = medium.counts()["met"]
    assert statement["outcome"] == "verified-with-exceptions"
    assert statement["not_reached_bytes"] == SECTOR_BYTES
    assert 0 < met <= FAILED_CALLS


def test_damage__ten_thousand_bad_sectors__given_up_with_the_advice_to_destroy(
    folder: Path,
) -> None:
    """A drive that is mostly broken is worth nobody's day: it ends within the limits."""
    print(f"seed {SEED}")
    chosen = random.Random(SEED).sample(range(SIZE_BYTES // SECTOR_BYTES), BAD_SECTORS)
    bad = [
        Fault(effect=Effect.ERROR, start_byte=n * SECTOR_BYTES, end_byte=(n + 1) * SECTOR_BYTES)
        for n in chosen
    ]
    with (
        quick_station(folder / "state") as station,
        faulty_drive(folder, SIZE_BYTES) as (drive, medium),
    ):
        medium.follow(*bad)
        statement = wipe(station, drive.node, "random")
        assert any(medium.counts()["met"])
    assert statement["outcome"] == "failed"
    reason = statement["notice"]["reason"]
    assert reason["code"] == "too-many-errors"
    assert "destroy it physically" in reason["en"]
    assert "物理销毁" in reason["zh"]
    assert statement["measures"]["io_errors"] < USUAL.most_places + 4 * THREADS
    assert statement["not_reached_bytes"] > BAD_SECTORS * SECTOR_BYTES
