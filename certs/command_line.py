"""The arguments of ``wipe-cert`` and its help, in both languages."""

import argparse
import sys
from collections.abc import Iterable
from enum import IntEnum
from pathlib import Path
from typing import NoReturn

from certs.countersign_arguments import add_countersign_command
from certs.keys_arguments import add_keys_commands
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
    "log": Text(
        zh="检查一份日志：有没有被改动、截短，有没有没结束的任务。",
        en="Check a log: changed, cut, jobs without an end.",
    ),
    "log-verify": Text(
        zh="从头到尾检查整份日志，并和手里留存的检查点、证明对照。",
        en="Check a whole log from its first entry on, and against what you kept of it.",
    ),
    "log-folder": Text(
        zh="日志文件夹（里面有 checkpoint 和 tile）",
        en="the log's folder, with checkpoint and tile in it",
    ),
    "log-key": Text(
        zh="日志的公钥文件（每份证明里的 log_key）；没有就不知道是谁的日志",
        en="file with the log's public key (log_key of any of its certificates); without it,"
        " nobody knows whose log it is",
    ),
    "log-checkpoint": Text(
        zh="以前留存的 checkpoint 文件；可以重复",
        en="a checkpoint that you kept from before; may be repeated",
    ),
    "log-proof": Text(
        zh="证明或收据：整份文件，或其中的 .tlog-proof；可以重复",
        en="a certificate or a receipt, whole or its .tlog-proof; may be repeated",
    ),
    "log-codes": Text(
        zh="退出码：0 日志完好；2 用法不对或文件不存在；5 不知道是谁的日志；6 不可信",
        en="exit codes: 0 sound; 2 usage or missing file; 5 whose log it is, is not known;"
        " 6 cannot be trusted",
    ),
    "log-cosign": Text(
        zh="请见证方给日志的最新检查点签名，存进日志文件夹的 witnessed。",
        en="Have a witness sign the log's newest checkpoint; kept in witnessed/ in its folder.",
    ),
    "witness": Text(
        zh="做见证方：只给一直在增长、没有改写过的日志签名。",
        en="Be a witness: sign for logs that only grew and were never rewritten.",
    ),
    "witness-new": Text(
        zh="生成见证方的密钥，显示公钥。", en="Make a witness's key; print its public key."
    ),
    "witness-serve": Text(
        zh="在一个地址上答复签名请求（C2SP tlog-witness），直到 Ctrl-C。",
        en="Answer at an address (C2SP tlog-witness) until Ctrl-C.",
    ),
    "witness-folder": Text(
        zh="见证方的文件夹（密钥和见过的检查点）；丢了就不能再用这把密钥",
        en="the witness's folder: its key and what it saw; once lost, the key must not be used",
    ),
    "witness-name": Text(
        zh="见证方的名称，不含空格，例如 witness.example.org/1",
        en="its name, without spaces, such as witness.example.org/1",
    ),
    "witness-log": Text(
        zh="要见证的日志的公钥文件；可以重复", en="file with a log's public key; may be repeated"
    ),
    "witness-listen": Text(zh="监听的地址和端口", en="address and port to listen on"),
    "witness-key": Text(zh="见证方的公钥文件", en="file with the witness's public key"),
    "witness-url": Text(
        zh="见证方的地址（http 或 https）", en="where the witness listens (http or https)"
    ),
    "witness-codes": Text(
        zh="退出码：0 成功；2 用法不对、文件不存在或地址用不了；5 见证方没有签；6 不可信",
        en="exit codes: 0 done; 2 usage, missing file or address; 5 the witness did not sign;"
        " 6 cannot be trusted",
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
        ``others``, ``assessor_root`` (or None), ``allow_practice`` and ``json``; of ``qr``,
        ``text``, ``chain`` and ``document`` (at least one of them), ``root``, ``allow_practice``
        and ``json``; of ``log verify``, ``folder``, ``key`` (or None), ``checkpoints``, ``proofs``
        and ``json``; of ``keys …`` see `certs.keys_arguments`, of ``label`` and ``strip``
        `certs.print_arguments`, of ``pallet …`` `certs.pallet_arguments`, of
        ``countersign`` `certs.countersign_arguments`.
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
    of_log = _group(commands, "log", "log-codes", language)
    whole = _command(of_log, "verify", "log-verify", "log-codes", language)
    _add_log_arguments(whole, language)
    cosign = _command(of_log, "cosign", "log-cosign", "witness-codes", language)
    _add_cosign_arguments(cosign, language)
    of_witness = _group(commands, "witness", "witness-codes", language)
    new = _command(of_witness, "new", "witness-new", "witness-codes", language)
    _add_witness_arguments(new, "witness new", language)
    serve = _command(of_witness, "serve", "witness-serve", "witness-codes", language)
    _add_serve_arguments(_add_witness_arguments(serve, "witness serve", language), language)
    add_keys_commands(commands, language, _FORMATTERS[language])
    return program


def _group(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    codes: str,
    language: Language,
) -> "argparse._SubParsersAction[argparse.ArgumentParser]":
    """Add a command that only has commands of its own."""
    parser = _command(commands, name, name, codes, language)
    _add_help(parser.add_argument_group(_say("options", language)), language)
    return parser.add_subparsers(
        title=_say("commands", language), required=True, parser_class=_PARSERS[language]
    )


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    says: str,
    codes: str,
    language: Language,
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=_say(says, language),
        description=_say(says, language),
        epilog=_say(codes, language),
        formatter_class=_FORMATTERS[language],
        add_help=False,
    )


def _add_cosign_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    parser.set_defaults(command="log cosign")
    arguments = parser.add_argument_group(_say("arguments", language))
    arguments.add_argument("folder", type=Path, metavar="DIR", help=_say("log-folder", language))
    options = parser.add_argument_group(_say("options", language))
    for name, kind, metavar, says in (
        ("key", Path, "FILE", "log-key"),
        ("witness", Path, "FILE", "witness-key"),
        ("url", str, "URL", "witness-url"),
    ):
        options.add_argument(
            f"--{name}", type=kind, metavar=metavar, required=True, help=_say(says, language)
        )
    _add_help(options, language)


def _add_witness_arguments(
    parser: argparse.ArgumentParser, command: str, language: Language
) -> argparse._ArgumentGroup:
    parser.set_defaults(command=command)
    arguments = parser.add_argument_group(_say("arguments", language))
    says = _say("witness-folder", language)
    arguments.add_argument("folder", type=Path, metavar="DIR", help=says)
    options = parser.add_argument_group(_say("options", language))
    options.add_argument(
        "--name", required=True, metavar="NAME", help=_say("witness-name", language)
    )
    _add_help(options, language)
    return options


def _add_serve_arguments(options: argparse._ArgumentGroup, language: Language) -> None:
    options.add_argument(
        "--log",
        type=Path,
        metavar="FILE",
        dest="logs",
        action="append",
        required=True,
        help=_say("witness-log", language),
    )
    options.add_argument(
        "--listen",
        default="127.0.0.1:8048",
        metavar="HOST:PORT",
        help=_say("witness-listen", language),
    )


def _add_log_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    parser.set_defaults(command="log verify")
    arguments = parser.add_argument_group(_say("arguments", language))
    arguments.add_argument("folder", type=Path, metavar="DIR", help=_say("log-folder", language))
    options = parser.add_argument_group(_say("options", language))
    options.add_argument("--key", type=Path, metavar="FILE", help=_say("log-key", language))
    for name, key in (("checkpoint", "log-checkpoint"), ("proof", "log-proof")):
        options.add_argument(
            f"--{name}",
            type=Path,
            metavar="FILE",
            dest=f"{name}s",
            action="append",
            default=[],
            help=_say(key, language),
        )
    options.add_argument("--json", action="store_true", help=_say("json", language))
    _add_help(options, language)


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
