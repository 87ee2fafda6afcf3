"""``wipe-cert log verify``: reads a log and what others kept of it, says what came of it. I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from certs.bundle import read_bundle
from certs.canonical import JsonObject, decode
from certs.command_line import ExitCode
from certs.errors import CertificateError, MalformedJsonError, MalformedLogError
from certs.formats import statement_v1
from certs.formats.fields import shown
from certs.log.audit import CHECKPOINT, Audit, Correction, audit
from certs.log.checkpoint import parse_checkpoint
from certs.log.entry import EntryKind, parse_entry
from certs.log.folder import read_log_file
from certs.log.note import MOST_BYTES as MOST_NOTE_BYTES
from certs.log.note import NoteKey, parse_key
from certs.log.proof import MOST_BYTES as MOST_PROOF_BYTES
from certs.log.proof import Proof, parse_proof
from certs.log.tiles import WIDTH, bundle_path, unpacked
from certs.logged import check_logged
from certs.reading import read_chosen
from certs.report import Report, both, missing
from certs.text import Text

MOST_LISTED: Final = 20
_BUNDLES: Final = (".zip", ".pdf", ".json")
_CUSTODY: Final = {
    "open": Text(zh="设备还没有下落", en="its custody has no end"),
    "unknown": Text(zh="日志里没有", en="the log does not have it"),
    "release": Text(zh="已放行出售", en="released for sale"),
    "return": Text(zh="已退还", en="returned"),
    "destruction": Text(zh="已销毁", en="destroyed"),
    "transfer": Text(zh="已转交", en="transferred"),
}
_TIME: Final = "%Y-%m-%d %H:%M:%S UTC"


def log_report(
    folder: Path, key_path: Path | None, checkpoints: Sequence[Path], proofs: Sequence[Path]
) -> Report:
    """Check a whole log.

    Args:
        folder: of the log.
        key_path: file with the log's public key; without it, the log's own word is taken, and
            nothing that it says counts as known.
        checkpoints: kept from before.
        proofs: out of bundles or receipts; a whole bundle, its ``.zip`` or its PDF will do.
    """
    try:
        folder.stat()
        read = partial(read_log_file, folder)
        key = read_key(key_path) if key_path is not None else _own_key(folder)
        older = [read_chosen(path, MOST_NOTE_BYTES) for path in checkpoints]
        kept = [_proof(path) for path in proofs]
        found = audit(read, key, older=older, proofs=kept)
    except (MalformedLogError, MalformedJsonError, CertificateError) as error:
        return _refused(error.message, error.hint)
    except OSError as error:
        return missing(error)
    return _report(found, kept, known=key_path is not None)


def read_key(path: Path) -> NoteKey:
    """Read the public key of a log or a witness.

    Raises:
        MalformedLogError: it is none.
        OSError: it cannot be read.
    """
    return parse_key(read_chosen(path, MOST_NOTE_BYTES).decode("utf-8", "replace"))


def _proof(path: Path) -> Proof:
    """Return a proof that somebody kept, by itself or with the document that it is about.

    Raises:
        CertificateError: the document is none, or the proof is not about it. Who signed it is not
            asked: the log is.
    """
    if path.suffix == ".tlog-proof" or not (path.is_dir() or path.suffix.lower() in _BUNDLES):
        return parse_proof(read_chosen(path, MOST_PROOF_BYTES))
    bundle = read_bundle(path)
    statement = decode(bundle.document)
    statement_v1.check(statement)
    check_logged(statement, bundle)
    if bundle.proof is None:
        raise MalformedLogError(
            Text(zh="这份文件没有进日志。", en="This document stands in no log."),
            Text(zh="换一份有 .tlog-proof 的。", en="Give one that has a .tlog-proof."),
        )
    return parse_proof(bundle.proof)


def _own_key(folder: Path) -> NoteKey:
    """Return the key that the log's first entry names: nobody vouches for it."""
    size = parse_checkpoint(read_log_file(folder, CHECKPOINT)).size
    width = min(size, WIDTH)
    entries = unpacked(read_log_file(folder, bundle_path(0, width)), width) if width else []
    first = parse_entry(entries[0]) if entries else None
    if first is None or first.kind is not EntryKind.LOG_OPENED:
        raise MalformedLogError(
            Text(zh="日志里没有它自己的公钥。", en="The log does not name its key."),
            Text(zh="用 --key 给出日志的公钥。", en="Give the log's key with --key."),
        )
    return parse_key(first.fields["log_key"])


def _refused(message: Text, hint: Text) -> Report:
    return Report(
        exit_code=ExitCode.NOT_TRUSTED,
        lines=(Text(zh=f"✗ {message.zh}", en=f"✗ {message.en}"), hint),
        machine={
            "status": "refused",
            "exit_code": int(ExitCode.NOT_TRUSTED),
            "findings": [{"code": "unreadable", **both(message)}],
        },
    )


def _report(found: Audit, kept: Sequence[Proof], *, known: bool) -> Report:
    sound = not found.findings
    status = ("sound" if known else "log-unknown") if sound else "refused"
    code = {
        "sound": ExitCode.ERASED,
        "log-unknown": ExitCode.INCONCLUSIVE,
        "refused": ExitCode.NOT_TRUSTED,
    }[status]
    return Report(
        exit_code=code,
        lines=(
            *(
                Text(zh=f"✗ {finding.text.zh}", en=f"✗ {finding.text.en}")
                for finding in found.findings
            ),
            _headline(status),
            *_about(found),
            *_open(found),
            *_corrections(found),
            *(_ticket_line(each) for each in _tickets(found, kept)),
        ),
        machine={
            "status": status,
            "exit_code": int(code),
            "findings": [
                {"code": finding.code, **both(finding.text)} for finding in found.findings
            ],
            "origin": found.checkpoint.origin if found.checkpoint else "",
            "size": found.checkpoint.size if found.checkpoint else 0,
            "root_sha256": found.checkpoint.root.hex() if found.checkpoint else "",
            "counts": dict(found.counts),
            "handovers": [
                {"index": index, "log_key": key.text()} for index, key in found.handovers.items()
            ],
            "open_jobs": found.open_jobs,
            "open_custody": found.open_custody,
            "corrections": [_machine(each) for each in found.corrections],
            "receipts": [
                {"ticket": each.ticket, "index": each.index, "custody": each.custody}
                for each in _tickets(found, kept)
            ],
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Receipt:
    """What the log says of a ticket that a proof is about."""

    ticket: str
    index: int
    custody: str
    """``open``, ``unknown``, or the kind of the entry that ended it."""


def _tickets(found: Audit, kept: Sequence[Proof]) -> tuple[_Receipt, ...]:
    receipts = []
    for proof in kept:
        ticket = parse_entry(proof.entry).fields.get("ticket")
        if ticket is not None:
            end = found.custody.get(ticket)
            custody = end.value if end else "open" if ticket in found.custody else "unknown"
            receipts.append(_Receipt(ticket=ticket, index=proof.index, custody=custody))
    return tuple(receipts)


def _ticket_line(receipt: _Receipt) -> Text:
    """Say what became of the device of a ticket."""
    said = _CUSTODY.get(receipt.custody, Text(zh=receipt.custody, en=receipt.custody))
    ticket, index = shown(receipt.ticket), receipt.index
    return Text(
        zh=f"凭证的单号 {ticket}（第 {index} 条）：{said.zh}",
        en=f"Ticket {ticket} of your receipt (entry {index}): {said.en}",
    )


def _headline(status: str) -> Text:
    return {
        "sound": Text(
            zh="✓ 日志完好：每一条都在，和手里留存的对得上。",
            en="✓ The log is sound: every entry is there, and fits what you kept of it.",
        ),
        "log-unknown": Text(
            zh="? 日志前后一致，但不知道是谁的：请用 --key 给出从别的渠道得到的公钥。",
            en="? The log agrees with itself, but whose it is, is not known: give the key that"
            " reached you by another way with --key.",
        ),
        "refused": Text(zh="不要相信这份日志。", en="Do not trust this log."),
    }[status]


def _about(found: Audit) -> tuple[Text, ...]:
    if found.checkpoint is None:
        return ()
    name, size = shown(found.checkpoint.origin), found.checkpoint.size
    counted = [(kind, found.counts[kind]) for kind in sorted(found.counts)]
    kinds = ", ".join(f"{kind} {count}" for kind, count in counted)
    lines = [
        Text(zh=f"日志：{name}，{size} 条（{kinds}）", en=f"Log {name}: {size} entries ({kinds})")
    ]
    if found.first_at is not None and found.last_at is not None:
        first, last = found.first_at.strftime(_TIME), found.last_at.strftime(_TIME)
        lines.append(Text(zh=f"从 {first} 到 {last}", en=f"From {first} to {last}"))
    for index, key in found.handovers.items():
        lines.append(
            Text(
                zh=f"第 {index} 条起由另一把密钥签：{key.text()}",
                en=f"From entry {index} another key signs: {key.text()}",
            )
        )
    return tuple(lines)


def _open(found: Audit) -> tuple[Text, ...]:
    lines: list[Text] = []
    for names, zh, en in (
        (found.open_jobs, "没有结束的任务", "Jobs without an end"),
        (found.open_custody, "没有下落的设备（单号）", "Devices without a whereabouts (tickets)"),
    ):
        if names:
            shown_names = ", ".join(names[:MOST_LISTED])
            more = "" if len(names) <= MOST_LISTED else " …"
            lines.append(
                Text(
                    zh=f"{zh}：{len(names)} 个：{shown_names}{more}",
                    en=f"{en}: {len(names)}: {shown_names}{more}",
                )
            )
    return tuple(lines)


def _machine(correction: Correction) -> JsonObject:
    return {
        "index": correction.index,
        "at": correction.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "document": correction.document,
        "corrects": correction.corrects,
    }


def _corrections(found: Audit) -> tuple[Text, ...]:
    """Say which documents were found wrong; what is right in them, the log does not know."""
    count = len(found.corrections)
    if not count:
        return ()
    lines = [
        Text(
            zh=f"更正：{count} 条；内容在更正文件里，请向出具方要",
            en=f"Corrections: {count}; what they say stands in them, so ask the issuer",
        )
    ]
    lines += [_correction_line(each) for each in found.corrections[:MOST_LISTED]]
    if count > MOST_LISTED:
        lines.append(Text(zh="…", en="…"))
    return tuple(lines)


def _correction_line(correction: Correction) -> Text:
    name, index, wrong = correction.document, correction.index, correction.corrects
    if wrong is None:
        return Text(
            zh=f"第 {index} 条更正文件 {name}，日志里没有写明它是哪一条",
            en=f"Entry {index} corrects document {name}, whose own entry the log does not name",
        )
    return Text(
        zh=f"第 {index} 条更正文件 {name}（第 {wrong} 条）",
        en=f"Entry {index} corrects document {name} (entry {wrong})",
    )
