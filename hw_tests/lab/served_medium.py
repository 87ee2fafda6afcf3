"""A scripted medium with a clock and a lock: what a model of a drive reads and writes. I/O.

The medium itself says how long a call is held up and what becomes of it; here that time passes, in
the thread of whoever serves the device, as in a drive that does one thing after the other. A call
that must hang raises ``Hung``: its device then does not answer, ever, which is what a computer
sees of a bridge whose firmware has died.
"""

import time
from dataclasses import asdict
from threading import Lock
from typing import Any

from hw_tests.lab.faults import Fault, Op
from hw_tests.lab.medium import FOREVER, Medium


class Hung(Exception):  # noqa: N818 - what happened, not what is wrong with a call
    """The call is never answered."""


class ServedMedium:
    """A medium in memory; safe for threads."""

    def __init__(self, size_bytes: int, *faults: Fault, volatile: bool = False) -> None:
        self._lock = Lock()
        self.make(size_bytes, *faults, volatile=volatile)

    # --- for the tests ------------------------------------------------------------------------

    def make(self, size_bytes: int, *faults: Fault, volatile: bool = False) -> None:
        """Put another medium of zeros in the old one's place."""
        with self._lock:
            self._medium = Medium(size_bytes, faults, volatile=volatile)
            self._made_s = time.monotonic()

    def follow(self, *faults: Fault) -> None:
        """Follow another script from now on."""
        with self._lock:
            self._medium.follow(faults)

    def lift(self) -> None:
        """End all faults."""
        with self._lock:
            self._medium.lift()

    def counts(self) -> dict[str, Any]:
        """Return what it was asked, and how often each fault was met."""
        with self._lock:
            return asdict(self._medium.counts)

    def truth(self) -> bytes:
        """Return what is really there."""
        with self._lock:
            return bytes(self._medium.cells)

    def plant(self, offset: int, data: bytes) -> None:
        """Put bytes there that nobody wrote through the device."""
        with self._lock:
            self._medium.cells[offset : offset + len(data)] = data

    # --- for the drive ------------------------------------------------------------------------

    @property
    def size_bytes(self) -> int:
        """What the medium claims to hold."""
        return self._medium.size_bytes

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes.

        Raises:
            MediumFault: the script says so.
            Hung: the script says so.
        """
        self._pass_time(Op.READ, offset, length)
        with self._lock:
            return self._medium.read(offset, length, self._now_s())

    def write(self, offset: int, data: bytes) -> None:
        """Keep bytes; raises as ``read`` does."""
        self._pass_time(Op.WRITE, offset, len(data))
        with self._lock:
            self._medium.write(offset, data, self._now_s())

    def flush(self) -> None:
        """Make durable what was written; raises as ``read`` does."""
        self._pass_time(Op.FLUSH, 0, self.size_bytes)
        with self._lock:
            self._medium.flush(self._now_s())

    def erase(self, length: int, value: int = 0) -> None:
        """Do what a drive's own erasure does to the first bytes, below all faults of writing."""
        with self._lock:
            self._medium.cells[:length] = bytes([value]) * min(length, len(self._medium.cells))

    def _now_s(self) -> float:
        return time.monotonic() - self._made_s

    def _pass_time(self, op: Op, offset: int, length: int) -> None:
        with self._lock:
            wait_s = self._medium.wait_s(op, offset, length, self._now_s())
        if wait_s == FOREVER:
            raise Hung
        if wait_s:
            time.sleep(wait_s)
