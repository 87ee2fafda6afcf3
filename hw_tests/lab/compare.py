"""``python -m hw_tests.lab.compare``: the fault stories, played to other wipers. I/O.

    make compare                                         installs the programs of others first
    python -m hw_tests.lab.compare --wiper mine 'mywipe --verify {device}' --story wraps

For each wiper and story:

1. A medium is made, full of what an owner left, and a loop drive on it; then the story begins.
2. The wiper runs with that one device in its ``/dev`` and none beside it; at its limit it is
   killed, by its own process id.
3. A volatile medium loses its power. Then the medium is read, past the device: what is left?

A wiper that is not there is shown as missing. Needs root, loop devices and FUSE.
"""

import argparse
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hw_tests.command import first_start
from hw_tests.lab.fuse_medium import FuseMedium, fuse_medium
from hw_tests.lab.owners import sectors_left
from hw_tests.lab.play import OWNER, begin
from hw_tests.lab.scripts import SIZE_BYTES, STORIES, Story
from hw_tests.lab.verdict import Seen, is_false, table, verdict
from hw_tests.lab.wipers import OTHERS, OURS, Wiper, brought, ours, version_in
from hw_tests.loop import LoopDrive, attach, missing, scratch, unplug

LIMIT_S: Final = 120.0
ANSWER_S: Final = 20.0
HONEST: Final = Story(faults=(), ends="certified")
STAGED: Final = {"no fault": HONEST} | STORIES
"""An honest medium first: who fails on that one has other troubles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a command ended."""

    code: int | None
    said: str
    took_s: float


def run_confined(words: Sequence[str], drive: LoopDrive, folder: Path, limit_s: float) -> Ran:
    """Run a command shut in with one drive of ours; kill it, and its children, at the limit."""
    (folder / "dev").mkdir()
    shut_in = [sys.executable, "-m", "hw_tests.lab.confined", drive.node, str(folder / "dev")]
    began = time.monotonic()
    with (folder / "said").open("wb") as out:
        process = subprocess.Popen(
            [*shut_in, *words],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    said = (folder / "said").read_text("utf-8", "replace")
    return Ran(code=code, said=said, took_s=time.monotonic() - began)


def play(
    wiper: Wiper, story: Story, medium: FuseMedium, folder: Path, limit_s: float
) -> tuple[Seen, Ran]:
    """Have one wiper wipe the medium of one story; return what became of it, and how it ended.

    Args:
        wiper: is there.
        story: is begun when the drive is attached.
        medium: is made anew.
        folder: is empty, and ours.
        limit_s: for the wiper.
    """
    begin(story, medium)
    planted = sectors_left(medium.truth())
    if wiper.name == OURS:
        first_start(folder / "state")
    drive = attach(medium.disk)
    try:
        words = wiper.words(
            device=drive.node, file=str(drive.file), folder=str(folder), method=story.method
        )
        medium.follow(*story.faults)
        ran = run_confined(words, drive, folder, limit_s)
        met = medium.counts()["met"]
        if story.volatile:
            medium.tell(cut_power=OWNER)
        truth = medium.truth()
    finally:
        medium.tell(lift=True)
        unplug(drive)
    seen = Seen(
        code=ran.code,
        claims_success=ran.code is not None and wiper.claims_success(ran.code, ran.said),
        met=all(met),
        planted_sectors=planted,
        left_sectors=sectors_left(truth),
        claimed_bytes=SIZE_BYTES,
        held_bytes=len(truth),
        took_s=ran.took_s,
    )
    return seen, ran


def play_all(
    wipers: Sequence[Wiper], stories: Sequence[str], limit_s: float, *, aloud: bool
) -> dict[tuple[str, str], Seen | None]:
    """Play all stories to all wipers; a missing wiper has None."""
    cells: dict[tuple[str, str], Seen | None] = {}
    with scratch() as folder, fuse_medium(folder, SIZE_BYTES) as medium:
        for wiper in wipers:
            there = shutil.which(wiper.command[0]) is not None
            for name in stories:
                cells[wiper.name, name] = None
                if not there:
                    continue
                own = folder / f"{wiper.name}-{name}".replace("/", "-")
                own.mkdir()
                seen, ran = play(wiper, STAGED[name], medium, own, limit_s)
                cells[wiper.name, name] = seen
                if aloud:
                    print(f"{wiper.name}, {name}: {verdict(seen)} ({seen.took_s:.1f} s)")
                    print("    " + "\n    ".join(ran.said.splitlines()[-4:]), flush=True)
    return cells


def heading(wiper: Wiper) -> str:
    """Return a wiper's name and version."""
    if not wiper.version or shutil.which(wiper.version[0]) is None:
        return wiper.name
    done = subprocess.run(
        wiper.version, check=False, capture_output=True, text=True, timeout=ANSWER_S
    )
    return f"{wiper.name} {version_in(done.stdout + done.stderr)}".strip()


def machine() -> str:
    """Say when and where this is."""
    today = datetime.now(UTC).date().isoformat()
    cores, kernel = os.cpu_count(), platform.release().partition("-")[0]
    return f"{today}, {cores} cores, {platform.system()} {kernel}, Python {sys.version.split()[0]}"


def _parser() -> argparse.ArgumentParser:
    first, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        prog="python -m hw_tests.lab.compare",
        description=first + rest,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--wiper",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "COMMAND"),
        help="one more; {device} stands for the device, {folder} for a folder to leave files in",
    )
    parser.add_argument("--only", action="append", metavar="NAME", help="of all wipers, these")
    parser.add_argument(
        "--story", action="append", choices=list(STAGED), metavar="NAME", help=", ".join(STAGED)
    )
    parser.add_argument("--limit-s", type=float, default=LIMIT_S, help="of one run (%(default)s)")
    parser.add_argument("--aloud", action="store_true", help="print each run's last words, too")
    return parser


def main() -> int:
    """Return 0 with a table, 2 for a wrong word, 4 where no drive can be made."""
    parser = _parser()
    given = parser.parse_args()
    wipers = [ours(sys.executable), *OTHERS]
    try:
        wipers += [brought(name, template) for name, template in given.wiper]
    except ValueError as error:
        parser.error(str(error))
    if unknown := set(given.only or ()) - {wiper.name for wiper in wipers}:
        parser.error(f"no such wiper: {', '.join(sorted(unknown))}")
    if lacking := missing():
        print("NOT PLAYED. Missing: " + "; ".join(lacking))
        return 4
    wipers = [each for each in wipers if not given.only or each.name in given.only]
    stories = given.story or list(STAGED)
    cells = play_all(wipers, stories, given.limit_s, aloud=given.aloud)
    print_all(wipers, stories, cells)
    return 0


def print_all(
    wipers: Sequence[Wiper],
    stories: Sequence[str],
    cells: dict[tuple[str, str], Seen | None],
) -> None:
    """Print machine, commands and table."""
    print(machine() + ":\n")
    for wiper in wipers:
        words = [Path(wiper.command[0]).name, *wiper.command[1:]]
        print(f"- **{heading(wiper)}**: `{' '.join(words)}`; {wiper.remark}.")
    print("\n" + table([wiper.name for wiper in wipers], stories, cells))
    wrong = sum(is_false(cell) for cell in cells.values() if cell)
    print(f"\n{wrong} of {len(cells)} runs said that they were done while something was left.")


if __name__ == "__main__":
    sys.exit(main())
