"""The arguments of ``wipe-cert countersign`` and its help, in both languages. Pure."""

import argparse
from typing import Final

from certs.arguments import Adder, Commands, Fields
from certs.text import Language, Text

HELP: Final = {
    "countersign": Text(
        zh="第三方评估人：核对一份文件，用自己的密钥签下同意或不同意。",
        en="For a third-party assessor: check a document, and sign with a key of your own that you"
        " agree with it or do not.",
    ),
    "path": Text(zh="评估的文件：文件夹、zip 或 PDF", en="the document: folder, .zip or PDF"),
    "root": Text(
        zh="出具方的根证书；要从别的渠道得到",
        en="the issuer's root; it must have reached you by another way than the document",
    ),
    "practice": Text(zh="也接受练习文件", en="accept practice documents too"),
    "keys": Text(zh="您自己的密钥文件夹", en="your own key folder"),
    "organisation": Text(zh="您的机构名称，不写人名", en="name of your organisation; of no person"),
    "number": Text(zh="您在机构里的编号", en="your number there"),
    "ticket": Text(
        zh="单号；文件里没有写的话要给", en="the ticket, where the document does not name it"
    ),
    "agrees": Text(zh="同意", en="you agree with it"),
    "disagrees": Text(zh="不同意；要给 --remark", en="you do not; needs --remark"),
    "remark": Text(zh="说明，可以给几条；不要写姓名", en="in your words; repeatable; no names"),
    "output": Text(zh="写到哪个文件夹", en="folder that what you signed goes to"),
    "codes": Text(
        zh="退出码：0 已签；2 用法不对或文件不存在；4 练习文件；6 文件或密钥不可信，没有签",
        en="exit codes: 0 signed; 2 usage or missing file; 4 practice document; 6 document or key"
        " cannot be trusted, and nothing was signed",
    ),
}


def add_countersign_command(
    commands: "Commands[argparse.ArgumentParser]",
    language: Language,
    formatter: type[argparse.HelpFormatter],
) -> None:
    """Add ``countersign``.

    Args:
        commands: of the program.
        language: of the help.
        formatter: of the help.
    """
    Adder(HELP, language, formatter).command(commands, "countersign", _countersign)


def _countersign(fields: Fields) -> None:
    fields.argument("path", "DOCUMENT", "path")
    fields.path("--root", "ROOT.pem", "root", required=True)
    fields.switch("--allow-practice", "practice")
    fields.path("--keys", "DIR", "keys", required=True)
    fields.text("--organisation", "NAME", "organisation", required=True)
    fields.text("--number", "NUMBER", "number", required=True)
    fields.text("--ticket", "TICKET", "ticket")
    fields.switch("--agrees", "agrees")
    fields.switch("--disagrees", "disagrees")
    fields.options.add_argument(
        "--remark",
        dest="remarks",
        action="append",
        default=[],
        metavar="TEXT",
        help=fields.say("remark"),
    )
    fields.output("DIR", "output")
