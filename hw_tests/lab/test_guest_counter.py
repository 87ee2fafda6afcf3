"""The whole counter: devices on the guest's real drivers, a finger on its page in a browser."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest

from hw_tests.lab import inside, inside_page
from hw_tests.lab.bench import Device, Kind, plug, pull
from hw_tests.lab.guest import Guest
from hw_tests.lab.touch import Finger, fingers
from hw_tests.lab.tunnel import tunnel
from hw_tests.loop import make_file, scratch
from wipe_station.accounts import UNREGISTERED

STATE = "/run/station"
START_S = 300.0
END_S = 60.0
STICK_BYTES = 8 << 20
SECRET = b"Dear diary, nobody else may ever read this. "


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A guest with a station, and a screen with its page."""

    guest: Guest
    screen: Finger
    folder: Path


@pytest.fixture(scope="module")
def counter() -> Iterator[Counter]:
    """Return a running station and its page under a finger."""
    with scratch() as folder, Guest() as guest, tunnel(guest) as port:
        pid = guest.call(inside_page.start_up, STATE, port, timeout_s=START_S)
        assert guest.call(inside_page.user_of_page) == UNREGISTERED
        with fingers(f"http://127.0.0.1:{port}/") as screen:
            yield Counter(guest=guest, screen=screen, folder=folder)
        guest.call(inside.tell, pid, 15)
        assert guest.call(inside.ended, pid, timeout_s=END_S) == 0


def verified(counter: Counter, archive: Path) -> int:
    """Check what was taken home as a stranger does; return the exit code."""
    root = counter.folder / "root.pem"
    root.write_text(counter.guest.call(inside.read_text, f"{STATE}/keys/practice-root.pem"))
    words = ("verify", str(archive), "--root", str(root), "--allow-practice")
    return inside.run([sys.executable, "-m", "certs", *words])["code"]


def test_page__asked_under_another_name__refused_through_the_tunnel(counter: Counter) -> None:
    """The way from the host into the guest takes nothing off the page's guard."""
    host = counter.screen.url.removeprefix("http://").rstrip("/")
    for named, status in ((host, 200), ("other.example", 421)):
        line = HTTPConnection(host)
        line.request("GET", "/", headers={"Host": named})
        assert line.getresponse().status == status
        line.close()


def test_counter__stick_plugged_in_and_held_by_touch__erased_and_documented(
    counter: Counter,
) -> None:
    """From the kernel's event to the downloaded certificate, nothing but a finger."""
    guest, screen, folder = counter.guest, counter.screen, counter.folder
    file = make_file(folder, STICK_BYTES, "stick")
    with file.open("r+b") as medium:
        medium.write(SECRET * 1000)
    stick = Device(kind=Kind.STICK, name="stick", file=file, size_bytes=STICK_BYTES)
    screen.sees(screen.say("请插上要处理的设备。"))
    plug(guest, stick)
    screen.tap("看计划，准备清除")
    screen.hold(for_ms=1000)
    screen.sees(screen.say("按住 3 秒开始清除，松手就取消"))
    assert guest.call(inside_page.board)["jobs"] == []
    screen.hold()
    screen.sees(screen.say("已清除，每个字节都核对过。"))
    archive = screen.download("全部文件（zip）", folder)
    screen.tap("取走了")
    pull(guest, stick)
    screen.sees(screen.say("请插上要处理的设备。"))
    assert verified(counter, archive) == 0
    assert SECRET not in file.read_bytes()
