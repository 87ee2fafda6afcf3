"""The grade that a phone would get by what was read of it so far. I/O: rules are files, read once.

Measures, rules and function are those of its document (``statement``). That it was erased is not
among them: nobody knows it yet. So the grade is provisional, and says what it does not know.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from certs.text import Text
from grading.library import ruleset_named
from grading.rules import Evaluation, RuleSet, evaluate
from wipe_station.api_values import GradeView
from wipe_station.grade_view import view_of
from wipe_station.phone_jobs import words as said
from wipe_station.phone_jobs.statement import RULESET
from wipe_station.phone_jobs.views import words
from wipe_station.phone_values import FactView
from wipe_station.phones.facts import HOW_TO_LEARN, PhoneFacts
from wipe_station.phones.measures import FACT_OF, measures_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisional:
    """A grade before the erasure."""

    grade: GradeView
    unknown: tuple[FactView, ...]
    """What its rules look at and nobody knows yet, with how a clerk finds it out."""


def provisional_grade(facts: PhoneFacts) -> Provisional:
    """Grade a phone by what was read of it.

    Args:
        facts: as it was read; it need not be known of which system it is.
    """
    evaluation = evaluate(measures_of(facts, None, verified=None), _rules())
    return Provisional(grade=view_of(evaluation), unknown=tuple(_unknown(evaluation)))


@lru_cache(maxsize=1)
def _rules() -> RuleSet:
    return ruleset_named(RULESET)


def _unknown(evaluation: Evaluation) -> Iterator[FactView]:
    rules = [rule for axis in evaluation.axes for rule in axis.not_measured]
    for measure in dict.fromkeys(rule.measure for rule in rules):
        label, how = _told(measure)
        yield FactView(fact=measure, label=words(label), value=None, how=words(how))


def _told(measure: str) -> tuple[Text, Text]:
    if measure in said.UNGRADED:
        return said.UNGRADED[measure]
    fact = FACT_OF.get(measure, measure)
    return said.LABELS[fact], HOW_TO_LEARN[fact]
