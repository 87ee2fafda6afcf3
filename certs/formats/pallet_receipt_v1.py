"""Pallet receipts, version 1: what a recycler found on a pallet. Pure.

It says which labels were scanned. That a label sticks on its own device, nobody but whoever held
both can say: ``matched`` means that the label names a document of the manifest which is genuine
and certifies an erasure.
"""

# ruff: noqa: E501  a table is read by its rows

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from certs.canonical import JsonObject
from certs.formats.document import DocumentFormat
from certs.formats.facts import Fact
from certs.formats.fields import Kind, Required, field
from certs.formats.head_v1 import BY_STAFF, COMMITTED, Head, Reference, head, reference
from certs.formats.rules import CountOf, InOrder, NoneTwice, OnceAmong, SumOf
from certs.layout import DocumentType
from certs.log.entry import EntryKind
from certs.text import Text

_ALWAYS: Final = Required.ALWAYS
REASONS: Final = {
    "not-erased": Text(zh="文件说没有确认清除", en="its document says that it is not erased"),
    "corrected": Text(zh="文件被更正或作废", en="its document was corrected or is void"),
    "refused": Text(zh="文件不可信", en="its document cannot be trusted"),
    "no-document": Text(zh="没有它的文件", en="its document is not here"),
}
"""Why a device that is listed and was scanned does not count as erased."""

# fmt: off
FORMAT: Final = DocumentFormat(
    document_type=DocumentType.PALLET_RECEIPT,
    title=Text(zh="托盘验收单：收货方扫到的设备", en="Pallet receipt: what the recycler found"),
    fields=(
        *head(DocumentType.PALLET_RECEIPT),
        *COMMITTED,
        *BY_STAFF,
        field("pallet", Kind.CODE, _ALWAYS, "托盘号", "Number of the pallet"),
        *reference("manifest", _ALWAYS, "验收的清单", "The manifest that it was held against", (DocumentType.PALLET_MANIFEST,)),
        field("scanned_at", Kind.TIME, _ALWAYS, "扫完的时间", "When the last label had been scanned"),
        field("counts", Kind.OBJECT, _ALWAYS, "数目", "How many there are of each"),
        field("counts.listed", Kind.COUNT, _ALWAYS, "清单上的", "On the manifest"),
        field("counts.matched", Kind.COUNT, _ALWAYS, "符合的", "Matched"),
        field("counts.missing", Kind.COUNT, _ALWAYS, "没有扫到的", "Missing"),
        field("counts.not_erased", Kind.COUNT, _ALWAYS, "不能当作已清除的", "Scanned, and not erased as far as is known"),
        field("counts.unexpected", Kind.COUNT, _ALWAYS, "清单上没有的", "Scanned, and not on the manifest"),
        field("counts.duplicate", Kind.COUNT, _ALWAYS, "重复扫到的", "Scanned more than once"),
        field("matched", Kind.LIST, _ALWAYS, "符合的短码", "Codes on the manifest whose document certifies an erasure"),
        field("matched[]", Kind.SHORT_CODE, _ALWAYS, "其中一个", "One of them"),
        field("missing", Kind.LIST, _ALWAYS, "没有扫到的短码", "Codes on the manifest that were not scanned"),
        field("missing[]", Kind.SHORT_CODE, _ALWAYS, "其中一个", "One of them"),
        field("not_erased", Kind.LIST, _ALWAYS, "扫到了，但不能当作已清除的", "Codes that were scanned, but do not count as erased"),
        field("not_erased[].code", Kind.SHORT_CODE, _ALWAYS, "短码", "The code"),
        field("not_erased[].why", Kind.CODE, _ALWAYS, "原因", "Why", *REASONS),
        field("unexpected", Kind.LIST, _ALWAYS, "清单上没有的短码", "Codes that are not on the manifest"),
        field("unexpected[]", Kind.SHORT_CODE, _ALWAYS, "其中一个", "One of them"),
        field("duplicate", Kind.LIST, _ALWAYS, "扫到不止一次的短码", "Codes that were scanned more than once"),
        field("duplicate[]", Kind.SHORT_CODE, _ALWAYS, "其中一个", "One of them"),
    ),
    rules=(
        InOrder(earlier="scanned_at", later="issued_at"),
        CountOf(path="counts.matched", of="matched"),
        CountOf(path="counts.missing", of="missing"),
        CountOf(path="counts.not_erased", of="not_erased"),
        CountOf(path="counts.unexpected", of="unexpected"),
        CountOf(path="counts.duplicate", of="duplicate"),
        SumOf(path="counts.listed", of=("counts.matched", "counts.missing", "counts.not_erased")),
        OnceAmong(paths=("matched[]", "missing[]", "not_erased[].code", "unexpected[]")),
        NoneTwice(path="duplicate[]"),
    ),
    facts=(
        Fact(label=Text(zh="托盘号", en="Pallet"), path="pallet"),
        Fact(label=Text(zh="清单", en="Manifest"), path="manifest", parts="{document} (SHA-256 {document_sha256})"),
        Fact(label=Text(zh="清单上的", en="Listed"), path="counts.listed"),
        Fact(label=Text(zh="符合的", en="Matched"), path="counts.matched"),
        Fact(label=Text(zh="没有扫到的", en="Missing"), path="missing[]"),
        Fact(label=Text(zh="不能当作已清除的", en="Not erased"), path="not_erased[]", parts="{code} ({why})"),
        Fact(label=Text(zh="清单上没有的", en="Unexpected"), path="unexpected[]"),
        Fact(label=Text(zh="重复扫到的", en="Duplicate"), path="duplicate[]"),
        Fact(label=Text(zh="扫完的时间", en="Scanned"), path="scanned_at"),
        Fact(label=Text(zh="经手人工号", en="By staff number"), path="staff"),
    ),
    entry_kinds={"": EntryKind.PALLET},
    entry_fields={"pallet": "pallet"},
)
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found of a pallet.

    Attributes:
        matched: codes of the manifest whose document certifies an erasure.
        missing: codes of the manifest that were not scanned.
        not_erased: codes that were scanned and do not count as erased, with one of `REASONS`.
        unexpected: codes that are not on the manifest.
        duplicate: codes that were scanned more than once.
    """

    matched: Sequence[str]
    missing: Sequence[str]
    not_erased: Mapping[str, str]
    unexpected: Sequence[str]
    duplicate: Sequence[str]

    def statement(self) -> JsonObject:
        """Return it as it stands in a document: lists, and how long each is."""
        lists: JsonObject = {
            "matched": list(self.matched),
            "missing": list(self.missing),
            "not_erased": [{"code": code, "why": why} for code, why in self.not_erased.items()],
            "unexpected": list(self.unexpected),
            "duplicate": list(self.duplicate),
        }
        listed = len(self.matched) + len(self.missing) + len(self.not_erased)
        return {
            **lists,
            "counts": {name: len(each) for name, each in lists.items()} | {"listed": listed},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """Which pallet was scanned, by whom and when.

    Attributes:
        pallet: its number, as the manifest has it.
        about: the manifest.
        staff: number of whoever scanned.
        scanned_at: UTC, when the last label had been scanned.
    """

    pallet: str
    about: Reference
    staff: str
    scanned_at: str


def pallet_receipt(head: Head, salt: bytes, scanned: Scanned, found: Found) -> JsonObject:
    """Return the statement of a receipt.

    Args:
        head: what every document says.
        salt: 32 random bytes, for this document alone.
        scanned: which pallet, by whom and when.
        found: what was found.
    """
    return {
        **head.statement(DocumentType.PALLET_RECEIPT, salt),
        "staff": scanned.staff,
        "pallet": scanned.pallet,
        "manifest": scanned.about.statement(),
        "scanned_at": scanned.scanned_at,
        **found.statement(),
    }
