"""Reads one phone's temperature again and again, as long as it can be read. I/O.

One short question each time; nothing else of the phone is read for it. A phone that is away, or
lets nobody ask, is as warm as it was last.
"""

import logging
import time

from wipe_station.errors import DeviceError, MalformedReplyError
from wipe_station.phone_links.hand import Hand
from wipe_station.phones.warmth import Warmth

_log = logging.getLogger(__name__)


class Thermometer:
    """One phone's; one caller at a time."""

    def __init__(self, every_s: float, celsius: float | None = None) -> None:
        """Know nothing, or what was read along with everything else.

        Args:
            every_s: between two readings.
            celsius: as just read; the next reading is due ``every_s`` later.
        """
        self._every_s = every_s
        self.warmth = Warmth().after(celsius)
        self._next_s = 0.0 if celsius is None else time.monotonic() + every_s

    @property
    def due(self) -> bool:
        """Whether it is time for another reading."""
        return time.monotonic() >= self._next_s

    def look(self, hand: Hand | None) -> bool:
        """Read, if it is time; return whether there is anything new to be shown.

        Args:
            hand: of the phone; None where it cannot be spoken to now.
        """
        if hand is None or not self.due:
            return False
        before = self.warmth
        try:
            self.warmth = before.after(hand.temperature())
        except (DeviceError, MalformedReplyError) as error:
            _log.info("no temperature: %s", error)
        self._next_s = time.monotonic() + self._every_s
        return self.warmth != before
