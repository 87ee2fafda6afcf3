"""``python -m hw_tests.storm --first SEED --count N``: drawn scripts of faults against whole jobs.

Each script is a method, a size, one to three faults, how much is read back, and where the job is
stopped and continued, with a power cut in between or without; all from its seed. The job runs on a
real loop drive over a medium that follows the script. Whatever happens, one thing must hold: a
certificate exists only if every byte of which it speaks, read past the device by a cipher that is
not ours, is what the certificate says. And the script must have been met, or it proved nothing.

A medium is full of what its owner left before the script begins. Some have a volatile cache; when
the job is over their power is cut, and a certificate must still be true of what is left. Left out
are what a whole job cannot end with or cannot find out: a hang, and a flush that is acknowledged
and not done (``lab/scripts.py`` has it).
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

from hw_tests.claims import check_log
from hw_tests.in_process import quick_station, wipe
from hw_tests.independent_stream import UNIT_BYTES, sampled_ranges, unit_bytes
from hw_tests.lab.faults import FALSE_CAPACITY, Effect, Fault, Op, ops_of
from hw_tests.lab.fuse_medium import FuseMedium, fuse_medium
from hw_tests.lab.owners import SECTOR_BYTES, estate_of
from hw_tests.lab.scripts import end_of, inborn
from hw_tests.loop import LoopDrive, attach, missing, scratch, unplug
from wipe_station.errors import RefusedByPolicyError
from wipe_station.overwrite.damage import Range, bytes_in, joined, outside
from wipe_station.station import Station

METHODS: Final = ("random",) * 4 + ("zero-one-random", "zero", "one")
ERRORS: Final = (errno.EIO, errno.ENODATA, errno.ENOSPC, errno.EILSEQ, errno.ENODEV, errno.EROFS)
EFFECTS: Final = tuple(set(Effect) - {Effect.HANG})
OWNER: Final = 46864
VOLATILE_RATIO: Final = 0.3
SHORT_BYTES: Final = 5 << 20
LONG_BYTES: Final = 16 << 20
STOPS: Final = (0, 0, 0, 0, 0, 1, 2)
SLOW: Final = (
    Fault(effect=Effect.DELAY, op=Op.WRITE, seconds=0.03),
    Fault(effect=Effect.DELAY, op=Op.READ, seconds=0.03),
)
"""Under a job that is to be stopped half-way: else it has ended before anybody looks."""
CHECKPOINT_EVERY_MS: Final = 100
CUT_RATIO: Final = 0.5
VERIFY: Final = ("full", "full", "full", "sample:30%")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One drawn story."""

    seed: int
    method: str
    size_bytes: int
    sector_bytes: int
    faults: tuple[Fault, ...]
    volatile: bool
    verify: str
    stops: tuple[float, ...]
    """Shares of the work after which the job is stopped, and then continued."""
    cuts: bool
    """Whether the power goes at every stop, and what was not flushed with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of a script."""

    script: Script
    statement: dict[str, Any] | None
    """None where the station would not go on with what was on the medium."""
    refused: tuple[str, ...]
    """Its reasons then."""
    counts: dict[str, Any]
    truth: bytes


class FalseCertificateError(AssertionError):
    """The one thing that must never happen."""


def draw(seed: int) -> Script:
    """Return the script of a seed."""
    chance = random.Random(seed)
    sector_bytes = chance.choice((512, 512, 4096))
    stops = tuple(chance.random() for _ in range(chance.choice(STOPS)))
    # More units than a worker has threads: there is a middle to be stopped in.
    most_bytes = LONG_BYTES if stops else SHORT_BYTES
    sectors = chance.randrange((1 << 20) // sector_bytes, most_bytes // sector_bytes)
    size_bytes = sectors * sector_bytes
    effects = chance.sample(sorted(EFFECTS, key=str), chance.choice((1, 1, 1, 2, 3)))
    faults = tuple(_fault(chance, effect, size_bytes, sector_bytes) for effect in effects)
    return Script(
        seed=seed,
        method=chance.choice(METHODS),
        size_bytes=size_bytes,
        sector_bytes=sector_bytes,
        faults=faults,
        volatile=chance.random() < VOLATILE_RATIO,
        verify=chance.choice(VERIFY),
        stops=stops,
        cuts=chance.random() < CUT_RATIO,
    )


def _fault(chance: random.Random, effect: Effect, size_bytes: int, sector_bytes: int) -> Fault:
    """Draw a fault that a whole job cannot pass by."""
    sectors = size_bytes // sector_bytes
    start = chance.randrange(sectors) * sector_bytes
    length = chance.choice((1, 1, 8, 256, sectors)) * sector_bytes
    if effect in FALSE_CAPACITY:
        return Fault(effect=effect, end_byte=max(start, sector_bytes))
    ops = ops_of(effect) if effect is not Effect.DROP else (Op.WRITE,)
    more = _more(chance, effect, size_bytes, sector_bytes)
    return Fault(
        effect=effect,
        op=chance.choice(ops),
        start_byte=start,
        end_byte=start + (1 if effect is Effect.FLIP else length),
        times=chance.choice((None, None, 1, 2)),
        **more,
    )


def _more(
    chance: random.Random, effect: Effect, size_bytes: int, sector_bytes: int
) -> dict[str, Any]:
    """Draw the fields that an effect has of its own."""
    simple: dict[Effect, dict[str, Any]] = {
        Effect.ERROR: {"errno": chance.choice(ERRORS)},
        Effect.TORN: {"kept_bytes": chance.randrange(0, 1 << 20, SECTOR_BYTES)},
        Effect.REORDER: {"overtaken_by": chance.randrange(1, 8)},
        Effect.DELAY: {"seconds": chance.choice((0.01, 0.1))},
        Effect.RESIZE: {"size_bytes": chance.randrange(0, 2 * size_bytes, sector_bytes)},
    }
    if effect is Effect.GONE:
        # Nobody, somebody, or everybody notices; it comes back as what it was, as another, or not.
        calls = chance.choice((None, 0, 0, 1, 5))
        other = None if calls is None else chance.choice((None, chance.randrange(1 << 32)))
        return {"back_after_calls": calls, "as_other": other}
    return simple.get(effect, {})


def play(script: Script, station: Station, medium: FuseMedium) -> Played:
    """Run one whole job on a medium that follows a script."""
    medium.make(script.size_bytes, *inborn(script.faults), volatile=script.volatile)
    medium.plant(estate_of(OWNER, script.size_bytes))
    drive = attach(medium.disk, sector_bytes=script.sector_bytes)
    statement: dict[str, Any] | None = None
    refused: tuple[str, ...] = ()
    try:
        medium.follow(*script.faults, *(SLOW if script.stops else ()))
        statement = _job(script, station, medium, drive)
    except RefusedByPolicyError as error:
        refused = tuple(reason.en for reason in error.reasons)
    finally:
        counts = medium.counts()
        if script.volatile:
            medium.tell(cut_power=script.seed)
        truth = medium.truth()
        medium.tell(lift=True)
        unplug(drive)
    return Played(script=script, statement=statement, refused=refused, counts=counts, truth=truth)


def _job(script: Script, station: Station, medium: FuseMedium, drive: LoopDrive) -> dict[str, Any]:
    def cut_power() -> None:
        if script.cuts:
            medium.tell(cut_power=script.seed)
            medium.tell(restore_power=True)

    return wipe(
        station,
        drive.node,
        script.method,
        script.verify,
        stops=script.stops,
        between=cut_power,
    )


def check(played: Played) -> str:
    """Return how a script ended: ``certified``, or the reason of its notice.

    Raises:
        FalseCertificateError: a certificate for a medium that differs from what it says.
        AssertionError: the script was not met, or more was reported than was read.
    """
    statement, script = played.statement, played.script
    if statement is None:
        assert script.stops, f"refused at the start ({' '.join(played.refused)}): {script}"
        return "refused"
    # What a sample does not read it may never meet.
    met = any(played.counts["met"][: len(script.faults)])
    assert met or "sample" in statement["verification"], f"a script that nobody met: {script}"
    verified_bytes = statement["verification"]["verified_bytes"]
    assert verified_bytes <= played.counts["read_bytes"], "more was reported than was read"
    if (end := end_of(statement)) not in ("certified", "bad-sectors"):
        return end
    # A notice of bad sectors claims as much about all others as a certificate does.
    holes = _not_read(statement, script.size_bytes)
    differs = _first_difference(played, statement["passes"][-1]["pattern"], holes)
    if differs is not None or verified_bytes != script.size_bytes - bytes_in(holes):
        raise FalseCertificateError(f"differs at {differs}: {script}")
    return f"{end}, sampled" if "sample" in statement["verification"] else end


def _not_read(statement: dict[str, Any], size_bytes: int) -> list[Range]:
    """Return the ranges of which the document says nothing: not reached, or not in its sample."""
    sample = statement["verification"].get("sample")
    if sample is None:
        return [(each["from_byte"], each["to_byte"]) for each in statement["not_reached"]]
    return list(outside(0, size_bytes, joined(sampled_ranges(sample, size_bytes))))


def _first_difference(played: Played, pattern: dict[str, Any], holes: list[Range]) -> int | None:
    """Compare what is really there with what the document says; None if all is equal."""
    size_bytes = played.script.size_bytes
    grown = {fault.size_bytes for fault in played.script.faults if fault.effect is Effect.RESIZE}
    sizes = {size_bytes, *(each for each in grown if each is not None and each > size_bytes)}
    if not holes and len(played.truth) not in sizes:
        return len(played.truth)
    for at in range(0, size_bytes, UNIT_BYTES):
        length = min(UNIT_BYTES, size_bytes - at)
        if pattern["kind"] == "fixed":
            said = bytes.fromhex(pattern["bytes_hex"])
            expected = (said * (length // len(said) + 1))[:length]
        else:
            expected = unit_bytes(bytes.fromhex(pattern["key_hex"]), at // UNIT_BYTES, length)
        for low, high in outside(at, at + length, holes):
            if played.truth[low:high] != expected[low - at : high - at]:
                return low
    return None


@contextlib.contextmanager
def storm(folder: Path) -> Iterator[tuple[Station, FuseMedium]]:
    """Return a station, and a medium to be made anew for each script; then look at its log."""
    with (
        fuse_medium(folder, 1 << 20) as medium,
        quick_station(folder / "state", CHECKPOINT_EVERY_MS) as station,
    ):
        yield station, medium
        check_log(folder / "state")


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
