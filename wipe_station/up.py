"""``wipe-station up``: daemon and kiosk for a developer, kept running until told to stop. I/O.

Each process is started again when it dies, after a moment, and does not take the other along. On
an appliance the service manager does the same.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from wipe_station.accounts import Account
from wipe_station.state import socket_of

AGAIN_AFTER_S: Final = 0.5
END_WITHIN_S: Final = 30.0
LINE_LIMIT_BYTES: Final = 1 << 16
Event = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What to start."""

    state: Path
    practice: Path | None
    bays: Path | None
    kiosk: Account
    port: int
    """Of the page, on the loopback address; 0 takes any, and keeps it."""


class Kept:
    """A process that is started again when it dies."""

    def __init__(
        self, name: str, command: Callable[[], list[str]], tell: Callable[[Event], None]
    ) -> None:
        self._name = name
        self._command = command
        self._tell = tell
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self.ready = asyncio.Event()

    async def keep(self) -> int:
        """Run it, again and again, until ``stop``; one that never got ready ends everything.

        Returns:
            its exit code.
        """
        while True:
            code = await self._once()
            if self._stopping or not self.ready.is_set():
                return code
            self._tell({"event": "died", "process": self._name, "exit_code": code})
            await asyncio.sleep(AGAIN_AFTER_S)

    async def _once(self) -> int:
        self._process = await asyncio.create_subprocess_exec(
            *self._command(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is ours to handle
            limit=LINE_LIMIT_BYTES,
        )
        assert self._process.stdout is not None, "a pipe was asked for"
        async for line in self._process.stdout:
            with contextlib.suppress(ValueError):  # not a line for us
                said = json.loads(line)
                self._tell(said | {"process": self._name, "pid": self._process.pid})
                self.ready.set()
        return await self._process.wait()

    async def stop(self) -> None:
        """Ask it to end in good order; what does not listen is ended."""
        self._stopping = True
        self.ready.set()
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(END_WITHIN_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()


class Up:
    """Both processes of a station."""

    def __init__(self, setup: Setup, tell: Callable[[Event], None]) -> None:
        """Remember what to start, and whom to tell of what happens."""
        self._setup = setup
        self._tell = tell
        self._port = setup.port

    async def run(self, stopping: asyncio.Event) -> int:
        """Keep daemon and kiosk running until the event is set.

        Returns:
            0, or the exit code of the one that could not be started.
        """
        daemon = Kept("daemon", self._daemon, self._tell)
        kiosk = Kept("kiosk", self._kiosk, self._remember)
        tasks = [asyncio.create_task(daemon.keep())]
        asked = asyncio.create_task(stopping.wait())
        ready = asyncio.create_task(daemon.ready.wait())
        await asyncio.wait({asked, ready, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        if daemon.ready.is_set() and not asked.done():
            tasks.append(asyncio.create_task(kiosk.keep()))
        await asyncio.wait({asked, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        failed = [task.result() for task in tasks if task.done()]
        await kiosk.stop()
        await daemon.stop()
        await asyncio.gather(*tasks)
        for task in (asked, ready):
            task.cancel()
        return next(iter(failed), 0)

    def _remember(self, said: Event) -> None:
        """Keep the page's port: after a restart the same address must answer."""
        if said.get("event") == "kiosk":
            self._port = int(str(said["url"]).rstrip("/").rpartition(":")[2])
        self._tell(said)

    def _daemon(self) -> list[str]:
        practice = self._setup.practice
        words = ["--state", str(self._setup.state), "--kiosk-user", str(self._setup.kiosk)]
        words += ["--practice", str(practice)] if practice is not None else []
        words += ["--bays", str(self._setup.bays)] if self._setup.bays is not None else []
        return _python("wipe_station.daemon", *words)

    def _kiosk(self) -> list[str]:
        words = ["--socket", str(socket_of(self._setup.state)), "--port", str(self._port)]
        return _python("kiosk_ui", *words, "--user", str(self._setup.kiosk))


def _python(module: str, *words: str) -> list[str]:
    """Return a command in an interpreter of its own that nothing around can bring code into."""
    return [sys.executable, "-I", "-m", module, *words, "--parent", str(os.getpid())]


def run(setup: Setup, tell: Callable[[Event], None]) -> int:
    """Keep a station running until SIGINT or SIGTERM; return the exit code.

    Args:
        setup: what to start.
        tell: called with what the processes say, and with what becomes of them.
    """

    async def until_told() -> int:
        stopping = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        return await Up(setup, tell).run(stopping)

    return asyncio.run(until_told())
