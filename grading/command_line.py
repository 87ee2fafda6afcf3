"""The arguments of ``wipe-grade`` and its help, in both languages."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NoReturn

from grading.library import DEFAULT_RULESET
from grading.text import Language, Text

EXIT_EVALUATED: Final = 0
EXIT_USAGE: Final = 2
EXIT_DIFFERENT: Final = 3

HELP: Final = {
    "program": Text(
        zh="按记录的测量值和有版本的规则评级；同样的输入，结果每个字节都一样。",
        en="Grade recorded measures by versioned rules: same input, same bytes.",
    ),
    "evaluate": Text(
        zh="给一台设备评级：功能、外观、剩余寿命，各评各的。",
        en="Grade one device: function, appearance and remaining life, kept apart.",
    ),
    "measures": Text(
        zh="测量记录（JSON），或证明、通知：文件、文件夹或 zip",
        en="measures as JSON, or a certificate or notice: file, folder or zip",
    ),
    "ruleset": Text(
        zh=f"用哪套规则；不写就用文件自己写的，或 {DEFAULT_RULESET}",
        en=f"rule set; by default the one that the statement names, or {DEFAULT_RULESET}",
    ),
    "json": Text(zh="输出一行 JSON", en="print one line of JSON"),
    "help": Text(zh="显示这份说明", en="show this help"),
    "usage": Text(zh="用法：", en="usage: "),
    "options": Text(zh="选项", en="options"),
    "arguments": Text(zh="参数", en="arguments"),
    "commands": Text(zh="命令", en="commands"),
    "codes": Text(
        zh="不核对签名（用 wipe-cert verify）。退出码：0 已评级（不管级别高低）；"
        "2 用法不对，或测量记录读不懂；3 文件写的级别和重算的不一样",
        en="Signatures are not checked (wipe-cert verify does). Exit codes: 0 evaluated, whatever"
        " the grades; 2 wrong usage or unreadable measures; 3 the statement states another grade",
    ),
    "bad-usage": Text(zh="参数不对", en="wrong arguments"),
}


def command_line(language: Language) -> argparse.ArgumentParser:
    """Build the parser of the arguments; it yields ``measures``, ``ruleset`` and ``json``."""
    program = _new_parser("wipe-grade", "program", language)
    _add_help(program, language)
    commands = program.add_subparsers(
        title=_say("commands", language), required=True, parser_class=type(program)
    )
    evaluate = commands.add_parser(
        "evaluate",
        help=_say("evaluate", language),
        description=_say("evaluate", language),
        epilog=_say("codes", language),
        formatter_class=_FORMATTERS[language],
        add_help=False,
    )
    arguments = evaluate.add_argument_group(_say("arguments", language))
    arguments.add_argument(
        "measures", type=Path, metavar="MEASURES|BUNDLE", help=_say("measures", language)
    )
    options = _add_help(evaluate, language)
    options.add_argument("--ruleset", default=None, metavar="NAME", help=_say("ruleset", language))
    options.add_argument("--json", action="store_true", help=_say("json", language))
    return program


class _Formatter(argparse.HelpFormatter):
    """Says "usage" in the reader's language."""

    language = Language.EN

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        """Add the usage line with a translated prefix."""
        if prefix is None:  # an empty one is argparse asking for a subcommand's name
            prefix = _say("usage", self.language)
        super().add_usage(usage, actions, groups, prefix)


class _ChineseFormatter(_Formatter):
    language = Language.ZH


class _Parser(argparse.ArgumentParser):
    """Complains in the reader's language; argparse's own detail stays English."""

    language = Language.EN

    def error(self, message: str) -> NoReturn:
        """Report wrong usage and end with exit code 2."""
        self.print_usage(sys.stderr)
        self.exit(EXIT_USAGE, f"{self.prog}: {_say('bad-usage', self.language)}: {message}\n")


class _ChineseParser(_Parser):
    language = Language.ZH


_FORMATTERS: Final = {Language.EN: _Formatter, Language.ZH: _ChineseFormatter}
_PARSERS: Final = {Language.EN: _Parser, Language.ZH: _ChineseParser}


def _new_parser(name: str, description: str, language: Language) -> argparse.ArgumentParser:
    return _PARSERS[language](
        prog=name,
        description=_say(description, language),
        epilog=_say("codes", language),
        formatter_class=_FORMATTERS[language],
        add_help=False,
    )


def _add_help(parser: argparse.ArgumentParser, language: Language) -> argparse._ArgumentGroup:
    options = parser.add_argument_group(_say("options", language))
    options.add_argument("-h", "--help", action="help", help=_say("help", language))
    return options


def _say(key: str, language: Language) -> str:
    return HELP[key].in_language(language)
