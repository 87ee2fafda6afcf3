"""Who made a time stamp: its certificate, what that may do, and who vouches for it. Pure.

Time services are run by others, so more is accepted here than `certs.chain` accepts of a station:
RSA and ECDSA, and whatever extensions are not critical. Revocation of a service is not looked at.

Source: RFC 3161 §2.3; RFC 5280 §6.1, reduced.
"""

import warnings
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, NoReturn, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.errors import TimestampError
from certs.formats.fields import shown
from certs.text import Text

MOST_ROOTS_BYTES: Final = 64 << 10
"""Of a file with the roots that a caller trusts."""
MOST_CERTIFICATES: Final = 8
"""That a stamp may bring along."""
_LONGEST_PATH: Final = 5
_RSA_BITS: Final = (2048, 8192)
_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_DIGESTS: Final = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_NEW_ROOT: Final = Text(
    zh="请确认给的是这个时间服务的根证书（--tsa-root），并且来自可靠的渠道。",
    en="Make sure that the root given with --tsa-root is this service's, from a source you trust.",
)
STAMP_HINT: Final = Text(
    zh="这个时间戳不能用。请让出具方重新申请一个。",
    en="This time stamp is no good; ask the issuer to have another one made.",
)
# What the library raises for bytes that it cannot or will not read.
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    UserWarning,
)
_Kind = TypeVar("_Kind", bound=x509.ExtensionType)

Roots = tuple[x509.Certificate, ...]


# A recycler checks pallets of documents from few services.
@lru_cache(maxsize=8)
def read_roots(pem: bytes) -> Roots:
    """Read the certificates of time services that a caller trusts, each as it stands.

    Args:
        pem: one CERTIFICATE block or more.

    Raises:
        TimestampError: it holds none, or one that cannot be read.
    """
    try:
        return tuple(_loaded(each) for each in x509.load_pem_x509_certificates(pem))
    except _UNREADABLE as error:
        message = Text(zh="时间服务的根证书读不懂。", en="The time service's root cannot be read.")
        raise TimestampError(message, _NEW_ROOT) from error


def read_certificates(ders: Sequence[bytes]) -> tuple[x509.Certificate, ...]:
    """Read the certificates that a stamp brings along.

    Raises:
        TimestampError: too many, or one that cannot be read.
    """
    if len(ders) > MOST_CERTIFICATES:
        refuse_stamp("带的证书太多", "it brings too many certificates")
    try:
        return tuple(_loaded(x509.load_der_x509_certificate(der)) for der in ders)
    except _UNREADABLE as error:
        refuse_stamp("带的证书读不懂", "it brings a certificate that cannot be read", error)


def name_of(certificate: x509.Certificate) -> str:
    """Return the subject, safe to show."""
    return shown(certificate.subject.rfc4514_string(), 200)


def check_signer(signer: x509.Certificate, at: datetime) -> None:
    """Check that a certificate may stamp, that it may do nothing else, and when.

    Raises:
        TimestampError: it may not, or was not valid then.

    Source: RFC 3161 §2.3.
    """
    usage = _extension(signer, x509.ExtendedKeyUsage)
    if usage is None or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        refuse_stamp(
            "签名方不是专门的时间服务", "its signer may not stamp, or may do other things too"
        )
    if not usage.critical:
        refuse_stamp("签名方的用途没有标成关键", "its signer's purpose is not marked critical")
    if not _may_sign(signer):
        refuse_stamp("签名方的证书不能用来签名", "its signer's certificate may not sign")
    _check_understood(signer)
    _check_valid(signer, at)


def check_signature(
    signer: x509.Certificate, signature: bytes, data: bytes, digest: hashes.HashAlgorithm
) -> None:
    """Check a signature by RSA (PKCS #1 v1.5) or ECDSA.

    Raises:
        TimestampError: it does not fit, or the key is of another kind.
    """
    key = signer.public_key()
    if not _is_taken(key):
        refuse_stamp("签名方的密钥种类不支持", "its signer's key is of a kind that is not taken")
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(digest))
    except InvalidSignature as error:
        refuse_stamp("签名不对", "its signature is wrong", error)


def check_vouched(
    signer: x509.Certificate, others: Sequence[x509.Certificate], roots: Roots, at: datetime
) -> None:
    """Follow the signer's issuers to a root that the caller trusts.

    Args:
        signer: of the stamp.
        others: certificates that the stamp brings along.
        roots: the caller's.
        at: when the stamp was made.

    Raises:
        TimestampError: they lead to none of them.
    """
    below = signer
    for depth in range(_LONGEST_PATH):
        if below in roots:
            return
        below = _issuer_of(below, others, roots)
        _check_issuer(below, depth)
        _check_valid(below, at)
    if below not in roots:
        refuse_stamp("证书链太长", "a chain of certificates that is too long")


def _issuer_of(
    below: x509.Certificate, others: Sequence[x509.Certificate], roots: Roots
) -> x509.Certificate:
    """Return who issued a certificate; a root if it can be one."""
    for each in (*roots, *others):
        if each.subject == below.issuer and each != below and _issued(below, each):
            return each
    message = Text(
        zh="时间戳不是您信任的时间服务做的。",
        en="The time stamp was not made by a time service that you trust.",
    )
    raise TimestampError(message, _NEW_ROOT)


def _issued(below: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        below.verify_directly_issued_by(issuer)
    except (InvalidSignature, *_UNREADABLE):
        return False
    return isinstance(below.signature_hash_algorithm, _DIGESTS)


def _check_issuer(issuer: x509.Certificate, intermediates_below: int) -> None:
    constraints = _extension(issuer, x509.BasicConstraints)
    usage = _extension(issuer, x509.KeyUsage)
    if constraints is None or not constraints.value.ca:
        refuse_stamp("签发者不是 CA", "an issuer that is no authority")
    if usage is not None and not usage.value.key_cert_sign:
        refuse_stamp("签发者无权签发证书", "an issuer that may not issue certificates")
    length = constraints.value.path_length
    if length is not None and length < intermediates_below:
        refuse_stamp("证书链比签发者允许的长", "a chain longer than an issuer allows")
    _check_purpose(issuer)
    _check_understood(issuer)


def _check_purpose(issuer: x509.Certificate) -> None:
    purposes = _extension(issuer, x509.ExtendedKeyUsage)
    allowed = {ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    if purposes is not None and not allowed & set(purposes.value):
        refuse_stamp("签发者不管时间服务", "an issuer that is not for time services")


def _check_understood(certificate: x509.Certificate) -> None:
    known = (x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage)
    if any(each.critical and not isinstance(each.value, known) for each in certificate.extensions):
        refuse_stamp("证书有不认识的关键扩展", "a certificate with an unknown critical extension")


def _check_valid(certificate: x509.Certificate, at: datetime) -> None:
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        refuse_stamp("当时证书不在有效期内", "a certificate that was not valid at the time")


def _may_sign(certificate: x509.Certificate) -> bool:
    constraints = _extension(certificate, x509.BasicConstraints)
    usage = _extension(certificate, x509.KeyUsage)
    if constraints is not None and constraints.value.ca:
        return False
    return usage is None or usage.value.digital_signature or usage.value.content_commitment


def _is_taken(key: object) -> bool:
    if isinstance(key, rsa.RSAPublicKey):
        return _RSA_BITS[0] <= key.key_size <= _RSA_BITS[1]
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES)


def _extension(certificate: x509.Certificate, kind: type[_Kind]) -> x509.Extension[_Kind] | None:
    try:
        return certificate.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None


def _loaded(certificate: x509.Certificate) -> x509.Certificate:
    """Return a certificate of which everything that matters here can be read."""
    with warnings.catch_warnings():
        # As in `certs.chain`: what the library will refuse one day is refused today.
        warnings.simplefilter("error", UserWarning)
        certificate.public_key()
        for name in ("extensions", "serial_number", "subject", "issuer", "not_valid_before_utc"):
            getattr(certificate, name)
    return certificate


def refuse_stamp(zh: str, en: str, cause: Exception | None = None) -> NoReturn:
    """Refuse a time stamp, whatever holds it."""
    message = Text(zh=f"时间戳不能用：{zh}。", en=f"The time stamp is no good: {en}.")
    raise TimestampError(message, STAMP_HINT) from cause
