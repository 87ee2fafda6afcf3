"""Serials and their like become placeholders that nobody can turn back. Pure.

1. A value that identifies (``secret``) is compared by its *skeleton*: its letters and digits,
   small, without a prefix such as ``naa.``. One skeleton gets one placeholder of the same length,
   digit for digit and letter for letter, drawn by chance and remembered by nobody: what was equal
   before is equal afterwards, and nothing else can be learned from it.
2. Whatever else is kept goes through a net (``text``, ``data``) that knows every skeleton met so
   far, also reversed, with its bytes swapped as IDENTIFY does it, in hexadecimal, and as raw bytes.

A value of one repeated character identifies nothing and stays, because that is what it shows.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

NET_LEAST: Final = 6
NET_DIFFERENT: Final = 4
"""Shorter or duller skeletons are replaced where they are stated, and not looked for elsewhere:
they would be found by chance."""
RAW_LEAST: Final = 12
"""Hexadecimal digits of an identifier that is also looked for as raw bytes."""
_ATTEMPTS: Final = 1000
_PREFIX: Final = re.compile(r"(naa\.|eui\.|uuid\.|t10\.|nvme\.|0x)", re.IGNORECASE)
_NOISE: Final = re.compile(r"[^A-Za-z0-9]+")
_HEX: Final = re.compile(r"[0-9a-f]+")
_ADDRESS: Final = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
Respell = Callable[[str], str]


def skeleton(value: str) -> str:
    """Return the letters and digits of a text, small."""
    return _NOISE.sub("", value).lower()


def swapped(value: str) -> str:
    """Exchange the characters of each pair; one that is left over stays."""
    pairs = [value[at : at + 2] for at in range(0, len(value), 2)]
    return "".join(pair[::-1] for pair in pairs)


def _swapped_later(value: str) -> str:
    return value[:1] + swapped(value[1:])


def _backwards(value: str) -> str:
    return value[::-1]


_RESPELLINGS: Final[tuple[Respell, ...]] = (
    str,
    _backwards,
    swapped,
    _swapped_later,
    lambda value: _backwards(swapped(value)),
    lambda value: _backwards(_swapped_later(value)),
)


class Scrubber:
    """What is to be hidden in one recording, and what stands for it."""

    def __init__(self, draw: Callable[[int], int]) -> None:
        """Know nothing yet.

        Args:
            draw: returns a whole number from 0 to below its argument, by chance.
        """
        self._draw = draw
        self._stand_ins: dict[str, str] = {}
        self._spelled: dict[str, str] = {}
        self._sorted_needles: list[tuple[str, str]] = []
        self._needles_of = 0
        self.counts: Counter[str] = Counter()
        """How many values were replaced, by kind; ``elsewhere`` is what the net caught."""

    # --- values that are known to identify -------------------------------------------------------

    def secret(self, value: str, kind: str) -> str:
        """Return what stands for a value that identifies; punctuation and prefix stay."""
        prefix = _PREFIX.match(value)
        start = prefix.end() if prefix else 0
        if not skeleton(value[start:]):
            return value[:start] + _masked(value[start:])
        self.counts[kind] += 1
        return value[:start] + self._dressed(value[start:])

    def know(self, value: str) -> None:
        """Let the net look for a value that stands nowhere by itself."""
        self._dressed(_PREFIX.sub("", value, count=1))

    def secret_bytes(self, value: bytes, kind: str) -> bytes:
        """Return what stands for an identifier of raw bytes."""
        return bytes.fromhex(self.secret(value.hex(), kind))

    def _dressed(self, value: str) -> str:
        bones = skeleton(value)
        dressed = _respelled(value, self._stand_in(bones))
        if _worth_a_net(bones):
            self._spelled[value.strip().lower()] = dressed.strip().lower()
        return dressed

    def _stand_in(self, bones: str) -> str:
        if len(set(bones)) < 2:
            return bones
        if bones not in self._stand_ins:
            self._stand_ins[bones] = self._drawn(bones)
        return self._stand_ins[bones]

    def _drawn(self, bones: str) -> str:
        letters = 6 if _HEX.fullmatch(bones) else 26
        taken = {*self._stand_ins.values(), *(respell(bones) for respell in _RESPELLINGS)}
        for _ in range(_ATTEMPTS):
            found = "".join(self._like(c, letters) for c in bones)
            if found not in taken and len(set(found)) > 1:
                return found
        raise AssertionError("no placeholder is left")

    def _like(self, character: str, letters: int) -> str:
        if character.isdigit():
            return str(self._draw(10))
        return chr(ord("a") + self._draw(letters))

    # --- the net ---------------------------------------------------------------------------------

    def text(self, value: str) -> str:
        """Return a text in which nothing known is left, nor anything like an address or UUID."""
        for pattern in (_ADDRESS, _UUID):
            value = pattern.sub(lambda found: self.secret(found[0], "address"), value)
        caught = self._without_hex(self._without(value))
        self.counts["elsewhere"] += caught != value
        return caught

    def data(self, value: bytes) -> bytes:
        """Return bytes in which nothing known is left, as text or as raw bytes."""
        caught = self._bytes_without(value)
        self.counts["elsewhere"] += caught != value
        return caught

    def leaks(self, value: str) -> bool:
        """Tell whether a text, or the bytes that it writes in hexadecimal, hold what is known."""
        return self._without_hex(self._without(value)) != value

    def _bytes_without(self, value: bytes, depth: int = 1) -> bytes:
        text = self._without(value.decode("latin-1"))
        value = (self._without_hex(text, depth - 1) if depth else text).encode("latin-1")
        for bones, stand_in in self._stand_ins.items():
            if _worth_a_net(bones) and len(bones) >= RAW_LEAST and _HEX.fullmatch(bones):
                for before, after in _raw_spellings(bones, stand_in):
                    value = value.replace(before, after)
        return value

    def _without(self, value: str) -> str:
        bones = skeleton(value)
        for before, after in self._needles():
            if before in bones:
                value = _replaced(value, before, after)
                bones = skeleton(value)
        return value

    def _without_hex(self, value: str, depth: int = 1) -> str:
        """Look into long runs of hexadecimal digits as well, wherever a byte may begin.

        Args:
            value: the text.
            depth: how often what is found there may be hexadecimal digits again.
        """
        bones = skeleton(value)
        for run in re.finditer(r"[0-9a-f]{12,}", bones):
            for start in (run.start(), run.start() + 1):
                digits = bones[start : run.end()]
                digits = digits[: len(digits) // 2 * 2]
                caught = self._bytes_without(bytes.fromhex(digits), depth).hex()
                value = _replaced(value, digits, caught) if caught != digits else value
        return value

    def _needles(self) -> list[tuple[str, str]]:
        """Return what to look for and what to put there, the longest first."""
        if self._needles_of != len(self._spelled):
            self._needles_of = len(self._spelled)
            self._sorted_needles = self._pairs()
        return self._sorted_needles

    def _pairs(self) -> list[tuple[str, str]]:
        pairs = {
            (skeleton(respell(before)), skeleton(respell(after)))
            for before, after in self._spelled.items()
            for respell in _RESPELLINGS
        }
        return sorted(pairs, key=lambda pair: (-len(pair[0]), pair))


def _worth_a_net(bones: str) -> bool:
    return len(bones) >= NET_LEAST and len(set(bones)) >= NET_DIFFERENT


def _masked(value: str) -> str:
    return "".join(c if c.isascii() else "?" for c in value)


def _respelled(value: str, bones: str) -> str:
    """Put other letters and digits into a text, in its own capitals and punctuation."""
    left = iter(bones)
    return "".join(
        (next(left).upper() if c.isupper() else next(left))
        if c.isascii() and c.isalnum()
        else _masked(c)
        for c in value
    )


def _replaced(value: str, before: str, after: str) -> str:
    """Replace letters and digits wherever they follow one another, whatever stands between."""
    places = [at for at, c in enumerate(value) if c.isascii() and c.isalnum()]
    bones = skeleton(value)
    found = list(value)
    start = bones.find(before)
    while start >= 0:
        for at, new in zip(places[start : start + len(before)], after, strict=True):
            found[at] = new.upper() if value[at].isupper() else new
        start = bones.find(before, start + len(before))
    return "".join(found)


def _raw_spellings(before: str, after: str) -> Iterable[tuple[bytes, bytes]]:
    """Return an identifier's raw bytes forwards, backwards and with bytes swapped."""
    if len(before) % 2:
        return ()
    old, new = (bytes.fromhex(each).decode("latin-1") for each in (before, after))
    return [
        (respell(old).encode("latin-1"), respell(new).encode("latin-1")) for respell in _RESPELLINGS
    ]
