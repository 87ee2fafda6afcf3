"""Grade reports, version 1: how usable a device is, before its erasure or after it. Pure.

``measures`` and ``grade`` stand as in a certificate, so that ``wipe-grade`` recomputes the one from
the other in both.
"""

# ruff: noqa: E501  a table is read by its rows

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from certs.canonical import JsonObject
from certs.formats.document import DocumentFormat
from certs.formats.facts import Fact
from certs.formats.fields import Kind, Required, field
from certs.formats.head_v1 import (
    AXES,
    BY_STAFF,
    DEVICE,
    GRADE_WORDS,
    OF_TICKET,
    DescribedDevice,
    Grade,
    Head,
    Reference,
    grade,
    head,
    reference,
)
from certs.formats.rules import Differ, InOrder, StandsWhere
from certs.layout import OF_JOBS, DocumentType
from certs.log.entry import EntryKind
from certs.text import Text

_ALWAYS, _OPTIONAL = Required.ALWAYS, Required.WHERE_IT_APPLIES
_STAGES: Final = {
    "provisional": Text(zh="暂定，清除以前", en="provisional, before an erasure"),
    "final": Text(zh="最后的，清除以后", en="final, after the erasure"),
}

# fmt: off
FORMAT: Final = DocumentFormat(
    document_type=DocumentType.GRADE_REPORT,
    title=Text(zh="评级报告", en="Grade report"),
    fields=(
        *head(DocumentType.GRADE_REPORT),
        *OF_TICKET,
        *DEVICE,
        *BY_STAFF,
        field("graded_at", Kind.TIME, _ALWAYS, "评级的时间", "When it was graded"),
        field("stage", Kind.CODE, _ALWAYS, "清除以前还是以后", "Before the erasure or after it", *_STAGES),
        *reference("about", _OPTIONAL, "清除任务的文件；最后的评级才有", "Document of the erasure; in a final grade and there only", OF_JOBS),
        field("measures", Kind.MEASURES, _ALWAYS, "测到的；没测到的不写", "What was measured; what was not is left out"),
        *grade("grade", _ALWAYS, "按规则评出的级别，任何人可用 wipe-grade 重算", "Grade by rules; wipe-grade recomputes it"),
        *reference("previous", _OPTIONAL, "先前的评级报告", "Grade report before this one", (DocumentType.GRADE_REPORT,)),
        *grade("previous.grade", _ALWAYS, "它评出的级别", "The grade that it states"),
    ),
    rules=(
        InOrder(earlier="graded_at", later="issued_at"),
        StandsWhere(path="about", given="stage", values=("final",)),
        Differ(path="previous.document", other="id"),
    ),
    facts=(
        Fact(label=Text(zh="单号", en="Ticket"), path="ticket"),
        Fact(label=Text(zh="评级", en="Grade is"), path="stage", words=_STAGES),
        Fact(label=Text(zh="评级的时间", en="Graded"), path="graded_at"),
        Fact(label=Text(zh="规则", en="Rules"), path="grade.ruleset"),
        *(Fact(label=name, path=f"grade.{axis}", words=GRADE_WORDS) for axis, name in AXES.items()),
        *(
            Fact(label=Text(zh=f"先前的{name.zh}", en=f"{name.en} before"), path=f"previous.grade.{axis}", words=GRADE_WORDS)
            for axis, name in AXES.items()
        ),
        Fact(label=Text(zh="清除任务的文件", en="Document of the erasure"), path="about.document"),
        Fact(label=Text(zh="先前的报告", en="Report before this one"), path="previous.document"),
        Fact(label=Text(zh="经手人工号", en="By staff number"), path="staff"),
    ),
    entry_kinds={"": EntryKind.GRADE},
)
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """How a device was graded.

    Attributes:
        ticket: its number.
        device: as it was described.
        graded_at: UTC, ``YYYY-MM-DDTHH:MM:SSZ``.
        staff: number of whoever graded.
        measures: what was measured.
        grade: what follows by the rules.
        about: the document of the erasure; without it the grade is provisional.
        previous: the report before this one, and its grade.
    """

    ticket: str
    device: DescribedDevice
    graded_at: str
    staff: str
    measures: Mapping[str, bool | int | str]
    grade: Grade
    about: Reference | None = None
    previous: tuple[Reference, Grade] | None = None


def grade_report(head: Head, salt: bytes, what: Graded) -> JsonObject:
    """Return the statement of a grade report.

    Args:
        head: what every document says.
        salt: 32 random bytes, for this document alone.
        what: the grade and what it follows from.
    """
    about, previous = what.about, what.previous
    return {
        **head.statement(DocumentType.GRADE_REPORT, salt),
        "ticket": what.ticket,
        "device": what.device.statement(),
        "staff": what.staff,
        "graded_at": what.graded_at,
        "stage": "provisional" if about is None else "final",
        "measures": dict(what.measures),
        "grade": what.grade.statement(),
        **({} if about is None else {"about": about.statement()}),
        **({} if previous is None else {"previous": _previous(*previous)}),
    }


def _previous(report: Reference, stated: Grade) -> JsonObject:
    return {**report.statement(), "grade": stated.statement()}
