"""The counter while something takes its time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event

import pytest

from wipe_station.bays import BayMap
from wipe_station.clock import SystemClock
from wipe_station.counter import Parts
from wipe_station.detect.classify import World, classify
from wipe_station.floor import Floor
from wipe_station.phone_values import PhoneJobView, PhoneView
from wipe_station.self_test import SelfTest
from wipe_station.station import Station
from wipe_station.store import Store
from wipe_station.testing import raw_disk, raw_snapshot
from wipe_station.write_guard import WriteGuard

SOON_S = 20.0


@contextmanager
def floor_in(folder: Path, station: Station, guard: WriteGuard) -> Iterator[Floor]:
    """Have a floor without gate and phones."""
    clock = SystemClock()
    with closing(Store(folder / "station.db")) as store:
        yield Floor(
            Parts(
                state=folder,
                station=station,
                store=store,
                guard=guard,
                clock=clock,
                bays=BayMap(),
                self_test=SelfTest(folder, clock),
                gate=None,
                bench=None,
                practice=False,
                witnessing=station.log.witnessing(()),
            )
        )


def station_in(folder: Path) -> tuple[Station, WriteGuard]:
    """Return a station and its guard."""
    clock = SystemClock()
    guard = WriteGuard(clock)
    require = SelfTest(folder, clock).require
    return Station(folder, clock, guard=guard, require_self_test=require), guard


def test_board__while_a_look_at_the_machine_lasts__answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device that answers nobody holds up the look at it, not the screen of all others."""
    station, guard = station_in(tmp_path)
    looking, answered = Event(), Event()

    def look() -> World:
        looking.set()
        answered.wait(SOON_S)
        return classify(raw_snapshot({"sdzz": raw_disk()}))

    monkeypatch.setattr(station.lookout, "look", look)
    with floor_in(tmp_path, station, guard) as floor, ThreadPoolExecutor(2) as aside:
        looked = aside.submit(floor.rescan)
        try:
            assert looking.wait(SOON_S)
            assert aside.submit(floor.board).result(SOON_S / 4).devices == ()
        finally:
            answered.set()
        looked.result(SOON_S)
        assert [device.node for device in floor.board().devices] == ["/dev/sdzz"]


def test_board__changed_while_it_is_made__is_not_called_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What changes after the phones were looked at is news to whoever has this board."""
    with floor_in(tmp_path, *station_in(tmp_path)) as floor:
        seen = floor._phones

        def phones() -> tuple[tuple[PhoneView, ...], tuple[PhoneJobView, ...]]:
            found = seen()
            floor._changed()
            return found

        monkeypatch.setattr(floor, "_phones", phones)
        made = floor.board()
        assert (made.epoch, made.revision) != floor.moment()
