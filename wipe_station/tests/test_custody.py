"""The law of a ticket's life."""

import itertools

import pytest

from certs.log.entry import ENDS_CUSTODY, EntryKind
from wipe_station.custody import NAMES, OPEN, TRANSITIONS, Custody, custody_after

TAKEN = EntryKind.CUSTODY_ACCEPTED
BACK = EntryKind.CONSENT_WITHDRAWN


def test_custody__table__every_state_stands_in_it_and_can_be_reached() -> None:
    """No state is forgotten, none is unreachable, each has a name for people."""
    reached = {after for events in TRANSITIONS.values() for after in events.values()}
    assert set(TRANSITIONS) == set(Custody) == set(NAMES) == reached | {Custody.NONE}


@pytest.mark.parametrize("end", sorted(ENDS_CUSTODY, key=str))
def test_custody__ended__nothing_but_the_deletion_follows(end: EntryKind) -> None:
    """What left is not here any more: it cannot leave again, nor be agreed about."""
    for kind in EntryKind:
        after = custody_after((TAKEN, end, kind))
        assert (after is not None) == (kind is EntryKind.DATA_DELETED)
    assert custody_after((TAKEN, end, EntryKind.DATA_DELETED, end)) is None


def test_custody__consent_withdrawn__the_device_goes_back_and_nothing_else() -> None:
    """Neither a new consent nor a release undoes it: whoever wants her device back gets it."""
    allowed = [kind for kind in EntryKind if custody_after((TAKEN, BACK, kind)) is not None]
    assert allowed == [EntryKind.RETURN]


def test_custody__frozen__thawed_returned_or_handed_on_and_nothing_else() -> None:
    """What a supervisor has to see to is neither released nor destroyed nor agreed about."""
    frozen = (TAKEN, EntryKind.FROZEN)
    allowed = {kind for kind in EntryKind if custody_after((*frozen, kind)) is not None}
    assert allowed == {EntryKind.THAWED, EntryKind.RETURN, EntryKind.TRANSFER}
    assert custody_after((*frozen, EntryKind.THAWED)) is Custody.HELD
    assert custody_after((TAKEN, EntryKind.THAWED)) is None


def test_custody__any_three_events__open_until_one_of_the_ends() -> None:
    """Whatever happens, a device that came is here until an end of custody says where it went."""
    for kinds in itertools.product(EntryKind, repeat=3):
        after = custody_after((TAKEN, *kinds))
        if after is not None:
            assert (after in OPEN) == ENDS_CUSTODY.isdisjoint(kinds)


def test_custody__never_taken_in__nothing_happens_to_it() -> None:
    """There is no custody without its beginning, and none begins twice."""
    assert [kind for kind in EntryKind if custody_after((kind,)) is not None] == [TAKEN]
    assert custody_after((TAKEN, TAKEN)) is None
