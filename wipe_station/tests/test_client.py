"""The client: both kinds ask the same, and whatever comes back is parsed with suspicion."""

import asyncio
import contextlib
import inspect
import itertools
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any, Final

import pytest

from certs.bundle import write_bundle
from certs.tests.samples import PRACTICE_SIGNER, certificate_statement
from wipe_station import client as client_module
from wipe_station.api_values import PrintForm, ResumeRequest
from wipe_station.client import AsyncClient, Client, ProblemError, StationAwayError
from wipe_station.peers import Role
from wipe_station.tests.fake_floor import (
    HOLD_REQUEST,
    PLAN_REQUEST,
    WIPE_REQUEST,
    FakeFloor,
    serving_floor,
)
from wipe_station.tests.jobs import JOB_ID, whole_job, write

Question = Callable[[Any], Any]
"""Asks one question of a client of either kind."""
QUESTIONS: Final[dict[str, Question]] = {
    "board": lambda client: client.board(),
    "board, another than": lambda client: client.board("epoch", 6, 20.0),
    "plan": lambda client: client.plan(PLAN_REQUEST),
    "hold": lambda client: client.hold(HOLD_REQUEST),
    "wipe": lambda client: client.wipe(WIPE_REQUEST),
    "job": lambda client: client.job(JOB_ID),
    "stop": lambda client: client.stop(JOB_ID),
    "resume": lambda client: client.resume(JOB_ID, ResumeRequest(confirm="S1")),
    "abandon": lambda client: client.abandon(JOB_ID),
    "close": lambda client: client.close(JOB_ID),
    "document": lambda client: client.document(JOB_ID, "station.pem"),
    "printed": lambda client: client.printed(JOB_ID, PrintForm.STRIP),
}


def waiting(path: Path, question: Question) -> Any:
    """Ask with the client that waits in a thread."""
    with Client(path) as client:
        return question(client)


def looping(path: Path, question: Question) -> Any:
    """Ask with the client that waits in a loop."""

    async def ask() -> Any:
        client = AsyncClient(path)
        try:
            return await question(client)
        finally:
            await client.aclose()

    return asyncio.run(ask())


both_kinds = pytest.mark.parametrize("ask", [waiting, looping])
Ask = Callable[[Path, Question], Any]


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "sock"


# --- a daemon that answers -----------------------------------------------------------------------


def test_clients__all_questions__are_listed_here() -> None:
    """Both kinds of client offer the same questions, and each of them is tested."""
    asked = {name.partition(",")[0] for name in QUESTIONS}
    for kind in (Client, AsyncClient):
        offered = {name for name, _ in inspect.getmembers(kind, inspect.isfunction)}
        assert {name for name in offered if name[0] != "_"} - {"aclose"} == asked


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_clients__same_question__same_request_and_same_answer(
    path: Path, tmp_path: Path, question: Question
) -> None:
    """Command line and kiosk say the same to the daemon, and hear the same from it."""
    told = []
    for ask in (waiting, looping):
        floor = FakeFloor()
        seat = floor.sit(write(tmp_path, whole_job(), f"{ask.__name__}.jsonl").history())
        seat.state = seat.state.ENDED
        floor.counter.folder = write_bundle(tmp_path, certificate_statement(), PRACTICE_SIGNER)
        with serving_floor(path, floor, Role.OPERATOR):
            told.append((ask(path, question), floor.asked))
        path.unlink(missing_ok=True)
    assert told[0][1], "something was asked"
    assert told[0] == told[1]


@both_kinds
def test_client__refused__problem_with_its_status(path: Path, ask: Ask) -> None:
    """What the daemon refuses comes as the problem that it said."""
    with serving_floor(path, FakeFloor(), Role.OPERATOR), pytest.raises(ProblemError) as caught:
        ask(path, QUESTIONS["job"])
    assert caught.value.status == 422
    assert caught.value.problem.message.en == "no such job"


HOSTILE: Final = ["..", "../..", "../../../board", "?after=0", "a/b", "a b", "\n", "\x00", "%2e%2e"]


@both_kinds
@pytest.mark.parametrize("name", HOSTILE)
def test_client__hostile_document_name__no_other_question_asked(
    path: Path, tmp_path: Path, ask: Ask, name: str
) -> None:
    """A name that came from a browser never becomes another path, and no other exception."""
    floor = FakeFloor()
    floor.sit(write(tmp_path, whole_job()).history())
    floor.counter.folder = write_bundle(tmp_path, certificate_statement(), PRACTICE_SIGNER)
    with serving_floor(path, floor, Role.KIOSK), pytest.raises(ProblemError):
        ask(path, lambda client: client.document(JOB_ID, name))
    assert {what for what, *_ in floor.asked} <= {"bundle"}


@both_kinds
@pytest.mark.parametrize("job_id", HOSTILE)
@pytest.mark.parametrize("act", ["job", "stop", "close"])
def test_client__hostile_job_id__nothing_asked(path: Path, ask: Ask, job_id: str, act: str) -> None:
    """A job id that somebody typed is a job id, or it is refused."""
    floor = FakeFloor()
    with serving_floor(path, floor, Role.OPERATOR), pytest.raises(ProblemError):
        ask(path, lambda client: getattr(client, act)(job_id))
    assert floor.asked == []


# --- a daemon that does not ----------------------------------------------------------------------


def until_hung_up(peer: socket.socket, parts: Iterator[bytes]) -> None:
    """Take a request, then send until all is said or the other end hangs up."""
    with peer, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        peer.recv(1 << 16)
        for part in parts:
            peer.sendall(part)


@contextlib.contextmanager
def answering(path: Path, parts: Iterator[bytes]) -> Iterator[None]:
    """Answer one request with these bytes, and then hang up."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = Thread(target=lambda: until_hung_up(listener.accept()[0], parts))
        thread.start()
        yield
        thread.join()


def http(body: bytes, status: str = "200 OK", headers: bytes = b"") -> Iterator[bytes]:
    """Return a whole answer."""
    head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n".encode()
    return iter([head + headers + b"\r\n" + body])


def endless() -> Iterator[bytes]:
    """Return an answer that never ends."""
    chunk = b"100\r\n" + b" " * 256 + b"\r\n"
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    return itertools.chain([head], itertools.repeat(chunk))


NO_ANSWERS: Final[dict[str, Callable[[], Iterator[bytes]]]] = {
    "hangs up": lambda: iter([]),
    "garbage": lambda: iter([b"\x16\x03\x01garbage\r\n\r\n"]),
    "half a head": lambda: iter([b"HTTP/1.1 200"]),
    "half a body": lambda: iter([b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"]),
    "endless head": lambda: itertools.chain(
        [b"HTTP/1.1 200 OK\r\n"], itertools.repeat(b"a: b\r\n")
    ),
    "endless": endless,
    "too long": lambda: http(b" " * 2000),
    "compressed nonsense": lambda: http(b"x" * 20, headers=b"content-encoding: gzip\r\n"),
    "nothing": lambda: http(b""),
    "no JSON": lambda: http(b"<html>"),
    "null": lambda: http(b"null"),
    "another shape": lambda: http(b'{"error": "none"}'),
    "a word too many": lambda: http(
        b'{"epoch":"e","revision":1,"practice":true,"stopping":false,"devices":[],"jobs":[],"x":1}'
    ),
}


@both_kinds
@pytest.mark.parametrize("parts", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_client__no_answer_in_our_language__station_away(
    path: Path, monkeypatch: pytest.MonkeyPatch, ask: Ask, parts: Callable[[], Iterator[bytes]]
) -> None:
    """Whatever listens there instead of the daemon, the caller learns that the station is away."""
    monkeypatch.setattr(client_module, "MOST_BYTES", 1000)
    with answering(path, parts()), pytest.raises(StationAwayError):
        ask(path, QUESTIONS["board"])


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # httpcore's own
@both_kinds
def test_client__nobody_listens__station_away(path: Path, ask: Ask) -> None:
    """A daemon that is not there, or left its socket behind when it was killed, is away."""
    with pytest.raises(StationAwayError):
        ask(path, QUESTIONS["board"])
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with pytest.raises(StationAwayError):
        ask(path, QUESTIONS["board"])


@both_kinds
def test_client__silence__station_away_in_time(
    path: Path, monkeypatch: pytest.MonkeyPatch, ask: Ask
) -> None:
    """A daemon that hangs does not make its callers hang."""
    monkeypatch.setattr(client_module, "ANSWER_S", 0.02)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        with pytest.raises(StationAwayError):
            ask(path, QUESTIONS["board"])


@both_kinds
@pytest.mark.parametrize("status", ["307 Elsewhere", "400 No", "413 Too much", "500 Oh"])
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"detail": "Not Found"}'])
def test_client__refused_without_a_problem__words_of_its_own(
    path: Path, ask: Ask, status: str, body: bytes
) -> None:
    """A refusal that says nothing of ours is told with its status, in both languages."""
    headers = b"location: /v1/board\r\n" if status[0] == "3" else b""
    with answering(path, http(body, status, headers)), pytest.raises(ProblemError) as caught:
        ask(path, QUESTIONS["document"])
    assert caught.value.status == int(status[:3])
    assert status[:3] in caught.value.problem.message.en
    assert status[:3] in caught.value.problem.message.zh
    assert caught.value.problem.error == "StationError"


@both_kinds
def test_client__proxies_of_the_environment__ignored(
    path: Path, monkeypatch: pytest.MonkeyPatch, ask: Ask
) -> None:
    """Nothing in the environment sends the daemon's business elsewhere."""
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setitem(os.environ, name, "http://127.0.0.1:1")
    with serving_floor(path, FakeFloor(), Role.KIOSK):
        assert ask(path, QUESTIONS["board"]).epoch == "epoch"
