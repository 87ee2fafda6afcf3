"""``fio`` at its best on a drive of ours: two engines, direct, its JSON report. I/O."""

import json
import subprocess
from enum import Enum
from typing import Final

from hw_tests.loop import LoopDrive

_PSYNC_JOBS: Final = 4
_TIMEOUT_S: Final = 300


class Engine(Enum):
    """Ways in which ``fio`` moves 1 MiB blocks."""

    IO_URING = "io_uring"
    """One job with eight requests in flight."""
    PSYNC = "psync"
    """Four jobs on disjoint quarters, one request each."""


class Direction(Enum):
    """Which way; the words are those of ``fio``'s ``rw`` option and of its report."""

    READ = "read"
    WRITE = "write"


class FioError(Exception):
    """``fio`` is missing, failed, or did not do what it was asked; there is nothing to compare."""


def command(node: str, size_bytes: int, direction: Direction, engine: Engine) -> list[str]:
    """Return the command line that moves ``size_bytes`` of a device once.

    Args:
        node: path of the device; a write destroys what is on it.
        size_bytes: a multiple of 4 MiB.
        direction: read or write, always in ascending order.
        engine: which of the two ways.
    """
    line = ["fio", "--name=pass", f"--filename={node}", f"--rw={direction.value}"]
    line += ["--bs=1M", "--direct=1", "--output-format=json", f"--ioengine={engine.value}"]
    # By default fio touches its buffer before each write; without that it is faster.
    line += ["--scramble_buffers=0"]
    if engine is Engine.IO_URING:
        return [*line, "--iodepth=8", f"--size={size_bytes}"]
    part = size_bytes // _PSYNC_JOBS
    return [*line, f"--numjobs={_PSYNC_JOBS}", f"--size={part}", f"--offset_increment={part}"]


def rate_bytes_per_s(report: str, direction: Direction, size_bytes: int) -> float:
    """Return the rate that a report tells: all bytes over the longest job's own time.

    ``fio``'s start-up is thereby left out, in its favour; its clock counts milliseconds.

    Args:
        report: what ``fio --output-format=json`` printed.
        direction: which half of the report counts.
        size_bytes: what all jobs together must have moved.

    Raises:
        FioError: not such a report, a job with an error, or other than ``size_bytes`` moved.
    """
    try:
        jobs = json.loads(report)["jobs"]
        errors = [job["error"] for job in jobs if job["error"]]
        moved_bytes = sum(job[direction.value]["io_bytes"] for job in jobs)
        longest_ms = max(job[direction.value]["runtime"] for job in jobs)
    except (ValueError, KeyError, TypeError) as error:
        raise FioError(
            f"fio's report did not parse: {error!r}; it begins {report[:200]!r}"
        ) from error
    if errors or moved_bytes != size_bytes or longest_ms <= 0:
        raise FioError(
            f"fio moved {moved_bytes} of {size_bytes} bytes in {longest_ms} ms, errors {errors}"
        )
    return float(moved_bytes / longest_ms * 1000)


def measure(drive: LoopDrive, direction: Direction, engine: Engine) -> float:
    """Let ``fio`` do the whole drive once, and return its rate in bytes per second.

    Raises:
        FioError: missing, failed, or incomplete.
    """
    report = _output(command(drive.node, drive.size_bytes, direction, engine))
    return rate_bytes_per_s(report, direction, drive.size_bytes)


def version() -> str:
    """Return what ``fio`` calls itself, such as ``fio-3.33``.

    Raises:
        FioError: missing or failed.
    """
    return _output(["fio", "--version"]).strip()


def _output(line: list[str]) -> str:
    try:
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
    except FileNotFoundError as error:
        raise FioError("fio is not installed (Debian package fio): nothing to compare") from error
    except subprocess.TimeoutExpired as error:
        raise FioError(f"fio did not end within {_TIMEOUT_S} s: {' '.join(line)}") from error
    if done.returncode != 0:
        raise FioError(f"{' '.join(line)} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout
