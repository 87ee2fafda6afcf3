"""Journals of jobs, record by record, as the engine writes them; shared by several tests."""

from pathlib import Path
from typing import Any

from wipe_station.detect.classify import classify
from wipe_station.journal import Journal
from wipe_station.methods import all_methods
from wipe_station.overwrite.sampling import SEED_BYTES, share_of
from wipe_station.plan import make_plan
from wipe_station.policies import all_policies
from wipe_station.reasons import interruption
from wipe_station.run_state import Kind
from wipe_station.testing import FakeClock, raw_disk, raw_snapshot

SIZE = 1 << 20
DISKSEQ = 50
JOB_ID = "20261123T120000Z-0badcafe"
STREAM = {"kind": "stream", "stream": "xts128-1mib-v1", "key_hex": "01" * 16 + "02" * 16}
REASON = {"code": "worker-died", "zh": "停了。", "en": "It stopped."}

Step = tuple[Kind, dict[str, Any]]


def plan_record(**attrs: str) -> Step:
    """Return the opening of a gb-46864 job on a 1 MiB disk, which may say more about itself."""
    device = classify(raw_snapshot({"sda": raw_disk(attrs=attrs)})).devices[0]
    policy = all_policies()["gb-46864"]
    method = all_methods()["zero-one-random"]
    plan = make_plan(device, policy, method, practice_keys=True)
    software = {"name": "wipe-station", "version": "0", "source_sha256": "ab" * 32}
    return Kind.PLAN, {
        "job_id": JOB_ID,
        "plan": plan.to_json(),
        "plan_sha256": plan.sha256(),
        "software": software,
    }


def intent(number: int, from_byte: int = 0) -> Step:
    """Return the intent of a pass of that plan."""
    pattern = {1: {"kind": "fixed", "bytes_hex": "00"}, 2: {"kind": "fixed", "bytes_hex": "ff"}}
    shown = pattern.get(number, STREAM)
    return Kind.PASS_INTENT, {"number": number, "pattern": shown, "from_byte": from_byte}


def checkpoint(number: int, durable: int) -> Step:
    """Return a checkpoint of a pass."""
    return Kind.CHECKPOINT, {"number": number, "durable_bytes": durable}


def completed(number: int, from_byte: int = 0, **changes: Any) -> Step:
    """Return the result of a pass that reached the end."""
    result = {
        "number": number,
        "worker": f"{number}@1",
        "completed_bytes": SIZE - from_byte,
        "durable_bytes": SIZE,
        "flushed": True,
        "failures": [],
    }
    return Kind.PASS_COMPLETED, result | changes


def verify_intent() -> Step:
    """Return the intent to verify the last pass."""
    return Kind.VERIFY_INTENT, {"pass_number": 3}


def clean(**changes: Any) -> Step:
    """Return a verification in which everything fitted."""
    result = {
        "worker": "9@1",
        "verified_bytes": SIZE,
        "mismatched_bytes": 0,
        "unread_bytes": 0,
        "mismatches": [],
        "failures": [],
    }
    return Kind.VERIFY_CLEAN, result | changes


def whole_job() -> list[Step]:
    """Return the records of a job without any trouble."""
    passes = [step for number in (1, 2, 3) for step in (intent(number), completed(number))]
    return [plan_record(), *passes, verify_intent(), clean()]


def probed_job() -> list[Step]:
    """Return the records of a job by zeros: killed while probing, probed again, written."""
    device = classify(raw_snapshot({"sda": raw_disk()})).devices[0]
    plan = make_plan(device, None, all_methods()["zero"], practice_keys=True)
    _, opening = plan_record()
    opening |= {"plan": plan.to_json(), "plan_sha256": plan.sha256()}
    probing = (Kind.PROBE_INTENT, {"pattern": STREAM})
    written = {"worker": "p@1", "completed_bytes": SIZE, "flushed": True, "failures": []}
    fit = {"worker": "p@2", "verified_bytes": SIZE, "failures": []}
    return [
        (Kind.PLAN, opening),
        probing,
        (Kind.RESUMED, {"node": "/dev/sda", "identity_strength": "medium"}),
        probing,
        (Kind.PROBES_WRITTEN, written),
        (Kind.PROBES_FIT, fit),
        intent(1),
        completed(1),
        (Kind.VERIFY_INTENT, {"pass_number": 1}),
        clean(),
    ]


def probed_with_damage_job(*places: tuple[int, int]) -> list[Step]:
    """Return the records of a job by zeros whose probes and pass go around bad sectors.

    Args:
        places: refused when the probes were written; the last one when they were read.
    """
    records = probed_job()
    *unwritten, unread = (refused(*place) for place in places)
    lost = [end - start for start, end in places]
    (kind, written), (fits, read) = records[4:6]
    written = written | {"completed_bytes": SIZE - sum(lost[:-1])}
    read = read | {"verified_bytes": SIZE - sum(lost), "unread_bytes": sum(lost)}
    around = [refused(*place) for place in places]
    return [
        *records[:4],
        *unwritten,
        (kind, written),
        (unread[0], unread[1] | {"operation": "read"}),
        (fits, read),
        intent(1),
        *around,
        completed(1, completed_bytes=SIZE - sum(lost)),
        (Kind.VERIFY_INTENT, {"pass_number": 1}),
        excepted(sum(lost)),
    ]


SAMPLED_SIZE = 10 << 20
SEED = bytes(range(SEED_BYTES))


def sampled_intent(**changes: Any) -> Step:
    """Return the intent to read three of ten units back."""
    sample = {"seed_hex": SEED.hex(), "count": 3} | changes
    return Kind.VERIFY_INTENT, {"pass_number": 1, "sample": sample}


def sampled_job() -> list[Step]:
    """Return the records of a job of one random pass on 10 MiB, of which a sample is read back."""
    attrs = {"size": str(SAMPLED_SIZE // 512)}
    device = classify(raw_snapshot({"sda": raw_disk(attrs=attrs)})).devices[0]
    plan = make_plan(device, None, all_methods()["random"], practice_keys=True, sample_percent=25)
    _, opening = plan_record()
    opening |= {"plan": plan.to_json(), "plan_sha256": plan.sha256()}
    written = {"completed_bytes": SAMPLED_SIZE, "durable_bytes": SAMPLED_SIZE}
    return [
        (Kind.PLAN, opening),
        (Kind.PASS_INTENT, {"number": 1, "pattern": STREAM, "from_byte": 0}),
        completed(1, **written),
        sampled_intent(),
        clean(verified_bytes=share_of(SAMPLED_SIZE, SEED, 25).length_bytes()),
    ]


def replug_asked(diskseq: int = DISKSEQ) -> Step:
    """Return that the device is to be unplugged before it is read back."""
    return Kind.REPLUG_ASKED, {"diskseq": diskseq, "reason": interruption("replug-asked")}


def found(diskseq: int) -> Step:
    """Return that a job goes on, with the device under its number of now."""
    known = {"node": "/dev/sda", "identity_strength": "medium", "diskseq": diskseq}
    return Kind.RESUMED, known


def replugged_job() -> list[Step]:
    """Return the records of a job of one pass that was read back only after a re-plug."""
    device = classify(raw_snapshot({"sda": raw_disk()})).devices[0]
    plan = make_plan(device, None, all_methods()["random"], practice_keys=True, replug=True)
    _, opening = plan_record()
    opening |= {"plan": plan.to_json(), "plan_sha256": plan.sha256()}
    return [
        (Kind.PLAN, opening),
        (Kind.PASS_INTENT, {"number": 1, "pattern": STREAM, "from_byte": 0}),
        completed(1),
        replug_asked(),
        found(DISKSEQ),
        replug_asked(),
        found(DISKSEQ + 1),
        (Kind.TAIL_CHECKED, {"matched": True, "verified_bytes": SIZE}),
        (Kind.VERIFY_INTENT, {"pass_number": 1}),
        clean(),
    ]


def interrupted_job() -> list[Step]:
    """Return the records of a job that was killed in its second pass and went on."""
    resumed = {"node": "/dev/sdb", "identity_strength": "medium"}
    return [
        plan_record(),
        intent(1),
        completed(1),
        intent(2),
        checkpoint(2, SIZE // 2),
        (Kind.RESUMED, resumed),
        (Kind.TAIL_CHECKED, {"matched": True, "verified_bytes": SIZE // 2}),
        intent(2, SIZE // 4),
        completed(2, SIZE // 4),
        intent(3),
        (Kind.PASS_INTERRUPTED, {"number": 3, "worker": "3@1", "reason": REASON}),
        (Kind.RESUMED, resumed),
        intent(3),
        completed(3, worker="5@1"),
        verify_intent(),
        (Kind.VERIFY_INTERRUPTED, {"worker": "6@1", "reason": REASON}),
        (Kind.RESUMED, resumed),
        (Kind.TAIL_CHECKED, {"matched": True, "verified_bytes": SIZE}),
        verify_intent(),
        clean(),
    ]


def refused(start: int, end: int, operation: str = "write") -> Step:
    """Return a place that the device refused for good."""
    place = {"start_byte": start, "end_byte": end, "operation": operation, "errno_name": "EIO"}
    return Kind.REFUSED, place


def excepted(unread: int, **changes: Any) -> Step:
    """Return a verification in which everything fitted but for what could not be read."""
    _, result = clean()
    counts = {"verified_bytes": SIZE - unread, "unread_bytes": unread, "reason": REASON}
    return Kind.VERIFY_WITH_EXCEPTIONS, result | counts | changes


def damaged_job() -> list[Step]:
    """Return the records of a job around bad sectors, killed and resumed behind one of them."""
    resumed = (Kind.RESUMED, {"node": "/dev/sda", "identity_strength": "medium"})
    return [
        plan_record(),
        intent(1),
        refused(4096, 4608),
        completed(1, completed_bytes=SIZE - 512),
        intent(2),
        refused(4096, 4608),
        checkpoint(2, SIZE // 2),
        refused(SIZE - 512, SIZE),
        resumed,
        (Kind.TAIL_CHECKED, {"matched": True, "verified_bytes": SIZE // 2 - 512}),
        intent(2, SIZE // 2),
        completed(2, SIZE // 2, completed_bytes=SIZE // 2),
        intent(3),
        refused(4096, 4608),
        refused(8192, 12288),
        completed(3, completed_bytes=SIZE - 512 - 4096),
        verify_intent(),
        refused(65536, 66048, "read"),
        excepted(512 + 4096 + 512),
    ]


def write(folder: Path, steps: list[Step], name: str = "job.jsonl") -> Journal:
    """Write records into a new journal."""
    journal = Journal(folder / name, FakeClock())
    for kind, data in steps:
        journal.append(kind.value, data)
    return journal
