"""``python -m hw_tests``: run the loop level, or say exactly what this machine lacks for it."""

import os
import sys

import pytest

from hw_tests.loop import missing

LATER = ("--ignore", "hw_tests/lab", "--ignore", "hw_tests/tests")
"""Levels of their own."""
WORKERS = "3"
"""One more than the cores of the smallest machine: much of the time is waiting for slow drives."""


def main() -> int:
    """Return pytest's exit code; lacking something is a failure in CI and a notice elsewhere."""
    if lacking := missing():
        print("NOT RUN: the loop level. Missing: " + "; ".join(lacking) + ".")
        print("What still works: linters and unit tests (they need neither).")
        return 1 if os.environ.get("CI") else 0
    return int(pytest.main(["-q", "hw_tests", *LATER, "-n", WORKERS, "--dist", "loadfile"]))


if __name__ == "__main__":
    sys.exit(main())
