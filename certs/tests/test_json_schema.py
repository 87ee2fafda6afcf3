"""The schemas that others check statements with, by a validator that is not ours."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from certs.formats.json_schema import json_schema
from certs.layout import DocumentType
from certs.tests.field_vectors import read_all, statements

VALIDATORS: dict[str, Any] = {
    kind.value: Draft202012Validator(json_schema(kind)) for kind in DocumentType
}


@pytest.mark.parametrize("kind", DocumentType, ids=lambda kind: kind.value)
def test_schema__each_type__is_one(kind: DocumentType) -> None:
    """A schema is valid under its own dialect."""
    Draft202012Validator.check_schema(json_schema(kind))


def test_schema__field_vectors__accepts_the_flawless_and_no_case() -> None:
    """Whatever our table refuses in shape, the schema refuses, and what is good it takes."""
    for kind, statement, case in read_all():
        assert VALIDATORS[kind].is_valid(statement) is (case is None), (kind, case)


@pytest.mark.parametrize("kind", DocumentType, ids=lambda kind: kind.value)
def test_schema__statements_of_other_types__refused(kind: DocumentType) -> None:
    """No document passes for one of another type."""
    for other, found in statements().items():
        assert VALIDATORS[kind.value].is_valid(found[0]) is (other is kind)
