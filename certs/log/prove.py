"""Makes a later proof of an entry out of a log's folder, under witnesses' signatures. I/O.

1. Read the checkpoints that witnesses signed (``witnessed/``), and the log's newest.
2. Take the largest that any witness signed, with the signatures of all who signed that one; where
   none is large enough, the log's newest.
3. Read the way from the tiles; it must lead to that root, or the folder is not what was witnessed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

from certs.errors import MalformedLogError
from certs.log.audit import CHECKPOINT
from certs.log.checkpoint import parse_checkpoint
from certs.log.cosign import FOLDER as WITNESSED
from certs.log.folder import read_log_file
from certs.log.note import split
from certs.log.proof import Proof
from certs.log.tiles import WIDTH, bundle_path, full_hashes, unpacked
from certs.log.tree import inclusion_proof
from certs.text import Text

MOST_WITNESSES: Final = 64
_HINT: Final = Text(
    zh="换一份完整的、比证明新的日志。", en="Use a whole copy of the log that is newer than it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """A proof, and whether any witness signed its checkpoint."""

    proof: Proof
    witnessed: bool


def later_proof(folder: Path, entry: bytes, index: int) -> Later:
    """Prove an entry anew.

    Args:
        folder: of the log.
        entry: its bytes.
        index: its place.

    Raises:
        MalformedLogError: the log is damaged, does not have it, or is not the one that was
            witnessed.
        OSError: it cannot be read.
    """
    read = partial(read_log_file, folder)
    newest = read(CHECKPOINT)
    now = parse_checkpoint(newest)
    chosen = _witnessed(folder, index, now.size)
    checkpoint = newest if chosen is None else chosen
    at = parse_checkpoint(checkpoint)
    if index >= at.size or at.origin != now.origin:
        _refuse("日志里没有这一条", "the log does not reach that entry")
    number, within = divmod(index, WIDTH)
    width = min(WIDTH, now.size - number * WIDTH)
    if unpacked(read(bundle_path(number, width)), width)[within] != entry:
        _refuse("日志的这一条说的是别的", "that entry of the log is another one")
    hashes = tuple(inclusion_proof(full_hashes(now.size, read), index, at.size))
    proof = Proof(entry=entry, index=index, hashes=hashes, checkpoint=checkpoint)
    if not proof.reaches(at):
        _refuse("日志和检查点不符", "the log does not lead to its checkpoint")
    return Later(proof=proof, witnessed=chosen is not None)


def _witnessed(folder: Path, index: int, size: int) -> bytes | None:
    """Return the largest checkpoint of a witness that has an entry, signed by all who signed it."""
    found = [data for data in _kept(folder) if index < parse_checkpoint(data).size <= size]
    if not found:
        return None
    largest = max(found, key=lambda data: parse_checkpoint(data).size)
    text, _ = split(largest)
    lines = [line for data in found if split(data)[0] == text for line in split(data)[1]]
    return "\n".join([text, *dict.fromkeys(lines), ""]).encode()


def _kept(folder: Path) -> Iterator[bytes]:
    place = folder / WITNESSED
    if not place.is_dir():
        return
    for path in sorted(place.iterdir())[:MOST_WITNESSES]:
        if path.suffix == ".checkpoint":
            yield read_log_file(folder, f"{WITNESSED}/{path.name}")


def _refuse(zh: str, en: str) -> NoReturn:
    raise MalformedLogError(Text(zh=f"证明不了：{zh}。", en=f"It cannot be proven: {en}."), _HINT)
