"""Pallet manifests, version 1: what a seller says that a pallet holds. Pure.

It names documents, not devices: whoever receives the pallet finds each device's document by the
short code on its label, and compares the device with that.
"""

# ruff: noqa: E501  a table is read by its rows

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from certs.canonical import JsonObject
from certs.formats.document import DocumentFormat
from certs.formats.facts import Fact
from certs.formats.fields import Kind, Required, field
from certs.formats.head_v1 import COMMITTED, Head, Reference, head
from certs.formats.rules import NoneTwice, NotEmpty, ShortCodeOf
from certs.layout import OF_JOBS, DocumentType
from certs.log.entry import EntryKind
from certs.short_code import code_of
from certs.text import Text

_ALWAYS, _OPTIONAL = Required.ALWAYS, Required.WHERE_IT_APPLIES
LISTED: Final = OF_JOBS
"""What a label can be about."""

# fmt: off
FORMAT: Final = DocumentFormat(
    document_type=DocumentType.PALLET_MANIFEST,
    title=Text(zh="托盘清单：卖方列出的设备", en="Pallet manifest: what the seller lists"),
    fields=(
        *head(DocumentType.PALLET_MANIFEST),
        *COMMITTED,
        field("pallet", Kind.CODE, _ALWAYS, "托盘号", "Number of the pallet"),
        field("items", Kind.LIST, _ALWAYS, "每台设备的文件", "The document of each device"),
        field("items[].code", Kind.SHORT_CODE, _ALWAYS, "标签上的短码，由摘要算出", "Short code on its label, which follows from the digest"),
        field("items[].document", Kind.ID, _ALWAYS, "文件编号", "The document's id"),
        field("items[].document_sha256", Kind.SHA256, _ALWAYS, "其 JSON 文件的摘要", "Digest of its JSON file"),
        field("items[].type", Kind.CODE, _ALWAYS, "文件的种类", "What it is", *(each.value for each in LISTED)),
        field("items[].ticket", Kind.CODE, _OPTIONAL, "取件号", "Ticket of the device"),
    ),
    rules=(
        NotEmpty(path="items"),
        NoneTwice(path="items[].code"),
        ShortCodeOf(path="items[].code", digest="items[].document_sha256"),
    ),
    facts=(
        Fact(label=Text(zh="托盘号", en="Pallet"), path="pallet"),
        Fact(label=Text(zh="设备", en="Devices"), path="items[]", parts="{code} ({document})"),
    ),
    entry_kinds={"": EntryKind.PALLET},
    entry_fields={"pallet": "pallet"},
)
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One device of a pallet, by its document.

    Attributes:
        about: certificate or notice.
        ticket: of the device, where it is known.
    """

    about: Reference
    ticket: str | None = None

    def statement(self) -> JsonObject:
        """Return it as it stands in a document."""
        ticket = {} if self.ticket is None else {"ticket": self.ticket}
        code = code_of(bytes.fromhex(self.about.document_sha256))
        return {"code": code, **self.about.statement(), **ticket}


def manifest(head: Head, salt: bytes, pallet: str, items: Sequence[Item]) -> JsonObject:
    """Return the statement of a manifest.

    Args:
        head: what every document says.
        salt: 32 random bytes, for this document alone.
        pallet: its number.
        items: in the order in which they are to be listed.
    """
    return {
        **head.statement(DocumentType.PALLET_MANIFEST, salt),
        "pallet": pallet,
        "items": [item.statement() for item in items],
    }
