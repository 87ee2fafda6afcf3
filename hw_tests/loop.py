"""Loop drives that a test or the practice job makes for itself, and nothing else.

Whatever this module hands out stands on a file that it created itself in a folder of its own; the
device is checked against that file before it is given away, and detached by its own name after.
"""

import contextlib
import fcntl
import os
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BUSY_S = 30.0
SECTOR_BYTES = 512
LOOP_CLR_FD = 0x4C01  # <linux/loop.h>
LOOP_SET_STATUS64 = 0x4C04
LOOP_GET_STATUS64 = 0x4C05
LOOP_INFO64_BYTES = 232
SIZE_LIMIT_AT = 32  # lo_sizelimit, behind lo_device, lo_inode, lo_rdevice, lo_offset
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made below it


def run(*command: str | os.PathLike[str]) -> str:
    """Run a program and return what it printed.

    Ctrl-C in a terminal is for us, not for it: what takes down a mount must come to its end.

    Raises:
        subprocess.CalledProcessError: it failed; its words are in the notes.
    """
    done = subprocess.run(
        command,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )
    if done.returncode != 0:
        error = subprocess.CalledProcessError(done.returncode, command, done.stdout)
        error.add_note(done.stdout)
        raise error
    return done.stdout.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopDrive:
    """A loop device and the file behind it, both ours."""

    node: str
    file: Path
    size_bytes: int

    @property
    def name(self) -> str:
        """Return the kernel's name, such as ``loop3``."""
        return Path(self.node).name


def make_file(folder: Path, size_bytes: int, name: str = "drive.img") -> Path:
    """Create a sparse file of the given size that did not exist before."""
    file = folder / name
    with file.open("xb") as new:
        new.truncate(size_bytes)
    return file


def attach(file: Path, *, sector_bytes: int = 512, read_only: bool = False) -> LoopDrive:
    """Bind a file of ours to a free loop device, and make sure that it is that file."""
    options = ["--direct-io=on", f"--sector-size={sector_bytes}"]
    options += ["--read-only"] if read_only else []
    node = losetup("--find", "--show", *options, file)
    backing = Path(f"/sys/block/{Path(node).name}/loop/backing_file").read_text("utf-8").strip()
    assert backing == str(file), f"{node} stands on {backing}, not on our {file}"
    return LoopDrive(node=node, file=file, size_bytes=file.stat().st_size)


def losetup(*words: str | os.PathLike[str]) -> str:
    """Run ``losetup``, again while the kernel is busy: others look at the same devices."""
    ends = time.monotonic() + BUSY_S
    while True:
        try:
            return run("losetup", *words)
        except subprocess.CalledProcessError as error:
            if "busy" not in str(error.output) or time.monotonic() > ends:
                raise


def unplug(drive: LoopDrive) -> None:
    """Detach a drive of ours and wait until it is really gone.

    Whoever looks at the device in this moment delays the end of it.
    """
    detach(drive)
    wait_until_gone(drive)


def pull(drive: LoopDrive) -> None:
    """Take a drive away while somebody works on it, as a pulled cable does.

    A loop device that is held open outlives its detaching, so it is made to end after its first
    sector at once: whoever looks sees another size, lets go, and then it is gone.
    """
    descriptor = os.open(drive.node, os.O_RDONLY | os.O_CLOEXEC)
    try:
        status = bytearray(fcntl.ioctl(descriptor, LOOP_GET_STATUS64, bytes(LOOP_INFO64_BYTES)))
        struct.pack_into("=Q", status, SIZE_LIMIT_AT, SECTOR_BYTES)
        fcntl.ioctl(descriptor, LOOP_SET_STATUS64, bytes(status))
        fcntl.ioctl(descriptor, LOOP_CLR_FD)
    finally:
        os.close(descriptor)
    wait_until_gone(drive)


def wait_until_gone(drive: LoopDrive) -> None:
    """Wait until the last one who held a detached drive has let go."""
    ends = time.monotonic() + BUSY_S
    while is_bound(drive):
        assert time.monotonic() < ends, f"{drive.node} does not let go"


def is_bound(drive: LoopDrive) -> bool:
    """Tell whether the node still stands on the file; it may be another one's by now."""
    try:
        backing = Path(f"/sys/block/{drive.name}/loop/backing_file").read_text("utf-8")
    except OSError:
        return False
    return backing.strip() == str(drive.file)


def replug(drive: LoopDrive) -> None:
    """Attach a drive's file to its old node again: another plugging-in, another ``diskseq``."""
    losetup("--direct-io=on", drive.node, drive.file)


def detach(drive: LoopDrive) -> None:
    """Unbind a loop device of ours; one that is gone already is fine."""
    if is_bound(drive):
        # A node keeps the flag of a station that was killed, for whoever gets it next.
        run("blockdev", "--setrw", drive.node)
        run("losetup", "--detach", drive.node)


@contextlib.contextmanager
def scratch(where: Path = MEMORY) -> Iterator[Path]:
    """Make a folder of our own, and remove it at the end."""
    with tempfile.TemporaryDirectory(prefix="wipe-station-", dir=where) as folder:
        yield Path(folder)


@contextlib.contextmanager
def loop_drive(
    folder: Path, size_bytes: int, *, sector_bytes: int = 512, name: str = "drive.img"
) -> Iterator[LoopDrive]:
    """Make a file and a loop device on it; detach at the end, also after a failure."""
    drive = attach(make_file(folder, size_bytes, name), sector_bytes=sector_bytes)
    try:
        yield drive
    finally:
        detach(drive)


@contextlib.contextmanager
def mounted(drive: LoopDrive, point: Path) -> Iterator[Path]:
    """Mount a drive of ours, and unmount it at the end."""
    point.mkdir(exist_ok=True)
    run("mount", drive.node, point)
    try:
        yield point
    finally:
        run("umount", point)


@contextlib.contextmanager
def small_memory(point: Path, size_bytes: int) -> Iterator[Path]:
    """Mount a file system in memory that is full after ``size_bytes``."""
    point.mkdir()
    run("mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "none", point)
    try:
        yield point
    finally:
        run("umount", point)


def missing() -> list[str]:
    """Return what this machine lacks for loop drives, in words; empty if nothing."""
    lacking = []
    if os.geteuid() != 0:
        lacking.append("root (loop devices cannot be made without it)")
    if not Path("/dev/loop-control").exists():
        lacking.append("loop devices in the kernel (/dev/loop-control)")
    return lacking
