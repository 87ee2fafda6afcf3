"""From what a phone said to the grade: nothing is guessed, and no identifier is carried along."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.library import ruleset_named
from grading.measures import parse_measures
from grading.rules import Axis, Grade, evaluate
from wipe_station.measures import stated_grade
from wipe_station.phones.facts import PhoneFacts, System, VerifiedBoot
from wipe_station.phones.measures import measures_of, percent_of

RULES = ruleset_named("phone-1")
ANDROID = PhoneFacts(
    system=System.ANDROID,
    usb_path="1-2",
    maker="Example",
    model="Model",
    serial="SERIAL0001",
    imeis=("490154203237518",),
    patch_level="2026-01-05",
    storage_bytes=128_000_000_000,
    battery_ratio=0.5,
    bootloader_locked=True,
    verified_boot=VerifiedBoot.GREEN,
    accounts=0,
    managed=False,
)
IPHONE = PhoneFacts(
    system=System.IOS,
    serial="SERIAL0002",
    device_id="0" * 40,
    storage_bytes=256_000_000_000,
    battery_health_ratio=0.796,
    battery_cycles=612,
    find_my=False,
    managed=False,
    supervised=False,
)
FRESH = replace(ANDROID, battery_health_ratio=0.97, battery_cycles=88, frp=False, imeis=())
RULED = {rule.measure for rule in RULES.rules} | {"system"}


def test_measures__android_read_twice__as_read_and_nothing_else() -> None:
    """Each measure is what the phone said, ratios in percent."""
    assert measures_of(ANDROID, FRESH, verified=True) == {
        "verified": True,
        "system": "android",
        "storage_bytes": 128_000_000_000,
        "battery_health_percent": 97,
        "battery_cycles": 88,
        "bootloader_locked": True,
        "verified_boot": "green",
        "frp": False,
        "managed": False,
    }


def test_measures__not_read_again__those_of_before() -> None:
    """A phone that tells nothing behind its reset keeps what it told ahead of it."""
    alone = measures_of(IPHONE, None, verified=False)
    assert alone == measures_of(IPHONE, PhoneFacts(system=System.IOS), verified=False)
    assert alone["battery_health_percent"] == 79


def test_measures__said_twice__the_later_word_stands() -> None:
    """A lock that shows only behind the reset counts."""
    assert measures_of(replace(ANDROID, frp=False), replace(FRESH, frp=True), verified=True)["frp"]


def test_measures__nothing_read__only_what_the_job_knows() -> None:
    """Unknown is left out, never false and never nought."""
    bare = PhoneFacts(system=System.UNKNOWN)
    assert measures_of(bare, bare, verified=False) == {"verified": False}


def test_measures__every_name__one_with_a_rule_or_the_size() -> None:
    """No identifier and no account is among them; a person's count is the one that lacks."""
    found = measures_of(replace(FRESH, find_my=False, supervised=False), None, verified=True)
    assert found.keys() ^ RULED == {"storage_bytes", "key_functions_failed"}


def test_measures__as_a_statement_keeps_them__read_back_alike() -> None:
    """Whoever recomputes the grade from a document's measures gets the same."""
    found = measures_of(IPHONE, None, verified=True)
    assert parse_measures(json.dumps(found).encode()) == found


@pytest.mark.parametrize(
    ("ratio", "percent"), [(0.0, 0), (0.57, 57), (0.7999, 79), (0.8, 80), (0.29, 29), (1.0, 100)]
)
def test_percent__ratio__rounded_down(ratio: float, percent: int) -> None:
    """A battery just below a threshold is not lifted over it."""
    assert percent_of(ratio) == percent


@given(st.integers(0, 100))
def test_percent__of_whole_percent__the_same_again(percent: int) -> None:
    """What a phone said in percent comes out as it went in."""
    assert percent_of(percent / 100) == percent


def test_grade__erased_phone__life_known_function_not() -> None:
    """What a phone says alone grades its battery and its locks, and makes no function good."""
    grades = _grades(measures_of(ANDROID, FRESH, verified=True))
    assert (grades[Axis.FUNCTION], grades[Axis.LIFE]) == (Grade.UNKNOWN, Grade.GOOD)
    assert _grades(measures_of(IPHONE, None, verified=True))[Axis.LIFE] is Grade.CAUTION


def test_grade__not_shown_to_be_erased__function_bad_in_the_statement() -> None:
    """A phone without a verified erasure is bad, with the reason."""
    measures = measures_of(IPHONE, None, verified=False)
    stated = stated_grade(evaluate(measures, RULES))
    assert (stated["ruleset"], stated["function"]) == ("phone-1", "bad")
    assert [each["rule"] for each in stated["reasons"]] == ["not-verified", "battery-worn"]


def _grades(measures: dict[str, bool | int | str]) -> dict[Axis, Grade]:
    return {result.axis: result.grade for result in evaluate(measures, RULES).axes}
