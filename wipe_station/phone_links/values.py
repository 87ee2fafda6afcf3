"""What a phone's child and the daemon tell each other: frozen values ↔ JSON, with limits. Pure.

One rule for every dataclass, from its own annotations: a new field needs nothing here. The daemon
believes the form of what comes back and nothing else: exactly the fields that a value has, each of
its kind, none beyond a limit, ratios within 0 and 1, counts never negative, and words that can be
shown. What Apple's property lists hold that nobody looks at (lists, dictionaries, dates) stays with
the child.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

from wipe_station.errors import MalformedReplyError
from wipe_station.phones.apple_facts import AppleReadings
from wipe_station.phones.mcinstall import Cloud
from wipe_station.phones.plist import Fields, Plist

WHAT: Final = "phone child"
MOST_MESSAGE_BYTES: Final = 192 << 10
"""Less than the kernel's usual buffer of a socket."""
MOST_BYTES: Final = 72 << 10
"""A canary and the head before it, sent as one."""
MOST_CHARACTERS: Final = 4096
"""Of one text of Apple's, and of its bytes in hexadecimal."""
MOST_WORD_CHARACTERS: Final = 512
"""Of any other text."""
MOST_ITEMS: Final = 256
"""Of one list, and of one dictionary."""
LARGEST: Final = (1 << 53) - 1
"""More cannot stand in a document (RFC 8785)."""
LARGEST_OF_APPLE: Final = 1 << 64
"""What a property list can hold, which stands in none."""
_RANGES: Final = {"ratio": (0, 1), "celsius": (-100, 200)}
"""By the unit at the end of a field's name."""
_BYTES: Final = "hex"
Value = TypeVar("Value")


def to_message(value: object) -> bytes:
    """Return a value as one message."""
    return json.dumps(write(value), allow_nan=False, separators=(",", ":")).encode()


def from_message(data: bytes) -> object:
    """Return what JSON a message holds.

    Raises:
        MalformedReplyError: none, or more than fits.
    """
    if len(data) > MOST_MESSAGE_BYTES:
        raise _malformed("length")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _malformed("JSON") from error


def write(value: object) -> Any:  # noqa: ANN401 - JSON
    """Return a value as JSON."""
    if isinstance(value, AppleReadings):
        return _write_apple(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: write(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple | list):
        return [write(each) for each in value]
    assert value is None or isinstance(value, bool | int | float | str), "a field of such values"
    return value


def read(kind: type[Value], said: object) -> Value:
    """Return the value of a kind that some JSON is.

    Args:
        kind: a dataclass, an enumeration, ``bool``, ``int``, ``float``, ``str`` or ``bytes``.
        said: as ``from_message`` returned it.

    Raises:
        MalformedReplyError: it is anything else; ``field`` says where.
    """
    value: Value = _read(kind, said, getattr(kind, "__name__", "value"))
    return value


def read_or_none(kind: type[Value], said: object) -> Value | None:
    """Return like ``read``, or None for null."""
    return None if said is None else read(kind, said)


def _read(kind: Any, said: object, name: str) -> Any:  # noqa: ANN401 - a type, and its value
    if isinstance(kind, UnionType):
        return _read_optional(kind, said, name)
    if get_origin(kind) is tuple:
        return _read_tuple(get_args(kind), said, name)
    if kind is AppleReadings:
        return _read_apple(said)
    if is_dataclass(kind):
        return _read_record(kind, said, name)
    if issubclass(kind, Enum):
        return _read_enum(kind, said, name)
    return _read_scalar(kind, said, name)


def _read_optional(kind: UnionType, said: object, name: str) -> object:
    (one,) = (each for each in get_args(kind) if each is not NoneType)
    return None if said is None else _read(one, said, name)


def _read_tuple(kinds: tuple[Any, ...], said: object, name: str) -> tuple[object, ...]:
    items = _items(said, name)
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_read(kinds[0], each, name) for each in items)
    if len(items) != len(kinds):
        raise _malformed(name)
    return tuple(_read(kind, each, name) for kind, each in zip(kinds, items, strict=True))


def _read_record(kind: Any, said: object, name: str) -> object:  # noqa: ANN401 - a dataclass
    hints = _hints(kind)
    if not isinstance(said, dict) or said.keys() != hints.keys():
        raise _malformed(name)
    return kind(**{each: _read(hint, said[each], each) for each, hint in hints.items()})


@cache
def _hints(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - a dataclass
    hints = get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind)}


def _read_enum(kind: type[Enum], said: object, name: str) -> Enum:
    for each in kind:
        if type(each.value) is type(said) and each.value == said:
            return each
    raise _malformed(name)


def _read_scalar(kind: type, said: object, name: str) -> object:
    if kind is bytes:
        return _read_bytes(said, name)
    if type(said) is not kind:
        raise _malformed(name)
    if isinstance(said, str):
        return _words(said, name)
    least, most = _RANGES.get(name.rpartition("_")[2], (0, LARGEST))
    if not least <= _number(said, name) <= most:
        raise _malformed(name)
    return said


def _number(said: Any, name: str) -> Any:  # noqa: ANN401 - a number
    if not math.isfinite(said) or abs(said) > LARGEST_OF_APPLE:
        raise _malformed(name)
    return said


def _words(said: str, name: str) -> str:
    if len(said) > MOST_WORD_CHARACTERS or not said.isprintable():
        raise _malformed(name)
    return said


def _text(said: object, name: str) -> str:
    """Return a text; half a character would be an error to whoever writes it down."""
    if not isinstance(said, str) or len(said) > MOST_CHARACTERS:
        raise _malformed(name)
    try:
        said.encode()
    except UnicodeEncodeError as error:
        raise _malformed(name) from error
    return said


def _read_bytes(said: object, name: str, most: int = MOST_BYTES) -> bytes:
    if not isinstance(said, str) or len(said) > 2 * most:
        raise _malformed(name)
    try:
        return bytes.fromhex(said)
    except ValueError as error:
        raise _malformed(name) from error


def _items(said: object, name: str) -> list[object]:
    if not isinstance(said, list) or len(said) > MOST_ITEMS:
        raise _malformed(name)
    return said


# --- Apple's readings ----------------------------------------------------------------------------


def _write_apple(value: AppleReadings) -> dict[str, Any]:
    return {
        "values": _write_fields(value.values),
        "domains": {name: _write_fields(inside) for name, inside in value.domains.items()},
        "battery": None if value.battery is None else _write_fields(value.battery),
        "nvram": None if value.nvram is None else _write_fields(value.nvram),
        "cloud": write(value.cloud),
        "profiles": value.profiles,
        "trusted": value.trusted,
    }


def _read_apple(said: object) -> AppleReadings:
    names = {each.name for each in fields(AppleReadings)}
    if not isinstance(said, dict) or said.keys() != names:
        raise _malformed("AppleReadings")
    domains = _named(said["domains"], "domains")
    return AppleReadings(
        values=_read_fields(said["values"], "values"),
        domains={name: _read_fields(inside, "domains") for name, inside in domains.items()},
        battery=None if said["battery"] is None else _read_fields(said["battery"], "battery"),
        nvram=None if said["nvram"] is None else _read_fields(said["nvram"], "nvram"),
        cloud=read_or_none(Cloud, said["cloud"]),
        profiles=read_or_none(int, said["profiles"]),
        trusted=read_or_none(bool, said["trusted"]),
    )


def _write_fields(value: Fields) -> dict[str, Any]:
    kept = {name: each for name, each in value.items() if _is_looked_at(each)}
    return {
        name: {_BYTES: each.hex()} if isinstance(each, bytes) else each
        for name, each in kept.items()
    }


def _is_looked_at(value: Plist) -> bool:
    """Tell whether anybody looks at such a value; ``apple_facts`` takes the rest for unknown."""
    if isinstance(value, bytes):
        return 2 * len(value) <= MOST_CHARACTERS
    if isinstance(value, str):
        return len(value) <= MOST_CHARACTERS
    if not isinstance(value, bool | int | float):
        return False
    return math.isfinite(value) and abs(value) <= LARGEST_OF_APPLE


def _read_fields(said: object, name: str) -> dict[str, Plist]:
    return {key: _read_plist(each, name) for key, each in _named(said, name).items()}


def _read_plist(said: object, name: str) -> Plist:
    if isinstance(said, dict):
        if said.keys() != {_BYTES}:
            raise _malformed(name)
        return _read_bytes(said[_BYTES], name, MOST_CHARACTERS // 2)
    if isinstance(said, bool):
        return said
    if isinstance(said, int | float):
        number: int | float = _number(said, name)
        return number
    return _text(said, name)


def _named(said: object, name: str) -> Mapping[str, object]:
    if not isinstance(said, dict) or len(said) > MOST_ITEMS:
        raise _malformed(name)
    return {_text(key, name): each for key, each in said.items()}


def _malformed(field: str) -> MalformedReplyError:
    return MalformedReplyError(WHAT, offset=0, field=field)
