"""``wipe-cert keys``: what the keepers of an organisation's root and of a station type. I/O.

The procedure, in the order of the commands (`docs/trust.md` has it for people):

1. ``root new``: on a machine without a network, two people make the root. Its fingerprint is read
   aloud, written down, and published where verifiers find it.
2. ``request``: the station draws its key, which never leaves it, and writes a request.
3. ``issue``: on the offline machine, the request's fingerprint is compared with what the station
   shows, by voice; then both passphrases are typed, and a certificate is written.
4. ``install``: the station takes the certificate if it is its own and leads to the root.
5. ``show``, ``renew``: until when; a new key before that.
6. ``revoke``: the root signs that a station's key counts no longer; the list is published.
"""

import argparse
import errno
import getpass
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from certs.chain import key_id_of, read_chain
from certs.command_line import ExitCode
from certs.errors import (
    CertificateError,
    CertsError,
    KeyRequestError,
    MalformedLogError,
    PassphraseError,
)
from certs.formats.fields import shown
from certs.issuing import parse_request, read_request
from certs.keys import read_key_file
from certs.layout import MAX_CHAIN_BYTES
from certs.log.note import MOST_BYTES as MOST_NOTE_BYTES
from certs.log.note import parse_key
from certs.reading import UnexpectedFileError, read_regular_file
from certs.report import Report, both
from certs.revocation import REASONS, Reason, Revoked
from certs.root_keys import (
    OpenRoot,
    issue,
    latest_list,
    new_root,
    open_root,
    publish,
    read_root,
    require_absent,
    require_new_folder,
    require_replaceable,
    revoke,
    signature_path,
    write_certificate,
    write_root,
)
from certs.station_keys import (
    MOST_REQUEST_BYTES,
    WARNED_BEFORE,
    KeyRequest,
    StationKeys,
    install,
    load_station_keys,
    pending_request,
    renew_key,
    request_key,
)
from certs.text import Language, Text
from certs.two_people import MOST_CHARACTERS, Passphrases, check_new

_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_DAY: Final = "%Y-%m-%d"
_AGREED: Final = frozenset({"yes", "是"})
_PEOPLE: Final = (
    Text(zh="第一个人，请输入口令（不显示）：", en="First person, your passphrase (not shown): "),
    Text(zh="第二个人，请输入口令（不显示）：", en="Second person, your passphrase (not shown): "),
)
_ONCE_MORE: Final = Text(zh="再输一遍：", en="Once more: ")
_AGREE: Final = Text(
    zh="和工作站显示的一样吗？一样就输入“是”：",
    en='The same as on the station? If so, type "yes": ',
)
_REQUEST_HINT: Final = Text(
    zh="把申请带到根的机器上，用电话或当面核对指纹，再签发。",
    en="Take the request to the root's machine; compare the fingerprint by voice; have it issued.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A command as it was typed.

    Attributes:
        options: its arguments.
        language: in which to ask.
        now: aware.
    """

    options: argparse.Namespace
    language: Language
    now: datetime


def keys_report(options: argparse.Namespace, language: Language, now: datetime) -> Report:
    """Carry out one of the commands.

    Args:
        options: from the command line; ``command`` names it.
        language: in which to ask.
        now: aware.
    """
    try:
        return COMMANDS[options.command](Asked(options=options, language=language, now=now))
    except KeyRequestError as error:
        return _refused(ExitCode.USAGE, error)
    except CertsError as error:
        return _refused(ExitCode.NOT_TRUSTED, error)
    except OSError as error:
        return _failed(error)


# --- the commands ------------------------------------------------------------------------------


def _root_new(asked: Asked) -> Report:
    directory: Path = asked.options.directory
    require_new_folder(directory)
    passphrases = _passphrases(asked, twice=True)
    write_root(directory, new_root(asked.options.name, passphrases, asked.now))
    pem = read_root(directory)
    open_root(directory, passphrases)
    digest = _digest(pem)
    return _done(
        _line("根证书做好了，十年有效：", "The root is made, for ten years: ", str(directory)),
        *_fingerprint_lines("根证书指纹（SHA-256）", "Fingerprint of the root (SHA-256)", digest),
        Text(
            zh="接下来：1. 大声读出指纹，两个人各记一份，并公布给收证明的人。",
            en="Next: 1. Read the fingerprint aloud; both write it down; publish it to verifiers.",
        ),
        Text(
            zh="2. 把整个文件夹抄到两个 U 盘，分开锁好；口令不要和它放在一起。",
            en="2. Copy the folder to two media and lock them up apart, never with a passphrase.",
        ),
        Text(
            zh="3. 把 root.pem（只有它）带给工作站，再做 wipe-cert keys request。",
            en="3. Take root.pem (it alone) to the station; then wipe-cert keys request.",
        ),
        root_sha256=digest,
    )


def _request(asked: Asked) -> Report:
    return _requested(request_key(asked.options.directory, asked.options.station))


def _renew(asked: Asked) -> Report:
    return _requested(renew_key(asked.options.directory))


def _requested(request: KeyRequest) -> Report:
    return _done(
        _line("申请写好了：", "The request is written: ", str(request.path)),
        *_request_lines(request.name, request.key_id),
        _REQUEST_HINT,
        **_request_machine(request),
    )


def _issue(asked: Asked) -> Report:
    options = asked.options
    require_absent(options.output)
    request = parse_request(_read(options.request, MOST_REQUEST_BYTES))
    name, key = read_request(request)
    digest = _digest(read_root(options.root_dir))
    lines = (
        *_request_lines(name, key_id_of(key)),
        *_fingerprint_lines("根证书指纹", "Fingerprint of the root", digest),
    )
    _require_compared(asked, lines, key_id_of(key))
    root = open_root(options.root_dir, _passphrases(asked))
    pem, chain = issue(root, request, now=asked.now, days=options.days)
    write_certificate(options.output, pem)
    ends = chain.not_after.strftime(_DAY)
    return _done(
        _line("证书签发好了：", "The certificate is issued: ", str(options.output)),
        Text(
            zh=f"给：{chain.signer_name}，到 {ends}。", en=f"To {chain.signer_name}, until {ends}."
        ),
        Text(
            zh="把它和 root.pem 带到工作站：wipe-cert keys install。",
            en="Take it and root.pem to the station: wipe-cert keys install.",
        ),
        key_id=chain.key_id,
        not_after=chain.not_after.strftime(_TIME),
        root_sha256=digest,
    )


def _install(asked: Asked) -> Report:
    options = asked.options
    chain_pem = _read(options.certificate, MAX_CHAIN_BYTES)
    root_pem = _read(options.root, MAX_CHAIN_BYTES)
    keys = install(options.dir, chain_pem, root_pem, asked.now)
    return _done(
        Text(
            zh="装好了，从现在起用它签名：", en="Installed; the station signs with it from now on:"
        ),
        *_station_lines(keys),
        Text(
            zh="请再核对一次根证书的指纹，然后重新启动工作站。",
            en="Compare the root's fingerprint once more, then restart the station.",
        ),
        **_station_machine(keys),
    )


def _show(asked: Asked) -> Report:
    directory: Path = asked.options.directory
    directory.stat()
    keys, waiting = load_station_keys(directory), pending_request(directory)
    lines: list[Text] = []
    machine: dict[str, object] = {}
    code = ExitCode.ERASED
    if keys is not None:
        keys.require_valid(asked.now)
        lines += _station_lines(keys)
        machine |= _station_machine(keys)
        if keys.chain.not_after - asked.now <= WARNED_BEFORE:
            code = ExitCode.INCONCLUSIVE
            lines.append(
                Text(
                    zh="不到一个月就要到期：现在就运行 wipe-cert keys renew。",
                    en="It ends within a month: run wipe-cert keys renew now.",
                )
            )
    else:
        code = ExitCode.INCONCLUSIVE
        lines.append(Text(zh="还没有装证书。", en="No certificate is installed yet."))
    if waiting is not None:
        lines.append(_line("申请在等签发：", "A request waits: ", str(waiting.path)))
        lines += _request_lines(waiting.name, waiting.key_id)
        machine["waiting"] = _request_machine(waiting)
    return _told(code, "valid" if code is ExitCode.ERASED else "attend", lines, machine)


def _revoke(asked: Asked) -> Report:
    options = asked.options
    directory: Path = options.root_dir
    chain_pem = _read(options.certificate, MAX_CHAIN_BYTES)
    chain = read_chain(chain_pem, read_root(directory))
    moment = asked.now.strftime(_TIME)
    entry = _entry(options, chain.key_id, moment)
    require_replaceable(options.list, directory)
    _tell(
        asked,
        _line("要作废的工作站：", "To be revoked: ", chain.signer_name),
        *_fingerprint_lines("密钥指纹", "Fingerprint of its key", chain.key_id),
        _line("原因：", "Because ", REASONS[entry.reason]),
    )
    root = open_root(directory, _passphrases(asked))
    version = _listed(directory, root, entry, moment)
    latest = latest_list(directory)
    assert latest is not None, "it was written or found just now"
    publish(options.list, latest[0])
    names = f"{options.list}, {signature_path(options.list)}"
    return _done(
        _line("作废名单写好了：", "The revocation list is written: ", names),
        Text(
            zh=f"第 {version} 版，共 {len(latest[1].entries)} 把密钥。请公布这两个文件和版本号。",
            en=f"Version {version}, {len(latest[1].entries)} key(s). Publish both files and the"
            " version.",
        ),
        Text(
            zh="请再备份一次根的文件夹：旧的备份会签出旧的版本号。",
            en="Copy the root's folder again: an old copy would number the next list wrongly.",
        ),
        version=version,
        key_id=chain.key_id,
    )


def _listed(directory: Path, root: OpenRoot, entry: Revoked, moment: str) -> int:
    """Sign a new version, unless the latest says the same already; return its number."""
    latest = latest_list(directory)
    if latest is not None and (known := latest[1].entries.get(entry.key_id)) is not None:
        # A crash may have come before it was published.
        same = (known.reason, known.trusted_size, known.log_key)
        if same == (entry.reason, entry.trusted_size, entry.log_key):
            return latest[1].version
    revoke(directory, root, entry, moment)
    return (latest[1].version if latest else 0) + 1


def _entry(options: argparse.Namespace, key_id: str, moment: str) -> Revoked:
    size: int | None = options.last_trusted_log_size
    if (size is None) != (options.log_key is None) or (size is not None and size < 0):
        raise KeyRequestError(
            Text(
                zh="--last-trusted-log-size 和 --log-key 要一起给。",
                en="--last-trusted-log-size and --log-key go together.",
            ),
            Text(
                zh="说不清就都不给：这把密钥签过的文件就全部不算。",
                en="If in doubt give neither: then no document of this key counts.",
            ),
        )
    log_key = ""
    if options.log_key is not None:
        text = _read(options.log_key, MOST_NOTE_BYTES).decode("utf-8", "replace")
        try:
            log_key = parse_key(text).text()
        except MalformedLogError as error:
            raise KeyRequestError(error.message, error.hint) from error
    return Revoked(
        key_id=key_id,
        reason=Reason(options.reason),
        revoked_at=moment,
        trusted_size=size,
        log_key=log_key,
    )


COMMANDS: Final[dict[str, Callable[[Asked], Report]]] = {
    "keys root new": _root_new,
    "keys request": _request,
    "keys issue": _issue,
    "keys install": _install,
    "keys show": _show,
    "keys renew": _renew,
    "keys revoke": _revoke,
}


def _read(path: Path, most_bytes: int) -> bytes:
    # It may be a symbolic link: the caller chose it.
    try:
        return read_regular_file(path.resolve(), most_bytes)[0]
    except UnexpectedFileError as error:
        raise OSError(errno.EINVAL, "not such a file", str(path)) from error


# --- asking people -----------------------------------------------------------------------------


def _passphrases(asked: Asked, *, twice: bool = False) -> Passphrases:
    files = (asked.options.passphrase_file_a, asked.options.passphrase_file_b)
    first, second = (
        _typed(asked, prompt, twice=twice) if file is None else _passphrase_in(file)
        for prompt, file in zip(_PEOPLE, files, strict=True)
    )
    both_people = Passphrases(first=first, second=second)
    if twice:
        check_new(both_people)
    return both_people


def _passphrase_in(file: Path) -> str:
    file.stat()
    data = read_key_file(file, MOST_CHARACTERS * 4, private=True)
    try:
        return data.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        # Not chained: its message quotes the file.
        name = file.name
        raise KeyRequestError(
            Text(zh=f"{name} 不是文字。", en=f"{name} is not text."),
            Text(zh="口令文件要用 UTF-8 存。", en="Save the passphrase as UTF-8."),
        ) from None


def _typed(asked: Asked, prompt: Text, *, twice: bool) -> str:
    typed = _hidden(prompt.in_language(asked.language))
    if twice and _hidden(_ONCE_MORE.in_language(asked.language)) != typed:
        raise KeyRequestError(
            Text(zh="两遍不一样，什么也没做。", en="The two differ; nothing was done."),
            Text(zh="请从头再来。", en="Start again."),
        )
    return typed


def _hidden(prompt: str) -> str:
    with warnings.catch_warnings():
        # Where nothing can keep a terminal from showing it, nothing may be typed.
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(prompt)
        except (getpass.GetPassWarning, EOFError) as error:
            raise PassphraseError(
                Text(zh="没有终端，不能输入口令。", en="No terminal to type a passphrase on."),
                Text(
                    zh="在终端上运行，或用 --passphrase-file-a 和 -b。",
                    en="Run it on a terminal, or give --passphrase-file-a and -b.",
                ),
            ) from error


def _require_compared(asked: Asked, lines: tuple[Text, ...], key_id: str) -> None:
    """Refuse unless a person has compared the fingerprint with what the station shows."""
    given: str | None = asked.options.yes
    if given is None:
        _tell(asked, *lines)
        sys.stderr.write(_AGREE.in_language(asked.language))
        sys.stderr.flush()
        agreed = sys.stdin.readline().strip().lower() in _AGREED
    else:
        agreed = "".join(given.split()).replace(":", "").lower() == key_id
    if not agreed:
        raise KeyRequestError(
            Text(
                zh="指纹没有核对上，没有签发。",
                en="The fingerprint was not confirmed; nothing was issued.",
            ),
            Text(
                zh="在工作站上用 wipe-cert keys show 看指纹，再比一次。",
                en="See the fingerprint on the station with wipe-cert keys show; compare again.",
            ),
        )


def _tell(asked: Asked, *lines: Text) -> None:
    # Beside what the command prints at its end, which may be one JSON object.
    sys.stderr.writelines(line.in_language(asked.language) + "\n" for line in lines)


# --- words -------------------------------------------------------------------------------------


def grouped(digest: str) -> tuple[str, str]:
    """Return a SHA-256 as two lines of eight groups of four digits, to be read aloud."""
    groups = [digest[at : at + 4].upper() for at in range(0, len(digest), 4)]
    return " ".join(groups[:8]), " ".join(groups[8:])


def _digest(root_pem: bytes) -> str:
    return x509.load_pem_x509_certificate(root_pem).fingerprint(hashes.SHA256()).hex()


def _fingerprint_lines(zh: str, en: str, digest: str) -> tuple[Text, ...]:
    rows = (f"    {row}" for row in grouped(digest))
    return (Text(zh=f"{zh}：", en=f"{en}:"), *(Text(zh=row, en=row) for row in rows))


def _request_lines(name: str, key_id: str) -> tuple[Text, ...]:
    return (
        _line("工作站：", "Station: ", shown(name)),
        *_fingerprint_lines("密钥指纹（SHA-256）", "Fingerprint of its key (SHA-256)", key_id),
    )


def _station_lines(keys: StationKeys) -> tuple[Text, ...]:
    ends = keys.chain.not_after.strftime(_DAY)
    return (
        _line("签名方：", "Signs as: ", keys.chain.signer_name),
        _line("有效期到：", "Until: ", ends),
        *_fingerprint_lines("密钥指纹", "Fingerprint of its key", keys.chain.key_id),
        *_fingerprint_lines("根证书指纹", "Fingerprint of the root", _digest(keys.root_pem)),
    )


def _request_machine(request: KeyRequest) -> dict[str, object]:
    return {"request": str(request.path), "station": request.name, "key_id": request.key_id}


def _station_machine(keys: StationKeys) -> dict[str, object]:
    return {
        "signer": keys.chain.signer_name,
        "not_after": keys.chain.not_after.strftime(_TIME),
        "key_id": keys.chain.key_id,
        "root_sha256": _digest(keys.root_pem),
    }


def _line(zh: str, en: str, value: str | Text) -> Text:
    one = Text(zh=value, en=value) if isinstance(value, str) else value
    return Text(zh=f"{zh}{one.zh}", en=f"{en}{one.en}")


def _done(*lines: Text, **machine: object) -> Report:
    return _told(ExitCode.ERASED, "done", lines, machine)


def _told(
    exit_code: ExitCode, status: str, lines: Sequence[Text], machine: Mapping[str, object]
) -> Report:
    return Report(
        exit_code=exit_code,
        lines=tuple(lines),
        machine={"status": status, "exit_code": int(exit_code), **machine},
    )


def _refused(exit_code: ExitCode, error: CertsError) -> Report:
    layer = {"layer": error.layer.value} if isinstance(error, CertificateError) else {}
    return Report(
        exit_code=exit_code,
        lines=(error.message, error.hint),
        machine={
            "status": "refused",
            "exit_code": int(exit_code),
            "message": both(error.message),
            "hint": both(error.hint),
            **layer,
        },
    )


def _failed(error: OSError) -> Report:
    reason = shown(error.strerror or type(error).__name__)
    name = shown(str(error.filename or ""), 400)
    message = Text(zh=f"没做完：{reason}（{name}）。", en=f"Not done: {reason} ({name}).")
    return Report(
        exit_code=ExitCode.USAGE,
        lines=(
            message,
            Text(zh="排除原因后，重复同一条命令。", en="Repeat it once that is mended."),
        ),
        machine={"status": "failed", "exit_code": int(ExitCode.USAGE), "message": both(message)},
    )
