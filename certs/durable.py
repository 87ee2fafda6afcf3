"""Files that are whole or absent after a power cut.

The order of system calls is the whole point:

1. remove what an earlier crash left under the temporary name;
2. `mkdir` or `open` the temporary name, beside the target so that `rename` stays on one file
   system;
3. `write` and `fsync` each file, then `fsync` the temporary folder: content and names are on the
   medium before anybody can see them;
4. `rename` to the target: visible now, all at once;
5. `fsync` the parent: the new name itself survives a power cut.

An `OSError` before step 4 leaves nothing under the target's name; after it, the target is whole
but perhaps not yet durable. The caller repeats the call either way. The temporary name is fixed,
so one writer at a time: the station holds a lock on its state directory.

KNOWN HOLE: where `fsync` of the parent failed once, Linux may report success to the repetition
without having written. The document can be issued again from the journal.
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file to be written.

    Attributes:
        data: its content.
        mode: permission bits, before the umask.
    """

    data: bytes
    mode: int = 0o644


def write_folder(target: Path, files: Mapping[str, NewFile], *, mode: int = 0o755) -> None:
    """Create a folder with its files, durably and all at once.

    Args:
        target: absent, or an empty folder; its parent exists.
        files: content by plain file name.
        mode: permission bits of the folder, before the umask.

    Raises:
        OSError: nothing half-written is visible; the same call may be repeated.
    """
    partial = _partial_name(target)
    _remove_leftovers(partial)
    partial.mkdir(mode)
    for name, file in files.items():
        _write_synced(partial / name, file)
    sync_folder(partial)
    partial.replace(target)
    sync_folder(target.parent)


def write_file(target: Path, file: NewFile, *, partial: Path | None = None) -> None:
    """Create or replace one file, durably and all at once.

    Args:
        target: the file; its parent exists.
        file: content and mode.
        partial: the temporary name, on the same file system; None for one beside the target.

    Raises:
        OSError: the old file, or none, is still there; the same call may be repeated.
    """
    partial = partial or _partial_name(target)
    _remove_leftovers(partial)
    _write_synced(partial, file)
    partial.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable.

    Raises:
        OSError: they may not be.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _partial_name(target: Path) -> Path:
    return target.with_name(f".{target.name}.partial")


def _remove_leftovers(partial: Path) -> None:
    if partial.is_dir() and not partial.is_symlink():
        shutil.rmtree(partial)
    else:
        partial.unlink(missing_ok=True)


def _write_synced(path: Path, file: NewFile) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, file.mode)
    try:
        rest = memoryview(file.data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
