"""Measures and a rule set become three grades with their reasons. Pure.

The order of rules never matters: a rule caps the grade of its axis, and the lowest cap stands.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from grading.errors import GradingError
from grading.measures import Measures, Value
from grading.text import Text


class Axis(Enum):
    """What is graded. Axes are never added up."""

    FUNCTION = "function"
    APPEARANCE = "appearance"
    LIFE = "life"


class Grade(Enum):
    """From best to worst; ``UNKNOWN`` is none of them."""

    GOOD = "good"
    CAUTION = "caution"
    BAD = "bad"
    UNKNOWN = "unknown"


_WORST_FIRST: Final = (Grade.BAD, Grade.CAUTION, Grade.GOOD)


class Operator(Enum):
    """How a measure is compared with the threshold; a rule takes effect where it holds."""

    EQUAL = "=="
    OTHER = "!="
    """For words of which one is good: a word that nobody knows is not."""
    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A value of the rule's measure, and whether the rule takes effect on it."""

    value: Value
    takes_effect: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One reason to lower one axis."""

    id: str
    axis: Axis
    measure: str
    operator: Operator
    threshold: Value
    grade_cap: Grade
    kinds: tuple[str, ...]
    """Kinds of device that have this measure; empty means all."""
    title: Text
    source: str
    certainty: str
    examples: tuple[Example, ...]

    def holds(self, value: Value) -> bool:
        """Whether the rule takes effect on a value.

        Raises:
            GradingError: the value is of another type than the threshold.
        """
        if type(value) is not type(self.threshold):
            raise _wrong_type(self)
        return _HOLDS[self.operator](value, self.threshold)


def _above(value: Value, threshold: Value) -> bool:
    assert isinstance(value, int), "a rule set's parser lets only integers be ordered"
    assert isinstance(threshold, int), "the same"
    return value > threshold


_HOLDS: Final[Mapping[Operator, Callable[[Value, Value], bool]]] = {
    Operator.EQUAL: lambda value, threshold: value == threshold,
    Operator.OTHER: lambda value, threshold: value != threshold,
    Operator.ABOVE: _above,
    Operator.AT_LEAST: lambda value, threshold: value == threshold or _above(value, threshold),
    Operator.BELOW: lambda value, threshold: _above(threshold, value),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """A released set of rules; ``sha256`` is over the file's bytes."""

    name: str
    version: int
    title: Text
    disclaimer: Text
    kind_measure: str
    """The measure that says of which kind a device is, and so which rules apply."""
    kinds: tuple[str, ...]
    rules: tuple[Rule, ...]
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction:
    """A rule that took effect, with the value that it took effect on."""

    rule: Rule
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisResult:
    """The grade of one axis and all that led to it."""

    axis: Axis
    grade: Grade
    deductions: tuple[Deduction, ...]
    not_measured: tuple[Rule, ...]
    """Rules that apply and had no measure. With deductions the grade may then be lower still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Three axes, with the measures and rules that they follow from."""

    ruleset: RuleSet
    measures: Measures
    axes: tuple[AxisResult, ...]

    def without_rule(self) -> tuple[str, ...]:
        """Return the names of measures that no rule looks at."""
        used = {self.ruleset.kind_measure, *(rule.measure for rule in self.ruleset.rules)}
        return tuple(sorted(set(self.measures) - used))


def evaluate(measures: Measures, ruleset: RuleSet) -> Evaluation:
    """Grade one device.

    Args:
        measures: what was measured, by name; what is absent is unknown.
        ruleset: the rules.

    Raises:
        GradingError: a measure is of another type than the rule on it expects.
    """
    axes = tuple(_evaluate_axis(axis, measures, ruleset) for axis in Axis)
    return Evaluation(ruleset=ruleset, measures=dict(measures), axes=axes)


def _evaluate_axis(axis: Axis, measures: Measures, ruleset: RuleSet) -> AxisResult:
    rules = [rule for rule in ruleset.rules if rule.axis is axis]
    deductions = tuple(
        Deduction(rule=rule, value=measures[rule.measure])
        for rule in rules
        if rule.measure in measures and rule.holds(measures[rule.measure])
    )
    kind = _known_kind(measures, ruleset)
    not_measured = tuple(
        rule for rule in rules if rule.measure not in measures and _applies(rule, kind)
    )
    measured = any(rule.measure in measures for rule in rules)
    return AxisResult(
        axis=axis,
        grade=_grade(deductions, whole=measured and not not_measured),
        deductions=deductions,
        not_measured=not_measured,
    )


def _known_kind(measures: Measures, ruleset: RuleSet) -> str | None:
    kind = measures.get(ruleset.kind_measure)
    return kind if isinstance(kind, str) and kind in ruleset.kinds else None


def _applies(rule: Rule, kind: str | None) -> bool:
    """Whether a rule applies; to a device of unknown kind, every rule does."""
    return kind is None or not rule.kinds or kind in rule.kinds


def _grade(deductions: tuple[Deduction, ...], *, whole: bool) -> Grade:
    caps = {deduction.rule.grade_cap for deduction in deductions}
    if caps:
        return next(grade for grade in _WORST_FIRST if grade in caps)
    return Grade.GOOD if whole else Grade.UNKNOWN


def _wrong_type(rule: Rule) -> GradingError:
    wanted = {bool: ("true 或 false", "true or false"), int: ("整数", "an integer")}
    zh, en = wanted.get(type(rule.threshold), ("文字", "a string"))
    return GradingError(
        Text(zh=f"{rule.measure} 要是{zh}。", en=f"{rule.measure} must be {en}."),
        hint=Text(
            zh='改好这一项；没测到就写 "unknown"。',
            en='Correct it; say "unknown" if it was not measured.',
        ),
    )
