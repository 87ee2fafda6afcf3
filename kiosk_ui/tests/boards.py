"""Boards, jobs and plans as the daemon sends them; shared by the tests of the page.

A sentence of the daemon is told apart by its number and its language, and what the page says by
itself is told apart from both: no other text here has a letter of either language in it.
"""

from typing import Any, Final

from wipe_station.api_values import (
    AxisView,
    DeductionView,
    DeviceView,
    DocumentView,
    GradeView,
    HoldView,
    IdentifierView,
    JobState,
    JobView,
    PlanView,
    Problem,
    ProgressView,
    RefusalView,
    StrangerView,
    Words,
)
from wipe_station.board_values import BoardView

JOB_ID: Final = "20261123T120000Z-0badcafe"
KEY: Final = "sda-50"
SHA256: Final = "ab" * 32
SIZE_BYTES: Final = 64_000_000_000
CERTIFICATE: Final = ("certificate.json", "certificate.pdf", "bundle.zip")
NOTICE: Final = ("notice.json", "notice.pdf", "bundle.zip")


def words(number: int) -> Words:
    """Return a sentence of the daemon."""
    return Words(zh=f"句{number}", en=f"sentence{number}")


def device(**changes: Any) -> DeviceView:
    """Return a device that may be wiped, with every fact known, except for what is given."""
    known = DeviceView(
        key=KEY,
        node="/7/1",
        stable_id="1:2:3",
        transport="9",
        medium="8",
        size_bytes=SIZE_BYTES,
        vendor="11",
        model="12-34",
        confirmation="56-78",
        identity_strength="medium",
        identifiers=(IdentifierView(kind="1", value="2", source="3"),),
        siblings=("4",),
        refusals=(),
        guarded=False,
        job_id=None,
    )
    return known.model_copy(update=changes)


def refused_device(**changes: Any) -> DeviceView:
    """Return a device that two rules refuse."""
    reasons = tuple(RefusalView(reason=str(n), text=words(n)) for n in (31, 32))
    return device(key="sdb-51", refusals=reasons, **changes)


def progress(**changes: Any) -> ProgressView:
    """Return half of the second of three passes, with an hour or two to go."""
    known = ProgressView(
        step="write",
        step_number=2,
        steps=4,
        done_bytes=SIZE_BYTES * 3 // 2,
        total_bytes=SIZE_BYTES * 4,
        bytes_per_s=150_000_000,
        remaining_low_s=3600,
        remaining_high_s=7200,
    )
    return known.model_copy(update=changes)


def grade() -> GradeView:
    """Return a grade with every kind of axis: lowered, good, unknown."""
    deduction = DeductionView(
        title=words(41),
        measure="1",
        measured="7",
        threshold="> 0",
        source="5",
        certainty="[6]",
        grade_cap="caution",
    )
    shown: Any = {"deductions": (), "unknown": ()}
    return GradeView(
        ruleset="0-1",
        disclaimer=words(42),
        axes=(
            AxisView(
                axis="function",
                title=words(43),
                grade="caution",
                grade_title=words(44),
                deductions=(deduction,),
                unknown=(words(45), words(46)),
            ),
            AxisView(axis="life", title=words(47), grade="good", grade_title=words(48), **shown),
        ),
    )


def job(**changes: Any) -> JobView:
    """Return a running job, except for what is given."""
    running = JobView(
        job_id=JOB_ID,
        revision=7,
        state=JobState.RUNNING,
        stable_id="1:2:3",
        model="12-34",
        confirmation="56-78",
        size_bytes=SIZE_BYTES,
        device_key=KEY,
        policy_title=words(51),
        method_title=words(52),
        practice=False,
        started_at="2026-11-23T12:00:00Z",
        progress=progress(),
        outcome=None,
        outcome_text=None,
        reason=None,
        can_resume=False,
        grade=None,
        document=None,
    )
    return running.model_copy(update=changes)


def ended_job(**changes: Any) -> JobView:
    """Return a verified job with its certificate and grade, except for what is given."""
    ended: dict[str, Any] = {
        "state": JobState.ENDED,
        "progress": None,
        "outcome": "verified",
        "outcome_text": words(53),
        "grade": grade(),
        "document": DocumentView(id=JOB_ID, kind="certificate", files=CERTIFICATE),
    }
    return job(**(ended | changes))


def stopped_job(**changes: Any) -> JobView:
    """Return an interrupted job that can go on, except for what is given."""
    stopped: dict[str, Any] = {
        "state": JobState.INTERRUPTED,
        "progress": None,
        "reason": words(54),
        "can_resume": True,
    }
    return job(**(stopped | changes))


_FAILED: Final[dict[str, Any]] = {
    "outcome": "failed",
    "reason": words(55),
    "practice": True,
    "document": DocumentView(id=JOB_ID, kind="notice", files=NOTICE[::2], no_pdf=words(56)),
}
JOBS: Final = {
    "running": job(),
    "verifying": job(progress=progress(step="verify", step_number=4)),
    "probing": job(progress=progress(step="probe", step_number=0)),
    "nearly-ready": job(progress=progress(remaining_low_s=10, remaining_high_s=20)),
    "too-hot": job(progress=progress(rests=True)),
    "done": job(progress=progress(remaining_low_s=0, remaining_high_s=0)),
    "of-unknown-length": job(progress=progress(remaining_low_s=None, remaining_high_s=None)),
    "starting": job(progress=None),
    "device-away": job(device_key=None),
    "interrupted": stopped_job(),
    "interrupted-device-away": stopped_job(can_resume=False, device_key=None),
    "verified": ended_job(),
    "failed": ended_job(**_FAILED),
    "with-notice": ended_job(
        outcome="aborted", document=DocumentView(id=JOB_ID, kind="notice", files=NOTICE)
    ),
    "without-document": ended_job(document=None, grade=None, outcome_text=None),
    "broken": job(state=JobState.BROKEN, progress=None, reason=words(57)),
    "nameless": job(model=None, confirmation=None),
}
DEVICES: Final = {
    "known": device(),
    "behind-a-bridge": device(identity_strength="bridge"),
    "without-identity": device(identity_strength="none", confirmation=None),
    "facts-unknown": device(model=None, vendor=None, size_bytes=None),
    "refused": refused_device(),
    "refused-nameless": refused_device(model=None, confirmation=None),
    "at-work": device(job_id=JOB_ID),
    "in-a-bay": device(bay="3"),
}
STRANGERS: Final = (
    StrangerView(port="1-2", bay="3", product="78-9", text=words(81), next_step=words(87)),
    StrangerView(port="1-4.2", bay=None, product="", text=words(82), next_step=words(88)),
)


def board(*parts: DeviceView | JobView, revision: int = 1, **changes: Any) -> BoardView:
    """Return a board with these devices and jobs."""
    shown = BoardView(
        epoch="1",
        revision=revision,
        practice=False,
        stopping=False,
        devices=tuple(part for part in parts if isinstance(part, DeviceView)),
        jobs=tuple(part for part in parts if isinstance(part, JobView)),
    )
    return shown.model_copy(update=changes)


def plan(**changes: Any) -> PlanView:
    """Return the plan for the sample device."""
    known = PlanView(
        device_key=KEY,
        node="/7/1",
        diskseq=50,
        plan_sha256=SHA256,
        size_bytes=SIZE_BYTES,
        total_bytes=SIZE_BYTES * 4,
        policy="1",
        policy_title=words(61),
        disclaimer=words(62),
        method="2",
        method_title=words(63),
        steps=(words(64), words(65)),
        open_questions=(words(66), words(67)),
        practice=True,
        confirmation="56-78",
        plan={"version": 1},
    )
    return known.model_copy(update=changes)


def held() -> HoldView:
    """Return a fresh confirmation."""
    return HoldView(
        confirmation="n" * 43, diskseq=50, plan_sha256=SHA256, hold_s=3.0, expires_s=60.0
    )


def problem() -> Problem:
    """Return a refusal with its reasons and the next step."""
    return Problem(
        error="RefusedByPolicyError",
        message=words(71),
        hint=words(72),
        reasons=(words(73), words(74)),
    )
