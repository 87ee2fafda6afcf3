"""The real application between a daemon that answers as it is told and a browser without a screen.

The daemon stands behind the client's own HTTP library, where its socket would be; everything from
the client's parser to the bytes that a browser gets is the product's.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator, Mapping, MutableMapping
from functools import cache
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlencode

import httpx
import uvicorn
from fastapi import FastAPI

from kiosk_ui.app import create_app
from kiosk_ui.guard import Guard
from kiosk_ui.live import Live
from kiosk_ui.main import LOOPBACK
from kiosk_ui.shared import TOKEN
from wipe_station.board_values import BoardView
from wipe_station.phone_client import PhoneClient

if TYPE_CHECKING:
    from wipe_station.api_values import Problem, Value

HOST: Final = "127.0.0.1:8080"
ORIGIN: Final = f"http://{HOST}"
PATIENCE_S: Final = 10.0
"""After this a test has failed; none waits so long."""


class FakeDaemon(httpx.AsyncBaseTransport):
    """Answers a board at once or when it changed, and anything else as told."""

    def __init__(self, board: BoardView | None) -> None:
        self.board = board
        """None: nobody listens on the socket."""
        self.answers: dict[str, Value | bytes] = {}
        """By the end of the path."""
        self.problem: tuple[Problem, int] | None = None
        """What every question but the one for the board gets."""
        self.then: dict[str, BoardView] = {}
        """What is shown after a question was answered, by the end of its path."""
        self.asked: list[tuple[str, str, bytes]] = []
        self._changed = asyncio.Event()

    def show(self, board: BoardView | None) -> None:
        """Show another board from now on."""
        self.board = board
        self._changed.set()
        self._changed = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one question of the client."""
        path = request.url.raw_path.decode()
        self.asked.append((request.method, path, await request.aread()))
        if self.board is None:
            raise httpx.ConnectError("nobody listens")
        if request.url.path == "/v1/board":
            return httpx.Response(200, content=(await self._news(request)).model_dump_json())
        if self.problem is not None:
            problem, status = self.problem
            return httpx.Response(status, content=problem.model_dump_json())
        named = request.url.path  # decoded, as a server sees it
        answer = next(value for end, value in self.answers.items() if named.endswith(end))
        data = answer if isinstance(answer, bytes) else answer.model_dump_json().encode()
        for end, board in self.then.items():
            if named.endswith(end):
                self.show(board)
        return httpx.Response(200, content=data)

    async def _news(self, request: httpx.Request) -> BoardView:
        known = tuple(request.url.params.get(name) for name in ("epoch", "after"))
        board = self.board
        if board is not None and known == (board.epoch, str(board.revision)):
            await self._changed.wait()
        if self.board is None:
            raise httpx.ReadError("hung up")
        return self.board


class _Socket(httpx.AsyncBaseTransport):
    """Where the daemon of the moment listens."""

    daemon: httpx.AsyncBaseTransport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a question on."""
        return await self.daemon.handle_async_request(request)


@cache
def _built() -> tuple[Guard, _Socket]:
    """Build the application once: compiling its templates takes longer than any test."""
    socket, station = _Socket(), PhoneClient(Path("/nowhere"))
    station._http = httpx.AsyncClient(transport=socket, trust_env=False)
    return create_app(station, frozenset({HOST})), socket


def app_over(daemon: httpx.AsyncBaseTransport) -> Guard:
    """Return the application as it starts, its client's questions going to a daemon of ours."""
    app, socket = _built()
    socket.daemon = daemon
    live_of(app)._set(None)
    return app


def inside(app: Guard) -> FastAPI:
    """Return what the guard guards."""
    assert isinstance(app._app, FastAPI)
    return app._app


def live_of(app: Guard) -> Live:
    """Return what brings the news."""
    live: Live = inside(app).state.kiosk.live
    return live


class Browser:
    """Asks as a browser does: one request, one whole answer."""

    def __init__(self, daemon: httpx.AsyncBaseTransport) -> None:
        self.app = app_over(daemon)

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, content: bytes = b""
    ) -> httpx.Response:
        """Send a request with exactly these headers and the host's name."""

        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as browser:
                return await browser.request(method, path, headers=headers, content=content)

        return asyncio.run(once())

    def get(self, path: str, *, language: str = "zh") -> httpx.Response:
        """Open a page in a language."""
        return self.ask("GET", path, {"cookie": f"language={language}"})

    def post(
        self, path: str, form: Mapping[str, str], *, language: str = "zh", accept: str = "*/*"
    ) -> httpx.Response:
        """Send a form of one of our own pages."""
        headers = {
            "origin": ORIGIN,
            "sec-fetch-site": "same-origin",
            "accept": accept,
            "cookie": f"language={language}",
            "content-type": "application/x-www-form-urlencoded",
        }
        return self.ask("POST", path, headers, urlencode({"token": TOKEN, **form}).encode())


class Stream:
    """One open event stream, read piece by piece."""

    def __init__(self, app: Guard, path: str, language: str) -> None:
        self._left = asyncio.Event()
        self._pieces: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self._held = b""
        headers = [(b"host", HOST.encode()), (b"cookie", f"language={language}".encode())]
        scope = {
            "type": "http",
            # What uvicorn says; from 2.4 on nobody would listen for the client's leaving.
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": headers,
        }
        self._task = asyncio.create_task(app(scope, self._receive, self._pieces.put))
        self.headers: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        """Wait until the stream has begun."""
        start = await asyncio.wait_for(self._pieces.get(), PATIENCE_S)
        assert start["status"] == 200
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the page, if it is still open; the stream must end."""
        await self.leave()

    async def leave(self) -> None:
        """Close the page and wait for the end of the stream."""
        self._left.set()
        await asyncio.wait_for(self._task, PATIENCE_S)

    async def _receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def block(self) -> str:
        """Return the next thing that was sent, up to its empty line."""
        while b"\n\n" not in self._held:
            piece = await asyncio.wait_for(self._pieces.get(), PATIENCE_S)
            self._held += piece.get("body", b"")
        block, _, self._held = self._held.partition(b"\n\n")
        return block.decode()

    async def event(self) -> str:
        """Return the data of the next event; comments are passed over, as a browser does."""
        while (block := await self.block()).startswith(":"):
            pass
        lines = block.split("\n")
        assert all(line.startswith("data: ") for line in lines), "nothing but data is sent"
        return "\n".join(line.removeprefix("data: ") for line in lines)


@contextlib.asynccontextmanager
async def living(app: Guard) -> AsyncIterator[None]:
    """Run the application's own tasks, as a server does."""
    async with inside(app).router.lifespan_context(app):
        yield


def first_event(app: Guard, path: str, *, language: str = "zh") -> str:
    """Return what a page that opens a stream is told at once."""

    async def once() -> str:
        async with living(app), Stream(app, path, language) as stream:
            return await stream.event()

    return asyncio.run(once())


class Served:
    """The application on a port of its own, for a real browser."""

    def __init__(self, url: str, daemon: FakeDaemon, loop: asyncio.AbstractEventLoop) -> None:
        self.url = url
        self.daemon = daemon
        self._loop = loop

    def show(self, board: BoardView | None) -> None:
        """Have the daemon show another board, from the browser's thread."""
        self._loop.call_soon_threadsafe(self.daemon.show, board)


@contextlib.contextmanager
def served(daemon: FakeDaemon) -> Iterator[Served]:
    """Serve the application as its process does, in a thread."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        host = f"{LOOPBACK}:{listener.getsockname()[1]}"
        station = PhoneClient(Path("/nowhere"))
        station._http = httpx.AsyncClient(transport=daemon, trust_env=False)
        app = create_app(station, frozenset({host}))
        config = uvicorn.Config(app, ws="none", log_config=None, timeout_graceful_shutdown=1)
        server, loops = uvicorn.Server(config), Queue[asyncio.AbstractEventLoop]()

        async def serve() -> None:
            loops.put(asyncio.get_running_loop())
            await server.serve(sockets=[listener])

        thread = Thread(target=asyncio.run, args=(serve(),))
        thread.start()
        try:
            yield Served(f"http://{host}", daemon, loops.get(timeout=PATIENCE_S))
        finally:
            server.should_exit = True
            thread.join()
