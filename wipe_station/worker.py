"""One process, one descriptor, one task. I/O.

``python -m wipe_station.worker FD PARENT`` reads one task as a JSON line from standard input,
drops every privilege it has, works on the block descriptor that it inherited under number FD, and
writes events as JSON lines to standard output; the last one is the result. It opens nothing
itself, can hang, crash or be killed without touching a neighbour, and dies with process PARENT.
"""

import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from typing import Final

from wipe_station.block import check_same_device
from wipe_station.errors import DeviceGoneError
from wipe_station.overwrite.pump import Comparer, Writer
from wipe_station.overwrite.stream import content_of
from wipe_station.overwrite.trouble import Handling
from wipe_station.privileges import become, die_with
from wipe_station.records import Json, to_json
from wipe_station.sandbox import confine
from wipe_station.worker_protocol import Action, Said, Task, event_line, parse_task

NOBODY: Final = 65534
NICENESS: Final = 10
"""Sixteen fast devices want more processor than there is; whoever answers a clerk goes first."""


def _drop_privileges(parent: int) -> None:
    """Become nobody, keep no way back, give way to others, and die when the parent dies."""
    os.nice(NICENESS)
    become(NOBODY, NOBODY)
    die_with(parent, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # memory holds the pass's key
    confine()


def _emit(said: Said, value: Json) -> None:
    sys.stdout.write(event_line(said, value))
    sys.stdout.flush()


def _ticker(task: Task, descriptor: int, pump: Writer | Comparer) -> Callable[[], None]:
    """Return what the pump calls ten times a second: progress, and checkpoints when due."""
    last_checkpoint = time.monotonic()

    def tick() -> None:
        nonlocal last_checkpoint
        _emit(Said.PROGRESS, pump.passed_bytes())
        if isinstance(pump, Comparer) or not _due(last_checkpoint, task.checkpoint_every_ms):
            return
        try:
            check_same_device(descriptor, task.diskseq, task.size_bytes)
        except DeviceGoneError:
            pump.stop()
            raise
        durable = pump.checkpoint()
        _tell_refused(pump)  # before the mark that moves past them
        if durable is not None:
            _emit(Said.CHECKPOINT, durable)
        last_checkpoint = time.monotonic()

    return tick


def _tell_refused(pump: Writer | Comparer) -> None:
    for place in pump.refused():
        _emit(Said.REFUSED, to_json(place))


def _due(last: float, every_ms: int) -> bool:
    return (time.monotonic() - last) * 1000 >= every_ms


def _work(task: Task, descriptor: int) -> Json:
    def still_there() -> None:
        check_same_device(descriptor, task.diskseq, task.size_bytes)

    still_there()
    content = content_of(task.pattern)
    handling = Handling(
        sector_bytes=task.sector_bytes, leaf_bytes=task.leaf_bytes, still_there=still_there
    )
    pump: Writer | Comparer
    if task.action is Action.WRITE:
        pump = Writer(descriptor, content, task.extent(), handling)
    else:
        pump = Comparer(descriptor, content, task.extent(), handling)
    result = pump.run(_ticker(task, descriptor, pump))
    still_there()
    _tell_refused(pump)
    return to_json(result)


def main() -> None:
    """Run the one task of this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    descriptor, parent = int(sys.argv[1]), int(sys.argv[2])
    _drop_privileges(parent)
    task = parse_task(sys.stdin.readline())
    try:
        _emit(Said.RESULT, _work(task, descriptor))
    except DeviceGoneError:
        _emit(Said.GONE, 0)


if __name__ == "__main__":
    main()
