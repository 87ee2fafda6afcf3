"""Other code that reads a medium: is it exactly the stream under this key?

Nothing of the station is in here: the cipher is Debian's libcrypto through its EVP interface, the
reading is plain buffered reading of the medium's file. So a fault that the writer and the verifier
of the station share does not hide from it.

``python -m hw_tests.independent_stream FILE KEY_HEX`` exits with 0 if the file is the stream.
"""

import argparse
import ctypes
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

UNIT_BYTES = 1 << 20
_OK = 1

_libcrypto = ctypes.CDLL("libcrypto.so.3")
_libcrypto.EVP_CIPHER_CTX_new.restype = ctypes.c_void_p
_libcrypto.EVP_CIPHER_CTX_free.argtypes = (ctypes.c_void_p,)
_libcrypto.EVP_aes_128_xts.restype = ctypes.c_void_p
_libcrypto.EVP_EncryptInit_ex.argtypes = (
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_char_p,
    ctypes.c_char_p,
)
_libcrypto.EVP_EncryptUpdate.argtypes = (
    ctypes.c_void_p,
    ctypes.c_char_p,
    ctypes.POINTER(ctypes.c_int),
    ctypes.c_char_p,
    ctypes.c_int,
)


def _must(result: int, call: str) -> None:
    if result != _OK:
        raise RuntimeError(f"libcrypto: {call} failed")


def unit_bytes(key: bytes, number: int, length: int = UNIT_BYTES) -> bytes:
    """Return the first ``length`` bytes of a unit.

    Args:
        key: 32 bytes, data half then tweak half.
        number: offset on the medium divided by 1 MiB.
        length: any number from 16 up to 1 MiB; libcrypto is given whole blocks.

    Raises:
        RuntimeError: libcrypto refused, for example because the halves are equal.
    """
    whole = -(-length // 16) * 16
    made = ctypes.create_string_buffer(whole)
    count = ctypes.c_int()
    context = _libcrypto.EVP_CIPHER_CTX_new()
    try:
        cipher, tweak = _libcrypto.EVP_aes_128_xts(), number.to_bytes(16, "little")
        _must(_libcrypto.EVP_EncryptInit_ex(context, cipher, None, key, tweak), "init")
        done = _libcrypto.EVP_EncryptUpdate(context, made, count, bytes(whole), whole)
        _must(done, "update")
    finally:
        _libcrypto.EVP_CIPHER_CTX_free(context)
    assert count.value == whole, "libcrypto made the whole unit at once"
    return made.raw[:length]


def _units(medium: Path) -> Iterator[tuple[int, bytes]]:
    with medium.open("rb") as file:
        number = 0
        while read := file.read(UNIT_BYTES):
            yield number, read
            number += 1


def first_difference(medium: Path, key: bytes) -> int | None:
    """Return the offset of the first byte that is not the stream's; None if there is none."""
    for number, read in _units(medium):
        expected = unit_bytes(key, number, len(read))
        if read != expected:
            within = next(i for i in range(len(read)) if read[i] != expected[i])
            return number * UNIT_BYTES + within
    return None


def sampled_ranges(sample: dict[str, Any], size_bytes: int) -> list[tuple[int, int]]:
    """Return the places that a document's sample was read at, from its seed alone.

    Args:
        sample: ``verification.sample`` of a statement.
        size_bytes: of the medium.
    """
    units, strata, unit = sample["units"], sample["strata"], sample["unit_bytes"]
    chosen = {0, units - 1}
    for stratum in range(strata):
        first, after = stratum * units // strata, (stratum + 1) * units // strata
        digest = hashlib.sha256(bytes.fromhex(sample["seed_hex"]) + stratum.to_bytes(8, "big"))
        chosen.add(first + int(digest.hexdigest(), 16) % (after - first))
    return [(each * unit, min((each + 1) * unit, size_bytes)) for each in sorted(chosen)]


def main() -> int:
    """Compare a file with the stream; return 1 if they differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("medium", type=Path)
    parser.add_argument("key_hex", type=bytes.fromhex)
    given = parser.parse_args()
    assert len(given.key_hex) == 32, "the key is 32 bytes"
    differs = first_difference(given.medium, given.key_hex)
    size = given.medium.stat().st_size
    print(f"{size} bytes, all of the stream" if differs is None else f"differs at byte {differs}")
    return int(differs is not None)


if __name__ == "__main__":
    sys.exit(main())
