"""Run the real ``wipe-station`` as a clerk would, and read what it says."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from certs.layout import DocumentType
from certs.openssl import verification_commands
from wipe_station.clock import SystemClock
from wipe_station.engine import CHECKPOINT_EVERY_MS
from wipe_station.self_test import SelfTest
from wipe_station.station import Station
from wipe_station.write_guard import WriteGuard

STATION = (sys.executable, "-m", "wipe_station")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one run of the command line left behind."""

    code: int
    out: str
    err: str

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Return the JSON lines of one kind."""
        lines = [json.loads(line) for line in self.out.splitlines()]
        return [line for line in lines if line["event"] == kind]

    def event(self, kind: str) -> dict[str, Any]:
        """Return the one JSON line of a kind."""
        (only,) = self.events(kind)
        return only


def station(
    state: Path,
    *arguments: str | Path,
    language: str = "C.UTF-8",
    before: tuple[str, ...] = (),
) -> Said:
    """Run ``wipe-station`` with a state directory of the test's own; ``before`` comes before it."""
    environment = os.environ | {"LC_ALL": language, "WIPE_STATION_STATE": str(state)}
    done = subprocess.run(
        [*before, *STATION, *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
    )
    return Said(code=done.returncode, out=done.stdout, err=done.stderr)


def not_asked() -> None:
    """Stand in for the self-test, where it would be most of the time."""


def bare_station(state: Path, checkpoint_every_ms: int = CHECKPOINT_EVERY_MS) -> Station:
    """Return a station in this very process; the caller holds the lock."""
    return Station(
        state,
        SystemClock(),
        guard=WriteGuard(SystemClock()),
        require_self_test=not_asked,
        checkpoint_every_ms=checkpoint_every_ms,
    )


def wait_for_line(process: "subprocess.Popen[str]", text: str) -> None:
    """Read a running program's output up to a line that holds a text.

    Raises:
        AssertionError: the program ended without it.
    """
    assert process.stdout is not None, "a pipe was asked for"
    if not any(text in line for line in process.stdout):
        raise AssertionError(f"ended without saying {text}")


def first_start(state: Path) -> None:
    """Start the station before any drive appears, and let it prove itself, as in the morning.

    Where it is shut in with one drive later, it could not make another one for its self-test.
    """
    said = station(state, "devices", "--json")
    assert said.code == 0, said
    SelfTest(state, SystemClock()).require()


def document(bundle: Path, name: str = "certificate.json") -> dict[str, Any]:
    """Read the statement of a bundle."""
    statement: dict[str, Any] = json.loads((bundle / name).read_bytes())
    return statement


def sha256(file: Path, first_byte: int = 0) -> str:
    """Return the digest of a medium from an offset on, read through its backing file."""
    with file.open("rb") as opened:
        opened.seek(first_byte)
        return hashlib.file_digest(opened, "sha256").hexdigest()


def openssl_agrees(
    bundle: Path, root: Path, folder: Path, kind: DocumentType | None = None
) -> bool:
    """Run the commands that the station prints for strangers."""
    commands = verification_commands(bundle, root, kind)
    runs = [subprocess.run(c, cwd=folder, check=False, capture_output=True) for c in commands]
    return all(run.returncode == 0 for run in runs)
