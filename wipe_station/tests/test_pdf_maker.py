"""The page of a bundle, made beside it: no fault of it may cost the document."""

from pathlib import Path
from typing import NoReturn

import pytest

from certs.bundle import read_bundle, write_bundle
from certs.errors import KeyStoreError, PdfError
from certs.pdf import make
from certs.tests.samples import PRACTICE_SIGNER, certificate_statement
from certs.text import Text
from wipe_station.issuer import PdfMaker

SAID = Text(zh="出错了。", en="It broke.")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PdfError(SAID, SAID), "It broke."),
        (OSError(28, "No space left on device"), "No space left"),
        (ValueError("a defect of a library"), "a defect of a library"),
        (ImportError("No module named 'pyhanko'"), "pyhanko"),
    ],
)
def test_pdf_maker__any_fault__bundle_without_pdf_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    """The bundle is written without its PDF, and the reason is kept for the screen."""

    def fail(*_arguments: object, **_named: object) -> NoReturn:
        raise error

    monkeypatch.setattr(make, "add_pdf", fail)
    page = PdfMaker(PRACTICE_SIGNER)
    folder = write_bundle(tmp_path, certificate_statement(), PRACTICE_SIGNER, page.add)
    assert read_bundle(folder).pdf is None
    assert page.problem is not None
    assert words in page.problem.en


def test_pdf_maker__key_store_fails__nothing_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that cannot be trusted stops the line, in a page as anywhere."""

    def fail(*_arguments: object, **_named: object) -> NoReturn:
        raise KeyStoreError(SAID, SAID)

    monkeypatch.setattr(make, "add_pdf", fail)
    page = PdfMaker(PRACTICE_SIGNER)
    with pytest.raises(KeyStoreError):
        write_bundle(tmp_path, certificate_statement(), PRACTICE_SIGNER, page.add)
    assert list(tmp_path.iterdir()) == []
