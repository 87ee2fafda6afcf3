"""A rule set's TOML text, read strictly: every key required, no other allowed. Pure.

Rules apply to kinds of device. Their key tells which measure holds a device's kind: sets about
drives have ``drive_kinds``, sets about phones have ``systems``.

Rule sets ship with the program, so a fault in one is ours and a unit test meets it first.
"""

import hashlib
import tomllib
from typing import Any, Final

from grading.rules import Axis, Example, Grade, Operator, Rule, RuleSet
from grading.text import Text

_KIND_MEASURES: Final = {"drive_kinds": "drive_kind", "systems": "system"}


def parse_ruleset(text: str) -> RuleSet:
    """Read one rule set.

    Args:
        text: the file's content, decoded without touching its line ends.

    Raises:
        ValueError, KeyError, TypeError: a key is missing, unknown, malformed or contradictory.
    """
    fields = tomllib.loads(text)
    key = "systems" if "systems" in fields else "drive_kinds"
    kinds = tuple(fields.pop(key))
    rules = tuple(_rule(rule, key, kinds) for rule in fields.pop("rule"))
    if len({rule.id for rule in rules}) != len(rules):
        raise ValueError("a rule's id stands twice")
    return RuleSet(
        title=Text(**fields.pop("title")),
        disclaimer=Text(**fields.pop("disclaimer")),
        kind_measure=_KIND_MEASURES[key],
        kinds=kinds,
        rules=rules,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        **fields,
    )


def _rule(fields: dict[str, Any], key: str, kinds: tuple[str, ...]) -> Rule:
    rule = Rule(
        axis=Axis(fields.pop("axis")),
        operator=Operator(fields.pop("operator")),
        grade_cap=Grade(fields.pop("grade_cap")),
        title=Text(**fields.pop("title")),
        kinds=tuple(fields.pop(key)),
        examples=tuple(Example(**example) for example in fields.pop("example")),
        **fields,
    )
    _check(rule, kinds)
    return rule


def _check(rule: Rule, kinds: tuple[str, ...]) -> None:
    ordered = rule.operator not in (Operator.EQUAL, Operator.OTHER)
    faults = {
        "caps at no grade": rule.grade_cap not in (Grade.CAUTION, Grade.BAD),
        "orders what has no order": ordered and type(rule.threshold) is not int,
        "names an unknown kind of device": not set(rule.kinds) <= set(kinds),
        "lacks a source or its certainty": not (rule.source and rule.certainty),
        "needs an example on each side": {e.takes_effect for e in rule.examples} != {True, False},
    }
    for fault, found in faults.items():
        if found:
            raise ValueError(f"rule {rule.id} {fault}")
