"""``wipe-grade``: what an assessor types. The composition root of this package. I/O."""

import io
import json
import os
import sys
from collections.abc import Mapping, Sequence

from grading.command_line import EXIT_DIFFERENT, EXIT_EVALUATED, EXIT_USAGE, command_line
from grading.errors import GradingError
from grading.library import DEFAULT_RULESET, ruleset_named
from grading.measures import parse_measures
from grading.opening import read
from grading.report import to_bytes, to_lines
from grading.rules import evaluate
from grading.stated import Stated, stated_in
from grading.text import Language, Text, language_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``wipe-grade``.

    Args:
        arguments: without the program's name; None takes the process's own.

    Returns:
        the exit code: 0 evaluated, 2 wrong usage or unreadable measures, 3 a statement's grade
        does not follow from its measures.

    Raises:
        SystemExit: from argparse, for help (0) and wrong usage (2).
    """
    language = _language(os.environ)
    _never_fail_on_output()
    options = command_line(language).parse_args(arguments)
    try:
        stated = stated_in(read(options.measures))
        name = options.ruleset or stated.ruleset or DEFAULT_RULESET
        evaluation = evaluate(parse_measures(stated.measures), ruleset_named(name))
    except GradingError as error:
        _print_error(error, language, as_json=options.json)
        return EXIT_USAGE
    if options.json:
        sys.stdout.write(to_bytes(evaluation).decode())
    else:
        _print(to_lines(evaluation), language)
    if stated.grades is not None and not stated.agrees_with(evaluation):
        _say_different(stated, language)
        return EXIT_DIFFERENT
    return EXIT_EVALUATED


def _language(environment: Mapping[str, str]) -> Language:
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return language_of(next((name for name in names if name), ""))


def _never_fail_on_output() -> None:
    """Make the output the same bytes under every locale."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _say_different(stated: Stated, language: Language) -> None:
    sentence = Text(
        zh=f"和文件写的不一样：文件按 {stated.ruleset} 写的是 {_listed(stated)}。",
        en=f"Not what the statement says: under {stated.ruleset} it states {_listed(stated)}.",
    )
    sys.stderr.write(sentence.in_language(language) + "\n")


def _listed(stated: Stated) -> str:
    return ascii(", ".join(f"{axis} {grade}" for axis, grade in (stated.grades or {}).items()))


def _print(lines: Sequence[Text], language: Language) -> None:
    sys.stdout.writelines(line.in_language(language) + "\n" for line in lines)


def _print_error(error: GradingError, language: Language, *, as_json: bool) -> None:
    if as_json:
        report = {"error": error.message.both(), "hint": error.hint.both()}
        sys.stdout.write(json.dumps(report, sort_keys=True, ensure_ascii=False) + "\n")
    else:
        for line in (error.message, error.hint):
            sys.stderr.write(line.in_language(language) + "\n")
