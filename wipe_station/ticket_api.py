"""The daemon's interface to tickets: for the operator, and for nobody else. I/O.

Shapes and meaning: ``ticket_values``. The counter's page offers no tickets yet, so its process may
not reach any: a page that was taken over learns of no customer and lets no device go.
"""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request

from certs.text import Text
from wipe_station.errors import NotConfirmedError
from wipe_station.peers import Peer, Role
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
from wipe_station.tickets import Tickets


def _operator(request: Request) -> None:
    """Refuse everybody but the operator.

    Raises:
        NotConfirmedError: the peer is another.
    """
    peer: Peer = request.state.peer
    if peer.role is not Role.OPERATOR:
        raise NotConfirmedError(
            Text(zh="柜台页面不能处理单据。", en="The counter's page may not handle tickets."),
            hint=Text(
                zh="在工作站上用 wipe-station ticket。",
                en="Use wipe-station ticket on the station.",
            ),
        )


def _tickets(request: Request) -> Tickets:
    found: Tickets = request.app.state.floor.tickets
    return found


TheTickets = Annotated[Tickets, Depends(_tickets)]
AnyEvent = Annotated[EventRequest, Body(discriminator="kind")]
router = APIRouter(prefix="/v1", dependencies=[Depends(_operator)])


@router.post("/tickets")
def accept(request: AcceptRequest, tickets: TheTickets) -> TicketEnd:
    """Take a device in."""
    return end_view(tickets.accept(request))


@router.get("/tickets")
def listed(tickets: TheTickets) -> TicketList:
    """Return all tickets."""
    return TicketList(tickets=tuple(map(ticket_view, tickets.all())))


@router.get("/tickets/{number}")
def ticket(number: str, tickets: TheTickets) -> TicketView:
    """Return one ticket."""
    return ticket_view(tickets.ticket(number))


@router.get("/tickets/{number}/seller")
def seller(number: str, tickets: TheTickets) -> SellerView:
    """Return who the customer is."""
    return SellerView(seller=tickets.seller(number))


@router.post("/tickets/{number}/events")
def event(number: str, request: AnyEvent, tickets: TheTickets) -> TicketEnd:
    """Have something happen to a ticket."""
    return end_view(tickets.happen(number, request))


@router.post("/corrections")
def correct(request: CorrectRequest, tickets: TheTickets) -> CorrectionEnd:
    """Sign that a document is wrong."""
    return correction_view(tickets.corrections.correct(request))
