"""A phone that no job is open for, as the counter's page shows it. I/O: makers and rules are files.

Which stage it has reached, what somebody does next, and what is known of it.
"""

from collections.abc import Iterator

from wipe_station.detect.identifiers import shown_text
from wipe_station.phone_jobs import views
from wipe_station.phone_jobs import words as said
from wipe_station.phone_jobs.ports import Visit
from wipe_station.phone_jobs.provisional import provisional_grade
from wipe_station.phone_links.hand import WORDS, Baseline
from wipe_station.phone_values import PhoneStage, PhoneView, Step
from wipe_station.phones.makers import maker_function
from wipe_station.phones.routes import GATES
from wipe_station.phones.usb_mode_table import MODES, Touch


def phone_view(port: str, visit: Visit, *, bay: str | None, job_id: str | None) -> PhoneView:
    """Return what the page shows of a phone.

    Args:
        port: where it hangs.
        visit: since it was plugged in.
        bay: name of the port, if it has one.
        job_id: of the job that wants it, if there is one.
    """
    here, mode = visit.here, MODES[visit.here.mode]
    known = PhoneView(
        port=port,
        bay=bay,
        product=shown_text(here.product),
        mode=here.mode,
        title=views.words(mode.title),
        visit=visit.number,
        shown=visit.shown,
        job_id=job_id,
    )
    baseline = visit.baseline
    more = _unread(visit) if baseline is None else _read(visit, baseline)
    return known.model_copy(update=dict(more))


def _unread(visit: Visit) -> Iterator[tuple[str, object]]:
    mode, wants = MODES[visit.here.mode], visit.wants
    hands_off = mode.touch is Touch.HANDS_OFF
    stage = PhoneStage.READING if wants is None else PhoneStage.CLOSED
    yield "stage", PhoneStage.NAMED if hands_off else stage
    if hands_off:
        yield "step", Step.RESTART
        yield "said", views.words(mode.next_step)
    elif wants is not None:
        yield "step", views.STEP_OF_WANT[wants]
        yield "said", views.words(WORDS[wants])
    elif visit.problem is not None:
        yield "step", Step.UNLOCK
        yield "said", views.words(visit.problem)
    else:
        yield "step", Step.WAIT
        yield "said", views.words(said.READING)


def _read(visit: Visit, baseline: Baseline) -> Iterator[tuple[str, object]]:
    facts, judged = visit.facts or baseline.facts, visit.judged
    if visit.hot:
        yield "hot", views.words(said.too_hot(facts.battery_celsius))
    yield "facts", views.fact_views(facts)
    yield "routes", views.route_views(facts, visit.here.links, visit.routes)
    graded = provisional_grade(facts)
    yield "grade", graded.grade
    yield "ungraded", graded.unknown
    maker = maker_function(facts)
    yield "menu", None if maker is None else views.words(maker.menu)
    if judged is None:
        yield "stage", PhoneStage.READING
        yield "step", Step.WAIT
        yield "said", views.words(said.READING)
        return
    if judged.fault is not None:
        yield "stage", PhoneStage.READ
        yield "step", Step.MANAGER
        yield "said", views.words(judged.fault)
        return
    gates = judged.gates
    yield "ticket", judged.ticket
    yield "gates", views.gate_views(gates)
    yield "stage", PhoneStage.READ if gates else PhoneStage.READY
    yield "step", said.STEP_OF_GATE[gates[0]] if gates else Step.HOLD
    yield "said", views.words(GATES[gates[0]] if gates else said.READY)
