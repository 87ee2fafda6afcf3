"""What may follow what while a phone erases itself. Pure.

One table per route; the tables differ in what a route asks for after the first reset. Every state
in which the station waits has a way out for each thing that can happen to a cable: the phone goes,
returns, another one returns, nobody returns in time. A reset that was asked for is never taken
back by a cancellation: from then on only evidence ends the run.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from wipe_station.phones.evidence import Finding
from wipe_station.phones.routes import ROUTES, Route
from wipe_station.records import Outcome


class State(Enum):
    """Where the run stands."""

    FOUND = "found"
    READ = "read"
    READY = "ready"
    """Gates open, canary down or known to be impossible: the owner may press."""
    ASKED = "asked"
    """The reset was asked for; the phone is still here."""
    AWAY = "away"
    STRANGER = "stranger"
    """Another phone stands at the port."""
    BACK = "back"
    BETWEEN = "between"
    """The first reset is shown; a second one follows, and perhaps an overwrite before it."""
    OVERWRITING = "overwriting"
    ASKED_AGAIN = "asked-again"
    AWAY_AGAIN = "away-again"
    STRANGER_AGAIN = "stranger-again"
    BACK_AGAIN = "back-again"
    ERASED = "erased"
    NOT_ERASED = "not-erased"
    UNPROVEN = "unproven"
    TURNED_AWAY = "turned-away"
    """A gate is shut; nothing was done to the phone."""
    CANCELLED = "cancelled"


class Event(Enum):
    """What can happen."""

    FACTS_READ = "facts-read"
    GATES_OPEN = "gates-open"
    GATES_SHUT = "gates-shut"
    OWNER_PRESSED = "owner-pressed"
    REFUSED = "refused"
    """The phone said no to the reset."""
    WENT = "went"
    RETURNED = "returned"
    OTHER_RETURNED = "other-returned"
    TIME_OUT = "time-out"
    SHOWN = "shown"
    CONTRADICTED = "contradicted"
    NOT_SHOWN = "not-shown"
    OVERWRITE_BEGUN = "overwrite-begun"
    OVERWRITE_ENDED = "overwrite-ended"
    """Whole or not: the evidence has how many bytes were read back."""
    CANCELLED = "cancelled"


FINAL: Final = MappingProxyType(
    {
        State.ERASED: Outcome.VERIFIED,
        State.NOT_ERASED: Outcome.FAILED,
        State.UNPROVEN: Outcome.INDETERMINATE,
        State.TURNED_AWAY: Outcome.ABORTED,
        State.CANCELLED: Outcome.ABORTED,
    }
)
EVENT_OF: Final = MappingProxyType(
    {
        Finding.ERASED: Event.SHOWN,
        Finding.NOT_ERASED: Event.CONTRADICTED,
        Finding.UNPROVEN: Event.NOT_SHOWN,
    }
)

Table = Mapping[State, Mapping[Event, State]]

_BEFORE: Final[dict[State, dict[Event, State]]] = {
    State.FOUND: {
        Event.FACTS_READ: State.READ,
        Event.WENT: State.CANCELLED,
        Event.CANCELLED: State.CANCELLED,
    },
    State.READ: {
        Event.GATES_OPEN: State.READY,
        Event.GATES_SHUT: State.TURNED_AWAY,
        Event.WENT: State.CANCELLED,
        Event.CANCELLED: State.CANCELLED,
    },
    State.READY: {
        Event.OWNER_PRESSED: State.ASKED,
        Event.WENT: State.CANCELLED,
        Event.CANCELLED: State.CANCELLED,
    },
}


def _reset(
    asked: State, away: State, stranger: State, back: State, shown: State
) -> dict[State, dict[Event, State]]:
    """Return the part of a table in which one reset happens and is looked at."""
    return {
        asked: {
            Event.REFUSED: State.NOT_ERASED,
            Event.WENT: away,
            # It said OK and stayed: a reset goes through a restart, but only looking tells.
            Event.TIME_OUT: back,
        },
        away: {
            Event.RETURNED: back,
            Event.OTHER_RETURNED: stranger,
            Event.TIME_OUT: State.UNPROVEN,
        },
        stranger: {
            Event.WENT: away,
            Event.TIME_OUT: State.UNPROVEN,
        },
        back: {
            Event.SHOWN: shown,
            Event.CONTRADICTED: State.NOT_ERASED,
            Event.NOT_SHOWN: State.UNPROVEN,
            Event.WENT: away,
        },
    }


def _again() -> dict[State, dict[Event, State]]:
    """Return the part of a table between the first reset and the second, and the second."""
    again = _reset(
        State.ASKED_AGAIN, State.AWAY_AGAIN, State.STRANGER_AGAIN, State.BACK_AGAIN, State.ERASED
    )
    return {
        State.BETWEEN: {
            Event.OVERWRITE_BEGUN: State.OVERWRITING,
            Event.OWNER_PRESSED: State.ASKED_AGAIN,
            Event.WENT: State.AWAY,
            Event.TIME_OUT: State.UNPROVEN,
        },
        State.OVERWRITING: {
            Event.OVERWRITE_ENDED: State.BETWEEN,
            Event.WENT: State.AWAY,
        },
        **again,
    }


def table_of(route: Route) -> Table:
    """Return the whole law of a route: by state and event, the next state."""
    twice = ROUTES[route].final_reset
    shown = State.BETWEEN if twice else State.ERASED
    first = _reset(State.ASKED, State.AWAY, State.STRANGER, State.BACK, shown)
    ends: dict[State, dict[Event, State]] = {state: {} for state in FINAL}
    return {**_BEFORE, **first, **(_again() if twice else {}), **ends}


TABLES: Final = MappingProxyType({route: table_of(route) for route in Route})


def next_state(route: Route, state: State, event: Event) -> State | None:
    """Return the state after an event, or None where the table forbids it."""
    return TABLES[route].get(state, {}).get(event)


def outcome_of(state: State) -> Outcome:
    """Return what a state comes to if nothing more happens; unfinished is indeterminate."""
    return FINAL.get(state, Outcome.INDETERMINATE)
