"""Find the file to be graded: measures, a statement, or a bundle as folder or zip. I/O."""

import os
import stat
import zipfile
from pathlib import Path
from typing import Final

from grading.errors import GradingError
from grading.text import Text

MAX_BYTES: Final = 1 << 20
DOCUMENTS: Final = (
    "certificate.json",
    "notice.json",
    "phone-certificate.json",
    "phone-notice.json",
    "grade-report.json",
)
_MAX_ENTRIES: Final = 16


def read(path: Path) -> bytes:
    """Return the bytes of what a path means, up to just beyond the limit.

    Args:
        path: a JSON file, or a bundle's folder or ``.zip``.

    Raises:
        GradingError: it cannot be opened, or is no bundle.
    """
    try:
        if path.is_dir():
            return _one([path / name for name in DOCUMENTS if (path / name).exists()], path)
        if path.suffix.lower() == ".zip":
            return _zipped(path)
        return _read(path)
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError) as error:
        raise _cannot_open(path, error) from error


def _one(found: list[Path], folder: Path) -> bytes:
    if len(found) != 1:
        raise _no_bundle(folder)
    return _read(found[0])


def _read(path: Path) -> bytes:
    """Read a regular file without waiting on a pipe."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "not a regular file")
        return file.read(MAX_BYTES + 1)


def _zipped(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        entries = [
            entry
            for entry in archive.infolist()[:_MAX_ENTRIES]
            if entry.filename.rpartition("/")[2] in DOCUMENTS
        ]
        if len(entries) != 1 or entries[0].file_size > MAX_BYTES:
            raise _no_bundle(path)
        with archive.open(entries[0]) as file:
            return file.read(MAX_BYTES + 1)


def _no_bundle(path: Path) -> GradingError:
    name = ascii(str(path))
    return GradingError(
        Text(
            zh=f"{name} 里应该正好有一份 certificate.json、notice.json 或 grade-report.json。",
            en=f"Expected one certificate.json, notice.json or grade-report.json in {name}.",
        ),
        hint=Text(zh="给出完整的文件夹或 zip。", en="Name a whole bundle, folder or zip."),
    )


def _cannot_open(path: Path, error: Exception) -> GradingError:
    name = ascii(str(path))
    reason = getattr(error, "strerror", None) or type(error).__name__
    return GradingError(
        Text(zh=f"文件打不开：{name}（{reason}）。", en=f"Cannot open {name}: {reason}."),
        hint=Text(
            zh="请给出测量记录、证明，或整个文件夹。", en="Name measures, a statement or a bundle."
        ),
    )
