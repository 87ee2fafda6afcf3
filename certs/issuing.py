"""Certificates that we issue: practice and organisation roots, stations, and requests for them.

Reads no clock and touches no file; serial numbers are drawn at random.
"""

from datetime import datetime, timedelta
from typing import Final, NoReturn

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from certs.chain import PRACTICE_ORGANIZATION, key_id_of
from certs.errors import KeyRequestError
from certs.formats.fields import shown
from certs.text import Text

# A clock that is corrected backwards after the first start must not invalidate the keys.
BACKDATED: Final = timedelta(days=1)
ROOT_VALIDITY: Final = timedelta(days=3650)
MOST_NAME_CHARACTERS: Final = 64
"""Of an organisation's or a common name. Source: RFC 5280 appendix A.1."""
_UNREADABLE: Final = (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion)
_HINT: Final = Text(
    zh="请在工作站上重新做一份申请：wipe-cert keys request。",
    en="Make the request anew on the station: wipe-cert keys request.",
)


def practice_root(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    """Issue a root for practice to itself."""
    return _root(_practice_name("practice root", key.public_key()), key, now, path_length=0)


def practice_leaf(
    root: x509.Certificate,
    root_key: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
) -> x509.Certificate:
    """Issue a practice station's certificate, ten years long."""
    name = _practice_name("practice station", key)
    return _leaf(name, root, root_key, key, (now, ROOT_VALIDITY))


def organisation_root(
    organisation: str, key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.Certificate:
    """Issue an organisation's root to itself, ten years long; one issuer may stand below it.

    Raises:
        KeyRequestError: no such name can be.
    """
    common = f"root {key_id_of(key.public_key())[:8]}"
    return _root(_name(organisation, common), key, now, path_length=1)


def station_certificate(
    request: x509.CertificateSigningRequest,
    root: x509.Certificate,
    root_key: ec.EllipticCurvePrivateKey,
    *,
    now: datetime,
    days: int,
) -> x509.Certificate:
    """Issue a station's certificate under the organisation's name.

    Args:
        request: whose name and key are taken over, and nothing else.
        root: the organisation's.
        root_key: its key.
        now: aware; validity begins a day before.
        days: how long it lasts from now on.

    Raises:
        KeyRequestError: a wrong request, or a time that the root does not cover.
    """
    name, key = read_request(request)
    if not 1 <= days <= ROOT_VALIDITY.days or now + timedelta(days=days) > root.not_valid_after_utc:
        ends = root.not_valid_after_utc.strftime("%Y-%m-%d")
        refuse(
            f"天数要在 1 以上，而且不超过根证书的有效期（{ends}）",
            f"the days must be 1 or more and end before the root does ({ends})",
        )
    (organisation,) = root.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    subject = _name(str(organisation.value), name)
    return _leaf(subject, root, root_key, key, (now, timedelta(days=days) + BACKDATED))


def station_request(
    station: str, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateSigningRequest:
    """Ask for a station's certificate.

    Args:
        station: its name, 1 to 64 characters.
        key: on P-256.

    Raises:
        KeyRequestError: no such name can be.
    """
    _check_name(station)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, station)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    return builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True)


def parse_request(pem: bytes) -> x509.CertificateSigningRequest:
    """Parse a request that anybody may have made.

    Raises:
        KeyRequestError: it is none.
    """
    try:
        return x509.load_pem_x509_csr(pem)
    except _UNREADABLE as error:
        refuse("这不是一份申请（CSR）", "this is no certificate request", error)


def read_request(
    request: x509.CertificateSigningRequest,
) -> tuple[str, ec.EllipticCurvePublicKey]:
    """Return the name and the key that a request states.

    Raises:
        KeyRequestError: its signature is wrong, its key is not on P-256, or its name cannot be.
    """
    try:
        key, proven = request.public_key(), request.is_signature_valid
        names = request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except _UNREADABLE as error:
        refuse("申请读不懂", "the request cannot be read", error)
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        refuse("申请里的密钥不是 P-256", "the request's key is not on P-256")
    if not proven:
        refuse("申请的签名不对，可能被改过", "the request's signature is wrong: it was altered")
    if len(names) != 1:
        refuse("申请里应该有一个名称", "the request must state one name")
    name = str(names[0].value)
    _check_name(name)
    return name, key


def refuse(zh: str, en: str, cause: Exception | None = None) -> NoReturn:
    """Refuse what was asked for."""
    raise KeyRequestError(
        Text(zh=f"没有签发：{zh}。", en=f"Nothing was issued: {en}."), _HINT
    ) from cause


def _check_name(name: str) -> None:
    tidy = name.strip() == name and name.isprintable()
    if not 0 < len(name) <= MOST_NAME_CHARACTERS or not tidy:
        told = shown(name)
        refuse(
            f"名称不能用：“{told}”（1 到 64 个字，两头不留空格）",
            f'the name "{told}" cannot be used (1 to 64 characters, no space at its ends)',
        )


def _name(organisation: str, common: str) -> x509.Name:
    _check_name(organisation)
    if organisation == PRACTICE_ORGANIZATION:
        refuse("这个名称只用于练习", "that name is for practice only")
    return _named(organisation, common)


def _practice_name(role: str, key: ec.EllipticCurvePublicKey) -> x509.Name:
    # The key's digest tells the practice roots of several stations apart.
    return _named(PRACTICE_ORGANIZATION, f"{role} {key_id_of(key)[:8]}")


def _named(organisation: str, common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _root(
    name: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, *, path_length: int
) -> x509.Certificate:
    builder = _builder(name, name, key.public_key(), (now, ROOT_VALIDITY))
    constraints = x509.BasicConstraints(ca=True, path_length=path_length)
    builder = builder.add_extension(constraints, critical=True)
    builder = builder.add_extension(_usage(key_cert_sign=True), critical=True)
    return builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True)


def _leaf(
    name: x509.Name,
    root: x509.Certificate,
    root_key: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePublicKey,
    time: tuple[datetime, timedelta],
) -> x509.Certificate:
    # No extended key usage: PDF readers refuse a leaf with documentSigning alone.
    issuer_key_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    builder = _builder(name, root.subject, key, time)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
    builder = builder.add_extension(_usage(digital_signature=True), critical=True)
    builder = builder.add_extension(issuer_key_id, critical=False)
    return builder.sign(root_key, hashes.SHA256(), ecdsa_deterministic=True)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    time: tuple[datetime, timedelta],
) -> x509.CertificateBuilder:
    now, validity = time
    start = now.replace(microsecond=0) - BACKDATED
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + validity)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
