"""Signing keys: what signs, and the practice keys made at first start.

A practice root's private key signs one leaf and is forgotten, so nobody can steal it. Its name
says PRACTICE, and `certs.verify` accepts nothing but practice documents under such a root.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NoReturn, Protocol

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

from certs.chain import key_id_of, read_chain
from certs.durable import NewFile, sync_folder, write_file, write_folder
from certs.errors import CertificateError, KeyStoreError
from certs.issuing import practice_leaf, practice_root
from certs.layout import CHAIN_NAME, MAX_CHAIN_BYTES
from certs.log.note import Algorithm, NoteKey, NoteSigner, signer_of
from certs.reading import UnexpectedFileError, read_regular_file
from certs.text import Text

ROOT_NAME = "practice-root.pem"
KEY_NAME = "station-key.pem"
LOG_FOLDER = "log"
LOG_KEY_FOLDER = "log-key"
"""Beside each other in a station's state directory, and in the one of its own keys."""
LOG_KEY_NAME = "log-key.pem"
NEXT_LOG_KEY_NAME = "next-log-key.pem"

_MAX_KEY_BYTES = 4 << 10
_READABLE_BY_OTHERS = 0o077
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
    root_pem = read_key_file(directory / ROOT_NAME, MAX_CHAIN_BYTES)
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


def next_log_key(directory: Path, origin: str) -> NoteSigner | None:
    """Load the key that waits to take a log over; None if none does.

    Raises:
        KeyStoreError: the file cannot be trusted.
    """
    if not (directory / NEXT_LOG_KEY_NAME).exists():
        return None
    return load_note_key(directory / NEXT_LOG_KEY_NAME, origin, Algorithm.ED25519)


def prepare_next_log_key(directory: Path, origin: str) -> NoteKey:
    """Make the key that takes a log over when its station starts the next time.

    Args:
        directory: of the log's key. One caller at a time.
        origin: the log's name.

    Returns:
        its public key; that of the one that waits already, if one does.

    Raises:
        KeyStoreError: one waits, and cannot be trusted.
        OSError: nothing half-made is visible; the call may be repeated.
    """
    waiting = next_log_key(directory, origin)
    if waiting is not None:
        return waiting.key
    fresh = Ed25519PrivateKey.generate()
    signer = signer_of(origin, fresh, Algorithm.ED25519)
    write_file(directory / NEXT_LOG_KEY_NAME, NewFile(data=_pem(fresh), mode=0o600))
    return signer.key


def adopt_next_log_key(directory: Path) -> None:
    """Put the key that waited in the place of the one before, which is gone then.

    Args:
        directory: of the log's key; the log says already that the one before handed over.

    Raises:
        OSError: it may or may not have come to its end; the call may be repeated if it waits.
    """
    (directory / NEXT_LOG_KEY_NAME).replace(directory / LOG_KEY_NAME)
    sync_folder(directory)


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


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
        distrust(f"{directory.name} 里已经有东西", f"there is something in {directory.name}")
    write_folder(directory, {file: NewFile(data=_pem(fresh), mode=0o600)}, mode=0o700)
    return signer


def load_note_key(path: Path, name: str, algorithm: Algorithm) -> NoteSigner:
    """Load the key of a log or a witness, which only its owner can read.

    Raises:
        KeyStoreError: missing, readable by others, another's, or not Ed25519.
    """
    private = _load_private(path)
    if not isinstance(private, Ed25519PrivateKey):
        distrust(f"{path.name} 不是 Ed25519 密钥", f"{path.name} is no Ed25519 key")
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
    key = load_private_key(key_path)
    return signer_with(key, read_key_file(chain_path, MAX_CHAIN_BYTES))


def signer_with(key: ec.EllipticCurvePrivateKey, chain_pem: bytes) -> FileSigner:
    """Return what signs with a key under a chain.

    Raises:
        KeyStoreError: the key is not the chain's, or there is no such chain.
    """
    try:
        chain = read_chain(chain_pem, None)
    except CertificateError as error:
        raise KeyStoreError(error.message, _HINT) from error
    if key_id_of(key.public_key()) != chain.key_id:
        distrust("密钥和证书不是一对", "the key does not belong to the certificate")
    return FileSigner(
        private_key=key,
        certificate_chain_pem=chain_pem,
        key_id=chain.key_id,
        practice=chain.practice,
    )


def _load_private(path: Path) -> PrivateKeyTypes:
    pem = read_key_file(path, _MAX_KEY_BYTES, private=True)
    try:
        return load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        # Not chained: a library's message could quote the key.
        distrust(f"{path.name} 读不懂", f"{path.name} cannot be read ({type(error).__name__})")


def load_private_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Load a key that only its owner can read.

    Args:
        path: PKCS#8 PEM, unencrypted, mode 0600 or stricter, owned by the caller's user.

    Raises:
        KeyStoreError: missing, readable by others, another's, or not P-256.
    """
    key = _load_private(path)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        distrust("密钥不是 P-256", "the key is not on P-256")
    return key


def read_key_file(path: Path, most_bytes: int, *, private: bool = False) -> bytes:
    """Read a file of a key folder.

    Args:
        path: a regular file.
        most_bytes: limit of its size.
        private: whether it must be its owner's alone, and the caller's user its owner.

    Raises:
        KeyStoreError: missing, too large, no regular file, or open to others.
    """
    try:
        data, status = read_regular_file(path, most_bytes)
    except (OSError, UnexpectedFileError) as error:
        distrust(f"{path.name} 打不开", f"{path.name} cannot be opened", error)
    if private and status.st_uid != os.geteuid():
        distrust(f"{path.name} 属于别的用户", f"{path.name} belongs to another user")
    if private and status.st_mode & _READABLE_BY_OTHERS:
        distrust(f"{path.name} 别人也能读写", f"{path.name} is open to others than its owner")
    return data


def _check_practice(signer: FileSigner, root_pem: bytes) -> None:
    try:
        chain = read_chain(signer.certificate_chain_pem, root_pem)
    except CertificateError as error:
        raise KeyStoreError(error.message, _HINT) from error
    if not chain.practice:
        distrust("这不是练习密钥", "these are no practice keys")


def distrust(zh: str, en: str, cause: Exception | None = None) -> NoReturn:
    """Refuse to use a key."""
    message = Text(zh=f"签名密钥有问题：{zh}。", en=f"The signing key cannot be trusted: {en}.")
    raise KeyStoreError(message, _HINT) from cause


def _new_practice_keys(now: datetime) -> dict[str, NewFile]:
    root_key = ec.generate_private_key(ec.SECP256R1())
    station_key = ec.generate_private_key(ec.SECP256R1())
    root = practice_root(root_key, now)
    leaf = practice_leaf(root, root_key, station_key.public_key(), now)
    key_pem = station_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        ROOT_NAME: NewFile(data=root.public_bytes(Encoding.PEM)),
        CHAIN_NAME: NewFile(data=leaf.public_bytes(Encoding.PEM)),
        KEY_NAME: NewFile(data=key_pem, mode=0o600),
    }
