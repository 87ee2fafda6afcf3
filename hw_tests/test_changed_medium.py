"""A medium that changes between the last pass and its verification: found, named, not certified."""

import contextlib
import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from certs.keys import ensure_practice_keys
from hw_tests.loop import LoopDrive, loop_drive
from wipe_station.clock import SystemClock
from wipe_station.detect.classify import classify
from wipe_station.detect.snapshot import read_snapshot
from wipe_station.engine import Engine, Target
from wipe_station.issuer import Issuer, JobEnd
from wipe_station.journal import Journal
from wipe_station.methods import all_methods
from wipe_station.plan import make_plan
from wipe_station.records import DeviceFacts, Json, Outcome
from wipe_station.run_state import Kind
from wipe_station.software import software
from wipe_station.station_log import StationLog

SIZE_BYTES = (4 << 20) + 4608
SEED = 46864
POSITIONS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A drive whose only pass is written and flushed, and whose verification is still to come."""

    drive: LoopDrive
    target: Target
    journal: Path
    issuer: Issuer
    folder: Path

    def verify(self, name: str) -> JobEnd:
        """Go on from a copy of the journal: verify in a new process, and sign what came of it."""
        copy = self.folder / f"{name}.jsonl"
        shutil.copy(self.journal, copy)
        with contextlib.closing(Journal(copy, SystemClock())) as journal:
            Engine(journal=journal, target=self.target).run(lambda _: None)
            return self.issuer.sign(journal)


def facts_of(drive: LoopDrive) -> DeviceFacts:
    """Return what detection says about one of our drives."""
    facts = classify(read_snapshot()).device(drive.name)
    assert facts is not None
    return facts


def write_only(drive: LoopDrive, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> Target:
    """Run the engine up to, not including, the verification."""
    facts = facts_of(drive)
    plan = make_plan(facts, None, all_methods()["random"], practice_keys=True)
    opening: dict[str, Json] = {
        "job_id": "20261123T120000Z-00000000",
        "plan": plan.to_json(),
        "plan_sha256": plan.sha256(),
        "software": software(),
    }
    journal.append(Kind.PLAN.value, opening)
    assert facts.diskseq is not None
    target = Target(
        node=drive.node,
        size_bytes=SIZE_BYTES,
        diskseq=facts.diskseq,
        sector_bytes=512,
        leaf_bytes=512,
    )
    engine = Engine(journal=journal, target=target)
    with monkeypatch.context() as patch:
        patch.setattr(engine, "_verify", lambda _: None)
        engine.run(lambda _: None)
    return target


@pytest.fixture
def written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    """Return a drive between its last pass and its verification."""
    for name in ("keys", "bundles"):
        (folder / name).mkdir()
    signer = ensure_practice_keys(folder / "keys", SystemClock().utc()).signer
    log = StationLog(folder, SystemClock(), signer.key_id)
    issuer = Issuer(folder / "bundles", signer, log, SystemClock())
    with loop_drive(folder, SIZE_BYTES) as drive:
        with contextlib.closing(Journal(folder / "job.jsonl", SystemClock())) as journal:
            target = write_only(drive, journal, monkeypatch)
        yield Written(
            drive=drive,
            target=target,
            journal=folder / "job.jsonl",
            issuer=issuer,
            folder=folder,
        )


def flip(file: Path, offset: int) -> None:
    """Change one bit of the medium through its backing file."""
    with file.open("r+b") as opened:
        opened.seek(offset)
        byte = opened.read(1)[0]
        opened.seek(offset)
        opened.write(bytes([byte ^ 0x10]))
        os.fsync(opened.fileno())


def test_verify__any_changed_byte__fails_and_names_the_offset(written: Written) -> None:
    """First, last and 100 seeded bytes, one at a time: no certificate, the offset named."""
    print(f"seed {SEED}")
    seeded = random.Random(SEED).sample(range(1, SIZE_BYTES - 1), POSITIONS)
    for offset in (0, SIZE_BYTES - 1, *seeded):
        flip(written.drive.file, offset)
        end = written.verify(f"flipped-{offset}")
        flip(written.drive.file, offset)
        assert end.outcome is Outcome.FAILED
        assert end.statement["type"] == "notice"
        assert end.statement["notice"]["reason"]["code"] == "content-differs"
        assert end.statement["verification"]["first_mismatch_byte"] == offset
        assert not list(end.bundle.glob("certificate.*"))
        shutil.rmtree(end.bundle)


def test_verify__unchanged__certificate(written: Written) -> None:
    """Left alone, the same drive and journal end in a certificate: the check above can pass."""
    end = written.verify("unchanged")
    assert end.outcome is Outcome.VERIFIED
    assert (end.bundle / "certificate.json").exists()


def test_verify__two_changes__the_first_is_named_and_both_are_counted(written: Written) -> None:
    """Of several differences the lowest offset is named, and their sectors add up."""
    for offset in (3 << 20, 513):
        flip(written.drive.file, offset)
    verification = written.verify("two").statement["verification"]
    assert verification["first_mismatch_byte"] == 513
    assert verification["mismatched_bytes"] == 1024
    assert verification["verified_bytes"] == SIZE_BYTES - 1024
