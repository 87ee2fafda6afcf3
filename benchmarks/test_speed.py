"""The rows of the table: each says what the work is and what the design asks for."""

import secrets

import pytest

from benchmarks.conftest import Measure
from benchmarks.fio import Direction
from benchmarks.report import MemoryRow, Row
from benchmarks.work import generate, opened, verify, worker_peak_bytes, write
from hw_tests.loop import LoopDrive
from wipe_station.overwrite.stream import KEY_BYTES
from wipe_station.records import FixedPattern, KeyedStream
from wipe_station.worker_protocol import Action


@pytest.fixture
def stream() -> KeyedStream:
    """Return a stream with a key of its own, as each random pass has one."""
    return KeyedStream(key=secrets.token_bytes(KEY_BYTES))


def test_stream__one_thread__measured(measure: Measure, stream: KeyedStream) -> None:
    """How fast the random bytes alone come into being."""
    size_bytes = measure.drive.size_bytes
    measure("stream alone, one thread", "-", lambda: generate(stream, size_bytes), None)


def test_fixed_pass__memory_drive__measured(measure: Measure) -> None:
    """A pass of one repeated byte against ``fio`` writing."""
    zero = FixedPattern(repeat=b"\x00")
    with opened(measure.drive) as descriptor:
        measure(
            "fixed pass",
            ">= 0.95",
            lambda: write(descriptor, zero, measure.drive.size_bytes),
            Direction.WRITE,
        )


def test_random_pass__memory_drive__measured(measure: Measure, stream: KeyedStream) -> None:
    """A pass of the keyed stream against ``fio`` writing."""
    with opened(measure.drive) as descriptor:
        measure(
            "random pass",
            ">= 0.90; <= 0.25 s/GB",
            lambda: write(descriptor, stream, measure.drive.size_bytes),
            Direction.WRITE,
        )


def test_full_verification__memory_drive__measured(measure: Measure, stream: KeyedStream) -> None:
    """Reading all back and comparing with the keyed stream, against ``fio`` reading."""
    with opened(measure.drive) as descriptor:
        write(descriptor, stream, measure.drive.size_bytes)
        measure(
            "full verification",
            ">= 0.85",
            lambda: verify(descriptor, stream, measure.drive.size_bytes),
            Direction.READ,
        )


def test_worker_memory__random_pass_and_verification__measured(
    drive: LoopDrive, rows: list[Row | MemoryRow], stream: KeyedStream
) -> None:
    """The larger of the two peaks of real worker processes: writing, then comparing."""
    peaks_bytes = [worker_peak_bytes(drive, action, stream) for action in Action]
    rows.append(
        MemoryRow(work="memory of a worker", design="<= 96 MiB", peak_bytes=max(peaks_bytes))
    )
