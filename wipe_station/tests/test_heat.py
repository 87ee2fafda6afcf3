"""A drive that is too hot rests, and nobody is judged by a number that cannot be."""

from collections.abc import Callable
from pathlib import Path
from queue import Queue

import pytest

from wipe_station import heat
from wipe_station.heat import Thermometer, thermometer_of, watched

PATIENCE_S = 60


class Drive:
    """A drive in a tree like the kernel's."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.now, self.limit = folder / "temp1_input", folder / "temp1_max"
        self.limit.write_text("70000\n")
        self.becomes(40)

    def becomes(self, celsius: int) -> None:
        """Be so hot from now on; in one step, as a file of the kernel changes."""
        new = self.now.with_name("new")
        new.write_text(f"{celsius * 1000}\n")
        new.rename(self.now)


@pytest.fixture
def sys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty tree, looked at a hundred times a second."""
    monkeypatch.setattr(heat, "SYS", tmp_path)
    monkeypatch.setattr(heat, "EVERY_S", 0.01)
    return tmp_path


@pytest.fixture
def nvme(sys: Path) -> Drive:
    """Return a drive called nvme0n1."""
    return Drive(sys / "block/nvme0n1/device/hwmon3")


@pytest.mark.parametrize("place", ["device/hwmon3", "device/hwmon/hwmon3"], ids=["nvme", "scsi"])
def test_thermometer_of__as_drivers_lay_it_out__found(sys: Path, place: str) -> None:
    """NVMe and SCSI have it at different depths."""
    Drive(sys / "block/it" / place)
    thermometer = thermometer_of("it")
    assert thermometer is not None
    assert thermometer.reading() == (40_000, 70_000)
    assert thermometer_of("another") is None


@pytest.mark.parametrize("limit", ["", "x", "0", "-273150", "19999", "150000", "9" * 40])
def test_reading__limit_that_cannot_be__not_judged(nvme: Drive, limit: str) -> None:
    """Firmware that says nonsense would keep a drive from ever being wiped."""
    nvme.limit.write_text(limit)
    assert Thermometer(now=nvme.now, limit=nvme.limit).reading() is None


def test_reading__no_limit__not_judged(nvme: Drive) -> None:
    """A temperature alone says nothing about this drive."""
    nvme.limit.unlink()
    assert Thermometer(now=nvme.now, limit=nvme.limit).reading() is None


def _both(said: "Queue[str]") -> tuple[Callable[[], None], Callable[[], None]]:
    return lambda: said.put("rest"), lambda: said.put("go on")


def test_watched__at_its_limit__rests_until_it_is_cooler(nvme: Drive) -> None:
    """It rests once, not again at every look, and goes on well below the limit only."""
    said: Queue[str] = Queue()
    with watched("nvme0n1", *_both(said)):
        for _ in range(2):
            nvme.becomes(70)
            assert said.get(timeout=PATIENCE_S) == "rest"
            nvme.becomes(66)
            nvme.becomes(65)
            assert said.get(timeout=PATIENCE_S) == "go on"
    assert said.empty()


def test_watched__temperature_not_told_any_more__goes_on(nvme: Drive) -> None:
    """A drive that says nothing is not held up for ever."""
    said: Queue[str] = Queue()
    with watched("nvme0n1", *_both(said)):
        nvme.becomes(80)
        assert said.get(timeout=PATIENCE_S) == "rest"
        nvme.now.unlink()
        assert said.get(timeout=PATIENCE_S) == "go on"


def test_watched__no_thermometer__nobody_watches(sys: Path) -> None:
    """Most sticks and all loop drives have none."""
    del sys
    said: Queue[str] = Queue()
    with watched("loop0", *_both(said)):
        pass
    assert said.empty()
