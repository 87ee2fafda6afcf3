"""What of a snapshot may be shown to strangers: a list of what is kept; all else goes. Pure."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from wipe_station.codec.shown import PAGES, identify_nvme
from wipe_station.detect.raw import Raw
from wipe_station.detect.scrub import Scrubber
from wipe_station.records import Json

Rule = Callable[[str, Scrubber], str]
UNCLEAR: Final = "?"
"""Stands for a value of another form than its name promises: as unknown as before."""
_DISK: Final = re.compile(
    r"((sd|vd|hd)[a-z]+|nvme\d+(c\d+)?n\d+|mmcblk\d+(boot\d+|rpmb|gp\d+)?"
    r"|(loop|dm-|md|sr|zram|nbd)\d+)(p?\d+)?"
)
_ROOT_HUB: Final = re.compile(r"usb\d+")


def _name(value: str, scrubber: Scrubber) -> str:
    return scrubber.text(value)


def _fitting(pattern: str) -> Rule:
    compiled = re.compile(pattern)
    return lambda value, scrubber: (
        scrubber.text(value) if compiled.fullmatch(value) else UNCLEAR if value else value
    )


def _secret(kind: str) -> Rule:
    return lambda value, scrubber: scrubber.secret(value, kind)


_NUMBER: Final = _fitting(r"\d{1,20}")
_WORD: Final = _fitting(r"[A-Za-z0-9_.:-]{1,64}")
_HEX4: Final = _fitting(r"[0-9a-f]{4}")
_ATTRIBUTES: Final[dict[str, Rule]] = {
    **dict.fromkeys(("size", "ro", "removable", "hidden", "diskseq", "partition"), _NUMBER),
    **dict.fromkeys(("queue/logical_block_size", "queue/physical_block_size"), _NUMBER),
    **dict.fromkeys(("loop/offset", "loop/sizelimit"), _NUMBER),
    "queue/zoned": _fitting(r"none|host-aware|host-managed"),
    "md/level": _fitting(r"[a-z]+\d*"),
    **dict.fromkeys(("device/vendor", "device/model", "device/name"), _name),
    **dict.fromkeys(("device/rev", "device/firmware_rev"), _name),
    **dict.fromkeys(("serial", "device/serial"), _secret("serial")),
    **dict.fromkeys(("wwid", "nguid", "eui", "device/wwid"), _secret("wwid")),
    "device/cid": _secret("cid"),
    "loop/backing_file": _secret("path"),
    "dm/name": _secret("name"),
}
_ABOVE: Final[dict[str, Rule]] = {
    "serial": _secret("serial"),
    "manufacturer": _name,
    "product": _name,
    "idVendor": _HEX4,
    "idProduct": _HEX4,
    "bcdDevice": _HEX4,
}
_UDEV: Final[dict[str, Rule]] = {
    **dict.fromkeys(("ID_VENDOR", "ID_MODEL", "ID_REVISION"), _name),
    **dict.fromkeys(("ID_BUS", "ID_TYPE", "ID_INSTANCE", "ID_USB_TYPE", "ID_USB_DRIVER"), _WORD),
    **dict.fromkeys(("ID_USB_INTERFACES", "ID_USB_INTERFACE_NUM"), _WORD),
    **dict.fromkeys(("ID_VENDOR_ID", "ID_MODEL_ID", "ID_USB_VENDOR_ID", "ID_USB_MODEL_ID"), _HEX4),
    **dict.fromkeys(("ID_ATA", "ID_ATA_SATA", "ID_ATA_ROTATION_RATE_RPM"), _NUMBER),
    **dict.fromkeys(("ID_ATA_WRITE_CACHE", "ID_ATA_WRITE_CACHE_ENABLED"), _NUMBER),
    **dict.fromkeys(
        (
            "ID_ATA_FEATURE_SET_SECURITY",
            "ID_ATA_FEATURE_SET_SECURITY_ENABLED",
            "ID_ATA_FEATURE_SET_SECURITY_FROZEN",
            "ID_ATA_FEATURE_SET_SECURITY_LOCKED",
        ),
        _NUMBER,
    ),
    **dict.fromkeys(
        ("ID_SERIAL_SHORT", "ID_USB_SERIAL_SHORT", "ID_SCSI_SERIAL"), _secret("serial")
    ),
    **dict.fromkeys(("ID_WWN", "ID_WWN_WITH_EXTENSION"), _secret("wwid")),
}
_SMART_SECRETS: Final = {"serial_number": "serial", "logical_unit_id": "wwid"}
_SMART_KEY: Final = re.compile(
    r"json_format_version|messages|severity|smartctl|version|exit_status|device|type|protocol|name"
    r"|model_family|model_name|firmware_version|scsi_vendor|scsi_product|scsi_revision"
    r"|scsi_version|in_smartctl_database|rotation_rate|form_factor|user_capacity|blocks"
    r"|bytes|logical_block_size|physical_block_size|trim|supported|ata_version"
    r"|sata_version|interface_speed|max|current|string|value|major_value|minor_value"
    r"|sata_value|smart_support|available|enabled|smart_status|passed|power_on_time|hours"
    r"|minutes|power_cycle_count|temperature|endurance_used|current_percent"
    r"|ata_smart_attributes|revision|table|id|worst|thresh|when_failed|flags|prefailure"
    r"|updated_online|raw|nvme_smart_health_information_log|critical_warning"
    r"|available_spare|available_spare_threshold|percentage_used|data_units_read"
    r"|data_units_written|host_reads|host_writes|controller_busy_time|power_cycles"
    r"|power_on_hours|unsafe_shutdowns|media_errors|num_err_log_entries|warning_temp_time"
    r"|critical_comp_time|nvme_version|nvme_total_capacity|nvme_unallocated_capacity"
    r"|nvme_number_of_namespaces|nvme_pci_vendor|subsystem_id"
)


def shareable_device(raw: Raw, scrubber: Scrubber) -> dict[str, Json]:
    """Return one device of a snapshot as it may be shown."""
    pages = raw.get("pages", {})
    _drop(pages, PAGES, scrubber)
    return {
        "devno": _fitting(r"\d+:\d+")(raw["devno"], scrubber),
        "attrs": _kept(raw["attrs"], _ATTRIBUTES, scrubber),
        "pages": {
            name: show(bytes.fromhex(pages[name]), scrubber).hex()
            for name, show in PAGES.items()
            if name in pages
        },
        "parent": kernel_name(raw["parent"], scrubber),
        **{key: _names(raw[key], scrubber) for key in ("partitions", "holders", "slaves")},
        "ancestors": [_above(each, scrubber) for each in raw["ancestors"]],
        "udev": _kept(raw["udev"], _UDEV, scrubber),
    }


def kernel_name(name: str, scrubber: Scrubber) -> str:
    """Return a device's name; one that somebody may have chosen is replaced."""
    return name if not name or _DISK.fullmatch(name) else scrubber.secret(name, "name")


def _names(names: list[str], scrubber: Scrubber) -> list[str]:
    return [kernel_name(name, scrubber) for name in names]


def _above(raw: Raw, scrubber: Scrubber) -> dict[str, Json]:
    """Return a parent. A root hub is the kernel's own, and its words are this very kernel's."""
    rules = {} if _ROOT_HUB.fullmatch(raw["name"]) else _ABOVE
    return {
        "name": _WORD(raw["name"], scrubber),
        "subsystem": _WORD(raw["subsystem"], scrubber),
        "attrs": _kept(raw["attrs"], rules, scrubber),
    }


def _kept(values: Raw, rules: Mapping[str, Rule], scrubber: Scrubber) -> dict[str, Json]:
    _drop(values, rules, scrubber)
    return {name: rules[name](value, scrubber) for name, value in values.items() if name in rules}


def _drop(values: Raw, kept: Mapping[str, object], scrubber: Scrubber) -> None:
    scrubber.counts["left out"] += len(values.keys() - kept.keys())


# --- answers -------------------------------------------------------------------------------------


def shareable_replies(replies: Mapping[str, str], scrubber: Scrubber) -> dict[str, Json]:
    """Return what a device answered: smartctl's JSON, and Identify Controller in hexadecimal."""
    shown: dict[str, Json] = {}
    if "nvme-identify" in replies:
        data = bytes.fromhex(replies["nvme-identify"])
        shown["nvme-identify"] = identify_nvme(data, scrubber).hex()
    if "smartctl" in replies:
        try:
            said = json.loads(replies["smartctl"])
            shown["smartctl"] = _said(said, scrubber) if isinstance(said, dict) else UNCLEAR
        except (ValueError, RecursionError):
            shown["smartctl"] = UNCLEAR
    return shown


def _said(value: Any, scrubber: Scrubber) -> Json:  # noqa: ANN401 - a stranger's JSON
    if isinstance(value, dict):
        return _part(value, scrubber)
    if isinstance(value, list):
        return [_said(each, scrubber) for each in value]
    if isinstance(value, str):
        return scrubber.text(value)
    if isinstance(value, bool):
        return value
    return int(scrubber.text(str(value))) if isinstance(value, int) else UNCLEAR


def _part(part: dict[str, Any], scrubber: Scrubber) -> dict[str, Json]:
    _know_world_wide_name(part.get("wwn"), scrubber)
    secrets = {key: kind for key, kind in _SMART_SECRETS.items() if isinstance(part.get(key), str)}
    plain = {key: value for key, value in part.items() if _SMART_KEY.fullmatch(key)}
    _drop(part, plain | secrets, scrubber)
    kept = {key: _said(value, scrubber) for key, value in plain.items()}
    return kept | {key: scrubber.secret(part[key], kind) for key, kind in secrets.items()}


def _know_world_wide_name(wwn: object, scrubber: Scrubber) -> None:
    """Let the net know the world wide name that smartctl writes as three numbers."""
    if isinstance(wwn, dict):
        numbers = [n for key in ("naa", "oui", "id") if type(n := wwn.get(key)) is int]
        if len(numbers) == 3 and all(0 <= n < 1 << 36 for n in numbers):
            naa, vendor, number = numbers
            scrubber.know(f"{naa:x}{vendor:06x}{number:09x}")
