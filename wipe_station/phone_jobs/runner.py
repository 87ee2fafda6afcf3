"""Drives one phone through its route's table, and writes down each step before the next. I/O.

1. Read it once more: no gate may have shut since. Lay a file of ours down, where it takes one.
2. The owner has pressed: ask the phone, or wait for its owner's finger on the phone itself.
   Where it is asked in another mode it is sent there first, and asked once it is there.
3. Watch the port: the phone goes, returns, another one returns, nobody returns in time.
4. Look at what stands there, as often as something about it is new; a look counts by what it saw.
5. Where the route wants it, a second reset, and the clerk's photograph of the setup screen.
   Before it the clerk may have the phone fill its free space.

A phone that is away for less than a reset takes was only re-plugged, or chose another USB mode.
Wishes of people come from other threads and are taken at the next turn.
"""

import hashlib
import logging
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from threading import Condition
from typing import Final

from certs.durable import NewFile, write_file
from wipe_station.errors import DeviceError, MalformedReplyError
from wipe_station.journal import Journal
from wipe_station.phone_jobs import run_errors
from wipe_station.phone_jobs.asking import Asking
from wipe_station.phone_jobs.filling import Filling
from wipe_station.phone_jobs.place import Patience, Place, Stand
from wipe_station.phone_jobs.record import Kind, look_json, overwritten_json
from wipe_station.phone_jobs.replay import LOOKING, PhoneJob, replay_phone
from wipe_station.phone_jobs.thermometer import Thermometer
from wipe_station.phone_links.hand import Baseline, ClosedError, Hand, Wants
from wipe_station.phones.evidence import Evidence, Finding
from wipe_station.phones.overwrite import NOTHING, Overwritten
from wipe_station.phones.routes import ROUTES, Link
from wipe_station.phones.run import EVENT_OF, Event, State
from wipe_station.phones.warmth import Warmth
from wipe_station.records import Json

CANARY_BYTES: Final = 64 << 10
_JPEG: Final = b"\xff\xd8\xff"
_TURN_S: Final = 0.5
_log = logging.getLogger(__name__)


class PhoneRun:
    """One erasure under way; ``run`` in a thread of its own, the rest from any."""

    def __init__(  # noqa: PLR0913 - what a run is built of
        self,
        *,
        journal: Journal,
        baseline: Baseline,
        place: Place,
        visit: int,
        on_change: Callable[[], None],
        patience: Patience | None = None,
    ) -> None:
        """Take a journal whose plan is written.

        Args:
            journal: of this job; closed by whoever opened it.
            baseline: the phone as it was read for the plan.
            place: its port.
            visit: the plugging-in that the plan was made for.
            on_change: told after each step.
            patience: how long to wait.
        """
        self._journal = journal
        self._baseline = baseline
        self._place = place
        self._on_change = on_change
        self.patience = patience or Patience()
        self._wake = Condition()
        self.job: PhoneJob = replay_phone(journal.history())
        self.wants: Wants | None = None
        """What somebody must do before the phone can be looked at."""
        self.since_s = time.monotonic()
        """When the state of now began, by the monotonic clock."""
        self._canary: str | None = None
        self._visit = visit
        self._looked: tuple[object, ...] | None = None
        self._again_s = 0.0
        self._pressed = self._look_wanted = self._given_up = self._stopped = False
        self._overwrite_wanted = self._cut_short = False
        self.awaits: Link | None = None
        """While the phone is on its way into another mode: by what it is asked there."""
        self._thermometer = Thermometer(self.patience.warmth_s)
        self._filling: Filling | None = None
        self._photos: list[bytes] = []

    # --- from other threads ------------------------------------------------------------------

    @property
    def progress(self) -> tuple[int, int | None] | None:
        """While an overwrite is under way: bytes done, and in all."""
        return None if self._filling is None else self._filling.progress

    @property
    def warmth(self) -> Warmth:
        """How warm the phone was when it was read last: between two resets, and in an overwrite."""
        return self._thermometer.warmth

    def press(self) -> None:
        """Say that the second reset begins now."""
        self._pressed = True
        self.wake()

    def overwrite(self) -> None:
        """Have the phone fill its free space before its second reset.

        Raises:
            InvalidInputError: it is not the time, it was done, or the phone is too hot.
        """
        if self.job.state is not State.BETWEEN or self.job.evidence.overwritten_whole:
            raise run_errors.no_overwrite_now()
        if self.warmth.hot:
            raise run_errors.too_hot_to_overwrite()
        self._overwrite_wanted = True
        self.wake()

    def look(self) -> None:
        """Have the phone looked at, whatever is known of it."""
        self._look_wanted = True
        self.wake()

    def photograph(self, picture: bytes) -> None:
        """Take the clerk's photograph of the setup screen.

        Raises:
            InvalidInputError: it is no JPEG, or nobody waits for one.
        """
        if not picture.startswith(_JPEG):
            raise run_errors.no_jpeg()
        if self.job.state not in LOOKING:
            raise run_errors.no_photograph_now()
        self._photos.append(picture)
        self.wake()

    def give_up(self) -> None:
        """End it with what is known; of an overwrite under way, that alone."""
        if self.job.state is State.OVERWRITING:
            self._cut_short = True
        else:
            self._given_up = True
        self.wake()

    def stop(self) -> None:
        """Leave it as it is: the station ends. What is not over then is never certified."""
        self._stopped = True
        self.wake()

    def wake(self) -> None:
        """Look at once whether anything changed."""
        with self._wake:
            self._wake.notify_all()

    # --- the run -----------------------------------------------------------------------------

    def run(self) -> None:
        """Go on until the table knows nothing more, or the station ends."""
        turns = {
            State.ASKED: self._asked,
            State.ASKED_AGAIN: self._asked,
            State.AWAY: self._away,
            State.AWAY_AGAIN: self._away,
            State.STRANGER: self._stranger,
            State.STRANGER_AGAIN: self._stranger,
            State.BACK: self._back,
            State.BACK_AGAIN: self._back,
            State.BETWEEN: self._between,
        }
        self._begin()
        while not self.job.ended and not self._stopped:
            turns[self.job.state]()

    def _begin(self) -> None:
        stand = self._place.now()
        if stand is None or stand.hand is None or stand.visit != self._visit:
            self._happen(Event.WENT)
            return
        asking = Asking(job=self.job, baseline=self._baseline, place=self._place)
        if not asking.still_open(stand.hand):
            self._happen(Event.CANCELLED)
            return
        self._plant(stand.hand)
        self._happen(Event.OWNER_PRESSED)
        through = ROUTES[self.job.route].through
        asked = asking.ask(stand.hand)
        if asked and through is not None:
            there = self._arrived(asking, through)
            asked = there is not None and asking.ask(there)
        if not asked and not self._stopped:
            self._happen(Event.REFUSED)

    def _arrived(self, asking: Asking, through: Link) -> Hand | None:
        until_s = time.monotonic() + self.patience.restart_s

        def wait() -> bool:
            over = self._stopped or self._given_up or time.monotonic() >= until_s
            if not over:
                self._rest()
            return not over

        self.awaits = through
        self._on_change()
        stand = asking.arrived(through, self._visit, wait)
        self.awaits = None
        self._on_change()
        if stand is None:
            return None
        self._visit = stand.visit
        return stand.hand

    def _plant(self, hand: Hand) -> None:
        """Lay a file down; that there is none is written down, too."""
        name, content = secrets.token_hex(16), secrets.token_bytes(CANARY_BYTES)
        try:
            planted = hand.plant(name, content)
        except (DeviceError, MalformedReplyError) as error:
            _log.warning("job %s: no file laid down: %s", self.job.job_id, error)
            planted = False
        digest = hashlib.sha256(content).hexdigest()
        self._write(Kind.CANARY, {"planted": planted, "name": name, "sha256": digest})
        if planted:
            self._canary = name

    def _asked(self) -> None:
        if self._left():
            self._happen(Event.WENT)
        elif self._given_up or self._waited(self.patience.press_s):
            self._happen(Event.TIME_OUT)
        else:
            self._rest()

    def _away(self) -> None:
        stand = self._place.now()
        if stand is not None and stand.visit != self._visit:
            self._visit = stand.visit
            other = stand.same(self._baseline) is False
            self._happen(Event.OTHER_RETURNED if other else Event.RETURNED)
        elif self._given_up or self._waited(self.patience.away_s):
            self._happen(Event.TIME_OUT)
        else:
            self._rest()

    def _stranger(self) -> None:
        stand = self._place.now()
        if stand is None or stand.visit != self._visit:
            self._happen(Event.WENT)
        elif self._given_up or self._waited(self.patience.stranger_s):
            self._happen(Event.TIME_OUT)
        else:
            self._rest()

    def _back(self) -> None:
        stand = self._place.now()
        if stand is None or stand.visit != self._visit:  # however short: looks are of one visit
            self._happen(Event.WENT)
        elif self._photos:
            self._keep(self._photos.pop(0))
            self._judge()
        elif self._given_up or self._waited(self.patience.look_s):
            self._happen(EVENT_OF[self.job.finding])
        elif not self._look_at(stand):
            self._rest()

    def _between(self) -> None:
        stand = self._place.now()
        if self._left():
            self._happen(Event.WENT)
        elif self._given_up or self._waited(self.patience.between_s):
            self._happen(Event.TIME_OUT)
        elif self._pressed:
            if stand is not None and stand.hand is not None and self._is_ours(stand):
                self._plant(stand.hand)
            self._happen(Event.OWNER_PRESSED)
        elif self._overwrite_wanted:
            self._overwrite(stand)
        elif stand is not None and self._thermometer.look(stand.hand):
            self._on_change()
        else:
            self._rest()

    def _overwrite(self, stand: Stand | None) -> None:
        """Have the phone fill its free space; what it came to is written down, also if nothing."""
        self._cut_short = False
        self._happen(Event.OVERWRITE_BEGUN)
        done = NOTHING if stand is None or stand.hand is None else self._filled(stand, stand.hand)
        self._filling = None
        if self._left():
            self._happen(Event.WENT)
        elif not self._stopped:
            self._write(Kind.OVERWRITTEN, overwritten_json(done))
            self._happen(Event.OVERWRITE_ENDED)

    def _filled(self, stand: Stand, hand: Hand) -> Overwritten:
        """Return what the phone read back: nothing of another one."""
        if not self._is_ours(stand):
            _log.warning("job %s: not overwritten: another phone?", self.job.job_id)
            return NOTHING
        self._filling = Filling(
            thermometer=self._thermometer,
            ends=lambda: self._cut_short or self._stopped or self._place.now() is None,
            wait=self._rest,
            on_change=self._on_change,
            cool_s=self.patience.cool_s,
        )
        return self._filling.fill(hand, self._baseline.facts.storage_bytes)

    def _look_at(self, stand: Stand | None) -> bool:
        """Look, if there is anything new to see; return whether it was looked."""
        if stand is None:
            return False
        self.wants = stand.wants
        mode = (stand.visit, stand.wants, stand.hand.links if stand.hand is not None else None)
        now_s = time.monotonic()
        if mode == self._looked and now_s < self._again_s and not self._look_wanted:
            return False
        if self._look_wanted:
            self._pair_again(stand)
        self._looked, self._again_s, self._look_wanted = mode, now_s + self.patience.again_s, False
        seen = self._seen(stand)
        if seen is None:
            return False
        said = look_json(seen)
        if said != self._last_look():
            self._write(Kind.LOOK, said)
        if seen.same_identity is False:
            self._happen(Event.NOT_SHOWN)  # whatever it shows, it is not about our phone
        else:
            self._judge()
        return True

    def _pair_again(self, stand: Stand) -> None:
        """Have an iPhone ask for trust anew: only its holder's tap on "look" leads here."""
        if stand.pair_again is None:
            return
        try:
            self._baseline, self.wants = stand.pair_again(self._baseline)
        except DeviceError as error:
            _log.warning("job %s: not paired: %s", self.job.job_id, error)

    def _seen(self, stand: Stand) -> Evidence | None:
        """Return what can be seen of a phone; None for nothing."""
        if stand.hand is not None:
            try:
                return stand.hand.look(self._baseline, self._canary)
            except ClosedError as error:
                self.wants = error.wants
            except (DeviceError, MalformedReplyError) as error:
                _log.warning("job %s: no look: %s", self.job.job_id, error)
        if stand.same(self._baseline) is True:
            return Evidence(before=self._baseline.facts, same_identity=True)
        return None

    def _is_ours(self, stand: Stand) -> bool:
        """Tell whether a look now calls it the phone of before: nothing is written to another."""
        seen = self._seen(stand)
        return seen is not None and seen.same_identity is True

    def _last_look(self) -> dict[str, Json] | None:
        looks = [each for each in self._journal.history().records if each.kind == Kind.LOOK.value]
        fresh = self.job.last is not None
        return looks[-1].data if looks and fresh else None

    def _judge(self) -> None:
        """Take a finding, where there is one; what is open stays open until patience ends."""
        finding = self.job.finding
        if finding is not Finding.UNPROVEN:
            self._happen(EVENT_OF[finding])

    def _keep(self, picture: bytes) -> None:
        digest = hashlib.sha256(picture).hexdigest()
        number = len(self.job.resets)
        path = Path(self._journal.path).parent / f"photo-{number}-{digest[:8]}.jpg"
        write_file(path, NewFile(data=picture))
        self._write(Kind.PHOTO, {"sha256": digest, "bytes": len(picture)})

    # --- small things ------------------------------------------------------------------------

    def _left(self) -> bool:
        """Tell whether the phone was away for as long as a reset takes at least."""
        stand, short_s = self._place.now(), self.patience.short_absence_s
        if stand is None:
            return self._place.empty_s() >= short_s
        if stand.visit != self._visit and stand.absent_s < short_s:
            self._visit = stand.visit
        return stand.visit != self._visit

    def _waited(self, seconds: float) -> bool:
        return time.monotonic() - self.since_s >= seconds

    def _rest(self) -> None:
        with self._wake:
            self._wake.wait(_TURN_S)

    def _happen(self, event: Event) -> None:
        before = self.job.state
        self._write(Kind.EVENT, {"event": event.value})
        if self.job.state is not before:
            self.since_s = time.monotonic()
            self._looked, self._pressed, self._look_wanted = None, False, False
            self._overwrite_wanted = False
            self._photos.clear()
            self.wants = None
        self._on_change()

    def _write(self, kind: Kind, data: dict[str, Json]) -> None:
        self._journal.append(kind.value, data)
        self.job = replay_phone(self._journal.history())
        self._on_change()
