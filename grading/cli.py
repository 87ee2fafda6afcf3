"""``wipe-grade``: what an assessor types. The composition root of this package. I/O."""

import io
import json
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from grading.command_line import EXIT_EVALUATED, EXIT_USAGE, command_line
from grading.errors import GradingError
from grading.library import ruleset_named
from grading.measures import MAX_BYTES, parse_measures
from grading.report import to_bytes, to_lines
from grading.rules import evaluate
from grading.text import Language, Text, language_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``wipe-grade``.

    Args:
        arguments: without the program's name; None takes the process's own.

    Returns:
        the exit code: 0 evaluated, 2 wrong usage or unreadable measures.

    Raises:
        SystemExit: from argparse, for help (0) and wrong usage (2).
    """
    language = _language(os.environ)
    _never_fail_on_output()
    options = command_line(language).parse_args(arguments)
    try:
        measures = parse_measures(_read(options.measures))
        evaluation = evaluate(measures, ruleset_named(options.ruleset))
    except GradingError as error:
        _print_error(error, language, as_json=options.json)
        return EXIT_USAGE
    if options.json:
        sys.stdout.write(to_bytes(evaluation).decode())
    else:
        _print(to_lines(evaluation), language)
    return EXIT_EVALUATED


def _language(environment: Mapping[str, str]) -> Language:
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return language_of(next((name for name in names if name), ""))


def _never_fail_on_output() -> None:
    """Make the output the same bytes under every locale."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _read(path: Path) -> bytes:
    """Read a regular file up to just beyond the limit, without waiting on a pipe."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(0, "not a regular file")
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise _cannot_open(path, error) from error


def _cannot_open(path: Path, error: OSError | ValueError) -> GradingError:
    name = ascii(str(path))
    reason = getattr(error, "strerror", None) or type(error).__name__
    return GradingError(
        Text(zh=f"文件打不开：{name}（{reason}）。", en=f"Cannot open {name}: {reason}."),
        hint=Text(zh="请给出测量记录文件。", en="Name a file of measures."),
    )


def _print(lines: Sequence[Text], language: Language) -> None:
    sys.stdout.writelines(line.in_language(language) + "\n" for line in lines)


def _print_error(error: GradingError, language: Language, *, as_json: bool) -> None:
    if as_json:
        report = {"error": error.message.both(), "hint": error.hint.both()}
        sys.stdout.write(json.dumps(report, sort_keys=True, ensure_ascii=False) + "\n")
    else:
        for line in (error.message, error.hint):
            sys.stderr.write(line.in_language(language) + "\n")
