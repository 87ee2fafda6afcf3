"""Which program this is, as documents and journals name it. I/O."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

_SOURCES: Final = ("*.py", "*.toml")


def software() -> dict[str, str]:
    """Return name, version and a digest over the station's own source files."""
    return {
        "name": "wipe-station",
        "version": version("wipe-station"),
        "source_sha256": _source_sha256(),
    }


@cache  # what runs is what was there at the start; and it takes a while
def _source_sha256() -> str:
    folder = Path(__file__).parent
    digest = hashlib.sha256()
    for file in sorted(file for kind in _SOURCES for file in folder.rglob(kind)):
        if "tests" not in file.parts:
            digest.update(file.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
