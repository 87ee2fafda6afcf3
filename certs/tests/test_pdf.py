"""Making PDFs: the page, the child that renders it, and the signature in it."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from certs.bundle import read_bundle, write_bundle
from certs.errors import MissingGlyphError, PdfError
from certs.layout import MAX_PDF_BYTES, Bundle, bundle_of
from certs.pdf import render as render_module
from certs.pdf.make import add_pdf, qr_of, render_bundle
from certs.pdf.page import attachments_of, page_of, visible
from certs.pdf.render import FONTS, render
from certs.pdf.symbol import symbol_of
from certs.tests.samples import (
    NOW,
    PRACTICE_SIGNER,
    PRODUCTION_SIGNER,
    ROOT,
    Statement,
    certificate_statement,
    names_in,
    notice_statement,
    signed_files,
)
from certs.verdict import Status
from certs.verify import verify

pytestmark = pytest.mark.skipif(  # in CI what is missing fails
    not FONTS.is_dir() and "CI" not in os.environ, reason="needs Debian's fonts-noto-cjk"
)

BUNDLE = bundle_of(signed_files(certificate_statement()))
QR = qr_of(BUNDLE, PRACTICE_SIGNER)
SYMBOL = symbol_of(QR)


def _bundle(statement: Statement) -> Bundle:
    return bundle_of(signed_files(statement, PRODUCTION_SIGNER))


def _named(name: str) -> Statement:
    statement = certificate_statement(PRODUCTION_SIGNER)
    statement["device"]["identifiers"][0]["value"] = name
    return statement


def test_visible__characters_that_draw_nothing__by_number() -> None:
    """What a reader would not see is shown by its code point; what can be seen stays."""
    assert visible("圳 \U00030ede disk-1") == "圳 \U00030ede disk-1"
    assert visible("a\u200b\u202e\u00a0\ufe0f\U000e0100\u3164\ue000b") == (
        "a[U+200B][U+202E][U+00A0][U+FE0F][U+E0100][U+3164][U+E000]b"
    )
    assert visible("x", frozenset("x")) == "[U+0078]"


def test_page__every_string__passes_through_visible() -> None:
    """No text of a statement reaches the template with an invisible character in it."""
    statement = _named("a\u202eb")
    statement["interruptions"][0]["what"] = "\u200b"
    statement["method"]["certainty"] = "\u2066"
    shown = str(page_of(statement, SYMBOL))
    assert not any(character in shown for character in "\u202e\u2066")
    assert "a[U+202E]b" in shown
    assert "'what': '[U+200B]'" in shown


def test_render__same_bundle__same_bytes() -> None:
    """A page is the same bytes each time."""
    digests = {hashlib.sha256(render_bundle(BUNDLE, QR)).digest() for _ in range(2)}
    assert len(digests) == 1


def test_render__missing_glyphs__named_then_shown_by_number() -> None:
    """The renderer refuses to leave characters out; they are named, then shown as U+XXXX."""
    statement = _named("\U00030ede圳 \u0700 \U0001f600")
    bundle = _bundle(statement)
    page = page_of(statement, SYMBOL) | {
        "attachments": attachments_of(bundle),
        "timestamp": 0,
        "code": "",
    }
    with pytest.raises(MissingGlyphError) as caught:
        render(page)
    assert caught.value.characters == frozenset("\u0700\U0001f600")
    assert render_bundle(bundle, QR).startswith(b"%PDF-1.7")


def test_add_pdf__certificate_and_notice__verified_and_found_again(tmp_path: Path) -> None:
    """What the maker writes, the strict reader of the base package accepts."""
    for statement, status in (
        (certificate_statement(PRODUCTION_SIGNER), Status.ERASED),
        (notice_statement(PRODUCTION_SIGNER), Status.NOT_ERASED),
    ):
        folder = write_bundle(
            tmp_path, statement, PRODUCTION_SIGNER, lambda each: add_pdf(each, PRODUCTION_SIGNER)
        )
        (pdf,) = folder.glob("*.pdf")
        assert len(names_in(folder)) == 4
        for path in (folder, pdf):
            verdict = verify(read_bundle(path), root_pem=ROOT.pem, allow_practice=False, now=NOW)
            assert verdict.status is status


def test_add_pdf__signer_of_another_bundle__refused() -> None:
    """A PDF that a stranger would refuse never leaves the maker."""
    with pytest.raises(PdfError):
        add_pdf(BUNDLE, PRODUCTION_SIGNER)


def test_render__no_fonts_or_slow_or_broken_child__typed_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong in the child arrives as one error of ours."""
    with pytest.raises(PdfError):
        render_bundle(BUNDLE, QR, tmp_path / "absent")
    with pytest.raises(PdfError):
        render_bundle(BUNDLE, QR, tmp_path)
    monkeypatch.setattr(render_module, "_TIME_LIMIT_S", 0.01)
    with pytest.raises(PdfError, match="too long"):
        render_bundle(BUNDLE, QR)


@pytest.mark.parametrize(
    "answer", [b"", b"P", b"Phtml", b"G", b"G5", b"E[", b"P%PDF-".ljust(MAX_PDF_BYTES + 1)]
)
def test_answer__nonsense__refused(answer: bytes) -> None:
    """The child's answer is outside bytes."""
    with pytest.raises(PdfError):
        render_module._made_in(answer, b"%PDF-")


def test_template__hostile_name__shown_as_text(tmp_path: Path) -> None:
    """A device's name is never evaluated and reads no file."""
    bundle = _bundle(_named('#read("/etc/passwd") $x$ `y` #eval("1+1") *b* <a> \\'))
    (tmp_path / "page.pdf").write_bytes(render_bundle(bundle, QR))
    text = " ".join(_text(tmp_path / "page.pdf").split())
    assert '#read("/etc/passwd") $x$ `y` #eval("1+1") *b* <a> \\' in text
    assert "root:" not in text


def _text(path: Path) -> str:
    done = subprocess.run(["pdftotext", "-raw", str(path), "-"], check=True, capture_output=True)
    return done.stdout.decode()


def test_signer__practice__pdf_is_practice(tmp_path: Path) -> None:
    """The watermark stands on practice pages, in both languages, and on no other."""
    for signer, expected in ((PRACTICE_SIGNER, True), (PRODUCTION_SIGNER, False)):
        files = signed_files(certificate_statement(signer), signer)
        path = tmp_path / f"{expected}.pdf"
        path.write_bytes(render_bundle(bundle_of(files), QR))
        text = _text(path)
        assert ("\nPRACTICE" in text) is expected
        assert ("这是练习，不是证明。" in text) is expected


def test_child__confined__nobody_with_limits_and_no_way_back() -> None:
    """The process that renders has given up every right before it reads the page."""
    program = (
        "import os, resource as r; from certs.pdf.render_child import _confine;"
        " _confine(os.getppid(), 5);"
        " lines = open('/proc/self/status').read().splitlines();"
        " print(os.getuid(), os.getgroups(), [x for x in lines if 'NoNewPrivs' in x],"
        " r.getrlimit(r.RLIMIT_FSIZE), r.getrlimit(r.RLIMIT_AS)[0] > 0)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], check=True, capture_output=True, text=True
    )
    user = 65534 if os.getuid() == 0 else os.getuid()
    assert done.stdout.startswith(f"{user} [")
    assert "NoNewPrivs:\\t1" in done.stdout
    assert "(5, 5) True" in done.stdout
