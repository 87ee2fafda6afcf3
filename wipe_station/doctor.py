"""What this machine can do, what is missing, and what still works without it. I/O."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from certs.errors import KeyStoreError
from certs.expiry import expiry_notice
from certs.pdf.render import FONTS
from certs.station_keys import installed_chain
from certs.text import Text
from wipe_station import sandbox
from wipe_station.blocking import block_list_of
from wipe_station.detect.snapshot import udevd_present
from wipe_station.errors import BlockListError, InvalidInputError
from wipe_station.settings import FILE_NAME
from wipe_station.state import read_settings

SYSTEMD = Path("/run/systemd/system")
"""There if systemd is what started the machine; sd_booted(3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One ability of the machine."""

    name: str
    present: bool
    without_it: Text
    """What is lost and what still works where it is missing."""
    found: Text | None = None
    """What there is, where that is more than its name."""


_ABILITIES: Final[tuple[tuple[str, Callable[[], bool], Text], ...]] = (
    (
        "root",
        lambda: os.geteuid() == 0,
        Text(
            zh="需要 root：不能打开设备，看不到谁在用。核对证明、单元测试仍然可用。",
            en="No root: devices cannot be opened nor their users seen."
            " Verifying certificates and the unit tests still work.",
        ),
    ),
    (
        "diskseq",
        lambda: any(Path("/sys/block").glob("*/diskseq")),
        Text(
            zh="内核太旧（低于 5.15）：认不出换过的设备，一律拒绝清除。",
            en="Kernel older than 5.15 (no diskseq): exchanged devices cannot be told;"
            " every wipe is refused.",
        ),
    ),
    (
        "loop",
        lambda: Path("/dev/loop-control").exists(),
        Text(
            zh="没有循环设备：做不了自检，一律不能清除。核对证明、单元测试仍然可用。",
            en="No loop devices: no self-test, so no job starts."
            " Verifying certificates and the unit tests still work.",
        ),
    ),
    (
        "udevd",
        udevd_present,
        Text(
            zh="没有 udevd：读不到硬盘自己的编号（ata_id），其余照常。",
            en="No udevd: drives' own answers (ata_id) are not read; all else works.",
        ),
    ),
    (
        "seccomp",
        sandbox.supported,
        Text(
            zh="内核或处理器不支持 seccomp：清除程序没有特权，但没有关进沙箱。其余照常。",
            en="No seccomp on this kernel or processor: workers have no rights, but are not"
            " shut in. All else works.",
        ),
    ),
    (
        "smartctl",
        lambda: shutil.which("smartctl") is not None,
        Text(
            zh="没有 smartctl：硬盘自己的健康记录读不到，级别会有“不清楚”。其余照常。",
            en="No smartctl: what drives say of their own health is not read, and grades say"
            " unknown. All else works.",
        ),
    ),
    (
        "sleep",
        lambda: SYSTEMD.is_dir() and shutil.which("systemd-inhibit") is not None,
        Text(
            zh="没有 systemd：清除时不能阻止关机和休眠，断了要再接着做。其余照常。",
            en="No systemd: nothing keeps the machine from sleep or shutdown while it wipes;"
            " what is interrupted is resumed. All else works.",
        ),
    ),
    (
        "pdf",
        lambda: FONTS.is_dir() and all(map(find_spec, ("typst", "pyhanko"))),
        Text(
            zh="没有字体（fonts-noto-cjk）、typst 或 pyhanko：证明照常签发，只是没有 PDF。",
            en="No fonts (fonts-noto-cjk), typst or pyhanko: documents are signed as always,"
            " without a PDF.",
        ),
    ),
)
"""Name, whether it is there, and what is lost without it and what still works."""


def examine(own_keys: Path, now: datetime, state: Path | None = None) -> tuple[Finding, ...]:
    """Look for everything that the station relies on.

    Args:
        own_keys: folder of the station's keys under an organisation's root; may be absent.
        now: aware.
        state: the state directory with the settings; may be absent.
    """
    return (
        *(
            Finding(name=name, present=is_there(), without_it=without_it)
            for name, is_there, without_it in _ABILITIES
        ),
        *_certificate(own_keys, now),
        *(() if state is None else _block_list(state)),
    )


def _certificate(own_keys: Path, now: datetime) -> tuple[Finding, ...]:
    """Tell how long the station's certificate lasts, where it has one that can be seen."""
    try:
        chain = installed_chain(own_keys)
    except PermissionError:
        return ()  # without root, and that is told already
    except KeyStoreError as error:
        return (Finding(name="certificate", present=False, without_it=error.message),)
    if chain is None:
        return ()
    notice = expiry_notice(chain, now)
    fine = Text(zh="有效。", en="Valid.")
    return (Finding(name="certificate", present=notice is None, without_it=notice or fine),)


def _block_list(state: Path) -> tuple[Finding, ...]:
    """Tell which phones are not taken in, where that is set and can be seen."""
    if not os.access(state / FILE_NAME, os.R_OK):
        return ()  # nothing is set, or it is not root who asks, and that is told already
    try:
        listed = block_list_of(read_settings(state), state).listed()
    except (InvalidInputError, BlockListError) as error:
        return (Finding(name="block-list", present=False, without_it=error.message),)
    if listed is None:
        return ()
    since = listed.changed_at.strftime("%Y-%m-%d %H:%M UTC")
    said = Text(
        zh=f"{listed.numbers} 个号码，{listed.path}，{since}",
        en=f"{listed.numbers} numbers, {listed.path}, of {since}",
    )
    return (Finding(name="block-list", present=True, without_it=said, found=said),)
