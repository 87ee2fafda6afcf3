"""Phones and their jobs as the daemon sends them; as in ``boards``, no text here is in a language.

One phone for each stage and one job for each thing that its card can show; all of them together
with everything else make the fullest board there is.
"""

from typing import Any, Final

from kiosk_ui.tests.boards import (
    CERTIFICATE,
    DEVICES,
    JOBS,
    NOTICE,
    SHA256,
    STRANGERS,
    board,
    grade,
    words,
)
from wipe_station.api_values import DocumentView
from wipe_station.board_values import BoardView
from wipe_station.phone_values import (
    FactView,
    GateView,
    PhoneAction,
    PhoneHold,
    PhoneJobView,
    PhoneProgress,
    PhoneStage,
    PhoneView,
    RouteView,
    Step,
)
from wipe_station.phones.routes import Route
from wipe_station.phones.run import State
from wipe_station.phones.usb_mode_table import Mode

PORT: Final = "1-3"
VISIT: Final = 7
PHONE_JOB_ID: Final = "20261129T120000Z-0badcafe"
CONSENT: Final = GateView(gate="no-consent", text=words(201), step=Step.CONSENT)
ACCOUNTS: Final = GateView(
    gate="accounts-unknown", text=words(202), step=Step.SHOW_ACCOUNTS, answer="no-accounts"
)
FIND_MY: Final = GateView(
    gate="find-my-unknown", text=words(203), step=Step.SHOW_FIND_MY, answer="find-my-off"
)
CARD: Final = GateView(gate="card-in", text=words(204), step=Step.TAKE_CARDS_OUT)
HOT: Final = GateView(gate="hot", text=words(205), step=Step.WAIT)
FACTS: Final = (
    FactView(fact="model", label=words(211), value=words(212)),
    FactView(fact="imeis", label=words(213), value=None, how=words(214)),
    FactView(fact="battery_cycles", label=words(215), value=None),
    FactView(fact="encryption", label=words(216), value=None, how=words(217)),
)
UNGRADED: Final = (
    FactView(fact="verified", label=words(291), value=None, how=words(292)),
    FactView(fact="battery_cycles", label=words(293), value=None, how=words(294)),
)
ROUTES: Final = (
    RouteView(route=Route.GUIDED, title=words(221), steps=(words(222), words(223))),
    RouteView(route=Route.SETTINGS, title=words(224), steps=(words(225),)),
    RouteView(route=Route.FASTBOOT, title=words(226), steps=(words(227),), closed=words(228)),
)


def phone(**changes: Any) -> PhoneView:
    """Return a phone that was read and whose gates are shut, except for what is given."""
    known = PhoneView(
        port=PORT,
        bay="4",
        product="78-9",
        mode=Mode.MTP,
        title=words(231),
        visit=VISIT,
        stage=PhoneStage.READ,
        step=Step.SHOW_ACCOUNTS,
        said=words(232),
        facts=FACTS,
        gates=(CARD, ACCOUNTS, FIND_MY, CONSENT),
        routes=ROUTES,
        menu=words(233),
        grade=grade(),
        ungraded=UNGRADED,
        ticket="241",
    )
    return known.model_copy(update=changes)


def ready_phone(**changes: Any) -> PhoneView:
    """Return a phone whose button may be held, except for what is given."""
    known: dict[str, Any] = {
        "stage": PhoneStage.READY,
        "step": Step.HOLD,
        "gates": (),
        "shown": ("no-accounts", "find-my-off", "encrypted"),
    }
    return phone(**(known | changes))


def unread_phone(**changes: Any) -> PhoneView:
    """Return a phone of which no more is known than its mode, except for what is given."""
    known = PhoneView(port="1-4.3", bay=None, product="", mode=Mode.MTP_ADB, title=words(234))
    return known.model_copy(update=changes)


PHONES: Final = {
    "named": unread_phone(),
    "named-with-a-step": unread_phone(port="1-5", step=Step.RESTART, said=words(235)),
    "reading": unread_phone(port="1-6", stage=PhoneStage.READING),
    "reading-with-a-step": unread_phone(port="1-7", stage=PhoneStage.READING, step=Step.WAIT),
    "closed": unread_phone(
        port="1-8", stage=PhoneStage.CLOSED, step=Step.UNLOCK, said=words(236), product="81-2"
    ),
    "read": phone(),
    "shown": phone(port="1-9", gates=(CONSENT,), shown=("no-accounts",), ticket=None),
    "ready": ready_phone(port="1-10"),
    "hot": phone(port="1-13", hot=words(295)),
    "no-way": ready_phone(port="1-11", routes=ROUTES[2:]),
    "at-work": ready_phone(port="1-12", job_id=PHONE_JOB_ID),
}


def phone_job(**changes: Any) -> PhoneJobView:
    """Return a job that waits for its phone, except for what is given."""
    waiting = PhoneJobView(
        job_id=PHONE_JOB_ID,
        revision=3,
        port=PORT,
        bay="4",
        here=True,
        title=words(251),
        serial="91-2",
        ticket="241",
        practice=False,
        route=Route.GUIDED,
        route_title=words(252),
        state=State.AWAY,
        ended=False,
        step=Step.WAIT,
        said=words(253),
        menu=words(254),
        waits_s=65,
        gives_up_s=600,
        resets=(1, 2),
        actions=(PhoneAction.GIVE_UP,),
    )
    return waiting.model_copy(update=changes)


def between_job(**changes: Any) -> PhoneJobView:
    """Return a job between two resets, except for what is given."""
    known: dict[str, Any] = {
        "state": State.BETWEEN,
        "step": Step.RESET_AGAIN,
        "resets": (2, 2),
        "actions": (PhoneAction.PRESS, PhoneAction.OVERWRITE),
    }
    return phone_job(**(known | changes))


def overwriting_job(**changes: Any) -> PhoneJobView:
    """Return a job whose phone fills its free space, except for what is given."""
    known: dict[str, Any] = {
        "state": State.OVERWRITING,
        "said": words(269),
        "gives_up_s": None,
        "progress": PhoneProgress(done_bytes=50_000_000_000, total_bytes=200_000_000_000),
        "actions": (PhoneAction.GIVE_UP,),
    }
    return phone_job(**(known | changes))


def photo_job(**changes: Any) -> PhoneJobView:
    """Return a job that asks for a photo, except for what is given."""
    known: dict[str, Any] = {
        "state": State.BACK_AGAIN,
        "step": Step.PHOTOGRAPH,
        "seen": (words(261), words(262)),
        "actions": (PhoneAction.PHOTO, PhoneAction.LOOK, PhoneAction.GIVE_UP),
    }
    return phone_job(**(known | changes))


def ended_phone_job(**changes: Any) -> PhoneJobView:
    """Return a verified job with its certificate and grade, except for what is given."""
    known: dict[str, Any] = {
        "state": State.ERASED,
        "ended": True,
        "step": Step.DONE,
        "waits_s": None,
        "gives_up_s": None,
        "photographed": True,
        "seen": (words(261),),
        "actions": (PhoneAction.CLOSE,),
        "outcome": "verified",
        "outcome_text": words(263),
        "claim": words(264),
        "grade": grade(),
        "document": DocumentView(id=PHONE_JOB_ID, kind="certificate", files=CERTIFICATE),
    }
    return phone_job(**(known | changes))


_RED: Final[dict[str, Any]] = {
    "step": Step.RED_BOX,
    "claim": None,
    "document": DocumentView(id=PHONE_JOB_ID, kind="notice", files=NOTICE[::2], no_pdf=words(265)),
}
PHONE_JOBS: Final = {
    "asked": phone_job(state=State.ASKED, step=Step.PRESS_ON_PHONE),
    "away": phone_job(here=False),
    "stranger": phone_job(state=State.STRANGER, step=Step.STRANGER),
    "looking": phone_job(state=State.BACK, step=Step.LOOK, actions=(PhoneAction.LOOK,)),
    "between": between_job(),
    "overwriting": overwriting_job(),
    "hot": overwriting_job(hot=words(296)),
    "overwritten": between_job(overwritten=words(268), actions=(PhoneAction.PRESS,)),
    "photograph": photo_job(),
    "photographed": photo_job(photographed=True, actions=(PhoneAction.LOOK,)),
    "of-unknown-patience": phone_job(gives_up_s=None, resets=(1, 1), menu=None),
    "without-a-clock": phone_job(waits_s=None, bay=None, serial=None, ticket=None),
    "erased": ended_phone_job(),
    "not-erased": ended_phone_job(outcome="failed", against=(words(266),), **_RED),
    "unproven": ended_phone_job(outcome="indeterminate", practice=True, grade=None, **_RED),
    "undocumented": ended_phone_job(outcome="aborted", document=None, actions=()),
    "broken": phone_job(broken=True, said=words(267), actions=()),
}


def phone_board(*parts: PhoneView | PhoneJobView, revision: int = 1, **changes: Any) -> BoardView:
    """Return a board with these phones and jobs of phones, and nothing else."""
    return board(
        revision=revision,
        phones=tuple(part for part in parts if isinstance(part, PhoneView)),
        phone_jobs=tuple(part for part in parts if isinstance(part, PhoneJobView)),
        **changes,
    )


def full_board() -> BoardView:
    """Return a board with everything on it that a board can hold."""
    return board(
        *DEVICES.values(),
        *JOBS.values(),
        practice=True,
        self_test_failed=True,
        strangers=STRANGERS,
        phones=tuple(PHONES.values()),
        phone_jobs=tuple(PHONE_JOBS.values()),
    )


def phone_held(hold_s: float = 3.0) -> PhoneHold:
    """Return a fresh confirmation."""
    return PhoneHold(confirmation="n" * 43, plan_sha256=SHA256, hold_s=hold_s, expires_s=60.0)
