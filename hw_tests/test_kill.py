"""SIGKILL at seeded moments: the job goes on from evidence, and its papers say so."""

import contextlib
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hw_tests.command import (
    bare_station,
    document,
    first_start,
    openssl_agrees,
    station,
    wait_for_line,
)
from hw_tests.loop import LoopDrive, loop_drive, replug, scratch, unplug
from hw_tests.throttle import throttled
from wipe_station.detect.snapshot import devno_text, read_openers
from wipe_station.evidence import replay
from wipe_station.journal_format import parse
from wipe_station.overwrite.stream import expected_bytes
from wipe_station.records import KeyedStream, Outcome
from wipe_station.state import state_lock

SIZE_BYTES = (32 << 20) + (3 << 19) + 512
"""Not a multiple of the unit: the tail is a prefix."""
BYTES_PER_S = 64 << 20
SEED = 20261123
MOMENTS = 20
LONGEST_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A slow drive with the station that works on it."""

    state: Path
    drive: LoopDrive
    before: tuple[str, ...]
    folder: Path

    def start(self) -> subprocess.Popen[bytes]:
        """Start a job, or the waiting one's continuation."""
        job = (sys.executable, "-m", "hw_tests.killable", self.state, self.drive.node)
        return subprocess.Popen([*self.before, *job, self.drive.file])

    def journal(self) -> bytes:
        """Return the journal's bytes as they are now, nothing if there is none yet."""
        return b"".join(file.read_bytes() for file in self.state.glob("jobs/*/journal.jsonl"))

    def wait_for(self, job: "subprocess.Popen[bytes]", record: bytes, after: bytes = b"") -> None:
        """Wait until the journal holds a record, behind another one if that is named."""
        ends = time.monotonic() + LONGEST_S
        while record not in (self.journal().partition(after)[2] if after else self.journal()):
            assert job.poll() is None, "the job ended before it wrote that"
            assert time.monotonic() < ends

    def kill(self, job: "subprocess.Popen[bytes]") -> bool:
        """Kill the station and wait until nobody holds the drive; tell whether it was alive."""
        job.kill()
        alive = job.wait() != 0
        self.wait_until_left_alone()
        return alive

    def wait_until_left_alone(self) -> None:
        """Wait until the kernel has buried the worker: it dies with its parent, not before."""
        number = devno_text(Path(self.drive.node).stat().st_rdev)
        ends = time.monotonic() + LONGEST_S
        while time.monotonic() < ends:
            openers, _ = read_openers(set())
            if all(opener.get("block") != number for opener in openers):
                return
        raise AssertionError("a worker outlived its station")

    def documents(self) -> list[Path]:
        """Return the bundles, oldest first."""
        return sorted(self.state.glob("bundles/*"), key=lambda path: path.stat().st_mtime_ns)


@contextlib.contextmanager
def make_bench() -> Iterator[Bench]:
    """Make a drive of 33.5 MiB that moves 64 MiB a second, and a station beside it."""
    with scratch() as folder:
        first_start(folder / "state")
        with (
            loop_drive(folder, SIZE_BYTES) as drive,
            throttled(drive, BYTES_PER_S) as before,
        ):
            yield Bench(state=folder / "state", drive=drive, before=before, folder=folder)


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Return a slow drive and its station."""
    with make_bench() as made:
        yield made


@pytest.fixture(scope="module")
def whole_job_s() -> float:
    """Return how long a job lasts from its plan to its document when nobody kills it."""
    with make_bench() as made:
        job = made.start()
        made.wait_for(job, b'"kind":"plan"')
        began = time.monotonic()
        assert job.wait(LONGEST_S) == 0
        return time.monotonic() - began


def moments() -> list[float]:
    """Return the seeded moments, as parts of the whole, spread over all of it."""
    source = random.Random(SEED)
    return [(number + source.random()) / MOMENTS for number in range(MOMENTS)]


def assert_erased(there: bytes, statement: dict[str, Any]) -> None:
    """What stands on the medium is exactly the published stream, and counts add up."""
    size = len(there)
    last = statement["passes"][-1]
    key = bytes.fromhex(last["pattern"]["key_hex"])
    assert there == expected_bytes(KeyedStream(key=key), 0, size)
    for each in statement["passes"]:
        assert each["written_bytes"] == each["size_bytes"] == size
        reached = 0
        for attempt in each["attempts"]:
            assert attempt["from_byte"] <= reached, "no gap between two attempts"
            reached = max(reached, attempt["to_byte"])
        assert reached == size
    assert statement["verification"]["verified_bytes"] == size


@pytest.mark.parametrize("moment", moments(), ids=lambda moment: f"{moment:.3f}")
def test_wipe__sigkill__resume_ends_in_a_verified_wipe_that_tells(
    bench: Bench, whole_job_s: float, moment: float
) -> None:
    """Killed at any moment, a job is indeterminate, and its resumption tells what happened."""
    print(f"seed {SEED}, killed {moment * whole_job_s:.3f} s after the plan")
    job = bench.start()
    bench.wait_for(job, b'"kind":"plan"')
    with contextlib.suppress(subprocess.TimeoutExpired):
        job.wait(moment * whole_job_s)
    bench.kill(job)
    evidence = replay(parse(bench.journal(), ""))
    print(f"state {evidence.state.value}")
    assert evidence.outcome in (Outcome.INDETERMINATE, Outcome.VERIFIED)
    if evidence.outcome is Outcome.INDETERMINATE:
        assert not bench.documents(), "never a document for what nobody knows"

    said = station(bench.state, "resume", "--json")

    assert said.code == 0, said
    statement = document(bench.documents()[-1])
    assert_erased(bench.drive.file.read_bytes(), statement)
    assert bool(statement["interruptions"]) == (evidence.outcome is Outcome.INDETERMINATE)
    assert openssl_agrees(
        bench.documents()[-1], bench.state / "keys" / "practice-root.pem", bench.folder
    )


def test_resume__device_absent__signed_notice_and_still_resumable(bench: Bench) -> None:
    """Without its device an interrupted job gets an honest notice, and goes on when it is back."""
    job = bench.start()
    bench.wait_for(job, b'"kind":"checkpoint"')
    assert bench.kill(job)
    unplug(bench.drive)

    absent = station(bench.state, "resume", "--json")

    assert absent.code == 5, absent
    notice = document(bench.documents()[-1], "notice.json")
    assert notice["outcome"] == "indeterminate"
    assert notice["notice"]["reason"]["code"] == "station-stopped"
    assert all(p["pattern"].get("key", "withheld") == "withheld" for p in notice["passes"])

    replug(bench.drive)
    back = station(bench.state, "resume", "--json")
    assert back.code == 0, back
    statement = document(bench.documents()[-1])
    assert_erased(bench.drive.file.read_bytes(), statement)
    assert [d["id"] for d in statement["earlier_documents"]] == [notice["id"]]


def test_resume__medium_changed_below_the_mark__pass_is_written_again(bench: Bench) -> None:
    """What was called durable and is not there any more is written again from the start."""
    job = bench.start()
    bench.wait_for(job, b'"kind":"checkpoint"', after=b'"number":3,"pattern"')
    assert bench.kill(job)
    with bench.drive.file.open("r+b") as file:
        file.write(b"somebody was here")

    said = station(bench.state, "resume", "--json")

    assert said.code == 0, said
    assert_erased(bench.drive.file.read_bytes(), document(bench.documents()[-1]))


def test_wipe__interrupted_by_the_operator__notice_exit_code_and_resume(bench: Bench) -> None:
    """Ctrl-C ends in good order: exit 5, a signed notice, and a job that can go on."""
    command = (sys.executable, "-m", "wipe_station", "wipe", bench.drive.node, "--json")
    options = ("--confirm", bench.drive.file, "--state", bench.state)
    with subprocess.Popen(
        [*bench.before, *command, *options], stdout=subprocess.PIPE, text=True
    ) as job:
        wait_for_line(job, '"event": "progress"')
        job.send_signal(signal.SIGINT)
        job.communicate(timeout=LONGEST_S)
    assert job.returncode == 5
    notice = document(bench.documents()[-1], "notice.json")
    assert notice["notice"]["reason"]["code"] == "stopped-by-operator"

    said = station(bench.state, "resume", "--json")
    assert said.code == 0, said
    assert_erased(bench.drive.file.read_bytes(), document(bench.documents()[-1]))


def test_resume__abandoned__final_notice(bench: Bench) -> None:
    """A job that is given up gets a final notice and cannot be continued."""
    job = bench.start()
    bench.wait_for(job, b'"kind":"plan"')
    assert bench.kill(job)
    job_id = next(bench.state.glob("jobs/*")).name

    said = station(bench.state, "resume", job_id, "--abandon", "--json")

    assert said.code == 5, said
    assert document(bench.documents()[-1], "notice.json")["outcome"] == "aborted"
    again = station(bench.state, "resume", "--json")
    assert (again.code, again.event("waiting")["jobs"]) == (0, [])


def test_resume__stopped_before_the_tail_was_read__nothing_is_lost_or_taken_for_granted(
    bench: Bench,
) -> None:
    """A tail that nobody read is neither right nor wrong: the job waits, its progress stands."""
    job = bench.start()
    bench.wait_for(job, b'"kind":"checkpoint"')
    assert bench.kill(job)
    before = replay(parse(bench.journal(), "")).passes[0].written_bytes()
    assert before > 0
    with state_lock(bench.state):
        stopped = bare_station(bench.state)
        (job_id,) = stopped.unfinished()
        reopened = stopped.reopen(job_id, confirm=None)
        reopened.stop("stopped-by-operator")
        end = reopened.run(lambda _: None)
    assert end.outcome is Outcome.INDETERMINATE
    evidence = replay(parse(bench.journal(), ""))
    assert evidence.passes[0].written_bytes() == before
    assert len(evidence.passes[0].attempts) == 1, "no pass went on without its tail"

    said = station(bench.state, "resume", "--json")
    assert said.code == 0, said
    statement = document(bench.documents()[-1])
    assert_erased(bench.drive.file.read_bytes(), statement)
    assert statement["passes"][0]["attempts"][1]["from_byte"] > 0
