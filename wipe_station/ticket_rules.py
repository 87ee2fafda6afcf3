"""What is asked of a ticket, and when it is refused, short of a certificate. Pure."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NoReturn

from certs.formats.head_v1 import DescribedDevice, Identifier
from certs.formats.receipt_v1 import Price
from certs.log.entry import EntryKind
from certs.text import Text
from wipe_station import release
from wipe_station import ticket_identifiers as names
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
    FreezeRequest,
    GradeRequest,
    PriceRequest,
    ReleaseRequest,
    ReturnRequest,
    ThawRequest,
    TransferRequest,
    WithdrawRequest,
)

KIND_OF: Final[dict[type[Value], EntryKind]] = {
    PriceRequest: EntryKind.PRICE_AGREED,
    ConsentRequest: EntryKind.CONSENT,
    WithdrawRequest: EntryKind.CONSENT_WITHDRAWN,
    FreezeRequest: EntryKind.FROZEN,
    ThawRequest: EntryKind.THAWED,
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

MOST_SHOWN: Final = 5
"""Numbers of tickets in one notice."""


def opening(asked: AcceptRequest, facts: DeviceFacts | None) -> Opening:
    """Return what a ticket is opened with.

    Args:
        asked: by whoever takes the device in.
        facts: of what is plugged in, if it was named.

    Raises:
        InvalidInputError: a name that nobody agreed to keep, or a malformed IMEI.
        CustodyError: IMEIs that contradict each other.
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
    typed = tuple(names.typed(each.kind, each.value) for each in asked.identifiers)
    names.refuse_contradiction(typed)
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


def opening_read(
    description: str, kind: str, identifiers: Iterable[Identifier], consents: Iterable[Consent]
) -> Opening:
    """Return what a ticket is opened with for a device that was read.

    Raises:
        InvalidInputError: nothing of it tells it from others of its kind.
        CustodyError: what it says and what its label says contradict each other.
    """
    said = tuple(map(names.read, identifiers))
    names.refuse_contradiction(said)
    if not names.unique_of(said):
        raise InvalidInputError(
            Text(
                zh="这台设备没有说出自己的编号，开不了单。",
                en="Nothing that the device said tells it from others: no ticket is opened.",
            ),
            hint=Text(
                zh="拨 *#06#，把 IMEI 写进单据：wipe-station ticket accept --identifier imei=…",
                en="Dial *#06# and write the IMEI down: wipe-station ticket accept --identifier"
                " imei=…",
            ),
        )
    return Opening(
        device=DescribedDevice(description=description.strip(), kind=kind, identifiers=said),
        consents=in_order(each.value for each in consents),
    )


def in_order(consents: Iterable[str]) -> tuple[Consent, ...]:
    """Return consents by their names, each once, in one order."""
    given = frozenset(consents)
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
    known = names.unique_of(new.device.identifiers)
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


def refuse_unexplained(ticket: Ticket, details: Mapping[str, Any]) -> None:
    """Refuse to take a device off hold, or to let it go from there, without a word.

    Raises:
        InvalidInputError: it is on hold, and no reason was given.
    """
    if ticket.custody is Custody.FROZEN and not details.get("reason"):
        raise InvalidInputError(
            Text(
                zh=f"单据 {ticket.number} 暂停办理，要写原因。",
                en=f"Ticket {ticket.number} is on hold: this wants a reason.",
            ),
            hint=Text(zh="店长加上 --reason。", en="The supervisor adds --reason."),
        )


def standing(tickets: Iterable[Ticket], said: Collection[Identifier]) -> str | None:
    """Return the number of the open ticket of a device, by identifiers that only it has.

    Raises:
        CustodyError: it could be the device of more than one, or is another one with its number.
    """
    known = names.unique_of(said)
    found = [each for each in tickets if each.open and known & release.identifiers_of(each)]
    if len(found) > 1:
        refuse_several(each.number for each in found)
    for each in found:
        if each.opening is not None and names.contradict(each.opening.device.identifiers, said):
            raise another(each.number)
    return found[0].number if found else None


def require_erasable(
    tickets: Iterable[Ticket], said: frozenset[tuple[str, str]], device_id: str | None
) -> None:
    """Refuse to erase a device in custody that is on hold, or whose owner does not agree to it.

    Args:
        tickets: of the station.
        said: identifiers by which devices are compared.
        device_id: for the refusal.

    Raises:
        RefusedByPolicyError: naming the ticket.
    """
    for ticket in tickets:
        theirs = release.identifiers_of(ticket)
        # One identifier in common is enough here: a device on hold must not get away.
        shared = any(kind in names.UNIQUE_KINDS for kind, _ in theirs & said)
        if ticket.custody is Custody.FROZEN and shared:
            raise on_hold(ticket, device_id)
        if not ticket.open or not theirs or not theirs <= said:
            continue
        if Consent.ERASE not in ticket.consents:
            raise not_agreed(ticket, device_id)


def refuse_several(numbers: Iterable[str]) -> NoReturn:
    """Refuse to say whose device it is where several tickets are about it.

    Raises:
        CustodyError: naming them.
    """
    both = ", ".join(numbers)
    raise CustodyError(
        Text(
            zh=f"这台设备可能是几张单据的：{both}。",
            en=f"This could be the device of several tickets: {both}.",
        ),
        hint=Text(zh="叫店长，先结束多余的单据。", en="Fetch the manager; end the wrong ones."),
    )


def another(number: str) -> CustodyError:
    """Return the error for a device that shares a number with one that is here, and is not it."""
    return CustodyError(
        Text(
            zh=f"有个号码和单据 {number} 的设备一样，却不是同一台（IMEI 可能是抄来的）。"
            "先不收，叫店长。",
            en=f"It shares a number with the device of ticket {number} and is another one (a copied"
            " IMEI?). Not taken in; fetch the manager.",
        ),
        hint=Text(
            zh="先结束那张单据，才能收这一台。",
            en="End that ticket before this one is taken in.",
        ),
    )


def holds(numbers: Collection[str]) -> Text:
    """Return the notice about tickets on hold; why they are, it does not say."""
    shown = sorted(numbers)[:MOST_SHOWN]
    zh, en = "、".join(shown), ", ".join(shown)
    more = len(numbers) - len(shown)
    if more:
        zh, en = f"{zh} 等 {len(numbers)} 张", f"{en} and {more} more"
    return Text(
        zh=f"请店长处理：单据 {zh} 暂停办理。",
        en=f"For the supervisor: on hold: {en}.",
    )


def begun() -> CustodyError:
    """Return the error for consent that is taken back after a job acted on it."""
    return CustodyError(
        Text(
            zh="清除已经开始，同意撤不回了。",
            en="Its erasure has begun; the consent cannot be taken back any more.",
        ),
        hint=Text(
            zh="等它做完，再退还设备：wipe-station ticket return",
            en="Let it end, then give the device back: wipe-station ticket return",
        ),
    )


def nameless(number: str) -> InvalidInputError:
    """Return the error for a customer whom nobody wrote down."""
    return InvalidInputError(
        Text(zh=f"单据 {number} 没有登记身份。", en=f"Ticket {number} holds nobody's name."),
        hint=Text(zh="没有登记过，或者已经删除。", en="It was never written down, or is deleted."),
    )


def on_hold(ticket: Ticket, device_id: str | None) -> RefusedByPolicyError:
    """Return the error for a device that waits for a supervisor."""
    text = Text(
        zh=f"不能清除：单号 {ticket.number} 暂停办理，等店长处理。",
        en=f"Cannot erase: ticket {ticket.number} is on hold for the supervisor.",
    )
    hint = Text(zh="叫店长。", en="Fetch the manager.")
    return RefusedByPolicyError(text, hint=hint, reasons=(text,), device_id=device_id)


def not_agreed(ticket: Ticket, device_id: str | None) -> RefusedByPolicyError:
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
        device_id=device_id,
    )
