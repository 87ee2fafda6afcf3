"""What stands on the page of any document but a drive's, as data for the template. Pure.

A document about a phone's erasure says so at its head, and has a code. Any other one has none: what
a code carries is about an erasure (`certs.qr_claims`), and it says nothing of one.
"""

from typing import Final

from certs.canonical import JsonObject
from certs.formats.document import DocumentFormat
from certs.formats.facts import facts_of
from certs.layout import DocumentType
from certs.pdf.page import Json, date_of, decimal_size, drawable, issued_text, openssl_command
from certs.pdf.symbol import Symbol
from certs.pdf.words import WORDS, code_words
from certs.sampled import erased_text
from certs.text import Text

_WORDS: Final = WORDS | {
    "description": Text(zh="看上去是", en="Looks like"),
    "no-erasure": Text(
        zh="这份文件没有说到设备是否清除。", en="This document says nothing about an erasure."
    ),
    "content-head": Text(zh="内容", en="Content"),
    "by-hand": Text(zh="顾客签字", en="By the customer's hand"),
    "customer-name": Text(zh="姓名", en="Name"),
    "customer-signature": Text(zh="签名和日期", en="Signature and date"),
    "by-hand-note": Text(
        zh="姓名只写在纸上，不在文件里，也不在日志里。",
        en="The name stands on paper alone: neither the document nor the log has it.",
    ),
}


def other_page_of(
    statement: JsonObject,
    described: DocumentFormat,
    symbol: Symbol | None = None,
    undrawable: frozenset[str] = frozenset(),
) -> Json:
    """Lay out a document's content in words.

    Args:
        statement: checked against the schema.
        described: its type.
        symbol: its code; None where it says nothing of an erasure.
        undrawable: characters that the fonts lack.

    Returns:
        JSON for ``document.typ``; its texts are objects with ``zh`` and ``en``, or strings.
    """
    kind = described.document_type
    page = {
        "title": described.title,
        "kind": "certificate" if kind.certifies else "notice" if kind.is_notice else "other",
        "practice": statement["practice"],
        "sentence": _sentence(statement, kind),
        "words": _WORDS,
        "head": [
            _row(_WORDS["document"], statement["id"]),
            _row(_WORDS["issued"], issued_text(statement)),
        ],
        "device": _device(statement.get("device")),
        "facts": [_row(label, value) for label, value in facts_of(statement, described.facts)],
        "details": [_row(label, value) for label, value in facts_of(statement, described.details)],
        "signed-by-hand": kind is DocumentType.RECEIPT,
        "record": _record(statement),
        "command": openssl_command(kind),
    }
    shown: Json = drawable(page, undrawable)
    # Not text on the page: the document's date and name, and the code.
    code = {} if symbol is None else {"qr": {"svg": symbol.svg, "size_mm": symbol.size_mm}}
    return shown | code | {"date": date_of(statement["issued_at"]), "id": statement["id"]}


def _sentence(statement: JsonObject, kind: DocumentType) -> Text:
    if kind.certifies:
        return erased_text(statement)
    return _WORDS["red-box" if kind.is_notice else "no-erasure"]


def _row(label: Text, value: object) -> Json:
    return {"label": label, "value": value}


def _device(device: JsonObject | None) -> list[Json]:
    if device is None:
        return []
    size = device.get("size_bytes")
    named = [_row(code_words(each["kind"]), each["value"]) for each in device["identifiers"]]
    sized = [] if size is None else [_row(_WORDS["size"], f"{size:,} B ({decimal_size(size)})")]
    return [_row(_WORDS["description"], device["description"]), *named, *sized]


def _record(statement: JsonObject) -> list[Json]:
    software = statement["software"]
    return [
        _row(_WORDS["key"], statement["key_id"]),
        _row(_WORDS["software"], f"{software['name']} {software['version']}"),
        _row(_WORDS["log"], statement["log_origin"] if "log_key" in statement else _WORDS["none"]),
    ]
