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
7. ``rotate-log``: the station's log gets another key of its own, at the next start.
"""

import argparse
import errno
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from certs.chain import key_id_of, read_issued
from certs.command_line import ExitCode
from certs.errors import (
    CertsError,
    KeyRequestError,
    MalformedLogError,
)
from certs.expiry import expiry_notice
from certs.issuing import parse_request, read_request
from certs.keys import (
    LOG_FOLDER,
    LOG_KEY_FOLDER,
    LOG_KEY_NAME,
    NEXT_LOG_KEY_NAME,
    load_note_key,
    prepare_next_log_key,
)
from certs.keys_people import Asked, passphrases, require_compared, tell
from certs.keys_token import token_place
from certs.keys_words import (
    DAY,
    TIME,
    digest_of,
    done,
    failed,
    fingerprint_lines,
    line,
    request_lines,
    request_machine,
    station_lines,
    station_machine,
    told,
)
from certs.layout import MAX_CHAIN_BYTES
from certs.log.audit import CHECKPOINT
from certs.log.checkpoint import parse_checkpoint
from certs.log.folder import read_log_file
from certs.log.note import MOST_BYTES as MOST_NOTE_BYTES
from certs.log.note import Algorithm, NoteKey, parse_key
from certs.reading import UnexpectedFileError, read_regular_file
from certs.report import Report, both, refused
from certs.revocation import MOST_LOG_KEYS, REASONS, Reason, Revoked
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
    KeyRequest,
    install,
    load_station_keys,
    pending_request,
    renew_key,
    request_key,
)
from certs.text import Language, Text

_STOPPED: Final = Text(zh="停了，没有做完。", en="Stopped; it was not done.")
_REQUEST_HINT: Final = Text(
    zh="把申请带到根的机器上，用电话或当面核对指纹，再签发。",
    en="Take the request to the root's machine; compare the fingerprint by voice; have it issued.",
)


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
        return refused(ExitCode.USAGE, error)
    except CertsError as error:
        return refused(ExitCode.NOT_TRUSTED, error)
    except OSError as error:
        return failed(error)
    except KeyboardInterrupt:
        return told(ExitCode.USAGE, "stopped", (_STOPPED,), both(_STOPPED))


# --- the commands ------------------------------------------------------------------------------


def _root_new(asked: Asked) -> Report:
    directory: Path = asked.options.directory
    require_new_folder(directory)
    typed = passphrases(asked, twice=True)
    write_root(directory, new_root(asked.options.name, typed, asked.now))
    pem = read_root(directory)
    open_root(directory, typed)
    digest = digest_of(pem)
    return done(
        line("根证书做好了，十年有效：", "The root is made, for ten years: ", str(directory)),
        *fingerprint_lines("根证书指纹（SHA-256）", "Fingerprint of the root (SHA-256)", digest),
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
    place = token_place(asked.options)
    return _requested(request_key(asked.options.directory, asked.options.station, place))


def _renew(asked: Asked) -> Report:
    return _requested(renew_key(asked.options.directory, token_place(asked.options)))


def _requested(request: KeyRequest) -> Report:
    return done(
        line("申请写好了：", "The request is written: ", str(request.path)),
        *request_lines(request.name, request.key_id),
        _REQUEST_HINT,
        **request_machine(request),
    )


def _issue(asked: Asked) -> Report:
    options = asked.options
    require_absent(options.output)
    request = parse_request(_read(options.request, MOST_REQUEST_BYTES))
    name, key = read_request(request)
    digest = digest_of(read_root(options.root_dir))
    lines = (
        *request_lines(name, key_id_of(key)),
        *fingerprint_lines("根证书指纹", "Fingerprint of the root", digest),
    )
    require_compared(asked, lines, key_id_of(key))
    root = open_root(options.root_dir, passphrases(asked))
    pem, chain = issue(root, request, now=asked.now, days=options.days)
    write_certificate(options.output, pem)
    ends = chain.not_after.strftime(DAY)
    return done(
        line("证书签发好了：", "The certificate is issued: ", str(options.output)),
        Text(
            zh=f"给：{chain.signer_name}，到 {ends}。", en=f"To {chain.signer_name}, until {ends}."
        ),
        Text(
            zh="把它和 root.pem 带到工作站：wipe-cert keys install。",
            en="Take it and root.pem to the station: wipe-cert keys install.",
        ),
        key_id=chain.key_id,
        not_after=chain.not_after.strftime(TIME),
        root_sha256=digest,
    )


def _install(asked: Asked) -> Report:
    options = asked.options
    chain_pem = _read(options.certificate, MAX_CHAIN_BYTES)
    root_pem = _read(options.root, MAX_CHAIN_BYTES)
    keys = install(options.dir, chain_pem, root_pem, asked.now)
    return done(
        Text(
            zh="装好了，工作站重新启动以后用它签名：",
            en="Installed; once restarted, the station signs with it:",
        ),
        *station_lines(keys),
        Text(
            zh="请再核对一次根证书的指纹，再重新启动工作站。",
            en="Compare the root's fingerprint once more before you restart it.",
        ),
        **station_machine(keys),
    )


def _show(asked: Asked) -> Report:
    directory: Path = asked.options.directory
    directory.stat()
    keys, waiting = load_station_keys(directory, by_hand=True), pending_request(directory)
    lines: list[Text] = []
    machine: dict[str, object] = {}
    code = ExitCode.ERASED
    if keys is not None:
        keys.require_valid(asked.now)
        lines += station_lines(keys)
        machine |= station_machine(keys)
        notice = expiry_notice(keys.chain, asked.now)
        if notice is not None:
            code = ExitCode.INCONCLUSIVE
            lines.append(notice)
    else:
        code = ExitCode.INCONCLUSIVE
        lines.append(Text(zh="还没有装证书。", en="No certificate is installed yet."))
    if waiting is not None:
        lines.append(line("申请在等签发：", "A request waits: ", str(waiting.path)))
        lines += request_lines(waiting.name, waiting.key_id)
        machine["waiting"] = request_machine(waiting)
    return told(code, "valid" if code is ExitCode.ERASED else "attend", lines, machine)


def _revoke(asked: Asked) -> Report:
    options = asked.options
    directory: Path = options.root_dir
    chain_pem = _read(options.certificate, MAX_CHAIN_BYTES)
    key_id, name = read_issued(chain_pem, read_root(directory))
    moment = asked.now.strftime(TIME)
    entry = _entry(options, key_id, moment)
    require_replaceable(options.list, directory)
    tell(
        asked,
        line("要作废的：", "To be revoked: ", name),
        *fingerprint_lines("密钥指纹", "Fingerprint of its key", key_id),
        line("原因：", "Because ", REASONS[entry.reason]),
    )
    root = open_root(directory, passphrases(asked))
    version = _listed(directory, root, entry, moment)
    latest = latest_list(directory)
    assert latest is not None, "it was written or found just now"
    publish(options.list, latest[0])
    names = f"{options.list}, {signature_path(options.list)}"
    return done(
        line("作废名单写好了：", "The revocation list is written: ", names),
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
        key_id=key_id,
    )


def _listed(directory: Path, root: OpenRoot, entry: Revoked, moment: str) -> int:
    """Sign a new version, unless the latest says the same already; return its number."""
    latest = latest_list(directory)
    known = latest[1].entries.get(entry.key_id) if latest is not None else None
    # A crash may have come before it was published.
    if latest is not None and known is not None and replace(known, revoked_at=moment) == entry:
        return latest[1].version
    revoke(directory, root, entry, moment)
    return (latest[1].version if latest else 0) + 1


def _entry(options: argparse.Namespace, key_id: str, moment: str) -> Revoked:
    size: int | None = options.last_trusted_log_size
    if (size is None) != (not options.log_key) or (size is not None and size < 0):
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
    log_keys = [_log_key(path) for path in options.log_key]
    one_log = len({key.name for key in log_keys}) <= 1 and len(set(log_keys)) == len(log_keys)
    if not one_log or len(log_keys) > MOST_LOG_KEYS:
        raise KeyRequestError(
            Text(
                zh="--log-key 要给同一份日志的密钥，每把一次。",
                en="--log-key wants the keys of one log, each once.",
            ),
            Text(
                zh="日志换过几次密钥，wipe-cert log verify 会说。",
                en="wipe-cert log verify tells which keys a log had.",
            ),
        )
    return Revoked(
        key_id=key_id,
        reason=Reason(options.reason),
        revoked_at=moment,
        trusted_size=size,
        log_key=log_keys[0].text() if log_keys else "",
        earlier_log_keys=tuple(key.text() for key in log_keys[1:]),
    )


def _log_key(path: Path) -> NoteKey:
    text = _read(path, MOST_NOTE_BYTES).decode("utf-8", "replace")
    try:
        return parse_key(text)
    except MalformedLogError as error:
        raise KeyRequestError(error.message, error.hint) from error


def _rotate_log(asked: Asked) -> Report:
    directory: Path = asked.options.directory
    if not (directory / LOG_FOLDER / CHECKPOINT).exists():
        raise KeyRequestError(
            Text(zh="这里没有日志。", en="There is no log here."),
            Text(
                zh="给工作站的状态目录，或里面的 production；日志在第一次启动时才有。",
                en="Give the station's state directory, or production in it; a log begins with the"
                " first start.",
            ),
        )
    origin = parse_checkpoint(read_log_file(directory / LOG_FOLDER, CHECKPOINT)).origin
    keys = directory / LOG_KEY_FOLDER
    old = load_note_key(keys / LOG_KEY_NAME, origin, Algorithm.ED25519).key
    new = prepare_next_log_key(keys, origin)
    return done(
        line("日志的新密钥备好了：", "The log's next key is ready: ", new.text()),
        line("现在用的是：", "Until then it is: ", old.text()),
        Text(
            zh="1. 先把新的公钥交给每个见证方：两把都要认。",
            en="1. Give the new public key to each witness first; it must know both.",
        ),
        Text(
            zh="2. 重新启动工作站：旧的签下最后一句，把日志交给新的，然后删除。",
            en="2. Restart the station: the old one signs its last word, hands over, and is gone.",
        ),
        line(
            "反悔了，就在重新启动以前删除：",
            "To take it back, delete before the restart: ",
            str(keys / NEXT_LOG_KEY_NAME),
        ),
        log_key=new.text(),
        earlier_log_key=old.text(),
    )


COMMANDS: Final[dict[str, Callable[[Asked], Report]]] = {
    "keys root new": _root_new,
    "keys request": _request,
    "keys issue": _issue,
    "keys install": _install,
    "keys show": _show,
    "keys renew": _renew,
    "keys revoke": _revoke,
    "keys rotate-log": _rotate_log,
}


def _read(path: Path, most_bytes: int) -> bytes:
    # It may be a symbolic link: the caller chose it.
    try:
        return read_regular_file(path.resolve(), most_bytes)[0]
    except UnexpectedFileError as error:
        raise OSError(errno.EINVAL, "not such a file", str(path)) from error
