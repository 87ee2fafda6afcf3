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

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from wipe_station.overwrite.memory import all_zero, same_bytes
from wipe_station.records import FixedPattern, KeyedStream, Pattern

UNIT_BYTES: Final = 1 << 20
KEY_BYTES: Final = 32
_AES_BLOCK_BYTES: Final = 16
_ZEROS: Final = memoryview(bytes(UNIT_BYTES))


class Content(Protocol):
    """What a pass writes, and what a comparison must find; safe to share between threads."""

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

    def holds(self, number: int, read: memoryview, low: int, high: int) -> bool:
        """Tell whether a range that was read from unit ``number`` is what a pass writes there.

        Args:
            number: offset on the device divided by 1 MiB.
            read: writable buffer of the unit, of which ``low`` to ``high`` was read.
            low: first byte of the range, counted from the unit's start.
            high: byte after its last one; a multiple of 16.

        Returns:
            whether all of it is right. If so, what is in the buffer below ``high`` is lost; if
            not, everything is as it was.
        """
        ...


class StreamContent:
    """Units of the keyed stream, generated and checked straight in the caller's buffer."""

    def __init__(self, pattern: KeyedStream) -> None:
        key = pattern.key
        assert len(key) == KEY_BYTES, "the stream's key is 32 bytes"
        assert key[:16] != key[16:], "XTS needs two different halves"
        self._aes = algorithms.AES(key)

    def unit(self, number: int, length: int, scratch: mmap.mmap) -> memoryview:
        """Generate a unit's prefix into ``scratch``; see ``Content``."""
        target = memoryview(scratch)[:length]
        _at_once(self._cipher(number).encryptor(), _ZEROS[:length], target)
        return target

    def holds(self, number: int, read: memoryview, low: int, high: int) -> bool:
        """Decrypt in place and look for what is not zero; see ``Content``.

        The stream is zeros encrypted, and decryption is one to one: zeros come out exactly where
        the stream was read. So nothing is generated, and no second buffer is touched. What lies
        below ``low`` goes the same way, because the tweak counts from the unit's start.
        """
        prefix, cipher = read[:high], self._cipher(number)
        _at_once(cipher.decryptor(), prefix, prefix)
        if all_zero(read[low:high]):
            return True
        _at_once(cipher.encryptor(), prefix, prefix)
        return False

    def _cipher(self, number: int) -> Cipher[modes.XTS]:
        return Cipher(self._aes, modes.XTS(number.to_bytes(_AES_BLOCK_BYTES, "little")))


def _at_once(context: CipherContext, source: memoryview, target: memoryview) -> None:
    """Put a unit's prefix through a cipher by its one call; both views may be the same."""
    made = context.update_into(source, target)
    assert made == len(target), "one update call does the whole prefix"


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

    def holds(self, number: int, read: memoryview, low: int, high: int) -> bool:
        """Compare with the slice that is laid out already; see ``Content``."""
        start = (number % self._units) * UNIT_BYTES
        return same_bytes(read[low:high], self._view[start + low : start + high])


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
