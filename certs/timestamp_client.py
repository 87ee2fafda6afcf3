"""Asks a time service over HTTP to stamp some bytes. I/O.

1. Send their SHA-256 and a number drawn for this request; nothing else leaves the machine.
2. Wait so long and no longer, whatever hangs: name, connection, headers or body.
3. Believe the answer only if it fits the bytes, the number and a service that is trusted.

Source: RFC 3161 §2.4.1, §3.4.
"""

import hashlib
import http.client
import queue
import secrets
import threading
import urllib.error
import urllib.request
from typing import Final, NoReturn

from certs.asn1 import BOOLEAN, OBJECT_ID, OCTETS, SEQUENCE, integer, object_id, tlv
from certs.errors import TimeServiceError, TimestampError
from certs.text import Text
from certs.time_info import SHA256
from certs.time_service import Roots
from certs.timestamp import MOST_BYTES, open_response

PATIENCE_S: Final = 20.0
QUERY_TYPE: Final = "application/timestamp-query"
_NONCE_BITS: Final = 63
_OK: Final = 200
_HINT: Final = Text(
    zh="文件不受影响，以后会再要时间戳。一直这样，就检查网络和时间服务的设置。",
    en="Documents are not affected and will be stamped later. If it stays so, look at the network"
    " and at the time service's settings.",
)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Goes nowhere else: the address is the organisation's choice, not a stranger's."""

    def redirect_request(self, *_words: object, **_more: object) -> None:
        """Follow no redirection."""


def ask(url: str, data: bytes, roots: Roots, *, patience_s: float = PATIENCE_S) -> bytes:
    """Return a service's answer about some bytes, checked.

    Args:
        url: of the service, http or https; what comes back is signed either way.
        data: the bytes; only their digest is sent.
        roots: that the service must lead to.
        patience_s: after which it counts as not reached.

    Raises:
        TimeServiceError: it cannot be reached, refuses, or answers what does not fit.
    """
    if not url.startswith(("http://", "https://")):
        _fail("地址不是 http 或 https", "its address is not http or https")
    nonce = secrets.randbits(_NONCE_BITS)
    response = _within(patience_s, url, request_of(data, nonce))
    try:
        stamp = open_response(response, data, roots)
    except TimestampError as error:
        _fail(f"回答不能用：{error.message.zh}", f"its answer is no good: {error}", error)
    if stamp.nonce != nonce:
        _fail("回答的是另一个请求", "it answered another request")
    return response


def request_of(data: bytes, nonce: int) -> bytes:
    """Return a TimeStampReq that asks for the service's certificates, too."""
    algorithm = tlv(SEQUENCE, tlv(OBJECT_ID, object_id(SHA256)))
    imprint = tlv(SEQUENCE, algorithm, tlv(OCTETS, hashlib.sha256(data).digest()))
    return tlv(SEQUENCE, integer(1), imprint, integer(nonce), tlv(BOOLEAN, b"\xff"))


def _within(patience_s: float, url: str, request: bytes) -> bytes:
    """Post in a thread that may be left behind: no timeout of a socket bounds all that can hang."""
    answers: queue.SimpleQueue[bytes | TimeServiceError] = queue.SimpleQueue()

    def post() -> None:
        try:
            answers.put(_post(url, request, patience_s))
        except TimeServiceError as error:
            answers.put(error)

    threading.Thread(target=post, daemon=True).start()
    try:
        answer = answers.get(timeout=patience_s)
    except queue.Empty as error:
        _fail("没有回答", "it does not answer", error)
    if isinstance(answer, TimeServiceError):
        raise answer
    return answer


def _post(url: str, request: bytes, patience_s: float) -> bytes:
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        asked = urllib.request.Request(url, request, {"Content-Type": QUERY_TYPE})  # noqa: S310 - checked
        with opener.open(asked, timeout=patience_s) as answer:
            status, body = int(answer.status), bytes(answer.read(MOST_BYTES + 1))
    except urllib.error.HTTPError as error:
        with error:
            _fail(f"它不肯（HTTP {error.code}）", f"it refuses (HTTP {error.code})", error)
    except (OSError, ValueError, http.client.HTTPException) as error:
        _fail(f"连不上：{error}", f"it cannot be reached: {error}", error)
    if status != _OK or len(body) > MOST_BYTES:
        _fail(f"回答太大，或不是回答（HTTP {status}）", f"too large, or no answer (HTTP {status})")
    return body


def _fail(zh: str, en: str, cause: Exception | None = None) -> NoReturn:
    message = Text(zh=f"时间服务：{zh}。", en=f"The time service: {en}.")
    raise TimeServiceError(message, _HINT) from cause
