"""From a signer's certificate to a root: parsing, issuing, validity. Pure.

A small part of RFC 5280 on purpose: ECDSA P-256 with SHA-256 only, no name constraints, no
policies, no CRL. A critical extension outside that part is refused. `certs.revocation` says which
keys count no longer.

KNOWN HOLE: `issued_at` is what the signer stated: a stolen key can sign with a time before its
theft. Where no revocation list is given, nothing here notices.
"""

import base64
import binascii
import hashlib
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NoReturn

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

from certs.errors import CertificateError, Layer
from certs.formats.fields import shown
from certs.text import Text

# A root whose organisation is exactly this issues practice documents and nothing else.
PRACTICE_ORGANIZATION = "PRACTICE - NOT A CERTIFICATE"
MAX_CERTIFICATES = 4

_PEM = re.compile(
    rb"-----BEGIN CERTIFICATE-----\r?\n"
    rb"((?:[A-Za-z0-9+/=]{1,76}\r?\n)+)"
    rb"-----END CERTIFICATE-----(?:\r?\n|\Z)"
)
# What the library raises for bytes that it cannot or will not read.
_UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    UserWarning,
)
_HINT = Text(
    zh="不要相信这份文件。请确认根证书来自可靠的渠道，并向出具方核实。",
    en="Do not trust this document. Make sure of where your root came from and ask the issuer.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningChain:
    """A signer and who vouches for it.

    Attributes:
        key: the signer's public key, on P-256.
        key_id: SHA-256 of its SPKI DER, in hex.
        issuer_key_ids: the same of the issuers' keys, without the root's.
        certificates_der: the signer's own first, then its issuers, without the root.
        signer_name: subject of the signer's certificate, safe to show.
        practice: whether the root's name is the practice root's.
        root_known: whether a trusted root was given and the chain ends in it.
        not_before: start of the time in which every certificate is valid, the root's included.
        not_after: end of that time, inclusive.
    """

    key: ec.EllipticCurvePublicKey
    key_id: str
    issuer_key_ids: tuple[str, ...]
    certificates_der: tuple[bytes, ...]
    signer_name: str
    practice: bool
    root_known: bool
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    """What matters here of one certificate.

    Attributes:
        name: the subject, safe to show.
        path_length: how many intermediates may follow; None is no limit.
    """

    certificate: x509.Certificate
    subject: x509.Name
    issuer: x509.Name
    name: str
    key: ec.EllipticCurvePublicKey
    is_authority: bool
    path_length: int | None
    may_sign_certificates: bool
    may_sign_documents: bool
    not_before: datetime
    not_after: datetime


# A recycler checks pallets of documents from few stations.
@lru_cache(maxsize=64)
def read_chain(chain_pem: bytes, root_pem: bytes | None) -> SigningChain:
    """Parse a chain and follow it to the root.

    Args:
        chain_pem: 1 to 4 CERTIFICATE blocks and nothing else: the signer's, then each issuer's,
            without the root.
        root_pem: exactly one CERTIFICATE block, trusted because the caller knows it; None if the
            caller knows none.

    Returns:
        the chain; validity is left to `check_validity`, because its time stands in the document.

    Raises:
        CertificateError: CHAIN.

    Source: RFC 5280 §6.1, reduced; RFC 7468 §3 (strict).
    """
    links = [_read_link(der) for der in _split_pem(chain_pem, "station.pem", MAX_CERTIFICATES)]
    root_blocks = [] if root_pem is None else _split_pem(root_pem, "root", 1)
    roots = [_read_link(der) for der in root_blocks]
    _check_signer(links[0])
    _check_links(links, roots)
    return _summary(links, roots)


def read_issued(chain_pem: bytes, root_pem: bytes) -> tuple[str, str]:
    """Return the key id and the name of whoever a root vouches for, be it a signer or an issuer.

    Args:
        chain_pem: the certificate, then its issuers, as for `read_chain`.
        root_pem: exactly one CERTIFICATE block.

    Raises:
        CertificateError: CHAIN.
    """
    links = [_read_link(der) for der in _split_pem(chain_pem, "station.pem", MAX_CERTIFICATES)]
    (der,) = _split_pem(root_pem, "root", 1)
    _check_links(links, [_read_link(der)])
    return key_id_of(links[0].key), links[0].name


def read_root_key(root_pem: bytes) -> ec.EllipticCurvePublicKey:
    """Return the key of a root.

    Args:
        root_pem: exactly one CERTIFICATE block, an authority's.

    Raises:
        CertificateError: CHAIN.
    """
    (der,) = _split_pem(root_pem, "root", 1)
    link = _read_link(der)
    _check_issuer(link, 0)
    return link.key


def check_validity(chain: SigningChain, at: datetime) -> None:
    """Check that every certificate was valid.

    Args:
        chain: as read.
        at: aware; the time of signing.

    Raises:
        CertificateError: CHAIN.
    """
    if not chain.not_before <= at <= chain.not_after:
        _refuse(
            "签发时，签名方的证书不在有效期内",
            "a certificate of the chain was not valid at the time of signing",
        )


def key_id_of(key: ec.EllipticCurvePublicKey) -> str:
    """Return the SHA-256 of a public key's SPKI DER, 64 lower-case hex digits."""
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()


def _split_pem(pem: bytes, name: str, most: int) -> list[bytes]:
    blocks: list[bytes] = []
    end = 0
    while end < len(pem) and len(blocks) < most and (match := _PEM.match(pem, end)):
        blocks.append(_decode_base64(match[1]))
        end = match.end()
    if not blocks or end < len(pem):
        _refuse(
            f"{name} 应该只有 1 到 {most} 张 PEM 证书",
            f"{name} must hold 1 to {most} PEM certificates and nothing else",
        )
    return blocks


def _decode_base64(lines: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(lines.split()), validate=True)
    except binascii.Error as error:
        _refuse("PEM 内容损坏", "damaged PEM", error)


def _read_link(der: bytes) -> _Link:
    try:
        with warnings.catch_warnings():
            # The library warns of what it will refuse one day, such as a negative serial number,
            # and of what it takes against the rules, such as a country of three letters.
            warnings.simplefilter("error", UserWarning)
            return _link(x509.load_der_x509_certificate(der))
    except _UNREADABLE as error:
        _refuse("证书读不懂", "a certificate that cannot be read", error)


def _link(certificate: x509.Certificate) -> _Link:
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        _refuse("密钥不是 P-256", "a key that is not on P-256")
    if certificate.signature_algorithm_oid != SignatureAlgorithmOID.ECDSA_WITH_SHA256:
        _refuse(
            "证书不是用 ECDSA 和 SHA-256 签的", "a certificate not signed by ECDSA with SHA-256"
        )
    constraints, usage = _understood_extensions(certificate)
    return _Link(
        certificate=certificate,
        subject=certificate.subject,
        issuer=certificate.issuer,
        name=shown(certificate.subject.rfc4514_string(), 200),
        key=key,
        is_authority=constraints is not None and constraints.ca,
        path_length=constraints.path_length if constraints else None,
        may_sign_certificates=usage is not None and usage.key_cert_sign,
        may_sign_documents=usage is not None and usage.digital_signature,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )


def _understood_extensions(
    certificate: x509.Certificate,
) -> tuple[x509.BasicConstraints | None, x509.KeyUsage | None]:
    constraints, usage = None, None
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.BasicConstraints):
            constraints = extension.value
        elif isinstance(extension.value, x509.KeyUsage):
            usage = extension.value
        elif extension.critical:
            _refuse("有不认识的关键扩展", "an unknown critical extension")
    return constraints, usage


def _check_links(links: Sequence[_Link], roots: Sequence[_Link]) -> None:
    """Check that each was issued by the next, and by one that may."""
    for depth, issuer in enumerate([*links, *roots][1:]):
        _check_issuer(issuer, depth)
    for subject, issuer in zip(links, [*links, *roots][1:], strict=False):
        _check_issued(subject, issuer)
    if any(link.issuer == link.subject for link in links):
        _refuse("文件自带根证书", "the document brings a root of its own")


def _check_signer(link: _Link) -> None:
    if link.is_authority:
        _refuse("签名证书是一张 CA 证书", "the signer's certificate is an authority's")
    if not link.may_sign_documents:
        _refuse("签名证书不能用来签文件", "the signer's certificate may not sign documents")


def _check_issuer(link: _Link, intermediates_below: int) -> None:
    if not link.is_authority or not link.may_sign_certificates:
        _refuse("上级证书无权签发证书", "an issuer that may not issue certificates")
    if link.path_length is not None and link.path_length < intermediates_below:
        _refuse("证书链太长", "a chain longer than an issuer allows")


def _check_issued(subject: _Link, issuer: _Link) -> None:
    try:
        subject.certificate.verify_directly_issued_by(issuer.certificate)
    except (InvalidSignature, *_UNREADABLE) as error:
        _refuse(
            "证书不是由给定的上级或根签发的",
            "a certificate was not issued by the next one or by your root",
            error,
        )


def _summary(links: Sequence[_Link], roots: Sequence[_Link]) -> SigningChain:
    everything = [*links, *roots]
    return SigningChain(
        key=links[0].key,
        key_id=key_id_of(links[0].key),
        issuer_key_ids=tuple(key_id_of(link.key) for link in links[1:]),
        certificates_der=tuple(link.certificate.public_bytes(Encoding.DER) for link in links),
        signer_name=links[0].name,
        practice=is_practice_name(links[-1].issuer),
        root_known=bool(roots),
        not_before=max(link.not_before for link in everything),
        not_after=min(link.not_after for link in everything),
    )


def is_practice_name(name: x509.Name) -> bool:
    """Tell whether a subject or issuer is a practice root."""
    organizations = name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return any(attribute.value == PRACTICE_ORGANIZATION for attribute in organizations)


def _refuse(zh: str, en: str, cause: Exception | None = None) -> NoReturn:
    message = Text(zh=f"签名方的证书有问题：{zh}。", en=f"Wrong signer: {en}.")
    raise CertificateError(Layer.CHAIN, message, _HINT) from cause


def verify_signature(chain: SigningChain, signature: bytes, document: bytes) -> None:
    """Check the detached signature over the document's bytes as they are.

    Args:
        chain: whose first key must have signed.
        signature: DER whose encoding was checked.
        document: the JSON file, unparsed.

    Raises:
        CertificateError: SIGNATURE.
    """
    try:
        chain.key.verify(signature, document, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        message = Text(
            zh="签名和内容对不上：内容或签名被改过。",
            en="The signature does not fit the content: one of them was altered.",
        )
        raise CertificateError(Layer.SIGNATURE, message, _HINT) from error
