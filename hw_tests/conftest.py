"""Fixtures of the loop level: everything here is made by the test and goes with it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from hw_tests.loop import LoopDrive, loop_drive, scratch
from hw_tests.phones.apple_bay import Bay, Plugged, bay_with
from hw_tests.phones.iphone import IPhone
from hw_tests.phones.real_adb import RealAdb
from wipe_station.phone_links.adb_process import started

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


@pytest.fixture
def plugged(tmp_path: Path) -> Iterator[Plugged]:
    """Return what plugs a simulated iPhone into a usbmuxd of the test's own."""
    with contextlib.ExitStack() as ends:

        def plug(phone: IPhone) -> Bay:
            return ends.enter_context(bay_with(phone, tmp_path))

        yield plug


@pytest.fixture
def adb(folder: Path) -> Iterator[RealAdb]:
    """Return an adb server of the test's own."""
    with started(folder / "adb") as server:
        yield RealAdb(folder / "adb", server)
