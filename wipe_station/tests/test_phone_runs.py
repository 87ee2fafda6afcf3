"""Phones that lie, vanish, return as others: what the tables and the evidence make of it."""

import random
from dataclasses import replace
from typing import Any

import pytest

from wipe_station.phones.canary import Canary
from wipe_station.phones.claim import ENCRYPTION_SHOWN, claim_of
from wipe_station.phones.evidence import (
    CONTRADICTIONS,
    MEANINGS,
    Contradiction,
    Evidence,
    Finding,
    Observation,
    finding_of,
)
from wipe_station.phones.facts import Encryption, PhoneFacts, System, VerifiedBoot
from wipe_station.phones.imei import compare
from wipe_station.phones.routes import (
    GATES,
    ROUTES,
    Closed,
    Gate,
    Intake,
    Link,
    Route,
    closed,
    gates_shut,
    open_routes,
)
from wipe_station.phones.run import FINAL, TABLES, Event, State, next_state, outcome_of
from wipe_station.records import Category, Outcome
from wipe_station.tests.phone_scenarios import (
    FAULTS,
    Behaviour,
    Fault,
    Run,
    Sight,
    good_phone,
    scenarios,
)

ALL = list(scenarios())
SEED = 20261128


def name_of(run: Run) -> str:
    """Return a scenario's name."""
    return f"{run.route.value}: {run.fault.name}"


@pytest.mark.parametrize("run", ALL, ids=name_of)
def test_scenario__data_survive__no_certificate(run: Run) -> None:
    """Whatever a phone says or does not say: where data survive nothing certifies erasure."""
    if run.phone.data:
        assert not run.certified
        assert run.outcome is not Outcome.VERIFIED


def test_scenarios__all__take_every_transition_of_every_table() -> None:
    """No line of any table stands there untried."""
    taken = {(run.route, *step) for run in ALL for step in run.taken}
    wanted = {
        (route, state, event)
        for route, table in TABLES.items()
        for state, events in table.items()
        for event in events
    }
    assert taken >= wanted, wanted - taken
    assert taken <= wanted
    ends = {(run.route, run.state) for run in ALL}
    assert ends == {(route, state) for route in Route for state in FINAL}


@pytest.mark.parametrize("route", Route)
def test_scenario__good_phone__certified_with_what_was_seen_and_inferred(route: Route) -> None:
    """On every route a phone with which nothing is wrong ends in a certificate."""
    run = Run(route=route, fault=Fault(name="none")).play()
    claim = run.claim
    assert run.certified
    assert claim is not None
    wanted = Category.CLEAR if route is Route.FASTBOOT else Category.PURGE
    assert claim.claim.category is wanted
    assert claim.observed
    assert claim.inferred
    assert "not examined" in claim.claim.edition


def test_scenarios__random_faults__never_certified_with_data() -> None:
    """Any behaviour with any sight and any strikes in any order, from a seed."""
    print("seed", SEED)  # noqa: T201  shown when the test fails
    chance = random.Random(SEED)
    certified = 0
    for _ in range(4000):
        route = chance.choice(list(Route))
        table = TABLES[route]
        moves = [(state, event) for state, events in table.items() for event in events]
        findings = (Event.SHOWN, Event.CONTRADICTED, Event.NOT_SHOWN)
        moves = [(state, event) for state, event in moves if event not in findings]
        sight = Sight(
            canary=chance.random() < 0.7,
            record=chance.random() < 0.7,
            answers=chance.random() < 0.8,
            identity=chance.random() < 0.9,
            photo=chance.random() < 0.7,
        )
        fault = Fault(
            name="random",
            behaviour=chance.choice(list(Behaviour)),
            second=chance.choice(list(Behaviour)),
            sight=sight,
            strikes=tuple(chance.sample(moves, chance.randrange(3))),
            overwrites=chance.random() < 0.3,
        )
        run = Run(route=route, fault=fault).play()
        assert not (run.phone.data and run.certified), fault
        certified += run.certified
    assert certified > 100


def test_scenarios__without_the_rule_about_data__a_survivor_would_be_certified(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The phone that only loses its settings is what the third rule is for."""
    fault = Fault(
        name="x", behaviour=Behaviour.SETTINGS_ONLY, sight=Sight(canary=False, record=False)
    )
    assert not Run(route=Route.SETTINGS, fault=fault).play().certified
    everything = frozenset(meaning.kind for meaning in MEANINGS.values())
    monkeypatch.setattr("wipe_station.phones.evidence.ABOUT_DATA", everything)
    assert Run(route=Route.SETTINGS, fault=fault).play().certified


# --- tables --------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", Route)
def test_table__states__all_reached_and_none_without_an_end(route: Route) -> None:
    """From every state an end can be reached, and every state but the first is entered."""
    table = TABLES[route]
    entered = {after for events in table.values() for after in events.values()}
    assert set(table) == entered | {State.FOUND}
    ending = set(FINAL)
    while True:
        more = {state for state, events in table.items() if ending & set(events.values())} - ending
        if not more:
            break
        ending |= more
    assert ending == set(table)


@pytest.mark.parametrize("route", Route)
def test_table__once_asked__nobody_cancels(route: Route) -> None:
    """A reset that was asked for ends by evidence; and a phone that waits unread may go."""
    for state, events in TABLES[route].items():
        early = state in (State.FOUND, State.READ, State.READY)
        assert (Event.CANCELLED in events) == early
        assert (
            (Event.WENT in events)
            or state in FINAL
            or state is State.AWAY
            or (state is State.AWAY_AGAIN)
        )


def test_outcome__unfinished__indeterminate() -> None:
    """A crash in the middle leaves nothing that counts; what a table has not, is not allowed."""
    assert {outcome_of(state) for state in State if state not in FINAL} == {Outcome.INDETERMINATE}
    assert next_state(Route.SETTINGS, State.ASKED, Event.SHOWN) is None
    assert next_state(Route.IOS_ERASE, State.BETWEEN, Event.OWNER_PRESSED) is None


# --- evidence ------------------------------------------------------------------------------------

GOOD = Evidence(
    before=good_phone(Route.SETTINGS),
    after=replace(good_phone(Route.SETTINGS), set_up=False),
    same_identity=True,
    went_and_returned=True,
    canary=Canary.GONE,
    trust_kept=False,
)


def test_finding__each_observation_taken_away__never_more_than_before() -> None:
    """Less seen is never more claimed."""
    assert finding_of(GOOD) is Finding.ERASED
    order = [Finding.UNPROVEN, Finding.ERASED]
    taken_away: tuple[dict[str, Any], ...] = (
        {"same_identity": None},
        {"after": None},
        {"canary": Canary.NONE},
        {"canary": Canary.UNREADABLE},
        {"trust_kept": None},
        {"went_and_returned": False},
    )
    for changes in taken_away:
        assert order.index(finding_of(replace(GOOD, **changes))) <= 1
    assert finding_of(replace(GOOD, canary=Canary.NONE)) is Finding.UNPROVEN
    assert finding_of(replace(GOOD, after=None, trust_kept=None)) is Finding.UNPROVEN
    assert finding_of(replace(GOOD, same_identity=False)) is Finding.UNPROVEN


@pytest.mark.parametrize(
    ("changes", "against"),
    [
        ({"canary": Canary.STILL_THERE}, Contradiction.CANARY_THERE),
        ({"after": replace(GOOD.before, set_up=True)}, Contradiction.SET_UP),
        ({"after": replace(GOOD.before, accounts=1, set_up=None)}, Contradiction.ACCOUNTS_THERE),
        ({"trust_kept": True}, Contradiction.TRUST_KEPT),
        ({"obliteration_new": False}, Contradiction.RECORD_OLD),
    ],
)
def test_finding__one_contradiction__outweighs_everything(
    changes: dict[str, Any], against: Contradiction
) -> None:
    """However much speaks for the reset."""
    evidence = replace(GOOD, **{"setup_seen": True, "obliteration_new": True} | changes)
    assert evidence.contradictions() == {against}
    assert finding_of(evidence) is Finding.NOT_ERASED
    assert not claim_of(evidence).certifies


def test_words__every_observation_contradiction_gate_and_route__has_them() -> None:
    """Nothing reaches a person without a sentence."""
    assert set(MEANINGS) == set(Observation)
    assert set(CONTRADICTIONS) == set(Contradiction)
    assert set(GATES) == set(Gate)
    assert set(ROUTES) == set(Route)


@pytest.mark.parametrize(
    ("changes", "overwritten", "category"),
    [
        ({}, 0, Category.PURGE),
        ({"metadata_encrypted": None}, 0, Category.CLEAR),
        ({"metadata_encrypted": False}, 0, Category.CLEAR),
        ({"encryption": Encryption.FULL_DISK}, 0, Category.CLEAR),
        ({"verified_boot": VerifiedBoot.ORANGE}, 0, Category.CLEAR),
        ({"verified_boot": None}, 0, Category.CLEAR),
        ({"bootloader_locked": False}, 0, Category.CLEAR),
        ({"bootloader_locked": None}, 0, Category.CLEAR),
        ({"encryption": None}, 0, Category.NONE),
        ({"encryption": Encryption.NONE}, 0, Category.NONE),
        ({"encryption": Encryption.NONE}, 1, Category.CLEAR),
        ({"encryption": None}, 1, Category.CLEAR),
        ({"encryption": Encryption.NONE}, -1, Category.NONE),
        ({"encryption": None}, -1, Category.NONE),
    ],
)
def test_claim__by_what_the_phone_was__no_more_than_its_row(
    changes: dict[str, Any], overwritten: int, category: Category
) -> None:
    """Each thing that is missing or unknown lowers the claim; none is made up.

    Below zero: so many bytes were overwritten, and they were not all.
    """
    evidence = replace(
        GOOD,
        before=replace(GOOD.before, **changes),
        overwritten_bytes=abs(overwritten),
        overwritten_whole=overwritten > 0,
    )
    claim = claim_of(evidence)
    assert claim.claim.category is category
    assert claim.certifies == (category is not Category.NONE)
    assert (category is Category.NONE) == (not claim.inferred)


@pytest.mark.parametrize(
    ("encryption", "category"),
    [
        (None, Category.CLEAR),
        (Encryption.NONE, Category.NONE),
        (Encryption.FILE, Category.PURGE),
    ],
)
def test_claim__encryption_shown_by_the_owner__clear_where_the_phone_said_nothing(
    encryption: Encryption | None, category: Category
) -> None:
    """The clerk's word fills a gap, lifts no claim, and never stands against the phone's own."""
    before = replace(GOOD.before, encryption=encryption)
    claim = claim_of(replace(GOOD, before=before, encryption_shown=True))
    assert claim.claim.category is category
    assert (ENCRYPTION_SHOWN in claim.inferred) == (category is Category.CLEAR)


def test_claim__unknown_system__claims_nothing() -> None:
    """What cannot be named cannot be claimed about."""
    claim = claim_of(replace(GOOD, before=PhoneFacts(system=System.UNKNOWN)))
    assert (claim.finding, claim.certifies) == (Finding.ERASED, False)


# --- gates and routes ----------------------------------------------------------------------------


def test_gates__phone_that_said_nothing__shut_for_what_is_unknown() -> None:
    """Unknown is not "no": accounts and Find My must be known, or shown by the owner."""
    android = PhoneFacts(system=System.ANDROID)
    ios = PhoneFacts(system=System.IOS)
    assert gates_shut(android, Intake(consent=True)) == (Gate.ACCOUNTS_UNKNOWN,)
    assert gates_shut(android, Intake(consent=True, shown_no_accounts=True)) == ()
    assert gates_shut(ios, Intake(consent=True)) == (Gate.FIND_MY_UNKNOWN,)
    assert gates_shut(ios, Intake(consent=True, shown_find_my_off=True)) == ()
    assert Gate.NO_CONSENT in gates_shut(good_phone(Route.SETTINGS), Intake())


def test_gates__everything_wrong__all_told_and_what_the_owner_shows_opens_no_lock() -> None:
    """Every reason at once; the clerk's word never stands against the phone's."""
    facts = PhoneFacts(
        system=System.IOS,
        find_my=True,
        accounts=3,
        frp=True,
        managed=True,
        supervised=True,
        sim_present=True,
        battery_celsius=51.0,
    )
    other = compare({"software": ("490154203237518",), "label": ("353644930127905",)})
    intake = Intake(blocked=True, imeis=other, shown_no_accounts=True, shown_find_my_off=True)
    told = set(gates_shut(facts, intake))
    assert told == set(Gate) - {Gate.ACCOUNTS_UNKNOWN, Gate.FIND_MY_UNKNOWN}


@pytest.mark.parametrize(
    ("route", "changes", "links", "why"),
    [
        (Route.GUIDED, {}, {Link.USB}, Closed.NO_LINK),
        (Route.IOS_ERASE, {}, {Link.LOCKDOWN}, Closed.OTHER_SYSTEM),
        (Route.TEST_HARNESS, {"api_level": 28}, {Link.ADB}, Closed.TOO_OLD),
        (Route.TEST_HARNESS, {"api_level": None}, {Link.ADB}, Closed.TOO_OLD),
        (Route.TEST_HARNESS, {"screen_lock": True}, {Link.ADB}, Closed.SCREEN_LOCK),
        (Route.TEST_HARNESS, {"screen_lock": None}, {Link.ADB}, Closed.SCREEN_LOCK_UNKNOWN),
        (Route.TEST_HARNESS, {"accounts": None}, {Link.ADB}, Closed.ACCOUNTS_NOT_READ),
        (Route.FASTBOOT, {}, {Link.ADB}, Closed.BOOTLOADER_LOCKED),
        (Route.FASTBOOT, {"bootloader_locked": None}, {Link.ADB}, Closed.BOOTLOADER_LOCKED),
        (Route.FASTBOOT, {"bootloader_locked": False}, {Link.FASTBOOT}, Closed.NO_LINK),
        (
            Route.FASTBOOT,
            {"bootloader_locked": False, "accounts": None},
            {Link.ADB},
            Closed.ACCOUNTS_NOT_READ,
        ),
        (Route.FASTBOOT, {"bootloader_locked": False}, {Link.ADB}, None),
        (Route.RESCUE, {"accounts": 1}, {Link.ADB}, Closed.ACCOUNTS_NOT_READ),
        (Route.RESCUE, {"accounts": None}, {Link.ADB}, Closed.ACCOUNTS_NOT_READ),
        (Route.RESCUE, {}, {Link.RESCUE}, Closed.NO_LINK),
        (Route.SETTINGS, {"accounts": None}, {Link.ADB}, None),
    ],
)
def test_route__by_what_the_phone_is__open_or_closed_for_a_reason(
    route: Route, changes: dict[str, Any], links: set[Link], why: Closed | None
) -> None:
    """Each need of each route, and each unknown counted as not met."""
    facts = replace(good_phone(Route.SETTINGS), **changes)
    assert closed(route, facts, frozenset(links)) is why
    assert (route in open_routes(facts, frozenset(links))) == (why is None)


def test_faults__names__are_different() -> None:
    """Each scenario can be found by its name."""
    names = [fault.name for fault in FAULTS]
    assert len(names) == len(set(names))
