"""``python -m hw_tests.storm --first SEED --count N``: drawn scripts of faults against whole jobs.

Each script is a method, a size and one to three faults, all from its seed. The job runs on a real
loop drive over a medium that follows the script. Whatever happens, one thing must hold: a
certificate exists only if every byte that is really there, read past the device by a cipher that is
not ours, is what the certificate says. And the script must have been met, or it proved nothing.
"""

import argparse
import contextlib
import errno
import random
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hw_tests.in_process import quick_station, wipe
from hw_tests.independent_stream import UNIT_BYTES, unit_bytes
from hw_tests.lab.faults import SECTOR_BYTES, Effect, Fault, Op
from hw_tests.lab.fuse_medium import FuseMedium, fuse_medium
from hw_tests.lab.scripts import end_of
from hw_tests.loop import attach, detach, missing, scratch
from wipe_station.station import Station

METHODS: Final = ("random",) * 4 + ("zero-one-random", "zero", "one")
ERRORS: Final = (errno.EIO, errno.ENODATA, errno.ENOSPC, errno.EILSEQ, errno.ENODEV, errno.EROFS)
EFFECTS: Final = tuple(set(Effect) - {Effect.HANG})


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One drawn story."""

    seed: int
    method: str
    size_bytes: int
    sector_bytes: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of a script."""

    script: Script
    statement: dict[str, Any]
    counts: dict[str, Any]
    truth: bytes


class FalseCertificateError(AssertionError):
    """The one thing that must never happen."""


def draw(seed: int) -> Script:
    """Return the script of a seed."""
    chance = random.Random(seed)
    sector_bytes = chance.choice((512, 512, 4096))
    sectors = chance.randrange((1 << 20) // sector_bytes, (5 << 20) // sector_bytes)
    size_bytes = sectors * sector_bytes
    effects = chance.sample(sorted(EFFECTS, key=str), chance.choice((1, 1, 1, 2, 3)))
    return Script(
        seed=seed,
        method=chance.choice(METHODS),
        size_bytes=size_bytes,
        sector_bytes=sector_bytes,
        faults=tuple(_fault(chance, effect, size_bytes, sector_bytes) for effect in effects),
    )


def _fault(chance: random.Random, effect: Effect, size_bytes: int, sector_bytes: int) -> Fault:
    """Draw a fault that a whole job cannot pass by."""
    sectors = size_bytes // sector_bytes
    start = chance.randrange(sectors) * sector_bytes
    length = chance.choice((1, 1, 8, 256, sectors)) * sector_bytes
    if effect is Effect.WRAP:
        return Fault(effect=effect, end_byte=max(start, sector_bytes))
    op = Op.WRITE
    if effect in (Effect.STALE, Effect.FLIP):
        op = Op.READ
    elif effect in (Effect.ERROR, Effect.GONE, Effect.DELAY):
        op = chance.choice(tuple(Op))
    return Fault(
        effect=effect,
        op=op,
        start_byte=start,
        end_byte=start + (1 if effect is Effect.FLIP else length),
        times=chance.choice((None, None, 1, 2)),
        errno=chance.choice(ERRORS),
        kept_bytes=chance.randrange(0, 1 << 20, SECTOR_BYTES),
        overtaken_by=chance.randrange(1, 8),
        seconds=chance.choice((0.01, 0.1)),
    )


def play(script: Script, station: Station, medium: FuseMedium) -> Played:
    """Run one whole job on a medium that follows a script."""
    medium.make(script.size_bytes, *script.faults)
    drive = attach(medium.disk, sector_bytes=script.sector_bytes)
    try:
        statement = wipe(station, drive.node, script.method)
    finally:
        counts, truth = medium.counts(), medium.truth()
        medium.tell(lift=True)
        detach(drive)
    return Played(script=script, statement=statement, counts=counts, truth=truth)


def check(played: Played) -> str:
    """Return how a script ended: ``certified``, or the reason of its notice.

    Raises:
        FalseCertificateError: a certificate for a medium that differs from what it says.
        AssertionError: the script was not met, or more was reported than was read.
    """
    statement, script = played.statement, played.script
    assert any(played.counts["met"]), f"a script that nobody met: {script}"
    verified_bytes = statement["verification"]["verified_bytes"]
    assert verified_bytes <= played.counts["read_bytes"], "more was reported than was read"
    if (end := end_of(statement)) != "certified":
        return end
    differs = _first_difference(played)
    if differs is not None or verified_bytes != script.size_bytes:
        raise FalseCertificateError(f"differs at {differs}: {script}")
    return end


def _first_difference(played: Played) -> int | None:
    """Compare what is really there with what the certificate says; None if all is equal."""
    pattern = played.statement["passes"][-1]["pattern"]
    if len(played.truth) != played.script.size_bytes:
        return len(played.truth)
    for at in range(0, len(played.truth), UNIT_BYTES):
        there = played.truth[at : at + UNIT_BYTES]
        if pattern["kind"] == "fixed":
            said = bytes.fromhex(pattern["bytes_hex"])
            expected = (said * (len(there) // len(said) + 1))[: len(there)]
        else:
            key = bytes.fromhex(pattern["key_hex"])
            expected = unit_bytes(key, at // UNIT_BYTES, len(there))
        if there != expected:
            return at
    return None


@contextlib.contextmanager
def storm(folder: Path) -> Iterator[tuple[Station, FuseMedium]]:
    """Return a station, and a medium to be made anew for each script."""
    with fuse_medium(folder, 1 << 20) as medium, quick_station(folder / "state") as station:
        yield station, medium


def main() -> int:
    """Play scripts and say how they ended; return 1 if one ended wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--count", type=int, default=2000)
    given = parser.parse_args()
    if lacking := missing():
        print("NOT RUN: the storm. Missing: " + "; ".join(lacking) + ".")
        return 1
    ends: Counter[str] = Counter()
    wrong = 0
    with scratch() as folder, storm(folder) as (station, medium):
        for seed in range(given.first, given.first + given.count):
            try:
                ends[check(play(draw(seed), station, medium))] += 1
            except Exception:  # noqa: BLE001 - the next scripts are worth playing, too
                wrong += 1
                print(f"seed {seed}:\n{traceback.format_exc()}", flush=True)
            if (seed + 1) % 100 == 0:
                print(f"up to seed {seed}: {wrong} wrong, {dict(ends)}", flush=True)
    print(f"{given.count} scripts: {wrong} wrong, {dict(ends)}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
