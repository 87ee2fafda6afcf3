"""What ``smartctl --json`` says about a drive, as flat measures. Pure.

smartctl has parsed the drive's own bytes; its JSON is still a stranger's word, so types and ranges
are checked, and whatever is absent stays unknown.

Source: smartctl 7.3, JSON format version 1.0; field names as its manual page and output show them.
``endurance_used`` is written by later versions. [uncertain: no drive was at hand]
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from wipe_station.errors import MalformedReplyError

LIMIT_BYTES: Final = 1 << 20
MOST: Final = 2**53 - 1
ATTRIBUTES: Final = {
    5: "smart_reallocated_sectors",
    9: "power_on_hours",
    197: "smart_pending_sectors",
    198: "smart_uncorrectable",
}
"""ATA attribute ids whose raw value is a plain count. [S: smartmontools drivedb defaults]"""
NVME: Final = {
    "critical_warning": "nvme_critical_warning",
    "percentage_used": "nvme_percentage_used",
    "power_on_hours": "power_on_hours",
    "media_errors": "nvme_media_errors",
}
COUNTS: Final = frozenset(
    {*ATTRIBUTES.values(), *NVME.values(), "ssd_life_used_percent", "temperature_celsius"}
)
KINDS: Final = frozenset({"ata-hdd", "ata-ssd", "nvme"})


def parse_smart(data: bytes) -> dict[str, int | str | bool]:
    """Read smartctl's JSON.

    Args:
        data: its standard output.

    Returns:
        measures by the names that grading rules use; empty where the drive says nothing.

    Raises:
        MalformedReplyError: too long, not JSON, or a field of another type than smartctl writes.
    """
    if len(data) > LIMIT_BYTES:
        raise _malformed("length")
    try:
        said = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _malformed("json") from error
    if not isinstance(said, dict):
        raise _malformed("object")
    found: dict[str, int | str | bool] = {}
    _take_kind(said, found)
    _take_passed(said, found)
    _take_counts(said, found)
    return found


def _malformed(field: str) -> MalformedReplyError:
    return MalformedReplyError("smartctl", offset=0, field=field)


def _part(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = said.get(name, {})
    if not isinstance(part, dict):
        raise _malformed(name)
    return part


def _count(value: object, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
        raise _malformed(field)
    return value


def _take_kind(said: Mapping[str, Any], found: dict[str, int | str | bool]) -> None:
    """Take the kind of drive on positive evidence only: 0 rpm is smartctl's word for an SSD."""
    protocol = _part(said, "device").get("protocol")
    if protocol == "NVMe":
        found["drive_kind"] = "nvme"
    elif protocol == "ATA" and "rotation_rate" in said:
        rate = _count(said["rotation_rate"], "rotation_rate")
        found["drive_kind"] = "ata-hdd" if rate else "ata-ssd"


def _take_passed(said: Mapping[str, Any], found: dict[str, int | str | bool]) -> None:
    passed = _part(said, "smart_status").get("passed")
    if passed is not None:
        if not isinstance(passed, bool):
            raise _malformed("smart_status.passed")
        found["smart_passed"] = passed


def _take_counts(said: Mapping[str, Any], found: dict[str, int | str | bool]) -> None:
    table = _part(said, "ata_smart_attributes").get("table", [])
    if not isinstance(table, list):
        raise _malformed("ata_smart_attributes.table")
    for row in table:
        if not isinstance(row, dict):
            raise _malformed("ata_smart_attributes.table[]")
        name = ATTRIBUTES.get(_count(row.get("id"), "id"))
        if name is not None:
            found[name] = _count(_part(row, "raw").get("value"), name)
    health = _part(said, "nvme_smart_health_information_log")
    for field, name in NVME.items():
        if field in health:
            found[name] = _count(health[field], field)
    used = _part(said, "endurance_used").get("current_percent")
    if used is not None:
        found["ssd_life_used_percent"] = _count(used, "endurance_used")
    celsius = _part(said, "temperature").get("current")
    if isinstance(celsius, int) and not isinstance(celsius, bool) and 0 <= celsius < 200:
        found["temperature_celsius"] = celsius
