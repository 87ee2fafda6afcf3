"""All phones at the counter, and their erasures: what the daemon's interface talks to. I/O.

A phone is read as soon as it lets itself be. Its owner agrees under a ticket, holds the button, and
one thread drives it from then on (``runner``). What an earlier run of the station left unfinished
was not seen to its end, and ends with a notice.
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event as Flag
from threading import RLock, Thread
from typing import Any, Final

from certs.errors import CertsError
from certs.formats.head_v1 import Identifier
from certs.text import Text
from wipe_station.api_values import PrintForm
from wipe_station.bays import BayMap
from wipe_station.clock import Clock, drawn_id, utc_text
from wipe_station.confirmations import EXPIRES_S, Confirmations, digest
from wipe_station.errors import (
    BusyError,
    InvalidInputError,
    NotConfirmedError,
    RefusedByPolicyError,
    StationError,
)
from wipe_station.issuer import JobEnd
from wipe_station.journal import Journal
from wipe_station.peers import Peer, Role
from wipe_station.phone_jobs import views
from wipe_station.phone_jobs import words as said
from wipe_station.phone_jobs.jobs import PhoneJobs
from wipe_station.phone_jobs.plan import PhonePlan, identifiers_of, intake_of, title_of
from wipe_station.phone_jobs.ports import Judged, Port, Ports, Visit
from wipe_station.phone_jobs.replay import PhoneJob
from wipe_station.phone_jobs.runner import Patience, PhoneRun
from wipe_station.phone_links.hand import WORDS, Baseline
from wipe_station.phone_links.presence import Presence
from wipe_station.phone_values import (
    IntakeRequest,
    PhoneConsent,
    PhoneEraseRequest,
    PhoneHold,
    PhoneHoldRequest,
    PhoneJobView,
    PhoneStage,
    PhoneView,
    Step,
)
from wipe_station.phones.imei import compare
from wipe_station.phones.makers import maker_function
from wipe_station.phones.routes import GATES, Gate, gates_shut
from wipe_station.phones.run import State
from wipe_station.phones.usb_mode_table import MODES, Touch
from wipe_station.prints import printed
from wipe_station.seat import document_view, grade_of
from wipe_station.store import Store
from wipe_station.ticket import Consent, Ticket
from wipe_station.ticket_values import ConsentRequest
from wipe_station.tickets import Tickets
from wipe_station.views import shown_text

HOLD_S_OF: Final = {Role.KIOSK: 3.0, Role.OPERATOR: 0.0}
LOOK_EVERY_S: Final = 1.0
JUDGE_EVERY_S: Final = 5.0
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


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchParts:
    """What the bench is built of."""

    state: Path
    jobs: PhoneJobs
    tickets: Tickets
    store: Store
    clock: Clock
    bays: BayMap
    presence: Presence
    print_with: Any
    """The signer, for what is printed beside a document."""
    patience: Patience = field(default_factory=Patience)


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


class PhoneBench:
    """The phones; safe to be called from many threads."""

    def __init__(self, parts: BenchParts, on_change: Callable[[], None]) -> None:
        """Look at nothing before ``follow``."""
        self._parts = parts
        self._tell = on_change
        self._lock = RLock()
        self._wake = Flag()
        self._seats: dict[str, PhoneSeat] = {}
        self._begun: dict[str, str] = {}
        """Digest of a confirmation that was used → the job that it began."""
        self._confirmations = Confirmations[PhonePlan]()
        self._stopping = False
        self._ports = Ports(
            parts.presence, self._lock, self._is_busy, on_change=self._changed, on_read=self._judge
        )

    def _changed(self) -> None:
        with self._lock:
            for seat in self._seats.values():
                if seat.run is not None:
                    seat.job = seat.run.job
                seat.revision += 1
        self._tell()

    def _is_busy(self, port: str) -> bool:
        return any(seat.busy and seat.port == port for seat in self._seats.values())

    # --- looking -----------------------------------------------------------------------------

    def follow(self, stopping: Flag) -> None:
        """Look who is there, each second and at every ``wake``, until the station stops."""
        while not stopping.is_set():
            try:
                self._ports.look()
            except Exception:  # noqa: BLE001 - logged whole; the next look may see more
                _log.exception("a look at the phones")
            for seat in list(self._seats.values()):
                if seat.run is not None:
                    seat.run.wake()
            self._judge_anew()
            self._wake.wait(LOOK_EVERY_S)
            self._wake.clear()

    def wake(self) -> None:
        """Look at once."""
        self._wake.set()

    def phones(self) -> tuple[PhoneView, ...]:
        """Return the phones that hang there, as the page shows them."""
        with self._lock:
            return tuple(self._phone_view(port) for port in self._ports.all())

    def jobs(self) -> tuple[PhoneJobView, ...]:
        """Return the erasures on the counter, the oldest first."""
        with self._lock:
            return tuple(self._job_view(seat) for seat in self._seats.values())

    # --- before a reset ----------------------------------------------------------------------

    def note(self, port: str, asked: IntakeRequest) -> PhoneView:
        """Write down what the owner showed the clerk.

        Raises:
            InvalidInputError: that phone is not there any more.
        """
        with self._lock:
            place = self._place(port, asked.visit)
            _visit(place).shown = tuple(dict.fromkeys(asked.shown))
        return self._judged_view(place)

    def consent(self, port: str, asked: PhoneConsent) -> PhoneView:
        """Write down that the owner agrees, under the phone's ticket; open one if it has none.

        A phone on the block list gets a ticket on hold, and is not erased.

        Raises:
            InvalidInputError: that phone is not there any more, or was not read.
            CustodyError: the ticket does not allow it.
            EvidenceError: log, keys or disk refuse.
        """
        with self._lock:
            place = self._place(port, asked.visit)
            named, facts = self._identifiers(place), _read(place).facts
        ticket = self._parts.tickets.standing(named)
        if ticket is None:
            self._parts.tickets.accept_read(
                description=title_of(facts).en,
                kind="phone",
                identifiers=named,
                staff=asked.staff,
                consents=(Consent.ERASE,),
                practice=self._parts.jobs.practice,
            )
        elif Consent.ERASE not in ticket.consents:
            agreed = ConsentRequest(staff=asked.staff, to=(Consent.ERASE.value,))
            self._parts.tickets.happen(ticket.number, agreed)
        return self._judged_view(place)

    def hold(self, port: str, asked: PhoneHoldRequest, peer: Peer) -> PhoneHold:
        """Draw a confirmation when the button goes down.

        Raises:
            InvalidInputError: that phone is not there any more, or was not read.
            RefusedByPolicyError: a gate is shut, or the way is closed.
        """
        with self._lock:
            plan = self._plan(port, asked)
            drawn = self._confirmations.draw(
                plan, asked.visit, peer, self._parts.clock.monotonic_ns()
            )
        return PhoneHold(
            confirmation=drawn,
            plan_sha256=plan.sha256(),
            hold_s=HOLD_S_OF[peer.role],
            expires_s=EXPIRES_S,
        )

    def erase(self, port: str, asked: PhoneEraseRequest, peer: Peer) -> PhoneJobView:
        """Begin what a confirmation was drawn for; the same one again gives the same job.

        Raises:
            NotConfirmedError: the confirmation is not fresh, or not for this.
            RefusedByPolicyError: a gate is shut by now.
        """
        with self._lock:
            used = digest(asked.confirmation)
            if used in self._begun:
                return self._job_view(self.seat(self._begun[used]))
            self._require_running()
            plan = self._confirmations.spend(
                asked.confirmation,
                plan_sha256=asked.plan_sha256,
                visit=asked.visit,
                peer=peer,
                now_ns=self._parts.clock.monotonic_ns(),
            )
            again = self._plan(port, PhoneHoldRequest(visit=asked.visit, route=plan.route))
            if again.sha256() != plan.sha256():
                raise NotConfirmedError(
                    Text(
                        zh="手机和刚才显示的不一样了，没有开始。",
                        en="The phone is not as it was shown; nothing was started.",
                    ),
                    hint=Text(zh="重新看一遍，再按。", en="Look at it anew, then press."),
                )
            seat = self._begin(port, plan, peer)
            self._begun[used] = seat.job.job_id
        self._changed()
        return self._job_view(seat)

    def _plan(self, port: str, asked: PhoneHoldRequest) -> PhonePlan:
        place = self._place(port, asked.visit)
        if self._is_busy(port):
            raise BusyError(
                Text(zh="这部手机正在清除。", en="This phone is being erased."),
                hint=Text(zh="让它做完。", en="Let it end."),
            )
        visit, baseline = _visit(place), _read(place)
        shut = self._gates(place, self._ticket(place))
        why = views.why_not(asked.route, baseline.facts, visit.here.links, visit.routes)
        reasons = tuple(GATES[gate] for gate in shut) or (() if why is None else (why,))
        if reasons:
            raise RefusedByPolicyError(
                reasons[0],
                hint=Text(zh="照屏幕上说的做，再按。", en="Do what the screen says, then press."),
                reasons=reasons,
                device_id=port,
            )
        maker = maker_function(baseline.facts)
        return PhonePlan(
            practice=self._parts.jobs.practice,
            port=port,
            route=asked.route,
            facts=baseline.facts,
            links=visit.here.links,
            usb_serial=baseline.usb_serial,
            shown=visit.shown,
            maker=None if maker is None else maker.to_json(),
        )

    def _begin(self, port: str, plan: PhonePlan, peer: Peer) -> PhoneSeat:
        job_id = drawn_id(self._parts.clock.utc())
        place = self._ports.at(port)
        ticket = self._ticket(place)
        how = "hold" if peer.role is Role.KIOSK else "command"
        journal = self._parts.jobs.begin(plan, job_id, {"role": peer.role.value, "how": how})
        run = PhoneRun(
            journal=journal,
            baseline=_read(place),
            place=place,
            on_change=self._changed,
            patience=self._parts.patience,
        )
        seat = PhoneSeat(
            job=run.job,
            port=port,
            ticket=None if ticket is None else ticket.number,
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
                seat.end = self._parts.jobs.sign(journal)
                seat.job = self._parts.jobs.evidence(run.job.job_id)
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
            self._changed()
            self.wake()

    # --- a job on the counter ----------------------------------------------------------------

    def seat(self, job_id: str) -> PhoneSeat:
        """Return an erasure on the counter.

        Raises:
            InvalidInputError: there is none; those that were handed out are closed.
        """
        found = self._seats.get(job_id)
        if found is None:
            raise InvalidInputError(
                Text(zh=f"柜台上没有任务 {job_id}。", en=f"No job {job_id} on the counter."),
                hint=Text(zh="已经取走的任务由店长查。", en="Ask the manager for closed jobs."),
            )
        return found

    def do(self, job_id: str, act: Callable[[PhoneRun], None]) -> PhoneJobView:
        """Have a run do something, if it is under way.

        Raises:
            InvalidInputError: no such job, or what ``act`` raises.
        """
        seat = self.seat(job_id)
        if seat.run is not None:
            act(seat.run)
        with self._lock:
            return self._job_view(seat)

    def close(self, job_id: str) -> None:
        """Take a job off the counter: its phone was handed out.

        Raises:
            BusyError: it is not over.
        """
        with self._lock:
            if self.seat(job_id).busy:
                raise BusyError(
                    Text(zh="任务还没有完。", en="The job is not over."),
                    hint=Text(zh="让它做完，或者先放弃它。", en="Let it end, or give it up first."),
                )
            self._parts.store.close_ticket(job_id, utc_text(self._parts.clock.utc()))
            del self._seats[job_id]
        self._changed()

    def bundle(self, job_id: str) -> Path:
        """Return the folder of a job's document.

        Raises:
            InvalidInputError: no such job, or nothing was signed yet.
        """
        end = self.seat(job_id).end
        if end is None:
            raise InvalidInputError(
                Text(zh="还没有签发文件。", en="Nothing was signed yet."),
                hint=Text(zh="等任务做完。", en="Wait for the job to end."),
            )
        return end.bundle

    def printed(self, job_id: str, form: PrintForm) -> bytes:
        """Return the label or the strip of a job's document."""
        folder, ticket = self.bundle(job_id), self.seat(job_id).ticket
        return printed(folder, form, self._parts.print_with, ticket)

    # --- start and stop ----------------------------------------------------------------------

    def recover(self) -> None:
        """Put what earlier runs left on the counter, and sign what lacks its document."""
        closed = self._parts.store.closed_tickets()
        for job_id in self._parts.jobs.ids():
            if job_id not in closed:
                try:
                    self._recover(job_id)
                except (StationError, CertsError):
                    _log.exception("job %s cannot be trusted", job_id)

    def _recover(self, job_id: str) -> None:
        job = self._parts.jobs.evidence(job_id)
        if job.before is None:
            return  # the station stopped before its first line, and nothing was done
        device: Any = job.plan["device"]
        seat = PhoneSeat(job=job, port=device["usb_path"])
        self._seats[job_id] = seat
        journal = self._parts.jobs.reopen(job_id)
        try:
            seat.end = self._parts.jobs.sign(journal)
            seat.job = self._parts.jobs.evidence(job_id)
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
            raise BusyError(
                Text(zh="工作站正在关闭。", en="The station is shutting down."),
                hint=Text(zh="等它重新启动。", en="Wait until it is back."),
            )

    # --- what is known of a phone ------------------------------------------------------------

    def _place(self, port: str, visit: int) -> Port:
        place = self._ports.at(port)
        if place.visit is None or place.visit.number != visit:
            raise InvalidInputError(
                Text(zh="这部手机已经拔掉或者换过了。", en="That phone is not there any more."),
                hint=Text(zh="看看屏幕上现在有哪些手机。", en="Look at what the screen shows now."),
            )
        return place

    def _identifiers(self, place: Port) -> tuple[Identifier, ...]:
        visit, baseline = _visit(place), _read(place)
        return identifiers_of(baseline.facts, visit.here.links, baseline.usb_serial)

    def _ticket(self, place: Port) -> Ticket | None:
        return self._parts.tickets.standing(self._identifiers(place))

    def _judge(self, place: Port) -> None:
        """Find out what stands against a reset now: tickets and lists take their time."""
        visit = place.visit
        if visit is None or visit.baseline is None:
            return
        ticket, gates, fault = None, (Gate.NO_CONSENT,), None
        try:
            found = self._ticket(place)
            ticket = None if found is None else found.number
            gates = self._gates(place, found)
        except StationError as error:
            fault = error.message
        now_s = time.monotonic()
        visit.judged = Judged(ticket=ticket, gates=gates, fault=fault, at_s=now_s)

    def _judge_anew(self) -> None:
        """Follow what happens to tickets elsewhere."""
        for place in self._ports.all():
            judged = place.visit.judged if place.visit is not None else None
            if judged is None or time.monotonic() - judged.at_s < JUDGE_EVERY_S:
                continue
            self._judge(place)
            again = place.visit.judged if place.visit is not None else None
            if again is None or replace(again, at_s=judged.at_s) != judged:
                self._changed()

    def _judged_view(self, place: Port) -> PhoneView:
        self._judge(place)
        self._changed()
        with self._lock:
            return self._phone_view(place)

    def _gates(self, place: Port, ticket: Ticket | None) -> tuple[Gate, ...]:
        """Return every reason against a reset now.

        Raises:
            EvidenceError: tickets or the block list cannot be trusted.
        """
        facts, noted = _read(place).facts, intake_of(_visit(place).shown)
        typed = ticket.opening.device.identifiers if ticket and ticket.opening else ()
        label = tuple(
            each.value for each in typed if each.source == "label" and each.kind.startswith("imei")
        )
        intake = replace(
            noted,
            consent=ticket is not None and Consent.ERASE in ticket.consents,
            blocked=self._parts.tickets.blocked(self._identifiers(place)),
            imeis=compare({"phone": facts.imeis, "label": label}),
        )
        return gates_shut(facts, intake)

    def _phone_view(self, place: Port) -> PhoneView:
        visit = _visit(place)
        here, mode = visit.here, MODES[visit.here.mode]
        known = PhoneView(
            port=place.name,
            bay=self._parts.bays.name_of(place.name),
            product=shown_text(here.product),
            mode=here.mode,
            title=views.words(mode.title),
            visit=visit.number,
            shown=visit.shown,
            job_id=next(
                (s.job.job_id for s in self._seats.values() if s.busy and s.port == place.name),
                None,
            ),
        )
        return known.model_copy(update=dict(self._stage(place, visit, mode.touch)))

    def _stage(self, place: Port, visit: Visit, touch: Touch) -> Iterator[tuple[str, object]]:
        if visit.baseline is not None:
            yield from self._known(place, visit)
            return
        wants, hands_off = visit.wants, touch is Touch.HANDS_OFF
        stage = PhoneStage.READING if wants is None else PhoneStage.CLOSED
        yield "stage", PhoneStage.NAMED if hands_off else stage
        if hands_off:
            yield "step", Step.RESTART
            yield "said", views.words(MODES[visit.here.mode].next_step)
        elif wants is not None:
            yield "step", views.STEP_OF_WANT[wants]
            yield "said", views.words(WORDS[wants])
        elif visit.problem is not None:
            yield "step", Step.UNLOCK
            yield "said", views.words(visit.problem)
        else:
            yield "step", Step.WAIT
            yield "said", views.words(said.READING)

    def _known(self, place: Port, visit: Visit) -> Iterator[tuple[str, object]]:
        baseline = _read(place)
        facts = baseline.facts
        yield "facts", views.fact_views(facts)
        yield "routes", views.route_views(facts, visit.here.links, visit.routes)
        maker = maker_function(facts)
        yield "menu", None if maker is None else views.words(maker.menu)
        judged = visit.judged
        if judged is None or judged.fault is not None:
            yield "stage", PhoneStage.READ
            yield "step", Step.WAIT if judged is None else Step.MANAGER
            told = said.READING if judged is None or judged.fault is None else judged.fault
            yield "said", views.words(told)
            return
        gates = judged.gates
        yield "ticket", judged.ticket
        yield "gates", views.gate_views(gates)
        yield "stage", PhoneStage.READ if gates else PhoneStage.READY
        yield "step", said.STEP_OF_GATE[gates[0]] if gates else Step.HOLD
        yield "said", views.words(GATES[gates[0]] if gates else said.READY)

    def _job_view(self, seat: PhoneSeat) -> PhoneJobView:
        run, patience = seat.run, self._parts.patience
        waiting = _WAITING.get(seat.job.state)
        visit = self._ports.at(seat.port).visit
        return views.job_view(
            seat.job,
            views.Around(
                revision=seat.revision,
                port=seat.port,
                bay=self._parts.bays.name_of(seat.port),
                here=visit is not None,
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


def _visit(place: Port) -> Visit:
    assert place.visit is not None, "asked only of a phone that is there"
    return place.visit


def _read(place: Port) -> Baseline:
    baseline = _visit(place).baseline
    if baseline is None:
        raise InvalidInputError(
            Text(zh="这部手机还没有读出来。", en="That phone was not read yet."),
            hint=Text(zh="照屏幕上说的做，等它读完。", en="Do what the screen says, and wait."),
        )
    return baseline
