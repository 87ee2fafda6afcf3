"""The erasures of phones that stand on the counter: begun, driven, signed, handed out. I/O.

One thread drives each. What an earlier run of the station left unfinished was not seen to its end,
and gets a notice at the next start.
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import RLock, Thread
from typing import Any, Final

from certs.errors import CertsError
from certs.text import Text
from wipe_station.api_values import PrintForm
from wipe_station.bays import BayMap
from wipe_station.clock import Clock, drawn_id, utc_text
from wipe_station.counter_errors import not_over, nothing_signed, shutting_down, unknown_job
from wipe_station.errors import StationError
from wipe_station.issuer import Issuer, JobEnd
from wipe_station.journal import Journal
from wipe_station.peers import Peer, Role
from wipe_station.phone_jobs import views
from wipe_station.phone_jobs import words as said
from wipe_station.phone_jobs.jobs import PhoneJobs
from wipe_station.phone_jobs.place import Patience
from wipe_station.phone_jobs.plan import PhonePlan
from wipe_station.phone_jobs.ports import Port, Ports
from wipe_station.phone_jobs.replay import PhoneJob
from wipe_station.phone_jobs.runner import PhoneRun
from wipe_station.phone_links.hand import Baseline
from wipe_station.phone_values import PhoneJobView
from wipe_station.phones.run import State
from wipe_station.phones.warmth import Warmth
from wipe_station.prints import printed
from wipe_station.seat import document_view, grade_of
from wipe_station.store import Store

_WAITING: Final = {
    State.ASKED: "press_s",
    State.ASKED_AGAIN: "press_s",
    State.AWAY: "away_s",
    State.AWAY_AGAIN: "away_s",
    State.STRANGER: "stranger_s",
    State.STRANGER_AGAIN: "stranger_s",
    State.BACK: "look_s",
    State.BACK_AGAIN: "look_s",
    State.BETWEEN: "between_s",
}
_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class PhoneSeat:
    """One erasure on the counter."""

    job: PhoneJob
    port: str
    ticket: str | None = None
    run: PhoneRun | None = None
    thread: Thread | None = None
    journal: Journal | None = None
    end: JobEnd | None = None
    broken: Text | None = None
    revision: int = 0

    @property
    def busy(self) -> bool:
        """Whether the run still wants its phone."""
        return self.run is not None


class PhoneSeats:
    """All of them, by job id. Every change goes through the lock that it shares with the bench."""

    def __init__(  # noqa: PLR0913 - what a counter is built of
        self,
        jobs: PhoneJobs,
        issuer: Issuer,
        store: Store,
        clock: Clock,
        bays: BayMap,
        *,
        patience: Patience,
        lock: RLock,
        on_change: Callable[[], None],
    ) -> None:
        """Begin with none.

        Args:
            jobs: in the state directory.
            issuer: for what is printed beside a document.
            store: remembers which were handed out.
            clock: for records.
            bays: names ports.
            patience: how long a run waits.
            lock: shared with the bench.
            on_change: told after every change.
        """
        self._jobs = jobs
        self._issuer = issuer
        self._store = store
        self._clock = clock
        self._bays = bays
        self._patience = patience
        self._lock = lock
        self._on_change = on_change
        self._seats: dict[str, PhoneSeat] = {}
        self._stopping = False

    def __iter__(self) -> Iterator[PhoneSeat]:
        """Iterate over them as they are now, the oldest first."""
        return iter(tuple(self._seats.values()))

    def busy_at(self, port: str) -> str | None:
        """Return the job that wants the phone at a port, or None."""
        found = (seat for seat in self if seat.busy and seat.port == port)
        return next((seat.job.job_id for seat in found), None)

    def wake(self) -> None:
        """Have every run look whether anything changed."""
        for seat in self:
            if seat.run is not None:
                seat.run.wake()

    def follow(self) -> None:
        """Take over what the runs have written."""
        with self._lock:
            for seat in self:
                if seat.run is not None:
                    seat.job = seat.run.job
                seat.revision += 1

    def begin(  # noqa: PLR0913 - what a job begins with
        self,
        plan: PhonePlan,
        baseline: Baseline,
        place: Port,
        *,
        visit: int,
        peer: Peer,
        ticket: str | None,
    ) -> PhoneSeat:
        """Begin a job that was confirmed, in a thread of its own.

        Raises:
            BusyError: the station shuts down.
            EvidenceError: nothing could be signed in the end, or the disk refuses.
        """
        self._require_running()
        job_id = drawn_id(self._clock.utc())
        how = "hold" if peer.role is Role.KIOSK else "command"
        confirmed = {"role": peer.role.value, "how": how}
        if place.visit is not None and place.visit.staff is not None:
            confirmed["staff"] = place.visit.staff
        journal = self._jobs.begin(plan, job_id, confirmed)
        run = PhoneRun(
            journal=journal,
            baseline=baseline,
            place=place,
            visit=visit,
            on_change=self._on_change,
            patience=self._patience,
        )
        seat = PhoneSeat(
            job=run.job,
            port=place.name,
            ticket=ticket,
            run=run,
            journal=journal,
        )
        self._seats[job_id] = seat
        seat.thread = Thread(target=self._work, args=(seat, run, journal), name=f"job-{job_id}")
        seat.thread.start()
        return seat

    def _work(self, seat: PhoneSeat, run: PhoneRun, journal: Journal) -> None:
        """Drive a run to its end and sign; no fault of it reaches its neighbours."""
        try:
            run.run()
            if run.job.ended:
                seat.end = self._jobs.sign(journal)
                seat.job = self._jobs.evidence(run.job.job_id)
        except (StationError, CertsError) as fault:
            _log.error("job %s: %s", run.job.job_id, fault)
            seat.broken = fault.message
        except Exception:  # noqa: BLE001 - logged whole; the job is broken and says so
            _log.exception("job %s", run.job.job_id)
            seat.broken = said.BROKEN
        finally:
            journal.close()
            with self._lock:
                seat.job = run.job if seat.end is None else seat.job
                seat.run = None
            self._on_change()

    # --- a job on the counter ----------------------------------------------------------------

    def seat(self, job_id: str) -> PhoneSeat:
        """Return an erasure on the counter.

        Raises:
            InvalidInputError: there is none; those that were handed out are closed.
        """
        found = self._seats.get(job_id)
        if found is None:
            raise unknown_job(job_id)
        return found

    def close(self, job_id: str) -> None:
        """Take a job off the counter: its phone was handed out.

        Raises:
            BusyError: it is not over.
        """
        with self._lock:
            if self.seat(job_id).busy:
                raise not_over()
            self._store.close_ticket(job_id, utc_text(self._clock.utc()))
            del self._seats[job_id]
        self._on_change()

    def bundle(self, job_id: str) -> Path:
        """Return the folder of a job's document.

        Raises:
            InvalidInputError: no such job, or nothing was signed yet.
        """
        end = self.seat(job_id).end
        if end is None:
            raise nothing_signed()
        return end.bundle

    def printed(self, job_id: str, form: PrintForm) -> bytes:
        """Return the label or the strip of a job's document."""
        folder, ticket = self.bundle(job_id), self.seat(job_id).ticket
        return printed(folder, form, self._issuer, ticket)

    # --- start and stop ----------------------------------------------------------------------

    def recover(self) -> None:
        """Put what earlier runs left on the counter, and sign what lacks its document."""
        closed = self._store.closed_tickets()
        for job_id in self._jobs.ids():
            if job_id not in closed:
                try:
                    self._recover(job_id)
                except (StationError, CertsError):
                    _log.exception("job %s cannot be trusted", job_id)

    def _recover(self, job_id: str) -> None:
        job = self._jobs.evidence(job_id)
        if job.before is None:
            return  # the station stopped before its first line, and nothing was done
        device: Any = job.plan["device"]
        seat = PhoneSeat(job=job, port=device["usb_path"])
        self._seats[job_id] = seat
        journal = self._jobs.reopen(job_id)
        try:
            seat.end = self._jobs.sign(journal)
            seat.job = self._jobs.evidence(job_id)
        except (StationError, CertsError) as fault:
            seat.broken = fault.message
        finally:
            journal.close()

    def shut_down(self) -> None:
        """Leave every run as it is; what is not over then ends with a notice at the next start."""
        with self._lock:
            self._stopping = True
            running = [seat for seat in self._seats.values() if seat.run is not None]
        for seat in running:
            if seat.run is not None:
                seat.run.stop()
        for seat in running:
            if seat.thread is not None:
                seat.thread.join()

    def _require_running(self) -> None:
        if self._stopping:
            raise shutting_down()

    def view(self, seat: PhoneSeat, ports: Ports) -> PhoneJobView:
        """Return an erasure as the page shows it."""
        run, patience = seat.run, self._patience
        awaited = run is not None and run.awaits is not None
        waiting = "restart_s" if awaited else _WAITING.get(seat.job.state)
        stand = ports.at(seat.port).now()
        return views.job_view(
            seat.job,
            views.Around(
                revision=seat.revision,
                port=seat.port,
                bay=self._bays.name_of(seat.port),
                here=stand is not None,
                can_overwrite=stand is not None
                and stand.hand is not None
                and stand.hand.can_overwrite,
                warmth=Warmth() if run is None else run.warmth,
                progress=None if run is None else run.progress,
                awaited=awaited,
                ticket=seat.ticket,
                broken=seat.broken,
                stopped=run is None,
                waits_s=None if run is None else round(time.monotonic() - run.since_s),
                gives_up_s=None if waiting is None else round(getattr(patience, waiting)),
                wants=None if run is None else run.wants,
                grade=None if seat.end is None else grade_of(seat.end.statement),
                document=None if seat.end is None else document_view(seat.end),
            ),
        )
