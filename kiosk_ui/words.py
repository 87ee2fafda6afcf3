"""The page in two languages: Chinese as written, English from the catalogue; times as people say.

Sizes and remaining times come from ``wipe_station.units``, which the command line uses, too.
"""

import io
from collections.abc import Mapping
from datetime import datetime, timedelta
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from typing import Final

from babel.dates import format_skeleton, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from certs.text import Language
from wipe_station.api_values import Words

LONG_S: Final = 20 * 60
"""Whoever waits longer than this may as well leave: say when it will be ready."""
_BABEL: Final = {Language.ZH: "zh_CN", Language.EN: "en"}


def load_catalogues() -> Mapping[Language, NullTranslations]:
    """Return the catalogues; Chinese needs none."""
    text = (files("kiosk_ui") / "locale/en/LC_MESSAGES/kiosk.po").read_bytes()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(text), locale="en"))
    compiled.seek(0)
    return {Language.ZH: NullTranslations(), Language.EN: GNUTranslations(compiled)}


def language_of(cookie: str | None) -> Language:
    """Return the language that a browser chose; Chinese unless it chose English."""
    return Language.EN if cookie == Language.EN.value else Language.ZH


def said(words: Words, language: Language) -> str:
    """Return the daemon's sentence in one language."""
    return words.zh if language is Language.ZH else words.en


def clock_time(moment: datetime, now: datetime, language: Language) -> str:
    """Say a time of day as people do, with the date if it is another day."""
    locale = _BABEL[language]
    pattern = "Bh:mm" if language is Language.ZH else "h:mm a"
    time_of_day = format_time(moment, pattern, locale=locale)
    if moment.date() == now.date():
        return time_of_day
    return f"{format_skeleton('MMMd', moment, locale=locale)} {time_of_day}"


def ready_between(
    low_s: int | None, high_s: int | None, now: datetime, language: Language
) -> tuple[str, str] | None:
    """Return between which times a long job will be ready, or None for a short or unknown one.

    Args:
        low_s: shortest remaining time.
        high_s: longest remaining time.
        now: local time.
        language: of the page.
    """
    if low_s is None or high_s is None or high_s < LONG_S:
        return None
    ends = (now + timedelta(seconds=low_s), now + timedelta(seconds=high_s))
    return clock_time(ends[0], now, language), clock_time(ends[1], now, language)
