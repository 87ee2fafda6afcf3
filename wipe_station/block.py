"""Opening block devices and asking the kernel about the open descriptor. I/O."""

import errno
import fcntl
import os
import stat
import struct
from typing import Final

from certs.text import Text
from wipe_station.errors import BusyError, DeviceGoneError, InvalidInputError

BLKROSET: Final = 0x125D  # <linux/fs.h> _IO(0x12, 93)
BLKROGET: Final = 0x125E  # <linux/fs.h> _IO(0x12, 94)
BLKFLSBUF: Final = 0x1261  # <linux/fs.h> _IO(0x12, 97)
BLKSSZGET: Final = 0x1268  # <linux/fs.h> _IO(0x12, 104)
BLKGETSIZE64: Final = 0x80081272  # <linux/fs.h> _IOR(0x12, 114, size_t)
BLKGETDISKSEQ: Final = 0x80081280  # <linux/fs.h> _IOR(0x12, 128, __u64), Linux 5.15


def _read_u64(descriptor: int, request: int) -> int:
    answer = fcntl.ioctl(descriptor, request, struct.pack("=Q", 0))
    return int(struct.unpack("=Q", answer)[0])


def size_bytes(descriptor: int) -> int:
    """Return the size of an open block device."""
    return _read_u64(descriptor, BLKGETSIZE64)


def disk_sequence(descriptor: int) -> int:
    """Return the number that the kernel gave to this plugging-in of an open block device."""
    return _read_u64(descriptor, BLKGETDISKSEQ)


def sector_bytes(descriptor: int) -> int:
    """Return the logical sector size of an open block device."""
    answer = fcntl.ioctl(descriptor, BLKSSZGET, struct.pack("=i", 0))
    return int(struct.unpack("=i", answer)[0])


def is_read_only(descriptor: int) -> bool:
    """Return the kernel's read-only flag of an open block device."""
    return bool(struct.unpack("=i", fcntl.ioctl(descriptor, BLKROGET, struct.pack("=i", 0)))[0])


def set_read_only(descriptor: int, *, read_only: bool) -> None:
    """Set or clear the kernel's read-only flag of an open block device; root's right."""
    fcntl.ioctl(descriptor, BLKROSET, struct.pack("=i", int(read_only)))


def drop_cached_pages(descriptor: int) -> None:
    """Write back and forget the kernel's cached pages, so that a read asks the device."""
    fcntl.ioctl(descriptor, BLKFLSBUF, 0)


def device_number(node: str) -> int:
    """Return the device number behind a node.

    Raises:
        InvalidInputError: no such node, or not a block device.
    """
    hint = Text(
        zh="用 wipe-station devices 看看有哪些设备。",
        en="wipe-station devices lists what is there.",
    )
    try:
        status = os.stat(node)
    except OSError as error:
        raise InvalidInputError(
            Text(zh=f"找不到 {node}。", en=f"There is no {node}."), hint=hint
        ) from error
    if not stat.S_ISBLK(status.st_mode):
        raise InvalidInputError(
            Text(zh=f"{node} 不是块设备。", en=f"{node} is not a block device."), hint=hint
        )
    return status.st_rdev


def open_block(node: str, access: int) -> int:
    """Open a block device; the descriptor is not inherited by programs started later.

    Args:
        node: path of the device node.
        access: ``O_RDONLY`` or ``O_RDWR``, with ``O_DIRECT`` or ``O_EXCL`` as wanted.

    Raises:
        BusyError: somebody holds it exclusively.
        DeviceGoneError: it cannot be opened any more.
    """
    try:
        return os.open(node, access | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise _busy(node) from error
        raise DeviceGoneError(
            Text(
                zh=f"打不开 {node}：{os.strerror(error.errno or 0)}。",
                en=f"Cannot open {node}: {os.strerror(error.errno or 0)}.",
            ),
            hint=Text(zh="检查连线，重新插上。", en="Check the cable and plug it in again."),
            device_id=node,
        ) from error


def _busy(node: str) -> BusyError:
    return BusyError(
        Text(zh=f"{node} 正被别的程序独占。", en=f"{node} is held exclusively by something else."),
        hint=Text(zh="先停掉占用它的程序。", en="Stop what holds it, then start anew."),
        device_id=node,
    )


def check_same_device(descriptor: int, diskseq: int, size_bytes: int) -> None:
    """Make sure that an open descriptor still means the device of the plan.

    Raises:
        DeviceGoneError: another disk sequence number, another size, or no answer at all.
    """
    try:
        seen = (_read_u64(descriptor, BLKGETDISKSEQ), _read_u64(descriptor, BLKGETSIZE64))
    except OSError:
        seen = (-1, -1)
    if seen != (diskseq, size_bytes):
        raise DeviceGoneError(
            Text(
                zh="这个口上的设备已经不是刚才那一个了。",
                en="The device in this place is no longer the one of the plan.",
            ),
            hint=Text(zh="拔下设备，重新插上，再来一次。", en="Unplug, plug in again, start anew."),
        )
