"""What may follow what in the life of a job. Pure.

The journal's record kinds are the events; the table is the whole law. A state that is not final
means ``INDETERMINATE``: an intent without a result proves nothing. After a crash the next start
says ``resumed`` and goes on from evidence.
"""

from enum import Enum

from wipe_station.records import Outcome


class State(Enum):
    """Where a job stands."""

    NEW = "new"
    PLANNED = "planned"
    PROBING = "probing"
    WRITING = "writing"
    BETWEEN = "between"
    VERIFYING = "verifying"
    INTERRUPTED = "interrupted"
    VERIFIED = "verified"
    FAILED = "failed"
    EXCEPTIONS = "exceptions"
    ABORTED = "aborted"


class Kind(Enum):
    """Record kinds of a job's journal."""

    PLAN = "plan"
    PROBE_INTENT = "probe-intent"
    PROBES_WRITTEN = "probes-written"
    PROBES_FIT = "probes-fit"
    PROBES_FAILED = "probes-failed"
    PROBES_INTERRUPTED = "probes-interrupted"
    PASS_INTENT = "pass-intent"
    CHECKPOINT = "checkpoint"
    REFUSED = "refused"
    PASS_COMPLETED = "pass-completed"
    PASS_FAILED = "pass-failed"
    PASS_INTERRUPTED = "pass-interrupted"
    VERIFY_INTENT = "verify-intent"
    VERIFY_CLEAN = "verify-clean"
    VERIFY_WITH_EXCEPTIONS = "verify-with-exceptions"
    VERIFY_FAILED = "verify-failed"
    VERIFY_INTERRUPTED = "verify-interrupted"
    REPLUG_ASKED = "replug-asked"
    RESUMED = "resumed"
    TAIL_CHECKED = "tail-checked"
    TAIL_INTERRUPTED = "tail-interrupted"
    ABORTED = "aborted"
    DOCUMENT = "document"
    TORN_TAIL = "torn-tail"
    MEASURED = "measured"


_ANYWHERE = (Kind.DOCUMENT, Kind.TORN_TAIL, Kind.MEASURED)

TRANSITIONS: dict[State, dict[Kind, State]] = {
    State.NEW: {Kind.PLAN: State.PLANNED},
    State.PLANNED: {
        Kind.PROBE_INTENT: State.PROBING,
        Kind.PASS_INTENT: State.WRITING,
        Kind.RESUMED: State.INTERRUPTED,
        Kind.ABORTED: State.ABORTED,
    },
    State.PROBING: {
        Kind.REFUSED: State.PROBING,
        Kind.PROBES_WRITTEN: State.PROBING,
        Kind.PROBES_FIT: State.BETWEEN,
        Kind.PROBES_FAILED: State.FAILED,
        Kind.PROBES_INTERRUPTED: State.INTERRUPTED,
        Kind.RESUMED: State.INTERRUPTED,
        Kind.ABORTED: State.ABORTED,
    },
    State.WRITING: {
        Kind.CHECKPOINT: State.WRITING,
        Kind.REFUSED: State.WRITING,
        Kind.PASS_COMPLETED: State.BETWEEN,
        Kind.PASS_FAILED: State.FAILED,
        Kind.PASS_INTERRUPTED: State.INTERRUPTED,
        Kind.RESUMED: State.INTERRUPTED,
        Kind.ABORTED: State.ABORTED,
    },
    State.BETWEEN: {
        Kind.PASS_INTENT: State.WRITING,
        Kind.VERIFY_INTENT: State.VERIFYING,
        Kind.REPLUG_ASKED: State.INTERRUPTED,
        Kind.RESUMED: State.INTERRUPTED,
        Kind.ABORTED: State.ABORTED,
    },
    State.VERIFYING: {
        Kind.REFUSED: State.VERIFYING,
        Kind.VERIFY_INTENT: State.VERIFYING,
        Kind.VERIFY_CLEAN: State.VERIFIED,
        Kind.VERIFY_WITH_EXCEPTIONS: State.EXCEPTIONS,
        Kind.VERIFY_FAILED: State.FAILED,
        Kind.VERIFY_INTERRUPTED: State.INTERRUPTED,
        Kind.RESUMED: State.INTERRUPTED,
        Kind.ABORTED: State.ABORTED,
    },
    State.INTERRUPTED: {
        Kind.RESUMED: State.INTERRUPTED,
        Kind.TAIL_CHECKED: State.INTERRUPTED,
        Kind.TAIL_INTERRUPTED: State.INTERRUPTED,
        Kind.PROBE_INTENT: State.PROBING,
        Kind.PASS_INTENT: State.WRITING,
        Kind.VERIFY_INTENT: State.VERIFYING,
        Kind.REPLUG_ASKED: State.INTERRUPTED,
        Kind.ABORTED: State.ABORTED,
    },
    State.VERIFIED: {},
    State.EXCEPTIONS: {},
    State.FAILED: {},
    State.ABORTED: {},
}

OUTCOME_OF = {
    State.VERIFIED: Outcome.VERIFIED,
    State.EXCEPTIONS: Outcome.VERIFIED_WITH_EXCEPTIONS,
    State.FAILED: Outcome.FAILED,
    State.ABORTED: Outcome.ABORTED,
}


def outcome_of(state: State) -> Outcome:
    """Return the outcome that a state stands for; everything unfinished is indeterminate."""
    return OUTCOME_OF.get(state, Outcome.INDETERMINATE)


def next_state(state: State, kind: Kind) -> State | None:
    """Return the state after an event, or None where the table forbids it."""
    if kind in _ANYWHERE:
        return state
    return TRANSITIONS[state].get(kind)
