"""The arguments of ``wipe-cert keys`` and its help, in both languages. Pure."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

from certs.revocation import LIST_NAME, Reason
from certs.text import Language, Text

DEFAULT_DAYS: Final = 400
DEFAULT_KEY_LABEL: Final = "wipe-station"
HELP: Final = {
    "keys": Text(
        zh="机构的密钥：根、工作站、作废名单。",
        en="An organisation's keys: its root, its stations, its revocation list.",
    ),
    "root": Text(
        zh="机构的根证书，只在不联网的机器上用。",
        en="The organisation's root; only on a machine without a network.",
    ),
    "root new": Text(
        zh="做一个新的根，由两个人各用一句口令保管。（不联网的机器）",
        en="Make a root that two people keep, each with a passphrase. (Offline machine)",
    ),
    "request": Text(
        zh="做一把工作站的密钥（在文件里或令牌里），写一份证书申请。（工作站）",
        en="Make a station's key, in a file or a token, and ask for its certificate. (Station)",
    ),
    "issue": Text(
        zh="给工作站签发证书。（不联网的机器，要两句口令）",
        en="Issue a station's certificate. (Offline machine, both passphrases)",
    ),
    "install": Text(
        zh="把签发的证书装到密钥旁边，从此用它签名。（工作站）",
        en="Put the certificate beside its key, which signs from then on. (Station)",
    ),
    "show": Text(
        zh="看这台工作站用谁的名义签名、到什么时候。",
        en="Show in whose name the station signs, and until when.",
    ),
    "renew": Text(
        zh="换一把新的密钥，再写一份申请；装好以前旧的照用。新的和旧的在同一个地方。（工作站）",
        en="Make a new key and ask again; the old one serves until that is installed. It goes where"
        " the old one is, unless a token is named. (Station)",
    ),
    "revoke": Text(
        zh="作废一台工作站或一个上级的密钥，签发新一版名单。（不联网的机器，要两句口令）",
        en="Revoke a station's or an issuer's key: sign the next list. (Offline machine, both"
        " passphrases)",
    ),
    "options": Text(zh="选项", en="options"),
    "arguments": Text(zh="参数", en="arguments"),
    "commands": Text(zh="命令", en="commands"),
    "help": Text(zh="显示这份说明", en="show this help"),
    "json": Text(zh="输出一个 JSON 对象", en="print one JSON object"),
    "codes": Text(
        zh="退出码：0 做好了；2 用法不对，什么也没做；5 一个月内到期，或还没装证书；"
        "6 密钥、口令或证书有问题",
        en="exit codes: 0 done; 2 wrong usage, nothing was done; 5 it ends within a month, or no"
        " certificate is installed yet; 6 a key, passphrase or certificate cannot be trusted",
    ),
    "new-folder": Text(zh="新的文件夹", en="a new folder"),
    "folder": Text(zh="工作站的密钥文件夹", en="the station's key folder"),
    "root-dir": Text(zh="根的文件夹", en="the root's folder"),
    "organisation": Text(
        zh="机构名称，会写进每一张证书", en="the organisation; stands in every certificate"
    ),
    "first": Text(
        zh="第一个人的口令文件（0600）；不给就在屏幕上问",
        en="file (0600) with the first person's passphrase; without it, it is asked for",
    ),
    "second": Text(
        zh="第二个人的口令文件（0600）；不给就在屏幕上问",
        en="file (0600) with the second person's passphrase; without it, it is asked for",
    ),
    "station": Text(zh="工作站名称", en="the station's name"),
    "csr": Text(zh="工作站的申请（station.csr）", en="the station's request (station.csr)"),
    "days": Text(
        zh=f"从今天起的有效天数，默认 {DEFAULT_DAYS}",
        en=f"days from now, {DEFAULT_DAYS} by default",
    ),
    "output": Text(zh="证书写到哪里", en="where the certificate goes"),
    "yes": Text(
        zh="已经核对过的指纹；不给就显示出来再问",
        en="the fingerprint, already compared; without it, it is shown and asked about",
    ),
    "certificate": Text(zh="工作站的证书（station.pem）", en="the station's certificate"),
    "revoked": Text(
        zh="要作废的证书：工作站的，或这个根签发的上级的",
        en="the certificate to be revoked: a station's, or an issuer's below this root",
    ),
    "dir": Text(zh="密钥文件夹", en="the key folder"),
    "trusted": Text(
        zh="根证书；要核对过指纹", en="the root's certificate, its fingerprint compared before"
    ),
    "reason": Text(zh="原因", en="why"),
    "size": Text(
        zh="日志里前多少条以前的文件仍然算数；不给就全部不算",
        en="documents among so many first entries of the log still count; without it, none does",
    ),
    "log-key": Text(zh="那份日志的公钥文件", en="file with the public key of that log"),
    "pkcs11": Text(
        zh="密钥做在令牌里（智能卡、HSM）：它的 PKCS#11 模块，例如 /usr/lib/softhsm/libsofthsm2.so",
        en="make the key in a token (smart card, HSM): its PKCS#11 module, such as"
        " /usr/lib/softhsm/libsofthsm2.so",
    ),
    "token": Text(zh="令牌的名称", en="the token's label"),
    "key": Text(
        zh=f"密钥在令牌里的名称，默认 {DEFAULT_KEY_LABEL}",
        en=f"the key's label in the token, {DEFAULT_KEY_LABEL} by default",
    ),
    "pin-file": Text(
        zh="装着令牌 PIN 的文件（0600，一行）；以后工作站也从这里读",
        en="file (0600, one line) with the token's PIN; the station reads it there, too",
    ),
    "pin-credential": Text(
        zh="或者：装着 PIN 的 systemd 凭据的名称",
        en="or the name of the systemd credential that holds the PIN",
    ),
    "run-as": Text(
        zh="在哪个账户下运行令牌的模块；不给就是自己的账户",
        en="account under which the token's module runs; the caller's own by default",
    ),
    "list": Text(
        zh="名单写到哪里；签名（.sig）放在旁边",
        en="where the list goes; its signature (.sig) goes beside it",
    ),
}


def add_keys_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    language: Language,
    formatter: type[argparse.HelpFormatter],
) -> None:
    """Add ``keys`` and its commands.

    Args:
        commands: of the program.
        language: of the help.
        formatter: of the help.
    """
    adder = _Adder(language, formatter)
    keys = adder.group(commands, "keys", "keys")
    root = adder.group(keys, "root", "root")
    for name, of, fill in (
        ("root new", root, _root_new),
        ("request", keys, _request),
        ("issue", keys, _issue),
        ("install", keys, _install),
        ("show", keys, _show),
        ("renew", keys, _renew),
        ("revoke", keys, _revoke),
    ):
        adder.command(of, name, fill)


class _Fields:
    """Adds one command's arguments and options, with their help."""

    def __init__(self, parser: argparse.ArgumentParser, language: Language) -> None:
        self._language = language
        self._arguments = parser.add_argument_group(self.say("arguments"))
        self.options = parser.add_argument_group(self.say("options"))

    def say(self, key: str) -> str:
        return HELP[key].in_language(self._language)

    def argument(self, name: str, metavar: str, key: str) -> None:
        self._arguments.add_argument(name, type=Path, metavar=metavar, help=self.say(key))

    def path(self, flag: str, metavar: str, key: str, *, required: bool = False) -> None:
        self.options.add_argument(
            flag, type=Path, metavar=metavar, required=required, help=self.say(key)
        )

    def text(self, flag: str, metavar: str, key: str, *, required: bool = False) -> None:
        self.options.add_argument(flag, metavar=metavar, required=required, help=self.say(key))

    def passphrases(self) -> None:
        self.path("--passphrase-file-a", "FILE", "first")
        self.path("--passphrase-file-b", "FILE", "second")

    def token(self) -> None:
        self.path("--pkcs11", "MODULE.so", "pkcs11")
        self.text("--token", "LABEL", "token")
        self.text("--key", "LABEL", "key")
        self.path("--pin-file", "FILE", "pin-file")
        self.text("--pin-credential", "NAME", "pin-credential")
        self.text("--run-as", "USER", "run-as")

    def common(self) -> None:
        self.options.add_argument("--json", action="store_true", help=self.say("json"))
        self.options.add_argument("-h", "--help", action="help", help=self.say("help"))


class _Adder:
    def __init__(self, language: Language, formatter: type[argparse.HelpFormatter]) -> None:
        self._language = language
        self._formatter = formatter

    def group(
        self,
        of: "argparse._SubParsersAction[argparse.ArgumentParser]",
        name: str,
        key: str,
    ) -> "argparse._SubParsersAction[argparse.ArgumentParser]":
        parser = self._parser(of, name, key)
        options = parser.add_argument_group(HELP["options"].in_language(self._language))
        said = HELP["help"].in_language(self._language)
        options.add_argument("-h", "--help", action="help", help=said)
        title = HELP["commands"].in_language(self._language)
        return parser.add_subparsers(title=title, required=True, parser_class=type(parser))

    def command(
        self,
        of: "argparse._SubParsersAction[argparse.ArgumentParser]",
        name: str,
        fill: Callable[[_Fields], None],
    ) -> None:
        parser = self._parser(of, name.rpartition(" ")[2], name)
        parser.set_defaults(command=f"keys {name}")
        fields = _Fields(parser, self._language)
        fill(fields)
        fields.common()

    def _parser(
        self, of: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, key: str
    ) -> argparse.ArgumentParser:
        said = HELP[key].in_language(self._language)
        return of.add_parser(
            name,
            help=said,
            description=said,
            epilog=HELP["codes"].in_language(self._language),
            formatter_class=self._formatter,
            add_help=False,
        )


def _root_new(fields: _Fields) -> None:
    fields.argument("directory", "DIR", "new-folder")
    fields.text("--name", "ORG", "organisation", required=True)
    fields.passphrases()


def _request(fields: _Fields) -> None:
    fields.argument("directory", "DIR", "folder")
    fields.text("--station", "NAME", "station", required=True)
    fields.token()


def _issue(fields: _Fields) -> None:
    fields.argument("request", "CSR", "csr")
    fields.path("--root-dir", "DIR", "root-dir", required=True)
    fields.options.add_argument(
        "--days", type=int, metavar="N", default=DEFAULT_DAYS, help=fields.say("days")
    )
    fields.options.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="station.pem",
        required=True,
        help=fields.say("output"),
    )
    fields.text("--yes", "FINGERPRINT", "yes")
    fields.passphrases()


def _install(fields: _Fields) -> None:
    fields.argument("certificate", "station.pem", "certificate")
    fields.path("--dir", "DIR", "dir", required=True)
    fields.path("--root", "root.pem", "trusted", required=True)


def _show(fields: _Fields) -> None:
    fields.argument("directory", "DIR", "folder")


def _renew(fields: _Fields) -> None:
    fields.argument("directory", "DIR", "folder")
    fields.token()


def _revoke(fields: _Fields) -> None:
    fields.argument("certificate", "station.pem", "revoked")
    fields.path("--root-dir", "DIR", "root-dir", required=True)
    reasons = [reason.value for reason in Reason]
    fields.options.add_argument(
        "--reason", choices=reasons, required=True, help=fields.say("reason")
    )
    fields.options.add_argument(
        "--last-trusted-log-size", type=int, metavar="N", help=fields.say("size")
    )
    fields.path("--log-key", "FILE", "log-key")
    fields.path("--list", LIST_NAME, "list", required=True)
    fields.passphrases()
