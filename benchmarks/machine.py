"""What a run ran on, so that its figures can be read later. I/O."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import fio


def describe() -> str:
    """Return date, processor, memory, kernel and versions in one line."""
    memory_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    parts = (
        datetime.now(UTC).date().isoformat(),
        f"{os.cpu_count()} cores, {_processor()}",
        f"{memory_bytes / (1 << 30):.0f} GiB",
        f"Linux {platform.release()}",
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
