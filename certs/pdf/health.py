"""What a drive went through while it was wiped, for the auditor's page: curves and counts. Pure."""

from typing import Any, Final

from certs.canonical import JsonObject
from certs.pdf.words import SMART, WORDS, code_words

ZONES: Final = 16
_PARTS: Final = 1000
"""Height of the fastest zone's bar."""


def speed_of(statement: JsonObject) -> dict[str, Any]:
    """Return the speed of each zone as bars; nothing where no zone's speed is known.

    Returns:
        ``top``: what the highest bar means; ``series``: a label and, for each of 16 zones, its
        height in thousandths of that, or -1 where it is not known.
    """
    speed = statement.get("speed")
    if speed is None:
        return {}
    known = [each["bytes_per_s"] for what in ("write", "read") for each in speed[what]]
    top = max(known, default=0)
    return {
        "top": f"{top // 1_000_000:,} MB/s" if top >= 10_000_000 else f"{top // 1000:,} kB/s",
        "series": [
            {"label": WORDS[f"speed-{what}"], "bars": _bars(speed[what], max(top, 1))}
            for what in ("write", "read")
        ],
        "slowest": [
            {"label": WORDS[f"slowest-{what}"], "value": f"{ms:,} ms", "note": ""}
            for what in ("write", "read")
            if (ms := statement.get("measures", {}).get(f"slowest_{what}_ms")) is not None
        ],
    }


def _bars(zones: list[JsonObject], top: int) -> list[int]:
    heights = {each["zone"]: each["bytes_per_s"] * _PARTS // top for each in zones}
    return [heights.get(zone, -1) for zone in range(ZONES)]


def smart_of(statement: JsonObject) -> list[list[object]]:
    """Return what the drive said of its own health: name, before, after; empty where nothing."""
    measures = statement.get("measures", {})
    return [
        [word, _said(measures.get(f"{name}_before")), _said(measures.get(name))]
        for name, word in SMART.items()
        if name in measures or f"{name}_before" in measures
    ]


def _said(value: object) -> object:
    if value is None:
        return "–"  # noqa: RUF001 - what nobody asked for
    if isinstance(value, bool):
        return WORDS["yes" if value else "no"]
    return code_words(value) if isinstance(value, str) else f"{value:,}"
