"""Methods as data: read strictly, labelled honestly, and doing just what they list."""

import re
from importlib import resources

import pytest

from wipe_station.method import Method, UnavailableMethod, parse_method
from wipe_station.methods import all_methods, unavailable_methods
from wipe_station.records import (
    Category,
    FixedPattern,
    PlannedPattern,
    ProbeCapacity,
    RandomStream,
    VerifyPass,
    WritePass,
)
from wipe_station.units import passes_text

METHODS = all_methods()
ENTRIES: dict[str, Method | UnavailableMethod] = {**METHODS, **unavailable_methods()}
CLAIMING = re.compile(
    r"compl|conform|grade|approved|certif|military|符合|合规|认证|军", re.IGNORECASE
)
GOOD = """
name = "made-up"
passes = ["00", "92 49 24", "random"]
verify = "named"
established = true
certainty = "[S: nobody]"
source = "made up"
free_choice = "none"
disagreement = "none known"
title = { zh = "编的", en = "Made up" }
"""


def _words(passes: tuple[PlannedPattern, ...]) -> list[str]:
    return [p.repeat.hex() if isinstance(p, FixedPattern) else "random" for p in passes]


@pytest.mark.parametrize("name", METHODS)
def test_method__any__last_pass_is_verified_and_nothing_is_appended(name: str) -> None:
    """A method's steps are its passes in order and one full verification of the last."""
    method = METHODS[name]
    *writes, verify = method.steps()
    patterns = [step.pattern for step in writes if isinstance(step, WritePass)]
    assert tuple(patterns) == method.passes
    assert [step.number for step in writes if isinstance(step, WritePass)] == list(
        range(1, len(method.passes) + 1)
    )
    assert verify == VerifyPass(pass_number=len(method.passes))
    assert method.position_bound == isinstance(method.passes[-1], RandomStream)
    probes = [step for step in writes if isinstance(step, ProbeCapacity)]
    assert probes == ([] if method.position_bound else [writes[0]])
    assert method.claim.category is Category.CLEAR


@pytest.mark.parametrize("name", ENTRIES)
def test_label__any__names_a_style_and_claims_nothing(name: str) -> None:
    """No name and no title says that a standard is met."""
    entry = ENTRIES[name]
    for label in (entry.name, entry.title.zh, entry.title.en):
        assert not CLAIMING.search(label)
    if isinstance(entry, Method) and entry.certainty != "own definition":
        assert "式" in entry.title.zh
        assert "style" in entry.title.en


@pytest.mark.parametrize("name", METHODS)
def test_title__number_of_passes__is_theirs(name: str) -> None:
    """A title that counts the passes counts them right."""
    for label in (METHODS[name].title.zh, METHODS[name].title.en):
        for count in re.findall(r"(\d+) (?:遍|pass)", label):
            assert int(count) == len(METHODS[name].passes)


@pytest.mark.parametrize("name", METHODS)
def test_method__certainty__decides_whether_it_is_established(name: str) -> None:
    """Only our own definitions and bytes read in a source, or in a secondary one, are offered."""
    certainty = METHODS[name].certainty
    sourced = certainty == "own definition" or certainty.startswith(("[S: ", "[S2: "))
    assert METHODS[name].established == sourced


def test_methods__not_established_and_not_offered__just_these() -> None:
    """What is hidden, and what cannot be chosen, changes only with this test."""
    hidden = {name for name, method in METHODS.items() if not method.established}
    assert hidden == {"afssi-5020", "gost-r-50739-95", "ncsc-tg-025"}
    assert set(unavailable_methods()) == {"bsi-2011-vs", "bsi-gs", "bsi-gse"}


def test_parse_method__good__as_written() -> None:
    """The example that the defects below are made from is read as it stands."""
    method = parse_method(GOOD)
    assert isinstance(method, Method)
    assert _words(method.passes) == ["00", "924924", "random"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('name = "made-up"', ""),
        ('name = "made-up"', 'name = ""'),
        ('source = "made up"', 'source = "made up"\nclaim = "purge"'),
        ('passes = ["00", "92 49 24", "random"]', "passes = []"),
        ('passes = ["00", "92 49 24", "random"]', ""),
        ('"92 49 24"', '"924924"'),
        ('"92 49 24"', '"9g"'),
        ('"92 49 24"', '"ff"'),
        ('"92 49 24"', '""'),
        ('"92 49 24"', '"Random"'),
        ("true", '"yes"'),
        ('"named"', '"never"'),
        ("zh = ", "cn = "),
        ("title = ", 'unavailable = { zh = "无", en = "No" }\ntitle = '),
    ],
)
def test_parse_method__one_defect__refused(before: str, after: str) -> None:
    """A key that is missing, unknown, empty or malformed is a fault of ours, found at once."""
    assert before in GOOD
    with pytest.raises((KeyError, TypeError, ValueError)):
        parse_method(GOOD.replace(before, after))


def test_methods__folder__every_file_is_read() -> None:
    """No file of the folder is passed over."""
    folder = resources.files("wipe_station.methods")
    names = [f.name for f in folder.iterdir() if not f.name.startswith("__")]
    assert sorted(names) == sorted(f"{name}.toml" for name in ENTRIES)


def test_passes_text__equal_neighbours__counted() -> None:
    """A list of passes is shown in order, and shortened only where equal ones stand together."""
    said = passes_text(METHODS["bmb21-style"].passes)
    assert said.en == "FF, 00, random (3 times), FF"
    assert said.zh == "FF、00、随机（3 遍）、FF"
