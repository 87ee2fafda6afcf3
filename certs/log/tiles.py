"""Which file of a log holds which hash, and which entry. Pure.

A tile holds 256 hashes of one level, and levels come in eights: tile level L holds the hashes of
full subtrees of 2^(8L) entries; those between are computed from it. Entries lie in bundles of 256.
The last of a level may be partial: ``<path>.p/<width>``.

Source: c2sp.org/tlog-tiles.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, NoReturn

from certs.errors import MalformedLogError
from certs.log.tree import HASH_BYTES, FullHash, node_hash
from certs.text import Text

WIDTH: Final = 256
"""Hashes of a full tile, and entries of a full bundle."""
HEIGHT: Final = 8
"""Levels of the tree from one level of tiles to the next."""
MOST_ENTRY_BYTES: Final = (1 << 16) - 1
_LENGTH_BYTES: Final = 2
_HINT: Final = Text(
    zh="请让日志的主人重新给一份完整的。", en="Ask whoever keeps the log for a whole copy."
)


def tile_path(level: int, number: int, width: int) -> str:
    """Return a tile's file name below the log's folder.

    Args:
        level: of tiles.
        number: from 0.
        width: hashes in it; 256 where it is full.
    """
    return f"tile/{level}/{_spelled(number)}{_partial(width)}"


def bundle_path(number: int, width: int) -> str:
    """Return the file name of a bundle of entries."""
    return f"tile/entries/{_spelled(number)}{_partial(width)}"


def _partial(width: int) -> str:
    return "" if width == WIDTH else f".p/{width}"


def _spelled(number: int) -> str:
    parts = [f"{number % 1000:03}"]
    while number := number // 1000:
        parts.append(f"x{number % 1000:03}")
    return "/".join(reversed(parts))


def width_of(level: int, number: int, size: int) -> int:
    """Return how many hashes a tile has in a log of a size; 0 where there is no such tile."""
    return max(0, min((size >> (HEIGHT * level)) - number * WIDTH, WIDTH))


def full_hashes(size: int, read: Callable[[str], bytes]) -> FullHash:
    """Return what finds the hash of a full subtree in a log's tiles.

    Args:
        size: of the log; its tiles are read in the widths that they have at that size.
        read: returns a file by its name.

    Returns:
        a function that raises MalformedLogError where a tile has another length.
    """

    @lru_cache(maxsize=64)
    def tile(level: int, number: int) -> bytes:
        width = width_of(level, number, size)
        data = read(tile_path(level, number, width))
        if len(data) != width * HASH_BYTES:
            _refuse("一块哈希的长度不对", "a tile of a wrong length")
        return data

    def full(level: int, index: int) -> bytes:
        above, within = divmod(level, HEIGHT)
        first = index << within
        number, start = divmod(first, WIDTH)
        data = tile(above, number)
        hashes = [
            data[at * HASH_BYTES : (at + 1) * HASH_BYTES]
            for at in range(start, start + (1 << within))
        ]
        while len(hashes) > 1:
            pairs = zip(hashes[::2], hashes[1::2], strict=True)
            hashes = [node_hash(left, right) for left, right in pairs]
        return hashes[0]

    return full


def packed(entry: bytes) -> bytes:
    """Return an entry as it lies in its bundle."""
    assert 0 < len(entry) <= MOST_ENTRY_BYTES, "an entry has its limits"
    return len(entry).to_bytes(_LENGTH_BYTES, "big") + entry


def unpacked(data: bytes, count: int) -> list[bytes]:
    """Return the entries of a bundle.

    Args:
        data: the file.
        count: how many there must be.

    Raises:
        MalformedLogError: there are not so many, or something is left over.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(data) and len(entries) < count:
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(data[at:start], "big")
        entries.append(data[start:at])
    if at != len(data) or len(entries) != count:
        _refuse("一包条目的长度不对", "a bundle of entries of a wrong length")
    return entries


def _refuse(zh: str, en: str) -> NoReturn:
    raise MalformedLogError(Text(zh=f"日志文件损坏：{zh}。", en=f"Damaged log: {en}."), _HINT)
