"""The counter while something takes its time."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from wipe_station.bays import BayMap
from wipe_station.clock import SystemClock
from wipe_station.counter import Parts
from wipe_station.detect.classify import World, classify
from wipe_station.floor import Floor
from wipe_station.self_test import SelfTest
from wipe_station.station import Station
from wipe_station.store import Store
from wipe_station.testing import raw_disk, raw_snapshot
from wipe_station.write_guard import WriteGuard

SOON_S = 20.0


def test_board__while_a_look_at_the_machine_lasts__answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device that answers nobody holds up the look at it, not the screen of all others."""
    clock = SystemClock()
    guard = WriteGuard(clock)
    self_test = SelfTest(tmp_path, clock)
    station = Station(tmp_path, clock, guard=guard, require_self_test=self_test.require)
    looking, answered = Event(), Event()

    def look() -> World:
        looking.set()
        answered.wait(SOON_S)
        return classify(raw_snapshot({"sdzz": raw_disk()}))

    monkeypatch.setattr(station.lookout, "look", look)
    with closing(Store(tmp_path / "station.db")) as store, ThreadPoolExecutor(2) as aside:
        floor = Floor(
            Parts(
                state=tmp_path,
                station=station,
                store=store,
                guard=guard,
                clock=clock,
                bays=BayMap(),
                self_test=self_test,
                gate=None,
                bench=None,
                practice=False,
                witnessing=station.log.witnessing(()),
            )
        )
        looked = aside.submit(floor.rescan)
        try:
            assert looking.wait(SOON_S)
            assert aside.submit(floor.board).result(SOON_S / 4).devices == ()
        finally:
            answered.set()
        looked.result(SOON_S)
        assert [device.node for device in floor.board().devices] == ["/dev/sdzz"]
