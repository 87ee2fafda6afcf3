"""The daemon of a state directory as the command line's desk, over its socket. I/O."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from certs.bundle import read_bundle
from certs.canonical import decode
from certs.text import Text
from wipe_station.api_values import (
    HoldRequest,
    JobState,
    JobView,
    PlanRequest,
    PlanView,
    ProgressView,
    ResumeRequest,
    WipeRequest,
)
from wipe_station.client import Client, ProblemError, StationAwayError
from wipe_station.desk import OnProgress
from wipe_station.errors import BusyError, StationError, error_named
from wipe_station.issuer import JobEnd
from wipe_station.records import Outcome, Progress
from wipe_station.state import socket_of
from wipe_station.views import text_of


@contextlib.contextmanager
def remote(state: Path) -> Iterator["Remote"]:
    """Open the daemon's desk."""
    with Client(socket_of(state)) as client:
        yield Remote(state, client)


class Remote:
    """The daemon of this state directory, over its socket."""

    def __init__(self, state: Path, client: Client) -> None:
        self._state = state
        self._client = client
        self._job_id: str | None = None
        self.stopping = False

    def plan(self, request: PlanRequest) -> PlanView:
        """Ask the daemon for a plan."""
        with translated():
            return self._client.plan(request)

    def wipe(
        self, request: PlanRequest, plan: PlanView, confirm: str, on_progress: OnProgress
    ) -> JobEnd:
        """Draw a confirmation, use it, and follow the job."""
        asked = request.model_dump() | {"plan_sha256": plan.plan_sha256}
        with translated():
            held = self._client.hold(HoldRequest(**asked))
            job = self._client.wipe(
                WipeRequest(
                    confirmation=held.confirmation,
                    diskseq=held.diskseq,
                    plan_sha256=held.plan_sha256,
                    confirm=confirm,
                )
            )
            return self._follow(job, on_progress)

    def unfinished(self) -> tuple[str, ...]:
        """Return what runs or stands still on the counter."""
        with translated():
            jobs = self._client.board().jobs
        return tuple(job.job_id for job in jobs if job.state is not JobState.ENDED)

    def resume(self, job_id: str, confirm: str | None, on_progress: OnProgress) -> JobEnd:
        """Have the daemon continue, unless it does so already; follow the job."""
        with translated():
            job = self._client.job(job_id)
            if job.state is not JobState.RUNNING:
                job = self._client.resume(job_id, ResumeRequest(confirm=confirm))
            return self._follow(job, on_progress)

    def abandon(self, job_id: str) -> JobEnd:
        """Have the daemon give the job up."""
        with translated():
            return self._end(self._client.abandon(job_id))

    def stop(self) -> None:
        """Remember it; ``_follow`` tells the daemon."""
        self.stopping = True

    def _follow(self, job: JobView, on_progress: OnProgress) -> JobEnd:
        told = False
        while job.state is JobState.RUNNING:
            if self.stopping and not told:
                told = True
                self._client.stop(job.job_id)
            if job.progress is not None:
                on_progress(progress_of(job.progress))
            # A signal must not wait for the next news of a slow device.
            job = self._client.job(job.job_id, after=job.revision, wait_s=1.0)
        return self._end(job)

    def _end(self, job: JobView) -> JobEnd:
        """Return how the job stands, with its newest document as it lies on this disk."""
        if job.document is None or job.outcome is None:
            raise _undocumented(job)
        bundle = self._state / "bundles" / job.document.id
        return JobEnd(
            job_id=job.job_id,
            outcome=Outcome(job.outcome),
            bundle=bundle,
            statement=decode(read_bundle(bundle).document),
            no_pdf=text_of(job.document.no_pdf) if job.document.no_pdf else None,
        )


def progress_of(view: ProgressView) -> Progress:
    """Return progress as the engine tells it."""
    return Progress(
        step=f"pass-{view.step_number}" if view.step == "write" else view.step,
        step_number=view.step_number,
        steps=view.steps,
        done_bytes=view.done_bytes,
        total_bytes=view.total_bytes,
        rests=view.rests,
    )


def _undocumented(job: JobView) -> StationError:
    said = text_of(job.reason) if job.reason else Text(zh="还没有文件。", en="No document yet.")
    return StationError(
        said,
        hint=Text(
            zh=f"排除原因，再运行 wipe-station resume {job.job_id}",
            en=f"Remove the cause, then wipe-station resume {job.job_id}",
        ),
        device_id=job.stable_id,
    )


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn the daemon's answers back into the errors that they were."""
    try:
        yield
    except ProblemError as error:
        said = error.problem
        raise error_named(
            said.error,
            text_of(said.message),
            hint=text_of(said.hint),
            reasons=tuple(text_of(reason) for reason in said.reasons),
            device_id=said.device,
        ) from error
    except StationAwayError as error:
        raise BusyError(
            Text(zh="工作站没有回答。", en="The station does not answer."),
            hint=Text(zh="等它重新启动，再来一次。", en="Wait until it is back, then try again."),
        ) from error
