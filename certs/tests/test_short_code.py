"""Short codes: read out, typed in, and wrong ones noticed."""

import hashlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from certs.short_code import _ALPHABET, _CHECK_ALPHABET, checks, grouped, short_code

CODE = short_code(b"document")


def test_short_code__first_fifty_bits__in_base_32() -> None:
    """The ten characters are the front of the document's digest, in Crockford's alphabet."""
    bits = "".join(f"{byte:08b}" for byte in hashlib.sha256(b"document").digest())[:50]
    fives = [int(bits[at : at + 5], 2) for at in range(0, 50, 5)]
    assert CODE[:10] == "".join(_ALPHABET[five] for five in fives)
    assert CODE[10] == _CHECK_ALPHABET[int(bits, 2) % 37]


def test_grouped__any_code__in_three_groups() -> None:
    """A code is printed in groups that a person can read out."""
    assert grouped("0123456789A") == "01234-56789-A"


@given(st.binary())
def test_short_code__any_document__checks(document: bytes) -> None:
    """What was returned is recognised."""
    assert checks(short_code(document))


@given(st.binary(), st.integers(0, 10), st.sampled_from(_CHECK_ALPHABET))
def test_checks__one_wrong_character__noticed(document: bytes, at: int, wrong: str) -> None:
    """Every single wrong character is noticed."""
    code = short_code(document)
    assume(code[at] != wrong)
    assert not checks(code[:at] + wrong + code[at + 1 :])


@given(st.binary(), st.integers(0, 8))
def test_checks__neighbours_swapped__noticed(document: bytes, at: int) -> None:
    """Two neighbours that changed places are noticed."""
    code = short_code(document)
    assume(code[at] != code[at + 1])
    assert not checks(code[:at] + code[at + 1] + code[at] + code[at + 2 :])


@pytest.mark.parametrize("code", ["", CODE[:10], CODE + "0", "0" + CODE, CODE.lower(), "I" * 11])
def test_checks__other_forms__refused(code: str) -> None:
    """A code has eleven characters of the alphabet."""
    assert not checks(code)
