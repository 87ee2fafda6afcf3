"""Codes on paper: a real reader reads them from the rendered page, and they verify."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from certs.errors import PdfError
from certs.layout import Bundle, bundle_of
from certs.pdf.label import GRADE_LETTERS, MOST_TICKET_CHARACTERS, label_pdf, strip_pdf
from certs.pdf.make import add_pdf, qr_of
from certs.pdf.render import FONTS
from certs.pdf.symbol import symbol_of
from certs.qr import PREFIX, check_qr, compare_qr, parse_qr, signed_qr
from certs.qr_claims import GRADES
from certs.short_code import grouped, short_code
from certs.tests.make_qr_vectors import FOLDER, named_statement
from certs.tests.phone_samples import PHONES
from certs.tests.samples import (
    NOW,
    PRACTICE_ROOT,
    PRACTICE_SIGNER,
    PRODUCTION_SIGNER,
    ROOT,
    SampleSigner,
    Statement,
    certificate_statement,
    graded_statement,
    notice_statement,
    sampled_statement,
    signed_files,
)
from certs.tests.test_qr import LONGEST

_TOOLS = ("pdftoppm", "pdftotext", "pdfinfo", "zbarimg")
pytestmark = pytest.mark.skipif(  # in CI what is missing fails
    "CI" not in os.environ and not (FONTS.is_dir() and all(map(shutil.which, _TOOLS))),
    reason="needs Debian's fonts-noto-cjk, poppler-utils and zbar-tools",
)
PRINTER_DPI = 203
HOST = "https://" + "h" * 56
# What a roll of 58 mm leaves to print on.
PRINTABLE_MM = 48


def _bundle(statement: Statement, signer: SampleSigner = PRODUCTION_SIGNER) -> Bundle:
    return bundle_of(signed_files(statement, signer))


BUNDLE = _bundle(named_statement(graded_statement(PRODUCTION_SIGNER)))
PRACTICE = _bundle(named_statement(graded_statement()), PRACTICE_SIGNER)
NOTICE = _bundle(named_statement(notice_statement(PRODUCTION_SIGNER)))


@dataclass(frozen=True)
class Picture:
    """Grey values, 0 is black, row by row."""

    width: int
    height: int
    grey: bytes

    def blurred(self, radius: int) -> "Picture":
        """Return the picture with every dot the mean of its neighbourhood."""
        rows = [self.grey[at : at + self.width] for at in range(0, len(self.grey), self.width)]
        across = [_means(row, radius) for row in rows]
        down = [_means(column, radius) for column in zip(*across, strict=True)]
        turned = (bytes(row) for row in zip(*down, strict=True))
        return Picture(self.width, self.height, b"".join(turned))

    def read(self, folder: Path) -> str:
        """Return what the reader of others finds in it."""
        path = folder / "picture.pgm"
        path.write_bytes(b"P5 %d %d 255\n" % (self.width, self.height) + self.grey)
        return _scanned(path)


def _means(values: Sequence[int], radius: int) -> list[int]:
    sums = [0]
    for value in values:
        sums.append(sums[-1] + value)
    ends = [(max(0, at - radius), min(len(values), at + radius + 1)) for at in range(len(values))]
    return [(sums[end] - sums[start]) // (end - start) for start, end in ends]


def _scanned(path: Path) -> str:
    command = ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", str(path)]
    done = subprocess.run(command, check=False, capture_output=True)
    return done.stdout.decode().removesuffix("\n")


def _drawn(pdf: bytes, folder: Path, dpi: int = PRINTER_DPI) -> Picture:
    (folder / "page.pdf").write_bytes(pdf)
    command = ["pdftoppm", "-r", str(dpi), "-gray", "-f", "1", "-l", "1", "-singlefile"]
    subprocess.run([*command, "page.pdf", "page"], cwd=folder, check=True, capture_output=True)
    data = (folder / "page.pgm").read_bytes()
    kind, size, most, grey = data.split(b"\n", 3)
    assert (kind, most) == (b"P5", b"255"), "as pdftoppm writes it"
    width, height = map(int, size.split())
    return Picture(width, height, grey)


def _text(pdf: bytes, folder: Path) -> str:
    (folder / "page.pdf").write_bytes(pdf)
    command = ["pdftotext", "-layout", str(folder / "page.pdf"), "-"]
    return subprocess.run(command, check=True, capture_output=True).stdout.decode()


def _size_mm(pdf: bytes, folder: Path) -> tuple[float, float]:
    (folder / "page.pdf").write_bytes(pdf)
    command = ["pdfinfo", str(folder / "page.pdf")]
    said = subprocess.run(command, check=True, capture_output=True).stdout.decode()
    assert "Pages:           1\n" in said
    (line,) = (each for each in said.splitlines() if each.startswith("Page size:"))
    _, _, width, _, height, *_ = line.split()
    return float(width) / 72 * 25.4, float(height) / 72 * 25.4


# --- the page -------------------------------------------------------------------------------------


@pytest.mark.parametrize("practice", [False, True])
def test_page__scanned__the_code_verifies_and_agrees(practice: bool, tmp_path: Path) -> None:
    """The code on the first page is the document's, under the watermark too."""
    bundle, signer = (PRACTICE, PRACTICE_SIGNER) if practice else (BUNDLE, PRODUCTION_SIGNER)
    pdf = add_pdf(bundle, signer).pdf
    assert pdf is not None
    qr = parse_qr(_drawn(pdf, tmp_path).read(tmp_path))
    root = PRACTICE_ROOT if practice else ROOT
    check_qr(qr, bundle.chain_pem, root_pem=root.pem, allow_practice=practice, now=NOW)
    compare_qr(qr.claims, json.loads(bundle.document), bundle.document)
    assert grouped(short_code(bundle.document)) in _text(pdf, tmp_path)


def test_page__many_ranges__code_still_on_the_first(tmp_path: Path) -> None:
    """However long a document gets, its code stands on its first page."""
    statement = named_statement(notice_statement(PRODUCTION_SIGNER))
    statement["not_reached"] = [
        {"from_byte": n << 13, "to_byte": (n << 13) + 4096, "what": "unverified"}
        for n in range(600)
    ]
    statement["not_reached_bytes"] = 600 * 4096
    bundle = _bundle(statement)
    pdf = add_pdf(bundle, PRODUCTION_SIGNER, host="https://recycling.example/c").pdf
    assert pdf is not None
    text = _drawn(pdf, tmp_path).read(tmp_path)
    assert text == qr_of(bundle, PRODUCTION_SIGNER, "https://recycling.example/c")


def test_add_pdf__host_that_cannot_be__no_pdf() -> None:
    """A wrong setting is an error of the page, not of the document."""
    with pytest.raises(PdfError, match="address"):
        add_pdf(BUNDLE, PRODUCTION_SIGNER, host="http://recycling.example")


# --- the strip ------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", [None, HOST])
@pytest.mark.parametrize(
    ("dpi", "radius"), [(PRINTER_DPI, 0), (PRINTER_DPI, 1), (150, 0), (180, 1), (300, 1)]
)
def test_strip__scanned_sharp_blurred_and_scaled__same_text(
    dpi: int, radius: int, host: str | None, tmp_path: Path
) -> None:
    """A printer's four dots for each module are read, also blurred and at other scales."""
    pdf = strip_pdf(BUNDLE, PRODUCTION_SIGNER, host=host)
    text = _drawn(pdf, tmp_path, dpi).blurred(radius).read(tmp_path)
    assert text == qr_of(BUNDLE, PRODUCTION_SIGNER, host)
    check_qr(parse_qr(text), BUNDLE.chain_pem, root_pem=ROOT.pem, allow_practice=False, now=NOW)


def test_strip__black_and_white_alone__same_text(tmp_path: Path) -> None:
    """A printer that knows no grey makes a code that is read."""
    (tmp_path / "page.pdf").write_bytes(strip_pdf(BUNDLE, PRODUCTION_SIGNER))
    command = ["pdftoppm", "-r", str(PRINTER_DPI), "-mono", "-singlefile", "page.pdf", "page"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert _scanned(tmp_path / "page.pbm") == qr_of(BUNDLE, PRODUCTION_SIGNER)


def test_strip__beyond_recognition__read_by_nobody(tmp_path: Path) -> None:
    """The blur is a blur: with a whole module around every dot nothing is read any more."""
    pdf = strip_pdf(BUNDLE, PRODUCTION_SIGNER)
    assert _drawn(pdf, tmp_path).blurred(4).read(tmp_path) == ""


def test_strip__any_document__one_page_of_58_mm(tmp_path: Path) -> None:
    """The strip is as wide as its roll, says what the label says, and what the code claims."""
    for bundle, signer, state in (
        (BUNDLE, PRODUCTION_SIGNER, "已清除"),
        (NOTICE, PRODUCTION_SIGNER, "不能出售"),
        (PRACTICE, PRACTICE_SIGNER, "练习"),
    ):
        pdf = strip_pdf(bundle, signer)
        width, height = _size_mm(pdf, tmp_path)
        assert abs(width - 58) < 0.1
        assert height < 150
        text = _text(pdf, tmp_path)
        assert state in text
        assert "WD-WCC7K0123456" in text


@pytest.mark.parametrize(
    "name", ["accept_longest", "accept_without_names", "accept_phone_without_names"]
)
def test_symbol__shortest_and_longest__fits_the_roll(name: str) -> None:
    """Every code is at least 42 mm wide, and none wider than such a roll can print."""
    text = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))["text"]
    longest = signed_qr(LONGEST, PRODUCTION_SIGNER.sign, HOST)
    for each in (text, text.replace(PREFIX, HOST + "#"), longest):
        assert 42 <= symbol_of(each).size_mm <= PRINTABLE_MM


def test_strip__signer_of_another_bundle__refused() -> None:
    """A code that a stranger would refuse is never printed."""
    with pytest.raises(PdfError, match="signature"):
        strip_pdf(BUNDLE, PRACTICE_SIGNER)


# --- the label ------------------------------------------------------------------------------------


def test_label__any_document__within_40_by_30_mm(tmp_path: Path) -> None:
    """The label fits its sticker whatever stands on it."""
    for bundle in (BUNDLE, PRACTICE, NOTICE):
        width, height = _size_mm(label_pdf(bundle), tmp_path)
        assert width <= 40.01
        assert height <= 30.01


def test_label__scanned__the_short_code_and_nothing_else(tmp_path: Path) -> None:
    """The label's code finds the document; it holds no claim."""
    for bundle in (BUNDLE, PRACTICE, NOTICE):
        picture = _drawn(label_pdf(bundle), tmp_path)
        assert picture.blurred(1).read(tmp_path) == short_code(bundle.document)


def test_label__verified__erased_with_grades_and_code(tmp_path: Path) -> None:
    """A verified erasure is called that; whether it is sold is for whoever reads the grades."""
    text = _text(label_pdf(BUNDLE), tmp_path)
    assert "已清除" in text
    assert "ERASED" in text
    assert "SALE" not in text
    assert grouped(short_code(BUNDLE.document)) in text
    assert "功能A·外观?·剩余寿命B" in "".join(text.split())
    assert GRADE_LETTERS.keys() == GRADES.keys()


@pytest.mark.parametrize(
    "statement",
    [
        notice_statement(PRODUCTION_SIGNER),
        notice_statement(PRODUCTION_SIGNER, outcome="verified-with-exceptions"),
        notice_statement(PRODUCTION_SIGNER, "interrupted", "indeterminate"),
        notice_statement(PRODUCTION_SIGNER, "aborted", "aborted"),
    ],
    ids=lambda statement: str(statement["outcome"]),
)
def test_label__not_verified__not_for_sale(statement: Statement, tmp_path: Path) -> None:
    """Whatever is not a verified erasure must not be sold, and says so."""
    text = " ".join(_text(label_pdf(_bundle(statement)), tmp_path).split())
    assert "不能出售" in text
    assert "已清除" not in text
    assert text.count("FOR") == text.count("NOT") == 1


@pytest.mark.parametrize("name", PHONES)
def test_label__phone__as_its_document_says(name: str, tmp_path: Path) -> None:
    """A phone's label and strip say erased where its document certifies that, and nothing else."""
    bundle = _bundle(PHONES[name](PRODUCTION_SIGNER))
    certificate = bundle.type_by_name.certifies
    strip = _text(strip_pdf(bundle, PRODUCTION_SIGNER), tmp_path)
    for text in (_text(label_pdf(bundle), tmp_path), strip):
        assert ("已清除" in text) is certificate
        assert ("不能出售" in text) is not certificate
        assert grouped(short_code(bundle.document)) in text
    assert "每个字节都核对过" not in strip
    assert ("密钥被销毁是推断的" in "".join(strip.split())) is certificate


@pytest.mark.parametrize("statement", [certificate_statement(), sampled_statement()])
def test_label__practice__says_so_and_nothing_of_sale(statement: Statement, tmp_path: Path) -> None:
    """Practice is no reason to sell anything."""
    text = _text(label_pdf(_bundle(statement, PRACTICE_SIGNER)), tmp_path)
    assert "练习" in text
    assert "PRACTICE" in text
    assert "出售" not in text
    assert "SALE" not in text


def test_label__longest_ticket__in_one_line_within_its_paper(tmp_path: Path) -> None:
    """A ticket is set smaller rather than cut, and the label grows by no page."""
    ticket = "T" * MOST_TICKET_CHARACTERS
    for made in (
        label_pdf(BUNDLE, ticket=ticket),
        strip_pdf(BUNDLE, PRODUCTION_SIGNER, ticket=ticket),
    ):
        assert ticket in _text(made, tmp_path)
        _size_mm(made, tmp_path)  # which insists on one page
    picture = _drawn(label_pdf(BUNDLE, ticket=ticket), tmp_path)
    edge = [picture.grey[y * picture.width + x] for y in range(picture.height) for x in (0, 5, 313)]
    assert min(edge) == 255, "something stands in the margin"


def test_label__same_bundle__same_bytes() -> None:
    """A label is the same bytes each time, and so is a strip."""
    assert label_pdf(BUNDLE) == label_pdf(BUNDLE)
    assert strip_pdf(BUNDLE, PRODUCTION_SIGNER) == strip_pdf(BUNDLE, PRODUCTION_SIGNER)


def test_strip__hostile_and_missing_glyphs__shown(tmp_path: Path) -> None:
    """A device's own words are text, and what cannot be drawn is shown by its number."""
    statement = named_statement()
    statement["device"]["identifiers"][1]["value"] = '#eval("1+1")\u202e\u0700'
    text = _text(strip_pdf(_bundle(statement), PRODUCTION_SIGNER), tmp_path)
    shown = "".join(text.split())
    assert '#eval("1+1")[U+202E][U+0700]' in shown
