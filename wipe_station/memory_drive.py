"""A loop drive on memory that has no name: made for one purpose, gone with its last user. I/O.

The kernel lets go of it by itself when nobody holds it open any more, also after a crash.
"""

import contextlib
import errno
import fcntl
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from wipe_station.block import disk_sequence, size_bytes

LOOP_CTL_GET_FREE: Final = 0x4C82  # <linux/loop.h>
LOOP_CONFIGURE: Final = 0x4C0A  # <linux/loop.h>, Linux 5.8
LO_FLAGS_AUTOCLEAR: Final = 4
_CONFIG_BYTES: Final = 304
"""struct loop_config: descriptor, block size, a struct loop_info64 and 64 reserved bytes."""
_FLAGS_AT: Final = 8 + 52
"""lo_flags, behind five numbers of eight bytes and three of four."""
ATTEMPTS: Final = 16
"""Another process may take the free device first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryDrive:
    """A loop device, and the memory behind it."""

    node: str
    size_bytes: int
    diskseq: int
    memory: int
    """A descriptor, past the device: what is read here is what a drive's medium holds."""


@contextlib.contextmanager
def memory_drive(size: int) -> Iterator[MemoryDrive]:
    """Make a drive of zeros, and let go of it at the end.

    Args:
        size: bytes, a multiple of 512.

    Raises:
        OSError: this kernel has no loop devices, or none is free.
    """
    with contextlib.ExitStack() as held:
        memory = os.memfd_create("wipe-station-self-test")
        held.callback(os.close, memory)
        os.ftruncate(memory, size)
        node, descriptor = _bind(memory)
        held.callback(os.close, descriptor)
        if size_bytes(descriptor) != size:
            raise OSError(errno.EIO, f"{node} is not the drive that was asked for")
        yield MemoryDrive(
            node=node, size_bytes=size, diskseq=disk_sequence(descriptor), memory=memory
        )


def _bind(memory: int) -> tuple[str, int]:
    config = bytearray(_CONFIG_BYTES)
    struct.pack_into("=I", config, 0, memory)
    struct.pack_into("=I", config, _FLAGS_AT, LO_FLAGS_AUTOCLEAR)
    for _ in range(ATTEMPTS):
        node = f"/dev/loop{_free_number()}"
        descriptor = os.open(node, os.O_RDWR | os.O_CLOEXEC)
        try:
            # Refused with EBUSY by a device that somebody bound meanwhile: never taken over.
            fcntl.ioctl(descriptor, LOOP_CONFIGURE, bytes(config))
        except OSError as error:
            os.close(descriptor)
            if error.errno != errno.EBUSY:
                raise
            continue
        return node, descriptor
    raise OSError(errno.EBUSY, "no loop device is free")


def _free_number() -> int:
    control = os.open("/dev/loop-control", os.O_RDWR | os.O_CLOEXEC)
    try:
        return fcntl.ioctl(control, LOOP_CTL_GET_FREE)
    finally:
        os.close(control)
