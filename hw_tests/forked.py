"""The station's worker as a fork of this process, where starting an interpreter takes seconds. I/O.

Everything from the worker's first line on is the product's: its privileges, its filter, its one
descriptor, its pipes. Only the start is another, so whatever is asked about the start is asked
elsewhere. For the lab's guest, whose processor is interpreted.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import IO
from unittest import mock

from wipe_station import smart, worker, workers


class ForkedWorker:
    """Stands where ``subprocess.Popen`` starts a worker."""

    def __init__(
        self, argv: list[str], *, stderr: IO[bytes], pass_fds: tuple[int], **usual: object
    ) -> None:
        del usual  # pipes and an empty environment, as here
        task, self._task = os.pipe()
        self._said, said = os.pipe()
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            _be_the_worker(argv[-2:], (task, said, stderr.fileno()), pass_fds[0])
        os.close(task)
        os.close(said)
        self.stdin = os.fdopen(self._task, "wb")
        self.stdout = os.fdopen(self._said, "rb", buffering=0)

    def kill(self) -> None:
        """End it, unless it has ended."""
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)

    def poll(self) -> int | None:
        """Return its exit code, or None while it lives."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0.0)
        return self.returncode

    def wait(self, timeout_s: float) -> int:
        """Wait for its end.

        Raises:
            subprocess.TimeoutExpired: it does not end.
        """
        ends = time.monotonic() + timeout_s
        while self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > ends:
                raise subprocess.TimeoutExpired("worker", timeout_s)
            else:
                time.sleep(0.01)
        return self.returncode


def _be_the_worker(words: list[str], ends: tuple[int, int, int], descriptor: int) -> None:
    """Turn a fork into what a fresh worker is: three ends of pipes, one descriptor, its words."""
    try:
        device = os.dup2(descriptor, 3 + max(*ends, descriptor), inheritable=False)
        for number, end in enumerate(ends):
            os.dup2(end, number)
        os.closerange(3, device)
        os.closerange(device + 1, 4096)
        sys.stdin, sys.stdout = os.fdopen(0, "r"), os.fdopen(1, "w")
        sys.argv = ["worker", str(device), words[1]]
        worker.main()
        sys.stdout.flush()
    finally:
        os._exit(0)


@contextlib.contextmanager
def forked_workers() -> Iterator[None]:
    """Start workers as forks, and ask no drive about its health, while the block runs."""
    start = SimpleNamespace(
        Popen=ForkedWorker, PIPE=subprocess.PIPE, TimeoutExpired=subprocess.TimeoutExpired
    )
    nothing = {"unknown": "virtual-medium"}
    with (
        mock.patch.object(workers, "subprocess", start),
        mock.patch.object(smart, "ask", return_value=nothing),
    ):
        yield
