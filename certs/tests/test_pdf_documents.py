"""Paper of all documents but a drive's, in the hands of tools that strangers have."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from certs.layout import DocumentType, bundle_of
from certs.pdf.container import attached_bundle
from certs.pdf.make import add_pdf
from certs.pdf.render import FONTS
from certs.pdf.words import WORDS
from certs.sampled import ERASED_BY_ITSELF
from certs.tests.document_samples import SAMPLES, TICKET
from certs.tests.phone_samples import PHONES
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
    make = (SAMPLES | PHONES)[name]
    pdf = add_pdf(bundle_of(signed_files(make(signer), signer)), signer).pdf
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


@pytest.mark.parametrize("name", PHONES)
def test_pdf__phone__two_pages_that_verify_and_say_what_it_is(name: str, tmp_path: Path) -> None:
    """The first page is the customer's, with verdict and code; the second one the auditor's."""
    pdf = _made(name)
    bundle = attached_bundle(pdf)
    verdict = verify(bundle, root_pem=ROOT.pem, allow_practice=False, now=NOW)
    text = _text(pdf, tmp_path)
    assert "第 2 页，共 2 页" in text
    assert "没有说到设备是否清除" not in text
    assert "wipe-cert qr" in text
    assert "每个字节都核对过" not in text
    certificate = verdict.status is Status.ERASED
    assert (ERASED_BY_ITSELF.zh in text) is certificate
    assert (WORDS["red-box"].zh in text) is not certificate


def test_pdf__phone_certificate__claim_and_what_is_inferred_on_the_first_page(
    tmp_path: Path,
) -> None:
    """Nobody has to turn the page to learn what is claimed, what was seen and what was not."""
    first = _text(_made("phone_certificate"), tmp_path).partition("\f")[0]
    plain = "".join(first.split())
    for said in (
        "手机数据清除证明",
        "Certificate of a phone's erasure",
        "PH0NE-7",
        "490154203237518",
        "可防实验室恢复（Purge）",
        "NIST SP 800-88r2 (2025-09-26), text not examined",
        "推断的，没有看到",
        "密钥被销毁是从系统的设计推断的",
        "清除前放进去的随机文件不在了",
        "没有检查 eSIM 是否清除",
    ):
        assert "".join(said.split()) in plain, said


def test_pdf__phone_notice__says_what_speaks_against_it(tmp_path: Path) -> None:
    """A notice is no certificate at a glance, and says why."""
    text = _text(_made("phone_notice"), tmp_path)
    assert "没有确认清除" in text
    assert "清除前放进去的文件还在。" in text
    assert "手机数据清除证明" not in text


@pytest.mark.parametrize(
    ("name", "said"),
    [("phone_certificate", "手机 phone"), ("phone_certificate_ios", "平板 tablet")],
)
def test_pdf__phone_or_tablet__said_on_paper(tmp_path: Path, name: str, said: str) -> None:
    """A tablet's paper does not leave it to the reader what kind of device was erased."""
    (line,) = [line for line in _text(_made(name), tmp_path).split("\n") if "手机还是平板" in line]
    assert said in line


def test_pdf__phone_of_practice__watermark_and_no_claim(tmp_path: Path) -> None:
    """A practice certificate of a phone can be taken for no other."""
    text = _text(_made("phone_certificate", PRACTICE_SIGNER), tmp_path)
    assert "PRACTICE" in text
    assert "Practice: this is no certificate." in text
    assert "Purge" not in text


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
