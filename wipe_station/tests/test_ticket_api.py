"""Tickets over the daemon's socket: the operator's alone, and nobody's name in what is listed."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from wipe_station.blocking import BlockList
from wipe_station.custody import Custody
from wipe_station.errors import BlockListError, CustodyError, InvalidInputError
from wipe_station.issuer import PdfMaker
from wipe_station.peers import Role
from wipe_station.tests.fake_floor import FakeFloor, serving_floor
from wipe_station.tests.shop import PHONE, SELLER, STAFF, Shop
from wipe_station.ticket_api import router
from wipe_station.ticket_desk import There
from wipe_station.ticket_values import (
    CorrectRequest,
    FreezeRequest,
    GradeRequest,
    ReturnRequest,
    ThawRequest,
)

FULL = PHONE.model_copy(update={"consents": ("erase", "keep-identity"), "seller": SELLER})


@pytest.fixture(autouse=True)
def _no_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PdfMaker, "add", lambda _, bundle: bundle)


@pytest.fixture(name="floor")
def _floor(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[FakeFloor]:
    """Serve real tickets, to the operator unless the test names another role."""
    floor = FakeFloor()
    floor.tickets = Shop(state=tmp_path / "state").tickets
    with serving_floor(tmp_path / "sock", floor, getattr(request, "param", Role.OPERATOR)):
        yield floor


@pytest.fixture(name="desk")
def _desk(tmp_path: Path, floor: FakeFloor) -> Iterator[There]:
    del floor  # serves
    with There(tmp_path / "sock") as desk:
        yield desk


def test_tickets__operator__same_answers_as_in_the_foreground(desk: There) -> None:
    """Taken in, listed, shown, returned: over the socket as without a daemon."""
    end = desk.accept(FULL)
    number = end.ticket.number
    assert desk.accept(FULL).repeated
    assert [each.number for each in desk.all().tickets] == [number]
    assert desk.ticket(number) == end.ticket
    assert desk.seller(number).seller == SELLER
    measures: dict[str, bool | int | str] = {"drive_kind": "nvme", "nvme_warned": False}
    grade = GradeRequest(staff=STAFF, measures=measures)
    graded, again = desk.happen(number, grade), desk.happen(number, grade)
    assert (again.repeated, again.document) == (True, graded.document)
    done = desk.happen(number, ReturnRequest(staff=STAFF))
    assert done.ticket.custody == Custody.RETURNED.value
    assert done.document is not None


def test_tickets__what_is_listed__names_nobody(floor: FakeFloor, tmp_path: Path) -> None:
    """Her name crosses the socket on its own path, and on no other."""
    number = floor.tickets.accept(FULL).ticket.number
    transport = httpx.HTTPTransport(uds=str(tmp_path / "sock"))
    with httpx.Client(transport=transport, trust_env=False, base_url="http://x/v1") as http:
        for path in ("/tickets", f"/tickets/{number}"):
            assert "Zhang" not in http.get(path).text
        assert "Zhang" in http.get(f"/tickets/{number}/seller").text
        wrong = FULL.model_dump(mode="json") | {"consents": ["erase", SELLER], "alike": 0}
        answer = http.post("/tickets", json=wrong)
    assert answer.status_code == 422
    assert "Zhang" not in answer.text
    assert "Zhang" not in str(floor.refused)


def test_tickets__refused__the_same_error_and_its_hint(desk: There) -> None:
    """What the daemon refuses arrives as what it is."""
    number = desk.accept(FULL).ticket.number
    desk.happen(number, ReturnRequest(staff=STAFF))
    other = ReturnRequest(staff=STAFF, reason="She changed her mind.")
    with pytest.raises(CustodyError, match="cannot happen") as refused:
        desk.happen(number, other)
    assert refused.value.hint.en == "Possible now: forget."
    with pytest.raises(InvalidInputError):
        desk.ticket("intent")


def test_tickets__block_list_damaged__the_same_error_over_the_socket(
    floor: FakeFloor, desk: There, tmp_path: Path
) -> None:
    """The counter's command line says why no phone is taken in, also through the daemon."""
    (tmp_path / "list.csv").write_text("imei\nx\n", "utf-8")
    damaged = BlockList(tmp_path / "list.csv")
    floor.tickets = Shop(state=tmp_path / "other", block_list=damaged).tickets
    with pytest.raises(BlockListError, match="line 2"):
        desk.accept(PHONE.model_copy(update={"kind": "phone"}))


def test_tickets__on_hold__by_the_operator_over_the_socket(desk: There) -> None:
    """A supervisor's words cross the socket like all others."""
    number = desk.accept(FULL).ticket.number
    frozen = desk.happen(number, FreezeRequest(staff=STAFF))
    assert frozen.ticket.custody == Custody.FROZEN.value
    thawed = desk.happen(number, ThawRequest(staff="1", reason="It was cleared up."))
    assert thawed.ticket.custody == Custody.HELD.value


@pytest.mark.parametrize("floor", [Role.KIOSK], indirect=True)
def test_tickets__kiosk__every_path_refused_and_recorded(floor: FakeFloor, tmp_path: Path) -> None:
    """The page's process, also when it was taken over, learns and does nothing about tickets."""
    accepted = floor.tickets.accept(FULL)
    number, before = accepted.ticket.number, floor.tickets.all()
    bodies = {
        "/v1/tickets": FULL,
        "/v1/tickets/{number}/events": ReturnRequest(staff=STAFF),
        "/v1/corrections": CorrectRequest(
            document=accepted.document or "", staff=STAFF, reason="x"
        ),
    }
    transport = httpx.HTTPTransport(uds=str(tmp_path / "sock"))
    paths = [(method, route.path) for route in router.routes for method in route.methods]  # type: ignore[attr-defined] # all of them are API routes
    assert len(paths) >= 5
    with httpx.Client(transport=transport, trust_env=False, base_url="http://x") as http:
        for method, path in paths:
            body = bodies[path].model_dump_json() if method == "POST" else None
            answer = http.request(method, path.replace("{number}", number), content=body)
            assert answer.status_code == 403, path
            assert "Zhang" not in answer.text
    assert floor.tickets.all() == before
    assert len(floor.refused) == len(paths)
