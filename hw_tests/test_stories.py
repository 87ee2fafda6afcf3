"""The fault scripts of the lab on a loop drive; ``lab/test_guest_faults.py`` has them elsewhere."""

from collections.abc import Iterator

import pytest

from hw_tests.in_process import quick_station, wipe
from hw_tests.lab.fuse_medium import FuseMedium, fuse_medium
from hw_tests.lab.play import begin, was_met
from hw_tests.lab.scripts import SIZE_BYTES, STORIES, end_of
from hw_tests.loop import attach, scratch, unplug
from wipe_station.station import Station


@pytest.fixture(scope="module")
def stage() -> Iterator[tuple[Station, FuseMedium]]:
    """Return a station and a medium for all stories."""
    with (
        scratch() as folder,
        fuse_medium(folder, SIZE_BYTES) as medium,
        quick_station(folder / "state") as station,
    ):
        yield station, medium


@pytest.mark.parametrize("name", STORIES)
def test_story__on_a_loop_drive__ends_as_told_and_was_met(
    stage: tuple[Station, FuseMedium], name: str
) -> None:
    """Each script ends as stated beside it, and only because its faults were met."""
    story, (station, medium) = STORIES[name], stage
    begin(story, medium)
    drive = attach(medium.disk)
    try:
        medium.follow(*story.faults)
        assert end_of(wipe(station, drive.node, story.method)) == story.ends
        assert was_met(story, medium)
    finally:
        medium.tell(lift=True)
        unplug(drive)
