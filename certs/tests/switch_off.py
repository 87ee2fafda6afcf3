"""Switches off one check of the verifier at a time, and says which vector then fails.

A check is an ``if`` whose body does nothing but refuse. ``python -m certs.tests.switch_off`` runs
all vectors without each of them, in processes of their own, and returns 1 if one is missed by no
vector; ``--list`` only shows them. What no vector can show is in ``no_vector.toml``, with a reason;
a check that is listed there and has a vector after all is reported, too.
"""

import argparse
import ast
import importlib.abc
import importlib.machinery
import importlib.util
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

ROOT: Final = Path(__file__).parents[2]
MODULES: Final = (
    *("certs.verify", "certs.chain", "certs.der", "certs.canonical", "certs.layout"),
    *("certs.logged", "certs.witnessed"),
    *("certs.log.note", "certs.log.checkpoint", "certs.log.proof"),
    *("certs.log.entry", "certs.log.tree", "certs.pdf.container", "certs.pdf.cms"),
    *("certs.pdf.archive", "certs.pdf.stamps"),
    *("certs.formats.fields", "certs.formats.statement_v1", "certs.formats.head_v1"),
    *("certs.formats.erasure_v1_rules", "certs.formats.rules", "certs.together"),
    *("certs.formats.sample_rules", "certs.revocation"),
    *("certs.asn1", "certs.stamped", "certs.time_info", "certs.time_service", "certs.timestamp"),
    *("certs.cbor", "certs.qr", "certs.qr_claims"),
)
REFUSALS: Final = frozenset(
    {"refuse", "_refuse", "_unbound", "refuse_pdf", "refuse_stamp", "_malformed"}
)
MISSED: Final = 3
"""The exit code of a child in which some vector failed, as it should."""
SHOWN_BY_NO_VECTOR: Final[dict[str, str]] = tomllib.loads(
    (Path(__file__).parent / "no_vector.toml").read_text("utf-8")
)
"""``module:function:condition`` to why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One place where the verifier refuses."""

    module: str
    function: str
    condition: str
    line: int

    @property
    def name(self) -> str:
        """Return what the check is called: it outlives the lines above it."""
        return f"{self.module}:{self.function}:{self.condition}"


def checks_of(module: str, source: str) -> Iterator[tuple[Check, ast.If]]:
    """Return the checks of a module with their places in its tree."""
    tree = ast.parse(source)
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.If) and _only_refuses(node.body):
                condition = ast.unparse(node.test)
                made = Check(
                    module=module, function=function.name, condition=condition, line=node.lineno
                )
                yield made, node


def _only_refuses(body: Sequence[ast.stmt]) -> bool:
    if len(body) != 1 or not isinstance(body[0], ast.Expr | ast.Raise):
        return False
    if isinstance(body[0], ast.Raise):
        return True
    call = body[0].value
    return isinstance(call, ast.Call) and getattr(call.func, "id", "") in REFUSALS


def all_checks() -> list[Check]:
    """Return the checks of all modules."""
    return [check for module in MODULES for check, _ in checks_of(module, _source(module))]


def _source(module: str) -> str:
    return (ROOT / Path(*module.split("."))).with_suffix(".py").read_text("utf-8")


class _Without(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module without one of its checks."""

    def __init__(self, check: Check) -> None:
        self._check = check

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Answer for the one module only."""
        del path, target
        if name != self._check.module:
            return None
        return importlib.util.spec_from_loader(name, self)

    def exec_module(self, module: ModuleType) -> None:
        """Run the source with the check's condition made false."""
        source = _source(self._check.module)
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if not isinstance(node, ast.If) or node.lineno != self._check.line:
                continue
            if ast.unparse(node.test) == self._check.condition:
                node.test = ast.copy_location(ast.Constant(value=False), node.test)
        code = compile(tree, self._check.module, "exec")
        exec(code, module.__dict__)  # noqa: S102 - our own source


def child(number: int) -> int:
    """Run all vectors without one check; say which one failed."""
    sys.meta_path.insert(0, _Without(all_checks()[number]))
    from certs.tests import test_qr_vectors, test_together, test_vectors

    families = (test_vectors, test_qr_vectors, test_together)
    found = (test_vectors.failing(each.PATHS, each.as_it_says) for each in families)
    failed = next(filter(None, found), None)
    sys.stdout.write(failed or "")
    return MISSED if failed else 0


def noticed_by(number: int) -> str:
    """Return the name of a vector that fails without a check; empty if none does."""
    words = [sys.executable, "-m", "certs.tests.switch_off", "--without", str(number)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode not in (0, MISSED):
        return f"not even importable: {done.stderr.strip().splitlines()[-1]}"
    return done.stdout.strip()


def main() -> int:
    """Switch all of them off, one by one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--list", action="store_true", help="only show them")
    parser.add_argument("--without", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.without is not None:
        return child(given.without)
    checks = all_checks()
    if given.list:
        sys.stdout.writelines(f"{check.name}\n" for check in checks)
        return 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(noticed_by, range(len(checks))))
    wrong = 0
    for check, vector in zip(checks, found, strict=True):
        excused = check.name in SHOWN_BY_NO_VECTOR
        if bool(vector) == excused:
            wrong += 1
            why = "EXCUSED FOR NOTHING" if excused else "MISSED"
            sys.stdout.write(f"{why}: {check.name} {vector}\n")
    shown = sum(map(bool, found))
    sys.stdout.write(f"{len(checks)} checks, {shown} shown by a vector, {wrong} wrong\n")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
