"""Corrections, version 1: a document that says another one is wrong, or void. Pure.

Nothing that was signed is taken back: the correction is signed, too, and stands in the log under
the id of the document that it is about, so that whoever holds that one can ask the log.
"""

# ruff: noqa: E501  a table is read by its rows

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from certs.canonical import JsonObject
from certs.formats.document import DocumentFormat
from certs.formats.facts import Fact, Form
from certs.formats.fields import Kind, Required, field
from certs.formats.head_v1 import (
    BY_STAFF,
    COMMITTED,
    Head,
    Reason,
    Reference,
    head,
    reason,
    reference,
)
from certs.formats.rules import Differ, ExactlyOne, NoneTwice, NotEmpty
from certs.layout import DocumentType
from certs.log.entry import EntryKind
from certs.text import Text

_ALWAYS, _OPTIONAL = Required.ALWAYS, Required.WHERE_IT_APPLIES

# fmt: off
FORMAT: Final = DocumentFormat(
    document_type=DocumentType.CORRECTION,
    title=Text(zh="更正：另一份文件不对", en="Correction: another document is wrong"),
    fields=(
        *head(DocumentType.CORRECTION),
        *COMMITTED,
        *BY_STAFF,
        *reference("about", _ALWAYS, "不对的那份文件", "The document that is wrong"),
        *reason("reason"),
        *reference("replaced_by", _OPTIONAL, "代替它的文件", "The document that takes its place"),
        field("corrected", Kind.LIST, _OPTIONAL, "改了哪些内容；文件作废就没有", "What is corrected; absent where all of it is void"),
        field("corrected[].field", Kind.TEXT, _ALWAYS, "哪个字段", "Which field"),
        field("corrected[].stated", Kind.TEXT, _ALWAYS, "原来写的", "What it says"),
        field("corrected[].correct", Kind.TEXT, _ALWAYS, "正确的", "What is right"),
        field("void", Kind.TRUE, _OPTIONAL, "整份作废", "All of it is void"),
    ),
    rules=(
        ExactlyOne(paths=("corrected", "void")),
        NotEmpty(path="corrected"),
        NoneTwice(path="corrected[].field"),
        Differ(path="corrected[].correct", other="corrected[].stated"),
        Differ(path="replaced_by.document_sha256", other="about.document_sha256"),
    ),
    facts=(
        Fact(label=Text(zh="说的是文件", en="About the document"), path="about", parts="{document} (SHA-256 {document_sha256})"),
        Fact(label=Text(zh="原因", en="Reason"), path="reason", form=Form.BOTH),
        Fact(label=Text(zh="整份作废", en="All of it is void"), path="void"),
        Fact(label=Text(zh="更正", en="Corrected"), path="corrected[]", parts="{field}: {stated} → {correct}"),
        Fact(label=Text(zh="代替它的文件", en="Replaced by"), path="replaced_by.document"),
        Fact(label=Text(zh="经手人工号", en="By staff number"), path="staff"),
    ),
    entry_kinds={"": EntryKind.CORRECTION},
    entry_fields={"document": "about.document"},
)
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """One field that is wrong.

    Attributes:
        field: its path in the document.
        stated: what stands there, as text.
        correct: what is right.
    """

    field: str
    stated: str
    correct: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """What is wrong with a document.

    Attributes:
        about: the document.
        reason: why it is wrong.
        staff: number of whoever corrects it.
        corrected: what is wrong in it; nothing makes all of it void.
        replaced_by: the document that takes its place, if there is one.
    """

    about: Reference
    reason: Reason
    staff: str
    corrected: Sequence[Corrected] = ()
    replaced_by: Reference | None = None


def correction(head: Head, salt: bytes, what: Mistake) -> JsonObject:
    """Return the statement of a correction.

    Args:
        head: what every document says.
        salt: 32 random bytes, for this document alone.
        what: what is wrong.
    """
    listed = [
        {"field": each.field, "stated": each.stated, "correct": each.correct}
        for each in what.corrected
    ]
    instead = what.replaced_by
    return {
        **head.statement(DocumentType.CORRECTION, salt),
        "staff": what.staff,
        "about": what.about.statement(),
        "reason": what.reason.statement(),
        **({"corrected": listed} if listed else {"void": True}),
        **({} if instead is None else {"replaced_by": instead.statement()}),
    }
