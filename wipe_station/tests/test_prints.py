"""Labels and strips of a station's own documents."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from certs.bundle import write_bundle
from certs.errors import CertificateError, PdfError
from certs.keys import ensure_practice_keys
from certs.pdf import label
from certs.pdf.render import FONTS
from certs.tests.samples import PRACTICE_SIGNER, certificate_statement
from certs.text import Text
from wipe_station.api_values import PrintForm
from wipe_station.errors import EvidenceError, StationError
from wipe_station.issuer import Issuer
from wipe_station.prints import printed
from wipe_station.station_log import StationLog
from wipe_station.testing import FakeClock

pytestmark = pytest.mark.skipif(  # in CI what is missing fails
    "CI" not in os.environ and not (FONTS.is_dir() and shutil.which("pdftoppm")),
    reason="needs Debian's fonts-noto-cjk, poppler-utils and zbar-tools",
)
HOST = "https://recycling.example/c"


def _issuer(folder: Path, *, own: bool) -> Issuer:
    """Return an issuer with the key of the sample documents, or with another."""
    folder.mkdir()
    clock = FakeClock()
    signer = PRACTICE_SIGNER if own else ensure_practice_keys(folder / "keys", clock.utc()).signer
    log = StationLog(folder, clock, signer.key_id)
    return Issuer(folder / "bundles", signer, log, clock, host=HOST)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Return a bundle that the sample key signed."""
    return write_bundle(tmp_path, certificate_statement(), PRACTICE_SIGNER)


def _scanned(pdf: bytes, folder: Path) -> str:
    (folder / "page.pdf").write_bytes(pdf)
    draw = ["pdftoppm", "-r", "203", "-png", "-singlefile", "page.pdf", "page"]
    subprocess.run(draw, cwd=folder, check=True, capture_output=True)
    read = ["zbarimg", "--quiet", "--raw", "page.png"]
    return subprocess.run(read, cwd=folder, check=True, capture_output=True).stdout.decode()


def test_printed__own_document__strip_with_the_organisations_address(
    tmp_path: Path, bundle: Path
) -> None:
    """The code on a strip begins with the address that was set."""
    issuer = _issuer(tmp_path / "state", own=True)
    assert _scanned(printed(bundle, PrintForm.STRIP, issuer), tmp_path).startswith(f"{HOST}#")


def test_printed__key_replaced__label_yes_and_strip_no(tmp_path: Path, bundle: Path) -> None:
    """A label needs no key; a new code for an old document would be another key's."""
    issuer = _issuer(tmp_path / "state", own=False)
    assert printed(bundle, PrintForm.LABEL, issuer).startswith(b"%PDF-")
    with pytest.raises(StationError, match="replaced") as caught:
        printed(bundle, PrintForm.STRIP, issuer)
    assert not isinstance(caught.value, EvidenceError)


def test_printed__document_changed_on_the_disk__refused(tmp_path: Path, bundle: Path) -> None:
    """No label is drawn of what is not as it was signed."""
    path = bundle / "certificate.json"
    path.write_bytes(path.read_bytes().replace(b"gb-46864-three-pass", b"gb-46864-three-pasS", 1))
    for form in PrintForm:
        with pytest.raises(CertificateError):
            printed(bundle, form, _issuer(tmp_path / form.value, own=True))


def test_printed__cannot_be_drawn__an_error_of_the_page_that_stops_no_line(
    tmp_path: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing fonts are no doubt about evidence: the screen says so, and work goes on."""
    said = Text(zh="缺少字体。", en="no fonts")

    def fail(*_arguments: object, **_options: object) -> bytes:
        raise PdfError(said, said)

    monkeypatch.setattr(label, "label_pdf", fail)
    with pytest.raises(StationError, match="no fonts") as caught:
        printed(bundle, PrintForm.LABEL, _issuer(tmp_path / "state", own=True))
    assert not isinstance(caught.value, EvidenceError)
