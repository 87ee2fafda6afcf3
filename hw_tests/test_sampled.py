"""Sampled verification of a job: what is read and claimed, and when all of it is read after all."""

from pathlib import Path
from typing import Any

import pytest

from hw_tests.command import Said, document, first_start, openssl_agrees, station
from hw_tests.independent_stream import sampled_ranges, unit_bytes
from hw_tests.lab.faults import Effect, Fault, Op
from hw_tests.lab.fuse_medium import faulty_drive

UNIT = 1 << 20
SIZE = 20 * UNIT + 512
METHOD = ("--method", "random", "--verify", "sample:20%")


def wipe(folder: Path, *faults: Fault) -> tuple[Said, dict[str, Any], dict[str, Any]]:
    """Wipe a drive, read a fifth of it back; return the document, and what the medium was asked."""
    state = folder / "state"
    first_start(state)
    with faulty_drive(folder, SIZE, *faults) as (drive, medium):
        said = station(state, "wipe", drive.node, "--confirm", drive.file, *METHOD, "--json")
        assert said.code in (0, 3), said
        counts, truth = medium.counts(), medium.truth()
    bundle = Path(said.event("end")["bundle"])
    statement = document(bundle, "certificate.json" if said.code == 0 else "notice.json")
    assert counts["read_bytes"] >= statement["verification"]["verified_bytes"]
    if said.code == 0:
        assert openssl_agrees(bundle, Path(said.event("end")["root"]), folder)
        _is_what_it_says(statement, truth)
    return said, statement, counts


def _is_what_it_says(statement: dict[str, Any], truth: bytes) -> None:
    """Compare the places that the document names with what is really there."""
    key = bytes.fromhex(statement["passes"][-1]["pattern"]["key_hex"])
    for low, high in sampled_ranges(statement["verification"]["sample"], SIZE):
        assert truth[low:high] == unit_bytes(key, low // UNIT, high - low)


def test_sampled__honest_medium__certified_with_its_guarantee(folder: Path) -> None:
    """A fifth is read and no more is called verified; the document says what that proves."""
    _, statement, counts = wipe(folder)
    said = statement["verification"]
    assert said["kind"] == "sampled"
    ranges = sampled_ranges(said["sample"], SIZE)
    assert said["verified_bytes"] == sum(high - low for low, high in ranges)
    assert said["verified_bytes"] + said["unread_bytes"] == SIZE
    assert said["verified_bytes"] <= counts["read_bytes"] < SIZE // 2
    assert said["sample"]["units"] == 21
    assert said["sample"]["strata"] == 5
    assert "verification-sampled" in statement["not_checked"]


@pytest.mark.parametrize("place", [0, SIZE - 512], ids=["first unit", "last unit"])
def test_sampled__flipped_bit_at_an_end__content_differs(folder: Path, place: int) -> None:
    """Both ends are in every sample."""
    flip = Fault(effect=Effect.FLIP, op=Op.READ, start_byte=place, end_byte=place + 1)
    said, statement, _ = wipe(folder, flip)
    assert (said.code, statement["notice"]["reason"]["code"]) == (3, "content-differs")
    assert statement["verification"]["first_mismatch_byte"] == place
    assert statement["verification"]["kind"] == "sampled"


def test_sampled__everything_dropped__content_differs(folder: Path) -> None:
    """A drive that writes nothing is found by any sample."""
    said, statement, _ = wipe(folder, Fault(effect=Effect.DROP))
    assert (said.code, statement["notice"]["reason"]["code"]) == (3, "content-differs")


@pytest.mark.parametrize("op", [Op.WRITE, Op.READ])
def test_sampled__bad_sector__all_of_it_is_read_after_all(folder: Path, op: Op) -> None:
    """A drive that refuses something is no drive to speak of by a sample."""
    bad = Fault(effect=Effect.ERROR, op=op, start_byte=512, end_byte=1024)
    said, statement, _ = wipe(folder, bad)
    assert (said.code, statement["notice"]["reason"]["code"]) == (3, "bad-sectors")
    assert statement["verification"]["kind"] == "full"
    assert statement["verification"]["verified_bytes"] == SIZE - 512
    assert statement["not_reached_bytes"] == 512


def test_sampled__under_a_policy__refused_before_anything(folder: Path) -> None:
    """No policy wants a sample; nothing is written, and the way out is said."""
    state = folder / "state"
    first_start(state)
    with faulty_drive(folder, SIZE) as (drive, medium):
        said = station(state, "wipe", drive.node, "--confirm", drive.file, "--verify", "sample:20%")
        assert said.code == 2
        assert "--method" in said.err
        assert medium.counts()["written_bytes"] == 0
