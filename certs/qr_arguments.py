"""The arguments of ``wipe-cert qr`` and its help, in both languages. Pure."""

import argparse
from typing import Final

from certs.arguments import Adder, Commands, Fields
from certs.text import Language, Text

HELP: Final = {
    "qr": Text(
        zh="检查证明上的二维码：是谁签的，说了什么，和文件是不是一致。",
        en="Check the code on a certificate: who signed it, what it says, whether the document"
        " agrees.",
    ),
    "text": Text(
        zh="扫出来的整段文字（wipe-cert:…… 或 https://……#……）",
        en="all of the text in the code (wipe-cert:… or https://…#…)",
    ),
    "chain": Text(
        zh="工作站的证书 station.pem；给了 --document 就不用",
        en="the station's certificates, station.pem; not needed with --document",
    ),
    "document": Text(
        zh="二维码所属的证明：文件夹、JSON、PDF 或 zip；先检查它，再逐项对照",
        en="the document that the code belongs to: folder, JSON, PDF or .zip; it is checked, then"
        " compared field by field",
    ),
    "codes": Text(
        zh="退出码：0 已清除（要有 --document）；2 用法不对或文件不存在；3 没有清除；4 练习；"
        "5 只有二维码、没有结论或不知道是谁签的；6 不可信",
        en="exit codes: 0 erased (with --document only); 2 usage or missing file; 3 not erased;"
        " 4 practice; 5 a code alone, inconclusive or signer unknown; 6 cannot be trusted",
    ),
    "root": Text(
        zh="您信任的根证书；要从别的渠道得到，不能用证明附带的",
        en="the root that you trust; it must have reached you by another way than the document",
    ),
    "practice": Text(zh="也接受练习文件", en="accept practice documents too"),
}


def add_qr_command(
    commands: "Commands[argparse.ArgumentParser]",
    language: Language,
    formatter: type[argparse.HelpFormatter],
) -> None:
    """Add ``qr``.

    Args:
        commands: of the program.
        language: of the help.
        formatter: of the help.
    """
    Adder(HELP, language, formatter).command(commands, "qr", _fill)


def _fill(fields: Fields) -> None:
    fields.arguments.add_argument("text", metavar="TEXT", help=fields.say("text"))
    fields.path("--chain", "station.pem", "chain")
    fields.path("--document", "BUNDLE|PDF|JSON|ZIP", "document")
    fields.path("--root", "ROOT.pem", "root")
    fields.switch("--allow-practice", "practice")
