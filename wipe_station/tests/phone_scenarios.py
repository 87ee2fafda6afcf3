"""Phones that reset themselves, or say so: every route, every fault, and what comes of it. Pure.

The phone here is a model with a secret: whether its owner's data survive. The station sees what a
real one lets it see (``Sight``), follows the route's table, and claims what the evidence allows.
``docs/phones.md`` shows the table; a test holds that no data ever survive a certificate.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from certs.text import Text
from wipe_station.phones.canary import Canary
from wipe_station.phones.claim import PhoneClaim, claim_of
from wipe_station.phones.evidence import Evidence, Finding, finding_of
from wipe_station.phones.facts import Encryption, PhoneFacts, System, VerifiedBoot
from wipe_station.phones.routes import ROUTES, Intake, Route, gates_shut
from wipe_station.phones.run import EVENT_OF, FINAL, TABLES, Event, State, outcome_of
from wipe_station.records import Outcome

STORAGE_BYTES: Final = 128_000_000_000


AGREED: Final = Intake(consent=True)


class Behaviour(Enum):
    """What the phone does when it is told to erase itself."""

    HONEST = "erases itself"
    LIES = "says OK, restarts, erases nothing"
    STAYS = "says OK, does not even restart, erases nothing"
    FORGETS_TRUST = "restarts and forgets the station, erases nothing"
    SETTINGS_ONLY = "shows setup and forgets the station, keeps the files"
    REFUSES = "refuses"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What the station and the clerk can see of it."""

    canary: bool = True
    """A file can be laid down and looked for."""
    record: bool = True
    """iOS: its record of an erasure can be read."""
    answers: bool = True
    """After the reset it answers in a way that can be understood."""
    identity: bool = True
    """After the reset it says who it is."""
    photo: bool = True
    """The clerk photographs the setup screen, where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong."""

    name: str
    behaviour: Behaviour = Behaviour.HONEST
    second: Behaviour = Behaviour.HONEST
    """At the second reset, where there is one."""
    sight: Sight = Sight()
    second_sight: Sight | None = None
    """After the second reset, where it is another one."""
    strikes: tuple[tuple[State, Event], ...] = ()
    """At these states, each once and in this order, this happens instead of what should."""
    facts: PhoneFacts | None = None
    """The phone's, where they are others than a good phone's."""
    intake: Intake = AGREED
    overwrites: bool = False


@dataclass(slots=True, kw_only=True)
class Phone:
    """The phone, and its secret."""

    facts: PhoneFacts
    data: bool = True
    canary: bool = False
    set_up: bool = True
    trust: bool = True
    record: int = 0

    def reset(self, behaviour: Behaviour, *, keeps_trust: bool) -> None:
        """Do what it does when it is told to erase itself."""
        if behaviour is Behaviour.HONEST:
            self.data = self.canary = self.set_up = False
            self.record += 1
        if behaviour is Behaviour.SETTINGS_ONLY:
            self.set_up = False
        if behaviour in (Behaviour.HONEST, Behaviour.SETTINGS_ONLY, Behaviour.FORGETS_TRUST):
            self.trust = self.trust and keeps_trust


_PROPER: Final = {
    State.FOUND: Event.FACTS_READ,
    State.READY: Event.OWNER_PRESSED,
    State.AWAY: Event.RETURNED,
    State.AWAY_AGAIN: Event.RETURNED,
    State.STRANGER: Event.WENT,
    State.STRANGER_AGAIN: Event.WENT,
    State.BETWEEN: Event.OWNER_PRESSED,
    State.OVERWRITING: Event.OVERWRITE_ENDED,
}


@dataclass(slots=True, kw_only=True)
class Run:
    """One phone on one route with one fault, to the end."""

    route: Route
    fault: Fault
    state: State = State.FOUND
    taken: list[tuple[State, Event]] = field(default_factory=list)
    overwritten: bool = False
    phone: Phone = field(init=False)
    _left: list[tuple[State, Event]] = field(init=False)
    _canary: Canary = Canary.NONE
    _record_before: int = 0
    _went: bool = False
    _sight: Sight = Sight()
    """Of the last look."""

    def __post_init__(self) -> None:
        """Plug it in."""
        self.phone = Phone(facts=self.fault.facts or good_phone(self.route))
        self.phone.set_up = self.phone.facts.set_up is not False
        self._left = list(self.fault.strikes)

    def play(self) -> "Run":
        """Go on until nothing more follows."""
        while self.state not in FINAL:
            event = self._event()
            self._happen(event)
            self.taken.append((self.state, event))
            self.state = TABLES[self.route][self.state][event]
        return self

    def _event(self) -> Event:
        if self._left and self._left[0][0] is self.state:
            return self._left.pop(0)[1]
        return self._proper()

    def _proper(self) -> Event:
        """Return what follows where nothing strikes."""
        if self.state in (State.ASKED, State.ASKED_AGAIN):
            return self._answer()
        if self.state in (State.BACK, State.BACK_AGAIN):
            more = self.state is State.BACK and ROUTES[self.route].final_reset
            return EVENT_OF[self._look(more_to_come=more)]
        if self.state is State.READ:
            shut = gates_shut(self.phone.facts, self.fault.intake)
            return Event.GATES_SHUT if shut else Event.GATES_OPEN
        if self.state is State.BETWEEN and self.fault.overwrites and not self.overwritten:
            return Event.OVERWRITE_BEGUN
        return _PROPER[self.state]

    def _answer(self) -> Event:
        behaviour = self.fault.behaviour if self.state is State.ASKED else self.fault.second
        if behaviour is Behaviour.REFUSES:
            return Event.REFUSED
        return Event.TIME_OUT if behaviour is Behaviour.STAYS else Event.WENT

    def _happen(self, event: Event) -> None:
        keeps = ROUTES[self.route].keeps_trust
        if (self.state, event) == (State.READ, Event.GATES_OPEN) and self.fault.sight.canary:
            self.phone.canary = True
        if (self.state, event) == (State.READY, Event.OWNER_PRESSED):
            self._record_before = self.phone.record
        if self.state in (State.ASKED, State.ASKED_AGAIN) and event is Event.WENT:
            self._went = True
            again = self.state is State.ASKED_AGAIN
            behaviour = self.fault.second if again else self.fault.behaviour
            self.phone.reset(behaviour, keeps_trust=keeps)
        if event is Event.OVERWRITE_ENDED:
            self.overwritten = True

    def _look(self, *, more_to_come: bool) -> Finding:
        again = self.state is State.BACK_AGAIN
        sight = (self.fault.second_sight if again else None) or self.fault.sight
        self._sight = sight
        if sight.canary and self.phone.facts.system is not System.IOS:
            self._canary = self._listed(sight)
        finding = finding_of(self.evidence(), more_to_come=more_to_come)
        if more_to_come and finding is Finding.ERASED:
            # In order to look, setup was skipped; and another file is laid down for the next look.
            self.phone.set_up, self.phone.canary = True, sight.canary
        return finding

    def _listed(self, sight: Sight) -> Canary:
        """Return what is known of the file: one that was gone once stays gone, if not seen anew."""
        if self._canary is Canary.GONE and not (sight.answers and self.phone.canary):
            return Canary.GONE
        if not sight.answers:
            return Canary.UNREADABLE
        return Canary.STILL_THERE if self.phone.canary else Canary.GONE

    def evidence(self) -> Evidence:
        """Return what was seen up to now."""
        phone, sight, needs = self.phone, self._sight, ROUTES[self.route]
        ios = phone.facts.system is System.IOS
        reads = sight.answers and self.route is not Route.GUIDED
        after = replace(phone.facts, set_up=phone.set_up, accounts=0) if reads else None
        return Evidence(
            before=phone.facts,
            after=after,
            same_identity=True if sight.identity else None,
            went_and_returned=self._went,
            trade_in_answers=reads and not ios and not phone.set_up,
            setup_seen=sight.photo and not phone.set_up,
            canary=self._canary,
            trust_kept=phone.trust if reads else None,
            trust_must_go=not needs.keeps_trust,
            obliteration_new=phone.record > self._record_before if ios and sight.record else None,
            encryption_shown=self.fault.intake.shown_encrypted,
            overwritten_bytes=STORAGE_BYTES if self.overwritten else 0,
            overwritten_whole=self.overwritten,
        )

    @property
    def outcome(self) -> Outcome:
        """Return how it ended."""
        return outcome_of(self.state)

    @property
    def claim(self) -> PhoneClaim | None:
        """Return what its document says; None where nothing was done to the phone."""
        if self.outcome is Outcome.ABORTED:
            return None
        claim = claim_of(self.evidence())
        ended = Finding.ERASED if self.outcome is Outcome.VERIFIED else None
        return claim if claim.finding is ended else replace(claim, finding=Finding.UNPROVEN)

    @property
    def certified(self) -> bool:
        """Tell whether a certificate of erasure would be signed."""
        claim = self.claim
        return self.outcome is Outcome.VERIFIED and claim is not None and claim.certifies


def good_phone(route: Route) -> PhoneFacts:
    """Return a phone with which nothing is wrong, fit for a route."""
    if ROUTES[route].system is System.IOS:
        return PhoneFacts(system=System.IOS, find_my=False, set_up=True, supervised=False)
    return PhoneFacts(
        system=System.ANDROID,
        api_level=36,
        encryption=Encryption.FILE,
        metadata_encrypted=True,
        verified_boot=VerifiedBoot.GREEN,
        bootloader_locked=route is not Route.FASTBOOT,
        accounts=0,
        frp=False,
        screen_lock=False,
        set_up=True,
    )


def _android(**changes: object) -> PhoneFacts:
    return replace(good_phone(Route.SETTINGS), **changes)  # type: ignore[arg-type]


_CABLE: Final = (
    (State.FOUND, Event.WENT),
    (State.READ, Event.WENT),
    (State.READY, Event.WENT),
    (State.BACK, Event.WENT),
    (State.BETWEEN, Event.WENT),
    (State.OVERWRITING, Event.WENT),
    (State.BACK_AGAIN, Event.WENT),
)
_NOBODY: Final = (
    (State.AWAY, Event.TIME_OUT),
    (State.AWAY_AGAIN, Event.TIME_OUT),
    (State.BETWEEN, Event.TIME_OUT),
)
_BLIND: Final = Sight(canary=False, record=False)

FAULTS: Final = (
    Fault(name="none"),
    Fault(name="none, with an overwrite", overwrites=True),
    *(
        Fault(name=f"phone {each.value}", behaviour=each)
        for each in Behaviour
        if each is not Behaviour.HONEST
    ),
    *(
        Fault(name=f"phone {each.value}; no file can be laid down", behaviour=each, sight=_BLIND)
        for each in Behaviour
        if each not in (Behaviour.HONEST, Behaviour.REFUSES)
    ),
    *(
        Fault(name=f"second time the phone {each.value}", second=each)
        for each in Behaviour
        if each is not Behaviour.HONEST
    ),
    Fault(name="no file can be laid down", sight=_BLIND),
    Fault(name="nothing but a photograph", sight=replace(_BLIND, answers=False)),
    Fault(name="no photograph", sight=Sight(photo=False)),
    Fault(name="answers with garbage afterwards", sight=Sight(answers=False, record=False)),
    Fault(
        name="nothing to be seen after the second reset",
        second_sight=Sight(answers=False, photo=False),
    ),
    Fault(name="does not say who it is afterwards", sight=Sight(identity=False)),
    *(
        Fault(
            name=f"cable pulled: {state.value}",
            strikes=((state, event),),
            overwrites=state is State.OVERWRITING,
        )
        for state, event in _CABLE
    ),
    *(
        Fault(name=f"nothing comes any more: {state.value}", strikes=((state, event),))
        for state, event in _NOBODY
    ),
    *(
        Fault(
            name=f"another phone returns, then the right one: {away.value}",
            strikes=((away, Event.OTHER_RETURNED),),
        )
        for away in (State.AWAY, State.AWAY_AGAIN)
    ),
    *(
        Fault(
            name=f"another phone returns and stays: {away.value}",
            strikes=((away, Event.OTHER_RETURNED), (stranger, Event.TIME_OUT)),
        )
        for away, stranger in (
            (State.AWAY, State.STRANGER),
            (State.AWAY_AGAIN, State.STRANGER_AGAIN),
        )
    ),
    *(
        Fault(name=f"owner changes her mind: {state.value}", strikes=((state, Event.CANCELLED),))
        for state in (State.FOUND, State.READ, State.READY)
    ),
    Fault(name="no consent", intake=Intake()),
    Fault(name="on the block list", intake=Intake(consent=True, blocked=True)),
)
"""What can go wrong on any route."""


def _through(route: Route) -> tuple[Fault, ...]:
    """Return what can go wrong on the way into another mode; nobody is asked to erase then."""
    good, shown = good_phone(route), Intake(consent=True, shown_no_accounts=True)
    return (
        *(
            Fault(name=name, strikes=((State.ASKED, Event.REFUSED),))
            for name in (
                "does not come into the other mode in time",
                "cable pulled on the way there",
                "another phone comes there",
                "does not say who it is there",
                "refuses there",
            )
        ),
        Fault(name="somebody is signed in", facts=replace(good, accounts=1), intake=shown),
    )


_IOS: Final = good_phone(Route.IOS_ERASE)
PARTICULAR: Final[dict[Route, tuple[Fault, ...]]] = {
    Route.SETTINGS: (
        Fault(name="not encrypted", facts=_android(encryption=Encryption.NONE)),
        Fault(name="encryption unknown", facts=_android(encryption=None)),
        Fault(name="full-disk encryption", facts=_android(encryption=Encryption.FULL_DISK)),
        Fault(name="no metadata encryption", facts=_android(metadata_encrypted=None)),
        Fault(name="bootloader unlocked", facts=_android(bootloader_locked=False)),
        Fault(name="verified boot orange", facts=_android(verified_boot=VerifiedBoot.ORANGE)),
        Fault(name="somebody is signed in", facts=_android(accounts=2)),
        Fault(name="FRP armed", facts=_android(frp=True)),
        Fault(name="managed by an organisation", facts=_android(managed=True)),
        Fault(name="memory card inside", facts=_android(card_present=True)),
    ),
    Route.GUIDED: (
        Fault(name="accounts unknown", facts=_android(accounts=None)),
        Fault(
            name="accounts shown by the owner",
            facts=_android(accounts=None),
            intake=Intake(consent=True, shown_no_accounts=True),
        ),
        Fault(
            name="encryption unknown, overwritten",
            facts=_android(encryption=None),
            overwrites=True,
        ),
        Fault(name="encryption unknown", facts=_android(encryption=None)),
        Fault(
            name="all that file transfer alone says, the rest shown by the owner",
            facts=PhoneFacts(system=System.ANDROID),
            intake=Intake(consent=True, shown_no_accounts=True, shown_encrypted=True),
        ),
        Fault(
            name="called encrypted by its owner, and says that it is not",
            facts=_android(encryption=Encryption.NONE),
            intake=Intake(consent=True, shown_encrypted=True),
        ),
    ),
    Route.FASTBOOT: _through(Route.FASTBOOT),
    Route.RESCUE: _through(Route.RESCUE),
    Route.IOS_ERASE: (
        Fault(name="Find My on", facts=replace(_IOS, find_my=True)),
        Fault(name="Find My unknown", facts=replace(_IOS, find_my=None)),
        Fault(name="supervised", facts=replace(_IOS, supervised=True)),
        Fault(name="record of an earlier erasure only", sight=Sight(record=False)),
    ),
}
"""What can go wrong on one route, beside that."""


def scenarios() -> Iterator[Run]:
    """Yield every route with every fault that can strike on it, played to its end."""
    for route in Route:
        for fault in (*FAULTS, *PARTICULAR.get(route, ())):
            if _applies(route, fault):
                yield Run(route=route, fault=fault).play()


def _applies(route: Route, fault: Fault) -> bool:
    table = TABLES[route]
    twice = fault.overwrites or fault.second is not Behaviour.HONEST or fault.second_sight
    if twice and State.BETWEEN not in table:
        return False
    return all(event in table.get(state, {}) for state, event in fault.strikes)


TITLES: Final = {route: ROUTES[route].title for route in Route}
NO_DOCUMENT: Final = Text(zh="没有文件", en="no document")
