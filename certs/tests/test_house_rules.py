"""Rules of the house that a linter does not know: pure modules, and both languages everywhere."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1]
MODULES = [path for path in PACKAGE.rglob("*.py") if "tests" not in path.parts]


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def test_modules__that_decide__say_pure() -> None:
    """Everything but files, keys and the command line is pure."""
    impure = {path.stem for path in MODULES if "Pure." not in path.read_text("utf-8")}
    assert impure == {
        "__init__",
        "__main__",
        "bundle",
        "cli",
        "command_line",
        "cosign",
        "countersign_command",
        "data",
        "durable",
        "folder",
        "issuing",
        "keys",
        "keys_command",
        "keys_people",
        "keys_token",
        "keys_words",
        "label",
        "log_report",
        "make",
        "own_keys",
        "pallet_command",
        "pallet_documents",
        "pallet_file",
        "pallet_words",
        "pin",
        "print_report",
        "prove",
        "prove_report",
        "qr_report",
        "reading",
        "render",
        "render_child",
        "report",
        "root_keys",
        "sign",
        "stamping",
        "station_keys",
        "timestamp_client",
        "token",
        "token_child",
        "witness_report",
        "witness_server",
        "writer",
    }


def _literals(node: ast.expr) -> str:
    constants = [part for part in ast.walk(node) if isinstance(part, ast.Constant)]
    return "".join(part.value for part in constants if isinstance(part.value, str))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_texts__in_the_source__both_languages_in_their_own_words(path: Path) -> None:
    """Every literal sentence has a Chinese half with Chinese in it and an English half without."""
    for node in ast.walk(_tree(path)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "Text"
        ):
            halves = {word.arg: _literals(word.value) for word in node.keywords if word.arg}
            assert halves.keys() == {"zh", "en"}
            zh, en = halves["zh"], halves["en"]
            assert bool(zh) == bool(en)
            assert not re.search("[\u3000-\u9fff\uff00-\uffef]", en)
            if re.search("[a-z]{3} [a-z]{3}", en):
                assert re.search("[\u4e00-\u9fff]", zh), en
