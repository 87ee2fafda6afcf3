"""How the device of a ticket is graded, before its erasure and after it. Pure.

Grades follow from measures by the rules of ``grading`` and by nothing else. What an erasure
measures is taken from its document; what a person measured is typed, and may not speak for one.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import Any, Final, NoReturn

from certs.canonical import JsonObject, decode
from certs.formats.grade_report_v1 import Graded
from certs.formats.head_v1 import Grade, Reference
from certs.layout import DocumentType
from certs.log.entry import UNFINISHED, EntryKind
from certs.text import Text
from grading.errors import GradingError
from grading.measures import Value, parse_measures
from grading.rules import RuleSet, evaluate
from wipe_station.errors import CustodyError, InvalidInputError
from wipe_station.measures import OF_A_JOB
from wipe_station.ticket import Event, Ticket
from wipe_station.ticket_values import GradeRequest

_AXES: Final = ("function", "appearance", "life")


def typed_measures(data: bytes) -> dict[str, Value]:
    """Read what a person measured.

    Args:
        data: a flat JSON object, as ``wipe-grade`` reads it.

    Raises:
        InvalidInputError: it is none, or speaks for an erasure.
    """
    try:
        measures = parse_measures(data)
    except GradingError as error:
        raise invalid(error) from error
    for name in sorted(measures.keys() & OF_A_JOB):
        raise InvalidInputError(
            Text(
                zh=f"{name} 只能由清除任务测出来，不能填。",
                en=f"Only an erasure measures {name}; it cannot be typed.",
            ),
            hint=Text(zh="把它从文件里删掉。", en="Take it out of the file."),
        )
    return measures


def grade_details(
    asked: GradeRequest, rules: RuleSet, erasure: Reference | None, statement: JsonObject | None
) -> dict[str, Any]:
    """Return what the record of a grade holds.

    Args:
        asked: by whoever grades.
        rules: to grade by.
        erasure: the document of the erasure; without it the grade is provisional.
        statement: of that document.

    Raises:
        InvalidInputError: nothing was measured, a measure is not what the rules expect, or a typed
            one contradicts the erasure's.
        CustodyError: the erasure has no end yet.
    """
    measures = typed_measures(json.dumps(asked.measures).encode())
    if statement is not None:
        _require_ended(statement)
        measures = _joined(measures, statement["measures"])
    if not measures:
        raise InvalidInputError(
            Text(zh="什么都没测，评不了级。", en="Nothing was measured, so nothing is graded."),
            hint=Text(
                zh="用 --measures 给出测量文件，或者先清除。",
                en="Give a file with --measures, or erase the device first.",
            ),
        )
    return {
        "staff": asked.staff,
        "measures": measures,
        "grade": asdict(_grade(measures, rules)),
        **({} if erasure is None else {"about": erasure.statement()}),
    }


def _require_ended(statement: JsonObject) -> None:
    if statement["outcome"] == UNFINISHED:
        raise CustodyError(
            Text(
                zh="清除还没有结果，评不了级。",
                en="Its erasure has no end yet; nothing can be graded.",
            ),
            hint=Text(zh="先做完：wipe-station resume", en="Let it end first: wipe-station resume"),
        )


def refuse_corrected(document: str) -> NoReturn:
    """Refuse to grade by what the station has taken back.

    Raises:
        CustodyError: always.
    """
    raise CustodyError(
        Text(
            zh=f"{document} 已被更正，不能按它评级。",
            en=f"{document} was corrected; nothing is graded by it.",
        ),
        hint=Text(zh="先重新清除。", en="Erase the device anew first."),
    )


def _joined(typed: Mapping[str, Value], measured: Mapping[str, Value]) -> dict[str, Value]:
    for name in sorted(typed.keys() & measured.keys()):
        if typed[name] != measured[name]:
            raise InvalidInputError(
                Text(
                    zh=f"填的 {name} 和清除时测到的不一样。",
                    en=f"The typed {name} is not what the erasure measured.",
                ),
                hint=Text(zh="把它从文件里删掉。", en="Take it out of the file."),
            )
    return {**typed, **measured}


def _grade(measures: Mapping[str, Value], rules: RuleSet) -> Grade:
    try:
        axes = evaluate(measures, rules).axes
    except GradingError as error:
        raise invalid(error) from error
    found = {each.axis.value: each.grade.value for each in axes}
    return Grade(
        ruleset=f"{rules.name}-{rules.version}",
        ruleset_sha256=rules.sha256,
        **{axis: found[axis] for axis in _AXES},
    )


def invalid(error: GradingError) -> InvalidInputError:
    """Return what grading refuses in the station's own words."""
    message, hint = error.message, error.hint
    return InvalidInputError(Text(zh=message.zh, en=message.en), hint=Text(zh=hint.zh, en=hint.en))


def graded(ticket: Ticket, event: Event) -> Graded:
    """Return what a grade report says.

    Args:
        ticket: with its opening, and the events before this one.
        event: whose details ``grade_details`` made.
    """
    assert ticket.opening is not None, "a device that is graded is known"
    said = event.details
    about = said.get("about")
    return Graded(
        ticket=ticket.number,
        device=ticket.opening.device,
        graded_at=event.at,
        staff=said["staff"],
        measures=said["measures"],
        grade=Grade(**said["grade"]),
        about=None if about is None else _reference(about),
        previous=_previous(ticket),
    )


def _reference(about: Mapping[str, Any]) -> Reference:
    return Reference(
        document=about["document"],
        document_sha256=about["document_sha256"],
        document_type=DocumentType(about["type"]),
    )


def _previous(ticket: Ticket) -> tuple[Reference, Grade] | None:
    """Return the last grade report of a ticket, and what it states."""
    reports = [e.signed for e in ticket.events if e.kind is EntryKind.GRADE and e.signed]
    if not reports:
        return None
    last = reports[-1]
    named = Reference(
        document=last.id, document_sha256=sha256(last.document).hexdigest(), document_type=last.type
    )
    return named, Grade(**decode(last.document)["grade"])
