"""What the client asks about phones, word for word, and how it takes the answers."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import httpx
import pytest

from wipe_station.api_values import PrintForm, Value, Words
from wipe_station.client import ProblemError, StationAwayError
from wipe_station.phone_client import PhoneClient
from wipe_station.phone_values import (
    IntakeRequest,
    PhoneConsent,
    PhoneEraseRequest,
    PhoneHold,
    PhoneHoldRequest,
    PhoneJobView,
    PhoneView,
    Step,
)
from wipe_station.phones.routes import Route
from wipe_station.phones.run import State
from wipe_station.phones.usb_mode_table import Mode

Question = Callable[[PhoneClient], Awaitable[object]]
PORT: Final = "1-4.2"
JOB_ID: Final = "20261129T120000Z-0badcafe"
JPEG: Final = b"\xff\xd8\xff\x00"
WORDS: Final = Words(zh="句", en="sentence")
PHONE: Final = PhoneView(port=PORT, bay=None, product="", mode=Mode.MTP, title=WORDS)
HOLD: Final = PhoneHold(confirmation="n" * 43, plan_sha256="ab" * 32, hold_s=3, expires_s=60)
JOB: Final = PhoneJobView(
    job_id=JOB_ID,
    revision=1,
    port=PORT,
    bay=None,
    here=True,
    title=WORDS,
    serial=None,
    ticket=None,
    practice=False,
    route=Route.GUIDED,
    route_title=WORDS,
    state=State.ASKED,
    ended=False,
    step=Step.WAIT,
    said=WORDS,
    resets=(1, 2),
)
INTAKE: Final = IntakeRequest(visit=7, staff="12", shown=("no-accounts",))
CONSENT: Final = PhoneConsent(visit=7, staff="12")
ASKED: Final = PhoneHoldRequest(visit=7, route=Route.GUIDED)
ERASE: Final = PhoneEraseRequest(visit=7, confirmation="n" * 43, plan_sha256="ab" * 32)
_PHONE: Final = "/v1/phones/1-4%2E2"
_JOB: Final = f"/v1/phone-jobs/{JOB_ID}"
QUESTIONS: Final[dict[str, tuple[Question, str, Value | bytes | None, Value | bytes]]] = {
    "intake": (lambda c: c.intake(PORT, INTAKE), f"POST {_PHONE}/intake", INTAKE, PHONE),
    "consent": (lambda c: c.consent(PORT, CONSENT), f"POST {_PHONE}/consent", CONSENT, PHONE),
    "hold": (lambda c: c.hold_phone(PORT, ASKED), f"POST {_PHONE}/hold", ASKED, HOLD),
    "erase": (lambda c: c.erase_phone(PORT, ERASE), f"POST {_PHONE}/erase", ERASE, JOB),
    "press": (lambda c: c.press(JOB_ID), f"POST {_JOB}/press", None, JOB),
    "overwrite": (lambda c: c.overwrite(JOB_ID), f"POST {_JOB}/overwrite", None, JOB),
    "look": (lambda c: c.look(JOB_ID), f"POST {_JOB}/look", None, JOB),
    "photo": (lambda c: c.photo(JOB_ID, JPEG), f"POST {_JOB}/photo", JPEG, JOB),
    "give-up": (lambda c: c.give_up(JOB_ID), f"POST {_JOB}/give-up", None, JOB),
    "close": (lambda c: c.close_phone(JOB_ID), f"POST {_JOB}/close", None, b""),
    "document": (
        lambda c: c.phone_document(JOB_ID, "bundle.zip"),
        f"GET {_JOB}/documents/bundle%2Ezip",
        None,
        b"PK",
    ),
    "print": (
        lambda c: c.phone_printed(JOB_ID, PrintForm.LABEL),
        f"GET {_JOB}/prints/label",
        None,
        b"%PDF",
    ),
}


class Daemon:
    """Gives every question one answer, and keeps what it heard."""

    def __init__(self, status: int, data: bytes) -> None:
        self.heard: list[httpx.Request] = []
        self._answer = (status, data)

    def _said(self, request: httpx.Request) -> httpx.Response:
        self.heard.append(request)
        return httpx.Response(self._answer[0], content=self._answer[1])

    def asked(self, question: Question) -> Any:
        """Ask it one question; return what came."""

        async def ask() -> object:
            client = PhoneClient(Path("/nowhere"))
            transport = httpx.MockTransport(self._said)
            client._http = httpx.AsyncClient(transport=transport, trust_env=False)
            try:
                return await question(client)
            finally:
                await client.aclose()

        return asyncio.run(ask())


def bytes_of(value: Value | bytes | None) -> bytes:
    """Return what crosses the socket."""
    return value.model_dump_json().encode() if isinstance(value, Value) else value or b""


@pytest.mark.parametrize(
    ("question", "line", "body", "answer"), QUESTIONS.values(), ids=QUESTIONS.keys()
)
def test_client__each_question__as_the_contract_has_it(
    question: Question, line: str, body: Value | bytes | None, answer: Value | bytes
) -> None:
    """Method, path, body and its kind are those of ``phone_values``, and so is the answer."""
    daemon = Daemon(200, bytes_of(answer))
    came, (heard,) = daemon.asked(question), daemon.heard
    assert f"{heard.method} {heard.url.raw_path.decode()}" == line
    assert heard.content == bytes_of(body)
    kind = {bytes: "image/jpeg", type(None): None}.get(type(body), "application/json")
    assert heard.headers.get("content-type") == kind
    assert came == (answer or None)


@pytest.mark.parametrize("question", [q for q, *_ in QUESTIONS.values()], ids=QUESTIONS.keys())
def test_client__refused__problem_with_its_status(question: Question) -> None:
    """What the daemon refuses comes as the problem that it said."""
    problem = {"error": "BusyError", "message": WORDS.model_dump(), "hint": WORDS.model_dump()}
    with pytest.raises(ProblemError) as caught:
        Daemon(409, json.dumps(problem).encode()).asked(question)
    assert (caught.value.status, caught.value.problem.error) == (409, "BusyError")


@pytest.mark.parametrize(
    "question", [q for q, *_, answer in QUESTIONS.values() if isinstance(answer, Value)]
)
def test_client__answer_of_another_shape__station_away(question: Question) -> None:
    """What is no answer of ours is taken for none."""
    with pytest.raises(StationAwayError):
        Daemon(200, b"{}").asked(question)


HOSTILE: Final[tuple[tuple[str, Callable[[str], Question]], ...]] = (
    ("/v1/phones/*/consent", lambda name: lambda client: client.consent(name, CONSENT)),
    ("/v1/phone-jobs/*/look", lambda name: lambda client: client.look(name)),
    (f"{_JOB}/documents/*", lambda name: lambda client: client.phone_document(JOB_ID, name)),
)


@pytest.mark.parametrize("name", ["..", "../..", "a/b", "?a=1", "#", "\n", "\x00", "%2e%2e"])
@pytest.mark.parametrize(("path", "question"), HOSTILE, ids=[path for path, _ in HOSTILE])
def test_client__hostile_name__stays_one_segment(
    path: str, question: Callable[[str], Question], name: str
) -> None:
    """Whatever somebody typed as port, job or document, no other path is asked for."""
    daemon = Daemon(422, b"")
    with pytest.raises(ProblemError):
        daemon.asked(question(name))
    before, after = path.split("*")
    heard = daemon.heard[0].url.raw_path.decode()
    assert heard.startswith(before)
    assert heard.endswith(after)
    segment = heard.removeprefix(before).removesuffix(after)
    assert unquote(segment) == name
    assert not set("/?#.") & set(segment)
