"""Which devices are not gone on with before a supervisor has seen to them. I/O.

A device is on hold while its ticket is frozen. One that stands on the organisation's block list is
frozen when it is taken in.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from certs.formats.head_v1 import Identifier
from certs.text import Text
from wipe_station import ticket_rules as rules
from wipe_station.blocking import BlockList
from wipe_station.custody import Custody
from wipe_station.errors import StationError
from wipe_station.ticket import Opening, Ticket
from wipe_station.ticket_identifiers import imeis_of, is_phone

BLOCK_LIST: Final = "block-list"
"""Why a device is on hold that stands on the list; in the ticket alone, and on no paper."""


class Holds:
    """The tickets on hold, counted once and then followed. Fit for several threads."""

    def __init__(self, block_list: BlockList, tickets: Callable[[], Iterable[Ticket]]) -> None:
        """Count nothing before somebody asks.

        Args:
            block_list: phones that must not be taken in.
            tickets: returns all of the station, or raises.
        """
        self._block_list = block_list
        self._tickets = tickets
        self._held: frozenset[str] | None = None
        """Their numbers; None while they are to be counted."""
        self._moves = 0
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        """Have a function called when other tickets are on hold than before, from any thread."""
        self._listeners.append(listener)

    def notices(self) -> tuple[Text, ...]:
        """Return what a supervisor sees to: tickets on hold, and a list that cannot be used."""
        problem = self._block_list.problem()
        told = () if problem is None else (problem.message,)
        held = self._held
        if held is None:
            try:
                held = self._count()
            except StationError as error:
                return (*told, error.message)
        return (*told, rules.holds(held)) if held else told

    def _count(self) -> frozenset[str]:
        moves = self._moves
        tickets = self._tickets()
        held = frozenset(each.number for each in tickets if each.custody is Custody.FROZEN)
        if self._moves == moves:  # else something happened meanwhile; the next one counts anew
            self._held = held
        return held

    def flags(self, opening: Opening) -> bool:
        """Tell whether a device that is being taken in stands on the list.

        Raises:
            BlockListError: it is a phone, and the list cannot be used.
        """
        return is_phone(opening) and self.flagged(opening.device.identifiers)

    def flagged(self, identifiers: Iterable[Identifier]) -> bool:
        """Tell whether a phone stands on the list.

        Raises:
            BlockListError: the list cannot be used.
        """
        return self._block_list.flagged(imeis_of(identifiers))

    def forget(self) -> frozenset[str] | None:
        """Return what was counted, and count anew unless ``note`` follows: much can break."""
        self._moves += 1
        known, self._held = self._held, None
        return known

    def note(self, known: frozenset[str] | None, ticket: Ticket) -> None:
        """Follow what happened to a ticket.

        Args:
            known: from ``forget``, before it happened.
            ticket: as it is now.
        """
        if known is not None:
            number = frozenset({ticket.number})
            on_hold = ticket.custody is Custody.FROZEN
            self._held = known | number if on_hold else known - number

    @contextmanager
    def told(self) -> Iterator[None]:
        """Tell whoever listens, after the work in the block, what it changed.

        The caller gives its locks back inside the block: those who listen may wait for them.
        """
        before = self._held
        yield
        if self._held is None or self._held != before:
            for listener in self._listeners:
                listener()
