"""Passes in processes of their own: slowed down by a group, or many at the same moment. I/O.

``python -I -m benchmarks.children TASK`` is the child: it opens its drive, says that it is ready,
waits for a line, does its pass and tells when it began and ended by the monotonic clock, which all
processes share. So no process's start is in any figure.
"""

import contextlib
import errno
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Final

from benchmarks import pipelines, work
from benchmarks.pipelines import Traversal
from wipe_station.block import open_block
from wipe_station.overwrite.stream import KEY_BYTES, UNIT_BYTES, content_of
from wipe_station.records import KeyedStream

_READY: Final = "ready"
_PATIENCE_S: Final = 120
_NO_URING: Final = (errno.ENOSYS, errno.EPERM, errno.EACCES)


class How(Enum):
    """What moves the bytes."""

    PUMP = "pump"
    """The product's own."""
    THREADS = "threads"
    RING = "io_uring"
    REGISTERED_RING = "io_uring, registered buffers"


class ChildFailedError(Exception):
    """A child did not do its pass; its words say why."""


class UringRefusedError(Exception):
    """This kernel has no io_uring, or gives us none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One traversal of one drive by the keyed stream."""

    node: str
    size_bytes: int
    """Whole units."""
    writes: bool
    key_hex: str
    how: str = How.PUMP.value
    chunk_bytes: int = UNIT_BYTES
    depth: int = 1
    """Transfers in flight; with threads, their number."""
    rings: int = 1
    lead_bytes: int = 0
    """Moved before the clock starts: a limited device gives a fifth of a second away at first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a child saw of its pass."""

    size_bytes: int
    began_ns: int
    ended_ns: int
    processor_s: float

    def rate_bytes_per_s(self) -> float:
        """Return bytes per second."""
        return self.size_bytes / (self.ended_ns - self.began_ns) * 1e9


def new_key() -> str:
    """Return a key for a stream, in hexadecimal digits."""
    return secrets.token_hex(KEY_BYTES)


def total_bytes_per_s(ran: Sequence[Ran]) -> float:
    """Return all bytes over the time from the first one's start to the last one's end."""
    took_ns = max(each.ended_ns for each in ran) - min(each.began_ns for each in ran)
    return sum(each.size_bytes for each in ran) / took_ns * 1e9


def together(passes: Sequence[Pass], before: tuple[str, ...] = ()) -> list[Ran]:
    """Do passes at the same moment, each in a process of its own.

    Args:
        passes: one for each process.
        before: words before the command, as ``hw_tests.throttle`` gives them.

    Raises:
        ChildFailedError: one of them did not do its pass.
        UringRefusedError: it needed io_uring.
    """
    children = [_start(each, before) for each in passes]
    try:
        for child in children:
            assert child.stdout is not None, "a pipe was asked for"
            child.stdout.readline()  # ready, or dead: its code tells
        for child in children:
            assert child.stdin is not None, "a pipe was asked for"
            with contextlib.suppress(BrokenPipeError):  # dead: its code tells
                child.stdin.write("go\n")
                child.stdin.flush()
        return [_heard(child) for child in children]
    finally:
        for child in children:
            child.kill()
            child.communicate()


def alone(one: Pass, before: tuple[str, ...] = ()) -> Ran:
    """Do one pass; see ``together``."""
    return together([one], before)[0]


def _start(one: Pass, before: tuple[str, ...]) -> "subprocess.Popen[str]":
    line = [*before, sys.executable, "-I", "-m", "benchmarks.children", json.dumps(asdict(one))]
    pipe = subprocess.PIPE
    return subprocess.Popen(line, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def _heard(child: "subprocess.Popen[str]") -> Ran:
    said, words = child.communicate(timeout=_PATIENCE_S)
    if child.returncode != 0:
        raise ChildFailedError(words.strip()[-400:])
    told = json.loads(said)
    if "refused" in told:
        raise UringRefusedError(told["refused"])
    return Ran(**told)


def _do(one: Pass, descriptor: int) -> None:
    stream = KeyedStream(key=bytes.fromhex(one.key_hex))
    traversal = Traversal(
        descriptor=descriptor,
        content=content_of(stream),
        size_bytes=one.size_bytes,
        writes=one.writes,
    )
    match How(one.how):
        case How.PUMP:
            (work.write if one.writes else work.verify)(descriptor, stream, one.size_bytes)
        case How.THREADS:
            pipelines.threads(traversal, one.chunk_bytes, one.depth)
        case how:
            registered = how is How.REGISTERED_RING
            pipelines.rings(traversal, one.rings, one.depth, registered=registered)


def _lead(one: Pass, descriptor: int) -> None:
    """Use up what an idle device that is slowed down has saved."""
    view = memoryview(pipelines.buffer())[:UNIT_BYTES]
    for start in range(0, one.lead_bytes, UNIT_BYTES):
        if one.writes:
            os.pwrite(descriptor, view, start)
        else:
            os.preadv(descriptor, [view], start)


def _told(one: Pass, descriptor: int) -> dict[str, object]:
    _lead(one, descriptor)
    before_s, began_ns = time.process_time(), time.monotonic_ns()
    try:
        _do(one, descriptor)
    except OSError as error:
        if How(one.how) in (How.PUMP, How.THREADS) or error.errno not in _NO_URING:
            raise
        return {"refused": errno.errorcode[error.errno]}
    return asdict(
        Ran(
            size_bytes=one.size_bytes,
            began_ns=began_ns,
            ended_ns=time.monotonic_ns(),
            processor_s=time.process_time() - before_s,
        )
    )


def main() -> None:
    """Do the one pass of this process."""
    one = Pass(**json.loads(sys.argv[1]))
    descriptor = open_block(one.node, os.O_RDWR | os.O_DIRECT)
    print(_READY, flush=True)
    sys.stdin.readline()
    print(json.dumps(_told(one, descriptor)))


if __name__ == "__main__":
    main()
