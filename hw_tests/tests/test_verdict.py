"""What is said about a wiper follows from the medium, and from what it claimed; never from one."""

from typing import Any

import pytest

from hw_tests.lab.verdict import Seen, is_false, table, verdict
from hw_tests.lab.wipers import OTHERS, Wiper, brought, ours, version_in


def seen(**other: Any) -> Seen:
    """Return a wiper that did well, but for what is given."""
    usual: dict[str, Any] = {
        "code": 0,
        "claims_success": True,
        "met": True,
        "planted_sectors": 8,
        "left_sectors": 0,
        "claimed_bytes": 4096,
        "held_bytes": 4096,
        "took_s": 1.0,
    }
    return Seen(**usual | other)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ({}, "said done, nothing left"),
        ({"left_sectors": 1}, "**said done, 1 of 8 sectors left**"),
        ({"met": False}, "said done, nothing left, fault not met"),
        ({"left_sectors": 3, "met": False}, "**said done, 3 of 8 sectors left, fault not met**"),
        (
            {"code": 3, "claims_success": False, "left_sectors": 8},
            "said failed (exit 3), 8 of 8 sectors left",
        ),
        ({"claims_success": False}, "said failed (in words), nothing left"),
        (
            {"code": None, "claims_success": False, "left_sectors": 2, "took_s": 60.2},
            "did not end in 60 s, killed, 2 of 8 sectors left",
        ),
        ({"held_bytes": 2048}, "said done, nothing left, only 2048 of 4096 bytes exist"),
        (
            {"held_bytes": 2048, "code": 1, "claims_success": False},
            "said failed (exit 1), nothing left",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_verdict__each_kind_of_end__says_claim_and_medium(what: dict[str, Any], words: str) -> None:
    """A cell says what was claimed and what stands there; a false claim alone stands out."""
    assert verdict(seen(**what)) == words
    assert is_false(seen(**what)) is words.startswith("**")


def test_verdict__no_such_program__missing() -> None:
    """A wiper that is not there is no failure of it."""
    assert verdict(None) == "missing"


def test_table__wipers_and_stories__every_cell_in_its_place() -> None:
    """Rows are stories, columns wipers; the last row counts the false claims."""
    cells = {
        ("a", "drop"): seen(left_sectors=1),
        ("a", "torn"): seen(),
        ("b", "drop"): None,
        ("b", "torn"): None,
    }
    assert table(["a", "b"], ["drop", "torn"], cells).splitlines() == [
        "| Story | a | b |",
        "| --- | --- | --- |",
        "| drop | **said done, 1 of 8 sectors left** | missing |",
        "| torn | said done, nothing left | missing |",
        "| said done with something left | 1 of 2 | missing |",
    ]


def test_wiper__words__device_and_folder_put_in_and_nothing_else() -> None:
    """A command is words from first to last: no shell, and braces of its own stay."""
    wiper = brought("mine", "mywipe --on='{device}' {x} '{folder}/a log' --how={method}")
    assert wiper.words(device="/dev/loop3", folder="/f", method="zero") == [
        *("mywipe", "--on=/dev/loop3", "{x}", "/f/a log", "--how=zero")
    ]


@pytest.mark.parametrize("template", ["", "mywipe --all", "{device}", "mywipe {devices}"])
def test_wiper__no_place_for_the_device__refused(template: str) -> None:
    """A command that names no device would choose one by itself; it is not run."""
    with pytest.raises(ValueError, match=r"^mine: "):
        brought("mine", template)


@pytest.mark.parametrize("name", ["", "a|b", "../a", "ours", "shred", "-a"])
def test_wiper__name_that_is_taken_or_breaks_something__refused(name: str) -> None:
    """A name stands in a table and in a path, and nobody runs under another one's."""
    with pytest.raises(ValueError, match="take another name"):
        brought(name, "mywipe {device}")


@pytest.mark.parametrize("wiper", [ours("python"), *OTHERS], ids=lambda wiper: wiper.name)
def test_wiper__each_of_the_list__names_the_one_device(wiper: Wiper) -> None:
    """Every program of the list is told which device, in a word of its own."""
    assert wiper.command.count("{device}") == 1


@pytest.mark.parametrize(
    ("code", "said", "claims"),
    [(0, "", True), (1, "", False), (0, "1537\n", False), (0, "x\n3\n", False), (0, "8 of", True)],
)
def test_wiper__words_beside_the_exit_code__count(code: int, said: str, claims: bool) -> None:
    """A program that lists bad blocks and exits with 0 has not said that it is done."""
    (badblocks,) = [wiper for wiper in OTHERS if wiper.name == "badblocks"]
    assert badblocks.claims_success(code, said) is claims
    assert brought("mine", "mywipe {device}").claims_success(code, said) is (code == 0)


def test_version__in_what_programs_say__first_number_with_a_dot() -> None:
    """The heading has the number that the program itself names."""
    assert version_in("mke2fs 1.47.0 (5-Feb-2023)\n") == "1.47.0"
    assert version_in("no number") == ""
