"""Switches off each check of the page, one at a time: a vector must notice.

A check is a call that refuses. Switched off, it does nothing, and the script goes on.
"""

import os
import re
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Page

from certs.page.make import checking_script
from certs.tests.browser import CHROMIUM, browser
from certs.tests.page_samples import CASES, CODES, GIVE, GIVE_CODE

pytestmark = pytest.mark.skipif(  # in CI what is missing fails
    "CI" not in os.environ and not CHROMIUM.exists(), reason="needs Debian's chromium"
)
SCRIPT: Final = checking_script()
CALLS: Final = [
    call
    for call in re.finditer(r"\brefuse(?!d\b)\w*(?=\()", SCRIPT)
    if not re.search(r"function (refuse\w*\([^)]*\) \{\s+)?$", SCRIPT[: call.start()])
]
"""Where the script refuses; what a function does that is named for it is no place of its own."""
ALL: Final = [*((0, case) for case in CASES), *((1, case) for case in CODES)]
"""Bundles and codes, each with which of the page's two functions is asked."""
SAY: Final = f"""async ([script, numbers]) => {{
  const give = [{GIVE}, {GIVE_CODE}];
  const check = new Function(`${{script}}; return [verify, checkCode];`)();
  const found = [];
  for (const number of numbers) {{
    window.reached = [];
    const [kind, asked] = window.cases[number];
    const {{ layer, status, message }} = await check[kind](...(await give[kind](asked)));
    found.push({{ said: JSON.stringify([layer, status, message]), reached: window.reached }});
  }}
  return found;
}}"""
"""Returns what a script says of each of some cases, and which of its calls were reached."""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Open an empty page from disk, give it the cases, and let the whole script say its answers."""
    empty = tmp_path_factory.mktemp("empty") / "empty.html"
    empty.write_text("<!doctype html><title>empty</title>")
    with browser() as started:
        opened = started.new_page()
        opened.goto(empty.as_uri())
        opened.evaluate("(cases) => { window.cases = cases; }", ALL)
        yield opened


def test_checks__all_of_them__found() -> None:
    """What is switched off below is every refusal that the scripts can make."""
    assert len(CALLS) > 140


def test_check__switched_off__a_vector_notices(page: Page) -> None:
    """No check is there without a document that only it refuses as it does."""
    whole = page.evaluate(SAY, [_watched(), [*range(len(ALL))]])
    unnoticed = []
    for number, call in enumerate(CALLS):
        # Nothing else changes where a call is not reached.
        reaching = [at for at, found in enumerate(whole) if number in found["reached"]]
        without = page.evaluate(SAY, [_with(call, "(() => undefined)"), reaching])
        said = [found["said"] for found in without]
        if said == [whole[at]["said"] for at in reaching]:
            unnoticed.append(_line_of(call))
    assert unnoticed == []


def _with(call: re.Match[str], instead: str) -> str:
    return SCRIPT[: call.start()] + instead + SCRIPT[call.end() :]


def _watched() -> str:
    """Return the script with calls that say when they are reached."""
    parts, end = [], 0
    for number, call in enumerate(CALLS):
        watched = f"((...said) => {{ window.reached.push({number}); return {call[0]}(...said); }})"
        parts += [SCRIPT[end : call.start()], watched]
        end = call.end()
    return "".join([*parts, SCRIPT[end:]])


def _line_of(call: re.Match[str]) -> str:
    return SCRIPT[SCRIPT.rindex("\n", 0, call.start()) : SCRIPT.index("\n", call.end())].strip()
