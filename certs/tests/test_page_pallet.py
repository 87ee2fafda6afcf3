"""Pallet mode of the page, in a real browser: the answers are those of the program."""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.sync_api import Browser, Page, expect

from certs.canonical import encode
from certs.cli import main
from certs.formats.head_v1 import Reference
from certs.formats.pallet_manifest_v1 import Item, manifest
from certs.layout import DocumentType, unzipped, zipped
from certs.qr import signed_qr
from certs.qr_claims import claims_of
from certs.short_code import grouped, short_code
from certs.tests.browser import CHROMIUM, browser
from certs.tests.document_samples import SALT, correction_statement, head_of
from certs.tests.samples import (
    PRACTICE_SIGNER,
    PRODUCTION_CHAIN,
    PRODUCTION_SIGNER,
    ROOT,
    SampleSigner,
    Statement,
    certificate_statement,
    notice_statement,
    signed_files,
)
from certs.tests.test_page_verifier import PAGE
from certs.tests.test_pallet_vectors import VECTORS

pytestmark = pytest.mark.skipif(  # in CI what is missing fails
    "CI" not in os.environ and not CHROMIUM.exists(), reason="needs Debian's chromium"
)
LONGEST_MS: Final = 60_000
SCAN: Final = "([listed, events]) => window.scanPallet('P-7', {}, listed, events)"
MANY: Final = 400
MOST_S: Final = 20.0
"""For so many documents on a machine that others use too; alone it takes a few seconds."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start the browser."""
    with browser() as started:
        yield started


@contextlib.contextmanager
def _opened(chromium: Browser, locale: str = "en-GB") -> Iterator[Page]:
    faults: list[str] = []
    context = chromium.new_context(locale=locale, viewport={"width": 420, "height": 800})
    page = context.new_page()
    page.set_default_timeout(LONGEST_MS)
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: faults.append(request.url.partition(":")[0]))
    page.goto(PAGE.as_uri())
    yield page
    context.close()
    assert set(faults) <= {"file", "blob"}, faults


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """Open the page once for all vectors."""
    with _opened(chromium) as opened:
        yield opened


@pytest.mark.parametrize("name", VECTORS)
def test_pallet_vector__in_the_page__as_it_says(page: Page, name: str) -> None:
    """The page answers each label as the program does, and fills the same lists."""
    vector = VECTORS[name]
    found = page.evaluate(SCAN, [vector["listed"], vector["events"]])
    expected = {name: vector[name] for name in ("answers", "found", "whole")}
    assert found == expected


class Yard:
    """A recycler's screen, and a pallet that a seller sent."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page = page
        self.folder = folder
        self.documents: list[tuple[str, bytes]] = []
        self.items: list[Item] = []

    def pack(self, statement: Statement, *, listed: bool = True) -> bytes:
        """Sign a document, pack it, and list it; return its bytes."""
        files = signed_files(statement, PRODUCTION_SIGNER)
        kind = DocumentType(statement["type"])
        document = files[kind.document_name]
        if listed:
            digest = claims_of(statement, document).document_sha256
            about = Reference(document=statement["id"], document_sha256=digest, document_type=kind)
            self.items.append(Item(about=about, ticket=f"T-{len(self.items)}"))
        self.documents.append((f"{statement['id']}.zip", zipped(statement["id"], files)))
        return document

    def erased(self, number: int) -> str:
        """Add an erased device; return its short code."""
        return short_code(self.pack(_erased(number)))

    def manifest(self) -> tuple[str, bytes]:
        """Return the manifest, packed."""
        head = head_of(DocumentType.PALLET_MANIFEST, PRODUCTION_SIGNER)
        statement = manifest(head, SALT, "P-7", self.items)
        files = signed_files(statement, PRODUCTION_SIGNER)
        return "manifest.zip", zipped(statement["id"], files)

    def choose(self, place: str, files: list[tuple[str, bytes]]) -> None:
        """Choose files at a place of the page."""
        paths = []
        for name, data in files:
            paths.append(self.folder / name)
            paths[-1].write_bytes(data)
        self.page.locator(place).set_input_files(paths)

    def trust(self) -> None:
        """Choose the root that was learned elsewhere."""
        self.choose("#root-file", [("root.pem", ROOT.pem)])
        self.page.locator("input[name=learned][value=otherwise]").check()

    def load(self) -> None:
        """Choose the manifest and all documents, and wait until the first label is wanted."""
        self.choose("#pallet-files", [*self.documents, self.manifest()])
        expect(self.page.locator("#pallet-work")).to_be_visible(timeout=LONGEST_MS)

    def scan(self, text: str) -> None:
        """Type as a scanner does."""
        self.page.locator("#pallet-text").fill(text)
        self.page.locator("#pallet-text").press("Enter")

    def answers(self, colour: str, *texts: str) -> None:
        """Wait until the large answer has a colour, and says some texts."""
        place = self.page.locator("#pallet-answer")
        expect(place).to_have_class(f"answer {colour}")
        for text in texts:
            expect(place).to_contain_text(text)

    def whole(self, text: str, colour: str) -> None:
        """Wait until the summary says a text in a colour."""
        place = self.page.locator("#pallet-whole")
        expect(place).to_have_text(text)
        expect(place).to_have_class(f"headline {colour}")

    def counts(self, *texts: str) -> None:
        """Wait until the lists have these lengths."""
        for text in texts:
            expect(self.page.locator("#pallet-counts")).to_contain_text(text)


def _erased(number: int) -> Statement:
    made = certificate_statement(PRODUCTION_SIGNER)
    return made | {"id": f"20261123T172205Z-{number:08x}"}


@pytest.fixture
def yard(chromium: Browser, tmp_path: Path) -> Iterator[Yard]:
    """Open the page in English; it may ask for itself only, and not fail."""
    with _opened(chromium) as opened:
        yield Yard(opened, tmp_path)


def test_pallet__every_label_scanned__all_of_it_matched(yard: Yard) -> None:
    """Colour, words and symbol for each label; at the end one sentence."""
    codes = [yard.erased(number) for number in range(3)]
    yard.trust()
    yard.load()
    expect(yard.page.locator("#pallet-shown")).to_contain_text("of 3 a certificate of erasure")
    expect(yard.page.locator("#pallet-shown")).not_to_contain_text("Checking")
    yard.whole("Not all of it matched yet.", "note")
    for at, code in enumerate(codes):
        yard.scan(grouped(code).lower())
        yard.answers("good", "✓ MATCHED", grouped(code), f"T-{at}", "Compare with the device")
        assert yard.page.locator("#pallet-text").input_value() == ""
    yard.whole("All of it matched.", "good")
    yard.counts("Matched: 3", "Missing: 0")


def test_pallet__other_labels__each_in_its_colour_and_taken_back(yard: Yard) -> None:
    """A stranger, a second scan, a misread label, a device that was never erased; undo."""
    codes = [yard.erased(number) for number in range(2)]
    failed = notice_statement(PRODUCTION_SIGNER)
    unfit = short_code(yard.pack(failed))
    yard.trust()
    yard.load()
    for text, colour, said in (
        (codes[0], "good", "✓ MATCHED"),
        (codes[0], "note", "! DUPLICATE"),
        (short_code(b"stranger"), "bad", "✗ UNEXPECTED"),
        (codes[1][:-1], "note", "? NOT READ"),
        (unfit, "bad", "✗ NOT ERASED"),
    ):
        yard.scan(text)
        yard.answers(colour, said)
    yard.counts("Matched: 1", "Missing: 1", "Not erased: 1", "Unexpected: 1", "Duplicate: 1")
    for said in ("? NOT READ", "✗ UNEXPECTED", "! DUPLICATE", "✓ MATCHED"):
        yard.page.locator("#pallet-undo").click()
        expect(yard.page.locator("#pallet-answer")).to_contain_text(said)
    yard.counts("Unexpected: 0", "Duplicate: 0", "Not erased: 0")
    assert yard.page.locator("#pallet-scans li").count() == 1


def test_pallet__signed_code_of_a_strip__names_its_document(yard: Yard) -> None:
    """The strip's code is scanned like the label's."""
    statement = _erased(0)
    yard.pack(statement)
    yard.trust()
    yard.load()
    yard.scan(signed_qr(claims_of(statement, encode(statement)), PRODUCTION_SIGNER.sign))
    yard.answers("good", "✓ MATCHED")


def test_pallet__documents_altered_missing_corrected__not_erased(yard: Yard) -> None:
    """A label is worth what its document is; what was refused is named with its layer."""
    altered, missing, corrected = (yard.erased(number) for number in range(3))
    name, data = yard.documents[0]
    yard.documents[0] = (name, data.replace(b'"outcome":"verified"', b'"outcome":"Verified"'))
    about = yard.items[2].about
    yard.pack(correction_statement(PRODUCTION_SIGNER, about), listed=False)
    del yard.documents[1]
    yard.trust()
    yard.load()
    expect(yard.page.locator("#pallet-shown")).to_contain_text(f"✗ {name} (bundle)")
    for code, why in ((altered, "not here"), (missing, "not here"), (corrected, "corrected")):
        yard.scan(code)
        yard.answers("bad", "✗ NOT ERASED", why)


def test_pallet__no_root__nothing_counts_until_there_is_one(yard: Yard) -> None:
    """Without a root learned elsewhere nothing is green; with it, all of it is answered anew."""
    code = yard.erased(0)
    yard.load()
    expect(yard.page.locator("#pallet-shown")).to_contain_text("nothing counts as erased")
    yard.scan(code)
    yard.answers("bad", "✗ NOT ERASED")
    yard.trust()
    yard.answers("good", "✓ MATCHED")
    yard.whole("All of it matched.", "good")
    yard.page.locator("input[name=learned][value=unknown]").check()
    yard.answers("bad", "✗ NOT ERASED")


@pytest.mark.parametrize(("count", "said"), [(0, "no pallet manifest"), (2, "several manifests")])
def test_pallet__no_or_two_manifests__said(yard: Yard, count: int, said: str) -> None:
    """One pallet at a time, and none without its list."""
    yard.erased(0)
    yard.trust()
    name, data = yard.manifest()
    yard.choose("#pallet-files", [*yard.documents, *((f"{at}{name}", data) for at in range(count))])
    expect(yard.page.locator("#pallet-shown")).to_contain_text(said)
    expect(yard.page.locator("#pallet-work")).to_be_hidden()


def test_pallet__manifest_as_loose_files__taken(yard: Yard) -> None:
    """The manifest may come unpacked."""
    code = yard.erased(0)
    yard.trust()
    files = unzipped(yard.manifest()[1]).files()
    yard.choose("#pallet-files", [*yard.documents, *files.items()])
    yard.scan(code)
    yard.answers("good", "✓ MATCHED")


def _key_pem(signer: SampleSigner = PRODUCTION_SIGNER) -> bytes:
    key = signer.authority.key
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_receipt__signed_in_the_page__the_program_takes_it(
    yard: Yard, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page's receipt is a document like any other: `wipe-cert verify` accepts it."""
    codes = [yard.erased(number) for number in range(3)]
    yard.trust()
    yard.load()
    yard.scan(codes[0])
    yard.scan(short_code(b"stranger"))
    yard.page.locator("#pallet-signed").click()
    expect(yard.page.locator("#pallet-receipt-said")).to_contain_text("staff number")
    yard.page.locator("#pallet-staff").fill("1010")
    yard.page.locator("#pallet-signed").click()
    expect(yard.page.locator("#pallet-receipt-said")).to_contain_text("choose the key")
    yard.choose("#pallet-key", [("key.pem", _key_pem())])
    yard.choose("#pallet-chain", [("station.pem", PRODUCTION_CHAIN)])
    expect(yard.page.locator("#pallet-key-said")).to_contain_text("The key was taken.")
    with yard.page.expect_download() as download:
        yard.page.locator("#pallet-signed").click()
    path = yard.folder / download.value.suggested_filename
    download.value.save_as(path)
    expect(yard.page.locator("#pallet-receipt-said")).to_have_text("Signed and saved.")
    assert main(["verify", str(path), "--root", str(yard.folder / "root.pem"), "--json"]) == 5
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert said["status"] == "genuine"
    statement = said["statement"]
    assert (statement["matched"], statement["missing"]) == ([codes[0]], codes[1:])
    assert statement["unexpected"] == [short_code(b"stranger")]
    assert statement["counts"]["listed"] == 3
    assert statement["manifest"]["type"] == DocumentType.PALLET_MANIFEST.value


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no key that can be"),
        (b"nothing", "no key that can be"),
        (PRACTICE_SIGNER, "does not belong"),
    ],
    ids=["damaged", "none", "another's"],
)
def test_receipt__key_that_does_not_fit__nothing_given(yard: Yard, key: Any, said: str) -> None:
    """A key that is none, or another's, signs nothing, and the page says why."""
    yard.erased(0)
    yard.trust()
    yard.load()
    if not isinstance(key, bytes):
        key = _key_pem(key)
    yard.page.locator("#pallet-staff").fill("1010")
    yard.choose("#pallet-key", [("key.pem", key)])
    yard.choose("#pallet-chain", [("station.pem", PRODUCTION_CHAIN)])
    yard.page.locator("#pallet-signed").click()
    expect(yard.page.locator("#pallet-receipt-said")).to_contain_text(said)


def test_receipt__unsigned__plain_json_that_says_so(yard: Yard) -> None:
    """Without a key there is a list to keep; nobody can take it for a signed one."""
    code = yard.erased(0)
    yard.trust()
    yard.load()
    yard.scan(code)
    yard.page.locator("#pallet-staff").fill("1010")
    with yard.page.expect_download() as download:
        yard.page.locator("#pallet-unsigned").click()
    path = yard.folder / "unsigned.json"
    download.value.save_as(path)
    said = json.loads(path.read_text("utf-8"))
    assert said["unsigned"] == "pallet-receipt"
    assert (said["matched"], said["pallet"], said["staff"]) == ([code], "P-7", "1010")
    expect(yard.page.locator("#pallet-receipt-said")).to_contain_text("anybody could change it")


def test_pallet__four_hundred_documents__loaded_in_seconds(yard: Yard) -> None:
    """A whole pallet is verified before anybody gets impatient; each scan is answered at once."""
    codes = [yard.erased(number) for number in range(MANY)]
    yard.trust()
    began = time.monotonic()
    yard.load()
    took_s = time.monotonic() - began
    assert took_s < MOST_S
    yard.scan(codes[-1])
    yard.answers("good", "✓ MATCHED")
    yard.counts(f"Missing: {MANY - 1}")
