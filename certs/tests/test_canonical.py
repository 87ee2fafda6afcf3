"""Canonical JSON: both ways, and nothing but the declared error from any bytes."""

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from certs.canonical import MAX_BYTES, MAX_DEPTH, MAX_INTEGER, decode, encode
from certs.errors import MalformedJsonError, UnencodableValueError

_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cn")), max_size=20)
_LEAVES = st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | _TEXT
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4)
)
_OBJECTS = st.dictionaries(_TEXT, _VALUES, max_size=6)


@given(_OBJECTS)
def test_encode__any_object__decodes_to_the_same(value: dict[str, Any]) -> None:
    """What we write, we read back as the same value."""
    assert decode(encode(value)) == value


_ANY_KEY = st.text(
    'ab"\\/\x00\x1f\x7f\n\u0080\u4e2d\ud7ff\ue000\ufffd\U00010000\U0001f600', max_size=3
)


@given(_OBJECTS | st.dictionaries(_ANY_KEY, _ANY_KEY, max_size=6))
def test_encode__any_object__as_another_authors_library_writes_it(value: dict[str, Any]) -> None:
    """Order of keys and spelling of strings are those of RFC 8785, beyond U+FFFF, too."""
    assert encode(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("keys", ["\U00010000\ue000", "\U0001f600\ufb33", "\u20ac\r1\u0080"])
def test_encode__keys_beyond_the_first_plane__in_the_order_of_utf_16(keys: str) -> None:
    """A surrogate's number is below that of some characters whose code point is below its own."""
    data = encode(dict.fromkeys(keys, True))
    assert data == rfc8785.dumps(dict.fromkeys(keys, True))
    assert decode(data) == dict.fromkeys(keys, True)


@given(_OBJECTS, st.sampled_from(["indent", "spaces", "ascii", "reversed"]))
def test_decode__another_spelling__accepted_only_if_identical(
    value: dict[str, Any], style: str
) -> None:
    """Bytes are accepted exactly when encoding their value gives the same bytes."""
    other = {
        "indent": lambda: json.dumps(value, indent=1, ensure_ascii=False),
        "spaces": lambda: json.dumps(value, ensure_ascii=False),
        "ascii": lambda: json.dumps(value, separators=(",", ":")),
        "reversed": lambda: json.dumps(
            dict(reversed(value.items())), separators=(",", ":"), ensure_ascii=False
        ),
    }[style]().encode()
    if other == encode(value):
        assert decode(other) == value
    else:
        with pytest.raises(MalformedJsonError):
            decode(other)


@given(st.binary(max_size=200))
def test_decode__random_bytes__only_the_declared_error(data: bytes) -> None:
    """A parser of outside bytes raises its one error and nothing else."""
    try:
        value = decode(data)
    except MalformedJsonError:
        return
    assert encode(value) == data


@given(st.text('{}[]":,0123456789-.eE\\utrfnaIN \x00\ud800é', max_size=60))
def test_decode__json_like_text__only_the_declared_error(text: str) -> None:
    """Nearly right text raises the one error too."""
    try:
        decode(b'{"a":' + text.encode("utf-8", "surrogatepass") + b"}")
    except MalformedJsonError:
        return


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), None, MAX_INTEGER + 1, -MAX_INTEGER - 1, "\ud800", "\uffff", b"", (), {1}],
)
def test_encode__value_outside_the_form__refused(value: object) -> None:
    """Floats, null, large integers, forbidden characters and other types are refused."""
    for wrapped in (value, [value], {"key": value}):
        with pytest.raises(UnencodableValueError):
            encode(wrapped)


@pytest.mark.parametrize("key", [1, None, "\ud800", True])
def test_encode__key_outside_the_form__refused(key: object) -> None:
    """Keys are strings without forbidden characters."""
    with pytest.raises(UnencodableValueError):
        encode({key: 1})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"1",
        b'{"a":-0}',
        b'{"a":01}',
        b'{"a":1e2}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":null}',
        b'{"a":1,"a":1}',
        b'{"b":1,"a":1}',
        b'{"a":1}\n',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":"\\/"}',
        b'{"a":"\x01"}',
        b'{"a":"\\ud83d"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xef\xbf\xbf"}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b'{"a":"' + b'\\"' * 100_000,
        b'{"' + b"a" * MAX_BYTES + b'":1}',
    ],
    ids=lambda data: repr(data[:16]),
)
def test_decode__malformed__refused(data: bytes) -> None:
    """Every way of not being canonical is refused."""
    with pytest.raises(MalformedJsonError):
        decode(data)


def test_decode__brackets_in_strings__not_counted_as_depth() -> None:
    """Depth counts structure, not the content of strings."""
    value = {"a": "[" * 1000, 'b"{': '\\"['}
    assert decode(encode(value)) == value


def test_depth__both_ways__same_limit() -> None:
    """What may be written may be read: 32 levels, no more."""
    value: dict[str, Any] = {}
    for _level in range(MAX_DEPTH - 1):
        value = {"a": value}
    assert decode(encode(value)) == value
    with pytest.raises(UnencodableValueError):
        encode({"a": value})


def test_encode__keys_beyond_the_basic_plane__sorted_by_utf16() -> None:
    """Keys sort by UTF-16 code units, as RFC 8785 §3.2.3 asks, not by code points."""
    assert encode({"\ufb33": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb33":1}'.encode()
