"""A drive against its certificate, by anybody: in full, at sampled places, and what is refused."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from certs.errors import CertificateError
from hw_tests.command import station
from hw_tests.in_process import quick_station, wipe
from hw_tests.lab.faults import Effect, Fault, Op
from hw_tests.lab.fuse_medium import FuseMedium, fuse_medium
from hw_tests.loop import LoopDrive, attach, detach, loop_drive, make_file, scratch
from wipe_station.errors import InvalidInputError
from wipe_station.overwrite.sampling import SAMPLE_BYTES, SEED_BYTES, Sample, sample_of
from wipe_station.recheck import Finding, Recheck, believed, recheck

SIZE_BYTES = (24 << 20) + 512
SECTOR_BYTES = 512
SEED = 20261125
NOW = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """A wiped drive on a medium that can be told to fail, and what was signed about it."""

    drive: LoopDrive
    medium: FuseMedium
    statement: dict[str, Any]
    bundle: Path
    root_pem: bytes

    def check(self, count: int | None = None, seed: bytes | None = None) -> Recheck:
        """Recheck the drive, in full or at some places."""
        chance = random.Random(SEED)
        drawn = seed or chance.randbytes(SEED_BYTES)

        def sample(size_bytes: int) -> Sample:
            return sample_of(size_bytes, drawn, count or 1)

        wanted = None if count is None else sample
        return recheck(self.drive.node, self.statement, wanted, lambda *_: None)


@pytest.fixture(scope="module", params=["random", "zero-one-random", "zero"])
def wiped(request: pytest.FixtureRequest) -> Iterator[Certified]:
    """Return a drive wiped by one of several methods."""
    with ExitStack() as held:
        folder = held.enter_context(scratch())
        medium = held.enter_context(fuse_medium(folder, SIZE_BYTES))
        station = held.enter_context(quick_station(folder / "state"))
        drive = attach(medium.disk)
        held.callback(detach, drive)
        statement = wipe(station, drive.node, request.param)
        (bundle,) = (folder / "state" / "bundles").glob("[!.]*")
        root_pem = (folder / "state" / "keys" / "practice-root.pem").read_bytes()
        yield Certified(
            drive=drive, medium=medium, statement=statement, bundle=bundle, root_pem=root_pem
        )


def change(wiped: Certified, at: int) -> None:
    """Invert one bit on the medium, past everybody."""
    with Path(wiped.drive.node).open("r+b", buffering=0) as device:
        device.seek(at)
        old = device.read(1)
        device.seek(at)
        device.write(bytes([old[0] ^ 1]))


def test_recheck__untouched__same_in_full_and_at_every_sample(wiped: Certified) -> None:
    """What was certified is found again, from the certificate alone."""
    verdict = believed(wiped.bundle, wiped.root_pem, allow_practice=True, now=NOW)
    assert verdict.statement == wiped.statement
    full = wiped.check()
    assert (full.finding, full.verified_bytes) == (Finding.SAME, SIZE_BYTES)
    sampled = wiped.check(count=40)
    assert sampled.finding is Finding.SAME
    assert sampled.guarantee is not None
    assert sampled.verified_bytes == (sampled.guarantee.sampled_units - 1) * SAMPLE_BYTES + 512


def test_recheck__one_changed_sector__found_in_full_and_named(wiped: Certified) -> None:
    """In full mode no change anywhere is missed, and its first LBA is told."""
    chance = random.Random(SEED)
    places = [0, SIZE_BYTES - 1, *(chance.randrange(SIZE_BYTES) for _ in range(8))]
    for at in places:
        change(wiped, at)
        found = wiped.check()
        change(wiped, at)
        assert found.finding is Finding.DIFFERS, at
        assert (found.first_mismatch_byte, found.first_mismatch_lba) == (at, at // SECTOR_BYTES)
    assert wiped.check().finding is Finding.SAME


def test_recheck__changed_in_a_sampled_place__found(wiped: Certified) -> None:
    """A sample compares what it reads, byte by byte, where it says that it reads."""
    seed = random.Random(SEED).randbytes(SEED_BYTES)
    for start, end in list(sample_of(SIZE_BYTES, seed, 10).ranges())[::3]:
        change(wiped, end - 1)
        found = wiped.check(count=10, seed=seed)
        change(wiped, end - 1)
        assert (found.finding, found.first_mismatch_byte) == (Finding.DIFFERS, end - 1), start


def test_recheck__sector_that_cannot_be_read__unreadable_and_no_more_claimed(
    wiped: Certified,
) -> None:
    """What was not read is not called equal."""
    wiped.medium.follow(
        Fault(effect=Effect.ERROR, op=Op.READ, start_byte=5 << 20, end_byte=(5 << 20) + 512)
    )
    try:
        full, sampled = wiped.check(), wiped.check(count=SIZE_BYTES // SAMPLE_BYTES + 1)
    finally:
        wiped.medium.tell(lift=True)
    for found in (full, sampled):
        assert found.finding is Finding.UNREADABLE
        assert found.verified_bytes < SIZE_BYTES
        assert found.failures[0].errno_name == "EIO"


def test_recheck__device_of_another_size__never_the_same(wiped: Certified) -> None:
    """A drive that shrank, grew, or is another one is not what was certified."""
    with scratch() as folder, loop_drive(folder, SIZE_BYTES + 512) as other:
        found = recheck(other.node, wiped.statement, None, lambda *_: None)
    assert (found.finding, found.verified_bytes) == (Finding.ANOTHER_SIZE, 0)


def test_recheck__medium__not_written(wiped: Certified) -> None:
    """A recheck reads."""
    before = wiped.medium.counts()
    wiped.check()
    wiped.check(count=10)
    after = wiped.medium.counts()
    assert after["written_bytes"] == before["written_bytes"]
    assert after["read_bytes"] >= before["read_bytes"] + SIZE_BYTES, "the device itself was asked"


def test_command__each_end__says_it_and_has_its_exit_code(wiped: Certified) -> None:
    """Same, other content, unknown signer, nothing to compare: told apart by words and codes."""
    state = wiped.bundle.parents[1]
    root = state / "keys" / "practice-root.pem"
    words = ("recheck", wiped.drive.node, wiped.bundle, "--allow-practice")
    same = station(state, *words, "--root", root)
    assert (same.code, "Every byte is as certified" in same.out) == (0, True), same
    unknown = station(state, *words, "--full")
    assert (unknown.code, "Signer unknown" in unknown.out) == (5, True), unknown
    change(wiped, 4711)
    differs = station(state, *words, "--root", root, "--json")
    change(wiped, 4711)
    assert (differs.code, differs.event("recheck")["lba"]) == (3, 4711 // 512), differs
    practice = station(state, "recheck", wiped.drive.node, wiped.bundle)
    assert practice.code == 6, "a practice document is wanted or refused"
    assert station(state, "recheck", wiped.drive.node, wiped.bundle.parent / "none").code == 2
    assert station(state, "recheck", "/dev/none", wiped.bundle, "--allow-practice").code == 2


def test_believed__changed_certificate_or_none__refused(wiped: Certified, tmp_path: Path) -> None:
    """Nothing is compared with a document that cannot be believed."""
    copy = tmp_path / "bundle"
    copy.mkdir()
    for file in wiped.bundle.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    document = copy / "certificate.json"
    document.write_bytes(document.read_bytes().replace(b"verified", b"verifiee", 1))
    with pytest.raises(CertificateError):
        believed(copy, wiped.root_pem, allow_practice=True, now=NOW)
    with pytest.raises(InvalidInputError):
        believed(make_file(tmp_path, 0).parent / "none", None, allow_practice=True, now=NOW)
