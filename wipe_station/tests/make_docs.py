"""Makes the pages under ``docs/`` that follow from data, and ``THIRD-PARTY``.

Run ``python -m wipe_station.tests.make_docs`` to write them, with ``--check`` to compare. Each
page is one function; nothing in a page depends on the machine, its language or its terminal.
"""

import argparse
import ast
import difflib
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from pathlib import Path
from textwrap import dedent
from typing import Any, Final

import typer.core
import typer.main

from certs.command_line import ExitCode
from certs.command_line import command_line as cert_command_line
from certs.formats.head_v1 import SCHEMA_VERSION
from certs.formats.json_schema import json_schema
from certs.layout import DocumentType
from certs.page.make import verify_page
from certs.text import Language as CertLanguage
from grading.command_line import EXIT_DIFFERENT, EXIT_EVALUATED, EXIT_USAGE
from grading.command_line import command_line as grade_command_line
from grading.library import all_rulesets
from grading.report import AXIS_NAMES, condition
from grading.rules import Axis, Rule, RuleSet
from grading.text import Language as GradeLanguage
from wipe_station import cli
from wipe_station.custody import NAMES, Custody
from wipe_station.custody import TRANSITIONS as CUSTODY
from wipe_station.detect.safety import RULES, Reason, Refusal, Scene
from wipe_station.errors import HANDLING
from wipe_station.run_state import _ANYWHERE, TRANSITIONS, State, outcome_of
from wipe_station.tests.conformity import clauses_page
from wipe_station.tests.format_pages import formats_page
from wipe_station.tests.licences import pinned, refused, vendored
from wipe_station.tests.markdown import block, code, first_sentence, page, table
from wipe_station.tests.method_pages import methods_page
from wipe_station.tests.phone_mode_pages import phone_modes_page
from wipe_station.tests.phone_pages import phones_page
from wipe_station.tests.quirk_pages import quirks_page

ROOT: Final = Path(__file__).parents[2]
COMMAND: Final = "make docs"
SafetyRule = Callable[[Scene], Iterable[Refusal]]

HELP_COLUMNS: Final = 88
LOCALES: Final = {"English": "C.UTF-8", "中文": "zh_CN.UTF-8"}
MODULES: Final = {
    "wipe-station": "wipe_station",
    "wipe-cert": "certs",
    "wipe-grade": "grading",
}


def pages() -> dict[str, str]:
    """Return every generated file by its path from the repository's root."""
    return {
        "docs/methods.md": methods_page(),
        "docs/conformity-gb46864.md": clauses_page("gb-46864"),
        "docs/grading.md": grading_page(),
        "docs/cli.md": cli_page(),
        "docs/job-states.md": job_states_page(),
        "docs/ticket-states.md": ticket_states_page(),
        "docs/refusals.md": refusals_page(),
        "docs/formats.md": formats_page(),
        "docs/quirks.md": quirks_page(),
        "docs/phones.md": phones_page(),
        "docs/phone-modes.md": phone_modes_page(),
        "docs/exit-codes.md": exit_codes_page(),
        "docs/verify.html": verify_page(),
        **schema_files(),
        "THIRD-PARTY": third_party(),
    }


def schema_files() -> dict[str, str]:
    """Return the JSON Schema of each type of document."""
    return {
        f"docs/schema/statement-{SCHEMA_VERSION}/{kind.value}.schema.json": json.dumps(
            json_schema(kind), indent=1, ensure_ascii=False
        )
        + "\n"
        for kind in DocumentType
    }


def differences(root: Path, wanted_pages: Mapping[str, str]) -> list[str]:
    """Return the diff from the files as they are to what they must be; empty if equal."""
    lines: list[str] = []
    for name, wanted in wanted_pages.items():
        path = root / name
        found = path.read_text("utf-8") if path.exists() else ""
        lines += difflib.unified_diff(
            found.splitlines(), wanted.splitlines(), name, f"{name} (generated)", lineterm=""
        )
        if found != wanted and found.splitlines() == wanted.splitlines():
            lines.append(f"{name}: line ends differ")
    return lines


# --- grading -------------------------------------------------------------------------------------


def grading_page() -> str:
    """Show every rule of every rule set."""
    return page(
        "Grading rules",
        "A rule that takes effect caps the grade of its axis; the lowest cap stands. An axis is"
        " *good* only if every rule that applies was measured. What was not measured is unknown.",
        *(part for ruleset in all_rulesets().values() for part in _ruleset_parts(ruleset)),
    )


def _ruleset_parts(ruleset: RuleSet) -> Iterator[str]:
    yield f"## `{ruleset.name}-{ruleset.version}`: {ruleset.title.en} ({ruleset.title.zh})"
    yield f"> {ruleset.disclaimer.zh}\n>\n> {ruleset.disclaimer.en}"
    for axis in Axis:
        rules = [rule for rule in ruleset.rules if rule.axis is axis]
        yield f"### {AXIS_NAMES[axis].en} ({AXIS_NAMES[axis].zh})"
        of = "Drives" if ruleset.kind_measure == "drive_kind" else "Systems"
        heads = ("Rule", "Takes effect when", of, "At most", "Meaning", "Source", "Certainty")
        yield table(heads, map(_rule_row, rules)) if rules else "No rule yet: always unknown."


def _rule_row(rule: Rule) -> Sequence[str]:
    return (
        code(rule.id),
        code(f"{rule.measure} {condition(rule)}"),
        ", ".join(rule.kinds) or "all",
        rule.grade_cap.value,
        f"{rule.title.zh}<br>{rule.title.en}",
        rule.source,
        rule.certainty,
    )


# --- command line --------------------------------------------------------------------------------


def cli_page() -> str:
    """Show the help of every program and subcommand, as the programs print it."""
    calls = [(program, *command) for program in MODULES for command in _commands(program)]
    asked = [(call, locale) for call in calls for locale in LOCALES.values()]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        helps = dict(zip(asked, pool.map(_help, asked), strict=True))
    return page(
        "Command line",
        "The language follows `LC_ALL`, `LC_MESSAGES` or `LANG`. Exit codes: `exit-codes.md`.",
        *(part for call in calls for part in _help_parts(call, helps)),
    )


def _commands(program: str) -> list[tuple[str, ...]]:
    """Return the program without and with each of its subcommands."""
    if program == "wipe-station":
        group = typer.main.get_command(cli.app)
        assert isinstance(group, typer.core.TyperGroup), "the program has subcommands"
        return [(), *_below(group)]
    if program == "wipe-cert":
        names = _subcommands(cert_command_line(CertLanguage.EN))
    else:
        names = _subcommands(grade_command_line(GradeLanguage.EN))
    return [(), *((name,) for name in names)]


def _below(group: typer.core.TyperGroup) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (name,)
        if isinstance(command, typer.core.TyperGroup):
            yield from ((name, *each) for each in _below(command))


def _subcommands(parser: argparse.ArgumentParser) -> list[str]:
    choices: list[Mapping[str, Any]] = [
        action.choices
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
    ]
    return [name for group in choices for name in group]


def _help(asked: tuple[tuple[str, ...], str]) -> str:
    """Run one ``--help`` in an environment of its own: fixed width, no colour, no terminal."""
    (program, *command), locale = asked
    done = subprocess.run(
        [sys.executable, "-m", MODULES[program], *command, "--help"],
        env={
            "COLUMNS": str(HELP_COLUMNS),
            "LC_ALL": locale,
            "NO_COLOR": "1",
            "PATH": os.environ.get("PATH", ""),
            "PYTHONUTF8": "1",
            "TERM": "dumb",
        },
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=60,
    )
    lines = [line.rstrip() for line in done.stdout.decode("utf-8").splitlines()]
    return "\n".join(lines).strip("\n")


def _help_parts(
    call: tuple[str, ...], helps: Mapping[tuple[tuple[str, ...], str], str]
) -> Iterator[str]:
    yield f"{'##' if len(call) == 1 else '###'} {' '.join(call)}"
    yield from (block("text", helps[call, locale]) for locale in LOCALES.values())


# --- states of a job -----------------------------------------------------------------------------


def job_states_page() -> str:
    """Show the transition table as a picture and as a table."""
    anywhere = ", ".join(code(kind.value) for kind in _ANYWHERE)
    return page(
        "States of a job",
        "The events are the record kinds of the job's journal; what the table does not name is"
        f" forbidden and stops the line. In every state {anywhere} may be recorded and change"
        " nothing. A state that is not final means *indeterminate*.",
        block("mermaid", _diagram(TRANSITIONS, State.NEW)),
        table(("State", "Event", "Next state", "Outcome if it ends here"), _state_rows()),
    )


def ticket_states_page() -> str:
    """Show where a device in custody can be, and what leads there."""
    rows = (
        (state.value, f"{NAMES[state].zh}<br>{NAMES[state].en}", code(kind.value), after.value)
        for state, events in CUSTODY.items()
        for kind, after in events.items()
    )
    return page(
        "States of a ticket",
        "The events are the log's entry kinds; what the table does not name is refused. Besides, a"
        " release wants its certificate, a withdrawal that no erasure has begun, and what happens"
        " to a frozen ticket a reason; only the operator, as supervisor, can do it.",
        block("mermaid", _diagram(CUSTODY, Custody.NONE)),
        table(("State", "For people", "Event", "Next state"), rows),
    )


def _diagram(transitions: Mapping[Any, Mapping[Any, Any]], first: Enum) -> str:
    labels: dict[tuple[str, str], list[str]] = {}
    for state, events in transitions.items():
        for kind, after in events.items():
            labels.setdefault((state.value, after.value), []).append(kind.value)
    arrows = [f"{a} --> {b}: {', '.join(kinds)}" for (a, b), kinds in labels.items()]
    finals = [f"{state.value} --> [*]" for state, events in transitions.items() if not events]
    lines = [f"[*] --> {first.value}", *arrows, *finals]
    return "\n".join(["stateDiagram-v2", *(f"    {line}" for line in lines)])


def _state_rows() -> Iterator[Sequence[str]]:
    for state, events in TRANSITIONS.items():
        shown = (state.value, outcome_of(state).value)
        if not events:
            yield (shown[0], "none: final", "", shown[1])
        for kind, after in events.items():
            yield (shown[0], code(kind.value), after.value, shown[1])
            shown = ("", "")


# --- refusals ------------------------------------------------------------------------------------


def refusals_page() -> str:
    """Show every reason why a device may not be wiped, in the order of the rules."""
    return page(
        "Why a device may not be wiped",
        "Every rule is applied, in this order, before the first write; one reason is enough, and"
        " all of them are shown. No option overrules one.",
        table(
            ("Reason", "What is refused, and why"),
            (
                ("<br>".join(code(r.value) for r in reasons_of(rule)), first_sentence(rule))
                for rule in RULES
            ),
        ),
    )


def reasons_of(rule: SafetyRule) -> list[Reason]:
    """Return the reasons that a rule's source names, in its order."""
    tree = ast.parse(dedent(inspect.getsource(rule)))
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == Reason.__name__
    ]
    return [Reason[node.attr] for node in sorted(found, key=lambda node: node.lineno)]


# --- exit codes ----------------------------------------------------------------------------------


def exit_codes_page() -> str:
    """Show what each program's exit codes mean, and the errors behind them."""
    numbers = sorted({*cli.EXIT_OF_OUTCOME.values(), *map(int, ExitCode)})
    errors = (
        (code(kind.__name__), first_sentence(kind), str(number), str(status))
        for kind, number, status in HANDLING
    )
    return page(
        "Exit codes",
        table(
            ("Code", "`wipe-station`", "`wipe-cert`", "`wipe-grade`"), map(_exit_code_row, numbers)
        ),
        "`wipe-station doctor` ends with 0 if nothing is missing and with 4 if something is."
        " `resume` of several jobs ends with the highest code among them.",
        "## Errors of `wipe-station`",
        "The first class that fits decides.",
        table(("Error", "Meaning", "Code", "HTTP status"), errors),
    )


def _exit_code_row(number: int) -> Sequence[str]:
    outcomes = [o.value for o, found in cli.EXIT_OF_OUTCOME.items() if found == number]
    errors = [code(kind.__name__) for kind, found, _ in HANDLING if found == number]
    cert = [found.name.lower().replace("_", " ") for found in ExitCode if found == number]
    grade = {
        EXIT_EVALUATED: "evaluated, whatever the grades",
        EXIT_USAGE: "usage or measures",
        EXIT_DIFFERENT: "another grade than stated",
    }
    return (str(number), ", ".join([*outcomes, *errors]), *cert, grade.get(number, ""))


# --- licences ------------------------------------------------------------------------------------


def third_party() -> str:
    """List the pinned runtime packages.

    Raises:
        ValueError: a licence is unknown or not on the list of allowed ones.
    """
    packages = pinned(ROOT / "requirements" / "station.txt")
    if faults := refused(packages):
        raise ValueError("; ".join(faults))
    rows = [f"{p.name:<20}{p.version:<12}{p.licence}" for p in packages]
    head = f"""\
        Packages that a station installs beside this program (requirements/station.txt), each
        under its own licence; their code is not in this repository. Binary packages may
        contain more (cryptography: OpenSSL); this list does not look inside them.
        Generated by `{COMMAND}` from the metadata of the installed packages.
        """
    theirs = [f"{file.path}  {file.licence}\n    {file.sha256}" for file in vendored(ROOT)]
    below = "\nFiles of others in this repository, unmodified, with their SHA-256:\n"
    return "\n".join([dedent(head), *rows, below, *theirs]) + "\n"


def main() -> int:
    """Write the files, or compare them with ``--check``; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare only")
    if parser.parse_args().check:
        different = differences(ROOT, pages())
        sys.stdout.writelines(line + "\n" for line in different)
        return int(bool(different))
    for name, text in pages().items():
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
