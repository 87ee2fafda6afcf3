"""The clauses of GB 46864-2025 as data: nothing is read, nothing is claimed, no test is made up."""

from pathlib import Path

import pytest

from wipe_station.policies import all_policies
from wipe_station.tests.conformity import (
    ROOT,
    Clause,
    State,
    clauses_page,
    clauses_text,
    parse_clauses,
    places_of_tests,
)

TEXT = clauses_text("gb-46864")
POLICY, CLAUSES = parse_clauses(TEXT, all_policies())
STATES = {clause.id: clause.state for clause in CLAUSES}


def test_clauses__gb_46864__every_one_unread() -> None:
    """As long as nobody has read the standard, no clause says that somebody has."""
    assert not POLICY.text_examined
    assert not any(clause.read for clause in CLAUSES)
    said = clauses_page("gb-46864")
    assert f"Signed off: 0 of {len(CLAUSES)}" in said
    assert said.count("| unread |") == len(CLAUSES)
    assert POLICY.disclaimer.zh in said


@pytest.mark.parametrize(
    "clause_id",
    ["inform-and-consent", "records", "method-block-erase", "remind-owner", "no-resale"],
)
def test_clauses__requirement_we_do_not_fulfil__said_plainly(clause_id: str) -> None:
    """Consent, three years of records, block erase and the like are not called built."""
    assert STATES[clause_id] in (State.IN_PART, State.NOT_YET)


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.id)
def test_clause__its_tests__exist_once(clause: Clause) -> None:
    """Every test that a clause names is a function that pytest runs."""
    assert set(clause.tests) <= set(places_of_tests(ROOT))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("read = false", "read = true"),
        ('evidence = ["type", "outcome", "notice.reason"]', 'evidence = ["customer.name"]'),
        ('tests = ["test_worker__running__nobody_with_one_block_descriptor"]', "tests = []"),
        ('state = "not yet"', 'state = "built"'),
        ('state = "not yet"', 'state = "met"'),
        ('certainty = "[S: sesec]"', 'certainty = ""'),
        ('id = "scope"', 'id = "definition"'),
        ('id = "scope"', 'id = "scope"\nweight = 3'),
        ('policy = "gb-46864"', 'policy = "gb-00000"'),
        ('policy = "gb-46864"', 'policy = "gb-46864"\nsigned = "me"'),
    ],
)
def test_parse_clauses__one_defect__refused(before: str, after: str) -> None:
    """A clause that contradicts itself, or leans on what does not exist, never reaches the page."""
    assert before in TEXT
    with pytest.raises((KeyError, TypeError, ValueError)):
        parse_clauses(TEXT.replace(before, after, 1), all_policies())


def test_places_of_tests__two_of_one_name__neither(tmp_path: Path) -> None:
    """A name that stands in two files shows nothing, and neither does one inside a function."""
    folder = tmp_path / "certs"
    folder.mkdir()
    (folder / "test_a.py").write_text("def test_twice(): ...\ndef test_once(): ...\n", "utf-8")
    inner = "def test_twice(): ...\ndef f():\n    def test_inner(): ...\n"
    (folder / "test_b.py").write_text(inner, "utf-8")
    assert places_of_tests(tmp_path) == {"test_once": "certs/test_a.py"}


def test_clauses_page__test_that_does_not_exist__refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Renaming a test without its clause breaks the page, not the auditor's trust."""
    from wipe_station.tests import conformity

    wrong = TEXT.replace("test_plan__gb_46864__passes_by_medium", "test_plan__gone__gone")
    monkeypatch.setattr(conformity, "clauses_text", lambda _name: wrong)
    with pytest.raises(ValueError, match="test_plan__gone__gone"):
        clauses_page("gb-46864")
