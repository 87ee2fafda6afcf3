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
from pathlib import Path

from certs.canonical import encode
from certs.durable import sync_folder
from certs.text import Text
from wipe_station.clock import Clock, utc_text
from wipe_station.errors import EvidenceError
from wipe_station.journal_format import JOURNAL_VERSION, History, Record, parse, parse_line
from wipe_station.records import Json


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
            parse_line(line, len(self._records), self._head_sha256, str(self.path))
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
