"""Tickets as the shapes that cross the socket; who the customer is, in none of them. Pure."""

from dataclasses import asdict

from wipe_station.api_values import IdentifierView
from wipe_station.custody import NAMES
from wipe_station.ticket import Came, Event, Righted, Ticket
from wipe_station.ticket_values import CorrectionEnd, EventView, PriceValue, TicketEnd, TicketView
from wipe_station.views import words


def ticket_view(ticket: Ticket) -> TicketView:
    """Return a ticket as it is shown."""
    opening, price = ticket.opening, ticket.price
    identifiers = opening.device.identifiers if opening else ()
    return TicketView(
        number=ticket.number,
        practice=ticket.practice,
        custody=ticket.custody.value,
        custody_title=words(NAMES[ticket.custody]),
        open=ticket.open,
        description=opening.device.description if opening else None,
        identifiers=tuple(
            IdentifierView(kind=each.kind, value=each.value, source=each.source)
            for each in identifiers
        ),
        price=PriceValue(**asdict(price)) if price else None,
        consents=tuple(each.value for each in ticket.consents),
        names_seller=opening is not None and opening.seller is not None,
        events=tuple(map(_event_view, ticket.events)),
    )


def end_view(came: Came) -> TicketEnd:
    """Return what came of a request as it is told."""
    return TicketEnd(
        ticket=ticket_view(came.ticket),
        document=came.document,
        no_pdf=words(came.no_pdf) if came.no_pdf else None,
        repeated=came.repeated,
    )


def correction_view(righted: Righted) -> CorrectionEnd:
    """Return what came of a correction as it is told."""
    return CorrectionEnd(
        document=righted.document,
        no_pdf=words(righted.no_pdf) if righted.no_pdf else None,
        repeated=righted.repeated,
    )


def _event_view(event: Event) -> EventView:
    assert event.index is not None, "what is shown stands in the log"
    return EventView(
        kind=event.kind.value,
        at=event.at,
        index=event.index,
        document=event.signed.id if event.signed else None,
    )
