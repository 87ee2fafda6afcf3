"""All phones at the counter: what the daemon's interface talks to. I/O.

A phone is read as soon as it lets itself be. Its owner agrees under a ticket and holds the button;
from then on the job stands among the ``seats``.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Event as Flag
from threading import RLock
from typing import Final

from certs.formats.head_v1 import Identifier
from certs.text import Text
from wipe_station.bays import BayMap
from wipe_station.clock import Clock
from wipe_station.confirmations import EXPIRES_S, Confirmations, digest
from wipe_station.custody import Custody
from wipe_station.errors import (
    BusyError,
    InvalidInputError,
    NotConfirmedError,
    RefusedByPolicyError,
    StationError,
)
from wipe_station.issuer import Issuer
from wipe_station.peers import Peer, Role
from wipe_station.phone_jobs import views
from wipe_station.phone_jobs.cards import phone_view
from wipe_station.phone_jobs.jobs import PhoneJobs
from wipe_station.phone_jobs.place import Patience
from wipe_station.phone_jobs.plan import PhonePlan, identifiers_of, intake_of, title_of
from wipe_station.phone_jobs.ports import Judged, Ports, Visit
from wipe_station.phone_jobs.runner import PhoneRun
from wipe_station.phone_jobs.seats import PhoneSeats
from wipe_station.phone_links.hand import Baseline
from wipe_station.phone_links.presence import Presence
from wipe_station.phone_values import (
    IntakeRequest,
    PhoneConsent,
    PhoneEraseRequest,
    PhoneHold,
    PhoneHoldRequest,
    PhoneJobView,
    PhoneView,
)
from wipe_station.phones.facts import Form, PhoneFacts
from wipe_station.phones.makers import maker_function
from wipe_station.phones.routes import GATES, Gate, gates_shut
from wipe_station.store import Store
from wipe_station.ticket import Consent, Ticket
from wipe_station.ticket_holds import BLOCK_LIST
from wipe_station.ticket_identifiers import compared
from wipe_station.ticket_values import ConsentRequest, FreezeRequest
from wipe_station.tickets import Tickets

HOLD_S_OF: Final = {Role.KIOSK: 3.0, Role.OPERATOR: 0.0}
LOOK_EVERY_S: Final = 1.0
JUDGE_EVERY_S: Final = 5.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchParts:
    """What the bench is built of."""

    jobs: PhoneJobs
    tickets: Tickets
    issuer: Issuer
    store: Store
    clock: Clock
    bays: BayMap
    presence: Presence
    patience: Patience = field(default_factory=Patience)


class PhoneBench:
    """The phones; safe to be called from many threads."""

    def __init__(self, parts: BenchParts, on_change: Callable[[], None]) -> None:
        """Look at nothing before ``follow``.

        Args:
            parts: what it is built of.
            on_change: told after every change, from any thread; it must not wait for the bench.
        """
        self._parts = parts
        self._tell = on_change
        self._lock = RLock()
        self._wake = Flag()
        self._begun: dict[str, str] = {}
        """Digest of a confirmation that was used → the job that it began."""
        self._confirmations = Confirmations[PhonePlan]()
        self.seats = PhoneSeats(
            parts.jobs,
            parts.issuer,
            parts.store,
            parts.clock,
            parts.bays,
            patience=parts.patience,
            lock=self._lock,
            on_change=self._changed,
        )
        self._ports = Ports(
            parts.presence,
            self._lock,
            self._is_busy,
            on_change=self._changed,
            on_read=self._judge,
            warmth_s=parts.patience.warmth_s,
        )

    def _changed(self) -> None:
        self.seats.follow()
        self._tell()

    def _is_busy(self, port: str) -> bool:
        return self.seats.busy_at(port) is not None

    # --- looking -----------------------------------------------------------------------------

    def follow(self, stopping: Flag) -> None:
        """Look who is there, each second and at every ``wake``, until the station stops."""
        while not stopping.is_set():
            try:
                self._ports.look()
            except Exception:  # noqa: BLE001 - logged whole; the next look may see more
                _log.exception("a look at the phones")
            self.seats.wake()
            self._judge_anew()
            self._wake.wait(LOOK_EVERY_S)
            self._wake.clear()

    def wake(self) -> None:
        """Look at once."""
        self._wake.set()

    def phones(self) -> tuple[PhoneView, ...]:
        """Return the phones that hang there, as the page shows them."""
        with self._lock:
            there = [(port.name, port.visit) for port in self._ports.all()]
            return tuple(self._view(name, visit) for name, visit in there if visit is not None)

    def jobs(self) -> tuple[PhoneJobView, ...]:
        """Return the erasures on the counter, the oldest first."""
        with self._lock:
            return tuple(self.seats.view(seat, self._ports) for seat in self.seats)

    def job(self, job_id: str) -> PhoneJobView:
        """Return one of them.

        Raises:
            InvalidInputError: there is none.
        """
        with self._lock:
            return self.seats.view(self.seats.seat(job_id), self._ports)

    # --- before a reset ----------------------------------------------------------------------

    def note(self, port: str, asked: IntakeRequest) -> PhoneView:
        """Write down what the owner showed the clerk.

        Raises:
            InvalidInputError: that phone is not there any more.
        """
        with self._lock:
            visit = self._there(port, asked.visit)
            visit.shown, visit.staff = tuple(dict.fromkeys(asked.shown)), asked.staff
        return self._judged_view(port, visit)

    def consent(self, port: str, asked: PhoneConsent) -> PhoneView:
        """Write down that the owner agrees, under the phone's ticket; open one if it has none.

        A phone on the block list gets a ticket on hold, and is not erased.

        Raises:
            InvalidInputError: that phone is not there any more, or was not read.
            CustodyError: the ticket does not allow it.
            EvidenceError: log, keys or disk refuse.
        """
        with self._lock:
            visit = self._there(port, asked.visit)
            named, facts = _identifiers(visit), _read(visit).facts
            visit.staff = asked.staff
        ticket = self._parts.tickets.standing(named)
        if ticket is None:
            self._parts.tickets.accept_read(
                description=title_of(facts).en,
                kind=(facts.form or Form.PHONE).value,
                identifiers=named,
                staff=asked.staff,
                consents=(Consent.ERASE,),
                practice=self._parts.jobs.practice,
            )
        elif ticket.custody is Custody.HELD and self._parts.tickets.blocked(named):
            held = FreezeRequest(staff=asked.staff, reason=BLOCK_LIST)
            self._parts.tickets.happen(ticket.number, held)
        elif Consent.ERASE not in ticket.consents:
            agreed = ConsentRequest(staff=asked.staff, to=(Consent.ERASE.value,))
            self._parts.tickets.happen(ticket.number, agreed)
        return self._judged_view(port, visit)

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
                return self.job(self._begun[used])
            plan = self._confirmations.spend(
                asked.confirmation,
                plan_sha256=asked.plan_sha256,
                visit=asked.visit,
                peer=peer,
                now_ns=self._parts.clock.monotonic_ns(),
            )
            again = self._plan(port, PhoneHoldRequest(visit=asked.visit, route=plan.route))
            then = replace(again.facts, battery_celsius=plan.facts.battery_celsius)
            # A degree more or less is no other phone; whether it is too hot was asked anew.
            if replace(again, facts=then).sha256() != plan.sha256():
                raise NotConfirmedError(
                    Text(
                        zh="手机和刚才显示的不一样了，没有开始。",
                        en="The phone is not as it was shown; nothing was started.",
                    ),
                    hint=Text(zh="重新看一遍，再按。", en="Look at it anew, then press."),
                )
            visit = self._there(port, asked.visit)
            ticket = self._ticket(visit)
            number = None if ticket is None else ticket.number
            place = self._ports.at(port)
            seat = self.seats.begin(
                plan, _read(visit), place, visit=asked.visit, peer=peer, ticket=number
            )
            self._begun[used] = seat.job.job_id
        self._changed()
        return self.job(seat.job.job_id)

    def do(self, job_id: str, act: Callable[[PhoneRun], None]) -> PhoneJobView:
        """Have a run do something, if it is under way; return how the job stands.

        Raises:
            InvalidInputError: no such job, or what ``act`` raises.
        """
        run = self.seats.seat(job_id).run
        if run is not None:
            act(run)
        return self.job(job_id)

    def _plan(self, port: str, asked: PhoneHoldRequest) -> PhonePlan:
        visit = self._there(port, asked.visit)
        if self._is_busy(port):
            raise BusyError(
                Text(zh="这部手机正在清除。", en="This phone is being erased."),
                hint=Text(zh="让它做完。", en="Let it end."),
            )
        baseline, facts = _read(visit), _facts(visit)
        shut = self._gates(visit, self._ticket(visit))
        why = views.why_not(asked.route, facts, visit.here.links, visit.routes)
        reasons = tuple(GATES[gate] for gate in shut) or (() if why is None else (why,))
        if reasons:
            raise RefusedByPolicyError(
                reasons[0],
                hint=Text(zh="照屏幕上说的做，再按。", en="Do what the screen says, then press."),
                reasons=reasons,
                device_id=port,
            )
        maker = maker_function(facts)
        return PhonePlan(
            practice=self._parts.jobs.practice,
            port=port,
            route=asked.route,
            facts=facts,
            link=baseline.link,
            usb_serial=baseline.usb_serial,
            shown=visit.shown,
            maker=None if maker is None else maker.to_json(),
        )

    # --- what is known of a phone ------------------------------------------------------------

    def _there(self, port: str, number: int) -> Visit:
        visit = self._ports.at(port).visit
        if visit is None or visit.number != number:
            raise InvalidInputError(
                Text(zh="这部手机已经拔掉或者换过了。", en="That phone is not there any more."),
                hint=Text(zh="看看屏幕上现在有哪些手机。", en="Look at what the screen shows now."),
            )
        return visit

    def _ticket(self, visit: Visit) -> Ticket | None:
        return self._parts.tickets.standing(_identifiers(visit))

    def _judge(self, visit: Visit) -> None:
        """Find out what stands against a reset now: tickets and lists take their time.

        The phone may be unplugged meanwhile: what is found out is about the one that was there.
        """
        if visit.baseline is None:
            return
        ticket, fault = None, None
        gates: tuple[Gate, ...] = (Gate.NO_CONSENT,)
        try:
            found = self._ticket(visit)
            ticket = None if found is None else found.number
            gates = self._gates(visit, found)
        except StationError as error:
            fault = error.message
        now_s = time.monotonic()
        visit.judged = Judged(ticket=ticket, gates=gates, fault=fault, at_s=now_s)

    def _judge_anew(self) -> None:
        """Follow what happens to tickets elsewhere."""
        for visit in [place.visit for place in self._ports.all()]:
            judged = None if visit is None else visit.judged
            if visit is None or judged is None or time.monotonic() - judged.at_s < JUDGE_EVERY_S:
                continue
            self._judge(visit)
            again = visit.judged
            if again is None or replace(again, at_s=judged.at_s) != judged:
                self._changed()

    def _judged_view(self, port: str, visit: Visit) -> PhoneView:
        self._judge(visit)
        self._changed()
        with self._lock:
            return self._view(port, visit)

    def _gates(self, visit: Visit, ticket: Ticket | None) -> tuple[Gate, ...]:
        """Return every reason against a reset now.

        Raises:
            EvidenceError: tickets or the block list cannot be trusted.
        """
        facts, noted = _facts(visit), intake_of(visit.shown)
        opening = None if ticket is None else ticket.opening
        intake = replace(
            noted,
            consent=ticket is not None and Consent.ERASE in ticket.consents,
            blocked=self._parts.tickets.blocked(_identifiers(visit)),
            imeis=None if opening is None else compared(opening, facts.imeis),
            still_hot=visit.hot,
        )
        return gates_shut(facts, intake)

    def _view(self, port: str, visit: Visit) -> PhoneView:
        bay, job_id = self._parts.bays.name_of(port), self.seats.busy_at(port)
        return phone_view(port, visit, bay=bay, job_id=job_id)


def _identifiers(visit: Visit) -> tuple[Identifier, ...]:
    baseline = _read(visit)
    return identifiers_of(baseline.facts, baseline.link, baseline.usb_serial)


def _read(visit: Visit) -> Baseline:
    if visit.baseline is None:
        raise InvalidInputError(
            Text(zh="这部手机还没有读出来。", en="That phone was not read yet."),
            hint=Text(zh="照屏幕上说的做，等它读完。", en="Do what the screen says, and wait."),
        )
    return visit.baseline


def _facts(visit: Visit) -> PhoneFacts:
    return _read(visit).facts if visit.facts is None else visit.facts
