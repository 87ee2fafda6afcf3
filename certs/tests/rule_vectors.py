"""Vectors about one rule each, as tables: what is wrong, and how a flawless document gets it.

`make_vectors` writes them; `switch_off` shows that each check of the verifier has one. A name is
the file's, and the sentence its comment.
"""

import base64
import zlib
from collections.abc import Callable
from typing import Any, Final

from certs.layout import DocumentType
from certs.log.checkpoint import Checkpoint
from certs.log.note import Algorithm, NoteKey, note, sign
from certs.log.proof import Proof
from certs.tests.log_samples import (
    ORIGIN,
    about,
    log_signer,
    logged_statement,
    proof_of,
    witness_signer,
)
from certs.tests.pdf_samples import signed_pdf, unsigned_pdf
from certs.tests.samples import (
    PRACTICE_SIGNER,
    PRODUCTION_SIGNER,
    SIZE_BYTES,
    SampleSigner,
    Statement,
    certificate_statement,
    graded_statement,
    notice_statement,
    sampled_statement,
    signed_files,
)

Files = dict[str, bytes]
Edit = Callable[[Statement], object]


def _set(**changes: Any) -> Edit:
    return lambda statement: statement.update(changes)


def _in(*path: str | int, **changes: Any) -> Edit:
    """Return an edit of an object further in."""

    def edit(statement: Statement) -> None:
        place: Any = statement
        for step in path:
            place = place[step]
        place.update(changes)

    return edit


def _all_passes(**changes: Any) -> Edit:
    def edit(statement: Statement) -> None:
        for each in statement["passes"]:
            each.update(changes)

    return edit


def _emptied(statement: Statement) -> None:
    statement["device"]["size_bytes"] = 0
    for each in statement["passes"]:
        each |= {"size_bytes": 0, "written_bytes": 0}
        each["attempts"] = [{"from_byte": 0, "to_byte": 0, "ended": "completed"}]
    statement["verification"] |= {"verified_bytes": 0}


def _sampled(units: int, **more: int) -> Edit:
    """Return an edit to another number of units that were read, counted as they must be."""

    def edit(statement: Statement) -> None:
        counts = {"verified_bytes": units << 20, "unread_bytes": SIZE_BYTES - (units << 20)}
        statement["verification"] |= counts
        statement["verification"]["sample"] |= {"sampled_units": units, **more}

    return edit


def _sampled_notice() -> Statement:
    sampled = sampled_statement()["verification"] | {"pass_number": 1}
    return notice_statement() | {"verification": sampled}


_REASON = {"code": "x", "zh": "原因", "en": "reason"}
_GAP = {"from_byte": 0, "to_byte": 512, "what": "unwritten"}

SCHEMA: Final[dict[str, tuple[str, Callable[[], Statement], Edit]]] = {
    "time_with_offset": (
        "The time of signing is spelled with an offset instead of Z.",
        certificate_statement,
        _set(issued_at="2026-11-23T17:25:40+00:00"),
    ),
    "schema_of_another_name": (
        "The statement is of another format.",
        certificate_statement,
        _set(schema="example/statement"),
    ),
    "unknown_medium": (
        "A field holds a word that is not among those allowed.",
        certificate_statement,
        _in("device", medium="tape"),
    ),
    "notice_in_certificate": (
        "A certificate carries a notice's reason.",
        certificate_statement,
        _set(notice={"kind": "failed", "reason": _REASON}),
    ),
    "list_too_long": (
        "A list has 10,001 items.",
        certificate_statement,
        _set(not_checked=["a"] * 10_001),
    ),
    "unreached_measured_otherwise": (
        "The measures count other bytes as unreached than the ranges do.",
        graded_statement,
        _in("measures", unreached_bytes=1),
    ),
    "interruptions_measured_otherwise": (
        "The measures count another number of interruptions than are listed.",
        graded_statement,
        _in("measures", interruptions=9),
    ),
    "speed_of_a_zone_beyond": (
        "A speed is stated of zone 16 of 16, counted from 0.",
        graded_statement,
        _in("speed", "write", 15, zone=16),
    ),
    "speed_of_a_zone_twice": (
        "The speed of one zone is stated twice, of another not at all.",
        graded_statement,
        _in("speed", "read", 7, zone=6),
    ),
    "speed_slower_than_measured": (
        "A zone was slower than the slowest that the measures know.",
        graded_statement,
        _in("speed", "read", 7, bytes_per_s=1),
    ),
    "speed_faster_than_measured": (
        "A zone was faster than the fastest that the measures know.",
        graded_statement,
        _in("speed", "write", 7, bytes_per_s=99),
    ),
    "speed_measured_of_zones_not_stated": (
        "The measures know the slowest of sixteen zones, of which fifteen are stated.",
        graded_statement,
        lambda statement: statement["speed"]["write"].pop(),
    ),
    "pass_misnumbered": (
        "The first pass of a notice has number 7.",
        notice_statement,
        _in("passes", 0, number=7),
    ),
    "pass_wrote_more_than_there_is": (
        "A pass of a notice wrote more bytes than it had to.",
        notice_statement,
        _in("passes", 0, written_bytes=SIZE_BYTES + 1),
    ),
    "attempt_beyond_the_device": (
        "An attempt of a pass ends beyond the device.",
        notice_statement,
        _in("passes", 0, "attempts", 0, to_byte=SIZE_BYTES + 512),
    ),
    "fixed_pattern_without_bytes": (
        "A fixed pattern does not say which bytes.",
        notice_statement,
        _in("passes", 0, pattern={"kind": "fixed"}),
    ),
    "stream_without_key": (
        "A stream has neither a key nor the word that it is withheld.",
        notice_statement,
        _in("passes", 0, pattern={"kind": "stream", "stream": "xts128-1mib-v1"}),
    ),
    "verified_more_than_there_is": (
        "More bytes were compared than the device has.",
        notice_statement,
        _set(verification={"kind": "full", "pass_number": 1, "verified_bytes": SIZE_BYTES + 1}),
    ),
    "bytes_compared_without_verification": (
        "Bytes were compared although there was no verification.",
        notice_statement,
        _set(verification={"kind": "none", "verified_bytes": 1}),
    ),
    "mismatch_without_its_place": (
        "Bytes differed, and no place is named.",
        notice_statement,
        _set(verification={"kind": "full", "pass_number": 1, "mismatched_bytes": 1}),
    ),
    "sampled_without_a_sample": (
        "A verification calls itself sampled and has no sample.",
        notice_statement,
        _set(verification={"kind": "sampled", "pass_number": 1}),
    ),
    "verification_of_no_pass": (
        "A verification compares with a pass that is not there.",
        notice_statement,
        _set(verification={"kind": "full", "pass_number": 2}),
    ),
    "range_beyond_the_device": (
        "A range that was not reached lies beyond the device.",
        notice_statement,
        _set(
            not_reached=[_GAP | {"from_byte": SIZE_BYTES, "to_byte": SIZE_BYTES + 512}],
            not_reached_bytes=512,
        ),
    ),
    "ranges_add_up_to_something_else": (
        "The bytes not reached are not the sum of the ranges.",
        notice_statement,
        _set(not_reached_bytes=4095),
    ),
    "ranges_overlap": (
        "The same range is listed twice.",
        notice_statement,
        _set(not_reached=[_GAP, _GAP], not_reached_bytes=1024),
    ),
    "certificate_numbered_like_a_notice": (
        "A certificate has a notice's number.",
        certificate_statement,
        _set(id="20261123T172205Z-5f3a9c1e-n1"),
    ),
    "notice_without_its_number": (
        "A notice has a certificate's number.",
        notice_statement,
        _set(id="20261123T172205Z-5f3a9c1e"),
    ),
    "pass_not_completed": (
        "A pass of a certificate did not come to its end.",
        certificate_statement,
        _in("passes", 0, outcome="incomplete"),
    ),
    "nothing_was_written": (
        "A certificate lists no pass.",
        certificate_statement,
        _set(passes=[]),
    ),
    "device_of_no_bytes": (
        "A certificate is about a device of no size.",
        certificate_statement,
        _emptied,
    ),
    "sample_of_no_strata": (
        "A sample has no strata.",
        sampled_statement,
        _sampled(2, strata=0),
    ),
    "sample_of_fewer_units_than_strata": (
        "A sample has fewer units than strata.",
        sampled_statement,
        _sampled(6),
    ),
    "sample_read_more_than_it_holds": (
        "A notice compared more bytes than its sample holds.",
        _sampled_notice,
        _in("verification", verified_bytes=(9 << 20) + 1, unread_bytes=0),
    ),
    "sample_that_promises_more_than_there_is": (
        "A sample promises something about more units than the device has.",
        sampled_statement,
        _in("verification", "sample", differing_units=65),
    ),
}
"""Name → sentence, flawless document, edit; each is correctly signed."""


def claiming_notice() -> Files:
    """Return the files of a notice that claims a category."""
    claim = {"category": "clear", "edition": "any", "reason": "any"}
    statement = notice_statement(PRODUCTION_SIGNER) | {"claim": claim}
    return signed_files(statement, PRODUCTION_SIGNER)


def schema_files(name: str) -> Files:
    """Return the files of a vector of the table above."""
    _, make, edit = SCHEMA[name]
    statement = make()
    edit(statement)
    return signed_files(statement)


# --- signature ---------------------------------------------------------------------------------


def _with_signature(change: Callable[[bytes], bytes]) -> Callable[[], Files]:
    def make() -> Files:
        files = signed_files(certificate_statement())
        return files | {"certificate.sig": change(files["certificate.sig"])}

    return make


ENCODING: Final[dict[str, tuple[str, Callable[[], Files]]]] = {
    "one_byte": ("The signature is one byte.", _with_signature(lambda _: b"\x30")),
    "another_tag": (
        "The signature is an OCTET STRING.",
        _with_signature(lambda made: b"\x04" + made[1:]),
    ),
    "cut": ("The last byte of the signature is missing.", _with_signature(lambda made: made[:-1])),
    "empty_integer": (
        "The first integer of the signature is empty.",
        _with_signature(lambda _: bytes.fromhex("30050200020101")),
    ),
}

# --- log ---------------------------------------------------------------------------------------


def _logged(make: Callable[[Statement], bytes]) -> Callable[[], Files]:
    def files() -> Files:
        statement = logged_statement(certificate_statement())
        return signed_files(statement) | {"certificate.tlog-proof": make(statement)}

    return files


def _noted(change: Callable[[bytes], bytes]) -> Callable[[], Files]:
    """Return files whose proof has a changed checkpoint."""

    def make(statement: Statement) -> bytes:
        proof = proof_of(about(statement))
        return proof.text().replace(proof.checkpoint, change(proof.checkpoint))

    return _logged(make)


def _pointed(text: Callable[[Checkpoint], str]) -> Callable[[], Files]:
    """Return files whose checkpoint says something else, signed by the log."""

    def make(statement: Statement) -> bytes:
        proof = proof_of(about(statement))
        size, root = proof.checkpoint.split(b"\n")[1:3]
        said = text(Checkpoint(origin=ORIGIN, size=int(size), root=base64.b64decode(root)))
        signed = note(said, sign(said, log_signer()))
        return proof.text().replace(proof.checkpoint, signed)

    return _logged(make)


def _entered(old: bytes, new: bytes) -> Callable[[], Files]:
    return _logged(lambda statement: proof_of(about(statement).replace(old, new)).text())


def _hashed(change: Callable[[Proof], bytes]) -> Callable[[], Files]:
    return _logged(lambda statement: change(proof_of(about(statement))))


def _last_line(data: bytes, new: str) -> bytes:
    return data[: data.rindex("\u2014".encode())] + new.encode()


def _signature_line(signature: bytes) -> str:
    signed = base64.b64encode(log_signer().key.key_id + signature).decode()
    return f"\u2014 {ORIGIN} {signed}\n"


def _signature_of(checkpoint: bytes) -> bytes:
    return base64.b64decode(checkpoint.split()[-1])[4:]


def _loose_base64(data: bytes, line: int) -> bytes:
    """Return the same hash with a bit set that decoding throws away."""
    first = data.split(b"\n")[line]
    at = first[-2:-1]
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = alphabet[alphabet.index(at) ^ 1 : (alphabet.index(at) ^ 1) + 1]
    return data.replace(first, first[:-2] + other + b"=")


LOG: Final[dict[str, tuple[str, Callable[[], Files]]]] = {
    "checkpoint_too_long": (
        "The checkpoint is longer than any note may be.",
        _noted(lambda data: data + "\u2014 other.example ".encode() + b"AAAA" * (17 << 10) + b"\n"),
    ),
    "checkpoint_with_a_control_character": (
        "The signed text of the checkpoint has a tab in it.",
        _pointed(lambda now: now.text() + "a\tb\n"),
    ),
    "checkpoint_without_an_empty_line": (
        "Nothing separates the checkpoint's text from its signatures.",
        _noted(lambda data: data.replace(b"\n\n", b"\n")),
    ),
    "checkpoint_with_many_signatures": (
        "Sixty-five lines of signatures stand under the checkpoint.",
        _noted(lambda data: data + "\u2014 other.example AAAAAAAA\n".encode() * 64),
    ),
    "checkpoint_with_a_line_that_is_none": (
        "A line under the checkpoint is no signature.",
        _noted(lambda data: data + b"signed by me\n"),
    ),
    "checkpoint_with_a_signature_of_nothing": (
        "A signature under the checkpoint names a key and is empty.",
        _noted(lambda data: data + "\u2014 other.example AAAAAA==\n".encode()),
    ),
    "checkpoint_with_a_long_signature": (
        "A byte stands before the log's signature.",
        _noted(lambda data: _last_line(data, _signature_line(b"\0" + _signature_of(data)))),
    ),
    "checkpoint_root_in_loose_base64": (
        "The root's base64 has bits set that nobody reads, and the log signed it so.",
        _pointed(lambda now: _loose_base64(now.text().encode(), 2).decode()),
    ),
    "checkpoint_with_loose_base64": (
        "A signature's base64 has bits set that nobody reads.",
        _noted(lambda data: data + "\u2014 other.example AAAAAAB=\n".encode()),
    ),
    "checkpoint_of_two_lines": (
        "The checkpoint has no root.",
        _pointed(lambda now: f"{now.origin}\n{now.size}\n"),
    ),
    "checkpoint_size_in_another_spelling": (
        "The checkpoint's size begins with a zero.",
        _pointed(lambda now: now.text().replace(f"\n{now.size}\n", f"\n0{now.size}\n")),
    ),
    "checkpoint_root_too_short": (
        "The checkpoint's root has 31 bytes.",
        _pointed(
            lambda now: f"{now.origin}\n{now.size}\n{base64.b64encode(now.root[:31]).decode()}\n"
        ),
    ),
    "checkpoint_empty_with_a_root": (
        "The checkpoint is of an empty log with a root of its own.",
        _pointed(lambda now: now.text().replace(f"\n{now.size}\n", "\n0\n")),
    ),
    "checkpoint_of_another_origin": (
        "The log's key signed a checkpoint that bears another log's name.",
        _pointed(lambda now: now.text().replace(ORIGIN, "log.example/station-8")),
    ),
    "proof_with_a_short_hash": (
        "A hash of the proof has 31 bytes.",
        _hashed(
            lambda proof: proof.text().replace(
                base64.b64encode(proof.hashes[0]), base64.b64encode(proof.hashes[0][:31])
            )
        ),
    ),
    "proof_in_loose_base64": (
        "A hash's base64 has bits set that nobody reads.",
        _hashed(lambda proof: _loose_base64(proof.text(), 3)),
    ),
    "checkpoint_that_is_no_text": (
        "A byte of the checkpoint is not UTF-8.",
        _noted(lambda data: data.replace(b"\n\n", b"\n\xff\n\n")),
    ),
    "checkpoint_with_damaged_base64": (
        "A signature under the checkpoint is no base64.",
        _noted(lambda data: data + "\u2014 other.example AAAAA\n".encode()),
    ),
    "checkpoint_with_a_damaged_root": (
        "The checkpoint's root is no base64, and the log signed it so.",
        _pointed(lambda now: f"{now.origin}\n{now.size}\nAAAAA\n"),
    ),
    "checkpoint_beyond_numbers": (
        "The checkpoint counts more entries than a reader with binary64 can.",
        _pointed(lambda now: now.text().replace(f"\n{now.size}\n", "\n9007199254740992\n")),
    ),
    "proof_with_a_damaged_hash": (
        "A hash of the proof is no base64.",
        _hashed(lambda proof: proof.text().replace(base64.b64encode(proof.hashes[0]), b"AAAAA", 1)),
    ),
    "entry_too_long": (
        "The entry is longer than any bundle could hold.",
        _entered(b'"kind":"outcome"', b'"kind":"' + b"x" * (1 << 16) + b'"'),
    ),
    "entry_with_a_number_for_a_truth": (
        "The entry says 1 where true or false belongs.",
        _entered(b'"practice":true', b'"practice":1'),
    ),
    "entry_of_no_boot": (
        "The entry's boot id is not one.",
        _entered(b"00000000-0000-4000", b"00000000-0000-400"),
    ),
}


def _named(key: str) -> Files:
    return signed_files(certificate_statement() | {"log_origin": ORIGIN, "log_key": key})


_SPOILT = NoteKey(name=ORIGIN, algorithm=Algorithm.ED25519, public=bytes(31))
LOG_KEYS: Final[dict[str, tuple[str, Callable[[], Files]]]] = {
    "log_key_of_one_part": ("The log's key is a name alone.", lambda: _named(ORIGIN)),
    "log_key_too_short": (
        "The log's key has 31 bytes.",
        lambda: _named(_SPOILT.text()),
    ),
    "log_key_of_a_witness": (
        "The log's key is a witness's.",
        lambda: _named(witness_signer(9, ORIGIN).key.text()),
    ),
}

# --- PDF ---------------------------------------------------------------------------------------


def _shown(
    change: Callable[[bytes], bytes] = lambda pdf: pdf,
    unsigned: Callable[[Files], bytes] = unsigned_pdf,
    signer: SampleSigner = PRACTICE_SIGNER,
) -> Callable[[], Files]:
    def make() -> Files:
        files = signed_files(certificate_statement())
        pdf = change(signed_pdf(unsigned(files), signer))
        return files | {DocumentType.CERTIFICATE.pdf_name: pdf}

    return make


def _edited(old: bytes, new: bytes, count: int = -1) -> Callable[[], Files]:
    """Return files whose PDF was made otherwise, and then signed."""

    def unsigned(files: Files) -> bytes:
        made = unsigned_pdf(files)
        assert old in made, "nothing to change"
        return made.replace(old, new, count)

    return _shown(unsigned=unsigned)


def _placed() -> Files:
    files = signed_files(certificate_statement())
    pdf = signed_pdf(unsigned_pdf(files), PRACTICE_SIGNER, contents=b"/Contenu ")
    return files | {DocumentType.CERTIFICATE.pdf_name: pdf}


def _hidden(files: Files) -> bytes:
    made = unsigned_pdf(files)
    packed = zlib.compress(files["station.pem"]) + b"hidden"
    plain = b"<</Length %d/Type/EmbeddedFile/Subtype" % len(files["station.pem"])
    small = b"<</Length %d/Type/EmbeddedFile/Filter/FlateDecode/Subtype" % len(packed)
    assert made.count(plain) == 1, "one such file"
    return made.replace(plain, small).replace(files["station.pem"], packed)


PDF: Final[dict[str, tuple[str, Callable[[], Files]]]] = {
    "two_signatures": (
        "The PDF was signed once more.",
        _shown(lambda pdf: signed_pdf(pdf, PRACTICE_SIGNER)),
    ),
    "two_byte_ranges": (
        "A second range of bytes was there when the PDF was signed.",
        _edited(b"\nstartxref", b"\n%/ByteRange []\nstartxref"),
    ),
    "another_header": ("The PDF calls itself another version.", _edited(b"%PDF-1.7", b"%PDF-1.4")),
    "three_revisions": (
        "The PDF had two revisions when it was signed.",
        _edited(b"\nstartxref\n0\n%%EOF", b"\nstartxref\n0\n%%EOF\n\nstartxref\n0\n%%EOF"),
    ),
    "signature_in_another_place": (
        "The signature stands under another name than the one that readers look for.",
        _placed,
    ),
    "file_with_hidden_bytes": (
        "Bytes are hidden behind the compressed content of an attached file.",
        _shown(unsigned=_hidden),
    ),
    "bytes_before_the_header": (
        "A byte stands before the header.",
        _shown(lambda pdf: b"\n" + pdf),
    ),
    "bytes_behind_the_end": ("A byte stands behind the end.", _shown(lambda pdf: pdf + b"\n")),
    "third_revision": (
        "A revision was appended.",
        _shown(lambda pdf: pdf + b"\n1 0 obj\n<<>>\nendobj\n\nstartxref\n0\n%%EOF\n"),
    ),
    "files_missing": (
        "The PDF carries one of the three files.",
        _shown(unsigned=lambda files: unsigned_pdf(dict(list(files.items())[:1]))),
    ),
    "file_with_two_names": (
        "An attached file has two names.",
        _edited(b"/UF(station.pem)", b"/UF(certify.pem)"),
    ),
    "file_there_twice": (
        "An attached file's object is there twice.",
        _edited(b"\nstartxref", b"\n3 0 obj\n<<>>\nendobj\n\nstartxref"),
    ),
    "file_of_another_kind": (
        "An attached file's object is written otherwise than ours.",
        _edited(b"/Type/EmbeddedFile/Subtype", b"/Type/EmbeddedFile /Subtype", 1),
    ),
    "file_of_another_length": (
        "An attached file is longer than it says.",
        _edited(b"\nendstream", b" \nendstream", 1),
    ),
}
