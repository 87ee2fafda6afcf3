"""The parent's side of a worker: start it, hear its events, end it. I/O."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Final

from wipe_station.errors import MalformedReplyError
from wipe_station.worker_protocol import (
    LINE_LIMIT_CHARACTERS,
    Event,
    Result,
    Said,
    Task,
    parse_event,
)

_STDERR_LIMIT_BYTES: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerEnd:
    """How a worker ended: with a result, or without one and why."""

    worker: str
    """Names this very process: pid and when it was started."""
    result: Result | None
    lost: str
    """Empty with a result; else ``device-gone`` or ``worker-died``."""
    said: str
    """What it wrote to standard error, for engineers; holds no secret."""


class WorkerProcess:
    """One worker with the one descriptor it works on."""

    def __init__(self, task: Task, descriptor: int) -> None:
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in run()
        self._process = subprocess.Popen(
            # Isolated: neither the working directory nor the environment may bring code along.
            [sys.executable, "-I", "-m", "wipe_station.worker", str(descriptor), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            pass_fds=(descriptor,),
            env={"LC_ALL": "C.UTF-8"},
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        self.name = f"{self._process.pid}@{time.monotonic_ns()}"
        self._task = task

    def kill(self) -> None:
        """End it at once; its last intent stays without a result."""
        self._process.kill()

    def run(
        self, on_progress: Callable[[int], None], on_checkpoint: Callable[[int], None]
    ) -> WorkerEnd:
        """Send the task and listen until the worker ends; it never outlives this call.

        Args:
            on_progress: called with bytes done over this task.
            on_checkpoint: called with the offset below which all is durable.
        """
        last = Event(said=Said.PROGRESS)
        try:
            self._send_task()
            for event in self._events():
                last = event
                if event.said is Said.PROGRESS:
                    on_progress(event.number)
                elif event.said is Said.CHECKPOINT:
                    on_checkpoint(event.number)
        finally:
            self._bury()
        gone = last.said is Said.GONE
        lost = "" if last.result else "device-gone" if gone else "worker-died"
        return WorkerEnd(worker=self.name, result=last.result, lost=lost, said=self._said())

    def _events(self) -> Iterator[Event]:
        """Yield events up to the one that ends the talk; nonsense ends it, too."""
        assert self._process.stdout is not None, "a pipe was asked for"
        while line := self._process.stdout.readline(LINE_LIMIT_CHARACTERS):
            try:
                event = parse_event(line, self._task)
            except MalformedReplyError:
                return
            yield event
            if event.said in (Said.GONE, Said.RESULT):
                return

    def _bury(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _send_task(self) -> None:
        assert self._process.stdin is not None, "a pipe was asked for"
        try:
            self._process.stdin.write(self._task.to_line())
            self._process.stdin.close()
        except BrokenPipeError:
            pass  # it died before it listened; the missing result tells

    def _said(self) -> str:
        with self._stderr as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _STDERR_LIMIT_BYTES))
            return ascii(file.read().decode("utf-8", "replace"))[1:-1]
