"""Adds commands to ``wipe-cert`` whose help stands in a table of words. Pure."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from certs.text import Language, Text

Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it
COMMON: Final = {
    "options": Text(zh="选项", en="options"),
    "arguments": Text(zh="参数", en="arguments"),
    "commands": Text(zh="命令", en="commands"),
    "help": Text(zh="显示这份说明", en="show this help"),
    "json": Text(zh="输出一个 JSON 对象", en="print one JSON object"),
}


class Fields:
    """Adds one command's arguments and options, with their help."""

    def __init__(
        self, parser: argparse.ArgumentParser, words: Mapping[str, Text], language: Language
    ) -> None:
        self._words = words
        self._language = language
        self.arguments = parser.add_argument_group(self.say("arguments"))
        self.options = parser.add_argument_group(self.say("options"))

    def say(self, key: str) -> str:
        """Return a word of the table."""
        return self._words[key].in_language(self._language)

    def argument(self, name: str, metavar: str, key: str, *, several: bool = False) -> None:
        """Add a path that must be given, or at least one of them."""
        more: dict[str, Any] = {"nargs": "+"} if several else {}
        self.arguments.add_argument(name, type=Path, metavar=metavar, help=self.say(key), **more)

    def path(self, flag: str, metavar: str, key: str, *, required: bool = False) -> None:
        """Add an option that names a file or folder."""
        self.options.add_argument(
            flag, type=Path, metavar=metavar, required=required, help=self.say(key)
        )

    def paths(
        self, flag: str, metavar: str, key: str, *, dest: str | None = None, required: bool = False
    ) -> None:
        """Add an option that may be given several times, each with a file or folder."""
        self.options.add_argument(
            flag,
            type=Path,
            action="append",
            default=[],
            dest=dest or flag.removeprefix("--").replace("-", "_"),
            metavar=metavar,
            required=required,
            help=self.say(key),
        )

    def output(self, metavar: str, key: str) -> None:
        """Add where the result goes."""
        self.options.add_argument(
            "-o", "--output", type=Path, metavar=metavar, required=True, help=self.say(key)
        )

    def text(self, flag: str, metavar: str, key: str, *, required: bool = False) -> None:
        """Add an option with a text."""
        self.options.add_argument(flag, metavar=metavar, required=required, help=self.say(key))

    def switch(self, flag: str, key: str) -> None:
        """Add an option that is given or not."""
        self.options.add_argument(flag, action="store_true", help=self.say(key))


class Adder:
    """Adds commands, and groups of them, in one language."""

    def __init__(
        self,
        words: Mapping[str, Text],
        language: Language,
        formatter: type[argparse.HelpFormatter],
    ) -> None:
        """Take what all of them share.

        Args:
            words: help by key; of commands by their whole name, ``codes`` for their exit codes.
            language: of the help.
            formatter: of the help.
        """
        self._words = COMMON | dict(words)
        self._language = language
        self._formatter = formatter

    def group(
        self, of: "Commands[argparse.ArgumentParser]", name: str
    ) -> "Commands[argparse.ArgumentParser]":
        """Add a command that only has commands of its own."""
        parser = self._parser(of, name)
        self._add_help(parser.add_argument_group(self._say("options")))
        return parser.add_subparsers(
            title=self._say("commands"), required=True, parser_class=type(parser)
        )

    def command(
        self,
        of: "Commands[argparse.ArgumentParser]",
        name: str,
        fill: Callable[[Fields], None],
    ) -> None:
        """Add a command; its parser yields ``command``, the whole name, and what was filled in."""
        parser = self._parser(of, name)
        parser.set_defaults(command=name)
        fields = Fields(parser, self._words, self._language)
        fill(fields)
        fields.switch("--json", "json")
        self._add_help(fields.options)

    def _parser(
        self, of: "Commands[argparse.ArgumentParser]", name: str
    ) -> argparse.ArgumentParser:
        return of.add_parser(
            name.rpartition(" ")[2],
            help=self._say(name),
            description=self._say(name),
            epilog=self._say("codes"),
            formatter_class=self._formatter,
            add_help=False,
        )

    def _add_help(self, options: "argparse._ArgumentGroup") -> None:
        options.add_argument("-h", "--help", action="help", help=self._say("help"))

    def _say(self, key: str) -> str:
        return self._words[key].in_language(self._language)
