"""A job's evidence as the flat measures that grading rules look at. Pure.

Names are those of ``grading/rules``. What was not measured is left out, which grading calls
unknown. What the drive says about itself is taken from after the wipe, which may have found what
was hidden before.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from grading.measures import Value
from grading.report import condition
from grading.rules import AxisResult, Deduction, Evaluation
from wipe_station.evidence import JobEvidence, unreached
from wipe_station.overwrite.speed import ZONES
from wipe_station.records import Outcome

OF_A_JOB: Final = frozenset(
    {"verified", "unreached_bytes", "io_errors", "interruptions", "identity_strength"}
) | frozenset(
    name
    for what in ("write", "read")
    for name in (
        f"slowest_{what}_ms",
        f"{what}_fastest_zone_bytes_per_s",
        f"{what}_slowest_zone_bytes_per_s",
        f"{what}_zone_drop_percent",
    )
)
"""What nobody can measure but a job; the rest, a drive or a person may say, too."""
_BEFORE: Final = {
    "smart_reallocated_sectors": "smart_reallocated_sectors_before",
    "smart_pending_sectors": "smart_pending_sectors_before",
    "smart_uncorrectable": "smart_uncorrectable_before",
    "nvme_media_errors": "nvme_media_errors_before",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneSpeeds:
    """How fast the zones of a device were, as ``overwrite.speed`` cuts it: zone and bytes/s."""

    write: tuple[tuple[int, int], ...]
    read: tuple[tuple[int, int], ...]


def speeds_of(job: JobEvidence) -> ZoneSpeeds:
    """Return how fast each zone was in the last pass and the verification; unknown ones lack."""
    write, read = _traversals(job)
    return ZoneSpeeds(write=_zones(write), read=_zones(read))


def measures_of(job: JobEvidence) -> dict[str, Value]:
    """Return what a job measured.

    Args:
        job: replayed from its journal.
    """
    device: Any = job.plan["device"]
    write, read = _traversals(job)
    measures: dict[str, Value] = {
        "verified": job.outcome is Outcome.VERIFIED,
        "unreached_bytes": sum(end - start for start, end, _ in unreached(job)),
        "io_errors": job.io_errors,
        "interruptions": len(job.interruptions),
        "identity_strength": str(device["identity_strength"]),
    }
    return measures | _speed("write", write) | _speed("read", read) | _smart(job)


def _traversals(job: JobEvidence) -> tuple[Any, Any]:
    """Return the speeds of the last pass and of the verification, as the journal has them."""
    write = job.passes[-1].speed if job.passes else None
    read = job.verification.result.get("speed") if job.verification is not None else None
    return write, read


def _zones(speed: Any) -> tuple[tuple[int, int], ...]:  # noqa: ANN401 - a JSON object
    known = speed["zones"] if isinstance(speed, dict) else ()
    return tuple((int(number), int(bytes_per_s)) for number, bytes_per_s in known)


def _speed(what: str, speed: Any) -> dict[str, Value]:  # noqa: ANN401 - a JSON object
    if not isinstance(speed, dict):
        return {}
    found: dict[str, Value] = {f"slowest_{what}_ms": int(speed["slowest_ms"])}
    zones = [bytes_per_s for _, bytes_per_s in _zones(speed)]
    if len(zones) == ZONES:
        fastest, slowest = max(zones), min(zones)
        found |= {
            f"{what}_fastest_zone_bytes_per_s": fastest,
            f"{what}_slowest_zone_bytes_per_s": slowest,
            f"{what}_zone_drop_percent": 100 - slowest * 100 // max(fastest, 1),
        }
    return found


def _smart(job: JobEvidence) -> dict[str, Value]:
    before, after = job.smart.get("before", {}), job.smart.get("after", {})
    found: dict[str, Value] = {
        name: value
        for name, value in after.items()
        if name != "unknown" and isinstance(value, bool | int | str)
    }
    for name, earlier in _BEFORE.items():
        value = before.get(name)
        if isinstance(value, int):
            found[earlier] = value
    return found


def stated_grade(evaluation: Evaluation) -> dict[str, Any]:
    """Return a grade as a statement keeps it: rules by name and digest, each axis, each reason."""
    rules = evaluation.ruleset
    return {
        "ruleset": f"{rules.name}-{rules.version}",
        "ruleset_sha256": rules.sha256,
        "reasons": [_reason(axis, each) for axis in evaluation.axes for each in axis.deductions],
    } | {axis.axis.value: axis.grade.value for axis in evaluation.axes}


def _reason(axis: AxisResult, deduction: Deduction) -> dict[str, str]:
    rule = deduction.rule
    return {
        "axis": axis.axis.value,
        "rule": rule.id,
        "cap": rule.grade_cap.value,
        "measure": rule.measure,
        "measured": json.dumps(deduction.value, ensure_ascii=False),
        "threshold": condition(rule),
        "source": rule.source,
        **rule.title.both(),
    }
