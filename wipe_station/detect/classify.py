"""A snapshot becomes facts: who said what, how strong it is, and what stays unknown. Pure."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from wipe_station.codec.vpd import (
    medium_of_rate,
    parse_ata_information,
    parse_block_characteristics,
)
from wipe_station.detect.identifiers import doubted, identifiers_of, strength_of, subject_of
from wipe_station.detect.raw import (
    USB_DEVICE,
    Raw,
    ancestor,
    attribute,
    flag,
    number,
    page_of,
    transport_of,
)
from wipe_station.errors import MalformedReplyError
from wipe_station.quirk import Effect, Quirk, fitting, having
from wipe_station.records import DeviceFacts, Identifier, Medium, Transport

_SECTOR_BYTES: Final = 512  # sysfs counts in these whatever the device does
_CONTROL_SUBSYSTEMS: Final = frozenset({"usb", "nvme", "nvme-subsystem", "mmc"})


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
    quirks: dict[str, tuple[Quirk, ...]]
    """Device name → what is known to be wrong with such devices."""

    def device(self, name: str) -> DeviceFacts | None:
        """Return the facts of one device by kernel name."""
        return next((d for d in self.devices if d.name == name), None)

    def by_devno(self, devno: str) -> DeviceFacts | None:
        """Return the facts of one device by ``major:minor``."""
        return next((d for d in self.devices if d.devno == devno), None)


def _rotation(raw: Raw) -> Iterable[tuple[Medium, str]]:
    """Yield what each source says about the medium; malformed answers say nothing."""
    parsers: tuple[tuple[str, Callable[[bytes], Medium], str], ...] = (
        ("device/vpd_pg89", parse_ata_information, "IDENTIFY word 217 in VPD page 89h"),
        ("device/vpd_pgb1", parse_block_characteristics, "VPD page B1h"),
    )
    for name, parse, evidence in parsers:
        page = page_of(raw, name)
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


def _medium(transport: Transport, raw: Raw, quirks: Sequence[Quirk]) -> tuple[Medium, str]:
    """Return the medium and its evidence; contradiction and silence are both unknown."""
    if liars := having(quirks, Effect.MEDIUM_UNKNOWN):
        return Medium.UNKNOWN, f"not believed: quirk {liars[0].name}"
    if transport in (Transport.NVME, Transport.MMC):
        return Medium.FLASH, f"{transport.value} interface"
    said = [(medium, why) for medium, why in _rotation(raw) if medium is not Medium.UNKNOWN]
    if not said:
        return Medium.UNKNOWN, "no evidence"
    if len({medium for medium, _ in said}) > 1:
        return Medium.UNKNOWN, "contradiction: " + "; ".join(why for _, why in said)
    return said[0]


def control_of(raw: Raw) -> str | None:
    """Return the controller, card or USB device that a disk shares with its siblings."""
    for above in raw.get("ancestors", []):
        name, subsystem = above["name"], above["subsystem"]
        if subsystem in _CONTROL_SUBSYSTEMS and (subsystem != "usb" or USB_DEVICE.fullmatch(name)):
            return f"{subsystem}/{name}"
    return None


def _unknowns(raw: Raw, transport: Transport, *, udevd: bool) -> tuple[str, ...]:
    """Say what could not be learned about this device, as codes of ``certs.open_questions``."""
    if transport not in (Transport.USB, Transport.SATA, Transport.SCSI):
        return ()
    pages = ("device/vpd_pg89", "device/vpd_pgb1")
    gaps = {
        "drive-not-asked-without-udevd": not udevd,
        "vital-product-data-missing": all(page_of(raw, page) is None for page in pages),
    }
    return tuple(code for code, missing in gaps.items() if missing)


def _facts(
    name: str, raw: Raw, said: tuple[Identifier, ...], quirks: Sequence[Quirk], *, udevd: bool
) -> DeviceFacts:
    """Return the facts of one device alone; its siblings are added by whoever sees them all."""
    transport = transport_of(name, raw)
    medium, evidence = _medium(transport, raw, quirks)
    usb = ancestor(raw, "usb", USB_DEVICE)
    sectors = number(raw, "size")
    identifiers = doubted(said, quirks)
    return DeviceFacts(
        name=name,
        devno=str(raw.get("devno", "")),
        transport=transport,
        usb_path=usb["name"] if usb else None,
        medium=medium,
        medium_evidence=evidence,
        size_bytes=None if sectors is None else sectors * _SECTOR_BYTES,
        logical_sector_bytes=number(raw, "queue/logical_block_size"),
        physical_sector_bytes=number(raw, "queue/physical_block_size"),
        diskseq=number(raw, "diskseq"),
        removable=flag(raw, "removable"),
        read_only=flag(raw, "ro"),
        zoned=attribute(raw, "queue/zoned"),
        whole_disk=attribute(raw, "partition") is None,
        partitions=tuple(raw.get("partitions", ())),
        holders=tuple(raw.get("holders", ())),
        slaves=tuple(raw.get("slaves", ())),
        siblings=(),
        identifiers=identifiers,
        identity_strength=strength_of(identifiers),
        unknowns=_unknowns(raw, transport, udevd=udevd),
    )


def _siblings(devices: dict[str, Raw]) -> dict[str, tuple[str, ...]]:
    control = {
        name: control_of(raw) for name, raw in devices.items() if not attribute(raw, "partition")
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


def classify(snapshot: Raw, quirks: Sequence[Quirk] = ()) -> World:
    """Turn a snapshot into facts about every block device and its users.

    Args:
        snapshot: what ``snapshot.read_snapshot`` returned, or a recording of it.
        quirks: what is known about devices that lie.
    """
    devices: dict[str, Raw] = {
        name: raw for name, raw in snapshot["devices"].items() if attribute(raw, "hidden") != "1"
    }
    loops = snapshot.get("loops", {})
    backing = {
        name: Use(kind="loop", who=f"/dev/{name}", block=raw.get("block"), file=raw.get("file"))
        for name, raw in loops.items()
    }
    siblings = _siblings(devices)
    root = next((m["devno"] for m in snapshot.get("mounts", ()) if m["point"] == "/"), None)
    said = {
        name: identifiers_of(transport_of(name, raw), raw, loops.get(name, {}).get("file"))
        for name, raw in devices.items()
    }
    known = {name: fitting(quirks, subject_of(raw, said[name])) for name, raw in devices.items()}
    udevd = snapshot["udevd"]
    return World(
        devices=tuple(
            replace(
                _facts(name, raw, said[name], known[name], udevd=udevd),
                siblings=siblings.get(name, ()),
            )
            for name, raw in devices.items()
        ),
        uses=tuple(_uses(snapshot, backing)),
        backing=backing,
        partition_of={name: raw["parent"] for name, raw in devices.items() if raw.get("parent")},
        root_devno=root,
        unread_processes=tuple(snapshot.get("unread_processes", ())),
        quirks=known,
    )
