"""Messages between the daemon and a phone's child, over one socket pair. I/O.

Each is one packet, a JSON list. The daemon may lay a connection beside one; from the child it takes
none, whatever is laid there.
"""

import contextlib
import socket
import time
from typing import Self

from wipe_station.errors import MalformedReplyError
from wipe_station.phone_links.values import MOST_MESSAGE_BYTES, WHAT, from_message, to_message


class Channel:
    """One end."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(
        self, *words: object, until_s: float | None = None, line: socket.socket | None = None
    ) -> None:
        """Send one message.

        Args:
            words: values, as ``values.write`` takes them.
            until_s: on the monotonic clock; None to wait for ever.
            line: a connection for the other end; it stays open here, too.

        Raises:
            OSError: the other end is gone, or (``TimeoutError``) does not read.
        """
        data = to_message(words)
        self._wait(until_s)
        if line is None:
            self._socket.send(data)
            return
        socket.send_fds(self._socket, [data], [line.fileno()])

    def receive(self, until_s: float | None = None) -> list[object] | None:
        """Return the next message; None where the other end is gone.

        Raises:
            TimeoutError: none came in time.
            MalformedReplyError: it is none.
        """
        self._wait(until_s)
        data = b""
        with contextlib.suppress(ConnectionError):
            data = self._socket.recv(MOST_MESSAGE_BYTES + 1)
        return _list_in(data) if data else None

    def receive_line(self) -> socket.socket | None:
        """Return the connection beside the next message; None if there is none. The child's."""
        _, lines, _, _ = socket.recv_fds(self._socket, MOST_MESSAGE_BYTES, 1)
        return socket.socket(fileno=lines[0]) if lines else None

    def _wait(self, until_s: float | None) -> None:
        if until_s is None:
            self._socket.settimeout(None)
            return
        left_s = until_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        self._socket.settimeout(left_s)


def _list_in(data: bytes) -> list[object]:
    said = from_message(data)
    if not isinstance(said, list) or not said or not isinstance(said[0], str):
        raise MalformedReplyError(WHAT, offset=0, field="message")
    return said
