"""The kernel write guard: a device that appears is read-only until a job owns it. I/O.

``BLKROSET`` is a seat belt, not a write blocker: root can lift it, and commands through SG_IO pass
it. Each guard is noted before it is set, so that a station that was killed in between knows its
own guards from a device that is read-only by itself.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from wipe_station.block import set_read_only
from wipe_station.clock import Clock, utc_text
from wipe_station.records import DeviceFacts, Transport


class GuardNotes(Protocol):
    """What remembers guards beyond the life of one process (``store.Store``)."""

    def note_guard(self, boot_id: str, diskseq: int, node: str, at: str) -> None:
        """Remember durably."""

    def forget_guard(self, boot_id: str, diskseq: int) -> None:
        """Forget durably."""

    def guards(self, boot_id: str) -> frozenset[int]:
        """Return what is remembered of this boot."""


class WriteGuard:
    """Sets, lifts and restores the read-only flag, and tells whose flag it is."""

    def __init__(self, clock: Clock, notes: GuardNotes | None = None) -> None:
        self._clock = clock
        self._notes = notes
        self._boot_id = clock.boot_id()
        self._ours = set(notes.guards(self._boot_id)) if notes is not None else set()
        self._unsure = set(self._ours)  # an earlier process noted them, and may have got no further

    def ours(self) -> frozenset[int]:
        """Return the ``diskseq`` of every device that we made read-only."""
        return frozenset(self._ours)

    def put_on(self, device: DeviceFacts) -> None:
        """Make a device and its partitions read-only; one that already is stays its own.

        Raises:
            OSError: the device went away meanwhile; nothing is to be guarded then.
        """
        if device.diskseq is None or device.diskseq in self._ours - self._unsure:
            return
        if device.read_only is not False and device.diskseq not in self._unsure:
            return
        if self._notes is not None:
            now = utc_text(self._clock.utc())
            self._notes.note_guard(self._boot_id, device.diskseq, device.node, now)
        self._ours.add(device.diskseq)
        self._unsure.discard(device.diskseq)
        # A disk's own flag does not reach its partitions.
        for name in (device.name, *device.partitions):
            _set_flag(Path("/dev") / name, read_only=True)

    def take_off(self, device: DeviceFacts) -> None:
        """Give a device back as it was, also one that is gone.

        A loop node outlives its drive and would keep the flag for the next one.
        """
        if device.diskseq not in self._ours:
            return
        if device.transport is Transport.LOOP:
            for name in (device.name, *device.partitions):
                with contextlib.suppress(OSError):  # the node itself may be gone
                    _set_flag(Path("/dev") / name, read_only=False)
        self._ours.discard(device.diskseq)
        if self._notes is not None:
            self._notes.forget_guard(self._boot_id, device.diskseq)

    @contextlib.contextmanager
    def lifted(self, device: DeviceFacts, descriptor: int) -> Iterator[None]:
        """Lift our guard from a claimed device while its job runs, and restore it after.

        Args:
            device: as planned.
            descriptor: the claim on it.
        """
        if device.diskseq not in self._ours:
            yield
            return
        set_read_only(descriptor, read_only=False)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # a device that was pulled needs no guard
                set_read_only(descriptor, read_only=True)


def _set_flag(node: Path, *, read_only: bool) -> None:
    descriptor = os.open(node, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        set_read_only(descriptor, read_only=read_only)
    finally:
        os.close(descriptor)
