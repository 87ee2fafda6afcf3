"""What is asked of a ticket, and when it is refused, short of a certificate. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from certs.formats.head_v1 import DescribedDevice, Identifier
from certs.formats.receipt_v1 import Price
from certs.log.entry import EntryKind
from certs.text import Text
from wipe_station import records, release
from wipe_station.api_values import Value
from wipe_station.custody import NAMES, TRANSITIONS, Custody, next_custody
from wipe_station.errors import CustodyError, InvalidInputError, RefusedByPolicyError
from wipe_station.records import DeviceFacts
from wipe_station.ticket import Consent, Opening, Ticket
from wipe_station.ticket_values import (
    AcceptRequest,
    ConsentRequest,
    CountersignRequest,
    DestroyRequest,
    EventRequest,
    ForgetRequest,
    GradeRequest,
    PriceRequest,
    ReleaseRequest,
    ReturnRequest,
    TransferRequest,
    WithdrawRequest,
)

UNIQUE_KINDS: Final = records.UNIQUE_KINDS | frozenset(
    {"wwn", "eui64", "backing-file", "imei", "imei2", "meid", "udid"}
)
"""Identifiers that no two devices share, as far as anybody knows: as read, or as typed."""
KIND_OF: Final[dict[type[Value], EntryKind]] = {
    PriceRequest: EntryKind.PRICE_AGREED,
    ConsentRequest: EntryKind.CONSENT,
    WithdrawRequest: EntryKind.CONSENT_WITHDRAWN,
    ReturnRequest: EntryKind.RETURN,
    DestroyRequest: EntryKind.DESTRUCTION,
    TransferRequest: EntryKind.TRANSFER,
    GradeRequest: EntryKind.GRADE,
    CountersignRequest: EntryKind.COUNTERSIGNATURE,
    ReleaseRequest: EntryKind.RELEASE,
    ForgetRequest: EntryKind.DATA_DELETED,
}
_COMMANDS: Final = {
    kind: str(asked.model_fields["kind"].default) for asked, kind in KIND_OF.items()
}


def opening(asked: AcceptRequest, facts: DeviceFacts | None) -> Opening:
    """Return what a ticket is opened with.

    Args:
        asked: by whoever takes the device in.
        facts: of what is plugged in, if it was named.

    Raises:
        InvalidInputError: a name that nobody agreed to keep.
    """
    if asked.seller is not None and Consent.KEEP_IDENTITY.value not in asked.consents:
        raise InvalidInputError(
            Text(
                zh="顾客没有同意保留身份信息，不能登记。",
                en="The customer did not agree that her identity is kept.",
            ),
            hint=Text(
                zh="她同意的话加上 --consent keep-identity；否则不要给 --seller-file。",
                en="Add --consent keep-identity if she does; else leave --seller-file out.",
            ),
        )
    typed = tuple(
        Identifier(kind=each.kind, value=each.value.strip(), source="label", evidence="typed")
        for each in asked.identifiers
    )
    read = tuple(
        Identifier(
            kind=each.kind, value=each.value, source=each.source.value, evidence=each.evidence
        )
        for each in (facts.identifiers if facts else ())
    )
    return Opening(
        device=DescribedDevice(
            description=asked.description.strip(),
            kind=asked.kind or ("disk" if facts else "unknown"),
            identifiers=(*read, *typed),
            size_bytes=facts.size_bytes if facts else None,
        ),
        alike=asked.alike,
        price=Price(**asked.price.model_dump()) if asked.price else None,
        consents=in_order(asked.consents),
        condition=asked.condition,
        seller=asked.seller,
    )


def in_order(names: Iterable[str]) -> tuple[Consent, ...]:
    """Return consents by their names, each once, in one order."""
    given = frozenset(names)
    return tuple(each for each in Consent if each.value in given)


def details(ticket: Ticket, asked: EventRequest) -> dict[str, Any]:
    """Return what an event's record holds."""
    if isinstance(asked, PriceRequest):
        return asked.price.model_dump() | {"staff": asked.staff}
    if isinstance(asked, ConsentRequest):
        both = in_order((*asked.to, *(each.value for each in ticket.consents)))
        return {"to": [each.value for each in both], "staff": asked.staff}
    return asked.model_dump(exclude={"kind"}, exclude_none=True)


def stands(ticket: Ticket, kind: EntryKind, details: dict[str, Any]) -> bool:
    """Tell whether this very thing is the last of its kind that happened, and still holds."""
    if ticket.custody is Custody.HELD and next_custody(Custody.HELD, kind) is Custody.HELD:
        same = [event for event in ticket.events if event.kind is kind][-1:]
    else:
        same = [event for event in ticket.events[-1:] if event.kind is kind]
    return bool(same) and _unsigned(same[0].details) == _unsigned(details)


def _unsigned(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return what happened, whoever did it."""
    return {name: value for name, value in details.items() if name != "staff"}


def refuse_taken(new: Opening, standing: Iterable[Ticket]) -> None:
    """Refuse a device that is here already: one device, one custody.

    Raises:
        CustodyError: naming the ticket.
    """
    known = {(e.kind, e.value) for e in new.device.identifiers if e.kind in UNIQUE_KINDS}
    for ticket in standing:
        if known & release.identifiers_of(ticket):
            raise CustodyError(
                Text(
                    zh=f"这台设备已经收下了：单号 {ticket.number}。",
                    en=f"This device is in custody already: ticket {ticket.number}.",
                ),
                hint=Text(
                    zh=f"先结束那张单据：wipe-station ticket show {ticket.number}",
                    en=f"End that ticket first: wipe-station ticket show {ticket.number}",
                ),
            )


def refuse_forbidden(ticket: Ticket, kind: EntryKind) -> None:
    """Refuse what the table does not allow now.

    Raises:
        CustodyError: naming what it does allow.
    """
    if next_custody(ticket.custody, kind) is None:
        state = NAMES[ticket.custody]
        able = [_COMMANDS[each] for each in TRANSITIONS[ticket.custody]]
        raise CustodyError(
            Text(
                zh=f"单据 {ticket.number} {state.zh}，不能这样做。",
                en=f"Ticket {ticket.number} is {state.en}: this cannot happen to it.",
            ),
            hint=Text(
                zh=f"现在可以：{'、'.join(able) or '无'}。",
                en=f"Possible now: {', '.join(able) or 'nothing'}.",
            ),
        )


def not_agreed(ticket: Ticket, device: DeviceFacts) -> RefusedByPolicyError:
    """Return the error for a device whose owner did not agree that it is erased."""
    text = Text(
        zh=f"不能清除：单号 {ticket.number} 的顾客没有同意清除，或者撤回了。",
        en=f"Cannot erase: the customer of ticket {ticket.number} did not agree to it, or does"
        " not any more.",
    )
    return RefusedByPolicyError(
        text,
        hint=Text(
            zh=f"看看这张单据：wipe-station ticket show {ticket.number}",
            en=f"See the ticket: wipe-station ticket show {ticket.number}",
        ),
        reasons=(text,),
        device_id=device.stable_id,
    )
