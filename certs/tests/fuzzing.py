"""Parsers against a fuzzer that sees which branches they take; a table of targets is a module.

``python -m certs.tests.fuzz`` (and ``-m wipe_station.tests.fuzz``) runs each target of the table in
a process of its own; ``--runs`` says for how many inputs, ``--only NAME`` which one. A target may
end well or with its declared error; anything else, more than a second for one input, or more than
1 GiB of memory, is a finding, and the input is left in ``.run/fuzz``. Needs the extra ``fuzz``
(`make fuzz`).
"""

import argparse
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

RUNS: Final = 20_000
FOUND: Final = Path(".run/fuzz")
LONGEST_BYTES: Final = 64 << 10
PACKAGES: Final = ("certs", "wipe_station", "grading")
"""Whose branches the fuzzer watches."""
Target = Callable[[bytes], None]


def main(
    module: str,
    names: Collection[str],
    target: Callable[[str], Target],
    begun_with: Callable[[str], Iterable[bytes]],
) -> int:
    """Run the targets one after the other; return 1 if one found something.

    Args:
        module: what ``python -m`` runs to come here again, in a child.
        names: of the targets.
        target: returns what the fuzzer calls. It imports what it tests, so that this is watched,
            and what it returns raises nothing but what nobody declared.
        begun_with: returns the inputs that a target begins with.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--only", choices=names)
    parser.add_argument("--child", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        _child(given.child[0], given.child[1:], target)
    FOUND.mkdir(parents=True, exist_ok=True)
    wrong = 0
    for name in [given.only] if given.only else names:
        with TemporaryDirectory() as made:
            _fill(Path(made), begun_with(name))
            words = [sys.executable, "-m", module, "--child", name, made]
            words += [f"-runs={given.runs}", f"-max_len={LONGEST_BYTES}", "-timeout=1"]
            words += ["-rss_limit_mb=1024", "-verbosity=0", f"-artifact_prefix={FOUND}/{name}-"]
            done = subprocess.run(words, capture_output=True, text=True, check=False)
        wrong += done.returncode != 0
        last = done.stderr.strip().splitlines()[-12:] if done.returncode else []
        sys.stdout.write("\n".join([f"{name}: exit {done.returncode}", *last]) + "\n")
        sys.stdout.flush()
    return int(wrong > 0)


def _child(name: str, words: list[str], target: Callable[[str], Target]) -> None:
    """Let the fuzzer run in this process; it does not come back."""
    import atheris

    with atheris.instrument_imports(include=list(PACKAGES)):
        called = target(name)
    atheris.Setup([name, *words], called)
    atheris.Fuzz()


def _fill(folder: Path, inputs: Iterable[bytes]) -> None:
    (folder / "nothing").write_bytes(b"")
    for number, data in enumerate(inputs):
        (folder / str(number)).write_bytes(data)
