"""Countersignatures, version 1: what a third-party assessor says of a document. Pure.

The assessor signs with a key of his own, under his own root or the same; the document names him
and not the station. Made elsewhere, it may name no log: the station logs its arrival.
"""

# ruff: noqa: E501  a table is read by its rows

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from certs.canonical import JsonObject
from certs.formats.document import DocumentFormat
from certs.formats.facts import Fact
from certs.formats.fields import Kind, Required, field
from certs.formats.head_v1 import (
    AXES,
    GRADE_WORDS,
    OF_TICKET,
    Grade,
    Head,
    Reference,
    grade,
    head,
    reference,
)
from certs.formats.rules import InOrder, NotEmpty, StandsWhere
from certs.layout import DocumentType
from certs.log.entry import EntryKind
from certs.text import Text

_ALWAYS, _OPTIONAL = Required.ALWAYS, Required.WHERE_IT_APPLIES
AGREES, DISAGREES = "agrees", "disagrees"
OPINIONS: Final = {
    AGREES: Text(zh="同意", en="agrees"),
    DISAGREES: Text(zh="不同意", en="disagrees"),
}

# fmt: off
FORMAT: Final = DocumentFormat(
    document_type=DocumentType.COUNTERSIGNATURE,
    title=Text(zh="第三方评估人的会签", en="Countersignature by a third-party assessor"),
    fields=(
        *head(DocumentType.COUNTERSIGNATURE),
        *OF_TICKET,
        *reference("about", _ALWAYS, "评估的文件", "The document that was assessed"),
        field("assessor", Kind.OBJECT, _ALWAYS, "评估人", "Who assessed"),
        field("assessor.organisation", Kind.TEXT, _ALWAYS, "机构名称，不写人名", "Name of the organisation; of no person"),
        field("assessor.number", Kind.STAFF, _ALWAYS, "评估人编号", "Number of the assessor there"),
        field("assessed_at", Kind.TIME, _ALWAYS, "评估的时间", "When"),
        field("verdict", Kind.CODE, _ALWAYS, "结论", "What came of it", *OPINIONS),
        field("remarks", Kind.LIST, _OPTIONAL, "说明；不同意就必须有", "Remarks; they must stand where the assessor disagrees"),
        field("remarks[]", Kind.TEXT, _ALWAYS, "其中一条", "One of them"),
        *grade("grade", _OPTIONAL, "评估人自己评的级别", "Grade of the assessor's own"),
    ),
    rules=(
        InOrder(earlier="assessed_at", later="issued_at"),
        StandsWhere(path="remarks", given="verdict", values=(DISAGREES,), elsewhere=True),
        NotEmpty(path="remarks"),
    ),
    facts=(
        Fact(label=Text(zh="说的是文件", en="About the document"), path="about", parts="{document} (SHA-256 {document_sha256})"),
        Fact(label=Text(zh="单号", en="Ticket"), path="ticket"),
        Fact(label=Text(zh="评估机构", en="Assessed by"), path="assessor.organisation"),
        Fact(label=Text(zh="评估人编号", en="Number of the assessor"), path="assessor.number"),
        Fact(label=Text(zh="评估的时间", en="Assessed"), path="assessed_at"),
        Fact(label=Text(zh="结论", en="The assessor"), path="verdict", words=OPINIONS),
        Fact(label=Text(zh="说明", en="Remarks"), path="remarks[]"),
        Fact(label=Text(zh="规则", en="Rules"), path="grade.ruleset"),
        *(Fact(label=name, path=f"grade.{axis}", words=GRADE_WORDS) for axis, name in AXES.items()),
    ),
    entry_kinds={"": EntryKind.COUNTERSIGNATURE},
)
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What an assessor says.

    Attributes:
        about: the document that was assessed.
        ticket: of its device.
        organisation: the assessor's.
        number: of the assessor there.
        assessed_at: UTC, ``YYYY-MM-DDTHH:MM:SSZ``.
        agrees: whether with the document.
        remarks: in the assessor's words; at least one where not.
        grade: of the assessor's own.
    """

    about: Reference
    ticket: str
    organisation: str
    number: str
    assessed_at: str
    agrees: bool
    remarks: Sequence[str] = ()
    grade: Grade | None = None


def countersignature(head: Head, salt: bytes, what: Assessment) -> JsonObject:
    """Return the statement of a countersignature.

    Args:
        head: what every document says, with the assessor's key.
        salt: 32 random bytes, for this document alone.
        what: the assessment.
    """
    own = what.grade
    return {
        **head.statement(DocumentType.COUNTERSIGNATURE, salt),
        "about": what.about.statement(),
        "ticket": what.ticket,
        "assessor": {"organisation": what.organisation, "number": what.number},
        "assessed_at": what.assessed_at,
        "verdict": AGREES if what.agrees else DISAGREES,
        **({"remarks": list(what.remarks)} if what.remarks else {}),
        **({} if own is None else {"grade": own.statement()}),
    }
