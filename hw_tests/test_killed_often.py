"""One job, killed a hundred times: worker, station, both, wherever a seed says.

Each time the drive stops answering at a seeded byte or flush, so that it is the evidence and no
clock that says where the job stands when it is killed; some kills come before, as the journal has
grown by a seeded number of records. The medium has a volatile cache: at some kills its power goes,
too, and what was called durable must be there past it.
"""

import contextlib
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

import pytest

from hw_tests.claims import check_claims
from hw_tests.command import document, first_start, openssl_agrees, station
from hw_tests.killable import work
from hw_tests.lab.faults import Effect, Fault, Op
from hw_tests.lab.fuse_medium import FuseMedium, fuse_medium
from hw_tests.loop import LoopDrive, attach, detach, scratch
from hw_tests.test_kill import assert_erased
from hw_tests.test_returns import holders
from hw_tests.whole_station import begin, children, command_line, until, whole_station
from wipe_station.evidence import JobEvidence, replay
from wipe_station.issuer import PdfMaker
from wipe_station.journal_format import parse
from wipe_station.overwrite.stream import expected_bytes
from wipe_station.records import Outcome
from wipe_station.run_state import Kind

SEED = 20261126
KILLS = 100
SIZE_BYTES = (16 << 20) + (3 << 18) + 512
"""Not a multiple of the unit: the tail is a prefix."""
FURTHEST_BYTES = 3 << 20
"""Beyond the mark: so far a pass may come before it is killed."""
SLOW = Fault(effect=Effect.DELAY, seconds=0.1)
"""A pass lasts for several marks."""
RECORDS = 4
"""Of a start: resumed, tail checked, step begun, first mark."""


class Victim(Enum):
    """Who is killed."""

    WORKER = "worker"
    STATION = "station"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a job is killed, and what goes with it."""

    victim: Victim
    hangs: tuple[Fault, ...]
    """The drive answers up to the first of them; the last one is met before the job's end."""
    records: int | None
    """So many more of them are enough; None waits for the drive."""
    power: int | None
    """The drive loses its power, too: the seed of what its cache keeps."""


@dataclass(slots=True, kw_only=True)
class Bench:
    """A drive and its station's state; the station runs as a child of this process."""

    state: Path
    medium: FuseMedium
    drive: LoopDrive

    def job(self) -> JobEvidence:
        """Return what the journal proves; a line that is being written is none."""
        (file,) = self.state.glob("jobs/*/journal.jsonl")
        return replay(parse(file.read_bytes(), str(file)))

    def records(self) -> int:
        """Return how many records the journal has."""
        return sum(file.read_bytes().count(b"\n") for file in self._journals())

    def _journals(self) -> list[Path]:
        return list(self.state.glob("jobs/*/journal.jsonl"))

    @contextlib.contextmanager
    def station(self) -> Iterator[ForkProcess]:
        """Start the job, or go on with it, and wait until nothing of it is left."""
        words = (self.state, self.drive.node, str(self.drive.file))
        running = multiprocessing.get_context("fork").Process(target=work, args=words)
        running.start()
        try:
            yield running
        finally:
            running.kill()
            self.medium.tell(lift=True)
            running.join()
            until(lambda: not holders(self.drive))
            running.close()

    def kill(self, moment: Moment) -> None:
        """Let the job run up to a moment, and end what the moment ends."""
        before = self.records()
        self.medium.follow(*moment.hangs, SLOW)
        with self.station() as running:
            until(lambda: self._is_reached(moment, before) or not running.is_alive())
            assert running.is_alive(), "a job that ended by itself was not killed"
            self._end(moment.victim, running)
            if moment.power is not None:
                self.medium.tell(cut_power=moment.power)
            else:
                self.medium.tell(lift=True)
            if moment.victim is Victim.WORKER:
                running.join()
                assert running.exitcode == 0, "a station outlives its worker, and ends in order"

    def _is_reached(self, moment: Moment, before: int) -> bool:
        if moment.records is not None and self.records() - before >= moment.records:
            return True
        return any(self.medium.counts()["met"][: len(moment.hangs)])

    def _end(self, victim: Victim, running: ForkProcess) -> None:
        assert running.pid is not None, "it was started"
        if victim is Victim.WORKER:
            os.kill(until(lambda: worker_of(running)), signal.SIGKILL)
        elif victim is Victim.BOTH and (worker := worker_of(running)) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        if victim is not Victim.WORKER:
            running.kill()


def worker_of(running: ForkProcess) -> int | None:
    """Return the process that has the drive in its hands."""
    pids = children(running.pid or 0)
    return next((pid for pid in pids if b"wipe_station.worker" in command_line(pid)), None)


def draw(chance: random.Random, job: JobEvidence | None) -> Moment:
    """Draw the next moment for a job as it stands."""
    victim = chance.choice(list(Victim))
    # A worker may end by itself at any record; one whose drive does not answer cannot.
    hasty = job is not None and victim is not Victim.WORKER and chance.random() < 0.3
    off = victim is not Victim.WORKER and chance.random() < 0.4
    return Moment(
        victim=victim,
        hangs=tuple(draw_hangs(chance, job)),
        records=chance.randrange(RECORDS + 1) if hasty else None,
        power=chance.getrandbits(30) if off else None,
    )


def draw_hangs(chance: random.Random, job: JobEvidence | None) -> Iterator[Fault]:
    """Draw where the drive stops answering, at the latest in the verification."""
    current = job.current_pass() if job is not None else None
    mark = SIZE_BYTES
    if job is None or current is not None:
        mark = current.reached_bytes() if current is not None else 0
        kind = chance.random()
        if kind < 0.2 and mark:
            yield hang_at(Op.READ, chance.randrange(mark))
        elif kind < 0.6:
            # Behind so many marks, or in the pass's last flush.
            yield Fault(effect=Effect.HANG, op=Op.FLUSH, skip=chance.randrange(3))
        else:
            yield hang_at(Op.WRITE, (mark + chance.randrange(FURTHEST_BYTES)) % SIZE_BYTES)
    at = chance.randrange(SIZE_BYTES)
    # What lies before the mark is read once more, before the job goes on.
    in_tail = at < mark and (mark < SIZE_BYTES or chance.random() < 0.6)
    yield hang_at(Op.READ, at, skip=int(in_tail))


def hang_at(op: Op, at: int, *, skip: int = 0) -> Fault:
    """Return a drive that stops answering at one byte."""
    return Fault(effect=Effect.HANG, op=op, start_byte=at, end_byte=at + 1, skip=skip)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Return a drive, and a station that has started before and makes no pages."""
    monkeypatch.setattr(PdfMaker, "add", lambda _, bundle: bundle)
    with scratch() as folder, fuse_medium(folder, SIZE_BYTES, volatile=True) as medium:
        first_start(folder / "state")
        drive = attach(medium.disk)
        try:
            yield Bench(state=folder / "state", medium=medium, drive=drive)
        finally:
            medium.tell(lift=True)
            detach(drive)


def assert_sound(bench: Bench, job: JobEvidence) -> None:
    """The journal is whole and claims no end, and no byte that is not there."""
    assert job.outcome is Outcome.INDETERMINATE
    there = bench.medium.truth()
    check_claims(bench.state, there)
    last = job.passes[-1]
    if last.completed:
        assert last.pattern is not None
        assert there == expected_bytes(last.pattern, 0, SIZE_BYTES)


def test_job__killed_a_hundred_times__ends_verified_and_tells_of_each(bench: Bench) -> None:
    """Whoever is killed, wherever: never more claimed than is there, and in the end all is done."""
    print(f"seed {SEED}")
    chance, job = random.Random(SEED), None
    met: Counter[Victim | str] = Counter()
    for number in range(KILLS):
        moment = draw(chance, job)
        print(f"kill {number}: {moment}")
        bench.kill(moment)
        job = bench.job()
        assert_sound(bench, job)
        current = job.current_pass()
        met.update([moment.victim, f"pass-{current.number}" if current else "verification"])
    print(met)
    assert min(met[victim] for victim in Victim) >= KILLS // 8
    assert len(met) == len(Victim) + len(bench.job().passes) + 1, "in each step"

    said = station(bench.state, "resume", "--json")

    assert said.code == 0, said
    bundle = bench.state / "bundles" / bench.job().job_id
    statement = document(bundle)
    assert_erased(bench.medium.truth(), statement)
    assert (bundle / "certificate.pdf").exists(), "a long story has a page, too"
    assert_told(bench, statement, met[Victim.WORKER])
    assert openssl_agrees(bundle, bench.state / "keys" / "practice-root.pem", bench.state.parent)


def assert_told(bench: Bench, statement: dict[str, Any], notices: int) -> None:
    """Compare what is signed with what was done: every start is told, every notice is named."""
    (file,) = bench.state.glob("jobs/*/journal.jsonl")
    kinds = Counter(each.kind for each in parse(file.read_bytes(), str(file)).records)
    told = statement["interruptions"]
    assert len(told) == kinds[Kind.RESUMED.value]
    assert KILLS * 0.8 < len(told) <= KILLS, "some die before their first word"
    assert {each["what"] for each in told} == {"worker-died", "station-stopped"}
    assert all("resumed_at" in each for each in told)
    assert len(statement["earlier_documents"]) == notices


DAEMON_KILLS = 12
SLOW_BYTES_PER_S = 24 << 20
DAEMONS_SIZE_BYTES = 48 << 20
LONGEST_WAIT_S = 2.5
"""From a daemon's first word on: in its self-test, at the job's opening, in a pass, at a mark."""


def test_daemon__killed_a_dozen_times__its_job_goes_on_by_itself_and_ends_verified() -> None:
    """The daemon itself, at moments that a seed draws; nobody taps anything in between."""
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    with scratch() as folder, whole_station(folder) as running:
        drive = running.plug_in(DAEMONS_SIZE_BYTES, SLOW_BYTES_PER_S)
        job = begin(running, drive)
        journal = running.state / "jobs" / job / "journal.jsonl"
        kills = 0
        while kills < DAEMON_KILLS and not is_over(journal):
            sometimes = chance.random() * LONGEST_WAIT_S
            until_or_after(lambda: is_over(journal), sometimes)
            running.kill("daemon")
            kills += 1
        until(lambda: is_over(journal))
        until(lambda: [j.outcome for j in running.board().jobs] == ["verified"])
        evidence = replay(parse(journal.read_bytes(), str(journal)))
        check_claims(running.state, drive.file.read_bytes())
    assert kills > DAEMON_KILLS // 2, "it was over too soon to say anything"
    assert evidence.interruptions, "none of the kills met the job"
    assert {each.what for each in evidence.interruptions} == {"station-stopped"}


def is_over(journal: Path) -> bool:
    """Tell whether a job's journal knows an outcome."""
    return replay(parse(journal.read_bytes(), str(journal))).outcome is not Outcome.INDETERMINATE


def until_or_after(look: Callable[[], bool], seconds: float) -> None:
    """Wait until something is so, or for a while."""
    ends = time.monotonic() + seconds
    while not look() and time.monotonic() < ends:
        time.sleep(0.02)
