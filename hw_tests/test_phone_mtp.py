"""MTP between our link and a simulated phone in this process; Debian's client is in the lab.

The key test: a phone whose data are still there is never seen as one that lost its canary.
"""

import pytest

from hw_tests.phones.fastboot import Manner as BootManner
from hw_tests.phones.fastboot import listening
from hw_tests.phones.flash import PHOTO, Flash
from hw_tests.phones.mtp import SERIAL, Manner
from hw_tests.phones.mtp_pipe import Loopback
from wipe_station.errors import CommandTimeoutError, MalformedReplyError
from wipe_station.phone_links import mtp as link
from wipe_station.phone_links.fastboot import fastboot_over_tcp
from wipe_station.phone_links.mtp import MtpPhone
from wipe_station.phones.canary import Canary
from wipe_station.phones.facts import System
from wipe_station.phones.mtp import Code
from wipe_station.phones.mtp_data import Look, Storage, canary_after

NAME = "wipe-station-4711.bin"
CONTENT = bytes(range(256)) * 4


def phone_of(flash: Flash, manner: Manner = Manner.HONEST) -> MtpPhone:
    """Return a phone with a session."""
    phone = MtpPhone(Loopback(flash, manner), "sim")
    phone.open()
    return phone


def put(phone: MtpPhone) -> tuple[Storage, Look]:
    """Put the canary, and look whether it is there."""
    (storage,) = phone.storages()
    assert isinstance(phone.put(storage, NAME, CONTENT), int)
    return storage, phone.look(NAME)


def test_facts__phone_with_its_screen_open__who_it_is() -> None:
    """Maker, model and serial; that no card is shown does not mean that none is there."""
    facts = phone_of(Flash()).facts()
    assert (facts.system, facts.maker, facts.model) == (System.ANDROID, "Sim Maker", "Sim Phone")
    assert facts.serial == SERIAL
    assert facts.card_present is None


def test_canary__put_seen_and_deleted__the_owners_files_untouched() -> None:
    """Nothing but our own file comes and goes."""
    flash = Flash()
    before = dict(flash.files)
    phone = phone_of(flash)
    (storage,) = phone.storages()
    assert phone.look(NAME).canary is False
    handle = phone.put(storage, NAME, CONTENT)
    assert isinstance(handle, int)
    assert phone.look(NAME) == Look(storages=phone.storages(), objects=4, canary=True)
    assert flash.files[NAME] == CONTENT
    assert phone.delete(handle).ok
    assert phone.look(NAME).canary is False
    assert flash.files == before


def test_canary__no_content_of_the_owners__ever_asked_for() -> None:
    """Names in the root are compared; no file is read."""
    pipe = Loopback(Flash(), Manner.HONEST)
    phone = MtpPhone(pipe, "sim")
    phone.open()
    phone.facts()
    put(phone)
    phone.close()
    assert 0x1009 not in pipe.engine.asked
    assert pipe.engine.asked.count(0x100D) == 1


@pytest.mark.parametrize("manner", [BootManner.LIES, BootManner.LOCKED])
def test_canary__phone_that_erased_nothing__still_there(manner: BootManner) -> None:
    """A boot loader that says OKAY and erases nothing is found out by what the phone holds."""
    flash = Flash()
    storage, before = put(phone_of(flash))
    with listening(flash, manner) as boot, fastboot_over_tcp("127.0.0.1", boot.port) as ours:
        said = ours.erase()
    assert said.all_accepted is (manner is BootManner.LIES)
    after = phone_of(flash).look(NAME)
    assert flash.holds_the_owners
    assert canary_after(storage, before, after) is Canary.STILL_THERE


def test_canary__phone_that_erased__absent() -> None:
    """The same way with a phone that does as it says."""
    flash = Flash()
    storage, before = put(phone_of(flash))
    with (
        listening(flash, BootManner.HONEST) as boot,
        fastboot_over_tcp("127.0.0.1", boot.port) as ours,
    ):
        ours.erase()
    assert canary_after(storage, before, phone_of(flash).look(NAME)) is Canary.GONE
    assert not flash.holds_the_owners


@pytest.mark.parametrize("manner", [Manner.LOCKED_SCREEN, Manner.HIDES_A_NAME])
def test_canary__not_everything_can_be_seen__unknown(manner: Manner) -> None:
    """A locked screen shows nothing, which is not the same as nothing being there."""
    flash = Flash()
    storage, before = put(phone_of(flash))
    del flash.files[NAME]  # as if the phone had hidden it
    after = phone_of(flash, manner).look(NAME)
    assert after.canary is None
    assert after.objects is None
    assert canary_after(storage, before, after) is Canary.UNREADABLE


def test_canary__phone_that_drops_it__never_counts_as_erased() -> None:
    """A file that was never there cannot be missed: it must be seen before it may be absent."""
    flash = Flash()
    storage, before = put(phone_of(flash, Manner.DROPS))
    assert before.canary is False
    after = phone_of(flash).look(NAME)
    assert flash.files["diary.txt"] == PHOTO[::-1]
    assert canary_after(storage, before, after) is Canary.UNREADABLE


def test_canary__another_storage_afterwards__unknown() -> None:
    """A card that was left out, or a phone of another size, shows nothing about the first."""
    flash = Flash()
    storage, before = put(phone_of(flash))
    after = phone_of(Flash(size_bytes=1 << 20)).look(NAME)
    assert canary_after(storage, before, after) is Canary.UNREADABLE


def test_put__read_only__why_is_a_value() -> None:
    """A phone that takes no files says so."""
    phone = phone_of(Flash(), Manner.READ_ONLY)
    (storage,) = phone.storages()
    assert not storage.writable
    assert phone.put(storage, NAME, CONTENT) is Code.STORE_READ_ONLY


def test_open__session_left_open__goes_on() -> None:
    """Who was there before us may have left without a word."""
    pipe = Loopback(Flash(), Manner.HONEST)
    for _ in range(2):
        phone = MtpPhone(pipe, "sim")
        phone.open()
    assert phone.look(NAME).canary is False


@pytest.mark.parametrize(
    ("manner", "error"),
    [(Manner.MUTE, CommandTimeoutError), (Manner.BABBLES, MalformedReplyError)],
)
def test_look__no_answer__typed_error(
    monkeypatch: pytest.MonkeyPatch, manner: Manner, error: type[Exception]
) -> None:
    """Silence and noise are no empty phone."""
    monkeypatch.setattr(link, "ANSWER_S", 0.05)
    pipe = Loopback(Flash(), Manner.HONEST)
    phone = MtpPhone(pipe, "sim")
    phone.open()
    pipe.engine.manner = manner
    with pytest.raises(error):
        phone.look(NAME)
