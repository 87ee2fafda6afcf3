"""What a run ran on, so that its figures can be read later. I/O."""

import os
import platform
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks import fio

_LOOK_S: Final = 0.25
_PATIENCE_S: Final = 5
_QUIET_IDLE_RATIO: Final = 0.95


def wait_until_quiet() -> bool:
    """Wait up to 5 s for a quarter of a second in which others leave the processors alone.

    Our passes need more processor than ``fio`` does, so that company costs us more than it: a
    ratio from a busy machine is too low, and pairing does not mend that.

    Returns:
        whether there was such a quarter of a second.
    """
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        idle, total = _ticks()
        time.sleep(_LOOK_S)
        idle_after, total_after = _ticks()
        if idle_after - idle >= _QUIET_IDLE_RATIO * (total_after - total):
            return True
    return False


def _ticks() -> tuple[int, int]:
    """Return the idle and all ticks of all processors since start; proc(5), /proc/stat."""
    with Path("/proc/stat").open(encoding="ascii") as lines:
        user, nice, system, idle, waiting, *rest = map(int, lines.readline().split()[1:9])
    return idle + waiting, user + nice + system + idle + waiting + sum(rest)


def describe() -> str:
    """Return date, processor, memory, kernel and versions in one line."""
    memory_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    parts = (
        datetime.now(UTC).date().isoformat(),
        f"{os.cpu_count()} cores, {_processor()}",
        f"{memory_bytes / (1 << 30):.0f} GiB",
        f"Linux {platform.release().partition('-')[0]}",
        f"Python {platform.python_version()}",
        _fio(),
    )
    return "; ".join(parts)


def _processor() -> str:
    """Return the model as the kernel names it; ARM kernels name none."""
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _fio() -> str:
    """Return the version, or the reason why there is none: the rest of the table still counts."""
    try:
        return fio.version()
    except fio.FioError as error:
        return f"NO FIO: {error}"
