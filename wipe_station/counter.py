"""The jobs on the counter: opened, run in a thread each, stopped, continued, handed out. I/O."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import RLock, Thread
from typing import Final

from certs.errors import CertsError, TokenError
from certs.text import Text
from wipe_station.api_values import JobState, JobView, PrintForm
from wipe_station.bays import BayMap
from wipe_station.clock import Clock, utc_text
from wipe_station.continuing import goes_on_alone
from wipe_station.counter_errors import not_over, nothing_signed, shutting_down, unknown_job
from wipe_station.errors import BusyError, EvidenceError, StationError
from wipe_station.issuer import JobEnd
from wipe_station.job import OpenJob
from wipe_station.phone_jobs.bench import BenchParts
from wipe_station.presence import Presence
from wipe_station.prints import printed
from wipe_station.records import Outcome
from wipe_station.seat import Seat
from wipe_station.self_test import SelfTest
from wipe_station.stamping import Stamping
from wipe_station.station import Station
from wipe_station.store import Store
from wipe_station.usb_gate import UsbGate
from wipe_station.views import key_of
from wipe_station.witnessing import Witnessing
from wipe_station.write_guard import WriteGuard

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a daemon is built of, handed down from ``daemon``."""

    state: Path
    """The state directory, for documents."""
    station: Station
    """Opens and signs jobs."""
    store: Store
    """Remembers what the daemon must, beside the journals."""
    guard: WriteGuard
    clock: Clock
    bays: BayMap
    self_test: SelfTest
    """What the station requires before a job."""
    gate: UsbGate | None
    """None for a practice station: it leaves the machine's USB alone."""
    bench: BenchParts | None
    """None for a practice station: it reaches no phones. Filled once the gate is shut."""
    practice: bool
    """Whether only practice drives are minded."""
    witnessing: Witnessing
    stamping: Stamping | None = None
    """Of the log that documents stand in."""


class Counter:
    """The seats, by job id. Every change goes through the lock that it shares with the floor."""

    def __init__(
        self,
        parts: Parts,
        lock: RLock,
        *,
        on_change: Callable[[], None],
        on_settled: Callable[[], None],
    ) -> None:
        """Begin with nothing on it.

        Args:
            parts: what the daemon was built of.
            lock: shared with the floor.
            on_change: told after every change of a seat.
            on_settled: told when a run ended and its device is free.
        """
        self._station = parts.station
        self._store = parts.store
        self._clock = parts.clock
        self._bundles = parts.state / "bundles"
        self._lock = lock
        self._on_change = on_change
        self._on_settled = on_settled
        self._seats: dict[str, Seat] = {}
        self.stopping = False

    def __iter__(self) -> Iterator[Seat]:
        """Iterate over the seats as they are now."""
        return iter(tuple(self._seats.values()))

    def add(self, job_id: str) -> Seat:
        """Seat a job whose journal was begun."""
        seat = Seat(evidence=self._station.evidence(job_id), on_change=self._on_change)
        self._seats[job_id] = seat
        return seat

    def find(self, job_id: str) -> Seat | None:
        """Return a job's seat, or None."""
        return self._seats.get(job_id)

    def require_free(self, key: str) -> None:
        """Refuse a device that a job still wants.

        Raises:
            BusyError: it must end or be given up first.
        """
        if any(seat.busy and seat.device_key == key for seat in self):
            raise BusyError(
                Text(zh="这台设备上的任务还没有完。", en="A job is open for this device."),
                hint=Text(zh="让它做完，或者先放弃它。", en="Let it end, or give it up first."),
            )

    def run(self, seat: Seat, job: OpenJob) -> None:
        """Run a job in a thread of its own."""
        work = Thread(
            target=self._work, args=(seat, partial(job.run, seat.tell)), name=f"job-{seat.job_id}"
        )
        seat.begin(job, work)

    def _work(self, seat: Seat, work: Callable[[], JobEnd]) -> None:
        """Run a job, or its end, and let no fault of it reach its neighbours."""
        try:
            end = work()
            evidence = self._station.evidence(seat.job_id)
        except TokenError as fault:
            # Once the token is back, the job only lacks its document.
            _log.error("job %s: %s", seat.job_id, fault)
            self._settle(partial(seat.fail, fault.message, broken=False))
        except (EvidenceError, CertsError) as fault:
            _log.error("job %s: %s", seat.job_id, fault)
            self._settle(partial(seat.fail, fault.message, broken=True))
        except StationError as fault:
            _log.warning("job %s: %s", seat.job_id, fault)
            self._settle(partial(seat.fail, fault.message, broken=False))
        except Exception:  # noqa: BLE001 - logged whole; the job is broken and says so
            _log.exception("job %s", seat.job_id)
            self._settle(partial(seat.fail, _FAULT, broken=True))
        else:
            self._settle(partial(seat.stand, evidence, end))

    def _settle(self, settle: Callable[[], None]) -> None:
        with self._lock:
            settle()
        if not self.stopping:
            self._on_settled()

    # --- what is done to jobs ----------------------------------------------------------------

    def seat(self, job_id: str) -> Seat:
        """Return a job that stands on the counter.

        Raises:
            InvalidInputError: there is none; those that were handed out are closed.
        """
        found = self._seats.get(job_id)
        if found is None:
            raise unknown_job(job_id)
        return found

    def stop(self, job_id: str) -> JobView:
        """Interrupt a running job; it can be continued."""
        with self._lock:
            seat = self.seat(job_id)
            if seat.job is not None:
                seat.job.stop("stopped-by-operator")
            return seat.view()

    def resume(self, job_id: str, confirm: str | None) -> JobView:
        """Continue an interrupted job.

        Raises:
            BusyError: it runs already.
            RefusedByPolicyError: a safety rule.
        """
        with self._lock:
            self.require_running()
            seat = self.seat(job_id)
            if seat.state is JobState.RUNNING:
                raise BusyError(
                    Text(zh="任务正在进行。", en="The job is running."),
                    hint=Text(zh="等它做完。", en="Let it go on."),
                )
            if seat.state is not JobState.ENDED:
                self.run(seat, self._reopen(seat, confirm))
            return seat.view()

    def _reopen(self, seat: Seat, confirm: str | None) -> OpenJob:
        return self._station.reopen(seat.job_id, confirm=confirm)

    def abandon(self, job_id: str) -> JobView:
        """Give an interrupted job up for good."""
        with self._lock:
            seat = self.seat(job_id)
            if seat.state is JobState.RUNNING:
                raise BusyError(
                    Text(zh="任务正在进行。", en="The job is running."),
                    hint=Text(zh="先停下它。", en="Stop it first."),
                )
            end = self._station.abandon(job_id)
            seat.stand(self._station.evidence(job_id), end)
        self._on_settled()
        return seat.view()

    def close(self, job_id: str) -> None:
        """Take a job off the counter: its device was handed out.

        Raises:
            BusyError: it is not over.
        """
        with self._lock:
            seat = self.seat(job_id)
            if seat.busy:
                raise not_over()
            self._store.close_ticket(job_id, utc_text(self._clock.utc()))
            del self._seats[job_id]
        self._on_change()
        self._on_settled()

    def bundle(self, job_id: str) -> Path:
        """Return the folder of a job's newest document.

        Raises:
            InvalidInputError: no such job on the counter, or nothing was signed yet.
        """
        document = self.seat(job_id).document
        if document is None:
            raise nothing_signed()
        return self._bundles / document.id

    def printed(self, job_id: str, form: PrintForm) -> bytes:
        """Return the label or the strip of a job's newest document, with its ticket if it has one.

        Raises:
            InvalidInputError: as `bundle`.
            EvidenceError: a ticket cannot be trusted.
            StationError: it cannot be drawn.
        """
        folder, ticket = self.bundle(job_id), self._station.tickets.of_job(job_id)
        return printed(folder, form, self._station.issuer, ticket)

    # --- start and stop ----------------------------------------------------------------------

    def recover(self) -> None:
        """Put what earlier runs left on the counter.

        Jobs whose device was handed out stay away; so do those that ended in a foreground run.
        """
        closed = self._store.closed_tickets()
        for job_id in self._station.job_ids():
            if job_id not in closed:
                self._recover(job_id)

    def _recover(self, job_id: str) -> None:
        try:
            evidence = self._station.evidence(job_id)
        except EvidenceError:
            _log.exception("job %s cannot be trusted", job_id)
            return
        ended = evidence.outcome is not Outcome.INDETERMINATE
        if not evidence.records or (ended and self._store.use_of(job_id) is None):
            return
        seat = self.add(job_id)
        if not ended:
            seat.stand(evidence, None)
            return
        # Signs what lacks its document, and finds the document of what has one.
        job = self._station.reopen(job_id, confirm=None)
        self._work(seat, partial(job.run, seat.tell))

    def ready_to_go_on(self, presence: Presence) -> list[Seat]:
        """Return the seats that may continue without anybody's tap, each once per plugging-in."""
        boot_id = self._clock.boot_id()
        ready: list[Seat] = []
        if self.stopping:
            return ready
        for seat in self:
            key = seat.device_key
            device = None if key is None else presence.device(key)
            if seat.state is not JobState.INTERRUPTED or device is None or key in seat.tried_keys:
                continue
            if goes_on_alone(seat.evidence, device, boot_id):
                seat.tried_keys.add(key_of(device))
                ready.append(seat)
        return ready

    def go_on(self, seat: Seat) -> None:
        """Continue a job by itself; what stands against it is shown on its card."""
        try:
            self.resume(seat.job_id, confirm=None)
        except StationError as error:
            _log.warning("job %s does not go on: %s", seat.job_id, error)
            with self._lock:
                seat.fail(error.message, broken=isinstance(error, EvidenceError))

    def require_running(self) -> None:
        """Refuse while the station shuts down.

        Raises:
            BusyError: it does.
        """
        if self.stopping:
            raise shutting_down()

    def shut_down(self) -> None:
        """Interrupt every job in good order and wait until each has said so."""
        with self._lock:
            self.stopping = True
            running = [seat for seat in self if seat.job is not None]
            for seat in running:
                if seat.job is not None:
                    seat.job.stop("station-stopped")
        for seat in running:
            if seat.thread is not None:
                seat.thread.join()


_FAULT: Final = Text(
    zh="工作站自己出了错，这台设备不能算清除过。请叫店长。",
    en="A fault of the station itself; this device does not count as erased. Call the manager.",
)
