"""The grade before an erasure: by the document's own measures and rules, and honest about gaps."""

from dataclasses import replace
from pathlib import Path

import pytest

from grading.library import ruleset_named
from grading.rules import evaluate
from wipe_station.grade_view import view_of
from wipe_station.phone_jobs.provisional import provisional_grade
from wipe_station.phone_jobs.statement import RULESET
from wipe_station.phones.facts import PhoneFacts, System, VerifiedBoot
from wipe_station.phones.measures import measures_of
from wipe_station.tests.phone_bench import ANDROID, ModelPhone, bench_at

RULES = ruleset_named(RULESET)
WORN = replace(ANDROID, battery_health_ratio=0.71, bootloader_locked=False)
IPHONE = PhoneFacts(
    system=System.IOS, battery_health_ratio=0.9, battery_cycles=100, find_my=True, managed=False
)
SYSTEMS = pytest.mark.parametrize("facts", [ANDROID, WORN, IPHONE], ids=["android", "worn", "ios"])


def graded(facts: PhoneFacts) -> dict[str, str]:
    """Return the grade of each axis."""
    return {axis.axis: axis.grade for axis in provisional_grade(facts).grade.axes}


@SYSTEMS
def test_provisional__then_erased_and_nothing_new__what_was_lowered_stays_lowered(
    facts: PhoneFacts,
) -> None:
    """The document's grade of the same readings has the same reasons, by the same function."""
    before = provisional_grade(facts).grade
    after = view_of(evaluate(measures_of(facts, None, verified=True), RULES))
    assert [axis.deductions for axis in before.axes] == [axis.deductions for axis in after.axes]
    assert [axis.grade for axis in before.axes] == [axis.grade for axis in after.axes]


def test_provisional__worn_and_unlocked__lowered_with_reasons() -> None:
    """What was read lowers the grade before the consent, and says why."""
    axes = {axis.axis: axis for axis in provisional_grade(WORN).grade.axes}
    assert (axes["function"].grade, axes["life"].grade) == ("caution", "caution")
    assert [each.measure for each in axes["life"].deductions] == ["battery_health_percent"]
    assert [each.measure for each in axes["function"].deductions] == ["bootloader_locked"]


@SYSTEMS
def test_provisional__before_an_erasure__never_good_and_never_not_verified(
    facts: PhoneFacts,
) -> None:
    """Whether it was erased is unknown yet: that neither counts as yes nor as no."""
    found = provisional_grade(facts)
    reasons = [each.measure for axis in found.grade.axes for each in axis.deductions]
    assert "verified" not in reasons
    assert graded(facts)["function"] != "good"
    assert found.unknown[0].fact == "verified"


def test_provisional__unknown__each_once_with_a_way_to_learn_it() -> None:
    """Nothing read: all that the rules look at is listed once, and each has its how."""
    found = provisional_grade(PhoneFacts(system=System.UNKNOWN)).unknown
    names = [each.fact for each in found]
    assert sorted(names) == sorted({rule.measure for rule in RULES.rules})
    assert all(each.how is not None and each.how.zh and each.how.en for each in found)


def test_provisional__of_one_system__asks_nothing_of_the_other() -> None:
    """An Android phone is not asked about Find My, an iPhone not about its boot loader."""
    android = {each.fact for each in provisional_grade(replace(ANDROID, frp=None)).unknown}
    assert android == {
        "verified",
        "key_functions_failed",
        "frp",
        "battery_health_percent",
        "battery_cycles",
    }
    apple = {each.fact for each in provisional_grade(IPHONE).unknown}
    assert apple == {"verified", "key_functions_failed", "supervised"}


def test_bench__phone_read_and_nobody_agreed__its_page_has_the_grade(tmp_path: Path) -> None:
    """At the counter the grade is there as soon as the phone was read."""
    red = replace(ANDROID, verified_boot=VerifiedBoot.RED)
    with bench_at(tmp_path / "state") as counter:
        view = counter.plug(ModelPhone(facts=red))
        assert view.ticket is None
        assert view.grade == provisional_grade(red).grade
        assert view.ungraded == provisional_grade(red).unknown
