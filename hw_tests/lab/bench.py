"""The lab's devices: QEMU's own, over real drivers, on files of the host. I/O.

Each is a file (or a scripted medium) that the host keeps and can read afterwards, and a way to plug
it into a guest. Plugging and pulling is done as the kind of device does it: hot for USB and NVMe;
an SD slot's and a SATA port's driver is loaded and unloaded, because QEMU knows no card and no SATA
drive that comes later. Models of this process (``redir``) are shown the same way.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from hw_tests.lab import inside
from hw_tests.lab.guest import Guest
from hw_tests.lab.redir import Port

SHOWN_S: Final = 60.0
SD_SLOT: Final = "sdhci-pci"


class Kind(Enum):
    """What a device is to the kernel of the guest."""

    STICK = "stick"
    """USB mass storage, bulk only: usb-storage."""
    UAS = "uas"
    """USB attached SCSI: uas."""
    NVME = "nvme"
    """NVMe behind a PCIe port: nvme."""
    SD = "sd"
    """A card in a PCI slot: sdhci_pci, mmc_block."""
    SATA = "sata"
    """A drive at the chip set's own port: ahci, libata, sd."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One device on the bench; plugged in or not."""

    kind: Kind
    name: str
    """Its id in QEMU, and part of its serial."""
    file: Path
    size_bytes: int
    bridge_serial: str = ""
    """What a UAS drive's bridge says it is; empty: the same as the drive."""

    @property
    def serial(self) -> str:
        """What it says it is."""
        return f"LAB-{self.name}".upper()


def _drive(device: Device) -> tuple[str, str]:
    words = f"if=none,id={device.name},format=raw,file={device.file},file.locking=off,cache=none"
    return "-drive", words


def sd_arguments(device: Device) -> tuple[str, ...]:
    """Return QEMU's arguments for a slot with a card; nobody sees it before its driver is loaded.

    The card's size must be a power of two.
    """
    return (*_drive(device), "-device", SD_SLOT, "-device", f"sd-card,drive={device.name}")


def sata_arguments(device: Device) -> tuple[str, ...]:
    """Return QEMU's arguments for a SATA drive; nobody sees it before its driver is loaded."""
    disk = f"ide-hd,bus=ide.0,drive={device.name},serial={device.serial}"
    return (*_drive(device), "-device", f"{disk},werror=report,rerror=report")


def open_medium(guest: Guest, device: Device) -> None:
    """Let QEMU open a device's file, with a guest's flush as the file's flush."""
    file = {"driver": "file", "filename": str(device.file), "locking": "off"}
    guest.qmp.ask(
        "blockdev-add",
        driver="raw",
        file=file | {"cache": {"direct": True, "no-flush": False}},
        cache={"direct": True, "no-flush": False},
        **{"node-name": f"m-{device.name}"},
    )


def close_medium(guest: Guest, device: Device) -> None:
    """Let QEMU close a device's file."""
    guest.qmp.ask("blockdev-del", **{"node-name": f"m-{device.name}"})


def plug(guest: Guest, device: Device, *, settled: bool = True) -> str:
    """Plug a device in and return its node, as soon as the kernel has made it.

    Args:
        guest: where.
        device: what.
        settled: wait until udev has handled all its events, too.
    """
    after = guest.call(inside.newest_diskseq)
    PLUG[device.kind](guest, device)
    node = guest.call(inside.wait_for_disk, device.size_bytes, after, timeout_s=SHOWN_S)
    if settled:
        guest.call(inside.settle)
    return node


def plug_model(guest: Guest, port: Port, size_bytes: int) -> str:
    """Plug a model of a USB device in and return the node of its disk of a size."""
    after = guest.call(inside.newest_diskseq)
    port.plug()
    node = guest.call(inside.wait_for_disk, size_bytes, after, timeout_s=SHOWN_S)
    guest.call(inside.settle)
    return node


def pull(guest: Guest, device: Device) -> None:
    """Pull a device out, whatever is being done with it."""
    PULL[device.kind](guest, device)


def _plug_stick(guest: Guest, device: Device) -> None:
    open_medium(guest, device)
    guest.plug(
        "usb-storage",
        device.name,
        bus="xhci.0",
        drive=f"m-{device.name}",
        serial=device.serial,
        werror="report",
        rerror="report",
    )


def _plug_uas(guest: Guest, device: Device) -> None:
    """Put the drive behind its bridge first, then connect the bridge."""
    open_medium(guest, device)
    bridge_serial = device.bridge_serial or device.serial
    guest.plug("usb-uas", device.name, bus="xhci.0", attached=False, serial=bridge_serial)
    guest.plug(
        "scsi-hd",
        f"{device.name}-lun",
        bus=f"{device.name}.0",
        drive=f"m-{device.name}",
        serial=device.serial,
        werror="report",
        rerror="report",
    )
    guest.qmp.ask(
        "qom-set", path=f"/machine/peripheral/{device.name}", property="attached", value=True
    )


def _attach(guest: Guest, device: Device, *, attached: bool) -> None:
    path = f"/machine/peripheral/{device.name}"
    guest.qmp.ask("qom-set", path=path, property="attached", value=attached)


def _plug_nvme(guest: Guest, device: Device) -> None:
    open_medium(guest, device)
    guest.plug("nvme", device.name, bus="rp0", drive=f"m-{device.name}", serial=device.serial)


def _plug_sd(guest: Guest, _: Device) -> None:
    guest.call(inside.modprobe, "sdhci_pci", "mmc_block")


def _plug_sata(guest: Guest, _: Device) -> None:
    guest.call(inside.modprobe, "ahci", "sd_mod")


def _pull_usb(guest: Guest, device: Device) -> None:
    guest.pull(device.name)
    close_medium(guest, device)


def _pull_uas(guest: Guest, device: Device) -> None:
    _attach(guest, device, attached=False)
    guest.pull(f"{device.name}-lun")
    _pull_usb(guest, device)


def _pull_sd(guest: Guest, _: Device) -> None:
    guest.call(inside.unload, "sdhci_pci")


def _pull_sata(guest: Guest, _: Device) -> None:
    guest.call(inside.unload, "ahci")


PLUG: Final[dict[Kind, Callable[[Guest, Device], None]]] = {
    Kind.STICK: _plug_stick,
    Kind.UAS: _plug_uas,
    Kind.NVME: _plug_nvme,
    Kind.SD: _plug_sd,
    Kind.SATA: _plug_sata,
}
PULL: Final[dict[Kind, Callable[[Guest, Device], None]]] = {
    Kind.STICK: _pull_usb,
    Kind.UAS: _pull_uas,
    Kind.NVME: _pull_usb,
    Kind.SD: _pull_sd,
    Kind.SATA: _pull_sata,
}
