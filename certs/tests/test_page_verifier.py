"""The page of `certs.page` in a real browser: it must say what `certs.verify` says."""

import base64
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page

from certs.errors import CertificateError, Layer
from certs.formats.fields import parse_time
from certs.layout import bundle_of, unzipped
from certs.report import both
from certs.tests.browser import CHROMIUM, browser
from certs.tests.page_samples import GIVE, LARGE, OF_THE_PAGE, ZIPS, Vector, case_of, case_of_zip
from certs.tests.samples import NOW, ROOT
from certs.tests.test_vectors import list_of
from certs.verdict import Status, Verdict
from certs.verify import verify

pytestmark = pytest.mark.skipif(  # in CI what is missing fails
    "CI" not in os.environ and not CHROMIUM.exists(), reason="needs Debian's chromium"
)
PAGE: Final = Path(__file__).parents[2] / "docs" / "verify.html"
IN_WORDS_OF_ITS_OWN: Final = {Layer.CANONICAL_JSON.value, Layer.PRACTICE.value}
"""Layers at which page and program do not say the same sentence."""
CHECK: Final = f"async (asked) => window.verifyBundle(...(await ({GIVE})(asked)))"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """Open the page from disk; no script error and no breach of its policy may happen."""
    faults: list[str] = []
    with browser() as started:
        opened = started.new_page(locale="zh-CN", viewport={"width": 360, "height": 800})
        opened.on("console", lambda message: faults.append(message.text))
        opened.on("pageerror", lambda error: faults.append(str(error)))
        opened.goto(PAGE.as_uri())
        yield opened
        assert faults == []


@pytest.mark.parametrize("name", OF_THE_PAGE)
def test_vector__in_the_page__as_it_says(page: Page, name: str) -> None:
    """Each vector is accepted with its status, or refused at exactly its layer."""
    vector = OF_THE_PAGE[name]
    found = page.evaluate(CHECK, case_of(vector))
    expected = (vector["expect"] == "accept", vector["layer"], vector["status"])
    assert (found["accepted"], found["layer"], found["status"]) == expected


@pytest.mark.parametrize("name", OF_THE_PAGE)
def test_vector__in_the_page__same_words_as_the_program(page: Page, name: str) -> None:
    """The page tells what the program tells without PDF and time stamp, in both languages."""
    vector = OF_THE_PAGE[name]
    found, said = page.evaluate(CHECK, case_of(vector)), _said_by_the_program(vector)
    if isinstance(said, CertificateError):
        if said.layer.value not in IN_WORDS_OF_ITS_OWN:
            assert (found["message"], found["hint"]) == (both(said.message), both(said.hint))
        return
    first, headline, *rest = map(both, said.lines)
    assert found["compare"] == first
    assert found["lines"][1:] == rest
    assert (found["lines"][0] == headline) is vector["with_root"]
    passed = [step["code"] for step in found["steps"] if step["mark"] == "✓"]
    assert passed == [step.value for step in said.steps]


def _said_by_the_program(vector: Vector) -> Verdict | CertificateError:
    files = {name: base64.b64decode(data) for name, data in vector["files"].items()}
    try:
        return verify(
            replace(bundle_of(files), timestamp=None, pdf=None),
            root_pem=base64.b64decode(vector["root"]) if vector["with_root"] else None,
            allow_practice=vector["allow_practice"],
            now=parse_time(vector["verified_at"]),
            revoked=list_of(vector),
        )
    except CertificateError as error:
        return error


@pytest.mark.parametrize("name", ZIPS)
def test_zip__in_the_page__as_the_program_takes_it(page: Page, name: str) -> None:
    """The page reads archives by hand, and takes exactly those that the program takes."""
    try:
        verify(unzipped(ZIPS[name]), root_pem=ROOT.pem, allow_practice=False, now=NOW)
        expected = (True, "none", Status.ERASED.value)
    except CertificateError as error:
        expected = (False, error.layer.value, "none")
    found = page.evaluate(CHECK, case_of_zip(ZIPS[name]))
    assert (found["accepted"], found["layer"], found["status"]) == expected


@pytest.mark.parametrize("name", LARGE)
def test_file__too_large__refused_unread(page: Page, name: str) -> None:
    """A file is refused by its size; these cannot be read at all."""
    found = page.evaluate(CHECK, LARGE[name])
    assert found["layer"] == Layer.BUNDLE.value
    assert "too large" in found["message"]["en"]
