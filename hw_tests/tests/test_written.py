"""The search for what must not have been written finds it in whatever it is packed."""

import io
import os
import shutil
import zipfile
from collections.abc import Callable
from typing import Final

import pytest

from hw_tests import written
from hw_tests.planted import note_pdf
from hw_tests.written import UnreadableError, words_in

pytestmark = pytest.mark.skipif(  # in CI what is missing fails
    "CI" not in os.environ and not all(map(shutil.which, ("qpdf", "pdftotext"))),
    reason="needs Debian's qpdf and poppler-utils",
)
WORD: Final = "jane.marker@example.com"
NAME: Final = "王小明 Wang"
CLEAN: Final = "nothing of anybody"


def zipped(**entries: bytes) -> bytes:
    """Return an archive, compressed."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, content in entries.items():
            writer.writestr(name, content)
    return held.getvalue()


PACKED: Final[dict[str, Callable[[str], bytes]]] = {
    "page of a PDF": note_pdf,
    "title of a PDF": lambda word: note_pdf(CLEAN, word),
    "PDF in an archive": lambda word: zipped(a=note_pdf(word)),
    "archive in an archive": lambda word: zipped(a=zipped(b=word.encode())),
    "UTF-16": lambda word: b"x" + word.encode("utf-16-le"),
    "UTF-16, the other way": lambda word: word.encode("utf-16-be"),
    "as it is": lambda word: f"a note about {word}.".encode(),
}


@pytest.mark.parametrize("packed", PACKED.values(), ids=PACKED.keys())
def test_search__word_packed_away__found_and_others_not(packed: Callable[[str], bytes]) -> None:
    """What the bytes hide is found; what is not there is not."""
    data = packed(WORD)
    assert words_in(data, ["marker-jane", WORD, "letter"]) == [WORD]
    assert words_in(packed(CLEAN), [WORD]) == []


def test_search__title_in_other_characters__found() -> None:
    """A name that no page can spell in ASCII is read in the document's own strings."""
    assert words_in(note_pdf(CLEAN, NAME), [NAME, WORD]) == [NAME]


@pytest.mark.parametrize("reader", written._READERS, ids=lambda reader: reader[0] + reader[1])
def test_search__page__found_by_each_reader_of_pages_alone(
    monkeypatch: pytest.MonkeyPatch, reader: tuple[str, ...]
) -> None:
    """Each of the three programs is needed for something, and does what it is there for."""
    monkeypatch.setattr(written, "_READERS", (reader,))
    shown = {
        "page": words_in(note_pdf(WORD), [WORD]),
        "title": words_in(note_pdf(CLEAN, NAME), [NAME]),
    }
    assert (
        shown
        == {
            "--qdf": {"page": [WORD], "title": []},
            "--json": {"page": [], "title": [NAME]},
            "-raw": {"page": [WORD], "title": []},
        }[reader[1]]
    )


@pytest.mark.parametrize("data", [b"%PDF-1.7\nnothing of the kind", b"PK\x03\x04 no archive"])
def test_search__cannot_be_unpacked__an_error_and_never_clean(data: bytes) -> None:
    """A file that nobody can look into is not called free of anything."""
    with pytest.raises(UnreadableError):
        words_in(data, [WORD])
