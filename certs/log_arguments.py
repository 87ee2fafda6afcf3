"""The arguments of ``wipe-cert log`` and ``witness`` and their help, in both languages. Pure."""

import argparse
from typing import Final

from certs.arguments import Adder, Commands, Fields
from certs.text import Language, Text

HELP: Final = {
    "log": Text(
        zh="检查一份日志：有没有被改动、截短，有没有没结束的任务。",
        en="Check a log: changed, cut, jobs without an end.",
    ),
    "log verify": Text(
        zh="从头到尾检查整份日志，并和手里留存的检查点、证明对照。",
        en="Check a whole log from its first entry on, and against what you kept of it.",
    ),
    "folder": Text(
        zh="日志文件夹（里面有 checkpoint 和 tile）",
        en="the log's folder, with checkpoint and tile in it",
    ),
    "key": Text(
        zh="日志的公钥文件（每份证明里的 log_key）；没有就不知道是谁的日志",
        en="file with the log's public key (log_key of any of its certificates); without it,"
        " nobody knows whose log it is",
    ),
    "checkpoint": Text(
        zh="以前留存的 checkpoint 文件；可以重复",
        en="a checkpoint that you kept from before; may be repeated",
    ),
    "proof": Text(
        zh="证明或收据：整份文件，或其中的 .tlog-proof；可以重复",
        en="a certificate or a receipt, whole or its .tlog-proof; may be repeated",
    ),
    "log prove": Text(
        zh="给一份文件另写一份日志证明：按见证方签过的最新检查点。",
        en="Prove a document anew, under the newest checkpoint that witnesses signed.",
    ),
    "document": Text(
        zh="文件：整份文件夹、.zip 或 PDF", en="the document: its folder, .zip or PDF"
    ),
    "output": Text(
        zh="证明写到哪里，用于 wipe-cert verify --proof",
        en="where the proof goes, for wipe-cert verify --proof",
    ),
    "log cosign": Text(
        zh="请见证方给日志的最新检查点签名，存进日志文件夹的 witnessed。",
        en="Have a witness sign the log's newest checkpoint; kept in witnessed/ in its folder.",
    ),
    "witness": Text(
        zh="做见证方：只给一直在增长、没有改写过的日志签名。",
        en="Be a witness: sign for logs that only grew and were never rewritten.",
    ),
    "witness new": Text(
        zh="生成见证方的密钥，显示公钥。", en="Make a witness's key; print its public key."
    ),
    "witness serve": Text(
        zh="在一个地址上答复签名请求（C2SP tlog-witness），直到 Ctrl-C。",
        en="Answer at an address (C2SP tlog-witness) until Ctrl-C.",
    ),
    "witness-folder": Text(
        zh="见证方的文件夹（密钥和见过的检查点）；丢了就不能再用这把密钥",
        en="the witness's folder: its key and what it saw; once lost, the key must not be used",
    ),
    "name": Text(
        zh="见证方的名称，不含空格，例如 witness.example.org/1",
        en="its name, without spaces, such as witness.example.org/1",
    ),
    "log-keys": Text(
        zh="要见证的日志的公钥文件；可以重复", en="file with a log's public key; may be repeated"
    ),
    "listen": Text(zh="监听的地址和端口", en="address and port to listen on"),
    "witness-key": Text(zh="见证方的公钥文件", en="file with the witness's public key"),
    "url": Text(zh="见证方的地址（http 或 https）", en="where the witness listens (http or https)"),
}
LOG_CODES: Final = Text(
    zh="退出码：0 日志完好；2 用法不对或文件不存在；5 不知道是谁的日志；6 不可信",
    en="exit codes: 0 sound; 2 usage or missing file; 5 whose log it is, is not known;"
    " 6 cannot be trusted",
)
PROVE_CODES: Final = Text(
    zh="退出码：0 写好了；2 用法不对或文件不存在；5 写好了，但还没有见证方签过；6 不可信",
    en="exit codes: 0 done; 2 usage or missing file; 5 done, but no witness signed yet;"
    " 6 cannot be trusted",
)
WITNESS_CODES: Final = Text(
    zh="退出码：0 成功；2 用法不对、文件不存在或地址用不了；5 见证方没有签；6 不可信",
    en="exit codes: 0 done; 2 usage, missing file or address; 5 the witness did not sign;"
    " 6 cannot be trusted",
)


def add_log_commands(
    commands: "Commands[argparse.ArgumentParser]",
    language: Language,
    formatter: type[argparse.HelpFormatter],
) -> None:
    """Add ``log`` and ``witness`` and their commands.

    Args:
        commands: of the program.
        language: of the help.
        formatter: of the help.
    """
    whole, prove, sign = (
        Adder(HELP | {"codes": codes}, language, formatter)
        for codes in (LOG_CODES, PROVE_CODES, WITNESS_CODES)
    )
    of_log = whole.group(commands, "log")
    whole.command(of_log, "log verify", _verify)
    prove.command(of_log, "log prove", _prove)
    sign.command(of_log, "log cosign", _cosign)
    of_witness = sign.group(commands, "witness")
    sign.command(of_witness, "witness new", _witness)
    sign.command(of_witness, "witness serve", _serve)


def _verify(fields: Fields) -> None:
    fields.argument("folder", "DIR", "folder")
    fields.path("--key", "FILE", "key")
    for name in ("checkpoint", "proof"):
        fields.paths(f"--{name}", "FILE", name, dest=f"{name}s")


def _prove(fields: Fields) -> None:
    fields.argument("folder", "DIR", "folder")
    fields.argument("document", "BUNDLE|PDF|ZIP", "document")
    fields.output("later.tlog-proof", "output")


def _cosign(fields: Fields) -> None:
    fields.argument("folder", "DIR", "folder")
    fields.path("--key", "FILE", "key", required=True)
    fields.path("--witness", "FILE", "witness-key", required=True)
    fields.text("--url", "URL", "url", required=True)


def _witness(fields: Fields) -> None:
    fields.argument("folder", "DIR", "witness-folder")
    fields.text("--name", "NAME", "name", required=True)


def _serve(fields: Fields) -> None:
    _witness(fields)
    fields.paths("--log", "FILE", "log-keys", dest="logs", required=True)
    fields.options.add_argument(
        "--listen", default="127.0.0.1:8048", metavar="HOST:PORT", help=fields.say("listen")
    )
