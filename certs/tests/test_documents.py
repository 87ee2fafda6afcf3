"""Documents of all types but a drive's: their tables, their rules, and what they are worth."""

import contextlib
import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.errors import CertificateError, Layer
from certs.formats import statement_v1
from certs.formats.document import DocumentFormat
from certs.formats.facts import Fact, Form, fact_lines
from certs.formats.rules import Rule
from certs.formats.statement_v1 import FORMATS
from certs.layout import CERTIFICATES, NOTICES, OF_PHONES, DocumentType, bundle_of
from certs.report import EXIT_CODES
from certs.sampled import ERASED_BY_ITSELF
from certs.tests import document_vectors, field_vectors
from certs.tests.document_samples import (
    ERASURE,
    SAMPLES,
    TICKET,
    custody_statement,
    destroyed_statement,
    grade_statement,
    receipt_statement,
)
from certs.tests.make_vectors import differing
from certs.tests.phone_samples import PHONES, phone_statement
from certs.tests.samples import NOW, PRACTICE_ROOT, PRODUCTION_SIGNER, ROOT, Statement, signed_files
from certs.text import Text
from certs.verdict import Status, Verdict, compare_line
from certs.verify import verify

FIELD_CASES = list(field_vectors.read_all())


def refused(statement: Statement) -> CertificateError:
    """Return how a statement is refused."""
    with pytest.raises(CertificateError) as caught:
        statement_v1.check(statement)
    assert caught.value.layer is Layer.SCHEMA
    return caught.value


def _verified(statement: Statement) -> Verdict:
    bundle = bundle_of(signed_files(statement))
    return verify(bundle, root_pem=PRACTICE_ROOT.pem, allow_practice=True, now=NOW)


# --- fields --------------------------------------------------------------------------------------


def test_field_vectors__generated_again__same_bytes() -> None:
    """The files in the repository are exactly what the generator makes."""
    assert differing(field_vectors.FOLDER, field_vectors.rendered()) == []


def test_field_vectors__each_statement_and_case__as_it_says() -> None:
    """Each field of each type, left out or wrong, is refused by its own name."""
    for _, statement, case in FIELD_CASES:
        if case is None:
            statement_v1.check(statement)
        else:
            shown = case["path"].replace("[]", "[0]")
            assert shown in refused(statement).message.en, case


def test_field_vectors__tables__every_field_is_there() -> None:
    """No field goes without a case; of the table of jobs, in one of its two documents."""
    cases: dict[str, set[str]] = {}
    for name, _, case in FIELD_CASES:
        if case is not None:
            cases.setdefault(name, set()).add(case["path"])
    for kind in DocumentType:
        found = cases[kind.value] | (set() if kind in FORMATS else cases["notice"])
        if kind is not DocumentType.NOTICE:
            assert {row.path for row in field_vectors.fields_of(kind)} == found


@pytest.mark.parametrize("described", FORMATS.values(), ids=lambda each: each.document_type.value)
def test_table__parents__are_objects_or_lists(described: DocumentFormat) -> None:
    """Every row's parent stands in the table, and nothing twice."""
    rows = [row.path for row in described.fields]
    assert len(set(rows)) == len(rows)
    for path in rows:
        parent = path.removesuffix("[]") if path.endswith("[]") else path.rpartition(".")[0]
        assert not parent or parent.removesuffix("[]") in rows


# --- rules ---------------------------------------------------------------------------------------


def _rules() -> Iterator[tuple[DocumentFormat, Rule]]:
    for described in FORMATS.values():
        for rule in described.rules:
            yield described, rule


@pytest.mark.parametrize(("described", "rule"), list(_rules()))
def test_rule__left_out__one_of_its_vectors_passes(described: DocumentFormat, rule: Rule) -> None:
    """Each rule of each type has a document that breaks it and nothing else."""
    without = replace(described, rules=tuple(each for each in described.rules if each != rule))
    passing = []
    for name, (_, make, edit) in document_vectors.RULES.items():
        statement = make()
        edit(statement)
        if statement["type"] == described.document_type.value:
            with contextlib.suppress(CertificateError):
                without.check(statement)
                passing.append(name)
    assert passing


_JSON = st.recursive(
    st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "unknown", "none", "x" * 64]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["kind", "what", "zh", "x"]), inner, max_size=2)
    ),
)
_ROWS = [(kind, row) for kind in FORMATS for row in field_vectors.fields_of(kind)]
_MADE = field_vectors.statements()


@given(st.sampled_from(_ROWS), st.integers(0, 5), _JSON)
def test_check__any_value_anywhere__only_the_declared_error(
    field: tuple[DocumentType, Any], number: int, value: object
) -> None:
    """Whatever stands in a field, the check ends well or with its one error."""
    kind, row = field
    statement = copy.deepcopy(_MADE[kind][number % len(_MADE[kind])])
    way = field_vectors.place_of(statement, row.path)
    if way is not None:
        statement = field_vectors.edited(statement, {"at": way, "value": value})
    with contextlib.suppress(CertificateError):
        statement_v1.check(statement)


# --- what they are worth -------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_verdict__document_about_no_job__genuine_and_never_erased(name: str) -> None:
    """Whoever asks whether a device was erased gets no yes from such a document."""
    verdict = _verified(SAMPLES[name]())
    assert verdict.status is Status.GENUINE
    assert EXIT_CODES[verdict.status] == 5
    first, second = verdict.lines[:2]
    assert first.en.startswith("Compare ")
    assert first.zh.startswith("请")
    assert "nothing about an erasure" in second.en
    assert all("erased; every byte" not in line.en.lower() for line in verdict.lines)


def _of_phone(name: str) -> Verdict:
    """Return the verdict on a phone's document of production."""
    bundle = bundle_of(signed_files(PHONES[name](PRODUCTION_SIGNER), PRODUCTION_SIGNER))
    return verify(bundle, root_pem=ROOT.pem, allow_practice=False, now=NOW)


@pytest.mark.parametrize("name", PHONES)
def test_verdict__phone__certificate_alone_is_erased(name: str) -> None:
    """Only a phone's certificate is green; its headline never says that bytes were checked."""
    verdict = _of_phone(name)
    wanted = {
        "phone_notice": (Status.NOT_ERASED, 3),
        "phone_notice_aborted": (Status.INCONCLUSIVE, 5),
        "phone_notice_unproven": (Status.INCONCLUSIVE, 5),
        "phone_notice_unsupported": (Status.INCONCLUSIVE, 5),
    }.get(name, (Status.ERASED, 0))
    assert (verdict.status, EXIT_CODES[verdict.status]) == wanted
    erased = verdict.lines[1] == ERASED_BY_ITSELF
    assert erased is (verdict.status is Status.ERASED)
    assert all("byte checked" not in line.en for line in verdict.lines)


def test_verdict__phone_without_a_root__signer_unknown() -> None:
    """A phone's certificate is not green because it says so."""
    bundle = bundle_of(signed_files(phone_statement(PRODUCTION_SIGNER), PRODUCTION_SIGNER))
    verdict = verify(bundle, root_pem=None, allow_practice=False, now=NOW)
    assert verdict.status is Status.SIGNER_UNKNOWN


def test_verdict__phone__tells_observed_from_inferred() -> None:
    """Whoever reads it learns what was seen, what nobody can see, and what is claimed."""
    lines = {line.en for line in _of_phone("phone_certificate").lines}
    assert "The issuer claims: Purge" in lines
    assert any(line.startswith("Inferred, not observed: That its keys") for line in lines)
    assert any(line.startswith("Observed: A random file that") for line in lines)
    against = {line.en for line in _of_phone("phone_notice").lines}
    assert "Against it: The file that was laid down before is still there." in against
    assert "Reason: The phone was not erased." in against


@pytest.mark.parametrize(("kind", "fits"), [(kind, kind.of_job) for kind in DocumentType])
def test_references__to_an_erasure__any_document_about_a_job(
    kind: DocumentType, fits: bool
) -> None:
    """Notices of custody and grade reports name documents about a job, a phone's among them."""
    about = replace(ERASURE, document_type=kind)
    for statement in (custody_statement(erasure=about), grade_statement(about=about)):
        if fits:
            statement_v1.check(statement)
        else:
            assert "type" in refused(statement).message.en


def test_types__each__certifies_or_is_a_notice_or_is_about_no_job() -> None:
    """What a type is follows from one place, and nothing is two of it."""
    assert not set(CERTIFICATES) & set(NOTICES)
    assert {kind for kind in DocumentType if kind.of_job} == {*CERTIFICATES, *NOTICES}
    assert {kind for kind in DocumentType if kind.of_phone} == {*OF_PHONES}
    assert all(kind.of_job for kind in OF_PHONES)


def test_verdict__receipt__says_what_it_says_in_both_languages() -> None:
    """Ticket, price and consents are read from the verdict."""
    lines = {line.en for line in _verified(receipt_statement()).lines}
    assert f"Ticket: {TICKET}" in lines
    assert "Price: 199.00 CNY" in lines
    assert "The customer consented to: erase; read; keep identity" in lines
    assert "Practice: this is no certificate." in lines
    chinese = {line.zh for line in _verified(receipt_statement()).lines}
    assert "顾客同意：清除；读取检查；保存身份信息" in chinese


def test_verdict__destroyed__names_witness_and_company() -> None:
    """A destruction is told with who saw it and who did it."""
    lines = {line.en for line in _verified(destroyed_statement()).lines}
    assert "What became of it: the device was destroyed" in lines
    assert {"Seen by staff number: 1008", "Company that destroyed it: Example Shredding"} <= lines


def test_verdict__hostile_description__shown_escaped() -> None:
    """What somebody typed cannot steer the terminal."""
    statement = custody_statement()
    statement["device"]["description"] = "A\x1b[31m\u202eB\n"
    statement["reason"]["en"] = "\x1b[2J"
    for line in _verified(statement).lines:
        assert line.zh.isprintable()
        assert line.en.isprintable()


def test_compare_line__neither_device_nor_reference__the_document_itself() -> None:
    """A document about many things is compared by its own number."""
    assert compare_line({"id": "20261123T172540Z-11111111"}).en == (
        "Compare the number of the document: 20261123T172540Z-11111111."
    )


@pytest.mark.parametrize(
    ("price", "said"),
    [((19_900, 2), "199.00 X"), ((5, 2), "0.05 X"), ((5, 0), "5 X"), ((0, 4), "0.0000 X")],
)
def test_facts__price__with_its_decimals(price: tuple[int, int], said: str) -> None:
    """A price is told as money, whatever the smallest unit of its currency."""
    fact = Fact(label=Text(zh="价", en="Price"), path="price", form=Form.PRICE)
    stated = {"minor_units": price[0], "decimals": price[1], "currency": "X"}
    assert [line.en for line in fact_lines({"price": stated}, [fact])] == [f"Price: {said}"]


def test_facts__long_list__cut_and_says_so() -> None:
    """A list of thousands makes one line of twenty."""
    fact = Fact(label=Text(zh="项", en="Items"), path="items[]")
    (line,) = fact_lines({"items": [str(number) for number in range(500)]}, [fact])
    assert line.en.endswith("; 19…")
    assert fact_lines({}, [fact]) == []
