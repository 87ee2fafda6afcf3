"""The diagnostics relay of an iPhone or iPad: parts of its registry of hardware. Pure.

Source: the protocol as ``idevicediagnostics`` speaks it. What a real phone has in these nodes is
known from published dumps only; on current systems it is unverified.
"""

from typing import Final

from wipe_station.errors import MalformedReplyError
from wipe_station.phones.frames import plist_frame
from wipe_station.phones.plist import Fields, decode_fields, encode, fields_in, text_in

WHAT: Final = "diagnostics relay"
SERVICE: Final = "com.apple.mobile.diagnostics_relay"
BATTERY_CLASS: Final = "IOPMPowerSource"
NVRAM_ENTRY: Final = "options"


def ask_battery() -> bytes:
    """Ask for the battery's node; ``parse_node``."""
    return plist_frame(encode({"Request": "IORegistry", "EntryClass": BATTERY_CLASS}))


def ask_nvram() -> bytes:
    """Ask for what is kept without power; ``parse_node``."""
    return plist_frame(encode({"Request": "IORegistry", "EntryName": NVRAM_ENTRY}))


def parse_node(body: bytes) -> Fields | None:
    """Decode one node.

    Returns:
        its properties; None where the phone refuses or has no such node.

    Raises:
        MalformedReplyError: no reply of the relay, or success without what was asked for.
    """
    fields = decode_fields(body, WHAT)
    status = text_in(fields, "Status")
    if status is None:
        raise MalformedReplyError(WHAT, offset=0, field="Status")
    if status != "Success":
        return None
    found = fields_in(fields_in(fields, "Diagnostics") or {}, "IORegistry")
    if found is None:
        raise MalformedReplyError(WHAT, offset=0, field="IORegistry")
    return found
