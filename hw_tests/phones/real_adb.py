"""Debian's own ``adb`` at the command line, on a server of the test's own. I/O."""

import contextlib
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from hw_tests.phones.tcp import PhoneOnTcp
from wipe_station.phone_links.adb_process import environment_of, socket_of
from wipe_station.phone_links.adb_server import AdbServer
from wipe_station.phones.adb_server import AdbDevice, LinkState

LONGEST_S: Final = 20.0
AGAIN_S: Final = 2.0
EVERY_S: Final = 0.05
Value = TypeVar("Value")


class NotSeenError(AssertionError):
    """The server never saw what was waited for."""


class RealAdb:
    """The program, and our client of the same server."""

    def __init__(self, folder: Path, server: AdbServer) -> None:
        self.server = server
        self._folder = folder

    def run(
        self, *words: str, phone: PhoneOnTcp | None = None
    ) -> "subprocess.CompletedProcess[bytes]":
        """Run ``adb``."""
        which = ["-s", phone.address] if phone is not None else []
        return subprocess.run(
            ["adb", "-L", f"localfilesystem:{socket_of(self._folder)}", *which, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment_of(self._folder),
            cwd=self._folder,
            check=False,
            timeout=LONGEST_S,
        )

    def connect(self, phone: PhoneOnTcp, state: LinkState = LinkState.DEVICE) -> AdbDevice:
        """Connect a phone, anew if it was connected, and wait for a state.

        The server tries by itself to reach a phone that has gone, and then refuses to be told so.
        """
        until_s = time.monotonic() + LONGEST_S
        while True:
            self.run("disconnect", phone.address)
            said = self.run("connect", phone.address).stdout
            with contextlib.suppress(NotSeenError):
                return self.until(phone, state, AGAIN_S)
            if time.monotonic() > until_s:
                raise NotSeenError(said)

    def until(self, phone: PhoneOnTcp, state: LinkState, longest_s: float = LONGEST_S) -> AdbDevice:
        """Wait until the server sees a phone in a state."""
        wanted = (phone.address, state)

        def found(seen: tuple[AdbDevice, ...]) -> AdbDevice | None:
            return next((each for each in seen if (each.serial, each.state) == wanted), None)

        return self._tracked(found, longest_s)

    def until_gone(self, phone: PhoneOnTcp) -> None:
        """Wait until the server sees a phone no more, or cannot reach it."""

        def gone(seen: tuple[AdbDevice, ...]) -> bool | None:
            mine = [each.state for each in seen if each.serial == phone.address]
            return set(mine) <= {LinkState.OFFLINE, LinkState.CONNECTING} or None

        self._tracked(gone, LONGEST_S)

    def _tracked(
        self, wanted: Callable[[tuple[AdbDevice, ...]], Value | None], longest_s: float
    ) -> Value:
        until_s = time.monotonic() + longest_s
        seen: tuple[AdbDevice, ...] = ()
        for seen in self.server.track(lambda: time.monotonic() > until_s, every_s=EVERY_S):
            if (found := wanted(seen)) is not None:
                return found
        raise NotSeenError(f"waited in vain; last seen: {seen}")
