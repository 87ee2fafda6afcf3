"""Rules and axes: what lowers a grade, and what leaves it unknown."""

import random

import pytest

from grading.errors import GradingError
from grading.library import DEFAULT_RULESET, all_rulesets, ruleset_named
from grading.measures import Measures, Value
from grading.report import to_bytes, to_lines
from grading.rules import Axis, AxisResult, Example, Grade, Rule, RuleSet, evaluate
from grading.ruleset import parse_ruleset

DRIVE = ruleset_named(DEFAULT_RULESET)
PHONE = ruleset_named("phone-1")
RULESETS = all_rulesets()
HEALTHY_HDD: dict[str, Value] = {
    "drive_kind": "ata-hdd",
    "verified": True,
    "io_errors": 0,
    "unreached_bytes": 0,
    "read_zone_drop_percent": 47,
    "slowest_read_ms": 38,
    "smart_pending_sectors": 0,
    "smart_uncorrectable": 0,
    "smart_reallocated_sectors": 0,
}
SOUND_ANDROID: dict[str, Value] = {
    "system": "android",
    "verified": True,
    "key_functions_failed": 0,
    "frp": False,
    "managed": False,
    "bootloader_locked": True,
    "verified_boot": "green",
    "battery_health_percent": 91,
    "battery_cycles": 212,
}
SOUND_IPHONE: dict[str, Value] = {
    "system": "ios",
    "verified": True,
    "key_functions_failed": 0,
    "find_my": False,
    "managed": False,
    "supervised": False,
    "battery_health_percent": 88,
    "battery_cycles": 401,
}
SOUND = [("drive-1", HEALTHY_HDD), ("phone-1", SOUND_ANDROID), ("phone-1", SOUND_IPHONE)]
"""What each set calls good, with nothing in it that could be left out."""


def _axis(axis: Axis, measures: Measures, ruleset: RuleSet = DRIVE) -> AxisResult:
    return next(result for result in evaluate(measures, ruleset).axes if result.axis is axis)


def _grades(measures: Measures, ruleset: RuleSet = DRIVE) -> dict[Axis, Grade]:
    return {result.axis: result.grade for result in evaluate(measures, ruleset).axes}


@pytest.mark.parametrize(
    ("name", "rule", "example"),
    [
        (name, rule, example)
        for name, ruleset in RULESETS.items()
        for rule in ruleset.rules
        for example in rule.examples
    ],
    ids=lambda part: (
        part if isinstance(part, str) else part.id if isinstance(part, Rule) else repr(part.value)
    ),
)
def test_rule__its_own_example__as_it_says(name: str, rule: Rule, example: Example) -> None:
    """Every rule does on its own examples what the file says of it."""
    deductions = _axis(rule.axis, {rule.measure: example.value}, RULESETS[name]).deductions
    assert (rule.id in {d.rule.id for d in deductions}) is example.takes_effect


@pytest.mark.parametrize(("ruleset", "sound"), SOUND)
def test_evaluate__sound_and_fully_measured__good_and_appearance_unknown(
    ruleset: str, sound: dict[str, Value]
) -> None:
    """An axis is good only if all that applies was measured; one without rules stays unknown."""
    expected = {Axis.FUNCTION: Grade.GOOD, Axis.APPEARANCE: Grade.UNKNOWN, Axis.LIFE: Grade.GOOD}
    assert _grades(sound, RULESETS[ruleset]) == expected


@pytest.mark.parametrize("ruleset", RULESETS.values(), ids=RULESETS)
def test_evaluate__nothing_measured__all_unknown(ruleset: RuleSet) -> None:
    """Without measures every axis is unknown."""
    assert set(_grades({}, ruleset).values()) == {Grade.UNKNOWN}


@pytest.mark.parametrize(
    ("ruleset", "sound", "name"),
    [
        (ruleset, sound, name)
        for ruleset, sound in SOUND
        for name in sorted(set(sound) - {"drive_kind", "system"})
    ],
)
def test_evaluate__one_measure_missing__its_axis_is_not_good(
    ruleset: str, sound: dict[str, Value], name: str
) -> None:
    """A missing measure is unknown and never counts as good."""
    rest = {key: value for key, value in sound.items() if key != name}
    axis = next(rule.axis for rule in RULESETS[ruleset].rules if rule.measure == name)
    assert _grades(rest, RULESETS[ruleset])[axis] is Grade.UNKNOWN


def test_evaluate__erased_phone_that_nobody_tried__function_unknown() -> None:
    """What a phone says of itself never makes its function good: it cannot tell of its screen."""
    for sound in (SOUND_ANDROID, SOUND_IPHONE):
        rest = {key: value for key, value in sound.items() if key != "key_functions_failed"}
        assert _grades(rest, PHONE)[Axis.FUNCTION] is Grade.UNKNOWN


@pytest.mark.parametrize("lock", ["frp", "find_my", "managed", "supervised"])
def test_evaluate__phone_with_a_lock__function_bad(lock: str) -> None:
    """A phone that its next owner cannot set up is bad, whatever its system should have."""
    assert _grades(SOUND_ANDROID | {lock: True}, PHONE)[Axis.FUNCTION] is Grade.BAD
    assert _grades(SOUND_IPHONE | {lock: True}, PHONE)[Axis.FUNCTION] is Grade.BAD


@pytest.mark.parametrize("kind", [None, "ata_hdd", 7])
def test_evaluate__kind_of_drive_unknown__every_rule_applies(kind: Value | None) -> None:
    """A kind that is missing or not understood excuses no rule."""
    measures = HEALTHY_HDD | {"drive_kind": kind} if kind is not None else dict(HEALTHY_HDD)
    if kind is None:
        del measures["drive_kind"]
    assert _grades(measures)[Axis.FUNCTION] is Grade.UNKNOWN


def test_evaluate__measure_of_another_kind_of_drive__still_counts() -> None:
    """A bad value is never ignored because the drive should not have such a measure."""
    assert _grades(HEALTHY_HDD | {"nvme_critical_warning": 1})[Axis.FUNCTION] is Grade.BAD


def test_evaluate__two_caps__lowest_stands_and_both_show() -> None:
    """The lowest cap decides, and every reason stays visible."""
    result = _axis(Axis.LIFE, HEALTHY_HDD | {"smart_reallocated_sectors": 9})
    shown = [deduction.rule.id for deduction in result.deductions]
    assert result.grade is Grade.BAD
    assert shown == ["reallocated-sectors", "many-reallocated-sectors"]


@pytest.mark.parametrize(
    ("name", "value"), [("io_errors", "0"), ("verified", 1), ("io_errors", True)]
)
def test_evaluate__value_of_wrong_type__refused(name: str, value: Value) -> None:
    """A value that cannot be compared is an error, neither good nor bad."""
    with pytest.raises(GradingError):
        evaluate({name: value}, DRIVE)


def test_report__same_measures_in_any_order__same_bytes() -> None:
    """Neither the order of measures nor the order of runs shows in the output."""
    reports = set()
    for seed in range(8):
        items = list(HEALTHY_HDD.items())
        random.Random(seed).shuffle(items)
        reports.add(to_bytes(evaluate(dict(items), DRIVE)))
    assert len(reports) == 1


def test_report__measure_without_rule__named() -> None:
    """A recorded measure that no rule looks at is listed, so nobody takes it for graded."""
    assert evaluate({"power_on_hours": 60_000}, DRIVE).without_rule() == ("power_on_hours",)
    phone: dict[str, Value] = {"system": "ios", "storage_bytes": 1, "drive_kind": "nvme"}
    assert evaluate(phone, PHONE).without_rule() == ("drive_kind", "storage_bytes")


def test_lines__lowered_and_not_fully_measured__says_or_worse() -> None:
    """A lowered grade with gaps says in both languages that the truth may be lower."""
    first = to_lines(evaluate({"io_errors": 1}, DRIVE))[0]
    assert (first.zh, first.en) == ("功能：要留意，可能更差", "Function: caution, or worse")


def test_ruleset__unknown_name__refused_with_the_names() -> None:
    """An unknown rule set is refused, and the hint lists those that exist."""
    with pytest.raises(GradingError) as caught:
        ruleset_named("../drive-1")
    assert DEFAULT_RULESET in caught.value.hint.en


RULE_TEXT = """
name = "made-up"
version = 1
drive_kinds = []
title = { zh = "一", en = "one" }
disclaimer = { zh = "一", en = "one" }
[[rule]]
id = "a"
axis = "life"
measure = "m"
operator = ">"
threshold = 3
grade_cap = "bad"
drive_kinds = []
title = { zh = "一", en = "one" }
source = "made up"
certainty = "[own]"
example = [{ value = 3, takes_effect = false }, { value = 4, takes_effect = true }]
"""
SECOND_RULE = RULE_TEXT[RULE_TEXT.index("[[rule]]") :]


def test_ruleset__id_stands_twice__refused() -> None:
    """Two rules of one id are refused."""
    with pytest.raises(ValueError, match="twice"):
        parse_ruleset(RULE_TEXT + SECOND_RULE)


def test_ruleset__about_systems__its_kind_is_measured_as_system() -> None:
    """The key of the kinds tells which measure holds a device's kind."""
    ruleset = parse_ruleset(RULE_TEXT.replace("drive_kinds", "systems"))
    assert (ruleset.kind_measure, parse_ruleset(RULE_TEXT).kind_measure) == ("system", "drive_kind")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version = 1\ndrive_kinds = []", "version = 1\ndrive_kinds = []\nsystems = []"),
        ("version = 1\ndrive_kinds = []", "version = 1\nsystems = []"),
        ('operator = ">"\nthreshold = 3', 'operator = "<"\nthreshold = "3"'),
        ('axis = "life"', 'axis = "price"'),
        ("threshold = 3", 'threshold = "3"'),
        ("threshold = 3", "threshold = true"),
        ('grade_cap = "bad"', 'grade_cap = "good"'),
        ('grade_cap = "bad"\ndrive_kinds = []', 'grade_cap = "bad"\ndrive_kinds = ["floppy"]'),
        ('source = "made up"', 'source = ""'),
        ('certainty = "[own]"', ""),
        ('certainty = "[own]"', 'certainty = "[own]"\nweight = 3'),
        ("{ value = 3, takes_effect = false }, ", ""),
        ('name = "made-up"', 'name = "made-up"\nauthor = "nobody"'),
    ],
)
def test_ruleset__one_defect__refused(old: str, new: str) -> None:
    """A rule set with one defect is refused when it is read, not when it is used."""
    assert parse_ruleset(RULE_TEXT).rules[0].id == "a"
    assert old in RULE_TEXT
    with pytest.raises((ValueError, KeyError, TypeError)):
        parse_ruleset(RULE_TEXT.replace(old, new, 1))
