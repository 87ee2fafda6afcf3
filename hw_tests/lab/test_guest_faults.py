"""Faults on real drivers: the same scripts as on loop drives, and what a pulled cable leaves."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from hw_tests.independent_stream import first_difference
from hw_tests.lab import inside, inside_station
from hw_tests.lab.bench import Device, Kind, plug, pull
from hw_tests.lab.faults import Effect, Fault, Op
from hw_tests.lab.fuse_medium import FuseMedium, fuse_medium
from hw_tests.lab.guest import Guest
from hw_tests.lab.play import begin, was_met
from hw_tests.lab.scripts import SIZE_BYTES, STORIES, end_of
from hw_tests.loop import scratch
from hw_tests.whole_station import until

CALL_S = 120.0
LARGE_BYTES = 24 << 20
ON_ONE = [(name, (Kind.NVME, Kind.STICK)[number % 2]) for number, name in enumerate(STORIES)]
"""Each story on one of the two in turn, because a guest takes seconds for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A guest with a station in it, and a medium for whatever is plugged in."""

    guest: Guest
    medium: FuseMedium
    folder: Path

    def new_device(self, kind: Kind, size_bytes: int) -> Device:
        """Make the medium anew; return the device that it is the medium of."""
        self.medium.make(size_bytes)
        return self.device(kind, size_bytes)

    def device(self, kind: Kind, size_bytes: int) -> Device:
        """Return the device that the medium, as it is, belongs to."""
        return Device(kind=kind, name=kind.value, file=self.medium.disk, size_bytes=size_bytes)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Return a guest whose station has started before anything is plugged in."""
    with (
        scratch() as folder,
        fuse_medium(folder, SIZE_BYTES) as medium,
        Guest() as guest,
    ):
        guest.call(inside_station.start_quick, "/run/quick")
        yield Stage(guest=guest, medium=medium, folder=folder)


@pytest.mark.parametrize(("name", "kind"), ON_ONE, ids=lambda part: getattr(part, "value", part))
def test_story__on_real_drivers__ends_as_on_the_host_and_was_met(
    stage: Stage, name: str, kind: Kind
) -> None:
    """Each script ends over NVMe or USB as it ends on a loop drive."""
    story = STORIES[name]
    begin(story, stage.medium)
    made = stage.device(kind, SIZE_BYTES)
    node = plug(stage.guest, made)
    try:
        stage.medium.follow(*story.faults)
        statement = stage.guest.call(
            inside_station.quick_wipe, node, story.method, timeout_s=CALL_S
        )
        assert end_of(statement) in (story.ends, *story.or_ends), statement
        assert was_met(story, stage.medium)
    finally:
        stage.medium.tell(lift=True)
        pull(stage.guest, made)


@pytest.mark.parametrize("kind", [Kind.STICK, Kind.UAS], ids=lambda kind: kind.value)
def test_pull__in_the_middle_of_a_write__looks_like_the_end_of_the_disk(
    stage: Stage, kind: Kind
) -> None:
    """After the write in flight failed, "no space", empty reads and size 0 invite to say "done"."""
    made = stage.new_device(kind, LARGE_BYTES)
    node = plug(stage.guest, made)
    before = stage.medium.counts()["written_bytes"]
    with ThreadPoolExecutor(1) as aside:
        met = aside.submit(stage.guest.call, inside.write_until_pulled, node, timeout_s=CALL_S)
        until(lambda: stage.medium.counts()["written_bytes"] > before + (4 << 20))
        pull(stage.guest, made)
        found = met.result()
    # Pulled between two writes, "no space" is the very first word.
    assert found["in_flight"] in ("ENODEV", "EIO", "ENOSPC"), found
    assert found["then"] == {
        "write": "ENOSPC",
        "read": "b''",
        "flush": found["then"]["flush"],
        "end": "0",
        "open": found["then"]["open"],
    }
    assert found["then"]["flush"] in ("EIO", "ENODEV")
    assert found["then"]["open"] in ("ENXIO", "ENOENT", "ENODEV")


@pytest.mark.parametrize("kind", [Kind.STICK, Kind.NVME], ids=lambda kind: kind.value)
def test_job__cable_pulled_in_a_pass__indeterminate_then_resumed_to_the_end(
    stage: Stage, kind: Kind
) -> None:
    """A pulled device gets a notice, never a certificate; plugged in again the job is finished."""
    made = stage.new_device(kind, LARGE_BYTES)
    node = plug(stage.guest, made)
    stage.medium.follow(Fault(effect=Effect.DELAY, op=Op.WRITE, seconds=0.05))
    before = stage.medium.counts()["written_bytes"]
    with ThreadPoolExecutor(1) as aside:
        job = aside.submit(
            stage.guest.call, inside_station.quick_wipe, node, "random", timeout_s=CALL_S
        )
        until(lambda: stage.medium.counts()["written_bytes"] > before + (8 << 20))
        pull(stage.guest, made)
        notice = job.result()
    assert notice["outcome"] == "indeterminate", notice
    assert notice["notice"]["kind"] == "interrupted"
    stage.medium.tell(lift=True)
    plug(stage.guest, made)
    try:
        statement = stage.guest.call(inside_station.quick_resume, made.serial, timeout_s=CALL_S)
    finally:
        pull(stage.guest, made)
    assert statement["outcome"] == "verified", statement
    key = bytes.fromhex(statement["passes"][-1]["pattern"]["key_hex"])
    truth = stage.folder / "truth"
    truth.write_bytes(stage.medium.truth())
    assert first_difference(truth, key) is None


def test_medium_error__by_driver__has_different_numbers_and_always_counts(stage: Stage) -> None:
    """A bad sector is ENODATA on NVMe and EIO on USB; any number is a failure."""
    seen = {}
    for kind in (Kind.NVME, Kind.STICK):
        made = stage.new_device(kind, SIZE_BYTES)
        node = plug(stage.guest, made)
        try:
            stage.medium.follow(*STORIES["read-error"].faults)
            statement = stage.guest.call(
                inside_station.quick_wipe, node, "random", timeout_s=CALL_S
            )
        finally:
            stage.medium.tell(lift=True)
            pull(stage.guest, made)
        assert end_of(statement) == "bad-sectors"
        seen[kind] = statement["notice"]["reason"]["en"]
    assert "ENODATA" in seen[Kind.NVME]
    assert "EIO" in seen[Kind.STICK] or "ENODATA" in seen[Kind.STICK]
