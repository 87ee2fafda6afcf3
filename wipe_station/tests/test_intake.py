"""Phones at the counter: their IMEIs, the block list, and devices that wait for a supervisor."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from certs.formats.head_v1 import Identifier
from certs.log.entry import EntryKind
from certs.tests.test_durable import FAULTS, Fault, PowerCutError
from wipe_station.blocking import BlockList
from wipe_station.custody import Custody
from wipe_station.errors import (
    BlockListError,
    CustodyError,
    EvidenceError,
    InvalidInputError,
    RefusedByPolicyError,
    StationError,
)
from wipe_station.issuer import PdfMaker
from wipe_station.tests.shop import DISK, PHONE, STAFF, Shop, disk
from wipe_station.ticket import Came, Consent
from wipe_station.ticket_identifiers import compared
from wipe_station.ticket_values import (
    ConsentRequest,
    DestroyRequest,
    EventRequest,
    ForgetRequest,
    FreezeRequest,
    GradeRequest,
    IdentifierValue,
    PriceRequest,
    PriceValue,
    ReleaseRequest,
    ReturnRequest,
    ThawRequest,
    TransferRequest,
    WithdrawRequest,
)
from wipe_station.vault import FOLDER

FLAGGED = "490154203237518"
OTHER = "353644930127905"
THIRD = "356938035643809"
FREEZE = FreezeRequest(staff=STAFF)
THAW = ThawRequest(staff="1", reason="The police gave the number free.")
BACK = ReturnRequest(staff="1", reason="The owner came with her papers.")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make no pages; and let a flush take no time: faults strike at its call, which still comes."""
    monkeypatch.setattr(PdfMaker, "add", lambda _, bundle: bundle)
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture(name="shop")
def _shop(tmp_path: Path) -> Shop:
    """Return a shop with one phone on its list."""
    file = tmp_path / "list.csv"
    file.write_text(f"imei,reason\n{FLAGGED},stolen\n", "utf-8")
    return Shop(state=tmp_path / "state", block_list=BlockList(file))


def typed(**identifiers: str) -> tuple[IdentifierValue, ...]:
    """Return what a clerk types, by kind."""
    return tuple(IdentifierValue(kind=kind, value=value) for kind, value in identifiers.items())


def said(evidence: str = "adb", /, **identifiers: str) -> tuple[Identifier, ...]:
    """Return what a phone says, by kind, where it is asked over a link."""
    return tuple(
        Identifier(kind=kind, value=value, source="medium", evidence=evidence)
        for kind, value in identifiers.items()
    )


def read(shop: Shop, *labelled: Identifier, practice: bool = False, **identifiers: str) -> Came:
    """Take in a phone that was read."""
    return shop.tickets.accept_read(
        description="A phone",
        kind="phone",
        identifiers=(*said(**identifiers), *labelled),
        staff=STAFF,
        consents=(Consent.ERASE,),
        practice=practice,
    )


# --- IMEIs as typed ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["imei", "imei2"])
@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("490154203237519", "check digit does not fit"),
        ("4901542032375101", "IMEISV"),
        ("49015420323751", "14 digits"),
        ("4901542032375", "15 digits"),
        ("356938O35643809", "15 digits"),
        ("000000000000000", "placeholder"),
        ("004999010640000", "placeholder"),
    ],
)
def test_accept__malformed_imei__refused_naming_what_is_wrong(
    shop: Shop, kind: str, value: str, why: str
) -> None:
    """A slip of the pen is told while the phone lies there; the number is not repeated."""
    with pytest.raises(InvalidInputError, match=why) as refused:
        shop.accept(PHONE, identifiers=typed(**{kind: value}))
    assert value not in json.dumps(refused.value.diagnostics())
    assert shop.tickets.all() == ()


def test_accept__imei_as_it_is_printed__kept_as_its_digits(shop: Shop) -> None:
    """Blanks and dashes are for the eye; with and without them it is one phone."""
    came = shop.accept(PHONE, identifiers=typed(imei="35-364493-012790-5", imei2=f" {THIRD} "))
    assert came.ticket.opening is not None
    kept = [each.value for each in came.ticket.opening.device.identifiers]
    assert kept == [OTHER, THIRD]
    assert shop.accept(PHONE, identifiers=typed(imei=OTHER, imei2=THIRD)).repeated


def test_accept__both_imeis_the_same__refused(shop: Shop) -> None:
    """Two radios have two numbers; one written twice hides the other."""
    with pytest.raises(InvalidInputError, match="same number"):
        shop.accept(PHONE, identifiers=typed(imei=OTHER, imei2="353644 93 012790 5"))


def test_accept__imei_is_the_second_one_of_a_phone_that_is_here__refused(shop: Shop) -> None:
    """Which number is the first one, label and software need not agree about."""
    first = shop.accept(PHONE, identifiers=typed(imei=OTHER, imei2=THIRD))
    with pytest.raises(CustodyError, match=first.ticket.number):
        shop.accept(PHONE, description="Another", identifiers=typed(imei=THIRD))


# --- phones that were read -----------------------------------------------------------------------


def test_accept_read__phone__its_own_words_stand_on_the_receipt(shop: Shop) -> None:
    """Who said what stays to be seen: the source is the phone, not a label."""
    came = read(shop, serial="S7", imei="35-364493-012790-5")
    device = shop.noticed(came)["device"]
    assert device["kind"] == "phone"
    assert device["identifiers"] == [
        {"kind": "serial", "value": "S7", "source": "medium", "evidence": "adb"},
        {"kind": "imei", "value": OTHER, "source": "medium", "evidence": "adb"},
    ]
    assert came.ticket.consents == (Consent.ERASE,)
    again = read(shop, serial="S7", imei=OTHER)
    assert (again.repeated, again.ticket) == (True, came.ticket)


def test_accept_read__placeholder__kept_as_it_was_said(shop: Shop) -> None:
    """What a phone says is a fact about it, also where it is no IMEI."""
    came = read(shop, serial="S7", imei="000000000000000")
    assert shop.noticed(came)["device"]["identifiers"][1]["value"] == "000000000000000"


def test_accept_read__nothing_that_tells_it_apart__refused(shop: Shop) -> None:
    """Two phones that say only their model must not share a ticket."""
    with pytest.raises(InvalidInputError, match="tells it from others"):
        read(shop, model="Pixel 8")


def test_accept_read__label_says_another_imei__refused(shop: Shop) -> None:
    """A phone in another phone's case is for the manager; one of two numbers is none."""
    label = Identifier(kind="imei", value=THIRD, source="label", evidence="scanned")
    with pytest.raises(CustodyError, match="not the one on its label"):
        read(shop, label, serial="S7", imei=OTHER)
    assert shop.tickets.all() == ()
    assert read(shop, label, serial="S7", imei=OTHER, imei2=THIRD).ticket.open


def test_accept_read__practice__the_practice_log_has_it(shop: Shop) -> None:
    """A phone that is a simulator's does not stand in the real log."""
    assert read(shop, serial="S7", practice=True).ticket.practice


def test_standing__by_any_of_its_identifiers__its_ticket(shop: Shop) -> None:
    """A phone is known by one number in common, however that is written; what left is not here."""
    came = shop.accept(PHONE, identifiers=typed(imei=OTHER))
    tickets = shop.tickets
    assert tickets.standing(said(serial="S7", imei=THIRD, imei2=OTHER)) == came.ticket
    assert tickets.standing(said(imei=OTHER[:14])) == came.ticket
    assert tickets.standing(said(serial="S7", imei=THIRD)) is None
    assert tickets.standing(said(model="A phone")) is None
    assert tickets.standing(()) is None
    shop.happen(came, BACK)
    assert tickets.standing(said(imei=OTHER)) is None


ANDROID = said(imei=OTHER, serial="S7")
IPHONE = said("lockdown", imei=OTHER, serial="F7", udid="U7")


@pytest.mark.parametrize(
    ("here", "comes"),
    [
        (ANDROID, said(imei=OTHER, serial="S8")),
        (IPHONE, said("lockdown", imei=OTHER, serial="F8", udid="U8")),
        (IPHONE, said("lockdown", imei=OTHER, serial="F8", udid="U7")),
        (IPHONE, said("lockdown", imei=OTHER, udid="U8")),
        (IPHONE, ANDROID),
        (ANDROID, IPHONE),
    ],
)
def test_standing__copied_imei__not_taken_for_the_phone_that_is_here(
    shop: Shop, here: tuple[Identifier, ...], comes: tuple[Identifier, ...]
) -> None:
    """One number in common is not one phone: nobody's consent counts for another's."""
    ticket = read(shop, *here).ticket
    for asked in (shop.tickets.standing, shop.tickets.blocked):
        with pytest.raises(CustodyError, match="a copied IMEI") as refused:
            asked(comes)
        assert ticket.number in refused.value.message.zh
    assert shop.tickets.standing(here) == ticket


def test_standing__another_serial_on_the_label_or_over_another_link__the_same_phone(
    shop: Shop,
) -> None:
    """Labels have numbers of their own, and MTP has one that changes with each reset."""
    label = Identifier(kind="serial", value="12345/AB", source="label", evidence="scanned")
    came = read(shop, label, serial="S7", imei=OTHER)
    over_mtp = Identifier(kind="serial", value="0af3", source="medium", evidence="MTP")
    assert shop.tickets.standing((*said(imei=OTHER), over_mtp)) == came.ticket


def test_standing__two_tickets_for_one_phone__refused_naming_both(shop: Shop) -> None:
    """Nobody guesses whose phone it is."""
    first = shop.accept(PHONE, identifiers=typed(serial="S7"))
    second = shop.accept(PHONE, description="Another", identifiers=typed(imei=OTHER))
    with pytest.raises(CustodyError, match=first.ticket.number) as refused:
        shop.tickets.standing(said(serial="S7", imei=OTHER))
    assert second.ticket.number in str(refused.value)


def test_compared__ticket_and_phone__a_contradiction_is_told(shop: Shop) -> None:
    """The number that was typed is held against what the phone says, once it is plugged in."""
    opening = shop.accept(PHONE, identifiers=typed(serial="S7", imei=OTHER)).ticket.opening
    assert compared(opening, (OTHER, THIRD)).agree
    assert compared(opening, (THIRD,)).agree is False
    assert compared(opening, ()).agree is None
    assert compared(None, (THIRD,)).agree is None


def test_require_erasable__phone__by_consent_and_hold_like_a_drive(shop: Shop) -> None:
    """A phone in custody is erased only while its owner agrees and nothing holds it."""
    phone = said(serial="S7", imei=THIRD, imei2=OTHER)
    came = shop.accept(PHONE, identifiers=typed(imei=OTHER), consents=())
    with pytest.raises(RefusedByPolicyError, match="did not agree"):
        shop.tickets.require_erasable(phone, None)
    shop.happen(came, ConsentRequest(staff=STAFF, to=("erase",)))
    shop.tickets.require_erasable(phone, None)
    shop.happen(came, FREEZE)
    with pytest.raises(RefusedByPolicyError, match="on hold"):
        shop.tickets.require_erasable(phone, None)


# --- the block list ------------------------------------------------------------------------------


def test_accept__flagged__in_custody_and_frozen_in_one_go(shop: Shop) -> None:
    """The phone is held and nothing can happen to it; its receipt is as any other's."""
    came = shop.accept(PHONE, identifiers=typed(imei=OTHER, imei2=FLAGGED))
    assert came.ticket.custody is Custody.FROZEN
    assert [each.kind for each in came.ticket.events] == [
        EntryKind.CUSTODY_ACCEPTED,
        EntryKind.CONSENT,
        EntryKind.FROZEN,
    ]
    usual = shop.accept(PHONE, identifiers=typed(imei=THIRD))
    assert usual.ticket.custody is Custody.HELD
    receipts = [shop.noticed(each) for each in (came, usual)]
    assert receipts[0].keys() == receipts[1].keys()
    for word in ("block", "stolen", "frozen", "hold"):
        assert word not in json.dumps(receipts[0])
    found = shop.audited()
    assert (found.findings, found.counts["frozen"]) == ([], 1)
    assert found.open_custody == [came.ticket.number, usual.ticket.number]


def test_accept__flagged__no_imei_and_no_reason_in_the_clear(shop: Shop) -> None:
    """Log, notices and files besides the sealed ticket and the customer's papers name no phone."""
    shop.accept(PHONE, identifiers=typed(imei=FLAGGED))
    for file in (path for path in shop.state.rglob("*") if path.is_file()):
        data = file.read_bytes()
        assert b"block-list" not in data, file
        assert FLAGGED.encode() not in data or file.name == "receipt.json", file
    (notice,) = shop.tickets.holds.notices()
    assert FLAGGED not in f"{notice.zh} {notice.en}"


def test_accept_read__flagged__frozen(shop: Shop) -> None:
    """Whoever tells the number, a clerk or the phone itself: it is held."""
    assert read(shop, serial="S7", imei2=FLAGGED + "").ticket.custody is Custody.FROZEN
    assert read(shop, serial="S8", imei=OTHER).ticket.custody is Custody.HELD


@pytest.mark.parametrize(
    "asked",
    [{"kind": "phone"}, {"kind": "Tablet"}, {"identifiers": typed(imei=OTHER)}],
    ids=["by kind", "by kind, in capitals", "by number"],
)
def test_accept__list_damaged__no_phone_is_taken_in_and_drives_are(
    shop: Shop, asked: dict[str, Any]
) -> None:
    """Without its list the shop knows nothing of any phone; drives do not stand on it."""
    (shop.state.parent / "list.csv").write_text("imei\nx\n", "utf-8")
    with pytest.raises(BlockListError, match="line 2"):
        shop.accept(PHONE, **asked)
    with pytest.raises(BlockListError):
        read(shop, serial="S7")
    with pytest.raises(BlockListError):
        shop.tickets.blocked(said(serial="S7"))
    assert shop.tickets.all() == ()
    assert "line 2" in shop.tickets.holds.notices()[0].en
    assert shop.accept(DISK).ticket.custody is Custody.HELD


def test_accept__flagged_since_it_came__frozen_when_it_is_told_again(shop: Shop) -> None:
    """A list is handed over anew while phones lie in the shop."""
    came = shop.accept(PHONE, identifiers=typed(imei=OTHER))
    assert not shop.tickets.blocked(said(imei=OTHER))
    (shop.state.parent / "list.csv").write_text(f"imei\n{OTHER}\n", "utf-8")
    assert shop.tickets.blocked(said(imei=OTHER))
    again = shop.accept(PHONE, identifiers=typed(imei=OTHER))
    assert (again.repeated, again.ticket.number) == (False, came.ticket.number)
    assert again.ticket.custody is Custody.FROZEN
    assert shop.accept(PHONE, identifiers=typed(imei=OTHER)).repeated


def test_blocked__until_a_supervisor_took_it_off_hold(shop: Shop) -> None:
    """The list still has the number then; a supervisor's word about this custody counts more."""
    phone = said(serial="S7", imei=FLAGGED)
    assert shop.tickets.blocked(phone)
    came = read(shop, serial="S7", imei=FLAGGED)
    assert shop.tickets.blocked(phone)
    shop.happen(came, THAW)
    assert not shop.tickets.blocked(phone)
    assert read(shop, serial="S7", imei=FLAGGED).ticket.custody is Custody.HELD
    shop.happen(came, FREEZE)
    assert shop.tickets.blocked(phone)
    shop.happen(came, BACK)
    assert read(shop, serial="S7", imei=FLAGGED).ticket.custody is Custody.FROZEN


# --- on hold -------------------------------------------------------------------------------------

REFUSED: list[EventRequest] = [
    PriceRequest(staff=STAFF, price=PriceValue(minor_units=1, decimals=2, currency="CNY")),
    ConsentRequest(staff=STAFF, to=("read",)),
    WithdrawRequest(staff=STAFF, reason="Wants it back."),
    GradeRequest(staff=STAFF, measures={"drive_kind": "nvme"}),
    DestroyRequest(staff=STAFF, method="shredded", witness="8", processor="X", reason="Why not"),
    ReleaseRequest(staff=STAFF, document="20261123T172000Z-0badcafe", document_sha256="0" * 64),
    ForgetRequest(),
]


@pytest.mark.parametrize("asked", REFUSED, ids=lambda asked: str(asked.kind))
def test_frozen__what_the_table_lacks__refused(shop: Shop, asked: EventRequest) -> None:
    """Neither sold nor destroyed nor agreed about; the refusal names what a supervisor can do."""
    came = shop.happen(shop.accept(), FREEZE)
    with pytest.raises(CustodyError, match="on hold") as refused:
        shop.happen(came, asked)
    assert "thaw, return, transfer" in refused.value.hint.en
    assert shop.tickets.ticket(came.ticket.number) == came.ticket


@pytest.mark.parametrize(
    "asked", [BACK, TransferRequest(staff="1", recipient="Police", reason="As asked.")]
)
def test_frozen__given_back_or_handed_on__only_with_a_reason(
    shop: Shop, asked: ReturnRequest | TransferRequest
) -> None:
    """A phone that was held leaves with a word about why, and the audit finds nothing wrong."""
    came = shop.happen(shop.accept(), FREEZE)
    with pytest.raises(InvalidInputError, match="wants a reason"):
        shop.happen(came, asked.model_copy(update={"reason": None}))
    done = shop.happen(came, asked)
    assert not done.ticket.open
    assert shop.noticed(done)["reason"]["en"] == asked.reason
    assert shop.happen(came, asked).repeated
    found = shop.audited()
    assert (found.findings, found.open_custody) == ([], [])


def test_frozen__thawed__goes_on_as_before(shop: Shop) -> None:
    """Said twice it happens once; afterwards the device is in custody like any other."""
    came = shop.accept(DISK)
    assert not shop.happen(came, FREEZE).repeated
    assert shop.happen(came, FREEZE).repeated
    with pytest.raises(RefusedByPolicyError, match="on hold"):
        shop.tickets.require_wipeable(disk())
    shop.tickets.require_wipeable(disk("S2"))
    thawed = shop.happen(came, THAW)
    assert (thawed.ticket.custody, thawed.document) == (Custody.HELD, None)
    assert shop.happen(came, THAW).repeated
    shop.tickets.require_wipeable(disk())
    with pytest.raises(CustodyError):
        shop.happen(came, ThawRequest(staff="1", reason="Once more."))
    assert shop.audited().findings == []


def test_frozen__drive_that_shares_one_identifier__not_wiped(shop: Shop) -> None:
    """Half an identity is enough to hold; it would not be enough to let go."""
    came = shop.accept(PHONE, identifiers=typed(serial="S1", meid="A0000000"))
    shop.tickets.require_wipeable(disk())
    shop.happen(came, FREEZE)
    with pytest.raises(RefusedByPolicyError, match="on hold"):
        shop.tickets.require_wipeable(disk())


def test_notices__on_hold__told_until_seen_to_and_after_a_restart(shop: Shop) -> None:
    """The board names the tickets and not why; whoever listens is told of each change."""
    told: list[int] = []
    holds = shop.tickets.holds
    holds.listen(lambda: told.append(len(holds.notices())))
    assert holds.notices() == ()
    shop.accept()
    assert told == []
    held = [shop.happen(shop.accept(alike=alike), FREEZE) for alike in range(2, 9)]
    (notice,) = holds.notices()
    assert all(each.ticket.number in notice.zh for each in held[:5])
    assert held[6].ticket.number not in notice.en
    assert "and 2 more" in notice.en
    assert told == [1] * 7
    shop.start()
    assert shop.tickets.holds.notices() == (notice,)
    for each in held:
        shop.happen(each, THAW)
    assert shop.tickets.holds.notices() == ()
    assert len(told) == 7


def test_notices__ticket_damaged__told_instead_of_breaking_the_board(shop: Shop) -> None:
    """Where nobody can say what is on hold, that is said."""
    came = shop.accept()
    file = shop.state / FOLDER / f"{came.ticket.number}.sealed"
    file.write_bytes(file.read_bytes()[:-1])
    shop.start()
    (notice,) = shop.tickets.holds.notices()
    with pytest.raises(EvidenceError) as refused:
        shop.tickets.all()
    assert notice == refused.value.message


@pytest.mark.parametrize("fault", FAULTS)
def test_accept__flagged_and_fault_at_any_call__never_here_and_not_frozen(
    tmp_path: Path, shop: Shop, fault: Fault
) -> None:
    """Taken in and frozen are one: no crash leaves a flagged phone that could be erased."""
    asked = PHONE.model_copy(update={"identifiers": typed(imei=FLAGGED)})
    step, hit = 0, True
    while hit:
        copy = shop.copied(tmp_path / f"run-{step}")
        with fault.injected(step) as injection:
            try:
                copy.accept(asked)
            except (StationError, OSError):
                assert injection.hit
            except PowerCutError:
                copy.start()
        for each in copy.tickets.all():
            assert each.custody is Custody.FROZEN
        shown = len(copy.tickets.holds.notices())
        assert shown == len(copy.tickets.all())
        assert copy.accept(asked).ticket.custody is Custody.FROZEN
        assert len(copy.tickets.holds.notices()) == 1
        assert copy.audited().counts["frozen"] == 1
        step, hit = step + 1, injection.hit
    assert step > 40
