"""Who speaks on the daemon's socket: the kernel says so, not the caller. I/O.

``SO_PEERCRED`` is read when a connection is made. Root (or the daemon's own user) is the operator,
the kiosk's user is the kiosk, and nobody else gets as far as a request: not a worker, not a page
renderer, not a user who logged in.
"""

import asyncio
import logging
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

_UCRED: Final = struct.Struct("=3i")  # <linux/socket.h> struct ucred: pid, uid, gid
_log = logging.getLogger(__name__)


class Role(Enum):
    """What a caller may do."""

    OPERATOR = "operator"
    """Everything that the command line offers."""
    KIOSK = "kiosk"
    """What the screen shows, and wipes that were confirmed by holding the button."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The process at the other end."""

    pid: int
    uid: int
    role: Role


def credentials(connection: socket.socket) -> tuple[int, int]:
    """Return process id and user id of the other end of a Unix connection."""
    answer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    pid, uid, _ = _UCRED.unpack(answer)
    return pid, uid


def peer_protocol(
    roles: dict[int, Role], on_stranger: Callable[[int, int], None]
) -> type[H11Protocol]:
    """Return the protocol class that lets known users in and hangs up on all others.

    Args:
        roles: by user id.
        on_stranger: told process id and user id of whoever was turned away.
    """

    class PeerProtocol(H11Protocol):
        """HTTP/1.1 that knows its peer; requests find it in ``request.state.peer``."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            pid, uid = credentials(transport.get_extra_info("socket"))
            role = roles.get(uid)
            if role is None:
                _log.warning("process %d of user %d was turned away", pid, uid)
                transport.abort()  # first: a note that fails must keep no connection open
                on_stranger(pid, uid)
                return
            self.app_state = self.app_state | {"peer": Peer(pid=pid, uid=uid, role=role)}
            super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            if self.transport is not None:
                super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self.transport is not None:
                super().data_received(data)

    return PeerProtocol
