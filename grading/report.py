"""An evaluation as canonical bytes for machines, and as lines for people. Pure."""

import json
from typing import Final

from grading.rules import Axis, AxisResult, Deduction, Evaluation, Grade, Rule
from grading.text import Text

SCHEMA: Final = "wipe-station/grade"
SCHEMA_VERSION: Final = 1

AXIS_NAMES: Final = {
    Axis.FUNCTION: Text(zh="功能", en="Function"),
    Axis.APPEARANCE: Text(zh="外观", en="Appearance"),
    Axis.LIFE: Text(zh="剩余寿命", en="Remaining life"),
}
GRADE_NAMES: Final = {
    Grade.GOOD: Text(zh="良好", en="good"),
    Grade.CAUTION: Text(zh="要留意", en="caution"),
    Grade.BAD: Text(zh="不合格", en="bad"),
    Grade.UNKNOWN: Text(zh="不清楚", en="unknown"),
}


def to_bytes(evaluation: Evaluation) -> bytes:
    """Return the report as one line of JSON, keys sorted: equal input, equal bytes."""
    rules = evaluation.ruleset
    report = {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "ruleset": {"name": rules.name, "version": rules.version, "sha256": rules.sha256},
        "disclaimer": rules.disclaimer.both(),
        "measures": dict(evaluation.measures),
        "measures_without_rule": list(evaluation.without_rule()),
        "axes": {result.axis.value: _axis(result) for result in evaluation.axes},
    }
    text = json.dumps(report, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode() + b"\n"


def _axis(result: AxisResult) -> dict[str, object]:
    return {
        "grade": result.grade.value,
        "deductions": [_deduction(deduction) for deduction in result.deductions],
        "not_measured": sorted({rule.measure for rule in result.not_measured}),
    }


def _deduction(deduction: Deduction) -> dict[str, object]:
    rule = deduction.rule
    return {
        "rule": rule.id,
        "measure": rule.measure,
        "value": deduction.value,
        "operator": rule.operator.value,
        "threshold": rule.threshold,
        "grade_cap": rule.grade_cap.value,
        "title": rule.title.both(),
        "source": rule.source,
        "certainty": rule.certainty,
    }


def to_lines(evaluation: Evaluation) -> list[Text]:
    """Return the report for a person: every axis, then why, then what it does not say."""
    lines = [line for result in evaluation.axes for line in _axis_lines(result)]
    extra = ", ".join(evaluation.without_rule())
    if extra:
        lines.append(Text(zh=f"记录了但没有规则：{extra}", en=f"Recorded, no rule: {extra}"))
    return [*lines, _ruleset_line(evaluation), evaluation.ruleset.disclaimer]


def _ruleset_line(evaluation: Evaluation) -> Text:
    rules = evaluation.ruleset
    which = f"{rules.name}-{rules.version} (SHA-256 {rules.sha256[:16]}…)"
    return Text(zh=f"评级规则：{which}", en=f"Rules: {which}")


def _axis_lines(result: AxisResult) -> list[Text]:
    reasons = [_reason(deduction) for deduction in result.deductions]
    missing = ", ".join(sorted({rule.measure for rule in result.not_measured}))
    gaps = [Text(zh=f"  没测：{missing}", en=f"  not measured: {missing}")] if missing else []
    return [_grade_line(result), *reasons, *gaps]


def _grade_line(result: AxisResult) -> Text:
    axis, grade = AXIS_NAMES[result.axis], GRADE_NAMES[result.grade]
    open_below = bool(result.deductions and result.not_measured) and result.grade is not Grade.BAD
    zh, en = ("，可能更差", ", or worse") if open_below else ("", "")
    return Text(zh=f"{axis.zh}：{grade.zh}{zh}", en=f"{axis.en}: {grade.en}{en}")


def _reason(deduction: Deduction) -> Text:
    rule = deduction.rule
    facts = f"{rule.measure} = {_literal(deduction.value)}; {condition(rule)}; {rule.source}"
    return Text(zh=f"  {rule.title.zh}（{facts}）", en=f"  {rule.title.en} ({facts})")


def condition(rule: Rule) -> str:
    """Return when a rule takes effect, such as ``> 0``."""
    return f"{rule.operator.value} {_literal(rule.threshold)}"


def _literal(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
