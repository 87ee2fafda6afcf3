"""The append-only record of one job: intent before a step, result after it. I/O.

One file per job, one RFC 8785 JSON object per line. Each line carries its number, the SHA-256 of
the line before it, the wall time, the boot and the monotonic time, and is on the disk before
``append`` returns. It holds the passes' keys, so it is readable by its owner only.

A line without its newline was never acknowledged: the station died while writing it. Opening the
journal cuts such a tail and records that it did. Any other damage stops the line.
"""

import errno
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from certs.canonical import decode, encode
from certs.durable import sync_folder
from certs.errors import MalformedJsonError
from certs.text import Text
from wipe_station.clock import Clock, utc_text
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
        records.append(_parse_line(line, number, head, path))
        head = hashlib.sha256(line).hexdigest()
    return History(records=tuple(records), head_sha256=head, torn_bytes=len(torn))


def _parse_line(line: bytes, number: int, previous: str, path: str) -> Record:
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


class Journal:
    """The open journal of one job. Exactly one process writes it (the state lock sees to that)."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._broken = False
        created = not path.exists()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._descriptor = os.open(path, flags, 0o600)
        if created:
            sync_folder(path.parent)
        data = path.read_bytes()
        history = parse(data, str(path))
        self._records = list(history.records)
        self._head_sha256 = history.head_sha256
        os.fsync(self._descriptor)  # what we are about to believe must not be in memory only
        if history.torn_bytes:
            os.ftruncate(self._descriptor, len(data) - history.torn_bytes)
            self.append("torn-tail", {"bytes": history.torn_bytes})

    def history(self) -> History:
        """Return all that is durable so far."""
        return History(records=tuple(self._records), head_sha256=self._head_sha256, torn_bytes=0)

    def append(self, kind: str, data: Mapping[str, Json]) -> Record:
        """Write one record and return when it is durable.

        Raises:
            EvidenceError: the state disk refused; this object accepts nothing more then, because
                what follows half a line could not be told from it.
        """
        line = encode(
            {
                "kind": kind,
                "utc": utc_text(self._clock.utc()),
                "boot_id": self._clock.boot_id(),
                "monotonic_ns": str(self._clock.monotonic_ns()),
                "data": dict(data),
                "number": len(self._records),
                "previous_sha256": self._head_sha256,
                "version": JOURNAL_VERSION,
            }
        )
        self._write(line + b"\n")
        self._records.append(
            _parse_line(line, len(self._records), self._head_sha256, str(self.path))
        )
        self._head_sha256 = hashlib.sha256(line).hexdigest()
        return self._records[-1]

    def _write(self, line: bytes) -> None:
        try:
            if self._broken or os.write(self._descriptor, line) != len(line):
                raise OSError(errno.ENOSPC, "the journal's disk is full")
            os.fsync(self._descriptor)
        except OSError as error:
            self._broken = True
            raise state_disk_error(self.path.parent) from error

    def close(self) -> None:
        """Close the file; every acknowledged record is already on the disk."""
        os.close(self._descriptor)


def state_disk_error(folder: Path) -> EvidenceError:
    """Return the error for a state disk that does not keep what it is given."""
    return EvidenceError(
        Text(zh="本机的磁盘写不进记录。", en="The station's own disk refuses the record."),
        hint=Text(
            zh=f"腾出空间，再用 wipe-station resume 继续：{folder}",
            en=f"Make room, then wipe-station resume: {folder}",
        ),
    )
