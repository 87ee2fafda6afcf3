"""Signed notes: a few lines of text, and who signed them. Pure.

    <text, ends with a newline>
    <empty line>
    — <name> <base64 of 4 bytes that name the key, and the signature>

A verifier knows some keys. Lines of other keys say nothing to it; a line that names a key that it
knows, and whose signature is wrong, spoils the whole note.

Source: c2sp.org/signed-note; c2sp.org/tlog-cosignature for witnesses.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from certs.errors import MalformedLogError
from certs.text import Text

MOST_BYTES: Final = 64 << 10
MOST_SIGNATURES: Final = 64
_MARK: Final = "\u2014 "
_ID_BYTES: Final = 4
_KEY_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64
_TIME_BYTES: Final = 8
_NAME: Final = re.compile(r"[^\s+\x00-\x1f\x7f]{1,255}")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_LINE: Final = re.compile(f"{_MARK}([^ ]+) ([A-Za-z0-9+/]+={{0,2}})")
_HINT: Final = Text(
    zh="请拿原来的文件再试，或让日志的主人说明。",
    en="Try the original file again, or ask whoever keeps the log.",
)


class Algorithm(Enum):
    """What a key signs; the value is its byte in the key's text."""

    ED25519 = 1
    """The log: the text as it is."""
    COSIGNATURE = 4
    """A witness: the text and the time at which it saw that the log only grew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteKey:
    """A public key with the name that it signs under."""

    name: str
    algorithm: Algorithm
    public: bytes
    """32 bytes, Ed25519."""

    @property
    def key_id(self) -> bytes:
        """The four bytes that name the key in a note."""
        typed = bytes([self.algorithm.value]) + self.public
        return hashlib.sha256(self.name.encode() + b"\n" + typed).digest()[:_ID_BYTES]

    def text(self) -> str:
        """Return the key as it is handed around: ``name+id+key``."""
        typed = bytes([self.algorithm.value]) + self.public
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(typed).decode()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSigner:
    """A private key of a log or a witness."""

    key: NoteKey
    private: Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"NoteSigner(key={self.key!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """One line under a note whose signature fits."""

    key: NoteKey
    at_s: int | None
    """Of a cosignature: POSIX seconds; None under a plain signature."""


def signer_of(name: str, private: Ed25519PrivateKey, algorithm: Algorithm) -> NoteSigner:
    """Return a private key under a name.

    Raises:
        MalformedLogError: no such name can be.
    """
    if not _NAME.fullmatch(name):
        _refuse("名称不对", "no name of a key")
    public = private.public_key().public_bytes_raw()
    return NoteSigner(key=NoteKey(name=name, algorithm=algorithm, public=public), private=private)


def parse_key(text: str) -> NoteKey:
    """Read a public key as it is handed around.

    Args:
        text: ``name+id+key``, with or without a newline at its end.

    Raises:
        MalformedLogError: it is none, or of a kind that is not known here.
    """
    parts = text.removesuffix("\n").split("+", 2)
    if len(parts) != 3 or len(text) > MOST_BYTES or not _NAME.fullmatch(parts[0]):
        _refuse("公钥读不懂", "a public key that cannot be read")
    typed = _base64(parts[2])
    known = {each.value: each for each in Algorithm}
    if len(typed) != 1 + _KEY_BYTES or typed[0] not in known:
        _refuse("不认识的公钥种类", "a public key of an unknown kind")
    key = NoteKey(name=parts[0], algorithm=known[typed[0]], public=typed[1:])
    if key.text() != text.removesuffix("\n"):
        _refuse("公钥的编号不对", "a public key under a wrong id")
    return key


def sign(text: str, signer: NoteSigner, at_s: int = 0) -> str:
    """Return the line that stands under a note.

    Args:
        text: ends with a newline.
        signer: of a log, or of a witness.
        at_s: the time of a cosignature, POSIX seconds.
    """
    key = signer.key
    signature = signer.private.sign(_message(text, key, at_s))
    if key.algorithm is Algorithm.COSIGNATURE:
        signature = at_s.to_bytes(_TIME_BYTES, "big") + signature
    return f"{_MARK}{key.name} {base64.b64encode(key.key_id + signature).decode()}\n"


def note(text: str, *lines: str) -> bytes:
    """Return a whole note."""
    return (text + "\n" + "".join(lines)).encode()


def split(data: bytes) -> tuple[str, list[str]]:
    """Return a note's text, and the lines under it.

    Raises:
        MalformedLogError: it is no note, whoever signed it.
    """
    text, lines = _split(data)
    for line in lines:
        _parsed(line)
    return text, lines


def opened(data: bytes, keys: Sequence[NoteKey]) -> tuple[str, list[Signed]]:
    """Return a note's text and the known keys that signed it.

    Args:
        data: the note.
        keys: those that the caller knows.

    Raises:
        MalformedLogError: it is no note, or the signature of a known key does not fit.
    """
    text, lines = _split(data)
    found: list[Signed] = []
    for line in lines:
        name, key_id, signature = _parsed(line)
        known = [key for key in keys if (key.name, key.key_id) == (name, key_id)]
        found += [_checked(text, key, signature) for key in known]
    return text, found


def _split(data: bytes) -> tuple[str, list[str]]:
    if len(data) > MOST_BYTES:
        _refuse("太长", "too long")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse("不是 UTF-8", "not UTF-8", error)
    if _CONTROL.search(whole):
        _refuse("有控制字符", "a control character")
    text, gap, below = whole.rpartition("\n\n")
    if not gap or not below.endswith("\n"):
        _refuse("没有签名", "nothing signed below")
    lines = below[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        _refuse("签名太多", "too many signatures")
    return text + "\n", lines


def _parsed(line: str) -> tuple[str, bytes, bytes]:
    found = _LINE.fullmatch(line)
    if found is None or not _NAME.fullmatch(found[1]):
        _refuse("签名行读不懂", "a line of a signature that cannot be read")
    data = _base64(found[2])
    if len(data) <= _ID_BYTES:
        _refuse("签名太短", "a signature that is too short")
    return found[1], data[:_ID_BYTES], data[_ID_BYTES:]


def _checked(text: str, key: NoteKey, signature: bytes) -> Signed:
    timed = key.algorithm is Algorithm.COSIGNATURE
    if len(signature) != _SIGNATURE_BYTES + (_TIME_BYTES if timed else 0):
        _refuse(f"{key.name} 的签名长度不对", f"a signature of {key.name} of a wrong length")
    at_s = int.from_bytes(signature[:_TIME_BYTES], "big") if timed else 0
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(
            signature[-_SIGNATURE_BYTES:], _message(text, key, at_s)
        )
    except (InvalidSignature, ValueError) as error:
        _refuse(f"{key.name} 的签名不对", f"the signature of {key.name} does not fit", error)
    return Signed(key=key, at_s=at_s if timed else None)


def _message(text: str, key: NoteKey, at_s: int) -> bytes:
    if key.algorithm is Algorithm.COSIGNATURE:
        return f"cosignature/v1\ntime {at_s}\n{text}".encode()
    return text.encode()


def _base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        _refuse("base64 损坏", "damaged base64", error)
    if base64.b64encode(data).decode() != text:
        _refuse("base64 有多种写法", "base64 in another spelling")
    return data


def _refuse(zh: str, en: str, cause: Exception | None = None) -> NoReturn:
    message = Text(zh=f"日志的签名文件有问题：{zh}。", en=f"Wrong signed note: {en}.")
    raise MalformedLogError(message, _HINT) from cause
