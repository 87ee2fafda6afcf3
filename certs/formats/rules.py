"""Rules between the fields of a document, as data that the static page reads as well. Pure.

A path is the names of a field joined by dots; ``[]`` stands for each item of a list, of which a
path has one at most.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """A list has so many items, where some things hold.

    Attributes:
        path: of the list, which always stands.
        least: items.
        most: the same.
        given: where all of them hold; everywhere if there are none.
    """

    path: str
    least: int
    most: int
    given: tuple["Holds", ...] = ()

    def check(self, statement: JsonObject) -> None:
        """Refuse fewer and more."""
        count = len(value_at(statement, self.path))
        if _all_hold(statement, self.given) and not self.least <= count <= self.most:
            wanted = f"{self.least} - {self.most}"
            refuse(self.path, f"应有 {wanted} 项", f"expected {wanted} items")


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A field of an item stands only where another one of the same item does."""

    path: str
    other: str

    def check(self, statement: JsonObject) -> None:
        """Refuse one that stands alone."""
        others = {_item(place) for place, _ in values_at(statement, self.other)}
        for place, _ in values_at(statement, self.path):
            if _item(place) not in others:
                refuse(place, f"要有 {self.other}", f"needs {self.other}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ascending:
    """Times follow each other: one, then some of each item of a list, then another one.

    Attributes:
        first: always stands.
        items: path of the list, which always stands.
        names: of an item's times, in their order; what does not stand is passed over.
        last: always stands.
    """

    first: str
    items: str
    names: tuple[str, ...]
    last: str

    def check(self, statement: JsonObject) -> None:
        """Refuse a time before the one before it."""
        earlier = value_at(statement, self.first)
        for place, time in (*self._between(statement), (self.last, value_at(statement, self.last))):
            if time < earlier:
                refuse(place, "次序不对", "before what came before it")
            earlier = time

    def _between(self, statement: JsonObject) -> Iterator[tuple[str, Value]]:
        for place, item in values_at(statement, f"{self.items}[]"):
            for name in self.names:
                if name in item:
                    yield f"{place}.{name}", item[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class KindsAmong:
    """The values at a path are of so many kinds; a value that has none here does not count."""

    path: str
    kinds: Mapping[str, str]
    least: int

    def check(self, statement: JsonObject) -> None:
        """Refuse fewer kinds."""
        found = {self.kinds.get(value) for _, value in values_at(statement, self.path)} - {None}
        if len(found) < self.least:
            least = self.least
            refuse(self.path, f"少于 {least} 种互不相干的证据", f"fewer than {least} kinds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """Something that may hold of a statement.

    Attributes:
        path: of a field, or of the items of a list.
        values: of which one stands there; if there are none, anything but the number 0.
    """

    path: str
    values: tuple[str | int | bool, ...] = ()

    def of(self, statement: JsonObject) -> bool:
        """Tell whether it holds."""
        wanted = self.values or None
        return any(
            not _same(value, 0) if wanted is None else any(_same(value, each) for each in wanted)
            for _, value in values_at(statement, self.path)
        )


def _same(value: Value, other: Value) -> bool:
    # Python's True is 1; JSON's is not.
    return type(value) is type(other) and bool(value == other)


def _all_hold(statement: JsonObject, things: Sequence[Holds]) -> bool:
    return all(each.of(statement) for each in things)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Where some things hold, at least one of some others does.

    Attributes:
        given: all of them; none means everywhere.
        one_of: what has to hold.
    """

    given: tuple[Holds, ...] = ()
    one_of: tuple[Holds, ...]

    def check(self, statement: JsonObject) -> None:
        """Refuse where none of them holds."""
        holds = any(each.of(statement) for each in self.one_of)
        if _all_hold(statement, self.given) and not holds:
            wanted = " | ".join(map(_named, self.one_of))
            refuse(self.one_of[0].path, f"应为：{wanted}", f"expected: {wanted}")


def _named(thing: Holds) -> str:
    # As JSON writes them.
    allowed = ", ".join(
        each if isinstance(each, str) else json.dumps(each) for each in thing.values
    )
    allowed = allowed or "not 0"
    return f"{thing.path} = {allowed}"


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
    | Length
    | Beside
    | Ascending
    | KindsAmong
    | Needs
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
