"""``python -m benchmarks.peers``: run all rounds and print the one table.

1. Start the station once, then make the drive, as on a counter; write every page of it.
2. Shut the drive in with us (``hw_tests.private_dev``), so that no program finds another one.
3. Find the programs and their versions; a missing one keeps its row.
4. Run the rounds, print machine, versions and table.
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks import fio, machine, work
from benchmarks.fio import Direction, Engine
from benchmarks.peers import ours
from benchmarks.peers.programs import (
    Program,
    Work,
    nwipe,
    others,
    package_versions,
    version_in,
)
from benchmarks.peers.report import Line, Side, table
from benchmarks.peers.rounds import Bench, Seen, run_rounds
from hw_tests.command import first_start
from hw_tests.loop import LoopDrive, loop_drive, missing, scratch
from hw_tests.private_dev import confine
from wipe_station.overwrite.stream import UNIT_BYTES
from wipe_station.records import FixedPattern

_STEP_MIB: Final = 4
"""Four jobs of ``fio``, each in whole units."""
_ANSWER_S: Final = 20


def main() -> int:
    """Return 0 with a table, 2 for a wrong option, 4 where loop drives cannot be made."""
    options = _parser().parse_args()
    if options.drive_mib <= 0 or options.drive_mib % _STEP_MIB:
        print(f"--drive-mib must be a multiple of {_STEP_MIB}")
        return 2
    if lacking := missing():
        print("NOT MEASURED. Missing: " + "; ".join(lacking))
        return 4
    with scratch() as folder:
        for name in ("state", "dev", "left"):
            (folder / name).mkdir()
        first_start(folder / "state")
        with loop_drive(folder, options.drive_mib * UNIT_BYTES) as drive:
            _compare(drive, folder, options)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="one ratio each (7)")
    parser.add_argument("--drive-mib", type=int, default=1024, help="size of the drive (1024)")
    parser.add_argument("--limit-s", type=float, default=120, help="bound of one run (120)")
    parser.add_argument("--nwipe", type=Path, help="a newer nwipe, besides Debian's")
    return parser


def _compare(drive: LoopDrive, folder: Path, options: argparse.Namespace) -> None:
    with work.opened(drive) as descriptor:
        work.write(descriptor, FixedPattern(repeat=b"\xff"), drive.size_bytes)
    confine(drive.node, folder / "dev")
    programs = _programs(drive, folder, options.nwipe)
    bench = Bench(
        drive=drive, folder=folder / "left", state=folder / "state", limit_s=options.limit_s
    )
    seen, quiet = run_rounds(bench.turns(programs), options.rounds)
    print(machine.describe())
    print(
        f"drive {options.drive_mib} MiB, {options.rounds} rounds, {quiet} began on a quiet machine"
    )
    print(table(_sides(seen), _lines(programs, seen)))


def _programs(drive: LoopDrive, folder: Path, brought: Path | None) -> list[Program]:
    """Return all programs, whether they are there or not."""
    log = str(folder / "left" / "nwipe.log")
    programs = [nwipe("nwipe", _said("nwipe", "--help"), log, brought=False)]
    if brought is not None:
        path = str(brought.resolve())
        programs.append(nwipe(path, _said(path, "--help"), log, brought=True))
    writing, reading = (
        fio.command(drive.node, drive.size_bytes, way, Engine.PSYNC)
        for way in (Direction.WRITE, Direction.READ)
    )
    return [*programs, *others(writing, reading)]


def _sides(seen: dict[str, Seen]) -> list[Side]:
    """Return our three sides; the whole command does nothing but both passes."""
    kinds = {ours.COMMAND: (Work.BOTH,), ours.WORKERS: tuple(Work), ours.PUMP: tuple(Work)}
    return [
        Side(name=name, did=ours.DID[name], figures={kind: seen[name].figures(kind) for kind in of})
        for name, of in kinds.items()
    ]


def _lines(programs: Sequence[Program], seen: dict[str, Seen]) -> list[Line]:
    packages = package_versions(_said("dpkg-query", "-W", *{p.package for p in programs} - {""}))
    return [
        Line(
            work=kind,
            program=f"{program.name} {_version(program, packages.get(program.package, ''))}",
            did=program.did,
            figures=seen[program.name].figures(kind),
        )
        for program in programs
        for kind in program.beside
    ]


def _version(program: Program, package: str) -> str:
    """Return what a program says of itself, and its package, which may disagree."""
    own = version_in(_said(*program.version_line()))
    return f"{own} (Debian {package})" if package else own


def _said(*line: str) -> str:
    """Return what a program prints about itself; nothing if it is not there."""
    if shutil.which(line[0]) is None:
        return ""
    done = subprocess.run(
        line,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=_ANSWER_S,
    )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
