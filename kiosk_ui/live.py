"""News from the daemon, for every open page: one question at a time, many listeners."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from time import monotonic
from typing import Final, Protocol

from wipe_station.board_values import BoardView
from wipe_station.client import ProblemError, StationAwayError

WAIT_S: Final = 20.0
AGAIN_AFTER_S: Final = 0.5
GATHER_S: Final = 0.1
"""Changes of one moment make one message."""
_log = logging.getLogger(__name__)


class Boards(Protocol):
    """What can be asked for the board."""

    async def board(
        self, epoch: str | None = None, after: int | None = None, wait_s: float = 0.0
    ) -> BoardView:
        """Return all that a screen shows."""


class Live:
    """The newest board, or none while the daemon is away."""

    def __init__(self, station: Boards) -> None:
        self._station = station
        self._listeners: set[asyncio.Event] = set()
        self.board: BoardView | None = None
        self._told_at = monotonic()

    async def refresh(self) -> BoardView | None:
        """Ask now; a page that is opened must not show what was."""
        try:
            self._set(await self._station.board())
        except (StationAwayError, ProblemError):
            self._set(None)
        return self.board

    async def follow(self) -> None:
        """Keep the board new for as long as the process lives."""
        while True:
            known = self.board
            try:
                if known is None:
                    self._set(await self._station.board())
                else:
                    self._set(await self._station.board(known.epoch, known.revision, WAIT_S))
            except (StationAwayError, ProblemError) as error:
                if known is not None:
                    _log.warning("the daemon is away: %s", error)
                self._set(None)
                await asyncio.sleep(AGAIN_AFTER_S)
            except Exception:  # noqa: BLE001 - nobody would see that this task had ended
                _log.exception("following the daemon failed; again in a moment")
                self._set(None)
                await asyncio.sleep(AGAIN_AFTER_S)

    def age_s(self) -> int:
        """Return for how long the board has been as it is shown: clocks on it went on."""
        return int(monotonic() - self._told_at)

    def _set(self, board: BoardView | None) -> None:
        self._told_at = monotonic()
        if board == self.board:
            return
        self.board = board
        for listener in self._listeners:
            listener.set()

    async def boards(self) -> AsyncIterator[BoardView | None]:
        """Yield the board as it is, and again after every change."""
        news = asyncio.Event()
        self._listeners.add(news)
        try:
            while True:
                news.clear()
                yield self.board
                await news.wait()
                await asyncio.sleep(GATHER_S)
        finally:
            self._listeners.discard(news)


@contextlib.asynccontextmanager
async def following(live: Live) -> AsyncIterator[None]:
    """Follow the daemon while the block runs."""
    task = asyncio.create_task(live.follow())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
