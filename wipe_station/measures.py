"""A job's evidence as the flat measures that grading rules look at. Pure.

Names are those of ``grading/rules``. What was not measured is left out, which grading calls
unknown. What the drive says about itself is taken from after the wipe, which may have found what
was hidden before.
"""

from typing import Any, Final

from grading.measures import Value
from grading.rules import AxisResult, Evaluation
from wipe_station.evidence import JobEvidence, unreached
from wipe_station.overwrite.speed import ZONES
from wipe_station.records import Outcome

_BEFORE: Final = {
    "smart_reallocated_sectors": "smart_reallocated_sectors_before",
    "smart_pending_sectors": "smart_pending_sectors_before",
}


def measures_of(job: JobEvidence) -> dict[str, Value]:
    """Return what a job measured.

    Args:
        job: replayed from its journal.
    """
    device: Any = job.plan["device"]
    measures: dict[str, Value] = {
        "verified": job.outcome is Outcome.VERIFIED,
        "unreached_bytes": sum(end - start for start, end, _ in unreached(job)),
        "io_errors": job.io_errors,
        "interruptions": len(job.interruptions),
        "identity_strength": str(device["identity_strength"]),
    }
    last = job.passes[-1] if job.passes else None
    measures |= _speed("write", last.speed if last is not None else None)
    read: Any = job.verification.result.get("speed") if job.verification is not None else None
    measures |= _speed("read", read)
    return measures | _smart(job)


def _speed(what: str, speed: Any) -> dict[str, Value]:  # noqa: ANN401 - a JSON object
    if not isinstance(speed, dict):
        return {}
    found: dict[str, Value] = {f"slowest_{what}_ms": int(speed["slowest_ms"])}
    zones = [int(bytes_per_s) for _, bytes_per_s in speed["zones"]]
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


def stated_grade(evaluation: Evaluation) -> dict[str, str]:
    """Return a grade as a statement keeps it: the rules by name and digest, one word per axis."""
    rules = evaluation.ruleset
    return {
        "ruleset": f"{rules.name}-{rules.version}",
        "ruleset_sha256": rules.sha256,
    } | dict(map(_axis, evaluation.axes))


def _axis(result: AxisResult) -> tuple[str, str]:
    return result.axis.value, result.grade.value
