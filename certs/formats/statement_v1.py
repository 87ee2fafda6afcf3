"""Statements of version 1: which table a document is checked against. Pure."""

from typing import Final

from certs.canonical import JsonObject
from certs.formats import (
    correction_v1,
    countersignature_v1,
    custody_notice_v1,
    erasure_v1,
    grade_report_v1,
    pallet_manifest_v1,
    pallet_receipt_v1,
    phone_erasure_v1,
    receipt_v1,
)
from certs.formats.document import DocumentFormat
from certs.formats.fields import refuse
from certs.formats.head_v1 import SCHEMA, SCHEMA_VERSION
from certs.layout import DocumentType

FORMATS: Final[dict[DocumentType, DocumentFormat]] = {
    described.document_type: described
    for described in (
        *phone_erasure_v1.FORMATS,
        receipt_v1.FORMAT,
        custody_notice_v1.FORMAT,
        correction_v1.FORMAT,
        grade_report_v1.FORMAT,
        countersignature_v1.FORMAT,
        pallet_manifest_v1.FORMAT,
        pallet_receipt_v1.FORMAT,
    )
}
"""All types but those about a drive's erasure, which `certs.formats.erasure_v1` describes."""


def check(statement: JsonObject) -> None:
    """Check a statement's shape and its agreement with itself.

    Args:
        statement: decoded canonical JSON.

    Raises:
        CertificateError: SCHEMA, naming the path of the first field found wrong; also for a
            schema, version or type that this module does not know.
    """
    _check_version(statement)
    document_type = _document_type(statement)
    described = FORMATS.get(document_type)
    if described is None:
        erasure_v1.check(statement, document_type)
    else:
        described.check(statement)


def format_of(statement: JsonObject) -> DocumentFormat | None:
    """Return how a checked statement's type is described; None for those about a drive."""
    return FORMATS.get(DocumentType(statement["type"]))


def _check_version(statement: JsonObject) -> None:
    if statement.get("schema") != SCHEMA:
        refuse("schema", f"应为 {SCHEMA}", f"expected {SCHEMA}")
    version = statement.get("schema_version")
    if type(version) is not int or version != SCHEMA_VERSION:
        refuse("schema_version", "这个版本的程序不认识", "unknown to this version of the program")


def _document_type(statement: JsonObject) -> DocumentType:
    name = statement.get("type")
    types = {document_type.value: document_type for document_type in DocumentType}
    if not isinstance(name, str) or name not in types:
        allowed = " | ".join(types)
        refuse("type", f"只能是：{allowed}", f"expected one of: {allowed}")
    return types[name]
