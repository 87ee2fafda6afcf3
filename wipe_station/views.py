"""The station's values as the shapes that cross the socket. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from certs.open_questions import open_question
from certs.sampled import ERASED, ERASED_BY_SAMPLE
from certs.text import Text
from wipe_station.api_values import (
    DeviceView,
    IdentifierView,
    PlanView,
    Problem,
    ProgressView,
    RefusalView,
    StrangerView,
    Words,
)
from wipe_station.detect.gate_rules import Stranger, next_step, why
from wipe_station.detect.identifiers import shown_text
from wipe_station.detect.safety import Refusal
from wipe_station.errors import RefusedByPolicyError, StationError
from wipe_station.plan import WipePlan
from wipe_station.records import (
    DeviceFacts,
    Outcome,
    ProbeCapacity,
    Progress,
    Step,
    VerifyPass,
    WritePass,
)
from wipe_station.units import pattern_text

OUTCOME_TEXT: Final = {
    Outcome.VERIFIED: ERASED,
    Outcome.VERIFIED_WITH_EXCEPTIONS: Text(
        zh="清除了，但有例外；不能出售。", en="Erased with exceptions; not for sale."
    ),
    Outcome.FAILED: Text(
        zh="没有清除成功，不能出售。请放进红盒，交给店长。",
        en="Not erased; not for sale. Red box, manager.",
    ),
    Outcome.ABORTED: Text(zh="任务已放弃，设备没有清除完。", en="Given up; not erased."),
    Outcome.INDETERMINATE: Text(
        zh="还没能确认清除成功，不能出售。可以接着做。",
        en="Not confirmed yet; not for sale. It can be continued.",
    ),
}


def outcome_text(outcome: Outcome, *, sampled: bool) -> Text:
    """Say how a job ended.

    Args:
        outcome: as the journal proves it.
        sampled: whether a part of the device only was read back.
    """
    if outcome is Outcome.VERIFIED and sampled:
        return ERASED_BY_SAMPLE
    return OUTCOME_TEXT[outcome]


def words(text: Text) -> Words:
    """Return a text as it crosses the socket."""
    return Words(zh=text.zh, en=text.en)


def text_of(said: Words) -> Text:
    """Return a text that crossed the socket."""
    return Text(zh=said.zh, en=said.en)


def problem(error: StationError) -> Problem:
    """Return an error as it crosses the socket."""
    reasons = error.reasons if isinstance(error, RefusedByPolicyError) else ()
    return Problem(
        error=type(error).__name__,
        message=words(error.message),
        hint=words(error.hint),
        reasons=tuple(words(reason) for reason in reasons),
        device=error.device_id,
    )


def key_of(device: DeviceFacts) -> str:
    """Name one plugging-in of a device."""
    return f"{device.name}-{device.diskseq or 0}"


def device_view(
    device: DeviceFacts,
    refusals: Sequence[Refusal],
    *,
    bay: str | None,
    guarded: bool,
    job_id: str | None,
) -> DeviceView:
    """Return a device that is plugged in, with every reason against wiping it."""
    return DeviceView(
        key=key_of(device),
        node=device.node,
        stable_id=device.stable_id,
        transport=device.transport.value,
        medium=device.medium.value,
        size_bytes=device.size_bytes,
        vendor=device.identifier("vendor"),
        model=device.identifier("model"),
        confirmation=device.confirmation,
        identity_strength=device.identity_strength.value,
        identifiers=tuple(
            IdentifierView(kind=each.kind, value=each.value, source=each.source.value)
            for each in device.identifiers
        ),
        siblings=device.siblings,
        bay=bay,
        refusals=tuple(
            RefusalView(reason=each.reason.value, text=words(each.text)) for each in refusals
        ),
        guarded=guarded,
        job_id=job_id,
    )


def stranger_view(stranger: Stranger) -> StrangerView:
    """Return a device that was not let in."""
    return StrangerView(
        port=stranger.port,
        bay=stranger.bay,
        product=shown_text(stranger.product),
        text=words(why(stranger.verdict)),
        next_step=words(next_step(stranger.verdict)),
    )


def step_text(step: Step) -> Text:
    """Say what a step does."""
    said = _step_text(step)
    if isinstance(step, VerifyPass) and step.replug:
        return Text(
            zh=f"拔下设备再插回来，然后{said.zh}", en=f"unplug, plug in again, then {said.en}"
        )
    return said


def _step_text(step: Step) -> Text:
    if isinstance(step, ProbeCapacity):
        return Text(
            zh="全盘写探针并读回，核对容量是真的",
            en="write probes over the whole range and read them back: is the capacity real",
        )
    if isinstance(step, WritePass):
        written = pattern_text(step.pattern)
        return Text(zh=f"全盘写{written.zh}", en=f"write {written.en} everywhere")
    if step.sample_percent is not None:
        return Text(
            zh=f"全部写完、落盘以后再抽样，读回 {step.sample_percent}%，"
            f"和第 {step.pass_number} 遍核对",
            en=f"draw a sample after the last flush, read {step.sample_percent}% back, compare"
            f" with pass {step.pass_number}",
        )
    return Text(
        zh=f"读回每个字节，和第 {step.pass_number} 遍核对",
        en=f"read every byte back, compare with pass {step.pass_number}",
    )


def plan_view(plan: WipePlan) -> PlanView:
    """Return what would be done, in words, and what binds it."""
    device, policy = plan.device, plan.policy
    assert device.size_bytes is not None, "a plan exists for known sizes only"
    assert device.diskseq is not None, "safety lets no unknown diskseq pass"
    return PlanView(
        device_key=key_of(device),
        node=device.node,
        diskseq=device.diskseq,
        plan_sha256=plan.sha256(),
        size_bytes=device.size_bytes,
        total_bytes=plan.total_bytes(),
        policy=policy.name if policy else None,
        policy_title=words(policy.title) if policy else None,
        disclaimer=words(policy.disclaimer) if policy else None,
        method=plan.method.name,
        method_title=words(plan.method.title),
        steps=tuple(words(step_text(step)) for step in plan.steps),
        open_questions=tuple(words(open_question(code)) for code in plan.not_checked),
        practice=plan.practice,
        confirmation=str(device.confirmation),
        plan=dict(plan.to_json()),
    )


def progress_view(
    now: Progress, bytes_per_s: float | None, range_s: tuple[float, float] | None
) -> ProgressView:
    """Return how far a job is."""
    return ProgressView(
        step="write" if now.step.startswith("pass-") else now.step,
        step_number=now.step_number,
        steps=now.steps,
        done_bytes=now.done_bytes,
        total_bytes=now.total_bytes,
        bytes_per_s=None if bytes_per_s is None else round(bytes_per_s),
        remaining_low_s=None if range_s is None else round(range_s[0]),
        remaining_high_s=None if range_s is None else round(range_s[1]),
        rests=now.rests,
    )


def said_by(planned_device: Mapping[str, Any], *kinds: str) -> str | None:
    """Return the first identifier of the given kinds in a journal's device, or None."""
    identifiers = planned_device["identifiers"]
    found = (each["value"] for kind in kinds for each in identifiers if each["kind"] == kind)
    return next((str(value) for value in found), None)
