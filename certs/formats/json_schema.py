"""The tables of fields as JSON Schema (draft 2020-12), for programs that are not ours. Pure.

A schema says what a statement is made of. What its fields must agree on with each other, the one
spelling of its bytes and who signed them, it does not say: see docs/formats.md.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from certs.canonical import MAX_INTEGER, JsonObject
from certs.formats import erasure_v1
from certs.formats.fields import (
    MAX_DECIMALS,
    MAX_LIST_ITEMS,
    MAX_MEASURE_CHARACTERS,
    MAX_MEASURES,
    MAX_TEXT_CHARACTERS,
    MEASURE_NAME,
    PATTERNS,
    UNKNOWN,
    Field,
    Kind,
    Required,
    children_of,
    must_stand,
)
from certs.formats.head_v1 import SCHEMA_VERSION
from certs.formats.statement_v1 import FORMATS
from certs.layout import DocumentType

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_COUNT: Final = {"type": "integer", "minimum": 0, "maximum": MAX_INTEGER}
_LEAVES: Final[Mapping[Kind, JsonObject]] = {
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.TRUE: {"const": True},
    Kind.TEXT: {"type": "string", "minLength": 1, "maxLength": MAX_TEXT_CHARACTERS},
    Kind.TIME: {
        "type": "string",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
    },
    Kind.COUNT: _COUNT,
    Kind.COUNT_OR_UNKNOWN: {"anyOf": [_COUNT, {"const": UNKNOWN}]},
    Kind.DECIMALS: {"type": "integer", "minimum": 0, "maximum": MAX_DECIMALS},
    Kind.MEASURES: {
        "type": "object",
        "maxProperties": MAX_MEASURES,
        "propertyNames": {"pattern": f"^(?:{MEASURE_NAME})$"},
        "additionalProperties": {
            "anyOf": [
                _COUNT,
                {"type": "boolean"},
                {"type": "string", "minLength": 1, "maxLength": MAX_MEASURE_CHARACTERS},
            ]
        },
    },
    **{
        kind: {"type": "string", "pattern": f"^(?:{pattern})$"}
        for kind, pattern in PATTERNS.items()
    },
}


def json_schema(kind: DocumentType) -> JsonObject:
    """Return the schema of a type of document.

    Args:
        kind: any.

    Returns:
        a schema that accepts each good statement of this type and of no other.
    """
    described = FORMATS.get(kind)
    fields = erasure_v1.FIELDS if described is None else described.fields
    made = _Maker(kind, fields).object_at("")
    made["properties"] |= {
        "type": {"const": kind.value},
        "schema_version": {"const": SCHEMA_VERSION},
    }
    return {
        "$schema": DIALECT,
        "$id": f"urn:wipe-station:statement:{SCHEMA_VERSION}:{kind.value}",
        "title": kind.value,
        **made,
    }


class _Maker:
    """Makes the schema of one table."""

    def __init__(self, kind: DocumentType, fields: Sequence[Field]) -> None:
        self._kind = kind
        self._rows = {row.path: row for row in fields}
        self._children = children_of(fields)

    def object_at(self, path: str) -> JsonObject:
        rows = {name: row for name, row in self._children[path].items() if self._may_stand(row)}
        needed = [n for n, row in rows.items() if must_stand(row.required_in, self._kind)]
        return {
            "type": "object",
            "properties": {name: self._said_of(row) for name, row in rows.items()},
            "required": needed,
            "additionalProperties": False,
        }

    def _may_stand(self, row: Field) -> bool:
        return row.required_in is not Required.NOTICE or self._kind.is_notice

    def _said_of(self, row: Field) -> JsonObject:
        said = f"{row.meaning.zh} · {row.meaning.en}"
        return {"description": said, **self._of(row)}

    def _of(self, row: Field) -> JsonObject:
        if row.kind is Kind.OBJECT:
            return self.object_at(row.path)
        if row.kind is Kind.LIST:
            return {"type": "array", "maxItems": MAX_LIST_ITEMS, "items": self._items(row.path)}
        return {**_LEAVES[row.kind], **({"enum": list(row.values)} if row.values else {})}

    def _items(self, path: str) -> JsonObject:
        row = self._rows.get(f"{path}[]")
        return self.object_at(f"{path}[]") if row is None else self._of(row)
