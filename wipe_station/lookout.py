"""Looking at the machine: which devices there are, and every reason against wiping one. I/O.

What was plugged in before the station's first start under this boot is not offered. ``diskseq``
only ever grows, so one number, noted at that first start, tells old from new.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from certs.canonical import decode, encode
from certs.durable import NewFile, write_file
from certs.text import Text
from wipe_station.bays import Bays, everywhere
from wipe_station.block import device_number
from wipe_station.clock import Clock
from wipe_station.detect.classify import World, classify
from wipe_station.detect.safety import Reason, Refusal, refusals
from wipe_station.detect.snapshot import devno_text, read_snapshot
from wipe_station.errors import InvalidInputError, RefusedByPolicyError
from wipe_station.quirk import Quirk
from wipe_station.quirks import all_quirks
from wipe_station.records import DeviceFacts

BOOT_NAME: Final = "boot.json"
PASSING: Final = frozenset({Reason.OPEN_ELSEWHERE, Reason.USERS_UNKNOWN})
"""Reasons that may be gone in a moment: somebody peeks, or a process was just ending."""
PEEKS: Final = 10
PEEK_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """A device with every reason against wiping it."""

    device: DeviceFacts
    refusals: tuple[Refusal, ...]
    quirks: tuple[Quirk, ...]
    """What is known to be wrong with such devices; one that refuses is among the refusals."""


class Lookout:
    """Sees the devices of this machine, and remembers which were there at the first start."""

    def __init__(
        self,
        state: Path,
        clock: Clock,
        *,
        bays: Bays = everywhere,
        guarded: Callable[[], frozenset[int]] = frozenset,
    ) -> None:
        """Remember where to look.

        Args:
            state: the state directory, which keeps the note of the first start.
            clock: tells one boot from the next.
            bays: which devices are the station's business; all others are refused.
            guarded: returns the ``diskseq`` of devices that are read-only by our own guard.
        """
        self._boot_note = state / BOOT_NAME
        self._clock = clock
        self._bays = bays
        self._guarded = guarded
        self._quirks = all_quirks()

    def look(self) -> World:
        """Return the machine as it is now, and note what was there at the first start."""
        world = classify(read_snapshot(), self._quirks)
        self._note_boot(world)
        guarded = self._guarded()
        return replace(world, devices=tuple(_unguarded(d, guarded) for d in world.devices))

    def minds(self, device: DeviceFacts) -> bool:
        """Tell whether a device lies in one of the station's bays."""
        return self._bays(device)

    def came_later(self, device: DeviceFacts) -> bool:
        """Tell whether a device was plugged in after the first start of this boot."""
        mark = self._boot_diskseq()
        return mark is not None and device.diskseq is not None and device.diskseq > mark

    def first_start_noted(self) -> bool:
        """Whether this boot's first start is on record, so that a look writes nothing."""
        return self._boot_diskseq() is not None

    def _note_boot(self, world: World) -> None:
        if self._boot_diskseq() is None:
            highest = max((d.diskseq or 0 for d in world.devices), default=0)
            note = {"boot_id": self._clock.boot_id(), "highest_diskseq": highest}
            write_file(self._boot_note, NewFile(data=encode(note)))

    def _boot_diskseq(self) -> int | None:
        if not self._boot_note.exists():
            return None
        note = decode(self._boot_note.read_bytes())
        return int(note["highest_diskseq"]) if note["boot_id"] == self._clock.boot_id() else None

    def assess(self, device: DeviceFacts, world: World, *, resuming: bool = False) -> Assessment:
        """Return every reason against wiping a device."""
        found = refusals(
            device,
            world,
            boot_diskseq=self._boot_diskseq(),
            may_have_been_present=resuming,
            in_bay=self._bays(device),
        )
        return Assessment(device=device, refusals=found, quirks=world.quirks.get(device.name, ()))

    def require_safe(self, device: DeviceFacts, world: World, *, resuming: bool = False) -> None:
        """Refuse a device if there is any reason to.

        An open descriptor alone is looked at again for a moment: udev and other stations peek at
        every new device, and that is no use of it. So is a process that could not be read.

        Raises:
            RefusedByPolicyError: with all reasons, the weightiest first.
        """
        found = self.assess(device, world, resuming=resuming).refusals
        for _ in range(PEEKS):
            if not found or not {refusal.reason for refusal in found} <= PASSING:
                break
            time.sleep(PEEK_S)
            found = self.assess(device, self.look(), resuming=resuming).refusals
        if found:
            raise _refused(device, tuple(refusal.text for refusal in found))

    @staticmethod
    def find(world: World, wanted: str) -> DeviceFacts:
        """Return the device that a node or a stable id means.

        Raises:
            InvalidInputError: nothing fits, or more than one.
        """
        if wanted.startswith("/"):
            devno = devno_text(device_number(wanted))
            fitting = [d for d in world.devices if d.devno == devno]
        else:
            fitting = [d for d in world.devices if d.whole_disk and d.stable_id == wanted]
        if len(fitting) != 1:
            raise InvalidInputError(
                Text(zh=f"认不出 {wanted} 是哪台设备。", en=f"{wanted} names no single device."),
                hint=Text(
                    zh="用 wipe-station devices 看看有哪些设备。",
                    en="wipe-station devices lists what is there.",
                ),
            )
        return fitting[0]


def _unguarded(device: DeviceFacts, guarded: frozenset[int]) -> DeviceFacts:
    """See through our own write guard: it is lifted when a job claims the device."""
    return replace(device, read_only=False) if device.diskseq in guarded else device


def _refused(device: DeviceFacts, reasons: tuple[Text, ...]) -> RefusedByPolicyError:
    return RefusedByPolicyError(
        reasons[0],
        hint=Text(
            zh="没有写入任何字节。换一台设备，或先解除上面的原因。",
            en="Not one byte was written. Take another device, or remove the reason.",
        ),
        reasons=reasons,
        device_id=device.stable_id,
    )
