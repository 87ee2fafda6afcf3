"""What the run of one phone's erasure sees of its port, and how long it waits there. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from wipe_station.phone_links.hand import Baseline, Hand, Wants


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long each wait lasts, in seconds; real phones take minutes (general knowledge)."""

    press_s: float = 1800.0
    """For the owner's finger on the phone, until it goes."""
    restart_s: float = 300.0
    """Until a phone that was sent into another mode is there in it."""
    away_s: float = 1200.0
    stranger_s: float = 600.0
    look_s: float = 1800.0
    """Until what came back was looked at, and photographed."""
    between_s: float = 3600.0
    short_absence_s: float = 5.0
    """No reset is so short."""
    again_s: float = 10.0
    """Between two looks at the same phone in the same mode."""
    warmth_s: float = 20.0
    """Between two readings of its temperature."""
    cool_s: float = 1800.0
    """For a phone to cool down that became too hot while it filled its free space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """The phone that hangs on a port now."""

    visit: int
    """Counts plugging-ins at all ports."""
    absent_s: float
    """How long the port was empty before it came."""
    same: Callable[[Baseline], bool | None]
    """Whether USB alone calls it the phone of before; None where USB does not tell."""
    hand: Hand | None
    """None where it cannot be spoken to now."""
    wants: Wants | None
    """What its owner must do first."""
    pair_again: Callable[[Baseline], tuple[Baseline, Wants | None]] | None = None
    """An iPhone's: what lets more be seen of it after a reset (``IPhoneHand.pair_again``)."""


class Place(Protocol):
    """One port, as the bench sees it."""

    def now(self) -> Stand | None:
        """Return what hangs there."""

    def empty_s(self) -> float:
        """Return how long nothing has hung there; 0 while something does."""
