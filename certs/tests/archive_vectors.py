"""PDFs with an archive's revision (PAdES B-LTA), for `certs.tests.make_vectors`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from certs.asn1 import GENERALIZED_TIME, tlv
from certs.pdf.archive import Archive
from certs.tests.pdf_samples import PLACE, archived, signed_pdf, unsigned_pdf
from certs.tests.samples import PRACTICE_ROOT, PRACTICE_SIGNER, certificate_statement, signed_files
from certs.tests.time_samples import Making, service
from certs.tests.time_vectors import Files

RULE: Final = "ETSI EN 319 142-1 §5.4, §5.5; certs/pdf/archive.py"
EARLY: Final = Making(info={"time": tlv(GENERALIZED_TIME, b"20261101000000Z")})
"""Stamps three weeks before the samples were signed."""


def _token_of(data: bytes) -> bytes:
    return Making().token(data)


def _signed(
    stamp: Callable[[bytes], bytes] | None = _token_of, place: bytes = PLACE
) -> tuple[Files, bytes]:
    files = signed_files(certificate_statement())
    return files, signed_pdf(unsigned_pdf(files), PRACTICE_SIGNER, stamp=stamp, place=place)


def archived_files(  # noqa: PLR0913 - each can be the one defect
    *,
    stamp: Callable[[bytes], bytes] | None = _token_of,
    token_of: Callable[[bytes], bytes] = _token_of,
    place: bytes = PLACE,
    change: Callable[[Archive], Archive] = lambda archive: archive,
    more: tuple[bytes, ...] = (),
    change_pdf: Callable[[bytes], bytes] = lambda pdf: pdf,
) -> Files:
    """Return a bundle whose PDF has an archive's revision, good except for what is given."""
    files, signed = _signed(stamp, place)
    pdf = archived(signed, PRACTICE_SIGNER, token_of, change=change, more=more)
    return files | {"certificate.pdf": change_pdf(pdf)}


def _place_unused() -> Files:
    files, signed = _signed()
    return files | {"certificate.pdf": signed}


def _again(pdf: bytes) -> bytes:
    """Append the archive's revision once more, right for the bytes before the first one."""
    return pdf + pdf[len(_signed()[1]) :]


def _before(old: bytes, new: bytes) -> Callable[[Archive], Archive]:
    """Return what changes the revision before it is stamped, in place of one text."""

    def changed(archive: Archive) -> Archive:
        assert archive.before.count(old) == 1, "there is one such place"
        return replace(archive, before=archive.before.replace(old, new))

    return changed


def _after(old: bytes, new: bytes) -> Callable[[Archive], Archive]:
    def changed(archive: Archive) -> Archive:
        assert archive.after.count(old) == 1, "there is one such place"
        return replace(archive, after=archive.after.replace(old, new))

    return changed


def _certificate_flipped(archive: Archive) -> Archive:
    at = archive.before.index(b"\nendstream") - 1
    byte = bytes([archive.before[at] ^ 1])
    return replace(archive, before=archive.before[:at] + byte + archive.before[at + 1 :])


def _flipped_later(pdf: bytes) -> bytes:
    at = pdf.rindex(b"\nendstream") - 1
    return pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]


def _lower_case(pdf: bytes) -> bytes:
    start = pdf.rindex(b"/Contents <")
    end = pdf.index(b">", start)
    return pdf[:start] + b"/Contents " + pdf[start + 10 : end].lower() + pdf[end:]


def _padded(pdf: bytes) -> bytes:
    end = pdf.index(b">", pdf.rindex(b"/Contents <"))
    return pdf[: end - 1] + b"1" + pdf[end:]


def _two_places() -> Files:
    good = archived_files()
    files, signed = _signed(place=PLACE + PLACE)
    archive = good["certificate.pdf"][len(_signed()[1]) :]
    return files | {"certificate.pdf": signed + archive}


ACCEPTED: Final[Mapping[str, tuple[str, Callable[[], Files]]]] = {
    "pdf_archived": (
        "Behind the signature stand the certificates and a time stamp over all (PAdES B-LTA).",
        archived_files,
    ),
    "pdf_archive_place_unused": (
        "The station left a place for an archive's revision, and nothing fills it.",
        _place_unused,
    ),
}
"""PDFs that a verifier must take."""
REFUSED: Final[Mapping[str, tuple[str, Callable[[], Files]]]] = {
    "archive_store_changed": (
        "One bit of a certificate in the store was changed before the archive stamp.",
        lambda: archived_files(change=_certificate_flipped),
    ),
    "archive_store_changed_later": (
        "One bit of a certificate in the store was changed after the archive stamp.",
        lambda: archived_files(change_pdf=_flipped_later),
    ),
    "archive_store_with_a_stranger": (
        "The store holds a certificate more, of nobody who signed or stamped.",
        lambda: archived_files(more=(PRACTICE_ROOT.certificate.public_bytes(Encoding.DER),)),
    ),
    "archive_changes_another_object": (
        "The revision puts another object in the place of the catalog, under a good stamp.",
        lambda: archived_files(change=_before(b"\n30 0 obj\n", b"\n01 0 obj\n")),
    ),
    "archive_field_made_visible": (
        "The field that the revision fills covers the page, under a good stamp.",
        lambda: archived_files(change=_before(b"/Rect [ 0 0 0 0 ]", b"/Rect [ 0 0 9 9 ]")),
    ),
    "archive_points_to_other_revisions": (
        "The revision's trailer leads around the signed one, under a good stamp.",
        lambda: archived_files(change=_after(b"/Prev 9\n", b"/Prev 8\n")),
    ),
    "archive_names_another_catalog": (
        "The revision's trailer names another catalog, under a good stamp.",
        lambda: archived_files(change=_after(b"/Root 1 0 R", b"/Root 2 0 R")),
    ),
    "archive_stamp_leaves_bytes_out": (
        "The archive stamp's ranges are not those of the whole file.",
        lambda: archived_files(change=_after(b"/ByteRange [0 ", b"/ByteRange [1 ")),
    ),
    "archive_stamp_of_other_bytes": (
        "The archive stamp is about something else than the file.",
        lambda: archived_files(token_of=lambda _: Making().token(b"something else")),
    ),
    "archive_stamp_without_the_store": (
        "The archive stamp is about the signed bytes, not about the store behind them.",
        lambda: archived_files(token_of=lambda data: Making().token(data[: len(_signed()[1])])),
    ),
    "archive_stamp_by_nobody_who_may": (
        "The signer of the archive stamp may not stamp.",
        lambda: archived_files(token_of=Making(signer=service("another", extensions=())).token),
    ),
    "archive_stamp_that_is_none": (
        "In the place of the archive stamp stand zeros.",
        lambda: archived_files(token_of=lambda _: b""),
    ),
    "archive_stamp_in_lower_case": (
        "The archive stamp is written with other digits.",
        lambda: archived_files(change_pdf=_lower_case),
    ),
    "archive_padding_not_zero": (
        "The padding behind the archive stamp is not zero.",
        lambda: archived_files(change_pdf=_padded),
    ),
    "archive_of_an_unstamped_signature": (
        "The signature has no time stamp, which an archive is built on.",
        lambda: archived_files(stamp=None),
    ),
    "archive_and_bytes_behind": (
        "A byte stands behind the archive's revision.",
        lambda: archived_files(change_pdf=lambda pdf: pdf + b"\n"),
    ),
    "archive_and_a_revision_behind": (
        "A revision that changes the page was appended to an archived PDF.",
        lambda: archived_files(
            change_pdf=lambda pdf: pdf + b"\n2 0 obj\n<<>>\nendobj\n\nstartxref\n0\n%%EOF\n"
        ),
    ),
    "archive_twice": (
        "The archive's revision was appended twice.",
        lambda: archived_files(change_pdf=_again),
    ),
    "archive_cut_short": (
        "The archive's revision ends before its end.",
        lambda: archived_files(change_pdf=lambda pdf: pdf[:-7]),
    ),
    "archive_where_two_places_are": (
        "The station's revision has the place for an archive twice.",
        _two_places,
    ),
}
"""PDFs that must be refused as such."""
