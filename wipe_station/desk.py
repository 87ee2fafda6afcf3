"""Where the command line's wishes go: to the daemon if one runs, else to a station of our own. I/O.

Both are the same composition of the same parts; the lock of the state directory sees to it that
there is only one at a time.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

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
from wipe_station.clock import Clock
from wipe_station.errors import BusyError, StationError, error_named
from wipe_station.issuer import JobEnd
from wipe_station.job import OpenJob
from wipe_station.plan import WipePlan, choose
from wipe_station.records import Outcome, Progress
from wipe_station.self_test import SelfTest
from wipe_station.state import socket_of, state_lock
from wipe_station.station import Station, require_confirmed
from wipe_station.views import plan_view, text_of
from wipe_station.write_guard import WriteGuard

WAIT_S: Final = 20.0
DATABASE: Final = "station.db"
OnProgress = Callable[[Progress], None]


class Desk(Protocol):
    """What the command line asks for."""

    def plan(self, request: PlanRequest) -> PlanView:
        """Return what would be written."""

    def wipe(
        self, request: PlanRequest, plan: PlanView, confirm: str, on_progress: OnProgress
    ) -> JobEnd:
        """Wipe under a plan that ``plan`` returned, once a person confirmed it."""

    def unfinished(self) -> tuple[str, ...]:
        """Return the ids of jobs that wait for a resume or for their document."""

    def resume(self, job_id: str, confirm: str | None, on_progress: OnProgress) -> JobEnd:
        """Continue an interrupted job."""

    def abandon(self, job_id: str) -> JobEnd:
        """Give an interrupted job up for good."""

    def stop(self) -> None:
        """End the running work in good order. Fit for a signal handler."""

    @property
    def stopping(self) -> bool:
        """Whether somebody asked to stop."""


@contextlib.contextmanager
def desk(state: Path, clock: Clock) -> Iterator[Desk]:
    """Open the desk of a state directory.

    Raises:
        BusyError: another command works with it, and is no daemon.
        InvalidInputError: it cannot be made or used.
    """
    try:
        with state_lock(state):
            yield Foreground(state, clock)
            return
    except BusyError:
        if not socket_of(state).is_socket():
            raise
    with Client(socket_of(state)) as client:
        yield Remote(state, client)


class Foreground:
    """A station of our own, under the lock of the state directory."""

    def __init__(self, state: Path, clock: Clock) -> None:
        self._station = Station(
            state,
            clock,
            guard=known_guard(state, clock),
            require_self_test=SelfTest(state, clock).require,
        )
        self._plans: dict[str, WipePlan] = {}
        self._job: OpenJob | None = None
        self.stopping = False

    def plan(self, request: PlanRequest) -> PlanView:
        """Plan here and now."""
        policy, method = choose(request.policy, request.method)
        plan = self._station.plan(
            request.device,
            policy,
            method,
            accept_unestablished=request.accept_unestablished,
            verify=request.verify,
            replug=request.replug,
        )
        self._plans[plan.sha256()] = plan
        return plan_view(plan)

    def wipe(
        self, request: PlanRequest, plan: PlanView, confirm: str, on_progress: OnProgress
    ) -> JobEnd:
        """Run the job in this process."""
        del request
        made = self._plans[plan.plan_sha256]
        require_confirmed(made, confirm)
        job = self._station.start(
            made,
            job_id=self._station.new_job_id(),
            confirmed={"role": "operator", "how": "serial"},
        )
        return self._run(job, on_progress)

    def unfinished(self) -> tuple[str, ...]:
        """Read every journal."""
        return self._station.unfinished()

    def resume(self, job_id: str, confirm: str | None, on_progress: OnProgress) -> JobEnd:
        """Continue the job in this process."""
        return self._run(self._station.reopen(job_id, confirm=confirm), on_progress)

    def _run(self, job: OpenJob, on_progress: OnProgress) -> JobEnd:
        self._job = job
        if self.stopping:
            self.stop()
        return job.run(on_progress)

    def abandon(self, job_id: str) -> JobEnd:
        """Sign the notice."""
        return self._station.abandon(job_id)

    def stop(self) -> None:
        """Stop the engine; its job stays resumable."""
        self.stopping = True
        if self._job is not None:
            self._job.stop("stopped-by-operator")


def known_guard(state: Path, clock: Clock) -> WriteGuard:
    """Return the write guard with what a daemon noted here, where there ever was one."""
    if not (state / DATABASE).exists():
        return WriteGuard(clock)
    # Here, because what it loads takes half a second and most commands need no database.
    from wipe_station.store import Store  # noqa: PLC0415

    return WriteGuard(clock, Store(state / DATABASE))


class Remote:
    """The daemon of this state directory, over its socket."""

    def __init__(self, state: Path, client: Client) -> None:
        self._state = state
        self._client = client
        self._job_id: str | None = None
        self.stopping = False

    def plan(self, request: PlanRequest) -> PlanView:
        """Ask the daemon for a plan."""
        with _translated():
            return self._client.plan(request)

    def wipe(
        self, request: PlanRequest, plan: PlanView, confirm: str, on_progress: OnProgress
    ) -> JobEnd:
        """Draw a confirmation, use it, and follow the job."""
        asked = request.model_dump() | {"plan_sha256": plan.plan_sha256}
        with _translated():
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
        with _translated():
            jobs = self._client.board().jobs
        return tuple(job.job_id for job in jobs if job.state is not JobState.ENDED)

    def resume(self, job_id: str, confirm: str | None, on_progress: OnProgress) -> JobEnd:
        """Have the daemon continue, unless it does so already; follow the job."""
        with _translated():
            job = self._client.job(job_id)
            if job.state is not JobState.RUNNING:
                job = self._client.resume(job_id, ResumeRequest(confirm=confirm))
            return self._follow(job, on_progress)

    def abandon(self, job_id: str) -> JobEnd:
        """Have the daemon give the job up."""
        with _translated():
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
def _translated() -> Iterator[None]:
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
