"""The arguments of ``wipe-cert`` and its help, in both languages."""

import argparse
import sys
from collections.abc import Iterable
from enum import IntEnum
from pathlib import Path
from typing import NoReturn

from certs.countersign_arguments import add_countersign_command
from certs.keys_arguments import add_keys_commands
from certs.log_arguments import add_log_commands
from certs.pallet_arguments import add_pallet_commands
from certs.print_arguments import add_print_commands
from certs.qr_arguments import add_qr_command
from certs.text import Language, Text


class ExitCode(IntEnum):
    """What the caller's script sees."""

    ERASED = 0
    USAGE = 2
    NOT_ERASED = 3
    PRACTICE_REFUSED = 4
    INCONCLUSIVE = 5
    NOT_TRUSTED = 6


HELP = {
    "program": Text(
        zh="检查清除证明，不需要联网。", en="Check certificates of erasure, without a network."
    ),
    "verify": Text(
        zh="检查一份证明、通知书、收据或更正。",
        en="Check one certificate, notice, receipt or correction.",
    ),
    "path": Text(
        zh="文件夹，或其中的 JSON 文件（如 certificate.json），或者 PDF、zip",
        en="the folder, or the JSON file in it (such as certificate.json), or a PDF, or the .zip",
    ),
    "root": Text(
        zh="您信任的根证书；要从别的渠道得到，不能用证明附带的",
        en="the root that you trust; it must have reached you by another way than the document",
    ),
    "practice": Text(zh="也接受练习文件", en="accept practice documents too"),
    "revoked": Text(
        zh="出具方公布的作废名单；同名的 .sig 在旁边",
        en="the issuer's list of revoked keys, with its .sig beside it",
    ),
    "revoked-version": Text(
        zh="名单至少是第几版，再旧就不认", en="refuse a list of an older version than this"
    ),
    "with": Text(
        zh="说到它的另一份文件（更正、会签、评级报告），一起检查；可以重复",
        en="another document that is about it (correction, countersignature, grade report), checked"
        " together; may be repeated",
    ),
    "assessor-root": Text(
        zh="第三方评估人的根证书，如果和 --root 不同",
        en="the root of third-party assessors, if it is not --root",
    ),
    "seen-by": Text(
        zh="见证方的公钥文件；可以重复。给了就至少要有一个见过有这份文件的日志",
        en="file with a witness's public key; may be repeated. Then one of them must have seen the"
        " log with the document",
    ),
    "later-proof": Text(
        zh="后来的日志证明（wipe-cert log prove）；文件自己带的那份还没有见证",
        en="a later proof (wipe-cert log prove): what a document carries no witness has seen yet",
    ),
    "tsa-root": Text(
        zh="您信任的时间服务的根证书；可以有几张。没有它，时间戳只显示、不算数",
        en="root of a time service that you trust, or several; without it a time stamp is shown and"
        " does not count",
    ),
    "json": Text(zh="输出一个 JSON 对象", en="print one JSON object"),
    "help": Text(zh="显示这份说明", en="show this help"),
    "usage": Text(zh="用法：", en="usage: "),
    "options": Text(zh="选项", en="options"),
    "arguments": Text(zh="参数", en="arguments"),
    "commands": Text(zh="命令", en="commands"),
    "codes": Text(
        zh="退出码：0 已清除；2 用法不对或文件不存在；3 没有清除；4 练习文件；"
        "5 没有结论、没有说到清除，或不知道是谁签的；6 不可信",
        en="exit codes: 0 erased; 2 usage or missing file; 3 not erased; 4 practice document;"
        " 5 inconclusive, not about an erasure, or signer unknown; 6 cannot be trusted",
    ),
    "bad-usage": Text(zh="参数不对", en="wrong arguments"),
}


def command_line(language: Language) -> argparse.ArgumentParser:
    """Build the parser of the arguments.

    Args:
        language: of the help and of complaints.

    Returns:
        a parser that yields ``command`` and its arguments: of ``verify``, ``path``, ``root`` (or
        None), ``revoked`` (or None), ``revoked_version_at_least``, ``tsa_root`` (or None),
        ``witnesses``, ``proof`` (or None), ``others``, ``assessor_root`` (or None),
        ``allow_practice`` and ``json``; of ``qr``, ``text``, ``chain`` and ``document`` (at least
        one of them), ``root``, ``allow_practice`` and ``json``; of ``log …`` and ``witness …`` see
        `certs.log_arguments`, of ``keys …`` `certs.keys_arguments`, of ``label`` and ``strip``
        `certs.print_arguments`, of ``pallet …`` `certs.pallet_arguments`, of ``countersign``
        `certs.countersign_arguments`.
    """
    program = _new_parser("wipe-cert", "program", language)
    commands = program.add_subparsers(
        title=_say("commands", language), required=True, parser_class=type(program)
    )
    verify = commands.add_parser(
        "verify",
        help=_say("verify", language),
        description=_say("verify", language),
        epilog=_say("codes", language),
        formatter_class=_FORMATTERS[language],
        add_help=False,
    )
    _add_arguments(verify, language)
    add_qr_command(commands, language, _FORMATTERS[language])
    add_print_commands(commands, language, _FORMATTERS[language])
    add_pallet_commands(commands, language, _FORMATTERS[language])
    add_countersign_command(commands, language, _FORMATTERS[language])
    add_log_commands(commands, language, _FORMATTERS[language])
    add_keys_commands(commands, language, _FORMATTERS[language])
    return program


def _add_help(options: argparse._ArgumentGroup, language: Language) -> None:
    options.add_argument("-h", "--help", action="help", help=_say("help", language))


def _add_arguments(verify: argparse.ArgumentParser, language: Language) -> None:
    verify.set_defaults(command="verify")
    arguments = verify.add_argument_group(_say("arguments", language))
    arguments.add_argument(
        "path", type=Path, metavar="BUNDLE|PDF|JSON|ZIP", help=_say("path", language)
    )
    options = verify.add_argument_group(_say("options", language))
    options.add_argument(
        "--revoked", type=Path, metavar="revoked.json", help=_say("revoked", language)
    )
    options.add_argument(
        "--revoked-version-at-least",
        type=int,
        default=0,
        metavar="N",
        help=_say("revoked-version", language),
    )
    options.add_argument(
        "--tsa-root", type=Path, metavar="TSA.pem", help=_say("tsa-root", language)
    )
    options.add_argument(
        "--witness",
        type=Path,
        action="append",
        default=[],
        dest="witnesses",
        metavar="FILE",
        help=_say("seen-by", language),
    )
    options.add_argument(
        "--proof", type=Path, metavar="later.tlog-proof", help=_say("later-proof", language)
    )
    options.add_argument(
        "--with",
        type=Path,
        action="append",
        default=[],
        dest="others",
        metavar="OTHER",
        help=_say("with", language),
    )
    options.add_argument(
        "--assessor-root", type=Path, metavar="ROOT.pem", help=_say("assessor-root", language)
    )
    _add_trust(options, language)


def _add_trust(options: argparse._ArgumentGroup, language: Language) -> None:
    options.add_argument("--root", type=Path, metavar="ROOT.pem", help=_say("root", language))
    options.add_argument("--allow-practice", action="store_true", help=_say("practice", language))
    options.add_argument("--json", action="store_true", help=_say("json", language))
    _add_help(options, language)


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
        if prefix is None:
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
        problem = _say("bad-usage", self.language)
        self.exit(int(ExitCode.USAGE), f"{self.prog}: {problem}: {message}\n")


class _ChineseParser(_Parser):
    language = Language.ZH


_FORMATTERS = {Language.EN: _Formatter, Language.ZH: _ChineseFormatter}
_PARSERS = {Language.EN: _Parser, Language.ZH: _ChineseParser}


def _new_parser(name: str, description: str, language: Language) -> argparse.ArgumentParser:
    parser = _PARSERS[language](
        prog=name,
        description=_say(description, language),
        epilog=_say("codes", language),
        formatter_class=_FORMATTERS[language],
        add_help=False,
    )
    _add_help(parser.add_argument_group(_say("options", language)), language)
    return parser


def _say(key: str, language: Language) -> str:
    return HELP[key].in_language(language)
