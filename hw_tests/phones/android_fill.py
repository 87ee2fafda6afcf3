"""The storage of a simulated Android phone, as its shell sees it while somebody fills it. Pure.

What is written there is kept as size and digest alone, so that hundreds of gigabytes cost nothing.
The texts are those of toybox, as far as they are generally known.
"""

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from wipe_station.phones import overwrite
from wipe_station.phones.adb_shell import ShellEnd

NOT_FOUND: Final = 127
MIB: Final = 1 << 20
_ALWAYS_WELL: Final = ("sync", overwrite.CLEAR)
"""Also where there is nothing to do."""
_DD: Final = re.compile(r"dd if=/dev/urandom of=(/sdcard/\S+) bs=1M count=([0-9]{1,5})")


class Fill(Enum):
    """What a phone does instead of filling its storage."""

    WRITES_NOTHING = "says-that-it-has-written-and-has-not"
    """Files of the right size that hold nothing."""
    FORGETS = "reads-something-else-the-second-time"
    FORGETS_ONE = "reads-one-file-differently-the-second-time"
    FULL_EARLY = "says-that-it-is-full-and-is-not"
    NO_WRITER = "knows-no-dd"
    NO_DIGESTS = "knows-no-sha256sum"
    NO_SPACE_TOLD = "knows-no-df"
    DENIES = "lets-nobody-make-a-folder"
    BABBLES = "answers-with-what-nobody-understands"


@dataclass(kw_only=True)
class Storage:
    """What lies on it beside its person's files."""

    capacity_bytes: int = 2000 * MIB
    lie: Fill | None = None
    folders: set[str] = field(default_factory=set)
    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    reads: dict[str, int] = field(default_factory=dict)
    """How often each was read."""
    written: Callable[[], None] = lambda: None
    """Told after each file."""

    def free_bytes(self, others_bytes: int) -> int:
        """Return what is free beside its person's files."""
        mine = sum(size for size, _ in self.files.values())
        return max(self.capacity_bytes - mine - others_bytes, 0)

    def answer(self, command: str, others_bytes: int) -> ShellEnd | None:
        """Return how a command ends, and do it; None for one that is not about storage."""
        end = self._answer(command, others_bytes)
        babbles = self.lie is Fill.BABBLES and end is not None and end.output
        return ShellEnd(code=0, output=bytes(range(256))) if babbles else end

    def _answer(self, command: str, others_bytes: int) -> ShellEnd | None:
        program, _, path = command.rpartition(" ")
        free = self.free_bytes(others_bytes)
        end = ShellEnd(code=0) if command in _ALWAYS_WELL else None
        if (asked := _DD.fullmatch(command)) is not None:
            end = self._write(asked[1], int(asked[2]) * MIB, free)
        match program:
            case "df -k":
                end = self._df(free)
            case "mkdir":
                end = self._mkdir(path)
            case "rm -rf" | "rm -f" if path in {*self.files, *self.folders}:
                end = self._forget(path)
            case "stat -c %s":
                end = self._told(path, lambda size, _: f"{size}\n")
            case "sha256sum":
                end = self._sum(path)
        return end

    def _forget(self, path: str) -> ShellEnd:
        self.folders.discard(path)
        kept = {k: v for k, v in self.files.items() if k != path and not k.startswith(f"{path}/")}
        self.files = kept
        return ShellEnd(code=0)

    def _mkdir(self, path: str) -> ShellEnd:
        if self.lie is Fill.DENIES or path in self.folders:
            return ShellEnd(code=1, errors=f"mkdir: '{path}': Permission denied\n".encode())
        self.folders.add(path)
        return ShellEnd(code=0)

    def _write(self, path: str, size: int, free: int) -> ShellEnd:
        if self.lie is Fill.NO_WRITER:
            return _unknown("dd")
        if path.rpartition("/")[0] not in self.folders:
            return ShellEnd(code=1, errors=f"dd: {path}: No such file or directory\n".encode())
        if self.lie is Fill.FULL_EARLY:
            free = min(free, self.capacity_bytes // 3 - (self.capacity_bytes - free))
        fits = min(size, max(free, 0))
        drawn = hashlib.sha256(bytes(8)).hexdigest()
        if self.lie is not Fill.WRITES_NOTHING:
            drawn = secrets.token_hex(32)
        self.files[path] = (fits, drawn)
        self.written()
        errors = f"{fits // MIB}+0 records in\n{fits // MIB}+0 records out\n{fits} bytes copied\n"
        if fits < size:
            errors = f"dd: {path}: No space left on device\n"
        return ShellEnd(code=int(fits < size), errors=errors.encode())

    def _df(self, free: int) -> ShellEnd:
        if self.lie is Fill.NO_SPACE_TOLD:
            return _unknown("df")
        whole, free = self.capacity_bytes // 1024, free // 1024
        used = whole - free
        numbers = f"{whole:9} {used:9} {free:9} {used * 100 // whole:3}%"
        head = "Filesystem     1K-blocks      Used Available Use% Mounted on\n"
        text = f"{head}/dev/fuse      {numbers} /storage/emulated\n"
        return ShellEnd(code=0, output=text.encode())

    def _sum(self, path: str) -> ShellEnd:
        if self.lie is Fill.NO_DIGESTS:
            return _unknown("sha256sum")
        again = self.reads.get(path, 0)
        self.reads[path] = again + 1
        forgets = self.lie is Fill.FORGETS or (
            self.lie is Fill.FORGETS_ONE and path == min(self.files)
        )
        if forgets and again:
            return self._told(path, lambda *_: f"{secrets.token_hex(32)}  {path}\n")
        return self._told(path, lambda _, digest: f"{digest}  {path}\n")

    def _told(self, path: str, text: Callable[[int, str], str]) -> ShellEnd:
        found = self.files.get(path)
        if found is None:
            return ShellEnd(code=1, errors=f"{path}: No such file or directory\n".encode())
        return ShellEnd(code=0, output=text(*found).encode())


def _unknown(program: str) -> ShellEnd:
    errors = f"/system/bin/sh: {program}: inaccessible or not found\n"
    return ShellEnd(code=NOT_FOUND, errors=errors.encode())
