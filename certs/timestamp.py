"""Time stamps: that somebody outside saw some bytes, and when. Pure.

A response (RFC 3161) carries a token, which is CMS: the service signed attributes, one of which is
the digest of a TSTInfo, which names the digest of what was stamped. `certs.time_service` says who
may sign.

The numbered plan of `open_token`:

1. The token is SignedData with one signer, around a TSTInfo.
2. The TSTInfo is about exactly these bytes, by SHA-256.
3. The signed attributes say what was signed and with which certificate, by a digest better than
   SHA-1.
4. That certificate is there, may stamp, and was valid; its key signed the attributes.
5. Where the caller trusts somebody, it leads to one of them.

Not taken: RSASSA-PSS, EdDSA, a signer named by key identifier, the old SHA-1 attribute alone.

Source: RFC 3161 §2.4.2; RFC 5816; RFC 5652 §5; RFC 5035 §4.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from certs.asn1 import (
    CONTEXT_0,
    CONTEXT_1,
    INTEGER,
    OBJECT_ID,
    OCTETS,
    SEQUENCE,
    SET,
    Element,
    Members,
    dotted,
    elements,
    number,
    only,
)
from certs.errors import MalformedDerError, TimestampError
from certs.time_info import SHA256, algorithm_of, parse_info
from certs.time_service import (
    STAMP_HINT,
    Roots,
    check_signature,
    check_signer,
    check_vouched,
    name_of,
    read_certificates,
    refuse_stamp,
)

MOST_BYTES: Final = 64 << 10
"""A response with its service's certificates; real ones have 1 to 7 KB."""
SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"
RSA: Final = "1.2.840.113549.1.1.1"
RSA_WITH_SHA256: Final = "1.2.840.113549.1.1.11"
ECDSA_WITH_SHA256: Final = "1.2.840.10045.4.3.2"
_DIGESTS: Final[Mapping[str, hashes.HashAlgorithm]] = {
    SHA256: hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
_SIGNATURES: Final[Mapping[str, tuple[bool, str | None]]] = {
    RSA: (True, None),
    RSA_WITH_SHA256: (True, "sha256"),
    "1.2.840.113549.1.1.12": (True, "sha384"),
    "1.2.840.113549.1.1.13": (True, "sha512"),
    ECDSA_WITH_SHA256: (False, "sha256"),
    "1.2.840.10045.4.3.3": (False, "sha384"),
    "1.2.840.10045.4.3.4": (False, "sha512"),
}
"""Whether it is RSA's, and the digest that it names."""
_GRANTED: Final = (0, 1)
_SIGNED_DATA_VERSION: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """That some bytes existed.

    Attributes:
        at: not later than this: the service's time and its stated accuracy, in whole seconds.
        service: its name, safe to show.
        policy: under which it stamps, as an object identifier.
        vouched: whether a root that the caller trusts vouches for the service.
        nonce: what the request asked to have repeated; None if nothing.
    """

    at: datetime
    service: str
    policy: str
    vouched: bool
    nonce: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    """What a token holds.

    Attributes:
        content: the TSTInfo's bytes.
        certificates: as many as it brings.
        signer: issuer and serial number of the signer's, as they stand.
        digest: of content and attributes.
        algorithm: of the signature, an object identifier.
        attributes: as they were signed.
        values: the attributes' by type.
        signature: over the attributes.
    """

    content: bytes
    certificates: tuple[x509.Certificate, ...]
    signer: tuple[bytes, int]
    digest: hashes.HashAlgorithm
    algorithm: str
    attributes: bytes
    values: Mapping[str, Element]
    signature: bytes


def open_response(response: bytes, stamped: bytes, roots: Roots | None) -> Stamp:
    """Check a time service's answer.

    Args:
        response: a TimeStampResp, DER.
        stamped: the bytes that it must be about.
        roots: the services that the caller trusts; None if none was given.

    Raises:
        TimestampError: it says no, is malformed, about other bytes, or signed by nobody who may.
    """
    return open_token(token_in(response), stamped, roots)


def token_in(response: bytes) -> bytes:
    """Return the token of an answer, unread.

    Raises:
        TimestampError: it is none, or the service did not stamp.
    """
    if len(response) > MOST_BYTES:
        refuse_stamp("太大", "too large")
    try:
        members = Members(only(response, SEQUENCE).content)
        status = Members(members.take(SEQUENCE).content)
        said = number(status.take(INTEGER).content)
        if said not in _GRANTED:
            refuse_stamp(f"时间服务没有给（状态 {said}）", f"the service refused (status {said})")
        token = members.take(SEQUENCE).encoded
        members.end()
    except MalformedDerError as error:
        raise TimestampError(error.message, STAMP_HINT) from error
    return token


def open_token(token: bytes, stamped: bytes, roots: Roots | None) -> Stamp:
    """Check a token.

    Args:
        token: a TimeStampToken, DER.
        stamped: the bytes that it must be about.
        roots: the services that the caller trusts; None if none was given.

    Raises:
        TimestampError: malformed, about other bytes, or signed by nobody who may.
    """
    try:
        signed = _signed(token)  # 1
        info = parse_info(signed.content)
        if info.sha256 != hashlib.sha256(stamped).digest():  # 2
            refuse_stamp("不是给这份内容盖的", "it is about other bytes")
        signer = _signer(signed)  # 3
    except MalformedDerError as error:
        raise TimestampError(error.message, STAMP_HINT) from error
    check_signer(signer, info.at)  # 4
    _check_algorithm(signed, signer)
    check_signature(signer, signed.signature, signed.attributes, signed.digest)
    if roots is not None:  # 5
        check_vouched(signer, signed.certificates, roots, info.at)
    return Stamp(
        at=info.at,
        service=name_of(signer),
        policy=info.policy,
        vouched=roots is not None,
        nonce=info.nonce,
    )


def brought_by(token: bytes) -> tuple[bytes, ...]:
    """Return the certificates that a token brings along, DER, in its order.

    Raises:
        TimestampError: malformed.
    """
    try:
        certificates = _signed(token).certificates
    except MalformedDerError as error:
        raise TimestampError(error.message, STAMP_HINT) from error
    return tuple(each.public_bytes(Encoding.DER) for each in certificates)


def _signed(token: bytes) -> _Signed:
    outer = Members(only(token, SEQUENCE).content)
    kind = dotted(outer.take(OBJECT_ID).content)
    if kind != SIGNED_DATA:
        refuse_stamp("不是签过名的数据", "it is no signed data")
    data = Members(only(outer.take(CONTEXT_0).content, SEQUENCE).content)
    outer.end()
    version = number(data.take(INTEGER).content)
    if version != _SIGNED_DATA_VERSION:
        refuse_stamp("版本不认识", "an unknown version")
    data.take(SET)  # the digests in use, which the signer names again
    content = _content(Members(data.take(SEQUENCE).content))
    brought = data.optional(CONTEXT_0)
    data.optional(CONTEXT_1)  # revocation lists, which nobody looks at here
    signers = elements(data.take(SET).content)
    data.end()
    if len(signers) != 1 or signers[0].tag != SEQUENCE:
        refuse_stamp("应该正好有一个签名", "expected exactly one signature")
    certificates = [each.encoded for each in elements(brought.content)] if brought else []
    return _signer_info(
        Members(signers[0].content), content=content, certificates=read_certificates(certificates)
    )


def _content(members: Members) -> bytes:
    kind = dotted(members.take(OBJECT_ID).content)
    if kind != TST_INFO:
        refuse_stamp("里面不是时间", "it is about no time")
    content = only(members.take(CONTEXT_0).content, OCTETS).content
    members.end()
    return content


def _signer_info(
    members: Members, *, content: bytes, certificates: tuple[x509.Certificate, ...]
) -> _Signed:
    version = number(members.take(INTEGER).content)
    if version != 1:
        refuse_stamp("签名的版本不认识", "a signature of an unknown version")
    name = Members(members.take(SEQUENCE).content)
    issuer, serial = name.take(SEQUENCE).encoded, number(name.take(INTEGER).content)
    name.end()
    digest = _digest(members.take(SEQUENCE))
    attributes = members.take(CONTEXT_0)
    algorithm = algorithm_of(members.take(SEQUENCE))
    signature = members.take(OCTETS).content
    members.optional(CONTEXT_1)  # attributes that nobody signed
    members.end()
    return _Signed(
        content=content,
        certificates=certificates,
        signer=(issuer, serial),
        digest=digest,
        algorithm=algorithm,
        # RFC 5652 §5.4: what is signed is the set itself, without its place in the structure.
        attributes=bytes([SET]) + attributes.encoded[1:],
        values=_values(attributes.content),
        signature=signature,
    )


def _values(attributes: bytes) -> Mapping[str, Element]:
    values: dict[str, Element] = {}
    for each in elements(attributes):
        attribute = Members(only(each.encoded, SEQUENCE).content)
        kind = dotted(attribute.take(OBJECT_ID).content)
        if kind in values:
            refuse_stamp("有重复的属性", "an attribute that is there twice")
        found = elements(attribute.take(SET).content)
        attribute.end()
        if len(found) != 1:
            refuse_stamp("属性应该只有一个值", "an attribute without exactly one value")
        values[kind] = found[0]
    return values


def _signer(signed: _Signed) -> x509.Certificate:
    """Return the certificate that the attributes name, after the digests in them fitted."""
    content_type, digest, certificate_id = (
        signed.values.get(kind) for kind in (CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE_V2)
    )
    if content_type is None or dotted(only(content_type.encoded, OBJECT_ID).content) != TST_INFO:
        refuse_stamp("签的不是时间", "what was signed is no time")
    if digest is None or only(digest.encoded, OCTETS).content != _of(signed.digest, signed.content):
        refuse_stamp("签的不是这个时间", "another time was signed")
    if certificate_id is None:
        refuse_stamp(
            "没有写明用哪张证书签的", "it does not say with which certificate it was signed"
        )
    found = [each for each in signed.certificates if _names(signed.signer, each)]
    if len(found) != 1:
        refuse_stamp("没有带签名方的证书", "it does not bring its signer's certificate")
    _check_certificate_id(certificate_id, found[0])
    return found[0]


def _names(signer: tuple[bytes, int], certificate: x509.Certificate) -> bool:
    return signer == (certificate.issuer.public_bytes(), certificate.serial_number)


def _check_certificate_id(value: Element, certificate: x509.Certificate) -> None:
    """Compare the first certificate id of an attribute. Source: RFC 5035 §4."""
    ids = elements(Members(only(value.encoded, SEQUENCE).content).take(SEQUENCE).content)
    if not ids:
        refuse_stamp(
            "没有写明用哪张证书签的", "it does not say with which certificate it was signed"
        )
    first = Members(only(ids[0].encoded, SEQUENCE).content)
    algorithm = first.optional(SEQUENCE)
    digest = _digest(algorithm) if algorithm else _DIGESTS[SHA256]
    if first.take(OCTETS).content != certificate.fingerprint(digest):
        refuse_stamp("是用另一张证书签的", "it was signed with another certificate")


def _check_algorithm(signed: _Signed, signer: x509.Certificate) -> None:
    is_rsa, named = _SIGNATURES.get(signed.algorithm, (None, None))
    if is_rsa is not isinstance(signer.public_key(), rsa.RSAPublicKey):
        refuse_stamp("签名算法不支持，或和密钥不符", "a signature of a kind that is not taken")
    if named not in (None, signed.digest.name):
        refuse_stamp("签名算法和摘要不符", "a signature by another digest than it states")


def _digest(algorithm: Element) -> hashes.HashAlgorithm:
    found = _DIGESTS.get(algorithm_of(algorithm))
    if found is None:
        refuse_stamp("摘要算法不支持", "a digest that is not taken")
    return found


def _of(digest: hashes.HashAlgorithm, data: bytes) -> bytes:
    return hashlib.new(digest.name, data).digest()
