"""What a program did to the drive, seen from outside it. I/O."""

import os
import resource
import secrets
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.peers.memory import watched
from hw_tests.loop import LoopDrive

PLACES: Final = 256
_STAMP_BYTES: Final = 512
_SECTOR_BYTES: Final = 512
"""The unit of ``/sys/block/*/stat``, whatever the drive's sectors are."""
_WORDS_LIMIT: Final = 200


class ProblemError(Exception):
    """Why a program has no figure, in words for the table."""


class TooSlowError(ProblemError):
    """It was still running at its bound, and was ended."""

    def __init__(self, limit_s: float) -> None:
        super().__init__(f"more than {limit_s:g} s")
        self.limit_s = limit_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One run of one program."""

    elapsed_s: float
    written_ratio: float
    """What the device was asked to write, over its size."""
    read_ratio: float
    different_places: int
    """How many different contents the beginnings of 256 equal parts have; 1 if a block repeats."""
    user_s: float
    system_s: float
    peak_bytes: int
    """Most that its processes held together; 0 where it has no process of its own."""


def observe(
    work: Callable[[], None],
    drive: LoopDrive,
    *,
    writes: bool,
    whose: int = resource.RUSAGE_CHILDREN,
) -> Observation:
    """Time a piece of work on a drive, and make sure that it was done.

    The flush at the end is timed with every program: none gains by leaving it out.

    Args:
        work: what is timed; it buries every process that it starts.
        drive: what it works on.
        writes: whether it must write the whole drive, or else read it.
        whose: processor time of our children, or of this process where the work is done in it.

    Raises:
        ProblemError: it left a stamp, or the device was asked for less than the work.
    """
    stamps = stamp(drive.file) if writes else {}
    read_before, written_before = counters(drive)
    before = resource.getrusage(whose)
    with watched() as memory:
        start = time.perf_counter()
        work()
        flush(drive)
        elapsed_s = time.perf_counter() - start
    after = resource.getrusage(whose)
    read, written = counters(drive)
    if left := stamps_left(drive.file, stamps):
        raise ProblemError(f"did not write: {left} of {len(stamps)} places are as before")
    seen = Observation(
        elapsed_s=elapsed_s,
        written_ratio=(written - written_before) / drive.size_bytes,
        read_ratio=(read - read_before) / drive.size_bytes,
        different_places=different_places(drive.file),
        user_s=after.ru_utime - before.ru_utime,
        system_s=after.ru_stime - before.ru_stime,
        peak_bytes=memory.peak_bytes,
    )
    if (seen.written_ratio if writes else seen.read_ratio) < 1:
        raise ProblemError(f"did less than its work: {seen}")
    return seen


def flush(drive: LoopDrive) -> None:
    """Make everything that was written to the device durable."""
    descriptor = os.open(drive.node, os.O_WRONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def counters(drive: LoopDrive) -> tuple[int, int]:
    """Return the bytes that the device was asked to read and to write since it was made."""
    fields = Path("/sys/block", drive.name, "stat").read_text("ascii").split()
    return int(fields[2]) * _SECTOR_BYTES, int(fields[6]) * _SECTOR_BYTES


def _places(file: Path) -> list[int]:
    """Return the offsets of 256 equal parts, and of the last sector.

    All but the last are multiples of a large power of two, so that a repeated block shows.
    """
    size_bytes = file.stat().st_size
    parts = [size_bytes // PLACES * number for number in range(PLACES)]
    return [*parts, size_bytes - _STAMP_BYTES]


def stamp(file: Path) -> dict[int, bytes]:
    """Write bytes of chance in places spread over a backing file, and return them."""
    stamps = {place: secrets.token_bytes(_STAMP_BYTES) for place in _places(file)}
    with file.open("r+b") as opened:
        for place, content in stamps.items():
            opened.seek(place)
            opened.write(content)
    return stamps


def stamps_left(file: Path, stamps: dict[int, bytes]) -> int:
    """Return how many stamps are still there."""
    now = _contents(file)
    return sum(now[place] == content for place, content in stamps.items())


def different_places(file: Path) -> int:
    """Return how many different contents the beginnings of 256 equal parts have."""
    return len(set(list(_contents(file).values())[:PLACES]))


def _contents(file: Path) -> dict[int, bytes]:
    contents = {}
    with file.open("rb") as opened:
        for place in _places(file):
            opened.seek(place)
            contents[place] = opened.read(_STAMP_BYTES)
    return contents


def run_program(line: list[str], limit_s: float, folder: Path) -> str:
    """Run a program of somebody else's to its end.

    Args:
        line: program and arguments.
        limit_s: after so many seconds it is killed, with whatever it started.
        folder: where it runs, and where it may leave files.

    Returns:
        what it printed.

    Raises:
        TooSlowError: ended at its bound.
        ProblemError: missing, or failed.
    """
    try:
        process = subprocess.Popen(
            line,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise ProblemError(f"missing: {error.strerror}") from error
    with process:
        try:
            said, _ = process.communicate(timeout=limit_s)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                raise TooSlowError(limit_s) from error
            raise
    if process.returncode != 0:
        words = " ".join(said.split())[-_WORDS_LIMIT:]
        raise ProblemError(f"failed with {process.returncode}: {words}")
    return said
