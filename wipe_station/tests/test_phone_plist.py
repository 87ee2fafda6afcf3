"""Property lists from outside: values within limits, or one error."""

import contextlib
import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.errors import MalformedReplyError
from wipe_station.phones import plist
from wipe_station.phones.frames import Frame, Splitter, plist_frame, plist_splitter

KEYS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), max_size=8)
LEAVES: st.SearchStrategy[Any] = (
    st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.binary(max_size=40)
    | KEYS
    | st.floats(allow_nan=False)
    | st.datetimes(datetime(2001, 1, 1), datetime(2099, 1, 1)).map(  # noqa: DTZ001 - theirs have no zone
        lambda moment: moment.replace(microsecond=0)
    )
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.dictionaries(KEYS, VALUES, max_size=4)


def binary(objects: list[bytes], root: int = 0) -> bytes:
    """Return a binary list of objects as they are; references are one byte."""
    data, offsets = b"bplist00", []
    for each in objects:
        offsets.append(len(data))
        data += each
    table = b"".join(offset.to_bytes(2, "big") for offset in offsets)
    numbers = (len(objects), root, len(data))
    trailer = bytes(6) + bytes([2, 1]) + b"".join(n.to_bytes(8, "big") for n in numbers)
    return data + table + trailer


@given(FIELDS)
def test_plist__written_and_read__same_in_both_spellings(fields: dict[str, Any]) -> None:
    """What we write is what we read, as XML and as binary."""
    assert plist.decode(plist.encode(fields), "x") == fields
    assert plist.decode(plist.encode_binary(fields), "x") == fields


@given(FIELDS, st.data())
def test_plist__bytes_changed__value_or_the_one_error(
    fields: dict[str, Any], data: st.DataObject
) -> None:
    """A damaged list is read as something, or refused by MalformedReplyError and nothing else."""
    whole = bytearray(
        plist.encode_binary(fields) if data.draw(st.booleans()) else plist.encode(fields)
    )
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(MalformedReplyError):
        plist.decode(bytes(whole), "x")


@given(st.binary(max_size=300), st.sampled_from([b"", b"bplist00", b"<?xml ", b"<plist>"]))
def test_plist__any_bytes__value_or_the_one_error(data: bytes, start: bytes) -> None:
    """Whatever comes, nothing else is raised."""
    with contextlib.suppress(MalformedReplyError):
        plist.decode(start + data, "x")


ARRAY_OF_ITSELF = binary([b"\xa1\x00"])
BOMB = binary([*(b"\xa2" + bytes([n + 1, n + 1]) for n in range(20)), b"\x10\x01"])
"""Twenty lists, each of the next one twice: a million values on few bytes."""
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>'
ENTITY = (
    HEAD
    + b'<!DOCTYPE plist [<!ENTITY a "b">]>'
    + b"<plist><dict><key>k</key><string>&a;</string></dict></plist>"
)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (ARRAY_OF_ITSELF, "depth"),
        (BOMB, "number of values"),
        (HEAD + b"<plist>" + b"<array>" * 3000 + b"</array>" * 3000 + b"</plist>", "depth"),
        (HEAD + b"<plist><array>" + b"<true/>" * 20_001 + b"</array></plist>", "number of values"),
        (HEAD + b" " * plist.MOST_BYTES, "length"),
        (ENTITY, "property list"),
        (HEAD + b"<plist><string>no dictionary</string></plist>", "outermost value"),
        (HEAD + b"<plist></plist>", "outermost value"),
        (HEAD + b"<plist><array><integer>%d</integer></array></plist>" % (1 << 64), "integer"),
        (
            HEAD + b"<plist><array><integer>" + b"9" * 9000 + b"</integer></array></plist>",
            "property list",
        ),
        (b'<?xml version="1.0" encoding="klingon"?><plist><dict/></plist>', "property list"),
        (binary([b"\xd1\x01\x02", b"\x10\x01", b"\x10\x01"]), "key"),
        (binary([b"\xd1\x01\x02", b"\x44key!", b"\x10\x01"]), "key"),
        (binary([b"\xa1\x01", b"\x80\x05"]), "kind of value"),
        (binary([b"\x5f\x13" + b"\x7f" * 8]), "property list"),
        (b"{ old = style; }", "property list"),
        (b"", "property list"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_plist__hostile__refused_at_once_and_by_name(data: bytes, field: str) -> None:
    """Loops, bombs, depth, entities, odd keys, archives and endless numbers are refused."""
    with pytest.raises(MalformedReplyError) as caught:
        plist.decode(data, "x")
    assert caught.value.field == field


def test_plist__cannot_be_read__error_holds_nothing_of_it() -> None:
    """What the library says about a bad list may quote it; our error does not."""
    data = HEAD + b"<plist><dict><string>Wang Xiaoming</string></dict></plist>"
    with pytest.raises(MalformedReplyError) as caught:
        plist.decode(data, "x")
    shown = (caught.value, caught.value.__cause__, caught.value.diagnostics())
    assert "Wang" not in repr(shown)
    assert caught.value.__suppress_context__


def test_fields__of_another_kind__unknown() -> None:
    """A number is no truth value, a truth value no number, empty and endless text is none."""
    fields: dict[str, Any] = {"one": 1, "true": True, "empty": "", "long": "x" * 257, "b": b"x"}
    assert plist.truth_in(fields, "one") is None
    assert plist.integer_in(fields, "true") is None
    assert plist.text_in(fields, "empty") is None
    assert plist.text_in(fields, "long") is None
    assert plist.text_in(fields, "b") is None
    assert plist.bytes_in(fields, "long") is None
    assert plist.fields_in(fields, "one") is None
    assert plist.integer_in(fields, "absent") is None


def fed(splitter: Splitter, data: bytes, cuts: list[int]) -> list[bytes]:
    """Feed bytes in pieces; return the bodies."""
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(edges)]
    return [frame.body for piece in pieces for frame in splitter.feed(piece)]


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=5), st.lists(st.integers(0, 400)))
def test_frames__cut_anywhere__same_frames(bodies: list[bytes], cuts: list[int]) -> None:
    """However a stream arrives, the same frames come out, and nothing is left."""
    splitter = plist_splitter("x")
    assert fed(splitter, b"".join(map(plist_frame, bodies)), cuts) == bodies
    assert splitter.rest() == b""


@given(st.binary(min_size=1, max_size=60))
def test_frames__wanted__never_more_than_the_frame(body: bytes) -> None:
    """Who reads as many bytes as are wanted gets one frame and not a byte of what follows."""
    stream, splitter = plist_frame(body) + b"TLS", plist_splitter("x")
    frames: list[Frame] = []
    while not frames:
        piece, stream = stream[: splitter.wanted_bytes], stream[splitter.wanted_bytes :]
        frames = splitter.feed(piece)
    assert (frames[0].body, stream) == (body, b"TLS")


@pytest.mark.parametrize("length", [0, plist.MOST_BYTES + 1, 0xFFFFFFFF])
def test_frames__length_that_no_frame_has__refused(length: int) -> None:
    """A length of nothing, or beyond the limit, is refused before its bytes are awaited."""
    with pytest.raises(MalformedReplyError):
        plist_splitter("x").feed(length.to_bytes(4, "big"))


def test_plist__time__has_no_zone_and_stays() -> None:
    """Times are values, too."""
    moment = datetime(2026, 11, 28, 22, 0, tzinfo=UTC).replace(tzinfo=None)
    assert plist.decode_fields(plist.encode({"at": moment}), "x")["at"] == moment
