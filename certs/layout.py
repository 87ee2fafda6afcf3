"""What a bundle consists of: names, limits, kinds of document. Pure."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, NoReturn, Self

from certs.canonical import MAX_BYTES
from certs.errors import CertificateError, Layer
from certs.text import Text

CHAIN_NAME = "station.pem"
MAX_DOCUMENT_BYTES = MAX_BYTES
# A P-256 signature has at most 72 bytes; the rest lets the DER step say what is wrong with it.
MAX_SIGNATURE_BYTES = 256
MAX_CHAIN_BYTES = 16 << 10
# An entry of the log is 1 KB; its checkpoint may carry some witnesses.
MAX_PROOF_BYTES = 192 << 10
# A time service's answer with its certificates has 1 to 7 KB.
MAX_TIMESTAMP_BYTES = 64 << 10
# A page is 60 KB; ten thousand ranges make some hundred pages.
MAX_PDF_BYTES = 8 << 20
MAX_ZIP_BYTES = 10 << 20
MOST_FILES = 6

_HINT = Text(
    zh="请让出具方重新给一份完整的文件夹，不要改名、增减文件。",
    en="Ask the issuer for the whole folder again; do not rename, add or remove files.",
)


class DocumentType(Enum):
    """What a statement is; each has file names of its own, so none passes as another.

    A member is the ``type`` in the statement and the stem of its files. What belongs to a type
    beside its row here: a module in `certs.formats`, named in `certs.formats.statement_v1`. Which
    types certify an erasure, and which are about a job, is said here alone (`CERTIFICATES`,
    `NOTICES`).
    """

    CERTIFICATE = "certificate-of-erasure", "certificate"
    NOTICE = "notice", "notice"
    PHONE_CERTIFICATE = "certificate-of-phone-erasure", "phone-certificate"
    PHONE_NOTICE = "notice-of-phone-erasure", "phone-notice"
    RECEIPT = "receipt", "receipt"
    CUSTODY_NOTICE = "notice-of-custody", "custody-notice"
    CORRECTION = "correction", "correction"
    GRADE_REPORT = "grade-report", "grade-report"
    COUNTERSIGNATURE = "countersignature", "countersignature"
    PALLET_MANIFEST = "pallet-manifest", "manifest"
    PALLET_RECEIPT = "pallet-receipt", "pallet-receipt"

    stem: str

    def __new__(cls, type_name: str, stem: str = "") -> Self:
        """Make the type's name the value by which a member is looked up."""
        member = object.__new__(cls)
        member._value_ = type_name
        member.stem = stem
        return member

    @property
    def certifies(self) -> bool:
        """Tell whether it certifies an erasure; no other document does."""
        return self in CERTIFICATES

    @property
    def is_notice(self) -> bool:
        """Tell whether it is a notice of a job, and its id ends in ``-n`` and a number."""
        return self in NOTICES

    @property
    def of_job(self) -> bool:
        """Tell whether it says what came of a job: its log entry is an outcome, its code signed."""
        return self.certifies or self.is_notice

    @property
    def of_phone(self) -> bool:
        """Tell whether that job was a phone's own reset."""
        return self in OF_PHONES

    @property
    def document_name(self) -> str:
        """Name of the JSON file."""
        return f"{self.stem}.json"

    @property
    def signature_name(self) -> str:
        """Name of the detached signature."""
        return f"{self.stem}.sig"

    @property
    def pdf_name(self) -> str:
        """Name of the PDF, which a bundle may lack."""
        return f"{self.stem}.pdf"

    @property
    def proof_name(self) -> str:
        """Name of the log's proof, which stands where the document names a log."""
        return f"{self.stem}.tlog-proof"

    @property
    def timestamp_name(self) -> str:
        """Name of a time service's answer about the proof's checkpoint; it may come later."""
        return f"{self.stem}.tsr"

    @property
    def optional_limits_bytes(self) -> dict[str, int]:
        """The files that a bundle of this type may have, and the most each may hold."""
        return {
            self.proof_name: MAX_PROOF_BYTES,
            self.timestamp_name: MAX_TIMESTAMP_BYTES,
            self.pdf_name: MAX_PDF_BYTES,
        }

    @property
    def size_limits_bytes(self) -> dict[str, int]:
        """The files that a bundle of this type must have, and the most each may hold."""
        return {
            self.document_name: MAX_DOCUMENT_BYTES,
            self.signature_name: MAX_SIGNATURE_BYTES,
            CHAIN_NAME: MAX_CHAIN_BYTES,
        }


CERTIFICATES: Final = (DocumentType.CERTIFICATE, DocumentType.PHONE_CERTIFICATE)
NOTICES: Final = (DocumentType.NOTICE, DocumentType.PHONE_NOTICE)
OF_JOBS: Final = tuple(kind for kind in DocumentType if kind in {*CERTIFICATES, *NOTICES})
OF_PHONES: Final = (DocumentType.PHONE_CERTIFICATE, DocumentType.PHONE_NOTICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The bytes of one bundle as they were found, nothing checked but names and sizes.

    Attributes:
        type_by_name: what the file names say that it is.
        document: the JSON file.
        signature: the detached signature over exactly those bytes.
        chain_pem: the signer's certificate first, then its issuers, without the root.
        proof: that the log has the document, or None.
        pdf: the page for people with all other files attached, but the timestamp; or None.
        timestamp: a time service's answer about the proof's checkpoint, or None.
    """

    type_by_name: DocumentType
    document: bytes
    signature: bytes
    chain_pem: bytes
    proof: bytes | None = None
    pdf: bytes | None = None
    timestamp: bytes | None = None

    def files(self) -> dict[str, bytes]:
        """Return the files by name, the PDF last if there is one."""
        kind = self.type_by_name
        stamp = {} if self.timestamp is None else {kind.timestamp_name: self.timestamp}
        pdf = {} if self.pdf is None else {kind.pdf_name: self.pdf}
        return self.attached_files() | stamp | pdf

    def attached_files(self) -> dict[str, bytes]:
        """Return the files that a PDF carries: the three of every bundle, and the proof."""
        kind = self.type_by_name
        proof = {} if self.proof is None else {kind.proof_name: self.proof}
        return {
            kind.document_name: self.document,
            kind.signature_name: self.signature,
            CHAIN_NAME: self.chain_pem,
        } | proof


def bundle_of(files: Mapping[str, bytes]) -> Bundle:
    """Recognise a bundle by its file names.

    Args:
        files: by name: one JSON document, its signature and the chain; perhaps the log's proof
            with its timestamp and the PDF; nothing else.

    Returns:
        the bundle, within the size limits.

    Raises:
        CertificateError: BUNDLE; a file is missing, unexpected or too large.
    """
    document_type = type_of_names(files.keys())
    bundle = Bundle(
        type_by_name=document_type,
        document=files[document_type.document_name],
        signature=files[document_type.signature_name],
        chain_pem=files[CHAIN_NAME],
        proof=files.get(document_type.proof_name),
        pdf=files.get(document_type.pdf_name),
        timestamp=files.get(document_type.timestamp_name),
    )
    check_sizes(bundle)
    return bundle


def zipped(folder: str, files: Mapping[str, bytes]) -> bytes:
    """Pack a bundle's files as one archive: equal files, equal bytes.

    Args:
        folder: name of the folder inside.
        files: by name.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            # The format's earliest time: nothing about the packing gets into the bytes.
            entry = zipfile.ZipInfo(f"{folder}/{name}", date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return packed.getvalue()


def unzipped(data: bytes) -> Bundle:
    """Return the bundle in an archive, which must be what ``zipped`` makes of it, byte for byte.

    So nothing is inflated, no name leads anywhere, and nothing hides before, between or behind.

    Args:
        data: the whole file.

    Raises:
        CertificateError: BUNDLE.
    """
    if len(data) > MAX_ZIP_BYTES:
        refuse("zip 太大", "the .zip is too large")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            stored = all(each.compress_type == zipfile.ZIP_STORED for each in entries)
            if not stored or not 0 < len(entries) <= MOST_FILES:
                refuse("zip 里的东西不对", "the .zip holds something else")
            folder = entries[0].filename.partition("/")[0]
            files = {each.filename.rpartition("/")[2]: archive.read(each) for each in entries}
            again = zipped(folder, files)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError) as error:
        refuse("zip 损坏", "the .zip is damaged", error)
    if again != data:
        refuse("zip 不是我们打包的样子", "the .zip is not packed as we pack")
    return bundle_of(files)


def type_of_names(names: Iterable[str]) -> DocumentType:
    """Tell from the file names alone which document a folder holds.

    Args:
        names: all file names of the folder.

    Raises:
        CertificateError: BUNDLE; not the three files of one document, or more beside them than
            its proof, its timestamp and its PDF.
    """
    found = set(names)
    matching = [
        kind
        for kind in DocumentType
        if found - kind.optional_limits_bytes.keys() == kind.size_limits_bytes.keys()
    ]
    if not matching:
        refuse(
            "应该有三个文件：证明、签名和 station.pem，另外最多一份日志证明、一个时间戳、一份 PDF",
            "expected three files: the document, its signature and station.pem; at most its"
            " .tlog-proof, its .tsr and its PDF beside them",
        )
    return matching[0]


def check_sizes(bundle: Bundle) -> None:
    """Refuse a bundle with a file beyond its limit.

    Raises:
        CertificateError: BUNDLE.
    """
    kind = bundle.type_by_name
    limits = kind.size_limits_bytes | kind.optional_limits_bytes
    for name, data in bundle.files().items():
        if len(data) > limits[name]:
            refuse(f"{name} 太大", f"{name} is too large")


def refuse(zh: str, en: str, cause: Exception | None = None) -> NoReturn:
    """Refuse at the bundle layer."""
    message = Text(zh=f"文件夹不对：{zh}。", en=f"Not a bundle: {en}.")
    raise CertificateError(Layer.BUNDLE, message, _HINT) from cause
