"""Run every program once a round, interleaved, and keep what was seen. I/O."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks import machine
from benchmarks.peers import ours
from benchmarks.peers.observed import (
    Observation,
    ProblemError,
    TooSlowError,
    observe,
    run_program,
)
from benchmarks.peers.programs import Program, Work, command, devices_found, rotated
from benchmarks.peers.report import Figures
from benchmarks.work import WorkFailedError
from hw_tests.loop import LoopDrive

Turn = Callable[[], Mapping[Work, Observation]]


@dataclass(slots=True)
class Seen:
    """All rounds of one program so far; a problem is its last round."""

    observations: dict[Work, list[Observation]] = field(default_factory=dict)
    problem: str = ""
    limit_s: float | None = None

    def take(self, turn: Turn) -> None:
        """Let it have its turn, unless it already had a problem."""
        if self.problem:
            return
        try:
            for work, observation in turn().items():
                self.observations.setdefault(work, []).append(observation)
        except TooSlowError as error:
            self.problem, self.limit_s = str(error), error.limit_s
        except (ProblemError, WorkFailedError) as error:
            self.problem = str(error)

    def figures(self, work: Work) -> Figures:
        """Return what the table needs of one kind of work."""
        seen = self.observations.get(work, [])
        return Figures(
            elapsed_s=tuple(one.elapsed_s for one in seen),
            written_ratio=_median([one.written_ratio for one in seen]),
            read_ratio=_median([one.read_ratio for one in seen]),
            different_places=min((one.different_places for one in seen), default=0),
            user_s=_median([one.user_s for one in seen]),
            system_s=_median([one.system_s for one in seen]),
            peak_bytes=max((one.peak_bytes for one in seen), default=0),
            problem=self.problem,
            limit_s=self.limit_s,
        )


def _median(values: Sequence[float]) -> float:
    return median(values) if values else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The one drive, and how long anything may take on it."""

    drive: LoopDrive
    folder: Path
    """Ours, for whatever a program leaves behind."""
    state: Path
    """A station's own, started before the drive appeared."""
    limit_s: float

    def turns(self, programs: Sequence[Program]) -> dict[str, Turn]:
        """Return what a round consists of, ours first."""
        mine: dict[str, Turn] = {
            ours.COMMAND: lambda: ours.whole_command(self.drive, self.state, self.limit_s),
            ours.WORKERS: lambda: ours.worker_processes(self.drive),
            ours.PUMP: lambda: ours.pump_alone(self.drive),
        }
        return mine | {program.name: self._turn(program) for program in programs}

    def _turn(self, program: Program) -> Turn:
        def turn() -> Mapping[Work, Observation]:
            seen = observe(lambda: self._run(program), self.drive, writes=program.writes)
            return dict.fromkeys(program.beside, seen)

        return turn

    def _run(self, program: Program) -> None:
        log = Path(program.log) if program.log else None
        if log:
            log.unlink(missing_ok=True)
        run_program(command(program, self.drive.node), self.limit_s, self.folder)
        if log and (found := devices_found(log.read_text("utf-8", "replace"))) != [self.drive.node]:
            raise ProblemError(f"its log names {found}, not the one device")


def run_rounds(turns: Mapping[str, Turn], count: int) -> tuple[dict[str, Seen], int]:
    """Run so many rounds.

    Returns:
        what was seen of each program, and how many rounds began on a quiet machine.
    """
    seen = {name: Seen() for name in turns}
    quiet = 0
    for number in range(count):
        quiet += machine.wait_until_quiet()
        for name in rotated(list(turns), number):
            seen[name].take(turns[name])
        print(f"round {number + 1} of {count} done", flush=True)
    return seen, quiet
