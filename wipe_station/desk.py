"""Where the command line's wishes go: to the daemon if one runs, else to a station of our own. I/O.

Both are the same composition of the same parts; the lock of the state directory sees to it that
there is only one at a time.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

from wipe_station.api_values import PlanRequest, PlanView
from wipe_station.blocking import block_list_of
from wipe_station.clock import Clock
from wipe_station.errors import BusyError
from wipe_station.issuer import JobEnd
from wipe_station.job import OpenJob
from wipe_station.plan import WipePlan, choose, require_confirmed
from wipe_station.records import Progress
from wipe_station.self_test import SelfTest
from wipe_station.stamping import service_if_set
from wipe_station.state import read_settings, socket_of, state_lock
from wipe_station.station import Station
from wipe_station.views import plan_view
from wipe_station.write_guard import WriteGuard

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
    # Here: what it loads is a quarter of a command's start, and most run without a daemon.
    from wipe_station.remote import remote  # noqa: PLC0415

    with remote(state) as far:
        yield far


class Foreground:
    """A station of our own, under the lock of the state directory."""

    def __init__(self, state: Path, clock: Clock) -> None:
        self_test = SelfTest(state, clock)
        settings = read_settings(state)
        self._station = Station(
            state,
            clock,
            guard=known_guard(state, clock),
            require_self_test=self_test.require,
            host=settings.host,
            service=service_if_set(settings, state),
            block_list=block_list_of(settings, state),
        )
        self_test.record_in(self._station.log)
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
