"""An organisation's root, on a machine that has no network, in a folder that two people open.

To make a root, once:

1. Two people choose a passphrase each; the key is drawn and encrypted under both.
2. The root signs itself; folder and files become durable all at once.
3. The folder is copied to two media; the fingerprint is read aloud and published.

To issue for a station, or to revoke its key:

1. What is asked for is checked and shown; only then are the two passphrases wanted.
2. The key is decrypted, and must be the one in ``root.pem``.
3. What it signs is checked as a stranger would, then written.

The folder keeps every version of the revocation list in a folder of its own, so that a version is
there whole or not at all, and the next one has the next number.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, NoReturn

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from certs.canonical import decode, encode
from certs.chain import SigningChain, key_id_of, read_chain, read_root_key
from certs.durable import NewFile, sync_folder, write_file, write_folder
from certs.errors import CertificateError, KeyRequestError, KeyStoreError, MalformedJsonError
from certs.issuing import organisation_root, read_request, station_certificate
from certs.keys import distrust, read_key_file
from certs.layout import MAX_CHAIN_BYTES, MAX_SIGNATURE_BYTES
from certs.revocation import (
    LIST_NAME,
    MOST_LIST_BYTES,
    SIGNATURE_NAME,
    RevocationList,
    Revoked,
    SignedList,
    extended,
    parse_list,
    read_list,
)
from certs.text import Text
from certs.two_people import SALT_BYTES, Passphrases, check_new, opened, sealed

ROOT_NAME: Final = "root.pem"
ROOT_KEY_NAME: Final = "root-key.pem"
DERIVATION_NAME: Final = "root-key.json"
LISTS_FOLDER: Final = "revoked"
_MOST_KEY_BYTES: Final = 4 << 10
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")
_ANOTHER_FOLDER: Final = Text(zh="请换一个新的文件夹名。", en="Give the name of a new folder.")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRoot:
    """A root whose key two people have opened; made by `open_root`.

    Attributes:
        pem: its certificate.
        certificate: the same, parsed.
        private_key: its key.
    """

    pem: bytes
    certificate: x509.Certificate
    private_key: ec.EllipticCurvePrivateKey

    @property
    def key_id(self) -> str:
        """SHA-256 of the key's SPKI DER, in hex."""
        return key_id_of(self.private_key.public_key())

    def __repr__(self) -> str:
        return f"OpenRoot(key_id={self.key_id!r})"


# --- the root itself ---------------------------------------------------------------------------


def new_root(organisation: str, passphrases: Passphrases, now: datetime) -> dict[str, NewFile]:
    """Draw a root and return the files of its folder.

    Args:
        organisation: its name, as it will stand in every certificate.
        passphrases: of the two people.
        now: aware; validity begins a day before and lasts ten years.

    Raises:
        KeyRequestError: a name or a passphrase that cannot be.
    """
    check_new(passphrases)
    key = ec.generate_private_key(ec.SECP256R1())
    root = organisation_root(organisation, key, now)
    pem, derivation = sealed(key, passphrases, secrets.token_bytes(SALT_BYTES))
    return {
        ROOT_NAME: NewFile(data=root.public_bytes(Encoding.PEM)),
        ROOT_KEY_NAME: NewFile(data=pem, mode=0o600),
        DERIVATION_NAME: NewFile(data=derivation),
    }


def require_new_folder(directory: Path) -> None:
    """Refuse a folder that holds something.

    Raises:
        KeyRequestError: it does.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        name = directory.name
        message = Text(zh=f"{name} 里已经有东西。", en=f"There is something in {name} already.")
        raise KeyRequestError(message, _ANOTHER_FOLDER)


def write_root(directory: Path, files: dict[str, NewFile]) -> None:
    """Put a new root's folder on disk, whole and durable or not at all.

    Raises:
        KeyRequestError: the folder holds something already.
        OSError: nothing half-made is visible; the call may be repeated.
    """
    require_new_folder(directory)
    write_folder(directory, files, mode=0o700)


def read_root(directory: Path) -> bytes:
    """Return the root's certificate.

    Raises:
        KeyStoreError: it is missing or none.
    """
    pem = read_key_file(directory / ROOT_NAME, MAX_CHAIN_BYTES)
    try:
        read_root_key(pem)
    except CertificateError as error:
        raise KeyStoreError(error.message, error.hint) from error
    return pem


def open_root(directory: Path, passphrases: Passphrases) -> OpenRoot:
    """Decrypt a root's key.

    Raises:
        PassphraseError: the two passphrases do not open it.
        KeyStoreError: a file is missing, damaged or open to others, or the key is not the root's.
    """
    pem = read_root(directory)
    sealed_key = read_key_file(directory / ROOT_KEY_NAME, _MOST_KEY_BYTES, private=True)
    derivation = read_key_file(directory / DERIVATION_NAME, _MOST_KEY_BYTES)
    key = opened(sealed_key, derivation, passphrases)
    if key_id_of(key.public_key()) != key_id_of(read_root_key(pem)):
        distrust("密钥和根证书不是一对", "the key does not belong to the root's certificate")
    certificate = x509.load_pem_x509_certificate(pem)
    return OpenRoot(pem=pem, certificate=certificate, private_key=key)


# --- stations ----------------------------------------------------------------------------------


def issue(
    root: OpenRoot, request: x509.CertificateSigningRequest, *, now: datetime, days: int
) -> tuple[bytes, SigningChain]:
    """Issue a station's certificate and check it as a stranger would.

    Returns:
        the certificate as PEM, and the chain that it makes with the root.

    Raises:
        KeyRequestError: a wrong request, or more days than the root has.
    """
    _, key = read_request(request)
    if key_id_of(key) == root.key_id:
        distrust("申请里是根自己的密钥", "the request states the root's own key")
    leaf = station_certificate(request, root.certificate, root.private_key, now=now, days=days)
    pem = leaf.public_bytes(Encoding.PEM)
    return pem, read_chain(pem, root.pem)


def write_certificate(path: Path, pem: bytes) -> None:
    """Write a certificate where nothing is yet.

    Raises:
        KeyRequestError: something is.
        OSError: nothing half-made is visible; the call may be repeated.
    """
    require_absent(path)
    write_file(path, NewFile(data=pem))


def require_absent(path: Path) -> None:
    """Refuse to write over something.

    Raises:
        KeyRequestError: there is something under this name.
    """
    if path.exists() or path.is_symlink():
        _refuse_path(path, "已经存在，没有覆盖", "is there already and was left")


# --- revocation --------------------------------------------------------------------------------


def latest_list(directory: Path) -> tuple[SignedList, RevocationList] | None:
    """Return the latest revocation list of a root's folder; None where no key was revoked yet.

    Raises:
        KeyStoreError: it cannot be trusted.
    """
    folder = directory / LISTS_FOLDER
    numbers = [int(path.name) for path in folder.glob("*") if _NUMBER.fullmatch(path.name)]
    if not numbers:
        return None
    newest = folder / str(max(numbers))
    found = SignedList(
        document=read_key_file(newest / LIST_NAME, MOST_LIST_BYTES),
        signature=read_key_file(newest / SIGNATURE_NAME, MAX_SIGNATURE_BYTES),
        version_at_least=max(numbers),
    )
    try:
        return found, read_list(found, read_root(directory))
    except CertificateError as error:
        raise KeyStoreError(error.message, error.hint) from error


def revoke(directory: Path, root: OpenRoot, entry: Revoked, issued_at: str) -> SignedList:
    """Sign the next version of the list and keep it in the root's folder.

    Args:
        directory: the root's folder. One caller at a time.
        root: opened.
        entry: about a key.
        issued_at: now, ``YYYY-MM-DDTHH:MM:SSZ``.

    Raises:
        KeyRequestError: the key is revoked already, as strictly as this.
        KeyStoreError: the latest list cannot be trusted.
        OSError: the latest list is the one before, or this one; the call may be repeated.
    """
    latest = latest_list(directory)
    earlier = latest[1] if latest else None
    content = extended(earlier, entry, root_key_id=root.key_id, issued_at=issued_at)
    document = encode(content)
    algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    made = SignedList(document=document, signature=root.private_key.sign(document, algorithm))
    read_list(made, root.pem)
    folder = directory / LISTS_FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(directory)
    write_folder(folder / str(content["version"]), _files(made))
    return made


def require_replaceable(path: Path, directory: Path) -> None:
    """Refuse to publish over something that is no list of this root, or a later one.

    Args:
        path: where the list is to be published; absent, or an earlier list.
        directory: the root's folder.

    Raises:
        KeyRequestError: something else is there.
        KeyStoreError: a later list is there, so the root's folder is an old copy of itself.
    """
    if signature_path(path) == path:
        _refuse_path(path, "和它的签名是同一个文件", "would be overwritten by its signature")
    if not path.exists():
        return
    try:
        stated = decode(read_key_file(path, MOST_LIST_BYTES))
        published = parse_list(stated).version
        ours = stated["root_key_id"] == key_id_of(read_root_key(read_root(directory)))
    except (MalformedJsonError, CertificateError):
        ours, published = False, 0
    if not ours:
        _refuse_path(path, "不是这个根的作废名单，没有覆盖", "is no revocation list of this root")
    latest = latest_list(directory)
    if published > (latest[1].version if latest else 0):
        distrust(
            f"已经公布到第 {published} 版，根的文件夹却没有这么新：它是旧的备份",
            f"version {published} is published, and the root's folder is older: an old backup",
        )


def publish(path: Path, made: SignedList) -> None:
    """Write a list and, beside it, its signature.

    Between the two writes the pair does not fit, and verifiers refuse it.

    Raises:
        OSError: the call may be repeated.
    """
    for name, file in _files(made).items():
        write_file(path if name == LIST_NAME else signature_path(path), file)


def signature_path(path: Path) -> Path:
    """Return where the signature of a list lies: ``revoked.sig`` beside ``revoked.json``."""
    return path.with_suffix(".sig")


def _refuse_path(path: Path, zh: str, en: str) -> NoReturn:
    name = path.name
    raise KeyRequestError(
        Text(zh=f"{name} {zh}。", en=f"{name} {en}."),
        Text(zh="请换一个文件名。", en="Give another name."),
    )


def _files(made: SignedList) -> dict[str, NewFile]:
    return {
        LIST_NAME: NewFile(data=made.document),
        SIGNATURE_NAME: NewFile(data=made.signature),
    }
