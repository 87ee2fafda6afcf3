"""Fixtures of the loop level: everything here is made by the test and goes with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hw_tests.loop import LoopDrive, loop_drive, scratch

SMALL_BYTES = 64 << 20


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder in memory that is removed after the test."""
    with scratch() as made:
        yield made


@pytest.fixture
def drive(folder: Path) -> Iterator[LoopDrive]:
    """Return a 64 MiB loop drive."""
    with loop_drive(folder, SMALL_BYTES) as made:
        yield made
