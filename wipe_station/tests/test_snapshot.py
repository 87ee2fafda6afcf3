"""Reading a recorded sysfs: what stands in a disk's path, and what it belongs to."""

from pathlib import Path
from typing import Any

from wipe_station.detect.classify import classify
from wipe_station.detect.snapshot import read_device
from wipe_station.records import Transport


def sata_disk(root: Path) -> Path:
    """Make the folders of a disk at a SATA port as Linux 6.1 has them; return the disk's."""
    port = root / "devices/pci0000:00/0000:00:1f.2/ata1"
    disk = port / "host0/target0:0:0/0:0:0:0/block/sda"
    for folder in (disk, port / "ata_port/ata1", root / "bus/scsi", root / "bus/pci"):
        folder.mkdir(parents=True)
    for device, bus in ((port / "host0", "scsi"), (port.parent, "pci")):
        (device / "subsystem").symlink_to(root / "bus" / bus)
    (disk / "size").write_text("4096\n")
    return disk


def test_ancestors__disk_at_a_sata_port__include_the_port(tmp_path: Path) -> None:
    """A port that names no subsystem of its own is one all the same: its disk is a SATA disk."""
    disk: Any = read_device(sata_disk(tmp_path), tmp_path, {})
    named = [(each["name"], each["subsystem"]) for each in disk["ancestors"]]
    assert named == [("host0", "scsi"), ("ata1", "ata_port"), ("0000:00:1f.2", "pci")]
    (known,) = classify({"devices": {"sda": disk}, "udevd": True}).devices
    assert known.transport is Transport.SATA
