"""``make run`` ends clean, whatever ends it: of station, drive and folder nothing stays."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hw_tests.whole_station import command_line, until


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_practice__signal_while_its_drive_is_filled__nothing_left(
    folder: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """A signal in the middle of the preparation leaves no mount, no loop drive and no folder."""
    with _practice(folder, tmp_path) as process:
        until(lambda: _mounts(folder))
        process.send_signal(number)
        process.wait(60)
    assert process.returncode == 130
    _assert_nothing_left(folder, tmp_path)


@pytest.mark.parametrize(
    ("line", "number", "code"),
    [
        ("plugged in", signal.SIGHUP, 130),
        ("$ wipe-station wipe", signal.SIGTERM, 130),
        ("The counter's page", signal.SIGTERM, 0),
    ],
)
def test_practice__signal_while_the_station_runs__nothing_left(
    folder: Path, tmp_path: Path, line: str, number: signal.Signals, code: int
) -> None:
    """A signal ends the station, too: during its job, and while its page is open."""
    with _practice(folder, tmp_path) as process:
        assert process.stdout is not None
        assert any(line in said for said in process.stdout), "it ended before that"
        assert _processes(tmp_path)
        process.send_signal(number)
        process.send_signal(number)  # somebody is impatient
        process.wait(60)
    assert process.returncode == code
    _assert_nothing_left(folder, tmp_path)


@contextlib.contextmanager
def _practice(folder: Path, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "hw_tests.practice", str(tmp_path / "state"), "--port", "0"]
    command += ["--folder", str(folder)]
    without_ci = {name: value for name, value in os.environ.items() if name != "CI"}
    with subprocess.Popen(
        command, env=without_ci, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def _assert_nothing_left(folder: Path, tmp_path: Path) -> None:
    assert _mounts(folder) == []
    assert _backing(folder) == []
    assert list(folder.iterdir()) == []
    assert _processes(tmp_path) == []


def _mounts(folder: Path) -> list[str]:
    lines = Path("/proc/self/mountinfo").read_text("utf-8").splitlines()
    return [line for line in lines if str(folder) in line]


def _backing(folder: Path) -> list[str]:
    files = Path("/sys/block").glob("loop*/loop/backing_file")
    texts = [file.read_text("utf-8") for file in files if file.exists()]
    return [text for text in texts if str(folder) in text]


def _processes(tmp_path: Path) -> list[int]:
    """Return who was started with this test's folder of the station."""
    numbers = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]
    return [pid for pid in numbers if os.fsencode(tmp_path) in command_line(pid)]
