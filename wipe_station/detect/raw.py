"""Looking into a snapshot's JSON without trusting it: what is absent or odd is None. Pure."""

import re
from typing import Any, Final

from wipe_station.records import Transport

Raw = dict[str, Any]
"""A snapshot's JSON; every access goes through the helpers below, which tolerate what is absent."""

_NAMES: Final = (
    (re.compile(r"loop\d+"), Transport.LOOP),
    (re.compile(r"nvme\d+n\d+"), Transport.NVME),
    (re.compile(r"mmcblk\d+(boot\d+|rpmb)?"), Transport.MMC),
    (re.compile(r"vd[a-z]+"), Transport.VIRTIO),
    (re.compile(r"sd[a-z]+"), Transport.SCSI),
)
USB_DEVICE: Final = re.compile(r"\d+-\d+(\.\d+)*")
_ATA_PORT: Final = re.compile(r"ata\d+")


def attribute(raw: Raw, name: str) -> str | None:
    """Return a sysfs attribute's text; an empty one says nothing."""
    value = raw.get("attrs", {}).get(name)
    return value if isinstance(value, str) and value else None


def number(raw: Raw, name: str) -> int | None:
    """Return an attribute that is a plain number."""
    text = attribute(raw, name)
    return int(text) if text is not None and re.fullmatch(r"\d{1,20}", text) else None


def flag(raw: Raw, name: str) -> bool | None:
    """Return an attribute that is 0 or 1."""
    return {"0": False, "1": True}.get(attribute(raw, name) or "")


def ancestor(raw: Raw, subsystem: str, name: re.Pattern[str]) -> Raw | None:
    """Return the nearest parent of a subsystem whose name fits."""
    return next(
        (
            a
            for a in raw.get("ancestors", [])
            if a["subsystem"] == subsystem and name.fullmatch(a["name"])
        ),
        None,
    )


def transport_of(name: str, raw: Raw) -> Transport:
    """Tell from the kernel's name and the way to a device how it is reached."""
    family = next((t for pattern, t in _NAMES if pattern.fullmatch(name)), Transport.UNKNOWN)
    if family is not Transport.SCSI:
        return family
    if ancestor(raw, "usb", USB_DEVICE):
        return Transport.USB
    if ancestor(raw, "ata_port", _ATA_PORT):
        return Transport.SATA
    return Transport.SCSI


def page_of(raw: Raw, name: str) -> bytes | None:
    """Return the bytes of a page."""
    text = raw.get("pages", {}).get(name)
    return bytes.fromhex(text) if isinstance(text, str) else None
