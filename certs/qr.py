"""Whether a stranger may believe a QR code, and how one is written. Pure.

A code carries a few claims of a document (`certs.qr_claims`), signed by the document's own key as
COSE_Sign1. It brings no certificates: whoever checks it has the station's.
"""

# The plan, in the order of `QrLayer`; the format stands in docs/qr.md.
#
# 1. text                 A known beginning, then digits of a number of bytes.
# 2. cbor                 Envelope, header and claims are CBOR in the one spelling.
# 3. cose                 The envelope is a COSE_Sign1 with exactly our header.
# 4. signature-encoding   r and s are in their range, s in its lower half.
# 5. claims               Known fields within their limits that agree with each other.
# 6. chain                The station's certificates lead to the root (if one was given).
# 7. key                  The code names the key of the station.
# 8. signature            That key signed header and claims.
#    chain again          The certificates were valid when the claims say they were signed.
# 9. binding              The practice flag is the root's; it was not signed in the future.
# 10. practice            Practice is refused unless the caller asked for it.
# 11. document            Where there is a document: the code says what the document says.

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final, NoReturn

from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from certs import cbor
from certs.canonical import JsonObject
from certs.chain import SigningChain, check_validity, read_chain, verify_signature
from certs.der import P256_ORDER
from certs.errors import CertificateError, MalformedCborError, QrError, QrLayer
from certs.qr_claims import QrClaims, as_map, claims_in, claims_of
from certs.stamped import CLOCK_TOLERANCE
from certs.text import Text

PREFIX: Final = "wipe-cert:"
"""Stands before the digits where the organisation has no page of its own."""
MAX_BYTES: Final = 384
"""Of the COSE_Sign1; the longest claims need 383."""
KEY_HINT_BYTES: Final = 8

_HOST: Final = r'https://[!"$-~]{1,56}'
_TEXT: Final = re.compile(f"({PREFIX}|{_HOST}#)([0-9]{{1,2000}})")
# RFC 9052 §4.2, RFC 9053 §2.1: tag 18, and ES256 with the key's id in the protected header.
_TAG: Final = b"\xd2"
_ALGORITHM, _KEY_ID = 1, 4
_ES256: Final = -7
_CONTEXT: Final = "Signature1"
_NUMBER_BYTES: Final = 32
_HINT: Final = Text(
    zh="不要相信这个二维码。先重新扫一次；还是不行就向出具方核实。",
    en="Do not trust this code. Scan it once more; if that does not help, ask the issuer.",
)
_NO_HOST: Final = Text(zh="二维码不能用这个网址。", en="An address that cannot stand in a code.")
_HOST_HINT: Final = Text(
    zh="网址以 https:// 开头，后面 1 到 56 个字符，不含空格、# 和中文。",
    en="An address is https:// and 1 to 56 characters of ASCII without spaces and #.",
)
_PRACTICE_HINT: Final = Text(
    zh="练习的二维码只用来试用。要看内容，请加上 --allow-practice。",
    en="Practice codes are for trying things out. To see inside, add --allow-practice.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedQr:
    """A code that was read; nothing says yet who signed it.

    Attributes:
        claims: what it says.
        key_hint: first bytes of the id of the key that it names.
        to_be_signed: what the signature speaks about.
        signature: DER.
    """

    claims: QrClaims
    key_hint: bytes
    to_be_signed: bytes
    signature: bytes


def signed_qr(claims: QrClaims, sign: Callable[[bytes], bytes], host: str | None = None) -> str:
    """Sign claims and return the text of the code.

    Args:
        claims: naming the signer's key.
        sign: of a `certs.keys.Signer`.
        host: the organisation's page, ``https://`` and at most 56 more characters of ASCII
            without ``#`` and spaces. The digits follow as its fragment, which no browser sends.

    Raises:
        QrError: TEXT or CLAIMS; no such host, or claims out of their limits.
        KeyStoreError: the signer failed.

    Source: RFC 9052 §4.4; RFC 9053 §2.1.
    """
    if host is not None:
        require_host(host)
    hint = bytes.fromhex(claims.key_id)[:KEY_HINT_BYTES]
    protected = cbor.encode({_ALGORITHM: _ES256, _KEY_ID: hint})
    payload = cbor.encode(as_map(claims))
    r, s = decode_dss_signature(sign(_to_be_signed(protected, payload)))
    # With s, n - s fits too; the lower one is the one spelling.
    raw = b"".join(each.to_bytes(_NUMBER_BYTES, "big") for each in (r, min(s, P256_ORDER - s)))
    text = _beginning(host) + digits_of(_TAG + cbor.encode([protected, {}, payload, raw]))
    parse_qr(text)
    return text


def require_host(host: str) -> None:
    """Refuse an address that no code can carry.

    Raises:
        QrError: TEXT.
    """
    if not re.fullmatch(_HOST, host):
        raise QrError(QrLayer.TEXT, _NO_HOST, _HOST_HINT)


def parse_qr(text: str) -> SignedQr:
    """Read the text of a code.

    Args:
        text: as a camera gives it, without a newline.

    Returns:
        what `signed_qr` wrote; `check_qr` says whether it may be believed.

    Raises:
        QrError: TEXT to CLAIMS.
    """
    data = _bytes_of(_split(text)[1])
    if data[:1] != _TAG:
        _refuse(QrLayer.COSE, "不是 COSE_Sign1", "no COSE_Sign1")
    protected, payload, raw = _envelope(_decoded(data[1:]))
    hint = _key_hint(_decoded(protected))
    signature = _der_of(raw)
    claims = claims_in(_decoded(payload))
    return SignedQr(
        claims=claims,
        key_hint=hint,
        to_be_signed=_to_be_signed(protected, payload),
        signature=signature,
    )


def check_qr(
    qr: SignedQr,
    chain_pem: bytes,
    *,
    root_pem: bytes | None,
    allow_practice: bool,
    now: datetime,
) -> SigningChain:
    """Check that a station signed a code.

    Args:
        qr: as read.
        chain_pem: the station's certificates, without the root.
        root_pem: the one certificate that the caller trusts, or None.
        allow_practice: whether practice codes are wanted.
        now: aware; the caller's clock.

    Returns:
        the signer.

    Raises:
        QrError: CHAIN to PRACTICE.
    """
    claims = qr.claims
    try:
        chain = read_chain(chain_pem, root_pem)
        _check_key(qr, chain)
        verify_signature(chain, qr.signature, qr.to_be_signed)
        check_validity(chain, claims.issued_at)
    except CertificateError as error:
        raise QrError(QrLayer(error.layer.value), error.message, error.hint) from error
    if claims.practice != chain.practice:
        _refuse(QrLayer.BINDING, "练习标记和根证书不符", "its practice flag contradicts the root")
    if claims.issued_at > now + CLOCK_TOLERANCE:
        _refuse(QrLayer.BINDING, "签发时间在将来", "it was signed in the future")
    if claims.practice and not allow_practice:
        message = Text(zh="这是练习的二维码。", en="A practice code.")
        raise QrError(QrLayer.PRACTICE, message, _PRACTICE_HINT)
    return chain


def compare_qr(claims: QrClaims, statement: JsonObject, document: bytes) -> None:
    """Insist that a code says what a document says.

    Args:
        claims: of the code.
        statement: of the document, checked.
        document: its bytes, as they were signed.

    Raises:
        QrError: DOCUMENT, naming the first field that differs.
    """
    wanted = claims_of(statement, document)
    for field in fields(QrClaims):
        if getattr(claims, field.name) != getattr(wanted, field.name):
            _refuse(
                QrLayer.DOCUMENT,
                f"和文件不同（{field.name}）",
                f"it differs from the document ({field.name})",
            )


def beginning_of(text: str) -> str:
    """Return what stands before the digits of a code's text.

    Raises:
        QrError: TEXT.
    """
    return _split(text)[0]


def digits_of(data: bytes) -> str:
    """Write bytes as one decimal number, with as many digits as so many bytes may need.

    The number of digits therefore tells the number of bytes, and leading zeros are kept.
    """
    return str(int.from_bytes(data, "big")).zfill(_width(len(data)))


def _split(text: str) -> tuple[str, str]:
    found = _TEXT.fullmatch(text)
    if found is None:
        _refuse(QrLayer.TEXT, "不是我们的二维码", "no code of ours")
    return found[1], found[2]


def _width(count: int) -> int:
    return len(str((1 << 8 * count) - 1))


_COUNT_OF_WIDTH: Final = {_width(count): count for count in range(1, MAX_BYTES + 1)}


def _bytes_of(digits: str) -> bytes:
    count = _COUNT_OF_WIDTH.get(len(digits))
    number = int(digits)
    if count is None or number >> 8 * count:
        _refuse(QrLayer.TEXT, "数字不完整或太多", "digits missing or too many")
    return number.to_bytes(count, "big")


def _beginning(host: str | None) -> str:
    return PREFIX if host is None else f"{host}#"


def _decoded(data: bytes) -> Any:  # noqa: ANN401 - checked by whoever asked
    try:
        return cbor.decode(data)
    except MalformedCborError as error:
        raise QrError(QrLayer.CBOR, error.message, error.hint) from error


def _envelope(value: object) -> tuple[bytes, bytes, bytes]:
    match value:
        case [bytes(protected), {**unprotected}, bytes(payload), bytes(raw)] if not unprotected:
            return protected, payload, raw
    return _refuse(QrLayer.COSE, "不是 COSE_Sign1", "no COSE_Sign1")


def _key_hint(header: object) -> bytes:
    match header:
        case {1: -7, 4: bytes(hint), **more} if not more and len(hint) == KEY_HINT_BYTES:
            return hint
    return _refuse(QrLayer.COSE, "签名算法或密钥编号不对", "another algorithm or no key's id")


def _der_of(raw: bytes) -> bytes:
    r, s = (int.from_bytes(raw[at : at + _NUMBER_BYTES], "big") for at in (0, _NUMBER_BYTES))
    if len(raw) != 2 * _NUMBER_BYTES or not (0 < r < P256_ORDER and 0 < s <= P256_ORDER // 2):
        _refuse(QrLayer.SIGNATURE_ENCODING, "签名的写法不对", "wrong encoding of the signature")
    return encode_dss_signature(r, s)


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    return cbor.encode([_CONTEXT, protected, b"", payload])


def _check_key(qr: SignedQr, chain: SigningChain) -> None:
    if chain.key_id != qr.claims.key_id or qr.key_hint != bytes.fromhex(chain.key_id)[:8]:
        _refuse(
            QrLayer.KEY,
            "它写的是另一把密钥，也可能 station.pem 是别的工作站的",
            "it names another key, or station.pem is another station's",
        )


def _refuse(layer: QrLayer, zh: str, en: str) -> NoReturn:
    message = Text(zh=f"二维码不能相信：{zh}。", en=f"The code cannot be trusted: {en}.")
    raise QrError(layer, message, _HINT)
