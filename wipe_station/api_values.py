"""What crosses the daemon's socket: the shapes of requests and answers, and nothing else. Pure.

Shared by the daemon (``api.py``), the command line and the kiosk (``client.py``). All texts that
people read are bilingual; all times are UTC; a missing value is ``None`` and means unknown.

    GET  /v1/board?epoch=E&after=N&wait_s=S  → BoardView: all that a screen shows; answers at once
                                               if the board is another than (E, N), else waits
    POST /v1/plans           PlanRequest     → PlanView: what would be written; writes nothing
    POST /v1/confirmations   HoldRequest     → HoldView: a fresh confirmation, good for one wipe of
                                               one plugging-in under one plan
    POST /v1/jobs            WipeRequest     → JobView: starts; the same confirmation again gives
                                               the same job
    GET  /v1/jobs/{id}?after=N&wait_s=S      → JobView
    POST /v1/jobs/{id}/stop                  → JobView: interrupted, can be continued
    POST /v1/jobs/{id}/resume ResumeRequest  → JobView
    POST /v1/jobs/{id}/abandon               → JobView: given up for good, with a notice
    POST /v1/jobs/{id}/close                 → 204: the device was handed out; the kiosk sees the
                                               job and its documents no more
    GET  /v1/jobs/{id}/documents/{name}      → bytes of one document
    GET  /v1/jobs/{id}/prints/{form}         → PDF of the device's label, or of the customer's strip

An error is a ``Problem`` with the HTTP status of ``errors.HANDLING``.
"""

from enum import Enum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Key = Annotated[str, Field(pattern=r"^[a-z0-9]{1,32}-[0-9]{1,20}$")]
"""``loop3-117``: kernel name and ``diskseq``. Names one plugging-in, never the next."""
JobId = Annotated[str, Field(pattern=r"^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Nonce = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]

HOLD_S = 3.0
"""How long the kiosk's button must be held."""


class Value(BaseModel):
    """Immutable, and strict about what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Value):
    """One sentence in both languages."""

    zh: str
    en: str


class Problem(Value):
    """Why a request was refused, and what to do next."""

    error: str
    """Class name in ``errors``."""
    message: Words
    hint: Words
    reasons: tuple[Words, ...] = ()
    device: str | None = None


class RefusalView(Value):
    """One reason why a device may not be wiped."""

    reason: str
    """As in ``docs/refusals.md``."""
    text: Words


class IdentifierView(Value):
    """One identifier with who stated it: medium, bridge or unknown."""

    kind: str
    value: str
    source: str


class DeviceView(Value):
    """A device that is plugged in now."""

    key: Key
    node: str
    stable_id: str
    transport: str
    medium: str
    size_bytes: int | None
    vendor: str | None
    model: str | None
    confirmation: str | None
    """Its serial, or a loop drive's file."""
    identity_strength: str
    identifiers: tuple[IdentifierView, ...]
    siblings: tuple[str, ...]
    bay: str | None = None
    """The name of the bay that it is plugged into, if its port has one."""
    refusals: tuple[RefusalView, ...]
    """Empty: it may be planned and wiped."""
    guarded: bool
    """Whether the kernel's read-only flag was set by us."""
    job_id: JobId | None
    """The job that stands open for this very device."""


class StrangerView(Value):
    """A USB device that was not let in."""

    port: Annotated[str, Field(pattern=r"^[0-9]+-[0-9.]+$")]
    """As sysfs names it."""
    bay: str | None
    product: str
    """In its own words, escaped; empty if it says nothing."""
    text: Words
    """What else it is."""
    next_step: Words
    """What a person does with it."""


class JobState(Enum):
    """Where a job stands for the person at the counter."""

    RUNNING = "running"
    INTERRUPTED = "interrupted"
    """Can be continued; nothing runs."""
    ENDED = "ended"
    """Its document is there."""
    BROKEN = "broken"
    """Its records or its signing failed: stop the line; ``reason`` says what to do."""


class PrintForm(Enum):
    """What is printed beside a document's page."""

    LABEL = "label"
    """For the device, 40 by 30 mm."""
    STRIP = "strip"
    """For the customer, 58 mm wide, with the signed code."""


class ProgressView(Value):
    """How far a running job is, over all its steps."""

    step: str
    """``probe``, ``write`` or ``verify``."""
    step_number: int
    """Counts from 1; 0 while the probes run."""
    steps: int
    done_bytes: int
    total_bytes: int
    bytes_per_s: int | None
    remaining_low_s: int | None
    remaining_high_s: int | None
    rests: bool = False
    """The device is too hot, and rests until it is cooler."""


class DeductionView(Value):
    """One rule that took something away."""

    title: Words
    measure: str
    measured: str
    threshold: str
    source: str
    certainty: str
    grade_cap: str


class AxisView(Value):
    """One of the three axes, which are never added up."""

    axis: str
    title: Words
    grade: str
    """``good``, ``caution``, ``bad`` or ``unknown``."""
    grade_title: Words
    deductions: tuple[DeductionView, ...]
    unknown: tuple[Words, ...]
    """Rules that apply and whose measure nobody took."""


class GradeView(Value):
    """How usable the device is, by one versioned rule set."""

    ruleset: str
    disclaimer: Words
    axes: tuple[AxisView, ...]


class DocumentView(Value):
    """What was signed about a job."""

    id: str
    kind: str
    """``certificate`` or ``notice``."""
    files: tuple[str, ...]
    """Names for ``/documents/{name}``; ``bundle.zip`` holds all others."""
    no_pdf: Words | None = None


class JobView(Value):
    """One job that stands on the counter."""

    job_id: JobId
    revision: int
    state: JobState
    stable_id: str
    model: str | None
    confirmation: str | None
    size_bytes: int
    device_key: Key | None
    """Where its device is plugged in now; None while it is away."""
    policy_title: Words | None
    method_title: Words
    practice: bool
    started_at: str
    progress: ProgressView | None
    outcome: str | None
    """As in ``records.Outcome``; None while it runs."""
    outcome_text: Words | None
    reason: Words | None
    """Why it stands still or failed."""
    can_resume: bool
    grade: GradeView | None
    document: DocumentView | None


class PlanRequest(Value):
    """Ask for a plan."""

    device: Annotated[str, Field(min_length=1, max_length=600)]
    """A device's key, stable id or node; the kiosk may only use keys."""
    policy: Name | None = None
    method: Name | None = None
    accept_unestablished: bool = False
    verify: Annotated[str, Field(max_length=20)] = "full"
    """``full``, or ``sample:10%``."""
    replug: bool = False
    """Unplug before it is read back, also where the policy does not ask for it."""


class PlanView(Value):
    """What would be done to a device, in words, and what binds it."""

    device_key: Key
    node: str
    diskseq: int
    plan_sha256: Sha256
    size_bytes: int
    total_bytes: int
    policy: str | None
    policy_title: Words | None
    disclaimer: Words | None
    method: str
    method_title: Words
    steps: tuple[Words, ...]
    open_questions: tuple[Words, ...]
    practice: bool
    confirmation: str
    plan: dict[str, Any]
    """The plan itself, as hashed and as the journal will keep it."""


class HoldRequest(PlanRequest):
    """The button went down: bind a confirmation to this device and this plan."""

    plan_sha256: Sha256


class HoldView(Value):
    """A fresh confirmation."""

    confirmation: Nonce
    diskseq: int
    plan_sha256: Sha256
    hold_s: float
    """The kiosk must not use it earlier; a command line repeats the serial instead."""
    expires_s: float


class WipeRequest(Value):
    """Wipe what the confirmation was drawn for, and nothing else."""

    confirmation: Nonce
    diskseq: int
    plan_sha256: Sha256
    confirm: Annotated[str, Field(max_length=600)] | None = None
    """The serial, or the loop's file; asked from the command line."""


class ResumeRequest(Value):
    """Continue an interrupted job."""

    confirm: Annotated[str, Field(max_length=600)] | None = None
