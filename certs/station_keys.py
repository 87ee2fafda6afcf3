"""A station's own key under an organisation's root: asked for, installed, renewed, used.

The folder holds one numbered folder for each key that the station ever had::

    1/station-key.pem   0600; deleted when a later one is installed
    1/station-key.json  in its place, 0600, where the key is in a token: which key that is
    1/pin-refused       there if the token refused its PIN (see `certs.signers.token`)
    1/station.csr       the request that goes to the root
    1/station.pem       the certificate; where it is missing, the request waits
    1/root.pem          the root that it was installed under

1. ``request_key`` draws the first key, ``renew_key`` a further one; both only write a new folder.
2. The request goes to the root's machine by hand, its fingerprint by voice.
3. ``install`` takes the certificate if it belongs to a key here and leads to the root. The moment
   at which ``station.pem`` appears is the moment at which the key is in use.
4. ``load_station_keys`` takes the key with the highest number that has a certificate, and no other.

Practice keys lie in another folder and are made by `certs.keys`; neither reads the other's.
"""

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs.chain import SigningChain, key_id_of, read_chain
from certs.durable import NewFile, sync_folder, write_file, write_folder
from certs.errors import (
    CertificateError,
    ExpiredKeyError,
    KeyRequestError,
    KeyStoreError,
    TokenError,
)
from certs.expiry import RENEW
from certs.issuing import parse_request, read_request, station_request
from certs.keys import (
    KEY_NAME,
    Signer,
    distrust,
    load_private_key,
    read_key_file,
    signer_with,
)
from certs.layout import CHAIN_NAME, MAX_CHAIN_BYTES
from certs.root_keys import ROOT_NAME
from certs.signers.reference import (
    MOST_REFERENCE_BYTES,
    REFERENCE_NAME,
    TokenPlace,
    TokenReference,
    parse_reference,
)
from certs.signers.token import TokenSigner, destroy, forget_refusal, made
from certs.text import Text

REQUEST_NAME: Final = "station.csr"
MOST_REQUEST_BYTES: Final = 4 << 10
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,5}")
_SHOW: Final = Text(
    zh="用 wipe-cert keys show 看看这个文件夹里有什么。",
    en="See what is in the folder with wipe-cert keys show.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRequest:
    """A request that waits for its certificate.

    Attributes:
        path: of the request.
        name: the station's.
        key_id: SHA-256 of the key's SPKI DER, in hex; what the two sides compare by voice.
    """

    path: Path
    name: str
    key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StationKeys:
    """The key that a station signs with.

    Attributes:
        signer: signs documents that are no practice.
        root_path: the root's certificate.
        root_pem: its content.
        chain: who the station is, and until when.
        token: where the key is in one.
    """

    signer: Signer
    root_path: Path
    root_pem: bytes
    chain: SigningChain
    token: TokenReference | None = None

    def require_valid(self, at: datetime) -> None:
        """Refuse to sign before or after the certificate's time.

        Raises:
            ExpiredKeyError: not now.
        """
        if self.chain.not_before <= at <= self.chain.not_after:
            return
        ends = self.chain.not_after.strftime("%Y-%m-%d")
        raise ExpiredKeyError(
            Text(
                zh=f"工作站的证书现在无效（有效期到 {ends}），不能签发。",
                en=f"The station's certificate is not valid now (until {ends}); nothing is signed.",
            ),
            RENEW,
        )

    def prove(self) -> None:
        """See that the key signs now: a token may be away.

        Raises:
            TokenError: it does not.
        """
        if isinstance(self.signer, TokenSigner):
            self.signer.prove()


def request_key(directory: Path, station: str, place: TokenPlace | None = None) -> KeyRequest:
    """Draw a station's first key and ask for its certificate.

    Args:
        directory: absent or empty; its parent exists. One caller at a time.
        station: its name, 1 to 64 characters.
        place: the token in which the key is made; without one it lies in a file.

    Raises:
        KeyRequestError: there are keys already, or no such name can be.
        TokenError: the token is away or refuses; the call may be repeated.
        OSError: the request is there whole, or nothing is and the call may be repeated.
    """
    if _numbers(directory):
        raise KeyRequestError(
            Text(zh="这里已经有工作站的密钥。", en="There are keys of a station here already."),
            _SHOW,
        )
    return _draw(directory, 1, station, place)


def renew_key(directory: Path, place: TokenPlace | None = None) -> KeyRequest:
    """Draw a further key for the same station; the one before stays in use until it is installed.

    Args:
        directory: of its keys. One caller at a time.
        place: the token in which the key is made; without one it goes where the one before is.

    Returns:
        the request; the one that waits already, where one does.

    Raises:
        KeyRequestError: nothing is installed here that could be renewed.
        KeyStoreError: what is installed cannot be trusted, or the token is away or refuses.
        OSError: nothing half-made is visible; the call may be repeated.
    """
    waiting, numbers = pending_request(directory), _numbers(directory)
    if not _installed(directory, numbers):
        message = Text(zh="这里还没有装好的证书。", en="No certificate is installed here yet.")
        raise KeyRequestError(message, _SHOW)
    if waiting is not None:
        return waiting
    newest = directory / str(numbers[-1])
    token = _token_in(newest)
    if place is None and token is not None:
        place = token.place
    return _draw(directory, numbers[-1] + 1, _request_in(newest).name, place)


def pending_request(directory: Path) -> KeyRequest | None:
    """Return the request that waits for its certificate.

    Raises:
        KeyStoreError: it cannot be read.
    """
    numbers = _numbers(directory)
    if not numbers or (directory / str(numbers[-1]) / CHAIN_NAME).exists():
        return None
    return _request_in(directory / str(numbers[-1]))


def install(directory: Path, chain_pem: bytes, root_pem: bytes, now: datetime) -> StationKeys:
    """Put a certificate beside the key that it belongs to.

    1. The chain leads to the given root, which is no practice root, and is valid now.
    2. A key of this folder is the certificate's.
    3. The root is written, then the certificate: from then on this key signs.
    4. Private keys of earlier numbers are deleted, in their tokens, too.

    Args:
        directory: with the request. One caller at a time.
        chain_pem: as issued.
        root_pem: as it reached the station by another way.
        now: aware.

    Raises:
        KeyStoreError: the certificate is not this station's, not this root's, or not valid now; or
            this key is in use, and one before it could not be deleted from its token.
        OSError: the key before is still in use, or this one is; the call may be repeated.
    """
    try:
        chain = read_chain(chain_pem, root_pem)
    except CertificateError as error:
        raise KeyStoreError(error.message, error.hint) from error
    if chain.practice:
        distrust("这是练习用的证书", "this is a certificate for practice")
    numbers = _numbers(directory)
    newest = max(_installed(directory, numbers), default=0)
    number = _number_of(directory, [each for each in numbers if each >= newest], chain.key_id)
    folder = directory / str(number)
    forget_refusal(folder)
    keys = _keys_in(folder, chain_pem, root_pem)
    keys.require_valid(now)
    write_file(folder / ROOT_NAME, NewFile(data=root_pem))
    write_file(folder / CHAIN_NAME, NewFile(data=chain_pem))
    for earlier in (each for each in numbers if each < number):
        _forget(directory / str(earlier))
    return keys


def load_station_keys(directory: Path, *, by_hand: bool = False) -> StationKeys | None:
    """Load the key that a station signs with, and see that it signs.

    Args:
        directory: of its keys; may be absent.
        by_hand: whether a person asks, who may have mended the PIN that a token refused.

    Returns:
        the key with the highest number that has a certificate, whether or not it is valid now
        (see `StationKeys.require_valid`); None where no certificate was ever installed.

    Raises:
        KeyStoreError: the key cannot be trusted, or does not lead to its root. An earlier key is
            never taken in its place.
    """
    installed = _installed(directory, _numbers(directory))
    if not installed:
        return None
    folder = directory / str(installed[-1])
    if by_hand:
        forget_refusal(folder)
    chain_pem = read_key_file(folder / CHAIN_NAME, MAX_CHAIN_BYTES)
    return _keys_in(folder, chain_pem, read_key_file(folder / ROOT_NAME, MAX_CHAIN_BYTES))


def installed_chain(directory: Path) -> SigningChain | None:
    """Return the certificates of the key that signs, without the key; None where none is installed.

    Raises:
        KeyStoreError: they cannot be read, or do not lead to their root.
    """
    installed = _installed(directory, _numbers(directory))
    if not installed:
        return None
    folder = directory / str(installed[-1])
    chain_pem, root_pem = (
        read_key_file(folder / name, MAX_CHAIN_BYTES) for name in (CHAIN_NAME, ROOT_NAME)
    )
    try:
        return read_chain(chain_pem, root_pem)
    except CertificateError as error:
        raise KeyStoreError(error.message, error.hint) from error


def _keys_in(folder: Path, chain_pem: bytes, root_pem: bytes) -> StationKeys:
    """Return the key of one folder under its chain, which leads to its root."""
    try:
        chain = read_chain(chain_pem, root_pem)
    except CertificateError as error:
        raise KeyStoreError(error.message, error.hint) from error
    if chain.practice:
        distrust("这是练习密钥", "these are practice keys")
    token = _token_in(folder)
    signer: Signer
    if token is None:
        signer = signer_with(load_private_key(folder / KEY_NAME), chain_pem)
    else:
        if token.public_key_sha256 != chain.key_id:
            distrust("密钥和证书不是一对", "the key does not belong to the certificate")
        signer = TokenSigner(token, chain.key, chain_pem, folder).prove()
    path = folder / ROOT_NAME
    return StationKeys(signer=signer, root_path=path, root_pem=root_pem, chain=chain, token=token)


def _token_in(folder: Path) -> TokenReference | None:
    path = folder / REFERENCE_NAME
    if not path.exists():
        return None
    return parse_reference(read_key_file(path, MOST_REFERENCE_BYTES, private=True))


def _forget(folder: Path) -> None:
    """Delete a key that another one follows.

    Raises:
        KeyStoreError: its token did not do it; it is named, because the one after it is in use.
    """
    (folder / KEY_NAME).unlink(missing_ok=True)
    token = _token_in(folder)
    if token is not None:
        try:
            destroy(token)
        except TokenError as error:
            raise _left_behind(token, error) from error
        (folder / REFERENCE_NAME).unlink()
    sync_folder(folder)


def _left_behind(token: TokenReference, error: TokenError) -> KeyStoreError:
    where = f"{token.place.token_label}: {token.place.key_label} ({token.key_id_hex})"
    return KeyStoreError(
        Text(
            zh=f"新密钥已经在用；旧密钥没能从令牌里删除（{where}）：{error.message.zh}",
            en=f"The new key is in use; the one before was not deleted from its token ({where}):"
            f" {error.message.en}",
        ),
        Text(
            zh="把旧令牌插上，重复同一条命令；令牌找不回来就作废旧密钥。",
            en="Put that token in and repeat the command; if it is lost, revoke its key.",
        ),
    )


def _draw(directory: Path, number: int, station: str, place: TokenPlace | None) -> KeyRequest:
    folder = directory / str(number)
    if place is None:
        drawn = ec.generate_private_key(ec.SECP256R1())
        pem = drawn.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return _written(folder, station, drawn, {KEY_NAME: NewFile(data=pem, mode=0o600)})
    with made(place) as (reference, key):
        files = {REFERENCE_NAME: NewFile(data=reference.data(), mode=0o600)}
        try:
            return _written(folder, station, key, files)
        except (OSError, KeyRequestError):
            if not folder.exists():
                # Should it stay, it is worth nothing without a certificate.
                with contextlib.suppress(TokenError):
                    destroy(reference)
            raise


def _written(
    folder: Path, station: str, key: ec.EllipticCurvePrivateKey, files: dict[str, NewFile]
) -> KeyRequest:
    """Ask for a key's certificate, and write the request beside what leads to the key."""
    request = station_request(station, key)
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent.parent)
    asked = {REQUEST_NAME: NewFile(data=request.public_bytes(Encoding.PEM))}
    write_folder(folder, files | asked, mode=0o700)
    return KeyRequest(path=folder / REQUEST_NAME, name=station, key_id=key_id_of(key.public_key()))


def _request_in(folder: Path) -> KeyRequest:
    path = folder / REQUEST_NAME
    try:
        name, key = read_request(parse_request(read_key_file(path, MOST_REQUEST_BYTES)))
    except KeyRequestError as error:
        raise KeyStoreError(error.message, error.hint) from error
    return KeyRequest(path=path, name=name, key_id=key_id_of(key))


def _numbers(directory: Path) -> list[int]:
    found = directory.iterdir() if directory.is_dir() else ()
    return sorted(int(path.name) for path in found if _NUMBER.fullmatch(path.name))


def _installed(directory: Path, numbers: Sequence[int]) -> list[int]:
    return [each for each in numbers if (directory / str(each) / CHAIN_NAME).exists()]


def _number_of(directory: Path, numbers: Sequence[int], key_id: str) -> int:
    for number in numbers:
        if _key_id_in(directory / str(number)) == key_id:
            return number
    return distrust("这里没有这张证书的密钥", "no key here belongs to this certificate")


def _key_id_in(folder: Path) -> str | None:
    """Return the key id of a folder's private key; None where it was deleted."""
    token, path = _token_in(folder), folder / KEY_NAME
    if token is not None:
        return token.public_key_sha256
    return key_id_of(load_private_key(path).public_key()) if path.exists() else None
