"""Generated pages and THIRD-PARTY are what their data make, and nothing is left out of them."""

import ast
import inspect
from pathlib import Path

import pytest

from wipe_station.detect.safety import RULES, Reason
from wipe_station.run_state import TRANSITIONS, State
from wipe_station.tests.make_docs import COMMAND, ROOT, SafetyRule, differences, pages, reasons_of
from wipe_station.tests.markdown import table

SHOWN_LINES = 30


def test_docs__generated_again__same_text() -> None:
    """The pages in the repository are exactly what the generator makes of the data."""
    found = differences(ROOT, pages())
    shown = "\n".join(found[:SHOWN_LINES])
    assert not found, f"run `{COMMAND}` and commit what it changes; the first lines:\n{shown}"


def test_reasons__each__given_by_exactly_one_rule() -> None:
    """Every reason code has its rule, and no two rules give the same."""
    given = [reason for rule in RULES for reason in reasons_of(rule)]
    assert sorted(given, key=str) == sorted(Reason, key=str)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_safety_rule__docstring__one_sentence(rule: SafetyRule) -> None:
    """Every safety rule says in one sentence what it refuses and why."""
    said = inspect.getdoc(rule) or ""
    assert said.endswith(".")
    assert "\n" not in said
    assert ". " not in said


def test_states__each__has_its_row() -> None:
    """The transition table, and so the page, speaks about every state."""
    assert set(TRANSITIONS) == set(State)


def test_table__cell_with_bar_and_line_break__stays_one_cell() -> None:
    """Data cannot break a table."""
    assert table(("a",), [("x|y\nz",)]).splitlines()[-1] == "| x\\|y z |"


def test_difference__page_missing_edited_or_respelled__shown(tmp_path: Path) -> None:
    """A page that is missing, edited, or has other line ends is noticed."""
    (tmp_path / "edited.md").write_bytes(b"by hand\n")
    (tmp_path / "ends.md").write_bytes(b"same")
    (tmp_path / "same.md").write_bytes(b"same\n")
    wanted = dict.fromkeys(("missing.md", "edited.md", "ends.md", "same.md"), "same\n")
    shown = "\n".join(differences(tmp_path, wanted))
    assert [name in shown for name in wanted] == [True, True, True, False]


def test_make_docs__its_source__names_every_page_it_has() -> None:
    """A page function that nobody lists would never be written."""
    source = (ROOT / "wipe_station/tests/make_docs.py").read_text("utf-8")
    functions = [n.name for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)]
    pages = [name for name in functions if name.endswith("_page")]
    assert pages
    assert all(source.count(f" {name}()") == 2 for name in pages)
