"""The script that breaks guards tells a guard that is missed from one that is not."""

import subprocess
import sys
from pathlib import Path

STREAM = "wipe_station/overwrite/stream.py"
TEST = "wipe_station/tests/test_stream.py::test_stream__two_units__differ"
OTHER = "wipe_station/tests/test_stream.py::test_fixed_pattern__empty__refused"
TWEAK = "modes.XTS(number.to_bytes(_AES_BLOCK_BYTES, "


def entry(name: str, text: str, becomes: str, *tests: str) -> str:
    """Return one mutation as it stands in the list."""
    words = [f"name = {name!r}", "guard = 'One.'", f"file = {STREAM!r}"]
    words += [f"text = {text!r}", f"becomes = {becomes!r}", f"tests = {list(tests)!r}"]
    return "\n".join(["[[mutation]]", *words, ""])


def played(folder: Path, *entries: str) -> tuple[int, dict[str, str]]:
    """Run the script over a list; return its exit code and what it says of each entry."""
    (folder / "list.toml").write_text("\n".join(entries), "utf-8")
    command = (sys.executable, "-m", "hw_tests.mutations", "--list", folder / "list.toml")
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, cwd=folder)
    lines = [line.split(maxsplit=3) for line in done.stdout.splitlines()]
    return done.returncode, {words[0]: words[3] for words in lines if words[2:3] == ["s"]}


def test_mutations__guard_that_is_missed__noticed(folder: Path) -> None:
    """The copy is what runs: a change of it, and of nothing else, makes its test fail."""
    code, said = played(folder, entry("gone", TWEAK + '"little")', "modes.XTS(bytes(16)", TEST))
    assert (code, said) == (0, {"gone": "noticed"})


def test_mutations__whatever_proves_nothing__exit_1_and_named(folder: Path) -> None:
    """Nothing changed, a test that does not see it, no such text, no Python, no import."""
    gone = (TWEAK + '"little")', "modes.XTS(bytes(16)")
    code, said = played(
        folder,
        entry("nothing", TWEAK + '"little")', TWEAK + '"little"  )', TEST),
        entry("unseen", *gone, TEST, OTHER),
        entry("rotten", "no such text", "", TEST),
        entry("syntax", TWEAK, "modes.XTS(]", TEST),
        entry("import", "import mmap", "import no_such_module as mmap", TEST),
    )
    assert code == 1
    assert said["nothing"] == "SURVIVED: no test noticed"
    assert said["unseen"] == f"SURVIVED: not noticed by {OTHER}"
    assert said["rotten"] == f"its text stands 0 times in {STREAM}"
    assert said["syntax"].startswith("what it becomes cannot be compiled")
    assert said["import"].startswith("pytest ended with "), "a file that cannot be loaded"
