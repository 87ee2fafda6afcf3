"""What a person is shown or told by a page: its texts, and the attributes that are read out."""

from html.parser import HTMLParser
from typing import Final

_SPOKEN: Final = ("aria-label", "title", "alt", "placeholder")
_SILENT: Final = ("script", "style")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []
        self._silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent = tag in _SILENT
        for name, value in attrs:
            # Scripts say what stands in data-: not where to ask, and not how long it takes.
            said = name in _SPOKEN or (name.startswith("data-") and "/" not in (value or ""))
            if said and value and name not in ("data-theme", "data-seconds"):
                self.read.append(value)

    def handle_endtag(self, tag: str) -> None:
        self._silent = self._silent and tag not in _SILENT

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._silent:
            self.read.append(data.strip())


def read_out(html: str) -> list[str]:
    """Return every text of a page."""
    reader = _Reader()
    reader.feed(html)
    return reader.read
