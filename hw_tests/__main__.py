"""``python -m hw_tests``: run the loop level, or say exactly what this machine lacks for it.

Files and options, as pytest takes them, run that part of it alone.
"""

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
    part = sys.argv[1:]
    whole = ["hw_tests", *LATER, "-n", WORKERS, "--dist", "loadfile"]
    return int(pytest.main(["-q", *(part or whole)]))


if __name__ == "__main__":
    sys.exit(main())
