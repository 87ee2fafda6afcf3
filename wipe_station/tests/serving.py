"""An application behind the daemon's own HTTP protocol, on a real Unix socket, in a thread."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from wipe_station.peers import Role, peer_protocol


class Serving:
    """A loop of its own with one listening socket."""

    def __init__(
        self, build: Callable[[], Any], roles: dict[int, Role], on_stranger: Callable[..., None]
    ) -> None:
        self._build = build
        self._protocol = peer_protocol(roles, on_stranger)
        self._listening = Event()
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def serve(self, path: Path) -> None:
        """Serve until told to stop; leave no connection and no task behind."""
        self._loop = asyncio.get_running_loop()
        config = uvicorn.Config(
            self._build(),
            http=self._protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
        )
        config.load()
        state = ServerState()
        listener = await self._loop.create_unix_server(
            lambda: self._protocol(config, state, {}), path
        )
        self._listening.set()
        await self._stopping.wait()
        listener.close()
        while len(asyncio.all_tasks()) > 1 or state.connections:
            for connection in list(state.connections):
                connection.shutdown()
            await asyncio.sleep(0.001)

    def wait(self) -> None:
        """Return when it listens."""
        assert self._listening.wait(10), "nobody listens"

    def stop(self) -> None:
        """End it, from another thread."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._stopping.set)


@contextlib.contextmanager
def serving(
    path: Path,
    build: Callable[[], Any],
    *,
    roles: dict[int, Role],
    on_stranger: Callable[[int, int], None] = lambda *_: None,
) -> Iterator[None]:
    """Serve an application while the block runs.

    Args:
        path: of the socket.
        build: makes the ASGI application; called in the running loop.
        roles: by user id.
        on_stranger: told process id and user id of whoever was turned away.
    """
    served = Serving(build, roles, on_stranger)
    thread = Thread(target=lambda: asyncio.run(served.serve(path)))
    thread.start()
    served.wait()
    try:
        yield
    finally:
        served.stop()
        thread.join()
