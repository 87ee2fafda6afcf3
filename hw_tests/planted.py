"""Pictures and documents that a previous owner might have left, made here byte by byte.

All of it is random but seeded: the same seed makes the same files. Nothing compresses further, so
any 64 bytes of a file's body stand for that file and for no other.
"""

import base64
import hashlib
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

SLICE_BYTES = 64
SLICES = 12
OPC = "http://schemas.openxmlformats.org/package/2006"
NEW_YEAR = (2025, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One file with known content."""

    name: str
    content: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """Return what a recovered copy is recognised by."""
        return hashlib.sha256(self.content).hexdigest()

    def slices(self) -> Iterator[bytes]:
        """Yield pieces of 64 bytes from all over the file's body."""
        step = len(self.content) // (SLICES + 1)
        for at in range(step, step * SLICES + 1, step):
            yield self.content[at : at + SLICE_BYTES]


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(source: random.Random, width: int, height: int) -> bytes:
    """Return a picture of random 24-bit pixels (ISO/IEC 15948: IHDR, IDAT, IEND)."""
    lines = b"".join(b"\x00" + source.randbytes(3 * width) for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _png_chunk(b"IHDR", header)
        + _png_chunk(b"IDAT", zlib.compress(lines, 1))
        + _png_chunk(b"IEND", b"")
    )


def _jpeg_segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _jpeg_scan(source: random.Random, blocks: int) -> bytes:
    """Return the entropy-coded mosaic: each block one random level and end of block.

    DC sizes 0-6 have codes of three bits, end of block the code 0 (ITU-T T.81 F.1.2.1); FFh is
    followed by a stuffed zero (F.1.2.3).
    """
    bits: list[str] = []
    before = 0
    for _ in range(blocks):
        level = source.randrange(-32, 32)
        step, before = level - before, level
        size = abs(step).bit_length()
        value = step if step > 0 else step + (1 << size) - 1
        bits.append(f"{size:03b}" + (f"{value:0{size}b}" if size else "") + "0")
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\x00")


def jpeg(source: random.Random, width: int, height: int) -> bytes:
    """Return a grey mosaic of 8 by 8 squares (ITU-T T.81, baseline); sides are multiples of 8."""
    lengths_of_seven = bytes([0, 0, 7, *[0] * 13])
    lengths_of_one = bytes([1, *[0] * 15])
    return (
        b"\xff\xd8"
        + _jpeg_segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
        + _jpeg_segment(0xDB, b"\x00" + b"\x20" * 64)
        + _jpeg_segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")
        + _jpeg_segment(0xC4, b"\x00" + lengths_of_seven + bytes(range(7)))
        + _jpeg_segment(0xC4, b"\x10" + lengths_of_one + b"\x00")
        + _jpeg_segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")
        + _jpeg_scan(source, width // 8 * (height // 8))
        + b"\xff\xd9"
    )


def pdf(source: random.Random, size_bytes: int) -> bytes:
    """Return a document of one page, whose attachment is random (ISO 32000-1, 7.5)."""
    attached = source.randbytes(size_bytes)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Attachment 4 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (size_bytes, attached),
    ]
    return _document(objects, b"/Root 1 0 R")


def _document(objects: list[bytes], named: bytes) -> bytes:
    """Return numbered objects as a document, whose trailer names some of them (7.5)."""
    text = b"%PDF-1.4\n"
    table = b"0000000000 65535 f \n"
    for number, body in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(text)
        text += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    count = len(objects) + 1
    trailer = b"trailer\n<< /Size %d %b >>\nstartxref\n%d\n%%%%EOF\n" % (count, named, len(text))
    return text + b"xref\n0 %d\n" % count + table + trailer


def note_pdf(text: str, title: str = "") -> bytes:
    """Return a document of one page that says a text, in ASCII alone (ISO 32000-1, 7.4 and 9.4).

    What it says is compressed, and then written in hexadecimal digits; its title is in UTF-16.

    Args:
        text: in ASCII, without brackets or backslashes.
        title: in any characters.
    """
    shown = f"BT /F1 12 Tf 40 700 Td ({text}) Tj ET".encode("ascii")
    packed = zlib.compress(shown).hex().encode() + b">"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 7 0 R >>",
        b"<< /Length %d /Filter [/ASCIIHexDecode /FlateDecode] >>\nstream\n%b\nendstream"
        % (len(packed), packed),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Title <%b> >>" % ("\ufeff" + title).encode("utf-16-be").hex().encode(),
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    return _document(objects, b"/Root 1 0 R /Info 6 0 R")


def docx(source: random.Random, size_bytes: int) -> bytes:
    """Return a letter of random words with a picture in it (ECMA-376: an OPC package in a ZIP)."""
    letter = base64.b64encode(source.randbytes(size_bytes)).decode()
    parts = {
        "[Content_Types].xml": f"<Types xmlns='{OPC}/content-types'/>".encode(),
        "_rels/.rels": f"<Relationships xmlns='{OPC}/relationships'/>".encode(),
        "word/document.xml": f"<w:document><w:t>{letter}</w:t></w:document>".encode(),
        "word/media/image1.png": png(source, 64, 64),
    }
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, content in parts.items():
            writer.writestr(zipfile.ZipInfo(name, NEW_YEAR), content, zipfile.ZIP_DEFLATED)
    return package.getvalue()


def estate(seed: int) -> tuple[Planted, ...]:
    """Return what one owner left: photographs, screenshots, papers and letters."""
    source = random.Random(seed)
    made = {
        **{f"shot{n}.png": png(source, 160 + 40 * n, 200) for n in range(6)},
        **{f"photo{n}.jpg": jpeg(source, 1600 + 160 * n, 1200) for n in range(6)},
        **{f"paper{n}.pdf": pdf(source, 40_000 + 30_011 * n) for n in range(6)},
        **{f"letter{n}.docx": docx(source, 30_000 + 20_011 * n) for n in range(6)},
    }
    return tuple(Planted(name=name, content=content) for name, content in made.items())
