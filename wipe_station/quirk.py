"""A device that lies: how it is known, and what is believed less because of it. Pure.

A quirk may forbid or adapt and never strengthens anything: its effects are the few below, and each
takes something away.
"""

import re
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any, Final

from certs.text import Text

_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_USB: Final = re.compile(r"[0-9a-f]{4}:[0-9a-f]{4}")
_LEAST_LITERAL: Final = 3
"""Characters of a pattern that are no wildcard: a quirk names a device, not half the world."""


class Effect(Enum):
    """What a quirk takes away."""

    REFUSE = "refuse"
    """No wipe of it would be worth its certificate."""
    SHARED_SERIAL = "shared-serial"
    """Several devices state the same serial: it may be repeated, and identifies nothing."""
    MEDIUM_UNKNOWN = "medium-unknown"
    """Its word about the kind of medium is not believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a device is called by whoever speaks for it."""

    usb: str | None
    """``vendor:product`` of the USB device, four hexadecimal digits each."""
    bcd_device: str | None
    models: frozenset[str]
    firmwares: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which devices a quirk is about; all that is given must fit. ``*`` and ``?`` as in a shell."""

    usb: str | None = None
    bcd_device: str | None = None
    model: str | None = None
    firmware: str | None = None

    def fits(self, subject: Subject) -> bool:
        """Tell whether a device is one of them."""
        return (
            self.usb in (None, subject.usb)
            and _any_fits(self.bcd_device, filter(None, [subject.bcd_device]))
            and _any_fits(self.model, subject.models)
            and _any_fits(self.firmware, subject.firmwares)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirk:
    """One kind of device that lies."""

    name: str
    title: Text
    """What it does, for the clerk."""
    effects: frozenset[Effect]
    match: Match
    certainty: str
    source: str
    recording: str | None = None
    """The recording that shows it, if there is one."""


def _any_fits(pattern: str | None, said: Iterable[str]) -> bool:
    return pattern is None or any(fnmatchcase(each, pattern) for each in said)


def parse_quirk(text: str) -> Quirk:
    """Read one quirk's file; every key but ``recording`` is required and no other is allowed.

    Raises:
        KeyError, TypeError, ValueError: a key is missing, unknown, empty or malformed, or the
            match is too wide. Quirks ship with the program, so a unit test meets it first.
    """
    fields = tomllib.loads(text)
    if empty := [key for key, value in fields.items() if value in ("", [], {})]:
        raise ValueError(f"says nothing: {empty}")
    if not _NAME.fullmatch(fields["name"]):
        raise ValueError(f"not a name: {fields['name']}")
    made = {
        "title": Text(**fields["title"]),
        "effects": frozenset(Effect(effect) for effect in fields["effects"]),
        "match": _match(fields["match"]),
    }
    return Quirk(**(fields | made))


def _match(fields: dict[str, Any]) -> Match:
    match = Match(**fields)
    if not all(isinstance(value, str) for value in fields.values()):
        raise TypeError("patterns are text")
    if match.usb is None and match.model is None:
        raise ValueError("names neither a USB device nor a model")
    if match.usb is not None and not _USB.fullmatch(match.usb):
        raise ValueError(f"not vendor:product in small hexadecimal digits: {match.usb}")
    if match.model is not None and len(re.sub(r"[*?\[\]]", "", match.model)) < _LEAST_LITERAL:
        raise ValueError(f"fits too much: {match.model}")
    return match


def fitting(quirks: Iterable[Quirk], subject: Subject) -> tuple[Quirk, ...]:
    """Return the quirks of one device."""
    return tuple(quirk for quirk in quirks if quirk.match.fits(subject))


def having(quirks: Collection[Quirk], effect: Effect) -> tuple[Quirk, ...]:
    """Return the quirks among some that have an effect."""
    return tuple(quirk for quirk in quirks if effect in quirk.effects)
