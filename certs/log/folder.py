"""A log's folder, as anybody may have made it. I/O."""

from pathlib import Path
from typing import Final

from certs.errors import MalformedLogError
from certs.formats.fields import shown
from certs.log.note import MOST_BYTES as MOST_NOTE_BYTES
from certs.log.tiles import MOST_ENTRY_BYTES, WIDTH
from certs.reading import UnexpectedFileError, read_regular_file
from certs.text import Text

MOST_BUNDLE_BYTES: Final = WIDTH * (2 + MOST_ENTRY_BYTES)
_HINT: Final = Text(
    zh="请让日志的主人重新给一份完整的。", en="Ask whoever keeps the log for a whole copy."
)


def read_log_file(folder: Path, name: str) -> bytes:
    """Read one file of a log.

    Args:
        folder: of the log.
        name: as ``tiles`` spells it, or ``checkpoint``.

    Raises:
        MalformedLogError: it is missing, no regular file, or larger than any such file can be.
        OSError: the disk failed.
    """
    most = MOST_BUNDLE_BYTES if name.startswith("tile/") else MOST_NOTE_BYTES
    try:
        return read_regular_file(folder / name, most)[0]
    except (FileNotFoundError, NotADirectoryError, UnexpectedFileError) as error:
        said = shown(name)
        raise MalformedLogError(
            Text(
                zh=f"日志里缺少 {said}，或者它不对。", en=f"{said} is missing in the log, or wrong."
            ),
            _HINT,
        ) from error
