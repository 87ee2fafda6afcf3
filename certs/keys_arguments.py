"""The arguments of ``wipe-cert keys`` and its help, in both languages. Pure."""

import argparse
from typing import Final

from certs.arguments import Adder, Commands, Fields
from certs.revocation import LIST_NAME, Reason
from certs.text import Language, Text

DEFAULT_DAYS: Final = 400
DEFAULT_KEY_LABEL: Final = "wipe-station"
HELP: Final = {
    "keys": Text(
        zh="机构的密钥：根、工作站、作废名单。",
        en="An organisation's keys: its root, its stations, its revocation list.",
    ),
    "keys root": Text(
        zh="机构的根证书，只在不联网的机器上用。",
        en="The organisation's root; only on a machine without a network.",
    ),
    "keys root new": Text(
        zh="做一个新的根，由两个人各用一句口令保管。（不联网的机器）",
        en="Make a root that two people keep, each with a passphrase. (Offline machine)",
    ),
    "keys request": Text(
        zh="做一把工作站的密钥（在文件里或令牌里），写一份证书申请。（工作站）",
        en="Make a station's key, in a file or a token, and ask for its certificate. (Station)",
    ),
    "keys issue": Text(
        zh="给工作站签发证书。（不联网的机器，要两句口令）",
        en="Issue a station's certificate. (Offline machine, both passphrases)",
    ),
    "keys install": Text(
        zh="把签发的证书装到密钥旁边，从此用它签名。（工作站）",
        en="Put the certificate beside its key, which signs from then on. (Station)",
    ),
    "keys show": Text(
        zh="看这台工作站用谁的名义签名、到什么时候。",
        en="Show in whose name the station signs, and until when.",
    ),
    "keys renew": Text(
        zh="换一把新的密钥，再写一份申请；装好以前旧的照用。新的和旧的在同一个地方。（工作站）",
        en="Make a new key and ask again; the old one serves until that is installed. It goes where"
        " the old one is, unless a token is named. (Station)",
    ),
    "keys revoke": Text(
        zh="作废一台工作站或一个上级的密钥，签发新一版名单。（不联网的机器，要两句口令）",
        en="Revoke a station's or an issuer's key: sign the next list. (Offline machine, both"
        " passphrases)",
    ),
    "keys rotate-log": Text(
        zh="给日志备一把新的密钥；工作站下次启动时，旧的把日志交给新的。（工作站）",
        en="Make the log's next key; when the station starts again, the old one hands over to it."
        " (Station)",
    ),
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
    "log-key": Text(
        zh="那份日志的公钥文件；日志换过密钥就每把给一次，新的在前，丢过的不给",
        en="file with the public key of that log; once for each that it had, the newest first,"
        " but for none that was lost",
    ),
    "state": Text(
        zh="工作站的状态目录，或里面的 production：有 log 和 log-key 的那个",
        en="the station's state directory, or production in it: where log and log-key are",
    ),
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
    commands: "Commands[argparse.ArgumentParser]",
    language: Language,
    formatter: type[argparse.HelpFormatter],
) -> None:
    """Add ``keys`` and its commands.

    Args:
        commands: of the program.
        language: of the help.
        formatter: of the help.
    """
    adder = Adder(HELP, language, formatter)
    keys = adder.group(commands, "keys")
    root = adder.group(keys, "keys root")
    for name, of, fill in (
        ("root new", root, _root_new),
        ("request", keys, _request),
        ("issue", keys, _issue),
        ("install", keys, _install),
        ("show", keys, _show),
        ("renew", keys, _renew),
        ("revoke", keys, _revoke),
        ("rotate-log", keys, _rotate_log),
    ):
        adder.command(of, f"keys {name}", fill)


def _passphrases(fields: Fields) -> None:
    fields.path("--passphrase-file-a", "FILE", "first")
    fields.path("--passphrase-file-b", "FILE", "second")


def _token(fields: Fields) -> None:
    fields.path("--pkcs11", "MODULE.so", "pkcs11")
    fields.text("--token", "LABEL", "token")
    fields.text("--key", "LABEL", "key")
    fields.path("--pin-file", "FILE", "pin-file")
    fields.text("--pin-credential", "NAME", "pin-credential")
    fields.text("--run-as", "USER", "run-as")


def _root_new(fields: Fields) -> None:
    fields.argument("directory", "DIR", "new-folder")
    fields.text("--name", "ORG", "organisation", required=True)
    _passphrases(fields)


def _request(fields: Fields) -> None:
    fields.argument("directory", "DIR", "folder")
    fields.text("--station", "NAME", "station", required=True)
    _token(fields)


def _issue(fields: Fields) -> None:
    fields.argument("request", "CSR", "csr")
    fields.path("--root-dir", "DIR", "root-dir", required=True)
    fields.options.add_argument(
        "--days", type=int, metavar="N", default=DEFAULT_DAYS, help=fields.say("days")
    )
    fields.output("station.pem", "output")
    fields.text("--yes", "FINGERPRINT", "yes")
    _passphrases(fields)


def _install(fields: Fields) -> None:
    fields.argument("certificate", "station.pem", "certificate")
    fields.path("--dir", "DIR", "dir", required=True)
    fields.path("--root", "root.pem", "trusted", required=True)


def _show(fields: Fields) -> None:
    fields.argument("directory", "DIR", "folder")


def _renew(fields: Fields) -> None:
    fields.argument("directory", "DIR", "folder")
    _token(fields)


def _revoke(fields: Fields) -> None:
    fields.argument("certificate", "station.pem", "revoked")
    fields.path("--root-dir", "DIR", "root-dir", required=True)
    reasons = [reason.value for reason in Reason]
    fields.options.add_argument(
        "--reason", choices=reasons, required=True, help=fields.say("reason")
    )
    fields.options.add_argument(
        "--last-trusted-log-size", type=int, metavar="N", help=fields.say("size")
    )
    fields.paths("--log-key", "FILE", "log-key")
    fields.path("--list", LIST_NAME, "list", required=True)
    _passphrases(fields)


def _rotate_log(fields: Fields) -> None:
    fields.argument("directory", "DIR", "state")
