"""Read block devices and their users into plain JSON, judging nothing. I/O.

Outside bytes: sysfs text and pages with their limits, udev's properties, /proc. What cannot be
read is left out, and ``classify`` calls it unknown. pyudev finds the devices; without udevd its
properties are empty and sysfs alone speaks.
"""

import errno
import fcntl
import os
import stat
import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from threading import local
from typing import Final

import pyudev

from wipe_station.records import Json

_TEXT_LIMIT_BYTES: Final = 4096
_LOOP_GET_STATUS64: Final = 0x4C05  # <linux/loop.h>
_LOOP_INFO64: Final = struct.Struct("=QQQQQ")  # lo_device, lo_inode, lo_rdevice, offset, limit
_LOOP_INFO64_BYTES: Final = 232

_DISK_ATTRIBUTES: Final = (
    "size",
    "ro",
    "removable",
    "hidden",
    "diskseq",
    "partition",
    "serial",
    "wwid",
    "nguid",
    "eui",
    "queue/logical_block_size",
    "queue/physical_block_size",
    "queue/zoned",
    "loop/backing_file",
    "loop/offset",
    "loop/sizelimit",
    "dm/name",
    "md/level",
    "device/vendor",
    "device/model",
    "device/rev",
    "device/firmware_rev",
    "device/serial",
    "device/wwid",
    "device/cid",
    "device/name",
)
_DISK_PAGES: Final = ("device/vpd_pg80", "device/vpd_pg89", "device/vpd_pgb1")
_ATA_PORT: Final = "ata_port"
MORE_PAGES: Final = ("device/inquiry", "device/vpd_pg83")
"""Pages that nothing here judges by, and that a recording shows."""
_ANCESTOR_ATTRIBUTES: Final = (
    "serial",
    "manufacturer",
    "product",
    "idVendor",
    "idProduct",
    "bcdDevice",
)


def _text(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(_TEXT_LIMIT_BYTES).decode("utf-8", "replace").strip()
    except OSError:
        return None


def _page(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(_TEXT_LIMIT_BYTES).hex()
    except OSError:
        return None


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return []


def _known(values: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}


def _ancestors(device: Path, sys_root: Path) -> list[Json]:
    """Return every parent that belongs to a subsystem, nearest first."""
    found: list[Json] = []
    for parent in device.parents:
        if parent == sys_root / "devices":
            break
        if (subsystem := _subsystem(parent)) is not None:
            values = {name: _text(parent / name) for name in _ANCESTOR_ATTRIBUTES}
            found.append({"name": parent.name, "subsystem": subsystem, "attrs": _known(values)})
    return found


def _subsystem(device: Path) -> str | None:
    """Return what a device belongs to; None for a folder that is no device.

    libata's port stands in a disk's path without saying so: its class device lies below it.
    """
    if (device / "subsystem").exists():
        return Path(os.path.realpath(device / "subsystem")).name
    return _ATA_PORT if (device / _ATA_PORT / device.name).exists() else None


def _partitions(device: Path) -> list[str]:
    # The kernel names a partition after its disk; not to ask the other forty saves half a look.
    names = (name for name in _names(device) if name.startswith(device.name))
    return [name for name in names if (device / name / "partition").exists()]


def _holders(device: Path) -> list[str]:
    inside = [device, *(device / name for name in _partitions(device))]
    return [name for part in inside for name in _names(part / "holders")]


def read_device(
    device: Path, sys_root: Path, properties: dict[str, str], more_pages: tuple[str, ...] = ()
) -> dict[str, Json]:
    """Read one block device below a sysfs root."""
    return {
        "devno": _text(device / "dev") or "",
        "attrs": _known({name: _text(device / name) for name in _DISK_ATTRIBUTES}),
        "pages": _known({name: _page(device / name) for name in (*_DISK_PAGES, *more_pages)}),
        "parent": device.parent.name if (device / "partition").exists() else "",
        "partitions": _partitions(device),
        "holders": _holders(device),
        "slaves": _names(device / "slaves"),
        "ancestors": _ancestors(device, sys_root),
        "udev": {key: value for key, value in properties.items() if key.startswith("ID_")},
    }


def read_devices(
    root: Path = Path("/"), more_pages: tuple[str, ...] = ()
) -> dict[str, dict[str, Json]]:
    """Read every block device.

    Args:
        root: where ``sys`` lives; another one than ``/`` is a copy of it, without udev.
        more_pages: pages to read beside those that detection needs.

    Returns:
        name → what ``read_device`` returns.
    """
    sys_root = (root / "sys").resolve()
    found: list[tuple[Path, dict[str, str]]]
    if root != Path("/"):
        entries = sorted((sys_root / "class" / "block").iterdir())
        found = [(Path(os.path.realpath(entry)), {}) for entry in entries]
    else:
        listed = _udev().context.list_devices(subsystem="block")
        found = [(Path(device.sys_path), dict(device.properties)) for device in listed]
    return {
        path.name: read_device(path, sys_root, properties, more_pages) for path, properties in found
    }


class _Udev(local):
    """A thread's own access to udev: libudev may not be shared, and finding it takes a process."""

    def __init__(self) -> None:
        self.context = pyudev.Context()


@cache
def _udev() -> _Udev:
    return _Udev()


def udevd_present() -> bool:
    """Tell whether a udev daemon keeps properties on this machine."""
    return Path("/run/udev/control").exists()


def _process_ids() -> list[int]:
    """Return every process but this one: what the station itself holds is no foreign use."""
    ids = (int(name) for name in os.listdir("/proc") if name.isdigit())
    return sorted(pid for pid in ids if pid != os.getpid())


def _living(pid: int) -> Path:
    """Return the folder in ``/proc`` that shows what a process holds: its own, or a thread's.

    Where the first thread has ended and others live on, as in a killed worker that the kernel
    holds, the process's own folder shows no descriptor and no mount, although all of them are held.

    KNOWN HOLE: a thread that has given itself a table of descriptors of its own is seen only there.
    """
    own = Path(f"/proc/{pid}")
    if not _has_ended(own):
        return own
    threads = (own / "task" / name for name in os.listdir(own / "task"))
    return next((thread for thread in threads if not _has_ended(thread)), own)


def _has_ended(thread: Path) -> bool:
    try:
        os.readlink(thread / "ns" / "mnt")
    except FileNotFoundError:
        return True
    except OSError:
        return False  # it lives, and may not be looked at
    return False


def _mount_line(line: str, namespace: str) -> Json:
    fields, _, tail = line.partition(" - ")
    left, right = fields.split(), tail.split()
    source = right[1] if len(right) > 1 else ""
    devno = left[2]
    try:
        status = os.stat(source)
        if devno.startswith("0:") and stat.S_ISBLK(status.st_mode):
            devno = devno_text(status.st_rdev)  # btrfs and its like hide behind anonymous numbers
    except (OSError, ValueError):
        pass  # the source is a word such as "tmpfs", or a node of another namespace
    return {"devno": devno, "point": left[4], "fstype": right[0], "namespace": namespace}


def _gone(error: OSError) -> bool:
    """Tell a process that ended while we looked from one that we may not look at."""
    return error.errno in (errno.ENOENT, errno.ESRCH, errno.EINVAL)


def read_mounts() -> tuple[list[Json], list[int]]:
    """Read the mounts of every mount namespace that a process lives in.

    Returns:
        the mounts, and the ids of processes whose namespace could not be read.
    """
    mounts: list[Json] = []
    unread: list[int] = []
    seen: set[str] = set()
    for pid in (*_process_ids(), os.getpid()):
        try:
            folder = _living(pid)
            namespace = _namespace(folder)
            if namespace in seen:
                continue
            text = (folder / "mountinfo").read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            if not _gone(error):
                unread.append(pid)
            continue
        seen.add(namespace)
        mounts.extend(_mount_line(line, namespace) for line in text.splitlines())
    return mounts, unread


def _namespace(folder: Path) -> str:
    try:
        return os.readlink(folder / "ns" / "mnt")
    except PermissionError:
        return f"of process {folder.name}"  # its mounts can often be read all the same


def devno_text(number: int) -> str:
    """Return a device number as ``major:minor``."""
    return f"{os.major(number)}:{os.minor(number)}"


def _object_of(status: os.stat_result) -> dict[str, str]:
    """Name the object behind a path or descriptor: a block device, or a file on one."""
    if stat.S_ISBLK(status.st_mode):
        return {"block": devno_text(status.st_rdev)}
    return {"file": f"{devno_text(status.st_dev)}/{status.st_ino}"}


def read_swaps() -> list[Json]:
    """Read what the kernel swaps to."""
    try:
        lines = Path("/proc/swaps").read_text(encoding="utf-8").splitlines()[1:]
    except OSError:
        return []  # this kernel has no swap at all
    paths = [line.split()[0].encode().decode("unicode_escape") for line in lines if line.strip()]
    return [dict[str, Json](path=path, **_swap_object(path)) for path in paths]


def _swap_object(path: str) -> dict[str, str]:
    try:
        return _object_of(os.stat(path))
    except OSError:
        return {"unknown": path}


def read_loops() -> dict[str, dict[str, str]]:
    """Ask each bound loop device which object stands behind it, also where its name is gone."""
    loops: dict[str, dict[str, str]] = {}
    for folder in sorted(Path("/sys/block").glob("loop*")):
        if not (folder / "loop" / "backing_file").exists():
            continue
        try:
            loops[folder.name] = _loop_status(folder.name)
        except OSError as error:
            if error.errno != errno.ENXIO:  # detached since
                loops[folder.name] = {"unknown": os.strerror(error.errno or 0)}
    return loops


def _loop_status(name: str) -> dict[str, str]:
    descriptor = os.open(f"/dev/{name}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        answer = fcntl.ioctl(descriptor, _LOOP_GET_STATUS64, bytes(_LOOP_INFO64_BYTES))
    finally:
        os.close(descriptor)
    device, inode, special, _, _ = _LOOP_INFO64.unpack_from(answer)
    if special:
        return {"block": devno_text(special)}
    return {"file": f"{devno_text(device)}/{inode}"}


def _descriptors(pid: int) -> Iterator[dict[str, str]]:
    """Yield the block devices and regular files that a process holds open."""
    with os.scandir(_living(pid) / "fd") as entries:
        for entry in entries:
            try:
                status = os.stat(entry.path)
            except OSError as error:
                if _gone(error):
                    continue
                raise
            if stat.S_ISBLK(status.st_mode) or stat.S_ISREG(status.st_mode):
                yield _object_of(status)


def read_openers(wanted: set[str]) -> tuple[list[dict[str, Json]], list[int]]:
    """Read who holds block devices, or one of the wanted files, open.

    Args:
        wanted: files as ``major:minor/inode`` (the loops' backing files).

    Returns:
        one entry per process and object, and the ids of processes that could not be read.
    """
    openers: list[dict[str, Json]] = []
    unread: list[int] = []
    for pid in _process_ids():
        try:
            held = [o for o in _descriptors(pid) if "block" in o or o.get("file") in wanted]
            unique = {str(o): o for o in held}.values()
            command = _text(Path(f"/proc/{pid}/comm")) or "?"
        except OSError as error:
            if not _gone(error):
                unread.append(pid)
            continue
        openers.extend(dict[str, Json](pid=pid, command=command, **found) for found in unique)
    return openers, unread


def read_snapshot() -> dict[str, Json]:
    """Read everything that detection and safety judge by."""
    loops = read_loops()
    files = {loop["file"] for loop in loops.values() if "file" in loop}
    openers, unread_fds = read_openers(files)
    mounts, unread_mounts = read_mounts()
    return {
        "version": 1,
        "udevd": udevd_present(),
        "devices": read_devices(),
        "loops": loops,
        "mounts": mounts,
        "swaps": read_swaps(),
        "openers": openers,
        "unread_processes": sorted({*unread_fds, *unread_mounts}),
    }
