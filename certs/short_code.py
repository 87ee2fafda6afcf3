"""A document's short code: what a person reads out, types in, and finds a document by. Pure.

Ten characters of Crockford's base 32 are the first 50 bits of the document's SHA-256; the eleventh
checks them. It tells documents of one shop apart and proves nothing.

Source: Crockford, "Base 32": alphabet, and check symbol modulo 37.
"""

import hashlib
from typing import Final

CHARACTERS: Final = 10
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECK_ALPHABET: Final = _ALPHABET + "*~$=U"
_BITS: Final = 5
_AS_TYPED: Final = str.maketrans({"I": "1", "L": "1", "O": "0", **dict.fromkeys(" \t\r\n-")})


def short_code(document: bytes) -> str:
    """Return the code of a document.

    Args:
        document: the JSON file's bytes.

    Returns:
        ten characters and their check character.
    """
    return code_of(hashlib.sha256(document).digest())


def code_of(digest: bytes) -> str:
    """Return the code of a document by its SHA-256."""
    number = int.from_bytes(digest, "big") >> 256 - CHARACTERS * _BITS
    places = range(CHARACTERS - 1, -1, -1)
    code = "".join(_ALPHABET[number >> _BITS * place & 31] for place in places)
    return code + _CHECK_ALPHABET[number % len(_CHECK_ALPHABET)]


def grouped(code: str) -> str:
    """Return a code as it is printed: ``ABCDE-FGHJK-M``."""
    return f"{code[:5]}-{code[5:CHARACTERS]}-{code[CHARACTERS:]}"


def typed(text: str) -> str | None:
    """Return the code that somebody read out or typed; None where it is none.

    Grouping and case do not matter, and letters that look like digits are those digits.
    """
    if not text.isascii():
        return None
    code = text.upper().translate(_AS_TYPED)
    return code if checks(code) else None


def checks(code: str) -> bool:
    """Tell whether a code is one that `short_code` can have returned."""
    body, check = code[:-1], code[-1:]
    if len(body) != CHARACTERS or not set(body) <= set(_ALPHABET):
        return False
    number = 0
    for character in body:
        number = number << _BITS | _ALPHABET.index(character)
    return check == _CHECK_ALPHABET[number % len(_CHECK_ALPHABET)]
