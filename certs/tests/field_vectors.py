"""Makes ``vectors/fields``: for each type of document, each field of its table left out and wrong.

One file per type: flawless statements, and cases that name one of them and one edit. Nothing in
them is signed; they are for whoever checks the shape of a statement.
"""

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from certs.formats import erasure_v1
from certs.formats.fields import Field, Kind, must_stand
from certs.formats.statement_v1 import FORMATS
from certs.layout import DocumentType
from certs.tests.document_samples import SAMPLES
from certs.tests.log_samples import logged_statement
from certs.tests.phone_samples import PHONES
from certs.tests.samples import (
    SIZE_BYTES,
    Statement,
    certificate_statement,
    graded_statement,
    notice_statement,
    probed_statement,
    sampled_statement,
)

FOLDER: Final = Path(__file__).parents[2] / "vectors" / "fields"
SOURCE: Final = "certs/formats/fields.py"
Step = str | int
Case = dict[str, Any]


def _optional_statement() -> Statement:
    statement = probed_statement()
    statement["device"] |= {"usb_path": "1-2", "siblings_not_covered": ["/dev/sdb"]}
    statement["probes"]["refused_bytes"] = 512
    return statement


def _mismatch_statement() -> Statement:
    counts = {"verified_bytes": 512, "mismatched_bytes": 512, "unread_bytes": SIZE_BYTES - 1024}
    verification = {"kind": "full", "pass_number": 1, "first_mismatch_byte": 512, **counts}
    return notice_statement() | {"verification": verification}


def _interrupted_statement() -> Statement:
    return notice_statement(kind="interrupted", outcome="indeterminate")


def statements() -> dict[DocumentType, list[Statement]]:
    """Return flawless statements of each type, in which each of its fields stands once at least."""
    made: dict[DocumentType, list[Statement]] = {kind: [] for kind in DocumentType}
    certificates = (
        certificate_statement(),
        _optional_statement(),
        graded_statement(),
        sampled_statement(),
    )
    made[DocumentType.CERTIFICATE] += [*certificates, logged_statement(certificate_statement())]
    made[DocumentType.NOTICE] += [
        notice_statement(),
        _mismatch_statement(),
        _interrupted_statement(),
    ]
    for make in (SAMPLES | PHONES).values():
        statement = make()
        of_type = made[DocumentType(statement["type"])]
        of_type += [statement] if of_type else [statement, logged_statement(make())]
    return made


def fields_of(kind: DocumentType) -> Sequence[Field]:
    """Return the table of a type."""
    return FORMATS[kind].fields if kind in FORMATS else erasure_v1.FIELDS


def place_of(statement: Statement, path: str) -> list[Step] | None:
    """Return the way to the first value at a path of the table; None where none stands."""
    value: Any = statement
    way: list[Step] = []
    for name in path.replace("[]", ".[]").split("."):
        step: Step = 0 if name == "[]" else name
        if (not value) if step == 0 else (name not in value):
            return None
        way.append(step)
        value = value[step]
    return way


def edited(statement: Statement, case: Case) -> Statement:
    """Return a statement with the one edit of a case."""
    changed = copy.deepcopy(statement)
    place: Any = changed
    *way, last = case["at"]
    for step in way:
        place = place[step]
    if "value" in case:
        place[last] = case["value"]
    else:
        del place[last]
    return changed


def cases_of(kind: DocumentType, made: Sequence[Statement]) -> Iterator[Case]:
    """Yield the defects of each field of a type."""
    for row in fields_of(kind):
        found = next(
            ((n, way) for n, each in enumerate(made) if (way := place_of(each, row.path))), None
        )
        if found is None:
            continue  # a notice's field in certificates, and the like; a test lists them
        number, way = found
        base = {"statement": number, "path": row.path, "at": way}
        if must_stand(row.required_in, kind) and not row.path.endswith("[]"):
            yield base | {"defect": "missing"}
        yield base | {"defect": "of another kind", "value": _of_another_kind(row.kind)}
        if row.kind is Kind.MEASURES:
            yield from (base | {"defect": "no measures", "value": value} for value in _NO_MEASURES)
        if row.values:
            yield base | {"defect": "another word", "value": "zzz"}
        if row.kind is Kind.OBJECT:
            yield base | {"defect": "unknown field", "at": [*way, "zzz"], "value": "x"}


_NO_MEASURES: Final[tuple[dict[str, object], ...]] = (
    {"Loud": 1},
    {"x": -1},
    {"x": ""},
    {"x": "x" * 257},
    {"x": [1]},
    {f"x{number}": 1 for number in range(257)},
)


def _of_another_kind(kind: Kind) -> object:
    numbers = {Kind.COUNT, Kind.COUNT_OR_UNKNOWN, Kind.DECIMALS}
    if kind in numbers or kind in {Kind.OBJECT, Kind.LIST, Kind.MEASURES}:
        return "many"
    return {Kind.BOOLEAN: 1, Kind.TRUE: False}.get(kind, 7)


def rendered() -> dict[str, str]:
    """Return the content of every file by its name."""
    return {f"{kind.value}.json": _rendered(kind, made) for kind, made in statements().items()}


def _rendered(kind: DocumentType, made: Sequence[Statement]) -> str:
    content: Mapping[str, Any] = {
        "comment": f"Fields of {kind.value}: each statement passes, none with the edit of a case.",
        "source": SOURCE,
        "statements": made,
        "cases": list(cases_of(kind, made)),
    }
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def read_all() -> Iterator[tuple[str, Statement, Case | None]]:
    """Yield type, statement and case of every file; no case for the flawless ones."""
    for path in sorted(FOLDER.glob("*.json")):
        family = json.loads(path.read_text("utf-8"))
        for statement in family["statements"]:
            yield path.stem, statement, None
        for case in family["cases"]:
            yield path.stem, edited(family["statements"][case["statement"]], case), case
