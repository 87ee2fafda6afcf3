"""What the counter's page shows of phones and of their erasures. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from certs.text import Text
from wipe_station.api_values import DocumentView, GradeView, Words
from wipe_station.phone_jobs import words as said
from wipe_station.phone_jobs.plan import title_of
from wipe_station.phone_jobs.reasons import against_of, reason_of
from wipe_station.phone_jobs.replay import LOOKING, PhoneJob
from wipe_station.phone_links.hand import Wants
from wipe_station.phone_values import (
    FactView,
    GateView,
    PhoneAction,
    PhoneJobView,
    PhoneProgress,
    RouteView,
    Step,
)
from wipe_station.phones.evidence import MEANINGS, Observation
from wipe_station.phones.facts import HOW_TO_LEARN, PhoneFacts, System
from wipe_station.phones.routes import GATES, ROUTES, Gate, Link, Route, closed
from wipe_station.phones.run import State
from wipe_station.phones.warmth import Warmth
from wipe_station.records import Outcome
from wipe_station.units import printable

STEP_OF_WANT: Final = {
    Wants.UNLOCK: Step.UNLOCK,
    Wants.DEBUGGING: Step.ALLOW_DEBUGGING,
    Wants.TRUST: Step.TRUST,
    Wants.FILES: Step.CHOOSE_FILES,
    Wants.RESTART: Step.RESTART,
    Wants.TIME: Step.WAIT,
    Wants.PROGRAM: Step.MANAGER,
}
_OUTCOMES: Final = {
    Outcome.VERIFIED: Text(zh="已清除", en="Erased"),
    Outcome.FAILED: Text(zh="没有清除", en="Not erased"),
    Outcome.ABORTED: Text(zh="没有开始", en="Not begun"),
    Outcome.INDETERMINATE: Text(zh="没能确认", en="Not confirmed"),
}
_CLAIMS: Final = {
    "clear": Text(zh="可防软件恢复（Clear）", en="Clear"),
    "purge": Text(zh="可防实验室恢复（Purge）", en="Purge"),
}
_BY_HAND: Final = frozenset({State.ASKED, State.BETWEEN, State.ASKED_AGAIN})
"""Where somebody looks for the maker's menu."""
_WANTED_TO_LOOK: Final = (Wants.UNLOCK, Wants.DEBUGGING, Wants.TRUST, Wants.RESTART)
_FELT: Final = frozenset({State.BETWEEN, State.OVERWRITING})
"""Where a phone's temperature is read again and again."""
_GIVING_UP: Final = frozenset(
    {
        State.ASKED,
        State.AWAY,
        State.STRANGER,
        State.BACK,
        State.BETWEEN,
        State.OVERWRITING,
        State.ASKED_AGAIN,
        State.AWAY_AGAIN,
        State.STRANGER_AGAIN,
        State.BACK_AGAIN,
    }
)


def words(text: Text) -> Words:
    """Return a text as it crosses the socket; what a device said of itself is escaped."""
    return Words(zh=printable(text.zh), en=printable(text.en))


def fact_views(facts: PhoneFacts) -> tuple[FactView, ...]:
    """Return what is known of a phone, and how the rest is found out."""
    return tuple(
        FactView(
            fact=name,
            label=words(label),
            value=None if value is None else words(value),
            how=words(HOW_TO_LEARN[name]) if value is None and name in HOW_TO_LEARN else None,
        )
        for name, label, value in said.facts_shown(facts)
    )


def gate_views(gates: tuple[Gate, ...]) -> tuple[GateView, ...]:
    """Return each reason against a reset, with what is done about it."""
    return tuple(
        GateView(
            gate=gate.value,
            text=words(GATES[gate]),
            step=said.STEP_OF_GATE[gate],
            answer=said.ANSWER_OF_GATE.get(gate),
        )
        for gate in gates
    )


def route_views(
    facts: PhoneFacts, links: frozenset[Link], built: frozenset[Route]
) -> tuple[RouteView, ...]:
    """Return the ways to a reset for a phone's system, open ones first.

    Args:
        facts: of the phone.
        links: by which it can be spoken to now.
        built: the ways that its hand can go.
    """
    views = [
        _route_view(route, why_not(route, facts, links, built))
        for route in Route
        if ROUTES[route].system is facts.system
    ]
    return tuple(sorted(views, key=lambda view: view.closed is not None))


def why_not(
    route: Route, facts: PhoneFacts, links: frozenset[Link], built: frozenset[Route]
) -> Text | None:
    """Return why a way cannot be taken now; None where it is open."""
    why = closed(route, facts, links)
    if why is not None:
        return said.CLOSED[why]
    return None if route in built else said.NOT_BUILT


def _route_view(route: Route, why: Text | None) -> RouteView:
    needs = ROUTES[route]
    return RouteView(
        route=route,
        title=words(needs.title),
        steps=tuple(map(words, needs.steps)),
        closed=None if why is None else words(why),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the bench knows of a job beside its journal."""

    revision: int
    port: str
    bay: str | None
    here: bool
    ticket: str | None
    can_overwrite: bool
    """Whether the phone that is plugged in can fill its free space."""
    warmth: Warmth
    """Of the phone, when it was read last."""
    progress: tuple[int, int | None] | None
    """Of an overwrite under way: bytes done, and in all."""
    awaited: bool
    """The phone is on its way into the mode in which it is asked."""
    broken: Text | None
    """Why its records or its signing failed."""
    stopped: bool
    """Nothing drives it any more."""
    waits_s: int | None
    gives_up_s: int | None
    wants: Wants | None
    """What the phone's holder does before it can be looked at."""
    grade: GradeView | None
    document: DocumentView | None


def job_view(job: PhoneJob, around: Around) -> PhoneJobView:
    """Return the erasure of a phone as the page shows it."""
    assert job.before is not None, "the first line is the plan"
    over = around.stopped  # a job that ended is over once its document is signed
    step, sentence = _sentence(job, around)
    certified = job.outcome is Outcome.VERIFIED
    can_overwrite = around.can_overwrite and not around.warmth.hot
    evidence, serial = job.evidence, _serial(job)
    needs = ROUTES[job.route]
    menu = job.plan.get("maker_function")
    return PhoneJobView(
        job_id=job.job_id,
        revision=around.revision,
        port=around.port,
        bay=around.bay,
        here=around.here,
        title=words(title_of(job.before)),
        serial=None if serial is None else printable(serial),
        ticket=around.ticket,
        practice=job.plan["practice"] is True,
        route=job.route,
        route_title=words(needs.title),
        state=job.state,
        ended=over,
        broken=around.broken is not None,
        step=step,
        said=words(sentence),
        hot=_hot(job, around),
        menu=_menu(menu) if job.state in _BY_HAND and not over else None,
        waits_s=None if over else around.waits_s,
        gives_up_s=None if over else around.gives_up_s,
        resets=(len(job.resets), 2 if needs.final_reset else 1),
        progress=_progress(around.progress),
        overwritten=None if job.overwritten is None else words(said.overwritten(job.overwritten)),
        photographed=job.photo_sha256 is not None,
        seen=tuple(
            words(MEANINGS[each].text) for each in Observation if each in evidence.observations()
        ),
        against=tuple(words(each.text) for each in against_of(job)),
        actions=tuple(_actions(job, over=over, can_overwrite=can_overwrite)),
        outcome=job.outcome.value if over else None,
        outcome_text=words(_OUTCOMES[job.outcome]) if over else None,
        claim=words(_claim(job)) if over and certified and not job.plan["practice"] else None,
        grade=around.grade,
        document=around.document,
    )


def _sentence(job: PhoneJob, around: Around) -> tuple[Step, Text]:
    if around.broken is not None:
        return Step.MANAGER, around.broken
    if around.stopped and not job.ended:
        return Step.RED_BOX, said.STATION_STOPPED
    step, sentence = said.SAID[job.state]
    if job.state is State.ASKED and not ROUTES[job.route].on_phone:
        step, sentence = Step.WAIT, said.ON_ITS_WAY if around.awaited else said.ASKED
    if job.ended and job.outcome is not Outcome.VERIFIED:
        return Step.RED_BOX, reason_of(job).text
    if job.state is State.BACK and ROUTES[job.route].system is System.IOS:
        sentence = said.IOS_BACK
    if job.state in LOOKING and job.photo_sha256 is not None:
        step, sentence = Step.LOOK, said.PHOTOGRAPHED
    if job.state in LOOKING and around.wants in _WANTED_TO_LOOK:
        step = STEP_OF_WANT[around.wants]
    return step, sentence


def _hot(job: PhoneJob, around: Around) -> Words | None:
    """Return that it is too hot, where that was read a moment ago: it is away otherwise."""
    if not (around.warmth.hot and around.here and job.state in _FELT) or around.stopped:
        return None
    return words(said.too_hot(around.warmth.celsius, job.state))


def _progress(known: tuple[int, int | None] | None) -> PhoneProgress | None:
    return None if known is None else PhoneProgress(done_bytes=known[0], total_bytes=known[1])


def _actions(job: PhoneJob, *, over: bool, can_overwrite: bool) -> Iterator[PhoneAction]:
    if over:
        yield PhoneAction.CLOSE
        return
    if job.state is State.BETWEEN:
        yield PhoneAction.PRESS
        if can_overwrite and not job.evidence.overwritten_whole:
            yield PhoneAction.OVERWRITE
    if job.state in LOOKING:
        yield PhoneAction.LOOK
        if not job.more_to_come:
            yield PhoneAction.PHOTO
    if job.state in _GIVING_UP:
        yield PhoneAction.GIVE_UP


def _claim(job: PhoneJob) -> Text:
    claim = job.claim.claim
    name = _CLAIMS[claim.category.value]
    return Text(zh=f"{name.zh}，{claim.edition}", en=f"{name.en}, {claim.edition}")


def _serial(job: PhoneJob) -> str | None:
    device = job.plan["device"]
    assert isinstance(device, dict), "as planned"
    named = {each["kind"]: each["value"] for each in device["identifiers"]}
    return named.get("serial", named.get("imei", named.get("udid")))


def _menu(found: object) -> Words | None:
    if not isinstance(found, dict):
        return None
    return Words(zh=found["menu"]["zh"], en=found["menu"]["en"])
