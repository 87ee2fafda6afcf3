"""``python -m hw_tests.mutations [NAME…]``: break each guard on purpose; its tests must notice.

A guard that no test misses when it is gone may be gone tomorrow. ``mutations.toml`` names guards:
a piece of text, what it becomes, and the tests that must fail then.

1. Copy the tree as it stands to a folder of our own, beside an interpreter that finds the copy's
   packages and no others, and make sure that it does: workers are isolated and listen to no
   ``PYTHONPATH``.
2. Run every test that is named, unchanged: all must pass.
3. Make one change at a time, and run its tests: each must fail, and by itself. What cannot be
   compiled, ends in another way than by failing tests, or takes too long has proven nothing.
4. Print a table. Exit code 1 if a change went unnoticed, or its text is not there exactly once.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hw_tests.loop import missing, scratch

ROOT: Final = Path(__file__).parent.parent
LIST: Final = Path(__file__).with_name("mutations.toml")
PACKAGES: Final = ("wipe_station", "grading", "certs", "kiosk_ui", "hw_tests")
_ASK: Final = """
import importlib, sys
for name in sys.argv[1:]:
    print(importlib.import_module(name).__file__)
"""
LONGEST_S: Final = 180.0
CLEANING_S: Final = 60.0
ALL_LONGEST_S: Final = 900.0
"""For the tests unchanged, one after the other."""
PASSED, SOME_FAILED = 0, 1
"""Exit codes of pytest; with any other it did not come to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One guard, and how it is broken."""

    name: str
    guard: str
    """What is no longer held when the change is made."""
    file: str
    text: str
    """Stands in the file exactly once."""
    becomes: str
    tests: tuple[str, ...]
    """Node ids of tests; each must fail."""


def read_list(file: Path = LIST) -> tuple[Mutation, ...]:
    """Return all mutations.

    Raises:
        TypeError: a field is missing, or is not known.
    """
    entries = tomllib.loads(file.read_text("utf-8"))["mutation"]
    return tuple(Mutation(**entry | {"tests": tuple(entry["tests"])}) for entry in entries)


def mutated(source: str, mutation: Mutation) -> str:
    """Return a file's text with one change.

    Raises:
        ValueError: the text is not there exactly once, or what it becomes is no Python.
    """
    found = source.count(mutation.text)
    if found != 1:
        raise ValueError(f"its text stands {found} times in {mutation.file}")
    changed = source.replace(mutation.text, mutation.becomes)
    if not mutation.file.endswith(".py"):
        return changed  # a page or its script: no compiler of ours knows it
    try:
        compile(changed, mutation.file, "exec")
    except SyntaxError as error:
        raise ValueError(f"what it becomes cannot be compiled: {error}") from error
    return changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run of tests said."""

    code: int
    failed: tuple[str, ...]
    """Node ids."""
    said: str

    def noticed_by(self, test: str) -> bool:
        """Tell whether a test failed, or one of its cases."""
        after = (each[len(test) :] for each in self.failed if each.startswith(test))
        return any(rest[:1] in ("", "[") for rest in after)


class Copy:
    """A copy of the tree, and an interpreter for it."""

    def __init__(self, folder: Path) -> None:
        """Make both in an empty folder.

        Raises:
            RuntimeError: the interpreter finds packages elsewhere.
        """
        self._tree = folder / "tree"
        self._changes = 0
        for name in _files():
            target = self._tree / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
        venv.create(folder / "venv", symlinks=True)
        self._python = folder / "venv" / "bin" / "python"
        # Of a path in such a file only the modules are found: its own .pth files, which lead to the
        # tree that we are a copy of, are not read.
        paths = (self._tree, sysconfig.get_path("purelib"))
        site = folder / "venv" / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
        (site / "copy.pth").write_text("".join(f"{path}\n" for path in paths), "utf-8")
        self._require_own_packages()

    def _require_own_packages(self) -> None:
        """Ask the interpreter in the way that a worker is started, from a folder of no matter."""
        command = (self._python, "-I", "-c", _ASK, *PACKAGES)
        said = subprocess.run(command, cwd="/", check=True, capture_output=True, text=True).stdout
        if said.splitlines() != [str(self._tree / name / "__init__.py") for name in PACKAGES]:
            raise RuntimeError(f"the copy's interpreter finds {said}")

    def write(self, name: str, text: str) -> None:
        """Write one file, so that no compiled one of before is taken for it."""
        self._changes += 1
        file = self._tree / name
        file.write_text(text, "utf-8")
        os.utime(file, (self._changes, self._changes))

    def read(self, name: str) -> str:
        """Read one file."""
        return (self._tree / name).read_text("utf-8")

    def test(self, tests: tuple[str, ...], longest_s: float = LONGEST_S) -> Run:
        """Run tests; end those that last too long, so that they clean up."""
        words = (
            "-q",
            "-p",
            "no:xdist",
            "--tb=line",
            "--assert=plain",
            "-rfE",
            "--color=no",
            *tests,
        )
        # In CI drawn tests draw the same each time: else a guard would be noticed now and then.
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        with subprocess.Popen(
            (self._python, "-m", "pytest", *words),
            cwd=self._tree,
            env=environment | {"CI": "1", "COLUMNS": "500"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as running:
            try:
                said, _ = running.communicate(timeout=longest_s)
            except subprocess.TimeoutExpired:
                said = _end(running)
                return Run(code=-1, failed=(), said=f"{said}\ntook longer than {longest_s} s")
        return Run(code=running.returncode, failed=tuple(_failed(said)), said=said)


def _end(running: "subprocess.Popen[str]") -> str:
    """Let tests clean up; end them and their children where they do not."""
    running.send_signal(signal.SIGINT)
    try:
        return running.communicate(timeout=CLEANING_S)[0]
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)  # a session of its own
        return running.communicate()[0]


def _files() -> list[str]:
    """Return the tree's files, those that are not committed yet included."""
    command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.split(b"\0")
    return [name for name in map(os.fsdecode, names) if name and (ROOT / name).is_file()]


def _failed(said: str) -> list[str]:
    lines = [line.partition(" ") for line in said.splitlines()]
    ended = [rest for word, _, rest in lines if word in ("FAILED", "ERROR")]
    return [rest.partition(" - ")[0] for rest in ended]


def try_one(copy: Copy, mutation: Mutation) -> str:
    """Break one guard, run its tests, mend it; return an empty text, or what is wrong."""
    whole = copy.read(mutation.file)
    try:
        copy.write(mutation.file, mutated(whole, mutation))
    except ValueError as error:
        return str(error)
    try:
        run = copy.test(mutation.tests)
    finally:
        copy.write(mutation.file, whole)
    unmoved = [test for test in mutation.tests if not run.noticed_by(test)]
    if run.code == PASSED:
        return "SURVIVED: no test noticed"
    if run.code != SOME_FAILED:
        return f"pytest ended with {run.code}:\n{run.said}"
    return f"SURVIVED: not noticed by {', '.join(unmoved)}" if unmoved else ""


def try_all(wanted: tuple[Mutation, ...]) -> int:
    """Try mutations one after the other; print a line for each, and return an exit code."""
    with scratch() as folder:
        copy = Copy(folder)
        tests = tuple(dict.fromkeys(test for each in wanted for test in each.tests))
        began_s = time.monotonic()
        unchanged = copy.test(tests, ALL_LONGEST_S)
        if unchanged.code != PASSED:
            print(unchanged.said, "The tests do not pass as they are: nothing is tried.", sep="\n")
            return 1
        print(f"{len(tests)} tests pass unchanged: {time.monotonic() - began_s:.0f} s", flush=True)
        wrong = 0
        for each in wanted:
            began_s = time.monotonic()
            trouble = try_one(copy, each)
            wrong += bool(trouble)
            took_s = time.monotonic() - began_s
            print(f"{each.name:40} {took_s:4.0f} s  {trouble or 'noticed'}", flush=True)
    print(f"{len(wanted) - wrong} of {len(wanted)} guards are missed when they are gone.")
    return 1 if wrong else 0


def main() -> int:
    """Return 0 if every guard named, or all of them, is missed by its tests when it is gone."""
    parser = argparse.ArgumentParser(prog="hw_tests.mutations", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    parser.add_argument("--list", type=Path, default=LIST, metavar="FILE", help="another list")
    asked = parser.parse_args()
    if lacking := missing():
        print("NOT RUN: the mutations. Missing: " + "; ".join(lacking) + ".")
        return 1 if os.environ.get("CI") else 0
    known = {each.name: each for each in read_list(asked.list)}
    if unknown := set(asked.names) - known.keys():
        parser.error(f"no such mutation: {', '.join(sorted(unknown))}")
    return try_all(tuple(known[name] for name in asked.names or known))


if __name__ == "__main__":
    sys.exit(main())
