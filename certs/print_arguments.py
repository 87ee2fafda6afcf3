"""The arguments of ``wipe-cert label`` and ``wipe-cert strip``, in both languages. Pure."""

import argparse
from typing import Final

from certs.arguments import Adder, Commands, Fields
from certs.text import Language, Text

HELP: Final = {
    "label": Text(
        zh="做设备的标签（40 毫米宽、30 毫米高），不用联网。",
        en="Make the device's label, 40 by 30 mm; no network is needed.",
    ),
    "strip": Text(
        zh="做给顾客的纸条（58 毫米），带工作站签名的二维码。（工作站）",
        en="Make the customer's strip, 58 mm wide, with the code that the station signs. (Station)",
    ),
    "bundle": Text(
        zh="证明或通知书：文件夹、JSON、PDF 或 zip；先检查它",
        en="certificate or notice: folder, JSON, PDF or .zip; it is checked first",
    ),
    "output": Text(zh="写到哪里：.pdf 或 .png", en="where it goes: a .pdf or .png"),
    "ticket": Text(zh="印上取件号", en="print the device's ticket on it"),
    "root": Text(
        zh="您信任的根证书；不给就不知道是谁签的（退出码 5）",
        en="the root that you trust; without it the signer is unknown (exit code 5)",
    ),
    "keys": Text(
        zh="签了这份文件的工作站的密钥文件夹",
        en="key folder of the station that signed the document",
    ),
    "host": Text(
        zh="机构的网址，印在二维码里：https://……",
        en="the organisation's address for codes: https://…",
    ),
    "codes": Text(
        zh="退出码：0 做好了；2 用法不对、文件不存在或缺少 pdf 组件；5 做好了，但不知道是谁签的；"
        "6 文件或密钥不可信",
        en="exit codes: 0 made; 2 usage, missing file, or the extra pdf is not installed; 5 made,"
        " but the signer is unknown; 6 document or key cannot be trusted",
    ),
}


def add_print_commands(
    commands: "Commands[argparse.ArgumentParser]",
    language: Language,
    formatter: type[argparse.HelpFormatter],
) -> None:
    """Add ``label`` and ``strip``.

    Args:
        commands: of the program.
        language: of the help.
        formatter: of the help.
    """
    adder = Adder(HELP, language, formatter)
    adder.command(commands, "label", _label)
    adder.command(commands, "strip", _strip)


def _label(fields: Fields) -> None:
    _common(fields)
    fields.path("--root", "ROOT.pem", "root")


def _strip(fields: Fields) -> None:
    _common(fields)
    fields.path("--keys", "DIR", "keys", required=True)
    fields.text("--host", "URL", "host")


def _common(fields: Fields) -> None:
    fields.argument("path", "BUNDLE|PDF|JSON|ZIP", "bundle")
    fields.output("FILE.pdf|.png", "output")
    fields.text("--ticket", "TICKET", "ticket")
