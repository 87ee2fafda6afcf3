"""The one form of a PDF signature that we write and accept: PAdES B-B, P-256, SHA-256. Pure.

Nothing is parsed: chain, digest and the ECDSA value decide every byte of the CMS structure, so it
is built anew and compared. One signature has one spelling, down to its padding. Certificates
other than the bundle's own, unsigned attributes or time stamps would need a form of their own.

Source: RFC 5652 §5; RFC 5035 §4 (signing-certificate-v2); ETSI EN 319 142-1 §6 (B-B).
"""

import hashlib
from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from certs.asn1 import CONTEXT_0, CONTEXT_4, OCTETS, SEQUENCE, SET, integer, tlv
from certs.chain import SigningChain
from certs.der import check_signature_encoding
from certs.errors import CertificateError
from certs.pdf.container import SignedBytes, refuse_pdf

_DATA = bytes.fromhex("06092a864886f70d010701")
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_CONTENT_TYPE = bytes.fromhex("06092a864886f70d010903")
_MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")
_SIGNING_CERTIFICATE_V2 = bytes.fromhex("060b2a864886f70d010910022f")
_SHA256 = bytes.fromhex("300d06096086480165030402010500")
_ECDSA_WITH_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
_LONGEST_SIGNATURE = 72


def check_pdf_signature(signed: SignedBytes, chain: SigningChain) -> None:
    """Check that the bundle's own station signed every byte of the PDF.

    Args:
        signed: as `certs.pdf.container.signed_bytes` found it.
        chain: the bundle's, read and followed to its root.

    Raises:
        CertificateError: PDF; another signer, changed bytes, or another spelling.
    """
    attributes = signed_attributes(signed.covered, chain.certificates_der[0])
    signature = _ecdsa_value(signed.cms, attributes, chain.certificates_der)
    if signature is None:
        refuse_pdf(
            "签名和内容对不上，或不是这份证明的签名方签的",
            "its bytes were altered, or another than the document's own signer signed it",
        )
    try:
        check_signature_encoding(signature)
        chain.key.verify(signature, attributes, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, CertificateError) as error:
        refuse_pdf("签名不对", "its signature is wrong", error)


def signed_attributes(covered: bytes, signer_der: bytes) -> bytes:
    """Return the bytes that the key signs: content type, digest, and which certificate.

    Args:
        covered: every byte of the PDF but the signature's.
        signer_der: the signer's certificate.
    """
    certificate_id = tlv(
        SEQUENCE, tlv(OCTETS, hashlib.sha256(signer_der).digest()), _issuer_serial(signer_der)
    )
    attributes = [
        tlv(SEQUENCE, _CONTENT_TYPE, tlv(SET, _DATA)),
        tlv(SEQUENCE, _MESSAGE_DIGEST, tlv(SET, tlv(OCTETS, hashlib.sha256(covered).digest()))),
        tlv(
            SEQUENCE,
            _SIGNING_CERTIFICATE_V2,
            tlv(SET, tlv(SEQUENCE, tlv(SEQUENCE, certificate_id))),
        ),
    ]
    return tlv(SET, *sorted(attributes))


def cms_of(signature: bytes, attributes: bytes, certificates_der: Sequence[bytes]) -> bytes:
    """Return the whole CMS structure around an ECDSA value.

    Args:
        signature: DER, over `attributes`.
        attributes: from `signed_attributes`.
        certificates_der: the signer's first, then its issuers without the root.
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


def _ecdsa_value(cms: bytes, attributes: bytes, certificates: Sequence[bytes]) -> bytes | None:
    """Return the ECDSA value for which the structure is exactly these bytes and zero padding."""
    for length in range(_LONGEST_SIGNATURE, 7, -1):
        empty = cms_of(bytes(length), attributes, certificates)
        end = len(empty)
        before = end - length
        if cms[:before] == empty[:before] and not any(cms[end:]):
            signature = cms[before:end]
            if len(signature) == length:
                return signature
    return None


def _issuer_serial(certificate_der: bytes) -> bytes:
    certificate = x509.load_der_x509_certificate(certificate_der)
    directory_name = tlv(CONTEXT_4, certificate.issuer.public_bytes())
    return tlv(SEQUENCE, tlv(SEQUENCE, directory_name), integer(certificate.serial_number))
