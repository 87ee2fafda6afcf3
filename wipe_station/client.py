"""The other side of the daemon's socket: for the command line, and for the kiosk. I/O.

What comes back is parsed like any outside bytes: with limits on size and time, into the shapes of
``api_values``. Both clients ask the same questions; one waits in a thread, one in a loop.
"""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from wipe_station.api_values import (
    HoldRequest,
    HoldView,
    JobView,
    PlanRequest,
    PlanView,
    PrintForm,
    Problem,
    ResumeRequest,
    WipeRequest,
    Words,
)
from wipe_station.board_values import BoardView

CONNECT_S: Final = 5.0
ANSWER_S: Final = 30.0
"""Longer than any question takes: a plan looks at the whole machine, a start looks twice."""
MOST_BYTES: Final = 32 << 20
_BASE: Final = "http://station/v1"
Shape = TypeVar("Shape", bound=BaseModel)


class StationAwayError(Exception):
    """Nobody answers on the socket, or not in our language."""


class ProblemError(Exception):
    """The daemon refused; ``problem`` says why, and what to do next."""

    def __init__(self, problem: Problem, status: int) -> None:
        super().__init__(problem.message.en)
        self.problem = problem
        self.status = status


class Ask:
    """One question: what to send, and what comes back."""

    def __init__(
        self,
        method: str,
        path: str,
        *,
        body: BaseModel | bytes | None = None,
        query: Mapping[str, str | int | float] | None = None,
        wait_s: float = 0.0,
    ) -> None:
        """Make a question.

        Args:
            method: of HTTP.
            path: below the interface's root, its segments escaped.
            body: a shape, sent as JSON, or the bytes of a photo.
            query: what follows the question mark.
            wait_s: for so long the daemon may wait for news.
        """
        self.method = method
        self.path = path
        self.wait_s = wait_s
        self._body = body
        self._query = dict(query or {}) | ({"wait_s": wait_s} if wait_s else {})

    def sent(self) -> dict[str, Any]:
        """Return what the library wants to hear."""
        timeout = httpx.Timeout(ANSWER_S + self.wait_s, connect=CONNECT_S)
        body, kind = self._body, "image/jpeg"
        if isinstance(body, BaseModel):
            body, kind = body.model_dump_json().encode(), "application/json"
        return {
            "method": self.method,
            "url": _BASE + self.path,
            "params": self._query,
            "content": body,
            "headers": {"content-type": kind} if body else {},
            "timeout": timeout,
        }


def _board(epoch: str | None, after: int | None, wait_s: float) -> Ask:
    if epoch is None or after is None:
        return Ask("GET", "/board")
    return Ask("GET", "/board", query={"epoch": epoch, "after": after}, wait_s=wait_s)


def _path_of(job_id: str) -> str:
    return f"/jobs/{segment(job_id)}"


def segment(name: str) -> str:
    """Return a name that came from anybody as one segment of a path, whatever it holds."""
    return quote(name, safe="").replace(".", "%2E")  # a bare ".." would be a step up


def _job(job_id: str, after: int | None, wait_s: float) -> Ask:
    if after is None:
        return Ask("GET", _path_of(job_id))
    return Ask("GET", _path_of(job_id), query={"after": after}, wait_s=wait_s)


def _act(job_id: str, what: str, body: BaseModel | None = None) -> Ask:
    return Ask("POST", f"{_path_of(job_id)}/{what}", body=body)


def _document(job_id: str, name: str) -> Ask:
    return Ask("GET", f"{_path_of(job_id)}/documents/{segment(name)}")


def _print(job_id: str, form: PrintForm) -> Ask:
    return Ask("GET", f"{_path_of(job_id)}/prints/{form.value}")


def _take(held: bytearray, chunk: bytes) -> None:
    held += chunk
    if len(held) > MOST_BYTES:
        raise StationAwayError("an answer beyond every limit")


def _checked(status: int, data: bytes) -> bytes:
    """Return an answer's body, or raise what it says went wrong."""
    if 200 <= status < 300:
        return data
    try:
        problem = Problem.model_validate_json(data)
    except ValidationError:
        problem = Problem(
            error="StationError",
            message=Words(
                zh=f"工作站拒绝了请求（{status}）。", en=f"Refused with status {status}."
            ),
            hint=Words(zh="再试一次；不行就叫店长。", en="Try again; then call the manager."),
        )
    raise ProblemError(problem, status)


def shaped(shape: type[Shape], data: bytes) -> Shape:
    """Return an answer in its shape.

    Raises:
        StationAwayError: it has another one.
    """
    try:
        return shape.model_validate_json(data)
    except ValidationError as error:
        raise StationAwayError("an answer of another shape") from error


class Client:
    """Asks and waits. Every call raises ``ProblemError`` or ``StationAwayError``."""

    def __init__(self, socket: Path) -> None:
        self._http = httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), trust_env=False)

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up."""
        self._http.close()

    def _ask(self, ask: Ask) -> bytes:
        held = bytearray()
        try:
            with self._http.stream(**ask.sent()) as answer:
                for chunk in answer.iter_bytes():
                    _take(held, chunk)
                return _checked(answer.status_code, bytes(held))
        except httpx.HTTPError as error:
            raise StationAwayError(type(error).__name__) from error

    def board(
        self, epoch: str | None = None, after: int | None = None, wait_s: float = 0.0
    ) -> BoardView:
        """Return all that a screen shows; wait for another board than the one known."""
        return shaped(BoardView, self._ask(_board(epoch, after, wait_s)))

    def plan(self, request: PlanRequest) -> PlanView:
        """Return what would be written."""
        return shaped(PlanView, self._ask(Ask("POST", "/plans", body=request)))

    def hold(self, request: HoldRequest) -> HoldView:
        """Return a fresh confirmation."""
        return shaped(HoldView, self._ask(Ask("POST", "/confirmations", body=request)))

    def wipe(self, request: WipeRequest) -> JobView:
        """Start what was confirmed."""
        return shaped(JobView, self._ask(Ask("POST", "/jobs", body=request)))

    def job(self, job_id: str, after: int | None = None, wait_s: float = 0.0) -> JobView:
        """Return a job on the counter; wait for news of it."""
        return shaped(JobView, self._ask(_job(job_id, after, wait_s)))

    def stop(self, job_id: str) -> JobView:
        """Interrupt a running job."""
        return shaped(JobView, self._ask(_act(job_id, "stop")))

    def resume(self, job_id: str, request: ResumeRequest) -> JobView:
        """Continue an interrupted job."""
        return shaped(JobView, self._ask(_act(job_id, "resume", request)))

    def abandon(self, job_id: str) -> JobView:
        """Give an interrupted job up for good."""
        return shaped(JobView, self._ask(_act(job_id, "abandon")))

    def close(self, job_id: str) -> None:
        """Take a job off the counter."""
        self._ask(_act(job_id, "close"))

    def document(self, job_id: str, name: str) -> bytes:
        """Return one document of a job."""
        return self._ask(_document(job_id, name))

    def printed(self, job_id: str, form: PrintForm) -> bytes:
        """Return a job's label or strip."""
        return self._ask(_print(job_id, form))


class AsyncClient:
    """Asks and lets others go on. Every call raises ``ProblemError`` or ``StationAwayError``."""

    def __init__(self, socket: Path) -> None:
        self._http = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=str(socket)), trust_env=False
        )

    async def aclose(self) -> None:
        """Hang up."""
        await self._http.aclose()

    async def _ask(self, ask: Ask) -> bytes:
        held = bytearray()
        try:
            async with self._http.stream(**ask.sent()) as answer:
                async for chunk in answer.aiter_bytes():
                    _take(held, chunk)
                return _checked(answer.status_code, bytes(held))
        except httpx.HTTPError as error:
            raise StationAwayError(type(error).__name__) from error

    async def board(
        self, epoch: str | None = None, after: int | None = None, wait_s: float = 0.0
    ) -> BoardView:
        """Return all that a screen shows; wait for another board than the one known."""
        return shaped(BoardView, await self._ask(_board(epoch, after, wait_s)))

    async def plan(self, request: PlanRequest) -> PlanView:
        """Return what would be written."""
        return shaped(PlanView, await self._ask(Ask("POST", "/plans", body=request)))

    async def hold(self, request: HoldRequest) -> HoldView:
        """Return a fresh confirmation."""
        return shaped(HoldView, await self._ask(Ask("POST", "/confirmations", body=request)))

    async def wipe(self, request: WipeRequest) -> JobView:
        """Start what was confirmed."""
        return shaped(JobView, await self._ask(Ask("POST", "/jobs", body=request)))

    async def job(self, job_id: str) -> JobView:
        """Return a job on the counter."""
        return shaped(JobView, await self._ask(_job(job_id, None, 0.0)))

    async def stop(self, job_id: str) -> JobView:
        """Interrupt a running job."""
        return shaped(JobView, await self._ask(_act(job_id, "stop")))

    async def resume(self, job_id: str, request: ResumeRequest) -> JobView:
        """Continue an interrupted job."""
        return shaped(JobView, await self._ask(_act(job_id, "resume", request)))

    async def abandon(self, job_id: str) -> JobView:
        """Give an interrupted job up for good."""
        return shaped(JobView, await self._ask(_act(job_id, "abandon")))

    async def close(self, job_id: str) -> None:
        """Take a job off the counter."""
        await self._ask(_act(job_id, "close"))

    async def document(self, job_id: str, name: str) -> bytes:
        """Return one document of a job."""
        return await self._ask(_document(job_id, name))

    async def printed(self, job_id: str, form: PrintForm) -> bytes:
        """Return a job's label or strip."""
        return await self._ask(_print(job_id, form))
