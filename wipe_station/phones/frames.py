"""Frames of Apple's protocols: a header that says how long the rest is. Pure.

A splitter takes bytes as they come and gives whole frames; it says how many bytes the next frame
still needs, so that whoever reads never reads beyond it (what follows may be encrypted).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from wipe_station.errors import MalformedReplyError
from wipe_station.phones.plist import MOST_BYTES

PLIST_HEADER_BYTES: Final = 4
MUX_HEADER_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message as it came."""

    header: bytes
    body: bytes


class Splitter:
    """Cuts a stream into frames.

    Args:
        header_bytes: length of each header.
        body_bytes: says how long the body behind a header is; raises MalformedReplyError.
    """

    def __init__(self, header_bytes: int, body_bytes: Callable[[bytes], int]) -> None:
        self._header_bytes = header_bytes
        self._body_bytes = body_bytes
        self._held = bytearray()

    @property
    def wanted_bytes(self) -> int:
        """Return how many bytes complete what was begun: a header, then the rest of its frame."""
        if len(self._held) < self._header_bytes:
            return self._header_bytes - len(self._held)
        return self._whole_bytes() - len(self._held)

    def feed(self, data: bytes) -> list[Frame]:
        """Take bytes, return the frames that are whole now.

        Raises:
            MalformedReplyError: a header announces what no frame has; nothing can follow.
        """
        self._held += data
        frames = []
        while len(self._held) >= self._header_bytes and (
            len(self._held) >= (whole := self._whole_bytes())
        ):
            frame = bytes(self._held[:whole])
            del self._held[:whole]
            frames.append(
                Frame(header=frame[: self._header_bytes], body=frame[self._header_bytes :])
            )
        return frames

    def rest(self) -> bytes:
        """Return and forget what no whole frame was made of yet."""
        rest = bytes(self._held)
        self._held.clear()
        return rest

    def _whole_bytes(self) -> int:
        header = bytes(self._held[: self._header_bytes])
        return self._header_bytes + self._body_bytes(header)


def plist_splitter(what: str) -> Splitter:
    """Return a splitter for lockdownd and its services: four bytes of length, big-endian."""

    def body_bytes(header: bytes) -> int:
        length = int.from_bytes(header, "big")
        if not 0 < length <= MOST_BYTES:
            raise MalformedReplyError(what, offset=0, field="length")
        return length

    return Splitter(PLIST_HEADER_BYTES, body_bytes)


def plist_frame(body: bytes) -> bytes:
    """Return a property list with its length before it."""
    return len(body).to_bytes(PLIST_HEADER_BYTES, "big") + body
