"""The ports that phones hang on: who is there, since when, and what was read of it. I/O.

A phone that is plugged in anew, or chooses another USB mode, is another *visit*, and is read anew.
What its owner showed, and the ticket, stay with it as long as its USB serial says the same.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import RLock, Thread

from certs.text import Text
from wipe_station.errors import DeviceError, MalformedReplyError
from wipe_station.phone_jobs.place import Stand
from wipe_station.phone_jobs.thermometer import Thermometer
from wipe_station.phone_links.hand import Baseline, ClosedError, Wants
from wipe_station.phone_links.presence import Here, Presence, same_by_usb
from wipe_station.phone_values import Shown
from wipe_station.phones.facts import PhoneFacts
from wipe_station.phones.routes import Gate, Route

AGAIN_S = 3.0
"""A phone that could not be read is tried again after so long."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What stands against a reset of a phone that was read, as of a moment."""

    ticket: str | None
    gates: tuple[Gate, ...]
    fault: Text | None
    """Why nobody can tell: tickets or the block list cannot be trusted."""
    at_s: float


@dataclass(slots=True, kw_only=True)
class Visit:
    """One phone at one port since it was plugged in, or chose another mode."""

    number: int
    here: Here
    absent_s: float
    """How long the port was empty before."""
    others: tuple[Here, ...] = ()
    """All else that is there."""
    baseline: Baseline | None = None
    routes: frozenset[Route] = frozenset()
    """That the hand which read it can go."""
    reading: bool = False
    wants: Wants | None = None
    problem: Text | None = None
    """Why it could not be read."""
    again_s: float = 0.0
    shown: tuple[Shown, ...] = ()
    staff: str | None = None
    """Number of whoever noted it, or the owner's consent, last."""
    judged: Judged | None = None
    thermometer: Thermometer | None = None
    """Of a phone that was read."""
    feeling: bool = False
    """Its temperature is being read."""

    @property
    def facts(self) -> PhoneFacts | None:
        """What is known of it, with the newest temperature; None before it was read."""
        if self.baseline is None or self.thermometer is None:
            return None
        return replace(self.baseline.facts, battery_celsius=self.thermometer.warmth.celsius)

    @property
    def hot(self) -> bool:
        """Whether it became too hot, and has not cooled down since."""
        return self.thermometer is not None and self.thermometer.warmth.hot


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What stays with a phone when its visit ends; whatever spoke with it does not."""

    usb_serial: str | None
    shown: tuple[Shown, ...]
    staff: str | None


@dataclass(slots=True, kw_only=True)
class Port:
    """One port: a place for a run to watch."""

    name: str
    visit: Visit | None = None
    left_at_s: float = 0.0
    noted: Noted | None = None
    """Of the phone that hung there last."""

    def now(self) -> Stand | None:
        """Return what hangs there, for a run."""
        visit = self.visit
        if visit is None:
            return None
        here = visit.here
        iphone = here.iphone()
        try:
            hand = here.hand()
        except ClosedError:
            hand = None
        return Stand(
            visit=visit.number,
            absent_s=visit.absent_s,
            same=lambda before: same_by_usb(before, here, visit.others),
            hand=hand,
            wants=here.wants,
            pair_again=None if iphone is None else iphone.pair_again,
        )

    def empty_s(self) -> float:
        """Return how long nothing has hung there; 0 while something does."""
        return 0.0 if self.visit is not None else time.monotonic() - self.left_at_s


@dataclass(slots=True)
class Ports:
    """All of them. ``look`` is called by one thread, the rest by any, under the lock it shares."""

    presence: Presence
    lock: RLock
    busy: Callable[[str], bool]
    """Whether a run speaks with the phone at a port: nobody else does then."""
    on_change: Callable[[], None]
    on_read: Callable[[Visit], None]
    """Told when a phone, or its temperature, was read, from the thread that read it."""
    warmth_s: float
    """Between two readings of a temperature."""
    _ports: dict[str, Port] = field(default_factory=dict)
    _visits: int = 0

    def all(self) -> list[Port]:
        """Return every port at which a phone hangs, by name."""
        return [each for _, each in sorted(self._ports.items()) if each.visit is not None]

    def at(self, name: str) -> Port:
        """Return a port, also an empty one."""
        return self._ports.setdefault(name, Port(name=name))

    def look(self) -> None:
        """Follow who came, changed and went, and read who can be read."""
        found = {here.port: here for here in self.presence.look()}
        with self.lock:
            changed = [self._follow(self.at(name), here) for name, here in found.items()]
            changed += [self._leave(p) for p in self.all() if p.name not in found]
            for port in self.all():
                assert port.visit is not None, "those at which a phone hangs"
                port.visit.others = tuple(h for name, h in found.items() if name != port.name)
                self._read(port)
                self._feel(port)
        if any(changed):
            self.on_change()

    def _follow(self, port: Port, here: Here) -> bool:
        visit, now_s = port.visit, time.monotonic()
        if visit is not None and visit.here == here:
            return False
        # Numbers are a bus's own, and a socket may be on two.
        same = visit is not None and _plugging(visit.here) == _plugging(here)
        if visit is not None and same and visit.here.mode is here.mode:
            opened = visit.here.links != here.links
            visit.here, visit.wants = here, here.wants
            if opened:  # more, or less, can be read than before
                visit.baseline, visit.problem, visit.again_s = None, None, 0.0
            return True
        noted = port.noted if visit is None else _noted(visit)
        absent_s = 0.0 if visit is not None else now_s - port.left_at_s
        self._visits += 1
        port.visit = Visit(number=self._visits, here=here, absent_s=absent_s, wants=here.wants)
        if noted is not None and noted.usb_serial == here.usb_serial is not None:
            port.visit.shown, port.visit.staff = noted.shown, noted.staff
        return True

    def _leave(self, port: Port) -> bool:
        assert port.visit is not None, "somebody hung there"
        port.noted = _noted(port.visit)
        port.visit, port.left_at_s = None, time.monotonic()
        return True

    def _read(self, port: Port) -> None:
        """Have a thread read a phone that was not read yet and lets itself be."""
        visit = port.visit
        if visit is None or visit.reading or visit.baseline is not None or self.busy(port.name):
            return
        if time.monotonic() < visit.again_s or (visit.here.wants not in (None, Wants.TRUST)):
            return
        visit.reading = True
        Thread(target=self._reader, args=(visit,), name=f"phone-{port.name}", daemon=True).start()

    def _reader(self, visit: Visit) -> None:
        wants, problem, baseline = visit.wants, None, None
        links = visit.here.links
        routes: frozenset[Route] = frozenset()
        try:
            iphone = visit.here.iphone()
            # Also where usbmuxd has a record and the phone has forgotten it: reading told that.
            if wants is Wants.TRUST and iphone is not None:
                wants = iphone.pair()
            else:
                hand = visit.here.hand()
                baseline, routes, wants = hand.read(), hand.routes, None
        except ClosedError as error:
            wants = error.wants
        except (DeviceError, MalformedReplyError) as error:
            _log.warning("phone at %s: %s", visit.here.port, error)
            problem = error.message
        with self.lock:
            if visit.here.links != links:  # it opened meanwhile: what was read may lack the most
                visit.reading = False
                return
            visit.baseline, visit.routes = baseline, routes
            if baseline is not None:
                celsius = baseline.facts.battery_celsius
                visit.thermometer = Thermometer(self.warmth_s, celsius)
            visit.wants, visit.problem, visit.reading = wants, problem, False
            visit.again_s = time.monotonic() + AGAIN_S
        if baseline is not None:
            self.on_read(visit)
        self.on_change()

    def _feel(self, port: Port) -> None:
        """Have a thread read the temperature of a phone that waits, when it is time."""
        visit = port.visit
        if visit is None or visit.thermometer is None or visit.feeling or self.busy(port.name):
            return
        if not visit.thermometer.due:
            return
        visit.feeling = True
        args = port, visit, visit.thermometer
        Thread(target=self._feeler, args=args, name=f"warmth-{port.name}", daemon=True).start()

    def _feeler(self, port: Port, visit: Visit, thermometer: Thermometer) -> None:
        changed = False
        try:
            changed = thermometer.look(visit.here.hand())
        except ClosedError:
            pass  # it let itself be read and does not any more: as warm as it was
        finally:
            visit.feeling = False
        if changed and port.visit is visit:
            self.on_read(visit)
            self.on_change()


def _plugging(here: Here) -> tuple[str, int | None]:
    return here.usb_path, here.number


def _noted(visit: Visit) -> Noted:
    return Noted(usb_serial=visit.here.usb_serial, shown=visit.shown, staff=visit.staff)
