"""The overwrite between two resets as a part of a job: asked for, cut short, lost, signed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag
from typing import Any, Final

import pytest

from certs.verdict import Status
from wipe_station.errors import EvidenceError, InvalidInputError
from wipe_station.journal_format import History, Record, parse
from wipe_station.phone_jobs.jobs import FOLDER, JOURNAL_NAME
from wipe_station.phone_jobs.replay import PhoneJob, replay_phone
from wipe_station.phone_jobs.runner import PhoneRun
from wipe_station.phone_links.adb_server import absent
from wipe_station.phone_links.hand import Tell
from wipe_station.phone_values import PhoneAction, Step
from wipe_station.phones.facts import Encryption
from wipe_station.phones.overwrite import FILE_BYTES, NOTHING, Overwritten
from wipe_station.phones.run import State
from wipe_station.records import Outcome
from wipe_station.tests.phone_bench import ANDROID, FILLED, PORT, Bench, ModelPhone, bench_at
from wipe_station.tests.test_phone_bench import (
    first_reset,
    photograph,
    second_reset,
    statement_of,
    verified,
)

PLAIN: Final = replace(ANDROID, encryption=Encryption.NONE, metadata_encrypted=False)
"""Of which a reset alone claims nothing."""
PARTLY: Final = replace(FILLED, size_bytes=FILLED.size_bytes // 2, whole=False)


def overwrite(bench: Bench) -> None:
    """Have the clerk choose the overwrite, and wait until it is over."""
    bench.bench.do(bench.job().job_id, PhoneRun.overwrite)
    bench.until(lambda: bench.job().overwritten)
    bench.state_is("between")


def ended_after(bench: Bench, phone: ModelPhone) -> dict[str, Any]:
    """Reset once more and photograph; return what was signed."""
    second_reset(bench, phone)
    photograph(bench)
    return statement_of(bench, bench.ended())


@pytest.mark.parametrize(
    ("done", "outcome"),
    [(FILLED, "verified"), (PARTLY, "indeterminate"), (NOTHING, "indeterminate")],
)
def test_overwrite__phone_that_is_not_encrypted__certified_only_if_it_was_whole(
    tmp_path: Path, done: Overwritten, outcome: str
) -> None:
    """Half of a plain storage says nothing of the other half; what was read back is stated."""
    phone = ModelPhone(facts=PLAIN, fills=lambda *_: done)
    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        between = first_reset(bench, phone)
        assert PhoneAction.OVERWRITE in between.actions
        overwrite(bench)
        assert (PhoneAction.OVERWRITE in bench.job().actions) is not done.whole
        said = ended_after(bench, phone)
        job = bench.ended()
        assert (job.outcome, phone.filled) == (outcome, 1)
        assert said["overwritten_bytes"] == done.size_bytes
        if outcome == "verified":
            assert verified(bench, job) is Status.ERASED
        else:
            assert said["notice"]["reason"]["code"] == "nothing-to-claim"


def test_overwrite__under_way__followed_and_cancelled_without_ending_the_job(
    tmp_path: Path,
) -> None:
    """Its progress is shown; giving up ends it alone, and the second reset goes on."""
    going = Flag()

    def fills(tell: Tell, stopped: Callable[[], bool]) -> Overwritten:
        tell(5, 20)
        going.wait(20)
        assert stopped()
        return PARTLY

    phone = ModelPhone(fills=fills)
    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        first_reset(bench, phone)
        bench.bench.do(bench.job().job_id, PhoneRun.overwrite)
        job = bench.until(lambda: bench.job() if bench.job().progress else None)
        assert job.progress is not None
        assert (job.progress.done_bytes, job.progress.total_bytes) == (5, 20)
        assert (job.step, job.actions) == (Step.WAIT, (PhoneAction.GIVE_UP,))
        with pytest.raises(InvalidInputError):
            bench.bench.do(job.job_id, PhoneRun.overwrite)
        bench.bench.do(job.job_id, PhoneRun.give_up)
        going.set()
        between = bench.state_is("between")
        assert between.progress is None
        said = ended_after(bench, phone)
    assert said["type"] == "certificate-of-phone-erasure"
    assert said["overwritten_bytes"] == PARTLY.size_bytes


def test_overwrite__cable_pulled__nothing_counts_and_the_phone_is_looked_at_again(
    tmp_path: Path,
) -> None:
    """Whatever was written before it went is not counted."""
    with bench_at(tmp_path) as bench:

        def fills(*_: object) -> Overwritten:
            bench.pull()
            raise absent()

        phone = ModelPhone(facts=PLAIN, fills=fills)
        bench.plug(phone)
        first_reset(bench, phone)
        bench.bench.do(bench.job().job_id, PhoneRun.overwrite)
        bench.state_is("away")
        bench.presence.put(PORT, phone)
        bench.bench.wake()
        bench.state_is("between")
        assert bench.job().overwritten is None
        said = ended_after(bench, phone)
    assert said["overwritten_bytes"] == 0
    assert said["notice"]["reason"]["code"] == "nothing-to-claim"


def test_overwrite__done_and_then_away_unasked__lost(tmp_path: Path) -> None:
    """Nobody knows what happened to a phone that went away before its second reset."""
    phone = ModelPhone(facts=PLAIN)
    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        first_reset(bench, phone)
        overwrite(bench)
        bench.pull()
        bench.state_is("away")
        bench.presence.put(PORT, phone)
        bench.bench.wake()
        job = bench.state_is("between")
        assert job.overwritten is None
        assert PhoneAction.OVERWRITE in job.actions
        said = ended_after(bench, phone)
    assert said["overwritten_bytes"] == 0


def test_overwrite__adb_breaks_off_and_the_phone_stays__nothing_and_again(tmp_path: Path) -> None:
    """A broken line is no end of the job: it may be tried anew."""
    phone = ModelPhone()

    def fills(*_: object) -> Overwritten:
        phone.fills = lambda *_: FILLED
        raise absent()

    phone.fills = fills
    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        first_reset(bench, phone)
        overwrite(bench)
        shown = bench.job().overwritten
        assert shown is not None
        assert "does not count" in shown.en
        bench.bench.do(bench.job().job_id, PhoneRun.overwrite)
        bench.until(lambda: phone.filled == 2 and bench.job().state.value == "between")
        said = ended_after(bench, phone)
    assert said["overwritten_bytes"] == FILLED.size_bytes


@pytest.mark.parametrize("identity", [False, None])
def test_overwrite__perhaps_another_phone__not_touched(
    tmp_path: Path, identity: bool | None
) -> None:
    """Nobody fills the phone of a customer that was plugged in for a moment."""
    phone = ModelPhone()
    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        first_reset(bench, phone)
        phone.identity = identity
        overwrite(bench)
        assert phone.filled == 0
        phone.identity = True
        said = ended_after(bench, phone)
    assert said["overwritten_bytes"] == 0


def test_overwrite__more_than_the_phone_has__counts_for_nothing(tmp_path: Path) -> None:
    """A phone that reads back more than it can hold is believed nothing."""
    files = 128_000_000_000 // FILE_BYTES + 1
    much = replace(FILLED, files=files, size_bytes=files * FILE_BYTES)
    phone = ModelPhone(facts=PLAIN, fills=lambda *_: much)
    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        first_reset(bench, phone)
        overwrite(bench)
        said = ended_after(bench, phone)
    assert said["overwritten_bytes"] == 0
    assert said["notice"]["reason"]["code"] == "nothing-to-claim"


def test_overwrite__phone_that_cannot_or_not_the_time__not_offered(tmp_path: Path) -> None:
    """By file transfer there is no overwrite; before the first reset, none either."""
    phone = ModelPhone(can_overwrite=False)
    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        bench.agree()
        job = bench.press()
        with pytest.raises(InvalidInputError, match="Nothing is overwritten now"):
            bench.bench.do(job.job_id, PhoneRun.overwrite)
        bench.state_is("asked")
        bench.reset_and_return(phone)
        phone.readable = True
        bench.bench.do(job.job_id, PhoneRun.look)
        assert PhoneAction.OVERWRITE not in bench.state_is("between").actions


def test_station__stops_while_the_phone_fills_itself__notice_at_the_next_start(
    tmp_path: Path,
) -> None:
    """The run ends at once; what was not seen to its end is not certified."""
    begun = Flag()

    def fills(_: Tell, stopped: Callable[[], bool]) -> Overwritten:
        begun.set()
        while not stopped():
            pass
        return FILLED

    phone = ModelPhone(facts=replace(PLAIN, set_up=True), fills=fills)
    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        first_reset(bench, phone)
        bench.bench.do(bench.job().job_id, PhoneRun.overwrite)
        assert begun.wait(20)
    with bench_at(tmp_path) as bench:
        said = statement_of(bench, bench.job())
    assert said["notice"]["reason"]["code"] == "station-stopped"
    assert (said["overwritten_bytes"], said["against"]) == (0, [])


# --- the replay -----------------------------------------------------------------------------------


@pytest.fixture(scope="module", name="records")
def _records(tmp_path_factory: pytest.TempPathFactory) -> tuple[Record, ...]:
    """Return the journal of a job with an overwrite, up to its end."""
    state, phone = tmp_path_factory.mktemp("state"), ModelPhone(facts=PLAIN)
    with bench_at(state) as bench:
        bench.plug(phone)
        first_reset(bench, phone)
        overwrite(bench)
        ended_after(bench, phone)
        job_id = bench.job().job_id
    path = state / FOLDER / job_id / JOURNAL_NAME
    return parse(path.read_bytes(), str(path)).records


def place_of(records: tuple[Record, ...], **data: object) -> int:
    """Return where the first record with these data stands."""
    return next(i for i, each in enumerate(records) if data.items() <= each.data.items())


def replayed(records: tuple[Record, ...]) -> PhoneJob:
    """Replay a journal."""
    return replay_phone(History(records=records, head_sha256="", torn_bytes=0))


def test_replay__whole_overwrite__is_evidence(records: tuple[Record, ...]) -> None:
    """The journal as it was written carries its claim."""
    job = replayed(records)
    assert job.evidence.overwritten_bytes == FILLED.size_bytes
    assert job.outcome is Outcome.VERIFIED


@pytest.mark.parametrize(
    "changes",
    [
        {"bytes": -1},
        {"bytes": True},
        {"bytes": 1.5},
        {"bytes": 128_000_000_001, "files": 10_000},
        {"bytes": FILLED.files * FILE_BYTES + 1},
        {"bytes": FILLED.files - 1},
        {"files": -1},
        {"files": 0},
        {"bytes": 0, "files": 0},
        {"whole": 1},
        {"sha256": None},
    ],
    ids=str,
)
def test_replay__overwrite_that_cannot_have_been__contradicts_itself(
    records: tuple[Record, ...], changes: dict[str, Any]
) -> None:
    """Never less than nothing, never more than its files or the phone hold."""
    at = place_of(records, whole=True)
    changed = replace(records[at], data=records[at].data | changes)
    with pytest.raises(EvidenceError):
        replayed((*records[:at], changed, *records[at + 1 :]))


def test_replay__overwrite_out_of_its_time__contradicts_itself(records: tuple[Record, ...]) -> None:
    """It counts while the phone fills itself, once, and at no other time."""
    at = place_of(records, whole=True)
    line, begun = records[at], records[at - 1]
    assert begun.data == {"event": "overwrite-begun"}
    rest = records[:at] + records[at + 1 :]
    twice = (*records[:at], line, *records[at:])
    for where in range(1, len(rest)):
        if where != at:
            with pytest.raises(EvidenceError):
                replayed((*rest[:where], line, *rest[where:]))
    for others in (twice, rest):  # said twice, and ended without a word
        with pytest.raises(EvidenceError):
            replayed(others)


def test_replay__phone_went_while_it_filled_itself__lost(records: tuple[Record, ...]) -> None:
    """What was said of an overwrite whose phone went away is not counted."""
    at = place_of(records, whole=True)
    went = replace(records[at], kind="event", data={"event": "went"})
    job = replayed((*records[: at + 1], went))
    assert (job.state, job.evidence.overwritten_bytes) == (State.AWAY, 0)
    assert not job.evidence.overwritten_whole
