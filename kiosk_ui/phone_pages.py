"""The routes of phones: one phone with what keeps it from being erased, and one erasure."""

import re
from collections.abc import AsyncIterable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from kiosk_ui.guard import photo_of
from kiosk_ui.shared import (
    TOKEN,
    Form,
    ItsLook,
    TheKiosk,
    back_home,
    document_answer,
    print_answer,
)
from wipe_station.api_values import JobId, PrintForm, Problem, Words
from wipe_station.board_values import BoardView
from wipe_station.client import ProblemError, StationAwayError
from wipe_station.phone_values import (
    IntakeRequest,
    PhoneConsent,
    PhoneEraseRequest,
    PhoneHoldRequest,
    PhoneJobView,
    PhoneView,
    Port,
)

_STAFF: Final = re.compile("[0-9]{1,10}")
_NO_STAFF: Final = Problem(
    error="NoStaff",
    message=Words(zh="还没有写员工号。", en="The staff number is missing."),
    hint=Words(
        zh="请写上员工号（只用数字），再点一次。", en="Enter it, digits only, and try again."
    ),
)
router = APIRouter()


async def _photo(request: Request) -> bytes:
    return await photo_of(request, TOKEN)


Photo = Annotated[bytes, Depends(_photo)]


def phone_of(board: BoardView | None, port: str) -> PhoneView | None:
    """Return the phone at a port, or None."""
    return next((p for p in board.phones if p.port == port), None) if board else None


def phone_job_of(board: BoardView | None, job_id: str) -> PhoneJobView | None:
    """Return a phone's job that stands on the counter, or None."""
    return next((j for j in board.phone_jobs if j.job_id == job_id), None) if board else None


def _staff(form: dict[str, str]) -> str:
    staff = form.get("staff", "").strip()
    if not _STAFF.fullmatch(staff):
        raise ProblemError(_NO_STAFF, 422)
    return staff


def _done(request: Request, path: str) -> Response:
    """Answer a script with nothing new, for its page is live; anybody else goes back to it."""
    if request.headers.get("accept") == "application/json":
        return JSONResponse({})
    return back_home(path)


@router.get("/phones/{port}")
async def phone_page(port: Port, kiosk: TheKiosk, look: ItsLook) -> Response:
    """Show a phone; if its job stands open, show that."""
    board = await kiosk.live.refresh()
    phone = phone_of(board, port)
    if phone is not None and phone.job_id is not None:
        return back_home(f"/phone-jobs/{phone.job_id}")
    page = kiosk.render("phone.html", look, board=board, phone=phone, port=port)
    return HTMLResponse(page)


@router.get("/phones/{port}/live", response_class=EventSourceResponse)
async def phone_live(port: Port, kiosk: TheKiosk, look: ItsLook) -> AsyncIterable[ServerSentEvent]:
    """Send a phone as it is, and again after every change."""
    async for board in kiosk.live.boards():
        phone = phone_of(board, port)
        piece = kiosk.render("phone_now.html", look, board=board, phone=phone, port=port)
        yield ServerSentEvent(raw_data=piece)


@router.post("/phones/{port}/intake")
async def intake(port: Port, form: Form, kiosk: TheKiosk, request: Request) -> Response:
    """Note one more thing that the owner showed, or take one back."""
    staff = _staff(form)
    async with kiosk.noting:
        board = await kiosk.live.refresh()
        if board is None:
            raise StationAwayError  # what was noted before is unknown, and would be lost
        phone = phone_of(board, port)
        shown: set[str] = set(phone.shown) if phone else set()
        shown = (shown | {form.get("show", "")}) - {"", form.get("unshow", "")}
        asked = {"visit": form.get("visit"), "staff": staff, "shown": sorted(shown)}
        await kiosk.station.intake(port, IntakeRequest.model_validate(asked))
    return _done(request, f"/phones/{port}")


@router.post("/phones/{port}/consent")
async def consent(port: Port, form: Form, kiosk: TheKiosk, request: Request) -> Response:
    """Note that the owner agrees."""
    asked = {"visit": form.get("visit"), "staff": _staff(form)}
    await kiosk.station.consent(port, PhoneConsent.model_validate(asked))
    return _done(request, f"/phones/{port}")


@router.post("/phones/{port}/hold")
async def hold(port: Port, form: Form, kiosk: TheKiosk) -> JSONResponse:
    """Draw a confirmation when the button goes down."""
    asked = {name: form.get(name) for name in ("visit", "route")}
    held = await kiosk.station.hold_phone(port, PhoneHoldRequest.model_validate(asked))
    return JSONResponse(held.model_dump())


@router.post("/phones/{port}/erase")
async def erase(port: Port, form: Form, kiosk: TheKiosk) -> JSONResponse:
    """Use the confirmation when the button was held long enough."""
    asked = {name: form.get(name) for name in ("visit", "confirmation", "plan_sha256")}
    job = await kiosk.station.erase_phone(port, PhoneEraseRequest.model_validate(asked))
    return JSONResponse({"next": f"/phone-jobs/{job.job_id}"})


@router.get("/phone-jobs/{job_id}")
async def job_page(job_id: JobId, kiosk: TheKiosk, look: ItsLook) -> HTMLResponse:
    """Show the erasure of a phone."""
    board = await kiosk.live.refresh()
    job = phone_job_of(board, job_id)
    page = kiosk.render("phone_erasure.html", look, board=board, job=job, job_id=job_id)
    return HTMLResponse(page)


@router.get("/phone-jobs/{job_id}/live", response_class=EventSourceResponse)
async def job_live(job_id: JobId, kiosk: TheKiosk, look: ItsLook) -> AsyncIterable[ServerSentEvent]:
    """Send the erasure as it stands, and again after every change."""
    async for board in kiosk.live.boards():
        job = phone_job_of(board, job_id)
        piece = kiosk.render("phone_erasure_now.html", look, board=board, job=job, job_id=job_id)
        yield ServerSentEvent(raw_data=piece)


@router.post("/phone-jobs/{job_id}/photo")
async def photo(job_id: JobId, jpeg: Photo, kiosk: TheKiosk) -> JSONResponse:
    """Hand in a photo of the setup screen."""
    await kiosk.station.photo(job_id, jpeg)
    return JSONResponse({})


@router.post("/phone-jobs/{job_id}/{action}")
async def act(
    job_id: JobId, action: str, form: Form, kiosk: TheKiosk, request: Request
) -> Response:
    """Begin the second reset or an overwrite, look, give up, or hand a phone out."""
    del form
    station = kiosk.station
    if action == "press":
        await station.press(job_id)
    elif action == "overwrite":
        await station.overwrite(job_id)
    elif action == "look":
        await station.look(job_id)
    elif action == "give-up":
        await station.give_up(job_id)
    elif action == "close":
        await station.close_phone(job_id)
        return _done(request, "/")
    else:
        return Response(status_code=404)
    return _done(request, f"/phone-jobs/{job_id}")


@router.get("/phone-jobs/{job_id}/documents/{name}")
async def document(job_id: JobId, name: str, kiosk: TheKiosk) -> Response:
    """Return one document of a phone's job on the counter."""
    return document_answer(job_id, name, await kiosk.station.phone_document(job_id, name))


@router.get("/phone-jobs/{job_id}/prints/{form}")
async def printed(job_id: JobId, form: PrintForm, kiosk: TheKiosk) -> Response:
    """Return a label or a strip, to be printed from the browser."""
    return print_answer(job_id, form, await kiosk.station.phone_printed(job_id, form))
