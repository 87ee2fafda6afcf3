"""Between daemon and phone child: both ways round, and nothing believed that does not fit."""

import json
from dataclasses import fields, replace
from enum import Enum
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.text import Text
from wipe_station.errors import (
    CommandRejectedError,
    CommandTimeoutError,
    DeviceError,
    DeviceGoneError,
    MalformedReplyError,
)
from wipe_station.phone_jobs.runner import CANARY_BYTES
from wipe_station.phone_links.errand import Act, Errand, Listed, PairedAgain, error_in, fault_of
from wipe_station.phone_links.hand import Baseline, ClosedError, Wants
from wipe_station.phone_links.values import (
    LARGEST,
    LARGEST_OF_APPLE,
    MOST_CHARACTERS,
    MOST_ITEMS,
    MOST_MESSAGE_BYTES,
    MOST_WORD_CHARACTERS,
    from_message,
    read,
    read_or_none,
    to_message,
)
from wipe_station.phones.apple_facts import AppleReadings, facts_of
from wipe_station.phones.evidence import Evidence
from wipe_station.phones.facts import PhoneFacts, System
from wipe_station.phones.overwrite import NOTHING, Overwritten
from wipe_station.phones.plist import Plist
from wipe_station.phones.routes import Link

KINDS = (Baseline, Evidence, Overwritten, Errand, Listed, PairedAgain)
FACTS = PhoneFacts(system=System.ANDROID, model="Sim Phone", battery_ratio=0.5, accounts=0)
BASELINE = Baseline(facts=FACTS, link=Link.ADB, usb_serial="R58N12ABCDE")

_words = st.text(max_size=20).filter(str.isprintable)
_scalars: dict[type, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(0, LARGEST),
    float: st.floats(0, 1),
    str: _words,
    bytes: st.binary(max_size=64),
}
_plist: st.SearchStrategy[Plist] = st.one_of(
    st.booleans(),
    st.integers(-LARGEST_OF_APPLE, LARGEST_OF_APPLE),
    st.floats(-1e18, 1e18),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.binary(max_size=64),
)
_fields = st.dictionaries(st.sampled_from(["hex", "SerialNumber", "obliteration"]), _plist)


def _of(kind: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for the values of a type, from its annotations."""
    if isinstance(kind, UnionType):
        return st.one_of(*(_of(each) for each in get_args(kind)))
    if kind is type(None):
        return st.none()
    if kind is AppleReadings:
        return _readings
    if get_origin(kind) is tuple:
        return st.lists(_of(get_args(kind)[0]), max_size=3).map(tuple)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    return _scalars[kind] if kind in _scalars else st.deferred(lambda: _record(kind))


def _record(kind: Any) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    return st.builds(kind, **{each.name: _of(hints[each.name]) for each in fields(kind)})


_readings: st.SearchStrategy[AppleReadings] = st.builds(
    AppleReadings,
    values=_fields,
    domains=st.dictionaries(_words, _fields, max_size=2),
    battery=st.none() | _fields,
    nvram=st.none() | _fields,
    profiles=st.none() | st.integers(0, 9),
    trusted=st.none() | st.booleans(),
)
_values = st.one_of(*map(_record, KINDS))


def said(value: object) -> Any:
    """Return a value as the other end gets it."""
    return from_message(to_message(value))


@settings(deadline=None)
@given(value=_values)
def test_value__any__both_ways_round(value: Any) -> None:
    """What is sent is what comes, for every value that either end sends."""
    assert read(type(value), said(value)) == value


_json: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
)


@settings(deadline=None)
@given(value=_values, garbage=_json, data=st.data())
def test_value__one_field_exchanged__refused_or_of_its_kind(
    value: Any, garbage: Any, data: st.DataObject
) -> None:
    """Whatever stands in a field's place, it is its kind or refused, and no other error."""
    message = said(value)
    name = data.draw(st.sampled_from(sorted(message)))
    try:
        taken = read(type(value), message | {name: garbage})
    except MalformedReplyError:
        return
    assert read(type(value), said(taken)) == taken


def test_value__field_too_many_or_missing__refused() -> None:
    """A child of another version is not half understood."""
    message = said(NOTHING)
    wrongs: tuple[object, ...] = (message | {"more": 1}, {"files": 0}, [], None, "", 7)
    for wrong in wrongs:
        with pytest.raises(MalformedReplyError):
            read(Overwritten, wrong)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("accounts", -1),
        ("accounts", True),
        ("accounts", 1.0),
        ("accounts", LARGEST + 1),
        ("battery_ratio", 1.01),
        ("battery_ratio", -0.5),
        ("battery_ratio", float("nan")),
        ("battery_celsius", float("inf")),
        ("battery_celsius", 900.0),
        ("storage_bytes", 1 << 53),
        ("screen_lock", 1),
        ("model", "x" * (MOST_WORD_CHARACTERS + 1)),
        ("model", "line\nfeed"),
        ("model", "\ud800"),
        ("model", "\u202e"),
        ("imeis", ["1"] * (MOST_ITEMS + 1)),
        ("imeis", "1"),
        ("system", "windows"),
        ("system", None),
    ],
)
def test_facts__one_that_nothing_has__refused(field: str, value: object) -> None:
    """Numbers, words and lists have limits; a truth value is no number; unknown words are none."""
    with pytest.raises(MalformedReplyError) as caught:
        read(PhoneFacts, said(FACTS) | {field: value})
    assert caught.value.field == field


def test_errand__a_canary_of_the_stations_size__fits() -> None:
    """What is laid down on a phone passes in one message."""
    content = bytes(range(256)) * (CANARY_BYTES // 256)
    errand = Errand(act=Act.PLANT, name="c" * 32, content=content, before=BASELINE)
    assert read(Errand, said(errand)) == errand


def test_message__too_long_too_deep_or_no_json__refused() -> None:
    """A message is bounded before it is looked at."""
    deep, long = b"[" * 60_000, json.dumps(["x" * MOST_MESSAGE_BYTES]).encode()
    for data in (b"", b"{", b"\xff", deep, long, b"[" + b"9" * 5000 + b"]"):
        with pytest.raises(MalformedReplyError):
            from_message(data)


def test_readings__what_nobody_looks_at__stays_with_the_child() -> None:
    """Lists, dictionaries and what is too long are left out; the facts are the same."""
    kept: dict[str, Plist] = {"ProductType": "iPhone14,5", "UniqueDeviceID": b"no text"}
    private: dict[str, Plist] = {
        "SerialNumber": ["a list"],
        "SIMStatus": {"a": "dictionary"},
        "ActivationState": "x" * (MOST_CHARACTERS + 1),
        "PasswordProtected": float("nan"),
    }
    whole = AppleReadings(values=kept | private, nvram={"obliteration": b"x" * 4096})
    baseline = Baseline(facts=facts_of(whole), link=Link.LOCKDOWN, apple=whole)
    came = read(Baseline, said(baseline))
    assert came.apple == AppleReadings(values=kept, nvram={})
    assert came.apple is not None
    assert facts_of(came.apple) == facts_of(whole)
    assert "iPhone14" not in repr(replace(came, facts=FACTS)), "hidden as before"


TEXT, HINT = Text(zh="话", en="words"), Text(zh="做", en="do")


@pytest.mark.parametrize(
    "error",
    [
        ClosedError(Wants.UNLOCK),
        DeviceError(TEXT, hint=HINT),
        DeviceGoneError(TEXT, hint=HINT),
        CommandRejectedError(TEXT, hint=HINT),
        CommandTimeoutError(TEXT, hint=HINT),
        MalformedReplyError("adb", offset=3, field="length"),
    ],
)
def test_error__each_of_a_hands__comes_as_it_was_about_its_phone(
    error: DeviceError | MalformedReplyError,
) -> None:
    """Class, words and what a person does stay; whose phone it is the daemon knows better."""
    came = error_in(said(fault_of(error)), "1-4")
    assert type(came) is type(error)
    assert came.hint == error.hint
    if isinstance(error, MalformedReplyError):
        assert isinstance(came, MalformedReplyError)
        assert (came.offset, came.field) == (error.offset, error.field)
    else:
        assert (came.message, came.device_id) == (error.message, "1-4")


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "EvidenceError"},
        {"kind": "ClosedError", "wants": None},
        {"zh": ""},
        {"hint_en": ""},
        {"en": "a\x1b[31m"},
        {"en": "x" * 9999},
        {"offset": -1},
    ],
)
def test_error__none_of_a_hands__refused(changed: dict[str, object]) -> None:
    """No child stops the line, and none writes on the screen what nobody can bound."""
    message = said(fault_of(DeviceError(TEXT, hint=HINT)))
    with pytest.raises(MalformedReplyError) as caught:
        raise error_in(message | changed, None)
    assert "phone child" in str(caught.value)


def test_nothing__where_something_may_be__nothing() -> None:
    """No wish is a wish for nothing."""
    assert read_or_none(Wants, said(None)) is None
    assert read_or_none(Wants, said(Wants.TRUST)) is Wants.TRUST
