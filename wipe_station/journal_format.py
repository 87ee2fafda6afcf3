"""One job's record as bytes: what a line holds, and how lines hang together. Pure.

`wipe_station.journal` writes these lines; whoever judges a job reads them here and needs no disk.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from certs.canonical import decode
from certs.errors import MalformedJsonError
from certs.text import Text
from wipe_station.errors import EvidenceError
from wipe_station.records import Json

JOURNAL_VERSION: Final = 1
JOURNAL_LIMIT_BYTES: Final = 64 << 20
GENESIS: Final = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One line of a journal."""

    number: int
    kind: str
    utc: str
    boot_id: str
    monotonic_ns: str
    data: dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A journal as read: its records, the hash of its last line, and an unfinished tail."""

    records: tuple[Record, ...]
    head_sha256: str
    torn_bytes: int


def damaged(path: str, why_zh: str, why_en: str) -> EvidenceError:
    """Return the error for a journal that cannot be trusted."""
    return EvidenceError(
        Text(zh=f"任务记录已损坏：{why_zh}。", en=f"The job's journal is damaged: {why_en}."),
        hint=Text(
            zh=f"停止使用，不要改动，把文件交给工程师：{path}",
            en=f"Stop, change nothing, and hand the file to an engineer: {path}",
        ),
    )


def parse(data: bytes, path: str) -> History:
    """Read a journal's bytes.

    Args:
        data: the file's content.
        path: for messages only.

    Raises:
        EvidenceError: a line that is not canonical JSON, out of sequence, or off the chain.
    """
    if len(data) > JOURNAL_LIMIT_BYTES:
        raise damaged(path, "文件太大", "too large")
    *lines, torn = data.split(b"\n")
    records: list[Record] = []
    head = GENESIS
    for number, line in enumerate(lines):
        records.append(parse_line(line, number, head, path))
        head = hashlib.sha256(line).hexdigest()
    return History(records=tuple(records), head_sha256=head, torn_bytes=len(torn))


def parse_line(line: bytes, number: int, previous: str, path: str) -> Record:
    """Read one line of a journal.

    Args:
        line: without its newline.
        number: its place in the journal, from 0.
        previous: SHA-256 of the line before it, in hex.
        path: for messages only.

    Raises:
        EvidenceError: not canonical JSON, out of sequence, or off the chain.
    """
    try:
        fields = decode(line)
        claimed = (fields.pop("number"), fields.pop("previous_sha256"), fields.pop("version"))
        record = Record(number=number, **fields)
        if not isinstance(record.kind, str) or not isinstance(record.data, dict):
            raise TypeError(record.kind)
    except (MalformedJsonError, KeyError, TypeError) as error:
        raise damaged(path, f"第 {number} 行无法解析", f"line {number} does not parse") from error
    if claimed != (number, previous, JOURNAL_VERSION):
        raise damaged(path, f"第 {number} 行接不上前文", f"line {number} breaks the chain")
    return record
