"""A phone's page in a real browser: holding, following, answering and taking a photo.

The daemon answers as it is told; the browser, the scripts and the server are the real ones.
"""

import base64
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from certs.tests.browser import CHROMIUM, browser
from kiosk_ui.tests.boards import problem
from kiosk_ui.tests.browser import FakeDaemon, Served, served
from kiosk_ui.tests.phone_boards import (
    ACCOUNTS,
    CARD,
    CONSENT,
    PHONE_JOB_ID,
    PORT,
    ROUTES,
    VISIT,
    ended_phone_job,
    phone,
    phone_board,
    phone_held,
    phone_job,
    photo_job,
    ready_phone,
)
from wipe_station.phone_values import MOST_PHOTO_BYTES

pytestmark = pytest.mark.skipif(  # in CI what is missing fails
    "CI" not in os.environ and not CHROMIUM.exists(), reason="needs Debian's chromium"
)
LONGEST_MS: Final = 30_000
LEAST_TARGET_PX: Final = 44
TARGETS: Final = "main :is(button, .button, summary, a, .route label, input:not([type=radio]))"
SIZES: Final = {"phone": (390, 844), "counter": (1280, 800)}
SHOT: Final = """([width, height]) => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d").fillRect(0, 0, width / 2, height / 2);
  return canvas.toDataURL("image/png").split(",")[1];
}"""
NOISE: Final = """(input, [width, height]) => {
  const canvas = new OffscreenCanvas(width, height);
  const noise = new ImageData(width, height);
  for (let i = 0; i < noise.data.length; i += 65536)
    crypto.getRandomValues(noise.data.subarray(i, i + 65536));
  for (let i = 3; i < noise.data.length; i += 4) noise.data[i] = 255;
  canvas.getContext("2d").putImageData(noise, 0, 0);
  return canvas.convertToBlob().then((png) => {
    const chosen = new DataTransfer();
    chosen.items.add(new File([png], "noise.png", { type: "image/png" }));
    input.files = chosen.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}"""
"""The worst picture there is for a JPEG."""


class Screen:
    """One open page, its daemon, and every fault that the browser reported."""

    def __init__(self, page: Page, station: Served) -> None:
        self.page = page
        self.station = station
        self.faults: list[str] = []
        page.set_default_timeout(LONGEST_MS)
        page.on("console", lambda told: self.faults.append(told.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def open(self, path: str) -> None:
        """Open a page of the kiosk, and wait until it follows the daemon."""
        with self.page.expect_response(f"**{path}/live"):
            self.page.goto(self.station.url + path)

    def asked(self, end: str) -> list[bytes]:
        """Return what the daemon was asked to do by a path with this end."""
        return [body for _, path, body in self.station.daemon.asked if path.endswith(end)]

    def hold_button(self) -> Locator:
        """Return the button, as soon as it listens."""
        button = self.page.locator("button.hold")
        expect(button).to_be_enabled(timeout=LONGEST_MS)
        return button

    def press(self) -> None:
        """Put the mouse down on the button."""
        button = self.hold_button()
        button.scroll_into_view_if_needed()
        button.hover()
        self.page.mouse.down()

    def sees(self, text: str) -> None:
        """Wait until a text is seen."""
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=LONGEST_MS)


@pytest.fixture(scope="module", name="chromium")
def _chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@contextlib.contextmanager
def screen(chromium: Browser, daemon: FakeDaemon, **options: Any) -> Iterator[Screen]:
    """Open an empty page; afterwards no script error and no breach of policy may have happened."""
    with served(daemon) as station:
        context = chromium.new_context(**({"viewport": {"width": 1280, "height": 800}} | options))
        try:
            opened = Screen(context.new_page(), station)
            yield opened
            assert opened.faults == []
        finally:
            context.close()


def holding_daemon(hold_s: float) -> FakeDaemon:
    """Return a daemon with a phone that is ready, and asks for so long a press."""
    daemon = FakeDaemon(phone_board(ready_phone()))
    daemon.answers = {"/hold": phone_held(hold_s), "/erase": phone_job()}
    daemon.then = {"/erase": phone_board(ready_phone(job_id=PHONE_JOB_ID), phone_job())}
    return daemon


# --- hold ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["mouse", "touch", "key"])
def test_hold__long_enough__the_chosen_way_begins_and_its_job_is_shown(
    chromium: Browser, by: str
) -> None:
    """By finger, mouse or key: the way that was chosen is confirmed, and its job comes up."""
    with screen(chromium, holding_daemon(0.1), has_touch=True) as seen:
        seen.open(f"/phones/{PORT}")
        seen.page.get_by_label("句224").check()
        if by == "mouse":
            seen.press()
        elif by == "key":
            seen.hold_button().focus()
            seen.page.keyboard.down(" ")
        else:
            seen.hold_button().dispatch_event("pointerdown", {"button": 0, "pointerType": "touch"})
        seen.page.wait_for_url(f"**/phone-jobs/{PHONE_JOB_ID}")
        assert seen.asked("/hold") == [b'{"visit":7,"route":"settings"}']
        (used,) = seen.asked("/erase")
        assert b"n" * 43 in used
        seen.sees("句253")


@pytest.mark.parametrize("by", ["mouse", "key"])
def test_hold__let_go__nothing_begins_and_it_can_be_held_again(chromium: Browser, by: str) -> None:
    """Letting go cancels, whatever held it; the button is as it was."""
    with screen(chromium, holding_daemon(60)) as seen:
        seen.open(f"/phones/{PORT}")
        if by == "mouse":
            seen.press()
        else:
            seen.hold_button().focus()
            seen.page.keyboard.down("Enter")
        seen.sees("按住不放")
        if by == "mouse":
            seen.page.mouse.up()
        else:
            seen.page.keyboard.up("Enter")
        seen.sees("请机主按住 3 秒开始清除")
        assert seen.asked("/erase") == []


def test_hold__phone_unplugged_meanwhile__cancelled(chromium: Browser) -> None:
    """News that take the button away end the press: a finger that stays down begins nothing."""
    with screen(chromium, holding_daemon(0.5)) as seen:
        seen.open(f"/phones/{PORT}")
        seen.press()
        seen.sees("按住不放")
        seen.station.show(phone_board(revision=2))
        seen.sees("手机已经拔掉了")
        seen.station.show(phone_board(ready_phone(visit=VISIT + 1), revision=3))
        seen.hold_button()
        seen.page.wait_for_timeout(600)  # longer than the button would have been held
        assert seen.asked("/erase") == []


def test_hold__daemon_refuses__said_below_the_button(chromium: Browser) -> None:
    """Why nothing began stands where the owner looks."""
    daemon = holding_daemon(0.1)
    daemon.problem = (problem(), 409)
    with screen(chromium, daemon) as seen:
        seen.open(f"/phones/{PORT}")
        seen.press()
        seen.sees("句71 句72")
        seen.sees("请机主按住 3 秒开始清除")
        seen.faults = [fault for fault in seen.faults if "409" not in fault]


def test_hold__news_that_change_nothing_for_it__the_press_goes_on(chromium: Browser) -> None:
    """A board that changes elsewhere neither stops a press nor takes the choice back."""
    with screen(chromium, holding_daemon(1.5)) as seen:
        seen.open(f"/phones/{PORT}")
        seen.page.get_by_label("句224").check()
        seen.press()
        seen.sees("按住不放")
        seen.station.show(phone_board(ready_phone(), phone(port="1-99"), revision=2))
        seen.page.wait_for_url(f"**/phone-jobs/{PHONE_JOB_ID}")
        assert seen.asked("/hold") == [b'{"visit":7,"route":"settings"}']


# --- following ----------------------------------------------------------------------------------


def test_phone__becomes_ready__followed_without_losing_what_was_typed(chromium: Browser) -> None:
    """The page goes on with its phone; a number half typed and what was unfolded stay."""
    daemon = FakeDaemon(phone_board(phone()))
    with screen(chromium, daemon) as seen:
        seen.open(f"/phones/{PORT}")
        seen.page.get_by_label("员工号").fill("12")
        seen.page.locator("#closed-routes summary").click()
        seen.page.evaluate("window.opened = true")
        seen.station.show(phone_board(phone(gates=(CARD, CONSENT)), revision=2))
        expect(seen.page.locator("#gate-accounts-unknown")).to_have_count(0)
        seen.station.show(phone_board(ready_phone(), revision=3))
        expect(seen.page.get_by_label("员工号")).to_have_value("12")
        expect(seen.page.locator("#closed-routes li").first).to_be_visible()
        seen.hold_button()
        assert seen.page.evaluate("window.opened")


def test_phone__way_chosen_and_news__the_choice_stays(chromium: Browser) -> None:
    """A choice that the owner made is not taken back by news."""
    with screen(chromium, FakeDaemon(phone_board(ready_phone()))) as seen:
        seen.open(f"/phones/{PORT}")
        seen.page.get_by_label("句224").check()
        more = (*ROUTES[:2], ROUTES[2].model_copy(update={"closed": None}))
        seen.station.show(phone_board(ready_phone(routes=more), revision=2))
        expect(seen.page.locator("#route-fastboot")).to_be_visible()
        expect(seen.page.get_by_label("句224")).to_be_checked()


def test_intake__shown_and_agreed__noted_without_leaving_the_page(chromium: Browser) -> None:
    """The number is typed once for all taps, and each tap's effect shows by itself."""
    daemon = FakeDaemon(phone_board(phone(gates=(ACCOUNTS, CONSENT))))
    daemon.answers = {"/intake": phone(), "/consent": ready_phone()}
    noted = phone(gates=(CONSENT,), shown=("no-accounts",))
    daemon.then = {
        "/intake": phone_board(noted, revision=2),
        "/consent": phone_board(ready_phone(), revision=3),
    }
    with screen(chromium, daemon) as seen:
        seen.open(f"/phones/{PORT}")
        seen.page.get_by_role("button", name="机主已经给我看过").click()
        seen.sees("还没有写员工号。")
        assert seen.asked("/intake") == []
        seen.page.get_by_label("员工号").fill("12")
        seen.page.keyboard.press("Enter")
        seen.page.get_by_role("button", name="机主已经给我看过").click()
        seen.sees("没有登录账号")
        expect(seen.page.get_by_text("还没有写员工号。")).to_have_count(0)
        seen.page.get_by_role("button", name="机主同意清除").click()
        seen.hold_button()
        assert seen.asked("/intake") == [b'{"visit":7,"staff":"12","shown":["no-accounts"]}']
        assert seen.asked("/consent") == [b'{"visit":7,"staff":"12"}']
        seen.faults = [fault for fault in seen.faults if "422" not in fault]


def test_job__waits__its_clock_runs(chromium: Browser) -> None:
    """A clock that stands still would say that nothing happens."""
    with screen(chromium, FakeDaemon(phone_board(phone_job(waits_s=58)))) as seen:
        seen.open(f"/phone-jobs/{PHONE_JOB_ID}")
        seen.sees("1:02")
        value = seen.page.locator("progress.waits").evaluate("each => each.value")
        assert 61 <= value <= 64


def test_job__goes_on_and_ends__followed_to_its_papers(chromium: Browser) -> None:
    """From waiting to the certificate on one page that nobody loads again."""
    with screen(chromium, FakeDaemon(phone_board(phone_job()))) as seen:
        seen.open(f"/phone-jobs/{PHONE_JOB_ID}")
        seen.page.get_by_text("放弃", exact=True).click()
        expect(seen.page.get_by_role("button", name="确定放弃")).to_be_visible()
        seen.station.show(phone_board(phone_job(waits_s=70), revision=2))
        seen.sees("1:1")
        expect(seen.page.get_by_role("button", name="确定放弃")).to_be_visible()
        seen.station.show(phone_board(ended_phone_job(), revision=3))
        seen.sees("看证明（PDF）")
        seen.station.show(phone_board(revision=4))
        seen.sees("这台手机已经不在柜台上了。")


# --- photo --------------------------------------------------------------------------------------


def photo_daemon() -> FakeDaemon:
    """Return a daemon that waits for a photo."""
    daemon = FakeDaemon(phone_board(photo_job()))
    daemon.answers = {"/photo": photo_job()}
    daemon.then = {"/photo": phone_board(photo_job(photographed=True), revision=2)}
    return daemon


def png(page: Page, width: int, height: int) -> FilePayload:
    """Return a picture as a file that somebody chose."""
    data = base64.b64decode(page.evaluate(SHOT, [width, height]))
    return {"name": "p.png", "mimeType": "image/png", "buffer": data}


def size_of(jpeg: bytes) -> tuple[int, int]:
    """Return width and height as a JPEG's frame header has them."""
    place = 2
    while jpeg[place + 1] not in (0xC0, 0xC2):
        place += 2 + int.from_bytes(jpeg[place + 2 : place + 4])
    height, width = jpeg[place + 5 : place + 7], jpeg[place + 7 : place + 9]
    return int.from_bytes(width), int.from_bytes(height)


@pytest.mark.parametrize(
    ("taken", "sent"),
    [((3000, 2000), (1280, 853)), ((600, 2560), (300, 1280)), ((320, 200), (320, 200))],
    ids=str,
)
def test_photo__chosen__made_small_handed_in_and_shown(
    chromium: Browser, taken: tuple[int, int], sent: tuple[int, int]
) -> None:
    """A photo of any size arrives as a JPEG of 1280 pixels at most, and the clerk sees it."""
    with screen(chromium, photo_daemon()) as seen:
        seen.open(f"/phone-jobs/{PHONE_JOB_ID}")
        canvas = seen.page.locator("form.photo canvas")
        expect(canvas).to_be_hidden()
        seen.page.locator("input[type=file]").set_input_files(png(seen.page, *taken))
        seen.sees("照片已经交给工作站。")
        seen.sees("照片已经收下。")
        expect(canvas).to_be_visible()
        (jpeg,) = seen.asked("/photo")
        assert len(jpeg) <= MOST_PHOTO_BYTES
        assert size_of(jpeg) == sent


def test_photo__nothing_but_noise__still_small_enough(chromium: Browser) -> None:
    """The largest photo that the page can send is one that the daemon takes."""
    with screen(chromium, photo_daemon()) as seen:
        seen.open(f"/phone-jobs/{PHONE_JOB_ID}")
        seen.page.locator("input[type=file]").evaluate(NOISE, [1280, 1280])
        seen.sees("照片已经交给工作站。")
        (jpeg,) = seen.asked("/photo")
        assert size_of(jpeg) == (1280, 1280)
        assert len(jpeg) <= MOST_PHOTO_BYTES


def test_photo__no_picture__said_and_nothing_sent(chromium: Browser, tmp_path: Path) -> None:
    """A file that is no picture is refused at once, in words."""
    text = tmp_path / "note.jpg"
    text.write_bytes(b"no picture")
    with screen(chromium, photo_daemon()) as seen:
        seen.open(f"/phone-jobs/{PHONE_JOB_ID}")
        seen.page.locator("input[type=file]").set_input_files(text)
        seen.sees("这不是能用的照片。")
        assert seen.asked("/photo") == []


def test_photo__station_away__said_and_can_be_tried_again(chromium: Browser) -> None:
    """A photo that was not handed in is not called handed in."""
    daemon = photo_daemon()
    daemon.problem = (problem(), 409)
    with screen(chromium, daemon) as seen:
        seen.open(f"/phone-jobs/{PHONE_JOB_ID}")
        picture = png(seen.page, 64, 64)
        seen.page.locator("input[type=file]").set_input_files(picture)
        seen.sees("句71 句72")
        daemon.problem = None
        seen.page.locator("input[type=file]").set_input_files(picture)
        seen.sees("照片已经交给工作站。")
        seen.faults = [fault for fault in seen.faults if "409" not in fault]


def test_photo__browser_without_a_camera_of_its_own__says_what_to_do(chromium: Browser) -> None:
    """Where a file field calls no camera the page says so; where one does it keeps quiet."""
    hint = "这台机器上没有能直接用的相机"
    with screen(chromium, photo_daemon()) as seen:
        seen.open(f"/phone-jobs/{PHONE_JOB_ID}")
        seen.sees(hint)
        seen.page.add_init_script('HTMLInputElement.prototype.capture = "";')
        seen.open(f"/phone-jobs/{PHONE_JOB_ID}")
        expect(seen.page.get_by_text(hint)).to_be_hidden()


# --- layout -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages__on_every_screen__nothing_sticks_out_and_each_target_is_big_enough(
    chromium: Browser, size: tuple[int, int], language: str
) -> None:
    """On a phone's screen and on the counter's no page scrolls sideways, and fingers hit."""
    shown = phone_board(phone(port="1-98"), ready_phone(), photo_job(), ended_phone_job())
    daemon = FakeDaemon(shown)
    viewport = {"width": size[0], "height": size[1]}
    with screen(chromium, daemon, viewport=viewport) as seen:
        cookie = {"name": "language", "value": language, "url": seen.station.url}
        seen.page.context.add_cookies([cookie])  # type: ignore[list-item] # a TypedDict
        for path in ("/phones/1-98", f"/phones/{PORT}", f"/phone-jobs/{PHONE_JOB_ID}", ""):
            seen.open(path)
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= size[0]
            for target in seen.page.locator(TARGETS).all():
                box = target.bounding_box() if target.is_visible() else None
                assert box is None or box["height"] >= LEAST_TARGET_PX, target.inner_text()
