"""What the page's scripts know from this package, so that it stands in one place."""

from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version

from certs import (
    canonical,
    cbor,
    chain,
    layout,
    pallet,
    pallet_words,
    qr,
    qr_claims,
    qr_report,
    revocation,
    verdict,
)
from certs.cli import NO_CLAIM, STEP_NAMES
from certs.errors import Layer, QrLayer
from certs.formats import erasure_v1, fields, head_v1, statement_v1
from certs.formats.document import DocumentFormat
from certs.formats.facts import Fact
from certs.formats.pallet_receipt_v1 import REASONS
from certs.formats.phone_erasure_words import NAMES
from certs.formats.rules import Rule
from certs.layout import DocumentType
from certs.log.entry import COMMON, OWN
from certs.open_questions import OPEN_QUESTIONS
from certs.page.words import WORDS
from certs.pdf.words import WORDS as PAPER_WORDS
from certs.pdf.words import code_words
from certs.report import both
from certs.sampled import ERASED, ERASED_BY_ITSELF, ERASED_BY_SAMPLE


def page_data() -> dict[str, object]:
    """Return all of it, as JSON can hold it."""
    return {
        **_limits(),
        "chain_name": layout.CHAIN_NAME,
        "practice_organization": chain.PRACTICE_ORGANIZATION,
        "documents": [_document(kind) for kind in DocumentType],
        "schema": head_v1.SCHEMA,
        "schema_version": head_v1.SCHEMA_VERSION,
        "kinds": {kind.name: _kind(kind) for kind in fields.Kind},
        "job_fields": [_row(row) for row in erasure_v1.FIELDS],
        "formats": {kind.value: _format(each) for kind, each in statement_v1.FORMATS.items()},
        "entry_kinds": {kind.value: _named(COMMON | own) for kind, own in OWN.items()},
        "list_name": revocation.LIST_NAME,
        "list_signature_name": revocation.SIGNATURE_NAME,
        "list_schema": revocation.SCHEMA,
        "list_schema_version": revocation.SCHEMA_VERSION,
        "list_fields": _named(revocation.FIELDS),
        "list_entry_fields": _named(revocation.ENTRY_FIELDS),
        "signers_key": both(revocation.SIGNERS_KEY),
        "issuers_key": both(revocation.ISSUERS_KEY),
        "revocation_reasons": {why.value: both(text) for why, text in revocation.REASONS.items()},
        "layers": [{"code": layer.value, **both(STEP_NAMES[layer])} for layer in Layer],
        "erased": both(ERASED),
        "erased_by_sample": both(ERASED_BY_SAMPLE),
        "erased_by_itself": both(ERASED_BY_ITSELF),
        "not_erased_outcomes": verdict.NOT_ERASED_OUTCOMES,
        "sentences": {status.value: both(text) for status, text in verdict.SENTENCES.items()},
        "identifier_names": {kind: both(text) for kind, text in verdict.IDENTIFIER_NAMES.items()},
        "category_names": {name: both(text) for name, text in verdict.CATEGORY_NAMES.items()},
        "open_questions": {code: both(text) for code, text in OPEN_QUESTIONS.items()},
        "practice": both(verdict.PRACTICE),
        "no_claim": both(NO_CLAIM),
        "weak_identity": both(verdict.WEAK_IDENTITY),
        "most_cbor_depth": cbor.MAX_DEPTH,
        "qr": _qr(),
        "most_label_characters": pallet.MOST_LABEL_CHARACTERS,
        "version": version("wipe-station"),
        "pallet": _pallet(),
        "words": {key: both(text) for key, text in WORDS.items()},
    }


def _pallet() -> dict[str, object]:
    return {
        "answers": {each.value: both(text) for each, text in pallet_words.ANSWERS.items()},
        "advice": {each.value: both(text) for each, text in pallet_words.ADVICE.items()},
        "reasons": {name: both(text) for name, text in REASONS.items()},
    }


def _qr() -> dict[str, object]:
    return {
        "prefix": qr.PREFIX,
        "most_bytes": qr.MAX_BYTES,
        "most_name_bytes": qr_claims.MAX_NAME_BYTES,
        "no_code": both(qr_claims.NO_CODE),
        "types": qr_claims.TYPES,
        "outcomes": qr_claims.OUTCOMES,
        "verifications": qr_claims.VERIFICATIONS,
        "strengths": qr_claims.STRENGTHS,
        "grades": qr_claims.GRADES,
        "axes": qr_claims.AXES,
        "axis_names": {axis: both(PAPER_WORDS[axis]) for axis in qr_claims.AXES},
        "grade_names": {name: both(code_words(f"grade-{name}")) for name in qr_claims.GRADES},
        "layers": [{"code": layer.value, **both(qr_report.STEP_NAMES[layer])} for layer in QrLayer],
        "read_back": {kind: both(text) for kind, text in qr_report.READ_BACK.items()},
        "by_itself": both(qr_report.BY_ITSELF),
        "phone_name": both(qr_report.PHONE_NAME),
        "phone_names": NAMES,
        "same": both(qr_report.SAME),
        "no_claim": both(qr_report.NO_CLAIM),
    }


def _named(kinds: Mapping[str, fields.Kind]) -> dict[str, str]:
    return {name: kind.name for name, kind in kinds.items()}


def _limits() -> dict[str, object]:
    return {
        "most_chain_bytes": layout.MAX_CHAIN_BYTES,
        "most_zip_bytes": layout.MAX_ZIP_BYTES,
        "most_signature_bytes": layout.MAX_SIGNATURE_BYTES,
        "most_revocation_bytes": revocation.MOST_LIST_BYTES,
        "most_files": layout.MOST_FILES,
        "most_certificates": chain.MAX_CERTIFICATES,
        "most_json_depth": canonical.MAX_DEPTH,
        "most_list_items": fields.MAX_LIST_ITEMS,
        "most_log_keys": revocation.MOST_LOG_KEYS,
        "most_text_characters": fields.MAX_TEXT_CHARACTERS,
        "most_decimals": fields.MAX_DECIMALS,
        "most_measures": fields.MAX_MEASURES,
        "most_measure_characters": fields.MAX_MEASURE_CHARACTERS,
        "measure_name": fields.MEASURE_NAME,
    }


def _document(kind: DocumentType) -> dict[str, object]:
    return {
        "type": kind.value,
        "certifies": kind.certifies,
        "is_notice": kind.is_notice,
        "of_job": kind.of_job,
        "of_phone": kind.of_phone,
        "document": kind.document_name,
        "signature": kind.signature_name,
        "proof": kind.proof_name,
        "timestamp": kind.timestamp_name,
        "pdf": kind.pdf_name,
        "required": kind.size_limits_bytes,
        "optional": kind.optional_limits_bytes,
    }


def _kind(kind: fields.Kind) -> dict[str, str]:
    pattern = fields.PATTERNS.get(kind)
    return {"wording": kind.value} | ({} if pattern is None else {"pattern": pattern})


def _row(row: fields.Field) -> dict[str, object]:
    return {
        "path": row.path,
        "kind": row.kind.name,
        "required": row.required_in.name,
        "values": row.values,
    }


def _format(described: DocumentFormat) -> dict[str, object]:
    return {
        "title": both(described.title),
        "fields": [_row(row) for row in described.fields],
        "rules": [_rule(rule) for rule in described.rules],
        "facts": [_fact(fact) for fact in described.facts],
        "entry_kinds": {said: kind.value for said, kind in described.entry_kinds.items()},
        "entry_fields": dict(described.entry_fields),
    }


def _rule(rule: Rule) -> dict[str, object]:
    return {"rule": type(rule).__name__, **asdict(rule)}


def _fact(fact: Fact) -> dict[str, object]:
    return {
        "label": both(fact.label),
        "path": fact.path,
        "form": fact.form.value,
        "parts": fact.parts,
        "words": {value: both(text) for value, text in fact.words.items()},
    }
