"""What a device refuses while a step moves bytes: cut down, remembered, and bounded. I/O.

Shared by the pump's threads. Time runs over all of them, so that six threads on six bad places
spend it six times as fast.
"""

import errno
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from wipe_station.overwrite.damage import HOPELESS, USUAL, Attempt, Limits, Range, salvage
from wipe_station.records import IoFailure


def failed_transfer(start_byte: int, length: int, operation: str, code: int | None) -> IoFailure:
    """Return a failed transfer with the name of its error number."""
    name = errno.errorcode.get(code or 0, str(code))
    return IoFailure(
        start_byte=start_byte,
        end_byte=start_byte + length,
        operation=operation,
        errno_name=name,
    )


def _nobody_asks() -> None:
    """The device is there as long as nobody says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """How to deal with a device and with what it refuses."""

    sector_bytes: int
    """Logical: differences are told in these."""
    leaf_bytes: int
    """Physical sector: what is refused is cut down to this."""
    limits: Limits = USUAL
    """How much trouble to put up with."""
    still_there: Callable[[], None] = _nobody_asks
    """Raises where the device is another one by now; asked after a failure."""


class Trouble:
    """What a step met: places that stay refused, and whether that is enough."""

    def __init__(self, operation: str, handling: Handling) -> None:
        self._operation = operation
        self._limits = handling.limits
        self._still_there = handling.still_there
        self._leaf_bytes = handling.leaf_bytes
        self._places: list[IoFailure] = []
        self._told = 0
        self._spent_s = 0.0
        self._latest: IoFailure | None = None
        self._lock = threading.Lock()
        self.hopeless: IoFailure | None = None
        """A failure that no smaller transfer mends; it ends the step."""

    def may_go_on(self) -> bool:
        """Tell whether the device is worth more time."""
        limits = self._limits
        return len(self._places) < limits.most_places and self._spent_s < limits.most_s

    def met(self, start: int, end: int, code: int, attempt: Attempt) -> int | None:
        """Deal with a transfer that failed.

        Returns:
            how many bytes stay refused; None if the step must end.

        Raises:
            DeviceGoneError: it is another device by now, or none.
        """
        self._still_there()
        self._latest = failed_transfer(start, end - start, self._operation, code)
        if code in HOPELESS:
            self.hopeless = self._latest
            return None
        timed, lost = self._timed(attempt), 0
        for low, high, why in salvage(start, end, self._leaf_bytes, timed, self.may_go_on):
            failure = failed_transfer(low, high - low, self._operation, why)
            if why in HOPELESS:
                self._still_there()
                self.hopeless = failure
                return None
            lost += high - low
            with self._lock:
                self._places.append(failure)
        return lost

    def _timed(self, attempt: Attempt) -> Attempt:
        """Count the time of each attempt at once: one unit alone may take longer than all may."""

        def timed(low: int, high: int) -> int | None:
            began_s = time.monotonic()
            try:
                return attempt(low, high)
            finally:
                with self._lock:
                    self._spent_s += time.monotonic() - began_s

        return timed

    @property
    def was_met(self) -> bool:
        """Tell whether any transfer failed, mended or not."""
        return self._latest is not None

    def places(self) -> list[Range]:
        """Return the places that stay refused, in the order of happening."""
        with self._lock:
            return [place.range for place in self._places]

    def news(self) -> list[IoFailure]:
        """Return the places that stay refused and were not told yet."""
        with self._lock:
            told, self._told = self._told, len(self._places)
            return self._places[told:]

    def failures(self) -> tuple[IoFailure, ...]:
        """Return what ended the step, or the last trouble before patience did; empty if nothing."""
        if self.hopeless is not None:
            return (self.hopeless,)
        if self.may_go_on() or self._latest is None:
            return ()
        return (self._latest,)
