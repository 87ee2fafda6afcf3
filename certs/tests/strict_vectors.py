"""More vectors for `certs.tests.make_vectors`: one for each check that a verifier makes.

Tables, because there are many and each is one small change to a sound document. Together with the
others they leave no refusal of the page's scripts without a vector
(`certs.tests.test_page_switched_off`).
"""

import base64
from collections.abc import Callable
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from certs.canonical import encode
from certs.errors import Layer
from certs.layout import DocumentType
from certs.tests.log_samples import ORIGIN, about, log_signer, logged_statement, proof_of
from certs.tests.make_vectors import LOG_RULE, RFC5280, RFC8785, SCHEMA, X690, Vector
from certs.tests.samples import (
    INTERMEDIATE,
    LEAF,
    PRODUCTION_SIGNER,
    ROOT,
    SIZE_BYTES,
    SampleSigner,
    Statement,
    certificate_statement,
    files_of,
    graded_statement,
    notice_statement,
    sampled_statement,
    signed_files,
)

Change = Callable[[bytes], bytes]
Edit = Callable[[Statement], object]
Named = dict[str, tuple[str, Callable[[], Vector]]]

HALF: Final = SIZE_BYTES // 2


def makers() -> Named:
    """Return the comment and the maker of each by its name."""
    return {
        **{f"refuse_{name}": made for name, made in _signatures().items()},
        **{f"refuse_certificate_{name}": made for name, made in _certificates().items()},
        **{f"refuse_{name}": made for name, made in _spellings().items()},
        **{f"refuse_{name}": made for name, made in _statements().items()},
        **{f"refuse_log_{name}": made for name, made in _logs().items()},
    }


# --- signature-encoding --------------------------------------------------------------------------

SIGNATURES: Final[dict[str, tuple[str, Change]]] = {
    "empty_signature": ("The signature is an empty file.", lambda _: b""),
    "signature_cut_short": ("The last byte of the signature is missing.", lambda der: der[:-1]),
    "empty_integer": (
        "R has no byte at all.",
        lambda der: element(0x30, b"\x02\x00" + der[4 + der[3] :]),
    ),
}


def _signatures() -> Named:
    def made(change: Change) -> Vector:
        files = signed_files(certificate_statement())
        files["certificate.sig"] = change(files["certificate.sig"])
        return Vector(expect=Layer.SIGNATURE_ENCODING, source=X690, files=files)

    return {name: (said, _call(made, change)) for name, (said, change) in SIGNATURES.items()}


# --- chain: certificates that their issuer signed as they are ------------------------------------


def element(tag: int, content: bytes) -> bytes:
    """Return a DER element of at most 64 KiB."""
    assert len(content) < 1 << 16, "no vector needs a longer one"
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    digits = len(content).to_bytes(2, "big").lstrip(b"\0")
    return bytes([tag, 0x80 + len(digits)]) + digits + content


def _elements(content: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(content):
        more = content[at + 1] - 0x80 if content[at + 1] > 0x80 else 0
        start = at + 2 + more
        digits = content[at + 2 : start] if more else content[at + 1 : at + 2]
        end = start + int.from_bytes(digits, "big")
        found.append(content[at:end])
        at = end
    return found


_HEAD_BYTES: Final = 4
_NAMES: Final = (
    "version",
    "serial",
    "algorithm",
    "issuer",
    "validity",
    "subject",
    "spki",
    "extensions",
)
PARTS: Final = dict(
    zip(_NAMES, _elements(LEAF.certificate.tbs_certificate_bytes[_HEAD_BYTES:]), strict=True)
)
ECDSA_SHA256: Final = bytes.fromhex("300a06082a8648ce3d040302")
ECDSA_SHA384: Final = bytes.fromhex("300a06082a8648ce3d040303")
ORGANIZATION: Final = bytes.fromhex("060355040a")
COUNTRY: Final = bytes.fromhex("0603550406")
USAGE: Final = bytes.fromhex("300e0603551d0f0101ff040403020780")
CONSTRAINTS: Final = bytes.fromhex("300c0603551d130101ff04023000")


def _name(oid: bytes, value: bytes) -> bytes:
    return element(0x30, element(0x31, element(0x30, oid + value)))


def _extensions(*each: bytes) -> bytes:
    return element(0xA3, element(0x30, b"".join(each)))


def _signed_body(**changes: bytes) -> tuple[bytes, bytes]:
    body = element(0x30, b"".join((PARTS | changes).values()))
    algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    return body, INTERMEDIATE.key.sign(body, algorithm)


def _leaf(**changes: bytes) -> bytes:
    body, signature = _signed_body(**changes)
    return element(0x30, body + ECDSA_SHA256 + element(0x03, b"\0" + signature))


def _with_unused_bits() -> bytes:
    body, signature = _signed_body()
    return element(0x30, body + ECDSA_SHA256 + element(0x03, b"\1" + signature))


def _by_sha384() -> bytes:
    body, _ = _signed_body(algorithm=ECDSA_SHA384)
    algorithm = ec.ECDSA(hashes.SHA384(), deterministic_signing=True)
    signature = INTERMEDIATE.key.sign(body, algorithm)
    return element(0x30, body + ECDSA_SHA384 + element(0x03, b"\0" + signature))


def _off_the_curve() -> bytes:
    spki = PARTS["spki"]
    return spki[:-1] + bytes([spki[-1] ^ 1])


CERTIFICATES: Final[dict[str, tuple[str, Callable[[], bytes]]]] = {
    "cut_short": ("The certificate ends one byte too early.", lambda: _leaf()[:-1]),
    "with_trailing_byte": ("One byte follows the certificate.", lambda: _leaf() + b"\0"),
    "with_serial_of_another_tag": (
        "The serial number is an OCTET STRING.",
        lambda: _leaf(serial=b"\4" + PARTS["serial"][1:]),
    ),
    "signed_with_sha384": ("The certificate is signed over SHA-384.", _by_sha384),
    "of_version_2": (
        "A version that nobody issues.",
        lambda: _leaf(version=bytes.fromhex("a003020101")),
    ),
    "with_negative_serial": (
        "The serial number is negative.",
        lambda: _leaf(serial=bytes.fromhex("020180")),
    ),
    "with_impossible_date": (
        "It ends on the 30th of February.",
        lambda: _leaf(
            validity=element(0x30, element(0x17, b"260101000000Z") + b"\x17\x0d360230000000Z")
        ),
    ),
    "with_unused_bits": ("One bit of its signature is declared unused.", _with_unused_bits),
    "with_empty_name_part": (
        "A part of the subject's name holds nothing.",
        lambda: _leaf(subject=bytes.fromhex("30023100")),
    ),
    "with_bits_for_a_name": (
        "The subject's organisation is a BIT STRING.",
        lambda: _leaf(subject=_name(ORGANIZATION, bytes.fromhex("03020041"))),
    ),
    "with_country_of_three_letters": (
        "The subject's country has three letters.",
        lambda: _leaf(subject=_name(COUNTRY, element(0x13, b"CHN"))),
    ),
    "with_unfinished_oid": (
        "The type of a name's part ends in the middle of a number.",
        lambda: _leaf(subject=_name(bytes.fromhex("0603550484"), element(0x0C, b"x"))),
    ),
    "with_extension_twice": (
        "The key's usage stands there twice.",
        lambda: _leaf(extensions=_extensions(USAGE, CONSTRAINTS, USAGE)),
    ),
    "with_spelled_default": (
        "A flag says FALSE where it must be left out.",
        lambda: _leaf(
            extensions=_extensions(USAGE, bytes.fromhex("300f0603551d130101ff04053003010100"))
        ),
    ),
    "with_limit_and_no_authority": (
        "It limits the certificates below it and may issue none.",
        lambda: _leaf(
            extensions=_extensions(USAGE, bytes.fromhex("300f0603551d130101ff04053003020100"))
        ),
    ),
    "with_bits_beyond_usage": (
        "Bits of the key's usage that are declared unused are set.",
        lambda: _leaf(extensions=_extensions(USAGE[:-1] + b"\x81", CONSTRAINTS)),
    ),
    "with_key_off_the_curve": (
        "The public key is no point of P-256.",
        lambda: _leaf(spki=_off_the_curve()),
    ),
}


def _certificates() -> Named:
    def made(make: Callable[[], bytes]) -> Vector:
        return _chained(pem_of(make()))

    def damaged() -> Vector:
        end = LEAF.pem.index(b"\n-----END")
        return _chained(LEAF.pem[: end - 1] + LEAF.pem[end:])

    found = {name: (said, _call(made, make)) for name, (said, make) in CERTIFICATES.items()}
    return found | {"without_padding": ("Its base64 lacks its last character.", damaged)}


def pem_of(der: bytes) -> bytes:
    """Return a certificate as PEM."""
    digits = base64.b64encode(der)
    lines = [digits[at : at + 64] + b"\n" for at in range(0, len(digits), 64)]
    return b"".join((b"-----BEGIN CERTIFICATE-----\n", *lines, b"-----END CERTIFICATE-----\n"))


def _chained(leaf_pem: bytes) -> Vector:
    signer = SampleSigner(
        authority=LEAF, certificate_chain_pem=leaf_pem + INTERMEDIATE.pem, practice=False
    )
    files = signed_files(certificate_statement(PRODUCTION_SIGNER), signer)
    return Vector(expect=Layer.CHAIN, source=RFC5280, files=files, root=ROOT, allow_practice=False)


# --- canonical-json ------------------------------------------------------------------------------

SPELLINGS: Final[dict[str, tuple[str, Change]]] = {
    "unclosed_object": ("The last brace is missing.", lambda data: data[:-1]),
    "fraction": (
        "A number between two integers.",
        lambda data: data.replace(b'"diskseq":42', b'"diskseq":42.5'),
    ),
}


def _spellings() -> Named:
    def made(change: Change) -> Vector:
        files = files_of(change(encode(certificate_statement())))
        return Vector(expect=Layer.CANONICAL_JSON, source=RFC8785, files=files)

    return {name: (said, _call(made, change)) for name, (said, change) in SPELLINGS.items()}


# --- schema --------------------------------------------------------------------------------------


def _put(path: str, value: object) -> Edit:
    """Return what sets one field; numbers in the path are places in a list."""

    def edit(statement: Statement) -> None:
        *above, last = [int(name) if name.isdigit() else name for name in path.split(".")]
        inner: Any = statement
        for name in above:
            inner = inner[name]
        inner[last] = value

    return edit


def _both(*edits: Edit) -> Edit:
    def edit(statement: Statement) -> None:
        for each in edits:
            each(statement)

    return edit


def _key(text: str) -> Edit:
    return lambda statement: statement.update(log_origin=ORIGIN, log_key=text)


def _typed_key(typed: bytes) -> str:
    return f"{ORIGIN}+00000000+{base64.b64encode(typed).decode()}"


OF_CERTIFICATES: Final[dict[str, tuple[str, Edit]]] = {
    "another_schema": ("The name of another format.", _put("schema", "example/statement")),
    "missing_type": ("Nothing says what the document is.", lambda s: s.pop("type")),
    "unknown_type": ("A kind of document that nobody knows.", _put("type", "invoice")),
    "unknown_medium": ("A word that its field does not allow.", _put("device.medium", "tape")),
    "too_many_siblings": (
        "A list of 10,001 items.",
        _put("device.siblings_not_covered", ["x"] * 10_001),
    ),
    "certificate_with_notice": (
        "A certificate that makes a failure known.",
        lambda s: s.update(notice=notice_statement()["notice"]),
    ),
    "certificate_with_id_of_a_notice": (
        "A notice's id.",
        _put("id", "20261123T172205Z-5f3a9c1e-n1"),
    ),
    "nothing_written": (
        "A certificate without any pass.",
        _both(_put("passes", []), _put("verification.pass_number", 1)),
    ),
    "passes_out_of_order": ("The first pass is called the second.", _put("passes.0.number", 2)),
    "more_written_than_to_write": (
        "More bytes were written than there were to write.",
        _put("passes.0.size_bytes", HALF),
    ),
    "attempt_beyond_the_device": (
        "A pass ended behind the end of the device.",
        _put("passes.2.attempts.0.to_byte", SIZE_BYTES + 1),
    ),
    "incomplete_pass": ("A pass did not come to its end.", _put("passes.1.outcome", "incomplete")),
    "fixed_bytes_with_a_key": (
        "A pass of fixed bytes that names a key.",
        _put("passes.0.pattern.key", "withheld"),
    ),
    "stream_without_a_key": (
        "A stream with neither its key nor a word that it is withheld.",
        _put("passes.2.pattern", {"kind": "stream", "stream": "xts128-1mib-v1"}),
    ),
    "more_verified_than_there_is": (
        "More bytes were read than the device has.",
        _put("verification.unread_bytes", 1),
    ),
    "mismatch_without_a_place": (
        "Bytes were found wrong, and where the first lies is not told.",
        _both(
            _put("verification.verified_bytes", SIZE_BYTES - 1),
            _put("verification.mismatched_bytes", 1),
        ),
    ),
    "verification_of_no_pass": ("The fourth of three passes.", _put("verification.pass_number", 4)),
    "ranges_overlapping": (
        "Two ranges that were not reached overlap.",
        _put(
            "not_reached",
            [
                {"from_byte": 0, "to_byte": 1024, "what": "unverified"},
                {"from_byte": 512, "to_byte": 2048, "what": "unverified"},
            ],
        ),
    ),
    "range_beyond_the_device": (
        "A range that was not reached ends behind the end of the device.",
        _put(
            "not_reached",
            [{"from_byte": HALF, "to_byte": SIZE_BYTES + 1, "what": "unverified"}],
        ),
    ),
    "ranges_of_another_sum": (
        "The ranges that were not reached do not add up.",
        _put("not_reached_bytes", 512),
    ),
    "measures_of_other_ranges": (
        "Measures that count other bytes not reached.",
        lambda s: s.update(measures=graded_statement()["measures"] | {"unreached_bytes": 1}),
    ),
    "measures_of_other_interruptions": (
        "Measures that count other interruptions.",
        lambda s: s.update(measures=graded_statement()["measures"] | {"interruptions": 2}),
    ),
    "log_key_without_parts": ("The log's key has one part only.", _key("key")),
    "log_key_of_an_unknown_kind": (
        "The log's key is of a kind that nobody here knows.",
        _key(_typed_key(b"\2" + bytes(32))),
    ),
    "log_key_without_padding": (
        "The base64 of the log's key lacks its last character.",
        _key(log_signer().key.text()[:-1]),
    ),
    "log_key_in_another_spelling": (
        "The last bits of the log's key, which say nothing, are set.",
        _key(log_signer().key.text()[:-2] + "x="),
    ),
}
OF_SAMPLES: Final[dict[str, tuple[str, dict[str, int]]]] = {
    "sample_with_more_strata_than_units": ("65 strata of 64 units.", {"strata": 65}),
    "sample_with_other_units_than_strata": (
        "12 units were read, and 7 strata ask for 9 at most.",
        {"sampled_units": 12},
    ),
    "sample_smaller_than_what_was_verified": (
        "9 units were verified, and 8 sampled.",
        {"sampled_units": 8},
    ),
    "sample_that_promises_nothing": (
        "It would find 0 differing units, which nobody can find.",
        {"differing_units": 0},
    ),
}
OF_NOTICES: Final[dict[str, tuple[str, Edit]]] = {
    "notice_with_a_claim": (
        "A notice under an organisation's key that claims a category.",
        _put("claim", certificate_statement(PRODUCTION_SIGNER)["claim"]),
    ),
    "notice_with_id_of_a_certificate": (
        "A certificate's id.",
        _put("id", "20261123T172205Z-5f3a9c1e"),
    ),
    "notice_with_bytes_that_nobody_compared": (
        "Bytes were found right, although nothing was read back.",
        _put("verification.verified_bytes", 512),
    ),
}


def _statements() -> Named:
    def certificate(edit: Edit) -> Vector:
        return _signed(certificate_statement(), edit)

    def sampled(changes: dict[str, int]) -> Vector:
        return _signed(sampled_statement(), lambda s: s["verification"]["sample"].update(changes))

    def notice(edit: Edit) -> Vector:
        statement = notice_statement(PRODUCTION_SIGNER)
        edit(statement)
        files = signed_files(statement, PRODUCTION_SIGNER)
        return Vector(
            expect=Layer.SCHEMA, source=SCHEMA, files=files, root=ROOT, allow_practice=False
        )

    return {
        **{
            name: (said, _call(certificate, edit)) for name, (said, edit) in OF_CERTIFICATES.items()
        },
        **{name: (said, _call(sampled, more)) for name, (said, more) in OF_SAMPLES.items()},
        **{name: (said, _call(notice, edit)) for name, (said, edit) in OF_NOTICES.items()},
    }


def _signed(statement: Statement, edit: Edit) -> Vector:
    edit(statement)
    # Whatever kind it says that it is, it lies there as a certificate.
    return Vector(expect=Layer.SCHEMA, source=SCHEMA, files=files_of(encode(statement)))


# --- log: proofs of a sound document --------------------------------------------------------------


def _note(change: Change) -> Change:
    """Return what changes the checkpoint at the end of a proof."""

    def changed(text: bytes) -> bytes:
        head, gap, note = text.partition(b"\n\n")
        return head + gap + change(note)

    return changed


def _line(number: int, change: Change, mark: bytes = b"\n") -> Change:
    """Return what changes one line of a text."""

    def changed(text: bytes) -> bytes:
        lines = text.split(mark)
        lines[number] = change(lines[number])
        return mark.join(lines)

    return changed


def _respelled(text: bytes) -> bytes:
    """Set a bit of base64 that says nothing."""
    assert text[-2:].count(b"=") == 1, "with one sign of padding, two bits say nothing"
    digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = digits.index(text[-2])
    return text[:-2] + digits[last ^ 1 : (last ^ 1) + 1] + b"="


STRANGER: Final = "\u2014 stranger.example AAAAAAA=\n".encode()
SHORT: Final = "\u2014 stranger.example AAAAAA==\n".encode()
UNREADABLE: Final = "\u2014 stranger.example\n".encode()
OWN_SHORT: Final = (
    f"\u2014 {ORIGIN} {base64.b64encode(log_signer().key.key_id + bytes(63)).decode()}\n".encode()
)

LOGS: Final[dict[str, tuple[str, Change]]] = {
    "proof_with_damaged_hash": (
        "The base64 of a hash lacks its last character.",
        _line(3, lambda line: line[:-1]),
    ),
    "proof_with_short_hash": (
        "A hash of 31 bytes.",
        _line(3, lambda _: base64.b64encode(bytes(31))),
    ),
    "proof_with_respelled_hash": (
        "The last bits of a hash, which say nothing, are set.",
        _line(3, _respelled),
    ),
    "checkpoint_too_long": (
        "The checkpoint has more than 64 KiB.",
        _note(lambda note: note.replace(b"\n\n", b"\n" + b"x" * (64 << 10) + b"\n\n")),
    ),
    "checkpoint_that_is_no_text": (
        "The checkpoint has a byte that is not UTF-8.",
        _note(lambda note: note.replace(b"\n\n", b"\n\xff\n\n")),
    ),
    "checkpoint_with_control_character": (
        "The checkpoint has a tabulator.",
        _note(lambda note: note.replace(b"\n\n", b"\n\t\n\n")),
    ),
    "checkpoint_with_too_many_signatures": (
        "65 signatures stand under the checkpoint.",
        _note(lambda note: note + STRANGER * 64),
    ),
    "checkpoint_with_unreadable_line": (
        "A line under the checkpoint is no signature.",
        _note(lambda note: note + UNREADABLE),
    ),
    "checkpoint_with_empty_signature": (
        "A line under the checkpoint names a key and has no signature.",
        _note(lambda note: note + SHORT),
    ),
    "checkpoint_with_short_signature": (
        "A second signature of the log's key is one byte short.",
        _note(lambda note: note + OWN_SHORT),
    ),
    "checkpoint_without_number": (
        "Where the number of entries stands is a letter.",
        _note(_line(1, lambda _: b"x")),
    ),
    "checkpoint_beyond_numbers": (
        "More entries than any log has.",
        _note(_line(1, lambda _: b"9007199254740992")),
    ),
    "checkpoint_with_damaged_root": (
        "The base64 of the root lacks its last character.",
        _note(_line(2, lambda line: line[:-1])),
    ),
    "checkpoint_with_respelled_root": (
        "The last bits of the root, which say nothing, are set.",
        _note(_line(2, _respelled)),
    ),
}
ENTRIES: Final[dict[str, tuple[str, Change]]] = {
    "entry_too_long": (
        "The entry is longer than any may be.",
        lambda entry: entry.replace(b'"boot_id":"', b'"boot_id":"' + b"0" * (1 << 16)),
    ),
    "entry_with_wrong_job": (
        "What stands for the job is none.",
        lambda entry: entry.replace(b'"job":"2026', b'"job":"x2026'),
    ),
}


def _logs() -> Named:
    def changed(change: Change) -> Vector:
        statement = logged_statement(certificate_statement())
        return _proved(statement, change(proof_of(about(statement)).text()))

    def about_it(change: Change) -> Vector:
        statement = logged_statement(certificate_statement())
        return _proved(statement, proof_of(change(about(statement))).text())

    return {
        **{name: (said, _call(changed, change)) for name, (said, change) in LOGS.items()},
        **{name: (said, _call(about_it, change)) for name, (said, change) in ENTRIES.items()},
    }


def _proved(statement: Statement, proof: bytes) -> Vector:
    files = signed_files(statement) | {DocumentType.CERTIFICATE.proof_name: proof}
    return Vector(expect=Layer.LOG, source=LOG_RULE, files=files)


def _call(make: Callable[[Any], Vector], value: object) -> Callable[[], Vector]:
    return lambda: make(value)
