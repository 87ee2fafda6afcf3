"""A snapshot becomes facts: who said what, how strong it is, and what stays unknown. Pure."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from wipe_station.codec.vpd import (
    medium_of_rate,
    parse_ata_information,
    parse_block_characteristics,
    parse_unit_serial,
)
from wipe_station.errors import MalformedReplyError
from wipe_station.records import (
    DeviceFacts,
    Identifier,
    Medium,
    Source,
    Strength,
    Transport,
)

Raw = dict[str, Any]
"""A snapshot's JSON; every access goes through the helpers below, which tolerate what is absent."""

UNIQUE_KINDS: Final = frozenset({"serial", "wwid", "nguid", "eui", "cid", "backing-object"})
_SECTOR_BYTES: Final = 512  # sysfs counts in these whatever the device does
_VALUE_LIMIT_CHARACTERS: Final = 512
_NAMES: Final = (
    (re.compile(r"loop\d+"), Transport.LOOP),
    (re.compile(r"nvme\d+n\d+"), Transport.NVME),
    (re.compile(r"mmcblk\d+(boot\d+|rpmb)?"), Transport.MMC),
    (re.compile(r"vd[a-z]+"), Transport.VIRTIO),
    (re.compile(r"sd[a-z]+"), Transport.SCSI),
)
_CONTROL_SUBSYSTEMS: Final = frozenset({"usb", "nvme", "nvme-subsystem", "mmc"})
_USB_DEVICE: Final = re.compile(r"\d+-\d+(\.\d+)*")
_ATA_PORT: Final = re.compile(r"ata\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Somebody who uses an object: a mount, a swap area, a loop device or an open descriptor."""

    kind: str
    who: str
    block: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The whole machine at one moment, as the safety rules see it."""

    devices: tuple[DeviceFacts, ...]
    uses: tuple[Use, ...]
    backing: dict[str, Use]
    """Loop device name → the object behind it."""
    partition_of: dict[str, str]
    """Partition name → name of its disk."""
    root_devno: str | None
    unread_processes: tuple[int, ...]

    def device(self, name: str) -> DeviceFacts | None:
        """Return the facts of one device by kernel name."""
        return next((d for d in self.devices if d.name == name), None)

    def by_devno(self, devno: str) -> DeviceFacts | None:
        """Return the facts of one device by ``major:minor``."""
        return next((d for d in self.devices if d.devno == devno), None)


def _attribute(raw: Raw, name: str) -> str | None:
    value = raw.get("attrs", {}).get(name)
    return value if isinstance(value, str) and value else None


def _number(raw: Raw, name: str) -> int | None:
    text = _attribute(raw, name)
    return int(text) if text is not None and re.fullmatch(r"\d{1,20}", text) else None


def _flag(raw: Raw, name: str) -> bool | None:
    return {"0": False, "1": True}.get(_attribute(raw, name) or "")


def _ancestor(raw: Raw, subsystem: str, name: re.Pattern[str]) -> Raw | None:
    return next(
        (
            a
            for a in raw.get("ancestors", [])
            if a["subsystem"] == subsystem and name.fullmatch(a["name"])
        ),
        None,
    )


def _transport(name: str, raw: Raw) -> Transport:
    family = next((t for pattern, t in _NAMES if pattern.fullmatch(name)), Transport.UNKNOWN)
    if family is not Transport.SCSI:
        return family
    if _ancestor(raw, "usb", _USB_DEVICE):
        return Transport.USB
    if _ancestor(raw, "ata_port", _ATA_PORT):
        return Transport.SATA
    return Transport.SCSI


def _page(raw: Raw, name: str) -> bytes | None:
    text = raw.get("pages", {}).get(name)
    return bytes.fromhex(text) if isinstance(text, str) else None


def _rotation(raw: Raw) -> Iterable[tuple[Medium, str]]:
    """Yield what each source says about the medium; malformed answers say nothing."""
    parsers: tuple[tuple[str, Callable[[bytes], Medium], str], ...] = (
        ("device/vpd_pg89", parse_ata_information, "IDENTIFY word 217 in VPD page 89h"),
        ("device/vpd_pgb1", parse_block_characteristics, "VPD page B1h"),
    )
    for name, parse, evidence in parsers:
        page = _page(raw, name)
        if page is None:
            continue
        try:
            yield parse(page), evidence
        except MalformedReplyError as error:
            yield Medium.UNKNOWN, error.message.en
    rate = raw.get("udev", {}).get("ID_ATA_ROTATION_RATE_RPM", "")
    if re.fullmatch(r"\d{1,5}", rate):
        # udev writes 0 both for "non-rotating" and for "not reported": only a rate says something
        yield medium_of_rate(int(rate)), "IDENTIFY word 217 by udev"


def _medium(transport: Transport, raw: Raw) -> tuple[Medium, str]:
    """Return the medium and its evidence; contradiction and silence are both unknown."""
    if transport in (Transport.NVME, Transport.MMC):
        return Medium.FLASH, f"{transport.value} interface"
    said = [(medium, why) for medium, why in _rotation(raw) if medium is not Medium.UNKNOWN]
    if not said:
        return Medium.UNKNOWN, "no evidence"
    if len({medium for medium, _ in said}) > 1:
        return Medium.UNKNOWN, "contradiction: " + "; ".join(why for _, why in said)
    return said[0]


def _attribute_identifiers(transport: Transport, raw: Raw) -> Iterable[Identifier]:
    """Yield what sysfs says. Behind a USB bridge nobody can tell whose words these are."""
    source = Source.UNKNOWN if transport is Transport.USB else Source.MEDIUM
    names = {
        "device/vendor": "vendor",
        "device/model": "model",
        "device/name": "model",
        "device/rev": "firmware",
        "device/firmware_rev": "firmware",
        "device/serial": "serial",
        "serial": "serial",
        "device/wwid": "wwid",
        "wwid": "wwid",
        "nguid": "nguid",
        "eui": "eui",
        "device/cid": "cid",
    }
    for name, kind in names.items():
        value = _attribute(raw, name)
        if value is not None:
            yield Identifier(kind=kind, value=value, source=source, evidence=name)
    if (page := _page(raw, "device/vpd_pg80")) is not None:
        try:
            serial = parse_unit_serial(page)
        except MalformedReplyError:
            return
        yield Identifier(kind="serial", value=serial, source=source, evidence="VPD page 80h")


def _udev_identifiers(raw: Raw) -> Iterable[Identifier]:
    """Yield what udev's helpers read; ``ata_id`` asks the drive itself, also through a bridge."""
    udev = raw.get("udev", {})
    if udev.get("ID_ATA") == "1":
        pairs = {"serial": "ID_SERIAL_SHORT", "wwid": "ID_WWN_WITH_EXTENSION", "model": "ID_MODEL"}
        for kind, key in pairs.items():
            if value := udev.get(key):
                yield Identifier(
                    kind=kind, value=value, source=Source.MEDIUM, evidence=f"udev {key} (ata_id)"
                )


def _usb_identifiers(raw: Raw) -> Iterable[Identifier]:
    usb = _ancestor(raw, "usb", _USB_DEVICE) or {}
    for name, kind in (("serial", "serial"), ("manufacturer", "vendor"), ("product", "model")):
        value = _attribute(usb, name)
        if value is not None:
            yield Identifier(
                kind=kind, value=value, source=Source.BRIDGE, evidence=f"usb device {name}"
            )


def _loop_identifiers(raw: Raw, backing: Use | None) -> Iterable[Identifier]:
    path = _attribute(raw, "loop/backing_file")
    if path is not None:
        yield Identifier(
            kind="backing-file", value=path, source=Source.MEDIUM, evidence="loop/backing_file"
        )
    if backing is not None and backing.file is not None:
        yield Identifier(
            kind="backing-object",
            value=backing.file,
            source=Source.MEDIUM,
            evidence="LOOP_GET_STATUS64",
        )


def _meaningless(value: str) -> bool:
    """Tell serials that say nothing: empty, or one character over and over."""
    return len(set(value.strip().removeprefix("naa.").removeprefix("eui."))) < 2


def _identifiers(transport: Transport, raw: Raw, backing: Use | None) -> tuple[Identifier, ...]:
    """Return all identifiers, the medium's own words first, repeats of one value dropped."""
    said = [
        *_loop_identifiers(raw, backing),
        *_udev_identifiers(raw),
        *_attribute_identifiers(transport, raw),
        *_usb_identifiers(raw),
    ]
    order = (Source.MEDIUM, Source.BRIDGE, Source.UNKNOWN)
    unique: dict[tuple[str, str], Identifier] = {}
    for stated in sorted(said, key=lambda i: order.index(i.source)):
        item = replace(stated, value=shown_text(stated.value))
        if not (item.kind in UNIQUE_KINDS and _meaningless(item.value)):
            unique.setdefault((item.kind, item.value), item)
    return tuple(unique.values())


def shown_text(value: str) -> str:
    """Make a device's own words fit for documents: escaped where not printable, and bounded."""
    escaped = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in value)
    return escaped[:_VALUE_LIMIT_CHARACTERS]


def _strength(identifiers: tuple[Identifier, ...]) -> Strength:
    sources = {i.source for i in identifiers if i.kind in UNIQUE_KINDS}
    if Source.MEDIUM in sources:
        return Strength.MEDIUM
    return Strength.BRIDGE if sources else Strength.NONE


def control_of(raw: Raw) -> str | None:
    """Return the controller, card or USB device that a disk shares with its siblings."""
    for ancestor in raw.get("ancestors", []):
        name, subsystem = ancestor["name"], ancestor["subsystem"]
        if subsystem in _CONTROL_SUBSYSTEMS and (subsystem != "usb" or _USB_DEVICE.fullmatch(name)):
            return f"{subsystem}/{name}"
    return None


def _unknowns(raw: Raw, transport: Transport, *, udevd: bool) -> tuple[str, ...]:
    """Say what could not be learned about this device, as codes of ``certs.open_questions``."""
    if transport not in (Transport.USB, Transport.SATA, Transport.SCSI):
        return ()
    pages = ("device/vpd_pg89", "device/vpd_pgb1")
    gaps = {
        "drive-not-asked-without-udevd": not udevd,
        "vital-product-data-missing": all(_page(raw, page) is None for page in pages),
    }
    return tuple(code for code, missing in gaps.items() if missing)


def _facts(
    name: str, raw: Raw, siblings: tuple[str, ...], backing: Use | None, *, udevd: bool
) -> DeviceFacts:
    transport = _transport(name, raw)
    medium, evidence = _medium(transport, raw)
    usb = _ancestor(raw, "usb", _USB_DEVICE)
    sectors = _number(raw, "size")
    identifiers = _identifiers(transport, raw, backing)
    return DeviceFacts(
        name=name,
        devno=str(raw.get("devno", "")),
        transport=transport,
        usb_path=usb["name"] if usb else None,
        medium=medium,
        medium_evidence=evidence,
        size_bytes=None if sectors is None else sectors * _SECTOR_BYTES,
        logical_sector_bytes=_number(raw, "queue/logical_block_size"),
        physical_sector_bytes=_number(raw, "queue/physical_block_size"),
        diskseq=_number(raw, "diskseq"),
        removable=_flag(raw, "removable"),
        read_only=_flag(raw, "ro"),
        zoned=_attribute(raw, "queue/zoned"),
        whole_disk=_attribute(raw, "partition") is None,
        partitions=tuple(raw.get("partitions", ())),
        holders=tuple(raw.get("holders", ())),
        slaves=tuple(raw.get("slaves", ())),
        siblings=siblings,
        identifiers=identifiers,
        identity_strength=_strength(identifiers),
        unknowns=_unknowns(raw, transport, udevd=udevd),
    )


def _siblings(devices: dict[str, Raw]) -> dict[str, tuple[str, ...]]:
    control = {
        name: control_of(raw) for name, raw in devices.items() if not _attribute(raw, "partition")
    }
    return {
        name: tuple(other for other, shared in control.items() if shared == mine and other != name)
        for name, mine in control.items()
        if mine is not None
    }


def _uses(snapshot: Raw, backing: dict[str, Use]) -> Iterable[Use]:
    for mount in snapshot.get("mounts", ()):
        yield Use(kind="mount", who=mount["point"], block=mount["devno"])
    for swap in snapshot.get("swaps", ()):
        yield Use(kind="swap", who=swap["path"], block=swap.get("block"), file=swap.get("file"))
    for opener in snapshot.get("openers", ()):
        who = f"{opener['command']} (pid {opener['pid']})"
        yield Use(kind="opener", who=who, block=opener.get("block"), file=opener.get("file"))
    yield from backing.values()


def classify(snapshot: Raw) -> World:
    """Turn a snapshot into facts about every block device and its users.

    Args:
        snapshot: what ``snapshot.read_snapshot`` returned, or a recording of it.
    """
    devices: dict[str, Raw] = {
        name: raw for name, raw in snapshot["devices"].items() if _attribute(raw, "hidden") != "1"
    }
    backing = {
        name: Use(kind="loop", who=f"/dev/{name}", block=raw.get("block"), file=raw.get("file"))
        for name, raw in snapshot.get("loops", {}).items()
    }
    siblings = _siblings(devices)
    root = next((m["devno"] for m in snapshot.get("mounts", ()) if m["point"] == "/"), None)
    return World(
        devices=tuple(
            _facts(name, raw, siblings.get(name, ()), backing.get(name), udevd=snapshot["udevd"])
            for name, raw in devices.items()
        ),
        uses=tuple(_uses(snapshot, backing)),
        backing=backing,
        partition_of={name: raw["parent"] for name, raw in devices.items() if raw.get("parent")},
        root_devno=root,
        unread_processes=tuple(snapshot.get("unread_processes", ())),
    )
