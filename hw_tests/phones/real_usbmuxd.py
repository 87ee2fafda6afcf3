"""Debian's own usbmuxd, out of everybody's sight: ``python -m hw_tests.phones.real_usbmuxd``. I/O.

It knows one path for its socket and one for its records. So it gets a mount namespace of its own
with an empty ``/run`` and ``/var/lib``, and is told to look for no devices.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hw_tests.command import wait_for_line
from hw_tests.loop import run

RECORDS: Final = Path("/var/lib/lockdown")


@contextlib.contextmanager
def real_usbmuxd(records: Path) -> Iterator[str]:
    """Run it with the pair records of a folder; return its address, as seen from outside."""
    own = (sys.executable, "-m", __name__, str(records))
    with subprocess.Popen(
        ["unshare", "--mount", "--propagation", "private", *own],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            wait_for_line(process, "Initialization complete")
            yield f"UNIX:/proc/{process.pid}/root/run/usbmuxd"
        finally:
            process.terminate()


def main(records: str) -> None:
    """Make the namespace's own folders, and become usbmuxd."""
    held = {path.name: path.read_bytes() for path in Path(records).glob("*.plist")}
    for folder in ("/run", str(RECORDS.parent)):
        run("mount", "-t", "tmpfs", "none", folder)
    RECORDS.mkdir()
    for name, data in held.items():
        (RECORDS / name).write_bytes(data)
    program = shutil.which("usbmuxd", path="/usr/sbin:/usr/bin")
    assert program is not None, "the Makefile installs it"
    options = ("--foreground", "--verbose", "--disable-hotplug", "--no-preflight")
    os.execv(program, [program, *options])  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1])
