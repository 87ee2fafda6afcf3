"""The page of `certs.page` in a real browser: it must say what `certs.verify` says."""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page

from certs.errors import CertificateError, Layer
from certs.formats.fields import parse_time
from certs.layout import bundle_of
from certs.report import both
from certs.tests.browser import CHROMIUM, browser
from certs.tests.make_vectors import FOLDER
from certs.verdict import Verdict
from certs.verify import verify

pytestmark = pytest.mark.skipif(  # in CI what is missing fails
    "CI" not in os.environ and not CHROMIUM.exists(), reason="needs Debian's chromium"
)
PAGE: Final = Path(__file__).parents[2] / "docs" / "verify.html"
VECTORS: Final = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))
}
OF_THE_PAGE: Final = {
    name: vector for name, vector in VECTORS.items() if vector["layer"] != Layer.PDF.value
}
IN_WORDS_OF_ITS_OWN: Final = {Layer.CANONICAL_JSON.value, Layer.PRACTICE.value}
"""Layers at which page and program do not say the same sentence."""
CHECK: Final = """async ([files, options]) => {
  const bytes = (data) => Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const given = Object.entries(files).map(([name, data]) => new File([bytes(data)], name));
  return window.verifyBundle(given, options);
}"""

Vector = dict[str, Any]


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


def _asked(vector: Vector) -> list[Any]:
    options = {
        "rootPem": base64.b64decode(vector["root"]).decode() if vector["with_root"] else None,
        "rootLearned": vector["with_root"],
        "allowPractice": vector["allow_practice"],
        "now": parse_time(vector["verified_at"]).timestamp() * 1000,
    }
    return [vector["files"], options]


@pytest.mark.parametrize("name", OF_THE_PAGE)
def test_vector__in_the_page__as_it_says(page: Page, name: str) -> None:
    """Each vector is accepted with its status, or refused at exactly its layer."""
    vector = VECTORS[name]
    found = page.evaluate(CHECK, _asked(vector))
    expected = (vector["expect"] == "accept", vector["layer"], vector["status"])
    assert (found["accepted"], found["layer"], found["status"]) == expected


@pytest.mark.parametrize("name", OF_THE_PAGE)
def test_vector__in_the_page__same_words_as_the_program(page: Page, name: str) -> None:
    """The page tells what the program tells, in both languages."""
    vector = VECTORS[name]
    found, said = page.evaluate(CHECK, _asked(vector)), _said_by_the_program(vector)
    if isinstance(said, CertificateError):
        if said.layer.value not in IN_WORDS_OF_ITS_OWN:
            assert (found["message"], found["hint"]) == (both(said.message), both(said.hint))
        return
    first, headline, *rest = map(both, said.lines)
    assert found["compare"] == first
    assert found["lines"][1:] == rest
    assert (found["lines"][0] == headline) is vector["with_root"]
    passed = [step["code"] for step in found["steps"] if step["mark"] == "✓"]
    assert passed == [step.value for step in said.steps if step is not Layer.PDF]


def _said_by_the_program(vector: Vector) -> Verdict | CertificateError:
    files = {name: base64.b64decode(data) for name, data in vector["files"].items()}
    try:
        return verify(
            bundle_of(files),
            root_pem=base64.b64decode(vector["root"]) if vector["with_root"] else None,
            allow_practice=vector["allow_practice"],
            now=parse_time(vector["verified_at"]),
        )
    except CertificateError as error:
        return error
