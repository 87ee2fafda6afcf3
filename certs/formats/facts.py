"""What a document says, put into lines for people by data. Pure.

The same lines stand in the verdict, on the static page (which reads the data) and on paper.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from certs.canonical import JsonObject
from certs.formats.fields import shown
from certs.formats.rules import Value, values_at
from certs.text import Text

_MOST_SHOWN = 400
_MOST_ITEMS = 20
_YES_OR_NO = {True: Text(zh="是", en="yes"), False: Text(zh="否", en="no")}


class Form(Enum):
    """How a value is written."""

    PLAIN = "plain"
    BOTH = "both"
    """An object with ``zh`` and ``en``."""
    PRICE = "price"
    """An object with ``minor_units``, ``decimals`` and ``currency``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line, which stands where its field does.

    Attributes:
        label: before the colon.
        path: of the field; of the items of a list, the first twenty stand in one line.
        form: how each is written.
        parts: where it is an object: its fields in braces, and what stands between them.
        words: of values that are codes.
    """

    label: Text
    path: str
    form: Form = Form.PLAIN
    parts: str = ""
    words: Mapping[str, Text] = field(default_factory=dict)


def facts_of(statement: JsonObject, facts: Sequence[Fact]) -> list[tuple[Text, Text]]:
    """Return label and value of each fact that stands.

    Args:
        statement: checked against the schema.
        facts: of its type.
    """
    return [
        (fact.label, value)
        for fact in facts
        if (value := _value(fact, [found for _, found in values_at(statement, fact.path)]))
    ]


def fact_lines(statement: JsonObject, facts: Sequence[Fact]) -> list[Text]:
    """Return the same as lines."""
    return [
        Text(zh=f"{label.zh}：{value.zh}", en=f"{label.en}: {value.en}")
        for label, value in facts_of(statement, facts)
    ]


def _value(fact: Fact, found: Sequence[Value]) -> Text | None:
    if not found:
        return None
    texts = [_written(fact, each) for each in found[:_MOST_ITEMS]]
    more = "…" if len(found) > _MOST_ITEMS else ""
    # What is not in our words is the same in both languages, and so is the line of it.
    if len(found) > 1:
        texts = [Text(zh=it.zh.removesuffix("。"), en=it.en.removesuffix(".")) for it in texts]
    zh = "；".join(text.zh for text in texts) + more
    en = "; ".join(text.en for text in texts) + more
    same = all(text.zh == text.en for text in texts)
    return Text(zh=en if same else zh, en=en)


def _written(fact: Fact, value: Value) -> Text:
    if fact.form is Form.BOTH:
        return Text(zh=shown(value["zh"], _MOST_SHOWN), en=shown(value["en"], _MOST_SHOWN))
    if fact.form is Form.PRICE:
        price = _price(value["minor_units"], value["decimals"], value["currency"])
        return Text(zh=price, en=price)
    if fact.parts:
        filled = re.sub(r"\{(\w+)\}", lambda named: _plain(value[named[1]]), fact.parts)
        return Text(zh=filled, en=filled)
    if isinstance(value, bool):
        return _YES_OR_NO[value]
    return fact.words.get(value) or Text(zh=_plain(value), en=_plain(value))


def _plain(value: Value) -> str:
    return f"{value:,}" if isinstance(value, int) else shown(value, _MOST_SHOWN)


def _price(minor_units: int, decimals: int, currency: str) -> str:
    digits = str(minor_units).rjust(decimals + 1, "0")
    whole, part = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
    return f"{whole}.{part} {currency}" if part else f"{whole} {currency}"
