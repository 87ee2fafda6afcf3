"""Whether the log that a document names has it. Pure."""

import hashlib
from dataclasses import dataclass
from typing import NoReturn

from certs.canonical import JsonObject
from certs.errors import CertificateError, Layer, MalformedLogError
from certs.formats.head_v1 import NO_LOG
from certs.formats.statement_v1 import format_of
from certs.layout import Bundle
from certs.log.checkpoint import open_checkpoint
from certs.log.entry import EntryKind, commitment, parse_entry
from certs.log.note import parse_key
from certs.log.proof import parse_proof
from certs.text import Text

_HINT = Text(
    zh="不要相信这份文件：它没有进日志，或者日志证明被换过。请向出具方核实。",
    en="Do not trust this document: the log does not have it, or its proof was exchanged. Ask the"
    " issuer.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """Where a document stands in its log."""

    origin: str
    index: int
    size: int
    """Of the log when the proof was made."""


def check_logged(statement: JsonObject, bundle: Bundle) -> Logged | None:
    """Follow the proof of a document to the log's own word.

    Args:
        statement: of the bundle, signed and checked; names the log and its key, or none.
        bundle: with its proof.

    Returns:
        where it stands; None where the document names no log.

    Raises:
        CertificateError: LOG.
    """
    if statement["log_origin"] == NO_LOG:
        if bundle.proof is not None:
            _refuse("文件没有提到日志，却附有日志证明", "a proof, but the document names no log")
        return None
    if bundle.proof is None:
        _refuse("缺少日志证明（.tlog-proof）", "its .tlog-proof is missing")
    try:
        key = parse_key(statement["log_key"])
        proof = parse_proof(bundle.proof)
        checkpoint, _ = open_checkpoint(proof.checkpoint, key)
        entry = parse_entry(proof.entry)
    except MalformedLogError as error:
        raise CertificateError(Layer.LOG, error.message, _HINT) from error
    if not proof.reaches(checkpoint):
        _refuse("证明到不了日志的根", "its way does not lead to the log's root")
    if entry.kind is not kind_of(statement) or entry.fields != entry.fields | wanted_of(
        statement, bundle.document
    ):
        _refuse("日志里的那一条说的不是这份文件", "the entry is not about this document")
    return Logged(origin=checkpoint.origin, index=proof.index, size=checkpoint.size)


def kind_of(statement: JsonObject) -> EntryKind:
    """Return the kind of the log's entry about a document."""
    described = format_of(statement)
    return EntryKind.OUTCOME if described is None else described.entry_kind(statement)


def wanted_of(statement: JsonObject, document: bytes) -> JsonObject:
    """Return what the log must say about a document.

    Of a document about a job it says what came of it; of any other one a commitment, and which
    ticket or document it belongs to.

    Args:
        statement: what it says.
        document: its bytes, as they were signed.
    """
    described = format_of(statement)
    if described is not None and not described.document_type.of_job:
        salt = bytes.fromhex(statement["salt_hex"])
        return {"commitment": commitment(salt, document), **described.entry_says(statement)}
    return {
        "issued_at": statement["issued_at"],
        "document": statement["id"],
        "document_sha256": hashlib.sha256(document).hexdigest(),
        "journal_sha256": statement["journal"]["head_sha256"],
        "type": statement["type"],
        "outcome": statement["outcome"],
        "practice": statement["practice"],
    }


def _refuse(zh: str, en: str) -> NoReturn:
    message = Text(zh=f"日志这一关不过：{zh}。", en=f"Not in its log: {en}.")
    raise CertificateError(Layer.LOG, message, _HINT)
