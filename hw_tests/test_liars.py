"""Media that lie or fail, under a real loop device: found, named, never certified."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from hw_tests.command import document, first_start, station
from hw_tests.lab.faults import Effect, Fault, Op
from hw_tests.lab.fuse_medium import faulty_drive

SIZE = (80 << 20) + 512
UNIT = 1 << 20
MIDDLE = 41 * UNIT + 3 * 512


def wipe(folder: Path, method: str, *faults: Fault) -> tuple[int, dict[str, Any]]:
    """Wipe a faulty drive for real; return the exit code and the signed document."""
    state = folder / "state"
    first_start(state)
    with faulty_drive(folder, SIZE, *faults) as (drive, medium):
        arguments = ("--confirm", drive.file, "--method", method, "--json")
        said = station(state, "wipe", drive.node, *arguments)
        assert said.code in (0, 3), said
        asked = medium.counts()
    bundle = Path(said.event("end")["bundle"])
    name = "certificate.json" if said.code == 0 else "notice.json"
    statement = document(bundle, name)
    assert asked["read_bytes"] >= statement["verification"]["verified_bytes"], (
        "what counts as verified was really read from the medium, not from a cache"
    )
    return said.code, statement


@pytest.mark.parametrize("method", ["random", "zero"])
def test_wipe__honest_medium__verified(folder: Path, method: str) -> None:
    """Without rules the faulty file is an honest medium: the checks below can also pass."""
    code, statement = wipe(folder, method)
    assert (code, statement["outcome"]) == (0, "verified")


@pytest.mark.parametrize(
    ("fault", "first"),
    [
        (Fault(effect=Effect.DROP, start_byte=MIDDLE, end_byte=MIDDLE + 512), MIDDLE),
        (Fault(effect=Effect.DROP, start_byte=0, end_byte=SIZE), 0),
        (Fault(effect=Effect.DROP, start_byte=SIZE - 512, end_byte=SIZE), SIZE - 512),
        (Fault(effect=Effect.STALE, op=Op.READ, start_byte=MIDDLE, end_byte=MIDDLE + 4096), MIDDLE),
        (Fault(effect=Effect.FLIP, op=Op.READ, start_byte=MIDDLE, end_byte=MIDDLE + 1), MIDDLE),
        (Fault(effect=Effect.WRAP, end_byte=64 * UNIT + 512), None),
        (Fault(effect=Effect.WRAP, end_byte=SIZE - 512), None),
    ],
    ids=[
        "one sector dropped",
        "all dropped",
        "last sector dropped",
        "stale",
        "flip",
        "wrap",
        "wrap by a sector",
    ],
)
def test_wipe__lying_medium__content_differs_at_the_offset(
    folder: Path, fault: Fault, first: int | None
) -> None:
    """Dropped writes, stale reads, flipped bits and false capacity never verify."""
    code, statement = wipe(folder, "random", fault)
    assert (code, statement["notice"]["reason"]["code"]) == (3, "content-differs")
    if first is not None:
        # A stream byte equals what stands there instead once in 256 times.
        named = statement["verification"]["first_mismatch_byte"]
        assert first <= named < first + 16


@pytest.mark.parametrize("true_capacity", [UNIT, 64 * UNIT, 70 * UNIT + 512, SIZE - 512])
def test_wipe__zeros_on_a_wrapping_medium__capacity_not_real(
    folder: Path, true_capacity: int
) -> None:
    """A method that cannot see a false capacity by itself finds it by its probes."""
    code, statement = wipe(folder, "zero", Fault(effect=Effect.WRAP, end_byte=true_capacity))
    assert (code, statement["notice"]["reason"]["code"]) == (3, "capacity-not-real")
    assert statement["probes"]["outcome"] == "failed"
    assert not any(each["attempts"] for each in statement["passes"]), "no pass was begun"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (
            Fault(effect=Effect.ERROR, start_byte=MIDDLE, end_byte=MIDDLE + 512),
            "bad-sectors",
        ),
        (
            Fault(effect=Effect.ERROR, op=Op.READ, start_byte=MIDDLE, end_byte=MIDDLE + 512),
            "bad-sectors",
        ),
        (Fault(effect=Effect.ERROR, op=Op.FLUSH, start_byte=0, end_byte=SIZE), "flush-error"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wipe__failing_medium__not_erased_with_the_error(
    folder: Path, fault: Fault, code: str
) -> None:
    """An error of the medium ends in a notice that names it, and nothing counts that failed."""
    exit_code, statement = wipe(folder, "random", fault)
    assert (exit_code, statement["notice"]["reason"]["code"]) == (3, code)
    assert "EIO" in statement["notice"]["reason"]["en"]
    if code == "bad-sectors":
        what = "unverified" if fault.op is Op.READ else "unwritten"
        place = {"from_byte": MIDDLE, "to_byte": MIDDLE + 512, "what": what}
        assert statement["not_reached"] == [place], "one bad sector costs one sector"
        assert statement["outcome"] == "verified-with-exceptions"
        assert statement["verification"]["unread_bytes"] == 512
        assert statement["verification"]["verified_bytes"] == SIZE - 512
    else:
        assert statement["passes"][0]["outcome"] == "incomplete"
        assert statement["verification"]["verified_bytes"] == 0


@pytest.mark.parametrize("op", [Op.WRITE, Op.READ])
def test_wipe__zeros_on_a_bad_sector__probed_and_wiped_around_it(folder: Path, op: Op) -> None:
    """A bad sector under a probe costs that sector, and the capacity is probed all the same."""
    fault = Fault(effect=Effect.ERROR, op=op, start_byte=MIDDLE, end_byte=MIDDLE + 512)
    code, statement = wipe(folder, "zero", fault)
    assert (code, statement["notice"]["reason"]["code"]) == (3, "bad-sectors")
    assert statement["probes"]["outcome"] == "fit"
    assert statement["probes"]["refused_bytes"] == statement["not_reached_bytes"] == 512


def test_wipe__zeros_on_a_bad_first_sector__no_pass_is_begun(folder: Path) -> None:
    """Where too little of the probes is left, the capacity is not known, and nothing is claimed."""
    fault = Fault(effect=Effect.ERROR, start_byte=0, end_byte=512)
    code, statement = wipe(folder, "zero", fault)
    assert (code, statement["notice"]["reason"]["code"]) == (3, "write-error")
    assert statement["probes"]["outcome"] == "failed"
    assert not any(each["attempts"] for each in statement["passes"])


def test_discard__medium_that_cannot__says_done_and_every_byte_stays(folder: Path) -> None:
    """A discard that succeeds erases nothing by itself: only reading tells."""
    with faulty_drive(folder, UNIT) as (drive, medium):
        Path(drive.node).write_bytes(b"x" * UNIT)
        done = subprocess.run(["blkdiscard", "--force", drive.node], check=False)
        assert done.returncode == 0
        assert medium.truth() == b"x" * UNIT
