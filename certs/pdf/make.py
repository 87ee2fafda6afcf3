"""From a signed bundle to the same bundle with its PDF. I/O.

1. Sign the claims of the code and draw it (`certs.qr`, `symbol`); put the statement into words
   (`page`); attach the other files as they are.
2. Render it in a child without rights (`render`). Characters that the fonts lack come back by
   name; they are then shown as ``[U+XXXX]``, and the page is rendered once more.
3. Sign every byte with the station's key (`sign`); have a time service stamp the signature, where
   one is set and answers at once, and then all of it for an archive, where that is set, too.
4. Check the result as a stranger would, before anybody gets it.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from certs.canonical import JsonObject, decode
from certs.errors import CertificateError, PdfError, QrError, TimeServiceError
from certs.formats.fields import parse_time
from certs.formats.statement_v1 import format_of
from certs.keys import Signer
from certs.layout import Bundle
from certs.pdf.other_page import other_page_of
from certs.pdf.page import Json, attachments_of, page_of
from certs.pdf.render import FONTS, Template, render_drawable
from certs.pdf.sign import archive_pdf, sign_pdf
from certs.pdf.symbol import symbol_of
from certs.qr import check_qr, parse_qr, signed_qr
from certs.qr_claims import claims_of
from certs.short_code import grouped, short_code
from certs.stamping import Service
from certs.time_service import read_roots
from certs.timestamp import token_in
from certs.timestamp_client import ask
from certs.verify import verify

PATIENCE_AT_SIGNING_S: Final = 3.0
"""For a time service: a document waits no longer for it."""
_log = logging.getLogger(__name__)


def render_bundle(bundle: Bundle, qr: str | None, fonts: Path = FONTS) -> bytes:
    """Render the page of a bundle, unsigned.

    Args:
        bundle: signed and checked.
        qr: text of its code; None for a document that is not about a job.
        fonts: folder with the fonts.

    Returns:
        PDF/A-3b with the bundle's files attached; the same bytes each time.

    Raises:
        PdfError: it cannot be rendered.
        OSError: no process can be started.
    """
    if qr is None or bundle.type_by_name.of_phone:
        return render_drawable(partial(_other_page, bundle, qr), fonts, Template.DOCUMENT)
    return render_drawable(partial(_page, bundle, qr), fonts, Template.CERTIFICATE)


def qr_of(bundle: Bundle, signer: Signer, host: str | None = None) -> str:
    """Sign the code of a bundle and check it as a stranger would, short of the root.

    Args:
        bundle: signed and checked.
        signer: the bundle's own.
        host: the organisation's page for codes, see `certs.qr.signed_qr`.

    Raises:
        PdfError: the host, the claims or the signer do not fit.
        KeyStoreError: the signer failed.
    """
    statement = decode(bundle.document)
    try:
        claims = claims_of(statement, bundle.document)
        text = signed_qr(claims, signer.sign, host)
        check_qr(
            parse_qr(text),
            bundle.chain_pem,
            root_pem=None,
            allow_practice=True,
            now=claims.issued_at,
        )
    except QrError as error:
        raise PdfError(error.message, error.hint) from error
    return text


def add_pdf(
    bundle: Bundle,
    signer: Signer,
    fonts: Path = FONTS,
    host: str | None = None,
    service: Service | None = None,
) -> Bundle:
    """Return the bundle with its PDF, checked.

    Args:
        bundle: signed and checked, without a PDF.
        signer: the bundle's own.
        fonts: folder with the fonts.
        host: the organisation's page for codes, or None.
        service: that stamps the signature (B-T) if it answers at once, and all of the PDF (B-LTA)
            where archives are wanted of it; None for B-B.

    Raises:
        PdfError: none can be made; the bundle is good without it.
        KeyStoreError: the signer failed.
        OSError: no process can be started.
    """
    statement = decode(bundle.document)
    issued_at = parse_time(statement["issued_at"])
    # A code says what became of an erasure; what is about none has none.
    qr = qr_of(bundle, signer, host) if bundle.type_by_name.of_job else None
    rendered = render_bundle(bundle, qr, fonts)
    try:
        with_pdf = replace(bundle, pdf=_signed(rendered, signer, issued_at, service))
        verify(with_pdf, root_pem=None, allow_practice=True, now=issued_at)
    except CertificateError as error:
        raise PdfError(error.message, error.hint) from error
    return with_pdf


def _signed(rendered: bytes, signer: Signer, issued_at: datetime, service: Service | None) -> bytes:
    """Sign with the time stamps that are to be had at once, and without where there are none."""
    if service is None:
        return sign_pdf(rendered, signer, issued_at)
    stamp = _stamping(service)
    try:
        stamped = sign_pdf(rendered, signer, issued_at, stamp, archived=service.archive)
    except TimeServiceError as error:
        _log.warning("a PDF without a time stamp: %s", error)
        return sign_pdf(rendered, signer, issued_at)
    return _archived(stamped, signer, stamp) if service.archive else stamped


def _archived(stamped: bytes, signer: Signer, stamp: Callable[[bytes], bytes]) -> bytes:
    try:
        return archive_pdf(stamped, signer, stamp)
    except TimeServiceError as error:
        _log.warning("a PDF without an archive stamp: %s", error)
        return stamped


def _stamping(service: Service) -> Callable[[bytes], bytes]:
    roots = read_roots(service.roots_pem)
    return lambda signature: token_in(
        ask(service.url, signature, roots, patience_s=PATIENCE_AT_SIGNING_S)
    )


def _page(bundle: Bundle, qr: str, undrawable: frozenset[str]) -> Json:
    statement = decode(bundle.document)
    return page_of(statement, symbol_of(qr), undrawable) | _common(bundle, statement)


def _other_page(bundle: Bundle, qr: str | None, undrawable: frozenset[str]) -> Json:
    statement = decode(bundle.document)
    described = format_of(statement)
    assert described is not None, "the caller asked"
    symbol = None if qr is None else symbol_of(qr)
    return other_page_of(statement, described, symbol, undrawable) | _common(bundle, statement)


def _common(bundle: Bundle, statement: JsonObject) -> Json:
    return {
        "code": grouped(short_code(bundle.document)),
        "attachments": attachments_of(bundle),
        "timestamp": int(parse_time(statement["issued_at"]).timestamp()),
    }
