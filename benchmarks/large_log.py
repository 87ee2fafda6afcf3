"""A log of many entries without writing them all: what the tiles of one would hold. I/O.

``python -I -m benchmarks.large_log FOLDER INDEX`` is a process of its own that opens such a log by
its tiles, makes one proof, and tells how long that took and how much memory it had.
"""

import hashlib
import json
import os
import sys
import time
from functools import partial
from pathlib import Path

from certs.log.checkpoint import Checkpoint, parse_checkpoint
from certs.log.folder import read_log_file
from certs.log.proof import Proof, parse_proof
from certs.log.tiles import HEIGHT, WIDTH, bundle_path, full_hashes, packed, tile_path, unpacked
from certs.log.tree import HASH_BYTES, Peaks, inclusion_proof, leaf_hash, node_hash
from certs.tests.log_samples import log_signer, start


def make(folder: Path, size: int, real: int) -> None:
    """Make a log in which one entry is real.

    Args:
        folder: absent.
        size: entries.
        real: index of the one whose bundle is there; the others are random hashes.
    """
    entry = start(1)
    leaves = os.urandom(size * HASH_BYTES)
    leaves = leaves[: real * HASH_BYTES] + leaf_hash(entry) + leaves[(real + 1) * HASH_BYTES :]
    level, below = 0, leaves
    while below:
        whole = WIDTH * HASH_BYTES
        tiles = [below[at : at + whole] for at in range(0, len(below), whole)]
        for number, tile in enumerate(tiles):
            _write(folder / tile_path(level, number, len(tile) // HASH_BYTES), tile)
        full = (tile for tile in tiles if len(tile) == whole)
        level, below = level + 1, b"".join(map(_root, full))
    number, within = divmod(real, WIDTH)
    width = min(WIDTH, size - number * WIDTH)
    others = [packed(b"x")] * width
    _write(
        folder / bundle_path(number, width),
        b"".join([*others[:within], packed(entry), *others[within + 1 :]]),
    )
    root = Peaks(size, full_hashes(size, partial(read_log_file, folder))).root()
    checkpoint = Checkpoint(origin=log_signer().key.name, size=size, root=root)
    _write(folder / "checkpoint", checkpoint.signed(log_signer()))


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _root(tile: bytes) -> bytes:
    hashes = [tile[n : n + HASH_BYTES] for n in range(0, len(tile), HASH_BYTES)]
    for _ in range(HEIGHT):
        pairs = zip(hashes[::2], hashes[1::2], strict=True)
        hashes = [node_hash(left, right) for left, right in pairs]
    return hashes[0]


def prove(folder: Path, index: int) -> Proof:
    """Make a proof from the files of a log."""
    read = partial(read_log_file, folder)
    checkpoint = read("checkpoint")
    size = parse_checkpoint(checkpoint).size
    number, within = divmod(index, WIDTH)
    width = min(WIDTH, size - number * WIDTH)
    entry = unpacked(read(bundle_path(number, width)), width)[within]
    hashes = tuple(inclusion_proof(full_hashes(size, read), index, size))
    return Proof(entry=entry, index=index, hashes=hashes, checkpoint=checkpoint)


def main() -> None:
    """Make one proof; print its time, this process's memory, and its digest."""
    folder, index = Path(sys.argv[1]), int(sys.argv[2])
    began = time.perf_counter()
    proof = prove(folder, index)
    took_s = time.perf_counter() - began
    checkpoint = parse_checkpoint(proof.checkpoint)
    assert parse_proof(proof.text()).reaches(checkpoint), "a proof that proves nothing"
    # Not getrusage: that counts the parent's memory, too, from before the program began.
    status = Path("/proc/self/status").read_text("ascii")
    peak_bytes = int(status.partition("VmHWM:")[2].split()[0]) * 1024
    digest = hashlib.sha256(proof.text()).hexdigest()
    print(json.dumps({"took_s": took_s, "peak_bytes": peak_bytes, "sha256": digest}))


if __name__ == "__main__":
    main()
