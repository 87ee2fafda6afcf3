"""``python -m hw_tests.lab``: run the lab level, or say exactly what this machine lacks for it."""

import os
import sys
from pathlib import Path
from typing import Final

import pytest

from hw_tests.lab.debian import SetupError
from hw_tests.lab.setup import set_up
from hw_tests.loop import missing

HERE: Final = Path(__file__).parent
FIRST: Final = ("counter", "jobs", "plugging", "bays", "power")
"""Dealt to two workers in this order, so that neither ends long before the other."""


def modules() -> list[str]:
    """Return the lab's test modules, in the order in which they are to begin."""
    first = [HERE / f"test_guest_{name}.py" for name in FIRST]
    others = sorted(set(HERE.glob("test_*.py")) - set(first))
    return [str(module) for module in (*first, *others)]


def main() -> int:
    """Return pytest's exit code; lacking something is a failure in CI and a notice elsewhere."""
    try:
        if lacking := missing():
            raise SetupError("the lab needs " + ", ".join(lacking))
        set_up()
    except SetupError as error:
        print(f"NOT RUN: the lab level. {error}")
        print("What still works: linters, unit tests and, with root, the loop level.")
        return 1 if os.environ.get("CI") else 0
    shared = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
    return int(pytest.main(["-q", *shared, *modules(), *sys.argv[1:]]))


if __name__ == "__main__":
    sys.exit(main())
