"""Has an Android phone fill its free space and read it back. I/O.

What is done, and what its numbers are worth, stands in ``phones.overwrite``.
"""

from collections.abc import Callable
from itertools import count
from typing import Final

from wipe_station.errors import CommandRejectedError, MalformedReplyError
from wipe_station.phone_links.adb_server import AdbServer, absent
from wipe_station.phone_links.hand import Tell
from wipe_station.phones import overwrite
from wipe_station.phones.adb_server import AdbDevice
from wipe_station.phones.adb_shell import ShellEnd
from wipe_station.phones.overwrite import FilledFile, Overwritten

STEP_S: Final = 900.0
"""For one command: the slowest phones write and read less than 1 MB/s when they are full."""


def fill(
    server: AdbServer, device: AdbDevice, tell: Tell, stopped: Callable[[], bool]
) -> Overwritten:
    """Fill a phone up, then have it read all of that again.

    All commands go to one connection: a phone that was exchanged meanwhile is told nothing.

    Args:
        server: that sees the phone.
        device: from its newest list.
        tell: told how far it is, after each file; each byte is done twice, written and read.
        stopped: asked after each file whether to end; the files are taken away then.

    Returns:
        what was read back; nothing where the phone does not know how, or refuses. The server says
        of a line that broke between two commands that the phone refused.

    Raises:
        DeviceGoneError: the line broke; nothing counts.
        CommandTimeoutError: a command took ``STEP_S``.
    """
    filling = _Filling(server, device, tell, stopped)
    try:
        return filling.run()
    except (CommandRejectedError, MalformedReplyError):
        return overwrite.NOTHING


class _Filling:
    def __init__(
        self, server: AdbServer, device: AdbDevice, tell: Tell, stopped: Callable[[], bool]
    ) -> None:
        self._server, self._device = server, device
        self._tell, self._stopped = tell, stopped
        self._free: int | None = None
        self._done = 0

    def run(self) -> Overwritten:
        self._run(overwrite.CLEAR)
        self._free = overwrite.free_of(self._run(overwrite.FREE))
        if self._run(overwrite.MAKE).code != 0:
            return overwrite.NOTHING
        self._told(0)
        room = self._run(overwrite.KEEP_ROOM).code == 0
        written = self._write() if room else []
        flushed = self._run(overwrite.SYNC).code == 0
        again = self._read(written)
        stopped = self._stopped()
        self._run(overwrite.CLEAR if stopped else overwrite.GIVE_ROOM)
        return overwrite.count(written, again, free_bytes=self._free, full=flushed and not stopped)

    def _write(self) -> list[FilledFile]:
        """Write file after file until the phone takes no more."""
        written: list[FilledFile] = []
        for number in count():
            if number == overwrite.MOST_FILES or self._stopped():
                break
            ended = self._run(overwrite.write_command(number)).code
            size = overwrite.size_of(self._run(overwrite.size_command(number)))
            digest = overwrite.digest_of(self._run(overwrite.digest_command(number)), number)
            if size is None or digest is None:
                break
            written.append(FilledFile(size_bytes=size, sha256=digest))
            self._told(size)
            if ended != 0 or size < overwrite.FILE_BYTES:
                break
        return written

    def _read(self, written: list[FilledFile]) -> list[str | None]:
        """Read what was written, the oldest first: it has left the phone's memory by then."""
        again: list[str | None] = []
        for number, each in enumerate(written):
            if self._stopped():
                break
            end = self._run(overwrite.digest_command(number))
            again.append(overwrite.digest_of(end, number))
            self._told(each.size_bytes)
        return again

    def _told(self, more: int) -> None:
        self._done += more
        whole = None if self._free is None else 2 * self._free
        self._tell(self._done, whole)

    def _run(self, command: str) -> ShellEnd:
        end = self._server.shell(
            self._device, command, timeout_s=STEP_S, most_bytes=overwrite.MOST_TEXT_BYTES
        )
        if end.code is None:
            raise absent()
        return end
