"""The evidence of a phone's erasure becomes the statement that gets signed. Pure.

Only ``Outcome.VERIFIED``, as the replay recomputed it, becomes a certificate; all else a notice.
"""

from typing import Any, Final

from certs.formats.head_v1 import DescribedDevice, Head, Identifier, Reason
from certs.formats.phone_erasure_v1 import (
    MakerFunction,
    PhoneBefore,
    PhoneClaim,
    PhoneErasure,
    PhoneNotice,
    PhoneRoute,
    Reset,
    ResetPhone,
    phone_certificate,
    phone_notice,
)
from certs.text import Text
from grading.rules import evaluate
from wipe_station.measures import stated_grade
from wipe_station.phone_jobs.reasons import against_of, reason_of
from wipe_station.phone_jobs.replay import PhoneJob
from wipe_station.phones.evidence import MEANINGS, Observation
from wipe_station.phones.measures import measures_of
from wipe_station.records import Outcome
from wipe_station.statement import Issue, check_issue, document_id

RULESET: Final = "phone-1"
_NOTICE_KINDS: Final = {
    Outcome.FAILED: "failed",
    Outcome.ABORTED: "aborted",
    Outcome.INDETERMINATE: "interrupted",
}


def phone_statement(job: PhoneJob, issue: Issue) -> dict[str, Any]:
    """Return the statement that a job's evidence supports.

    Raises:
        EvidenceError: the clock stands before the journal's last record, or a plan that was made
            for real documents meets a practice key.
    """
    check_issue(job, issue)
    head = Head(
        id=document_id(job),
        issued_at=issue.issued_at,
        practice=job.plan["practice"] is True,
        key_id=issue.key_id,
        log=issue.log,
        software={name: str(value) for name, value in job.software.items()},
    )
    what = _erasure(job, issue)
    if job.outcome is Outcome.VERIFIED:
        return phone_certificate(head, what)
    notice = PhoneNotice(
        kind=_NOTICE_KINDS[job.outcome], reason=reason_of(job), against=against_of(job)
    )
    return phone_notice(head, what, notice)


def _erasure(job: PhoneJob, issue: Issue) -> PhoneErasure:
    assert job.before is not None, "the first line is the plan"
    plan: Any = job.plan
    claim, evidence = job.claim, job.evidence
    verified = job.outcome is Outcome.VERIFIED
    measures = measures_of(job.before, evidence.after, verified=verified)
    seen = evidence.observations()
    return PhoneErasure(
        phone=_phone(plan["device"]),
        route=PhoneRoute(
            name=plan["route"]["name"],
            text=Text(zh=plan["route"]["zh"], en=plan["route"]["en"]),
            certainty=plan["route"]["certainty"],
        ),
        before=_before(job),
        resets=[
            Reset(asked_at=it.asked_at, went_at=it.went_at, returned_at=it.returned_at)
            for it in job.resets
        ],
        canary=evidence.canary.value,
        observed=[
            Reason(code=each.value, text=MEANINGS[each].text)
            for each in Observation
            if each in seen
        ],
        inferred=claim.inferred if verified else (),
        claim=PhoneClaim(
            category=claim.claim.category.value,
            edition=claim.claim.edition,
            reason=claim.claim.reason,
        ),
        outcome=job.outcome.value,
        started_at=job.started_at,
        ended_at=job.last_utc,
        journal_records=job.records,
        journal_head_sha256=job.head_sha256,
        utc_offset=issue.utc_offset,
        maker_function=_maker(plan.get("maker_function")),
        photo_sha256=job.photo_sha256,
        overwritten_bytes=evidence.overwritten_bytes,
        not_checked=plan["not_checked"],
        measures=measures,
        grade=None if not job.ended else stated_grade(evaluate(measures, issue.ruleset)),
        earlier_documents=[(str(it["id"]), str(it["sha256"])) for it in job.documents],
    )


def _phone(device: Any) -> ResetPhone:  # noqa: ANN401 - a JSON object
    named = [Identifier(**each) for each in device["identifiers"]]
    return ResetPhone(
        device=DescribedDevice(
            kind=device["kind"],
            description=device["description"],
            identifiers=named,
            size_bytes=device.get("size_bytes"),
        ),
        system=device["system"],
        system_version=device.get("system_version"),
        patch_level=device.get("patch_level"),
        usb_path=device.get("usb_path"),
    )


def _before(job: PhoneJob) -> PhoneBefore:
    facts: Any = job.before
    plan: Any = job.plan
    return PhoneBefore(
        encryption=None if facts.encryption is None else facts.encryption.value,
        metadata_encrypted=facts.metadata_encrypted,
        bootloader_locked=facts.bootloader_locked,
        verified_boot=None if facts.verified_boot is None else facts.verified_boot.value,
        accounts=facts.accounts,
        frp=facts.frp,
        find_my=facts.find_my,
        managed=facts.managed,
        supervised=facts.supervised,
        screen_lock=facts.screen_lock,
        set_up=facts.set_up,
        shown=plan["shown"],
    )


def _maker(found: Any) -> MakerFunction | None:  # noqa: ANN401 - a JSON object
    if found is None:
        return None
    return MakerFunction(
        menu=Text(zh=found["menu"]["zh"], en=found["menu"]["en"]),
        declared=found["declared"] == "declared",
        certainty=found["certainty"],
        source=found["source"],
    )
