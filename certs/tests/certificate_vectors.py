"""Vectors about the inside of certificates: DER that their issuer signed as it is.

`make_vectors` writes them. A name is the file's, and the sentence its comment; what is returned is
the signer's certificate, whose issuer, root and document are sound.
"""

import base64
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from certs.tests.samples import (
    INTERMEDIATE,
    LEAF,
    PRODUCTION_SIGNER,
    SampleSigner,
    certificate_statement,
    signed_files,
)


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


def pem_of(der: bytes) -> bytes:
    """Return a certificate as PEM."""
    digits = base64.b64encode(der)
    lines = [digits[at : at + 64] + b"\n" for at in range(0, len(digits), 64)]
    return b"".join((b"-----BEGIN CERTIFICATE-----\n", *lines, b"-----END CERTIFICATE-----\n"))


def files_under(leaf_pem: bytes) -> dict[str, bytes]:
    """Return the files of a sound document under a certificate of its signer."""
    signer = SampleSigner(
        authority=LEAF, certificate_chain_pem=leaf_pem + INTERMEDIATE.pem, practice=False
    )
    return signed_files(certificate_statement(PRODUCTION_SIGNER), signer)
