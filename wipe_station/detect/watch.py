"""Block devices as they come, change and go: udev's events, or the kernel's own without udevd. I/O.

An event is a hint to look again, never a fact by itself: events are lost, doubled and late, and
sysfs is the truth.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pyudev

from wipe_station.detect.snapshot import udevd_present


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockEvent:
    """Something happened to a block device."""

    action: str
    """``add``, ``change`` or ``remove``; others as the kernel names them."""
    name: str
    source: str
    """``udev``, or ``kernel`` where no udev daemon runs."""


class Watch:
    """Listens from the moment of its making, so that nothing between two looks is lost."""

    def __init__(self) -> None:
        self.source = "udev" if udevd_present() else "kernel"
        self._monitor = pyudev.Monitor.from_netlink(pyudev.Context(), source=self.source)
        self._monitor.filter_by(subsystem="block")
        self._monitor.start()

    def events(self, timeout_s: float | None = None) -> Iterator[BlockEvent]:
        """Yield events as they come; end when none came for ``timeout_s`` seconds."""
        while (device := self._monitor.poll(timeout_s)) is not None:
            yield BlockEvent(action=device.action, name=device.sys_name, source=self.source)
