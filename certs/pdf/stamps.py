"""What time services say in a PDF: about its signature, and about all of it. Pure.

Both stamps must be sound; whose they are is judged by the caller's roots, where it has any. What a
service did not sign of its own token (its certificates, their order) can be exchanged, and says
nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import NoReturn

from certs.chain import SigningChain
from certs.errors import TimestampError
from certs.pdf.archive import check_archive
from certs.pdf.cms import signature_and_token
from certs.pdf.container import SignedBytes, refuse_pdf
from certs.text import Text
from certs.time_service import Roots
from certs.timestamp import Stamp, brought_by, open_token


class About(Enum):
    """What a stamp in a PDF is about."""

    SIGNATURE = "signature"
    """The station's ECDSA value (B-T)."""
    ARCHIVE = "archive"
    """Every byte of the PDF but the stamp's own (B-LTA)."""


_NAMES = {
    About.SIGNATURE: Text(zh="签名的时间戳", en="of its signature"),
    About.ARCHIVE: Text(zh="存档时间戳", en="of its archive stamp"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfStamp:
    """A time stamp in a PDF, which is sound.

    Attributes:
        about: what.
        stamp: what it says; `vouched` where the caller's roots lead to its service.
        asked: whether the caller had any root to look to.
    """

    about: About
    stamp: Stamp
    asked: bool


def pdf_stamps(
    signed: SignedBytes, chain: SigningChain, roots: Roots | None
) -> tuple[PdfStamp, ...]:
    """Check the time stamps in a PDF.

    Args:
        signed: whose signature was checked.
        chain: the signer's.
        roots: the time services that the caller trusts; None if it knows none.

    Returns:
        the signature's, then the archive's; as many as there are.

    Raises:
        CertificateError: PDF; one that is not sound, or something else behind the signature.
    """
    signature, token = signature_and_token(signed.cms)
    if token is None:
        if signed.archive:
            refuse_pdf("文件在签名以后被追加过", "appended to after it was signed")
        return ()
    found = [_judged(About.SIGNATURE, lambda known: open_token(token, signature, known), roots)]
    if signed.archive:
        certificates = certificates_for_archive(chain, token)
        found.append(
            _judged(
                About.ARCHIVE,
                lambda known: check_archive(signed.revisions, signed.archive, certificates, known),
                roots,
            )
        )
    return tuple(found)


def certificates_for_archive(chain: SigningChain, token: bytes) -> tuple[bytes, ...]:
    """Return what an archive keeps to validate a signature and its time stamp, DER.

    Args:
        chain: the signer's.
        token: about the signature.

    Raises:
        TimestampError: it cannot be read.
    """
    # Roots are not among them: those must reach the reader another way.
    return tuple(dict.fromkeys([*chain.certificates_der, *brought_by(token)]))


def _judged(about: About, check: Callable[[Roots | None], Stamp], roots: Roots | None) -> PdfStamp:
    """Insist that a stamp is sound, and find out whether somebody vouches for it."""
    try:
        stamp = check(None)
    except TimestampError as error:
        _refuse(about, error)
    if roots is not None:
        try:
            stamp = check(roots)
        except TimestampError:
            # It is another service's than the caller knows: told, and counted for nothing.
            return PdfStamp(about=about, stamp=stamp, asked=True)
    return PdfStamp(about=about, stamp=stamp, asked=roots is not None)


def _refuse(about: About, error: TimestampError) -> NoReturn:
    what, said = _NAMES[about], error.message
    zh, en = f"{what.zh}：{said.zh}", f"{what.en}: {said.en}"
    refuse_pdf(zh.rstrip("。"), en.rstrip("."), error)
