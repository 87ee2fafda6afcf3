"""``wipe-cert pallet``: what a seller and a recycler type about a whole pallet. I/O.

``manifest``: every document is verified under the signer's own root; only certificates of erasure
are listed; the list is signed.

``check``:

1. The manifest holds, and is a manifest. Each document is verified once; what fails is named.
2. What was scanned before a break is read from the session file.
3. Label after label: its line is durable, then it is answered.
4. At the end (``done``, or the end of the input) the summary and, where it was asked for, a signed
   receipt. The end is durable before the receipt, so that a repeated command writes the same one.
"""

import argparse
import hashlib
import json
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from certs.bundle import read_bundle, write_bundle
from certs.command_line import ExitCode
from certs.errors import CertificateError, CertsError, Layer, PalletError
from certs.formats.fields import Kind, fits
from certs.formats.head_v1 import Reference
from certs.formats.pallet_manifest_v1 import Item, manifest
from certs.formats.pallet_receipt_v1 import Found, Scanned, pallet_receipt
from certs.layout import MAX_CHAIN_BYTES, DocumentType
from certs.own_keys import OwnKeys, head_by, new_id, own_keys
from certs.pallet import (
    MOST_ITEMS,
    MOST_LABEL_CHARACTERS,
    Pallet,
    State,
    found,
    is_whole,
    pallet_of,
    scan,
    too_many,
    undo,
)
from certs.pallet_documents import Documents, read_documents
from certs.pallet_file import SessionFile
from certs.pallet_session import UNDO, End, ended, line, replayed, scanned
from certs.pallet_words import (
    CLOSED,
    NOTHING_TO_UNDO,
    STOPPED,
    answer_text,
    beginning,
    refusal,
    summary_lines,
    taken_back,
)
from certs.reading import read_chosen, read_signed_list
from certs.report import Report, both, missing
from certs.text import Language, Text
from certs.together import Trust, verify_together

_UNDO_WORDS: Final = frozenset({"undo", "撤销"})
_DONE_WORDS: Final = frozenset({"done", "完成"})
_SALT_BYTES: Final = 32
Clock = Callable[[], datetime]
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"


def pallet_report(asked: argparse.Namespace, language: Language, clock: Clock) -> Report:
    """Carry out one of the commands.

    Args:
        asked: from the command line.
        language: of what is said while scanning.
        clock: aware; scanning takes its time.
    """
    try:
        if asked.command == "pallet manifest":
            return _manifest(asked, clock())
        return _check(asked, language, clock)
    except CertificateError as error:
        practice = error.layer is Layer.PRACTICE
        code = ExitCode.PRACTICE_REFUSED if practice else ExitCode.NOT_TRUSTED
        return refusal(code, "refused", error)
    except _UsageError as error:
        return refusal(ExitCode.USAGE, "usage", error)
    except CertsError as error:
        return refusal(ExitCode.NOT_TRUSTED, "refused", error)
    except OSError as error:
        return missing(error)


class _UsageError(PalletError):
    """What was asked for cannot be done as it was asked."""


def _usage(zh: str, en: str) -> _UsageError:
    return _UsageError(Text(zh=zh, en=en), Text(zh="什么也没有做。", en="Nothing was done."))


# --- the seller ----------------------------------------------------------------------------------


def _manifest(asked: argparse.Namespace, now: datetime) -> Report:
    if not fits(Kind.CODE, asked.pallet):
        raise _usage(
            "托盘号是 1 到 64 个字母、数字和 _ . : + -。",
            "A pallet's number is 1 to 64 letters, digits and _ . : + -.",
        )
    keys = own_keys(asked.keys)
    trust = Trust(root_pem=keys.root_pem, allow_practice=keys.signer.practice, now=now)
    documents = read_documents(asked.bundles, trust)
    if documents.refused or not documents.why or any(documents.why.values()):
        return _unfit(documents)
    if len(documents.references) > MOST_ITEMS:
        raise too_many()
    items = [Item(about=about) for about in documents.references.values()]
    head, salt = head_by(keys.signer, new_id(now), now), secrets.token_bytes(_SALT_BYTES)
    asked.output.mkdir(parents=True, exist_ok=True)
    folder = write_bundle(asked.output, manifest(head, salt, asked.pallet, items), keys.signer)
    count = len(items)
    said = Text(
        zh=f"清单 {folder}：{count} 台，已签名。", en=f"Manifest {folder}: {count} devices, signed."
    )
    machine = {"status": "made", "exit_code": 0, "manifest": str(folder), "items": count}
    return Report(exit_code=ExitCode.ERASED, lines=(said,), machine=machine)


def _unfit(documents: Documents) -> Report:
    """Say which documents keep a manifest from being signed."""
    lines = [
        Text(
            zh=f"✗ {each.name}（{each.error.layer.value}）：{each.error.message.zh}",
            en=f"✗ {each.name} ({each.error.layer.value}): {each.error.message.en}",
        )
        for each in documents.refused
    ]
    unfit = {digest: why for digest, why in documents.why.items() if why is not None}
    for digest in unfit.keys() & documents.references.keys():
        name = documents.references[digest].document
        lines.append(Text(zh=f"✗ {name}：没有确认清除", en=f"✗ {name}: not confirmed as erased"))
    lines.append(
        Text(
            zh="清单没有签：只列得进证明已清除的设备。",
            en="No manifest was signed: it lists devices with a certificate of erasure only.",
        )
    )
    machine = {
        "status": "not-erased",
        "exit_code": int(ExitCode.NOT_ERASED),
        "refused": [each.name for each in documents.refused],
        "not_erased": sorted(unfit),
    }
    return Report(exit_code=ExitCode.NOT_ERASED, lines=tuple(lines), machine=machine)


# --- the recycler --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """How a scan goes on: what is said, and to whom."""

    language: Language
    json_lines: bool

    def tell(self, said: Text, machine: Mapping[str, object]) -> None:
        """Say something at once."""
        shown = json.dumps(machine, sort_keys=True) if self.json_lines else None
        sys.stdout.write((shown or said.in_language(self.language)) + "\n")
        sys.stdout.flush()


def _check(asked: argparse.Namespace, language: Language, clock: Clock) -> Report:
    keys = _keys_of_receipt(asked)
    trust = Trust(
        root_pem=read_chosen(asked.root, MAX_CHAIN_BYTES),
        allow_practice=asked.allow_practice,
        now=clock(),
        revoked=read_signed_list(asked.revoked, asked.revoked_version_at_least)
        if asked.revoked
        else None,
    )
    pallet, documents = _loaded(asked, trust)
    desk = _Desk(language=language, json_lines=asked.json)
    path = asked.session or Path(f"pallet-{pallet.manifest.document_sha256[:16]}.session")
    with SessionFile(path, pallet.manifest.document_sha256) as file:
        state = replayed(State(pallet=pallet), file.session.events)
        for said in beginning(pallet, documents, len(state.scans)):
            desk.tell(said, {"event": "note", **both(said)})
        end = file.session.end
        if end is not None:
            desk.tell(CLOSED, {"event": "note", **both(CLOSED)})
        else:
            try:
                state = _scanned(desk, file, state, documents)
            except KeyboardInterrupt:
                return _stopped()
            end = None if keys is None else _ended(file, clock())
    return _summary(asked, state, end, keys)


def _keys_of_receipt(asked: argparse.Namespace) -> OwnKeys | None:
    given = [asked.receipt is not None, asked.keys is not None, asked.staff is not None]
    if not any(given):
        return None
    if not all(given):
        raise _usage(
            "--receipt、--keys、--staff 要一起给。",
            "--receipt needs --keys and --staff, and they it.",
        )
    if not fits(Kind.STAFF, asked.staff):
        raise _usage("工号是 1 到 10 位数字。", "A staff number has 1 to 10 digits.")
    return own_keys(asked.keys)


def _loaded(asked: argparse.Namespace, trust: Trust) -> tuple[Pallet, Documents]:
    bundle = read_bundle(asked.manifest)
    statement = verify_together(bundle, (), trust).statement
    if statement["type"] != DocumentType.PALLET_MANIFEST.value:
        raise _usage("这份文件不是托盘清单。", "This document is no pallet manifest.")
    about = Reference(
        document=statement["id"],
        document_sha256=hashlib.sha256(bundle.document).hexdigest(),
        document_type=DocumentType.PALLET_MANIFEST,
    )
    documents = read_documents(asked.bundles, trust)
    return pallet_of(statement, about, documents.why), documents


def _scanned(desk: _Desk, file: SessionFile, state: State, documents: Documents) -> State:
    for text in _labels():
        if text.lower() in _DONE_WORDS:
            break
        if text.lower() in _UNDO_WORDS:
            state = _undone(desk, file, state)
            continue
        after, made = scan(state, text)
        file.append(scanned(text))
        state = after
        desk.tell(
            answer_text(state.pallet, documents, made),
            {"event": "scan", "answer": made.answer.value, "code": made.code, "text": text},
        )
    return state


def _undone(desk: _Desk, file: SessionFile, state: State) -> State:
    after, taken = undo(state)
    if taken is None:
        desk.tell(NOTHING_TO_UNDO, {"event": "note", **both(NOTHING_TO_UNDO)})
        return state
    file.append(line(dict(UNDO)))
    desk.tell(taken_back(taken), {"event": "undo", "code": taken.code, "text": taken.text})
    return after


def _labels() -> Iterator[str]:
    """Yield each line that is typed or scanned, the longest cut to where it is no code any more."""
    most = 4 * MOST_LABEL_CHARACTERS
    while data := sys.stdin.buffer.readline(most):
        text = data.decode("utf-8", "replace").strip()[: MOST_LABEL_CHARACTERS + 1]
        while not data.endswith(b"\n") and (data := sys.stdin.buffer.readline(most)):
            pass
        if text:
            yield text


def _ended(file: SessionFile, at: datetime) -> End:
    """Close the session, as there will be a receipt; without one, scanning may go on later."""
    salt = secrets.token_bytes(_SALT_BYTES).hex()
    end = End(at=at.strftime(_TIME), id=new_id(at), salt_hex=salt)
    file.append(ended(end))
    return end


def _stopped() -> Report:
    machine = {"event": "stopped", "status": "stopped", "exit_code": int(ExitCode.INCONCLUSIVE)}
    return Report(exit_code=ExitCode.INCONCLUSIVE, lines=(STOPPED,), machine=machine)


def _summary(
    asked: argparse.Namespace, state: State, end: End | None, keys: OwnKeys | None
) -> Report:
    what = found(state)
    whole = is_whole(what)
    receipt = (
        None if end is None or keys is None else _receipt(asked, state.pallet, end, keys, what)
    )
    exit_code = ExitCode.ERASED if whole else ExitCode.NOT_ERASED
    lines = summary_lines(what, whole=whole)
    if receipt is not None:
        lines.append(Text(zh=f"验收单 {receipt}，已签名。", en=f"Receipt {receipt}, signed."))
    return Report(
        exit_code=exit_code,
        lines=tuple(lines),
        machine={
            "event": "summary",
            "status": "matched" if whole else "not-matched",
            "exit_code": int(exit_code),
            "receipt": None if receipt is None else str(receipt),
            **what.statement(),
        },
    )


def _receipt(
    asked: argparse.Namespace, pallet: Pallet, end: End, keys: OwnKeys, what: Found
) -> Path:
    signer = keys.signer
    head = head_by(signer, end.id, datetime.strptime(end.at, _TIME))  # noqa: DTZ007 - UTC, as written
    about = Scanned(
        pallet=pallet.number, about=pallet.manifest, staff=asked.staff, scanned_at=end.at
    )
    statement = pallet_receipt(head, bytes.fromhex(end.salt_hex), about, what)
    asked.receipt.mkdir(parents=True, exist_ok=True)
    return write_bundle(asked.receipt, statement, signer)
