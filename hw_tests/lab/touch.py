"""The counter's page under a finger, in Debian's Chromium."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from playwright.sync_api import FilePayload, Locator, Page, ViewportSize

from certs.tests.browser import browser
from hw_tests.browser import NETWORK_FAULTS, Counter

JOB: Final = re.compile(r"/#job-|/phone-jobs/")
"""Where a page goes on when something has begun."""
SMALL_SCREEN: Final[ViewportSize] = {"width": 800, "height": 1280}


class Finger(Counter):
    """The page, touched; there is no mouse."""

    def __init__(self, page: Page, url: str) -> None:
        super().__init__(page, url)
        self._screen = page.context.new_cdp_session(page)

    def tap(self, text: str) -> None:
        """Tap what says a text."""
        self.say(text).tap()

    def press(self, button: Locator) -> None:
        """Put the finger down on a button, and leave it there."""
        button.scroll_into_view_if_needed()
        box = button.bounding_box()
        assert box is not None
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        self._touch("touchStart", at)

    def lift(self) -> None:
        """Take the finger off."""
        self._touch("touchEnd")

    def hold(self, for_ms: int | None = None) -> None:
        """Hold the button that begins, until the page has gone on or for some time."""
        self.press(self.hold_button())
        if for_ms is None:
            self.page.wait_for_url(JOB)
        else:
            self.page.wait_for_timeout(for_ms)
        self.lift()

    def download(self, text: str, folder: Path) -> Path:
        """Tap a document and return the file that the browser has saved."""
        with self.page.expect_download() as coming:
            self.tap(text)
        path = folder / coming.value.suggested_filename
        coming.value.save_as(path)
        return path

    def write(self, field: Locator, text: str) -> None:
        """Tap a field and type into it."""
        field.tap()
        self.page.keyboard.type(text)

    def photograph(self, text: str) -> None:
        """Tap what opens the camera, and hand over a picture of this very screen."""
        with self.page.expect_file_chooser() as opened:
            self.tap(text)
        picture = self.page.screenshot(type="jpeg", quality=50)
        taken = FilePayload(name="photo.jpg", mimeType="image/jpeg", buffer=picture)
        opened.value.set_files(taken)

    def _touch(self, kind: str, *points: dict[str, float]) -> None:
        event = {"type": kind, "touchPoints": list(points)}
        self._screen.send("Input.dispatchTouchEvent", event)


@contextlib.contextmanager
def fingers(url: str) -> Iterator[Finger]:
    """Open the counter's page on a touch screen; it may have had no fault in the end."""
    with browser() as started:
        context = started.new_context(viewport=SMALL_SCREEN, has_touch=True, accept_downloads=True)
        opened = Finger(context.new_page(), url)
        yield opened
        known = [f for f in opened.faults if not any(n in f for n in NETWORK_FAULTS)]
        assert known == [], known
