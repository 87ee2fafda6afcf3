"""Find what a module that calls itself pure must not do, from its source alone. Pure.

A module is held to its word when its docstring says "Pure." as a sentence of its own. It then
imports nothing that reaches the system, names no clock, and of our own modules it imports only
pure ones, and ones that hold nothing but constants. Each of those is held to its word in turn,
so the property carries through any number of imports.
"""

import ast
import re
from collections.abc import Iterator, Mapping

PACKAGES = ("wipe_station", "grading", "certs", "kiosk_ui", "hw_tests", "benchmarks")
SYSTEM = frozenset({"os", "posix", "subprocess", "socket", "fcntl", "time", "asyncio"})
CLOCKS = frozenset(
    {
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "datetime.date.today",
    }
)
_WORD = re.compile(r"(^|\s)Pure\.(\s|$)")


def says_pure(tree: ast.Module) -> bool:
    """Whether a module's docstring promises purity."""
    return _WORD.search(ast.get_docstring(tree) or "") is not None


def is_inert(tree: ast.Module) -> bool:
    """Whether a module holds a docstring and literal constants, and therefore does nothing."""
    return all(
        isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign)
        and (node.value is None or isinstance(node.value, ast.Constant))
        for node in tree.body
    )


def faults(name: str, trees: Mapping[str, ast.Module]) -> list[str]:
    """Return what breaks a module's promise, one sentence for each.

    Args:
        name: dotted name of a module that says "Pure.".
        trees: every module of ours by its dotted name; a package goes by its own name.
    """
    tree = trees[name]
    origins = dict(_names_bound(name, tree, trees))
    return sorted(
        {
            *_system_imports(name, tree, trees),
            *_clocks(tree, origins),
            *_impure_siblings(name, tree, trees),
        }
    )


def _base(name: str, node: ast.ImportFrom, trees: Mapping[str, ast.Module]) -> str:
    """Return the absolute name of what ``from … import`` starts from."""
    if not node.level:
        return node.module or ""
    is_package = any(other.startswith(f"{name}.") for other in trees)
    steps_up = node.level - is_package
    package = name.split(".")[: len(name.split(".")) - steps_up]
    return ".".join([*package, *([node.module] if node.module else [])])


def _imports(name: str, tree: ast.Module, trees: Mapping[str, ast.Module]) -> Iterator[str]:
    """Yield every name imported anywhere in a module, functions included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{_base(name, node, trees)}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _spelled(node.func) in _IMPORT_CALLS and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


_IMPORT_CALLS = ("__import__", "importlib.import_module", "import_module")


def _names_bound(
    name: str, tree: ast.Module, trees: Mapping[str, ast.Module]
) -> Iterator[tuple[str, str]]:
    """Yield each imported name as the module spells it, with where it comes from."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (top, top)
        elif isinstance(node, ast.ImportFrom):
            base = _base(name, node, trees)
            yield from (
                (alias.asname or alias.name, f"{base}.{alias.name}") for alias in node.names
            )


def _system_imports(name: str, tree: ast.Module, trees: Mapping[str, ast.Module]) -> Iterator[str]:
    for imported in _imports(name, tree, trees):
        if imported.partition(".")[0] in SYSTEM:
            yield f"imports {imported.partition('.')[0]}"


def _spelled(node: ast.expr) -> str:
    """Return ``a.b.c`` for such an expression, and an empty string for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := _spelled(node.value)):
        return f"{before}.{node.attr}"
    return ""


def _clocks(tree: ast.Module, origins: Mapping[str, str]) -> Iterator[str]:
    """Yield every clock that is called or handed on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            first, _, rest = _spelled(node).partition(".")
            full = f"{origins.get(first, '')}.{rest}"
            if full in CLOCKS or full.startswith("time."):
                yield f"reads the clock: {full}"


def _impure_siblings(name: str, tree: ast.Module, trees: Mapping[str, ast.Module]) -> Iterator[str]:
    for imported in _imports(name, tree, trees):
        for module in _loaded_by(imported, trees):
            if not (says_pure(trees[module]) or is_inert(trees[module])):
                yield f"imports {module}, which is not pure"


def _loaded_by(imported: str, trees: Mapping[str, ast.Module]) -> Iterator[str]:
    """Yield our modules that an import runs: the packages on the way, then the module."""
    parts = imported.split(".")
    if parts[0] in PACKAGES:
        prefixes = (".".join(parts[:length]) for length in range(1, len(parts) + 1))
        yield from (prefix for prefix in prefixes if prefix in trees)
