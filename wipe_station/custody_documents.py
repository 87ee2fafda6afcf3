"""What is signed about an event of custody, for whoever holds it to keep the log to. Pure.

A receipt when a device comes, a notice when its owner takes her consent back and when the device
leaves otherwise than by release: a released device has its certificate of erasure. A report of each
grade. Price and consent stand on the receipt, as far as they were known then; each later one is an
entry only.
"""

from typing import Any, Final

from certs.canonical import JsonObject
from certs.formats.custody_notice_v1 import CustodyEnd, Destruction, Whereabouts, custody_notice
from certs.formats.grade_report_v1 import grade_report
from certs.formats.head_v1 import Head, Reason, Reference
from certs.formats.receipt_v1 import Custody, receipt
from certs.log.entry import EntryKind
from certs.text import Text
from wipe_station.ticket import Event, Ticket
from wipe_station.ticket_grades import graded

_NOTICES: Final = {
    EntryKind.CONSENT_WITHDRAWN: (
        CustodyEnd.WITHDRAWN,
        Reason(
            code="consent-withdrawn",
            text=Text(zh="顾客撤回了同意。", en="The customer took the consent back."),
        ),
    ),
    EntryKind.RETURN: (
        CustodyEnd.RETURNED,
        Reason(
            code="returned",
            text=Text(zh="设备退还顾客。", en="The device goes back to the customer."),
        ),
    ),
    EntryKind.DESTRUCTION: (
        CustodyEnd.DESTROYED,
        Reason(code="destroyed", text=Text(zh="设备作销毁处理。", en="The device is destroyed.")),
    ),
    EntryKind.TRANSFER: (
        CustodyEnd.TRANSFERRED,
        Reason(
            code="transferred",
            text=Text(zh="设备转交另一家公司处理。", en="Another company goes on with the device."),
        ),
    ),
}


def statement_about(
    ticket: Ticket, event: Event, head: Head, erasure: Reference | None = None
) -> JsonObject | None:
    """Return what is to be signed about an event; None where nothing is.

    Args:
        ticket: with its opening.
        event: that is to happen, with its salt.
        head: of the document.
        erasure: the document about the device's erasure, where there is one.
    """
    assert event.salt is not None, "an event that is to happen has its salt"
    if event.kind is EntryKind.CUSTODY_ACCEPTED:
        return receipt(head, event.salt, _custody(ticket, event))
    if event.kind is EntryKind.GRADE:
        return grade_report(head, event.salt, graded(ticket, event))
    if event.kind in _NOTICES:
        return custody_notice(head, event.salt, _whereabouts(ticket, event, erasure))
    return None


def _custody(ticket: Ticket, event: Event) -> Custody:
    opening = ticket.opening
    assert opening is not None, "a device that comes in is known"
    return Custody(
        ticket=ticket.number,
        device=opening.device,
        accepted_at=event.at,
        staff=event.details["staff"],
        consents=[(each.value, event.at) for each in opening.consents],
        price=opening.price,
        condition=opening.condition,
    )


def _whereabouts(ticket: Ticket, event: Event, erasure: Reference | None) -> Whereabouts:
    assert ticket.opening is not None, "a device that leaves is known"
    end, usual = _NOTICES[event.kind]
    said = event.details
    stated = said.get("reason")
    reason = usual if stated is None else Reason(code="stated", text=Text(zh=stated, en=stated))
    return Whereabouts(
        ticket=ticket.number,
        device=ticket.opening.device,
        end=end,
        at=event.at,
        staff=said["staff"],
        reason=reason,
        erasure=erasure,
        destruction=_destruction(said) if end is CustodyEnd.DESTROYED else None,
        recipient=said["recipient"] if end is CustodyEnd.TRANSFERRED else None,
    )


def _destruction(said: Any) -> Destruction:  # noqa: ANN401 - JSON
    return Destruction(
        method=said["method"],
        witness=said["witness"],
        processor=said["processor"],
        licence=said.get("licence"),
    )
