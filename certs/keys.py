"""Signing keys: what signs, and the practice keys made at first start.

A practice root's private key signs one leaf and is forgotten, so nobody can steal it. Its name
says PRACTICE, and `certs.verify` accepts nothing but practice documents under such a root.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn, Protocol

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from certs.chain import PRACTICE_ORGANIZATION, key_id_of, read_chain
from certs.durable import NewFile, write_folder
from certs.errors import CertificateError, KeyStoreError
from certs.layout import CHAIN_NAME, MAX_CHAIN_BYTES
from certs.log.note import Algorithm, NoteSigner, signer_of
from certs.reading import UnexpectedFileError, read_regular_file
from certs.text import Text

ROOT_NAME = "practice-root.pem"
KEY_NAME = "station-key.pem"
LOG_KEY_NAME = "log-key.pem"

_MAX_KEY_BYTES = 4 << 10
_READABLE_BY_OTHERS = 0o077
_VALIDITY = timedelta(days=3650)
# A clock that is corrected backwards after the first start must not invalidate the keys.
_BACKDATED = timedelta(days=1)
_HINT = Text(
    zh="先停下，不要签发。请店长或维护人员检查密钥文件夹。",
    en="Stop: sign nothing. Let the manager or an engineer look at the key folder.",
)


class Signer(Protocol):
    """Something that holds one P-256 key and signs with it."""

    @property
    def certificate_chain_pem(self) -> bytes:
        """The signer's certificate, then its issuers, without the root."""

    @property
    def key_id(self) -> str:
        """SHA-256 of the public key's SPKI DER, in hex."""

    @property
    def practice(self) -> bool:
        """Whether the chain leads to a practice root."""

    def sign(self, data: bytes) -> bytes:
        """Sign SHA-256 of the data; return canonical DER.

        Raises:
            KeyStoreError: the key cannot be used.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSigner:
    """A key in a file; made by `load_file_signer`.

    Attributes:
        private_key: on P-256.
        certificate_chain_pem: see `Signer`.
        key_id: see `Signer`.
        practice: see `Signer`.
    """

    private_key: ec.EllipticCurvePrivateKey
    certificate_chain_pem: bytes
    key_id: str
    practice: bool

    def sign(self, data: bytes) -> bytes:
        """Sign deterministically (RFC 6979): the same bytes give the same signature."""
        return self.private_key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))

    def __repr__(self) -> str:
        return f"FileSigner(key_id={self.key_id!r}, practice={self.practice})"


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeKeys:
    """The practice keys of a station.

    Attributes:
        root_path: the practice root's certificate, to be given to verifiers.
        root_pem: its content.
        signer: signs practice documents.
    """

    root_path: Path
    root_pem: bytes
    signer: FileSigner


def ensure_practice_keys(directory: Path, now: datetime) -> PracticeKeys:
    """Load the practice keys, and make them first where there are none.

    Args:
        directory: the key folder: complete, or absent or empty; its parent exists. One caller at
            a time.
        now: aware; the start of validity, ten years long.

    Returns:
        the keys.

    Raises:
        KeyStoreError: the folder is incomplete, or its files cannot be trusted.
        OSError: nothing half-made is visible; the call may be repeated.
    """
    if not directory.is_dir() or not any(directory.iterdir()):
        write_folder(directory, _new_practice_keys(now), mode=0o700)
    signer = load_file_signer(directory / KEY_NAME, directory / CHAIN_NAME)
    root_pem = _read(directory / ROOT_NAME, MAX_CHAIN_BYTES)
    _check_practice(signer, root_pem)
    return PracticeKeys(root_path=directory / ROOT_NAME, root_pem=root_pem, signer=signer)


def ensure_log_key(directory: Path, origin: str) -> NoteSigner:
    """Load a log's own key, and make it first where there is none.

    Args:
        directory: its folder: complete, or absent or empty; its parent exists. One caller at a
            time.
        origin: the log's name, which is the key's.

    Raises:
        KeyStoreError: the file cannot be trusted.
        OSError: nothing half-made is visible; the call may be repeated.
    """
    if not directory.is_dir() or not any(directory.iterdir()):
        return new_note_key(directory, LOG_KEY_NAME, origin, Algorithm.ED25519)
    return load_note_key(directory / LOG_KEY_NAME, origin, Algorithm.ED25519)


def new_note_key(directory: Path, file: str, name: str, algorithm: Algorithm) -> NoteSigner:
    """Make the key of a log or a witness in a folder of its own.

    Args:
        directory: absent or empty; its parent exists.
        file: name of the key's file.
        name: that it signs under.
        algorithm: a log's or a witness's.

    Raises:
        KeyStoreError: the folder holds something already.
        MalformedLogError: no such name can be.
        OSError: nothing half-made is visible; the call may be repeated.
    """
    fresh = Ed25519PrivateKey.generate()
    signer = signer_of(name, fresh, algorithm)
    if directory.exists() and any(directory.iterdir()):
        _distrust(f"{directory.name} 里已经有东西", f"there is something in {directory.name}")
    pem = fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_folder(directory, {file: NewFile(data=pem, mode=0o600)}, mode=0o700)
    return signer


def load_note_key(path: Path, name: str, algorithm: Algorithm) -> NoteSigner:
    """Load the key of a log or a witness, which only its owner can read.

    Raises:
        KeyStoreError: missing, readable by others, another's, or not Ed25519.
    """
    private = _load_private(path)
    if not isinstance(private, Ed25519PrivateKey):
        _distrust(f"{path.name} 不是 Ed25519 密钥", f"{path.name} is no Ed25519 key")
    return signer_of(name, private, algorithm)


def load_file_signer(key_path: Path, chain_path: Path) -> FileSigner:
    """Load a key that only its owner can read, and its chain.

    Args:
        key_path: PKCS#8 PEM, unencrypted, mode 0600 or stricter, owned by the caller's user.
        chain_path: the certificates, the key's own first.

    Returns:
        the signer.

    Raises:
        KeyStoreError: missing, readable by others, another's, not P-256, or not the chain's key.
    """
    key = _read_key(key_path)
    chain_pem = _read(chain_path, MAX_CHAIN_BYTES)
    try:
        chain = read_chain(chain_pem, None)
    except CertificateError as error:
        raise KeyStoreError(error.message, _HINT) from error
    if key_id_of(key.public_key()) != chain.key_id:
        _distrust("密钥和证书不是一对", "the key does not belong to the certificate")
    return FileSigner(
        private_key=key,
        certificate_chain_pem=chain_pem,
        key_id=chain.key_id,
        practice=chain.practice,
    )


def _load_private(path: Path) -> PrivateKeyTypes:
    pem = _read(path, _MAX_KEY_BYTES, private=True)
    try:
        return load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        # Not chained: a library's message could quote the key.
        _distrust(f"{path.name} 读不懂", f"{path.name} cannot be read ({type(error).__name__})")


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = _load_private(path)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        _distrust("密钥不是 P-256", "the key is not on P-256")
    return key


def _read(path: Path, most_bytes: int, *, private: bool = False) -> bytes:
    try:
        data, status = read_regular_file(path, most_bytes)
    except (OSError, UnexpectedFileError) as error:
        _distrust(f"{path.name} 打不开", f"{path.name} cannot be opened", error)
    if private and status.st_uid != os.geteuid():
        _distrust(f"{path.name} 属于别的用户", f"{path.name} belongs to another user")
    if private and status.st_mode & _READABLE_BY_OTHERS:
        _distrust(f"{path.name} 别人也能读写", f"{path.name} is open to others than its owner")
    return data


def _check_practice(signer: FileSigner, root_pem: bytes) -> None:
    try:
        chain = read_chain(signer.certificate_chain_pem, root_pem)
    except CertificateError as error:
        raise KeyStoreError(error.message, _HINT) from error
    if not chain.practice:
        _distrust("这不是练习密钥", "these are no practice keys")


def _distrust(zh: str, en: str, cause: Exception | None = None) -> NoReturn:
    message = Text(zh=f"签名密钥有问题：{zh}。", en=f"The signing key cannot be trusted: {en}.")
    raise KeyStoreError(message, _HINT) from cause


def _new_practice_keys(now: datetime) -> dict[str, NewFile]:
    root_key = ec.generate_private_key(ec.SECP256R1())
    station_key = ec.generate_private_key(ec.SECP256R1())
    root = _practice_root(root_key, now)
    leaf = _practice_leaf(root, root_key, station_key.public_key(), now)
    key_pem = station_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        ROOT_NAME: NewFile(data=root.public_bytes(Encoding.PEM)),
        CHAIN_NAME: NewFile(data=leaf.public_bytes(Encoding.PEM)),
        KEY_NAME: NewFile(data=key_pem, mode=0o600),
    }


def _practice_root(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = _practice_name("practice root", key.public_key())
    builder = _builder(name, name, key.public_key(), now)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(key_cert_sign=True), critical=True)
    return builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True)


def _practice_leaf(
    root: x509.Certificate,
    root_key: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
) -> x509.Certificate:
    # No extended key usage: PDF readers refuse a leaf with documentSigning alone.
    issuer_key_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    builder = _builder(_practice_name("practice station", key), root.subject, key, now)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
    builder = builder.add_extension(_usage(digital_signature=True), critical=True)
    builder = builder.add_extension(issuer_key_id, critical=False)
    return builder.sign(root_key, hashes.SHA256(), ecdsa_deterministic=True)


def _practice_name(role: str, key: ec.EllipticCurvePublicKey) -> x509.Name:
    # The key's digest tells the practice roots of several stations apart.
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, PRACTICE_ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{role} {key_id_of(key)[:8]}"),
        ]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    start = now.replace(microsecond=0) - _BACKDATED
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _VALIDITY)
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
