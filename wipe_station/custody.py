"""What may follow what in the life of a ticket. Pure.

The log's entry kinds are the events; the table is the whole law. Custody begins once and ends once:
the device is released for sale, goes back, is destroyed, or goes to another company. Who took her
consent back gets the device back, and nothing else can happen to it. What is frozen waits for a
supervisor, who thaws it, gives it back or hands it on.
"""

from enum import Enum
from typing import Final

from certs.log.entry import EntryKind
from certs.text import Text


class Custody(Enum):
    """Where a device stands that somebody handed over."""

    NONE = "none"
    """Not taken in yet."""
    HELD = "held"
    WITHDRAWN = "withdrawn"
    """Its owner wants it back as it is."""
    FROZEN = "frozen"
    """Where it comes from has to be cleared up first; a supervisor does that."""
    RELEASED = "released"
    RETURNED = "returned"
    DESTROYED = "destroyed"
    TRANSFERRED = "transferred"
    FORGOTTEN = "forgotten"
    """Custody ended, and what was known about the customer is deleted."""


_OVER: Final = {EntryKind.DATA_DELETED: Custody.FORGOTTEN}

TRANSITIONS: Final[dict[Custody, dict[EntryKind, Custody]]] = {
    Custody.NONE: {EntryKind.CUSTODY_ACCEPTED: Custody.HELD},
    Custody.HELD: {
        EntryKind.PRICE_AGREED: Custody.HELD,
        EntryKind.GRADE: Custody.HELD,
        EntryKind.COUNTERSIGNATURE: Custody.HELD,
        EntryKind.CONSENT: Custody.HELD,
        EntryKind.CONSENT_WITHDRAWN: Custody.WITHDRAWN,
        EntryKind.FROZEN: Custody.FROZEN,
        EntryKind.RELEASE: Custody.RELEASED,
        EntryKind.RETURN: Custody.RETURNED,
        EntryKind.DESTRUCTION: Custody.DESTROYED,
        EntryKind.TRANSFER: Custody.TRANSFERRED,
    },
    Custody.WITHDRAWN: {EntryKind.RETURN: Custody.RETURNED},
    Custody.FROZEN: {
        EntryKind.THAWED: Custody.HELD,
        EntryKind.RETURN: Custody.RETURNED,
        EntryKind.TRANSFER: Custody.TRANSFERRED,
    },
    Custody.RELEASED: _OVER,
    Custody.RETURNED: _OVER,
    Custody.DESTROYED: _OVER,
    Custody.TRANSFERRED: _OVER,
    Custody.FORGOTTEN: {},
}
OPEN: Final = frozenset({Custody.HELD, Custody.WITHDRAWN, Custody.FROZEN})
"""Where the device is still here."""

NAMES: Final = {
    Custody.NONE: Text(zh="没有收件", en="not taken in"),
    Custody.HELD: Text(zh="在店里", en="held"),
    Custody.WITHDRAWN: Text(zh="顾客撤回同意，要退还", en="consent withdrawn, must go back"),
    Custody.FROZEN: Text(zh="暂停办理，等店长处理", en="on hold for the supervisor"),
    Custody.RELEASED: Text(zh="已放行，可以出售", en="released for sale"),
    Custody.RETURNED: Text(zh="已退还顾客", en="returned to the customer"),
    Custody.DESTROYED: Text(zh="已销毁", en="destroyed"),
    Custody.TRANSFERRED: Text(zh="已转交", en="transferred"),
    Custody.FORGOTTEN: Text(zh="已结束，资料已删除", en="over, its data deleted"),
}
"""For people."""


def next_custody(custody: Custody, kind: EntryKind) -> Custody | None:
    """Return the state after an event, or None where the table forbids it."""
    return TRANSITIONS[custody].get(kind)


def custody_after(kinds: tuple[EntryKind, ...]) -> Custody | None:
    """Return where a ticket stands after its events, or None where they cannot have happened."""
    custody: Custody | None = Custody.NONE
    for kind in kinds:
        if custody is not None:
            custody = next_custody(custody, kind)
    return custody
