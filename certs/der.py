"""The one form of an ECDSA P-256 signature that we accept. Pure."""

from typing import NoReturn

from certs.errors import CertificateError, Layer
from certs.text import Text

# Order of the group of P-256. Source: SEC 2 version 2.0, §2.4.2 (secp256r1).
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

_SEQUENCE = 0x30
_INTEGER = 0x02
# Two integers of at most 33 bytes: every length fits the short form.
_LONGEST_SHORT_LENGTH = 0x7F
_HINT = Text(
    zh="签名文件被改过或损坏，请向出具方要原件。",
    en="The signature file was altered or damaged; ask the issuer for the original.",
)


def check_signature_encoding(signature: bytes) -> None:
    """Insist on canonical DER, so that a signature has one spelling only.

    Args:
        signature: SEQUENCE of the two INTEGERs r and s, at most 72 bytes.

    Raises:
        CertificateError: SIGNATURE_ENCODING; another tag, a long-form, indefinite or wrong
            length, bytes left over, padding, or r or s outside 1 to n-1.

    Source: X.690 §8.3.2, §10.1; RFC 3279 §2.2.3.
    """
    content, rest = _split(signature, _SEQUENCE)
    if rest:
        _refuse("签名后面还有多余的字节", "bytes after the signature")
    r, content = _split(content, _INTEGER)
    s, content = _split(content, _INTEGER)
    if content:
        _refuse("签名里有多余的内容", "more than two integers")
    _check_integer(r)
    _check_integer(s)


def _split(data: bytes, tag: int) -> tuple[bytes, bytes]:
    if len(data) < 2 or data[0] != tag:
        _refuse("结构不对", "wrong structure")
    length = data[1]
    if length > _LONGEST_SHORT_LENGTH:
        _refuse("长度没有用最短写法", "a length that is not in its shortest form")
    if len(data) < 2 + length:
        _refuse("长度不对", "a length beyond the end")
    return data[2 : 2 + length], data[2 + length :]


def _check_integer(content: bytes) -> None:
    if not content:
        _refuse("整数是空的", "an empty integer")
    if content[0] & 0x80:
        _refuse("整数是负的", "a negative integer")
    if len(content) > 1 and content[0] == 0 and not content[1] & 0x80:
        _refuse("整数前面补了零", "a padded integer")
    if not 0 < int.from_bytes(content, "big") < P256_ORDER:
        _refuse("整数超出范围", "an integer out of range")


def _refuse(zh: str, en: str) -> NoReturn:
    message = Text(zh=f"签名的写法不对：{zh}。", en=f"Wrong encoding of the signature: {en}.")
    raise CertificateError(Layer.SIGNATURE_ENCODING, message, _HINT)
