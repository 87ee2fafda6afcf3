"""The page as a recycler uses it: files, folder, zip, a root, a finger or a keyboard.

Long because it is a list: one short test for each thing that a person does.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from certs.layout import zipped
from certs.revocation import LIST_NAME, SIGNATURE_NAME, Revoked
from certs.tests.browser import CHROMIUM, browser
from certs.tests.document_samples import receipt_statement
from certs.tests.log_samples import about, logged_statement, proof_of
from certs.tests.phone_samples import PHONES
from certs.tests.revocation_samples import entry, listing, other_entry
from certs.tests.samples import (
    PRACTICE_ROOT,
    PRODUCTION_SIGNER,
    ROOT,
    Statement,
    certificate_statement,
    notice_statement,
    signed_files,
)
from certs.tests.test_page_verifier import PAGE
from certs.tests.together_vectors import CERTIFICATE, CORRECTED, VOID

pytestmark = pytest.mark.skipif(  # in CI what is missing fails
    "CI" not in os.environ and not CHROMIUM.exists(), reason="needs Debian's chromium"
)
LONGEST_MS: Final = 30_000
WITHOUT_ED25519: Final = """
const importKey = crypto.subtle.importKey.bind(crypto.subtle);
crypto.subtle.importKey = (format, key, algorithm, ...more) =>
  algorithm.name === "Ed25519"
    ? Promise.reject(new DOMException("no such algorithm", "NotSupportedError"))
    : importKey(format, key, algorithm, ...more);
"""
WITHOUT_CRYPTO: Final = """
Object.defineProperty(Crypto.prototype, "subtle", { get: () => undefined });
"""


class Desk:
    """A recycler's screen, and a folder with what she was given."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page = page
        self.folder = folder

    def choose_root(self, pem: bytes = ROOT.pem, learned: str | None = "otherwise") -> None:
        """Choose a root, and say how it was learned, or leave that open."""
        self.page.locator("#root-file").set_input_files(self._file("root.pem", pem))
        expect(self.page.locator("#learned")).to_be_visible()
        if learned is not None:
            self.page.locator(f"input[name=learned][value={learned}]").check()

    def choose(self, files: dict[str, bytes]) -> None:
        """Choose the files of a bundle."""
        paths = [self._file(name, data) for name, data in files.items()]
        self.page.locator("#files-input").set_input_files(paths)

    def choose_list(self, files: dict[str, bytes]) -> None:
        """Choose a list of revoked keys, or what is none."""
        paths = [self._file(name, data) for name, data in files.items()]
        self.page.locator("#list-files").set_input_files(paths)

    def _file(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return path

    def says(self, text: str) -> None:
        """Wait until the result says a text."""
        expect(self.page.locator("#verdict")).to_contain_text(text, timeout=LONGEST_MS)

    @property
    def headline(self) -> Locator:
        """The only line that has a colour."""
        return self.page.locator("#verdict .headline")

    def turns(self, colour: str) -> None:
        """Wait until the verdict has a colour: good, note or bad."""
        expect(self.headline).to_have_class(f"headline {colour}", timeout=LONGEST_MS)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start the browser."""
    with browser() as started:
        yield started


@contextlib.contextmanager
def _opened(
    chromium: Browser, folder: Path, *, script: str = "", locale: str = "en-GB"
) -> Iterator[Desk]:
    faults: list[str] = []
    context = chromium.new_context(locale=locale, viewport={"width": 360, "height": 740})
    context.add_init_script(script)
    page = context.new_page()
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: faults.append(request.url))
    page.goto(PAGE.as_uri())
    yield Desk(page, folder)
    context.close()
    assert faults == [PAGE.as_uri()]


@pytest.fixture
def desk(chromium: Browser, tmp_path: Path) -> Iterator[Desk]:
    """Open the page in English on a narrow screen; it may ask for itself only, and not fail."""
    with _opened(chromium, tmp_path) as opened:
        yield opened


def _good(statement: Statement | None = None) -> dict[str, bytes]:
    whole = certificate_statement(PRODUCTION_SIGNER) if statement is None else statement
    return signed_files(whole, PRODUCTION_SIGNER)


def test_certificate__root_from_elsewhere__green_after_what_to_compare(desk: Desk) -> None:
    """A good one is green, and before any colour stands what to compare with the device."""
    desk.choose_root()
    desk.choose(_good())
    desk.turns("good")
    lines = desk.page.locator("#verdict > *").all_inner_texts()
    assert lines[0].startswith("Compare with the device in your hand: ")
    assert "67,108,864" in lines[0]
    assert lines[1] == "Erased; every byte checked."
    desk.says("Judged by this root, which reached you, as you say, by another way: CN=Example root")


@pytest.mark.parametrize("learned", [None, "with_document", "unknown"])
def test_certificate__root_not_from_elsewhere__never_green(desk: Desk, learned: str | None) -> None:
    """A root proves who signed only if it reached the person by another way, and she says so."""
    desk.choose_root(learned=learned)
    desk.choose(_good())
    desk.says("Signer unknown: a root counts only if it reached you by another way.")
    desk.turns("note")


def test_certificate__no_root__never_green(desk: Desk) -> None:
    """Without a root the signer is unknown."""
    desk.choose(_good())
    desk.says("Signer unknown: no root was given.")
    desk.turns("note")


def test_root__another_one__how_it_was_learned_is_asked_again(desk: Desk) -> None:
    """What was said of one root does not hold for the next."""
    desk.choose(_good())
    desk.choose_root()
    desk.turns("good")
    desk.choose_root(learned=None)
    desk.says("Signer unknown")
    desk.turns("note")


def test_root__pasted__fingerprint_as_openssl_prints_it(desk: Desk) -> None:
    """The fingerprint is that of the certificate's DER, in the usual spelling."""
    from cryptography.hazmat.primitives import hashes

    desk.page.locator("summary").first.click()
    desk.page.locator("#root-text").fill(f"\n {ROOT.pem.decode()} \n")
    shown = desk.page.locator("#root-shown .fingerprint")
    expect(shown).to_have_text(ROOT.certificate.fingerprint(hashes.SHA256()).hex(":").upper())


def test_root__no_certificate__said_at_once(desk: Desk) -> None:
    """What is no certificate is not taken for a root."""
    desk.page.locator("summary").first.click()
    desk.page.locator("#root-text").fill("hello")
    expect(desk.page.locator("#root-shown")).to_contain_text("PEM certificates and nothing else")
    expect(desk.page.locator("#learned")).to_be_hidden()


def test_practice__not_asked_for__refused_and_afterwards_not_green(desk: Desk) -> None:
    """Practice is refused; whoever wants to see it sees it, and not in green."""
    desk.choose_root(PRACTICE_ROOT.pem)
    desk.choose(signed_files(certificate_statement()))
    desk.says("A practice document, no certificate.")
    desk.page.locator("#allow-practice").check()
    desk.says("Erased; every byte checked.")
    desk.says("Practice: this is no certificate.")
    desk.turns("note")


def test_forged__one_digit__refused_with_layer_and_hint(desk: Desk) -> None:
    """A changed size is refused, and the page says at which step and what to do."""
    files = _good()
    files["certificate.json"] = files["certificate.json"].replace(b"67108864", b"67108865", 1)
    desk.choose_root()
    desk.choose(files)
    desk.says("This document proves nothing.")
    desk.says("The signature does not fit the content")
    desk.says("✗ 5. the signature fits the content")
    desk.turns("bad")
    expect(desk.page.locator(".compare")).to_have_count(0)


def test_notice__genuine__not_green(desk: Desk) -> None:
    """A notice that the device was not erased is believed, and in the colour of a failure."""
    statement = notice_statement(PRODUCTION_SIGNER)
    desk.choose_root()
    desk.choose(_good(statement))
    desk.says("Not erased as far as anybody knows; not for sale.")
    desk.turns("bad")


def test_zip__as_we_pack_it__green_and_what_was_not_read_is_told(desk: Desk) -> None:
    """The .zip is read; that PDF and time stamp in it were not looked at stands there."""
    desk.choose_root()
    unread = {"certificate.pdf": b"%PDF-1.7", "certificate.tsr": b"0"}
    desk.choose({"bundle.zip": zipped("x", _good() | unread)})
    desk.turns("good")
    desk.says("The PDF was not looked at")
    desk.says("2. the PDF: this page does not look at it · not checked")
    desk.says("The time stamp was not looked at")
    desk.says("10. the time stamp: this page does not look at it · not checked")


def test_folder__whole__green(desk: Desk, tmp_path: Path) -> None:
    """A folder is chosen as it is."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    for name, data in _good().items():
        (folder / name).write_bytes(data)
    desk.choose_root()
    desk.page.locator("#folder-input").set_input_files(folder)
    desk.turns("good")


def test_folder__with_another_inside__refused(desk: Desk, tmp_path: Path) -> None:
    """What lies deeper is no file of a bundle, whatever its name."""
    (tmp_path / "bundle" / "inner").mkdir(parents=True)
    for name, data in _good().items():
        (tmp_path / "bundle" / name).write_bytes(data)
    (tmp_path / "bundle" / "inner" / "certificate.pdf").write_bytes(b"")
    desk.choose_root()
    desk.page.locator("#folder-input").set_input_files(tmp_path / "bundle")
    desk.says("Not a bundle")


def test_dropped__files__green(desk: Desk) -> None:
    """Files may be dropped instead of chosen."""
    desk.choose_root()
    given = {name: list(data) for name, data in _good().items()}
    desk.page.evaluate(
        """(files) => {
          const dataTransfer = new DataTransfer();
          for (const [name, bytes] of Object.entries(files)) {
            dataTransfer.items.add(new File([Uint8Array.from(bytes)], name));
          }
          const told = { dataTransfer, bubbles: true, cancelable: true };
          document.querySelector("#files").dispatchEvent(new DragEvent("drop", told));
        }""",
        given,
    )
    desk.turns("good")


@pytest.mark.parametrize(("other", "colour"), [(CORRECTED, "note"), (VOID, "bad")])
def test_correction__dropped_with_its_certificate__never_green(
    desk: Desk, other: dict[str, bytes], colour: str
) -> None:
    """A certificate that is green alone is not once its correction is chosen with it."""
    archives = {"certificate.zip": zipped("a", signed_files(CERTIFICATE, PRODUCTION_SIGNER))}
    desk.choose_root()
    desk.choose(archives)
    desk.turns("good")
    desk.choose({"correction.zip": zipped("b", other)} | archives)
    desk.turns(colour)


def test_receipt__genuine__never_green(desk: Desk) -> None:
    """A receipt is told as what it is."""
    desk.choose_root()
    desk.choose(signed_files(receipt_statement(PRODUCTION_SIGNER), PRODUCTION_SIGNER))
    desk.turns("note")
    desk.says("Receipt: the device was taken in.")


def test_file__of_1_gb__refused_without_reading(desk: Desk, tmp_path: Path) -> None:
    """A huge file is refused by its size."""
    with (tmp_path / "bundle.zip").open("wb") as huge:
        huge.truncate(1 << 30)
    desk.page.locator("#files-input").set_input_files(tmp_path / "bundle.zip")
    desk.says("the .zip is too large")


def test_strings__hostile__shown_as_text(desk: Desk) -> None:
    """What a device or a forger calls itself is text, and nothing in it hides or turns round."""
    statement = certificate_statement(PRODUCTION_SIGNER)
    statement["device"]["identifiers"][0]["value"] = "<img src=x onerror=alert(1)>\u202eabc"
    desk.choose_root()
    desk.choose(_good(statement))
    desk.says("<img src=x onerror=alert(1)>\\u202eabc")
    expect(desk.page.locator("#verdict img")).to_have_count(0)
    assert "\u202e" not in (desk.page.locator("body").text_content() or "")


def test_log__browser_without_ed25519__said_and_never_green(
    chromium: Browser, tmp_path: Path
) -> None:
    """Where the log's signature cannot be checked, that stands in the verdict's place."""
    statement = logged_statement(certificate_statement(PRODUCTION_SIGNER))
    files = _good(statement) | {"certificate.tlog-proof": proof_of(about(statement)).text()}
    with _opened(chromium, tmp_path) as desk:
        desk.choose_root()
        desk.choose(files)
        desk.turns("good")
        desk.says("Entry 5 of the log log.example/station-7 is about it")
    with _opened(chromium, tmp_path, script=WITHOUT_ED25519) as desk:
        desk.choose_root()
        desk.choose(files)
        desk.says("The log was not checked: this browser cannot check Ed25519 signatures.")
        desk.says("? 9. the log has it")
        desk.turns("note")


def _list(*entries: Revoked) -> dict[str, bytes]:
    made = listing(*entries)
    return {LIST_NAME: made.document, SIGNATURE_NAME: made.signature}


def test_list__of_revoked_keys__refuses_theirs_and_is_named_otherwise(desk: Desk) -> None:
    """What a revoked key signed is refused; a list that does not name the key is told with it."""
    desk.choose_root()
    desk.choose(_good())
    desk.turns("good")
    desk.choose_list(_list(entry()))
    desk.says("The signer's key was revoked: the key was stolen")
    desk.turns("bad")
    desk.choose_list(_list(other_entry()))
    desk.says("is on the revocation list (version 1, 2026-11-24T09:00:00Z).")
    desk.turns("good")


def test_list__only_one_of_its_files__nothing_passes(desk: Desk) -> None:
    """A list that cannot be read is not left out in silence."""
    desk.choose_root()
    desk.choose(_good())
    desk.turns("good")
    files = _list(other_entry())
    desk.choose_list({LIST_NAME: files[LIST_NAME]})
    desk.says("Fetch the latest revoked.json and revoked.sig from the issuer")
    desk.turns("bad")
    expect(desk.page.locator("#list-shown")).to_contain_text("This is no list of revoked keys")


def test_list__browser_without_ed25519__no_place_in_the_log_excuses_the_key(
    chromium: Browser, tmp_path: Path
) -> None:
    """A place in a log that could not be checked is no proof that the key was good then."""
    statement = logged_statement(certificate_statement(PRODUCTION_SIGNER))
    files = _good(statement) | {"certificate.tlog-proof": proof_of(about(statement)).text()}
    for script, said in (
        ("", "the log had this document before"),
        (WITHOUT_ED25519, "The signer's key was revoked: the key was stolen"),
    ):
        with _opened(chromium, tmp_path, script=script) as desk:
            desk.choose_root()
            desk.choose_list(_list(entry(size=6)))
            desk.choose(files)
            desk.says(said)


def test_browser__without_cryptography__says_what_to_do(chromium: Browser, tmp_path: Path) -> None:
    """Where nothing can be checked, nothing is believed."""
    with _opened(chromium, tmp_path, script=WITHOUT_CRYPTO) as desk:
        desk.choose(_good())
        desk.says("Signatures cannot be checked here: save this page to your disk")
        desk.turns("bad")


def test_policy__whatever_a_script_tries__nothing_leaves_and_nothing_is_run(
    chromium: Browser,
) -> None:
    """Even a script inside the page can neither load, send, nor make markup of strings."""
    page = chromium.new_page()
    page.goto(PAGE.as_uri())
    tried = """async () => {
      const broken = [];
      document.addEventListener("securitypolicyviolation", (event) => {
        broken.push(event.effectiveDirective);
      });
      const image = new Image();
      const failed = new Promise((resolve) => image.addEventListener("error", resolve));
      image.src = "http://127.0.0.1:9/";
      await fetch("http://127.0.0.1:9/").catch(() => null);
      try { document.body.innerHTML = "<b>x</b>"; } catch { broken.push("innerHTML"); }
      const script = document.createElement("script");
      try { script.textContent = "window.ran = true"; } catch { broken.push("script"); }
      document.body.append(script);
      await failed;
      return [broken.sort(), window.ran === true];
    }"""
    broken, ran = page.evaluate(tried)
    assert set(broken) >= {"connect-src", "img-src", "innerHTML", "script"}
    assert ran is False
    page.close()


def test_languages__chinese_browser__chinese_first_and_english_by_a_switch(
    chromium: Browser, tmp_path: Path
) -> None:
    """The browser's language is taken; the switch turns everything, the verdict too."""
    with _opened(chromium, tmp_path, locale="zh-CN") as desk:
        desk.choose_root()
        desk.choose(_good())
        desk.says("请和手里的设备核对")
        desk.page.locator("#language").click()
        desk.says("Compare with the device in your hand")
        expect(desk.page.locator("html")).to_have_attribute("lang", "en")


def test_screen__narrow_bright_and_dark__nothing_sticks_out(desk: Desk) -> None:
    """At 360 pixels nothing has to be scrolled sideways, and the switch changes the ground."""
    desk.choose_root()
    desk.choose(_good())
    desk.turns("good")
    grounds = set()
    for _ in range(2):
        desk.page.locator("#theme").click()
        wide = "document.documentElement.scrollWidth"
        ground = "getComputedStyle(document.body).backgroundColor"
        assert desk.page.evaluate(wide) <= 360
        grounds.add(desk.page.evaluate(ground))
    assert len(grounds) == 2


def test_keyboard__tabulator__reaches_everything(desk: Desk) -> None:
    """Every control is reached by the keyboard, and fingers find it 48 pixels high."""
    desk.choose_root(learned=None)
    reached = set()
    for _ in range(12):
        desk.page.keyboard.press("Tab")
        reached.add(desk.page.evaluate("document.activeElement.id || document.activeElement.name"))
    assert reached >= {
        "language", "theme", "root-file", "learned", "files-input", "folder-input",
        "allow-practice", "list-files",
    }  # fmt: skip
    for control in desk.page.locator("button, label.button, summary, fieldset label").all():
        box = control.bounding_box()
        assert box is None or box["height"] >= 48


def test_page__phone__headline_says_what_is_inferred(desk: Desk) -> None:
    """A phone's certificate is green, and its headline does not say that bytes were checked."""
    statement = PHONES["phone_certificate"](PRODUCTION_SIGNER)
    desk.choose_root()
    desk.choose(signed_files(statement, PRODUCTION_SIGNER))
    desk.turns("good")
    expect(desk.headline).to_contain_text("Erased by the phone's own reset")
    desk.says("Inferred, not observed: That its keys were destroyed is inferred")
    desk.says("The issuer claims: Purge")
    desk.says("Compare with the device in your hand: Example 12 Pro")


def test_page__phone_that_was_not_erased__bad(desk: Desk) -> None:
    """A notice about a phone is never green, and says what speaks against it."""
    statement = PHONES["phone_notice"](PRODUCTION_SIGNER)
    desk.choose_root()
    desk.choose(signed_files(statement, PRODUCTION_SIGNER))
    desk.turns("bad")
    desk.says("Against it: The file that was laid down before is still there.")


def test_page__phone_without_a_learned_root__not_green(desk: Desk) -> None:
    """Whoever does not know the root learns nothing of the phone."""
    statement = PHONES["phone_certificate"](PRODUCTION_SIGNER)
    desk.choose_root(learned=None)
    desk.choose(signed_files(statement, PRODUCTION_SIGNER))
    desk.turns("note")
