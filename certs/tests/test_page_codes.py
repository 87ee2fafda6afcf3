"""Codes in the page, in a real browser: it must say what `certs.qr` says, and no code is green."""

import base64
import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from certs.canonical import decode, encode
from certs.errors import QrError, QrLayer
from certs.formats.fields import parse_time
from certs.qr import check_qr, compare_qr, parse_qr, signed_qr
from certs.qr_claims import claims_of
from certs.report import both
from certs.tests.browser import CHROMIUM, browser
from certs.tests.make_qr_vectors import named_statement
from certs.tests.page_samples import CODE_PATHS, GIVE_CODE, code_case_of
from certs.tests.samples import (
    PRODUCTION_CHAIN,
    PRODUCTION_SIGNER,
    ROOT,
    Statement,
    notice_statement,
    signed_files,
)
from certs.tests.test_page_verifier import PAGE

pytestmark = pytest.mark.skipif(  # in CI what is missing fails
    "CI" not in os.environ and not CHROMIUM.exists(), reason="needs Debian's chromium"
)
VECTORS: Final[dict[str, dict[str, Any]]] = {
    path.stem: json.loads(path.read_text("utf-8")) for path in CODE_PATHS
}
CHECK: Final = f"async (asked) => window.checkCode(...(await ({GIVE_CODE})(asked)))"
LONGEST_MS: Final = 30_000
CAMERA: Final = """(text) => {
  window.BarcodeDetector = class {
    static getSupportedFormats() { return Promise.resolve(["qr_code"]); }
    detect(video) {
      return Promise.resolve(video.readyState >= 2 ? [{ rawValue: text }] : []);
    }
  };
  window.tracks = [];
  const canvas = document.createElement("canvas");
  canvas.getContext("2d").fillRect(0, 0, 9, 9);
  navigator.mediaDevices.getUserMedia = () => {
    const stream = canvas.captureStream(30);
    setInterval(() => canvas.getContext("2d").fillRect(0, 0, 9, 9), 20);
    window.tracks.push(...stream.getTracks());
    return Promise.resolve(stream);
  };
}"""
"""A camera that sees one code, in a browser that has none."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start the browser."""
    with browser() as started:
        yield started


@contextlib.contextmanager
def _opened(chromium: Browser) -> Iterator[Page]:
    faults: list[str] = []
    context = chromium.new_context(locale="en-GB", viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.set_default_timeout(LONGEST_MS)
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: faults.append(request.url))
    page.goto(PAGE.as_uri())
    yield page
    context.close()
    assert faults == [PAGE.as_uri()]


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """Open the page once for all vectors."""
    with _opened(chromium) as opened:
        yield opened


def _error_of(vector: dict[str, Any]) -> QrError | None:
    try:
        qr = parse_qr(vector["text"])
        root = base64.b64decode(vector["root"]) if vector["with_root"] else None
        now = parse_time(vector["verified_at"])
        allowed = vector["allow_practice"]
        chain_pem = base64.b64decode(vector["chain"])
        check_qr(qr, chain_pem, root_pem=root, allow_practice=allowed, now=now)
        if vector["with_document"]:
            document = base64.b64decode(vector["document"])
            compare_qr(qr.claims, decode(document), document)
    except QrError as error:
        return error
    return None


@pytest.mark.parametrize("name", VECTORS)
def test_qr_vector__in_the_page__as_it_says(page: Page, name: str) -> None:
    """Each code is accepted with its claims and worth, or refused at exactly its layer."""
    vector = VECTORS[name]
    found = page.evaluate(CHECK, code_case_of(vector))
    expected = (vector["expect"] == "accept", vector["layer"], vector["status"], vector["claims"])
    assert (found["accepted"], found["layer"], found["status"], found["claims"]) == expected
    error = _error_of(vector)
    if error is not None and error.layer is not QrLayer.PRACTICE:
        assert (found["message"], found["hint"]) == (both(error.message), both(error.hint))


@pytest.mark.parametrize("text", ["", "wipe-cert:", "1", "wipe-cert:1\n", "x" * 5000, "\u202e"])
def test_code__no_code_at_all__refused_at_text(page: Page, text: str) -> None:
    """Whatever is typed is refused by the declared step, and throws nothing."""
    case = code_case_of(VECTORS["accept_certificate"] | {"text": text})
    assert page.evaluate(CHECK, case)["layer"] == QrLayer.TEXT.value


class Desk:
    """A recycler with a scanner, a code and perhaps its document."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page = page
        self.folder = folder

    def choose(self, place: str, **files: bytes) -> None:
        """Choose files at a place of the page."""
        paths = []
        for name, data in files.items():
            paths.append(self.folder / name)
            paths[-1].write_bytes(data)
        self.page.locator(place).set_input_files(paths)

    def trust(self) -> None:
        """Choose the root that was learned elsewhere."""
        self.choose("#root-file", **{"root.pem": ROOT.pem})
        self.page.locator("input[name=learned][value=otherwise]").check()

    def scan(self, text: str) -> None:
        """Type as a scanner does: all of it, then Enter."""
        self.page.locator("#code-text").focus()
        self.page.keyboard.insert_text(text)
        self.page.keyboard.press("Enter")

    def says(self, text: str) -> None:
        """Wait until what is said of the code has a text in it."""
        expect(self.page.locator("#code-shown")).to_contain_text(text, timeout=LONGEST_MS)

    def turns(self, colour: str) -> None:
        """Wait until the code's headline has a colour: note or bad."""
        line = self.page.locator("#code-shown .headline")
        expect(line).to_have_class(f"headline {colour}", timeout=LONGEST_MS)


@pytest.fixture
def desk(chromium: Browser, tmp_path: Path) -> Iterator[Desk]:
    """Open the page in English; it may ask for itself only, and not fail."""
    with _opened(chromium) as opened:
        yield Desk(opened, tmp_path)


STATION: Final = {"station.pem": PRODUCTION_CHAIN}


def _code(statement: Statement) -> str:
    return signed_qr(claims_of(statement, encode(statement)), PRODUCTION_SIGNER.sign)


GOOD: Final = named_statement()
FILES: Final = signed_files(GOOD, PRODUCTION_SIGNER)


def test_scan__alone_under_a_known_root__signed_and_not_green(desk: Desk) -> None:
    """A genuine code alone says compare, and has not the colour of a verdict."""
    desk.trust()
    desk.choose("#code-station", **STATION)
    desk.scan(_code(GOOD))
    desk.says("Compare with the device in your hand: model WDC")
    desk.says("A code alone proves no more")
    desk.turns("note")
    assert desk.page.locator("#code-text").input_value() == "", "the next scan begins afresh"


def test_scan__with_its_document__compared_field_by_field(desk: Desk) -> None:
    """Document and code together: the document is green, the code says the same."""
    desk.trust()
    desk.scan(_code(GOOD))
    desk.says("choose the document first")
    desk.choose("#files-input", **FILES)
    desk.says("The code says what the document says, field by field.")
    desk.turns("note")
    expect(desk.page.locator("#verdict .headline")).to_have_class("headline good")


def test_scan__of_another_document__refused_at_the_document(desk: Desk) -> None:
    """A good code beside a good document of another device is refused, and says where."""
    other = named_statement() | {"id": "20261123T172205Z-00000000"}
    desk.trust()
    desk.choose("#files-input", **FILES)
    desk.scan(_code(other))
    desk.says("differs from the document (document_id)")
    desk.turns("bad")


AT_REST: Final = """async () => {
  for (let frame = 0; frame < 30; frame += 1) {
    await new Promise(requestAnimationFrame);
  }
  return document.activeElement.id;
}"""
"""Returns where the keyboard is once the page has drawn all that it was about to."""


@pytest.mark.parametrize(("typing", "place"), [(True, "code-text"), (False, "result")])
def test_verdict__arrives__takes_no_keyboard_from_who_types(
    desk: Desk, *, typing: bool, place: str
) -> None:
    """The verdict is where to look next, but a scan that came before it is not cut in two."""
    desk.trust()
    if typing:
        desk.page.locator("#code-text").focus()
    desk.choose("#files-input", **FILES)
    expect(desk.page.locator("#verdict .headline")).not_to_be_empty(timeout=LONGEST_MS)
    assert desk.page.evaluate(AT_REST) == place


def test_scan__document_refused__code_is_not_compared(desk: Desk) -> None:
    """Beside a document that is not as it was signed, no code is worth anything."""
    files = FILES | {"certificate.json": FILES["certificate.json"].replace(b"WDC", b"WDX", 1)}
    desk.trust()
    desk.choose("#files-input", **files)
    desk.scan(_code(GOOD))
    desk.says("This code proves nothing.")
    desk.turns("bad")


def test_scan__notice__not_erased_in_red(desk: Desk) -> None:
    """A genuine code of a failure says that the device is not erased."""
    desk.trust()
    desk.choose("#code-station", **STATION)
    desk.scan(_code(named_statement(notice_statement(PRODUCTION_SIGNER))))
    desk.says("Not erased")
    desk.turns("bad")


def test_scan__nothing_to_hold_it_against__said(desk: Desk) -> None:
    """Without document and certificates the page asks for one of them, and says nothing else."""
    desk.scan(_code(GOOD))
    desk.says("choose the document first, or station.pem")
    desk.choose("#code-station", **{"station.pem": b"x" * 20_000})
    desk.says("too large")
    assert desk.page.locator("#code-shown .headline").count() == 0


def test_root_taken_away__code_stands_no_longer(desk: Desk) -> None:
    """What is said of a code follows whom the person trusts now."""
    desk.trust()
    desk.choose("#code-station", **STATION)
    desk.scan(_code(GOOD))
    desk.says("A code alone proves no more")
    desk.page.locator("input[name=learned][value=unknown]").check()
    desk.says("Signer unknown")


def test_camera__browser_without_a_reader__says_so_and_the_field_stays(desk: Desk) -> None:
    """Where no camera can be used the page says it plainly; typing goes on working."""
    desk.page.get_by_role("button", name="Use the camera").click()
    expect(desk.page.locator("#code-camera")).to_contain_text("cannot read codes with a camera")
    desk.choose("#code-station", **STATION)
    desk.scan(_code(GOOD))
    desk.says("Compare with the device")


def test_camera__not_allowed__says_so(desk: Desk) -> None:
    """A person who does not allow the camera is told what else she can do."""
    desk.page.evaluate(CAMERA, "x")
    refused = "() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error()); }"
    desk.page.evaluate(refused)
    desk.page.get_by_role("button", name="Use the camera").click()
    expect(desk.page.locator("#code-camera")).to_contain_text("cannot be opened")


def test_camera__sees_the_code__checked_and_switched_off(desk: Desk) -> None:
    """The camera reads one code and is then off; the page's policy let it work."""
    desk.trust()
    desk.choose("#code-station", **STATION)
    desk.page.evaluate(CAMERA, _code(GOOD))
    desk.page.get_by_role("button", name="Use the camera").click()
    desk.says("A code alone proves no more")
    expect(desk.page.locator("#code-camera video")).to_be_hidden()
    assert desk.page.evaluate("window.tracks.map((each) => each.readyState)") == ["ended"]
