"""What is printed beside a document's page: the device's label, the customer's strip. I/O.

Drawn anew each time from the bundle on the disk, which is checked first: nothing that is printed
says more than a stranger would find in it.
"""

from pathlib import Path

from certs.bundle import read_bundle
from certs.canonical import decode
from certs.errors import PdfError
from certs.formats.fields import parse_time
from certs.layout import Bundle
from certs.verify import verify
from wipe_station.api_values import PrintForm
from wipe_station.errors import StationError
from wipe_station.issuer import Issuer


def printed(folder: Path, form: PrintForm, issuer: Issuer, ticket: str | None = None) -> bytes:
    """Draw a label or a strip as a PDF.

    Args:
        folder: of the document's bundle.
        form: which of the two.
        issuer: whose document it is; its key signs the strip's code.
        ticket: under which the device was taken in; None where it has none.

    Raises:
        CertificateError: the bundle is not as it was signed.
        StationError: it cannot be drawn, or its key signs no more.
        KeyStoreError: the key failed.
    """
    bundle = read_bundle(folder)
    issued_at = parse_time(decode(bundle.document)["issued_at"])
    verify(bundle, root_pem=None, allow_practice=True, now=issued_at)
    try:
        return _drawn(bundle, form, issuer, ticket)
    except PdfError as error:
        raise StationError(error.message, hint=error.hint) from error


def _drawn(bundle: Bundle, form: PrintForm, issuer: Issuer, ticket: str | None) -> bytes:
    # Here, because what it loads takes 0.4 s and most of a station's days begin without.
    from certs.pdf.label import label_pdf, strip_pdf  # noqa: PLC0415

    if form is PrintForm.LABEL:
        return label_pdf(bundle, ticket=ticket)
    return strip_pdf(bundle, issuer.signer_of(bundle), host=issuer.host, ticket=ticket)
