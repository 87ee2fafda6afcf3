"""Whether a bundle's time stamp says that its document existed, and since when at the latest. Pure.

What is stamped is the checkpoint in the log's proof, as it stands there: every byte behind the
first empty line, signatures included. So one stamp says it of the log's signature, of every entry
before it, and, through the proof, of the document.
"""

from datetime import datetime, timedelta
from typing import Final, NoReturn

from certs.errors import CertificateError, Layer, TimestampError
from certs.layout import Bundle
from certs.log.proof import checkpoint_in
from certs.logged import Logged
from certs.text import Text
from certs.time_service import read_roots
from certs.timestamp import Stamp, open_response

CLOCK_TOLERANCE: Final = timedelta(days=1)
"""Clocks of a shop and of a recycler differ by minutes, time zones set wrongly by hours."""
_HINT: Final = Text(
    zh="不要相信这份文件写的时间。请向出具方核实，或让他们重新申请时间戳。",
    en="Do not trust this document's time: ask the issuer, or have it stamped again.",
)


def check_stamped(
    bundle: Bundle,
    logged: Logged | None,
    *,
    issued_at: datetime,
    roots_pem: bytes | None,
    now: datetime,
) -> Stamp | None:
    """Check a bundle's time stamp, if it has one.

    Args:
        bundle: whose log's proof was checked.
        logged: where the log has the document; None where it names no log.
        issued_at: when the document says that it was signed.
        roots_pem: the time services that the caller trusts, PEM; None if it knows none.
        now: aware; the caller's clock.

    Returns:
        the stamp; None where there is none.

    Raises:
        CertificateError: TIME.
    """
    if bundle.timestamp is None:
        return None
    if bundle.proof is None or logged is None:
        _refuse("附有时间戳，却没有日志证明", "a stamp, but no log's proof that it could be about")
    try:
        roots = None if roots_pem is None else read_roots(roots_pem)
        stamp = open_response(bundle.timestamp, checkpoint_in(bundle.proof), roots)
    except TimestampError as error:
        raise CertificateError(Layer.TIME, error.message, error.hint) from error
    check_time(stamp, issued_at=issued_at, now=now)
    return stamp


def check_time(stamp: Stamp, *, issued_at: datetime, now: datetime) -> None:
    """Insist that a document does not contradict a stamp.

    Args:
        stamp: of the document, or of what holds it.
        issued_at: when the document says that it was signed.
        now: aware; the caller's clock.

    Raises:
        CertificateError: TIME.
    """
    if stamp.at > now + CLOCK_TOLERANCE:
        _refuse("时间戳在将来", "the stamp is of the future")
    if issued_at > stamp.at + CLOCK_TOLERANCE:
        _refuse(
            "文件说自己是在时间戳以后才签的", "the document says that it was signed after the stamp"
        )


def _refuse(zh: str, en: str) -> NoReturn:
    message = Text(zh=f"时间这一关不过：{zh}。", en=f"Wrong time: {en}.")
    raise CertificateError(Layer.TIME, message, _HINT)
