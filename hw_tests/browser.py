"""Debian's Chromium on the counter's page, used as a clerk uses it.

Every fault that it reports fails the test.
"""

import contextlib
from collections.abc import Iterator

from playwright.sync_api import ConsoleMessage, Error, Locator, Page, expect

from certs.tests.browser import browser

LONGEST_MS = 60_000
NETWORK_FAULTS = ("net::ERR_", "Failed to fetch", "htmx:sse:error: network error")
"""What a browser rightly says while the kiosk's process is being started again."""


class Counter:
    """The counter's page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.faults: list[str] = []
        page.set_default_timeout(LONGEST_MS)
        page.on("console", self._hear)
        page.on("pageerror", self._error)
        page.goto(url)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(message.text)

    def _error(self, error: Error) -> None:
        self.faults.append(str(error))

    def cards(self) -> Locator:
        """Return the cards of devices and jobs."""
        return self.page.locator("article.card")

    def job(self) -> Locator:
        """Return the card of the only job."""
        return self.page.locator("article.job")

    def say(self, text: str) -> Locator:
        """Return what says a text."""
        return self.page.get_by_text(text, exact=True)

    def hold_button(self) -> Locator:
        """Return the button that begins a wipe, as soon as it listens."""
        button = self.page.locator("button.hold")
        expect(button).to_be_enabled(timeout=LONGEST_MS)
        return button

    def hold(self, for_ms: int | None = None) -> None:
        """Press the button with a finger's worth of patience, or too little of it.

        Args:
            for_ms: let go after this time; None means when the page has gone on.
        """
        button = self.hold_button()
        button.scroll_into_view_if_needed()
        box = button.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.page.mouse.down()
        if for_ms is None:
            self.page.wait_for_url("**/#job-*")
        else:
            self.page.wait_for_timeout(for_ms)
        self.page.mouse.up()

    def done_bytes(self) -> int:
        """Return what the progress bar of the only job shows."""
        return int(self.job().locator("progress").get_attribute("value") or 0)

    def sees(self, locator: Locator) -> None:
        """Wait until something is seen."""
        expect(locator).to_be_visible(timeout=LONGEST_MS)


@contextlib.contextmanager
def counter(url: str) -> Iterator[Counter]:
    """Open the counter's page; no script error and no breach of its policy may have happened."""
    with browser() as started:
        opened = Counter(started.new_page(viewport={"width": 1280, "height": 800}), url)
        yield opened
        known = [f for f in opened.faults if not any(n in f for n in NETWORK_FAULTS)]
        assert known == [], known
