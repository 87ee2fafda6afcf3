"""``make run``: one whole practice job on a loop drive that was made for it.

1. Make a 1 GiB file, a loop drive on it, a file system on that, and fill it with files.
2. Start the station before the drive appears, as on a counter; then plug the drive in.
3. ``wipe-station wipe`` under gb-46864, with visible progress.
4. Print where the bundle is and run the ``openssl`` commands that check it.
5. End with the job's exit code.
"""

import argparse
import random
import shlex
import subprocess
import sys
from pathlib import Path

from certs.openssl import verification_commands
from hw_tests.loop import LoopDrive, attach, detach, make_file, missing, mounted, run, scratch

SIZE_BYTES = 1 << 30
WITH_DOCUMENT = (0, 3, 5)
"""Exit codes after which there is a bundle: verified, not erased, inconclusive."""
STATION = (sys.executable, "-m", "wipe_station")


def fill(drive: LoopDrive, folder: Path) -> int:
    """Put an ext4 file system full of letters and pictures' worth of bytes on the drive."""
    run("mkfs.ext4", "-q", "-F", drive.node)
    source = random.Random(1)
    with mounted(drive, folder / "mnt") as point:
        for number in range(400):
            text = f"Dear diary {number}: nobody else may ever read this.\n".encode()
            (point / f"letter-{number}.txt").write_bytes(text * 200 + source.randbytes(1 << 20))
        return sum(1 for _ in point.iterdir())


def check(bundle: Path, root: Path, folder: Path) -> int:
    """Run the printed ``openssl`` commands; return the first exit code that is not 0."""
    for command in verification_commands(bundle, root):
        print("$ " + shlex.join(command), flush=True)
        code = subprocess.run(command, cwd=folder, check=False).returncode
        if code != 0:
            return code
    return 0


def job(state: Path, folder: Path) -> int:
    """Do the practice job; return its exit code."""
    subprocess.run([*STATION, "devices", "--state", state], check=True, stdout=subprocess.DEVNULL)
    drive = attach(make_file(folder, SIZE_BYTES))
    try:
        count = fill(drive, folder)
        print(f"{drive.node}: 1 GiB, ext4, {count} files", flush=True)
        wipe = [*STATION, "wipe", drive.node, "--confirm", str(drive.file), "--state", str(state)]
        print("$ " + shlex.join(["wipe-station", *wipe[3:]]), flush=True)
        return subprocess.run(wipe, check=False).returncode
    finally:
        detach(drive)


def main() -> int:
    """Run the practice job below the folder given, and tell what is missing where it cannot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("state", type=Path, help="where the station keeps its data")
    state = parser.parse_args().state.resolve()
    if lacking := missing():
        print("The practice job needs a loop drive. Missing: " + "; ".join(lacking) + ".")
        print("What still works: make test (linters, unit tests), wipe-cert, wipe-grade.")
        return 4
    with scratch() as folder:
        code = job(state, folder)
        if code not in WITH_DOCUMENT:
            return code
        newest = max((state / "bundles").iterdir(), key=lambda path: path.stat().st_mtime)
        checked = check(newest, state / "keys" / "practice-root.pem", folder)
    print(f"The bundle stays in {newest}; the job's exit code is {code}.")
    return code or checked


if __name__ == "__main__":
    sys.exit(main())
