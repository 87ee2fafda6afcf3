"""The detector proves itself: a drive is wiped, one bit of it is changed, and that is found. I/O.

1. A loop drive on memory is filled with letters.
2. A worker writes a keyed stream over it, another one reads it back: every byte must fit, and past
   the device no letter may be left.
3. One bit that nobody knows beforehand is turned, past the device.
4. A third worker reads everything back: it must name that byte, and miss nothing else.

The workers are those of a real job. What came of it goes into a journal of its own. It is done at
each start of the daemon, and before the first job of a shift; while the last one is not passed, no
job starts, and each attempt to start one does it anew.
"""

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

from certs.text import Text
from wipe_station.clock import Clock
from wipe_station.engine import CHECKPOINT_EVERY_MS, draw_pattern, start_worker
from wipe_station.errors import DeviceError, SelfTestError
from wipe_station.journal import Journal
from wipe_station.memory_drive import MemoryDrive, memory_drive
from wipe_station.reasons import reason
from wipe_station.records import CompareResult, Json, Pattern, WriteResult
from wipe_station.software import software
from wipe_station.station_log import StationLog
from wipe_station.worker_protocol import Action, Result, Task
from wipe_station.workers import Heard

JOURNAL_NAME: Final = "self-tests.jsonl"
SIZE_BYTES: Final = (3 << 20) + 4096
"""Whole units of the stream and a short one."""
SECTOR_BYTES: Final = 512
LETTERS: Final = b"Dear diary, nobody else may ever read this. "
SHIFT_NS: Final = 8 * 3600 * 10**9
INTENT: Final = "self-test-intent"
PASSED: Final = "self-test-passed"
FAILED: Final = "self-test-failed"


class SelfTest:
    """The self-tests of one state directory."""

    def __init__(self, state: Path, clock: Clock) -> None:
        """Remember where they are written down; nothing is tested yet."""
        self._path = state / JOURNAL_NAME
        self._clock = clock
        self._failed = False
        self._told: Callable[[], None] = _nobody_listens
        self._log: StationLog | None = None

    def listen(self, listener: Callable[[], None]) -> None:
        """Have a function called after every test, passed or not."""
        self._told = listener

    def record_in(self, log: StationLog) -> None:
        """Have the station's log say how every test ended from now on.

        One that the log does not take is not passed: nothing that comes after could be logged.
        """
        self._log = log

    @property
    def failed(self) -> bool:
        """Whether the last test of this process did not pass."""
        return self._failed

    def require(self) -> None:
        """Do nothing if this software has passed under this boot within a shift; else test.

        Raises:
            SelfTestError: it did not pass: no job may start.
            EvidenceError: it could not be written down: no job may start either.
        """
        if not self._lately():
            self.run()

    def run(self) -> None:
        """Test now, and write down what came of it.

        Raises:
            SelfTestError: it did not pass.
            EvidenceError: it could not be written down.
        """
        try:
            self._run()
        finally:
            self._told()

    def _run(self) -> None:
        with contextlib.closing(Journal(self._path, self._clock)) as journal:
            journal.append(INTENT, {"size_bytes": SIZE_BYTES, "software": software()})
            self._failed = True
            try:
                found = _prove()
            except SelfTestError as trouble:
                journal.append(FAILED, {"reason": reason("self-test", trouble.message)})
                self._note(passed=False)
                raise
            journal.append(PASSED, found)
            self._note(passed=True)
            self._failed = False

    def _note(self, *, passed: bool) -> None:
        if self._log is not None:
            self._log.tested(passed=passed)

    def _lately(self) -> bool:
        if self._failed or not self._path.exists():
            return False
        with contextlib.closing(Journal(self._path, self._clock)) as journal:
            records = journal.history().records
        before, last = (None, None, *records)[-2:]
        return (
            before is not None
            and last is not None
            and last.kind == PASSED
            and before.data.get("software") == software()
            and last.boot_id == self._clock.boot_id()
            and self._clock.monotonic_ns() - int(last.monotonic_ns) < SHIFT_NS
        )


def _nobody_listens() -> None:
    """Nobody shows it."""


def _prove() -> dict[str, Json]:
    """Return what was changed and found.

    Raises:
        SelfTestError: the detector did not do what it is for, or there was nothing to try it on.
    """
    try:
        with memory_drive(SIZE_BYTES) as drive:
            return _try_on(drive)
    except (DeviceError, OSError) as error:
        why = Text(zh=f"试验盘用不了，{error}", en=f"no trial drive, {error}")
        raise _failed(why) from error


def _try_on(drive: MemoryDrive) -> dict[str, Json]:
    letters = (LETTERS * (SIZE_BYTES // len(LETTERS) + 1))[:SIZE_BYTES]
    os.pwrite(drive.memory, letters, 0)
    pattern = draw_pattern({"kind": "stream"})
    written = work_on(drive, Action.WRITE, pattern)
    if not isinstance(written, WriteResult) or written.durable_bytes != SIZE_BYTES:
        raise _failed(Text(zh="没有写完", en="not all was written"))
    if LETTERS in os.pread(drive.memory, SIZE_BYTES, 0):
        raise _failed(Text(zh="写完后还有残留", en="something was left after writing"))
    clean = work_on(drive, Action.COMPARE, pattern)
    if not isinstance(clean, CompareResult) or clean.verified_bytes != SIZE_BYTES:
        raise _failed(Text(zh="正确的内容没有核对通过", en="right content was not verified"))
    changed = secrets.randbelow(SIZE_BYTES)
    _turn_a_bit(drive, changed)
    found = work_on(drive, Action.COMPARE, pattern)
    if not isinstance(found, CompareResult) or not _is_it(found, changed):
        raise _failed(Text(zh="改动的一位没有找出来", en="one changed bit was not found"))
    return {"size_bytes": SIZE_BYTES, "changed_byte": changed}


def _is_it(found: CompareResult, changed: int) -> bool:
    """Tell whether exactly the sector of the changed byte was found, and all else read."""
    start = changed - changed % SECTOR_BYTES
    return (
        found.first_mismatch_byte == changed
        and found.mismatches == ((start, start + SECTOR_BYTES),)
        and found.verified_bytes == SIZE_BYTES - SECTOR_BYTES
        and not found.failures
    )


def work_on(drive: MemoryDrive, action: Action, pattern: Pattern) -> Result | None:
    """Have a new worker do one thing with the whole drive, as in a job."""
    task = Task(
        action=action,
        pattern=pattern,
        start_byte=0,
        end_byte=SIZE_BYTES,
        size_bytes=SIZE_BYTES,
        diskseq=drive.diskseq,
        sector_bytes=SECTOR_BYTES,
        leaf_bytes=SECTOR_BYTES,
        checkpoint_every_ms=CHECKPOINT_EVERY_MS,
    )
    access = os.O_RDWR if action is Action.WRITE else os.O_RDONLY
    return start_worker(drive.node, task, access | os.O_DIRECT).run(Heard()).result


def _turn_a_bit(drive: MemoryDrive, at: int) -> None:
    (was,) = os.pread(drive.memory, 1, at)
    os.pwrite(drive.memory, bytes([was ^ (1 << secrets.randbelow(8))]), at)


def _failed(why: Text) -> SelfTestError:
    return SelfTestError(
        Text(
            zh=f"工作站自检没有通过：{why.zh}。不能开始清除。",
            en=f"The station did not pass its self-test: {why.en}. No job starts.",
        ),
        hint=Text(
            zh="重新启动工作站再试；还是不行就停用，交给工程师。",
            en="Restart the station and try again; if it fails again, stop: an engineer.",
        ),
    )
