"""Fakes for our tests and for users': a clock that is told the time, snapshots by hand. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Any


class FakeClock:
    """A clock that moves a second at each look at the wall, and never by itself."""

    def __init__(self, start: datetime = datetime(2026, 11, 23, 12, tzinfo=UTC)) -> None:
        self.now = start
        self.ticks = 0
        self.boot = "00000000-0000-4000-8000-000000000001"

    def utc(self) -> datetime:
        """Return the wall time, then let a second pass."""
        self.now += timedelta(seconds=1)
        return self.now

    def monotonic_ns(self) -> int:
        """Return a number that grows with every look."""
        self.ticks += 1
        return self.ticks

    def boot_id(self) -> str:
        """Return the boot that this clock belongs to."""
        return self.boot


def raw_disk(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - a snapshot's JSON
    """Return a healthy disk as ``detect.snapshot`` would write it.

    Args:
        changes: ``attrs`` are merged into the attributes; every other key replaces its value.
    """
    attrs = {
        "size": "2048",
        "ro": "0",
        "removable": "0",
        "hidden": "0",
        "diskseq": "50",
        "queue/logical_block_size": "512",
        "queue/physical_block_size": "4096",
        "queue/zoned": "none",
    }
    disk: dict[str, Any] = {
        "devno": "8:0",
        "attrs": attrs | {"device/serial": "S1"} | changes.pop("attrs", {}),
        "pages": {},
        "parent": "",
        "partitions": [],
        "holders": [],
        "slaves": [],
        "ancestors": [{"name": "ata1", "subsystem": "ata_port", "attrs": {}}],
        "udev": {},
    }
    return disk | changes


def raw_snapshot(devices: dict[str, Any], **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a snapshot of a machine with these devices and nobody who uses them."""
    snapshot: dict[str, Any] = {
        "version": 1,
        "udevd": True,
        "devices": devices,
        "loops": {},
        "mounts": [{"devno": "254:0", "point": "/", "fstype": "ext4", "namespace": "1"}],
        "swaps": [],
        "openers": [],
        "unread_processes": [],
    }
    return snapshot | changes
