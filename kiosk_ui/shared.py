"""What the routes of drives and phones share: the kiosk itself, forms, looks, and refusals."""

import asyncio
import mimetypes
import secrets
from functools import cache
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from kiosk_ui.guard import form_of
from kiosk_ui.live import Live
from kiosk_ui.page import THEMES, Look, Pages, load_static
from kiosk_ui.words import language_of
from wipe_station.api_values import PrintForm, Problem, Words
from wipe_station.board_values import BoardView
from wipe_station.client import ProblemError, StationAwayError
from wipe_station.phone_client import PhoneClient

TOKEN: Final = secrets.token_urlsafe(32)
"""One per process: a page that is older than the process gets a new one with its next news."""
_AWAY: Final = Problem(
    error="StationAway",
    message=Words(zh="工作站正在重新启动，请稍等。", en="The station is restarting; one moment."),
    hint=Words(zh="过几秒再试一次。", en="Try again in a few seconds."),
)
_FORBIDDEN: Final = Problem(
    error="Forbidden",
    message=Words(
        zh="这个页面太旧了，什么也没有做。", en="This page is too old; nothing was done."
    ),
    hint=Words(zh="重新打开页面，再试一次。", en="Open the page again and retry."),
)


def look_of(request: Request) -> Look:
    """Return how the asking browser wants its pages."""
    theme = request.cookies.get("theme", "")
    return Look(
        language=language_of(request.cookies.get("language")),
        theme=theme if theme in THEMES else THEMES[0],
    )


ItsLook = Annotated[Look, Depends(look_of)]


async def _form(request: Request) -> dict[str, str]:
    return await form_of(request, TOKEN)


Form = Annotated[dict[str, str], Depends(_form)]


@cache
def _pages() -> Pages:
    """Load the pages once: it takes a second, and the start builds two applications."""
    return Pages(TOKEN)


class Kiosk:
    """What the routes share."""

    def __init__(self, station: PhoneClient) -> None:
        self.station = station
        self.live = Live(station)
        self.pages = _pages()
        self.static = load_static()
        self.noting = asyncio.Lock()
        """Held from reading what was noted of a phone until more is noted: taps follow fast."""

    def render(self, name: str, look: Look, **values: object) -> str:
        """Return a page or a piece of one, with the time that has passed since the last news."""
        return self.pages.render(name, look, age_s=self.live.age_s(), **values)

    def home(self, look: Look, board: BoardView | None, problem: Problem | None = None) -> str:
        """Return the counter's first page."""
        return self.render("home.html", look, board=board, problem=problem)

    async def refused(self, look: Look, error: Exception) -> HTMLResponse:
        """Return the first page with what went wrong on top."""
        problem, status = problem_of(error)
        board = await self.live.refresh()
        return HTMLResponse(self.home(look, board, problem), status_code=status)


def _kiosk(request: Request) -> Kiosk:
    kiosk: Kiosk = request.app.state.kiosk
    return kiosk


TheKiosk = Annotated[Kiosk, Depends(_kiosk)]


def back_home(path: str = "/") -> RedirectResponse:
    """Go back to a page of ours, and to no other."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\"))
    return RedirectResponse(path if ours else "/", status_code=303)


def document_answer(job_id: str, name: str, data: bytes) -> Response:
    """Return one document of a job: a PDF is shown, anything else saved."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    shown = "inline" if kind == "application/pdf" else "attachment"
    file_name = quote(f"{job_id}-{name}", safe="")
    headers = {"content-disposition": f"{shown}; filename*=UTF-8''{file_name}"}
    return Response(data, media_type=kind, headers=headers)


def print_answer(job_id: str, form: PrintForm, data: bytes) -> Response:
    """Return a label or a strip, to be printed from the browser."""
    headers = {"content-disposition": f'inline; filename="{job_id}-{form.value}.pdf"'}
    return Response(data, media_type="application/pdf", headers=headers)


def problem_of(error: Exception) -> tuple[Problem, int]:
    """Return what a person may know of a fault, and its HTTP status."""
    if isinstance(error, ProblemError):
        return error.problem, error.status
    return (_AWAY, 503) if isinstance(error, StationAwayError) else (_FORBIDDEN, 403)
