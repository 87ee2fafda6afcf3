"""Makes ``vectors/qr``: one code per file, each with one defect at most.

Run ``python -m certs.tests.make_qr_vectors`` to write them, with ``--check`` to compare. Keys,
times and signatures are fixed as in `certs.tests.make_vectors`. The file is long because it is a
list: one short function per vector, its docstring the comment.
"""

import argparse
import base64
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from certs.canonical import encode as encode_json
from certs.cbor import encode
from certs.der import P256_ORDER
from certs.errors import QrLayer
from certs.qr import MAX_BYTES, PREFIX, digits_of
from certs.qr_claims import as_map, claims_of
from certs.qr_report import SIGNED, spelled
from certs.tests.document_samples import receipt_statement
from certs.tests.make_vectors import differing, write_files
from certs.tests.phone_samples import (
    ios_statement,
    phone_notice_statement,
    phone_statement,
    unproven_statement,
)
from certs.tests.samples import (
    INTERMEDIATE,
    LEAF,
    NOW,
    PRACTICE_ROOT,
    PRACTICE_SIGNER,
    PRODUCTION_CHAIN,
    PRODUCTION_SIGNER,
    ROOT,
    Authority,
    SampleSigner,
    Statement,
    Subject,
    authority,
    certificate_statement,
    graded_statement,
    issue,
    notice_statement,
    private_key,
    sampled_statement,
)
from certs.verdict import Status

FOLDER: Final = Path(__file__).parents[2] / "vectors" / "qr"
OURS: Final = "docs/qr.md"
CBOR: Final = "RFC 8949 §4.2.1; docs/qr.md"
COSE: Final = "RFC 9052 §4; RFC 9053 §2.1; docs/qr.md"
RFC5280: Final = "RFC 5280"
SERIAL: Final = "WD-WCC7K0123456"
Claims = dict[int, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """One code and what must become of it.

    Attributes:
        expect: the layer that must refuse it, or what an accepted code is worth alone.
        source: where the requirement stands.
        text: of the code.
        claims: what an accepted code says.
        chain: the station's certificates.
        root: what the verifier trusts; None is no root at all.
        allow_practice: whether the verifier wants practice codes.
        document: what the code is compared with, or nothing.
    """

    expect: QrLayer | str
    source: str
    text: str
    claims: Mapping[str, object]
    chain: bytes = PRODUCTION_CHAIN
    root: Authority | None = ROOT
    allow_practice: bool = False
    document: bytes = b""

    def as_json(self, comment: str) -> dict[str, Any]:
        """Return the file's content; the comment is the docstring of the maker."""
        refused = isinstance(self.expect, QrLayer)
        return {
            "expect": "refuse" if refused else "accept",
            "layer": self.expect.value if isinstance(self.expect, QrLayer) else "none",
            "status": "none" if isinstance(self.expect, QrLayer) else self.expect,
            "source": self.source,
            "comment": comment,
            "verified_at": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "allow_practice": self.allow_practice,
            "with_root": self.root is not None,
            "root": base64.b64encode(self.root.pem).decode() if self.root else "",
            "chain": base64.b64encode(self.chain).decode(),
            "with_document": bool(self.document),
            "document": base64.b64encode(self.document).decode(),
            "text": self.text,
            "claims": {} if refused else dict(self.claims),
        }


MAKERS: dict[str, Callable[[], Vector]] = {}


def vector(maker: Callable[[], Vector]) -> Callable[[], Vector]:
    """Register a maker under its own name."""
    MAKERS[maker.__name__] = maker
    return maker


def named_statement(statement: Statement | None = None) -> Statement:
    """Return a statement about a drive with a model and a serial of its own."""
    found = certificate_statement(PRODUCTION_SIGNER) if statement is None else statement
    names = {"model": "WDC WD40EFRX-68N32N0", "serial": SERIAL}
    found["device"]["identifiers"] = [
        {"kind": kind, "value": value, "source": "medium", "evidence": "IDENTIFY"}
        for kind, value in names.items()
    ]
    return found


def cose(
    payload: bytes,
    *,
    signer: SampleSigner = PRODUCTION_SIGNER,
    protected: bytes | None = None,
    context: str = "Signature1",
    change: Callable[[int, int], tuple[int, int]] = lambda r, s: (r, min(s, P256_ORDER - s)),
) -> list[object]:
    """Sign any payload and return the four members of the envelope."""
    header = _header(signer) if protected is None else protected
    r, s = change(*decode_dss_signature(signer.sign(encode([context, header, b"", payload]))))
    return [header, {}, payload, r.to_bytes(32, "big") + s.to_bytes(32, "big")]


def _header(signer: SampleSigner) -> bytes:
    return encode({1: -7, 4: bytes.fromhex(signer.key_id)[:8]})


def _text(data: bytes) -> str:
    return PREFIX + digits_of(data)


def _claims(statement: Statement | None = None) -> Claims:
    found = named_statement() if statement is None else statement
    return as_map(claims_of(found, encode_json(found)))


def _coded(
    expect: str | Status,
    statement: Statement,
    signer: SampleSigner = PRODUCTION_SIGNER,
    **more: Any,
) -> Vector:
    claims = claims_of(statement, encode_json(statement))
    return Vector(
        expect=expect if isinstance(expect, str) else expect.value,
        source=OURS,
        text=_text(b"\xd2" + encode(cose(encode(as_map(claims)), signer=signer))),
        claims=spelled(claims),
        **more,
    )


def _phone_claims() -> Claims:
    return _claims(phone_statement(PRODUCTION_SIGNER))


def _good() -> Vector:
    return _coded(SIGNED, named_statement())


def _refused(layer: QrLayer, source: str, text: str, **more: Any) -> Vector:
    return Vector(expect=layer, source=source, text=text, claims={}, **more)


def _paid(layer: QrLayer, source: str, payload: bytes, **more: Any) -> Vector:
    return _refused(layer, source, _text(b"\xd2" + encode(cose(payload))), **more)


def _claimed(key: int, value: object) -> Vector:
    """Return a correctly signed code in which one claim is another, or missing."""
    claims = _claims() | {key: value}
    kept = {name: each for name, each in claims.items() if each is not None}
    return _paid(QrLayer.CLAIMS, OURS, encode(kept))


def _payload(old: bytes, new: bytes) -> Vector:
    """Return a correctly signed code whose claims are spelled otherwise in one place."""
    good = encode(_claims())
    assert good.count(old) == 1, "one place"
    return _paid(QrLayer.CBOR, CBOR, good.replace(old, new))


def _raw(layer: QrLayer, source: str, change: Callable[[bytes], bytes]) -> Vector:
    data = b"\xd2" + encode(cose(encode(_claims())))
    return _refused(layer, source, _text(change(data)))


def _numbers(change: Callable[[int, int], tuple[int, int]]) -> Vector:
    members = cose(encode(_claims()), change=change)
    return _refused(QrLayer.SIGNATURE_ENCODING, COSE, _text(b"\xd2" + encode(members)))


def _headed(header: dict[int, object]) -> Vector:
    members = cose(encode(_claims()), protected=encode(header))
    return _refused(QrLayer.COSE, COSE, _text(b"\xd2" + encode(members)))


# --- accepted ----------------------------------------------------------------------------------


@vector
def accept_certificate() -> Vector:
    """A certificate's code: genuine, and alone no more than the station's word."""
    return _good()


@vector
def accept_certificate_with_document() -> Vector:
    """The same code beside its document: every field is the document's."""
    return replace(_good(), document=encode_json(named_statement()))


@vector
def accept_without_names() -> Vector:
    """A device that stated neither model nor serial has neither in the code."""
    statement = certificate_statement(PRODUCTION_SIGNER)
    statement["device"]["identifiers"] = []
    return _coded(SIGNED, statement)


@vector
def accept_graded() -> Vector:
    """A code with the three grades."""
    return _coded(SIGNED, named_statement(graded_statement(PRODUCTION_SIGNER)))


@vector
def accept_sampled_practice() -> Vector:
    """A practice code of an erasure of which a sample was read back."""
    return _coded(
        SIGNED,
        named_statement(sampled_statement()),
        PRACTICE_SIGNER,
        chain=PRACTICE_SIGNER.certificate_chain_pem,
        root=PRACTICE_ROOT,
        allow_practice=True,
    )


@vector
def accept_identity_of_a_bridge() -> Vector:
    """A serial that may be an adapter's."""
    statement = named_statement()
    statement["device"]["identity_strength"] = "bridge"
    return _coded(SIGNED, statement)


@vector
def accept_phone() -> Vector:
    """A phone's certificate: its method is the route of its reset, and nothing is read back."""
    return _coded(SIGNED, phone_statement(PRODUCTION_SIGNER))


@vector
def accept_phone_with_document() -> Vector:
    """The same code beside its document."""
    statement = phone_statement(PRODUCTION_SIGNER)
    return replace(accept_phone(), document=encode_json(statement))


@vector
def accept_phone_without_size() -> Vector:
    """A tablet that says neither size nor serial: its UDID stands for it."""
    statement = ios_statement(PRODUCTION_SIGNER)
    return replace(_coded(SIGNED, statement), document=encode_json(statement))


@vector
def accept_phone_by_its_label() -> Vector:
    """A phone that says nothing of itself: an IMEI that somebody read on it, and no more."""
    statement = phone_statement(PRODUCTION_SIGNER)
    device = statement["device"]
    device["identifiers"] = [each for each in device["identifiers"] if each["source"] == "label"]
    return _coded(SIGNED, statement)


@vector
def accept_phone_without_names() -> Vector:
    """A notice about a phone that nobody could name: the document's number stands for it."""
    statement = phone_notice_statement(PRODUCTION_SIGNER)
    statement["device"] |= {"identifiers": []}
    del statement["device"]["size_bytes"]
    return replace(_coded(Status.NOT_ERASED, statement), document=encode_json(statement))


@vector
def accept_phone_unproven() -> Vector:
    """A notice about a phone that never returned."""
    return _coded(Status.INCONCLUSIVE, unproven_statement(PRODUCTION_SIGNER))


@vector
def refuse_drive_without_size() -> Vector:
    """Only a phone may go without a size."""
    return _claimed(9, None)


@vector
def refuse_phone_read_back() -> Vector:
    """A phone's code says that every byte was checked."""
    return _paid(QrLayer.CLAIMS, OURS, encode(_phone_claims() | {12: 1}))


@vector
def refuse_phone_numbered_like_a_notice() -> Vector:
    """A phone's certificate has a notice's number."""
    claims = _phone_claims()
    return _paid(QrLayer.CLAIMS, OURS, encode(claims | {2: f"{claims[2]}-n1"}))


@vector
def refuse_phone_that_failed() -> Vector:
    """A phone's certificate of a failure."""
    return _paid(QrLayer.CLAIMS, OURS, encode(_phone_claims() | {4: 3}))


@vector
def refuse_phone_with_another_route_than_document() -> Vector:
    """The code names another route than the document."""
    document = encode_json(phone_statement(PRODUCTION_SIGNER))
    claims = _phone_claims() | {11: "settings"}
    return _paid(QrLayer.DOCUMENT, OURS, encode(claims), document=document)


@vector
def refuse_phone_for_a_drive() -> Vector:
    """The code of a drive says that it is a phone's."""
    return replace(
        _paid(QrLayer.DOCUMENT, OURS, encode(_claims() | {3: 3, 12: 0})),
        document=encode_json(named_statement()),
    )


@vector
def accept_cut_name() -> Vector:
    """A model of more than 40 bytes is cut before a character that does not fit, and marked."""
    statement = named_statement()
    statement["device"]["identifiers"][0]["value"] = "M" * 36 + "圳圳"
    return replace(_coded(SIGNED, statement), document=encode_json(statement))


@vector
def accept_longest() -> Vector:
    """Every field at its limit but the time."""
    statement = named_statement(graded_statement(PRODUCTION_SIGNER))
    names = statement["device"]["identifiers"]
    names[0]["value"], names[1]["value"] = "M" * 40, "S" * 40
    statement["device"]["size_bytes"] = (1 << 53) - 1
    statement["method"]["name"] = "m" * 64
    statement["id"] += "-n999999"
    statement |= {"type": "notice", "outcome": "failed"}
    return _coded(Status.NOT_ERASED, statement)


@vector
def accept_failed_notice() -> Vector:
    """A notice that the device was not erased."""
    return _coded(Status.NOT_ERASED, named_statement(notice_statement(PRODUCTION_SIGNER)))


@vector
def accept_notice_with_exceptions() -> Vector:
    """A notice that some sectors were not reached."""
    statement = notice_statement(PRODUCTION_SIGNER, outcome="verified-with-exceptions")
    return _coded(Status.NOT_ERASED, named_statement(statement))


@vector
def accept_interrupted_notice() -> Vector:
    """A notice that the job was interrupted and may go on."""
    statement = notice_statement(PRODUCTION_SIGNER, "interrupted", "indeterminate")
    return _coded(Status.INCONCLUSIVE, named_statement(statement))


@vector
def accept_aborted_notice() -> Vector:
    """A notice that somebody stopped the job."""
    statement = notice_statement(PRODUCTION_SIGNER, "aborted", "aborted")
    return _coded(Status.INCONCLUSIVE, named_statement(statement))


@vector
def accept_without_root() -> Vector:
    """A flawless code, but the verifier knows no root: the signer is unknown."""
    return replace(_good(), expect=Status.SIGNER_UNKNOWN.value, root=None)


@vector
def accept_with_host() -> Vector:
    """The same digits behind an organisation's address, which nothing signs."""
    good = _good()
    return replace(good, text=good.text.replace(PREFIX, "https://recycling.example/c#"))


# --- text ----------------------------------------------------------------------------------------


def _written(change: Callable[[str], str]) -> Vector:
    return _refused(QrLayer.TEXT, OURS, change(_good().text))


@vector
def refuse_no_prefix() -> Vector:
    """Digits alone."""
    return _written(lambda text: text.removeprefix(PREFIX))


@vector
def refuse_capital_prefix() -> Vector:
    """The beginning in capitals."""
    return _written(lambda text: text.replace("wipe-cert", "WIPE-CERT"))


@vector
def refuse_address_without_tls() -> Vector:
    """An address that begins with http."""
    return _written(lambda text: text.replace(PREFIX, "http://recycling.example/c#"))


@vector
def refuse_two_fragments() -> Vector:
    """An address with a fragment of its own before ours."""
    return _written(lambda text: text.replace(PREFIX, "https://recycling.example/#c#"))


@vector
def refuse_address_too_long() -> Vector:
    """An address one character longer than allowed."""
    return _written(lambda text: text.replace(PREFIX, f"https://{'h' * 57}#"))


@vector
def refuse_newline() -> Vector:
    """A newline behind the last digit."""
    return _written(lambda text: text + "\n")


@vector
def refuse_foreign_digit() -> Vector:
    """One digit written in another script."""
    return _written(lambda text: text[:-1] + "\u0663")


@vector
def refuse_missing_digit() -> Vector:
    """The last digit is missing, and no number of bytes has so many digits."""
    return _written(lambda text: text[:-1])


@vector
def refuse_leading_zero() -> Vector:
    """A zero before the number, and no number of bytes has so many digits."""
    return _written(lambda text: text.replace(PREFIX, PREFIX + "0"))


@vector
def refuse_number_too_large() -> Vector:
    """All nines: more than so many bytes can hold."""
    return _written(lambda text: PREFIX + "9" * len(text.removeprefix(PREFIX)))


@vector
def refuse_too_long() -> Vector:
    """One byte more than a code may have."""
    return _refused(QrLayer.TEXT, OURS, _text(b"\xd2" + bytes(MAX_BYTES)))


# --- cbor: where claims are at fault they are correctly signed ------------------------------------


@vector
def refuse_long_form_number() -> Vector:
    """The version 1 is written in two bytes."""
    return _payload(b"\xae\x01\x01\x02", b"\xae\x01\x18\x01\x02")


@vector
def refuse_long_form_length() -> Vector:
    """The length of the serial is written in two bytes where one suffices."""
    text = SERIAL.encode()
    return _payload(bytes([0x60 | len(text)]) + text, bytes([0x78, len(text)]) + text)


@vector
def refuse_unsorted_keys() -> Vector:
    """The first two claims change places."""
    statement_id = encode(named_statement()["id"])
    return _payload(b"\x01\x01\x02" + statement_id, b"\x02" + statement_id + b"\x01\x01")


@vector
def refuse_key_twice() -> Vector:
    """The version stands there twice."""
    return _payload(b"\xae\x01\x01", b"\xaf\x01\x01\x01\x01")


@vector
def refuse_indefinite_length() -> Vector:
    """The claims have no length but an end mark."""
    good = encode(_claims())
    return _paid(QrLayer.CBOR, CBOR, b"\xbf" + good[1:] + b"\xff")


@vector
def refuse_boolean() -> Vector:
    """Practice is written as false instead of 0."""
    return _payload(b"\x06\x00\x07\x58", b"\x06\xf4\x07\x58")


@vector
def refuse_null() -> Vector:
    """Practice is null."""
    return _payload(b"\x06\x00\x07\x58", b"\x06\xf6\x07\x58")


@vector
def refuse_float() -> Vector:
    """Practice is 0.0."""
    return _payload(b"\x06\x00\x07\x58", b"\x06\xf9\x00\x00\x07\x58")


@vector
def refuse_tagged_time() -> Vector:
    """The time bears the tag of times."""
    return _payload(b"\x05\x1a", b"\x05\xc1\x1a")


@vector
def refuse_text_key() -> Vector:
    """A claim under a word instead of a number."""
    good = encode(_claims())
    return _paid(QrLayer.CBOR, CBOR, bytes([good[0] + 1]) + good[1:] + b"\x61x\x00")


@vector
def refuse_invalid_utf8() -> Vector:
    """A byte of the serial is not UTF-8."""
    return _payload(b"WCC7K", b"WCC7\xff")


@vector
def refuse_bytes_after_claims() -> Vector:
    """A byte behind the claims, signed with them."""
    return _paid(QrLayer.CBOR, CBOR, encode(_claims()) + b"\x00")


@vector
def refuse_bytes_after_envelope() -> Vector:
    """A byte behind the signature."""
    return _raw(QrLayer.CBOR, CBOR, lambda data: data + b"\x00")


@vector
def refuse_truncated() -> Vector:
    """The last byte of the signature is missing, and the digits are right for what is left."""
    return _raw(QrLayer.CBOR, CBOR, lambda data: data[:-1])


@vector
def refuse_missing_member() -> Vector:
    """The bytes end where the signature should begin."""
    return _raw(QrLayer.CBOR, CBOR, lambda data: data[: -len(b"\x58\x40") - 64])


@vector
def refuse_detached_claims() -> Vector:
    """An envelope without claims."""
    members = cose(encode(_claims()))
    envelope = encode([members[0], {}, b"", members[3]]).replace(b"\xa0\x40", b"\xa0\xf6")
    return _refused(QrLayer.CBOR, COSE, _text(b"\xd2" + envelope))


@vector
def refuse_deep_nesting() -> Vector:
    """Lists within lists, to exhaust a parser."""
    return _paid(QrLayer.CBOR, CBOR, b"\x81" * 100 + b"\x00")


# --- cose ----------------------------------------------------------------------------------------


@vector
def refuse_no_tag() -> Vector:
    """The envelope without its tag."""
    return _raw(QrLayer.COSE, COSE, lambda data: data[1:])


@vector
def refuse_leading_zero_byte() -> Vector:
    """As many zeros before the number as make one byte more: another text, and other bytes."""
    return _raw(QrLayer.COSE, COSE, lambda data: b"\x00" + data)


@vector
def refuse_other_tag() -> Vector:
    """The tag of a message with a code instead of a signature."""
    return _raw(QrLayer.COSE, COSE, lambda data: b"\xd1" + data[1:])


@vector
def refuse_long_form_tag() -> Vector:
    """The tag is written in two bytes."""
    return _raw(QrLayer.COSE, COSE, lambda data: b"\xd8\x12" + data[1:])


@vector
def refuse_three_members() -> Vector:
    """The unprotected header is left out."""
    members = cose(encode(_claims()))
    del members[1]
    return _refused(QrLayer.COSE, COSE, _text(b"\xd2" + encode(members)))


@vector
def refuse_unprotected_header() -> Vector:
    """Something stands where nothing is signed."""
    members = cose(encode(_claims()))
    members[1] = {4: b"anything"}
    return _refused(QrLayer.COSE, COSE, _text(b"\xd2" + encode(members)))


@vector
def refuse_other_algorithm() -> Vector:
    """The header says ES384."""
    return _headed({1: -35, 4: bytes.fromhex(PRODUCTION_SIGNER.key_id)[:8]})


@vector
def refuse_no_algorithm() -> Vector:
    """The header names no algorithm."""
    return _headed({4: bytes.fromhex(PRODUCTION_SIGNER.key_id)[:8]})


@vector
def refuse_no_key() -> Vector:
    """The header names no key."""
    return _headed({1: -7})


@vector
def refuse_short_key_hint() -> Vector:
    """The header names seven bytes of the key's id."""
    return _headed({1: -7, 4: bytes.fromhex(PRODUCTION_SIGNER.key_id)[:7]})


@vector
def refuse_third_header() -> Vector:
    """The header says something more."""
    return _headed({1: -7, 3: 0, 4: bytes.fromhex(PRODUCTION_SIGNER.key_id)[:8]})


# --- signature-encoding --------------------------------------------------------------------------


@vector
def refuse_short_signature() -> Vector:
    """A signature of 63 bytes."""
    members = cose(encode(_claims()))
    assert isinstance(members[3], bytes)
    members[3] = members[3][:-1]
    return _refused(QrLayer.SIGNATURE_ENCODING, COSE, _text(b"\xd2" + encode(members)))


@vector
def refuse_zero_r() -> Vector:
    """A signature whose r is 0."""
    return _numbers(lambda _r, s: (0, min(s, P256_ORDER - s)))


@vector
def refuse_r_beyond_order() -> Vector:
    """A signature whose r is the order of the group."""
    return _numbers(lambda _r, s: (P256_ORDER, min(s, P256_ORDER - s)))


@vector
def refuse_zero_s() -> Vector:
    """A signature whose s is 0."""
    return _numbers(lambda r, _s: (r, 0))


@vector
def refuse_high_s() -> Vector:
    """The other s that fits: ES256 allows it, we do not, so that a code has one spelling."""
    return _numbers(lambda r, s: (r, max(s, P256_ORDER - s)))


# --- claims: all of these are correctly signed ----------------------------------------------------


@vector
def refuse_list_of_claims() -> Vector:
    """A list where the claims should be."""
    return _paid(QrLayer.CLAIMS, OURS, encode([1, 2, 3]))


@vector
def refuse_later_version() -> Vector:
    """A version that is not known."""
    return _claimed(1, 2)


@vector
def refuse_unknown_claim() -> Vector:
    """A claim that nobody knows."""
    return _claimed(16, 0)


@vector
def refuse_missing_digest() -> Vector:
    """The document's digest is missing."""
    return _claimed(7, None)


@vector
def refuse_malformed_id() -> Vector:
    """An id that is none."""
    return _claimed(2, "20261123T172205Z")


@vector
def refuse_unknown_type() -> Vector:
    """A third kind of document."""
    return _claimed(3, 3)


@vector
def refuse_unknown_outcome() -> Vector:
    """A sixth outcome."""
    return _claimed(4, 6)


@vector
def refuse_time_before_1970() -> Vector:
    """A negative time."""
    return _claimed(5, -1)


@vector
def refuse_time_after_9999() -> Vector:
    """A time that no document can state."""
    return _claimed(5, 253402300800)


@vector
def refuse_practice_of_two() -> Vector:
    """Practice is neither 0 nor 1."""
    return _claimed(6, 2)


@vector
def refuse_short_digest() -> Vector:
    """A digest of 31 bytes."""
    return _claimed(7, bytes(31))


@vector
def refuse_key_id_in_hex() -> Vector:
    """The key's id as text."""
    return _claimed(8, PRODUCTION_SIGNER.key_id)


@vector
def refuse_size_too_large() -> Vector:
    """A size that readers with binary64 see as another one."""
    return _claimed(9, 1 << 53)


@vector
def refuse_unknown_identity() -> Vector:
    """A fourth source of the identity."""
    return _claimed(10, 3)


@vector
def refuse_malformed_method() -> Vector:
    """A method's name with a space."""
    return _claimed(11, "gb 46864")


@vector
def refuse_unknown_verification() -> Vector:
    """A fourth extent of the verification."""
    return _claimed(12, 3)


@vector
def refuse_model_too_long() -> Vector:
    """A model of 41 bytes."""
    return _claimed(13, "M" * 41)


@vector
def refuse_empty_serial() -> Vector:
    """A serial of no characters."""
    return _claimed(14, "")


@vector
def refuse_two_grades() -> Vector:
    """A grade with two axes."""
    return _claimed(15, [1, 0])


@vector
def refuse_unknown_grade() -> Vector:
    """A grade that is none."""
    return _claimed(15, [1, 0, 4])


@vector
def refuse_certificate_of_failure() -> Vector:
    """A certificate whose outcome is not a verified erasure."""
    return _claimed(4, 3)


@vector
def refuse_verified_notice() -> Vector:
    """A notice that says the device was erased."""
    claims = _claims() | {2: named_statement()["id"] + "-n1", 3: 2}
    return _paid(QrLayer.CLAIMS, OURS, encode(claims))


@vector
def refuse_certificate_with_id_of_notice() -> Vector:
    """A certificate under a notice's id."""
    return _claimed(2, named_statement()["id"] + "-n1")


# --- chain, key, signature ------------------------------------------------------------------------


@vector
def refuse_wrong_root() -> Vector:
    """The chain ends in another root of the same name."""
    other = authority("Example root", path_length=1, key=private_key("somebody else"))
    return replace(_good(), expect=QrLayer.CHAIN, source=RFC5280, root=issue(other))


@vector
def refuse_missing_intermediate() -> Vector:
    """The certificate between the station's and the root is missing."""
    return replace(_good(), expect=QrLayer.CHAIN, source=RFC5280, chain=LEAF.pem)


@vector
def refuse_expired_station() -> Vector:
    """The station's certificate had expired when the claims say they were signed."""
    ended = Subject(name="Example station 7", not_after=NOW.replace(month=11, day=1))
    chain = issue(ended, INTERMEDIATE).pem + INTERMEDIATE.pem
    return replace(_good(), expect=QrLayer.CHAIN, source=RFC5280, chain=chain)


@vector
def refuse_chain_of_another_station() -> Vector:
    """A good code, held against the certificates of another station."""
    other = issue(Subject(name="another station"), INTERMEDIATE)
    return replace(_good(), expect=QrLayer.KEY, chain=other.pem + INTERMEDIATE.pem)


@vector
def refuse_key_hint_of_another_key() -> Vector:
    """The header names another key than the claims."""
    header = encode({1: -7, 4: bytes.fromhex(PRACTICE_SIGNER.key_id)[:8]})
    members = cose(encode(_claims()), protected=header)
    return _refused(QrLayer.KEY, COSE, _text(b"\xd2" + encode(members)))


@vector
def refuse_key_id_of_another_key() -> Vector:
    """The claims name another key than the header."""
    claims = _claims() | {8: bytes.fromhex(PRACTICE_SIGNER.key_id)}
    return _paid(QrLayer.KEY, OURS, encode(claims))


@vector
def refuse_signature_of_another_key() -> Vector:
    """Another station signed in this station's name."""
    other = SampleSigner(
        authority=issue(Subject(name="another station"), INTERMEDIATE),
        certificate_chain_pem=PRODUCTION_CHAIN,
        practice=False,
    )
    header = encode({1: -7, 4: bytes.fromhex(PRODUCTION_SIGNER.key_id)[:8]})
    members = cose(encode(_claims()), signer=other, protected=header)
    return _refused(QrLayer.SIGNATURE, COSE, _text(b"\xd2" + encode(members)))


@vector
def refuse_changed_serial() -> Vector:
    """One character of the serial was changed after signing."""
    return _raw(QrLayer.SIGNATURE, COSE, lambda data: data.replace(b"WCC7K", b"WCC7L"))


@vector
def refuse_changed_signature() -> Vector:
    """One bit of s differs."""
    return _raw(QrLayer.SIGNATURE, COSE, lambda data: data[:-1] + bytes([data[-1] ^ 1]))


@vector
def refuse_signature_over_another_context() -> Vector:
    """The key signed the same bytes as a message with several signers."""
    members = cose(encode(_claims()), context="Signature")
    return _refused(QrLayer.SIGNATURE, COSE, _text(b"\xd2" + encode(members)))


# --- binding, practice, document ------------------------------------------------------------------


@vector
def refuse_practice_flag_under_organisation() -> Vector:
    """An organisation's station signed a code that says it is practice."""
    return _paid(QrLayer.BINDING, OURS, encode(_claims() | {6: 1}), allow_practice=True)


@vector
def refuse_production_under_practice_root() -> Vector:
    """A practice station signed a code that does not say it is practice."""
    statement = named_statement(certificate_statement(PRACTICE_SIGNER)) | {"practice": False}
    return replace(
        _coded("", statement, PRACTICE_SIGNER),
        expect=QrLayer.BINDING,
        chain=PRACTICE_SIGNER.certificate_chain_pem,
        root=PRACTICE_ROOT,
        allow_practice=True,
    )


@vector
def refuse_signed_in_the_future() -> Vector:
    """A code signed two days after the verifier's clock."""
    return _paid(QrLayer.BINDING, OURS, encode(_claims() | {5: int(NOW.timestamp()) + 172800}))


@vector
def refuse_practice_without_permission() -> Vector:
    """A genuine practice code, where practice is not wanted."""
    return replace(accept_sampled_practice(), expect=QrLayer.PRACTICE, allow_practice=False)


@vector
def refuse_other_document() -> Vector:
    """A good code beside another document of the same job."""
    other = encode_json(named_statement() | {"not_checked": []})
    return replace(_good(), expect=QrLayer.DOCUMENT, document=other)


@vector
def refuse_document_that_has_no_code() -> Vector:
    """A good code beside a receipt, which is about no erasure."""
    other = encode_json(receipt_statement(PRODUCTION_SIGNER))
    return replace(_good(), expect=QrLayer.DOCUMENT, document=other)


@vector
def refuse_other_serial_than_document() -> Vector:
    """The station itself signed another serial into the code than into the document."""
    claims = _claims() | {14: "WD-WCC7K0123457"}
    document = encode_json(named_statement())
    return _paid(QrLayer.DOCUMENT, OURS, encode(claims), document=document)


@vector
def refuse_grade_that_document_lacks() -> Vector:
    """The code states a grade, the document none."""
    claims = _claims() | {15: [1, 1, 1]}
    document = encode_json(named_statement())
    return _paid(QrLayer.DOCUMENT, OURS, encode(claims), document=document)


# --- files -------------------------------------------------------------------------------------


def rendered() -> dict[str, str]:
    """Return the content of every vector file by its name."""
    return {f"{name}.json": _rendered(maker) for name, maker in MAKERS.items()}


def _rendered(maker: Callable[[], Vector]) -> str:
    content = maker().as_json((maker.__doc__ or "").strip())
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> int:
    """Write or compare; return 1 if they differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    if not parser.parse_args().check:
        write_files(FOLDER, rendered())
    different = differing(FOLDER, rendered())
    sys.stdout.writelines(f"differs: {name}\n" for name in different)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
