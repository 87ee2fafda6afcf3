"""One standard as we understand it, read from its TOML text. Pure."""

import tomllib
from dataclasses import dataclass

from certs.text import Text
from wipe_station.records import Medium


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The method that a policy wants for one medium."""

    method: str
    certainty: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One standard as we understand it."""

    name: str
    standard: str
    effective: str
    text_examined: bool
    certainty: str
    source: str
    title: Text
    disclaimer: Text
    replug_small: bool
    """Whether media that a cache could speak for are unplugged before they are read back."""
    medium: dict[Medium, Choice]


def parse_policy(text: str) -> Policy:
    """Read one policy file; every key is required and no other is allowed.

    Raises:
        TypeError, ValueError: a key is missing, unknown or malformed. Policies ship with the
            program, so this is a fault of ours and a unit test meets it first.
    """
    fields = tomllib.loads(text)
    choices = {Medium(name): Choice(**choice) for name, choice in fields["medium"].items()}
    if set(choices) != set(Medium):
        raise ValueError(f"a policy speaks about every medium: {fields['name']}")
    texts = {key: Text(**fields[key]) for key in ("title", "disclaimer")}
    return Policy(**(fields | texts | {"medium": choices}))
