"""Whether witnesses saw the log that a document stands in. Pure.

A document is signed before any witness is asked, so the proof that it carries is under a checkpoint
that the log alone signed. A later proof of the same entry, under a checkpoint that witnesses
cosigned, is made from the log (``wipe-cert log prove``). A witness signs only what grew out of
everything that it saw before, and it knows the log's key: so it is the witness's signature that
counts here, also where the log has another key by then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NoReturn

from certs.errors import CertificateError, Layer, MalformedLogError
from certs.layout import Bundle
from certs.log.checkpoint import parse_checkpoint
from certs.log.note import Algorithm, NoteKey, opened
from certs.log.proof import Proof, parse_proof
from certs.logged import Logged
from certs.text import Text

_HINT: Final = Text(
    zh="向出具方要一份后来的日志证明（wipe-cert log prove），用 --proof 给出。",
    en="Ask the issuer for a later proof (wipe-cert log prove), and give it with --proof.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnesses:
    """Whom the caller wants to have seen the log.

    Attributes:
        keys: of witnesses; one of them is enough.
        later: a later proof of the document's entry, as found; None for the one that it carries.
    """

    keys: tuple[NoteKey, ...]
    later: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnessed:
    """That a witness saw the log with the document in it."""

    name: str
    at: datetime
    """Aware, by the witness's clock."""
    size: int
    """Of the log then."""


def check_witnessed(
    bundle: Bundle, logged: Logged | None, wanted: Witnesses
) -> tuple[Witnessed, ...]:
    """Insist that a witness saw the log with a document in it.

    Args:
        bundle: of the document.
        logged: where it stands, checked.
        wanted: whom the caller wants to have seen it.

    Returns:
        who did, at least one.

    Raises:
        CertificateError: LOG.
    """
    if logged is None or bundle.proof is None:
        _refuse("文件没有提到日志，没有见证", "the document names no log")
    try:
        own = parse_proof(bundle.proof)
        proof = own if wanted.later is None else parse_proof(wanted.later)
        checkpoint = parse_checkpoint(proof.checkpoint)
        _, signed = opened(proof.checkpoint, wanted.keys)
    except MalformedLogError as error:
        raise CertificateError(Layer.LOG, error.message, _HINT) from error
    if not _is_of(proof, own):
        _refuse("后来的证明说的不是这份文件", "the later proof is not about this document")
    if checkpoint.origin != logged.origin:
        _refuse("后来的证明出自另一份日志", "the later proof is of another log")
    if not proof.reaches(checkpoint):
        _refuse("后来的证明到不了日志的根", "the later proof does not lead to the log's root")
    found = [
        Witnessed(
            name=each.key.name, at=datetime.fromtimestamp(each.at_s, UTC), size=checkpoint.size
        )
        for each in signed
        if each.at_s is not None
    ]
    if not found:
        _refuse("您给的见证方都没有签", "none of your witnesses signed its checkpoint")
    return tuple(found)


def require_witnesses(keys: Sequence[NoteKey]) -> tuple[NoteKey, ...]:
    """Return keys that are witnesses'.

    Raises:
        MalformedLogError: one is a log's: its word about itself is no witness.
    """
    for key in keys:
        if key.algorithm is not Algorithm.COSIGNATURE:
            raise MalformedLogError(
                Text(
                    zh=f"{key.name} 是日志自己的公钥，不是见证方的。",
                    en=f"{key.name} is a log's key, not a witness's.",
                ),
                Text(
                    zh="见证方的公钥由 wipe-cert witness new 打印。",
                    en="wipe-cert witness new prints a witness's key.",
                ),
            )
    return tuple(keys)


def _is_of(proof: Proof, own: Proof) -> bool:
    return (proof.entry, proof.index) == (own.entry, own.index)


def _refuse(zh: str, en: str) -> NoReturn:
    message = Text(zh=f"见证这一关不过：{zh}。", en=f"Not witnessed: {en}.")
    raise CertificateError(Layer.LOG, message, _HINT)
