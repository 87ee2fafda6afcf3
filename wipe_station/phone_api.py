"""The daemon's interface to phones: routes over ``PhoneBench``, one line of sense each. I/O.

Shapes and meaning: ``phone_values``. The counter's page may take a phone in under a ticket with its
owner's consent to the erasure, and sees that ticket's number; it reaches nothing else of tickets.
"""

import mimetypes
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from certs.layout import zipped
from certs.text import Text
from wipe_station.api_values import JobId, PrintForm
from wipe_station.errors import InvalidInputError
from wipe_station.peers import Peer
from wipe_station.phone_jobs.bench import PhoneBench
from wipe_station.phone_jobs.runner import PhoneRun
from wipe_station.phone_values import (
    MOST_PHOTO_BYTES,
    IntakeRequest,
    PhoneConsent,
    PhoneEraseRequest,
    PhoneHold,
    PhoneHoldRequest,
    PhoneJobView,
    PhoneView,
    Port,
)
from wipe_station.seat import ZIP_NAME, files_of

PHOTO_PATH: Final = "/photo"
"""Ends the one path whose body may be larger than any other's."""
router = APIRouter(prefix="/v1")


def _peer(request: Request) -> Peer:
    peer: Peer = request.state.peer
    return peer


def _bench(request: Request) -> PhoneBench:
    found: PhoneBench | None = request.app.state.floor.phones
    if found is None:
        raise InvalidInputError(
            Text(zh="练习的时候不处理手机。", en="A practice station handles no phones."),
            hint=Text(zh="在真的工作站上做。", en="Do it on a real station."),
        )
    return found


ThePeer = Annotated[Peer, Depends(_peer)]
TheBench = Annotated[PhoneBench, Depends(_bench)]


def most_body_bytes(path: str, usual: int) -> int:
    """Return how large the body of a request may be."""
    photo = path.startswith("/v1/phone-jobs/") and path.endswith(PHOTO_PATH)
    return MOST_PHOTO_BYTES if photo else usual


@router.post("/phones/{port}/intake")
def intake(port: Port, request: IntakeRequest, bench: TheBench) -> PhoneView:
    """Write down what the owner showed the clerk."""
    return bench.note(port, request)


@router.post("/phones/{port}/consent")
def consent(port: Port, request: PhoneConsent, bench: TheBench) -> PhoneView:
    """Write down that the owner agrees."""
    return bench.consent(port, request)


@router.post("/phones/{port}/hold")
def hold(port: Port, request: PhoneHoldRequest, bench: TheBench, peer: ThePeer) -> PhoneHold:
    """Draw a fresh confirmation."""
    return bench.hold(port, request, peer)


@router.post("/phones/{port}/erase")
def erase(port: Port, request: PhoneEraseRequest, bench: TheBench, peer: ThePeer) -> PhoneJobView:
    """Begin what was confirmed."""
    return bench.erase(port, request, peer)


@router.post("/phone-jobs/{job_id}/press")
def press(job_id: JobId, bench: TheBench) -> PhoneJobView:
    """Begin the second reset."""
    return bench.do(job_id, PhoneRun.press)


@router.post("/phone-jobs/{job_id}/overwrite")
def overwrite(job_id: JobId, bench: TheBench) -> PhoneJobView:
    """Have the phone fill its free space before its second reset."""
    return bench.do(job_id, PhoneRun.overwrite)


@router.post("/phone-jobs/{job_id}/look")
def look(job_id: JobId, bench: TheBench) -> PhoneJobView:
    """Look at the phone now."""
    return bench.do(job_id, PhoneRun.look)


@router.post("/phone-jobs/{job_id}/photo")
async def photo(job_id: JobId, request: Request, bench: TheBench) -> PhoneJobView:
    """Take the photograph of the setup screen."""
    picture = await request.body()
    return bench.do(job_id, lambda run: run.photograph(picture))


@router.post("/phone-jobs/{job_id}/give-up")
def give_up(job_id: JobId, bench: TheBench) -> PhoneJobView:
    """End a job with what is known."""
    return bench.do(job_id, PhoneRun.give_up)


@router.post("/phone-jobs/{job_id}/close", status_code=204)
def close(job_id: JobId, bench: TheBench) -> None:
    """Take a job off the counter."""
    bench.seats.close(job_id)


@router.get("/phone-jobs/{job_id}/documents/{name}")
def document(job_id: JobId, name: str, bench: TheBench) -> Response:
    """Return one document of a job on the counter."""
    return document_response(bench.seats.bundle(job_id), name)


@router.get("/phone-jobs/{job_id}/prints/{form}")
def printed(job_id: JobId, form: PrintForm, bench: TheBench) -> Response:
    """Return a label or a strip, drawn now."""
    return Response(bench.seats.printed(job_id, form), media_type="application/pdf")


def document_response(bundle: Path, name: str) -> Response:
    """Return a file of a bundle, or all of them.

    Raises:
        InvalidInputError: it has none of that name.
    """
    files = files_of(bundle)
    data = zipped(bundle.name, files) if name == ZIP_NAME else files.get(name)
    if data is None:
        raise InvalidInputError(
            Text(zh="没有这个文件。", en="There is no such document."),
            hint=Text(zh="文件名：" + "、".join(files), en="Documents: " + ", ".join(files)),
        )
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(data, media_type=kind)
