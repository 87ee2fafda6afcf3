"""What the host can have done in the guest: each function takes and returns JSON. I/O.

They run in the guest's agent, as root, on devices of the guest; nothing here reaches the host,
whose files the guest sees read only.
"""

import errno
import mmap
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypedDict

POLL_S: Final = 0.02
CHUNK_BYTES: Final = 1 << 20
LOGS: Final = Path("/run/lab")


class Ran(TypedDict):
    """What a program left behind."""

    code: int
    out: str
    err: str


class Disk(TypedDict):
    """One whole block device as the kernel shows it."""

    name: str
    size_bytes: int
    diskseq: int
    path: str
    """Its place in sysfs, which names controller and port."""


def run(argv: list[str], timeout_s: float = 60.0, env: dict[str, str] | None = None) -> Ran:
    """Run a program to its end."""
    done = subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=timeout_s,
        env=os.environ | (env or {}),
    )
    return Ran(
        code=done.returncode,
        out=done.stdout.decode("utf-8", "replace"),
        err=done.stderr.decode("utf-8", "replace"),
    )


_started: dict[int, "subprocess.Popen[bytes]"] = {}


def start(argv: list[str], name: str) -> int:
    """Start a program that goes on by itself; what it says is kept under a name."""
    LOGS.mkdir(exist_ok=True)
    with (LOGS / f"{name}.out").open("wb") as out, (LOGS / f"{name}.err").open("wb") as err:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
        )
    _started[process.pid] = process
    return process.pid


def said(name: str) -> str:
    """Return what a started program has written to standard output so far."""
    return (LOGS / f"{name}.out").read_text("utf-8", "replace")


def complained(name: str) -> str:
    """Return what a started program has written to standard error so far."""
    return (LOGS / f"{name}.err").read_text("utf-8", "replace")


def ended(pid: int, timeout_s: float) -> int | None:
    """Return a started program's exit code, waiting for it; None if it still runs."""
    try:
        return _started[pid].wait(timeout_s)
    except subprocess.TimeoutExpired:
        return None


def tell(pid: int, number: int) -> None:
    """Send a signal to a process."""
    os.kill(pid, signal.Signals(number))


def disks() -> list[Disk]:
    """Return every whole block device with a medium."""
    return [disk for entry in Path("/sys/block").iterdir() if (disk := _disk(entry)) is not None]


def _disk(entry: Path) -> Disk | None:
    try:
        size_bytes = int((entry / "size").read_text("ascii")) * 512
        diskseq = int((entry / "diskseq").read_text("ascii"))
        path = str(entry.resolve())
    except OSError:
        return None  # gone since it was listed
    if size_bytes == 0:
        return None
    return Disk(name=entry.name, size_bytes=size_bytes, diskseq=diskseq, path=path)


def wait_for_disk(size_bytes: int, after: int, timeout_s: float) -> str:
    """Wait for a disk of a size that was plugged in later than a ``diskseq``; return its node."""
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        for disk in disks():
            node = f"/dev/{disk['name']}"
            if disk["size_bytes"] == size_bytes and disk["diskseq"] > after and Path(node).exists():
                return node
        time.sleep(POLL_S)
    raise TimeoutError(f"no disk of {size_bytes} bytes: {disks()}")


def newest_diskseq() -> int:
    """Return the highest number that any disk here has been given."""
    return max((disk["diskseq"] for disk in disks()), default=0)


def settle() -> None:
    """Wait until udev has handled every event so far."""
    subprocess.run(["udevadm", "settle", "--timeout=60"], check=True)


def read_text(path: str) -> str:
    """Return a file's text."""
    return Path(path).read_text("utf-8", "replace")


def write_text(path: str, text: str) -> None:
    """Write a file or an attribute of the kernel."""
    Path(path).write_text(text, "utf-8")


def exists(path: str) -> bool:
    """Tell whether a path is there."""
    return Path(path).exists()


def names(folder: str) -> list[str]:
    """Return what is in a folder."""
    return sorted(os.listdir(folder))


def modprobe(*names: str) -> None:
    """Load drivers."""
    subprocess.run(["modprobe", "-a", *names], check=True)


def unload(*names: str) -> None:
    """Unload drivers."""
    subprocess.run(["modprobe", "-r", "-a", *names], check=True)


class Held(TypedDict):
    """What a process holds."""

    descriptors: int
    threads: int
    children: int
    memory_kib: int


def held(pid: int) -> Held:
    """Return what a process holds now."""
    proc = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (proc / "status").read_text("ascii").splitlines())
    children = [
        (task / "children").read_text("ascii").split() for task in (proc / "task").iterdir()
    ]
    return Held(
        descriptors=len(list((proc / "fd").iterdir())),
        threads=int(status["Threads"]),
        children=sum(map(len, children)),
        memory_kib=int(status["VmRSS"].split()[0]),
    )


def attempt(node: str, op: str, offset: int, length: int) -> str:
    """Read, write or flush a device past all caches; return what it gave, or the error's name."""
    buffer = mmap.mmap(-1, length)
    descriptor = os.open(node, os.O_RDWR | os.O_DIRECT)
    attempts: dict[str, Callable[[], object]] = {
        "read": lambda: os.preadv(descriptor, [buffer], offset),
        "write": lambda: os.pwrite(descriptor, buffer, offset),
        "flush": lambda: os.fsync(descriptor),
    }
    try:
        return _met(attempts[op])
    finally:
        os.close(descriptor)


def attempt_open(node: str) -> str:
    """Open a device for reading; return the error's name, or nothing."""
    return _met(lambda: os.close(os.open(node, os.O_RDONLY))).removeprefix("None")


def content(node: str, offset: int, length: int) -> str:
    """Return what a device holds, in hexadecimal, read past all caches."""
    buffer = mmap.mmap(-1, length)
    descriptor = os.open(node, os.O_RDONLY | os.O_DIRECT)
    try:
        os.preadv(descriptor, [buffer], offset)
    finally:
        os.close(descriptor)
    return buffer[:].hex()


class Pulled(TypedDict):
    """What a writer met whose device was pulled out: results, or names of errors."""

    in_flight: str
    written_bytes: int
    then: dict[str, str]


def write_until_pulled(node: str, timeout_s: float) -> Pulled:
    """Write a device again and again until it fails; then ask what is left of it."""
    buffer = mmap.mmap(-1, CHUNK_BYTES)
    descriptor = os.open(node, os.O_RDWR | os.O_DIRECT | os.O_EXCL)
    try:
        units = os.lseek(descriptor, 0, os.SEEK_END) // CHUNK_BYTES
        done, ends = 0, time.monotonic() + timeout_s
        while time.monotonic() < ends:
            try:
                done += os.pwrite(descriptor, buffer, done // CHUNK_BYTES % units * CHUNK_BYTES)
            except OSError as error:
                _wait_until_gone(descriptor, ends)
                return Pulled(
                    in_flight=fault(error.errno),
                    written_bytes=done,
                    then=_left_of(node, descriptor, buffer),
                )
        raise TimeoutError("nobody pulled")
    finally:
        os.close(descriptor)


def _wait_until_gone(descriptor: int, ends: float) -> None:
    """Wait until the kernel has done with a disk; a busy one fails a write some time before."""
    while os.lseek(descriptor, 0, os.SEEK_END) and time.monotonic() < ends:
        time.sleep(POLL_S)


def _left_of(node: str, descriptor: int, buffer: mmap.mmap) -> dict[str, str]:
    attempts: dict[str, Callable[[], object]] = {
        "write": lambda: os.pwrite(descriptor, buffer, 0),
        "read": lambda: os.pread(descriptor, 512, 0),
        "flush": lambda: os.fsync(descriptor),
        "end": lambda: os.lseek(descriptor, 0, os.SEEK_END),
        "open": lambda: os.close(os.open(node, os.O_RDONLY)),
    }
    return {name: _met(attempt) for name, attempt in attempts.items()}


def _met(attempt: Callable[[], object]) -> str:
    try:
        return repr(attempt())
    except OSError as error:
        return fault(error.errno)


def fault(number: int | None) -> str:
    """Return an error number's name, the same on both sides."""
    return errno.errorcode.get(number or 0, str(number))


def set_heat_limit(name: str, celsius: int) -> tuple[int, int]:
    """Set what a drive calls too hot, by its own command; return temperature and limit then.

    Args:
        name: of the disk, like ``nvme0n1``.
        celsius: the limit.
    """
    (limit,) = Path(f"/sys/block/{name}/device").glob("hwmon*/temp1_max")
    limit.write_text(str(celsius * 1000), "ascii")
    now = limit.with_name("temp1_input").read_text("ascii")
    return int(now) // 1000, int(limit.read_text("ascii")) // 1000
