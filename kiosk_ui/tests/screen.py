"""A phone's page in a real browser, over the real server; only the daemon answers as it is told."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from certs.tests.browser import CHROMIUM
from kiosk_ui.tests.browser import FakeDaemon, Served, served

LONGEST_MS: Final = 30_000
NEEDS_CHROMIUM: Final = pytest.mark.skipif(  # in CI what is missing fails
    "CI" not in os.environ and not CHROMIUM.exists(), reason="needs Debian's chromium"
)


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
