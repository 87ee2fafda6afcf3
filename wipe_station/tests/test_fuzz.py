"""The fuzzer's targets: each there, each begun with something, none upset by it."""

import pytest

from wipe_station.tests import fuzz


def test_targets__names__one_parser_each() -> None:
    """A parser with vectors has a target, and no target is without a parser."""
    assert set(fuzz.names()) == set(fuzz.parsers())


@pytest.mark.parametrize("name", fuzz.names())
def test_target__what_it_begins_with__nothing_undeclared(name: str) -> None:
    """A fuzzer that stops at its first input looks at nothing."""
    called = fuzz.target(name)
    for data in (b"", *fuzz.begun_with(name)):
        called(data)
