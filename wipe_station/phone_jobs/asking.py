"""What a run asks of its phone when the owner has pressed: whether it may, and by which hand. I/O.

By most routes the hand that read the phone asks it. By the others that hand only sends the phone
into another mode, and the hand of that mode asks it once it is there. Nothing that erases is sent
before, so whatever goes wrong on the way is a plain "not asked".
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from wipe_station.errors import DeviceError, MalformedReplyError
from wipe_station.phone_jobs.place import Place, Stand
from wipe_station.phone_jobs.replay import PhoneJob
from wipe_station.phone_links.hand import Baseline, Hand
from wipe_station.phones.routes import ROUTES, Link, closed, gates_shut

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One phone that is to erase itself."""

    job: PhoneJob
    baseline: Baseline
    place: Place

    def still_open(self, hand: Hand) -> bool:
        """Tell whether every gate and the way are open now: it was read long ago."""
        needs = ROUTES[self.job.route]
        try:
            facts = hand.read().facts
        except (DeviceError, MalformedReplyError) as error:
            _log.warning("job %s: not read again: %s", self.job.job_id, error)
            return False
        way = closed(self.job.route, facts, needs.links)
        return way is None and not gates_shut(facts, self.job.intake)

    def ask(self, hand: Hand) -> bool:
        """Return whether the phone was asked; what it did then only a look can tell."""
        try:
            return hand.ask(self.job.route, self.baseline)
        except (DeviceError, MalformedReplyError) as error:
            _log.warning("job %s: not asked: %s", self.job.job_id, error)
            return False

    def arrived(self, through: Link, visit: int, wait: Callable[[], bool]) -> Stand | None:
        """Wait for the phone in the mode that it was sent to; None if it does not come there.

        Another phone in its place ends the wait at once, and so the job: the owner has pressed for
        this one and for now, not for whenever it is back.

        Args:
            through: by what it is spoken to there.
            visit: in which it was sent there.
            wait: rests a little; returns whether to wait on.
        """
        while True:
            stand = self.place.now()
            if stand is not None and stand.visit != visit:
                same = stand.same(self.baseline)
                if same is False:
                    _log.warning("job %s: another phone came", self.job.job_id)
                    return None
                if same and stand.hand is not None and through in stand.hand.links:
                    return stand
            if not wait():
                _log.warning("job %s: did not come by %s", self.job.job_id, through.value)
                return None
