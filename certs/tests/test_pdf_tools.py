"""Our PDFs in the hands of tools that strangers have: pdfsig, pdfdetach, pdftotext, pdffonts."""

import os
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from certs.errors import CertificateError, Layer
from certs.layout import bundle_of
from certs.pdf.container import attached_bundle
from certs.pdf.make import add_pdf
from certs.pdf.render import FONTS
from certs.tests.samples import (
    NOW,
    PRODUCTION_SIGNER,
    ROOT,
    SIZE_BYTES,
    Statement,
    certificate_statement,
    graded_statement,
    notice_statement,
    signed_files,
)
from certs.verify import verify

_TOOLS = ("pdfsig", "pdfdetach", "pdftotext", "pdffonts", "pdfinfo", "certutil", "openssl")
pytestmark = pytest.mark.skipif(  # in CI what is missing fails
    "CI" not in os.environ and not (FONTS.is_dir() and all(map(shutil.which, _TOOLS))),
    reason="needs Debian's fonts-noto-cjk, poppler-utils and libnss3-tools",
)
GUTMANN_PASSES = 35
VALID = "Signature Validation: Signature is Valid."
TRUSTED = "Certificate Validation: Certificate is Trusted."
FLIPS = 25


def _made(statement: Statement) -> bytes:
    files = signed_files(statement, PRODUCTION_SIGNER)
    pdf = add_pdf(bundle_of(files), PRODUCTION_SIGNER).pdf
    assert pdf is not None
    return pdf


@pytest.fixture(scope="module")
def pdf() -> bytes:
    """A certificate's PDF."""
    return _made(certificate_statement(PRODUCTION_SIGNER))


class Desk:
    """A stranger's folder with the root in a store that pdfsig reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "nss"
        self.store.mkdir()
        (folder / "root.pem").write_bytes(ROOT.pem)
        self._certutil("-N", "--empty-password")
        self._certutil("-A", "-n", "root", "-t", "C,C,C", "-i", str(folder / "root.pem"))

    def _certutil(self, *arguments: str) -> None:
        command = ["certutil", "-d", f"sql:{self.store}", *arguments]
        subprocess.run(command, check=True, capture_output=True)

    def put(self, pdf: bytes) -> Path:
        """Lay a PDF on the desk."""
        path = self.folder / "document.pdf"
        path.write_bytes(pdf)
        return path

    def pdfsig(self, pdf: bytes) -> str:
        """Return what pdfsig says."""
        return _said("pdfsig", "-nssdir", str(self.store), str(self.put(pdf)))


def _said(*command: str) -> str:
    done = subprocess.run(command, check=False, capture_output=True)
    return done.stdout.decode("utf-8", "replace")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with the production root."""
    return Desk(tmp_path)


def test_pdfsig__genuine__valid_and_trusted(desk: Desk, pdf: bytes) -> None:
    """A reader of PDF that knows the root says so, and that all of the file is signed."""
    for each in (pdf, _made(notice_statement(PRODUCTION_SIGNER))):
        said = desk.pdfsig(each)
        assert VALID in said
        assert TRUSTED in said
        assert "Total document signed" in said
        assert said.count("Signature #") == 1
        assert "ETSI.CAdES.detached" in said
        assert "Signing Time: Nov 23 2026" in said


def test_pdfsig__byte_flipped_inside_the_ranges__refused_by_both(desk: Desk, pdf: bytes) -> None:
    """Any changed byte is refused by pdfsig and, at the PDF layer, by us."""
    source = random.Random(46864)
    start = pdf.index(b"/Contents <") + len(b"/Contents ")
    end = pdf.index(b">", start) + 1
    covered = [*range(start), *range(end, len(pdf))]
    for position in source.sample(covered, FLIPS):
        flipped = bytearray(pdf)
        flipped[position] ^= 1 << source.randrange(8)
        assert VALID not in desk.pdfsig(bytes(flipped))
        _refused(bytes(flipped))


def _refused(pdf: bytes) -> None:
    with pytest.raises(CertificateError) as caught:
        verify(attached_bundle(pdf), root_pem=ROOT.pem, allow_practice=False, now=NOW)
    assert caught.value.layer is Layer.PDF


def test_padding_and_appended_bytes__we_refuse_what_pdfsig_accepts(desk: Desk, pdf: bytes) -> None:
    """Padding and appended bytes are outside what pdfsig judges; we refuse them."""
    padding = pdf.replace(b"00>\n/ByteRange", b"01>\n/ByteRange")
    assert padding != pdf
    _refused(padding)
    assert VALID in desk.pdfsig(padding)
    update = b"\n1 0 obj\n<<>>\nendobj\nxref\n0 0\ntrailer\n<<>>\nstartxref\n0\n%%EOF\n"
    for appended in (b"\n", b"\0", update):
        _refused(pdf + appended)


def test_pdfdetach__attachments__equal_the_files(desk: Desk, pdf: bytes) -> None:
    """Anybody can take the three files out, and they are the bundle's."""
    folder = desk.folder / "files"
    folder.mkdir()
    _said("pdfdetach", "-saveall", "-o", str(folder), str(desk.put(pdf)))
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert found == signed_files(certificate_statement(PRODUCTION_SIGNER), PRODUCTION_SIGNER)


def test_openssl__signature_taken_out__verifies(desk: Desk, pdf: bytes) -> None:
    """The signature is CMS that openssl verifies over the byte range, without our code."""
    ranges = re.search(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]", pdf)
    assert ranges is not None
    before, after = int(ranges[1]), int(ranges[2])
    (desk.folder / "covered").write_bytes(pdf[:before] + pdf[after:])
    (desk.folder / "cms").write_bytes(bytes.fromhex(pdf[before + 1 : after - 1].decode()))
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "cms"]
    command += [
        "-content",
        "covered",
        "-CAfile",
        "root.pem",
        "-purpose",
        "any",
        "-out",
        "/dev/null",
    ]
    done = subprocess.run(command, check=False, capture_output=True, cwd=desk.folder)
    assert done.returncode == 0, done.stderr


def test_pdffonts__every_font__embedded(desk: Desk, pdf: bytes) -> None:
    """The page looks the same everywhere: no font is left to the reader."""
    lines = _said("pdffonts", str(desk.put(pdf))).splitlines()[2:]
    assert lines
    assert all(re.search(r"yes yes yes +\d+ +0$", line) for line in lines)


def _text(desk: Desk, pdf: bytes) -> str:
    return _said("pdftotext", "-layout", str(desk.put(pdf)), "-")


def test_pdftotext__certificate__literal_passes_in_both_languages(desk: Desk, pdf: bytes) -> None:
    """The page says what was written, where it was read back, and what stays open."""
    text = _text(desk, pdf)
    size = f"{SIZE_BYTES:,}"
    for pattern in ("00", "FF", "xts128-1mib-v1"):
        assert re.search(rf"^ +\d +{pattern} +{size} +写完 +completed", text, re.MULTILINE), pattern
    for words in (
        "数据清除证明",
        "Certificate of Erasure",
        "已清除，每个字节都核对过。",
        "Erased; every byte checked.",
        "依据公开资料编制，未经检测。",
        "conformity not",
        "可防软件恢复",
        "NIST SP 800-88 Rev. 2",
        "worker-lost",
        "openssl dgst -sha256 -verify",
        "第 1 页，共 2 页",
    ):
        assert words in text, words
    assert "\u200b" not in text
    assert "练习 PRACTICE" not in text


def test_pdftotext__notice__says_red_box_and_ranges(desk: Desk) -> None:
    """A notice says what to do, why, and which range was not reached."""
    text = _text(desk, _made(notice_statement(PRODUCTION_SIGNER)))
    assert "没能确认清除成功，不能出售。请放进红盒，交给店长。" in text
    assert "Not confirmed; not for sale. Red box, manager." in text
    assert "67,104,768 – 67,108,864" in text  # noqa: RUF001
    assert "Certificate of Erasure" not in text


def test_pdftotext__graded_certificate__customer_first_then_the_auditor(desk: Desk) -> None:
    """The first page is the customer's; measures, reasons and digests are on the auditor's.

    Both say what the document does not prove. A time is told in UTC and as the shop's clock had it.
    """
    customer, auditor, rest = _text(desk, _made(graded_statement(PRODUCTION_SIGNER))).split("\f")
    assert not rest
    said = {
        "写完 3 遍，共 3 遍": (True, False),
        "2026-11-23 17:25:40 UTC = 2026-11-24 01:25:40 +08:00": (True, False),
        "device-cache": (True, True),
        "可防软件恢复": (True, True),
        "剩余寿命要留意": (True, True),
        "ssd_life_used_percent = 7; > 6; a published threshold": (False, True),
        "Reallocated sectors": (False, True),
        "Speed by place": (False, True),
        "Slowest write": (False, True),
        "openssl dgst -sha256 -verify": (False, True),
        "wipe-cert verify certificate.pdf --root ROOT.pem": (True, False),
    }
    assert {words: (words in customer, words in auditor) for words in said} == said


def _gutmann() -> Statement:
    statement = graded_statement(PRODUCTION_SIGNER)
    one_pass, last = statement["passes"][1], statement["passes"][2]
    fixed = {"kind": "fixed", "bytes_hex": "924924"}
    statement["passes"] = [
        one_pass | {"number": number, "pattern": fixed} for number in range(1, GUTMANN_PASSES)
    ] + [last | {"number": GUTMANN_PASSES}]
    statement["verification"]["pass_number"] = GUTMANN_PASSES
    return statement


def test_page__35_passes__on_one_auditor_s_page(desk: Desk) -> None:
    """The longest method known fits on the auditor's page with all that a drive can state."""
    made = _made(_gutmann())
    text = _text(desk, made)
    assert len(re.findall(r"92 49 24 +67,108,864", text)) == GUTMANN_PASSES - 1
    assert "Pages:           2" in _said("pdfinfo", str(desk.put(made)))


def test_page__many_ranges__numbered_pages(desk: Desk) -> None:
    """Ranges are never cut short: the page goes on, and every page says which it is."""
    statement = notice_statement(PRODUCTION_SIGNER)
    statement["not_reached"] = [
        {"from_byte": n << 13, "to_byte": (n << 13) + 4096, "what": "unverified"}
        for n in range(600)
    ]
    statement["not_reached_bytes"] = 600 * 4096
    text = _text(desk, _made(statement))
    assert len(re.findall(r"没核对 +unverified", text)) == 600
    pages = text.count("\f")
    assert pages > 1
    assert f"page {pages} of {pages}" in text
