"""``python -m kiosk_ui``: start as root, load everything, become nobody special, then serve. I/O.

1. Load templates, catalogues, static files; ask every kind of page once, in this process.
2. Listen on the loopback address: who comes too early waits, and is not refused.
3. Give up every privilege, for good. Nothing is opened or imported from here on that an ordinary
   user could not reach: on a developer's machine the code itself may lie in root's home.
4. Serve, and say where.
"""

import argparse
import asyncio
import json
import logging
import signal
import socket
import sys
from pathlib import Path
from typing import Final

import httpx
import uvicorn

from kiosk_ui.app import create_app
from wipe_station.accounts import account
from wipe_station.phone_client import PhoneClient
from wipe_station.privileges import become, die_with

LOOPBACK: Final = "127.0.0.1"
EXIT_USAGE: Final = 2
_GRACE_S: Final = 2
_PORT_TAKEN: Final = (
    "✗ 端口 {port} 不能用。 Port {port} cannot be used: {why}.\n"
    "→ 用 --port 指定另一个端口，0 为任意。 Name another one with --port; 0 takes any.\n"
)
_WARM_UP: Final = ("/", "/static/style.css", "/no-such-page", "/devices/none-0", "/phones/0-0")
_log = logging.getLogger(__name__)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kiosk-ui", description=__doc__)
    parser.add_argument("--socket", type=Path, required=True, help="where the daemon listens")
    parser.add_argument("--port", type=int, required=True, help="0 takes any")
    parser.add_argument("--user", metavar="NAME|UID:GID", help="whom to become")
    parser.add_argument("--parent", type=int, metavar="PID", help="end when this process ends")
    return parser.parse_args()


async def _warm_up(daemon: Path, hosts: frozenset[str]) -> None:
    """Ask for every kind of page once, so that whatever loads late has been loaded.

    By an application of its own: its connections to the daemon were made by root and have root's
    rights, so not one of them may be left when we are root no more.
    """
    host, station = min(hosts), PhoneClient(daemon)
    app = httpx.ASGITransport(create_app(station, hosts))
    async with httpx.AsyncClient(transport=app, base_url=f"http://{host}") as browser:
        for path in _WARM_UP:
            for language in ("zh", "en"):
                answer = await browser.get(path, headers={"cookie": f"language={language}"})
                _log.debug("warm-up %s: %d", path, answer.status_code)
        await browser.post("/look", headers={"origin": f"http://{host}"}, content=b"token=none")
    await station.aclose()


async def _serve(options: argparse.Namespace, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    hosts = frozenset(f"{name}:{port}" for name in (LOOPBACK, "localhost"))
    station = PhoneClient(options.socket)
    config = uvicorn.Config(
        create_app(station, hosts),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=64,
        timeout_graceful_shutdown=_GRACE_S,
    )
    config.load()
    await _warm_up(options.socket, hosts)
    who = account(options.user)
    become(who.uid, who.gid)
    if options.parent is not None:
        die_with(options.parent, signal.SIGTERM)
    sys.stdout.write(json.dumps({"event": "kiosk", "url": f"http://{LOOPBACK}:{port}/"}) + "\n")
    sys.stdout.flush()
    await uvicorn.Server(config).serve(sockets=[listener])
    await station.aclose()


def main() -> None:
    """Entry point of the kiosk's process."""
    options = _options()
    for quiet in ("httpx", "uvicorn"):
        logging.getLogger(quiet).setLevel(logging.WARNING)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s"
    )
    try:
        listener = socket.create_server((LOOPBACK, options.port))
    except OSError as error:
        sys.stderr.write(_PORT_TAKEN.format(port=options.port, why=error.strerror))
        sys.exit(EXIT_USAGE)
    with listener:
        asyncio.run(_serve(options, listener))
