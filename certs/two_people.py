"""A private key that two people open together, each with a passphrase of their own. Pure.

    secret = scrypt(passphrase A, a line feed, passphrase B; salt; n = 2^17, r = 8, p = 1), 32 bytes
    the key: PKCS#8, encrypted under the secret's 64 hex digits

Whoever has one passphrase has no part of the key that would make guessing the other one easier.
Both forms are standard, so ``openssl kdf`` and ``openssl pkey`` open it without this program.

KNOWN HOLE: for the moment of signing, the key is whole in the memory of one machine. That is why
the machine is to be offline.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final, NoReturn

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from certs.canonical import JsonObject, decode, encode
from certs.errors import KeyRequestError, KeyStoreError, MalformedJsonError, PassphraseError
from certs.text import Text

SALT_BYTES: Final = 32
LEAST_CHARACTERS: Final = 12
MOST_CHARACTERS: Final = 1000
_FIXED: Final[JsonObject] = {
    "schema": "wipe-station/two-passphrases",
    "schema_version": 1,
    "kdf": "scrypt",
    "n": 1 << 17,
    "r": 8,
    "p": 1,
}
_CHOOSE: Final = Text(
    zh="两个人各想一句至少 12 个字的口令，互相不说，也不能一样。",
    en="Each of the two thinks of at least 12 characters, not the other's, and tells nobody.",
)
_TRY_AGAIN: Final = Text(
    zh="先输第一个人的口令，再输第二个人的；注意大小写和输入法。",
    en="The first person's passphrase comes first; mind capitals and the input method.",
)
_DAMAGED: Final = Text(zh="换用根密钥的备份。", en="Use the backup of the root's folder.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passphrases:
    """What the two people typed; never printed."""

    first: str
    second: str

    def __repr__(self) -> str:
        return "Passphrases()"


def check_new(passphrases: Passphrases) -> None:
    """Refuse passphrases that are too weak to begin with.

    Raises:
        KeyRequestError: too short, too long, with control characters, or twice the same.
    """
    both = (_normal(passphrases.first), _normal(passphrases.second))
    for each in both:
        if not LEAST_CHARACTERS <= len(each) <= MOST_CHARACTERS or not each.isprintable():
            _refuse("口令太短，或有不能用的字符", "a passphrase is too short or cannot be typed")
    if both[0] == both[1]:
        _refuse("两句口令一样", "both passphrases are the same")


def sealed(
    key: ec.EllipticCurvePrivateKey, passphrases: Passphrases, salt: bytes
) -> tuple[bytes, bytes]:
    """Encrypt a key.

    Args:
        key: on P-256.
        passphrases: checked.
        salt: 32 random bytes, for this key alone.

    Returns:
        the key as encrypted PKCS#8 in PEM, and in JSON how its secret is derived.
    """
    encryption = BestAvailableEncryption(_secret(passphrases, salt))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    return pem, encode(_FIXED | {"salt_hex": salt.hex()})


def opened(pem: bytes, derivation: bytes, passphrases: Passphrases) -> ec.EllipticCurvePrivateKey:
    """Decrypt a key.

    Args:
        pem: as sealed.
        derivation: as sealed.
        passphrases: in the order in which the key was made.

    Raises:
        PassphraseError: one is wrong or missing, or they are in the other order; or the file is
            damaged, which cannot be told apart.
        KeyStoreError: the derivation is damaged, or there is another kind of key inside.
    """
    secret = _secret(passphrases, _salt_of(derivation))
    try:
        key = load_pem_private_key(pem, password=secret)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # Not chained: a library's message could quote the key.
        message = Text(
            zh="两句口令打不开根密钥：有一句不对，或者顺序反了。",
            en="The two passphrases do not open the root's key: one is wrong, or the order is.",
        )
        raise PassphraseError(message, _TRY_AGAIN) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        _damaged("根密钥不是 P-256", "the root's key is not on P-256")
    return key


def _secret(passphrases: Passphrases, salt: bytes) -> bytes:
    joined = f"{_normal(passphrases.first)}\n{_normal(passphrases.second)}"
    kdf = Scrypt(salt=salt, length=32, n=_FIXED["n"], r=_FIXED["r"], p=_FIXED["p"])
    # A terminal may yield what is no text; it opens nothing, and fails nothing else.
    return kdf.derive(joined.encode("utf-8", "surrogatepass")).hex().encode()


def _normal(passphrase: str) -> str:
    # Two input methods may write one character in two ways. Source: RFC 8265 §4.2.
    return unicodedata.normalize("NFC", passphrase)


def _salt_of(derivation: bytes) -> bytes:
    try:
        stated = decode(derivation)
        salt = bytes.fromhex(str(stated.pop("salt_hex", "")))
    except (MalformedJsonError, ValueError) as error:
        _damaged("口令的说明文件读不懂", "how the secret is derived cannot be read", error)
    if stated != _FIXED or len(salt) != SALT_BYTES:
        _damaged("口令的说明文件不认识", "how the secret is derived is not known here")
    return salt


def _damaged(zh: str, en: str, cause: Exception | None = None) -> NoReturn:
    message = Text(zh=f"根密钥有问题：{zh}。", en=f"The root's key cannot be used: {en}.")
    raise KeyStoreError(message, _DAMAGED) from cause


def _refuse(zh: str, en: str) -> NoReturn:
    raise KeyRequestError(Text(zh=f"口令不能用：{zh}。", en=f"Not accepted: {en}."), _CHOOSE)
