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


def short_code(document: bytes) -> str:
    """Return the code of a document.

    Args:
        document: the JSON file's bytes.

    Returns:
        ten characters and their check character.
    """
    digest = int.from_bytes(hashlib.sha256(document).digest(), "big")
    number = digest >> 256 - CHARACTERS * _BITS
    places = range(CHARACTERS - 1, -1, -1)
    code = "".join(_ALPHABET[number >> _BITS * place & 31] for place in places)
    return code + _CHECK_ALPHABET[number % len(_CHECK_ALPHABET)]


def grouped(code: str) -> str:
    """Return a code as it is printed: ``ABCDE-FGHJK-M``."""
    return f"{code[:5]}-{code[5:CHARACTERS]}-{code[CHARACTERS:]}"


def checks(code: str) -> bool:
    """Tell whether a code is one that `short_code` can have returned."""
    body, check = code[:-1], code[-1:]
    if len(body) != CHARACTERS or not set(body) <= set(_ALPHABET):
        return False
    number = 0
    for character in body:
        number = number << _BITS | _ALPHABET.index(character)
    return check == _CHECK_ALPHABET[number % len(_CHECK_ALPHABET)]
