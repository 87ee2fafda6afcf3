"""The photo of the setup screen: from a file that a browser chose to the daemon's bytes."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from certs.tests.browser import browser
from kiosk_ui.tests.boards import problem
from kiosk_ui.tests.browser import FakeDaemon
from kiosk_ui.tests.phone_boards import PHONE_JOB_ID, phone_board, photo_job
from kiosk_ui.tests.screen import NEEDS_CHROMIUM, screen
from wipe_station.phone_values import MOST_PHOTO_BYTES

pytestmark = NEEDS_CHROMIUM
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


@pytest.fixture(scope="module", name="chromium")
def _chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


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
        expect(seen.page.get_by_text("照片已经收下。")).to_be_hidden()  # once is enough
        expect(canvas).to_be_visible()
        (jpeg,) = seen.asked("/photo")
        assert len(jpeg) <= MOST_PHOTO_BYTES
        assert size_of(jpeg) == sent
        seen.open(f"/phone-jobs/{PHONE_JOB_ID}")
        seen.sees("照片已经收下。")


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
