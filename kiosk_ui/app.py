"""The routes of the counter and its drives; those of phones stand in ``phone_pages``."""

import mimetypes
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import ValidationError

from certs.text import Language
from kiosk_ui.guard import ForbiddenError, Guard
from kiosk_ui.live import following
from kiosk_ui.page import THEMES
from kiosk_ui.phone_pages import router as phone_routes
from kiosk_ui.shared import (
    Form,
    ItsLook,
    Kiosk,
    TheKiosk,
    back_home,
    document_answer,
    look_of,
    print_answer,
    problem_of,
)
from kiosk_ui.words import said
from wipe_station.api_values import (
    DeviceView,
    HoldRequest,
    JobId,
    Key,
    PlanRequest,
    PrintForm,
    ResumeRequest,
    WipeRequest,
)
from wipe_station.board_values import BoardView
from wipe_station.client import ProblemError, StationAwayError
from wipe_station.phone_client import PhoneClient

_YEAR_S: Final = 365 * 24 * 3600


def device_of(board: BoardView | None, key: str) -> DeviceView | None:
    """Return a device that the board shows, or None."""
    return next((d for d in board.devices if d.key == key), None) if board else None


app_routes = FastAPI(docs_url=None, redoc_url=None, openapi_url=None).router


@app_routes.get("/")
async def home(kiosk: TheKiosk, look: ItsLook) -> HTMLResponse:
    """Show the counter."""
    return HTMLResponse(kiosk.home(look, await kiosk.live.refresh()))


@app_routes.get("/live", response_class=EventSourceResponse)
async def live(kiosk: TheKiosk, look: ItsLook) -> AsyncIterable[ServerSentEvent]:
    """Send the counter as it is, and again after every change."""
    async for board in kiosk.live.boards():
        piece = kiosk.render("board.html", look, board=board)
        yield ServerSentEvent(raw_data=piece)


@app_routes.get("/devices/{key}")
async def plan(key: Key, kiosk: TheKiosk, look: ItsLook) -> HTMLResponse:
    """Show what would be done to a device, with the button that does it."""
    made = await kiosk.station.plan(PlanRequest(device=key))
    device = device_of(await kiosk.live.refresh(), key)
    page = kiosk.render("plan.html", look, plan=made, device=device)
    return HTMLResponse(page)


@app_routes.get("/devices/{key}/live", response_class=EventSourceResponse)
async def device_live(key: Key, kiosk: TheKiosk, look: ItsLook) -> AsyncIterable[ServerSentEvent]:
    """Tell an open plan whether its device is still there."""
    async for board in kiosk.live.boards():
        device = device_of(board, key)
        piece = kiosk.render("presence.html", look, board=board, device=device)
        yield ServerSentEvent(raw_data=piece)


@app_routes.post("/devices/{key}/hold")
async def hold(key: Key, form: Form, kiosk: TheKiosk) -> JSONResponse:
    """Draw a confirmation when the button goes down."""
    asked = {"device": key, "plan_sha256": form.get("plan_sha256")}
    held = await kiosk.station.hold(HoldRequest.model_validate(asked))
    return JSONResponse(held.model_dump())


@app_routes.post("/devices/{key}/wipe")
async def wipe(key: Key, form: Form, kiosk: TheKiosk) -> JSONResponse:
    """Use the confirmation when the button was held long enough."""
    del key  # the confirmation knows
    asked = {name: form.get(name) for name in ("confirmation", "diskseq", "plan_sha256")}
    job = await kiosk.station.wipe(WipeRequest.model_validate(asked))
    return JSONResponse({"next": f"/#job-{job.job_id}"})


@app_routes.post("/resume-all")
async def resume_all(form: Form, kiosk: TheKiosk) -> Response:
    """Continue each job that waits for a tap, as after a power cut; one that cannot stops none."""
    del form
    board = await kiosk.live.refresh()
    faults: list[ProblemError] = []
    for job in board.jobs if board else ():
        if job.can_resume:
            try:
                await kiosk.station.resume(job.job_id, ResumeRequest())
            except ProblemError as fault:
                faults.append(fault)
    if faults:
        raise faults[0]
    return back_home()


@app_routes.post("/jobs/{job_id}/{action}")
async def act(job_id: JobId, action: str, form: Form, kiosk: TheKiosk) -> Response:
    """Stop, continue, give up, or hand a device out."""
    del form
    station = kiosk.station
    if action == "stop":
        await station.stop(job_id)
    elif action == "resume":
        await station.resume(job_id, ResumeRequest())
    elif action == "abandon":
        await station.abandon(job_id)
    elif action == "close":
        await station.close(job_id)
    else:
        return Response(status_code=404)
    return back_home()


@app_routes.get("/jobs/{job_id}/documents/{name}")
async def document(job_id: JobId, name: str, kiosk: TheKiosk) -> Response:
    """Return one document of a job on the counter."""
    data = await kiosk.station.document(job_id, name)
    return document_answer(job_id, name, data)


@app_routes.get("/jobs/{job_id}/prints/{form}")
async def printed(job_id: JobId, form: PrintForm, kiosk: TheKiosk) -> Response:
    """Return a label or a strip, to be printed from the browser."""
    data = await kiosk.station.printed(job_id, form)
    return print_answer(job_id, form, data)


@app_routes.post("/look")
async def choose_look(form: Form) -> Response:
    """Keep a browser's language or theme."""
    answer = back_home(form.get("next", "/"))
    for name, values in (("language", [each.value for each in Language]), ("theme", THEMES)):
        if form.get(name) in values:
            answer.set_cookie(name, form[name], max_age=_YEAR_S, httponly=True, samesite="strict")
    return answer


@app_routes.get("/static/{name:path}")
async def static(name: str, kiosk: TheKiosk) -> Response:
    """Return a file of ours, or a library that we carry."""
    data = kiosk.static.get(name)
    if data is None:
        return Response(status_code=404)
    return Response(data, media_type=mimetypes.guess_type(name)[0] or "text/plain")


def create_app(station: PhoneClient, hosts: frozenset[str]) -> Guard:
    """Build the application; its guard is outermost, so that even a fault of ours is guarded.

    Args:
        station: speaks to the daemon.
        hosts: ``name:port`` under which the page may be called.
    """
    kiosk = Kiosk(station)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with following(kiosk.live):
            yield

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.kiosk = kiosk
    app.include_router(app_routes)
    app.include_router(phone_routes)

    async def refuse(request: Request, error: Exception) -> Response:
        look = look_of(request)
        page = await kiosk.refused(look, error)
        if request.headers.get("accept") != "application/json":
            return page
        problem, _ = problem_of(error)
        sentences = {"message": said(problem.message, look.language)}
        sentences["hint"] = said(problem.hint, look.language)
        return JSONResponse(sentences, status_code=page.status_code)

    for kind in (ProblemError, StationAwayError, ForbiddenError, ValidationError):
        app.add_exception_handler(kind, refuse)
    return Guard(app, hosts)
