"""What crosses the daemon's socket about phones: shapes of requests and answers. Pure.

    POST /v1/phones/{port}/intake       IntakeRequest      → PhoneView: what the owner showed
    POST /v1/phones/{port}/consent      PhoneConsent       → PhoneView: she agrees; opens a ticket
    POST /v1/phones/{port}/hold         PhoneHoldRequest   → PhoneHold: a fresh confirmation
    POST /v1/phones/{port}/erase        PhoneEraseRequest  → PhoneJobView: begun; the same
                                                             confirmation again gives the same job
    POST /v1/phone-jobs/{id}/press                         → PhoneJobView: the second reset is asked
    POST /v1/phone-jobs/{id}/overwrite                     → PhoneJobView: between two resets the
                                                             phone fills its free space
    POST /v1/phone-jobs/{id}/look                          → PhoneJobView: look at the phone now
    POST /v1/phone-jobs/{id}/photo      bytes of a JPEG    → PhoneJobView: of the setup screen
    POST /v1/phone-jobs/{id}/give-up                       → PhoneJobView: ended with a notice;
                                                             of an overwrite, that alone
    POST /v1/phone-jobs/{id}/close                         → 204: the phone was handed out
    GET  /v1/phone-jobs/{id}/documents/{name}              → bytes of one document
    GET  /v1/phone-jobs/{id}/prints/{form}                 → PDF of label or strip

Phones and their jobs stand on the board (``api_values.BoardView``).
"""

from enum import Enum
from typing import Annotated, Final, Literal

from pydantic import Field

from wipe_station.api_values import (
    DocumentView,
    GradeView,
    JobId,
    Nonce,
    Sha256,
    Value,
    Words,
)
from wipe_station.phones.routes import Route
from wipe_station.phones.run import State
from wipe_station.phones.usb_mode_table import Mode

Port = Annotated[str, Field(pattern=r"^[0-9]+-[0-9.]+$")]
"""As sysfs names it: what keeps two phones with one serial apart."""
Staff = Annotated[str, Field(pattern=r"^[0-9]{1,10}$")]
MOST_PHOTO_BYTES: Final = 2 << 20
Shown = Literal["no-accounts", "find-my-off", "encrypted"]
"""What the owner showed the clerk on the phone, where the phone itself does not say it."""


class PhoneStage(Enum):
    """Where a phone stands that no job is open for."""

    NAMED = "named"
    """In a mode in which nothing is read; ``step`` says what a person does."""
    READING = "reading"
    CLOSED = "closed"
    """It lets nobody read it; ``step`` says what its owner does."""
    READ = "read"
    """Its facts are there; gates are shut."""
    READY = "ready"
    """Gates are open: the button may be held."""


class Step(Enum):
    """What somebody does now: one sentence and one picture each."""

    UNLOCK = "unlock"
    ALLOW_DEBUGGING = "allow-debugging"
    TRUST = "trust"
    CHOOSE_FILES = "choose-files"
    RESTART = "restart"
    """Out of a mode that nothing may be written in."""
    WAIT = "wait"
    SIGN_OUT = "sign-out"
    SHOW_ACCOUNTS = "show-accounts"
    SHOW_FIND_MY = "show-find-my"
    TAKE_CARDS_OUT = "take-cards-out"
    CONSENT = "consent"
    MANAGER = "manager"
    ORGANISATION = "organisation"
    HOLD = "hold"
    PRESS_ON_PHONE = "press-on-phone"
    STRANGER = "stranger"
    """Another phone stands at the port."""
    LOOK = "look"
    """Setup is skipped without an account, files are chosen, the station looks."""
    RESET_AGAIN = "reset-again"
    PHOTOGRAPH = "photograph"
    DONE = "done"
    RED_BOX = "red-box"


class FactView(Value):
    """One thing that is known of a phone, or is not."""

    fact: str
    """As in ``phones.facts.PhoneFacts``."""
    label: Words
    value: Words | None
    """None where it is unknown."""
    how: Words | None = None
    """How somebody finds it out."""


class GateView(Value):
    """One reason against any reset."""

    gate: str
    """As in ``phones.routes.Gate``."""
    text: Words
    step: Step
    answer: Shown | None = None
    """What the clerk may confirm that the owner showed."""


class RouteView(Value):
    """One way in which the phone can erase itself."""

    route: Route
    title: Words
    steps: tuple[Words, ...]
    closed: Words | None = None
    """Why it cannot be taken now."""


class PhoneView(Value):
    """A phone or tablet that is plugged in and was let in."""

    port: Port
    bay: str | None
    product: str
    """In its own words, escaped; empty if it says nothing."""
    mode: Mode
    title: Words
    """What it is on USB now."""
    visit: int = 0
    """Counts plugging-ins of the station's run: what is asked is about one of them."""
    stage: PhoneStage = PhoneStage.NAMED
    step: Step | None = None
    said: Words | None = None
    """What to do now, or why it could not be read."""
    hot: Words | None = None
    """Too hot, with how hot and what to do; read again as long as it hangs there."""
    facts: tuple[FactView, ...] = ()
    gates: tuple[GateView, ...] = ()
    """Empty and ``READY``: it may begin."""
    shown: tuple[Shown, ...] = ()
    routes: tuple[RouteView, ...] = ()
    """Open ones first, in the order of preference."""
    menu: Words | None = None
    """Where the maker's own erase function is, on the phone."""
    grade: GradeView | None = None
    """Provisional: by what was read so far, and by the rules of the document's grade."""
    ungraded: tuple[FactView, ...] = ()
    """What those rules look at and nobody knows yet; ``fact`` is the measure's name."""
    ticket: str | None = None
    job_id: JobId | None = None
    """The job that stands open for it."""


class PhoneAction(Enum):
    """What the clerk can do about a job now."""

    PRESS = "press"
    """Say that the second reset begins (by hand), or have it asked for."""
    OVERWRITE = "overwrite"
    LOOK = "look"
    PHOTO = "photo"
    GIVE_UP = "give-up"
    CLOSE = "close"


class PhoneProgress(Value):
    """How far a phone is that fills its free space; each byte is done twice, written and read."""

    done_bytes: int
    total_bytes: int | None
    """None where the phone does not say how much is free."""


class PhoneJobView(Value):
    """The erasure of one phone."""

    job_id: JobId
    revision: int
    port: Port
    bay: str | None
    here: bool
    """Whether its phone is plugged in now."""
    title: Words
    """Maker and model."""
    serial: str | None
    ticket: str | None
    practice: bool
    route: Route
    route_title: Words
    state: State
    ended: bool
    broken: bool = False
    """Its records or its signing failed: stop the line."""
    step: Step
    said: Words
    """One sentence for the state."""
    hot: Words | None = None
    """Too hot, with how hot and what to do; only where the phone can be read."""
    menu: Words | None = None
    waits_s: int | None = None
    """For so long it has waited in this state."""
    gives_up_s: int | None = None
    """After so long in this state it ends without proof."""
    resets: tuple[int, int]
    """Which reset it is, and of how many."""
    progress: PhoneProgress | None = None
    """Of an overwrite under way."""
    overwritten: Words | None = None
    """What the last overwrite came to."""
    photographed: bool = False
    seen: tuple[Words, ...] = ()
    """What was observed that speaks for the reset."""
    against: tuple[Words, ...] = ()
    actions: tuple[PhoneAction, ...] = ()
    outcome: str | None = None
    outcome_text: Words | None = None
    claim: Words | None = None
    grade: GradeView | None = None
    document: DocumentView | None = None


class OfVisit(Value):
    """About one plugging-in."""

    visit: int


class IntakeRequest(OfVisit):
    """What the owner showed the clerk; it replaces what was noted before."""

    staff: Staff
    shown: Annotated[tuple[Shown, ...], Field(max_length=3)] = ()


class PhoneConsent(OfVisit):
    """The owner saw what will happen, and agrees to the erasure."""

    staff: Staff


class PhoneHoldRequest(OfVisit):
    """The button went down."""

    route: Route


class PhoneHold(Value):
    """A fresh confirmation, good for one erasure of one plugging-in by one route."""

    confirmation: Nonce
    plan_sha256: Sha256
    hold_s: float
    expires_s: float


class PhoneEraseRequest(OfVisit):
    """The button was held long enough."""

    confirmation: Nonce
    plan_sha256: Sha256
