"""A simulated iPhone is asked to erase itself, and what our reading makes of those that lie."""

from typing import Final

import pytest

from hw_tests.phones.apple_bay import WAYS, Bay, Plugged
from hw_tests.phones.apple_engines import FIND_MY_IS_ON, GARBAGE
from hw_tests.phones.iphone import IPhone, Lie, Trouble
from wipe_station.errors import DeviceGoneError, MalformedReplyError
from wipe_station.phones.apple_facts import facts_of
from wipe_station.phones.apple_signs import Signs, evidence_of, signs_of
from wipe_station.phones.evidence import Finding, finding_of
from wipe_station.phones.mcinstall import Accepted, Refused
from wipe_station.phones.usbmux import Attached, Detached

WAIT_S: Final = 20.0
EARLIER_UNIX_S: Final = 1_700_000_000


@pytest.mark.parametrize("way", WAYS)
def test_erase__find_my_is_on__refused_and_nothing_lost(plugged: Plugged, way: str) -> None:
    """The refusal is a value, without the phone's words (that it refuses is an assumption)."""
    phone = IPhone(find_my=True)
    bay = plugged(phone)
    assert facts_of(bay.paired()).find_my is True
    refused = WAYS[way](bay.phone())
    assert refused == Refused(codes=(FIND_MY_IS_ON if way == "mcinstall" else 211,))
    assert phone.photos


def test_erase__old_mcinstall__refused_there_and_done_by_the_other(plugged: Plugged) -> None:
    """Where one service knows no such request, the other one does it."""
    phone = IPhone(old_mcinstall=True)
    bay = plugged(phone)
    bay.paired()
    assert bay.phone().erase() == Refused(codes=(4001,))
    assert phone.photos
    assert bay.phone().erase_by_backup_service() == Accepted()
    with bay.lock:  # it is still at it when the link has ended
        assert not phone.photos


def erase_and_look(bay: Bay, phone: IPhone, way: str) -> tuple[Signs, Finding]:
    """Read, ask for an erase, wait for whatever comes back, read that; as the station will."""
    before = bay.paired()
    (first,) = bay.mux.devices()
    with bay.mux.news() as news:
        assert news.next(WAIT_S) == Attached(device=first)
        assert WAYS[way](bay.phone()) == Accepted()
        assert news.next(WAIT_S) == Detached(number=first.number)
        if phone.slow_boot:
            assert bay.mux.devices() == ()
            with bay.lock:
                phone.finish_boot()
        returned = news.next(WAIT_S)
    assert isinstance(returned, Attached)
    assert returned.device.number != first.number
    back = bay.phone().read()
    after = bay.paired()
    return signs_of(before, back, after), finding_of(evidence_of(before, back, after))


@pytest.mark.parametrize("acknowledges", [False, True], ids=["drops-slow", "answers"])
@pytest.mark.parametrize("way", WAYS)
def test_erase__honest__every_sign_is_there(plugged: Plugged, way: str, acknowledges: bool) -> None:
    """An erased phone comes back as itself, trusts nobody, and says when it was erased."""
    phone = IPhone(
        acknowledges=acknowledges,
        slow_boot=not acknowledges,
        erased_before_unix_s=EARLIER_UNIX_S,
    )
    signs, finding = erase_and_look(plugged(phone), phone, way)
    assert not phone.photos
    assert signs == Signs(
        same_phone=True, forgot_us=True, unactivated=True, setup_open=True, new_record=True
    )
    assert finding is Finding.ERASED


CAUGHT_BY: Final = {
    Lie.NOTHING: "forgot_us",
    Lie.FORGETS: "unactivated",
    Lie.STALE: "new_record",
    Lie.REACTIVATED: "unactivated",
    Lie.FAILED: "new_record",
    Lie.OTHER: "same_phone",
    Lie.IMPOSTOR: "same_phone",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("lie", Lie)
def test_erase__phone_says_ok_and_erases_nothing__does_not_look_erased(
    plugged: Plugged, lie: Lie, way: str
) -> None:
    """THE KEY TEST: whatever a phone says or pretends, with its photos on it it is not erased."""
    phone = IPhone(acknowledges=True, lie=lie, erased_before_unix_s=EARLIER_UNIX_S)
    signs, finding = erase_and_look(plugged(phone), phone, way)
    assert phone.photos
    assert finding is not Finding.ERASED
    assert getattr(signs, CAUGHT_BY[lie]) is False


@pytest.mark.parametrize(
    "phone",
    [
        IPhone(lie=Lie.STALE, old_record=True, erased_before_unix_s=EARLIER_UNIX_S),
        IPhone(lie=Lie.STALE, hides_nvram=True, erased_before_unix_s=EARLIER_UNIX_S),
        IPhone(lie=Lie.STALE),
    ],
    ids=["no time", "hidden", "none"],
)
def test_erase__looks_reset_without_a_record_that_tells__does_not_look_erased(
    plugged: Plugged, phone: IPhone
) -> None:
    """A phone that pretends to be reset, and whose record tells nothing, is not called erased."""
    signs, finding = erase_and_look(plugged(phone), phone, "mcinstall")
    assert phone.photos
    assert (signs.unactivated, signs.setup_open) == (True, True)
    assert finding is not Finding.ERASED


@pytest.mark.parametrize("way", WAYS)
def test_erase__cable_pulled_at_each_request__never_looks_erased(
    plugged: Plugged, way: str
) -> None:
    """A pull before the request is an error; one at it counts as accepted, and reading tells."""
    phone = IPhone(lie=Lie.NOTHING)
    bay = plugged(phone)
    before = bay.paired()
    count = bay.requests(phone, WAYS[way])
    for number in range(1, count):
        with pytest.raises(DeviceGoneError):
            WAYS[way](bay.troubled(phone, number, Trouble.PULLED))
    assert WAYS[way](bay.troubled(phone, count, Trouble.PULLED)) == Accepted()
    with bay.lock:
        phone.plug()
    back = bay.phone().read()
    assert finding_of(evidence_of(before, back, back)) is Finding.NOT_ERASED
    assert phone.photos


@pytest.mark.parametrize("trouble", GARBAGE)
@pytest.mark.parametrize("way", WAYS)
def test_erase__garbage_at_each_request__never_accepted(
    plugged: Plugged, way: str, trouble: Trouble
) -> None:
    """An answer that is none is no acceptance."""
    phone = IPhone(lie=Lie.NOTHING)
    bay = plugged(phone)
    bay.paired()
    for number in range(1, bay.requests(phone, WAYS[way]) + 1):
        with pytest.raises(MalformedReplyError):
            WAYS[way](bay.troubled(phone, number, trouble))
