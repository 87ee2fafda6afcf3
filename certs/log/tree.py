"""Hashes of a Merkle tree over entries, and the two proofs about it. Pure.

A subtree is *full* when it covers 2^level entries from a multiple of that on; its hash never
changes again. Everything else about a tree of any size follows from its full subtrees, of which a
log of n entries has at most log2(n) that are not part of a larger one: its *peaks*.

Source: RFC 6962 §2.1; RFC 9162 §2.1.3 and §2.1.4 (the same hashes, better words).
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
MOST_HASHES = 63
"""No proof about a tree of less than 2^63 entries has more."""

FullHash = Callable[[int, int], bytes]
"""``(level, index)`` to the hash of a full subtree: entries ``index << level`` and 2^level on."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one entry."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a subtree with two children."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Peaks:
    """The peaks of a growing tree: all that is needed to add entries and to know the root."""

    def __init__(self, size: int = 0, full: FullHash | None = None) -> None:
        """Begin with an empty tree, or with one whose full subtrees are known.

        Args:
            size: number of entries.
            full: gives the hashes; needed where size is not 0.
        """
        self.size = size
        self._hashes = [full(level, index) for level, index in peaks_of(size)] if full else []

    def add(self, leaf: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Add the hash of an entry; yield each full subtree that it completes, itself first."""
        level, index, current = 0, self.size, leaf
        yield level, index, current
        while index & 1:
            level, index, current = level + 1, index >> 1, node_hash(self._hashes.pop(), current)
            yield level, index, current
        self._hashes.append(current)
        self.size += 1

    def root(self) -> bytes:
        """Return the root's hash."""
        return _joined(self._hashes)


def peaks_of(size: int) -> list[tuple[int, int]]:
    """Return level and index of each peak of a tree, the largest first."""
    return _full_parts(0, size)


def _full_parts(start: int, end: int) -> list[tuple[int, int]]:
    """Cut a range that begins at a multiple of a power of two not below its length."""
    parts = []
    while start < end:
        level = (end - start).bit_length() - 1
        parts.append((level, start >> level))
        start += 1 << level
    return parts


def _joined(hashes: Sequence[bytes]) -> bytes:
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def _range_hash(full: FullHash, start: int, end: int) -> bytes:
    return _joined([full(level, index) for level, index in _full_parts(start, end)])


def _split(size: int) -> int:
    """Return the largest power of two below a size of at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_proof(full: FullHash, index: int, size: int) -> list[bytes]:
    """Return the hashes beside an entry's way to the root, the entry's neighbour first.

    Args:
        full: the hashes of full subtrees.
        index: of the entry, from 0.
        size: of the tree, above the index.
    """
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_range_hash(full, middle, end))
            end = middle
        else:
            proof.append(_range_hash(full, start, middle))
            start = middle
    return proof[::-1]


def root_of_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """Return the root that a proof leads to, or None where no such proof can be.

    Source: RFC 9162 §2.1.3.2.
    """
    if not 0 <= index < size:
        return None
    at, last, current = index, size - 1, leaf
    for beside in proof:
        if last == 0:
            return None
        if at & 1 or at == last:
            current = node_hash(beside, current)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            current = node_hash(current, beside)
        at, last = at >> 1, last >> 1
    return current if last == 0 else None


def consistency_proof(full: FullHash, old_size: int, size: int) -> list[bytes]:
    """Return the hashes that show that a tree begins with all of an older one.

    Args:
        full: the hashes of full subtrees.
        old_size: of the older tree, from 1 to size.
        size: of the newer one.

    Source: RFC 9162 §2.1.4.1.
    """
    proof: list[bytes] = []
    start, end, whole = 0, size, True
    while old_size != end:
        middle = start + _split(end - start)
        if old_size <= middle:
            proof.append(_range_hash(full, middle, end))
            end = middle
        else:
            proof.append(_range_hash(full, start, middle))
            start, whole = middle, False
    if not whole:
        proof.append(_range_hash(full, start, end))
    return proof[::-1]


def is_consistent(
    old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Tell whether a proof shows that the older tree is how the newer one begins.

    Source: RFC 9162 §2.1.4.2.
    """
    if not 0 <= old_size <= size or (old_size in (0, size) and proof):
        return False
    if old_size in (0, size):
        return old_root == (EMPTY_ROOT if old_size == 0 else root)
    hashes = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    at, last = old_size - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    if not hashes:
        return False
    old = new = hashes[0]
    for beside in hashes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(beside, old), node_hash(beside, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, beside)
        at, last = at >> 1, last >> 1
    return last == 0 and (old, new) == (old_root, root)
