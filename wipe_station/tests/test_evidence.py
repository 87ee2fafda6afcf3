"""What a journal proves: only a whole, flushed, fully verified job is VERIFIED.

Longer than other rooms: one list of contradictions, so that whoever audits reads all of them.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from certs.formats import statement_v1
from grading.library import DEFAULT_RULESET, ruleset_named
from wipe_station.errors import EvidenceError
from wipe_station.evidence import Attempt, PassEvidence, replay
from wipe_station.records import Outcome
from wipe_station.run_state import TRANSITIONS, Kind, State, next_state, outcome_of
from wipe_station.statement import Issue, build_statement
from wipe_station.tests.jobs import (
    DISKSEQ,
    JOB_ID,
    REASON,
    SAMPLED_SIZE,
    SIZE,
    Step,
    checkpoint,
    clean,
    completed,
    damaged_job,
    excepted,
    found,
    intent,
    interrupted_job,
    plan_record,
    probed_job,
    probed_with_damage_job,
    refused,
    replug_asked,
    replugged_job,
    sampled_intent,
    sampled_job,
    verify_intent,
    whole_job,
    write,
)

RULES = ruleset_named(DEFAULT_RULESET)
ISSUE = Issue(
    utc_offset="+08:00",
    issued_at="2026-11-24T00:00:00Z",
    key_id="ab" * 32,
    practice_key=True,
    ruleset=RULES,
    log={"log_origin": "none"},
)

FAILED_PASS = [
    plan_record(),
    intent(1),
    (
        Kind.PASS_FAILED,
        {"number": 1, "worker": "1@1", "durable_bytes": 512, "flushed": False, "reason": REASON},
    ),
]
FAILED_VERIFICATION = [
    *whole_job()[:-1],
    (
        Kind.VERIFY_FAILED,
        {
            "worker": "9@1",
            "verified_bytes": SIZE - 512,
            "mismatched_bytes": 512,
            "unread_bytes": 0,
            "first_mismatch_byte": 7,
            "reason": REASON,
        },
    ),
]
FALSE_CAPACITY = [
    *probed_job()[:5],
    (Kind.PROBES_FAILED, {"worker": "p@2", "verified_bytes": SIZE - 4096, "reason": REASON}),
]
ABANDONED = [plan_record(), intent(1), (Kind.ABORTED, {"reason": REASON})]
BAD_PROBES = ((1 << 17, (1 << 17) + 512), (1 << 19, (1 << 19) + 4096))
JOBS = {
    "whole": whole_job(),
    "interrupted": interrupted_job(),
    "failed pass": FAILED_PASS,
    "failed verification": FAILED_VERIFICATION,
    "abandoned": ABANDONED,
    "probed": probed_job(),
    "false capacity": FALSE_CAPACITY,
    "damaged": damaged_job(),
    "sampled": sampled_job(),
    "sampled, then all of it": [
        *sampled_job()[:4],
        refused(0, 512, "read"),
        (Kind.VERIFY_INTENT, {"pass_number": 1}),
        clean(verified_bytes=SAMPLED_SIZE),
    ],
    "damaged probes": probed_with_damage_job(*BAD_PROBES),
    "re-plugged": replugged_job(),
}


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("whole", Outcome.VERIFIED),
        ("interrupted", Outcome.VERIFIED),
        ("failed pass", Outcome.FAILED),
        ("failed verification", Outcome.FAILED),
        ("abandoned", Outcome.ABORTED),
        ("probed", Outcome.VERIFIED),
        ("false capacity", Outcome.FAILED),
        ("damaged", Outcome.VERIFIED_WITH_EXCEPTIONS),
        ("sampled", Outcome.VERIFIED),
        ("sampled, then all of it", Outcome.VERIFIED),
        ("damaged probes", Outcome.VERIFIED_WITH_EXCEPTIONS),
        ("re-plugged", Outcome.VERIFIED),
    ],
)
def test_replay__ended_jobs__outcome_recomputed(
    tmp_path: Path, name: str, outcome: Outcome
) -> None:
    """The outcome follows from the records alone."""
    assert replay(write(tmp_path, JOBS[name]).history()).outcome is outcome


@pytest.mark.parametrize("name", JOBS)
def test_replay__every_prefix__indeterminate_and_an_honest_notice(
    tmp_path: Path, name: str
) -> None:
    """Stopped after any record, a job is indeterminate; its notice keeps the schema and the key."""
    steps = JOBS[name]
    for count in range(1, len(steps)):
        job = replay(write(tmp_path, steps[:count], f"{count}.jsonl").history())
        assert job.outcome is Outcome.INDETERMINATE
        statement = build_statement(job, ISSUE)
        statement_v1.check(statement)
        assert statement["type"] == "notice"
        assert "key_hex" not in str(statement["passes"])


@pytest.mark.parametrize("name", JOBS)
def test_build_statement__ended_jobs__keep_the_schema(tmp_path: Path, name: str) -> None:
    """Every way a job can end has a statement that the schema accepts."""
    job = replay(write(tmp_path, JOBS[name]).history())
    statement = build_statement(job, ISSUE)
    statement_v1.check(statement)
    assert (statement["type"] == "notice") == (job.outcome is not Outcome.VERIFIED)
    assert statement["id"] == (JOB_ID if job.outcome is Outcome.VERIFIED else JOB_ID + "-n1")


def test_replay__interrupted_job__tells_of_every_interruption(tmp_path: Path) -> None:
    """A certificate after trouble lists when, why, and what was read back before going on."""
    job = replay(write(tmp_path, interrupted_job()).history())
    told = [(i.what, i.tail_verified_bytes, i.resumed_at is not None) for i in job.interruptions]
    assert told == [
        ("station-stopped", SIZE // 2, True),
        ("worker-died", None, True),
        ("worker-died", SIZE, True),
    ]


@pytest.mark.parametrize(
    ("count", "outcome"), [(1, "incomplete"), (5, "incomplete"), (6, "fit"), (10, "fit")]
)
def test_build_statement__probes__told_as_far_as_they_came(
    tmp_path: Path, count: int, outcome: str
) -> None:
    """Probes are incomplete until all were read back, and failed if they came back wrong."""
    job = replay(write(tmp_path, probed_job()[:count]).history())
    assert build_statement(job, ISSUE)["probes"]["outcome"] == outcome
    failed = replay(write(tmp_path, FALSE_CAPACITY, "failed.jsonl").history())
    assert build_statement(failed, ISSUE)["probes"]["outcome"] == "failed"
    plain = replay(write(tmp_path, whole_job(), "plain.jsonl").history())
    assert "probes" not in build_statement(plain, ISSUE)


@pytest.mark.parametrize(
    ("count", "code"), [(5, "station-stopped"), (11, "worker-died"), (12, "station-stopped")]
)
def test_build_statement__interrupted__reason_is_the_open_interruption(
    tmp_path: Path, count: int, code: str
) -> None:
    """A notice names why the job stands still now, not why it stood still once."""
    job = replay(write(tmp_path, interrupted_job()[:count]).history())
    assert build_statement(job, ISSUE)["notice"]["reason"]["code"] == code


def replaced(steps: list[Step], index: int, *others: Step) -> list[Step]:
    """Return the steps with one of them exchanged."""
    return [*steps[:index], *others, *steps[index + 1 :]]


CONTRADICTIONS: dict[str, Callable[[], list[Step]]] = {
    "no plan": lambda: whole_job()[1:],
    "pass left out": lambda: replaced(replaced(whole_job(), 4), 3),
    "pass out of order": lambda: [plan_record(), intent(2)],
    "verified before written": lambda: [*whole_job()[:5], verify_intent(), clean()],
    "result without intent": lambda: replaced(whole_job(), 1),
    "not flushed": lambda: replaced(whole_job(), 2, completed(1, flushed=False)),
    "short count": lambda: replaced(whole_job(), 2, completed(1, completed_bytes=SIZE - 512)),
    "short reach": lambda: replaced(whole_job(), 2, completed(1, durable_bytes=SIZE - 512)),
    "beyond the device": lambda: replaced(whole_job(), 2, completed(1, durable_bytes=SIZE + 512)),
    "gap": lambda: [
        *(plan_record(), intent(1), checkpoint(1, 512), (Kind.RESUMED, {}), intent(1, 1024))
    ],
    "mark beyond the device": lambda: [plan_record(), intent(1), checkpoint(1, SIZE + 512)],
    "progress went back": lambda: [
        *(plan_record(), intent(1), checkpoint(1, 1024), checkpoint(1, 512))
    ],
    "pattern changed": lambda: replaced(
        whole_job(),
        1,
        intent(1),
        (Kind.RESUMED, {}),
        (Kind.PASS_INTENT, intent(2)[1] | {"number": 1}),
    ),
    "verified less": lambda: replaced(whole_job(), 8, clean(verified_bytes=SIZE - 512)),
    "verified with unread": lambda: replaced(whole_job(), 8, clean(unread_bytes=512)),
    "verified by the writer": lambda: replaced(whole_job(), 8, clean(worker="3@1")),
    "verified another pass": lambda: replaced(
        whole_job(), 7, (Kind.VERIFY_INTENT, {"pass_number": 2})
    ),
    "goes on after its end": lambda: [*whole_job(), intent(1)],
    "pass before the probes": lambda: [probed_job()[0], *probed_job()[6:]],
    "pass after probes that were interrupted": lambda: [*probed_job()[:3], intent(1)],
    "pass before the probes fitted": lambda: [*probed_job()[:5], *probed_job()[6:]],
    "probes nobody planned": lambda: [whole_job()[0], probed_job()[1]],
    "probes read by their writer": lambda: replaced(
        probed_job(), 5, (Kind.PROBES_FIT, probed_job()[5][1] | {"worker": "p@1"})
    ),
    "probes read in part": lambda: replaced(
        probed_job(), 5, (Kind.PROBES_FIT, probed_job()[5][1] | {"verified_bytes": SIZE - 512})
    ),
    "probes not flushed": lambda: replaced(
        probed_job(), 4, (Kind.PROBES_WRITTEN, probed_job()[4][1] | {"flushed": False})
    ),
    "probes that lack too much": lambda: probed_with_damage_job(
        (1 << 17, 1 << 18), *BAD_PROBES[1:]
    ),
    "probes that lack the end": lambda: probed_with_damage_job(BAD_PROBES[0], (SIZE - 512, SIZE)),
    "probes with a place forgotten": lambda: replaced(JOBS["damaged probes"], 4),
    "probes never written": lambda: replaced(probed_job(), 4),
    "sample that nobody planned": lambda: [*whole_job()[:7], sampled_intent()],
    "sample of fewer places": lambda: replaced(sampled_job(), 3, sampled_intent(count=2)),
    "sample read in part": lambda: replaced(sampled_job(), 4, clean(verified_bytes=3 << 20)),
    "sample called all of it": lambda: replaced(
        sampled_job(), 4, clean(verified_bytes=SAMPLED_SIZE)
    ),
    "sample read for all of it": lambda: replaced(
        sampled_job(), 3, (Kind.VERIFY_INTENT, {"pass_number": 1})
    ),
    "sample after a bad place": lambda: [
        *sampled_job()[:2],
        refused(0, 512),
        completed(1, completed_bytes=SAMPLED_SIZE - 512, durable_bytes=SAMPLED_SIZE),
        sampled_intent(),
    ],
    "sample with a bad place called clean": lambda: [
        *sampled_job()[:4],
        refused(0, 512, "read"),
        sampled_job()[4],
    ],
    "sample with exceptions": lambda: [
        *sampled_job()[:4],
        refused(0, 512, "read"),
        (Kind.VERIFY_WITH_EXCEPTIONS, excepted(512)[1] | {"verified_bytes": SAMPLED_SIZE - 512}),
    ],
    "read back without a re-plug": lambda: [*replugged_job()[:3], *replugged_job()[8:]],
    "read back before the re-plug": lambda: [*replugged_job()[:6], *replugged_job()[8:]],
    "read back after nothing but a resume": lambda: [*replugged_job()[:5], *replugged_job()[8:]],
    "re-plug before anybody asked": lambda: replaced(replaced(replugged_job(), 5), 3),
    "re-plug that nobody planned": lambda: [*whole_job()[:7], replug_asked()],
    "re-plug in a pass": lambda: [*replugged_job()[:2], replug_asked()],
    "re-plug asked before a pass": lambda: [replugged_job()[0], found(DISKSEQ), replug_asked()],
    "boolean for a number": lambda: replaced(whole_job(), 8, clean(unread_bytes=False)),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_replay__contradiction__nothing_is_proven(tmp_path: Path, name: str) -> None:
    """A journal that contradicts itself or the table proves nothing and stops the line."""
    journal = write(tmp_path, CONTRADICTIONS[name]())
    with pytest.raises(EvidenceError):
        replay(journal.history())


def test_build_statement__sampled__never_more_than_was_read(tmp_path: Path) -> None:
    """A sampled verification states what was read, of what, by which seed, and what that proves."""
    statement = build_statement(replay(write(tmp_path, sampled_job()).history()), ISSUE)
    said = statement["verification"]
    assert said["kind"] == "sampled"
    assert said["verified_bytes"] == said["sample"]["sampled_units"] << 20
    assert said["verified_bytes"] + said["unread_bytes"] == SAMPLED_SIZE
    assert said["sample"]["units"] == 10
    assert "verification-sampled" in statement["not_checked"]
    full = build_statement(
        replay(write(tmp_path, JOBS["sampled, then all of it"], "f").history()), ISSUE
    )
    assert (full["verification"]["kind"], full["verification"]["unread_bytes"]) == ("full", 0)
    assert "verification-sampled" not in full["not_checked"], "nothing of that stays open"


def test_build_statement__damaged_probes__told_apart_from_the_passes(tmp_path: Path) -> None:
    """What probes lack is stated with them; the exceptions are what the passes met."""
    taken = [step for step in JOBS["damaged probes"] if step[0] is not Kind.REFUSED]
    at = next(n for n, (kind, _) in enumerate(taken) if kind is Kind.PASS_INTENT)
    mended = [*JOBS["damaged probes"][:8], taken[at], *probed_job()[7:]]
    lacking = sum(end - start for start, end in BAD_PROBES)
    for name, steps, left in (("bad", JOBS["damaged probes"], lacking), ("mended", mended, 0)):
        statement = build_statement(replay(write(tmp_path, steps, name).history()), ISSUE)
        assert statement["probes"]["refused_bytes"] == lacking
        assert statement["probes"]["outcome"] == "fit"
        assert statement["not_reached_bytes"] == left


def test_replay__tail_gone__pass_counts_from_zero(tmp_path: Path) -> None:
    """What was called durable and is not there takes the whole pass back."""
    steps = [
        plan_record(),
        intent(1),
        checkpoint(1, 4096),
        (Kind.RESUMED, {}),
        (Kind.TAIL_CHECKED, {"matched": False, "verified_bytes": 0}),
    ]
    current = replay(write(tmp_path, steps).history()).current_pass()
    assert current is not None
    assert current.written_bytes() == 0


def test_reached__gap_between_attempts__ends_before_it() -> None:
    """What lies behind a gap is durable, too, and proves nothing about the gap."""
    ranges = [(8192, SIZE), (0, 2048), (1024, 4096)]
    attempts = [
        Attempt(from_byte=start, to_byte=end, ended="interrupted", started_at="")
        for start, end in ranges
    ]
    each = PassEvidence(number=1, planned={}, attempts=attempts)
    assert each.reached_bytes() == each.written_bytes() == 4096


def test_build_statement__clock_behind_the_journal__refused(tmp_path: Path) -> None:
    """Nothing is signed by a clock that stands before the last record."""
    job = replay(write(tmp_path, whole_job()).history())
    early = replace(ISSUE, issued_at="2026-11-23T11:59:59Z")
    with pytest.raises(EvidenceError, match="clock"):
        build_statement(job, early)


def test_build_statement__production__claims_only_what_was_verified(tmp_path: Path) -> None:
    """The plan's claim stands on a certificate and on no notice, at the very second of signing."""
    kind, opening = plan_record()
    claim = {"category": "clear", "edition": "an edition", "reason": "a reason"}
    opening["plan"] |= {"practice": False, "claim": claim}
    erased = replay(write(tmp_path, [(kind, opening), *whole_job()[1:]]).history())
    broken = replay(write(tmp_path, [(kind, opening), *FAILED_PASS[1:]], "f.jsonl").history())
    issue = replace(ISSUE, issued_at=erased.last_utc, practice_key=False)
    assert build_statement(erased, issue)["claim"] == claim
    assert build_statement(broken, issue)["claim"]["category"] == "none"


def test_build_statement__practice_key_for_a_production_plan__refused(tmp_path: Path) -> None:
    """A practice key never signs a production document."""
    kind, opening = plan_record()
    opening["plan"]["practice"] = False
    job = replay(write(tmp_path, [(kind, opening), *whole_job()[1:]]).history())
    with pytest.raises(EvidenceError, match="practice key"):
        build_statement(job, ISSUE)


def test_transitions__every_pair__only_the_table_allows() -> None:
    """Final states are left by nothing, and only VERIFY_CLEAN leads to VERIFIED."""
    for state, kind in itertools.product(State, Kind):
        after = next_state(state, kind)
        if after is State.VERIFIED and state is not State.VERIFIED:
            assert (state, kind) == (State.VERIFYING, Kind.VERIFY_CLEAN)
        if state in (State.VERIFIED, State.FAILED, State.ABORTED):
            assert after in (None, state)
    assert set(TRANSITIONS) == set(State)


def test_outcome_of__unfinished_states__indeterminate() -> None:
    """An intent without a result proves nothing."""
    unfinished = set(State) - {State.VERIFIED, State.EXCEPTIONS, State.FAILED, State.ABORTED}
    assert {outcome_of(state) for state in unfinished} == {Outcome.INDETERMINATE}


def test_statement__damaged__every_range_once_under_the_worse_word(tmp_path: Path) -> None:
    """Bad sectors are listed with their bytes; the passes say that they are not whole."""
    job = replay(write(tmp_path, damaged_job()).history())
    statement = build_statement(job, ISSUE)
    assert statement["outcome"] == "verified-with-exceptions"
    assert statement["notice"]["kind"] == "failed"
    assert statement["not_reached"] == [
        {"from_byte": 4096, "to_byte": 4608, "what": "unwritten"},
        {"from_byte": 8192, "to_byte": 12288, "what": "unwritten"},
        {"from_byte": 65536, "to_byte": 66048, "what": "unverified"},
    ]
    assert statement["not_reached_bytes"] == 512 + 4096 + 512
    passes = [(each["outcome"], SIZE - each["written_bytes"]) for each in statement["passes"]]
    assert passes == [("incomplete", 512), ("incomplete", 512), ("incomplete", 512 + 4096)]
    assert statement["measures"]["io_errors"] == 6
    assert "key_hex" in statement["passes"][-1]["pattern"], "anybody may recheck the rest"


BAD_FIRST_PASS = [
    *(plan_record(), intent(1), refused(0, 512), completed(1, completed_bytes=SIZE - 512)),
    *(intent(2), completed(2), intent(3), completed(3), verify_intent()),
]
WHOLE_PASSES = whole_job()[:-1]


@pytest.mark.parametrize(
    "steps",
    [
        [*BAD_FIRST_PASS, clean()],
        [*WHOLE_PASSES, excepted(0)],
        [*WHOLE_PASSES, excepted(512)],
        [*WHOLE_PASSES, refused(0, 512, "read"), clean()],
        [*WHOLE_PASSES, refused(0, 512, "read"), excepted(1024)],
        [*WHOLE_PASSES, refused(0, 512, "read"), excepted(0)],
        [*WHOLE_PASSES, refused(0, 512, "read"), excepted(512, mismatched_bytes=512)],
        [*WHOLE_PASSES, refused(0, 512, "read"), excepted(512, worker="3@1")],
        [*damaged_job()[:3], completed(1)],
        [*damaged_job()[:3], completed(1, completed_bytes=SIZE - 1024)],
        [plan_record(), intent(1), checkpoint(1, SIZE // 2), refused(4096, 4608)],
        [plan_record(), intent(1), refused(SIZE - 512, SIZE + 512)],
        [plan_record(), intent(1), refused(512, 512)],
        [plan_record(), refused(0, 512)],
        [*damaged_job()[:9], refused(0, 512)],
    ],
    ids=range(15),
)
def test_replay__places_refused__that_do_not_add_up__contradiction(
    tmp_path: Path, steps: list[Step]
) -> None:
    """No byte is lost between what was refused, what was moved, and what was read back."""
    with pytest.raises(EvidenceError):
        replay(write(tmp_path, steps).history())


def test_replay__damaged_first_pass_and_clean_reading__exceptions(tmp_path: Path) -> None:
    """A byte that one pass did not reach is told, although a later pass reached it."""
    job = replay(write(tmp_path, [*BAD_FIRST_PASS, excepted(0)]).history())
    assert job.outcome is Outcome.VERIFIED_WITH_EXCEPTIONS
    statement = build_statement(job, ISSUE)
    statement_v1.check(statement)
    assert (statement["not_reached"], statement["passes"][0]["outcome"]) == ([], "incomplete")
