"""One entry's proof, as a file of its own: entry, place, hashes beside its way, checkpoint. Pure.

    c2sp.org/tlog-proof@v1
    extra <base64 of the entry itself>
    index <number>
    <base64 of a hash, the entry's neighbour first>
    …
    <empty line>
    <the checkpoint, with its signatures>

The entry stands in it whole, so that nobody has to guess which bytes were hashed.

Source: c2sp.org/tlog-proof.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final, NoReturn

from certs.errors import MalformedLogError
from certs.log.checkpoint import Checkpoint, parse_checkpoint
from certs.log.tree import HASH_BYTES, MOST_HASHES, leaf_hash, root_of_inclusion
from certs.text import Text

MOST_BYTES: Final = 192 << 10
"""An entry of 64 KiB in base64, 63 hashes, and a checkpoint."""
_GAP: Final = b"\n\n"
_FIRST: Final = "c2sp.org/tlog-proof@v1"
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,15})")
_HINT: Final = Text(
    zh="请拿原来的文件再试，或让出具方重新给一份。",
    en="Try the original file again, or ask the issuer for another copy.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That an entry stands in a log."""

    entry: bytes
    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    """A signed note; whose signature is believed is not decided here."""

    def text(self) -> bytes:
        """Return the file."""
        lines = [_FIRST, f"extra {base64.b64encode(self.entry).decode()}", f"index {self.index}"]
        lines += [base64.b64encode(each).decode() for each in self.hashes]
        return "\n".join(lines).encode() + _GAP + self.checkpoint

    def reaches(self, checkpoint: Checkpoint) -> bool:
        """Tell whether the entry's way leads to the root of a checkpoint."""
        leaf = leaf_hash(self.entry)
        return root_of_inclusion(leaf, self.index, checkpoint.size, self.hashes) == checkpoint.root


def parse_proof(data: bytes) -> Proof:
    """Read a proof that anybody may have made.

    Returns:
        the proof, for the entry that it carries; neither the way nor any signature was followed.

    Raises:
        MalformedLogError: it is none, or in another spelling.
    """
    if len(data) > MOST_BYTES:
        _refuse("太大", "too large")
    head, gap, checkpoint = data.partition(_GAP)
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        _refuse("不是 ASCII", "not ASCII", error)
    if not gap or len(lines) < 3 or lines[0] != _FIRST:
        _refuse("读不懂", "it cannot be read")
    index = _INDEX.fullmatch(lines[2])
    if not lines[1].startswith("extra ") or index is None or len(lines) > 3 + MOST_HASHES:
        _refuse("读不懂", "it cannot be read")
    hashes = tuple(_decoded(line) for line in lines[3:])
    if any(len(each) != HASH_BYTES for each in hashes):
        _refuse("哈希的长度不对", "a hash of a wrong length")
    parse_checkpoint(checkpoint)
    entry = _decoded(lines[1].removeprefix("extra "))
    proof = Proof(entry=entry, index=int(index[1]), hashes=hashes, checkpoint=checkpoint)
    if proof.text() != data:
        _refuse("写法不对", "another spelling")
    return proof


def checkpoint_in(data: bytes) -> bytes:
    """Return what stands behind the first empty line of a proof, unread."""
    return data.partition(_GAP)[2]


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        _refuse("base64 损坏", "damaged base64", error)


def _refuse(zh: str, en: str, cause: Exception | None = None) -> NoReturn:
    message = Text(zh=f"日志证明有问题：{zh}。", en=f"Wrong log proof: {en}.")
    raise MalformedLogError(message, _HINT) from cause
