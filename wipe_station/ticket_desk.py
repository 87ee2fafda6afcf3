"""Where the command line's wishes about tickets go: to the daemon, else to a station here. I/O."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from wipe_station.blocking import block_list_of
from wipe_station.client import Ask, Client, Shape, segment, shaped
from wipe_station.clock import Clock
from wipe_station.desk import known_guard
from wipe_station.errors import BusyError
from wipe_station.remote import translated
from wipe_station.stamping import service_if_set
from wipe_station.state import read_settings, socket_of, state_lock
from wipe_station.station import Station
from wipe_station.ticket_values import (
    AcceptRequest,
    CorrectionEnd,
    CorrectRequest,
    EventRequest,
    SellerView,
    TicketEnd,
    TicketList,
    TicketView,
)
from wipe_station.ticket_views import correction_view, end_view, ticket_view


class TicketDesk(Protocol):
    """What the command line asks for."""

    def accept(self, request: AcceptRequest) -> TicketEnd:
        """Take a device in."""

    def happen(self, number: str, request: EventRequest) -> TicketEnd:
        """Have something happen to a ticket."""

    def all(self) -> TicketList:
        """Return all tickets."""

    def ticket(self, number: str) -> TicketView:
        """Return one ticket."""

    def seller(self, number: str) -> SellerView:
        """Return who the customer is."""

    def correct(self, request: CorrectRequest) -> CorrectionEnd:
        """Sign that a document is wrong."""


@contextlib.contextmanager
def ticket_desk(state: Path, clock: Clock) -> Iterator[TicketDesk]:
    """Open the desk of a state directory.

    Raises:
        BusyError: another command works with it, and is no daemon.
        InvalidInputError: it cannot be made or used.
    """
    try:
        with state_lock(state):
            yield Here(state, clock)
            return
    except BusyError:
        if not socket_of(state).is_socket():
            raise
    with There(socket_of(state)) as far:
        yield far


def _no_job() -> None:
    """Nothing is wiped here, so nothing has to prove itself first."""


class Here:
    """The tickets of this state directory, under its lock."""

    def __init__(self, state: Path, clock: Clock) -> None:
        guard = known_guard(state, clock)
        settings = read_settings(state)
        self._tickets = Station(
            state,
            clock,
            guard=guard,
            require_self_test=_no_job,
            host=settings.host,
            service=service_if_set(settings, state),
            block_list=block_list_of(settings, state),
        ).tickets

    def accept(self, request: AcceptRequest) -> TicketEnd:
        """Do it in this process."""
        return end_view(self._tickets.accept(request))

    def happen(self, number: str, request: EventRequest) -> TicketEnd:
        """Do it in this process."""
        return end_view(self._tickets.happen(number, request))

    def all(self) -> TicketList:
        """Read every file."""
        return TicketList(tickets=tuple(map(ticket_view, self._tickets.all())))

    def ticket(self, number: str) -> TicketView:
        """Read one file."""
        return ticket_view(self._tickets.ticket(number))

    def seller(self, number: str) -> SellerView:
        """Read one file."""
        return SellerView(seller=self._tickets.seller(number))

    def correct(self, request: CorrectRequest) -> CorrectionEnd:
        """Do it in this process."""
        return correction_view(self._tickets.corrections.correct(request))


class There(Client):
    """The daemon's tickets, over its socket."""

    def accept(self, request: AcceptRequest) -> TicketEnd:
        """Have the daemon do it."""
        return self._told(TicketEnd, Ask("POST", "/tickets", body=request))

    def happen(self, number: str, request: EventRequest) -> TicketEnd:
        """Have the daemon do it."""
        return self._told(TicketEnd, Ask("POST", f"{_path(number)}/events", body=request))

    def all(self) -> TicketList:
        """Ask the daemon."""
        return self._told(TicketList, Ask("GET", "/tickets"))

    def ticket(self, number: str) -> TicketView:
        """Ask the daemon."""
        return self._told(TicketView, Ask("GET", _path(number)))

    def seller(self, number: str) -> SellerView:
        """Ask the daemon."""
        return self._told(SellerView, Ask("GET", f"{_path(number)}/seller"))

    def correct(self, request: CorrectRequest) -> CorrectionEnd:
        """Have the daemon do it."""
        return self._told(CorrectionEnd, Ask("POST", "/corrections", body=request))

    def _told(self, shape: type[Shape], ask: Ask) -> Shape:
        with translated():
            return shaped(shape, self._ask(ask))


def _path(number: str) -> str:
    return f"/tickets/{segment(number)}"
