"""Searches what was written for words that must not stand there, in whatever it is packed. I/O.

A search of a file's bytes finds nothing in a PDF: its streams are compressed, and its page spells
in numbers of glyphs. So each PDF is read by other authors' programs as well: qpdf decompresses it,
attached files included, and spells its strings out; pdftotext says what a reader sees. Archives
are unpacked. What cannot be unpacked is an error: nobody knows then what it holds.
"""

import io
import subprocess
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

PATIENCE_S: Final = 120.0
_PDF: Final = b"%PDF-"
_HEAD_BYTES: Final = 1024
"""Readers of PDF look for its first line so far."""
_READERS: Final = (
    ("qpdf", "--qdf", "--object-streams=disable", "--decode-level=all", "{pdf}", "-"),
    ("qpdf", "--json", "{pdf}"),
    ("pdftotext", "-raw", "{pdf}", "-"),
)
_WARNED: Final = 3
"""How qpdf ends where it could read all the same."""


class UnreadableError(Exception):
    """A file looks like a PDF or an archive, and nobody can look into it."""


def words_in(data: bytes, words: Sequence[str]) -> list[str]:
    """Return which words stand in a file's content, in the order given.

    Raises:
        UnreadableError: it cannot be unpacked.
    """
    left = list(words)
    for reading in readings(data):
        left = [word for word in left if not _holds(reading, word)]
    return [word for word in words if word not in left]


def readings(data: bytes) -> Iterator[bytes]:
    """Yield a content as it lies there, and then everything that is packed in it.

    Raises:
        UnreadableError: it cannot be unpacked.
    """
    yield data
    if data.startswith(b"PK\x03\x04"):
        yield from _of_archive(data)
    elif _PDF in data[:_HEAD_BYTES]:
        yield from _of_pdf(data)


def _of_archive(data: bytes) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            for name in opened.namelist():
                yield name.encode()
                yield from readings(opened.read(name))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise UnreadableError(f"an archive: {error}") from error


def _of_pdf(data: bytes) -> Iterator[bytes]:
    with TemporaryDirectory() as folder:
        pdf = Path(folder) / "in.pdf"
        pdf.write_bytes(data)
        for reader in _READERS:
            command = [part.format(pdf=pdf) for part in reader]
            done = subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE_S)
            if done.returncode not in (0, _WARNED):
                raise UnreadableError(f"{command[0]}: {done.stderr.decode(errors='replace')}")
            yield done.stdout
            yield _unbroken(done.stdout)


def _unbroken(text: bytes) -> bytes:
    """Return a text without its lines' ends and ligatures, which may stand within a word."""
    plain = unicodedata.normalize("NFKC", text.decode("utf-8", "replace"))
    return "".join(plain.split()).encode()


def _holds(reading: bytes, word: str) -> bool:
    spelled = [word.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be")]
    return any(each in reading for each in (*spelled, _unbroken(word.encode())))
