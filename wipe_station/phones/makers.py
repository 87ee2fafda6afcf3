"""The erase function that a maker built in, and whether it is declared to meet the standard. I/O.

What a claim says of the maker's function stands in ``maker_functions.toml``: a new brand is a new
table there. Nothing is claimed where nobody declared it.
"""

import tomllib
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from importlib import resources
from typing import Final

from certs.text import Text
from wipe_station.phones.facts import PhoneFacts, System
from wipe_station.records import Json

FILE: Final = "maker_functions.toml"
_ANY: Final = "*"
_KEYS: Final = frozenset(
    {"names", "system", "menu_zh", "menu_en", "declared", "certainty", "source"}
)


class Declared(Enum):
    """What the maker says of its function and GB 46864-2025."""

    DECLARED = "declared"
    NOT_DECLARED = "not-declared"
    """We found no declaration."""


DECLARED: Final = {
    Declared.DECLARED: Text(
        zh="厂商声明它的清除功能符合 GB 46864-2025。",
        en="The maker declares that its function meets GB 46864-2025.",
    ),
    Declared.NOT_DECLARED: Text(
        zh="没有找到厂商对 GB 46864-2025 的声明。",
        en="No declaration of the maker about GB 46864-2025 was found.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MakerFunction:
    """Where a maker's erase function is."""

    names: tuple[str, ...]
    """Of the maker, lower case, as ``ro.product.manufacturer`` or ``brand`` has it."""
    system: System
    menu: Text
    declared: Declared
    certainty: str
    source: str

    def to_json(self) -> dict[str, Json]:
        """Return what plans and documents say of it."""
        return {
            "menu": {"zh": self.menu.zh, "en": self.menu.en},
            "declared": self.declared.value,
            "certainty": self.certainty,
            "source": self.source,
        }


@lru_cache(maxsize=1)
def all_makers() -> tuple[MakerFunction, ...]:
    """Return every maker's function, in the order of the file."""
    text = resources.files("wipe_station.phones").joinpath(FILE).read_text("utf-8")
    return parse_makers(text)


def parse_makers(text: str) -> tuple[MakerFunction, ...]:
    """Read the file.

    Raises:
        ValueError: a table lacks a key, has another one, or a value that is none.
    """
    return tuple(_maker(table) for table in tomllib.loads(text)["maker"])


def _maker(table: dict[str, object]) -> MakerFunction:
    if table.keys() != _KEYS:
        raise ValueError(f"keys of a maker: {sorted(table.keys() ^ _KEYS)}")
    names = table["names"]
    if not isinstance(names, list) or not names or any(name != name.lower() for name in names):
        raise ValueError(f"names of a maker: {names}")
    return MakerFunction(
        names=tuple(names),
        system=System(table["system"]),
        menu=Text(zh=str(table["menu_zh"]), en=str(table["menu_en"])),
        declared=Declared(table["declared"]),
        certainty=str(table["certainty"]),
        source=str(table["source"]),
    )


def maker_function(facts: PhoneFacts) -> MakerFunction | None:
    """Return the function of a phone's maker; None for a system without any entry."""
    name = (facts.maker or "").lower()
    return next(
        (
            maker
            for maker in all_makers()
            if maker.system is facts.system and (name in maker.names or _ANY in maker.names)
        ),
        # Every phone with iOS has one maker, whatever it calls itself.
        next((maker for maker in all_makers() if maker.system is facts.system), None)
        if facts.system is System.IOS
        else None,
    )
