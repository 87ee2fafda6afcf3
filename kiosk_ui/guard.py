"""What a browser must show before anything is changed, and what every answer carries.

The page is reachable by every program on the station, and by every page that a browser on it has
open. So: our own host name (against rebinding), a same-origin request, and a token that only our
own pages hold.
"""

import secrets
from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wipe_station.phone_values import MOST_PHOTO_BYTES

MOST_FORM_BYTES: Final = 16 << 10
MOST_FIELDS: Final = 16
TOKEN_HEADER: Final = "x-token"
"""Where the token stands if the body is no form; a foreign page cannot send it unasked."""
_JPEG: Final = b"\xff\xd8\xff"
_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=()",
    "cache-control": "no-store",
}


class ForbiddenError(Exception):
    """A request that none of our pages sent."""


class Guard:
    """Refuses foreign hosts and origins, and puts the headers on every answer."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        """Wrap an application.

        Args:
            app: answers what passes.
            hosts: ``name:port`` under which the page may be called.
        """
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = self._app if self._allowed(scope) else PlainTextResponse("?", status_code=421)
        await answer(scope, receive, send_with_headers)

    def _allowed(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host not in self._hosts:
            return False
        if scope["method"] in ("GET", "HEAD"):
            return True
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        # A browser says at least one of the two; a program that says neither is no browser.
        return (
            origin in (None, f"http://{host}")
            and site in (None, "same-origin")
            and bool(origin or site)
        )


async def form_of(request: Request, token: str) -> dict[str, str]:
    """Read a form that one of our own pages sent.

    Raises:
        ForbiddenError: too large, malformed, or without our token.
    """
    body = await _body_of(request, MOST_FORM_BYTES)
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=MOST_FIELDS, strict_parsing=True)
    except ValueError as error:
        raise ForbiddenError from error
    form = {name: values[0] for name, values in fields.items()}
    if not _same(form.get("token", ""), token):
        raise ForbiddenError
    return form


async def photo_of(request: Request, token: str) -> bytes:
    """Read a photo that one of our own pages sent, its token in a header.

    Raises:
        ForbiddenError: too large, no JPEG, or without our token.
    """
    if not _same(request.headers.get(TOKEN_HEADER, ""), token):
        raise ForbiddenError
    body = await _body_of(request, MOST_PHOTO_BYTES)
    if request.headers.get("content-type") != "image/jpeg" or not body.startswith(_JPEG):
        raise ForbiddenError
    return bytes(body)


def _same(said: str, token: str) -> bool:
    return secrets.compare_digest(said.encode(), token.encode())


async def _body_of(request: Request, most_bytes: int) -> bytearray:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise ForbiddenError
    return body
