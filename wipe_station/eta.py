"""Remaining time as an honest range, from monotonic samples. Pure."""

from collections import deque
from typing import Final

WINDOW_S: Final = 1.0
WINDOWS: Final = 30
NEEDED_WINDOWS: Final = 2
SLOWEST_RATIO: Final = 0.25
"""A stall of a second must not promise years: the slow end is at least this part of the mean."""


class Eta:
    """Speeds of the last half minute, second by second; their extremes bound what remains."""

    def __init__(self) -> None:
        self._speeds: deque[float] = deque(maxlen=WINDOWS)
        self._last: tuple[float, int] | None = None

    def update(self, now_s: float, done_bytes: int) -> None:
        """Take a sample.

        Args:
            now_s: seconds of a clock that never goes back.
            done_bytes: bytes done so far; a smaller number than before starts anew.
        """
        if self._last is None or done_bytes < self._last[1] or now_s < self._last[0]:
            self._last = (now_s, done_bytes)
            self._speeds.clear()
            return
        elapsed = now_s - self._last[0]
        if elapsed >= WINDOW_S:
            self._speeds.append((done_bytes - self._last[1]) / elapsed)
            self._last = (now_s, done_bytes)

    def mean_bytes_per_s(self) -> float | None:
        """Return the mean speed of the last half minute, or None while unknown."""
        if len(self._speeds) < NEEDED_WINDOWS:
            return None
        return sum(self._speeds) / len(self._speeds)

    def range_s(self, remaining_bytes: int) -> tuple[float, float] | None:
        """Return the shortest and longest time for what remains, or None while unknown."""
        if remaining_bytes <= 0:
            return 0.0, 0.0
        mean = self.mean_bytes_per_s()
        if mean is None or mean <= 0:
            return None
        slowest = max(min(self._speeds), mean * SLOWEST_RATIO)
        return remaining_bytes / max(self._speeds), remaining_bytes / slowest
