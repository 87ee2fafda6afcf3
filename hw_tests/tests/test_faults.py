"""The language of faults: every script can be kept and read again, and a slip is refused."""

import errno
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_tests.lab.faults import OWN, Effect, Fault, ops_of, parse_fault

CONDITIONS: dict[str, st.SearchStrategy[Any]] = {
    "start_byte": st.integers(0, 1000),
    "end_byte": st.integers(1001, 1 << 62),
    "after_s": st.floats(0, 100),
    "skip": st.integers(0, 100),
    "times": st.none() | st.integers(1, 100),
}
OF_ITS_OWN: dict[str, st.SearchStrategy[Any]] = {
    "errno": st.sampled_from(sorted(errno.errorcode)),
    "kept_bytes": st.integers(0, 1 << 20),
    "overtaken_by": st.integers(1, 100),
    "size_bytes": st.integers(0, 1 << 40),
    "seconds": st.floats(0, 100),
    "back_after_calls": st.integers(0, 100),
    "back_after_s": st.floats(0, 100),
    "as_other": st.none() | st.integers(0, (1 << 32) - 1),
}


@st.composite
def drawn_faults(draw: st.DrawFn) -> Fault:
    """Draw any fault that there can be."""
    effect = draw(st.sampled_from(Effect))
    conditions = draw(st.fixed_dictionaries({}, optional=CONDITIONS))
    own = {name: draw(OF_ITS_OWN[name]) for name in OWN.get(effect, ())}
    return Fault(effect=effect, op=draw(st.sampled_from(ops_of(effect))), **conditions, **own)


@given(fault=drawn_faults())
def test_fault__as_json__comes_back_the_same(fault: Fault) -> None:
    """A script can be kept, sent and read again without a change."""
    assert parse_fault(json.loads(json.dumps(fault.to_json()))) == fault


@pytest.mark.parametrize(
    "text",
    [
        {"effect": "error"},
        {"effect": "error", "op": "read", "start_byte": 4096, "end_byte": 4608, "errno": 61},
        {"effect": "drop", "start_byte": 1048576, "skip": 3, "times": 1},
        {"effect": "drop", "op": "flush"},
        {"effect": "torn", "kept_bytes": 512},
        {"effect": "reorder", "overtaken_by": 7},
        {"effect": "stale", "after_s": 2.5},
        {"effect": "flip", "end_byte": 1},
        {"effect": "wrap", "end_byte": 33554944},
        {"effect": "short", "end_byte": 33554944, "errno": 6},
        {"effect": "resize", "op": "read", "size_bytes": 0},
        {"effect": "delay", "op": "flush", "seconds": 0.5},
        {"effect": "hang"},
        {"effect": "gone", "op": "read", "back_after_calls": 0, "as_other": 7},
        {"effect": "gone", "back_after_s": 3},
    ],
    ids=lambda text: "-".join(map(str, text)),
)
def test_script__read_and_kept_again__same_text(text: dict[str, Any]) -> None:
    """What a person wrote is what is kept: nothing is added, nothing is lost."""
    assert parse_fault(text).to_json() == text


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ({}, "effect"),
        ({"effect": "explode"}, "effect"),
        ({"effect": "drop", "where": 1}, "where"),
        ({"effect": "drop", "op": 3}, "op"),
        ({"effect": "drop", "op": "read"}, "op"),
        ({"effect": "stale", "op": "write"}, "op"),
        ({"effect": "drop", "errno": 6}, "errno"),
        ({"effect": "error", "seconds": 1.0}, "seconds"),
        ({"effect": "error", "errno": 4095}, "errno"),
        ({"effect": "error", "errno": "EIO"}, "errno"),
        ({"effect": "error", "start_byte": -1}, "start_byte"),
        ({"effect": "error", "start_byte": True}, "start_byte"),
        ({"effect": "error", "start_byte": 512, "end_byte": 512}, "end_byte"),
        ({"effect": "error", "skip": 1.5}, "skip"),
        ({"effect": "error", "times": 0}, "times"),
        ({"effect": "error", "after_s": "soon"}, "after_s"),
        ({"effect": "delay", "seconds": float("inf")}, "seconds"),
        ({"effect": "reorder", "overtaken_by": 0}, "overtaken_by"),
        ({"effect": "torn", "kept_bytes": -1}, "kept_bytes"),
        ({"effect": "resize"}, "size_bytes"),
        ({"effect": "resize", "size_bytes": -512}, "size_bytes"),
        ({"effect": "gone", "back_after_calls": -1}, "back_after_calls"),
        ({"effect": "gone", "back_after_s": -1}, "back_after_s"),
        ({"effect": "gone", "as_other": 7}, "as_other"),
        ({"effect": "gone", "back_after_s": 1, "as_other": 1 << 32}, "as_other"),
    ],
    ids=str,
)
def test_script__slip_of_the_pen__refused_with_the_field(text: dict[str, Any], names: str) -> None:
    """A script with a slip does not pass as one without a fault; the message begins with where."""
    with pytest.raises(ValueError, match=f"^{names}: "):
        parse_fault(text)
