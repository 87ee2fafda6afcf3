"""``make run``: the station with its page, and one whole practice job on a loop drive made for it.

1. Make a 1 GiB file, and fill it through a loop drive with a file system full of letters.
2. Start ``wipe-station up``: daemon and counter's page. Only then plug the drive in.
3. ``wipe-station wipe`` under gb-46864, through the daemon, with visible progress.
4. Print where the bundle is and run the ``openssl`` commands that check it.
5. Leave the page open at a printed address until Ctrl-C; with ``CI=true`` end by itself.

Ctrl-C, SIGTERM and SIGHUP end it alike. They are noted and looked for between steps and while it
waits, so that nothing is half made when it ends: the station is told to end and waited for, the
drive is detached, the folder removed.
"""

import argparse
import contextlib
import os
import random
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from certs.openssl import verification_commands
from hw_tests.loop import (
    MEMORY,
    LoopDrive,
    attach,
    loop_drive,
    missing,
    mounted,
    run,
    scratch,
    wait_until_gone,
)
from hw_tests.whole_station import NotStartedError, WholeStation, station_up, until
from wipe_station.cli import DEFAULT_PORT

SIZE_BYTES = 1 << 30
WITH_DOCUMENT = (0, 3, 5)
"""Exit codes after which there is a bundle: verified, not erased, inconclusive."""
STATION = (sys.executable, "-m", "wipe_station")
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK_EVERY_S = 0.1
EXIT_ENDED = 130
"""What a shell says of a program that Ctrl-C ended."""


class EndedError(Exception):
    """Somebody asked for the end before the job was done."""


class Ending:
    """Whether somebody asked for the end.

    A plain truth, not an event with a lock: a signal may come while another one is noted.
    """

    asked = False

    def note(self, _number: int, _frame: object) -> None:
        """Note a signal."""
        self.asked = True

    def look(self) -> None:
        """Go on, unless somebody asked for the end.

        Raises:
            EndedError: somebody did.
        """
        if self.asked:
            raise EndedError

    def wait_for(self, process: "subprocess.Popen[str]") -> int | None:
        """Wait until a process has ended and return its exit code; None for the end of us."""
        while not self.asked:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(LOOK_EVERY_S)
        return None


@contextlib.contextmanager
def ending() -> Iterator[Ending]:
    """Note each signal that ends a program; one that is ignored, as by ``nohup``, stays so."""
    noted = Ending()
    before = {number: signal.getsignal(number) for number in ENDS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, noted.note)
    try:
        yield noted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def used_drive(folder: Path, ending: Ending) -> Path:
    """Return a file that holds what somebody's old drive holds: ext4, and hundreds of letters."""
    source = random.Random(1)
    with loop_drive(folder, SIZE_BYTES) as drive:
        run("mkfs.ext4", "-q", "-F", drive.node)
        with mounted(drive, folder / "mnt") as point:
            for number in range(400):
                ending.look()
                text = f"Dear diary {number}: nobody else may ever read this.\n".encode()
                (point / f"letter-{number}.txt").write_bytes(text * 200 + source.randbytes(1 << 20))
    return drive.file


def plug_in(station: WholeStation, file: Path) -> LoopDrive:
    """Let a drive appear in the running station's bay, and wait until its page shows it."""
    moved = file.rename(station.practice / file.name)
    drive = attach(moved)
    station.drives.append(drive)
    until(lambda: any(device.node == drive.node for device in station.board().devices))
    return drive


def check(bundle: Path, root: Path, folder: Path) -> int:
    """Run the printed ``openssl`` commands; return the first exit code that is not 0."""
    for command in verification_commands(bundle, root):
        print("$ " + shlex.join(command), flush=True)
        code = subprocess.run(command, cwd=folder, check=False).returncode
        if code != 0:
            return code
    return 0


def job(station: WholeStation, drive: LoopDrive, folder: Path, ending: Ending) -> int:
    """Do the practice job and check its bundle; return the exit code."""
    state = station.state
    wipe = ["wipe", drive.node, "--confirm", str(drive.file), "--state", str(state)]
    print("$ " + shlex.join(["wipe-station", *wipe]), flush=True)
    with subprocess.Popen([*STATION, *wipe], text=True) as process:
        code = ending.wait_for(process)
        if code is None:
            process.terminate()
    if code is None:
        raise EndedError
    if code not in WITH_DOCUMENT:
        return code
    newest = max((state / "bundles").iterdir(), key=lambda path: path.stat().st_mtime)
    checked = check(newest, state / "keys" / "practice-root.pem", folder)
    print(f"The bundle stays in {newest}; the job's exit code is {code}.", flush=True)
    return code or checked


def leave_open(station: WholeStation, ending: Ending) -> None:
    """Wait until somebody has seen enough of the page, or it ends by itself."""
    print(f"\n柜台页面：{station.url}  (Ctrl-C 结束)")
    print(f"The counter's page: {station.url}  (Ctrl-C ends it)")
    print("It shows the drive that was just wiped, with its grade and its documents.", flush=True)
    ending.wait_for(station.process)


def practice(state: Path, folder: Path, port: int, ending: Ending) -> int:
    """Start the station, do the job, leave the page open; return the job's exit code.

    Raises:
        EndedError: somebody asked for the end before the job was done.
    """
    file = used_drive(folder, ending)
    bays = folder / "bays"
    bays.mkdir()
    drives: list[LoopDrive] = []
    try:
        with station_up(state, bays, port=port) as station:
            drives = station.drives
            ending.look()
            drive = plug_in(station, file)
            print(f"{drive.node}: 1 GiB, ext4, 400 letters, plugged in", flush=True)
            code = job(station, drive, folder, ending)
            if code == 0 and not os.environ.get("CI"):
                leave_open(station, ending)
    finally:
        for each in drives:
            wait_until_gone(each)
    return code


def main() -> int:
    """Run the practice job below the folder given, and tell what is missing where it cannot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("state", type=Path, help="where the station keeps its data")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="of the counter's page")
    parser.add_argument("--folder", type=Path, default=MEMORY, help="where its drive's file is")
    options = parser.parse_args()
    port = 0 if os.environ.get("CI") else options.port
    if lacking := missing():
        print("The practice job needs a loop drive. Missing: " + "; ".join(lacking) + ".")
        print("What still works: make test (linters, unit tests), wipe-cert, wipe-grade.")
        return 4
    with ending() as noted, scratch(options.folder) as folder:
        try:
            return practice(options.state.resolve(), folder, port, noted)
        except EndedError:
            return EXIT_ENDED
        except NotStartedError as error:
            print("The station did not start; it says why above.")
            return int(error.args[0])


if __name__ == "__main__":
    sys.exit(main())
