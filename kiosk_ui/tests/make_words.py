"""``python -m kiosk_ui.tests.make_words``: bring the English catalogue up to the templates.

Keeps translations, adds new sentences empty, drops what no template says. A unit test compares the
result with the file and refuses a sentence without its English.
"""

import io
from importlib.resources import files
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

FOLDER: Final = Path(str(files("kiosk_ui")))
CATALOGUE: Final = FOLDER / "locale/en/LC_MESSAGES/kiosk.po"
HEADER: Final = b"""# The page's English. Message ids are the Chinese sentences.
msgid ""
msgstr ""
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
_METHODS: Final = [("templates/**.html", "jinja2")]
_OPTIONS: Final = {"templates/**.html": {"trimmed": "true"}}


def catalogue() -> Catalog:
    """Return the catalogue as it ought to be: what templates say, with the English there is."""
    with CATALOGUE.open("rb") as file:
        written = read_po(file, locale="en")
    fresh = Catalog(locale="en", charset="utf-8", fuzzy=False)
    found = extract_from_dir(
        FOLDER, method_map=_METHODS, options_map=_OPTIONS, strip_comment_tags=True
    )
    for name, _, message, _, _ in sorted(found, key=lambda each: (each[0], each[1])):
        known = written.get(message)
        fresh.add(message, known.string if known else "", locations=[(name, 0)])
    return fresh


def as_text(made: Catalog) -> bytes:
    """Return a catalogue's file: no dates, no line numbers, nothing that changes by itself."""
    text = io.BytesIO(HEADER)
    text.seek(0, io.SEEK_END)
    write_po(text, made, width=0, include_lineno=False, omit_header=True)
    return text.getvalue()


if __name__ == "__main__":
    CATALOGUE.write_bytes(as_text(catalogue()))
