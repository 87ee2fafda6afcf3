"""Power for a running job: its port stays on, and disks start one after the other."""

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from wipe_station import care
from wipe_station.care import powered, sleepless, turn
from wipe_station.records import Medium, Progress

PATIENCE_S = 60


def at(done_bytes: int) -> Progress:
    """Return progress of a job."""
    return Progress(step="pass-1", step_number=1, steps=2, done_bytes=done_bytes, total_bytes=9)


@pytest.fixture
def control(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the power setting of the USB device 1-2, which saves power."""
    monkeypatch.setattr(care, "USB", tmp_path)
    file = tmp_path / "1-2/power/control"
    file.parent.mkdir(parents=True)
    file.write_text("auto\n")
    return file


def test_powered__port_that_saves_power__on_while_the_job_runs(control: Path) -> None:
    """It is on for as long as the job runs, and then as it was, also after a fault."""

    def job() -> None:
        with powered("1-2"):
            assert control.read_text() == "on"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        job()
    assert control.read_text() == "auto"


def test_powered__device_pulled_meanwhile__no_fault(control: Path) -> None:
    """What is gone needs no power."""
    with powered("1-2"):
        control.unlink()
        control.parent.rmdir()
    with powered("1-3"), powered(None):
        assert not control.exists()


def test_turn__second_disk__starts_when_the_first_one_turns() -> None:
    """The first bytes that move show it; what was moved before a resumption shows nothing."""
    started = Event()

    def second() -> None:
        with turn(Medium.MAGNETIC):
            started.set()

    thread = Thread(target=second)
    with turn(Medium.MAGNETIC) as turns:
        thread.start()
        turns(at(5))
        turns(at(5))
        assert not started.is_set()
        turns(at(6))
        assert started.wait(PATIENCE_S), "while the first one still runs"
        turns(at(7))
    thread.join()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Wait for no other disk."""
    monkeypatch.setattr(care, "SPIN_UP_S", 0.0)
    yield
    with turn(Medium.MAGNETIC):
        assert care._starting.locked(), "everybody gave back what they had"


@pytest.mark.usefixtures("impatient")
def test_turn__disk_that_does_not_start__holds_up_nobody_for_long() -> None:
    """After a while the next one starts all the same, and takes nothing that is not its own."""
    with turn(Medium.MAGNETIC):
        with turn(Medium.MAGNETIC) as turns:
            turns(at(0))
            turns(at(1))
            assert care._starting.locked()
        assert care._starting.locked()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("medium", [Medium.FLASH, Medium.UNKNOWN])
def test_turn__nothing_turns__nobody_waits(medium: Medium) -> None:
    """Flash needs no turn, and takes none away."""
    with turn(medium) as turns:
        turns(at(0))
        assert not care._starting.locked()


def test_sleepless__no_systemd_or_one_that_refuses__job_runs_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where nobody could send the machine to sleep there is nothing to ask for."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with sleepless():
        pass
    refusing = tmp_path / "systemd-inhibit"
    refusing.write_text("#!/bin/sh\nexit 1\n")
    refusing.chmod(0o755)
    with sleepless():
        pass


def test_sleepless__asked__for_as_long_as_the_job_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The lock is a process that ends with the job: it says what it holds, and then that it ended.

    A real logind is nowhere that tests run; what is asked of it is shown by a program in its place.
    """
    told = tmp_path / "told"
    program = tmp_path / "systemd-inhibit"
    program.write_text(f'#!/bin/sh\necho "$@" > {told}\n/bin/cat\necho ended >> {told}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with sleepless():
        pass
    first, last = told.read_text().splitlines()
    assert {"--what=sleep:shutdown", "--mode=block"} <= set(first.split())
    assert last == "ended"


def test_sleepless__program_that_waits_for_a_bus__ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A bus that does not answer holds up neither the signature nor the next job."""
    monkeypatch.setattr(care, "END_S", 0.0)
    program = tmp_path / "systemd-inhibit"
    program.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec /bin/sleep 1000\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with sleepless():
        ends = time.monotonic() + PATIENCE_S
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
            assert time.monotonic() < ends
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()
