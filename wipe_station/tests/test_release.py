"""No way past the promise: a device without a verified erasure cannot be released."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from certs.bundle import read_bundle
from certs.canonical import decode
from certs.log.entry import EntryKind
from certs.station_keys import KeyRequest, install, pending_request, request_key
from certs.tests.keys_samples import STATION, issued, opened_root
from certs.tests.samples import NOW
from wipe_station.custody import Custody
from wipe_station.errors import CustodyError, EvidenceError
from wipe_station.issuer import OWN_FOLDER, JobEnd, PdfMaker
from wipe_station.run_state import Kind
from wipe_station.testing import FakeClock
from wipe_station.tests.jobs import REASON, damaged_job, plan_record, whole_job
from wipe_station.tests.shop import DISK, PHONE, STAFF, Shop, disk
from wipe_station.ticket import Came
from wipe_station.ticket_values import (
    ConsentRequest,
    ForgetRequest,
    IdentifierValue,
    ReleaseRequest,
    ReturnRequest,
    WithdrawRequest,
)
from wipe_station.vault import FOLDER

CLAIM = {"category": "clear", "edition": "NIST SP 800-88 Rev. 2", "reason": "all of it"}


@pytest.fixture(autouse=True)
def _no_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PdfMaker, "add", lambda _, bundle: bundle)


@pytest.fixture(name="shop")
def _shop(tmp_path: Path) -> Shop:
    return Shop(state=tmp_path)


def asked(bundle: Path, **changes: Any) -> ReleaseRequest:
    """Return what the command line asks when it is given a bundle."""
    document = read_bundle(bundle).document
    digest = hashlib.sha256(document).hexdigest()
    request = ReleaseRequest(staff=STAFF, document=decode(document)["id"], document_sha256=digest)
    return request.model_copy(update=changes)


def refused(shop: Shop, came: Came, request: ReleaseRequest, why: str) -> None:
    """Expect that a device stays, for a reason, and that nobody wrote otherwise."""
    with pytest.raises(CustodyError, match=why):
        shop.happen(came, request)
    assert shop.tickets.ticket(came.ticket.number).open
    found = shop.audited(own=not came.ticket.practice)
    assert came.ticket.number in found.open_custody


def test_release__own_certificate_of_this_device__released_once(shop: Shop) -> None:
    """Taken in, wiped, certified: it may go, and the log knows that it went."""
    came = shop.accept(DISK)
    end = shop.erase()
    done = shop.happen(came, asked(end.bundle))
    assert done.ticket.custody is Custody.RELEASED
    assert done.ticket.released_with == end.statement["id"]
    assert done.document is None
    assert shop.happen(came, asked(end.bundle)).repeated
    found = shop.audited()
    assert (found.findings, found.open_custody, found.open_jobs) == ([], [], [])


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(damaged_job, id="with exceptions"),
        pytest.param(lambda: [plan_record(), (Kind.ABORTED, {"reason": REASON})], id="aborted"),
        pytest.param(lambda: whole_job()[:4], id="interrupted"),
    ],
)
def test_release__notice_instead_of_certificate__refused(
    shop: Shop, steps: Callable[[], Any]
) -> None:
    """What was signed about a job is no erasure unless it says so."""
    came = shop.accept(DISK)
    end = shop.sign(shop.begin(steps()))
    assert end.statement["type"] == "notice"
    refused(shop, came, asked(end.bundle), "does not certify")


def test_release__its_own_receipt__refused(shop: Shop) -> None:
    """A genuine document of this station that says nothing about erasure lets nothing go."""
    came = shop.accept(DISK)
    assert came.document is not None
    refused(shop, came, asked(shop.state / "bundles" / came.document), "does not certify")


def test_release__notice_renamed_to_a_certificate__refused(shop: Shop) -> None:
    """File names decide nothing."""
    came = shop.accept(DISK)
    end = shop.sign(shop.begin(damaged_job()))
    for file in end.bundle.iterdir():
        file.rename(file.with_name(file.name.replace("notice", "certificate")))
    refused(shop, came, asked(end.bundle), "binding")


@pytest.mark.parametrize("name", ["certificate.json", "certificate.sig", "certificate.tlog-proof"])
def test_release__tampered_bundle__refused(shop: Shop, name: str) -> None:
    """One changed byte in the station's own folder, and nobody gets anything for it."""
    came = shop.accept(DISK)
    end = shop.erase()
    file = end.bundle / name
    data = bytearray(file.read_bytes())
    data[-3] ^= 1
    file.write_bytes(data)
    digest = hashlib.sha256((end.bundle / "certificate.json").read_bytes()).hexdigest()
    request = ReleaseRequest(staff=STAFF, document=end.statement["id"], document_sha256=digest)
    refused(shop, came, request, "Not released")


def test_release__bundle_elsewhere_than_here__refused(shop: Shop, tmp_path: Path) -> None:
    """Who brings a document along brings nothing: the station looks at what it signed itself."""
    came = shop.accept(DISK)
    other = Shop(state=tmp_path / "other", clock=shop.clock)
    end = other.erase()
    refused(shop, came, asked(end.bundle), "no document of this station")
    own = shop.erase()
    changed = asked(own.bundle, document_sha256="00" * 32)
    refused(shop, came, changed, "no document of this station")


def test_release__another_stations_bundle_copied_in__refused(shop: Shop, tmp_path: Path) -> None:
    """What another station signed does not count, even where somebody put it among ours."""
    came = shop.accept(DISK)
    other = Shop(state=tmp_path / "other", clock=shop.clock)
    end = other.erase()
    shutil.copytree(end.bundle, shop.state / "bundles" / end.bundle.name)
    refused(shop, came, asked(end.bundle), "chain")


def test_release__another_device__refused_naming_both(shop: Shop) -> None:
    """The certificate must be about the device that the ticket is about."""
    shop.plugged_in = disk("S2")
    came = shop.accept(DISK)
    end = shop.erase()
    refused(shop, came, asked(end.bundle), "ticket says serial S2, the certificate says serial S1")


def test_release__identifier_that_the_certificate_lacks__refused(shop: Shop) -> None:
    """A phone's number on the ticket is not proven by the certificate of some drive."""
    imei = (IdentifierValue(kind="imei", value="490154203237518"),)
    came = shop.accept(PHONE, identifiers=imei)
    end = shop.erase()
    refused(shop, came, asked(end.bundle), "imei 490154203237518, the certificate says imei —")


def test_release__same_certificate_for_two_devices__refused(shop: Shop) -> None:
    """One erasure lets one device go, also where nobody can tell two of them apart."""
    first, second = shop.accept(PHONE), shop.accept(PHONE, alike=2)
    end = shop.erase()
    shop.happen(first, asked(end.bundle))
    refused(shop, second, asked(end.bundle), f"released ticket {first.ticket.number}")
    shop.happen(first, ForgetRequest())
    refused(shop, second, asked(end.bundle), f"released ticket {first.ticket.number}")


def test_release__released_ticket_set_back_to_before__certificate_still_spent(shop: Shop) -> None:
    """A copy of the folder from before a release does not give its certificate back."""
    first, second = shop.accept(PHONE), shop.accept(PHONE, alike=2)
    end = shop.erase()
    file = shop.state / FOLDER / f"{first.ticket.number}.sealed"
    before = file.read_bytes()
    shop.happen(first, asked(end.bundle))
    file.write_bytes(before)
    with pytest.raises(EvidenceError, match=first.ticket.number):
        shop.happen(second, asked(end.bundle))
    assert shop.audited().counts["release"] == 1


def test_release__certificate_of_a_device_that_is_here_under_another_ticket__refused(
    shop: Shop,
) -> None:
    """A device without identifiers cannot leave with what was done to one that has some."""
    named = shop.accept(DISK)
    nameless = shop.accept(PHONE)
    end = shop.erase()
    refused(shop, nameless, asked(end.bundle), f"device of ticket {named.ticket.number}")
    assert not shop.happen(named, asked(end.bundle)).ticket.open


def test_release__certificate_from_an_earlier_custody__refused(shop: Shop) -> None:
    """The same device came back, full of somebody's data: its old certificate says nothing now."""
    first = shop.accept(DISK)
    end = shop.erase()
    shop.happen(first, asked(end.bundle))
    again = shop.accept(DISK)
    refused(shop, again, asked(end.bundle), "began before the device was taken in|released ticket")
    nameless = shop.accept(PHONE)
    refused(shop, nameless, asked(end.bundle), "began before")


def test_release__job_begun_before_and_ended_after__refused(shop: Shop) -> None:
    """What was already being erased when this device came in was another one, or not as it is."""
    journal = shop.begin()
    came = shop.accept(DISK)
    end = shop.sign(journal)
    refused(shop, came, asked(end.bundle), "began before")


def test_release__job_whose_beginning_is_in_no_log__refused(shop: Shop) -> None:
    """A certificate whose job nobody saw begin is none of ours."""
    came = shop.accept(DISK)
    end = shop.sign(shop.begin(logged=False))
    refused(shop, came, asked(end.bundle), "began before")


def test_release__no_consent_to_erase__refused(shop: Shop) -> None:
    """Who never agreed does not lose her device to a certificate."""
    came = shop.accept(DISK, consents=("read",))
    end = shop.erase()
    refused(shop, came, asked(end.bundle), "did not agree")
    shop.happen(came, ConsentRequest(staff=STAFF, to=("erase",)))
    assert not shop.happen(came, asked(end.bundle)).ticket.open


def test_release__withdrawn_or_returned__refused(shop: Shop) -> None:
    """A device that has to go back, or went back, is not sold."""
    came = shop.happen(shop.accept(PHONE), WithdrawRequest(staff=STAFF))
    end = shop.erase()
    refused(shop, came, asked(end.bundle), "cannot happen")
    shop.happen(came, ReturnRequest(staff=STAFF))
    with pytest.raises(CustodyError, match="cannot happen"):
        shop.happen(came, asked(end.bundle))


def test_release__fault_then_another_certificate__the_first_that_was_logged_counts(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release that was cut off after the log had it is a release, with that certificate."""
    came = shop.accept(DISK)
    first, second = shop.erase(), shop.erase()

    class CutError(Exception):
        pass

    def cut(*_: object) -> None:
        raise CutError

    with monkeypatch.context() as patch:
        patch.setattr(shop.tickets._ledger._vault, "remove", cut)
        with pytest.raises(CutError):
            shop.happen(came, asked(first.bundle))
    with pytest.raises(CustodyError, match="cannot happen"):
        shop.happen(came, asked(second.bundle))
    assert shop.tickets.ticket(came.ticket.number).released_with == first.statement["id"]
    assert shop.audited().counts["release"] == 1


# --- practice and its opposite -------------------------------------------------------------------


@pytest.fixture(name="real")
def _real(tmp_path: Path) -> Shop:
    """Return a station under an organisation's root."""
    folder = tmp_path / OWN_FOLDER
    folder.mkdir()
    request_key(folder / "keys", STATION)
    waiting = pending_request(folder / "keys")
    assert isinstance(waiting, KeyRequest)
    install(folder / "keys", issued(waiting, 400), opened_root().pem, NOW)
    return Shop(state=tmp_path, clock=FakeClock(NOW + timedelta(days=1)))


def real_job() -> Any:
    """Return the records of a job that was planned to claim something."""
    (kind, opening), *rest = whole_job()
    return [
        (kind, opening | {"plan": opening["plan"] | {"practice": False, "claim": CLAIM}}),
        *rest,
    ]


def real_end(shop: Shop) -> JobEnd:
    """Do a job whose document is no practice."""
    return shop.sign(shop.begin(real_job()))


def test_release__under_an_organisations_root__released(real: Shop) -> None:
    """Ticket, receipt, certificate: all of the station's own key, in its own log."""
    came = real.accept(DISK)
    assert not came.ticket.practice
    assert not came.ticket.number.startswith("p")
    assert real.happen(came, asked(real_end(real).bundle)).ticket.custody is Custody.RELEASED
    found = real.audited(own=True)
    assert (found.findings, found.open_custody) == ([], [])


def test_release__practice_certificate_for_a_real_device__refused(real: Shop) -> None:
    """An exercise lets no real device go."""
    came = real.accept(DISK)
    end = real.erase()
    assert end.statement["practice"]
    refused(real, came, asked(end.bundle), "chain")


def test_release__real_certificate_for_a_practice_ticket__refused(real: Shop) -> None:
    """The two logs know nothing of each other: what stands in one proves no order in the other."""
    real.practice = True
    real.start()
    came = real.accept(DISK)
    assert came.ticket.practice
    refused(real, came, asked(real_end(real).bundle), "chain")


def test_accept__station_of_its_own_key__practice_drive_stays_practice(real: Shop) -> None:
    """A loop drive, which only ever gets practice documents, gets a practice ticket."""
    found = disk()
    virtual = type(found.transport).LOOP
    real.plugged_in = replace(found, transport=virtual)
    assert real.accept(DISK).ticket.practice
    assert not real.accept(PHONE).ticket.practice


def test_accept__own_key_gone_later__open_tickets_stop_the_line(real: Shop) -> None:
    """A station that lost its key does not go on with another one."""
    came = real.accept(PHONE)
    (real.state / OWN_FOLDER).rename(real.state / "elsewhere")
    real.start()
    with pytest.raises(EvidenceError, match="own key is gone"):
        real.happen(came, ReturnRequest(staff=STAFF))
    kinds = {EntryKind.RETURN.value, EntryKind.RELEASE.value}
    assert not kinds & set(real.audited().counts)
