"""Who may ask the page, who may change something, and what every answer carries."""

import asyncio
import re
from collections.abc import Mapping
from importlib.resources import files
from urllib.parse import urlencode

import httpx
import pytest

from kiosk_ui.guard import MOST_FIELDS, MOST_FORM_BYTES, TOKEN_HEADER
from kiosk_ui.page import load_static
from kiosk_ui.shared import TOKEN
from kiosk_ui.tests.boards import JOB_ID, KEY, SHA256, ended_job, held, plan, problem
from kiosk_ui.tests.browser import HOST, ORIGIN, PATIENCE_S, Browser, FakeDaemon, Stream, living
from kiosk_ui.tests.phone_boards import (
    PHONE_JOB_ID,
    PORT,
    full_board,
    phone,
    phone_held,
    phone_job,
)
from wipe_station.phone_values import MOST_PHOTO_BYTES

SAME_ORIGIN = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
POSTS = {
    "/look": {"language": "en"},
    f"/devices/{KEY}/hold": {"plan_sha256": SHA256},
    f"/devices/{KEY}/wipe": {"confirmation": "n" * 43, "diskseq": "50", "plan_sha256": SHA256},
    "/resume-all": {},
    f"/jobs/{JOB_ID}/stop": {},
    f"/jobs/{JOB_ID}/resume": {},
    f"/jobs/{JOB_ID}/abandon": {},
    f"/jobs/{JOB_ID}/close": {},
    f"/phones/{PORT}/intake": {"visit": "7", "staff": "12", "show": "no-accounts"},
    f"/phones/{PORT}/consent": {"visit": "7", "staff": "12"},
    f"/phones/{PORT}/hold": {"visit": "7", "route": "guided"},
    f"/phones/{PORT}/erase": {"visit": "7", "confirmation": "n" * 43, "plan_sha256": SHA256},
    f"/phone-jobs/{PHONE_JOB_ID}/press": {},
    f"/phone-jobs/{PHONE_JOB_ID}/look": {},
    f"/phone-jobs/{PHONE_JOB_ID}/give-up": {},
    f"/phone-jobs/{PHONE_JOB_ID}/close": {},
}
PHOTO = f"/phone-jobs/{PHONE_JOB_ID}/photo"
JPEG = b"\xff\xd8\xff\xe0 a photo"
JPEG_HEADERS = SAME_ORIGIN | {"content-type": "image/jpeg", TOKEN_HEADER: TOKEN}
DOCUMENT = b"%PDF-1.7 a document"
PAGES = {
    "home": "/",
    "plan": f"/devices/{KEY}",
    "style": "/static/style.css",
    "script": "/static/hold.js",
    "library": "/static/vendor/htmx-4.0.1.min.js",
    "icon": "/static/icon.svg",
    "document": f"/jobs/{JOB_ID}/documents/certificate.pdf",
    "label": f"/jobs/{JOB_ID}/prints/label",
    "no print of ours": f"/jobs/{JOB_ID}/prints/poster",
    "phone": f"/phones/{PORT}",
    "phone away": "/phones/9-9",
    "phone's job": f"/phone-jobs/{PHONE_JOB_ID}",
    "phone's document": f"/phone-jobs/{PHONE_JOB_ID}/documents/certificate.pdf",
    "phone's label": f"/phone-jobs/{PHONE_JOB_ID}/prints/label",
    "picture": "/static/steps/unlock.svg",
    "no page": "/no-such-page",
    "no file": "/static/none.css",
    "no device's name": "/devices/NOT-A-KEY",
    "no port": "/phones/NOT-A-PORT",
    "no phone's job": "/phone-jobs/NOT-A-JOB",
    "no method": f"/jobs/{JOB_ID}/stop",
    "docs of the library": "/docs",
    "interface of the library": "/openapi.json",
}
GIVEN = {"home", "plan", "style", "script", "library", "icon", "document", "label", "picture"}
GIVEN |= {"phone", "phone away", "phone's job", "phone's document", "phone's label"}
"""What is there; the rest of the pages is not."""
SECURE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
CSP = {
    "default-src": {"'none'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "img-src": {"'self'"},
    "connect-src": {"'self'"},
    "form-action": {"'self'"},
    "frame-ancestors": {"'none'"},
    "base-uri": {"'none'"},
}
OUTSIDE = re.compile(r"(?:[a-z]+:)?//(?!www\.w3\.org/)[a-z0-9-]+\.[a-z]", re.IGNORECASE)
"""An address of some other machine; the names of XML's dialects are no addresses."""


@pytest.fixture
def daemon() -> FakeDaemon:
    """Return a daemon that answers every question."""
    made = FakeDaemon(full_board())
    made.answers = {
        "/prints/label": DOCUMENT,
        "/plans": plan(),
        "/confirmations": held(),
        "/jobs": ended_job(),
        "/close": b"",
        "certificate.pdf": DOCUMENT,
        **{f"/{what}": ended_job() for what in ("stop", "resume", "abandon")},
        **{f"/{what}": phone() for what in ("intake", "consent")},
        "/hold": phone_held(),
        **{f"/{what}": phone_job() for what in ("erase", "press", "look", "give-up", "photo")},
    }
    return made


@pytest.fixture
def browser(daemon: FakeDaemon) -> Browser:
    """Return a browser before that daemon's page."""
    return Browser(daemon)


def actions(daemon: FakeDaemon) -> list[str]:
    """Return what the daemon was asked to do; looking at the board does nothing."""
    return [path for method, path, _ in daemon.asked if method == "POST"]


def secured(answer: httpx.Response) -> None:
    """Demand the headers that every answer must carry, each once."""
    found = answer.headers.multi_items()
    for name, value in SECURE.items():
        assert [v for n, v in found if n == name] == [value], name
    policies = [value for name, value in found if name == "content-security-policy"]
    assert len(policies) == 1
    parts = [part.split() for part in policies[0].split(";")]
    assert {name: set(sources) for name, *sources in parts} == CSP
    assert "unsafe" not in policies[0]
    for feature in ("camera", "microphone", "geolocation", "usb", "serial", "hid"):
        assert f"{feature}=()" in answer.headers["permissions-policy"]
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "127.0.0.1", "127.0.0.1:81", f"{HOST}.evil", ""]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_guard__another_host__refused_unread(
    browser: Browser, daemon: FakeDaemon, method: str, host: str
) -> None:
    """A name that was bent to our address sees nothing and changes nothing."""
    form = urlencode({"token": TOKEN} | POSTS["/look"]).encode()
    answer = browser.ask(method, "/look", {"host": host, "origin": f"http://{host}"}, form)
    assert answer.status_code == 421
    assert answer.text == "?"
    secured(answer)
    assert not daemon.asked


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": f"https://{HOST}"},
        {"origin": "http://127.0.0.1:81"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        SAME_ORIGIN | {"origin": "http://evil.example"},
        SAME_ORIGIN | {"sec-fetch-site": "cross-site"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", POSTS)
def test_guard__foreign_or_silent_origin__refused_unread(
    browser: Browser, daemon: FakeDaemon, path: str, headers: Mapping[str, str]
) -> None:
    """A form of another page, or of a program that does not say whose it is, does nothing."""
    form = urlencode({"token": TOKEN} | POSTS[path]).encode()
    answer = browser.ask("POST", path, headers, form)
    assert answer.status_code == 421
    secured(answer)
    assert not daemon.asked


@pytest.mark.parametrize(
    "headers", [SAME_ORIGIN, {"origin": ORIGIN}, {"sec-fetch-site": "same-origin"}], ids=str
)
@pytest.mark.parametrize("path", POSTS)
def test_guard__our_own_form__passes(
    browser: Browser, daemon: FakeDaemon, path: str, headers: Mapping[str, str]
) -> None:
    """With our host, our origin and our token everything works, in browsers old and new."""
    form = urlencode({"token": TOKEN} | POSTS[path]).encode()
    answer = browser.ask("POST", path, headers, form)
    assert answer.status_code in (200, 303), answer.text
    secured(answer)
    assert len(actions(daemon)) == (path != "/look")


BAD_FORMS = {
    "none": b"",
    "no token": b"next=%2F",
    "empty token": b"token=",
    "wrong token": b"token=" + b"x" * len(TOKEN),
    "half a token": f"token={TOKEN[:-1]}".encode(),
    "longer token": f"token={TOKEN}x".encode(),
    "wrong token first": f"token=x&token={TOKEN}".encode(),
    "token under another name": f"Token={TOKEN}".encode(),
    "as JSON": b'{"token":"' + TOKEN.encode() + b'"}',
    "no UTF-8": b"token=%ff%fe",
    "not ASCII": "token=令牌".encode(),
    "NUL": b"token=\x00",
    "no pair": f"token={TOKEN}&alone".encode(),
    "too many fields": b"&".join([f"token={TOKEN}".encode(), *[b"a=1"] * MOST_FIELDS]),
    "too long": f"token={TOKEN}&a=".encode() + b"x" * MOST_FORM_BYTES,
}


@pytest.mark.parametrize("content", BAD_FORMS.values(), ids=BAD_FORMS.keys())
@pytest.mark.parametrize("path", POSTS)
def test_form__token_missing_wrong_or_hidden__refused(
    browser: Browser, daemon: FakeDaemon, path: str, content: bytes
) -> None:
    """Without the token that only our own pages hold nothing is done, and the page says so."""
    answer = browser.ask("POST", path, SAME_ORIGIN, content)
    assert answer.status_code == 403
    assert "这个页面太旧了，什么也没有做。" in answer.text
    assert "重新打开页面，再试一次。" in answer.text
    assert "set-cookie" not in answer.headers
    secured(answer)
    assert not actions(daemon)


def test_form__at_the_limits__read(browser: Browser) -> None:
    """A form of just as many fields and bytes as are allowed still passes."""
    few = [f"token={TOKEN}", *["a=1"] * (MOST_FIELDS - 1)]
    start = f"token={TOKEN}&a=".encode()
    for content in ("&".join(few).encode(), start + b"x" * (MOST_FORM_BYTES - len(start))):
        assert browser.ask("POST", "/look", SAME_ORIGIN, content).status_code == 303


def test_photo__from_our_own_page__handed_on_byte_for_byte(
    browser: Browser, daemon: FakeDaemon
) -> None:
    """A photo of just as many bytes as are allowed reaches the daemon as it was sent."""
    for jpeg in (JPEG, JPEG.ljust(MOST_PHOTO_BYTES, b"x")):
        answer = browser.ask("POST", PHOTO, JPEG_HEADERS, jpeg)
        assert answer.status_code == 200
        secured(answer)
        assert daemon.asked[-1] == ("POST", f"/v1{PHOTO}", jpeg)


BAD_PHOTOS = {
    "no token": (JPEG_HEADERS | {TOKEN_HEADER: ""}, JPEG),
    "wrong token": (JPEG_HEADERS | {TOKEN_HEADER: TOKEN[:-1]}, JPEG),
    "token as a form": (SAME_ORIGIN, f"token={TOKEN}".encode()),
    "another type": (JPEG_HEADERS | {"content-type": "image/png"}, JPEG),
    "nothing": (JPEG_HEADERS, b""),
    "no JPEG": (JPEG_HEADERS, b"\x89PNG" + JPEG),
    "too long": (JPEG_HEADERS, JPEG.ljust(MOST_PHOTO_BYTES + 1, b"x")),
}


@pytest.mark.parametrize(("headers", "content"), BAD_PHOTOS.values(), ids=BAD_PHOTOS)
def test_photo__not_ours_or_none__refused(
    browser: Browser, daemon: FakeDaemon, headers: Mapping[str, str], content: bytes
) -> None:
    """Without the token, or where it is no photo, nothing reaches the daemon."""
    answer = browser.ask("POST", PHOTO, headers, content)
    assert answer.status_code == 403
    secured(answer)
    assert not actions(daemon)


@pytest.mark.parametrize("origin", [{}, {"origin": "http://evil.example"}], ids=str)
def test_photo__foreign_or_silent_origin__refused_unread(
    browser: Browser, daemon: FakeDaemon, origin: Mapping[str, str]
) -> None:
    """Even with our token a photo comes from our own page or from nowhere."""
    headers = {"content-type": "image/jpeg", TOKEN_HEADER: TOKEN, **origin}
    assert browser.ask("POST", PHOTO, headers, JPEG).status_code == 421
    assert not daemon.asked


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "DELETE"])
def test_answer__whatever_was_asked__carries_every_header(
    browser: Browser, method: str, path: str
) -> None:
    """Pages, files, documents, missing things and wrong methods all carry the same headers."""
    secured(browser.ask(method, path, SAME_ORIGIN))


def test_answer__every_kind_of_page__the_status_that_it_should_have(browser: Browser) -> None:
    """What the headers were looked for on is what its name says, and no page tells of others."""
    found = {name: browser.get(path).status_code for name, path in PAGES.items()}
    assert found == dict.fromkeys(PAGES, 404) | {
        **dict.fromkeys(GIVEN, 200),
        **dict.fromkeys(("no device's name", "no port", "no phone's job"), 422),
        "no print of ours": 422,
        "no method": 405,
    }


def test_answer__the_daemon_refuses_or_is_away__carries_every_header(
    browser: Browser, daemon: FakeDaemon
) -> None:
    """An error page is a page of ours like any other."""
    daemon.problem = (problem(), 409)
    refused = browser.get(PAGES["plan"])
    daemon.show(None)
    away = browser.get(PAGES["plan"])
    assert (refused.status_code, away.status_code) == (409, 503)
    secured(refused)
    secured(away)


def test_answer__a_fault_of_ours__carries_every_header(
    browser: Browser, daemon: FakeDaemon
) -> None:
    """Even where the program itself breaks, its answer is guarded and tells nothing."""
    daemon.answers = {}
    broken = browser.get(PAGES["plan"])
    assert broken.status_code == 500
    assert "Traceback" not in broken.text
    assert "StopIteration" not in broken.text
    secured(broken)


@pytest.mark.parametrize("path", ["/live", f"/phones/{PORT}/live", f"/phone-jobs/{JOB_ID}/live"])
def test_answer__event_stream__carries_every_header(browser: Browser, path: str) -> None:
    """The stream of news is guarded, too; its own word on caching stands."""

    async def headers() -> httpx.Headers:
        async with living(browser.app), Stream(browser.app, path, "zh") as stream:
            return httpx.Headers(stream.headers)

    found = asyncio.run(asyncio.wait_for(headers(), PATIENCE_S))
    assert found["content-type"].startswith("text/event-stream")
    assert found["cache-control"] in ("no-cache", "no-store")
    found["cache-control"] = "no-store"
    secured(httpx.Response(200, headers=found))


@pytest.mark.parametrize("name", PAGES)
def test_answer__every_kind__names_no_machine_but_this(browser: Browser, name: str) -> None:
    """A shop's station has no network: nothing is loaded, linked or sent elsewhere."""
    for language in ("zh", "en"):
        answer = browser.get(PAGES[name], language=language)
        assert not OUTSIDE.search(answer.text)
        assert not OUTSIDE.search(answer.headers.get("location", ""))


def test_static__every_file_in_the_folder__served_with_its_type(browser: Browser) -> None:
    """What pages load is there, byte for byte, as the kind that a strict browser demands."""
    kinds = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    names = load_static()
    assert {"style.css", "hold.js", "icon.svg", "vendor/LICENSE.htmx"} <= names.keys()
    for name in names:
        answer = browser.get(f"/static/{name}")
        assert answer.status_code == 200
        assert answer.content == (files("kiosk_ui") / "static" / name).read_bytes()
        kind = kinds.get(name.rpartition(".")[2], "text/plain")
        assert answer.headers["content-type"].partition(";")[0] == kind


@pytest.mark.parametrize(
    "name",
    [
        "",
        "vendor",
        "vendor/",
        "../app.py",
        "%2e%2e/app.py",
        "%2e%2e%2fapp.py",
        "..%2fapp.py",
        "..%5capp.py",
        "vendor/%2e%2e/style.css",
        "vendor/..%2f..%2fapp.py",
        "%2fetc%2fpasswd",
        "//etc/passwd",
        "style.css%00",
        "style.css/",
        "STYLE.CSS",
        "./style.css%2f.",
    ],
)
def test_static__any_other_name__not_found(browser: Browser, name: str) -> None:
    """No name leads out of the folder, up, or to a file by a second name."""
    raw = f"/static/{name}"
    for path in (raw, raw.replace("/", "%2f")):
        answer = browser.ask("GET", path)
        assert answer.status_code == 404
        assert b"import" not in answer.content
        secured(answer)
