"""The adb device protocol: messages, banners, and Android's form of a public key. Pure.

The station speaks to phones through Debian's adb server (``adb_server``); this is what passes
between that server and a phone. The simulated phones of the tests are made of it.

Source: AOSP packages/modules/adb, protocol.txt, adb.h, types.h; system/core/libcrypto_utils,
android_pubkey.h.
"""

import base64
import binascii
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final

from wipe_station.errors import MalformedReplyError

HEADER_BYTES: Final = 24
VERSION_WITH_SUMS: Final = 0x01000000
VERSION_WITHOUT_SUMS: Final = 0x01000001
"""From here on nobody sums up the bytes of a payload; the field is 0."""
MOST_PAYLOAD_BYTES: Final = 1 << 20
TOKEN_BYTES: Final = 20
_U32: Final = 0xFFFFFFFF


class Command(Enum):
    """What a message is."""

    SYNC = b"SYNC"
    CNXN = b"CNXN"
    AUTH = b"AUTH"
    OPEN = b"OPEN"
    OKAY = b"OKAY"
    CLSE = b"CLSE"
    WRTE = b"WRTE"
    STLS = b"STLS"

    @property
    def number(self) -> int:
        """Return the command as it stands in a header."""
        return int.from_bytes(self.value, "little")


class AuthKind(Enum):
    """First argument of AUTH."""

    TOKEN = 1
    SIGNATURE = 2
    PUBLIC_KEY = 3


_COMMANDS: Final = MappingProxyType({each.number: each for each in Command})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message; its payload may hold a person's data and is never shown."""

    command: Command
    arg0: int
    arg1: int
    payload: bytes = field(default=b"", repr=False)

    def header(self, *, sums: bool) -> bytes:
        """Return the 24 bytes before the payload; over USB both are transfers of their own."""
        number, total = self.command.number, sum(self.payload) & _U32 if sums else 0
        size = len(self.payload)
        return struct.pack("<6I", number, self.arg0, self.arg1, size, total, number ^ _U32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What stands before a payload."""

    command: Command
    arg0: int
    arg1: int
    payload_bytes: int
    sum: int


def parse_header(data: bytes, *, most_bytes: int = MOST_PAYLOAD_BYTES) -> Header:
    """Read the header of a message.

    Args:
        data: 24 bytes, little-endian.
        most_bytes: the longest payload that was agreed on.

    Raises:
        MalformedReplyError: another length, an unknown command, one that its complement does not
            confirm, or a payload beyond the limit.
    """
    if len(data) != HEADER_BYTES:
        raise _malformed(len(data), "length")
    number, arg0, arg1, size, total, magic = struct.unpack("<6I", data)
    command = _COMMANDS.get(number)
    if command is None:
        raise _malformed(0, "command")
    if magic != number ^ _U32:
        raise _malformed(20, "magic")
    if size > most_bytes:
        raise _malformed(12, "payload_bytes")
    return Header(command=command, arg0=arg0, arg1=arg1, payload_bytes=size, sum=total)


class Messages:
    """The messages of one side of a connection, as its bytes come in."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._header: Header | None = None
        self.most_bytes = MOST_PAYLOAD_BYTES
        self.sums = False
        """Whether both agreed on an old version: then a sum must fit. Else 0 is no sum: a side that
        knows the other's version may leave it out, one that does not yet may not."""

    def feed(self, data: bytes) -> tuple[Message, ...]:
        """Take more bytes; return the messages that are whole now.

        Raises:
            MalformedReplyError: see ``parse_header``; or a sum that does not fit its payload.
        """
        self._kept += data
        whole: list[Message] = []
        while (message := self._next()) is not None:
            whole.append(message)
        return tuple(whole)

    def _next(self) -> Message | None:
        if self._header is None:
            if len(self._kept) < HEADER_BYTES:
                return None
            self._header = parse_header(bytes(self._take(HEADER_BYTES)), most_bytes=self.most_bytes)
        header = self._header
        if len(self._kept) < header.payload_bytes:
            return None
        payload = bytes(self._take(header.payload_bytes))
        if (header.sum or self.sums) and header.sum != sum(payload) & _U32:
            raise _malformed(16, "sum")
        self._header = None
        return Message(command=header.command, arg0=header.arg0, arg1=header.arg1, payload=payload)

    def _take(self, size: int) -> bytearray:
        taken = self._kept[:size]
        del self._kept[:size]
        return taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """What the payload of CNXN says of its sender."""

    kind: str
    """``host``, ``device``, ``recovery``, ``rescue``, ``sideload`` …"""
    properties: Mapping[str, str]
    features: frozenset[str]

    def encode(self) -> bytes:
        """Return the banner as a payload."""
        listed = dict(self.properties) | {"features": ",".join(sorted(self.features))}
        return f"{self.kind}::{';'.join(f'{k}={v}' for k, v in listed.items())}".encode()


def parse_banner(payload: bytes) -> Banner:
    """Read ``kind:serial:key=value;…;features=a,b``; the serial is always empty nowadays.

    Raises:
        MalformedReplyError: not text, or fewer than three parts.
    """
    try:
        parts = payload.rstrip(b"\0").decode("utf-8").split(":", 2)
    except UnicodeDecodeError as error:
        raise _malformed(HEADER_BYTES + error.start, "banner") from None
    if len(parts) != 3 or not parts[0].isidentifier():
        raise _malformed(HEADER_BYTES, "banner")
    pairs = dict(each.split("=", 1) for each in parts[2].split(";") if "=" in each)
    features = pairs.pop("features", "")
    return Banner(
        kind=parts[0],
        properties=MappingProxyType(pairs),
        features=frozenset(filter(None, features.split(","))),
    )


KEY_WORDS: Final = 64
KEY_BYTES: Final = 4 * KEY_WORDS
_STRUCT_BYTES: Final = 4 + 4 + 2 * KEY_BYTES + 4
_EXPONENTS: Final = frozenset({3, 65537})
_MOST_KEY_TEXT_BYTES: Final = 4096
_SHA1_INFO: Final = bytes.fromhex("3021300906052b0e03021a05000414")
"""DER of DigestInfo with SHA-1, before the digest (RFC 8017 §9.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """An RSA key of 2048 bits, as a computer shows it to a phone. Its owner's name is dropped."""

    modulus: int
    exponent: int

    def encode(self) -> bytes:
        """Return Android's structure of it: 524 bytes, little-endian.

        Number of words, -1/n mod 2³², n, (2^2048)² mod n, exponent.
        """
        inverse = -pow(self.modulus, -1, 1 << 32) % (1 << 32)
        square = pow(1 << 8 * KEY_BYTES, 2, self.modulus)
        return (
            struct.pack("<II", KEY_WORDS, inverse)
            + self.modulus.to_bytes(KEY_BYTES, "little")
            + square.to_bytes(KEY_BYTES, "little")
            + struct.pack("<I", self.exponent)
        )

    def signed(self, token: bytes, signature: bytes) -> bool:
        """Whether a signature is this key's over a token.

        PKCS#1 v1.5 with SHA-1, where the token stands for the digest itself and is not hashed.
        """
        number = int.from_bytes(signature, "big")
        if len(signature) != KEY_BYTES or len(token) != TOKEN_BYTES or number >= self.modulus:
            return False
        padding = b"\xff" * (KEY_BYTES - 3 - len(_SHA1_INFO) - TOKEN_BYTES)
        expected = b"\0\1" + padding + b"\0" + _SHA1_INFO + token
        return pow(number, self.exponent, self.modulus).to_bytes(KEY_BYTES, "big") == expected


def parse_public_key(payload: bytes) -> PublicKey:
    """Read the payload of AUTH with a public key: base64, a space, ``user@host``, a zero byte.

    Raises:
        MalformedReplyError: not base64 of the structure, or the structure's parts contradict.
    """
    text = payload[:_MOST_KEY_TEXT_BYTES].split(b"\0")[0].split(b" ")[0]
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise _malformed(HEADER_BYTES, "key") from None
    if len(raw) != _STRUCT_BYTES:
        raise _malformed(HEADER_BYTES, "key_bytes")
    modulus = int.from_bytes(raw[8 : 8 + KEY_BYTES], "little")
    (exponent,) = struct.unpack_from("<I", raw, _STRUCT_BYTES - 4)
    if modulus.bit_length() != 8 * KEY_BYTES or modulus % 2 == 0 or exponent not in _EXPONENTS:
        raise _malformed(HEADER_BYTES, "modulus")
    key = PublicKey(modulus=modulus, exponent=exponent)
    if key.encode() != raw:
        raise _malformed(HEADER_BYTES, "key_parts")
    return key


def _malformed(offset: int, what: str) -> MalformedReplyError:
    return MalformedReplyError("adb", offset=offset, field=what)
