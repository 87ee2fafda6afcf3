"""The structure of an IMEI, and whether several sources agree. Pure.

Agreement proves nothing about where a phone comes from; disagreement suggests tampering. No table
of models is used: those are licensed.

Source: 3GPP TS 23.003 §6.2 (structure, check digit). Reporting bodies and the placeholder are
general knowledge, unverified here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

_SEPARATORS: Final = re.compile(r"[ \-/.]")
_DIGITS: Final = re.compile(r"[0-9]{14,16}")
_BODY_DIGITS: Final = 14
_LONGEST: Final = 64
PLACEHOLDERS: Final = frozenset({"00499901064000"})
"""Software IMEIs of many cloned phones, without the check digit; general knowledge, unverified."""


class Form(Enum):
    """What a number can be."""

    IMEI = "imei"
    """15 digits, the last of which checks the others."""
    IMEI_WITHOUT_CHECK = "imei-without-check-digit"
    IMEISV = "imeisv"
    """16 digits, the last two a software version."""


class Flaw(Enum):
    """Why a number is no IMEI of a phone."""

    FORM = "form"
    CHECK_DIGIT = "check-digit"
    PLACEHOLDER = "placeholder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imei:
    """A number, taken apart."""

    body: str
    """Type allocation code (8 digits) and serial number (6): what tells a radio apart."""
    form: Form

    @property
    def tac(self) -> str:
        """Return the type allocation code: one per model, by whoever reports it."""
        return self.body[:8]

    @property
    def text(self) -> str:
        """Return all 15 digits."""
        return self.body + check_digit(self.body)


def check_digit(body: str) -> str:
    """Return the digit behind 14 others (Luhn)."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(body))
    return str(-sum(number // 10 + number % 10 for number in doubled) % 10)


def examine(text: str) -> Imei | Flaw:
    """Take a number apart, as a phone said it, a person typed it or a scanner read it.

    Args:
        text: digits, with spaces, dashes, slashes or points between them.
    """
    digits = _SEPARATORS.sub("", text[:_LONGEST])
    if not _DIGITS.fullmatch(digits):
        return Flaw.FORM
    body, rest = digits[:_BODY_DIGITS], digits[_BODY_DIGITS:]
    if len(rest) == 1 and rest != check_digit(body):
        return Flaw.CHECK_DIGIT
    if len(set(body)) == 1 or body in PLACEHOLDERS or set(body[8:]) == {"0"}:
        return Flaw.PLACEHOLDER
    return Imei(body=body, form=(Form.IMEI_WITHOUT_CHECK, Form.IMEI, Form.IMEISV)[len(rest)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What several sources say of one phone's numbers."""

    imeis: tuple[Imei, ...]
    """Each radio once, in the order of the sources."""
    flaws: Mapping[str, Flaw]
    """By source: the first number of it that is none."""
    agree: bool | None
    """Whether no source contradicts another; None where fewer than two say anything."""


def compare(sources: Mapping[str, tuple[str, ...]]) -> Comparison:
    """Compare what software, screen (``*#06#``) and label say.

    A label often has one of two numbers: so sources agree if the shorter list is part of the
    longer one.

    Args:
        sources: by name, the numbers of each; an empty tuple is a source that said nothing.
    """
    flaws: dict[str, Flaw] = {}
    found: dict[str, dict[str, Imei]] = {}
    for source, texts in sources.items():
        for text in texts:
            number = examine(text)
            if isinstance(number, Flaw):
                flaws.setdefault(source, number)
            else:
                found.setdefault(source, {})[number.body] = number
    lists = sorted((set(bodies) for bodies in found.values()), key=len)
    pairs = [(low, high) for at, low in enumerate(lists) for high in lists[at + 1 :]]
    every = {body: imei for bodies in found.values() for body, imei in bodies.items()}
    return Comparison(
        imeis=tuple(every.values()),
        flaws=flaws,
        agree=all(low <= high for low, high in pairs) if pairs else None,
    )
