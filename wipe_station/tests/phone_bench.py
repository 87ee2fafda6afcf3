"""A bench with phones that are models: each can be plugged, reset, exchanged, and told to lie.

The phones here answer the station's own hands' interface; nothing below that is real. Real links
and real clients are at the hardware level (``hw_tests/test_phone_hands.py`` and the lab).
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Condition, Event, Thread
from typing import Final, TypeVar

from wipe_station.bays import BayMap
from wipe_station.blocking import BlockList
from wipe_station.clock import SystemClock
from wipe_station.peers import Peer, Role
from wipe_station.phone_jobs.bench import BenchParts, PhoneBench
from wipe_station.phone_jobs.place import Patience
from wipe_station.phone_links.hand import Baseline, ClosedError, Tell, Wants
from wipe_station.phone_links.presence import Here, Presence
from wipe_station.phone_values import (
    IntakeRequest,
    PhoneConsent,
    PhoneEraseRequest,
    PhoneHoldRequest,
    PhoneJobView,
    PhoneStage,
    PhoneView,
    Shown,
)
from wipe_station.phones.canary import Canary
from wipe_station.phones.evidence import Evidence
from wipe_station.phones.facts import Encryption, PhoneFacts, System, VerifiedBoot
from wipe_station.phones.overwrite import Overwritten
from wipe_station.phones.routes import Link, Route
from wipe_station.phones.usb_mode_table import Mode
from wipe_station.station import Station
from wipe_station.store import Store
from wipe_station.write_guard import WriteGuard

Found = TypeVar("Found")
SOON_S: Final = 90.0
"""After this a test has failed; none waits so long."""
OPERATOR: Final = Peer(pid=1, uid=0, role=Role.OPERATOR)
KIOSK: Final = Peer(pid=2, uid=64230, role=Role.KIOSK)
PORT: Final = "1-4"
JPEG: Final = b"\xff\xd8\xff\xe0 a welcome screen"
AT_ONCE: Final = Patience(short_absence_s=0.0, again_s=0.0)
ANDROID: Final = PhoneFacts(
    system=System.ANDROID,
    usb_path=PORT,
    maker="ACME",
    model="Phone 7",
    serial="SN0001",
    imeis=("353644930127905", "353644930127913"),
    version="14",
    api_level=34,
    storage_bytes=128_000_000_000,
    battery_ratio=0.63,
    encryption=Encryption.FILE,
    metadata_encrypted=True,
    bootloader_locked=True,
    verified_boot=VerifiedBoot.GREEN,
    accounts=0,
    users=1,
    screen_lock=False,
    frp=False,
    managed=False,
    set_up=True,
    sim_present=False,
    card_present=False,
)
"""With which nothing is wrong."""

FILLED: Final = Overwritten(size_bytes=100 << 30, files=400, sha256="ab" * 32, whole=True)
"""Of a phone that filled its free space."""


@dataclass(kw_only=True)
class ModelPhone:
    """A phone and its secret."""

    facts: PhoneFacts = ANDROID
    usb_serial: str | None = "USB0001"
    mode: Mode = Mode.MTP_ADB
    links: frozenset[Link] = frozenset({Link.ADB, Link.MTP})
    wants: Wants | None = None
    takes_files: bool = True
    lies: bool = False
    """Says that it erases itself, and does not."""
    refuses: bool = False
    data: bool = True
    files: set[str] = field(default_factory=set)
    readable: bool = True
    """Whether its files can be seen: not while it is locked or in its setup."""
    identity: bool | None = True
    """What a look makes of whether it is the phone of before."""
    mute: bool = False
    """It answers nobody."""
    asked: list[Route] = field(default_factory=list)
    can_overwrite: bool = True
    fills: Callable[[Tell, Callable[[], bool]], Overwritten] = field(
        default_factory=lambda: lambda *_: FILLED
    )
    """How it fills its free space."""
    filled: int = 0
    """How often it was asked to."""
    felt: int = 0
    """How often its temperature was read."""

    def reset(self) -> None:
        """Do what its owner tells it to on its own screen."""
        if not self.lies:
            self.data, self.files = False, set()
        self.readable = False

    # --- the hand's interface ----------------------------------------------------------------

    @property
    def routes(self) -> frozenset[Route]:
        """The ways that a hand by adb has."""
        sent = {Route.FASTBOOT, Route.RESCUE}
        ios = {Route.IOS_ERASE, Route.IOS_GUIDED}
        return frozenset({Route.GUIDED, Route.SETTINGS, Route.TEST_HARNESS, *sent, *ios})

    def read(self) -> Baseline:
        """Say what it is."""
        if self.wants is not None:
            raise ClosedError(self.wants)
        if self.mute:
            raise ClosedError(Wants.TIME)
        return Baseline(facts=self.facts, link=Link.ADB, usb_serial=self.usb_serial)

    def temperature(self) -> float | None:
        """Say how warm it is."""
        self.felt += 1
        if self.wants is not None or self.mute:
            raise ClosedError(self.wants or Wants.TIME)
        return self.facts.battery_celsius

    def plant(self, name: str, content: bytes) -> bool:
        """Take a file."""
        assert content
        if not self.takes_files:
            return False
        self.files.add(name)
        return True

    def ask(self, route: Route, before: Baseline) -> bool:
        """Be asked to erase itself."""
        assert replace(before.facts, battery_celsius=None) == replace(
            self.facts, battery_celsius=None
        )
        self.asked.append(route)
        return not self.refuses

    def look(self, before: Baseline, canary: str | None) -> Evidence:
        """Be looked at."""
        seen = Canary.NONE
        if canary is not None:
            there = Canary.STILL_THERE if canary in self.files else Canary.GONE
            seen = there if self.readable else Canary.UNREADABLE
        return Evidence(before=before.facts, same_identity=self.identity, canary=seen)

    def overwrite(self, tell: Tell, stopped: Callable[[], bool]) -> Overwritten:
        """Be asked to fill its free space."""
        self.filled += 1
        return self.fills(tell, stopped)


class ModelPresence(Presence):
    """Ports with model phones at them."""

    def __init__(self) -> None:
        self.phones: dict[str, ModelPhone] = {}
        self.numbers: dict[str, int] = {}
        self.usb_paths: dict[str, str] = {}
        self._count = 0

    def put(self, port: str, phone: ModelPhone, usb_path: str | None = None) -> None:
        """Plug a phone in, at one of the two ports of its socket."""
        self._count += 1
        self.phones[port], self.numbers[port] = phone, self._count
        self.usb_paths[port] = usb_path or port

    def look(self) -> tuple[Here, ...]:
        """Return who hangs where."""
        return tuple(self._model(port, phone) for port, phone in sorted(self.phones.items()))

    def _model(self, port: str, phone: ModelPhone) -> Here:
        return Here(
            port=port,
            usb_path=self.usb_paths[port],
            mode=phone.mode,
            product="Phone 7",
            usb_serial=phone.usb_serial,
            links=phone.links,
            wants=phone.wants,
            number=self.numbers[port],
            _made=lambda: phone,
        )


@dataclass(kw_only=True)
class Bench:
    """A bench that looks at its ports, and what a clerk does at it."""

    bench: PhoneBench
    presence: ModelPresence
    station: Station
    state: Path
    changed: Condition

    def until(self, what: Callable[[], Found | None]) -> Found:
        """Return a value as soon as it is true, after each change."""
        with self.changed:
            assert self.changed.wait_for(what, SOON_S), "nothing of the kind happened"
            found = what()
        assert found
        return found

    def plug(self, phone: ModelPhone, port: str = PORT) -> PhoneView:
        """Plug a phone in and wait until the bench knows where it stands."""
        self.presence.put(port, phone)
        self.bench.wake()
        waiting = (PhoneStage.READING,)
        return self.until(lambda: next((p for p in self.at(port) if p.stage not in waiting), None))

    def pull(self, port: str = PORT) -> None:
        """Pull a phone out, and wait until that was seen."""
        del self.presence.phones[port]
        self.bench.wake()
        self.until(lambda: not self.at(port) or None)

    def at(self, port: str = PORT) -> list[PhoneView]:
        """Return the phone at a port, or none."""
        return [each for each in self.bench.phones() if each.port == port]

    def phone(self, port: str = PORT) -> PhoneView:
        """Return the phone at a port."""
        (only,) = self.at(port)
        return only

    def show(self, *shown: Shown, port: str = PORT) -> PhoneView:
        """Have the clerk note what the owner showed."""
        asked = IntakeRequest(visit=self.phone(port).visit, staff="7", shown=shown)
        return self.bench.note(port, asked)

    def agree(self, port: str = PORT) -> PhoneView:
        """Have the owner agree."""
        return self.bench.consent(port, PhoneConsent(visit=self.phone(port).visit, staff="7"))

    def press(self, route: Route = Route.SETTINGS, port: str = PORT) -> PhoneJobView:
        """Have the owner hold the button."""
        visit = self.phone(port).visit
        held = self.bench.hold(port, PhoneHoldRequest(visit=visit, route=route), OPERATOR)
        asked = PhoneEraseRequest(
            visit=visit, confirmation=held.confirmation, plan_sha256=held.plan_sha256
        )
        return self.bench.erase(port, asked, OPERATOR)

    def job(self) -> PhoneJobView:
        """Return the newest job."""
        return self.bench.jobs()[-1]

    def state_is(self, *states: str) -> PhoneJobView:
        """Wait until the newest job is in one of some states."""
        return self.until(lambda: self.job() if self.job().state.value in states else None)

    def ended(self) -> PhoneJobView:
        """Wait until the newest job is over and its document is there."""
        over = self.until(lambda: self.job() if self.job().ended else None)
        assert not over.broken, over.said
        return over

    def reset_and_return(self, phone: ModelPhone, port: str = PORT) -> None:
        """Have the phone do what its owner tells it, and come back."""
        phone.reset()
        self.pull(port)
        self.state_is("away", "away-again")
        self.presence.put(port, phone)
        self.bench.wake()


@contextmanager
def bench_at(
    state: Path,
    patience: Patience = AT_ONCE,
    presence: Presence | None = None,
    block_list: BlockList | None = None,
) -> Iterator[Bench]:
    """Run a bench in a state directory for as long as the block lasts.

    Args:
        state: the state directory.
        patience: of its runs.
        presence: who hangs where; models by default.
        block_list: phones that must not be taken in.
    """
    state.mkdir(exist_ok=True)
    clock, changed, stopping = SystemClock(), Condition(), Event()
    station = Station(
        state,
        clock,
        guard=WriteGuard(clock),
        require_self_test=lambda: None,
        block_list=block_list,
    )
    models = ModelPresence()

    def tell() -> None:
        with changed:
            changed.notify_all()

    with ExitStack() as held:
        store = Store(state / "station.db")
        held.callback(store.close)
        parts = BenchParts(
            jobs=station.phones,
            tickets=station.tickets,
            issuer=station.issuer,
            store=store,
            clock=clock,
            bays=BayMap(),
            presence=presence or models,
            patience=patience,
        )
        bench = PhoneBench(parts, tell)
        bench.seats.recover()
        following = Thread(target=bench.follow, args=(stopping,))
        following.start()
        try:
            yield Bench(bench=bench, presence=models, station=station, state=state, changed=changed)
        finally:
            bench.seats.shut_down()
            stopping.set()
            bench.wake()
            following.join()


def without_adb(phone: ModelPhone) -> ModelPhone:
    """Return a phone as it is without debugging: file transfer tells little."""
    facts = PhoneFacts(
        system=System.ANDROID, usb_path=PORT, model=phone.facts.model, serial=phone.facts.serial
    )
    return replace(phone, facts=facts, mode=Mode.MTP, links=frozenset({Link.MTP}))
