"""What stands in the journal of a phone's erasure, as JSON values and back. Pure.

Integers, strings, booleans, lists and objects only; what is unknown is left out. Ratios and degrees
are kept in thousandths. Nothing here is a person's (``wipe_station.phones``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, Final, get_type_hints

from wipe_station.phones.canary import Canary
from wipe_station.phones.evidence import Evidence
from wipe_station.phones.facts import Encryption, Form, PhoneFacts, System, VerifiedBoot
from wipe_station.phones.overwrite import FILE_BYTES, Overwritten
from wipe_station.records import Json

_THOUSANDTHS: Final = "_thousandths"
_ENUMS: Final[tuple[type[Enum], ...]] = (System, Form, Encryption, VerifiedBoot)
_HINTS: Final = get_type_hints(PhoneFacts)
_TRUTHS: Final = ("same_identity", "trade_in_answers", "trust_kept", "obliteration_new")


class Kind(Enum):
    """Kinds of lines."""

    PLAN = "plan"
    CANARY = "canary"
    """A file of ours was laid down, or could not be."""
    EVENT = "event"
    """Something happened that the route's table knows."""
    LOOK = "look"
    """The phone was looked at after a reset."""
    OVERWRITTEN = "overwritten"
    """What an overwrite between two resets came to; it is still under way until its event."""
    PHOTO = "photo"
    DOCUMENT = "document"
    TORN_TAIL = "torn-tail"


def facts_json(facts: PhoneFacts) -> dict[str, Json]:
    """Return what is known of a phone as JSON values."""
    found: dict[str, Json] = {}
    for each in fields(facts):
        value = getattr(facts, each.name)
        if value is None or value == ():
            continue
        if isinstance(value, float):
            found[each.name + _THOUSANDTHS] = round(value * 1000)
        elif isinstance(value, Enum):
            found[each.name] = str(value.value)
        else:
            found[each.name] = list(value) if isinstance(value, tuple) else value
    return found


def facts_of(found: Mapping[str, Any]) -> PhoneFacts:
    """Return the facts in JSON values.

    Raises:
        KeyError, TypeError, ValueError: they are none.
    """
    known: dict[str, Any] = {}
    for key, value in found.items():
        name = key.removesuffix(_THOUSANDTHS)
        hint = _HINTS[name]
        if key != name:
            known[name] = _integer(value) / 1000
        elif name == "imeis":
            known[name] = tuple(map(_text, value))
        else:
            known[name] = _as_hinted(hint, value)
    return PhoneFacts(**known)


def _as_hinted(hint: object, value: object) -> object:
    allowed = getattr(hint, "__args__", (hint,))
    for enum in _ENUMS:
        if enum in allowed:
            return enum(value)
    if type(value) not in allowed or isinstance(value, float):
        raise TypeError(value)
    return value


def look_json(seen: Evidence) -> dict[str, Json]:
    """Return what one look showed, without what was known before it."""
    known: dict[str, Json] = {"canary": seen.canary.value}
    if seen.after is not None:
        known["after"] = facts_json(seen.after)
    if seen.personal_files is not None:
        known["personal_files"] = seen.personal_files
    truths = {name: getattr(seen, name) for name in _TRUTHS}
    return known | {name: value for name, value in truths.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One look as a journal keeps it."""

    canary: Canary
    after: PhoneFacts | None
    personal_files: int | None
    truths: Mapping[str, bool]
    """``same_identity`` and the like, where they are known."""


def look_of(found: Mapping[str, Any]) -> Seen:
    """Return the look in JSON values.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    truths = {name: found[name] for name in _TRUTHS if name in found}
    if any(type(value) is not bool for value in truths.values()):
        raise TypeError(truths)
    return Seen(
        canary=Canary(found["canary"]),
        after=facts_of(found["after"]) if "after" in found else None,
        personal_files=_integer(found["personal_files"]) if "personal_files" in found else None,
        truths=truths,
    )


def overwritten_json(done: Overwritten) -> dict[str, Json]:
    """Return what an overwrite came to."""
    return {
        "bytes": done.size_bytes,
        "files": done.files,
        "sha256": done.sha256,
        "whole": done.whole,
    }


def overwritten_of(found: Mapping[str, Any], most_bytes: int | None) -> Overwritten:
    """Return the overwrite in JSON values.

    Args:
        found: the values.
        most_bytes: the phone's storage, where that is known.

    Raises:
        KeyError, TypeError, ValueError: it is none, or one that cannot have been.
    """
    done = Overwritten(
        size_bytes=_integer(found["bytes"]),
        files=_integer(found["files"]),
        sha256=_text(found["sha256"]),
        whole=_truth(found["whole"]),
    )
    most = done.files * FILE_BYTES
    if not 0 <= done.files <= done.size_bytes <= min(most, most_bytes or most):
        raise ValueError(done.size_bytes)
    if done.whole and not done.files:
        raise ValueError(done.whole)
    return done


def _truth(value: object) -> bool:
    if type(value) is not bool:
        raise TypeError(value)
    return value


def _integer(value: object) -> int:
    if type(value) is not int:
        raise TypeError(value)
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value
