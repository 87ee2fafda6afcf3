"""A grade as the screen shows it, with every reason. Pure."""

import json
from typing import Any

from grading.measures import parse_measures
from grading.report import AXIS_NAMES, GRADE_NAMES, condition
from grading.rules import AxisResult, Deduction, Evaluation, RuleSet, evaluate
from grading.text import Text as GradingText
from wipe_station.api_values import AxisView, DeductionView, GradeView, Words


def grade_view(statement: dict[str, Any], ruleset: RuleSet) -> GradeView | None:
    """Recompute a statement's grade; None where it states no measures.

    Args:
        statement: as signed.
        ruleset: the one that the statement names.
    """
    if "measures" not in statement:
        return None
    return view_of(evaluate(parse_measures(json.dumps(statement["measures"]).encode()), ruleset))


def view_of(evaluation: Evaluation) -> GradeView:
    """Return a grade in words."""
    ruleset = evaluation.ruleset
    return GradeView(
        ruleset=f"{ruleset.name}-{ruleset.version}",
        disclaimer=_words(ruleset.disclaimer),
        axes=tuple(_axis(result) for result in evaluation.axes),
    )


def _words(text: GradingText) -> Words:
    return Words(zh=text.zh, en=text.en)


def _axis(result: AxisResult) -> AxisView:
    return AxisView(
        axis=result.axis.value,
        title=_words(AXIS_NAMES[result.axis]),
        grade=result.grade.value,
        grade_title=_words(GRADE_NAMES[result.grade]),
        deductions=tuple(_deduction(each) for each in result.deductions),
        unknown=tuple(_words(rule.title) for rule in result.not_measured),
    )


def _deduction(each: Deduction) -> DeductionView:
    rule = each.rule
    return DeductionView(
        title=_words(rule.title),
        measure=rule.measure,
        measured=json.dumps(each.value),
        threshold=condition(rule),
        source=rule.source,
        certainty=rule.certainty,
        grade_cap=rule.grade_cap.value,
    )
