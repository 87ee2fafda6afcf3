"""Shut a process in: from here on it works on what it holds, and does nothing else. I/O."""

import ctypes
import os
import platform
import sys
from typing import Final

from wipe_station.sandbox_filter import MACHINES, Work, build, to_bytes

_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2
_INSTRUCTION_BYTES: Final = 8


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def supported() -> bool:
    """Tell whether this kernel and architecture can shut a process in."""
    return (
        platform.machine() in MACHINES
        and sys.byteorder == "little"
        and os.path.exists("/proc/sys/kernel/seccomp/actions_avail")
    )


def confine(work: Work = Work.BYTES) -> None:
    """Set the filter for this process and all of its threads to come.

    Call it when every module is loaded and every descriptor is open, with "no new privileges" set.
    Where the kernel cannot, it says so on standard error and goes on: ``doctor`` says it, too.

    Raises:
        OSError: the kernel can and refuses; the caller must not go on.
    """
    if not supported():
        sys.stderr.write("no seccomp filters on this machine: the process is nobody, not shut in\n")
        return
    program = to_bytes(build(MACHINES[platform.machine()], work))
    filled = _Program(length=len(program) // _INSTRUCTION_BYTES, instructions=program)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(filled), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")
