"""The journal of a phone's erasure: what it proves, and what it must not be able to say."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.errors import EvidenceError
from wipe_station.journal_format import History, Record
from wipe_station.phone_jobs.plan import PhonePlan
from wipe_station.phone_jobs.record import Kind, facts_json, facts_of, look_json, look_of
from wipe_station.phone_jobs.replay import PhoneJob, canary_after, replay_phone
from wipe_station.phones.canary import Canary
from wipe_station.phones.evidence import Evidence
from wipe_station.phones.facts import Encryption, Form, PhoneFacts, System, VerifiedBoot
from wipe_station.phones.routes import Link, Route
from wipe_station.phones.run import Event, State
from wipe_station.records import Outcome
from wipe_station.tests.phone_bench import ANDROID

PLAN = PhonePlan(
    practice=True,
    port="1-4",
    route=Route.SETTINGS,
    facts=ANDROID,
    link=Link.ADB,
    usb_serial="USB0001",
    shown=(),
    maker=None,
)
Line = tuple[Kind, dict[str, Any]]
PLANTED: Line = (Kind.CANARY, {"planted": True, "name": "a" * 32, "sha256": "b" * 64})
GONE: Line = (Kind.LOOK, {"canary": "gone", "same_identity": True})
PHOTO: Line = (Kind.PHOTO, {"sha256": "c" * 64, "bytes": 9})


def happened(*events: Event) -> list[Line]:
    """Return lines for events."""
    return [(Kind.EVENT, {"event": event.value}) for event in events]


AWAY_AND_BACK = happened(Event.OWNER_PRESSED, Event.WENT, Event.RETURNED)
WHOLE: list[Line] = [
    PLANTED,
    *AWAY_AND_BACK,
    GONE,
    *happened(Event.SHOWN),
    *AWAY_AND_BACK,
    (Kind.LOOK, {"canary": "unreadable", "same_identity": True}),
    PHOTO,
    *happened(Event.SHOWN),
]


def replayed(lines: list[Line], plan: PhonePlan = PLAN) -> PhoneJob:
    """Return what a journal of these lines proves."""
    opening = {
        "plan": plan.to_json(),
        "plan_sha256": plan.sha256(),
        "job_id": "20261129T120000Z-0badcafe",
        "software": {"name": "wipe-station"},
    }
    all_lines: list[Line] = [(Kind.PLAN, opening), *lines]
    records = tuple(
        Record(
            number=number,
            kind=kind.value,
            utc=f"2026-11-29T12:{number:02d}:00Z",
            boot_id="boot",
            monotonic_ns=str(number),
            data=data,
        )
        for number, (kind, data) in enumerate(all_lines)
    )
    return replay_phone(History(records=records, head_sha256="d" * 64, torn_bytes=0))


def test_replay__whole_run__verified_with_two_resets() -> None:
    """What was seen at the first reset stands; the second one adds the setup screen."""
    job = replayed(WHOLE)
    assert (job.state, job.outcome) == (State.ERASED, Outcome.VERIFIED)
    assert [(each.went_at, each.returned_at) for each in job.resets] == [
        ("2026-11-29T12:03:00Z", "2026-11-29T12:04:00Z"),
        ("2026-11-29T12:08:00Z", "2026-11-29T12:09:00Z"),
    ]
    assert job.canary is Canary.GONE
    assert job.claim.certifies


@pytest.mark.parametrize("cut", range(len(WHOLE)))
def test_replay__cut_anywhere__indeterminate(cut: int) -> None:
    """A journal that ends early proves nothing, wherever that is."""
    assert replayed(WHOLE[:cut]).outcome is Outcome.INDETERMINATE


@pytest.mark.parametrize("left_out", range(len(WHOLE) - 1))
def test_replay__one_line_left_out__never_verified(left_out: int) -> None:
    """Each line carries something: without it the rest contradicts itself, or proves less."""
    lines = WHOLE[:left_out] + WHOLE[left_out + 1 :]
    try:
        outcome = replayed(lines).outcome
    except EvidenceError:
        return
    assert outcome is not Outcome.VERIFIED


@pytest.mark.parametrize(
    "lines",
    [
        happened(Event.SHOWN),
        [PLANTED, *AWAY_AND_BACK, *happened(Event.SHOWN)],
        [PLANTED, *AWAY_AND_BACK, GONE, *happened(Event.NOT_SHOWN)],
        [
            PLANTED,
            *AWAY_AND_BACK,
            (Kind.LOOK, {"canary": "still-there", "same_identity": True}),
            *happened(Event.SHOWN),
        ],
        [*AWAY_AND_BACK, GONE],
        [GONE],
        [PHOTO],
        [PLANTED, *AWAY_AND_BACK, PLANTED],
        [(Kind.CANARY, {"planted": "yes"})],
        [(Kind.EVENT, {"event": "erased"})],
        [(Kind.EVENT, {})],
        [PLANTED, *AWAY_AND_BACK, (Kind.LOOK, {"canary": "gone", "same_identity": "yes"})],
        [PLANTED, *AWAY_AND_BACK, (Kind.PHOTO, {"sha256": 7})],
        [(Kind.PLAN, {})],
    ],
)
def test_replay__says_what_was_not_seen__refused(lines: list[Line]) -> None:
    """A finding without its evidence, a look out of its time, values that are none."""
    with pytest.raises(EvidenceError):
        replayed(lines)


@pytest.mark.parametrize(
    "facts",
    [
        replace(ANDROID, accounts=1),
        replace(ANDROID, accounts=None),
        replace(ANDROID, frp=True),
        PhoneFacts(system=System.IOS, find_my=True),
    ],
)
def test_replay__begun_at_a_shut_gate__refused(facts: PhoneFacts) -> None:
    """Nobody erases past a lock, and no journal says that somebody did."""
    with pytest.raises(EvidenceError, match="shut gate"):
        replayed(WHOLE, replace(PLAN, facts=facts))


def test_replay__photograph_of_the_first_reset__does_not_count_for_the_second() -> None:
    """Each reset has a setup screen of its own."""
    lines: list[Line] = [
        PLANTED,
        *AWAY_AND_BACK,
        PHOTO,
        GONE,
        *happened(Event.SHOWN),
        *AWAY_AND_BACK,
        (Kind.LOOK, {"canary": "unreadable", "same_identity": True}),
    ]
    job = replayed(lines)
    assert job.photo_sha256 is None
    with pytest.raises(EvidenceError):
        replayed([*lines, *happened(Event.SHOWN)])


SEEN = list(Canary)


@pytest.mark.parametrize("before", SEEN)
@pytest.mark.parametrize("seen", SEEN)
def test_canary__over_looks__there_outweighs_and_gone_stays(before: Canary, seen: Canary) -> None:
    """What was once seen there was not erased; what was gone cannot come back unseen."""
    after = canary_after(before, seen)
    assert (after is Canary.STILL_THERE) == (Canary.STILL_THERE in (before, seen))
    if after is not Canary.STILL_THERE:
        assert (after is Canary.GONE) == (Canary.GONE in (before, seen))


ANY_FACTS = st.builds(
    PhoneFacts,
    system=st.sampled_from(System),
    model=st.none() | st.text(max_size=20),
    imeis=st.lists(st.text("0123456789", min_size=14, max_size=16), max_size=2).map(tuple),
    api_level=st.none() | st.integers(1, 99),
    battery_ratio=st.none() | st.integers(0, 1000).map(lambda n: n / 1000),
    battery_celsius=st.none() | st.integers(-200, 800).map(lambda n: n / 10),
    encryption=st.none() | st.sampled_from(Encryption),
    verified_boot=st.none() | st.sampled_from(VerifiedBoot),
    accounts=st.none() | st.integers(0, 9999),
    frp=st.none() | st.booleans(),
)


@given(facts=ANY_FACTS)
def test_facts__written_and_read__the_same(facts: PhoneFacts) -> None:
    """What a journal keeps of a phone is what was known, no more and no less."""
    assert facts_of(facts_json(facts)) == facts


@pytest.mark.parametrize(
    "wrong",
    [
        {"system": "symbian"},
        {"system": "android", "accounts": "2"},
        {"system": "android", "accounts": True},
        {"system": "android", "frp": 1},
        {"system": "android", "battery_ratio_thousandths": 0.5},
        {"system": "android", "battery_ratio": 0.5},
        {"system": "android", "imeis": [353644930127905]},
        {"system": "android", "owner": "Jane"},
        {},
    ],
)
def test_facts__of_another_kind_or_name__refused(wrong: dict[str, Any]) -> None:
    """A value that is none, a name that no fact has, and none at all."""
    with pytest.raises((KeyError, TypeError, ValueError)):
        facts_of(wrong)


def test_look__written_and_read__the_same() -> None:
    """Unknown stays unknown over the journal."""
    seen = Evidence(
        before=ANDROID,
        after=replace(ANDROID, accounts=0, set_up=False),
        same_identity=True,
        canary=Canary.GONE,
        personal_files=0,
        trust_kept=False,
    )
    read = look_of(look_json(seen))
    assert (read.canary, read.after, read.personal_files) == (Canary.GONE, seen.after, 0)
    assert read.truths == {"same_identity": True, "trust_kept": False}


def test_facts__every_field__can_be_kept() -> None:
    """A fact that somebody adds is kept, or this says that it is not."""
    full = replace(
        ANDROID,
        form=Form.TABLET,
        device_id="00008110-001A2B3C4D5E801E",
        patch_level="2026-10-05",
        battery_health_ratio=0.87,
        battery_cycles=311,
        battery_celsius=31.5,
        find_my=False,
        supervised=False,
    )
    assert [each.name for each in fields(full) if getattr(full, each.name) in (None, ())] == []
    assert facts_of(facts_json(full)) == full


UNKNOWN: Line = (Kind.LOOK, {"canary": "gone"})
OURS: Line = (Kind.LOOK, {"canary": "none", "same_identity": True})


def test_replay__gone_from_a_phone_that_may_be_another__says_nothing_of_ours() -> None:
    """A stranger lacks our file, too: it must not be added up with the identity of our phone."""
    lines = [PLANTED, *AWAY_AND_BACK, UNKNOWN, *happened(Event.WENT, Event.RETURNED), OURS]
    assert replayed(lines).canary is Canary.NONE
    with pytest.raises(EvidenceError):
        replayed([*lines, *happened(Event.SHOWN)])


def test_replay__phone_went_since_it_was_looked_at__looked_at_and_photographed_anew() -> None:
    """Who comes back is not known: neither the old look nor the old photograph is about it."""
    last: list[Line] = [(Kind.LOOK, {"canary": "unreadable", "same_identity": True})]
    began = [*WHOLE[:9], *last]
    away = happened(Event.WENT, Event.RETURNED)
    for lines in ([*began, *away, PHOTO], [*WHOLE[:9], PHOTO, *away, *last]):
        with pytest.raises(EvidenceError):
            replayed([*lines, *happened(Event.SHOWN)])
