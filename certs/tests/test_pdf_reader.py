"""Reading signed PDFs with the base package alone: every change is refused, at the PDF layer."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from certs.bundle import read_bundle
from certs.errors import CertificateError, Layer
from certs.layout import Bundle, bundle_of
from certs.pdf.container import attached_bundle, signed_bytes
from certs.tests.pdf_samples import RESERVED_BYTES, signed_pdf, unsigned_pdf, with_pdf
from certs.tests.samples import (
    NOW,
    PRODUCTION_SIGNER,
    ROOT,
    certificate_statement,
    notice_statement,
    signed_files,
)
from certs.verdict import Status, Verdict
from certs.verify import verify

FILES = signed_files(certificate_statement(PRODUCTION_SIGNER), PRODUCTION_SIGNER)
UNSIGNED = unsigned_pdf(FILES)
PDF = signed_pdf(UNSIGNED, PRODUCTION_SIGNER)


def _verify(bundle: Bundle) -> Verdict:
    return verify(bundle, root_pem=ROOT.pem, allow_practice=False, now=NOW)


def _refused(pdf: bytes) -> None:
    with pytest.raises(CertificateError) as caught:
        _verify(attached_bundle(pdf))
    assert caught.value.layer is Layer.PDF
    with pytest.raises(CertificateError) as caught:
        _verify(bundle_of({**FILES, "certificate.pdf": pdf}))
    assert caught.value.layer is Layer.PDF


def test_pdf__alone_or_beside_its_files__accepted(tmp_path: Path) -> None:
    """A PDF under any name carries all that its verification needs."""
    assert _verify(attached_bundle(PDF)).status is Status.ERASED
    path = tmp_path / "from the shop.PDF"
    path.write_bytes(PDF)
    bundle = read_bundle(path)
    assert bundle.attached_files() == FILES
    assert Layer.PDF in _verify(bundle).steps


def test_pdf__notice__carries_a_notice() -> None:
    """A notice's PDF is a notice however it is named."""
    files = signed_files(notice_statement(PRODUCTION_SIGNER), PRODUCTION_SIGNER)
    bundle = bundle_of(with_pdf(files, PRODUCTION_SIGNER, name="notice.pdf"))
    assert bundle.pdf is not None
    assert _verify(attached_bundle(bundle.pdf)).status is Status.NOT_ERASED


def test_pdf__byte_flipped_anywhere__refused() -> None:
    """No byte of the file may change: neither signed, nor signature, nor padding."""
    source = random.Random(7)
    for position in source.sample(range(len(PDF)), 300):
        flipped = bytearray(PDF)
        flipped[position] ^= 1 << source.randrange(8)
        with pytest.raises(CertificateError) as caught:
            _verify(bundle_of({**FILES, "certificate.pdf": bytes(flipped)}))
        assert caught.value.layer is Layer.PDF
        with pytest.raises(CertificateError):
            _verify(attached_bundle(bytes(flipped)))


def _hole(pdf: bytes) -> tuple[int, int]:
    start = pdf.index(b"/Contents <") + len(b"/Contents ")
    return start, pdf.index(b">", start) + 1


def _with_hole_of(pdf: bytes, start: int, end: int) -> bytes:
    head, _, rest = pdf.partition(b"/ByteRange [")
    tail = rest.partition(b"]")[2]
    return head + b"/ByteRange [0 %d %d %d]" % (start, end, len(pdf) - end) + tail


_START, _END = _hole(PDF)
CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "padding": lambda pdf: pdf[: _END - 2] + b"1>" + pdf[_END:],
    "lower case": lambda pdf: pdf[:_START] + pdf[_START:_END].lower() + pdf[_END:],
    "white space": lambda pdf: pdf[: _END - 3] + b"  >" + pdf[_END:],
    "appended byte": lambda pdf: pdf + b"\n",
    "appended revision": lambda pdf: pdf + b"\n1 0 obj\n<<>>\nendobj\n\nstartxref\n0\n%%EOF\n",
    "second signature": lambda pdf: signed_pdf(pdf, PRODUCTION_SIGNER),
    "second byte range": lambda pdf: pdf[:-6] + b"/ByteRange [0 1 2 3]\n%%EOF\n",
    "hole too wide": lambda pdf: _with_hole_of(pdf, _START - 9, _END),
    "hole too long": lambda pdf: _with_hole_of(pdf, _START, _END + 1),
    "truncated": lambda pdf: pdf[:-1],
    "before the header": lambda pdf: b"\n" + pdf,
    "unsigned": lambda _pdf: UNSIGNED,
    "not a PDF": lambda _pdf: b"<html>",
    "empty": lambda _pdf: b"",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_pdf__changed_as_attackers_do__refused(change: Callable[[bytes], bytes]) -> None:
    """Padding, appended bytes and revisions, second signatures and holes are all refused."""
    assert change(PDF) != PDF
    _refused(change(PDF))


def test_pdf__signature_of_other_spellings__refused() -> None:
    """One signature has one spelling, whatever else a reader of CMS would accept."""
    for change in (
        lambda cms: cms + b"\x05\x00",
        lambda cms: cms.replace(bytes.fromhex("020101"), bytes.fromhex("020103"), 1),
        lambda cms: b"\x30\x80" + cms[4:] + b"\0\0",
        lambda cms: cms[:0],
    ):
        _refused(signed_pdf(UNSIGNED, PRODUCTION_SIGNER, change_cms=change))


def test_pdf__attachments__refused_unless_exactly_the_bundles() -> None:
    """Two files more, a missing one, a second of the same number, or a renamed one."""
    more = unsigned_pdf(FILES | {"notes.txt": b"x", "more.txt": b"y"})
    missing = unsigned_pdf({name: FILES[name] for name in list(FILES)[:2]})
    twice = UNSIGNED.replace(b"\nstartxref", b"\n3 0 obj\n<<>>\nendobj\n\nstartxref")
    two_names = UNSIGNED.replace(b"/UF(station.pem)", b"/UF(certify.pem)")
    for unsigned in (more, missing, twice, two_names):
        _refused(signed_pdf(unsigned, PRODUCTION_SIGNER))
    renamed = UNSIGNED.replace(b"(station.pem)", b"(certify.pem)")
    for unsigned in (renamed, unsigned_pdf(FILES | {"notes.txt": b"x"})):
        with pytest.raises(CertificateError) as caught:
            attached_bundle(signed_pdf(unsigned, PRODUCTION_SIGNER))
        assert caught.value.layer is Layer.BUNDLE


def test_pdf__random_bytes__nothing_but_refusals() -> None:
    """Whatever lies in the file, the reader raises its own error and no other."""
    source = random.Random(11)
    for _ in range(300):
        cut, length = source.randrange(len(PDF)), source.randrange(40)
        damaged = PDF[:cut] + source.randbytes(length) + PDF[cut + length :]
        for read in (attached_bundle, signed_bytes):
            try:
                read(damaged)
            except CertificateError as error:
                assert error.layer in {Layer.PDF, Layer.BUNDLE}  # noqa: PT017 - either is right


def test_signed_bytes__good__all_but_the_digits() -> None:
    """What is signed is the file without the hex string, and nothing less."""
    signed = signed_bytes(PDF)
    assert len(signed.covered) == len(PDF) - 2 * RESERVED_BYTES - 2
    assert len(signed.cms) == RESERVED_BYTES
