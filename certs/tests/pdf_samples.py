"""PDFs without a page, in the shape of ours: for vectors and for tests of the reader alone.

Nothing here needs typst, fonts or pyHanko, and the same bytes come out each time. That the real
makers produce this shape is tested in `certs.tests.test_pdf`.
"""

import hashlib
from collections.abc import Callable, Mapping

from certs.chain import read_chain
from certs.pdf.archive import Archive, archive_of
from certs.pdf.cms import cms_of, signature_and_token, signed_attributes
from certs.pdf.container import signed_bytes
from certs.pdf.stamps import certificates_for_archive
from certs.tests.samples import SampleSigner

RESERVED_BYTES = 4096
PLACE = (
    b"\n29 0 obj\n<<\n/FT /Sig\n/T (Archive)\n/Type /Annot\n/Subtype /Widget\n/F 132\n"
    b"/Rect [ 0 0 0 0 ]\n/P 2 0 R\n>>\nendobj\n30 0 obj\n<<\n/Type /DSS\n>>\nendobj\n"
)
"""What a station leaves for an archive's revision."""
_TRAILER = (
    b"trailer\n<<\n/Size 31\n/Root 1 0 R\n/Info 1 0 R\n"
    b"/ID [ <1234> <00000000000000000000000000000000> ]\n/Prev 9\n>>\nstartxref\n9\n%%%%EOF\n"
)


def unsigned_pdf(files: Mapping[str, bytes]) -> bytes:
    """Return a first revision that carries files and nothing to look at."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 0/Kids[]>>"]
    for name, data in files.items():
        number = len(objects) + 1
        embedded = b"<</Length %d/Type/EmbeddedFile/Subtype/text#2Fplain>>" % len(data)
        objects += [
            b"%b\nstream\n%b\nendstream" % (embedded, data),
            b"<</Type/Filespec/F(%b)/UF(%b)/EF<</F %d 0 R/UF %d 0 R>>>>"
            % (name.encode(), name.encode(), number, number),
        ]
    body = b"".join(b"\n%d 0 obj\n%b\nendobj\n" % (n, o) for n, o in enumerate(objects, start=1))
    return b"%PDF-1.7\n" + body + b"\nstartxref\n0\n%%EOF"


def signed_pdf(  # noqa: PLR0913 - each can be the one defect
    unsigned: bytes,
    signer: SampleSigner,
    *,
    change_cms: Callable[[bytes], bytes] = lambda cms: cms,
    stamp: Callable[[bytes], bytes] | None = None,
    reserved_bytes: int = RESERVED_BYTES,
    contents: bytes = b"/Contents ",
    place: bytes = b"",
) -> bytes:
    """Append a second revision with a signature over all but itself.

    Args:
        unsigned: the first revision.
        signer: whose chain goes into the signature.
        stamp: returns a time service's token about the signature.
        change_cms: what to do to the signature before it is padded.
        reserved_bytes: for the signature and its padding.
        contents: what stands before the signature.
        place: for an archive's revision, such as `PLACE`.
    """
    before = unsigned + b"\n28 0 obj\n<<\n" + contents
    after = b"\n/ByteRange [0 %d %d %d]\n>>\nendobj\n"
    after += place + _TRAILER if place else b"\nstartxref\n0\n%%%%EOF\n"
    end = len(before) + 2 * reserved_bytes + 2
    # The length of the tail stands in the tail.
    length = len(after % (len(before), end, 999 if place else 99))
    tail = after % (len(before), end, length)
    assert len(tail) == length, "as many digits as assumed"
    certificates = read_chain(signer.certificate_chain_pem, None).certificates_der
    digest = hashlib.sha256(before + tail).digest()
    attributes = signed_attributes(digest, certificates[0])
    signature = signer.sign(attributes)
    token = stamp(signature) if stamp else None
    cms = change_cms(cms_of(signature, attributes, certificates, token))
    return before + b"<%b>" % cms.ljust(reserved_bytes, b"\0").hex().upper().encode() + tail


def with_pdf(
    files: Mapping[str, bytes], signer: SampleSigner, *, name: str = "certificate.pdf"
) -> dict[str, bytes]:
    """Return a bundle's files and a PDF that carries them."""
    return {**files, name: signed_pdf(unsigned_pdf(files), signer)}


def archived(
    pdf: bytes,
    signer: SampleSigner,
    token_of: Callable[[bytes], bytes],
    *,
    change: Callable[[Archive], Archive] = lambda archive: archive,
    more: tuple[bytes, ...] = (),
) -> bytes:
    """Append the archive's revision.

    Args:
        pdf: signed, with a place for it.
        signer: whose chain goes into the store.
        token_of: returns a time service's token about some bytes.
        change: what to do to the revision before it is stamped.
        more: certificates for the store that do not belong there.
    """
    chain = read_chain(signer.certificate_chain_pem, None)
    _, token = signature_and_token(signed_bytes(pdf).cms)
    certificates = (
        chain.certificates_der if token is None else certificates_for_archive(chain, token)
    )
    made = change(archive_of(pdf, (*certificates, *more)))
    return pdf + made.around(token_of(pdf + made.before + made.after))


def document_stamped(pdf: bytes, token_of: Callable[[bytes], bytes]) -> bytes:
    """Append a revision as PAdES B-LTA would: a document time stamp over all before it.

    Args:
        pdf: signed.
        token_of: returns a time service's token about some bytes.
    """
    before = pdf + b"\n30 0 obj\n<</Type/DocTimeStamp/SubFilter/ETSI.RFC3161\n/Contents "
    after = b"\n/ByteRange [0 %d %d %d]\n>>\nendobj\n\nstartxref\n0\n%%%%EOF\n"
    end = len(before) + 2 * RESERVED_BYTES + 2
    tail = after % (len(before), end, len(after % (len(before), end, 99)))
    token = token_of(before + tail).ljust(RESERVED_BYTES, b"\0")
    return before + b"<%b>" % token.hex().upper().encode() + tail
