"""Hashes and proofs: the reference tree, every size to 130, and nothing else accepted."""

import random
from collections.abc import Callable

import pytest

from certs.log.tree import (
    EMPTY_ROOT,
    HASH_BYTES,
    Peaks,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    node_hash,
    root_of_inclusion,
)

SIZES = 130
SEED = 20261125
# The test tree of Certificate Transparency's implementations.
REFERENCE = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
REFERENCE += ["606162636465666768696a6b6c6d6e6f"]
REFERENCE_ROOT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


class Tree:
    """A tree of some size with every full subtree."""

    def __init__(self, entries: list[bytes]) -> None:
        self.leaves = list(map(leaf_hash, entries))
        self.roots = [EMPTY_ROOT]
        self._full: dict[tuple[int, int], bytes] = {}
        peaks = Peaks()
        for leaf in self.leaves:
            for level, index, value in peaks.add(leaf):
                self._full[level, index] = value
            self.roots.append(peaks.root())

    def full(self, level: int, index: int) -> bytes:
        """Return the hash of a full subtree."""
        return self._full[level, index]


@pytest.fixture(scope="module")
def tree() -> Tree:
    """Return a tree that is larger than any size that is tried."""
    return Tree([bytes([number]) for number in range(SIZES)])


def by_definition(leaves: list[bytes]) -> bytes:
    """Return a root as RFC 6962 §2.1 defines it, word by word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY_ROOT
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return node_hash(by_definition(leaves[:middle]), by_definition(leaves[middle:]))


def test_root__reference_tree__as_published() -> None:
    """Eight entries that every implementation knows."""
    assert Tree(list(map(bytes.fromhex, REFERENCE))).roots[-1].hex() == REFERENCE_ROOT


def test_root__every_size__as_defined(tree: Tree) -> None:
    """The peaks lead to the root of the definition, also where they were read anew."""
    for size, root in enumerate(tree.roots):
        assert root == by_definition(tree.leaves[:size])
        assert Peaks(size, tree.full).root() == root


def test_inclusion__every_entry_of_every_size__reaches_its_root_and_no_other(tree: Tree) -> None:
    """A proof is of one entry, one place and one size."""
    for size in range(1, SIZES + 1):
        for index in range(size):
            proof = inclusion_proof(tree.full, index, size)
            leaf = tree.leaves[index]
            assert root_of_inclusion(leaf, index, size, proof) == tree.roots[size]
            elsewhere = (index + 1) % size
            moved = root_of_inclusion(leaf, elsewhere, size, proof)
            assert moved != tree.roots[size] or size == 1
            assert root_of_inclusion(leaf, index, size, [*proof, leaf]) is None
            assert root_of_inclusion(leaf, index, size, proof[:-1]) is None or not proof
    assert root_of_inclusion(tree.leaves[0], 0, 0, []) is None
    assert root_of_inclusion(tree.leaves[0], -1, 1, []) is None
    assert root_of_inclusion(tree.leaves[0], 1, 1, []) is None


def test_consistency__every_pair_of_sizes__shown(tree: Tree) -> None:
    """An older tree is how a newer one begins, also where one of them is empty or they are one."""
    for size in range(1, SIZES + 1):
        for old in range(1, size + 1):
            proof = consistency_proof(tree.full, old, size)
            assert is_consistent(old, tree.roots[old], size, tree.roots[size], proof)
    assert is_consistent(0, EMPTY_ROOT, 5, tree.roots[5], [])
    assert not is_consistent(0, tree.roots[1], 5, tree.roots[5], [])
    assert not is_consistent(5, tree.roots[5], 4, tree.roots[4], [])
    assert not is_consistent(3, tree.roots[3], 4, tree.roots[4], [])


CHANGES: dict[str, Callable[[list[bytes], random.Random], list[bytes]]] = {
    "one bit": lambda proof, chooser: [
        bytes([each[0] ^ (1 << chooser.randrange(8)), *each[1:]]) if at == 0 else each
        for at, each in enumerate(proof)
    ],
    "one less": lambda proof, _: proof[:-1],
    "one more": lambda proof, chooser: [*proof, chooser.randbytes(HASH_BYTES)],
    "two exchanged": lambda proof, _: [*reversed(proof)],
}


@pytest.mark.parametrize("change", CHANGES)
def test_consistency__changed_proofs_and_roots__refused(tree: Tree, change: str) -> None:
    """Nothing but the one proof shows it."""
    print("seed", SEED)  # noqa: T201  shown when the test fails
    chooser = random.Random(SEED)
    for _ in range(300):
        size = chooser.randrange(2, SIZES + 1)
        old = chooser.randrange(1, size)
        proof = consistency_proof(tree.full, old, size)
        changed = CHANGES[change](proof, chooser)
        if changed != proof:
            assert not is_consistent(old, tree.roots[old], size, tree.roots[size], changed)
        assert not is_consistent(old, tree.roots[old - 1], size, tree.roots[size], proof)
        assert not is_consistent(old, tree.roots[old], size, tree.roots[size - 1], proof)
