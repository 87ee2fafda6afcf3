"""Start the process that renders, and distrust its answer. I/O."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, Final, NoReturn

from certs.errors import MissingGlyphError, PdfError
from certs.layout import MAX_PDF_BYTES
from certs.pdf.output import Output
from certs.text import Text

FONTS: Final = Path("/usr/share/fonts/opentype/noto")
"""Where Debian's ``fonts-noto-cjk`` puts its fonts."""

_TIME_LIMIT_S: Final = 60
_MOST_SAID_BYTES: Final = 2000
# One thread and few arenas: the limit on memory counts what is reserved, not what is used.
_ENVIRONMENT: Final = {"LC_ALL": "C.UTF-8", "RAYON_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}

_HINT = Text(
    zh="证明本身没有问题，文件都在；PDF 可以以后补。请告诉维护人员。",
    en="The document itself is complete; its PDF can be made later. Tell an engineer.",
)


_BEGINNINGS: Final = {Output.PDF: b"%PDF-", Output.PNG: b"\x89PNG\r\n\x1a\n"}


class Template(Enum):
    """What can be rendered; the value is the file's name."""

    CERTIFICATE = "certificate.typ"
    LABEL = "label.typ"
    DOCUMENT = "document.typ"


def render_drawable(
    page: Callable[[frozenset[str]], dict[str, Any]],
    fonts: Path,
    template: Template,
    output: Output = Output.PDF,
) -> bytes:
    """Render a page; characters that the fonts lack are told to its maker, who spells them out.

    Args:
        page: returns the page, given characters that cannot be drawn.
        fonts: as in `render`.
        template: as in `render`.
        output: as in `render`.

    Raises:
        PdfError: as in `render`.
        OSError: no process can be started.
    """
    try:
        return render(page(frozenset()), fonts, template, output)
    except MissingGlyphError as error:
        return render(page(error.characters), fonts, template, output)


def render(
    page: dict[str, Any],
    fonts: Path = FONTS,
    template: Template = Template.CERTIFICATE,
    output: Output = Output.PDF,
) -> bytes:
    """Render a page in a child that is nobody.

    Args:
        page: for the template, with ``timestamp``.
        fonts: folder with the fonts; no others are used.
        template: which one.
        output: what to make of it.

    Returns:
        PDF/A-3b, or a picture of the one page with eight dots to the millimetre; the same bytes
        for the same page, fonts and typst.

    Raises:
        MissingGlyphError: the fonts lack characters of the page.
        PdfError: no fonts, no typst, or the child failed, hung or said nonsense.
        OSError: no process can be started.
    """
    if not fonts.is_dir():
        _fail("缺少字体 fonts-noto-cjk", "the fonts are missing: fonts-noto-cjk")
    with tempfile.TemporaryFile() as made, tempfile.TemporaryFile() as said:
        command = ["-I", "-m", "certs.pdf.render_child", template.value, output.value]
        command += [str(fonts), str(os.getpid())]
        try:
            done = subprocess.run(
                [sys.executable, *command, str(MAX_PDF_BYTES)],
                input=json.dumps(page).encode(),
                stdout=made,
                stderr=said,
                env=_ENVIRONMENT,
                cwd="/",
                check=False,
                timeout=_TIME_LIMIT_S,
            )
        except subprocess.TimeoutExpired as error:
            _fail("排版太久", "rendering took too long", error)
        made.seek(0)
        said.seek(0)
        answer = made.read(MAX_PDF_BYTES + 1)
        if done.returncode != 0:
            words = ascii(said.read().decode("utf-8", "replace")[-_MOST_SAID_BYTES:])
            _fail("排版程序出错", f"the rendering process ended with {done.returncode}: {words}")
    return _made_in(answer, _BEGINNINGS[output])


def _made_in(answer: bytes, beginning: bytes) -> bytes:
    kind, content = answer[:1], answer[1:]
    if kind == b"P" and content.startswith(beginning) and len(answer) <= MAX_PDF_BYTES:
        return content
    try:
        value = json.loads(content)
    except ValueError as error:
        _fail("排版程序的回答读不懂", "the rendering process answered nonsense", error)
    if kind == b"G" and isinstance(value, list):
        raise MissingGlyphError(
            Text(zh="字体里缺少一些字。", en="The fonts lack characters of the page."),
            _HINT,
            frozenset(map(str, value)),
        )
    return _fail("排版失败", f"rendering failed: {value!a}")


def _fail(zh: str, en: str, cause: Exception | None = None) -> NoReturn:
    message = Text(zh=f"没能做出 PDF：{zh}。", en=f"No PDF was made: {en}.")
    raise PdfError(message, _HINT) from cause
