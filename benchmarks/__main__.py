"""``python -m benchmarks``: measure everything and print the tables.

Further arguments go to pytest: ``--pairs=5 --rounds=2`` for a quick look, ``-k verification`` for
one row.
"""

import sys
from pathlib import Path
from typing import Final

import pytest

REPORT: Final = Path(".run/benchmarks.json")


def main() -> int:
    """Return pytest's exit code; every round's figures go into ``.run/benchmarks.json``."""
    REPORT.parent.mkdir(exist_ok=True)
    # Our tables replace the plugin's; its figures are all in the file.
    options = ["-q", "--benchmark-quiet", f"--benchmark-json={REPORT}"]
    # Where every row failed, its remark that nothing was saved would hide the reason.
    options += ["-W", "ignore::pytest_benchmark.logger.PytestBenchmarkWarning"]
    return int(pytest.main([*options, "benchmarks", "--ignore=benchmarks/tests", *sys.argv[1:]]))


if __name__ == "__main__":
    sys.exit(main())
