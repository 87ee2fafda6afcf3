"""The page that sets each published requirement beside behaviour, tests and evidence.

The data is read strictly, because a page for auditors must not rot: every named test is looked up
in the sources, every piece of evidence in the table of a document's fields.
"""

import ast
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib import resources
from pathlib import Path
from typing import Any, Final

from certs.formats.erasure_v1 import FIELDS
from certs.text import Text
from wipe_station.policies import all_policies
from wipe_station.policy import Policy
from wipe_station.tests.markdown import code, page, table
from wipe_station.tests.purity import PACKAGES

ROOT: Final = Path(__file__).parents[2]
FIELD_PATHS: Final = frozenset(field.path for field in FIELDS)


class State(Enum):
    """How far the behaviour goes; no state says that a requirement is met."""

    BUILT = "built"
    IN_PART = "in part"
    NOT_YET = "not yet"
    NOT_KNOWN = "not known"
    NOT_OURS = "not this program's"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One requirement as published accounts give it, and what the station does about it."""

    id: str
    chapter: str
    read: bool
    certainty: str
    state: State
    tests: tuple[str, ...]
    evidence: tuple[str, ...]
    requirement: Text
    behaviour: Text
    gap: Text | None = None


def clauses_text(policy_name: str) -> str:
    """Return the data file of a policy's clauses."""
    file = resources.files("wipe_station.policies") / "clauses" / f"{policy_name}.toml"
    return file.read_text(encoding="utf-8")


def parse_clauses(text: str, policies: dict[str, Policy]) -> tuple[Policy, tuple[Clause, ...]]:
    """Read the clauses of one policy.

    Raises:
        KeyError, TypeError, ValueError: a key is missing, unknown, or contradicts another.
    """
    fields = tomllib.loads(text)
    policy = policies[fields.pop("policy")]
    clauses = tuple(_clause(clause) for clause in fields.pop("clause"))
    if fields or len({clause.id for clause in clauses}) != len(clauses):
        raise ValueError("an unknown key, or an id that stands twice")
    faults = [fault for clause in clauses for fault in _faults(clause, policy)]
    if faults:
        raise ValueError("; ".join(faults))
    return policy, clauses


def _clause(fields: dict[str, Any]) -> Clause:
    read: dict[str, Any] = {"state": State(fields["state"])}
    read |= {key: tuple(fields[key]) for key in ("tests", "evidence")}
    read |= {key: Text(**value) for key, value in fields.items() if isinstance(value, dict)}
    return Clause(**fields | read)


def _faults(clause: Clause, policy: Policy) -> Iterator[str]:
    claims_behaviour = clause.state in (State.BUILT, State.IN_PART)
    faults = {
        "is read although the policy's text was not examined": clause.read
        and not policy.text_examined,
        "has no certainty": not clause.certainty,
        "names behaviour that no test shows": claims_behaviour and not clause.tests,
        "does not say what is missing": (clause.state is State.BUILT) == (clause.gap is not None),
        "names evidence that no document has": not set(clause.evidence) <= FIELD_PATHS,
    }
    yield from (f"{clause.id} {fault}" for fault, found in faults.items() if found)


def places_of_tests(root: Path) -> dict[str, str]:
    """Return where each test function stands, as ``path``; a name that stands twice is left out.

    Args:
        root: the repository; only functions on a module's top level count, as pytest runs them.
    """
    files = [f for package in PACKAGES for f in sorted((root / package).rglob("test_*.py"))]
    found = [(name, f.relative_to(root).as_posix()) for f in files for name in _test_names(f)]
    times = Counter(name for name, _ in found)
    return {name: place for name, place in found if times[name] == 1}


def _test_names(file: Path) -> list[str]:
    body = ast.parse(file.read_text("utf-8")).body
    return [n.name for n in body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]


def clauses_page(policy_name: str) -> str:
    """Show each requirement with its certainty, our behaviour, tests, evidence, read or unread.

    Raises:
        ValueError: a named test does not exist, or stands twice.
    """
    policy, clauses = parse_clauses(clauses_text(policy_name), all_policies())
    places = places_of_tests(ROOT)
    if missing := [t for clause in clauses for t in clause.tests if t not in places]:
        raise ValueError(f"no such test, or more than one: {missing}")
    return page(
        f"{policy.standard}: requirement, behaviour, test, evidence",
        f"> {policy.disclaimer.zh}\n>\n> {policy.disclaimer.en}",
        "**Nobody here has read the standard, and this page claims nothing.** It sets what"
        " published accounts say beside what the station does. *Built* means that the"
        " behaviour exists and tests show it, not that a requirement is met."
        " The standard's own wording is *unread* in every row until a person has compared"
        " the row with it and signed it off; chapters are guessed from the table of contents.",
        f"Signed off: {sum(c.read for c in clauses)} of {len(clauses)}. " + _counts(clauses),
        table(
            ("Requirement, as published", "Certainty", "Chapter", "Text", "State"),
            map(_requirement_row, clauses),
        ),
        "## What is missing",
        table(("Requirement", "State", "Missing"), map(_gap_row, _with_gaps(clauses))),
        *(part for clause in clauses for part in _clause_parts(clause, places)),
    )


def _counts(clauses: Sequence[Clause]) -> str:
    counted = Counter(clause.state for clause in clauses)
    return ", ".join(f"{state.value}: {counted[state]}" for state in State) + "."


def _with_gaps(clauses: Sequence[Clause]) -> list[Clause]:
    return [clause for clause in clauses if clause.gap is not None]


def _both(text: Text | None) -> str:
    return f"{text.zh}<br>{text.en}" if text else ""


def _requirement_row(clause: Clause) -> Sequence[str]:
    return (
        f"[{clause.id}](#{clause.id}): {_both(clause.requirement)}",
        clause.certainty,
        clause.chapter,
        _read(clause),
        clause.state.value,
    )


def _gap_row(clause: Clause) -> Sequence[str]:
    return (f"[{clause.id}](#{clause.id})", clause.state.value, _both(clause.gap))


def _clause_parts(clause: Clause, places: dict[str, str]) -> Iterator[str]:
    yield f"## {clause.id}"
    yield f"{clause.behaviour.zh} {clause.behaviour.en}"
    evidence = ", ".join(map(code, clause.evidence)) or "none"
    yield f"Evidence on the document: {evidence}. The standard's text: {_read(clause)}."
    if clause.tests:
        yield "\n".join(f"- {code(name)} in `{places[name]}`" for name in clause.tests)
    else:
        yield "No test shows anything here."


def _read(clause: Clause) -> str:
    return "read" if clause.read else "unread"
