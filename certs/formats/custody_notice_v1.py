"""Notices of custody, version 1: what became of a device that was taken in. Pure."""

# ruff: noqa: E501  a table is read by its rows

from dataclasses import dataclass
from enum import Enum
from typing import Final

from certs.canonical import JsonObject
from certs.formats.document import DocumentFormat
from certs.formats.facts import Fact, Form
from certs.formats.fields import Kind, Required, field
from certs.formats.head_v1 import (
    BY_STAFF,
    DEVICE,
    OF_TICKET,
    DescribedDevice,
    Head,
    Reason,
    Reference,
    head,
    reason,
    reference,
)
from certs.formats.rules import Differ, InOrder, StandsWhere
from certs.layout import OF_JOBS, DocumentType
from certs.log.entry import EntryKind
from certs.text import Text

_ALWAYS, _OPTIONAL = Required.ALWAYS, Required.WHERE_IT_APPLIES


class CustodyEnd(Enum):
    """What became of the device."""

    WITHDRAWN = "withdrawn"
    """The customer took the consent back; the device has to go back, too."""
    RETURNED = "returned"
    DESTROYED = "destroyed"
    TRANSFERRED = "transferred"


_KINDS: Final = tuple(each.value for each in CustodyEnd)
_WORDS: Final = {
    "withdrawn": Text(zh="顾客收回了同意", en="the customer withdrew the consent"),
    "returned": Text(zh="设备还给了顾客", en="the device went back to the customer"),
    "destroyed": Text(zh="设备已销毁", en="the device was destroyed"),
    "transferred": Text(zh="设备交给了另一家公司", en="the device went to another company"),
}

# fmt: off
FORMAT: Final = DocumentFormat(
    document_type=DocumentType.CUSTODY_NOTICE,
    title=Text(zh="去向通知书", en="Notice of what became of the device"),
    fields=(
        *head(DocumentType.CUSTODY_NOTICE),
        *OF_TICKET,
        *DEVICE,
        field("kind", Kind.CODE, _ALWAYS, "去向", "What became of it", *_KINDS),
        field("at", Kind.TIME, _ALWAYS, "时间", "When"),
        *BY_STAFF,
        *reason("reason"),
        *reference("erasure", _OPTIONAL, "清除任务的文件；没有做过清除，或者认不准是哪台设备，就没有", "Document of the erasure; absent where there was none, or where it is not sure of which device", OF_JOBS),
        field("destruction", Kind.OBJECT, _OPTIONAL, "怎么销毁的；只有销毁才有", "How it was destroyed; there and only there"),
        field("destruction.method", Kind.TEXT, _ALWAYS, "方法", "Method"),
        field("destruction.witness", Kind.STAFF, _ALWAYS, "见证人的工号，不能是经手人", "Number of whoever saw it; not whoever did it"),
        field("destruction.processor", Kind.OBJECT, _ALWAYS, "处理企业", "Company that did it"),
        field("destruction.processor.name", Kind.TEXT, _ALWAYS, "名称", "Its name"),
        field("destruction.processor.licence", Kind.TEXT, _OPTIONAL, "许可证号", "Number of its licence"),
        field("transfer", Kind.OBJECT, _OPTIONAL, "交给了谁；只有转交才有", "Who got it; where it was handed on, and only there"),
        field("transfer.recipient", Kind.TEXT, _ALWAYS, "接收的公司", "Company that answers for it from then on"),
    ),
    rules=(
        InOrder(earlier="at", later="issued_at"),
        StandsWhere(path="destruction", given="kind", values=("destroyed",)),
        StandsWhere(path="transfer", given="kind", values=("transferred",)),
        Differ(path="destruction.witness", other="staff"),
    ),
    facts=(
        Fact(label=Text(zh="单号", en="Ticket"), path="ticket"),
        Fact(label=Text(zh="去向", en="What became of it"), path="kind", words=_WORDS),
        Fact(label=Text(zh="时间", en="When"), path="at"),
        Fact(label=Text(zh="经手人工号", en="By staff number"), path="staff"),
        Fact(label=Text(zh="原因", en="Reason"), path="reason", form=Form.BOTH),
        Fact(label=Text(zh="销毁方法", en="Method of destruction"), path="destruction.method"),
        Fact(label=Text(zh="见证人工号", en="Seen by staff number"), path="destruction.witness"),
        Fact(label=Text(zh="处理企业", en="Company that destroyed it"), path="destruction.processor.name"),
        Fact(label=Text(zh="许可证号", en="Its licence"), path="destruction.processor.licence"),
        Fact(label=Text(zh="接收的公司", en="Company that got it"), path="transfer.recipient"),
        Fact(label=Text(zh="清除任务的文件", en="Document of the erasure"), path="erasure", parts="{document} (SHA-256 {document_sha256})"),
    ),
    entry_kinds={
        "withdrawn": EntryKind.CONSENT_WITHDRAWN,
        "returned": EntryKind.RETURN,
        "destroyed": EntryKind.DESTRUCTION,
        "transferred": EntryKind.TRANSFER,
    },
)
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Destruction:
    """How a device was destroyed.

    Attributes:
        method: in words.
        witness: staff number of whoever saw it, another than whoever did it.
        processor: name of the company that did it.
        licence: its number, if it has one.
    """

    method: str
    witness: str
    processor: str
    licence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """What became of a device.

    Attributes:
        ticket: its number.
        device: as it was described.
        end: what became of it.
        at: UTC, ``YYYY-MM-DDTHH:MM:SSZ``.
        staff: number of whoever did it.
        reason: why.
        erasure: the document of its erasure, if there was one.
        destruction: where it was destroyed.
        recipient: company, where it was transferred.
    """

    ticket: str
    device: DescribedDevice
    end: CustodyEnd
    at: str
    staff: str
    reason: Reason
    erasure: Reference | None = None
    destruction: Destruction | None = None
    recipient: str | None = None


def custody_notice(head: Head, salt: bytes, what: Whereabouts) -> JsonObject:
    """Return the statement of a notice of custody.

    Args:
        head: what every document says.
        salt: 32 random bytes, for this document alone.
        what: what happened.
    """
    recipient = what.recipient
    return {
        **head.statement(DocumentType.CUSTODY_NOTICE, salt),
        "ticket": what.ticket,
        "device": what.device.statement(),
        "kind": what.end.value,
        "at": what.at,
        "staff": what.staff,
        "reason": what.reason.statement(),
        **({} if what.erasure is None else {"erasure": what.erasure.statement()}),
        **({} if what.destruction is None else {"destruction": _destruction(what.destruction)}),
        **({} if recipient is None else {"transfer": {"recipient": recipient}}),
    }


def _destruction(done: Destruction) -> JsonObject:
    licence = {} if done.licence is None else {"licence": done.licence}
    processor = {"name": done.processor, **licence}
    return {"method": done.method, "witness": done.witness, "processor": processor}
