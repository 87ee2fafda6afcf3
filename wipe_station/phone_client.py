"""The other side of the daemon's socket, with what is asked about phones: for the kiosk. I/O.

The command line reads phones off the board (``running``) and asks nothing else about them, so there
is one kind of it; shapes and meaning stand in ``phone_values``.
"""

from pydantic import BaseModel

from wipe_station.api_values import PrintForm
from wipe_station.client import Ask, AsyncClient, segment, shaped
from wipe_station.phone_values import (
    IntakeRequest,
    PhoneConsent,
    PhoneEraseRequest,
    PhoneHold,
    PhoneHoldRequest,
    PhoneJobView,
    PhoneView,
)


def _phone(port: str, what: str, body: BaseModel) -> Ask:
    return Ask("POST", f"/phones/{segment(port)}/{what}", body=body)


def _path_of(job_id: str) -> str:
    return f"/phone-jobs/{segment(job_id)}"


class PhoneClient(AsyncClient):
    """Asks about drives and phones. Every call raises ``ProblemError`` or ``StationAwayError``."""

    async def intake(self, port: str, request: IntakeRequest) -> PhoneView:
        """Note what the owner showed; it replaces what was noted before."""
        return shaped(PhoneView, await self._ask(_phone(port, "intake", request)))

    async def consent(self, port: str, request: PhoneConsent) -> PhoneView:
        """Note that the owner agrees."""
        return shaped(PhoneView, await self._ask(_phone(port, "consent", request)))

    async def hold_phone(self, port: str, request: PhoneHoldRequest) -> PhoneHold:
        """Return a fresh confirmation."""
        return shaped(PhoneHold, await self._ask(_phone(port, "hold", request)))

    async def erase_phone(self, port: str, request: PhoneEraseRequest) -> PhoneJobView:
        """Begin what was confirmed."""
        return shaped(PhoneJobView, await self._ask(_phone(port, "erase", request)))

    async def press(self, job_id: str) -> PhoneJobView:
        """Say that the second reset begins, or have it asked for."""
        return await self._act(job_id, "press")

    async def overwrite(self, job_id: str) -> PhoneJobView:
        """Have the phone fill its free space before its second reset."""
        return await self._act(job_id, "overwrite")

    async def look(self, job_id: str) -> PhoneJobView:
        """Have the station look at the phone now."""
        return await self._act(job_id, "look")

    async def photo(self, job_id: str, jpeg: bytes) -> PhoneJobView:
        """Hand in a photo of the setup screen, ``MOST_PHOTO_BYTES`` at most."""
        return await self._act(job_id, "photo", jpeg)

    async def give_up(self, job_id: str) -> PhoneJobView:
        """End a job with a notice; while the phone fills its free space, that alone."""
        return await self._act(job_id, "give-up")

    async def close_phone(self, job_id: str) -> None:
        """Take a job off the counter: its phone was handed out."""
        await self._ask(Ask("POST", f"{_path_of(job_id)}/close"))

    async def phone_document(self, job_id: str, name: str) -> bytes:
        """Return one document of a job."""
        return await self._ask(Ask("GET", f"{_path_of(job_id)}/documents/{segment(name)}"))

    async def phone_printed(self, job_id: str, form: PrintForm) -> bytes:
        """Return a job's label or strip."""
        return await self._ask(Ask("GET", f"{_path_of(job_id)}/prints/{form.value}"))

    async def _act(self, job_id: str, what: str, body: bytes | None = None) -> PhoneJobView:
        asked = Ask("POST", f"{_path_of(job_id)}/{what}", body=body)
        return shaped(PhoneJobView, await self._ask(asked))
