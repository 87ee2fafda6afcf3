"""Rules between the fields of a document, as data that the static page reads as well. Pure.

A path is the names of a field joined by dots; ``[]`` stands for each item of a list, of which a
path has one at most.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from certs.canonical import JsonObject
from certs.formats.fields import refuse
from certs.short_code import code_of

# Any: what stands at a path was checked by the table, which alone knows its kind.
Value = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class StandsWhere:
    """A field stands where another one has one of some values.

    Attributes:
        path: of the field.
        given: of the other one, which always stands.
        values: of that one.
        elsewhere: whether it may stand elsewhere, too.
    """

    path: str
    given: str
    values: tuple[str, ...]
    elsewhere: bool = False

    def check(self, statement: JsonObject) -> None:
        """Refuse a field that is missing or does not belong."""
        there = stands(statement, self.path)
        belongs = value_at(statement, self.given) in self.values
        if there and not belongs and not self.elsewhere:
            allowed = " | ".join(self.values)
            refuse(self.path, f"只在 {self.given} 是 {allowed} 时才有", _only(self.given, allowed))
        if belongs and not there:
            refuse(self.path, "缺少这个字段", "missing")


def _only(given: str, allowed: str) -> str:
    return f"belongs only where {given} is {allowed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactlyOne:
    """One of some fields stands, and no more."""

    paths: tuple[str, ...]

    def check(self, statement: JsonObject) -> None:
        """Refuse none and several."""
        if sum(stands(statement, path) for path in self.paths) != 1:
            names = " | ".join(self.paths)
            refuse(self.paths[0], f"要有其中一个：{names}", f"expected exactly one of: {names}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Differ:
    """Two fields have different values where both stand; both may be of the items of one list."""

    path: str
    other: str

    def check(self, statement: JsonObject) -> None:
        """Refuse equal ones."""
        others = {_item(place): value for place, value in values_at(statement, self.other)}
        for place, value in values_at(statement, self.path):
            if _item(place) in others and others[_item(place)] == value:
                refuse(place, f"和 {self.other} 相同", f"the same as {self.other}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoneTwice:
    """No value stands at a path of the items of a list twice."""

    path: str

    def check(self, statement: JsonObject) -> None:
        """Refuse the second."""
        seen = set()
        for place, value in values_at(statement, self.path):
            if value in seen:
                refuse(place, "出现了两次", "there twice")
            seen.add(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEmpty:
    """A list, where it stands, has an item."""

    path: str

    def check(self, statement: JsonObject) -> None:
        """Refuse an empty one."""
        for place, value in values_at(statement, self.path):
            if not value:
                refuse(place, "是空的", "empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class InOrder:
    """One time is not after another; both always stand."""

    earlier: str
    later: str

    def check(self, statement: JsonObject) -> None:
        """Refuse the wrong order. Times have one spelling, in which text sorts as time."""
        if value_at(statement, self.earlier) > value_at(statement, self.later):
            refuse(self.earlier, f"比 {self.later} 还晚", f"after {self.later}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OnceAmong:
    """No value stands in several lists, or twice in one; all of them always stand."""

    paths: tuple[str, ...]

    def check(self, statement: JsonObject) -> None:
        """Refuse the second."""
        known = set()
        for path in self.paths:
            for place, value in values_at(statement, path):
                if value in known:
                    refuse(place, "出现了两次", "there twice")
                known.add(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountOf:
    """A number is how many items a list has; both always stand."""

    path: str
    of: str

    def check(self, statement: JsonObject) -> None:
        """Refuse another number."""
        if value_at(statement, self.path) != len(value_at(statement, self.of)):
            refuse(self.path, f"和 {self.of} 的项数不符", f"not the number of items of {self.of}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SumOf:
    """A number is the sum of others; all of them always stand."""

    path: str
    of: tuple[str, ...]

    def check(self, statement: JsonObject) -> None:
        """Refuse another number."""
        if value_at(statement, self.path) != sum(value_at(statement, each) for each in self.of):
            names = " + ".join(self.of)
            refuse(self.path, f"不等于 {names}", f"not {names}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortCodeOf:
    """A short code is that of a document's digest, in the same item of a list."""

    path: str
    digest: str

    def check(self, statement: JsonObject) -> None:
        """Refuse another document's."""
        digests = {_item(place): value for place, value in values_at(statement, self.digest)}
        for place, value in values_at(statement, self.path):
            if value != code_of(bytes.fromhex(digests[_item(place)])):
                refuse(place, f"不是 {self.digest} 的短码", f"not the short code of {self.digest}")


Rule = (
    StandsWhere
    | ExactlyOne
    | Differ
    | NoneTwice
    | NotEmpty
    | InOrder
    | OnceAmong
    | CountOf
    | SumOf
    | ShortCodeOf
)


def check_rules(statement: JsonObject, rules: Sequence[Rule]) -> None:
    """Check agreement between fields of a statement whose shape is right.

    Raises:
        CertificateError: SCHEMA, naming the field that disagrees.
    """
    for rule in rules:
        rule.check(statement)


def stands(statement: JsonObject, path: str) -> bool:
    """Tell whether anything stands at a path."""
    return any(True for _ in values_at(statement, path))


def value_at(statement: JsonObject, path: str) -> Value:
    """Return what stands at a path without lists, where it always stands."""
    return next(value for _, value in values_at(statement, path))


def values_at(statement: JsonObject, path: str) -> Iterator[tuple[str, Value]]:
    """Yield each place that a path means, with what stands there."""
    found: list[tuple[str, Value]] = [("", statement)]
    for name in path.replace("[]", ".[]").split("."):
        found = [inner for place, value in found for inner in _inside(place, value, name)]
    yield from found


def _inside(place: str, value: Value, name: str) -> Iterator[tuple[str, Value]]:
    if name == "[]":
        for number, item in enumerate(value):
            yield f"{place}[{number}]", item
    elif name in value:
        yield f"{place}.{name}" if place else name, value[name]


def _item(place: str) -> str:
    """Return the item of a list that a place lies in; empty where in none."""
    return "".join(place.rpartition("]")[:2])
