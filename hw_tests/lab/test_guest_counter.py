"""The whole counter: devices on the guest's real drivers, a finger on its page in a browser."""

import contextlib
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from hw_tests.lab import inside, inside_page
from hw_tests.lab.android_usb import on_usb
from hw_tests.lab.bench import Device, Kind, plug, pull
from hw_tests.lab.guest import Guest
from hw_tests.lab.iphone_usb import IPhoneOnUsb
from hw_tests.lab.iphone_usb import on_usb as iphone_on_usb
from hw_tests.lab.touch import Finger, fingers
from hw_tests.lab.tunnel import tunnel
from hw_tests.loop import make_file, scratch
from hw_tests.phones import iphone as apple
from hw_tests.phones.android import FILES, MARKER, AndroidPhone, Lie
from hw_tests.planted import note_pdf
from hw_tests.whole_station import until
from hw_tests.written import words_in
from wipe_station.accounts import UNREGISTERED

STATE = "/run/station"
START_S = 300.0
END_S = 60.0
CROWD_S = 600.0
SOON_MS = 3000
STICK_BYTES = 8 << 20
SECRET = b"Dear diary, nobody else may ever read this. "


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A guest with a station, and a screen with its page."""

    guest: Guest
    screen: Finger
    folder: Path


@pytest.fixture(scope="module", name="opened")
def _opened() -> Iterator[Counter]:
    """Return a running station and its page under a finger."""
    with scratch() as folder, Guest() as guest, tunnel(guest) as port:
        pid = guest.call(inside_page.start_up, STATE, port, timeout_s=START_S)
        assert guest.call(inside_page.user_of_page) == UNREGISTERED
        with fingers(f"http://127.0.0.1:{port}/") as screen:
            yield Counter(guest=guest, screen=screen, folder=folder)
        guest.call(inside.tell, pid, 15)
        assert guest.call(inside.ended, pid, timeout_s=END_S) == 0


@pytest.fixture
def counter(opened: Counter) -> Counter:
    """Return it with its first page on the screen, whatever the test before has left there."""
    opened.screen.page.goto(opened.screen.url)
    return opened


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


def holding(counter: Counter, words: Sequence[str]) -> list[str]:
    """Return every file that was written in the guest and has a word in its name or content.

    The search is the host's: what unpacks a PDF takes seconds in an emulated processor.
    """
    return [
        path
        for path, content in counter.guest.call(inside_page.written, timeout_s=CROWD_S).items()
        if any(word in path for word in words) or words_in(bytes.fromhex(content), words)
    ]


def written_about_people(
    counter: Counter, *archives: Path, words: Sequence[str] = SECRETS
) -> list[str]:
    """Return where something of a phone's owner stands, in the guest and in what was taken home."""
    found = holding(counter, words)
    found += ["the kernel's log"] * any(each in counter.guest.console() for each in words)
    for archive in archives:
        with zipfile.ZipFile(archive) as opened:
            inside_it = [(each, opened.read(each)) for each in opened.namelist()]
        assert any(name.endswith(".pdf") for name, _ in inside_it)
        found += [name for name, data in inside_it if words_in(data, words)]
    return found


def test_phone__over_usb_by_touch__erased_by_its_owner_and_certified(counter: Counter) -> None:
    """The whole trade-in: facts, gates, consent, hold, two resets, a photograph, a certificate.

    It hangs on the USB 3 port of its socket, and between its resets on the USB 2 one.
    """
    guest, screen = counter.guest, counter.screen
    phone = AndroidPhone(serial="STORY01", accounts=[MARKER], super_speed=True)
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
        phone.super_speed = False
        reset_and_return(screen, phone, AWAY)
        let_look(screen, phone, screen.say(BETWEEN))
        screen.tap("开始第二次重置")
        screen.sees(screen.say(PRESS_AGAIN))
        phone.super_speed = True
        reset_and_return(screen, phone, AWAY_AGAIN)
        screen.sees(screen.say(PHOTOGRAPH))
        screen.photograph("拍照")
        screen.sees(screen.say("已清除"))
        archive = screen.download("全部文件（zip）", counter.folder)
        screen.tap("取走了")
        screen.sees(screen.say("这台手机已经不在柜台上了。"))
        screen.tap("回到柜台")
    assert (phone.files, phone.erasures) == ({}, 2)
    assert verified(counter, archive) == 0
    assert written_about_people(counter, archive) == []


def test_search__something_of_an_owners__found_wherever_it_was_written(counter: Counter) -> None:
    """The search for what must not be there finds it where it is."""
    places = ["/run/lab/there", "/tmp/there", "/var/there", f"{STATE}/there"]  # noqa: S108 - the guest's
    for place in places:
        counter.guest.call(inside.write_text, place, f"a note about {MARKER}")
    packed = note_pdf(f"a note about {MARKER}").decode("ascii")
    assert MARKER not in packed
    places.append(f"{STATE}/there.pdf")
    counter.guest.call(inside.write_text, places[-1], packed)
    found = holding(counter, SECRETS)
    counter.guest.call(inside.run, ["rm", *places])
    assert [any(each.endswith(place) for each in found) for place in places] == [True] * 5


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
        screen.sees(screen.page.locator(".against").get_by_text("清除前放进去的文件还在。"))
        archive = screen.download("全部文件（zip）", counter.folder)
        screen.tap("取走了")
    assert set(phone.files) > set(FILES), "its files and ours"
    assert verified(counter, archive) == 3
    assert written_about_people(counter, archive) == []


# --- many at once -------------------------------------------------------------------------------

EARLIER_UNIX_S = 1_700_000_000
CROWD = 8
LIAR = 5
KINDS = (Kind.STICK, Kind.STICK, Kind.UAS, Kind.NVME)
AGREED = {"staff": "7", "consents": ["erase"]}


def ask(counter: Counter, path: str, **what: object) -> Any:
    """Ask the daemon in the guest for something."""
    return counter.guest.call(inside_page.ask, path, **what)


def things_in(
    counter: Counter, kind: str, field: str, *values: str, count: int = CROWD
) -> list[Any]:
    """Wait until all phones, or erasures of them, are in one of some states; return them."""
    found: list[Any] = counter.guest.call(
        inside_page.board_when, kind, field, list(values), count, timeout_s=CROWD_S
    )
    return found


def phones_in(counter: Counter, *states: str) -> list[Any]:
    """Wait until the erasure of every phone is in one of some states; return them all."""
    return things_in(counter, "phone_jobs", "state", *states)


def take_drive_in(counter: Counter, drive: Device) -> str:
    """Plug a drive in, give it a ticket, and begin; return the ticket's number."""
    node = plug(counter.guest, drive)
    until(lambda: node in {d["node"] for d in counter.guest.call(inside_page.board)["devices"]})
    accepted = ask(counter, "/v1/tickets", device=node, description=drive.name, **AGREED)
    plan = ask(counter, "/v1/plans", device=node)
    held = ask(counter, "/v1/confirmations", device=node, plan_sha256=plan["plan_sha256"])
    same = {name: held[name] for name in ("confirmation", "diskseq", "plan_sha256")}
    ask(counter, "/v1/jobs", confirm=plan["confirmation"], **same)
    return str(accepted["ticket"]["number"])


def take_phone_in(
    counter: Counter, shown: Any, route: str = "guided", *, intake: bool = True
) -> None:
    """Note what its owner showed, and that she agrees; begin."""
    path, visit = f"/v1/phones/{shown['port']}", shown["visit"]
    if intake:
        ask(counter, f"{path}/intake", visit=visit, staff="7", shown=["no-accounts", "encrypted"])
    ask(counter, f"{path}/consent", visit=visit, staff="7")
    held = ask(counter, f"{path}/hold", visit=visit, route=route)
    same = {name: held[name] for name in ("confirmation", "plan_sha256")}
    ask(counter, f"{path}/erase", visit=visit, **same)


def reset_all(counter: Counter, phones: list[AndroidPhone], away: str) -> None:
    """Have owners reset their phones, and all of them return once all are away."""
    for phone in phones:
        phone.reset()
    phones_in(counter, away, "not-erased")
    for phone in phones:
        phone.arrive()


def each_in(counter: Counter, state: str, act: Callable[[str], object]) -> None:
    """Do something about each erasure in a state, as soon as no honest phone's is in another."""
    for job in phones_in(counter, state, "not-erased"):
        if job["state"] == state:
            act(f"/v1/phone-jobs/{job['job_id']}")


def drives_of(folder: Path) -> list[Device]:
    """Make a drive of each kind, with a past."""
    drives = []
    for number, kind in enumerate(KINDS):
        name, size_bytes = f"crowd{number}", (3 + number) << 20
        file = make_file(folder, size_bytes, name)
        with file.open("r+b") as medium:
            medium.write(SECRET * 1000)
        drives.append(Device(kind=kind, name=name, file=file, size_bytes=size_bytes))
    return drives


def take_away(counter: Counter, drives: list[Device]) -> None:
    """Hand all of it out."""
    board = counter.guest.call(inside_page.board)
    for kind, path in (("jobs", "jobs"), ("phone_jobs", "phone-jobs")):
        for job in board[kind]:
            ask(counter, f"/v1/{path}/{job['job_id']}/close")
    for drive in drives:
        pull(counter.guest, drive)


def test_crowd__eight_phones_and_four_drives__each_ends_as_it_is_on_its_own_ticket(
    counter: Counter,
) -> None:
    """Twelve at once on one guest; the one liar among them spoils nobody's certificate."""
    guest, screen = counter.guest, counter.screen
    phones = [AndroidPhone(serial=f"CROWD{n}", debugging=False) for n in range(CROWD)]
    phones[LIAR].lie = Lie.SETUP_ONLY
    honest = [phone for phone in phones if phone.lie is None]
    drives = drives_of(counter.folder)
    with contextlib.ExitStack() as plugged:
        for phone in phones:
            plugged.enter_context(on_usb(guest, phone, phone.serial))
        for shown in things_in(counter, "phones", "stage", "read", "ready"):
            take_phone_in(counter, shown)
        with ThreadPoolExecutor(len(drives)) as together:
            tickets = set(together.map(partial(take_drive_in, counter), drives))
        phones_in(counter, "asked")
        reset_all(counter, phones, "away")
        for phone in phones:
            phone.skip_setup()
        each_in(counter, "between", lambda path: ask(counter, f"{path}/press"))
        phones_in(counter, "asked-again", "not-erased")
        reset_all(counter, honest, "away-again")
        picture = screen.page.screenshot(type="jpeg", quality=20).hex()
        each_in(
            counter,
            "back-again",
            lambda path: guest.call(inside_page.hand_in, f"{path}/photo", picture),
        )
        ended = things_in(counter, "phone_jobs", "outcome", "verified", "failed")
        good = screen.page.locator("article.good")
        expect(good).to_have_count(len(honest) + len(drives), timeout=CROWD_S * 1000)
        take_away(counter, drives)
    failed = {f"MTP-CROWD{LIAR}-0"}
    assert {job["serial"] for job in ended if job["outcome"] == "failed"} == failed
    assert len({job["serial"] for job in ended}) == CROWD
    assert len(tickets | {job["ticket"] for job in ended}) == CROWD + len(drives)
    assert [phone.files for phone in honest] == [{}] * len(honest)
    assert not [drive.name for drive in drives if SECRET in drive.file.read_bytes()]
    assert written_about_people(counter) == []


# --- an iPhone ----------------------------------------------------------------------------------


@pytest.mark.parametrize("lie", [None, apple.Lie.NOTHING])
def test_iphone__over_usb_by_requests__judged_by_its_own_record(
    counter: Counter, lie: apple.Lie | None
) -> None:
    """Paired, read, asked to erase itself, away and back: a certificate, or a notice for a liar.

    Who comes a second time is still in custody, and its owner has agreed.
    """
    phone = apple.IPhone(lie=lie, erased_before_unix_s=EARLIER_UNIX_S)
    device, archive = IPhoneOnUsb(phone), counter.folder / f"iphone-{lie}.zip"
    with iphone_on_usb(counter.guest, device):
        (shown,) = things_in(counter, "phones", "stage", "read", "ready", count=1)
        take_phone_in(counter, shown, "ios-erase", intake=False)
        things_in(counter, "phone_jobs", "state", "away", count=1)
        with device.lock:
            phone.finish_boot()
        things_in(counter, "phone_jobs", "state", "back", "not-erased", count=1)
        counter.guest.call(inside_page.look_until_seen, timeout_s=CROWD_S)
        (job,) = things_in(counter, "phone_jobs", "outcome", "verified", "failed", count=1)
        path = f"/v1/phone-jobs/{job['job_id']}"
        bundle = counter.guest.call(inside_page.document, f"{path}/documents/bundle.zip")
        archive.write_bytes(bytes.fromhex(bundle))
        ask(counter, f"{path}/close")
    assert (job["outcome"], job["serial"]) == ("failed" if lie else "verified", apple.SERIAL)
    assert verified(counter, archive) == (3 if lie else 0)
    assert (phone.photos == {}) is (lie is None)
    assert not any(each.was_spoken_to for each in device.others)
    assert device.mux.complaints == []
    assert written_about_people(counter, archive, words=apple.MARKERS) == []
