"""What lets an interrupted job go on, with an engine that only answers."""

import contextlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from wipe_station import smart
from wipe_station.detect.classify import classify
from wipe_station.errors import RefusedByPolicyError
from wipe_station.evidence import JobEvidence, replay
from wipe_station.job import Going, OpenJob
from wipe_station.journal import Journal
from wipe_station.records import Strength
from wipe_station.run_state import Kind
from wipe_station.testing import raw_disk, raw_snapshot
from wipe_station.tests.jobs import Step, checkpoint, intent, plan_record, write

MARK = 4096
RESUMED: Step = (Kind.RESUMED, {})
STOPPED = [plan_record(), intent(1), checkpoint(1, MARK), RESUMED]
NOTHING_WRITTEN = [plan_record(), RESUMED]
DEVICE = classify(raw_snapshot({"sda": raw_disk()})).devices[0]
WEAK = replace(DEVICE, identity_strength=Strength.BRIDGE)


@dataclass(slots=True)
class Answers:
    """Stands for an engine: what it was asked for, and what it says of the tail."""

    journal: Journal
    tail: tuple[bool, int] | None
    asked: list[object] = field(default_factory=list)

    def evidence(self) -> JobEvidence:
        """Return what the journal proves."""
        return replay(self.journal.history())

    def check_tail(self, pattern: object, end_byte: int, holes: object) -> tuple[bool, int] | None:
        """Say what was told."""
        del pattern, holes
        self.asked.append(end_byte)
        return self.tail

    def rest(self) -> None:
        """Nobody is hot here."""

    def go_on(self) -> None:
        """Nobody rests."""

    def run(self, on_progress: object) -> JobEvidence:
        """Do nothing, and be seen."""
        del on_progress
        self.asked.append("run")
        return self.evidence()


class NoSigner:
    """Signs nothing."""

    def sign(self, journal: Journal) -> None:
        """Do nothing."""


@pytest.fixture(autouse=True)
def no_smart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask no drive about its health."""
    monkeypatch.setattr(smart, "ask", lambda _: {})


def reopened(journal: Journal, engine: Any, going: Any = DEVICE, confirm: Any = None) -> OpenJob:
    """Return a job as ``Station.reopen`` opens it."""
    signer: Any = NoSigner()
    return OpenJob(
        job_id="job",
        journal=journal,
        issuer=signer,
        held=contextlib.ExitStack(),
        going=Going(engine=engine, device=going, resuming=True, confirm=confirm),
    )


def last(journal: Journal) -> list[tuple[str, Any]]:
    """Return what was written behind the resumption, but for what the drive says of itself."""
    records = journal.history().records
    (resumed,) = (r.number for r in records if r.kind == Kind.RESUMED.value)
    behind = records[resumed + 1 :]
    return [(each.kind, each.data) for each in behind if each.kind != Kind.MEASURED.value]


@pytest.mark.parametrize("matched", [True, False])
def test_run__resumed__what_stands_before_the_mark_is_read_first(
    tmp_path: Path, matched: bool
) -> None:
    """The tail is asked for before the engine goes on, and its answer is written down."""
    journal = write(tmp_path, STOPPED)
    engine = Answers(journal=journal, tail=(matched, MARK))
    reopened(journal, engine).run(lambda _: None)
    assert engine.asked == [MARK, "run"]
    assert last(journal) == [("tail-checked", {"matched": matched, "verified_bytes": MARK})]


@pytest.mark.parametrize("device", [DEVICE, WEAK], ids=["strong", "weak"])
def test_run__tail_not_read_to_its_end__job_waits(tmp_path: Path, device: Any) -> None:
    """What nobody has read is neither right nor wrong: nothing goes on, nothing is taken back."""
    journal = write(tmp_path, STOPPED)
    engine = Answers(journal=journal, tail=None)
    reopened(journal, engine, device).run(lambda _: None)
    assert engine.asked == [MARK]
    assert last(journal) == []


@pytest.mark.parametrize("strength", [Strength.BRIDGE, Strength.NONE])
@pytest.mark.parametrize("confirm", [None, DEVICE.confirmation])
def test_run__weak_identity_and_other_content__refused(
    tmp_path: Path, strength: Strength, confirm: str | None
) -> None:
    """A serial that may be the bridge's, and content that is not ours: it may be somebody's."""
    journal = write(tmp_path, STOPPED)
    engine = Answers(journal=journal, tail=(False, 0))
    weak = replace(DEVICE, identity_strength=strength)
    with pytest.raises(RefusedByPolicyError) as refused:
        reopened(journal, engine, weak, confirm).run(lambda _: None)
    assert refused.value.hint is not None
    assert "--confirm" not in refused.value.hint.en, "it would not help"
    assert engine.asked == [MARK]
    assert last(journal) == []


def test_run__weak_identity_and_our_content__goes_on(tmp_path: Path) -> None:
    """What the job wrote last is the better identity."""
    journal = write(tmp_path, STOPPED)
    engine = Answers(journal=journal, tail=(True, MARK))
    reopened(journal, engine, WEAK).run(lambda _: None)
    assert engine.asked == [MARK, "run"]


@pytest.mark.parametrize(
    ("confirm", "goes"), [(None, False), ("another", False), (DEVICE.confirmation, True)]
)
def test_run__weak_identity_and_nothing_written__only_with_a_person(
    tmp_path: Path, confirm: str | None, goes: bool
) -> None:
    """Where nothing can be compared, a person has to name the device again."""
    journal = write(tmp_path, NOTHING_WRITTEN)
    engine = Answers(journal=journal, tail=None)
    job = reopened(journal, engine, WEAK, confirm)
    with contextlib.nullcontext() if goes else pytest.raises(RefusedByPolicyError):
        job.run(lambda _: None)
    assert engine.asked == (["run"] if goes else [])
