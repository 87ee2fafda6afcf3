"""Which devices are a station's business: the practice folder, or what is plugged in."""

import re
from dataclasses import replace
from pathlib import PurePath

import pytest

from wipe_station.bays import everywhere, parse_bay_map, plugged_in, practice_drives
from wipe_station.detect.classify import classify
from wipe_station.errors import InvalidInputError
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


FILE = """
version = 1
console = ["1-1", "3-2"]
[bays]
"1" = ["1-4.1", "2-4.1"]
"左" = ["1-4.2"]
"""


def test_bay_map__file__ports_by_kind_and_name() -> None:
    """A port and all below it are the console's or a bay's; hubs on the way are the station's."""
    made = parse_bay_map(FILE)
    assert made.declared
    assert [made.is_console(port) for port in ("1-1", "1-1.3", "1-10", "3-2", "3-1")] == [
        *(True, True, False, True, False)
    ]
    named = [made.name_of(port) for port in ("1-4.1", "2-4.1", "1-4.1.1", "1-4.2", "1-4.10")]
    assert named == ["1", "1", "1", "左", None]
    assert [made.is_own_hub(port) for port in ("1-4", "2-4", "1-4.1", "1-1", "3-2")] == [
        *(True, True, False, False, False)
    ]


def test_bay_map__console_port__its_drive_is_in_no_bay() -> None:
    """What is plugged into the console's own ports is never a trade-in."""
    made = parse_bay_map(FILE)
    assert made.holds(DISK)
    assert not made.holds(replace(DISK, usb_path="1-1.2"))
    assert made.holds(replace(DISK, usb_path="1-4.2"))
    assert not made.holds(loop("/srv/a.img"))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "version"),
        ("version = 2", "version"),
        ("version = 1\nbay = 1", "console"),
        ("version = 1\nconsole = 3", "console"),
        ('version = 1\nconsole = ["1"]', "1"),
        ('version = 1\nconsole = ["1-1:1.0"]', "1-1:1.0"),
        ("version = 1\nbays = 3", "bays"),
        ('version = 1\n[bays]\n"" = ["1-1"]', "''"),
        ('version = 1\n[bays]\n"1" = "1-1"', "1"),
        ('version = 1\nconsole = ["1-1"]\n[bays]\n"1" = ["1-1.4"]', "1-1.4"),
        ('version = 1\n[bays]\n"1" = ["1-1"]\n"2" = ["1-1"]', "1-1"),
        ("version = 1\n[bays", "table"),
    ],
)
def test_bay_map__not_understood__refused_with_what_is_wrong(text: str, named: str) -> None:
    """A file that says less or more than it may stops the start, and names the place."""
    with pytest.raises(InvalidInputError, match=re.escape(named)):
        parse_bay_map(text)
