"""Many connections in one byte stream, at either end of it. I/O.

A frame is the number of a connection, a length, and so many bytes; none say that this side has
ended it. Numbers count up: one that is higher than all before begins a connection, and what is
about an earlier one that is over comes too late and is dropped. Whoever does not read what is
meant for him holds up all others: good enough for a browser and a page.
"""

import contextlib
import os
import socket
import struct
from collections.abc import Callable
from threading import Lock, Thread
from typing import Final

LOOPBACK: Final = "127.0.0.1"
_HEAD: Final = struct.Struct("<II")
_PIECE_BYTES: Final = 1 << 15


class Frames:
    """One end."""

    def __init__(self, descriptor: int) -> None:
        """Take an open stream; whoever opened it closes it, once ``serve`` has ended."""
        self._descriptor = descriptor
        self._lock = Lock()
        self._over = False
        self._lines: dict[int, socket.socket] = {}
        self._highest = 0

    def carry(self, line: socket.socket) -> None:
        """Carry a connection of this side's, from the first word on that is said on it."""
        Thread(target=self._begin, args=(line,), daemon=True).start()

    def serve(self, begun: Callable[[], socket.socket] | None = None) -> None:
        """Hand out what comes, until the stream ends; from then on nothing is written to it.

        Args:
            begun: makes the connection that the other end has begun; None: it begins none.
        """
        with contextlib.suppress(EOFError, OSError):
            while True:
                number, length = _HEAD.unpack(self._read(_HEAD.size))
                data = self._read(length)
                if begun is not None and number > self._highest:
                    self._begun(number, begun)
                self._hand(number, data)
        with self._lock:  # what is written later would go to whatever has this descriptor then
            self._over = True
        for number in list(self._lines):
            self._end(number)

    def _begin(self, line: socket.socket) -> None:
        with line, contextlib.suppress(OSError):
            if not (data := line.recv(_PIECE_BYTES)):
                return
            with self._lock:  # numbers count up in the stream
                self._highest = number = self._highest + 1
                self._lines[number] = line
                self._write(number, data)
            self._pump(number, line)

    def _begun(self, number: int, begun: Callable[[], socket.socket]) -> None:
        self._highest = number
        try:
            line = self._lines[number] = begun()
        except OSError:  # nobody listens there
            self._send(number, b"")
        else:
            Thread(target=self._pump, args=(number, line), daemon=True).start()

    def _hand(self, number: int, data: bytes) -> None:
        line = self._lines.get(number)
        if not data:
            self._end(number)
        elif line is not None:
            with contextlib.suppress(OSError):
                line.sendall(data)

    def _end(self, number: int) -> None:
        """Close a connection; the one who reads from it does the rest."""
        line = self._lines.pop(number, None)
        if line is not None:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _pump(self, number: int, line: socket.socket) -> None:
        with line, contextlib.suppress(OSError):
            while data := line.recv(_PIECE_BYTES):
                self._send(number, data)
        self._lines.pop(number, None)
        with contextlib.suppress(OSError):  # the stream is over, too
            self._send(number, b"")

    def _send(self, number: int, data: bytes) -> None:
        with self._lock:
            self._write(number, data)

    def _write(self, number: int, data: bytes) -> None:
        """Write a frame; the caller holds the lock."""
        if self._over:
            raise BrokenPipeError
        left = _HEAD.pack(number, len(data)) + data
        while left:
            left = left[os.write(self._descriptor, left) :]

    def _read(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            came = os.read(self._descriptor, length - len(data))
            if not came:
                raise EOFError
            data += came
        return data
