"""Looking at buffers: no byte at any place, and no bit of it, escapes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.overwrite.memory import all_zero, same_bytes

LENGTHS = [1, 2, 15, 16, 63, 64, 65, 127, 128, 129, 512, 4096 + 512, 1 << 20]
"""Shorter and longer than what is looked at first, and the pump's own."""


def places(length: int) -> list[int]:
    """Return the bytes at both ends and around each border of what is compared with what."""
    near = {0, 1, 62, 63, 64, 65, 126, 127, 128, length // 2, length - 65, length - 64, length - 2}
    return sorted(place for place in near | {length - 1} if 0 <= place < length)


@pytest.mark.parametrize("length", LENGTHS)
def test_all_zero__zeros__true(length: int) -> None:
    """Zeros of any length are zeros."""
    assert all_zero(memoryview(bytearray(length)))


@pytest.mark.parametrize("length", LENGTHS)
def test_all_zero__one_bit_set__false(length: int) -> None:
    """One bit, whichever and wherever it is, is seen."""
    buffer = bytearray(length)
    for place in places(length):
        for bit in range(8):
            buffer[place] = 1 << bit
            assert not all_zero(memoryview(buffer)), (place, bit)
        buffer[place] = 0


@pytest.mark.parametrize("length", [128, 512, 1 << 20])
@pytest.mark.parametrize("repeat", [b"\xff", b"\x00" * 63 + b"\x01", b"\x01" + b"\x00" * 63])
def test_all_zero__same_line_over_and_over__false(length: int, repeat: bytes) -> None:
    """A view that equals itself a line later is not zero for that."""
    assert not all_zero(memoryview(bytearray(repeat * (length // len(repeat)))))


@given(
    content=st.binary(min_size=1, max_size=300).map(bytearray),
    start=st.integers(0, 299),
    blank=st.booleans(),
)
def test_all_zero__any_slice__by_definition(content: bytearray, start: int, blank: bool) -> None:
    """Any slice at any alignment is judged by its own bytes alone, not by those around it."""
    start %= len(content)
    if blank:
        content[start:-1] = bytes(len(content[start:-1]))
    for end in {len(content), len(content) - 1} - {start}:
        if start < end:
            view = memoryview(content)[start:end]
            assert all_zero(view) == (not any(view))


@given(content=st.binary(min_size=1, max_size=300), place=st.integers(0, 299))
def test_same_bytes__one_byte_changed__false(content: bytes, place: int) -> None:
    """Equal views are equal until any byte differs."""
    one, other = bytearray(content), bytearray(content)
    assert same_bytes(memoryview(one), memoryview(other))
    other[place % len(other)] ^= 1
    assert not same_bytes(memoryview(one), memoryview(other))
