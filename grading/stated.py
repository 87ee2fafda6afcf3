"""Measures as they stand in a signed statement, and the grade that it states. Pure.

Signatures are not checked here: who wants to know whether the statement is genuine asks
``wipe-cert verify``. This answers another question: does the grade follow from the measures?
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from grading.errors import GradingError
from grading.rules import Axis, Evaluation
from grading.text import Text

STATEMENT: Final = "wipe-station/statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a file holds: measures, and perhaps the grade that somebody stated for them."""

    measures: bytes
    """One JSON object for ``measures.parse_measures``."""
    ruleset: str | None = None
    ruleset_sha256: str | None = None
    grades: Mapping[str, str] | None = None
    """Axis → grade."""

    def agrees_with(self, evaluation: Evaluation) -> bool:
        """Tell whether the stated grade is the one that was recomputed, under the same rules."""
        found = {result.axis.value: result.grade.value for result in evaluation.axes}
        return self.ruleset_sha256 == evaluation.ruleset.sha256 and self.grades == found


def stated_in(data: bytes) -> Stated:
    """Find the measures in a statement; any other JSON is measures itself.

    Args:
        data: at most a mebibyte of JSON.

    Raises:
        GradingError: a statement without measures, or with a malformed grade.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return Stated(measures=data)  # the parser of measures says what is wrong
    if not isinstance(value, dict) or value.get("schema") != STATEMENT:
        return Stated(measures=data)
    if not isinstance(value.get("measures"), dict):
        raise _refused("这份文件里没有测量记录", "the statement holds no measures")
    measures = json.dumps(value["measures"]).encode()
    grade = value.get("grade")
    return Stated(measures=measures, **_grade(grade)) if grade else Stated(measures=measures)


def _grade(grade: object) -> dict[str, Any]:
    names = ("ruleset", "ruleset_sha256", *(axis.value for axis in Axis))
    if not isinstance(grade, dict) or not all(isinstance(grade.get(n), str) for n in names):
        raise _refused("文件里的级别读不懂", "the statement's grade is malformed")
    return {
        "ruleset": grade["ruleset"],
        "ruleset_sha256": grade["ruleset_sha256"],
        "grades": {axis.value: grade[axis.value] for axis in Axis},
    }


def _refused(zh: str, en: str) -> GradingError:
    return GradingError(
        Text(zh=f"{zh}。", en=f"Cannot grade: {en}."),
        hint=Text(
            zh="给出带测量记录的证明、通知或测量文件。",
            en="Name a certificate or notice with measures, or a file of measures.",
        ),
    )
