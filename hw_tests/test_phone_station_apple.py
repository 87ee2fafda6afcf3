"""A whole trade-in of a simulated iPhone: the station's bench over its links, Debian's pairing.

Everything that the station writes is searched for what is a person's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from hw_tests.phones.apple_bay import bay_with
from hw_tests.phones.iphone import MARKERS, UDID, Dialog, IPhone, Lie
from hw_tests.test_phone_station import document_of, private_words_below
from wipe_station.errors import RefusedByPolicyError
from wipe_station.phone_jobs.runner import PhoneRun
from wipe_station.phone_links.presence import Presence, Reach
from wipe_station.phone_values import PhoneStage, PhoneView, Step
from wipe_station.phones.routes import Route
from wipe_station.phones.run import State
from wipe_station.tests.phone_bench import AT_ONCE, Bench, bench_at

PORT: Final = "9-2"
EARLIER_UNIX_S: Final = 1_700_000_000


@contextmanager
def counter_with(phone: IPhone, folder: Path) -> Iterator[Bench]:
    """Have a phone at a station's only port as long as the block lasts."""
    inside = folder / "usb"
    inside.mkdir()
    with bay_with(phone, inside) as bay:
        presence = Presence(tuple, Reach(mux=bay.mux, ports={UDID: PORT}))
        with bench_at(folder / "state", AT_ONCE, presence) as bench:
            yield bench


def read(bench: Bench) -> PhoneView:
    """Return the phone, as soon as its owner has trusted the station and it was read."""
    stages = (PhoneStage.READ, PhoneStage.READY)
    return bench.until(lambda: next((p for p in bench.at(PORT) if p.stage in stages), None))


@pytest.mark.parametrize("route", [Route.IOS_ERASE, Route.IOS_BACKUP_ERASE])
def test_trade_in__iphone__certified_by_its_own_record(folder: Path, route: Route) -> None:
    """Trusted, read, agreed, pressed; back, it forgot us; trusted anew it shows its record."""
    phone = IPhone(erased_before_unix_s=EARLIER_UNIX_S)
    with counter_with(phone, folder) as bench:
        assert [gate.gate for gate in read(bench).gates] == ["no-consent"]
        bench.agree(PORT)
        bench.press(route, PORT)
        bench.state_is("back")
        bench.bench.do(bench.job().job_id, PhoneRun.look)
        job = bench.ended()
        said = document_of(bench, job)
    assert (job.state, job.outcome) == (State.ERASED, "verified")
    assert said["type"] == "certificate-of-phone-erasure"
    seen = {each["code"] for each in said["observed"]}
    assert {"trust-lost", "obliteration-recorded"} <= seen
    assert not phone.photos
    assert private_words_below(folder / "state", words=MARKERS) == []


def test_read__phone_has_forgotten_a_station_that_knows_it__paired_anew(folder: Path) -> None:
    """Its owner has reset whom it trusts, or it was erased elsewhere: it is asked once more."""
    phone = IPhone()
    with counter_with(phone, folder) as bench:
        read(bench)
        phone.pull()
        bench.bench.wake()
        bench.until(lambda: not bench.at(PORT))
        phone.pair_record = None
        phone.plug()
        bench.bench.wake()
        assert [gate.gate for gate in read(bench).gates] == ["no-consent"]
    assert phone.pair_record is not None


@pytest.mark.parametrize("lie", [Lie.NOTHING, Lie.FORGETS, Lie.STALE, Lie.FAILED])
def test_trade_in__iphone_that_lies__notice(folder: Path, lie: Lie) -> None:
    """Whatever it pretends, its photos are there, and nothing certifies otherwise."""
    phone = IPhone(lie=lie, erased_before_unix_s=EARLIER_UNIX_S)
    with counter_with(phone, folder) as bench:
        read(bench)
        bench.agree(PORT)
        bench.press(Route.IOS_ERASE, PORT)
        bench.state_is("back", "not-erased")
        bench.bench.do(bench.job().job_id, PhoneRun.look)
        bench.bench.do(bench.job().job_id, PhoneRun.give_up)
        job = bench.ended()
        said = document_of(bench, job)
    assert job.outcome in ("failed", "indeterminate")
    assert said["type"] == "notice-of-phone-erasure"
    assert phone.photos
    assert private_words_below(folder / "state", words=MARKERS) == []


def test_trade_in__find_my_is_on__no_button(folder: Path) -> None:
    """The owner turns it off first; there is no way past it."""
    with counter_with(IPhone(find_my=True), folder) as bench:
        assert [gate.gate for gate in read(bench).gates] == ["find-my", "no-consent"]
        assert bench.agree(PORT).step is Step.SIGN_OUT
        with pytest.raises(RefusedByPolicyError):
            bench.press(Route.IOS_ERASE, PORT)


def test_phone__owner_never_trusts__told_to_and_nothing_read(folder: Path) -> None:
    """Untrusted it tells nearly nothing: the page says what its owner does."""
    with counter_with(IPhone(dialog=Dialog.NEVER), folder) as bench:
        seen = bench.until(
            lambda: next((p for p in bench.at(PORT) if p.stage is PhoneStage.CLOSED), None)
        )
    assert seen.step in (Step.TRUST, Step.UNLOCK)
    assert seen.facts == ()
