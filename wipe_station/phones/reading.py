"""Parsers that ask for bytes: how the phone protocols are read without owning a cable. Pure.

A ``Reading`` is a generator that yields how many bytes it needs next, gets exactly that many, and
returns its value. Whoever owns a socket reads that many bytes; whoever gets bytes as they come
feeds them to ``Fed``. Where the bytes are cut therefore never matters.
"""

from collections.abc import Generator
from typing import Generic, TypeAlias, TypeVar

Value = TypeVar("Value")
Reading: TypeAlias = Generator[int, bytes, Value]


class Fed(Generic[Value]):
    """A reading that gets bytes as they come."""

    def __init__(self, reading: Reading[Value]) -> None:
        self._reading = reading
        self._kept = bytearray()
        self._wanted = 0
        self.ended = False
        self._value: Value | None = None
        self._step(None)

    @property
    def value(self) -> Value:
        """Return what was read; only once ``ended``."""
        assert self.ended, "not all of it is there yet"
        return self._value  # type: ignore[return-value] # None is a value, too

    @property
    def rest(self) -> bytes:
        """Return what came behind the end, or what is still waiting."""
        return bytes(self._kept)

    def feed(self, data: bytes) -> bool:
        """Take more bytes; return whether the reading has ended.

        Raises:
            MalformedReplyError: what the reading raises.
        """
        self._kept += data
        while not self.ended and len(self._kept) >= self._wanted:
            taken = bytes(self._kept[: self._wanted])
            del self._kept[: self._wanted]
            self._step(taken)
        return self.ended

    def _step(self, taken: bytes | None) -> None:
        try:
            self._wanted = next(self._reading) if taken is None else self._reading.send(taken)
        except StopIteration as end:
            self.ended, self._value = True, end.value
