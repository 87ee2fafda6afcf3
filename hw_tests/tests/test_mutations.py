"""The list of mutations cannot rot: each text stands where it is said to, and each test exists."""

import ast
from dataclasses import replace

import pytest

from hw_tests.mutations import ROOT, Mutation, Run, mutated, read_list

MUTATIONS = {each.name: each for each in read_list()}
ONE = Mutation(
    name="one",
    guard="",
    file="a.py",
    text="x = 1",
    becomes="x = 2",
    tests=("t.py::test_a",),
)


def test_list__names__each_once() -> None:
    """A result in the table belongs to one guard."""
    assert len(MUTATIONS) == len(read_list())


@pytest.mark.parametrize("name", MUTATIONS)
def test_list__each_guard__stands_there_once_and_is_changed(name: str) -> None:
    """Whoever rewrites a guard rewrites its entry, too."""
    each = MUTATIONS[name]
    source = (ROOT / each.file).read_text("utf-8")
    changed = mutated(source, each)
    if each.file.endswith(".py"):
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(source))
    assert changed.split() != source.split()
    assert each.guard.endswith("."), "a sentence"


@pytest.mark.parametrize(
    "test", sorted({test for each in MUTATIONS.values() for test in each.tests})
)
def test_list__each_test__is_a_function_of_its_file(test: str) -> None:
    """Cases are seen when the script runs; a function that was renamed is seen here."""
    file, _, name = test.partition("::")
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    functions = {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}
    assert name.partition("[")[0] in functions


@pytest.mark.parametrize("source", ["", "x = 1\nx = 1\n"])
def test_mutated__text_not_there_exactly_once__refused(source: str) -> None:
    """A change that would be made nowhere, or in two places, is none."""
    with pytest.raises(ValueError, match=r"stands [02] times in a\.py"):
        mutated(source, ONE)


def test_mutated__no_python__refused() -> None:
    """A file that cannot be imported fails every test and proves nothing."""
    with pytest.raises(ValueError, match="cannot be compiled"):
        mutated("x = 1", replace(ONE, becomes="x = ("))


def test_mutated__page_or_script__taken_as_it_stands() -> None:
    """What is no Python is changed all the same, and never held for Python."""
    template = replace(ONE, file="a.html", text="{{ x }}", becomes="{{ y }}")
    assert mutated("<p>{{ x }}</p>", template) == "<p>{{ y }}</p>"


@pytest.mark.parametrize(
    ("failed", "noticed"),
    [
        ("t.py::test_a", True),
        ("t.py::test_a[case 1]", True),
        ("t.py::test_ab", False),
        ("u.py::test_a", False),
    ],
)
def test_noticed_by__failed_tests__the_test_or_a_case_of_it(failed: str, noticed: bool) -> None:
    """Another test that failed does not count for this one."""
    assert Run(code=1, failed=(failed,), said="").noticed_by("t.py::test_a") is noticed
