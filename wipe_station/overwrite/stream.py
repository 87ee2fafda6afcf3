"""Position-bound content: what byte must stand at which offset. Pure.

Stream ``xts128-1mib-v1``: AES-128-XTS over zeros. The device is cut into units of 1 MiB; the
tweak is the unit's number as a 128-bit little-endian integer; each unit comes from exactly one
``update`` call from its start, because a second call on the same object would restart the tweak
and repeat bytes. The unit belongs to the format: it depends on neither I/O size nor sector size,
and any range of the device is a slice of its units.
"""

import mmap
from math import gcd
from typing import Final, Protocol

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from wipe_station.records import FixedPattern, KeyedStream, Pattern

UNIT_BYTES: Final = 1 << 20
KEY_BYTES: Final = 32
_AES_BLOCK_BYTES: Final = 16
_ZEROS: Final = memoryview(bytes(UNIT_BYTES))


class Content(Protocol):
    """Where a pass gets its bytes from; safe to share between threads."""

    def unit(self, number: int, length: int, scratch: mmap.mmap) -> memoryview:
        """Return the first ``length`` bytes of unit ``number``.

        Args:
            number: offset on the device divided by 1 MiB.
            length: bytes wanted, a multiple of 16, at most 1 MiB.
            scratch: at least 1 MiB of the calling thread, page-aligned; may be used or not.

        Returns:
            a page-aligned view, valid until the thread's next call.
        """
        ...


class StreamContent:
    """Units of the keyed stream, generated straight into the caller's buffer."""

    def __init__(self, pattern: KeyedStream) -> None:
        key = pattern.key
        assert len(key) == KEY_BYTES, "the stream's key is 32 bytes"
        assert key[:16] != key[16:], "XTS needs two different halves"
        self._aes = algorithms.AES(key)

    def unit(self, number: int, length: int, scratch: mmap.mmap) -> memoryview:
        """Generate a unit's prefix into ``scratch``; see ``Content``."""
        tweak = number.to_bytes(_AES_BLOCK_BYTES, "little")
        target = memoryview(scratch)[:length]
        made = Cipher(self._aes, modes.XTS(tweak)).encryptor().update_into(_ZEROS[:length], target)
        assert made == length, "one update call makes the whole unit"
        return target


class FixedContent:
    """A repeated pattern, laid out once: no work per unit and none per byte.

    One buffer holds enough whole units for the pattern to come out even, so that each unit is a
    page-aligned slice and three-byte patterns keep their phase over the whole device.
    """

    def __init__(self, pattern: FixedPattern) -> None:
        repeat = pattern.repeat
        assert repeat, "a pattern has at least one byte"
        self._units = len(repeat) // gcd(len(repeat), UNIT_BYTES)
        size = self._units * UNIT_BYTES
        buffer = mmap.mmap(-1, size)
        buffer[:] = repeat * (size // len(repeat))
        self._view = memoryview(buffer)

    def unit(self, number: int, length: int, scratch: mmap.mmap) -> memoryview:  # noqa: ARG002 - one signature for both kinds of content
        """Return the slice that this unit shares with every ``_units``-th other."""
        start = (number % self._units) * UNIT_BYTES
        return self._view[start : start + length]


def content_of(pattern: Pattern) -> Content:
    """Return the content that a pattern stands for."""
    if isinstance(pattern, KeyedStream):
        return StreamContent(pattern)
    return FixedContent(pattern)


def expected_bytes(pattern: Pattern, start: int, length: int) -> bytes:
    """Return any range of a pattern; for checks and tools, not for speed.

    Args:
        pattern: fixed or keyed.
        start: byte offset on the device, any alignment.
        length: bytes wanted, any number.

    Returns:
        ``length`` bytes, exactly what a pass writes at ``start``.
    """
    content = content_of(pattern)
    scratch = mmap.mmap(-1, UNIT_BYTES)
    parts: list[bytes] = []
    position, end = start, start + length
    while position < end:
        number, within = divmod(position, UNIT_BYTES)
        take = min(UNIT_BYTES - within, end - position)
        parts.append(bytes(content.unit(number, UNIT_BYTES, scratch)[within : within + take]))
        position += take
    return b"".join(parts)
