"""Revocation lists of the sample root."""

from collections.abc import Callable
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from certs.canonical import encode
from certs.chain import key_id_of
from certs.revocation import Reason, Revoked, SignedList, extended, parse_list
from certs.tests.log_samples import DIGEST, log_signer
from certs.tests.samples import PRODUCTION_SIGNER, ROOT, Authority

REVOKED_AT: Final = "2026-11-24T08:00:00Z"
ISSUED_AT: Final = "2026-11-24T09:00:00Z"


def entry(key_id: str = PRODUCTION_SIGNER.key_id, size: int | None = None) -> Revoked:
    """Return that a key was stolen; with a size, that the sample log counts up to there."""
    return Revoked(
        key_id=key_id,
        reason=Reason.STOLEN,
        revoked_at=REVOKED_AT,
        trusted_size=size,
        log_key="" if size is None else log_signer().key.text(),
    )


def other_entry() -> Revoked:
    """Return that another key was stolen."""
    return entry(DIGEST)


def stated(*entries: Revoked, root: Authority = ROOT) -> dict[str, Any]:
    """Return a list's content, its version the number of its entries."""
    content: dict[str, Any] = {}
    listed = None
    for each in entries:
        root_key_id = key_id_of(root.key.public_key())
        content = extended(listed, each, root_key_id=root_key_id, issued_at=ISSUED_AT)
        listed = parse_list(content)
    return content


def signed(document: bytes, root: Authority = ROOT, **more: int) -> SignedList:
    """Return any bytes as a list that a root signed."""
    algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    return SignedList(document=document, signature=root.key.sign(document, algorithm), **more)


def listing(
    *entries: Revoked, change: Callable[[dict[str, Any]], object] = bool, root: Authority = ROOT
) -> SignedList:
    """Return a list, correctly signed, with its content changed."""
    content = stated(*entries, root=root)
    change(content)
    return signed(encode(content), root)
