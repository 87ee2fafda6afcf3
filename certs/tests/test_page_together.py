"""Documents given together, on the page in a real browser: it must say what the program says."""

import os
from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Page

from certs.errors import CertificateError
from certs.report import both
from certs.tests.browser import CHROMIUM, browser
from certs.tests.page_samples import GIVE, case_of
from certs.tests.test_page_verifier import PAGE
from certs.tests.test_together import together
from certs.tests.together_vectors import VECTORS
from certs.verdict import Verdict

pytestmark = pytest.mark.skipif(  # in CI what is missing fails
    "CI" not in os.environ and not CHROMIUM.exists(), reason="needs Debian's chromium"
)
OF_THE_PAGE: Final = {
    name: made.as_json() for name, made in VECTORS.items() if made.assessor_root is None
}
"""The page knows one root; assessors under another one are for the program."""
CHECK: Final = f"""async (cases) => {{
  const given = [];
  for (const asked of cases) {{
    given.push(await ({GIVE})(asked));
  }}
  return window.verifyTogether(given.map(([files]) => files), given[0][1]);
}}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """Open the page from disk; no script error and no breach of its policy may happen."""
    faults: list[str] = []
    with browser() as started:
        opened = started.new_page(locale="zh-CN")
        opened.on("console", lambda message: faults.append(message.text))
        opened.on("pageerror", lambda error: faults.append(str(error)))
        opened.goto(PAGE.as_uri())
        yield opened
        assert faults == []


def _said(vector: dict[str, Any]) -> Verdict | CertificateError:
    try:
        return together(vector)
    except CertificateError as error:
        return error


@pytest.mark.parametrize("turned", [False, True], ids=["in order", "turned round"])
@pytest.mark.parametrize("name", OF_THE_PAGE)
def test_together__in_the_page__as_the_program_says(page: Page, name: str, turned: bool) -> None:
    """The page comes to the same verdict in the same words, in whatever order it is given them."""
    vector = OF_THE_PAGE[name]
    cases = [case_of(vector), *(case_of(vector | {"files": files}) for files in vector["with"])]
    found = page.evaluate(CHECK, cases[::-1] if turned else cases)
    expected = (vector["expect"] == "accept", vector["layer"], vector["status"])
    assert (found["accepted"], found["layer"], found["status"]) == expected
    said = _said(vector)
    if isinstance(said, Verdict):
        assert found["compare"] == both(said.lines[0])
        assert sorted(map(str, found["lines"][1:])) == sorted(str(both(x)) for x in said.lines[2:])
        assert (found["lines"][0] == both(said.lines[1])) is vector["with_root"]
