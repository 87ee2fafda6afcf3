"""The schema of statements, version 1."""

import contextlib
import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.errors import CertificateError, Layer
from certs.formats import erasure_v1, statement_v1
from certs.formats.fields import Field, Kind, Required
from certs.tests.log_samples import logged_statement
from certs.tests.samples import (
    PRODUCTION_SIGNER,
    SIZE_BYTES,
    Statement,
    certificate_statement,
    graded_statement,
    notice_statement,
    probed_statement,
    sampled_statement,
)


def _refusal(statement: Statement) -> CertificateError:
    with pytest.raises(CertificateError) as caught:
        statement_v1.check(statement)
    assert caught.value.layer is Layer.SCHEMA
    return caught.value


def _places(statement: Statement, path: str) -> Iterator[tuple[Any, Any, str]]:
    """Yield container, key and shown path of every value at a path of the table."""
    found: list[tuple[Any, Any, str]] = [({"": statement}, "", "")]
    for part in path.replace("[]", ".[]").split("."):
        stepped: list[tuple[Any, Any, str]] = []
        for container, key, shown in found:
            value = container[key]
            if part == "[]":
                stepped += [(value, index, f"{shown}[{index}]") for index in range(len(value))]
            elif part in value:
                stepped.append((value, part, f"{shown}.{part}" if shown else part))
        found = stepped
    yield from found


@pytest.mark.parametrize("make", [certificate_statement, notice_statement])
@pytest.mark.parametrize("row", erasure_v1.FIELDS, ids=lambda row: row.path)
def test_field__removed_or_of_another_type__refused_by_its_path(
    make: Callable[[], Statement], row: Field
) -> None:
    """A required field cannot be left out, and no field can hold another type."""
    for number, (_container, _key, shown) in enumerate(_places(make(), row.path)):
        wrong = make()
        container, key, _shown = list(_places(wrong, row.path))[number]
        container[key] = None
        assert shown in _refusal(wrong).message.en
        missing = make()
        container, key, _shown = list(_places(missing, row.path))[number]
        if row.required_in is Required.ALWAYS and isinstance(container, dict):
            del container[key]
            assert shown in _refusal(missing).message.en


def test_fields__samples__every_row_is_exercised() -> None:
    """Every row of the table stands in a sample, or is one of the few that are optional."""
    samples = [
        certificate_statement(),
        notice_statement(),
        probed_statement(),
        graded_statement(),
        sampled_statement(),
        logged_statement(certificate_statement()),
    ]
    unused = {
        row.path
        for row in erasure_v1.FIELDS
        if not any(list(_places(sample, row.path)) for sample in samples)
    }
    assert unused == {
        "device.usb_path",
        "device.siblings_not_covered[]",
        "passes[].pattern.key",
        "probes.refused_bytes",
        "verification.first_mismatch_byte",
    }


def test_fields__table__parents_are_objects_or_lists() -> None:
    """Every row's parent stands in the table, so the documentation is complete."""
    rows = {row.path: row for row in erasure_v1.FIELDS}
    assert len(rows) == len(erasure_v1.FIELDS)
    for path in rows:
        parent = path.removesuffix("[]") if path.endswith("[]") else path.rpartition(".")[0]
        if parent.endswith("[]"):
            parent = parent.removesuffix("[]")
        assert not parent or rows[parent].kind in {Kind.OBJECT, Kind.LIST}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", "../etc"),
        ("id", "20261123T172205Z-5f3a9c1e-n1"),
        ("issued_at", "2026-11-23T17:25:40+00:00"),
        ("issued_at", "2026-11-23T17:25:60Z"),
        ("issued_at", "0000-01-01T00:00:00Z"),
        ("issued_at", "\uff12\uff1026-11-23T17:25:40Z"),
        ("key_id", "AB" * 32),
        ("practice", 1),
        ("schema", "another"),
        ("schema_version", True),
        ("type", ["notice"]),
        ("device.size_bytes", -1),
        ("device.size_bytes", True),
        ("device.diskseq", "many"),
        ("device.medium", "paper"),
        ("device.node", ""),
        ("device.node", "x" * 1001),
        ("passes", []),
        ("passes[].number", 7),
        ("passes[].pattern", {"kind": "fixed"}),
        ("passes[].pattern", {"kind": "fixed", "bytes_hex": "0"}),
        ("passes[].pattern", {"kind": "stream", "stream": "xts128-1mib-v1"}),
        ("passes[].attempts", []),
        ("passes[].outcome", "incomplete"),
        ("passes[].size_bytes", SIZE_BYTES + 1),
        ("passes[].attempts[].to_byte", SIZE_BYTES + 1),
        ("verification.kind", "none"),
        ("verification.pass_number", 2),
        ("verification.pass_number", 0),
        ("verification.verified_bytes", SIZE_BYTES - 1),
        ("verification.verified_bytes", SIZE_BYTES + 1),
        ("verification.mismatched_bytes", 1),
        ("verification.first_mismatch_byte", 0),
        ("not_reached_bytes", 1),
        ("notice", {"kind": "failed", "reason": {"code": "x", "zh": "x", "en": "x"}}),
        ("outcome", "failed"),
        ("siblings", []),
    ],
)
def test_certificate__one_value_wrong__refused(path: str, value: object) -> None:
    """A certificate with any one contradiction is refused."""
    statement = certificate_statement()
    parent, _, name = path.rpartition(".")
    places = list(_places(statement, parent)) if parent else [({"": statement}, "", "")]
    container, key, _shown = places[-1]
    container[key][name] = value
    _refusal(statement)


@pytest.mark.parametrize(
    "changes",
    [
        {"verified_bytes": (9 << 20) + 1},
        {"verified_bytes": 9 << 20, "unread_bytes": 0},
        {"verified_bytes": SIZE_BYTES, "unread_bytes": 0},
        {"kind": "none"},
        {"sample": {"unit_bytes": 0}},
        {"sample": {"units": 63}},
        {"sample": {"strata": 0}},
        {"sample": {"strata": 65}},
        {"sample": {"strata": 6}},
        {"sample": {"sampled_units": 6}},
        {"sample": {"sampled_units": 10}},
        {"sample": {"differing_units": 0}},
        {"sample": {"differing_units": 33}},
        {"sample": {"differing_units": 65}},
        {"sample": {"missed_per_million": 0}},
        {"sample": {"missed_per_million": 9_000}},
        {"sample": {"missed_per_million": 1_000_001}},
        {"sample": {"seed_hex": "00"}},
    ],
)
def test_sample__one_value_wrong__refused(changes: Statement) -> None:
    """A sample adds up, and promises no more than its strata prove."""
    statement = sampled_statement()
    verification = statement["verification"]
    sample = verification["sample"] | changes.pop("sample", {})
    statement["verification"] = verification | changes | {"sample": sample}
    _refusal(statement)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"differing_units": 40},
        {"differing_units": 64, "missed_per_million": 0},
        {"missed_per_million": 20_000},
    ],
)
def test_sample__promises_as_much_as_it_proves_or_less__accepted(changes: Statement) -> None:
    """Who is modest is not wrong; a device that differs everywhere is always found."""
    statement = sampled_statement()
    statement["verification"]["sample"] |= changes
    statement_v1.check(statement)


def test_sample__short_last_unit__its_bytes_are_those_that_are_there() -> None:
    """The last unit of a device may be shorter than the others, and is always read."""
    statement = sampled_statement()
    statement["device"]["size_bytes"] = SIZE_BYTES - 512
    for each in statement["passes"]:
        each |= {"size_bytes": SIZE_BYTES - 512, "written_bytes": SIZE_BYTES - 512}
        each["attempts"][-1]["to_byte"] = SIZE_BYTES - 512
    _refusal(statement)
    statement["verification"] |= {
        "verified_bytes": (9 << 20) - 512,
        "unread_bytes": SIZE_BYTES - (9 << 20),
    }
    statement_v1.check(statement)


@pytest.mark.parametrize(
    "edit",
    [
        {"claim": {"category": "clear", "edition": "any", "reason": "any"}, "practice": False},
        {"id": "20261123T172205Z-5f3a9c1e"},
        {"id": "20261123T172205Z-5f3a9c1e-n0"},
        {"outcome": "indeterminate"},
        {"outcome": "aborted"},
        {"not_reached": [{"from_byte": 5, "to_byte": 5, "what": "unwritten"}]},
        {"not_reached_bytes": 4095},
        {"verification": {"kind": "none", "verified_bytes": 1}},
        {"verification": {"kind": "full", "mismatched_bytes": 1}},
        {"verification": {"kind": "full", "pass_number": 2}},
    ],
)
def test_notice__contradiction__refused(edit: Statement) -> None:
    """A notice must agree with itself too."""
    _refusal(notice_statement() | edit)


def test_not_reached__overlapping__refused() -> None:
    """Ranges are ascending and disjoint, so that their sum means something."""
    gap = {"from_byte": 0, "to_byte": 512, "what": "unwritten"}
    _refusal(notice_statement() | {"not_reached": [gap, gap], "not_reached_bytes": 1024})


def test_unknown_field__hostile_name__escaped_in_the_message() -> None:
    """A name from outside cannot bring control characters to the screen."""
    refusal = _refusal(certificate_statement() | {"\x1b[2J\u202e": 1})
    assert refusal.message.en.isprintable()
    assert refusal.message.zh.isprintable()


def test_statement__optional_facts__accepted() -> None:
    """Facts that are optional or unknown do not make a statement wrong."""
    statement = certificate_statement(PRODUCTION_SIGNER)
    del statement["policy"]
    statement["device"] |= {
        "usb_path": "1-2",
        "diskseq": "unknown",
        "physical_sector_bytes": "unknown",
        "siblings_not_covered": ["/dev/sdb"],
    }
    statement_v1.check(statement)


def test_notice__verification_that_found_a_mismatch__accepted() -> None:
    """A notice may say where the first wrong byte lies."""
    counts = {"verified_bytes": 512, "mismatched_bytes": 512, "unread_bytes": 0}
    verification = {"kind": "full", "pass_number": 1, "first_mismatch_byte": 512, **counts}
    statement_v1.check(notice_statement() | {"verification": verification})


def test_notice__pass_that_never_began_and_nothing_read__accepted() -> None:
    """A notice may list passes that never began, and count every byte as unread."""
    statement = notice_statement()
    never_began = statement["passes"][0] | {"number": 2, "written_bytes": 0, "attempts": []}
    del never_began["started_at"]
    statement["passes"].append(never_began)
    statement["verification"] = {
        "kind": "none",
        "verified_bytes": 0,
        "mismatched_bytes": 0,
        "unread_bytes": SIZE_BYTES,
    }
    statement_v1.check(statement)


_JSON = st.recursive(
    st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "unknown", "none", "x" * 64]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["kind", "number", "zh", "x"]), inner, max_size=2)
    ),
)


@given(st.sampled_from(erasure_v1.FIELDS), st.booleans(), _JSON)
def test_check__any_value_anywhere__only_the_declared_error(
    row: Field, notice: bool, value: object
) -> None:
    """Whatever stands in a field, the check ends well or with its one error."""
    statement = notice_statement() if notice else certificate_statement()
    for container, key, _shown in list(_places(statement, row.path))[:1]:
        container[key] = copy.deepcopy(value)
    with contextlib.suppress(CertificateError):
        statement_v1.check(statement)


@given(st.dictionaries(st.sampled_from(["schema", "type", "id"]), _JSON))
def test_check__hardly_a_statement__only_the_declared_error(value: Statement) -> None:
    """Objects that are no statements at all are refused, too."""
    _refusal(value)
