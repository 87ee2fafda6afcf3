"""The parser of measures: its limits, and that it raises nothing but its own error."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grading.errors import GradingError
from grading.library import all_rulesets
from grading.measures import MAX_BYTES, MAX_INTEGER, MAX_MEASURES, MAX_TEXT, parse_measures
from grading.report import to_bytes
from grading.rules import Grade, RuleSet, evaluate

RULESETS = all_rulesets()
DRIVE, PHONE = RULESETS["drive-1"], RULESETS["phone-1"]
NAMES = st.sampled_from(
    [rule.measure for ruleset in RULESETS.values() for rule in ruleset.rules]
    + ["drive_kind", "system", "power_on_hours", "storage_bytes"]
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"3",
        b"null",
        b'{"a":1}x',
        b'{"a":1,"a":1}',
        b'{"a":null}',
        b'{"a":1.5}',
        b'{"a":1e3}',
        b'{"a":NaN}',
        b'{"a":-1}',
        b'{"a":[1]}',
        b'{"a":{"b":1}}',
        b'{"A":1}',
        b'{"":1}',
        b'{"a\\n":1}',
        b'{"a":"\\u0000"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":9007199254740992}',
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'{"a":"' + b"x" * (MAX_TEXT + 1) + b'"}',
        json.dumps({f"m{n}": n for n in range(MAX_MEASURES + 1)}).encode(),
        b'{"a":1}' + b" " * MAX_BYTES,
    ],
    ids=lambda data: repr(data[:24]),
)
def test_measures__malformed__refused_with_hint(data: bytes) -> None:
    """Every kind of malformed input gives the one typed error, with a hint in both languages."""
    with pytest.raises(GradingError) as caught:
        parse_measures(data)
    assert caught.value.hint.zh
    assert caught.value.hint.en


def test_measures__at_the_limits__accepted() -> None:
    """The limits themselves are still inside."""
    longest = "x" * MAX_TEXT
    data = json.dumps({"a": MAX_INTEGER, "b": longest, "c": 0, "d": False}).encode()
    assert parse_measures(data) == {"a": MAX_INTEGER, "b": longest, "c": 0, "d": False}


def test_measures__stated_as_unknown__as_if_left_out() -> None:
    """A measure stated as unknown and a missing one are the same."""
    assert parse_measures(b'{"io_errors":"unknown","verified":true}') == {"verified": True}


@given(st.binary(max_size=400))
def test_measures__any_bytes__no_other_error(data: bytes) -> None:
    """Arbitrary bytes raise the declared error or give measures."""
    try:
        parse_measures(data)
    except GradingError:
        return


@given(
    st.sampled_from(list(RULESETS.values())),
    st.dictionaries(NAMES | st.text(max_size=8), ANY_JSON, max_size=6),
)
def test_evaluate__any_json_object__declared_error_or_equal_bytes_twice(
    ruleset: RuleSet, value: dict[str, object]
) -> None:
    """Any JSON object is refused, or graded to the same bytes however its keys are ordered."""
    data = json.dumps(value).encode()
    turned = json.dumps(dict(reversed(value.items()))).encode()
    try:
        report = to_bytes(evaluate(parse_measures(data), ruleset))
    except GradingError:
        return
    assert to_bytes(evaluate(parse_measures(turned), ruleset)) == report


NVME = {"smart_reallocated_sectors": 1, "nvme_percentage_used": 0}
IPHONE = {"frp": True, "find_my": False}


@example(DRIVE, {"drive_kind": "nvme", **NVME})
@example(DRIVE, {"drive_kind": "floppy", **NVME})
@example(PHONE, {"system": "ios", **IPHONE})
@example(PHONE, {"system": "symbian", **IPHONE})
@given(
    st.sampled_from(list(RULESETS.values())),
    st.dictionaries(
        NAMES,
        st.integers(0, 200) | st.booleans() | st.sampled_from(["nvme", "ios", "green"]),
        max_size=10,
    ),
)
def test_evaluate__a_measure_taken_away__never_better(
    ruleset: RuleSet, measures: dict[str, int | str]
) -> None:
    """Leaving out a measure that the device must have never makes an axis good that was not.

    A measure of another kind of device is excused when absent, and counts when it is bad all the
    same: taking such a one away may well help, and is no hiding of what must be there.
    """
    try:
        whole = evaluate(measures, ruleset)
    except GradingError:
        return
    kind = measures.get(ruleset.kind_measure)
    excused = {r.measure for r in ruleset.rules if r.kinds and kind not in r.kinds}
    left = set(measures) - {ruleset.kind_measure} - (excused if kind in ruleset.kinds else set())
    for name in left:
        rest = {key: value for key, value in measures.items() if key != name}
        for before, after in zip(whole.axes, evaluate(rest, ruleset).axes, strict=True):
            assert after.grade is not Grade.GOOD or before.grade is Grade.GOOD
