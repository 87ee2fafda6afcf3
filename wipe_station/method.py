"""One wipe method as data says it: its literal passes and how sure we are. Pure.

A method's file may say what is written and where that was read. It cannot say what a wipe may
claim: that follows from overwriting through the block interface, whatever the scheme's name.
"""

import re
import tomllib
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from certs.text import Text
from wipe_station.records import (
    CLEAR_BY_OVERWRITE,
    Claim,
    FixedPattern,
    PlannedPattern,
    ProbeCapacity,
    RandomStream,
    Step,
    VerifyPass,
    WritePass,
)

_RANDOM: Final = "random"
_BYTES: Final = re.compile(r"[0-9A-F]{2}( [0-9A-F]{2})*")


class VerifyBasis(Enum):
    """Why the last pass is read back; the station does so in full whatever the scheme says."""

    MANDATORY = "mandatory"
    """The scheme counts as done only with it."""
    NAMED = "named"
    """The scheme ends with it."""
    ADDED = "added"
    """The scheme, as we know it, names none; the station adds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """An ordered list of passes, and how sure we are that its name means just these."""

    name: str
    title: Text
    passes: tuple[PlannedPattern, ...]
    verify: VerifyBasis
    established: bool
    """Whether a source that was read gives these bytes; if not, an explicit word is needed."""
    certainty: str
    source: str
    free_choice: str
    """What the scheme leaves open, and what was chosen."""
    disagreement: str
    """What others write under the same name."""

    @property
    def claim(self) -> Claim:
        """Return what a fully verified run may claim on a medium that is not practice."""
        return CLEAR_BY_OVERWRITE

    def steps(self) -> tuple[Step, ...]:
        """Return probes where they are needed, the passes, and the last one's full verification."""
        writes = tuple(
            WritePass(number=number, pattern=pattern)
            for number, pattern in enumerate(self.passes, start=1)
        )
        probes = () if self.position_bound else (ProbeCapacity(),)
        return (*probes, *writes, VerifyPass(pass_number=len(writes)))

    @property
    def position_bound(self) -> bool:
        """Whether the verified pass proves capacity and acceptance of every write."""
        return isinstance(self.passes[-1], RandomStream)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnavailableMethod:
    """A name that people ask for and that this version cannot honestly carry out."""

    name: str
    title: Text
    unavailable: Text
    """Why not."""
    certainty: str
    source: str
    disagreement: str


def parse_method(text: str) -> Method | UnavailableMethod:
    """Read one method's file; every key is required and no other is allowed.

    Args:
        text: TOML; where nothing can be written, a table ``unavailable`` says why.

    Raises:
        KeyError, TypeError, ValueError: a key is missing, unknown, empty or malformed. Methods
            ship with the program, so this is a fault of ours and a unit test meets it first.
    """
    fields = tomllib.loads(text)
    if empty := [key for key, value in fields.items() if value in ("", [], {})]:
        raise ValueError(f"says nothing: {empty}")
    fields["title"] = Text(**fields["title"])
    if "unavailable" in fields:
        return UnavailableMethod(**fields | {"unavailable": Text(**fields["unavailable"])})
    return _method(fields)


def _method(fields: dict[str, Any]) -> Method:
    if type(fields["established"]) is not bool:
        raise TypeError("established is true or false")
    passes = tuple(_pattern(written) for written in fields["passes"])
    return Method(**fields | {"passes": passes, "verify": VerifyBasis(fields["verify"])})


def _pattern(written: str) -> PlannedPattern:
    if written == _RANDOM:
        return RandomStream()
    if not _BYTES.fullmatch(written):
        raise ValueError(f"neither bytes nor {_RANDOM}: {written}")
    return FixedPattern(repeat=bytes.fromhex(written))
