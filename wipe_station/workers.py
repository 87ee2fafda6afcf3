"""The parent's side of a worker: start it, hear its events, end it. I/O."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, Final

from wipe_station.worker import Task

_STDERR_LIMIT_BYTES: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerEnd:
    """How a worker ended: with a result, or without one and why."""

    worker: str
    """Names this very process: pid and when it was started."""
    result: dict[str, Any] | None
    lost: str
    """Empty with a result; else ``device-gone`` or ``worker-died``."""
    said: str
    """What it wrote to standard error, for engineers; holds no secret."""


class WorkerProcess:
    """One worker with the one descriptor it works on."""

    def __init__(self, task: Task, descriptor: int) -> None:
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in run()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "wipe_station.worker", str(descriptor)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            pass_fds=(descriptor,),
            text=True,
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
        result: dict[str, Any] | None = None
        lost = "worker-died"
        try:
            self._send_task()
            assert self._process.stdout is not None, "a pipe was asked for"
            for line in self._process.stdout:
                message = json.loads(line)
                event, value = message["event"], message["value"]
                if event == "progress":
                    on_progress(value)
                elif event == "checkpoint":
                    on_checkpoint(value)
                elif event == "gone":
                    lost = "device-gone"
                else:
                    result = value
        finally:
            self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
        return WorkerEnd(
            worker=self.name, result=result, lost="" if result else lost, said=self._said()
        )

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
            return file.read().decode("utf-8", "replace")
