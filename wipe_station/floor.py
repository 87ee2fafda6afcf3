"""The running station: devices as they come and go, jobs on the counter, one thread each. I/O.

``Floor`` is what the daemon's interface talks to. It looks at the machine when told that something
happened, guards what is new, opens and runs jobs, takes unfinished ones up again, and counts a
revision whenever the board is another than before.
"""

import logging
import secrets
from collections.abc import Callable
from threading import Lock, RLock
from typing import Final

from certs.text import Text
from wipe_station.api_values import (
    DeviceView,
    HoldRequest,
    HoldView,
    JobView,
    PlanRequest,
    StrangerView,
    WipeRequest,
)
from wipe_station.board_values import BoardView
from wipe_station.clock import utc_text
from wipe_station.confirmations import EXPIRES_S, Confirmations, digest
from wipe_station.counter import Counter, Parts
from wipe_station.detect.classify import World
from wipe_station.errors import (
    InvalidInputError,
    NotConfirmedError,
)
from wipe_station.peers import Peer, Role
from wipe_station.phone_jobs.bench import PhoneBench
from wipe_station.phone_values import PhoneJobView, PhoneView
from wipe_station.plan import WipePlan, choose, require_confirmed
from wipe_station.presence import Presence
from wipe_station.seat import Seat
from wipe_station.store import ConfirmationUse
from wipe_station.views import key_of, stranger_view, words

HOLD_S_OF: Final = {Role.KIOSK: 3.0, Role.OPERATOR: 0.0}
_log = logging.getLogger(__name__)


class Floor:
    """Everything that stands on the counter, safe to be called from many threads."""

    def __init__(self, parts: Parts) -> None:
        """Put a station on the floor; nothing is looked at before ``recover``."""
        self._station = parts.station
        self.tickets = parts.station.tickets
        self._store = parts.store
        self._clock = parts.clock
        self._practice = parts.practice
        self._witnessing = parts.witnessing
        self._witnessing.listen(self._changed)
        self._lock = RLock()
        self._looking = Lock()
        """Held for a look at the machine, which takes its time: the board answers meanwhile."""
        self._epoch = secrets.token_hex(8)
        self._revision = 0
        self._listeners: list[Callable[[], None]] = []
        self._presence = Presence(parts.station.lookout, parts.guard, parts.bays)
        self._self_test = parts.self_test
        self._self_test.listen(self._changed)
        self.tickets.holds.listen(self._changed)
        self._gate = parts.gate
        if self._gate is not None:
            self._gate.listen(self._gate_changed)
        self.phones = None if parts.bench is None else PhoneBench(parts.bench, self._changed)
        """None for a practice station."""
        self.counter = Counter(parts, self._lock, on_change=self._changed, on_settled=self.rescan)
        self._devices: tuple[DeviceView, ...] = ()
        self._confirmations = Confirmations[WipePlan]()

    # --- the board ---------------------------------------------------------------------------

    def listen(self, listener: Callable[[], None]) -> None:
        """Have a function called after every change, from any thread; it must not block."""
        self._listeners.append(listener)

    def _changed(self) -> None:
        with self._lock:
            self._revision += 1
        for listener in self._listeners:
            listener()

    def _gate_changed(self) -> None:
        if self.phones is not None:
            self.phones.wake()
        self._changed()

    def moment(self) -> tuple[str, int]:
        """Return epoch and revision of the board as it is now."""
        return self._epoch, self._revision

    def board(self) -> BoardView:
        """Return all that a screen shows."""
        notices = (*self._station.notices(), *self._witnessing.notices())
        revision = self._revision  # first: what changes meanwhile is news, however much is seen
        phones, phone_jobs = self._phones()  # before the lock: the bench has one of its own
        with self._lock:
            return BoardView(
                epoch=self._epoch,
                revision=revision,
                practice=self._practice,
                stopping=self.counter.stopping,
                self_test_failed=self._self_test.failed,
                notices=tuple(map(words, notices)),
                devices=self._devices,
                strangers=self._strangers(),
                phones=phones,
                phone_jobs=phone_jobs,
                jobs=tuple(seat.view() for seat in self.counter),
            )

    def _strangers(self) -> tuple[StrangerView, ...]:
        return tuple(map(stranger_view, self._gate.strangers())) if self._gate is not None else ()

    def _phones(self) -> tuple[tuple[PhoneView, ...], tuple[PhoneJobView, ...]]:
        return ((), ()) if self.phones is None else (self.phones.phones(), self.phones.jobs())

    # --- devices -----------------------------------------------------------------------------

    def rescan(self) -> None:
        """Look at the machine and follow what came, changed and went.

        1. What is new gets the write guard, what is gone gives it back (``presence``).
        2. Each job finds its device, or loses it.
        3. A job that nobody stopped goes on when its device is there again.
        """
        with self._looking:
            if self.counter.stopping:
                return
            world = self._presence.refresh()
            with self._lock:
                waiting = self._take_in(world)
        for seat in waiting:
            self.counter.go_on(seat)

    def _take_in(self, world: World) -> list[Seat]:
        for seat in self.counter:
            self._find_device(seat, world)
        jobs = {seat.device_key: seat for seat in self.counter}
        shown = tuple(self._presence.views(world, jobs))
        if shown != self._devices:
            self._devices = shown
            self._changed()
        return self.counter.ready_to_go_on(self._presence)

    def _find_device(self, seat: Seat, world: World) -> None:
        found = self._station.device_of(seat.evidence, world)
        key = key_of(found) if found is not None else None
        # An ended job belongs to one plugging-in; the same device again is a new business.
        if not self._presence.holds(key) or (not seat.busy and key != seat.planned_key):
            key = None
        if key != seat.device_key:
            seat.device_key = key
            seat.changed()

    # --- planning and starting ---------------------------------------------------------------

    def plan(self, request: PlanRequest) -> WipePlan:
        """Plan a wipe of one device.

        Raises:
            InvalidInputError: no such device, policy or method.
            RefusedByPolicyError: with every reason against it.
            BusyError: a job stands open for it.
        """
        device = self._presence.device(request.device)
        wanted = device.node if device is not None else request.device
        self.counter.require_free(request.device)
        policy, method = choose(request.policy, request.method)
        plan = self._station.plan(
            wanted,
            policy,
            method,
            accept_unestablished=request.accept_unestablished,
            verify=request.verify,
            replug=request.replug,
        )
        if device is not None and plan.device.diskseq != device.diskseq:
            raise _gone(request.device)
        return plan

    def require_key(self, request: PlanRequest) -> None:
        """Refuse whatever does not name a plugging-in that the board shows.

        Raises:
            InvalidInputError: nodes and ids are for the command line.
        """
        if not self._presence.holds(request.device):
            raise _gone(request.device)

    def hold(self, request: HoldRequest, peer: Peer) -> HoldView:
        """Draw a confirmation for a plan that was shown.

        Raises:
            NotConfirmedError: the plan is not the one that was shown.
        """
        plan = self.plan(request)
        if plan.sha256() != request.plan_sha256:
            raise NotConfirmedError(
                Text(
                    zh="设备或计划和刚才显示的不一样了，没有开始。",
                    en="The device or the plan is not the one shown; nothing was started.",
                ),
                hint=Text(zh="重新看一遍计划，再确认。", en="Look at the plan anew, then confirm."),
            )
        assert plan.device.diskseq is not None, "safety lets no unknown diskseq pass"
        return HoldView(
            confirmation=self._confirmations.draw(
                plan, plan.device.diskseq, peer, self._clock.monotonic_ns()
            ),
            diskseq=plan.device.diskseq,
            plan_sha256=plan.sha256(),
            hold_s=HOLD_S_OF[peer.role],
            expires_s=EXPIRES_S,
        )

    def wipe(self, request: WipeRequest, peer: Peer) -> JobView:
        """Start the job that a confirmation was drawn for; the same one again gives the same job.

        Raises:
            NotConfirmedError: the confirmation is not fresh, or not for this.
            RefusedByPolicyError: device or users changed since.
        """
        with self._lock:
            earlier = self._earlier(request)
            if earlier is not None:
                return earlier
            self.counter.require_running()
            now_ns = self._clock.monotonic_ns()
            plan = self._confirmations.spend(
                request.confirmation,
                plan_sha256=request.plan_sha256,
                visit=request.diskseq,
                peer=peer,
                now_ns=now_ns,
            )
            if peer.role is Role.OPERATOR:
                require_confirmed(plan, request.confirm or "")
            self.counter.require_free(key_of(plan.device))
            return self._start(plan, request, peer)

    def _earlier(self, request: WipeRequest) -> JobView | None:
        """Return the job that this confirmation has started already, if it has."""
        use = self._store.use_of_nonce(digest(request.confirmation))
        seat = self.counter.find(use.job_id) if use is not None else None
        if use is None or seat is None:
            return None
        if (use.plan_sha256, use.diskseq) != (request.plan_sha256, request.diskseq):
            raise NotConfirmedError(
                Text(zh="这次确认已经用过。", en="This confirmation was used."),
                hint=Text(zh="重新确认一次。", en="Confirm anew."),
            )
        return seat.view()

    def _start(self, plan: WipePlan, request: WipeRequest, peer: Peer) -> JobView:
        job_id = self._station.new_job_id()
        how = "hold" if peer.role is Role.KIOSK else "serial"
        self._store.keep_use(
            ConfirmationUse(
                nonce_sha256=digest(request.confirmation),
                job_id=job_id,
                plan_sha256=request.plan_sha256,
                diskseq=request.diskseq,
                boot_id=self._clock.boot_id(),
                role=peer.role.value,
                uid=peer.uid,
                how=how,
                used_at=utc_text(self._clock.utc()),
            )
        )
        job = self._station.start(
            plan, job_id=job_id, confirmed={"role": peer.role.value, "how": how}
        )
        seat = self.counter.add(job_id)
        seat.device_key = key_of(plan.device)
        self.counter.run(seat, job)
        return seat.view()

    # --- start and stop ----------------------------------------------------------------------

    def recover(self) -> None:
        """Put what earlier runs left on the counter, and go on where nobody has to be asked."""
        self.counter.recover()
        if self.phones is not None:
            self.phones.seats.recover()
        self.rescan()

    def shut_down(self) -> None:
        """Interrupt every job in good order and wait until each has said so."""
        self.counter.shut_down()
        if self.phones is not None:
            self.phones.seats.shut_down()
        self._changed()

    def leave(self) -> None:
        """Give loop drives their write access back; plugged-in devices stay guarded."""
        with self._looking:
            self._presence.leave()


def _gone(key: str) -> InvalidInputError:
    return InvalidInputError(
        Text(zh=f"设备 {key} 已经不在了。", en=f"Device {key} is not there any more."),
        hint=Text(zh="看看屏幕上现在有哪些设备。", en="Look at what the screen shows now."),
    )
