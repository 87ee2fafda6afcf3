"""What is printed beside the page: a label for the device, a strip for the customer. I/O.

Both are one page of one document, drawn like `certs.pdf.make` draws, but not signed: the strip
carries the signed code, the label only finds the document again. As a picture both have eight dots
to the millimetre, so that a printer with 203 dpi has four for each module of the code.
"""

from functools import partial
from pathlib import Path
from typing import Final

from certs.canonical import JsonObject, decode
from certs.errors import PdfError
from certs.formats.fields import Kind, fits, parse_time
from certs.keys import Signer
from certs.layout import Bundle
from certs.pdf.make import qr_of
from certs.pdf.output import Output
from certs.pdf.page import Json, date_of, decimal_size, drawable
from certs.pdf.render import FONTS, Template, render_drawable
from certs.pdf.symbol import Symbol, small_symbol_of, symbol_of
from certs.pdf.words import WORDS, code_words
from certs.qr_claims import AXES, QrClaims, claims_of
from certs.sampled import erased_text
from certs.short_code import grouped, short_code
from certs.text import Text

GRADE_LETTERS: Final = {"good": "A", "caution": "B", "bad": "C", "unknown": "?"}
MOST_TICKET_CHARACTERS: Final = 32
"""So many have room in one line of the label and stay readable."""


def label_pdf(
    bundle: Bundle,
    fonts: Path = FONTS,
    *,
    ticket: str | None = None,
    output: Output = Output.PDF,
) -> bytes:
    """Draw the device's label, 40 by 30 mm.

    Args:
        bundle: signed and checked.
        fonts: folder with the fonts.
        ticket: under which the device was taken in; None where nobody knows.
        output: what to make.

    Returns:
        one page; the same bytes each time.

    Raises:
        PdfError: it cannot be rendered, or no such ticket can be.
        OSError: no process can be started.
    """
    symbol = small_symbol_of(short_code(bundle.document))
    return _drawn(bundle, symbol, "label", fonts, ticket, output)


def strip_pdf(  # noqa: PLR0913 - what a strip is made of
    bundle: Bundle,
    signer: Signer,
    fonts: Path = FONTS,
    host: str | None = None,
    *,
    ticket: str | None = None,
    output: Output = Output.PDF,
) -> bytes:
    """Draw the strip, 58 mm wide and as long as it needs to be, with the signed code.

    Args:
        bundle: signed and checked.
        signer: the bundle's own.
        fonts: folder with the fonts.
        host: the organisation's page for codes, or None.
        ticket: under which the device was taken in; None where nobody knows.
        output: what to make.

    Returns:
        one page.

    Raises:
        PdfError: it cannot be rendered, no such ticket can be, or the signer is another's.
        KeyStoreError: the signer failed.
        OSError: no process can be started.
    """
    symbol = symbol_of(qr_of(bundle, signer, host))
    return _drawn(bundle, symbol, "strip", fonts, ticket, output)


def _drawn(  # noqa: PLR0913, PLR0917 - all of it is one drawing
    bundle: Bundle, symbol: Symbol, kind: str, fonts: Path, ticket: str | None, output: Output
) -> bytes:
    if ticket is not None and not _is_ticket(ticket):
        most = MOST_TICKET_CHARACTERS
        raise PdfError(
            Text(
                zh="取件号印不出来。",
                en="No such ticket can be printed.",
            ),
            Text(
                zh=f"取件号是 1 到 {most} 个字母、数字和 _ . : + -。",
                en=f"A ticket is 1 to {most} letters, digits and _ . : + -.",
            ),
        )
    page = partial(_page, bundle, symbol, kind, ticket)
    return render_drawable(page, fonts, Template.LABEL, output)


def _is_ticket(text: str) -> bool:
    return fits(Kind.CODE, text) and len(text) <= MOST_TICKET_CHARACTERS


def _page(
    bundle: Bundle, symbol: Symbol, kind: str, ticket: str | None, undrawable: frozenset[str]
) -> Json:
    statement = decode(bundle.document)
    claims = claims_of(statement, bundle.document)
    shown: Json = drawable(_words(statement, claims), undrawable)
    return shown | {
        "kind": kind,
        "practice": claims.practice,
        "date": date_of(statement["issued_at"]),
        "timestamp": int(parse_time(statement["issued_at"]).timestamp()),
        "id": claims.document_id,
        "code": grouped(short_code(bundle.document)),
        "ticket": ticket or "",
        "qr": {"svg": symbol.svg, "size_mm": symbol.size_mm},
    }


def _words(statement: JsonObject, claims: QrClaims) -> Json:
    phone, size = claims.document_type.of_phone, claims.size_bytes
    sized = None if size is None else f"{size:,} B ({decimal_size(size)})"
    rows = [
        (code_words("model"), claims.model),
        (WORDS["phone-name"] if phone else code_words("serial"), claims.serial),
        (WORDS["size"], sized),
        (WORDS["document"], claims.document_id),
        (WORDS["issued"], f"{claims.issued_at:%Y-%m-%d %H:%M} UTC"),
        (WORDS["method"], claims.method),
    ]
    return {
        "state": _state(claims),
        "sentence": _sentence(statement, claims),
        "rows": [{"label": label, "value": value} for label, value in rows if value is not None],
        "grade": _grade(claims),
        "words": WORDS,
    }


def _state(claims: QrClaims) -> Text:
    """Return what became of the device; whether it is sold is for whoever sees its grade."""
    if claims.practice:
        return WORDS["practice"]
    return WORDS["erased" if claims.document_type.certifies else "not-for-sale"]


def _sentence(statement: JsonObject, claims: QrClaims) -> Text:
    if claims.practice:
        return WORDS["practice-sentence"]
    return erased_text(statement) if claims.document_type.certifies else WORDS["red-box"]


def _grade(claims: QrClaims) -> list[Json]:
    if claims.grade is None:
        return []
    letters = [GRADE_LETTERS[each] for each in claims.grade]
    return [
        {"axis": WORDS[axis], "letter": letter} for axis, letter in zip(AXES, letters, strict=True)
    ]
