"""One overwrite by a phone under way: how far it is, and its rests while it is too hot. I/O."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from wipe_station.errors import DeviceError, MalformedReplyError
from wipe_station.phone_jobs.thermometer import Thermometer
from wipe_station.phone_links.hand import Hand
from wipe_station.phones.overwrite import NOTHING, Overwritten

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Filling:
    """Asked for by a run, in whose thread it goes on.

    A phone that is too hot is told nothing more until it has cooled down: what it has written
    stays, and it goes on where it was. One that does not cool down in time takes all away again.
    """

    thermometer: Thermometer
    ends: Callable[[], bool]
    """Whether somebody, or the phone, has ended it."""
    wait: Callable[[], None]
    """Waits for a moment."""
    on_change: Callable[[], None]
    cool_s: float
    """How long it may rest."""
    progress: tuple[int, int | None] | None = None
    """Bytes done, and in all."""

    def fill(self, hand: Hand, most_bytes: int | None) -> Overwritten:
        """Return what the phone read back: nothing of one that claims too much.

        Args:
            hand: of the phone of before.
            most_bytes: that it can hold; None where it did not say.
        """
        try:
            done = hand.overwrite(self._progressed, lambda: self._over(hand))
        except (DeviceError, MalformedReplyError) as error:
            _log.warning("overwrite broken off: %s", error)
            return NOTHING
        return NOTHING if most_bytes is not None and done.size_bytes > most_bytes else done

    def _progressed(self, done_bytes: int, total_bytes: int | None) -> None:
        self.progress = done_bytes, total_bytes
        self.on_change()

    def _over(self, hand: Hand) -> bool:
        """Tell between two files whether to end, once the phone is cool enough to go on."""
        began_s = time.monotonic()
        while not self.ends():
            if self.thermometer.look(hand):
                self.on_change()
            if not self.thermometer.warmth.hot:
                return False
            if time.monotonic() - began_s >= self.cool_s:
                _log.warning("overwrite given up: the phone stays too hot")
                return True
            self.wait()
        return True
