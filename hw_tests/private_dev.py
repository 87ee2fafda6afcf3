"""A ``/dev`` of our own that holds one block device. I/O.

Programs that overwrite whole drives are run here, so none of them may find a second one, whatever
its options mean in some version. The namespace ends with this process.
"""

import ctypes
import os
import stat
from pathlib import Path
from typing import Final

from hw_tests.loop import run

_CLONE_NEWNS: Final = 0x00020000  # <linux/sched.h>
_DEV: Final = Path("/dev")
_CHARACTER: Final = ("null", "zero", "full", "random", "urandom", "tty", "loop-control")
_LINKS: Final = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}


def confine(node: str, folder: Path) -> None:
    """Give this process, and all it starts, a ``/dev`` with no block device but ``node``.

    Args:
        node: such as ``/dev/loop3``.
        folder: an empty folder of ours; the new ``/dev`` is prepared there.

    Raises:
        OSError: the kernel refused a namespace of our own; nothing has changed.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    run("mount", "--make-rprivate", "/")
    run("mount", "-t", "tmpfs", "-o", "mode=755", "none", folder)
    for name in (*_CHARACTER, Path(node).name):
        _copy_node(_DEV / name, folder / name)
    for link, target in _LINKS.items():
        (folder / link).symlink_to(target)
    (folder / "shm").mkdir()
    run("mount", "--bind", _DEV / "shm", folder / "shm")
    run("mount", "--move", folder, _DEV)
    only = block_nodes(_DEV)
    assert only == [node], f"block devices within reach: {only}"


def _copy_node(source: Path, target: Path) -> None:
    status = source.stat()
    os.mknod(target, status.st_mode, status.st_rdev)
    target.chmod(stat.S_IMODE(status.st_mode))


def block_nodes(folder: Path) -> list[str]:
    """Return every block device below a folder, sorted."""
    return sorted(str(path) for path in folder.rglob("*") if path.is_block_device())
