"""A phone fills its free space: our hand, Debian's adb, a simulated phone that may lie."""

import contextlib
from pathlib import Path
from typing import Final

import pytest

from hw_tests.phones.android import AndroidPhone, Trust
from hw_tests.phones.android_fill import MIB, Fill, Storage
from hw_tests.phones.port import port_with
from hw_tests.phones.real_adb import RealAdb
from wipe_station.errors import DeviceError
from wipe_station.phones import overwrite
from wipe_station.phones.overwrite import FILE_BYTES, NOTHING, ROOM_BYTES, Overwritten

CAPACITY: Final = 2000 * MIB
FREE: Final = CAPACITY - ROOM_BYTES


def fresh(lie: Fill | None = None, capacity_bytes: int = CAPACITY) -> AndroidPhone:
    """Return a phone as it is between two resets."""
    storage = Storage(capacity_bytes=capacity_bytes, lie=lie)
    return AndroidPhone(trust=Trust.TRUSTED, files={}, storage=storage)


def filled(phone: AndroidPhone, folder: Path, adb: RealAdb) -> tuple[Overwritten, list[int]]:
    """Have a phone fill itself; return what came of it, and the bytes that were told."""
    told: list[tuple[int, int | None]] = []
    with port_with(phone, folder, adb) as port:
        hand = port.by_adb().hand()
        assert hand.can_overwrite
        done = hand.overwrite(lambda *far: told.append(far), lambda: False)
    wholes = {whole for _, whole in told}
    assert len(wholes) <= 1
    assert wholes <= {2 * CAPACITY, None}
    return done, [far for far, _ in told]


def test_overwrite__honest_phone__full_read_back_and_room_for_a_canary(
    adb: RealAdb, folder: Path
) -> None:
    """All that is free is written and read twice; the files stay, and 64 MiB are free again."""
    phone = fresh()
    done, told = filled(phone, folder, adb)
    assert (done.size_bytes, done.files, done.whole) == (FREE, 8, True)
    assert sum(size for size, _ in phone.storage.files.values()) == FREE
    assert phone.free_bytes == ROOM_BYTES
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 2 * FREE)
    assert [each for each in phone.commands if each == overwrite.SYNC] == [overwrite.SYNC]
    with port_with(phone, folder, adb) as port:
        assert port.by_adb().hand().plant("c" * 32, bytes(64 << 10))


LIARS: Final = {
    Fill.WRITES_NOTHING: 0,
    Fill.FORGETS: 0,
    Fill.FORGETS_ONE: FREE - FILE_BYTES,
    Fill.FULL_EARLY: CAPACITY // 3 - ROOM_BYTES,
    Fill.NO_WRITER: 0,
    Fill.NO_DIGESTS: 0,
    Fill.NO_SPACE_TOLD: FREE,
    Fill.DENIES: 0,
    Fill.BABBLES: 0,
}


@pytest.mark.parametrize("lie", Fill)
def test_overwrite__phone_that_lies_or_does_not_know_how__nothing_follows_from_it(
    adb: RealAdb, folder: Path, lie: Fill
) -> None:
    """Only what was read back the same counts, and a claim wants all of it."""
    done, _ = filled(fresh(lie), folder, adb)
    assert not done.whole
    assert done.size_bytes == LIARS[lie]
    assert done.size_bytes or done == NOTHING


def test_overwrite__cancelled_while_it_writes__nothing_counts_and_all_is_taken_away(
    adb: RealAdb, folder: Path
) -> None:
    """A cancellation is heard after the file that is under way."""
    phone = fresh()
    with port_with(phone, folder, adb) as port:
        hand = port.by_adb().hand()
        done = hand.overwrite(lambda *_: None, lambda: len(phone.storage.files) > 2)
        assert done == NOTHING
        assert not phone.storage.files
        assert not phone.storage.folders


def test_overwrite__cancelled_while_it_reads__that_much_was_read_back_and_nothing_follows(
    adb: RealAdb, folder: Path
) -> None:
    """What was read back is said; it was not all, so nothing is claimed from it."""
    phone = fresh()
    told: list[int] = []
    with port_with(phone, folder, adb) as port:
        hand = port.by_adb().hand()

        def stopped() -> bool:
            return bool(told) and told[-1] >= FREE + FILE_BYTES

        done = hand.overwrite(lambda far, _: told.append(far), stopped)
        assert (done.size_bytes, done.whole) == (FILE_BYTES, False)
        assert not phone.storage.files


def test_overwrite__cable_pulled__nothing_and_the_next_one_begins_anew(
    adb: RealAdb, folder: Path
) -> None:
    """What is left of a run that was cut off is taken away by the next, and does not count."""
    phone = fresh()
    with port_with(phone, folder, adb) as port:
        hand = port.by_adb().hand()
        phone.storage.written = lambda: setattr(port.carrier, "left_bytes", 0)
        done = NOTHING
        with contextlib.suppress(DeviceError):
            done = hand.overwrite(lambda *_: None, lambda: False)
        assert done == NOTHING
        assert phone.storage.files
        phone.storage.written = lambda: None
        port.carrier.left_bytes = None
        phone.restart()
        done = port.by_adb().hand().overwrite(lambda *_: None, lambda: False)
        assert (done.size_bytes, done.whole) == (FREE, True)


@pytest.mark.parametrize("place", [0, 20, 60, 200, 700])
def test_overwrite__line_breaks_anywhere__error_or_nothing(
    adb: RealAdb, folder: Path, place: int
) -> None:
    """Half an answer is never taken for a whole one."""
    phone = fresh()
    with port_with(phone, folder, adb) as port:
        hand = port.by_adb().hand()
        port.carrier.left_bytes = place
        done = NOTHING
        with contextlib.suppress(DeviceError):
            done = hand.overwrite(lambda *_: None, lambda: False)
        assert done == NOTHING


def test_overwrite__other_links__say_that_they_cannot(adb: RealAdb, folder: Path) -> None:
    """By file transfer a phone is told to do nothing by itself."""
    phone = fresh()
    with port_with(phone, folder, adb) as port:
        hand = port.by_mtp().hand()
        assert not hand.can_overwrite
        assert hand.overwrite(lambda *_: None, lambda: False) == NOTHING
        assert not phone.storage.files
