"""Property lists, as Apple's devices speak them: bytes ↔ values, with limits. Pure.

The standard library reads both spellings, but a binary list may refer to itself, or to one part so
often that walking it never ends; numbers and text have no bounds; and what it raises is its own.

Source: Apple's property list DTD 1.0; the binary form from general knowledge, high confidence.
"""

import plistlib
import struct
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, TypeAlias
from xml.parsers.expat import ExpatError

from wipe_station.errors import MalformedReplyError

Fields: TypeAlias = Mapping[str, "Plist"]
"""A dictionary; its keys are always text."""
Plist: TypeAlias = (
    str | bytes | bool | int | float | datetime | list["Plist"] | tuple["Plist", ...] | Fields
)

MOST_BYTES: Final = 1 << 20
MOST_VALUES: Final = 20_000
DEEPEST: Final = 24
_SPELLINGS: Final = (b"bplist00", b"<?xml ", b"<!DOCTYPE", b"<plist")
_INTEGERS: Final = range(-(1 << 63), 1 << 64)
_UNREADABLE: Final = (
    ValueError,  # also what plistlib calls an invalid file, text in no encoding, long numbers
    ExpatError,
    struct.error,
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)
"""What the library raises for one malformed file or another."""


def decode(data: bytes, what: str) -> Fields | list[Plist]:
    """Read one property list, in either spelling.

    Args:
        data: the whole list and nothing else.
        what: the reply's name, for the error.

    Returns:
        its outermost value: a dictionary, or a list. Text, bytes, numbers, times, lists and
        dictionaries are inside; no value is inside itself.

    Raises:
        MalformedReplyError: no property list; more than a megabyte, 20,000 values or 24 levels;
            another outermost value; a key that is not text; a reference to an archive's object;
            an integer of more than 64 bits.
    """
    if len(data) > MOST_BYTES:
        raise MalformedReplyError(what, offset=MOST_BYTES, field="length")
    if not data.startswith(_SPELLINGS):
        raise MalformedReplyError(what, offset=0, field="property list")
    try:
        read = plistlib.loads(data)
    except _UNREADABLE:
        # Not chained: the library's words may hold parts of what was read.
        raise MalformedReplyError(what, offset=0, field="property list") from None
    if not isinstance(read, dict | list):
        raise MalformedReplyError(what, offset=0, field="outermost value")
    _check(read, what)
    return read


def decode_fields(data: bytes, what: str) -> Fields:
    """Read one property list that is a dictionary; else like ``decode``."""
    read = decode(data, what)
    if not isinstance(read, Mapping):
        raise MalformedReplyError(what, offset=0, field="outermost value")
    return read


def encode(value: Fields) -> bytes:
    """Return a dictionary in the spelling that all of Apple's services read: XML."""
    return plistlib.dumps(value, fmt=plistlib.FMT_XML, sort_keys=True)


def encode_binary(value: Fields | list[Plist]) -> bytes:
    """Return a list or a dictionary in the binary spelling."""
    return plistlib.dumps(value, fmt=plistlib.FMT_BINARY, sort_keys=True)


def _check(read: object, what: str) -> None:
    """Walk level by level, so that neither a loop nor a value met again and again lasts long."""
    level, seen = [read], 0
    for _ in range(DEEPEST):
        below: list[object] = []
        for value in level:
            below.extend(_inside(value, what))
            if seen + len(level) + len(below) > MOST_VALUES:
                raise MalformedReplyError(what, offset=0, field="number of values")
        seen += len(level)
        level = below
        if not level:
            return
    raise MalformedReplyError(what, offset=0, field="depth")


def _inside(value: object, what: str) -> Iterator[object]:
    """Yield what a value holds; refuse a value that no reply has."""
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise MalformedReplyError(what, offset=0, field="key")
        yield from value.values()
    elif isinstance(value, list):
        yield from value
    elif isinstance(value, int) and value not in _INTEGERS:
        raise MalformedReplyError(what, offset=0, field="integer")
    elif not isinstance(value, str | bytes | int | float | datetime):
        raise MalformedReplyError(what, offset=0, field="kind of value")


def text_in(fields: Fields, key: str, longest: int = 256) -> str | None:
    """Return a field's text; None where there is none, another kind, or one beyond the limit."""
    value = fields.get(key)
    return value if isinstance(value, str) and 0 < len(value) <= longest else None


def integer_in(fields: Fields, key: str) -> int | None:
    """Return a field's integer; None where there is none; a truth value is no integer."""
    value = fields.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def truth_in(fields: Fields, key: str) -> bool | None:
    """Return a field's truth value; None where there is none; 0 and 1 are none."""
    value = fields.get(key)
    return value if isinstance(value, bool) else None


def bytes_in(fields: Fields, key: str) -> bytes | None:
    """Return a field's bytes; None where there are none."""
    value = fields.get(key)
    return value if isinstance(value, bytes) else None


def fields_in(fields: Fields, key: str) -> Fields | None:
    """Return a dictionary inside; None where there is none."""
    value = fields.get(key)
    return value if isinstance(value, Mapping) else None
