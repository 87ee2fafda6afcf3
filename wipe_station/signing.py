"""Signs a document before the log has it, so that what was begun can be ended by anybody. I/O."""

from certs.bundle import sign_statement
from certs.canonical import JsonObject
from certs.formats.head_v1 import Head
from wipe_station.issuer import Seal
from wipe_station.software import software
from wipe_station.ticket import Signed


def head_of(document_id: str, at: str, seal: Seal, *, practice: bool) -> Head:
    """Return what a document of this program says about itself."""
    return Head(
        id=document_id,
        issued_at=at,
        practice=practice,
        key_id=seal.signer.key_id,
        log=seal.log.names,
        software=software(),
    )


def signed_by(seal: Seal, statement: JsonObject) -> Signed:
    """Return a statement, signed and checked.

    Raises:
        CertificateError: it contradicts its schema or the signer.
        KeyStoreError: the signer failed.
    """
    bundle = sign_statement(statement, seal.signer)
    return Signed(
        type=bundle.type_by_name,
        id=statement["id"],
        document=bundle.document,
        signature=bundle.signature,
        chain_pem=bundle.chain_pem,
    )
