"""A log on disk that only grows. I/O.

The log is what its checkpoint says; files beyond are leftovers of an append that did not come to
its end, and the next one writes over them. One append, in this order:

1. the bundle of entries and the tiles that grew, each under the name of its new width, `fsync`;
2. their folders, `fsync`;
3. the checkpoint: written beside the old one, `fsync`, renamed over it, folder `fsync`.

Before 3 has succeeded nobody learns anything of the new entries. After any error the writer is
broken and has to be opened anew: what the disk then shows is the truth, and what was appended may
or may not be in it. So an append is followed by a look, not by a repetition: see ``find``.

A checkpoint that was seen is never taken back: the next one contains it.
"""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import RLock
from typing import Final, NoReturn

from certs.durable import NewFile, sync_folder, write_file
from certs.errors import LogBrokenError, MalformedLogError
from certs.log.checkpoint import Checkpoint, open_checkpoint
from certs.log.entry import Entry, EntryKind, Moment, entry_bytes, parse_entry
from certs.log.folder import read_log_file
from certs.log.handover import handover_fields, last_word
from certs.log.note import NoteKey, NoteSigner
from certs.log.proof import Proof
from certs.log.tiles import (
    HEIGHT,
    WIDTH,
    bundle_path,
    full_hashes,
    packed,
    tile_path,
    unpacked,
)
from certs.log.tree import Peaks, inclusion_proof, leaf_hash
from certs.text import Text

CHECKPOINT_NAME: Final = "checkpoint"
_HINT: Final = Text(
    zh="停止使用，让工程师检查日志文件夹。",
    en="Stop, and let an engineer look at the log's folder.",
)
_CLOCK_HINT: Final = Text(zh="校准时钟，再试一次。", en="Set the clock right, then try again.")


class LogWriter:
    """A log that this process, and no other, appends to. Fit for several threads."""

    def __init__(self, folder: Path, signer: NoteSigner) -> None:
        """Open a log, or begin one in an empty or absent folder whose parent exists.

        Args:
            folder: of the log; one writer at a time.
            signer: the log's key; its name is the log's origin.

        Raises:
            LogBrokenError: what lies there is not this key's log, or is damaged.
            OSError: it cannot be read or made.
        """
        self._folder = folder
        self._signer = signer
        self._lock = RLock()
        self._sound = False
        self._peaks = Peaks()
        self._tail = b""
        """The bundle of entries that is not full yet."""
        self._edges: dict[int, bytes] = {}
        """The tile of each level that is not full yet."""
        self._last: Entry | None = None
        self._open()

    def _open(self) -> None:
        self._folder.mkdir(mode=0o755, exist_ok=True)
        sync_folder(self._folder.parent)
        if not (self._folder / CHECKPOINT_NAME).exists():
            self._peaks = Peaks()
            self._sign(self._signer)
        try:
            self._load()
        except MalformedLogError as error:
            raise LogBrokenError(error.message, _HINT) from error
        self._sound = True

    def _load(self) -> None:
        self.checkpoint = self._read(CHECKPOINT_NAME)
        found, _ = open_checkpoint(self.checkpoint, self._signer.key)
        self._peaks = Peaks(found.size, full_hashes(found.size, self._read))
        if self._peaks.root() != found.root:
            _broken("哈希和检查点不符", "the tiles do not fit the checkpoint")
        number, width = divmod(found.size, WIDTH)
        self._tail = self._read(bundle_path(number, width)) if width else b""
        self._edges = self._read_edges(found.size)
        entries = unpacked(self._tail, width)
        leaves = b"".join(map(leaf_hash, entries))
        if leaves != self._edges.get(0, b""):
            _broken("条目和哈希不符", "the entries do not fit the tiles")
        self._last = next(reversed_entries(found.size, self._read), None)

    def _read_edges(self, size: int) -> dict[int, bytes]:
        edges: dict[int, bytes] = {}
        level, count = 0, size
        while count:
            number, width = divmod(count, WIDTH)
            edges[level] = self._read(tile_path(level, number, width)) if width else b""
            level, count = level + 1, count >> HEIGHT
        return edges

    def _read(self, name: str) -> bytes:
        return read_log_file(self._folder, name)

    @property
    def size(self) -> int:
        """Return how many entries the log has."""
        return self._peaks.size

    def append(self, entries: Sequence[bytes]) -> int:
        """Append entries, all or none; return the index of the first one.

        Args:
            entries: as ``entry.entry_bytes`` makes them, none older than the log's last.

        Raises:
            LogBrokenError: an entry is older than the log's last one, or an earlier append failed.
            OSError: it may or may not have come to its end; the writer must be opened anew.
        """
        with self._lock:
            return self._append(entries, self._signer)

    def hand_over(self, new: NoteSigner, moment: Moment) -> int:
        """Append that another key signs from here on; return the entry's index.

        The checkpoint that follows is signed by both: a crash may leave the caller with either.

        Args:
            new: the key, under the log's name.
            moment: of the entry.

        Raises:
            LogBrokenError, OSError: as for ``append``; the old key may or may not serve still.
        """
        with self._lock:
            fields = handover_fields(self._now(), self._signer, new.key)
            entry = entry_bytes(EntryKind.LOG_KEY, moment, dict(fields))
            index = self._append([entry], self._signer, new)
            self._signer = new
            return index

    def _append(self, entries: Sequence[bytes], *signers: NoteSigner) -> int:
        if not self._sound:
            _broken("上次没有写成", "the last append did not succeed")
        last = self._later(entries)
        first = self.size
        self._sound = False
        self._grow(entries)
        self._sign(*signers)
        self.checkpoint = self._read(CHECKPOINT_NAME)
        self._last = last
        self._forget_partials(first)
        self._sound = True
        return first

    def reopen(self) -> None:
        """Look at the disk anew after a failed append.

        Raises:
            LogBrokenError, OSError: as for a new writer.
        """
        with self._lock:
            self._open()

    def _later(self, entries: Sequence[bytes]) -> Entry | None:
        """Return the last of the entries; refuse one that is older than the one before it."""
        last = self._last
        for entry in map(parse_entry, entries):
            if last is not None and entry.at < last.at:
                zh, en = "本机的时钟比日志还早", "the clock is behind the log's last entry"
                _broken(zh, en, _CLOCK_HINT)
            last = entry
        return last

    def _grow(self, entries: Sequence[bytes]) -> None:
        changed: dict[str, bytes] = {}
        for entry in entries:
            self._tail += packed(entry)
            number, width = divmod(self.size, WIDTH)
            if width:
                changed.pop(bundle_path(number, width), None)
            changed[bundle_path(number, width + 1)] = self._tail
            if width + 1 == WIDTH:
                self._tail = b""
            for level, index, value in self._peaks.add(leaf_hash(entry)):
                if level % HEIGHT == 0:
                    self._grow_tile(level // HEIGHT, index, value, changed)
        for name, data in changed.items():
            self._write(name, data)
        for parent in {(self._folder / name).parent for name in changed}:
            sync_folder(parent)

    def _grow_tile(self, level: int, index: int, value: bytes, changed: dict[str, bytes]) -> None:
        number, width = divmod(index, WIDTH)
        edge = self._edges.get(level, b"") + value
        if width:
            changed.pop(tile_path(level, number, width), None)
        changed[tile_path(level, number, width + 1)] = edge
        self._edges[level] = b"" if width + 1 == WIDTH else edge

    def _write(self, name: str, data: bytes) -> None:
        path = self._folder / name
        self._make_folders(path.parent)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o644)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _make_folders(self, folder: Path) -> None:
        if not folder.is_dir():
            self._make_folders(folder.parent)
            folder.mkdir(exist_ok=True)
            sync_folder(folder.parent)

    def _now(self) -> Checkpoint:
        return Checkpoint(
            origin=self._signer.key.name, size=self._peaks.size, root=self._peaks.root()
        )

    def _sign(self, *signers: NoteSigner) -> None:
        data = self._now().signed(*signers)
        write_file(self._folder / CHECKPOINT_NAME, NewFile(data=data))

    def _forget_partials(self, size_before: int) -> None:
        """Remove the narrower versions of what is full now and durable.

        One that cannot be removed is in nobody's way.
        """
        for level in range(len(self._edges)):
            before, now = size_before >> (HEIGHT * level), self.size >> (HEIGHT * level)
            for number in range(before // WIDTH, now // WIDTH):
                names = [tile_path(level, number, 1)]
                names += [bundle_path(number, 1)] if level == 0 else []
                for name in names:
                    shutil.rmtree((self._folder / name).parent, ignore_errors=True)

    def find(self, fits: Callable[[Entry], bool], most: int = 4096) -> int | None:
        """Return the index of the newest entry that fits, among the last ones.

        Args:
            fits: tells it.
            most: entries to look at.
        """
        with self._lock:
            found = reversed_entries(self.size, self._read)
            for back, entry in zip(range(most), found, strict=False):
                if fits(entry):
                    return self.size - 1 - back
        return None

    def backwards(self) -> Iterator[Entry]:
        """Yield every entry, the newest first; nothing may be appended meanwhile.

        Raises:
            MalformedLogError, OSError: the log is damaged.
        """
        return reversed_entries(self.size, self._read)

    def entry(self, index: int) -> Entry:
        """Return one entry.

        Raises:
            MalformedLogError, OSError: the log is damaged.
        """
        with self._lock:
            return parse_entry(self._entry_bytes(index))

    def _entry_bytes(self, index: int) -> bytes:
        number, within = divmod(index, WIDTH)
        width = min(WIDTH, self.size - number * WIDTH)
        return unpacked(self._read(bundle_path(number, width)), width)[within]

    def prove(self, index: int) -> Proof:
        """Return the proof of an entry under the newest checkpoint.

        Raises:
            MalformedLogError, OSError: the log is damaged.
        """
        with self._lock:
            return self._proof(index, self.size, self.checkpoint)

    def prove_under(self, index: int, old: NoteKey) -> Proof | None:
        """Return the proof of an entry under the last word of a key that handed over.

        Args:
            index: of the entry.
            old: the key.

        Returns:
            None where the key did not hand over after that entry.

        Raises:
            MalformedLogError, OSError: the log is damaged.
        """
        with self._lock:
            full = full_hashes(self.size, self._read)
            entries = reversed_entries(self.size, self._read)
            for at, entry in zip(range(self.size - 1, index, -1), entries, strict=False):
                if entry.kind is EntryKind.LOG_KEY:
                    root = Peaks(at, full).root()
                    before = Checkpoint(origin=old.name, size=at, root=root)
                    word = None
                    with contextlib.suppress(MalformedLogError):  # another key's
                        word = last_word(entry, before, old)[1]
                    if word is not None:
                        return self._proof(index, at, word)
        return None

    def _proof(self, index: int, size: int, checkpoint: bytes) -> Proof:
        hashes = tuple(inclusion_proof(full_hashes(self.size, self._read), index, size))
        entry = self._entry_bytes(index)
        return Proof(entry=entry, index=index, hashes=hashes, checkpoint=checkpoint)


def reversed_entries(size: int, read: Callable[[str], bytes]) -> Iterator[Entry]:
    """Return a log's entries, the newest first.

    Raises:
        MalformedLogError: one is damaged.
    """
    number, width = divmod(size, WIDTH)
    if not width:
        number, width = number - 1, WIDTH
    while number >= 0:
        yield from map(parse_entry, reversed(unpacked(read(bundle_path(number, width)), width)))
        number, width = number - 1, WIDTH


def _broken(zh: str, en: str, hint: Text = _HINT) -> NoReturn:
    message = Text(zh=f"不能写日志：{zh}。", en=f"The log takes no entry: {en}.")
    raise LogBrokenError(message, hint)
