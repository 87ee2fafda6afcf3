"""The commands with which a stranger checks a bundle by `openssl` alone. Pure.

The same lists are printed for people and run by tests, so that what the paper says is what works.
"""

from pathlib import PurePath

from certs.layout import CHAIN_NAME, DocumentType


def verification_commands(
    folder: PurePath, root: PurePath, kind: DocumentType | None = None
) -> list[list[str]]:
    """Return the commands, to be run in this order in any directory that may be written.

    Args:
        folder: the bundle; of a drive's job its name tells a notice from a certificate.
        root: the root certificate, learned elsewhere.
        kind: what the document is, where it is about no drive.

    Returns:
        argument lists: take the public key out of the station's certificate, check the
        signature over the document's bytes, check the certificate against the root.
    """
    if kind is None:
        kind = DocumentType.NOTICE if "-n" in folder.name else DocumentType.CERTIFICATE
    chain = str(folder / CHAIN_NAME)
    key = "station-public-key.pem"
    document, signature = str(folder / kind.document_name), str(folder / kind.signature_name)
    return [
        ["openssl", "x509", "-in", chain, "-noout", "-pubkey", "-out", key],
        ["openssl", "dgst", "-sha256", "-verify", key, "-signature", signature, document],
        ["openssl", "verify", "-CAfile", str(root), "-untrusted", chain, chain],
    ]
