"""What the station's signature of our PDFs covers, and the files attached to them. Pure.

A strict reader of exactly the PDFs that `certs.pdf.make` writes, not of PDF: it follows no cross
references and runs nothing. That is enough, because the signature covers every byte but its own
digits: whoever could show a reader of PDF other files than these must be the station itself. Behind
the signed revisions stands nothing, or what `certs.pdf.archive` builds from them.
"""

import re
import zlib
from dataclasses import dataclass, replace
from typing import NoReturn

from certs.errors import CertificateError, Layer
from certs.layout import MAX_DOCUMENT_BYTES, MAX_PDF_BYTES, Bundle, bundle_of
from certs.text import Text

_HEADER = b"%PDF-1.7\n"
_END = b"%%EOF\n"
# One revision by typst, one by the signer; behind them there may be an archive's.
_REVISIONS = 2
_START = b"\nstartxref\n"
_BYTE_RANGE = re.compile(rb"/ByteRange \[0 ([1-9][0-9]{0,9}) ([1-9][0-9]{0,9}) ([1-9][0-9]{0,9})\]")
_CONTENTS = re.compile(rb"<((?:[0-9A-F]{2})+)>")
_CONTENTS_KEY = b"/Contents "
_FILE = re.compile(
    rb"/Type/Filespec/F\(([a-z.-]{1,40})\)/UF\(([a-z.-]{1,40})\)"
    rb"/EF<</F ([1-9][0-9]{0,5}) 0 R/UF ([1-9][0-9]{0,5}) 0 R>>"
)
_EMBEDDED = re.compile(
    rb"<</Length ([1-9][0-9]{0,7})/Type/EmbeddedFile(/Filter/FlateDecode)?"
    rb"/Subtype[^\r\n]{0,300}>>\nstream\n"
)
_EMBEDDED_END = b"\nendstream\nendobj\n"
# The three of every bundle, or those and the log's proof.
_FILES = (3, 4)

_HINT = Text(
    zh="不要相信这份 PDF。请向出具方要原件；不要用别的软件打开后再保存或再签名。",
    en="Do not trust this PDF. Ask the issuer for the original, never saved or signed again.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedBytes:
    """What a PDF's signature speaks about.

    Attributes:
        covered: every byte of the signed revisions but the signature's digits and their brackets.
        cms: the signature with its padding of zero bytes.
        revisions: every byte of them.
        archive: what stands behind them, unchecked: nothing, or the archive's revision.
    """

    covered: bytes
    cms: bytes
    revisions: bytes
    archive: bytes


def signed_bytes(pdf: bytes) -> SignedBytes:
    """Find the station's signature and insist that it covers all but itself and an archive.

    Args:
        pdf: the whole file.

    Raises:
        CertificateError: PDF; not one of ours, bytes that the signature leaves out, or more than
            one signature of a station.

    Source: ISO 32000-1 §12.8.1.
    """
    signed, archive = _split(pdf)
    ranges = _BYTE_RANGE.findall(signed)
    if len(ranges) != 1 or signed.count(b"/ByteRange") != 1:
        refuse_pdf("应该正好有一个签名", "expected exactly one signature")
    hole, after, rest = map(int, ranges[0])
    contents = _CONTENTS.fullmatch(signed[hole:after])
    if after + rest != len(signed) or not signed[:hole].endswith(_CONTENTS_KEY) or not contents:
        refuse_pdf("签名没有覆盖整个文件", "the signature does not cover the whole file")
    return SignedBytes(
        covered=signed[:hole] + signed[after:],
        cms=bytes.fromhex(contents[1].decode()),
        revisions=signed,
        archive=archive,
    )


def attached_bundle(pdf: bytes) -> Bundle:
    """Return the bundle whose files are attached to a PDF, and the PDF with it.

    Args:
        pdf: the whole file, nothing checked.

    Raises:
        CertificateError: PDF, or BUNDLE where the attached files are not those of one document.
    """
    signed, _ = _split(pdf)
    found = _FILE.findall(signed)
    if len(found) not in _FILES or signed.count(b"/Type/EmbeddedFile") != len(found):
        refuse_pdf("应该正好附有三个或四个文件", "expected three or four attached files")
    files: dict[str, bytes] = {}
    for name, unicode_name, number, unicode_number in found:
        if name != unicode_name or number != unicode_number:
            refuse_pdf("附件有两个名字", "an attached file with two names")
        files[name.decode()] = _embedded(signed, number)
    return replace(bundle_of(files), pdf=pdf)


def check_attachments(bundle: Bundle) -> None:
    """Insist that a bundle's PDF, if it has one, carries the bundle's own files.

    All but the timestamp, which is made later than the PDF.

    Raises:
        CertificateError: PDF or BUNDLE.
    """
    if bundle.pdf is not None and attached_bundle(bundle.pdf) != replace(bundle, timestamp=None):
        refuse_pdf("附件和文件夹里的文件不同", "its attached files are not the folder's")


def _split(pdf: bytes) -> tuple[bytes, bytes]:
    """Return the signed revisions, and what stands behind them.

    The signature says itself where it ends; without a third revision that is the file's end.
    """
    if len(pdf) > MAX_PDF_BYTES:
        refuse_pdf("文件太大", "too large")
    end = len(pdf)
    if pdf.count(_START) == _REVISIONS + 1 and (found := _BYTE_RANGE.search(pdf)):
        end = min(end, int(found[2]) + int(found[3]))
    signed = pdf[:end]
    if not signed.startswith(_HEADER) or not signed.endswith(_END):
        refuse_pdf("开头或结尾不对", "wrong beginning or end")
    if signed.count(_START) != _REVISIONS:
        refuse_pdf("文件被追加过，或不是我们的 PDF", "appended to, or no PDF of ours")
    return signed, pdf[end:]


def _embedded(pdf: bytes, number: bytes) -> bytes:
    start = b"\n%b 0 obj\n" % number
    if pdf.count(start) != 1:
        refuse_pdf("附件有两份", "an attached file is there twice")
    head = _EMBEDDED.match(pdf, pdf.index(start) + len(start))
    if head is None:
        refuse_pdf("附件读不懂", "an attached file that cannot be read")
    end = head.end() + int(head[1])
    if not pdf.startswith(_EMBEDDED_END, end):
        refuse_pdf("附件的长度不对", "an attached file of another length")
    data = pdf[head.end() : end]
    return _inflated(data) if head[2] else data


def _inflated(data: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        inflated = stream.decompress(data, MAX_DOCUMENT_BYTES + 1)
    except zlib.error as error:
        refuse_pdf("附件损坏", "a damaged attached file", error)
    if not stream.eof or stream.unused_data:
        refuse_pdf("附件太大或没有正常结束", "an attached file that is too large or does not end")
    return inflated


def refuse_pdf(zh: str, en: str, cause: Exception | None = None) -> NoReturn:
    """Refuse at the PDF layer."""
    message = Text(zh=f"PDF 有问题：{zh}。", en=f"Wrong PDF: {en}.")
    raise CertificateError(Layer.PDF, message, _HINT) from cause
