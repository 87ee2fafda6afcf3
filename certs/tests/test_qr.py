"""Codes: signed, read and refused; and that others' tools agree with what is in them."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from hypothesis import given
from hypothesis import strategies as st

from certs import cbor
from certs.canonical import encode
from certs.chain import read_chain
from certs.der import P256_ORDER
from certs.errors import MalformedCborError, QrError, QrLayer
from certs.layout import DocumentType
from certs.qr import MAX_BYTES, PREFIX, check_qr, digits_of, parse_qr, signed_qr
from certs.qr_claims import (
    AXES,
    GRADES,
    OUTCOMES,
    STRENGTHS,
    VERIFICATIONS,
    QrClaims,
    claims_in,
    claims_of,
)
from certs.tests.make_qr_vectors import named_statement
from certs.tests.samples import LEAF, NOW, PRODUCTION_CHAIN, PRODUCTION_SIGNER, ROOT

STATEMENT = named_statement()
CLAIMS = claims_of(STATEMENT, encode(STATEMENT))
LONGEST = replace(
    CLAIMS,
    document_id=CLAIMS.document_id + "-n999999",
    document_type=DocumentType.NOTICE,
    outcome="failed",
    issued_at_s=253402300799,
    size_bytes=(1 << 53) - 1,
    method="m" * 64,
    model="M" * 40,
    serial="S" * 40,
    grade=("good", "caution", "bad"),
)
TEXT = signed_qr(CLAIMS, PRODUCTION_SIGNER.sign)
DIGITS = TEXT.removeprefix(PREFIX)


def _check(text: str) -> QrClaims:
    qr = parse_qr(text)
    check_qr(qr, PRODUCTION_CHAIN, root_pem=ROOT.pem, allow_practice=False, now=NOW)
    return qr.claims


# --- the whole ------------------------------------------------------------------------------------

_HEX = st.binary(min_size=32, max_size=32).map(bytes.hex)
_NAME = st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10)
_GRADES = st.none() | st.tuples(*(st.sampled_from(sorted(GRADES)) for _ in AXES))


@st.composite
def _any_claims(draw: st.DrawFn) -> QrClaims:
    outcome = draw(st.sampled_from(sorted(OUTCOMES)))
    certificate = outcome == "verified"
    return QrClaims(
        document_id="20261123T172205Z-5f3a9c1e" + ("" if certificate else "-n7"),
        document_type=DocumentType.CERTIFICATE if certificate else DocumentType.NOTICE,
        outcome=outcome,
        issued_at_s=draw(st.integers(0, 253402300799)),
        practice=draw(st.booleans()),
        document_sha256=draw(_HEX),
        key_id=PRODUCTION_SIGNER.key_id,
        size_bytes=draw(st.integers(0, (1 << 53) - 1)),
        identity_strength=draw(st.sampled_from(sorted(STRENGTHS))),
        method=draw(st.from_regex(r"[a-z][a-z0-9-]{0,63}", fullmatch=True)),
        verification=draw(st.sampled_from(sorted(VERIFICATIONS))),
        model=draw(_NAME),
        serial=draw(_NAME),
        grade=draw(_GRADES),
    )


@given(_any_claims())
def test_qr__any_claims__read_as_written(claims: QrClaims) -> None:
    """What was signed is what is read, whatever it says."""
    assert parse_qr(signed_qr(claims, PRODUCTION_SIGNER.sign)).claims == claims


def test_qr__any_changed_digit__refused() -> None:
    """Each wrong digit at each place is refused, with the declared error and no other."""
    for at, right in enumerate(DIGITS):
        for digit in set("0123456789") - {right}:
            with pytest.raises(QrError):
                _check(PREFIX + DIGITS[:at] + digit + DIGITS[at + 1 :])


@given(st.lists(st.tuples(st.integers(0, len(DIGITS) - 1), st.integers(1, 9)), min_size=1))
def test_qr__several_changed_digits__refused(changes: list[tuple[int, int]]) -> None:
    """So are several at once."""
    digits = list(DIGITS)
    for at, more in changes:
        digits[at] = str((int(DIGITS[at]) + more) % 10)
    with pytest.raises(QrError):
        _check(PREFIX + "".join(digits))


@given(st.binary(max_size=MAX_BYTES + 2))
def test_qr__any_bytes__refused(data: bytes) -> None:
    """Bytes of a stranger are refused, with the declared error and no other."""
    for each in (data, b"\xd2" + data, b"\xd2\x84" + data):
        with pytest.raises(QrError):
            parse_qr(PREFIX + digits_of(each))


@given(st.text(max_size=80))
def test_qr__any_text__refused(text: str) -> None:
    """Text of a stranger is refused, with the declared error and no other."""
    for each in (text, PREFIX + text, f"https://{text}#1"):
        with pytest.raises(QrError):
            parse_qr(each)


def test_qr__host__not_signed_and_checked() -> None:
    """The same digits behind any address of ours say the same; other addresses are refused."""
    text = signed_qr(CLAIMS, PRODUCTION_SIGNER.sign, "https://recycling.example/c")
    assert text == f"https://recycling.example/c#{DIGITS}"
    assert _check(text) == CLAIMS
    for host in ("", "http://a", "https://", "https://a b", "https://a#", "https://" + "a" * 57):
        with pytest.raises(QrError, match="address") as caught:
            signed_qr(CLAIMS, PRODUCTION_SIGNER.sign, host)
        assert caught.value.layer is QrLayer.TEXT


def test_signed_qr__claims_that_contradict__nothing_returned() -> None:
    """A code that no reader would accept never leaves the writer."""
    with pytest.raises(QrError) as caught:
        signed_qr(replace(CLAIMS, outcome="failed"), PRODUCTION_SIGNER.sign)
    assert caught.value.layer is QrLayer.CLAIMS


def test_signed_qr__signer_of_high_s__one_spelling() -> None:
    """Whichever of the two s a key store returns, the text is the same."""

    def other(data: bytes) -> bytes:
        r, s = decode_dss_signature(PRODUCTION_SIGNER.sign(data))
        return encode_dss_signature(r, P256_ORDER - s)

    assert signed_qr(CLAIMS, other) == TEXT


def test_qr__longest__fits_as_documented() -> None:
    """With every field at its limit, a code keeps the limit of its bytes."""
    text = signed_qr(LONGEST, PRODUCTION_SIGNER.sign)
    assert len(text.removeprefix(PREFIX)) == len(digits_of(bytes(MAX_BYTES - 1)))


# --- digits ---------------------------------------------------------------------------------------


@given(st.binary(min_size=1, max_size=60), st.binary(min_size=1, max_size=60))
def test_digits__other_bytes__other_digits(first: bytes, second: bytes) -> None:
    """Zeros at the front count: different bytes never have the same digits."""
    assert (digits_of(first) == digits_of(second)) is (first == second)


def test_digits__leading_zeros__kept() -> None:
    """The number of digits follows from the number of bytes alone."""
    assert digits_of(b"\x00") == "000"
    assert digits_of(b"\xff") == "255"
    assert digits_of(b"\x00\x00\x01") == "00000001"
    assert digits_of(b"\xff\xff\xff") == "16777215"


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("a" * 40, "a" * 40),
        ("a" * 41, "a" * 37 + "…"),
        ("圳" * 13, "圳" * 13),
        ("圳" * 14, "圳" * 12 + "…"),
        ("a" * 36 + "圳圳", "a" * 36 + "…"),
    ],
)
def test_claims__long_name__cut_at_a_character_and_marked(stated: str, expected: str) -> None:
    """A name beyond 40 bytes loses whole characters, and shows that it did."""
    statement = named_statement()
    statement["device"]["identifiers"][1]["value"] = stated
    assert claims_of(statement, b"").serial == expected


def test_claims__several_names__the_first_of_its_kind() -> None:
    """Where two serials were stated, the first one counts, as on the page."""
    statement = named_statement()
    statement["device"]["identifiers"] += [
        {"kind": "serial", "value": "BRIDGE", "source": "bridge", "evidence": "USB"},
        {"kind": "shared-serial", "value": "0000", "source": "bridge", "evidence": "USB"},
    ]
    assert claims_of(statement, b"").serial == "WD-WCC7K0123456"


# --- cbor -----------------------------------------------------------------------------------------

_VALUES = st.recursive(
    st.integers(-(1 << 64), (1 << 64) - 1) | st.binary(max_size=40) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.integers(-300, 70000), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(_VALUES)
def test_cbor__any_value__round_trips(value: object) -> None:
    """What is written is read as the same value, unless it is too deep."""
    data = cbor.encode(value)
    try:
        again = cbor.decode(data)
    except MalformedCborError as error:
        assert "deep" in error.message.en  # noqa: PT017 - both ends are allowed
    else:
        assert again == value


@given(st.binary(max_size=24))
def test_cbor__any_bytes__one_spelling(data: bytes) -> None:
    """Bytes are refused, or are exactly what the value is written as."""
    try:
        value = cbor.decode(data)
    except MalformedCborError:
        return
    assert cbor.encode(value) == data


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "00"),
        (23, "17"),
        (24, "1818"),
        (255, "18ff"),
        (256, "190100"),
        (65535, "19ffff"),
        (65536, "1a00010000"),
        (1000000000000, "1b000000e8d4a51000"),
        (18446744073709551615, "1bffffffffffffffff"),
        (-1, "20"),
        (-100, "3863"),
        (-18446744073709551616, "3bffffffffffffffff"),
        (b"\1\2\3\4", "4401020304"),
        ("水", "63e6b0b4"),
        ([1, [2, 3]], "8201820203"),
        ({1: 2, 3: 4}, "a201020304"),
        ({10: 0, -1: 0, 100: 0}, "a30a00186400" + "2000"),
    ],
)
def test_cbor__published_examples__the_same_bytes(value: object, written: str) -> None:
    """The examples of RFC 8949 (Appendix A, §4.2.1) come out and go in."""
    assert cbor.encode(value).hex() == written
    assert cbor.decode(bytes.fromhex(written)) == value


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("1817", "shortest"),
        ("1900ff", "shortest"),
        ("1a0000ffff", "shortest"),
        ("1b00000000ffffffff", "shortest"),
        ("3817", "shortest"),
        ("780161", "shortest"),
        ("980100", "shortest"),
        ("b8010000", "shortest"),
        ("", "early end"),
        ("18", "early end"),
        ("1901", "early end"),
        ("4201", "early end"),
        ("6261", "early end"),
        ("8200", "early end"),
        ("9bffffffffffffffff00", "early end"),
        ("5bffffffffffffffff00", "early end"),
        ("a100", "early end"),
        ("0000", "after its end"),
        ("8181818100", ""),
        ("818181818100", "too deep"),
        ("a200000000", "keys unsorted or twice"),
        ("a201000000", "keys unsorted or twice"),
        ("a1616100", "no integer"),
        ("61ff", "not UTF-8"),
        ("62c080", "not UTF-8"),
        ("63eda080", "not UTF-8"),
        ("f4", "does not belong"),
        ("f6", "does not belong"),
        ("f93c00", "does not belong"),
        ("c000", "does not belong"),
        ("1c", "not given"),
        ("9f00ff", "not given"),
        ("bf0000ff", "not given"),
        ("00" * 1025, "too long"),
    ],
)
def test_cbor__one_fault__refused_and_named(written: str, says: str) -> None:
    """Each rule of the encoding refuses by itself; nesting ends where it is said to."""
    if not says:
        assert cbor.decode(bytes.fromhex(written)) == [[[[0]]]]
        return
    with pytest.raises(MalformedCborError) as caught:
        cbor.decode(bytes.fromhex(written))
    assert says in caught.value.message.en


def test_claims__later_version_with_later_keys__named_as_such() -> None:
    """Whoever has an old reader is told that it is old."""
    with pytest.raises(QrError, match="version"):
        claims_in({1: 2, 99: 0})


# --- somebody else's tools ------------------------------------------------------------------------


def test_openssl__signature_over_the_structure_built_by_hand__verifies(tmp_path: Path) -> None:
    """ES256 of RFC 9052: openssl verifies r and s over Sig_structure, and refuses another."""
    number = int(DIGITS)
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    # Tag 18, an array of four: a header of 13 bytes, nothing, the claims, 64 bytes.
    assert data[:3] == b"\xd2\x84\x4d"
    header, rest = data[3:16], data[16:]
    assert header == b"\xa2\x01\x26\x04\x48" + bytes.fromhex(PRODUCTION_SIGNER.key_id)[:8]
    assert rest[:2] == b"\xa0\x58"
    claims, signature = rest[3 : 3 + rest[2]], rest[3 + rest[2] + 2 :]
    assert rest[3 + rest[2] :][:2] == b"\x58\x40"
    structure = b"\x84\x6aSignature1\x4d" + header + b"\x40" + rest[1:3] + claims
    r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
    (tmp_path / "signature").write_bytes(encode_dss_signature(r, s))
    (tmp_path / "station.pem").write_bytes(LEAF.pem)
    openssl = ["openssl", "x509", "-in", "station.pem", "-noout", "-pubkey", "-out", "key.pem"]
    subprocess.run(openssl, cwd=tmp_path, check=True)
    openssl = ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature"]
    for content, code in ((structure, 0), (structure.replace(b"WCC7K", b"WCC7L"), 1)):
        (tmp_path / "structure").write_bytes(content)
        done = subprocess.run(
            [*openssl, "structure"], cwd=tmp_path, check=False, capture_output=True
        )
        assert done.returncode == code, done.stderr


def test_check_qr__chain_alone__signer_named_but_root_unknown() -> None:
    """Without a root the code is consistent, and nobody vouches for its signer."""
    chain = check_qr(parse_qr(TEXT), PRODUCTION_CHAIN, root_pem=None, allow_practice=False, now=NOW)
    assert chain == read_chain(PRODUCTION_CHAIN, None)
    assert not chain.root_known
