"""Paper of documents that are not about a job, in the hands of tools that strangers have."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from certs.layout import DocumentType, bundle_of
from certs.pdf.container import attached_bundle
from certs.pdf.make import add_pdf
from certs.pdf.render import FONTS
from certs.tests.document_samples import SAMPLES, TICKET
from certs.tests.samples import (
    NOW,
    PRACTICE_SIGNER,
    PRODUCTION_SIGNER,
    ROOT,
    SampleSigner,
    signed_files,
)
from certs.verdict import Status
from certs.verify import verify

_TOOLS = ("pdftotext",)
pytestmark = pytest.mark.skipif(  # in CI what is missing fails
    "CI" not in os.environ and not (FONTS.is_dir() and all(map(shutil.which, _TOOLS))),
    reason="needs Debian's fonts-noto-cjk and poppler-utils",
)


def _made(name: str, signer: SampleSigner = PRODUCTION_SIGNER) -> bytes:
    pdf = add_pdf(bundle_of(signed_files(SAMPLES[name](signer), signer)), signer).pdf
    assert pdf is not None
    return pdf


def _text(pdf: bytes, folder: Path) -> str:
    path = folder / "document.pdf"
    path.write_bytes(pdf)
    done = subprocess.run(["pdftotext", "-raw", str(path), "-"], check=True, capture_output=True)
    return done.stdout.decode("utf-8")


@pytest.mark.parametrize("name", SAMPLES)
def test_pdf__each_document__one_page_that_verifies_and_says_no_erasure(
    name: str, tmp_path: Path
) -> None:
    """The page carries its own files, fits on one sheet, and does not speak of an erasure done."""
    pdf = _made(name)
    verdict = verify(attached_bundle(pdf), root_pem=ROOT.pem, allow_practice=False, now=NOW)
    assert verdict.status is Status.GENUINE
    text = _text(pdf, tmp_path)
    assert "这份文件没有说到设备是否清除。" in text
    assert "This document says nothing about an erasure." in text
    assert "第 1 页，共 1 页" in text
    assert f"-signature {DocumentType(verdict.statement['type']).signature_name}" in text
    for code in ("wipe-cert qr", "wipe-cert:", "每个字节都核对过"):
        assert code not in text


def test_pdf__receipt__room_for_a_name_by_hand_and_no_name_in_it(tmp_path: Path) -> None:
    """The customer writes name and signature on paper; no other document asks for them."""
    text = _text(_made("receipt"), tmp_path)
    assert "签名和日期 Signature and date" in text
    assert TICKET in text
    assert "199.00 CNY" in text
    assert "Signature and date" not in _text(_made("custody_notice"), tmp_path)


def test_pdf__practice__watermark(tmp_path: Path) -> None:
    """Practice says so across the page."""
    text = _text(_made("receipt", PRACTICE_SIGNER), tmp_path)
    assert "PRACTICE" in text
    assert "Practice: this is no certificate." in text
    assert "PRACTICE" not in _text(_made("receipt"), tmp_path)
