"""A phone out of the guest's own kernel: Debian's ``adbd`` on a gadget of it. JSON in and out. I/O.

``dummy_hcd`` is a controller with one port and, on the same wire, the device that hangs there. The
device is libcomposite's; its one interface is FunctionFS, for which ``adbd`` answers.

    make(words, serial)   everything but the plug    plug(), pull()   the cable
    end()                 nothing of it is left

``adbd`` lives as long as it is plugged in. Debian's does not outlive a pull: it waits for
``pthread_kill`` to say ESRCH for its worker that has ended, as Android's C library does and glibc
since 2.34 does not. A phone's goes on; at the computer both look the same.

Source: kernel's usb/gadget_configfs, functionfs; Debian's ``adbd-usb-gadget``.
"""

import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Final

from hw_tests.lab import inside, inside_phones

KERNELS: Final = Path("/sys/kernel/config")
GADGET: Final = KERNELS / "usb_gadget" / "lab"
CONFIGURATION: Final = GADGET / "configs" / "c.1"
FUNCTION: Final = GADGET / "functions" / "ffs.adb"
LINKED: Final = CONFIGURATION / FUNCTION.name
TEXTS: Final = (GADGET / "strings" / "0x409", CONFIGURATION / "strings" / "0x409")
MOUNTED: Final = Path("/dev/usb-ffs/adb")
"""Where ``adbd`` looks for its interface."""
ENDS: Final = ("ep0", "ep1", "ep2")
CONTROLLER: Final = Path("/sys/class/udc/dummy_udc.0")
DRIVERS: Final = ("dummy_hcd", "libcomposite", "usb_f_fs")
STORAGE: Final = Path("/run/phone")
SDCARD: Final = Path("/sdcard")
LOG: Final = "adbd"
OWNERS: Final = b"its owner's"
END_S: Final = 10.0
_GOOGLE, _ADB_ALONE = "0x18d1", "0x4ee7"
_words: list[str] = []
_running: list[int] = []


def make(words: list[str], serial: str) -> None:
    """Make a phone that is not plugged in, with an empty storage.

    Args:
        words: what starts its ``adbd``.
        serial: what it states.
    """
    _words[:] = words
    inside.modprobe(*DRIVERS)
    if not KERNELS.is_mount():
        _mount("configfs", KERNELS)
    for folder in (*TEXTS, FUNCTION, MOUNTED, STORAGE):
        folder.mkdir(parents=True)
    SDCARD.symlink_to(STORAGE)  # as on a phone
    (GADGET / "idVendor").write_text(_GOOGLE, "ascii")
    (GADGET / "idProduct").write_text(_ADB_ALONE, "ascii")
    (TEXTS[0] / "serialnumber").write_text(serial, "ascii")
    (TEXTS[0] / "product").write_text("adbd", "ascii")
    LINKED.symlink_to(FUNCTION)
    _mount("functionfs", MOUNTED, "adb")


def plug(timeout_s: float) -> None:
    """Start ``adbd``, plug in, and wait until the computer's side sees the device; once is enough.

    ``adbd`` opens its interface anew each second until it is plugged in, and that unplugs it.
    """
    if _running and _bound():
        return
    _running.append(inside.start(_words, LOG))
    ends = time.monotonic() + timeout_s
    while not inside_phones.ports(_serial()):
        if time.monotonic() > ends or inside.ended(_running[-1], 0) is not None:
            raise TimeoutError(f"not on the bus: {inside.complained(LOG)[-2000:]}")
        if not _bound() and all((MOUNTED / each).exists() for each in ENDS):
            _bind(CONTROLLER.name)
        time.sleep(inside.POLL_S)


def pull() -> None:
    """Pull the cable, whatever is under way; then end what hangs on it."""
    _bind("")
    while _running:
        _end(_running.pop())


def end() -> None:
    """Remove all of it."""
    pull()
    subprocess.run(["umount", str(MOUNTED)], check=True)
    MOUNTED.rmdir()
    LINKED.unlink()
    for folder in (*reversed(TEXTS), CONFIGURATION, FUNCTION, GADGET):
        folder.rmdir()
    SDCARD.unlink()


def empty() -> None:
    """Erase the phone's storage."""
    for each in STORAGE.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()


def keep(*paths: str) -> None:
    """Have the phone keep files of its owner's in its storage; a path with a slash is a folder."""
    for path in paths:
        file = STORAGE / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.mkdir() if path.endswith("/") else file.write_bytes(OWNERS)


def _serial() -> str:
    return (TEXTS[0] / "serialnumber").read_text("ascii").strip()


def _bound() -> bool:
    """Whether a device hangs on the controller."""
    return bool((CONTROLLER / "function").read_text("ascii").strip())


def _bind(controller: str) -> None:
    """Put the device on the wire, or take it off; both may have been done by ``adbd`` already."""
    try:
        (GADGET / "UDC").write_text(f"{controller}\n", "ascii")
    except OSError:
        if controller and _bound():
            raise


def _end(pid: int) -> None:
    inside.tell(pid, signal.SIGKILL)
    if inside.ended(pid, END_S) is None:
        raise TimeoutError(f"adbd does not end: {inside.complained(LOG)[-2000:]}")


def _mount(kind: str, where: Path, what: str = "none") -> None:
    subprocess.run(["mount", "-t", kind, what, str(where)], check=True)
