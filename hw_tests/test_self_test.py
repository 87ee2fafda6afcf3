"""The station proves its detector on a drive of memory, and starts no job when that fails."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from certs.keys import ensure_practice_keys
from hw_tests.command import bare_station
from hw_tests.command import station as command_line
from hw_tests.loop import attach, losetup, make_file, scratch, unplug
from hw_tests.whole_station import begin, until, whole_station
from wipe_station import self_test as room
from wipe_station.client import ProblemError
from wipe_station.clock import SystemClock
from wipe_station.errors import EvidenceError, SelfTestError
from wipe_station.memory_drive import MemoryDrive
from wipe_station.plan import WipePlan
from wipe_station.records import CompareResult, WriteResult
from wipe_station.self_test import JOURNAL_NAME, SECTOR_BYTES, SHIFT_NS, SIZE_BYTES, SelfTest
from wipe_station.station import Station
from wipe_station.station_log import StationLog
from wipe_station.worker_protocol import Action, Result

JOB_ID = "20261125T000000Z-00000001"
BLANK_BYTES = 1 << 20


def kinds(state: Path) -> list[str]:
    """Return what the journal of self-tests says, in order."""
    lines = (state / JOURNAL_NAME).read_text("utf-8").splitlines()
    return [json.loads(line)["kind"] for line in lines]


@pytest.fixture
def station(tmp_path: Path) -> Iterator[SelfTest]:
    """Return a self-test, and see that no drive of it is left."""
    yield SelfTest(tmp_path, SystemClock())
    names = ("--list", "--noheadings", "--output=BACK-FILE")
    until(lambda: "memfd:wipe-station" not in losetup(*names))  # another station may have one


class LaterClock(SystemClock):
    """A clock that is a shift ahead."""

    def monotonic_ns(self) -> int:
        """Return a moment after the shift."""
        return super().monotonic_ns() + SHIFT_NS


def test_require__first_job_of_a_shift__tests_once(station: SelfTest, tmp_path: Path) -> None:
    """Workers as in a real job find the bit; another process of the shift need not test again."""
    for each in (station, station, SelfTest(tmp_path, SystemClock())):
        each.require()
    assert kinds(tmp_path) == ["self-test-intent", "self-test-passed"]
    SelfTest(tmp_path, LaterClock()).require()
    assert len(kinds(tmp_path)) == 4


def test_require__passed_with_other_software__tests_anew(
    station: SelfTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another version found says nothing about this one."""
    station.require()
    monkeypatch.setattr(room, "software", lambda: {"version": "another"})
    station.require()
    assert len(kinds(tmp_path)) == 4


class OtherBoot(SystemClock):
    """The clock after a restart of the machine."""

    def boot_id(self) -> str:
        """Return another boot's."""
        return "00000000-0000-4000-8000-000000000002"


def test_require__passed_under_another_boot__tests_anew(station: SelfTest, tmp_path: Path) -> None:
    """Clocks of two boots cannot be compared, and a kernel may have been exchanged."""
    station.require()
    SelfTest(tmp_path, OtherBoot()).require()
    assert len(kinds(tmp_path)) == 4


def blind(found: Result) -> Result:
    """A comparison that finds nothing."""
    if isinstance(found, CompareResult):
        return replace(
            found,
            verified_bytes=SIZE_BYTES,
            mismatched_bytes=0,
            first_mismatch_byte=None,
            mismatches=(),
        )
    return found


def astray(found: Result) -> Result:
    """A comparison that finds a difference, in the neighbouring sector."""
    if isinstance(found, CompareResult) and found.first_mismatch_byte is not None:
        return replace(found, first_mismatch_byte=found.first_mismatch_byte ^ SECTOR_BYTES)
    return found


def half(found: Result) -> Result:
    """A pass that ends in the middle."""
    if isinstance(found, WriteResult):
        return replace(found, durable_bytes=SIZE_BYTES // 2)
    return found


def wary(found: Result) -> Result:
    """A comparison that does not come to the end of what is right."""
    if isinstance(found, CompareResult) and found.first_mismatch_byte is None:
        return replace(found, verified_bytes=SIZE_BYTES - SECTOR_BYTES, unread_bytes=SECTOR_BYTES)
    return found


def hasty(found: Result) -> Result:
    """A comparison that ends where it has found something."""
    if isinstance(found, CompareResult) and found.first_mismatch_byte is not None:
        return replace(found, verified_bytes=0, unread_bytes=SIZE_BYTES - SECTOR_BYTES)
    return found


def test_require__writer_that_writes_nothing__no_job(
    station: SelfTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it says is not asked: the trial drive is looked at, past the device."""
    done = WriteResult(
        completed_bytes=SIZE_BYTES, durable_bytes=SIZE_BYTES, flushed=True, failures=()
    )
    real = room.work_on

    def work(drive: MemoryDrive, action: Action, pattern: Any) -> Result | None:
        return done if action is Action.WRITE else real(drive, action, pattern)

    monkeypatch.setattr(room, "work_on", work)
    with pytest.raises(SelfTestError, match="something was left"):
        station.require()


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        (blind, "one changed bit"),
        (astray, "one changed bit"),
        (half, "not all was written"),
        (wary, "right content was not verified"),
        (hasty, "one changed bit"),
    ],
    ids=[
        "sees nothing",
        "sees it elsewhere",
        "writes half",
        "reads too little",
        "stops where it found",
    ],
)
def test_require__detector_does_not_do_its_work__no_job(
    station: SelfTest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lie: Any,
    said: str,
) -> None:
    """Each is named, written down, and asked anew at the next attempt."""
    real = room.work_on

    def work(drive: MemoryDrive, action: Action, pattern: Any) -> Result | None:
        found = real(drive, action, pattern)
        return lie(found) if found is not None else None

    monkeypatch.setattr(room, "work_on", work)
    with pytest.raises(SelfTestError, match=said):
        station.require()
    assert station.failed
    assert kinds(tmp_path) == ["self-test-intent", "self-test-failed"]
    monkeypatch.setattr(room, "work_on", real)
    station.require()
    assert not station.failed
    assert kinds(tmp_path)[-1] == "self-test-passed"


@contextmanager
def planned() -> Iterator[tuple[Station, WipePlan]]:
    """Return a station that asks for no self-test yet, and a plan for a drive that stays blank."""
    with scratch() as folder:
        (folder / "state").mkdir()
        at_the_counter = bare_station(folder / "state")
        at_the_counter.lookout.look()
        drive = attach(make_file(folder, BLANK_BYTES))
        try:
            yield at_the_counter, at_the_counter.plan(drive.node, None, "random")
            assert drive.file.read_bytes() == bytes(BLANK_BYTES)
        finally:
            unplug(drive)


def ask_a_blind_one(at_the_counter: Station, asked: SelfTest, patch: pytest.MonkeyPatch) -> None:
    """Have a station ask for a self-test from now on, and nothing of it be found."""
    patch.setattr(at_the_counter, "_require_self_test", asked.require)
    patch.setattr(room, "_is_it", lambda *_: False)


def test_start__self_test_not_passed__device_is_not_touched(
    station: SelfTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No claim, no journal of a job, not one byte."""
    with planned() as (at_the_counter, plan):
        ask_a_blind_one(at_the_counter, station, monkeypatch)
        with pytest.raises(SelfTestError):
            at_the_counter.start(plan, job_id="never", confirmed={"how": "test"})
        assert at_the_counter.job_ids() == ()


def test_reopen__self_test_not_passed__job_does_not_go_on(
    station: SelfTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that was begun by a sound detector is not ended by one that is not."""
    with planned() as (at_the_counter, plan):
        with at_the_counter.start(plan, job_id=JOB_ID, confirmed={"how": "test"}):
            pass
        ask_a_blind_one(at_the_counter, station, monkeypatch)
        with pytest.raises(SelfTestError):
            at_the_counter.reopen(JOB_ID, confirm=None)
        assert at_the_counter.evidence(JOB_ID).records == 1


def test_command_line__first_job__proves_the_detector_before() -> None:
    """A station without a daemon does it, too, once."""
    with scratch() as folder:
        state = folder / "state"
        assert command_line(state, "devices", "--json").code == 0
        drive = attach(make_file(folder, 1 << 20))
        words = ("wipe", drive.node, "--confirm", str(drive.file), "--method", "zero")
        try:
            codes = [command_line(state, *words).code for _ in range(2)]
        finally:
            unplug(drive)
        assert codes == [0, 0]
        assert kinds(state) == ["self-test-intent", "self-test-passed"]


class YearsAhead(SystemClock):
    """The clock of a station before somebody set it right."""

    def utc(self) -> datetime:
        """Return a moment in some years."""
        return super().utc() + timedelta(days=2000)


@contextmanager
def log_from_the_future(state: Path) -> Iterator[StationLog]:
    """Make a station's log whose last entry is years ahead."""
    key_id = ensure_practice_keys(state / "keys", SystemClock().utc()).signer.key_id
    StationLog(state, YearsAhead(), key_id)
    yield StationLog(state, SystemClock(), key_id)


def test_run__log_takes_no_entry__not_passed_and_everybody_told(
    station: SelfTest, tmp_path: Path
) -> None:
    """A test that the log does not know of starts no job, whatever it found."""
    told: list[bool] = []
    with log_from_the_future(tmp_path) as log:
        station.record_in(log)
        station.listen(lambda: told.append(station.failed))
        for attempt in (station.run, station.require):
            with pytest.raises(EvidenceError, match="clock"):
                attempt()
    assert told == [True, True]


def test_daemon__clock_set_back__page_is_there_and_no_job_starts(folder: Path) -> None:
    """The line stops, but the station can say so: its page comes up and its daemon stays up."""
    (folder / "state").mkdir(mode=0o700)
    with log_from_the_future(folder / "state"), whole_station(folder) as running:
        pid = running.pid("daemon")
        drive = running.plug_in(BLANK_BYTES)
        until(lambda: running.board().devices)
        assert running.board().self_test_failed
        with pytest.raises(ProblemError, match="clock"):
            begin(running, drive)
        assert running.board().jobs == ()
        assert running.pid("daemon") == pid
        assert drive.file.read_bytes().startswith(b"Dear diary")
