"""The daemon's interface over a real socket: statuses, limits, roles, long polls, documents."""

import io
import os
import socket
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import httpx
import pytest

from certs.bundle import write_bundle
from certs.errors import KeyStoreError
from certs.tests.samples import PRACTICE_SIGNER, certificate_statement
from certs.text import Text
from wipe_station.api import MOST_BODY_BYTES, MOST_WAIT_S
from wipe_station.api_values import HoldRequest, PlanRequest, PrintForm, Problem, ResumeRequest
from wipe_station.client import Client, ProblemError
from wipe_station.errors import (
    HANDLING,
    DeviceGoneError,
    MalformedReplyError,
    RefusedByPolicyError,
    StationError,
)
from wipe_station.peers import Peer, Role
from wipe_station.tests.fake_floor import (
    HOLD_REQUEST,
    KEY,
    PLAN,
    PLAN_REQUEST,
    WIPE_REQUEST,
    FakeFloor,
    serving_floor,
)
from wipe_station.tests.jobs import JOB_ID, whole_job, write

WORDS: Final = Text(zh="话", en="words")
HINT: Final = Text(zh="提示", en="a hint")


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "sock"


@pytest.fixture(name="floor")
def _floor(path: Path, request: pytest.FixtureRequest) -> Iterator[FakeFloor]:
    """Serve a floor, to the operator unless the test names another role."""
    floor = FakeFloor()
    with serving_floor(path, floor, getattr(request, "param", Role.OPERATOR)):
        yield floor


@pytest.fixture(name="client")
def _client(path: Path, floor: FakeFloor) -> Iterator[Client]:
    del floor  # serves
    with Client(path) as client:
        yield client


@pytest.fixture(name="http")
def _http(path: Path, floor: FakeFloor) -> Iterator[httpx.Client]:
    """Speak HTTP by hand, as a caller that means no good."""
    del floor  # serves
    transport = httpx.HTTPTransport(uds=str(path))
    with httpx.Client(transport=transport, trust_env=False, base_url="http://x/v1") as http:
        yield http


as_kiosk = pytest.mark.parametrize("floor", [Role.KIOSK], indirect=True)
ERRORS: Final = [kind(WORDS, hint=HINT, device_id="sata:S1") for kind, _, _ in HANDLING]


# --- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status"),
    [(error, status) for error, (_, _, status) in zip(ERRORS, HANDLING, strict=True)],
    ids=[kind.__name__ for kind, _, _ in HANDLING],
)
def test_api__station_error__its_status_and_all_that_it_says(
    floor: FakeFloor, client: Client, error: StationError, status: int
) -> None:
    """The caller is told in both languages what was refused, of which device, and what to do."""
    floor.fails = error
    with pytest.raises(ProblemError) as caught:
        client.plan(PLAN_REQUEST)
    said = caught.value.problem
    assert caught.value.status == status
    assert said.error == type(error).__name__
    assert (said.message.zh, said.message.en) == ("话", "words")
    assert (said.hint.zh, said.hint.en) == ("提示", "a hint")
    assert said.device == "sata:S1"


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (DeviceGoneError(WORDS, hint=HINT), 502, "DeviceGoneError"),
        (MalformedReplyError("a page", offset=3, field="x"), 500, "MalformedReplyError"),
        (KeyStoreError(WORDS, HINT), 503, "EvidenceError"),
    ],
    ids=["of a kind", "malformed reply", "of the certificates"],
)
def test_api__errors_of_other_kinds__as_what_they_are(
    floor: FakeFloor, client: Client, error: Exception, status: int, name: str
) -> None:
    """An error that the table does not name has the status of its kind, and keeps its name."""
    floor.fails = error
    with pytest.raises(ProblemError) as caught:
        client.plan(PLAN_REQUEST)
    assert (caught.value.status, caught.value.problem.error) == (status, name)


@pytest.mark.parametrize("error", [RuntimeError("/secret"), FileNotFoundError("/secret")])
def test_api__fault_of_ours__logged_and_nothing_of_our_inside_told(
    floor: FakeFloor, client: Client, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    """The engineer finds it in the log; the caller hears that it was our fault, and goes on."""
    floor.fails = error
    with pytest.raises(ProblemError) as caught:
        client.plan(PLAN_REQUEST)
    assert (caught.value.status, caught.value.problem.error) == (500, "StationError")
    assert "secret" not in caught.value.problem.model_dump_json()
    assert "a fault of the daemon" in caplog.text
    assert "/secret" in caplog.text
    floor.fails = None
    client.plan(PLAN_REQUEST)


def test_api__refused_by_policy__every_reason_crosses(floor: FakeFloor, client: Client) -> None:
    """The screen shows all reasons, not the first one."""
    reasons = (Text(zh="一", en="one"), Text(zh="二", en="two"))
    floor.fails = RefusedByPolicyError(WORDS, hint=HINT, reasons=reasons)
    with pytest.raises(ProblemError) as caught:
        client.plan(PLAN_REQUEST)
    assert [reason.en for reason in caught.value.problem.reasons] == ["one", "two"]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@as_kiosk
def test_api__refusals__noted_with_role_request_and_reason(
    floor: FakeFloor, client: Client, error: StationError
) -> None:
    """What somebody should not have asked is kept; what the device or the disk did is not."""
    floor.fails = error
    with pytest.raises(ProblemError):
        client.wipe(WIPE_REQUEST)
    noted = type(error).__name__ in {"InvalidInputError", "NotConfirmedError"}
    assert floor.refused == [(Role.KIOSK, "POST /v1/jobs", "words")] * noted


# --- bodies --------------------------------------------------------------------------------------

BODIES: Final = {
    "nothing": b"",
    "no JSON": b"{",
    "no text": b'{"device": "\xff"}',
    "deep": b"[" * 60_000,
    "a list": b"[]",
    "no device": b"{}",
    "another type": b'{"device": 3}',
    "a word too many": b'{"device": "sda-50", "force": true}',
    "a path for a name": b'{"device": "sda-50", "policy": "../x"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_api__malformed_body__a_problem_and_nothing_done(
    floor: FakeFloor, http: httpx.Client, body: bytes
) -> None:
    """A body of another shape is an invalid input: told without repeating it, and noted."""
    answer = http.post("/plans", content=body, headers={"content-type": "application/json"})
    said = Problem.model_validate_json(answer.content)
    assert (answer.status_code, said.error) == (422, "InvalidInputError")
    assert len(answer.content) < 2000
    assert floor.asked == []
    assert [what for _, what, _ in floor.refused] == ["POST /v1/plans"]


@pytest.mark.parametrize(
    ("size", "status"), [(MOST_BODY_BYTES, 422), (MOST_BODY_BYTES + 1, 413), (8 << 20, 413)]
)
def test_api__oversize_body__413(
    floor: FakeFloor, http: httpx.Client, size: int, status: int
) -> None:
    """No body beyond the limit is taken into memory."""
    assert http.post("/plans", content=b" " * size).status_code == status
    assert floor.asked == []


def test_api__body_without_a_length__411(floor: FakeFloor, http: httpx.Client) -> None:
    """A body that does not say how long it is could be endless."""
    assert http.post("/plans", content=iter([b"{}"])).status_code == 411
    assert floor.asked == []


@pytest.mark.parametrize("length", ["-1", "1e3", "0x2", "²", "9" * 5000, "2\r\ncontent-length: 3"])
def test_api__length_that_is_none__400(floor: FakeFloor, path: Path, length: str) -> None:
    """A length that is no length, or is two, is not interpreted."""
    head = f"POST /v1/plans HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{{}}"
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(10)
        peer.connect(str(path))
        peer.sendall(head.encode("latin-1"))
        assert peer.recv(100).startswith(b"HTTP/1.1 400 ")
    assert floor.asked == []


@pytest.mark.parametrize("job_id", ["x", JOB_ID.upper(), "..%2f..%2fetc", JOB_ID + "0"])
@pytest.mark.parametrize("what", ["", "/stop", "/documents/bundle.zip"])
def test_api__no_job_id__refused_before_anything_is_asked(
    floor: FakeFloor, http: httpx.Client, job_id: str, what: str
) -> None:
    """A name in a path is a job id or it is nothing."""
    answer = http.request("POST" if what == "/stop" else "GET", f"/jobs/{job_id}{what}")
    assert answer.status_code in {404, 422}
    assert floor.asked == []


@pytest.mark.parametrize("where", ["/docs", "/redoc", "/openapi.json", "/v1/openapi.json"])
def test_api__its_own_description__not_served(http: httpx.Client, where: str) -> None:
    """The socket offers what its users need and nothing else."""
    assert http.get(f"http://x{where}").status_code == 404


# --- roles ---------------------------------------------------------------------------------------


@as_kiosk
@pytest.mark.parametrize("device", ["/dev/sda", "sata:S1", "sda-51"])
def test_api__kiosk_names_no_key_of_the_board__refused(
    floor: FakeFloor, client: Client, device: str
) -> None:
    """The kiosk plans and confirms what its screen shows, and no other device of the machine."""
    with pytest.raises(ProblemError):
        client.plan(PlanRequest(device=device))
    with pytest.raises(ProblemError):
        client.hold(HoldRequest(device=device, plan_sha256=PLAN.sha256()))
    assert floor.asked == [("require_key", device)] * 2
    assert len(floor.refused) == 2


@as_kiosk
def test_api__kiosk_names_a_key__served_as_the_kiosk(floor: FakeFloor, client: Client) -> None:
    """What the kiosk asks reaches the floor with the kiosk's role."""
    kiosk = Peer(pid=os.getpid(), uid=os.getuid(), role=Role.KIOSK)
    client.plan(PLAN_REQUEST)
    client.hold(HOLD_REQUEST)
    with pytest.raises(ProblemError, match="no such job"):
        client.wipe(WIPE_REQUEST)
    assert floor.asked == [
        ("require_key", KEY),
        ("plan", PLAN_REQUEST),
        ("require_key", KEY),
        ("hold", HOLD_REQUEST, kiosk),
        ("wipe", WIPE_REQUEST, kiosk),
        ("seat", JOB_ID),
    ]


def test_api__operator_names_a_node__served(floor: FakeFloor, client: Client) -> None:
    """The command line reaches the rest of the machine, too."""
    request = PlanRequest(device="/dev/sda", method="zero", verify="sample:10%")
    assert client.plan(request).plan_sha256 == PLAN.sha256()
    assert floor.asked == [("plan", request)]


# --- waiting -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("epoch", "after"), [("epoch", 6), ("epoch", 8), ("another", 7)])
def test_board__another_than_known__answered_at_once(
    floor: FakeFloor, client: Client, epoch: str, after: int
) -> None:
    """A caller that is behind, or knew another daemon, waits for nothing."""
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(client.board, epoch, after, MOST_WAIT_S).result(5).revision == 7
    assert floor.asked == [("board",)]


def test_board__as_known__answered_after_the_change(floor: FakeFloor, client: Client) -> None:
    """A caller that is up to date is answered when the board changes, and not before."""
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.board, "epoch", 7, MOST_WAIT_S)
        assert floor.looked.wait(5)
        floor.looked.clear()
        floor.tell()  # something happened, but the board is the same
        assert floor.looked.wait(5)
        assert not answer.done()
        floor.change()
        assert answer.result(5).revision == 8
    assert floor.asked == [("board",)]


def test_board__nothing_changes__answered_when_the_time_is_over(
    floor: FakeFloor, client: Client
) -> None:
    """A wait has an end; the answer is what stands then."""
    assert client.board("epoch", 7, 0.02).revision == 7
    assert floor.asked == [("board",)]


@pytest.mark.parametrize(
    "query", [{"wait_s": MOST_WAIT_S + 1}, {"wait_s": -1}, {"wait_s": "nan"}, {"after": -1}]
)
def test_board__wait_beyond_reason__refused(
    floor: FakeFloor, http: httpx.Client, query: dict[str, float]
) -> None:
    """Nobody can have the daemon wait for ever."""
    assert http.get("/board", params=query).status_code == 422
    assert floor.asked == []


def test_job__as_known__answered_after_its_own_change(
    floor: FakeFloor, client: Client, tmp_path: Path
) -> None:
    """Whoever follows one job hears of it when it changes, and a closed one is told as such."""
    seat = floor.sit(write(tmp_path, whole_job()).history())
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.job, JOB_ID, seat.revision, MOST_WAIT_S)
        assert floor.looked.wait(5)
        seat.changed()
        assert answer.result(5).revision == 1
    floor.counter.only = None
    with pytest.raises(ProblemError, match="no such job"):
        client.job(JOB_ID)


# --- jobs and documents --------------------------------------------------------------------------


def test_api__what_is_done_to_a_job__reaches_the_counter(
    floor: FakeFloor, client: Client, http: httpx.Client, tmp_path: Path
) -> None:
    """Each wish is carried out once, with what came along."""
    view = floor.sit(write(tmp_path, whole_job()).history()).view()
    assert client.board().jobs == (view,)
    assert client.wipe(WIPE_REQUEST) == view
    assert client.stop(JOB_ID) == view
    assert client.resume(JOB_ID, ResumeRequest(confirm="S1")) == view
    assert client.resume(JOB_ID, ResumeRequest()) == view
    assert client.abandon(JOB_ID) == view
    client.close(JOB_ID)
    assert http.post(f"/jobs/{JOB_ID}/close").status_code == 204
    wishes = [what for what in floor.asked if what[0] not in {"seat", "board", "wipe"}]
    assert wishes == [
        ("stop", JOB_ID),
        ("resume", JOB_ID, "S1"),
        ("resume", JOB_ID, None),
        ("abandon", JOB_ID),
        ("close", JOB_ID),
        ("close", JOB_ID),
    ]


def test_documents__each_name__its_very_bytes(
    floor: FakeFloor, client: Client, http: httpx.Client, tmp_path: Path
) -> None:
    """Documents cross the socket as they were signed, one by one or all in one archive."""
    floor.counter.folder = write_bundle(tmp_path, certificate_statement(), PRACTICE_SIGNER)
    files = {file.name: file.read_bytes() for file in floor.counter.folder.iterdir()}
    assert len(files) == 3
    assert {name: client.document(JOB_ID, name) for name in files} == files
    archive = zipfile.ZipFile(io.BytesIO(client.document(JOB_ID, "bundle.zip")))
    inside = {Path(name).name: archive.read(name) for name in archive.namelist()}
    assert inside == files
    answer = http.get(f"/jobs/{JOB_ID}/documents/certificate.json")
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("name", ["notice.json", "journal.jsonl", "station.pem.bak", "%2e%2e"])
def test_documents__unknown_name__refused_with_the_names(
    floor: FakeFloor, client: Client, tmp_path: Path, name: str
) -> None:
    """Only what the bundle consists of is given out, whatever lies around it."""
    floor.counter.folder = write_bundle(tmp_path, certificate_statement(), PRACTICE_SIGNER)
    with pytest.raises(ProblemError) as caught:
        client.document(JOB_ID, name)
    assert (caught.value.status, caught.value.problem.error) == (422, "InvalidInputError")
    for known in floor.counter.folder.iterdir():
        assert known.name in caught.value.problem.hint.en


def test_prints__each_form__its_pdf(floor: FakeFloor, client: Client, http: httpx.Client) -> None:
    """Label and strip are drawn when they are asked for, and nothing else is."""
    for form in PrintForm:
        assert client.printed(JOB_ID, form) == b"%PDF- " + form.value.encode()
        answer = http.get(f"/jobs/{JOB_ID}/prints/{form.value}")
        assert answer.headers["content-type"] == "application/pdf"
    before = list(floor.asked)
    for unknown in ("poster", "LABEL", "label.pdf", "%2e%2e"):
        assert http.get(f"/jobs/{JOB_ID}/prints/{unknown}").status_code in {404, 422}
    assert floor.asked == before
