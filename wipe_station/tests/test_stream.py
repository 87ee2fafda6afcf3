"""The stream against its vectors, and what every pattern owes to its position."""

import hashlib
import json
import mmap
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.overwrite.stream import (
    UNIT_BYTES,
    FixedContent,
    StreamContent,
    content_of,
    expected_bytes,
)
from wipe_station.records import FixedPattern, KeyedStream, Pattern

FOLDER = Path(__file__).parents[2] / "vectors" / "stream"
VECTORS = {path.stem: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}
EQUAL = sorted(name for name, vector in VECTORS.items() if vector["expect"] == "equal")
REFUSED = sorted(name for name, vector in VECTORS.items() if vector["expect"] == "refuse")

KEY = bytes(range(32))
STREAM = KeyedStream(key=KEY)
FIXED = [
    FixedPattern(repeat=repeat)
    for repeat in (b"\x00", b"\xff", b"\x55\xaa", b"\x92\x49\x24", b"\x01\x02\x03\x04\x05\x06\x07")
]
WHOLE_BYTES = 3 * UNIT_BYTES + 1536
PATTERNS: list[Pattern] = [STREAM, *FIXED]
WHOLE = [expected_bytes(pattern, 0, WHOLE_BYTES) for pattern in PATTERNS]


def _named(vector: dict[str, Any]) -> KeyedStream:
    return KeyedStream(key=bytes.fromhex(vector["key_hex"]))


@pytest.mark.parametrize("name", EQUAL)
def test_stream__vector__same_bytes(name: str) -> None:
    """Our stream is, byte for byte, what an implementation from the standards makes."""
    vector = VECTORS[name]
    made = expected_bytes(_named(vector), vector["offset_bytes"], vector["length_bytes"])
    edge = min(32, len(made))
    assert made[:edge].hex() == vector["first_hex"]
    assert made[-edge:].hex() == vector["last_hex"]
    assert hashlib.sha256(made).hexdigest() == vector["sha256"]


@pytest.mark.parametrize("name", REFUSED)
def test_stream__vector_with_bad_key__refused(name: str) -> None:
    """A key of another length, or with equal halves, never becomes a stream."""
    with pytest.raises(AssertionError):
        StreamContent(_named(VECTORS[name]))


def test_stream_vectors__generated_again__same_bytes() -> None:
    """The files in the repository are exactly what the Perl generator makes."""
    command = ["perl", str(FOLDER / "make_vectors.pl"), "--check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_stream_vectors__folder__covers_both_outcomes() -> None:
    """An empty or misread folder of vectors does not pass as success."""
    assert len(EQUAL) >= 10
    assert len(REFUSED) == 3


def test_stream__two_units__differ() -> None:
    """No unit repeats another, as it would if one cipher object served two of them."""
    units = {expected_bytes(STREAM, number * UNIT_BYTES, 4096) for number in range(64)}
    assert len(units) == 64


def test_stream__within_a_unit__no_block_repeats() -> None:
    """No 16-byte block of a unit repeats, as it would if the tweak restarted at a sector."""
    unit = expected_bytes(STREAM, 0, UNIT_BYTES)
    assert len({unit[at : at + 16] for at in range(0, UNIT_BYTES, 16)}) == UNIT_BYTES // 16


def test_stream__same_unit_again__same_bytes() -> None:
    """A unit depends on key and number alone, not on what was made before it."""
    content = StreamContent(STREAM)
    scratch = mmap.mmap(-1, UNIT_BYTES)
    first = bytes(content.unit(5, UNIT_BYTES, scratch))
    assert bytes(content.unit(6, UNIT_BYTES, scratch)) != first
    assert bytes(content.unit(5, UNIT_BYTES, scratch)) == first


def test_stream__another_key__another_stream() -> None:
    """One bit of either half of the key changes the bytes."""
    start = expected_bytes(STREAM, 0, 64)
    for at in (0, 31):
        other = bytearray(KEY)
        other[at] ^= 1
        assert expected_bytes(KeyedStream(key=bytes(other)), 0, 64) != start


@pytest.mark.parametrize("length", [512, 1536, UNIT_BYTES - 512])
def test_content__prefix_of_a_unit__start_of_the_whole(length: int) -> None:
    """The device's tail is a prefix of its unit, for every kind of content."""
    scratch = mmap.mmap(-1, UNIT_BYTES)
    for content in map(content_of, PATTERNS):
        whole = bytes(content.unit(2, UNIT_BYTES, scratch))
        assert bytes(content.unit(2, length, scratch)) == whole[:length]


SECTOR_BYTES = 512
SECTORS = UNIT_BYTES // SECTOR_BYTES
RANGES = [
    (0, SECTOR_BYTES),
    (0, UNIT_BYTES - SECTOR_BYTES),
    (0, UNIT_BYTES),
    (SECTOR_BYTES, 3 * SECTOR_BYTES),
    (UNIT_BYTES - SECTOR_BYTES, UNIT_BYTES),
]
"""Whole units, tails, and what holes and bad sectors leave of a unit."""


def _read(which: int, number: int, low: int, high: int) -> bytearray:
    """Return a buffer of a unit in which a range was read well, and nothing else was."""
    buffer = bytearray(b"\xa5" * UNIT_BYTES)
    buffer[low:high] = expected_bytes(PATTERNS[which], number * UNIT_BYTES + low, high - low)
    return buffer


@pytest.mark.parametrize("which", range(len(PATTERNS)))
@pytest.mark.parametrize(("low", "high"), RANGES)
def test_holds__range_as_written__true_and_rest_untouched(which: int, low: int, high: int) -> None:
    """What a pass writes is right, and what lies behind the range is nobody's business."""
    buffer = _read(which, 2, low, high)
    assert content_of(PATTERNS[which]).holds(2, memoryview(buffer), low, high)
    assert not any(byte != 0xA5 for byte in buffer[high:])


@pytest.mark.parametrize("which", range(len(PATTERNS)))
@pytest.mark.parametrize(("low", "high"), RANGES)
def test_holds__one_bit_flipped__false_and_buffer_as_read(which: int, low: int, high: int) -> None:
    """Each bit at the edges of range, cipher block and sector counts, and stays to be shown."""
    content, buffer = content_of(PATTERNS[which]), _read(which, 2, low, high)
    for place in {low, low + 15, low + 16, low + 511, high - 512, high - 17, high - 16, high - 1}:
        for bit in range(8):
            buffer[place] ^= 1 << bit
            before = bytes(buffer)
            assert not content.holds(2, memoryview(buffer), low, high), (place, bit)
            assert buffer == before
            buffer[place] ^= 1 << bit


@given(data=st.data())
def test_holds__any_range_and_any_bit__found_if_in_the_range(data: st.DataObject) -> None:
    """One flipped bit anywhere in a unit makes exactly the ranges wrong that it lies in."""
    which = data.draw(st.integers(0, len(PATTERNS) - 1))
    number = data.draw(st.integers(0, 1 << 44))
    first, last = sorted(data.draw(st.tuples(*[st.integers(0, SECTORS - 1)] * 2)))
    low, high = first * SECTOR_BYTES, (last + 1) * SECTOR_BYTES
    buffer = bytearray(expected_bytes(PATTERNS[which], number * UNIT_BYTES, UNIT_BYTES))
    place = data.draw(st.one_of(st.integers(low, high - 1), st.integers(0, UNIT_BYTES - 1)))
    buffer[place] ^= 1 << data.draw(st.integers(0, 7))
    before = bytes(buffer)
    right = content_of(PATTERNS[which]).holds(number, memoryview(buffer), low, high)
    assert right == (not low <= place < high)
    assert right or buffer == before


@given(number=st.integers(0, 1 << 44), other=st.integers(0, 1 << 44))
def test_holds__stream_of_another_unit__false(number: int, other: int) -> None:
    """The right bytes in the wrong place are wrong."""
    buffer = bytearray(expected_bytes(STREAM, number * UNIT_BYTES, SECTOR_BYTES))
    assert content_of(STREAM).holds(other, memoryview(buffer), 0, SECTOR_BYTES) == (number == other)


@pytest.mark.parametrize("byte", [0x00, 0xFF])
def test_holds__a_medium_of_one_byte__false(byte: int) -> None:
    """A medium that nobody wrote does not hold the stream, least of all one of zeros."""
    buffer = bytearray([byte]) * UNIT_BYTES
    assert not content_of(STREAM).holds(0, memoryview(buffer), 0, UNIT_BYTES)
    assert buffer == bytearray([byte]) * UNIT_BYTES


@pytest.mark.parametrize("pattern", FIXED, ids=lambda pattern: pattern.repeat.hex())
@pytest.mark.parametrize("unit", [1, 2, 3, 4, 7, 4096, (1 << 32) + 1])
def test_fixed_pattern__unit_boundary__keeps_its_phase(pattern: FixedPattern, unit: int) -> None:
    """Byte ``o`` holds ``repeat[o % len(repeat)]`` on both sides of every unit boundary."""
    start = unit * UNIT_BYTES - 11
    made = expected_bytes(pattern, start, 22)
    repeat = pattern.repeat
    assert made == bytes(repeat[(start + i) % len(repeat)] for i in range(22))


@given(
    which=st.integers(0, len(PATTERNS) - 1),
    ends=st.tuples(st.integers(0, WHOLE_BYTES), st.integers(0, WHOLE_BYTES)).map(sorted),
)
def test_expected_bytes__any_slice__slice_of_the_whole(which: int, ends: list[int]) -> None:
    """Any range of a pattern, at any alignment, is that slice of the device."""
    start, end = ends
    assert expected_bytes(PATTERNS[which], start, end - start) == WHOLE[which][start:end]


@given(
    repeat=st.binary(min_size=1, max_size=9),
    start=st.integers(0, 1 << 45),
    length=st.integers(0, 300),
)
def test_fixed_pattern__any_repeat_and_offset__by_definition(
    repeat: bytes, start: int, length: int
) -> None:
    """A fixed pattern of any length stands where its definition says."""
    made = expected_bytes(FixedPattern(repeat=repeat), start, length)
    assert made == bytes(repeat[(start + i) % len(repeat)] for i in range(length))


def test_fixed_pattern__empty__refused() -> None:
    """A pattern has at least one byte."""
    with pytest.raises(AssertionError):
        FixedContent(FixedPattern(repeat=b""))
