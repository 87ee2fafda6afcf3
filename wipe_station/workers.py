"""The parent's side of a worker: start it, hear its events, end it. I/O.

A device that stops answering holds its worker in the kernel, where no signal reaches it. So the
parent watches from outside: when nothing has moved for ``HANG_S``, or a killed worker does not end,
the worker is left to the kernel and the job goes on without it. It still holds the device open, so
no other job can begin on it before the kernel has let go.
"""

import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Final

from wipe_station.errors import MalformedReplyError
from wipe_station.records import IoFailure
from wipe_station.worker_protocol import (
    LINE_LIMIT_CHARACTERS,
    CrossCheck,
    Event,
    Result,
    Said,
    Task,
    parse_event,
)

_STDERR_LIMIT_BYTES: Final = 2000
HANG_S: Final = 180.0
"""Longer than a drive tries one sector, and than a slow one needs for its last flush."""
START_S: Final = 180.0
"""Until its first word: a machine may be busy, and the device has nothing to do with it."""
END_S: Final = 5.0
"""A killed process that the kernel does not hold is gone long before."""
_POLL_MS: Final = 200
_left_to_the_kernel: "list[subprocess.Popen[bytes]]" = []
"""Workers that were killed and have not ended; asked now and then, so that none stays a zombie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerEnd:
    """How a worker ended: with a result, or without one and why."""

    worker: str
    """Names this very process: pid and when it was started."""
    result: Result | None
    lost: str
    """Empty with a result; else ``device-gone``, ``device-hangs`` or ``worker-died``."""
    said: str
    """What it wrote to standard error, for engineers; holds no secret."""


def _ignore(_: object) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What is done with what a worker says on its way."""

    progress: Callable[[int], None] = _ignore
    """Called with bytes done over its task."""
    checkpoint: Callable[[int], None] = _ignore
    """Called with the offset below which all is durable, but for the places refused before."""
    refused: Callable[[IoFailure], None] = _ignore
    """Called with a place that the device refuses for good."""


class WorkerProcess:
    """One worker with the one descriptor it works on."""

    def __init__(self, task: Task, descriptor: int) -> None:
        _left_to_the_kernel[:] = [each for each in _left_to_the_kernel if each.poll() is None]
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in run()
        self._process = subprocess.Popen(
            # Isolated: neither the working directory nor the environment may bring code along.
            [sys.executable, "-I", "-m", "wipe_station.worker", str(descriptor), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            pass_fds=(descriptor,),
            env={"LC_ALL": "C.UTF-8"},
        )
        self.name = f"{self._process.pid}@{time.monotonic_ns()}"
        self._task = task
        self._moved_s = time.monotonic()
        self._heard: dict[Said, Event] = {}
        self._killed = self._hangs = self._rests = False

    def kill(self) -> None:
        """End it at once; its last intent stays without a result."""
        self._moved_s, self._killed = time.monotonic(), True
        self._process.kill()

    def rest(self) -> None:
        """Stop it where it is, with what it has in its hands; nothing is lost."""
        self._rests = True
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on after a rest."""
        self._moved_s, self._rests = time.monotonic(), False
        self._process.send_signal(signal.SIGCONT)

    def run(self, heard: Heard) -> WorkerEnd:
        """Send the task and listen until the worker ends, or hangs; then it is heard no more."""
        last = Event(said=Said.PROGRESS)
        try:
            self._send_task()
            for event in self._events():
                self._watch(event)
                last = event
                if event.said is Said.PROGRESS:
                    heard.progress(event.number)
                elif event.said is Said.CHECKPOINT:
                    heard.checkpoint(event.number)
                elif event.refused is not None:
                    heard.refused(event.refused)
        finally:
            self._bury()
        return WorkerEnd(
            worker=self.name, result=last.result, lost=self._lost(last), said=self._said()
        )

    def _watch(self, event: Event) -> None:
        """Note when something has moved: a repeated number is no news."""
        if self._heard.get(event.said) != event:
            self._moved_s = time.monotonic()
        self._heard[event.said] = event

    def _lost(self, last: Event) -> str:
        if last.result is not None:
            return ""
        if self._hangs:
            return "device-hangs"
        return "device-gone" if last.said is Said.GONE else "worker-died"

    def _events(self) -> Iterator[Event]:
        """Yield events up to the one that ends the talk; nonsense ends it, too."""
        cross_check = CrossCheck(self._task)
        for line in self._lines():
            try:
                event = parse_event(line, self._task)
            except MalformedReplyError:
                return
            if not cross_check.takes(event):
                return
            yield event
            if event.said in (Said.GONE, Said.RESULT):
                return

    def _lines(self) -> Iterator[str]:
        """Yield whole lines as they come, until there are no more or nothing moves any longer."""
        assert self._process.stdout is not None, "a pipe was asked for"
        descriptor, held = self._process.stdout.fileno(), b""
        waiting = select.poll()  # unlike select(2), for descriptors of any number
        waiting.register(descriptor, select.POLLIN)
        while len(held) <= LINE_LIMIT_CHARACTERS and not self._overdue():
            if not waiting.poll(_POLL_MS):
                continue
            came = os.read(descriptor, LINE_LIMIT_CHARACTERS)
            if not came:
                return
            *lines, held = (held + came).split(b"\n")
            yield from (line.decode("utf-8", "replace") + "\n" for line in lines)

    def _overdue(self) -> bool:
        still_s = time.monotonic() - self._moved_s
        if self._killed:
            return still_s > END_S
        if self._rests:
            return False  # nothing moves, and nothing is meant to
        self._hangs = still_s > (HANG_S if self._heard else START_S)
        return self._hangs

    def _bury(self) -> None:
        self._process.kill()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            _left_to_the_kernel.append(self._process)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _send_task(self) -> None:
        assert self._process.stdin is not None, "a pipe was asked for"
        try:
            self._process.stdin.write(self._task.to_line().encode("utf-8"))
            self._process.stdin.close()
        except BrokenPipeError:
            pass  # it died before it listened; the missing result tells

    def _said(self) -> str:
        with self._stderr as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _STDERR_LIMIT_BYTES))
            return ascii(file.read().decode("utf-8", "replace"))[1:-1]
