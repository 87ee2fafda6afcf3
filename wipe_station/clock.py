"""The one place that reads clocks. I/O."""

import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Wall time for records, monotonic time for durations, and which boot both belong to."""

    def utc(self) -> datetime:
        """Return aware UTC; it may jump."""
        ...

    def monotonic_ns(self) -> int:
        """Return nanoseconds that never go back within one boot."""
        ...

    def boot_id(self) -> str:
        """Return the kernel's identifier of this boot."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def utc(self) -> datetime:
        """Return the system's wall time."""
        return datetime.now(UTC)

    def monotonic_ns(self) -> int:
        """Return CLOCK_MONOTONIC."""
        return time.monotonic_ns()

    def boot_id(self) -> str:
        """Return /proc/sys/kernel/random/boot_id."""
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def drawn_id(moment: datetime) -> str:
    """Draw the id of a job or a document: the time, and four random bytes."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ") + "-" + secrets.token_hex(4)


def offset_text(moment: datetime) -> str:
    """Return by how much the machine's local time is ahead of UTC at a moment, as ``+08:00``."""
    return moment.astimezone().isoformat()[-6:]


def utc_text(moment: datetime) -> str:
    """Format aware UTC as ``YYYY-MM-DDTHH:MM:SSZ``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
