"""Going on alone: only what nobody wanted to stop, on a device that says who it is, in one boot."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from wipe_station.continuing import ALONE, goes_on_alone, interrupted_by
from wipe_station.evidence import JobEvidence, replay
from wipe_station.journal import Journal
from wipe_station.reasons import INTERRUPTIONS, interruption
from wipe_station.records import Strength
from wipe_station.run_state import Kind
from wipe_station.testing import FakeClock
from wipe_station.tests.jobs import (
    DISKSEQ,
    Step,
    checkpoint,
    intent,
    interrupted_job,
    plan_record,
    probed_job,
    replugged_job,
    whole_job,
    write,
)
from wipe_station.tests.test_plan import disk

BOOT: Final = FakeClock().boot_id()
DEVICE: Final = disk()
RESUMED: Final = (Kind.RESUMED, {"node": "/dev/sda", "identity_strength": "medium"})


def stopped(code: str) -> list[Step]:
    """Return the records of a job whose first pass was interrupted for a reason."""
    data = {"number": 1, "worker": "1@1", "reason": interruption(code)}
    return [plan_record(), intent(1), (Kind.PASS_INTERRUPTED, data)]


def evidence(folder: Path, steps: list[Step], name: str = "job.jsonl") -> JobEvidence:
    """Return what a journal with these records proves."""
    return replay(write(folder, steps, name).history())


@pytest.mark.parametrize("code", INTERRUPTIONS)
def test_interrupted_by__a_result_with_its_reason__that_reason(tmp_path: Path, code: str) -> None:
    """A job stands still for the reason that was written down."""
    assert interrupted_by(evidence(tmp_path, stopped(code))) == code


@pytest.mark.parametrize(
    "steps",
    [
        [plan_record()],
        [plan_record(), intent(1)],
        [plan_record(), intent(1), checkpoint(1, 4096)],
        whole_job()[:3],
        whole_job()[:8],
        probed_job()[:2],
        [*stopped("stopped-by-operator"), RESUMED],
        [*stopped("stopped-by-operator"), RESUMED, intent(1)],
    ],
    ids=[
        "planned",
        "in a pass",
        "after a checkpoint",
        "between two passes",
        "verifying",
        "probing",
        "resumed",
        "resumed and in a pass",
    ],
)
def test_interrupted_by__no_result_at_all__the_station_stopped(
    tmp_path: Path, steps: list[Step]
) -> None:
    """An intent without a result means that the station died with it, whatever was before."""
    assert interrupted_by(evidence(tmp_path, steps)) == "station-stopped"


def test_interrupted_by__every_prefix__has_words_for_the_screen(tmp_path: Path) -> None:
    """Wherever a job stops, there is a sentence about it, and it is the open interruption's."""
    steps = interrupted_job()
    told = [
        interrupted_by(evidence(tmp_path, steps[:count], f"{count}.jsonl"))
        for count in range(1, len(steps))
    ]
    assert set(told) <= set(INTERRUPTIONS)
    assert [index + 1 for index, code in enumerate(told) if code == "worker-died"] == [11, 16]


@pytest.mark.parametrize("code", INTERRUPTIONS)
def test_goes_on_alone__by_reason__only_what_nobody_wanted(tmp_path: Path, code: str) -> None:
    """A worker that died and a person who said stop want a look first."""
    alone = goes_on_alone(evidence(tmp_path, stopped(code)), DEVICE, BOOT)
    assert alone == (code in {"station-stopped", "device-gone"})


@pytest.mark.parametrize(
    ("diskseq", "boot", "alone"),
    [
        (DISKSEQ + 1, BOOT, True),
        (DISKSEQ, BOOT, False),
        (DISKSEQ + 1, "00000000-0000-4000-8000-000000000002", False),
    ],
    ids=["was away", "still there", "another boot"],
)
def test_goes_on_alone__re_plug_asked__once_the_device_was_away(
    tmp_path: Path, diskseq: int, boot: str, *, alone: bool
) -> None:
    """The prompt is answered by the hand that pulls the plug; no tap is needed."""
    job = evidence(tmp_path, replugged_job()[:4])
    assert interrupted_by(job) == "replug-asked"
    assert goes_on_alone(job, replace(DEVICE, diskseq=diskseq), boot) == alone


def test_goes_on_alone__some_reasons__not_all() -> None:
    """Where everything went on alone, the tests above would say nothing."""
    assert set(INTERRUPTIONS) > ALONE


@pytest.mark.parametrize("strength", Strength)
def test_goes_on_alone__weak_identity__waits(tmp_path: Path, strength: Strength) -> None:
    """Where only the bridge speaks, the drive behind it may be another one."""
    job = evidence(tmp_path, stopped("device-gone"))
    device = replace(DEVICE, identity_strength=strength)
    assert goes_on_alone(job, device, BOOT) == (strength is Strength.MEDIUM)


def test_goes_on_alone__another_boot__waits(tmp_path: Path) -> None:
    """After a reboot somebody looks at the counter before anything is written."""
    job = evidence(tmp_path, stopped("device-gone"))
    assert not goes_on_alone(job, DEVICE, "00000000-0000-4000-8000-000000000002")


def test_goes_on_alone__tapped_under_a_later_boot__only_under_that_one(tmp_path: Path) -> None:
    """What counts is the boot under which somebody last had the job go on."""
    clock = FakeClock()
    journal = Journal(tmp_path / "job.jsonl", clock)
    for kind, data in stopped("device-gone"):
        journal.append(kind.value, data)
    clock.boot = "00000000-0000-4000-8000-000000000002"
    for kind, data in [RESUMED, intent(1)]:
        journal.append(kind.value, data)
    job = replay(journal.history())
    journal.close()
    assert goes_on_alone(job, DEVICE, clock.boot)
    assert not goes_on_alone(job, DEVICE, BOOT)
