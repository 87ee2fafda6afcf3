"""The arguments of ``wipe-cert pallet`` and its help, in both languages. Pure."""

import argparse
from typing import Final

from certs.arguments import Adder, Commands, Fields
from certs.text import Language, Text

HELP: Final = {
    "pallet": Text(
        zh="整个托盘：卖方列清单，收货方扫标签、签验收单。",
        en="A whole pallet: the seller lists it, the recycler scans its labels and signs a"
        " receipt.",
    ),
    "pallet manifest": Text(
        zh="检查每台设备的证明，列成清单并签名。（卖方的工作站）",
        en="Check each device's certificate, list them and sign the list. (Seller's station)",
    ),
    "pallet check": Text(
        zh="读清单和全部证明，再一张一张扫标签：输入短码或二维码，undo 撤销，done 结束。",
        en="Read manifest and documents once, then label after label: type a short code or scan a"
        " code; undo takes the last one back, done ends.",
    ),
    "bundles": Text(
        zh="证明（文件夹、zip 或 PDF），或者装着它们的文件夹",
        en="documents (folders, .zip or PDF), or folders with such in them",
    ),
    "manifest": Text(
        zh="清单：文件夹、manifest.json 或 zip", en="the manifest: folder, manifest.json or .zip"
    ),
    "number": Text(zh="托盘号", en="number of the pallet"),
    "keys": Text(zh="签名用的工作站密钥文件夹", en="key folder of the station that signs"),
    "output": Text(zh="写到哪个文件夹", en="folder that the signed list goes to"),
    "root": Text(
        zh="您信任的根证书；要从别的渠道得到",
        en="the root that you trust; it must have reached you by another way than the pallet",
    ),
    "practice": Text(zh="也接受练习文件", en="accept practice documents too"),
    "revoked": Text(
        zh="出具方公布的作废名单；同名的 .sig 在旁边",
        en="the issuer's list of revoked keys, with its .sig beside it",
    ),
    "revoked-version": Text(
        zh="名单至少是第几版，再旧就不认", en="refuse a list of an older version than this"
    ),
    "receipt": Text(
        zh="结束时把签了名的验收单写到这个文件夹；要和 --keys、--staff 一起给",
        en="at the end, write a signed receipt into this folder; needs --keys and --staff",
    ),
    "staff": Text(zh="扫标签的人的工号", en="number of whoever scans"),
    "session": Text(
        zh="扫过的存在这个文件里，断了再来接着扫；默认按清单取名，放在当前文件夹",
        en="file that keeps what was scanned, so that it can go on after a break; by default named"
        " after the manifest, in the current folder",
    ),
    "codes": Text(
        zh="退出码：0 全部符合；2 用法不对或文件不存在；3 有缺少、多出、重复或没有清除的；"
        "4 练习文件；5 停了，还没扫完；6 清单、密钥或扫描记录不可信",
        en="exit codes: 0 all of it matched; 2 usage or missing file; 3 something is missing,"
        " unexpected, double or not erased; 4 practice document; 5 stopped before the end; 6"
        " manifest, key or session file cannot be trusted",
    ),
}


def add_pallet_commands(
    commands: "Commands[argparse.ArgumentParser]",
    language: Language,
    formatter: type[argparse.HelpFormatter],
) -> None:
    """Add ``pallet`` and its commands.

    Args:
        commands: of the program.
        language: of the help.
        formatter: of the help.
    """
    adder = Adder(HELP, language, formatter)
    pallet = adder.group(commands, "pallet")
    adder.command(pallet, "pallet manifest", _manifest)
    adder.command(pallet, "pallet check", _check)


def _manifest(fields: Fields) -> None:
    fields.argument("bundles", "BUNDLE|DIR", "bundles", several=True)
    fields.text("--pallet", "NUMBER", "number", required=True)
    fields.path("--keys", "DIR", "keys", required=True)
    fields.output("DIR", "output")


def _check(fields: Fields) -> None:
    fields.argument("manifest", "MANIFEST", "manifest")
    fields.argument("bundles", "BUNDLE|DIR", "bundles", several=True)
    fields.path("--root", "ROOT.pem", "root", required=True)
    fields.switch("--allow-practice", "practice")
    fields.path("--revoked", "revoked.json", "revoked")
    fields.options.add_argument(
        "--revoked-version-at-least",
        type=int,
        default=0,
        metavar="N",
        help=fields.say("revoked-version"),
    )
    fields.path("--receipt", "DIR", "receipt")
    fields.path("--keys", "DIR", "keys")
    fields.text("--staff", "NUMBER", "staff")
    fields.path("--session", "FILE", "session")
