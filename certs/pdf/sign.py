"""The station's signature inside a PDF: the station's key makes it, pyHanko embeds it. I/O.

In an invisible field: a visible one would add a font that is not embedded, which PDF/A forbids. The
signer is any `certs.keys.Signer`, so a key that never leaves its token works the same way. The CMS
structure is that of `certs.pdf.cms`: B-B, or B-T where a time service stamps the signature.
"""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import Final

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from certs.chain import read_chain
from certs.errors import TimeServiceError
from certs.keys import Signer
from certs.pdf.cms import cms_of, signed_attributes
from certs.text import Text

FIELD_NAME = "Station"
# What the signature holds beside the certificates: names, digests, the ECDSA value.
_ROOM_BYTES = 2048
# For a time service's token with its certificates; real ones have 1 to 7 KB.
_TOKEN_ROOM_BYTES = 12 << 10
_TOO_LARGE: Final = Text(
    zh="时间服务的回答太大，PDF 里放不下。",
    en="The time service's answer is too large for a PDF.",
)
_HINT: Final = Text(zh="换一个时间服务。", en="Use another time service.")


def sign_pdf(
    pdf: bytes, signer: Signer, signed_at: datetime, stamp: Callable[[bytes], bytes] | None = None
) -> bytes:
    """Append the station's signature over every byte of a PDF.

    Args:
        pdf: unsigned.
        signer: the key.
        signed_at: aware; what the signature's field states.
        stamp: returns a time service's token about some bytes; None for a signature without.

    Returns:
        the PDF with one more revision. Not the same bytes each time: pyHanko adds a random
        identifier and the time of writing.

    Raises:
        KeyStoreError: the signer failed.
        TimeServiceError: no token was to be had.
    """
    certificates = read_chain(signer.certificate_chain_pem, None).certificates_der
    room = sum(map(len, certificates)) + _ROOM_BYTES + (_TOKEN_ROOM_BYTES if stamp else 0)
    steps = PdfCMSEmbedder().write_cms(
        field_name=FIELD_NAME, writer=IncrementalPdfFileWriter(BytesIO(pdf))
    )
    next(steps)
    steps.send(SigObjSetup(sig_placeholder=_placeholder(signed_at, room)))
    prepared, output = steps.send(SigIOSetup(md_algorithm="sha256"))
    attributes = signed_attributes(prepared.document_digest, certificates[0])
    signature = signer.sign(attributes)
    cms = cms_of(signature, attributes, certificates, stamp(signature) if stamp else None)
    if len(cms) > room:
        raise TimeServiceError(_TOO_LARGE, _HINT)
    steps.send(cms)
    signed: bytes = output.getvalue()
    return signed


def _placeholder(signed_at: datetime, room_bytes: int) -> SignatureObject:
    return SignatureObject(
        subfilter=SigSeedSubFilter.PADES,
        timestamp=signed_at,
        bytes_reserved=2 * room_bytes,  # in hex digits,
    )
