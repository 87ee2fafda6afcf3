"""The two forms of a PDF signature that we write and accept: PAdES B-B and B-T. Pure.

P-256, SHA-256; B-T has a time service's token about the ECDSA value beside it, and is otherwise the
same. Chain, digest, ECDSA value and token decide every byte of the CMS structure: the last two are
looked up where they must stand, the structure is built anew and compared. One signature has one
spelling, down to its padding. Certificates other than the bundle's own, other unsigned attributes
or a second token would need a form of their own.

What the token says is for `certs.pdf.stamps`.

Source: RFC 5652 §5; RFC 5035 §4 (signing-certificate-v2); RFC 3161 appendix A; ETSI EN 319 142-1
§6.
"""

import hashlib
from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from certs.asn1 import (
    CONTEXT_0,
    CONTEXT_1,
    CONTEXT_4,
    INTEGER,
    OBJECT_ID,
    OCTETS,
    SEQUENCE,
    SET,
    Members,
    first,
    integer,
    only,
    tlv,
)
from certs.chain import SigningChain
from certs.der import check_signature_encoding
from certs.errors import CertificateError, MalformedDerError
from certs.pdf.container import SignedBytes, refuse_pdf

_DATA = bytes.fromhex("06092a864886f70d010701")
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_CONTENT_TYPE = bytes.fromhex("06092a864886f70d010903")
_MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")
_SIGNING_CERTIFICATE_V2 = bytes.fromhex("060b2a864886f70d010910022f")
_SIGNATURE_TIME_STAMP = bytes.fromhex("060b2a864886f70d010910020e")
_SHA256 = bytes.fromhex("300d06096086480165030402010500")
_ECDSA_WITH_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")


def check_pdf_signature(signed: SignedBytes, chain: SigningChain) -> None:
    """Check that the bundle's own station signed every byte of the PDF's signed revisions.

    Args:
        signed: as `certs.pdf.container.signed_bytes` found it.
        chain: the bundle's, read and followed to its root.

    Raises:
        CertificateError: PDF; another signer, changed bytes, or another spelling.
    """
    attributes = signed_attributes(
        hashlib.sha256(signed.covered).digest(), chain.certificates_der[0]
    )
    signature, token = signature_and_token(signed.cms)
    built = cms_of(signature, attributes, chain.certificates_der, token)
    if signed.cms[: len(built)] != built or any(signed.cms[len(built) :]):
        refuse_pdf(
            "签名和内容对不上，或不是这份证明的签名方签的",
            "its bytes were altered, or another than the document's own signer signed it",
        )
    try:
        check_signature_encoding(signature)
        chain.key.verify(signature, attributes, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, CertificateError) as error:
        refuse_pdf("签名不对", "its signature is wrong", error)


def signature_and_token(cms: bytes) -> tuple[bytes, bytes | None]:
    """Return ECDSA value and token, unchecked, from where they must stand.

    Raises:
        CertificateError: PDF; they stand there not.
    """
    try:
        return _parts(cms)
    except MalformedDerError as error:
        refuse_pdf("签名读不懂", "its signature cannot be read", error)


def _parts(cms: bytes) -> tuple[bytes, bytes | None]:
    content = Members(first(cms).content)
    content.take(OBJECT_ID)
    data = Members(only(content.take(CONTEXT_0).content, SEQUENCE).content)
    for tag in (INTEGER, SET, SEQUENCE, CONTEXT_0):
        data.take(tag)
    signer = Members(only(data.take(SET).content, SEQUENCE).content)
    for tag in (INTEGER, SEQUENCE, SEQUENCE, CONTEXT_0, SEQUENCE):
        signer.take(tag)
    signature = signer.take(OCTETS).content
    unsigned = signer.optional(CONTEXT_1)
    if unsigned is None:
        return signature, None
    attribute = Members(only(unsigned.content, SEQUENCE).content)
    attribute.take(OBJECT_ID)
    return signature, only(attribute.take(SET).content, SEQUENCE).encoded


def signed_attributes(digest: bytes, signer_der: bytes) -> bytes:
    """Return the bytes that the key signs: content type, digest, and which certificate.

    Args:
        digest: SHA-256 of every byte of the PDF but the signature's.
        signer_der: the signer's certificate.
    """
    certificate_id = tlv(
        SEQUENCE, tlv(OCTETS, hashlib.sha256(signer_der).digest()), _issuer_serial(signer_der)
    )
    attributes = [
        tlv(SEQUENCE, _CONTENT_TYPE, tlv(SET, _DATA)),
        tlv(SEQUENCE, _MESSAGE_DIGEST, tlv(SET, tlv(OCTETS, digest))),
        tlv(
            SEQUENCE,
            _SIGNING_CERTIFICATE_V2,
            tlv(SET, tlv(SEQUENCE, tlv(SEQUENCE, certificate_id))),
        ),
    ]
    return tlv(SET, *sorted(attributes))


def cms_of(
    signature: bytes,
    attributes: bytes,
    certificates_der: Sequence[bytes],
    token: bytes | None = None,
) -> bytes:
    """Return the whole CMS structure around an ECDSA value.

    Args:
        signature: DER, over `attributes`.
        attributes: from `signed_attributes`.
        certificates_der: the signer's first, then its issuers without the root.
        token: a time service's about `signature`; None for B-B.
    """
    signer = x509.load_der_x509_certificate(certificates_der[0])
    version = integer(1)
    signer_info = tlv(
        SEQUENCE,
        version,
        tlv(SEQUENCE, signer.issuer.public_bytes(), integer(signer.serial_number)),
        _SHA256,
        bytes([CONTEXT_0]) + attributes[1:],
        _ECDSA_WITH_SHA256,
        tlv(OCTETS, signature),
        b"" if token is None else tlv(CONTEXT_1, _stamp_attribute(token)),
    )
    signed_data = tlv(
        SEQUENCE,
        version,
        tlv(SET, _SHA256),
        tlv(SEQUENCE, _DATA),
        tlv(CONTEXT_0, *sorted(certificates_der)),
        tlv(SET, signer_info),
    )
    return tlv(SEQUENCE, _SIGNED_DATA, tlv(CONTEXT_0, signed_data))


def _stamp_attribute(token: bytes) -> bytes:
    return tlv(SEQUENCE, _SIGNATURE_TIME_STAMP, tlv(SET, token))


def _issuer_serial(certificate_der: bytes) -> bytes:
    certificate = x509.load_der_x509_certificate(certificate_der)
    directory_name = tlv(CONTEXT_4, certificate.issuer.public_bytes())
    return tlv(SEQUENCE, tlv(SEQUENCE, directory_name), integer(certificate.serial_number))
