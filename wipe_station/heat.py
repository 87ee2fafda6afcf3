"""A drive that is hotter than it says it may be rests until it is cooler. I/O.

The kernel reads temperatures from drives that tell them (``nvme``, and ``drivetemp`` for SATA and
SAS) and the limit of each beside it: what an NVMe drive warns at, the most that a SATA drive
recommends. Both are files, so nobody has to be asked and no command disturbs the drive. A drive
that says nothing, or nonsense, is not judged.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Final

SYS: Final = Path("/sys")
EVERY_S: Final = 5.0
COOLER_BY_MILLICELSIUS: Final = 5000
"""So much below its limit it goes on: else it would rest and go on every few seconds."""
SANE_MILLICELSIUS: Final = range(20_000, 150_000)
_LIMIT_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Thermometer:
    """The two files of one drive; values are thousandths of a degree Celsius."""

    now: Path
    limit: Path

    def reading(self) -> tuple[int, int] | None:
        """Return temperature and limit; None if either is not told, or cannot be."""
        try:
            now, limit = (_number(path) for path in (self.now, self.limit))
        except (OSError, ValueError):
            return None
        return (now, limit) if limit in SANE_MILLICELSIUS else None


def _number(path: Path) -> int:
    with path.open("rb") as file:
        return int(file.read(_LIMIT_BYTES))


def thermometer_of(name: str) -> Thermometer | None:
    """Return the thermometer of a block device, or None.

    Args:
        name: as the kernel calls the whole disk, like ``sda`` or ``nvme0n1``.
    """
    device = SYS / "block" / name / "device"
    for pattern in ("hwmon*/temp1_input", "hwmon/hwmon*/temp1_input"):
        for now in sorted(device.glob(pattern)):
            return Thermometer(now=now, limit=now.with_name("temp1_max"))
    return None


@contextlib.contextmanager
def watched(name: str, rest: Callable[[], None], go_on: Callable[[], None]) -> Iterator[None]:
    """Have a device rest while it is too hot, for as long as the block runs.

    Args:
        name: as the kernel calls the whole disk.
        rest: called when it reaches its limit.
        go_on: called when it has cooled down, or its temperature is not told any more.
    """
    thermometer = thermometer_of(name)
    if thermometer is None:
        yield
        return
    ended = Event()

    def look() -> None:
        hot = False
        while not ended.wait(EVERY_S):
            reading = thermometer.reading()
            if not hot and reading is not None and reading[0] >= reading[1]:
                hot = True
                rest()
            elif hot and (reading is None or reading[0] <= reading[1] - COOLER_BY_MILLICELSIUS):
                hot = False
                go_on()

    watcher = Thread(target=look, name=f"heat of {name}", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
