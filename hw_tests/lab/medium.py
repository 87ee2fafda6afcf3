"""A medium in memory that follows a script of faults. Pure.

It counts how often each fault was met, because a fault that nobody met proves nothing.

A medium with a volatile cache keeps what was not flushed until its power goes; then a seeded choice
of its sectors is lost, each by itself, as with a real cache that writes back in its own order.
"""

import errno
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from typing import Final

from hw_tests.lab.faults import FALSE_CAPACITY, Effect, Fault, Op
from hw_tests.lab.owners import SECTOR_BYTES, estate_of

FOREVER: Final = float("inf")


class MediumFault(Exception):  # noqa: N818 - the field's word
    """A call failed with an error number."""

    def __init__(self, number: int) -> None:
        super().__init__(errno.errorcode.get(number, str(number)))
        self.number = number


@dataclass(slots=True)
class Counts:
    """What a medium was asked, and what it did wrong."""

    read_bytes: int = 0
    written_bytes: int = 0
    flushes: int = 0
    met: list[int] = field(default_factory=list)
    """How often each fault was met, in the script's order."""
    returns: int = 0
    """How often it came back after it was gone."""


@dataclass(slots=True)
class _Absence:
    """A medium that is gone; it may come back."""

    fault: Fault
    since_s: float
    calls: int = 0

    def is_over(self, now_s: float) -> bool:
        calls, seconds = self.fault.back_after_calls, self.fault.back_after_s
        return (calls is not None and self.calls >= calls) or (
            seconds is not None and now_s - self.since_s >= seconds
        )


class Medium:
    """A medium in memory that follows a script. Not safe for threads; whoever serves it locks."""

    def __init__(
        self, size_bytes: int, faults: Iterable[Fault] = (), *, volatile: bool = False
    ) -> None:
        """Make a medium of zeros.

        Args:
            size_bytes: what it claims.
            faults: its script.
            volatile: whether what was not flushed can be lost.
        """
        self.size_bytes = self._born_bytes = size_bytes
        self.counts = Counts()
        script = tuple(faults)
        false = [fault.end_byte for fault in script if fault.effect in FALSE_CAPACITY]
        self._honest = not false
        self.cells = bytearray(min([size_bytes, *false]))
        """What is truly there, without faults and with what the cache holds."""
        self._durable = bytearray(self.cells) if volatile else None
        self._unflushed: set[int] = set()
        self._held: list[tuple[int, int, bytes]] = []
        self._resized: Fault | None = None
        self._away: _Absence | None = None
        self._off = False
        self.follow(script)

    def follow(self, faults: Iterable[Fault]) -> None:
        """Follow another script from now on; a false capacity is there from the start or never."""
        script = tuple(faults)
        self._script: dict[Effect, list[tuple[int, Fault]]] = {}
        for number, fault in enumerate(script):
            self._script.setdefault(fault.effect, []).append((number, fault))
        self.counts.met = [0] * len(script)
        self._seen = [0] * len(script)
        self._before = bytes(self.cells) if Effect.STALE in self._script else b""

    def plant(self, offset: int, data: bytes) -> None:
        """Put bytes where no fault is met and nothing counts: what was there all along."""
        data = data[: max(0, len(self.cells) - offset)]
        for cells in (self.cells, self._durable):
            if cells is not None:
                cells[offset : offset + len(data)] = data

    # --- what is asked of it -----------------------------------------------------------------

    def wait_s(self, op: Op, offset: int, length: int, now_s: float) -> float:
        """Return how long a call must be held up before it is done; infinite for a hang.

        Ask once for each call, before it. Waiting is for whoever serves the medium.
        """
        waits = self._met((Effect.DELAY, Effect.HANG), op, offset, length, now_s)
        return max(
            (FOREVER if fault.effect is Effect.HANG else fault.seconds for fault in waits),
            default=0.0,
        )

    def read(self, offset: int, length: int, now_s: float) -> bytes:
        """Return bytes, or what the script makes of them.

        Raises:
            MediumFault: the script says so.
        """
        self._fail(Op.READ, offset, length, now_s)
        data = bytearray(_around(self.cells, offset, length))
        for fault in self._met((Effect.STALE, Effect.FLIP), Op.READ, offset, length, now_s):
            start = max(fault.start_byte - offset, 0)
            if fault.effect is Effect.FLIP:
                data[start] ^= 1
            else:
                end = min(fault.end_byte - offset, length)
                data[start:end] = _around(self._before, offset + start, end - start)
        self.counts.read_bytes += length
        return bytes(data)

    def write(self, offset: int, data: bytes, now_s: float) -> None:
        """Keep bytes, unless the script says otherwise.

        Raises:
            MediumFault: the script says so.
        """
        self._fail(Op.WRITE, offset, len(data), now_s)
        self.counts.written_bytes += len(data)
        harmful = (Effect.DROP, Effect.TORN, Effect.REORDER)
        kept = [(offset, data)]
        for fault in self._met(harmful, Op.WRITE, offset, len(data), now_s):
            if fault.effect is Effect.DROP:
                kept = [part for each in kept for part in _without(fault, *each)]
            elif fault.effect is Effect.TORN:
                most = offset + fault.kept_bytes
                kept = [(at, part[: max(0, most - at)]) for at, part in kept]
            else:
                self._held += [(fault.overtaken_by, at, part) for at, part in kept]
                kept = []
        for at, part in kept:
            self._keep(at, part)
        self._let_overtaken_in()

    def flush(self, now_s: float) -> None:
        """Make durable what was kept.

        Raises:
            MediumFault: the script says so; then nothing more is durable than before.
        """
        self._fail(Op.FLUSH, 0, self.size_bytes, now_s)
        self.counts.flushes += 1
        if self._met((Effect.DROP,), Op.FLUSH, 0, self.size_bytes, now_s):
            return
        for sector in self._unflushed:
            self._make_durable(sector)
        self._unflushed.clear()

    def cut_power(self, seed: int) -> None:
        """Lose what was not flushed: each sector of it, or not, as the seed decides.

        From then on everything fails, until the power is back, or the faults are lifted.
        """
        self._off = True
        chance = random.Random(seed)
        for sector in sorted(self._unflushed):
            if chance.random() < 0.5:
                self._make_durable(sector)
        self._lose_cache()

    def restore_power(self) -> None:
        """Answer again, under the same script."""
        self._off = False

    def lift(self) -> None:
        """End all faults: it is there, with the size of its birth; what it holds stays as it is."""
        self._script = {}
        self._off, self._away, self._resized = False, None, None
        self.size_bytes = self._born_bytes

    # --- inside ------------------------------------------------------------------------------

    def _met(
        self, effects: tuple[Effect, ...], op: Op, offset: int, length: int, now_s: float
    ) -> list[Fault]:
        """Return the faults of some kinds that meet a call, and count them."""
        met = []
        found = chain.from_iterable(self._script.get(each, ()) for each in effects)
        for number, fault in sorted(found, key=itemgetter(0)):
            if now_s < fault.after_s or not _meets(fault, op, offset, length):
                continue
            self._seen[number] += 1
            turn = self._seen[number] - fault.skip
            if turn > 0 and (fault.times is None or turn <= fault.times):
                self.counts.met[number] += 1
                met.append(fault)
        return met

    def _fail(self, op: Op, offset: int, length: int, now_s: float) -> None:
        """Let go or come back, change size, or fail with an error, as the script says."""
        if self._is_gone(op, offset, length, now_s):
            raise MediumFault(errno.ENODEV)
        for fault in self._met((Effect.RESIZE,), op, offset, length, now_s):
            self._resize(fault)
        if self._resized and op is not Op.FLUSH and offset + length > self.size_bytes:
            raise MediumFault(self._resized.errno)
        for fault in self._met((Effect.SHORT, Effect.ERROR), op, offset, length, now_s):
            raise MediumFault(fault.errno)

    def _is_gone(self, op: Op, offset: int, length: int, now_s: float) -> bool:
        if self._away is None:
            for fault in self._met((Effect.GONE,), op, offset, length, now_s):
                self._away = _Absence(fault, now_s)
        if self._away is not None:
            if self._away.is_over(now_s):
                self._come_back(self._away.fault)
            else:
                self._away.calls += 1
        return self._off or self._away is not None

    def _come_back(self, fault: Fault) -> None:
        self._away = None
        self.counts.returns += 1
        self._lose_cache()
        if fault.as_other is not None:
            self.plant(0, estate_of(fault.as_other, len(self.cells)))

    def _lose_cache(self) -> None:
        self._unflushed.clear()
        self._held.clear()
        if self._durable is not None:
            self.cells[:] = self._durable

    def _resize(self, fault: Fault) -> None:
        """Take another size; what it grows by is zeros, what it shrinks by stays out of reach."""
        assert fault.size_bytes is not None, "resize has a size"
        self.size_bytes, self._resized = fault.size_bytes, fault
        if self._honest and len(self.cells) < self.size_bytes:
            more = bytes(self.size_bytes - len(self.cells))
            self.cells += more
            if self._durable is not None:
                self._durable += more

    def _keep(self, offset: int, data: bytes) -> None:
        done = 0
        while done < len(data):
            at = (offset + done) % len(self.cells)
            if at != offset + done:
                self._count_wrap()
            part = data[done : done + len(self.cells) - at]
            self.cells[at : at + len(part)] = part
            if self._durable is not None:
                last = (at + len(part) - 1) // SECTOR_BYTES
                self._unflushed.update(range(at // SECTOR_BYTES, last + 1))
            done += len(part)

    def _count_wrap(self) -> None:
        for number, _ in self._script.get(Effect.WRAP, ()):
            self.counts.met[number] += 1

    def _let_overtaken_in(self) -> None:
        """Count one more write past those that are held back, and keep those whose time it is."""
        due = [(at, part) for left, at, part in self._held if left <= 0]
        self._held = [(left - 1, at, part) for left, at, part in self._held if left > 0]
        for at, part in due:
            self._keep(at, part)

    def _make_durable(self, sector: int) -> None:
        assert self._durable is not None, "only a volatile medium has what is not durable"
        start = sector * SECTOR_BYTES
        self._durable[start : start + SECTOR_BYTES] = self.cells[start : start + SECTOR_BYTES]


def _meets(fault: Fault, op: Op, offset: int, length: int) -> bool:
    """Tell whether a call is one of those that a fault is about."""
    if fault.effect is Effect.SHORT:
        return op is not Op.FLUSH and offset + length > fault.end_byte
    if fault.effect is Effect.FLIP and fault.start_byte < offset:
        return False  # its one bit lies before this call
    touched = offset < fault.end_byte and fault.start_byte < offset + length
    return fault.op is op and touched


def _around(cells: bytes | bytearray, offset: int, length: int) -> bytes:
    """Return bytes from an offset on, beginning anew at the end."""
    found = b""
    while len(found) < length:
        at = (offset + len(found)) % len(cells)
        found += cells[at : at + length - len(found)]
    return found


def _without(fault: Fault, offset: int, data: bytes) -> list[tuple[int, bytes]]:
    """Return what a dropped range leaves of a write."""
    start = min(max(fault.start_byte - offset, 0), len(data))
    end = min(max(fault.end_byte - offset, start), len(data))
    return [(at, part) for at, part in ((offset, data[:start]), (offset + end, data[end:])) if part]
