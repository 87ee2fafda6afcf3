"""The station's signature inside a PDF: the station's key makes it, pyHanko embeds it. I/O.

In an invisible field: a visible one would add a font that is not embedded, which PDF/A forbids. The
signer is any `certs.keys.Signer`, so a key that never leaves its token works the same way. The CMS
structure is that of `certs.pdf.cms`: B-B, or B-T where a time service stamps the signature. For
B-LTA the signed revision has a place for the archive's, which `archive_pdf` appends.
"""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.extensions import DeveloperExtension
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter, append_signature_field
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from certs.chain import read_chain
from certs.errors import TimeServiceError
from certs.keys import Signer
from certs.pdf import archive
from certs.pdf.cms import cms_of, signature_and_token, signed_attributes
from certs.pdf.container import signed_bytes
from certs.pdf.stamps import certificates_for_archive
from certs.text import Text

FIELD_NAME = "Station"
# What the signature holds beside the certificates: names, digests, the ECDSA value.
_ROOM_BYTES = 2048
# What a document security store is to readers of PDF 1.7. Source: ETSI EN 319 142-1 §5.6.
_STORE_EXTENSION: Final = DeveloperExtension(
    generic.pdf_name("/ESIC"),
    generic.pdf_name("/1.7"),
    extension_level=1,
    compare_by_level=True,
)
_TOO_LARGE: Final = Text(
    zh="时间服务的回答太大，PDF 里放不下。",
    en="The time service's answer is too large for a PDF.",
)
_HINT: Final = Text(zh="换一个时间服务。", en="Use another time service.")


def sign_pdf(
    pdf: bytes,
    signer: Signer,
    signed_at: datetime,
    stamp: Callable[[bytes], bytes] | None = None,
    *,
    archived: bool = False,
) -> bytes:
    """Append the station's signature over every byte of a PDF.

    Args:
        pdf: unsigned.
        signer: the key.
        signed_at: aware; what the signature's field states.
        stamp: returns a time service's token about some bytes; None for a signature without.
        archived: whether to leave a place for `archive_pdf`.

    Returns:
        the PDF with one more revision. Not the same bytes each time: pyHanko adds a random
        identifier and the time of writing.

    Raises:
        KeyStoreError: the signer failed.
        TimeServiceError: no token was to be had.
    """
    certificates = read_chain(signer.certificate_chain_pem, None).certificates_der
    room = sum(map(len, certificates)) + _ROOM_BYTES + (archive.TOKEN_ROOM_BYTES if stamp else 0)
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    steps = PdfCMSEmbedder().write_cms(field_name=FIELD_NAME, writer=writer)
    next(steps)
    if archived:
        _leave_place(writer)
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


def _leave_place(writer: IncrementalPdfFileWriter) -> None:
    """Add the empty field and the empty store that `certs.pdf.archive` fills."""
    append_signature_field(writer, SigFieldSpec(sig_field_name=archive.FIELD_NAME))
    store = generic.DictionaryObject()  # type: ignore[no-untyped-call]
    store["/Type"] = generic.pdf_name("/DSS")
    writer.root["/DSS"] = writer.add_object(store)
    writer.register_extension(_STORE_EXTENSION)


def archive_pdf(pdf: bytes, signer: Signer, stamp: Callable[[bytes], bytes]) -> bytes:
    """Append the archive's revision to a PDF.

    Args:
        pdf: from `sign_pdf`, with a time stamp and a place for this.
        signer: whose chain is in its signature.
        stamp: returns a time service's token about some bytes.

    Raises:
        TimeServiceError: no token was to be had.
        CertificateError: PDF; there is no place for it.
    """
    chain = read_chain(signer.certificate_chain_pem, None)
    _, token = signature_and_token(signed_bytes(pdf).cms)
    assert token is not None, "an archive is made of what has a time stamp"
    made = archive.archive_of(pdf, certificates_for_archive(chain, token))
    about_all = stamp(pdf + made.before + made.after)
    if len(about_all) > archive.TOKEN_ROOM_BYTES:
        raise TimeServiceError(_TOO_LARGE, _HINT)
    return pdf + made.around(about_all)


def _placeholder(signed_at: datetime, room_bytes: int) -> SignatureObject:
    return SignatureObject(
        subfilter=SigSeedSubFilter.PADES,
        timestamp=signed_at,
        bytes_reserved=2 * room_bytes,  # in hex digits,
    )
