"""How fast each part of a device answered while it was worked on: the wipe as a health test. Pure.

The device is cut into 16 equal zones. A zone's speed is its bytes over the time from its first
transfer's start to its last one's end; it is stated only where the whole zone was moved, in at
least 32 transfers, because a few transfers at the edges overlap with the neighbours', and over at
least half a second, because in less the processor's other work shows and not the device.
"""

from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from wipe_station.records import Speed

ZONES: Final = 16
NEEDED_TRANSFERS: Final = 32
NEEDED_NS: Final = 500_000_000
_NS: Final = 1_000_000_000


@dataclass(slots=True)
class _Zone:
    transfers: int = 0
    moved_bytes: int = 0
    began_ns: int = 0
    ended_ns: int = 0


@dataclass(slots=True)
class Meter:
    """Takes the times of transfers from many threads."""

    size_bytes: int
    """Up to where the traversal goes: a pass and a verification go to the device's end."""
    _zones: list[_Zone] = field(default_factory=lambda: [_Zone() for _ in range(ZONES)])
    _slowest_ns: int = 0
    _lock: Lock = field(default_factory=Lock)

    def note(self, start_byte: int, length: int, began_ns: int, ended_ns: int) -> None:
        """Take one transfer that succeeded; it counts for the zone that it begins in."""
        zone = self._zones[min(start_byte * ZONES // self.size_bytes, ZONES - 1)]
        with self._lock:
            self._slowest_ns = max(self._slowest_ns, ended_ns - began_ns)
            zone.began_ns = min(zone.began_ns, began_ns) if zone.transfers else began_ns
            zone.ended_ns = max(zone.ended_ns, ended_ns)
            zone.transfers += 1
            zone.moved_bytes += length

    def speed(self) -> Speed:
        """Return what is known."""
        whole = self.size_bytes // ZONES
        known = (
            (number, zone.moved_bytes * _NS // (zone.ended_ns - zone.began_ns))
            for number, zone in enumerate(self._zones)
            # A unit may lie across the border: it is missing here and is too much there.
            if zone.transfers >= NEEDED_TRANSFERS
            and zone.moved_bytes > whole * 15 // 16
            and zone.ended_ns - zone.began_ns >= NEEDED_NS
        )
        return Speed(zones=tuple(known), slowest_ms=self._slowest_ns // 1_000_000)
