"""Giving privileges up, for good. I/O.

What a process can open or load afterwards is what an ordinary user can: on a developer's machine
the interpreter itself may lie where only root may look, so everything is loaded before.
"""

import ctypes
import os
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def become(uid: int, gid: int) -> None:
    """Become an ordinary user: no groups, no capabilities, no way back, no look inside.

    Raises:
        OSError: the kernel refuses; the caller must not go on.
    """
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_DUMPABLE, 0)


def die_with(parent: int, number: signal.Signals) -> None:
    """Get a signal when the parent dies; end now if it has died already.

    Call it after ``become``: a change of user clears it again.
    """
    _prctl(_PR_SET_PDEATHSIG, int(number))
    # The parent says who it is: one that died before the line above has left us to another.
    if os.getppid() != parent:
        sys.exit("the parent is gone")
