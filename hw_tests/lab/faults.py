"""What can be wrong with a medium, as data, and a medium that it is wrong with. Pure.

One language for every place where a medium can be made: a FUSE file under a loop drive, the same
file behind QEMU's NVMe, USB and SD, the model of a SATA drive. A script is a list of faults; each
says what it does, to which calls, from when on, and how often; the medium counts how often each
was met, because a fault that nobody met proves nothing.

    {"effect": "error", "op": "read", "start_byte": 4096, "end_byte": 4608, "errno": 61}
    {"effect": "drop", "start_byte": 1048576, "skip": 3, "times": 1}
    {"effect": "wrap", "end_byte": 33554944}

A medium with a volatile cache keeps what was not flushed until its power goes; then a seeded choice
of its sectors is lost, each by itself, as with a real cache that writes back in its own order.
"""

import errno
import random
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any, Final

SECTOR_BYTES: Final = 512
FOREVER: Final = float("inf")


class Op(Enum):
    """What is asked of a medium."""

    READ = "read"
    WRITE = "write"
    FLUSH = "flush"


class Effect(Enum):
    """What goes wrong."""

    ERROR = "error"
    """The call fails with ``errno``; nothing is read or kept."""
    DROP = "drop"
    """A write is acknowledged and not kept."""
    TORN = "torn"
    """A write is acknowledged; only its first ``kept_bytes`` are kept."""
    REORDER = "reorder"
    """A write is acknowledged and kept only after ``overtaken_by`` later writes, or never."""
    STALE = "stale"
    """Reads return what stood there before anything was written: zeros."""
    FLIP = "flip"
    """The lowest bit of the range's first byte is inverted on its way back."""
    WRAP = "wrap"
    """The true capacity is ``end_byte``: every offset is taken modulo it."""
    DELAY = "delay"
    """The call takes ``seconds`` longer."""
    HANG = "hang"
    """The call does not return before the faults are lifted."""
    GONE = "gone"
    """From this call on everything fails with ENODEV."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong; a condition that is left out holds always."""

    effect: Effect
    op: Op = Op.WRITE
    start_byte: int = 0
    end_byte: int = 1 << 62
    """Meets every call that touches the range; of a call only what lies in it is harmed."""
    after_s: float = 0.0
    """Since the medium was made."""
    skip: int = 0
    """So many calls that would be met pass unharmed."""
    times: int | None = None
    """So many calls are harmed, then no more."""
    errno: int = errno.EIO
    kept_bytes: int = 0
    overtaken_by: int = 1
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the fault as it stands in a script."""
        return asdict(self) | {"effect": self.effect.value, "op": self.op.value}


def parse_fault(text: dict[str, Any]) -> Fault:
    """Read one fault of a script.

    Raises:
        ValueError, TypeError: it is none.
    """
    effect = Effect(text["effect"])
    usual = Op.READ if effect in (Effect.STALE, Effect.FLIP) else Op.WRITE
    rest = {name: value for name, value in text.items() if name not in ("effect", "op")}
    return Fault(effect=effect, op=Op(text.get("op", usual)), **rest)


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
        self.size_bytes = size_bytes
        self.counts = Counts()
        self.follow(faults)
        wraps = [fault.end_byte for fault in self.faults if fault.effect is Effect.WRAP]
        self.cells = bytearray(min([size_bytes, *wraps]))
        """What is truly there, without faults and with what the cache holds."""
        self._durable = bytearray(self.cells) if volatile else None
        self._unflushed: set[int] = set()
        self._held: list[tuple[int, int, bytes]] = []
        self._gone = False

    def follow(self, faults: Iterable[Fault]) -> None:
        """Follow another script from now on; a false capacity is there from the start or never."""
        self.faults = tuple(faults)
        self.counts.met = [0] * len(self.faults)
        self._seen = [0] * len(self.faults)

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
        data = bytearray(self._at(offset, length))
        for fault in self._met((Effect.STALE, Effect.FLIP), Op.READ, offset, length, now_s):
            start = max(fault.start_byte - offset, 0)
            if fault.effect is Effect.FLIP:
                data[start] ^= 1
            else:
                end = min(fault.end_byte - offset, length)
                data[start:end] = bytes(end - start)
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
        if self._durable is not None:
            for sector in self._unflushed:
                self._make_durable(sector)
        self._unflushed.clear()

    def cut_power(self, seed: int) -> None:
        """Lose what was not flushed: each sector of it, or not, as the seed decides.

        From then on everything fails, until the faults are lifted: the power is back.
        """
        self._gone = True
        if self._durable is None:
            return
        chance = random.Random(seed)
        for sector in sorted(self._unflushed):
            if chance.random() < 0.5:
                self._make_durable(sector)
        self._unflushed.clear()
        self._held.clear()
        self.cells[:] = self._durable

    def lift(self) -> None:
        """End all faults; what is there stays as it is."""
        self.faults = ()
        self._gone = False

    # --- inside ------------------------------------------------------------------------------

    def _met(
        self, effects: tuple[Effect, ...], op: Op, offset: int, length: int, now_s: float
    ) -> list[Fault]:
        """Return the faults of some kinds that meet a call, and count them."""
        met = []
        for number, fault in enumerate(self.faults):
            if fault.effect not in effects or fault.op is not op or now_s < fault.after_s:
                continue
            if not (offset < fault.end_byte and fault.start_byte < offset + length):
                continue
            if fault.effect is Effect.FLIP and fault.start_byte < offset:
                continue  # its one bit lies before this call
            self._seen[number] += 1
            turn = self._seen[number] - fault.skip
            if turn > 0 and (fault.times is None or turn <= fault.times):
                self.counts.met[number] += 1
                met.append(fault)
        return met

    def _fail(self, op: Op, offset: int, length: int, now_s: float) -> None:
        if not self._gone:
            self._gone = bool(self._met((Effect.GONE,), op, offset, length, now_s))
        if self._gone:
            raise MediumFault(errno.ENODEV)
        for fault in self._met((Effect.ERROR,), op, offset, length, now_s):
            raise MediumFault(fault.errno)

    def _at(self, offset: int, length: int) -> bytes:
        found = b""
        while len(found) < length:
            at = (offset + len(found)) % len(self.cells)
            found += self.cells[at : at + length - len(found)]
        return found

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
        for number, fault in enumerate(self.faults):
            if fault.effect is Effect.WRAP:
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


def _without(fault: Fault, offset: int, data: bytes) -> list[tuple[int, bytes]]:
    """Return what a dropped range leaves of a write."""
    start = min(max(fault.start_byte - offset, 0), len(data))
    end = min(max(fault.end_byte - offset, start), len(data))
    return [(at, part) for at, part in ((offset, data[:start]), (offset + end, data[end:])) if part]
