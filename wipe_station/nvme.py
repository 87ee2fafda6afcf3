"""One NVMe command that changes nothing: Identify Controller. I/O."""

import contextlib
import ctypes
import fcntl
import os
import struct
from typing import Final

_ADMIN_COMMAND: Final = 0xC0484E41  # <linux/nvme_ioctl.h> _IOWR('N', 0x41, struct nvme_admin_cmd)
_COMMAND: Final = struct.Struct("=BBHIIIQQIIIIIIIIII")
_IDENTIFY: Final = 0x06
_CONTROLLER: Final = 1  # CNS, NVM Express Base Specification, Identify
_TIMEOUT_MS: Final = 5000
IDENTIFY_BYTES: Final = 4096


def identify_controller(node: str) -> bytes | None:
    """Return a controller's Identify data; None from anything that is no NVMe device.

    Args:
        node: a namespace's block device; it is opened read only.
    """
    answer = ctypes.create_string_buffer(IDENTIFY_BYTES)
    command = _COMMAND.pack(
        *(_IDENTIFY, 0, 0, 0, 0, 0, 0),  # opcode, flags, reserved, namespace, cdw2, cdw3, metadata
        *(ctypes.addressof(answer), 0, IDENTIFY_BYTES),
        *(_CONTROLLER, 0, 0, 0, 0, 0),  # cdw10 to cdw15
        *(_TIMEOUT_MS, 0),  # the result comes back in the last
    )
    with contextlib.suppress(OSError):
        descriptor = os.open(node, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.ioctl(descriptor, _ADMIN_COMMAND, bytearray(command))
        finally:
            os.close(descriptor)
        return answer.raw
    return None
