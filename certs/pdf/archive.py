"""The one revision that may follow the station's signature: PAdES B-LTA. Pure.

It holds what validates the signature and its time stamp (the document security store: every
certificate that the two bring) and a time service's token about every byte before it and of
itself. Nobody of ours signs it, so it may decide nothing: the station signs the place for it, an
empty field and an empty store, and what fills that place follows from the signed bytes, down to
the last digit of its cross references. It is built anew and compared; only the token is looked up.

No certificate of a station names a CRL or OCSP, so the store has no place for any.

Source: ISO 32000-1 §7.5.4, §7.5.6; ETSI EN 319 142-1 §5.4, §5.5.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from certs.asn1 import first
from certs.errors import MalformedDerError
from certs.pdf.container import refuse_pdf
from certs.time_service import Roots
from certs.timestamp import Stamp, open_token

FIELD_NAME: Final = "Archive"
TOKEN_ROOM_BYTES: Final = 12 << 10
"""For a time service's token with its certificates; real ones have 1 to 7 KB."""
# As pyHanko writes them into the revision that the station signs.
_FIELD: Final = re.compile(
    rb"\n([1-9][0-9]{0,5}) 0 obj\n<<\n(/FT /Sig\n/T \(Archive\)\n/Type /Annot\n/Subtype /Widget\n"
    rb"/F 132\n/Rect \[ 0 0 0 0 \]\n/P [1-9][0-9]{0,5} 0 R\n)>>\nendobj\n"
)
_STORE: Final = re.compile(rb"\n([1-9][0-9]{0,5}) 0 obj\n<<\n/Type /DSS\n>>\nendobj\n")
_TRAILER: Final = re.compile(
    rb"trailer\n<<\n/Size ([1-9][0-9]{0,5})\n"
    rb"(/Root [1-9][0-9]{0,5} 0 R\n/Info [1-9][0-9]{0,5} 0 R\n)"
    rb"/ID \[ <([0-9a-f]{2,128})> <[0-9a-f]{32}> \]\n/Prev [1-9][0-9]{0,8}\n>>\n"
    rb"startxref\n([1-9][0-9]{0,8})\n%%EOF\n\Z"
)
_STAMP: Final = (
    b"\n%d 0 obj\n<<\n/Type /DocTimeStamp\n/Filter /Adobe.PPKLite\n/SubFilter /ETSI.RFC3161\n"
    b"/Contents "
)
_TRAILER_OF: Final = (
    b"xref\n%btrailer\n<<\n/Size %d\n%b/ID [ <%b> <%b> ]\n/Prev %d\n>>\nstartxref\n%d\n%%%%EOF\n"
)
_RANGE: Final = b"\n/ByteRange [0 %d %d %d]"
_RANGE_BYTES: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where the station's own revision leaves room.

    Attributes:
        field: number of the empty field.
        field_says: its entries.
        store: number of the empty store.
        size: number of the next object.
        names: root and info, as the trailer has them.
        identifier: of the document, in hex.
        previous: where the revision's cross references are.
    """

    field: int
    field_says: bytes
    store: int
    size: int
    names: bytes
    identifier: bytes
    previous: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A revision without its token.

    Attributes:
        before: all that stands before the token's digits, the signed bytes not included.
        after: all that stands behind them.
    """

    before: bytes
    after: bytes

    def around(self, token: bytes) -> bytes:
        """Return the revision with a token, which has `TOKEN_ROOM_BYTES` at the most."""
        digits = token.ljust(TOKEN_ROOM_BYTES, b"\0").hex().upper().encode()
        return b"%b<%b>%b" % (self.before, digits, self.after)


def archive_of(signed: bytes, certificates_der: Sequence[bytes]) -> Archive:
    """Return the revision that may follow some signed bytes.

    Args:
        signed: the PDF up to the end of the station's revision.
        certificates_der: for the store, in order: the station's chain, and what the token about its
            signature brings.

    Raises:
        CertificateError: PDF; the station left no place for it.
    """
    place = _place(signed)
    stamp = place.size + len(certificates_der)
    numbers = range(place.size, stamp)
    store = b"/Type /DSS\n/Certs [ %b ]\n" % b" ".join(b"%d 0 R" % n for n in numbers)
    objects = {
        place.field: b"<<\n%b/V %d 0 R\n>>" % (place.field_says, stamp),
        place.store: b"<<\n%b>>" % store,
        **dict(zip(numbers, map(_stream, certificates_der), strict=True)),
    }
    before, offsets = b"", dict[int, int]()
    for number, content in sorted(objects.items()):
        offsets[number] = len(signed) + len(before) + 1
        before += b"\n%d 0 obj\n%b\nendobj\n" % (number, content)
    offsets[stamp] = len(signed) + len(before) + 1
    before += _STAMP % stamp
    end = len(signed) + len(before) + 2 * TOKEN_ROOM_BYTES + 2
    return Archive(before=before, after=_after(place, signed, offsets, end))


def check_archive(
    signed: bytes, archive: bytes, certificates_der: Sequence[bytes], roots: Roots | None = None
) -> Stamp:
    """Check what follows the station's revision.

    Args:
        signed: the PDF up to the end of the station's revision.
        archive: all that follows.
        certificates_der: as for `archive_of`.
        roots: the time services that the caller trusts; None if it knows none.

    Returns:
        what the service says of all that stands before.

    Raises:
        CertificateError: PDF; anything but that one revision.
        TimestampError: its token is malformed, about other bytes, or signed by nobody who may.
    """
    built = archive_of(signed, certificates_der)
    token = _token_at(archive, len(built.before))
    if archive != built.around(token):
        refuse_pdf(
            "签名后面追加的不是存档时间戳，或被改过",
            "what follows its signature is no archive stamp of ours, or was altered",
        )
    return open_token(token, signed + built.before + built.after, roots)


def _token_at(archive: bytes, start: int) -> bytes:
    digits = archive[start + 1 : start + 1 + 2 * TOKEN_ROOM_BYTES]
    try:
        return first(bytes.fromhex(digits.decode("ascii"))).encoded
    except (ValueError, MalformedDerError) as error:
        refuse_pdf("存档时间戳读不懂", "its archive stamp cannot be read", error)


def _place(signed: bytes) -> _Place:
    fields, stores = _FIELD.findall(signed), _STORE.findall(signed)
    trailer = _TRAILER.search(signed, max(0, len(signed) - 1000))
    if len(fields) != 1 or len(stores) != 1 or trailer is None:
        refuse_pdf("签名没有给存档留位置", "its signature left no place for an archive stamp")
    ((field, says),) = fields
    return _Place(
        field=int(field),
        field_says=says,
        store=int(stores[0]),
        size=int(trailer[1]),
        names=trailer[2],
        identifier=trailer[3],
        previous=int(trailer[4]),
    )


def _stream(data: bytes) -> bytes:
    return b"<<\n/Length %d\n>>\nstream\n%b\nendstream" % (len(data), data)


def _after(place: _Place, signed: bytes, offsets: dict[int, int], end: int) -> bytes:
    """Return the rest of the stamp's object, the cross references and the trailer.

    Args:
        place: where all goes.
        signed: the bytes before.
        offsets: of every object of the revision by number.
        end: where the token's digits end.
    """
    closing = b"\n>>\nendobj\n"
    references = end + _RANGE_BYTES + len(closing)
    rest = _TRAILER_OF % (
        _references(offsets),
        max(offsets) + 1,
        place.names,
        place.identifier,
        hashlib.sha256(signed).hexdigest()[:32].encode(),
        place.previous,
        references,
    )
    hole = end - 2 * TOKEN_ROOM_BYTES - 2
    length = _RANGE_BYTES + len(closing) + len(rest)
    return (_RANGE % (hole, end, length)).ljust(_RANGE_BYTES) + closing + rest


def _references(offsets: dict[int, int]) -> bytes:
    """Return the entries of a cross-reference table, numbers that follow each other together."""
    numbers = sorted(offsets)
    starts = [numbers[0], *(b for a, b in pairwise(numbers) if b != a + 1)]
    lines = []
    for number in numbers:
        if number in starts:
            count = next(n for n in range(1, len(numbers) + 1) if number + n not in offsets)
            lines.append(b"%d %d\n" % (number, count))
        lines.append(b"%010d 00000 n \n" % offsets[number])
    return b"".join(lines)
