"""Whether other documents say something about the one that is checked. Pure.

1. The document itself is verified.
2. Each other one is verified, under the same root; a countersignature under the assessor's, where
   the caller knows one.
3. Each names this document by its id, its type and its very bytes, or it is refused.
4. A correction takes the verdict away; everything else only adds what it says.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NoReturn

from certs.canonical import JsonObject
from certs.errors import CertificateError, Layer
from certs.layout import Bundle, DocumentType
from certs.revocation import SignedList
from certs.text import Text
from certs.verdict import SENTENCES, Status, Verdict
from certs.verify import verify
from certs.witnessed import Witnesses

_FIRST_LINES: Final = 2
"""Of a verdict: what to compare and the sentence; what is left is what the document says."""
_HINT: Final = Text(
    zh="和它一起给的，只能是说到它的文件：更正、会签、评级报告。",
    en="Give beside it only what is about it: a correction, a countersignature, a grade report.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What a verifier believes in.

    Attributes:
        root_pem: the one certificate that the caller trusts, or None.
        allow_practice: whether practice documents are wanted.
        now: aware; the caller's clock.
        revoked: the root's list of revoked keys, or None.
        assessor_root_pem: the root of third-party assessors, if another one.
        tsa_roots_pem: the time services that the caller trusts, or None.
        witnesses: of whom one must have seen the log with the document itself, or None.
    """

    root_pem: bytes | None
    allow_practice: bool
    now: datetime
    revoked: SignedList | None = None
    assessor_root_pem: bytes | None = None
    tsa_roots_pem: bytes | None = None
    witnesses: Witnesses | None = None


def verify_together(bundle: Bundle, others: Sequence[Bundle], trust: Trust) -> Verdict:
    """Check a bundle, and what other bundles say about it.

    Args:
        bundle: files as found.
        others: the same, of documents about it.
        trust: what to believe in.

    Returns:
        the verdict; SUPERSEDED or VOID where there is a correction, unless the signer is unknown.

    Raises:
        CertificateError: one of them is refused, naming the layer; at BINDING where a document is
            genuine and not about the other one.
    """
    verdict = _verified(bundle, trust, trust.witnesses)
    wanted = {
        "document": verdict.statement["id"],
        "document_sha256": hashlib.sha256(bundle.document).hexdigest(),
        "type": verdict.statement["type"],
    }
    said = [_other(number, other, wanted, trust) for number, other in enumerate(others, 1)]
    return _with(verdict, said)


def _other(number: int, bundle: Bundle, wanted: JsonObject, trust: Trust) -> Verdict:
    """Verify a document that must be about another one; a refusal says which it was."""
    try:
        other = _verified(bundle, trust)
        _check_about(other.statement, wanted)
    except CertificateError as error:
        raise of_other(number, error) from error
    return other


def of_other(number: int, error: CertificateError) -> CertificateError:
    """Return a refusal that says which of the other documents was refused, counted from 1."""
    message = Text(
        zh=f"一起给的第 {number} 份：{error.message.zh}",
        en=f"Document {number} of those given with it: {error.message.en}",
    )
    return CertificateError(error.layer, message, error.hint)


def _verified(bundle: Bundle, trust: Trust, witnesses: Witnesses | None = None) -> Verdict:
    """Verify one of them under the root that it must be signed under."""
    root, revoked = trust.root_pem, trust.revoked
    foreign = bundle.type_by_name is DocumentType.COUNTERSIGNATURE
    if foreign and trust.assessor_root_pem is not None:
        # The list is that of the other root.
        root, revoked = trust.assessor_root_pem, None
    return verify(
        bundle,
        root_pem=root,
        allow_practice=trust.allow_practice,
        now=trust.now,
        revoked=revoked,
        tsa_roots_pem=trust.tsa_roots_pem,
        witnesses=witnesses,
    )


def _check_about(statement: JsonObject, wanted: JsonObject) -> None:
    if statement.get("about") != wanted:
        _refuse("说的不是这份文件", "it is not about this document")


def _refuse(zh: str, en: str) -> NoReturn:
    raise CertificateError(Layer.BINDING, Text(zh=f"{zh}。", en=f"{en}."), _HINT)


def _with(verdict: Verdict, said: Sequence[Verdict]) -> Verdict:
    status = _status(verdict, said)
    compare, sentence, *rest = verdict.lines
    if status is not verdict.status:
        sentence = SENTENCES[status]
    added = [line for each in said for line in each.lines[_FIRST_LINES:]]
    return replace(
        verdict, status=status, lines=(compare, sentence, *added, *rest), others=tuple(said)
    )


def _status(verdict: Verdict, said: Sequence[Verdict]) -> Status:
    corrections = [
        each.statement for each in said if each.statement["type"] == DocumentType.CORRECTION.value
    ]
    if not corrections or verdict.status is Status.SIGNER_UNKNOWN:
        return verdict.status
    void = any("void" in each for each in corrections)
    return Status.VOID if void else Status.SUPERSEDED
