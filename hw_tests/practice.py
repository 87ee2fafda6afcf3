"""``make run``: the station with its page, and one whole practice job on a loop drive made for it.

1. Make a 1 GiB file, and fill it through a loop drive with a file system full of letters.
2. Start ``wipe-station up``: daemon and counter's page. Only then plug the drive in.
3. ``wipe-station wipe`` under gb-46864, through the daemon, with visible progress.
4. Print where the bundle is and run the ``openssl`` commands that check it.
5. Leave the page open at a printed address until Ctrl-C; with ``CI=true`` end by itself.
"""

import argparse
import contextlib
import os
import random
import shlex
import subprocess
import sys
from pathlib import Path

from certs.openssl import verification_commands
from hw_tests.loop import LoopDrive, attach, loop_drive, missing, mounted, run, scratch
from hw_tests.whole_station import NotStartedError, WholeStation, station_up, until
from wipe_station.cli import DEFAULT_PORT

SIZE_BYTES = 1 << 30
WITH_DOCUMENT = (0, 3, 5)
"""Exit codes after which there is a bundle: verified, not erased, inconclusive."""
STATION = (sys.executable, "-m", "wipe_station")


def used_drive(folder: Path) -> Path:
    """Return a file that holds what somebody's old drive holds: ext4, and hundreds of letters."""
    source = random.Random(1)
    with loop_drive(folder, SIZE_BYTES) as drive:
        run("mkfs.ext4", "-q", "-F", drive.node)
        with mounted(drive, folder / "mnt") as point:
            for number in range(400):
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


def job(station: WholeStation, drive: LoopDrive, folder: Path) -> int:
    """Do the practice job and check its bundle; return the exit code."""
    state = station.state
    wipe = ["wipe", drive.node, "--confirm", str(drive.file), "--state", str(state)]
    print("$ " + shlex.join(["wipe-station", *wipe]), flush=True)
    code = subprocess.run([*STATION, *wipe], check=False).returncode
    if code not in WITH_DOCUMENT:
        return code
    newest = max((state / "bundles").iterdir(), key=lambda path: path.stat().st_mtime)
    checked = check(newest, state / "keys" / "practice-root.pem", folder)
    print(f"The bundle stays in {newest}; the job's exit code is {code}.", flush=True)
    return code or checked


def leave_open(station: WholeStation) -> None:
    """Wait until somebody has seen enough of the page, or it ends by itself."""
    print(f"\n柜台页面：{station.url}  (Ctrl-C 结束)")
    print(f"The counter's page: {station.url}  (Ctrl-C ends it)")
    print("It shows the drive that was just wiped, with its grade and its documents.", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        station.process.wait()


def practice(state: Path, folder: Path, port: int) -> int:
    """Start the station, do the job, leave the page open; return the job's exit code."""
    file = used_drive(folder)
    bays = folder / "bays"
    bays.mkdir()
    with station_up(state, bays, port=port) as station:
        drive = plug_in(station, file)
        print(f"{drive.node}: 1 GiB, ext4, 400 letters, plugged in", flush=True)
        code = job(station, drive, folder)
        if code == 0 and not os.environ.get("CI"):
            leave_open(station)
    return code


def main() -> int:
    """Run the practice job below the folder given, and tell what is missing where it cannot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("state", type=Path, help="where the station keeps its data")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="of the counter's page")
    options = parser.parse_args()
    port = 0 if os.environ.get("CI") else options.port
    if lacking := missing():
        print("The practice job needs a loop drive. Missing: " + "; ".join(lacking) + ".")
        print("What still works: make test (linters, unit tests), wipe-cert, wipe-grade.")
        return 4
    with scratch() as folder:
        try:
            return practice(options.state.resolve(), folder, port)
        except NotStartedError as error:
            print("The station did not start; it says why above.")
            return int(error.args[0])


if __name__ == "__main__":
    sys.exit(main())
