"""Block devices as they come, change and go: udev's events, or the kernel's own without udevd. I/O.

An event is a hint to look again, never a fact by itself: events are lost, doubled and late, and
sysfs is the truth.
"""

import logging
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final

import pyudev

from wipe_station.detect.snapshot import udevd_present

RECONCILE_S: Final = 2.0
"""Sysfs is compared this often with what was seen last, for events that were lost."""
FULL_LOOK_ROUNDS: Final = 8
"""So often at least everything is looked at: a mount or a swap area sends no event."""
_log = logging.getLogger(__name__)


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

    def __init__(self, subsystem: str = "block", source: str | None = None) -> None:
        """Begin to listen.

        Args:
            subsystem: whose events.
            source: ``udev``, or ``kernel`` for events that udev has not handled yet; None takes
                udev's where a udev daemon runs.
        """
        self.source = source or ("udev" if udevd_present() else "kernel")
        self._monitor = pyudev.Monitor.from_netlink(pyudev.Context(), source=self.source)
        self._monitor.filter_by(subsystem=subsystem)
        self._monitor.start()

    def events(self, timeout_s: float | None = None) -> Iterator[BlockEvent]:
        """Yield events as they come; end when none came for ``timeout_s`` seconds."""
        while (device := self._monitor.poll(timeout_s)) is not None:
            yield BlockEvent(action=device.action, name=device.sys_name, source=self.source)

    def burst(self, timeout_s: float) -> bool:
        """Wait for an event and take all that came with it; return whether there was any."""
        came = self._monitor.poll(timeout_s) is not None
        while came and self._monitor.poll(0) is not None:
            pass  # each says the same: look again
        return came


def glance(block: Path = Path("/sys/block")) -> frozenset[tuple[str, str, str]]:
    """Return name, ``diskseq`` and size of every block device, at almost no cost."""
    return frozenset(
        (device.name, _word(device / "diskseq"), _word(device / "size"))
        for device in block.iterdir()
    )


def _word(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except OSError:
        return ""  # gone since it was listed


def follow(
    watch: Watch,
    look: Callable[[], None],
    stopping: Event,
    glance: Callable[[], Hashable],
) -> None:
    """Look after every burst of events, and whenever sysfs is another without one.

    Args:
        watch: begun before the first look, so that nothing between the two is lost.
        look: looks at the machine; what it raises is logged, and looked at again.
        stopping: ends the loop.
        glance: what sysfs shows, at almost no cost.
    """
    seen: Hashable = None
    rounds = 0
    while not stopping.is_set():
        came = _heard(watch, stopping)
        now = glance()
        rounds = 0 if came else rounds + 1
        if not came and now == seen and rounds % FULL_LOOK_ROUNDS:
            continue
        try:
            look()
            seen = now
        except Exception:  # noqa: BLE001 - nobody would see that this thread had ended
            seen = None
            _log.exception("looking at the machine failed; again in a moment")


def _heard(watch: Watch, stopping: Event) -> bool:
    """Wait for a burst; a listener that fails, as it does when too much happens, says look."""
    try:
        return watch.burst(RECONCILE_S)
    except OSError:
        _log.exception("events were lost")
        stopping.wait(RECONCILE_S)
        return True
