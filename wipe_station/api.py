"""The daemon's interface: routes over ``Floor``, one line of sense each. I/O.

Shapes and meaning: ``api_values``. Who may do what is decided here, by the peer's credentials and
by nothing that a request says: the kiosk reaches what stands on the counter, names devices by the
key of their plugging-in, and must hold; the operator reaches the rest of the machine, too.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from certs.errors import CertsError
from certs.text import Text
from wipe_station.api_values import (
    HoldRequest,
    HoldView,
    JobId,
    JobView,
    PlanRequest,
    PlanView,
    PrintForm,
    ResumeRequest,
    WipeRequest,
)
from wipe_station.board_values import BoardView
from wipe_station.errors import (
    EvidenceError,
    InvalidInputError,
    NotConfirmedError,
    StationError,
    http_status_of,
)
from wipe_station.floor import Floor
from wipe_station.peers import Peer, Role
from wipe_station.phone_api import document_response, most_body_bytes
from wipe_station.phone_api import router as phone_router
from wipe_station.ticket_api import router as ticket_router
from wipe_station.views import plan_view, problem

MOST_WAIT_S: Final = 25.0
MOST_BODY_BYTES: Final = 64 << 10
GATHER_S: Final = 0.05
"""Changes of one moment are told together."""
_UNPARSABLE: Final = 400
"""What the framework says of a body that is no text, or nested beyond every limit."""
_log = logging.getLogger(__name__)
router = APIRouter(prefix="/v1")


class Changes:
    """Wakes everybody who waits for a change of the floor."""

    def __init__(self, floor: Floor) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: set[asyncio.Event] = set()
        floor.listen(self._from_any_thread)

    def _from_any_thread(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for event in self._waiting:
            event.set()

    async def until(self, changed: Callable[[], bool], wait_s: float) -> None:
        """Return when a condition holds, or the time is over."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            async with asyncio.timeout(wait_s):
                while not changed():
                    await event.wait()
                    await asyncio.sleep(GATHER_S)
                    event.clear()
        except TimeoutError:
            pass  # the answer is what stands now
        finally:
            self._waiting.discard(event)


def _peer(request: Request) -> Peer:
    peer: Peer = request.state.peer
    return peer


def _floor(request: Request) -> Floor:
    floor: Floor = request.app.state.floor
    return floor


def _changes(request: Request) -> Changes:
    changes: Changes = request.app.state.changes
    return changes


ThePeer = Annotated[Peer, Depends(_peer)]
TheFloor = Annotated[Floor, Depends(_floor)]
TheChanges = Annotated[Changes, Depends(_changes)]
Wait = Annotated[float, Query(ge=0, le=MOST_WAIT_S)]
After = Annotated[int, Query(ge=0)]


def _limit(request: PlanRequest, floor: Floor, peer: Peer) -> None:
    """Keep the kiosk to what its screen shows."""
    if peer.role is not Role.OPERATOR:
        floor.require_key(request)


@router.get("/board")
async def board(
    floor: TheFloor, changes: TheChanges, epoch: str = "", after: After = 0, wait_s: Wait = 0
) -> BoardView:
    """Return all that a screen shows, as soon as it is another than the caller knows."""
    if wait_s:
        await changes.until(lambda: floor.moment() != (epoch, after), wait_s)
    return await asyncio.to_thread(floor.board)


@router.post("/plans")
def plan(request: PlanRequest, floor: TheFloor, peer: ThePeer) -> PlanView:
    """Return what would be written; write nothing."""
    _limit(request, floor, peer)
    return plan_view(floor.plan(request))


@router.post("/confirmations")
def confirmation(request: HoldRequest, floor: TheFloor, peer: ThePeer) -> HoldView:
    """Draw a fresh confirmation for a plan that was shown."""
    _limit(request, floor, peer)
    return floor.hold(request, peer)


@router.post("/jobs")
def wipe(request: WipeRequest, floor: TheFloor, peer: ThePeer) -> JobView:
    """Start what was confirmed."""
    return floor.wipe(request, peer)


@router.get("/jobs/{job_id}")
async def job(
    job_id: JobId, floor: TheFloor, changes: TheChanges, after: After = 0, wait_s: Wait = 0
) -> JobView:
    """Return a job on the counter, as soon as it is another than the caller knows."""
    seat = floor.counter.seat(job_id)
    if wait_s:
        await changes.until(lambda: seat.revision != after, wait_s)
    return await asyncio.to_thread(seat.view)


@router.post("/jobs/{job_id}/stop")
def stop(job_id: JobId, floor: TheFloor) -> JobView:
    """Interrupt a running job."""
    return floor.counter.stop(job_id)


@router.post("/jobs/{job_id}/resume")
def resume(job_id: JobId, request: ResumeRequest, floor: TheFloor) -> JobView:
    """Continue an interrupted job."""
    return floor.counter.resume(job_id, request.confirm)


@router.post("/jobs/{job_id}/abandon")
def abandon(job_id: JobId, floor: TheFloor) -> JobView:
    """Give an interrupted job up for good."""
    return floor.counter.abandon(job_id)


@router.post("/jobs/{job_id}/close", status_code=204)
def close(job_id: JobId, floor: TheFloor) -> None:
    """Take a job off the counter."""
    floor.counter.close(job_id)


@router.get("/jobs/{job_id}/documents/{name}")
def document(job_id: JobId, name: str, floor: TheFloor) -> Response:
    """Return one document of a job on the counter."""
    return document_response(floor.counter.bundle(job_id), name)


@router.get("/jobs/{job_id}/prints/{form}")
def printed(job_id: JobId, form: PrintForm, floor: TheFloor) -> Response:
    """Return a label or a strip, drawn now."""
    return Response(floor.counter.printed(job_id, form), media_type="application/pdf")


def create_api(floor: Floor, on_refused: Callable[[Peer, str, str], None]) -> FastAPI:
    """Build the application; call it inside the running loop.

    Args:
        floor: the running station.
        on_refused: told who was refused what and why, for the store.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, title="wipe-stationd")
    app.state.floor = floor
    app.state.changes = Changes(floor)
    app.include_router(router)
    app.include_router(ticket_router)
    app.include_router(phone_router)

    async def answer(request: Request, error: Exception) -> JSONResponse:
        station_error = as_station_error(error)
        if isinstance(station_error, NotConfirmedError | InvalidInputError):
            what = f"{request.method} {request.url.path}"
            await asyncio.to_thread(on_refused, request.state.peer, what, str(station_error))
        return JSONResponse(
            problem(station_error).model_dump(), status_code=http_status_of(station_error)
        )

    async def bounded(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
        refused = _refused_body(request)
        if refused is not None:
            return refused
        try:
            return await call(request)
        except Exception as error:  # noqa: BLE001 - uvicorn would cut the connection behind it
            return await answer(request, error)

    for kind in (StationError, CertsError, RequestValidationError, _UNPARSABLE):
        app.add_exception_handler(kind, answer)
    app.middleware("http")(bounded)
    return app


def _refused_body(request: Request) -> Response | None:
    """Refuse bodies without a length, or beyond the limit."""
    length = request.headers.get("content-length", "0")
    if "transfer-encoding" in request.headers or not length.isdigit():
        return Response(status_code=411)
    most = most_body_bytes(request.url.path, MOST_BODY_BYTES)
    return Response(status_code=413) if int(length) > most else None


def as_station_error(error: Exception) -> StationError:
    """Return what a caller may know of any fault."""
    if isinstance(error, StationError):
        return error
    if isinstance(error, CertsError):
        return EvidenceError(error.message, hint=error.hint)
    if isinstance(error, RequestValidationError | HTTPException):
        where = _fields(error.errors()) if isinstance(error, RequestValidationError) else "body"
        return InvalidInputError(
            Text(zh="请求的格式不对。", en=f"Malformed request: {where}."),
            hint=Text(zh="叫工程师。", en="See wipe_station/api_values.py."),
        )
    _log.error("a fault of the daemon", exc_info=error)
    return StationError(
        Text(zh="工作站自己出了错。", en="A fault of the station itself."),
        hint=Text(zh="再试一次；不行就叫店长。", en="Try again; then call the manager."),
    )


def _fields(errors: Any) -> str:  # noqa: ANN401 - pydantic's own list
    return ", ".join(".".join(map(str, each["loc"])) for each in errors[:5])
