"""Modules that say "Pure." are, in all six packages; and the checker sees each kind of breach."""

import ast
from pathlib import Path

import pytest

from wipe_station.tests.purity import PACKAGES, faults, is_inert, says_pure

ROOT = Path(__file__).parents[2]


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {
    _module_name(path): ast.parse(path.read_text("utf-8"))
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
}
PURE = [name for name, tree in TREES.items() if says_pure(tree)]


@pytest.mark.parametrize("name", PURE)
def test_module__says_pure__is(name: str) -> None:
    """A module that says "Pure." reaches no system, no clock and no impure module of ours."""
    assert faults(name, TREES) == []


def test_pure_modules__counted__the_deciding_ones_are_among_them() -> None:
    """The check cannot run dry: the modules that decide promise purity."""
    deciding = {
        "certs.verify",
        "grading.rules",
        "wipe_station.detect.safety",
        "wipe_station.evidence",
        "wipe_station.plan",
        "wipe_station.run_state",
    }
    assert deciding <= set(PURE)


MADE_UP = {
    "certs": '"""Nothing here."""',
    "certs.good": '"""Values. Pure."""\nimport hashlib',
    "certs.disk": '"""Files. I/O."""\nimport os',
    "certs.between": '"""Says so. Pure."""\nfrom certs.disk import read',
    "certs.limits": '"""Numbers."""\nMOST = 4\nLEAST: int = 1',
    "grading": '"""Does work when imported."""\nprint("loaded")',
    "grading.scale": '"""Grades. Pure."""',
}


def _faults_of(body: str) -> list[str]:
    source = f'"""Made up. Pure."""\n{body}'
    sources = MADE_UP | {"certs.suspect": source}
    return faults("certs.suspect", {name: ast.parse(text) for name, text in sources.items()})


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("import os", "imports os"),
        ("import os.path as p", "imports os"),
        ("from os import path", "imports os"),
        ("import subprocess", "imports subprocess"),
        ("from socket import socket", "imports socket"),
        ("import fcntl", "imports fcntl"),
        ("import asyncio.tasks", "imports asyncio"),
        ("from time import monotonic", "imports time"),
        ("def late():\n    import os", "imports os"),
        ("__import__('os')", "imports os"),
        ("import importlib\nimportlib.import_module('os')", "imports os"),
        ("import time\ntime.monotonic()", "reads the clock: time.monotonic"),
        (
            "from datetime import UTC, datetime\ndatetime.now(UTC)",
            "reads the clock: datetime.datetime.now",
        ),
        ("import datetime as d\nd.datetime.utcnow()", "reads the clock: datetime.datetime.utcnow"),
        ("from datetime import date as day\nday.today()", "reads the clock: datetime.date.today"),
        (
            "from datetime import datetime\ndef f(now=datetime.now): ...",
            "reads the clock: datetime.datetime.now",
        ),
        ("from certs.disk import read", "imports certs.disk, which is not pure"),
        ("from certs import disk", "imports certs.disk, which is not pure"),
        ("from . import disk", "imports certs.disk, which is not pure"),
        ("from .disk import read", "imports certs.disk, which is not pure"),
        ("import grading.scale", "imports grading, which is not pure"),
    ],
)
def test_checker__each_breach__named(body: str, fault: str) -> None:
    """Every kind of breach is found, also inside functions, under aliases and as a default."""
    assert fault in _faults_of(body)


@pytest.mark.parametrize(
    "body",
    [
        "import hashlib, mmap",
        "from certs.good import value",
        "from certs.limits import MOST",
        "from datetime import datetime\ndef f(now: datetime): return now.today",
        "def f(time):\n    return time.second",
        "class Clock:\n    def now(self): ...\nClock().now()",
    ],
)
def test_checker__innocent_source__no_fault(body: str) -> None:
    """Hashing, constants, a time that is handed in and a name like a clock's are allowed."""
    assert _faults_of(body) == []


def test_checker__impure_behind_a_pure_one__found_in_the_middle() -> None:
    """A chain over a module that wrongly says "Pure." breaks at that module."""
    trees = {name: ast.parse(text) for name, text in MADE_UP.items()}
    assert faults("certs.between", trees) == ["imports certs.disk, which is not pure"]


def test_inert__a_call_or_an_import__is_not() -> None:
    """Only a docstring and literal constants count as doing nothing."""
    assert is_inert(ast.parse(MADE_UP["certs.limits"]))
    assert not is_inert(ast.parse("import os"))
    assert not is_inert(ast.parse("WHEN = now()"))
