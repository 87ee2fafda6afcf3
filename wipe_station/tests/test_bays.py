"""Which devices are a station's business: the practice folder, or what is plugged in."""

from pathlib import PurePath

import pytest

from wipe_station.bays import everywhere, plugged_in, practice_drives
from wipe_station.detect.classify import classify
from wipe_station.records import DeviceFacts
from wipe_station.testing import raw_disk, raw_snapshot


def loop(file: str) -> DeviceFacts:
    """Return a constructed loop drive on a file."""
    disk = raw_disk(attrs={"loop/backing_file": file, "device/serial": ""})
    return classify(raw_snapshot({"loop3": disk})).devices[0]


DISK = classify(raw_snapshot({"sda": raw_disk()})).devices[0]


@pytest.mark.parametrize(
    ("file", "holds"),
    [
        ("/srv/practice/a.img", True),
        ("/srv/practice/deeper/a.img", True),
        ("/srv/practice-not/a.img", False),
        ("/srv/a.img", False),
        ("/srv/practice/../a.img", False),
        ("/srv/practice/a.img (deleted)", True),
        ("a.img", False),
    ],
)
def test_practice_drives__only_files_below_the_folder(file: str, holds: bool) -> None:
    """A practice station minds the loop drives of its own folder and no other."""
    assert practice_drives(PurePath("/srv/practice"))(loop(file)) is holds


def test_practice_drives__real_disk__never() -> None:
    """A practice station can never touch a real device."""
    assert not practice_drives(PurePath("/"))(DISK)


def test_plugged_in__loop_drive__never() -> None:
    """On an appliance no loop drive is a trade-in: it may be the system's own."""
    assert not plugged_in(loop("/srv/a.img"))
    assert plugged_in(DISK)


def test_everywhere__any__minded() -> None:
    """The command line without a daemon minds what a person names."""
    assert everywhere(DISK)
    assert everywhere(loop("/a.img"))
