"""A job's evidence becomes the statement that gets signed. Pure.

Only ``Outcome.VERIFIED``, as the replay recomputed it, becomes a certificate of erasure. Every
other outcome becomes a notice. The key of a stream is published only when the job can never be
continued: before that, whoever knew it could forge what the resumed job is going to find.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from certs.text import Text
from grading.rules import RuleSet, evaluate
from wipe_station import reasons
from wipe_station.errors import EvidenceError
from wipe_station.evidence import (
    Attempt,
    JobEvidence,
    PassEvidence,
    ProbeEvidence,
    unreached,
)
from wipe_station.measures import measures_of, speeds_of, stated_grade
from wipe_station.overwrite.extent import DENSE_BYTES, PROBE_BYTES, STRIDE_BYTES
from wipe_station.overwrite.sampling import Sample
from wipe_station.records import FixedPattern, Json, Outcome

SCHEMA_VERSION: Final = 1
_NOTICE_KINDS: Final = {
    Outcome.FAILED: "failed",
    Outcome.VERIFIED_WITH_EXCEPTIONS: "failed",
    Outcome.ABORTED: "aborted",
    Outcome.INDETERMINATE: "interrupted",
}


class Proven(Protocol):
    """What the journal of any kind of job proves."""

    job_id: str
    plan: dict[str, Json]
    documents: list[dict[str, Json]]
    head_sha256: str
    last_utc: str
    """Of its journal's records, the latest."""

    @property
    def outcome(self) -> Outcome:
        """Return the outcome that the records support."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What the signer adds to the evidence: when, with which key."""

    issued_at: str
    utc_offset: str
    """Of the station's local time then, as ``+08:00``."""
    key_id: str
    practice_key: bool
    ruleset: RuleSet
    """What the device is graded by."""
    log: Mapping[str, str]
    """``log_origin`` and ``log_key``: the log that the document is going to stand in."""


def build_statement(job: JobEvidence, issue: Issue) -> dict[str, Any]:
    """Return the statement that a job's evidence supports.

    Raises:
        EvidenceError: the clock stands before the journal's last record, or a plan that was made
            for real documents meets a practice key.
    """
    check_issue(job, issue)
    erased = job.outcome is Outcome.VERIFIED
    statement: dict[str, Any] = {
        "schema": "wipe-station/statement",
        "schema_version": SCHEMA_VERSION,
        "type": "certificate-of-erasure" if erased else "notice",
        "id": document_id(job),
        "issued_at": issue.issued_at,
        "utc_offset": issue.utc_offset,
        "practice": job.plan["practice"],
        "key_id": issue.key_id,
        **issue.log,
        "software": job.software,
        "device": _device(job),
        "method": job.plan["method"],
        "claim": job.plan["claim"] if erased else _NO_CLAIM,
        "passes": [_pass(job, each) for each in job.passes],
        "verification": _verification(job),
        "not_reached": _not_reached(job),
        "not_reached_bytes": sum(r["to_byte"] - r["from_byte"] for r in _not_reached(job)),
        "interruptions": [_interruption(job, n) for n in range(len(job.interruptions))],
        "not_checked": _not_checked(job),
        "outcome": job.outcome.value,
        "journal": {"records": job.records, "head_sha256": job.head_sha256},
        "earlier_documents": [{"id": d["id"], "sha256": d["sha256"]} for d in job.documents],
    }
    measures = measures_of(job)
    statement["measures"] = measures
    if job.outcome is not Outcome.INDETERMINATE:
        # What is half done is no worse for that: an interrupted job grades nothing yet.
        statement["grade"] = stated_grade(evaluate(measures, issue.ruleset))
    statement |= _speed(job)
    if job.probes is not None:
        statement["probes"] = _probes(job, job.probes)
    if "policy" in job.plan:
        statement["policy"] = job.plan["policy"]
    if not erased:
        statement["notice"] = {"kind": _NOTICE_KINDS[job.outcome], "reason": _reason(job)}
    return statement


def document_id(job: Proven) -> str:
    """Return the id of the next document: the job's own for a certificate, numbered for notices."""
    erased = job.outcome is Outcome.VERIFIED
    return job.job_id if erased else f"{job.job_id}-n{len(job.documents) + 1}"


_NO_CLAIM: Final = {"category": "none", "edition": "none", "reason": "not verified as erased"}


def check_issue(job: Proven, issue: Issue) -> None:
    """Refuse to state anything with a clock that is behind, or with a key that must not sign it.

    Raises:
        EvidenceError: it is so.
    """
    hint = Text(zh="停下，叫工程师。", en="Stop and call an engineer.")
    if issue.issued_at < job.last_utc:
        raise EvidenceError(
            Text(
                zh="本机的时钟比任务记录还早，不能签发任何文件。",
                en="The clock is behind the job's journal; nothing is signed.",
            ),
            hint=Text(zh="校准时钟，再点“继续”。", en="Set the clock right, then resume."),
        )
    if issue.practice_key and job.plan.get("practice") is not True:
        raise EvidenceError(
            Text(
                zh="练习用的密钥不能签正式文件。",
                en="A practice key cannot sign a production document.",
            ),
            hint=hint,
        )


def _device(job: JobEvidence) -> dict[str, Any]:
    facts: Any = job.plan["device"]
    kept = {
        name: facts[name]
        for name in (
            "transport",
            "medium",
            "identity_strength",
            "identifiers",
            "size_bytes",
            "logical_sector_bytes",
            "physical_sector_bytes",
            "diskseq",
        )
    }
    kept |= {
        "node": f"/dev/{facts['name']}",
        "kind": "disk",
        "siblings_not_covered": facts["siblings"],
        "hidden_areas": {"hpa": "unknown", "dco": "unknown", "amax": "unknown"},
    }
    return kept | ({"usb_path": facts["usb_path"]} if "usb_path" in facts else {})


def _probes(job: JobEvidence, probes: ProbeEvidence) -> dict[str, Json]:
    failed = job.outcome is Outcome.FAILED and not probes.fit
    refused = probes.refused_bytes()
    shown: dict[str, Json] = {"refused_bytes": refused} if refused else {}
    return shown | {
        "dense_bytes": DENSE_BYTES,
        "stride_bytes": STRIDE_BYTES,
        "probe_bytes": PROBE_BYTES,
        "verified_bytes": probes.verified_bytes,
        "outcome": "fit" if probes.fit else "failed" if failed else "incomplete",
    }


def _pattern(job: JobEvidence, each: PassEvidence) -> dict[str, Any]:
    if each.pattern is None:
        planned: dict[str, Any] = dict(each.planned)
        return planned if planned["kind"] == "fixed" else planned | {"key": "withheld"}
    if isinstance(each.pattern, FixedPattern):
        return {"kind": "fixed", "bytes_hex": each.pattern.repeat.hex()}
    shown = {"kind": "stream", "stream": each.pattern.stream}
    if job.outcome is Outcome.INDETERMINATE:
        return shown | {"key": "withheld"}
    return shown | {"key_hex": each.pattern.key.hex()}


def _pass(job: JobEvidence, each: PassEvidence) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "number": each.number,
        "pattern": _pattern(job, each),
        "size_bytes": job.size_bytes,
        "written_bytes": each.written_bytes(),
        "outcome": "completed" if each.completed and not each.unwritten else "incomplete",
        "attempts": [_attempt(attempt) for attempt in each.attempts],
    }
    if each.attempts:
        shown["started_at"] = each.attempts[0].started_at
    if each.completed and each.attempts[-1].ended_at is not None:
        shown["ended_at"] = each.attempts[-1].ended_at
    return shown


def _attempt(attempt: Attempt) -> dict[str, Json]:
    return {"from_byte": attempt.from_byte, "to_byte": attempt.to_byte, "ended": attempt.ended}


def _verification(job: JobEvidence) -> dict[str, Any]:
    done = job.verification
    if done is None or done.ended_at is None or "verified_bytes" not in done.result:
        return {
            "kind": "none",
            "verified_bytes": 0,
            "mismatched_bytes": 0,
            "unread_bytes": job.size_bytes,
        }
    shown: dict[str, Any] = {
        "kind": "full" if done.sample is None else "sampled",
        "pass_number": done.pass_number,
        "started_at": done.started_at,
        "ended_at": done.ended_at,
    }
    names = ("verified_bytes", "mismatched_bytes", "unread_bytes", "first_mismatch_byte")
    shown |= {name: done.result[name] for name in names if name in done.result}
    if done.sample is not None:
        # Of the device, not of the sample: never more than was read.
        compared = shown["verified_bytes"] + shown["mismatched_bytes"]
        shown |= {"unread_bytes": job.size_bytes - compared, "sample": _sample(done.sample)}
    return shown


def _speed(job: JobEvidence) -> dict[str, Any]:
    speeds = speeds_of(job)
    if not speeds.write and not speeds.read:
        return {}
    return {"speed": {"write": _zones(speeds.write), "read": _zones(speeds.read)}}


def _zones(zones: tuple[tuple[int, int], ...]) -> list[dict[str, int]]:
    return [{"zone": zone, "bytes_per_s": bytes_per_s} for zone, bytes_per_s in zones]


def _not_checked(job: JobEvidence) -> list[str]:
    """Return what stays open: as planned, but for a sample that became a whole reading."""
    planned: Any = job.plan["not_checked"]
    done = job.verification
    whole = done is not None and done.ended_at is not None and done.sample is None
    return [code for code in planned if not (whole and code == "verification-sampled")]


def _sample(sample: Sample) -> dict[str, Any]:
    stated = sample.guarantee()
    return {
        "unit_bytes": stated.unit_bytes,
        "units": stated.units,
        "strata": sample.count,
        "sampled_units": stated.sampled_units,
        "seed_hex": sample.seed.hex(),
        "differing_units": stated.differing_units,
        "missed_per_million": stated.missed_per_million,
    }


def _not_reached(job: JobEvidence) -> list[dict[str, Any]]:
    return [
        {"from_byte": start, "to_byte": end, "what": what} for start, end, what in unreached(job)
    ]


def _interruption(job: JobEvidence, number: int) -> dict[str, Any]:
    each = job.interruptions[number]
    shown: dict[str, Any] = {"at": each.at, "what": each.what}
    if each.resumed_at is not None:
        shown["resumed_at"] = each.resumed_at
    if each.tail_verified_bytes is not None:
        shown["tail_verified_bytes"] = each.tail_verified_bytes
    return shown


def _reason(job: JobEvidence) -> dict[str, Json]:
    if job.failure is not None:
        return job.failure
    last = job.interruptions[-1] if job.interruptions else None
    pending = last is not None and last.resumed_at is None
    return reasons.interruption(last.what if last is not None and pending else "station-stopped")
