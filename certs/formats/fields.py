"""A table of fields that both documents a statement and checks its shape. Pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import NoReturn

from certs.canonical import JsonObject
from certs.errors import CertificateError, Layer
from certs.layout import DocumentType
from certs.text import Text

MAX_LIST_ITEMS = 10_000
MAX_TEXT_CHARACTERS = 1000
MAX_DECIMALS = 4
MAX_MEASURES = 256
MAX_MEASURE_CHARACTERS = 256
MEASURE_NAME = r"[a-z][a-z0-9_]{0,63}"
"""Of measures, whose limits are `grading.measures`'s."""
UNKNOWN = "unknown"

_HINT = Text(
    zh="请让出具方查明原因并重新出具；也可能需要更新 wipe-cert。",
    en="Ask the issuer to find the cause and issue it anew; wipe-cert may also need an update.",
)


class Kind(Enum):
    """What a field holds; the value is the wording for the documentation page."""

    OBJECT = "object"
    LIST = "list"
    BOOLEAN = "true or false"
    TEXT = "text of 1 to 1000 characters"
    CODE = "code of 1 to 64 letters, digits and _ . : + -"
    TIME = "UTC time YYYY-MM-DDTHH:MM:SSZ"
    OFFSET = "offset from UTC, such as +08:00"
    ID = "job time, 8 hex digits, -nN in notices"
    SHA256 = "SHA-256, 64 lower-case hex digits"
    SHA256_OR_UNKNOWN = "SHA-256, 64 lower-case hex digits, or unknown"
    KEY = "stream key, 64 lower-case hex digits"
    SALT = "32 random bytes as 64 lower-case hex digits"
    SHORT_CODE = "short code, see qr.md: 10 characters and their check character"
    STAFF = "staff number of 1 to 10 digits"
    CURRENCY = "currency by its three letters (ISO 4217)"
    BYTES = "1 to 512 bytes in lower-case hex"
    COUNT = "integer from 0 to 2^53-1"
    COUNT_OR_UNKNOWN = "integer from 0 to 2^53-1, or unknown"
    DECIMALS = "integer from 0 to 4"
    TRUE = "true"
    MEASURES = "object of at most 256 names with integers, texts, true or false"


PATTERNS = {
    Kind.CODE: r"[A-Za-z0-9_][A-Za-z0-9_.:+-]{0,63}",
    Kind.OFFSET: r"[+-](0[0-9]|1[0-4]):[0-5][0-9]",
    Kind.ID: r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}(-n[1-9][0-9]{0,5})?",
    Kind.SHA256: r"[0-9a-f]{64}",
    Kind.SHA256_OR_UNKNOWN: r"[0-9a-f]{64}|unknown",
    Kind.KEY: r"[0-9a-f]{64}",
    Kind.SALT: r"[0-9a-f]{64}",
    Kind.SHORT_CODE: r"[0-9A-HJKMNP-TV-Z]{10}[0-9A-HJKMNP-TV-Z*~$=U]",
    Kind.STAFF: r"[0-9]{1,10}",
    Kind.CURRENCY: r"[A-Z]{3}",
    Kind.BYTES: r"([0-9a-f]{2}){1,512}",
}
"""Of whole strings, in what Python and JavaScript have in common."""


class Required(Enum):
    """In which documents a field must stand."""

    ALWAYS = "in every document"
    CERTIFICATE = "in certificates; in notices where it applies"
    NOTICE = "in notices, and only there"
    WHERE_IT_APPLIES = "where it applies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One row of the table.

    Attributes:
        path: names joined by dots; ``[]`` stands for each item of a list. Items of a list
            without a row of their own are objects.
        kind: what it holds.
        required_in: where it must stand, provided its parent stands there.
        meaning: one sentence in each language.
        values: if not empty, the only strings allowed.
    """

    path: str
    kind: Kind
    required_in: Required
    meaning: Text
    values: tuple[str, ...] = ()


def field(path: str, kind: Kind, required: Required, zh: str, en: str, *values: str) -> Field:
    """Return a row; a table is read by its rows, so each is one line."""
    return Field(
        path=path, kind=kind, required_in=required, meaning=Text(zh=zh, en=en), values=values
    )


def children_of(rows: Sequence[Field]) -> dict[str, dict[str, Field]]:
    """Return the rows below each path by their names; items of lists are no children."""
    children: dict[str, dict[str, Field]] = {}
    for row in rows:
        parent, _, name = row.path.rpartition(".")
        if not name.endswith("[]"):
            children.setdefault(parent, {})[name] = row
    return children


class FieldTable:
    """Checks statements against rows; anything without a row is refused."""

    def __init__(self, rows: Sequence[Field]) -> None:
        self._rows = {row.path: row for row in rows}
        self._children = children_of(rows)

    def check(self, statement: JsonObject, document_type: DocumentType) -> None:
        """Check names, types and allowed values.

        Args:
            statement: decoded canonical JSON.
            document_type: decides which fields must and may stand.

        Raises:
            CertificateError: SCHEMA, naming the path of the field.
        """
        self._check_object(statement, "", "", document_type)

    def _check_object(
        self, value: JsonObject, pattern: str, where: str, document_type: DocumentType
    ) -> None:
        children = self._children[pattern]
        for name in value:
            if name not in children:
                refuse(_joined(where, shown(name)), "不认识的字段", "unknown field")
        for name, row in children.items():
            path = _joined(where, name)
            if name in value:
                self._check_allowed(row, path, document_type)
                self._check_value(value[name], row.path, path, document_type)
            elif must_stand(row.required_in, document_type):
                refuse(path, "缺少这个字段", "missing")

    def _check_allowed(self, row: Field, path: str, document_type: DocumentType) -> None:
        if row.required_in is Required.NOTICE and not document_type.is_notice:
            refuse(path, "只能出现在通知书里", "belongs in notices only")

    def _check_value(
        self, value: object, pattern: str, where: str, document_type: DocumentType
    ) -> None:
        row = self._rows.get(pattern)
        kind = row.kind if row else Kind.OBJECT
        if kind is Kind.OBJECT and isinstance(value, dict):
            self._check_object(value, pattern, where, document_type)
        elif kind is Kind.LIST and isinstance(value, list):
            self._check_list(value, pattern, where, document_type)
        elif not fits(kind, value):
            refuse(where, f"应为：{kind.value}", f"expected: {kind.value}")
        elif row and row.values and value not in row.values:
            allowed = " | ".join(row.values)
            refuse(where, f"只能是：{allowed}", f"expected one of: {allowed}")

    def _check_list(
        self, value: list[object], pattern: str, where: str, document_type: DocumentType
    ) -> None:
        if len(value) > MAX_LIST_ITEMS:
            refuse(where, f"超过 {MAX_LIST_ITEMS} 项", f"more than {MAX_LIST_ITEMS} items")
        for index, item in enumerate(value):
            self._check_value(item, f"{pattern}[]", f"{where}[{index}]", document_type)


def refuse(path: str, zh: str, en: str) -> NoReturn:
    """Refuse at the schema layer, naming the field."""
    message = Text(zh=f"证明内容不对：{path}：{zh}。", en=f"Wrong statement: {path}: {en}.")
    raise CertificateError(Layer.SCHEMA, message, _HINT)


def shown(text: str, most: int = 80) -> str:
    """Make a foreign string safe to show: control and invisible characters escaped, shortened."""
    escaped = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[:most])
    return escaped if len(text) <= most else escaped + "…"


def parse_time(text: str) -> datetime:
    """Read a time of the form ``YYYY-MM-DDTHH:MM:SSZ``.

    Raises:
        ValueError: no such date, or another form.
    """
    match = _TIME.fullmatch(text)
    if not match:
        raise ValueError(text)
    year, month, day, hour, minute, second = map(int, match.groups())
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _joined(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def must_stand(required: Required, document_type: DocumentType) -> bool:
    """Tell whether a field must stand in a document, provided its parent does."""
    return (
        required is Required.ALWAYS
        or (required is Required.CERTIFICATE and document_type.certifies)
        or (required is Required.NOTICE and document_type.is_notice)
    )


_TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z")


def _matches(kind: Kind) -> Callable[[object], bool]:
    compiled = re.compile(PATTERNS[kind])
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _never(_value: object) -> bool:
    # A list or an object where something else was found.
    return False


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(parse_time(value))
    except ValueError:
        return False


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXT_CHARACTERS


def _are_measures(value: object) -> bool:
    return (
        isinstance(value, dict)
        and len(value) <= MAX_MEASURES
        and all(re.fullmatch(MEASURE_NAME, name) and _is_measure(of) for name, of in value.items())
    )


def _is_measure(value: object) -> bool:
    if isinstance(value, str):
        return 0 < len(value) <= MAX_MEASURE_CHARACTERS
    return isinstance(value, bool) or _is_count(value)


def fits(kind: Kind, value: object) -> bool:
    """Tell whether a value is of a kind; lists and objects are of none."""
    return _LEAF_CHECKS.get(kind, _never)(value)


_LEAF_CHECKS: dict[Kind, Callable[[object], bool]] = {
    Kind.BOOLEAN: lambda value: isinstance(value, bool),
    Kind.TEXT: _is_text,
    Kind.TIME: _is_time,
    **{kind: _matches(kind) for kind in PATTERNS},
    Kind.COUNT: _is_count,
    Kind.COUNT_OR_UNKNOWN: lambda value: value == UNKNOWN or _is_count(value),
    Kind.DECIMALS: lambda value: type(value) is int and 0 <= value <= MAX_DECIMALS,
    Kind.MEASURES: _are_measures,
    Kind.TRUE: lambda value: value is True,
}
