"""What a device is called, and by whom: the medium, its bridge, or nobody knows. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from wipe_station.codec.vpd import parse_unit_serial
from wipe_station.detect.raw import USB_DEVICE, Raw, ancestor, attribute, page_of
from wipe_station.errors import MalformedReplyError
from wipe_station.quirk import Effect, Quirk, Subject, having
from wipe_station.records import SHARED, UNIQUE_KINDS, Identifier, Source, Strength, Transport

_VALUE_LIMIT_CHARACTERS: Final = 512


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
        value = attribute(raw, name)
        if value is not None:
            yield Identifier(kind=kind, value=value, source=source, evidence=name)
    if (page := page_of(raw, "device/vpd_pg80")) is not None:
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
    usb = ancestor(raw, "usb", USB_DEVICE) or {}
    for name, kind in (("serial", "serial"), ("manufacturer", "vendor"), ("product", "model")):
        value = attribute(usb, name)
        if value is not None:
            yield Identifier(
                kind=kind, value=value, source=Source.BRIDGE, evidence=f"usb device {name}"
            )


def _loop_identifiers(raw: Raw, backing: str | None) -> Iterable[Identifier]:
    path = attribute(raw, "loop/backing_file")
    if path is not None:
        yield Identifier(
            kind="backing-file", value=path, source=Source.MEDIUM, evidence="loop/backing_file"
        )
    if backing is not None:
        yield Identifier(
            kind="backing-object",
            value=backing,
            source=Source.MEDIUM,
            evidence="LOOP_GET_STATUS64",
        )


def _meaningless(value: str) -> bool:
    """Tell serials that say nothing: empty, or one character over and over."""
    return len(set(value.strip().removeprefix("naa.").removeprefix("eui."))) < 2


def identifiers_of(transport: Transport, raw: Raw, backing: str | None) -> tuple[Identifier, ...]:
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


def subject_of(raw: Raw, identifiers: Iterable[Identifier]) -> Subject:
    """Return what a device is called, for the quirks."""
    usb = ancestor(raw, "usb", USB_DEVICE) or {}
    ids = (attribute(usb, "idVendor"), attribute(usb, "idProduct"))
    said = [(i.kind, i.value.strip()) for i in identifiers]
    return Subject(
        usb=f"{ids[0]}:{ids[1]}" if all(ids) else None,
        bcd_device=attribute(usb, "bcdDevice"),
        models=frozenset(value for kind, value in said if kind == "model"),
        firmwares=frozenset(value for kind, value in said if kind == "firmware"),
    )


def doubted(identifiers: tuple[Identifier, ...], quirks: Sequence[Quirk]) -> tuple[Identifier, ...]:
    """Mark serials that others state, too. A bridge's quirk leaves the medium's own words alone."""
    liars = having(quirks, Effect.SHARED_SERIAL)
    by_model = any(quirk.match.usb is None for quirk in liars)
    return tuple(
        replace(i, kind=SHARED + i.kind)
        if liars and i.kind in UNIQUE_KINDS and (by_model or i.source is not Source.MEDIUM)
        else i
        for i in identifiers
    )


def shown_text(value: str) -> str:
    """Make a device's own words fit for documents: escaped where not printable, and bounded."""
    escaped = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in value)
    return escaped[:_VALUE_LIMIT_CHARACTERS]


def strength_of(identifiers: tuple[Identifier, ...]) -> Strength:
    """Tell how far an identity carries."""
    sources = {i.source for i in identifiers if i.kind in UNIQUE_KINDS}
    if Source.MEDIUM in sources:
        return Strength.MEDIUM
    return Strength.BRIDGE if sources else Strength.NONE
