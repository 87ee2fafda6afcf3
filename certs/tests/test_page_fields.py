"""The tables of fields on the page, in a real browser: they refuse what the program refuses."""

import os
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Page

from certs.errors import CertificateError
from certs.formats import statement_v1
from certs.page.make import checking_script
from certs.report import both
from certs.tests.browser import CHROMIUM, browser
from certs.tests.field_vectors import read_all
from certs.tests.samples import Statement

pytestmark = pytest.mark.skipif(  # in CI what is missing fails
    "CI" not in os.environ and not CHROMIUM.exists(), reason="needs Debian's chromium"
)
SAY: Final = """async ([script, statements]) => {
  const check = new Function(`${script}; return checkStatement;`)();
  const said = [];
  for (const statement of statements) {
    said.push(await check(statement).then(() => null, (error) => error.text ?? String(error)));
  }
  return said;
}"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Open an empty page from disk."""
    empty = tmp_path_factory.mktemp("empty") / "empty.html"
    empty.write_text("<!doctype html><title>empty</title>")
    with browser() as started:
        opened = started.new_page()
        opened.goto(empty.as_uri())
        yield opened


def _said(statement: Statement) -> dict[str, str] | None:
    try:
        statement_v1.check(statement)
    except CertificateError as error:
        return both(error.message)
    return None


def test_field_vectors__in_the_page__same_words_as_the_program(page: Page) -> None:
    """Each statement passes here as there, and each case is refused with the same sentence."""
    statements = [statement for _, statement, _ in read_all()]
    found = page.evaluate(SAY, [checking_script(), statements])
    wanted = [_said(statement) for statement in statements]
    assert found == wanted
    assert sum(each is not None for each in wanted) > 300
