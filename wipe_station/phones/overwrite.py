"""Filling an Android phone's free space on the phone itself: commands, texts, the count. Pure.

1. Files of random data are written into one folder until the phone takes no more; right after
   each one the phone says its size and its SHA-256.
2. When all are written, the phone reads each again. Only a file whose second digest is its first
   one counts, and none that is like another: random files never are.
3. The files stay: the reset that follows takes them away. One of ``ROOM_BYTES``, written first, is
   removed and not counted, so that a canary and the system have room.

All of it is the phone's own word: nobody outside sees its storage. Nothing is said of what adb does
not reach: spare areas, the system's partitions, what its file system keeps for itself.

Source: the texts are those of toybox (``dd``, ``stat``, ``sha256sum``, ``df -k``), general
knowledge [M]; tried on simulated phones, on no real one. What ``dd`` says differs from release to
release: only its exit code is looked at, and sizes come from ``stat``.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wipe_station.phones.adb_shell import ShellEnd

MIB: Final = 1 << 20
FILE_BYTES: Final = 256 * MIB
"""Small enough that a cancellation and progress do not wait for long."""
MOST_FILES: Final = 16384
"""4 TiB; no phone has so much."""
MOST_TEXT_BYTES: Final = 4096
WHOLE_RATIO: Final = 0.95
"""So much of the space that was free must have been read back; file systems keep some for their own
tables."""
FOLDER: Final = "/sdcard/wipe-station-fill"
"""Always the same: a run that was cut off leaves its files, and the next takes them away."""
ROOM_BYTES: Final = 64 * MIB
_ROOM: Final = f"{FOLDER}/room"

CLEAR: Final = f"rm -rf {FOLDER}"
MAKE: Final = f"mkdir {FOLDER}"
FREE: Final = "df -k /sdcard/"
KEEP_ROOM: Final = f"dd if=/dev/urandom of={_ROOM} bs=1M count={ROOM_BYTES // MIB}"
GIVE_ROOM: Final = f"rm -f {_ROOM}"
SYNC: Final = "sync"

_DF_HEAD: Final = re.compile(r"Filesystem +1K-blocks +Used +Available +Use% +Mounted on")
_DF_ROW: Final = re.compile(r"\S+ +([0-9]{1,12}) +([0-9]{1,12}) +([0-9]{1,12}) +[0-9]{1,3}% +/\S*")
_SIZE: Final = re.compile(r"([0-9]{1,15})\n?")
_DIGEST: Final = re.compile(r"([0-9a-f]{64}) [ *](\S+)\n?")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledFile:
    """One file, as the phone told of it right after it was written."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overwritten:
    """What came of an overwrite: only what was read back the same."""

    size_bytes: int
    files: int
    sha256: str
    """Of their digests, in order, each with a line feed."""
    whole: bool
    """The phone was full, and all that it had taken was read back; otherwise nothing follows."""


def path_of(number: int) -> str:
    """Return where a file lies."""
    return f"{FOLDER}/f.{number}"


def write_command(number: int) -> str:
    """Return the command that writes a file."""
    return f"dd if=/dev/urandom of={path_of(number)} bs=1M count={FILE_BYTES // MIB}"


def size_command(number: int) -> str:
    """Return the command that says a file's size."""
    return f"stat -c %s {path_of(number)}"


def digest_command(number: int) -> str:
    """Return the command that reads a file."""
    return f"sha256sum {path_of(number)}"


def free_of(end: ShellEnd) -> int | None:
    """Return the free bytes that ``FREE`` tells of; None if nothing is understood."""
    lines = (_text(end) or "").splitlines()
    if len(lines) != 2 or not _DF_HEAD.fullmatch(lines[0]):
        return None
    row = _DF_ROW.fullmatch(lines[1])
    if row is None:
        return None
    whole, used, free = map(int, row.groups())
    return free * 1024 if max(used, free) <= whole else None


def size_of(end: ShellEnd) -> int | None:
    """Return the size that ``size_command`` tells of; None for no such file, or one not of ours."""
    found = _SIZE.fullmatch(_text(end) or "")
    size = int(found[1]) if found else 0
    return size if 0 < size <= FILE_BYTES else None


def digest_of(end: ShellEnd, number: int) -> str | None:
    """Return the digest that ``digest_command`` tells of; None if it is of no such file."""
    found = _DIGEST.fullmatch(_text(end) or "")
    return found[1] if found and found[2] == path_of(number) else None


def count(
    written: Sequence[FilledFile],
    again: Sequence[str | None],
    *,
    free_bytes: int | None,
    full: bool,
) -> Overwritten:
    """Return what an overwrite came to.

    Args:
        written: the files in order.
        again: what the second reading said of each; it may have ended early.
        free_bytes: before the first one; None if that is unknown.
        full: whether it ended because the phone took no more, and its data were flushed.
    """
    alike = Counter(each.sha256 for each in written)
    kept = [
        file
        for file, second in zip(written, again, strict=False)
        if second == file.sha256 and alike[second] == 1
    ]
    size = sum(each.size_bytes for each in kept)
    enough = free_bytes is not None and size >= WHOLE_RATIO * free_bytes
    return Overwritten(
        size_bytes=size,
        files=len(kept),
        sha256=hashlib.sha256("".join(f"{each.sha256}\n" for each in kept).encode()).hexdigest(),
        whole=full and enough and size > 0 and len(kept) == len(written),
    )


NOTHING: Final = count((), (), free_bytes=None, full=False)
"""Of a phone that does not do it."""


def _text(end: ShellEnd) -> str | None:
    """Return what a command said, if it ended well and said little."""
    if end.code != 0 or len(end.output) > MOST_TEXT_BYTES:
        return None
    try:
        return end.output.decode("ascii")
    except UnicodeDecodeError:
        return None
