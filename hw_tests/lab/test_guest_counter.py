"""The whole counter: devices on the guest's real drivers, a finger on its page in a browser."""

import contextlib
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest
from playwright.sync_api import Locator
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from hw_tests.lab import inside, inside_page
from hw_tests.lab.android_usb import on_usb
from hw_tests.lab.bench import Device, Kind, plug, pull
from hw_tests.lab.guest import Guest
from hw_tests.lab.touch import Finger, fingers
from hw_tests.lab.tunnel import tunnel
from hw_tests.loop import make_file, scratch
from hw_tests.phones.android import FILES, MARKER, AndroidPhone, Lie
from hw_tests.whole_station import until
from wipe_station.accounts import UNREGISTERED

STATE = "/run/station"
START_S = 300.0
END_S = 60.0
SOON_MS = 3000
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


# --- a phone ------------------------------------------------------------------------------------

SECRETS = [MARKER, "marker-jane", *(content.decode() for content in FILES.values())]
"""What no file of the station's may hold: names of people and files, and what stands in files."""
AWAY = "手机正在清除、重新启动，可能要几分钟。线不要拔。"
AWAY_AGAIN = "手机正在最后一次重置，可能要几分钟。线不要拔。"
PRESS = "请机主在手机上点“清除全部数据”。线不要拔。"
PRESS_AGAIN = "请在手机上再恢复一次出厂设置。线不要拔。"
SKIP = "跳过设置（不登录账号），选“文件传输”，让工作站看一眼。"
BETWEEN = "已经看到清除了。请点“再重置一次”，再在手机上恢复一次出厂设置。"
PHOTOGRAPH = "看到“欢迎使用”画面后，拍一张照片。"


def agree(screen: Finger) -> None:
    """Have the owner agree, and hold the button until the job is there."""
    screen.write(screen.page.locator("input[name=staff]"), "7")
    screen.tap("机主同意清除")
    screen.hold()
    screen.sees(screen.say(PRESS))


def reset_and_return(screen: Finger, phone: AndroidPhone, away: str) -> None:
    """Have the phone's owner reset it, and let it come back once the page says that it is away."""
    phone.reset()
    screen.sees(screen.say(away))
    phone.arrive()


def let_look(screen: Finger, phone: AndroidPhone, seen: Locator) -> None:
    """Go through the phone's setup, and have the station look, unless it has done so by itself."""
    screen.sees(screen.say(SKIP))
    phone.skip_setup()
    with contextlib.suppress(PlaywrightTimeout):
        screen.say("准备好了，让工作站看一眼").tap(timeout=SOON_MS)
    screen.sees(seen)


def written_about_people(counter: Counter, *archives: Path) -> list[str]:
    """Return where something of a phone's owner stands, in the guest and in what was taken home."""
    found = counter.guest.call(inside_page.holding, SECRETS)
    for archive in archives:
        with zipfile.ZipFile(archive) as opened:
            inside_it = [(each, opened.read(each)) for each in opened.namelist()]
        found += [n for n, data in inside_it if any(s.encode() in data for s in SECRETS)]
    return found


def test_phone__over_usb_by_touch__erased_by_its_owner_and_certified(counter: Counter) -> None:
    """The whole trade-in: facts, gates, consent, hold, two resets, a photograph, a certificate."""
    guest, screen = counter.guest, counter.screen
    phone = AndroidPhone(serial="STORY01", accounts=[MARKER])
    with on_usb(guest, phone):
        screen.tap("看这台手机")
        until(lambda: phone.asked)
        phone.allow()
        screen.sees(screen.page.locator("#fact-imeis").get_by_text(phone.imeis[0]))
        screen.sees(screen.page.locator("#gate-accounts"))
        phone.accounts.clear()
        phone.restart()
        phone.arrive()
        screen.sees(screen.page.locator("#fact-accounts").get_by_text("0", exact=True))
        agree(screen)
        reset_and_return(screen, phone, AWAY)
        let_look(screen, phone, screen.say(BETWEEN))
        screen.tap("开始第二次重置")
        screen.sees(screen.say(PRESS_AGAIN))
        reset_and_return(screen, phone, AWAY_AGAIN)
        screen.sees(screen.say(PHOTOGRAPH))
        screen.photograph("拍照")
        screen.sees(screen.say("已清除"))
        archive = screen.download("全部文件（zip）", counter.folder)
        screen.tap("取走了")
    assert (phone.files, phone.erasures) == ({}, 2)
    assert verified(counter, archive) == 0
    assert written_about_people(counter, archive) == []


def test_search__something_of_an_owners__found_wherever_it_was_written(counter: Counter) -> None:
    """The search for what must not be there finds it where it is."""
    places = ["/run/lab/there", "/tmp/there", "/var/there", f"{STATE}/there"]  # noqa: S108 - the guest's
    for place in places:
        counter.guest.call(inside.write_text, place, f"a note about {MARKER}")
    found = counter.guest.call(inside_page.holding, SECRETS)
    counter.guest.call(inside.run, ["rm", *places])
    assert [any(each.endswith(place) for each in found) for place in places] == [True] * 4


def test_phone__liar_that_asks_to_be_set_up__a_notice(counter: Counter) -> None:
    """It shows its setup and forgets everybody, and keeps the owner's files."""
    guest, screen = counter.guest, counter.screen
    phone = AndroidPhone(serial="STORY02", debugging=False, lie=Lie.SETUP_ONLY)
    with on_usb(guest, phone):
        screen.tap("看这台手机")
        screen.write(screen.page.locator("input[name=staff]"), "7")
        screen.tap("机主已经给我看过")
        screen.tap("机主给我看过：已加密")
        screen.tap("机主同意清除")
        screen.hold()
        screen.sees(screen.say(PRESS))
        reset_and_return(screen, phone, AWAY)
        let_look(screen, phone, screen.say("没有清除"))
        screen.sees(screen.say("清除前放进去的文件还在。"))
        archive = screen.download("全部文件（zip）", counter.folder)
        screen.tap("取走了")
    assert set(phone.files) > set(FILES), "its files and ours"
    assert verified(counter, archive) == 3
    assert written_about_people(counter, archive) == []
