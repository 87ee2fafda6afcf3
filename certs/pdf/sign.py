"""The station's signature inside a PDF: pyHanko embeds it, the station's key makes it. I/O.

PAdES B-B without a time stamp, in an invisible field: a visible one would add a font that is not
embedded, which PDF/A forbids. The signer is any `certs.keys.Signer`, so a key that never leaves
its token works the same way.
"""

import asyncio
import hashlib
from datetime import datetime
from io import BytesIO
from typing import Any

from asn1crypto import algos, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject
from pyhanko_certvalidator.registry import SimpleCertificateStore

from certs.chain import read_chain
from certs.keys import Signer

FIELD_NAME = "Station"
# What the signature holds beside the certificates: names, digests, the ECDSA value.
_ROOM_BYTES = 2048
_LONGEST_SIGNATURE = 72


class _StationSigner(signers.Signer):
    """Hands what is to be signed to a signer of ours."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        chain = read_chain(signer.certificate_chain_pem, None)
        certificates = [x509.Certificate.load(der) for der in chain.certificates_der]
        super().__init__(
            signing_cert=certificates[0],
            cert_registry=SimpleCertificateStore.from_certs(certificates[1:]),  # type: ignore[no-untyped-call]
            signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
        )

    async def async_sign_raw(
        self,
        data: bytes,
        digest_algorithm: str,
        dry_run: bool = False,  # pyHanko's order of arguments
    ) -> bytes:
        """Sign SHA-256 of the data; pyHanko calls this."""
        assert digest_algorithm == "sha256", "nothing else was asked for"
        return bytes(_LONGEST_SIGNATURE) if dry_run else self._signer.sign(data)


def sign_pdf(pdf: bytes, signer: Signer, signed_at: datetime) -> bytes:
    """Append the station's signature over every byte of a PDF.

    Args:
        pdf: unsigned.
        signer: the key.
        signed_at: aware; what the signature's field states.

    Returns:
        the PDF with one more revision. Not the same bytes each time: pyHanko adds a random
        identifier and the time of writing.

    Raises:
        KeyStoreError: the signer failed.
    """
    steps = PdfCMSEmbedder().write_cms(
        field_name=FIELD_NAME, writer=IncrementalPdfFileWriter(BytesIO(pdf))
    )
    next(steps)
    steps.send(SigObjSetup(sig_placeholder=_placeholder(signed_at, signer)))
    prepared, output = steps.send(SigIOSetup(md_algorithm="sha256"))
    steps.send(asyncio.run(_cms(prepared.document_digest, signer)))
    signed: bytes = output.getvalue()
    return signed


def _placeholder(signed_at: datetime, signer: Signer) -> SignatureObject:
    chain_bytes = sum(map(len, read_chain(signer.certificate_chain_pem, None).certificates_der))
    return SignatureObject(
        subfilter=SigSeedSubFilter.PADES,
        timestamp=signed_at,
        bytes_reserved=2 * (chain_bytes + _ROOM_BYTES),  # in hex digits,
    )


async def _cms(digest: bytes, signer: Signer) -> Any:  # noqa: ANN401 - asn1crypto has no types
    assert len(digest) == hashlib.sha256().digest_size, "SHA-256 was asked for"
    return await _StationSigner(signer).async_sign(
        digest, digest_algorithm="sha256", use_pades=True, is_pdf_sig=True
    )
