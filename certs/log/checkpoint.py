"""What a log says of itself: its name, how many entries it has, and the root over them. Pure.

Source: c2sp.org/tlog-checkpoint.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from certs.errors import MalformedLogError
from certs.log.note import NoteKey, NoteSigner, Signed, note, opened, sign, split
from certs.log.tree import EMPTY_ROOT, HASH_BYTES
from certs.text import Text

MOST_ENTRIES: Final = (1 << 53) - 1
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,15}")
_LINES: Final = 3
_HINT: Final = Text(
    zh="请拿原来的文件再试，或让日志的主人说明。",
    en="Try the original file again, or ask whoever keeps the log.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A log at one moment."""

    origin: str
    """The log's name, which is also the name of its key."""
    size: int
    root: bytes

    def text(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def signed(self, *signers: NoteSigner) -> bytes:
        """Return it as a note with the signature of each of the log's keys."""
        return note(self.text(), *(sign(self.text(), signer) for signer in signers))


def parse_checkpoint(data: bytes) -> Checkpoint:
    """Read what a checkpoint says, whoever signed it.

    Raises:
        MalformedLogError: it is none.
    """
    return _parsed(split(data)[0])


def open_checkpoint(
    data: bytes, log: NoteKey, witnesses: Sequence[NoteKey] = ()
) -> tuple[Checkpoint, list[Signed]]:
    """Read a checkpoint that a log signed.

    Args:
        data: the note.
        log: the log's key.
        witnesses: those whose word the caller takes.

    Returns:
        the checkpoint, and the cosignatures of known witnesses.

    Raises:
        MalformedLogError: it is none, another log's, or a signature does not fit.
    """
    text, signed = opened(data, [log, *witnesses])
    found = _parsed(text)
    if found.origin != log.name:
        _refuse("是另一份日志的", "it is another log's")
    if not any(each.key == log for each in signed):
        _refuse("日志自己没有签", "the log itself did not sign it")
    return found, [each for each in signed if each.key != log]


def _parsed(text: str) -> Checkpoint:
    lines = text.split("\n")
    # More lines are allowed, and signed; nothing of ours depends on them.
    if len(lines) < _LINES + 1 or not lines[0] or not _SIZE.fullmatch(lines[1]):
        _refuse("读不懂", "it cannot be read")
    try:
        root = base64.b64decode(lines[2], validate=True)
    except (binascii.Error, ValueError) as error:
        _refuse("根哈希损坏", "a damaged root", error)
    if len(root) != HASH_BYTES or base64.b64encode(root).decode() != lines[2]:
        _refuse("根哈希写法不对", "a root in another spelling")
    found = Checkpoint(origin=lines[0], size=int(lines[1]), root=root)
    if found.size > MOST_ENTRIES or (found.size == 0) != (root == EMPTY_ROOT):
        _refuse("条数不对", "a wrong number of entries")
    return found


def _refuse(zh: str, en: str, cause: Exception | None = None) -> NoReturn:
    message = Text(zh=f"日志的检查点有问题：{zh}。", en=f"Wrong checkpoint: {en}.")
    raise MalformedLogError(message, _HINT) from cause
