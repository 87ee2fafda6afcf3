"""The design's fault row "a kiosk or worker taken over": no wipe, no key, nobody else's data.

A process of the kiosk's user, and one of the workers' user, speak to the daemon's socket as an
attacker would who runs his own code there. A wipe needs a fresh confirmation, bound to one
plugging-in and one plan; what a confirmation may do, the tests of the daemon's parts tell in full.
"""

import json
import os
import re
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hw_tests.command import sha256
from hw_tests.intruder import Answer, Intruder, intruder
from hw_tests.loop import LoopDrive, replug, scratch, unplug
from hw_tests.whole_station import KIOSK, WholeStation, begin, until, whole_station
from wipe_station.api_values import HOLD_S, JobState
from wipe_station.clock import SystemClock
from wipe_station.state import socket_of
from wipe_station.worker import NOBODY

SIZE_BYTES = 16 << 20
SLOW_BYTES_PER_S = 4 << 20
REFUSED = range(400, 500)


@pytest.fixture(scope="module")
def station() -> Iterator[WholeStation]:
    """Return a running station; what protects its data is its own mode, not a folder above it."""
    with scratch() as folder:
        folder.chmod(0o755)
        with whole_station(folder) as made:
            yield made


@pytest.fixture
def drive(station: WholeStation) -> LoopDrive:
    """Return a drive of its own for each test."""
    return station.plug_in(SIZE_BYTES)


@pytest.fixture
def taken_over(station: WholeStation) -> Iterator[Intruder]:
    """Return a process of the kiosk's user that runs an attacker's code."""
    with intruder(KIOSK, socket_of(station.state)) as made:
        assert set(made.ids()) == {KIOSK}
        yield made


def key_of(station: WholeStation, drive: LoopDrive) -> str:
    """Return the key of a drive's plugging-in, as soon as the station shows it."""
    return until(
        lambda: next((d.key for d in station.board().devices if d.node == drive.node), None)
    )


def held(attacker: Intruder, key: str) -> dict[str, Any]:
    """Do what the page does when the button goes down; return what starts the wipe later."""
    plan = attacker.ask("POST", "/plans", {"device": key}).json()
    question = {"device": key, "plan_sha256": plan["plan_sha256"]}
    drawn = attacker.ask("POST", "/confirmations", question).json()
    return {name: drawn[name] for name in ("confirmation", "diskseq", "plan_sha256")}


def wait_out_the_hold() -> None:
    """Let as much time pass as the button must be held; the daemon measures it, too."""
    clock = SystemClock()
    ends_ns = clock.monotonic_ns() + int(HOLD_S * 1.05 * 1e9)
    until(lambda: clock.monotonic_ns() > ends_ns)


def check_nothing_happened(station: WholeStation, drive: LoopDrive, before: str) -> None:
    """No job stands for the drive, and its medium is what it was."""
    (seen,) = [each for each in station.board().devices if each.node == drive.node]
    assert seen.job_id is None
    assert sha256(drive.file) == before


def test_kiosk_taken_over__confirmation_made_up__refused(
    station: WholeStation, drive: LoopDrive, taken_over: Intruder
) -> None:
    """Without a confirmation that the daemon drew there is no wipe."""
    before, key = sha256(drive.file), key_of(station, drive)
    wipe = held(taken_over, key) | {"confirm": str(drive.file)}
    wait_out_the_hold()
    for made_up in ("", "x" * 43, secrets.token_urlsafe(32), None, [wipe["confirmation"]], 0):
        answer = taken_over.ask("POST", "/jobs", wipe | {"confirmation": made_up})
        assert answer.status in REFUSED, made_up
    without = {name: value for name, value in wipe.items() if name != "confirmation"}
    assert taken_over.ask("POST", "/jobs", without).status in REFUSED
    check_nothing_happened(station, drive, before)


def test_kiosk_taken_over__button_not_held__refused_and_spent(
    station: WholeStation, drive: LoopDrive, taken_over: Intruder
) -> None:
    """The daemon measures the hold; a confirmation that was tried too early is good for nothing."""
    before, key = sha256(drive.file), key_of(station, drive)
    wipe = held(taken_over, key)
    # The command line's way past the button is the operator's alone.
    assert taken_over.ask("POST", "/jobs", wipe | {"confirm": str(drive.file)}).status in REFUSED
    wait_out_the_hold()
    assert taken_over.ask("POST", "/jobs", wipe).status in REFUSED
    check_nothing_happened(station, drive, before)


@pytest.mark.parametrize("changed", ["diskseq", "plan_sha256"])
def test_kiosk_taken_over__confirmation_for_another_device_or_plan__refused(
    station: WholeStation, drive: LoopDrive, taken_over: Intruder, changed: str
) -> None:
    """A confirmation is good for one plugging-in under one plan."""
    other = station.plug_in(SIZE_BYTES)
    before = sha256(drive.file), sha256(other.file)
    mine = held(taken_over, key_of(station, other))
    theirs = held(taken_over, key_of(station, drive))
    wait_out_the_hold()
    answer = taken_over.ask("POST", "/jobs", mine | {changed: theirs[changed]})
    assert answer.status in REFUSED
    check_nothing_happened(station, drive, before[0])
    check_nothing_happened(station, other, before[1])


def test_kiosk_taken_over__device_plugged_in_anew_since__refused(
    station: WholeStation, drive: LoopDrive, taken_over: Intruder
) -> None:
    """What was confirmed is gone with the plug, also if the same drive comes back."""
    before, key = sha256(drive.file), key_of(station, drive)
    wipe = held(taken_over, key)
    unplug(drive)
    replug(drive)
    until(lambda: key_of(station, drive) != key)
    wait_out_the_hold()
    assert taken_over.ask("POST", "/jobs", wipe).status in REFUSED
    now = key_of(station, drive)
    fresh_sequence = int(now.rpartition("-")[2])
    again = held(taken_over, now) | {"confirmation": wipe["confirmation"]}
    assert again["diskseq"] == fresh_sequence
    assert taken_over.ask("POST", "/jobs", again).status in REFUSED
    check_nothing_happened(station, drive, before)


def test_kiosk_taken_over__device_named_otherwise__refused(
    station: WholeStation, drive: LoopDrive, taken_over: Intruder
) -> None:
    """Nodes and ids, of this machine's own disks, too, are the operator's words."""
    before, key = sha256(drive.file), key_of(station, drive)
    disks = [f"/dev/{each.name}" for each in Path("/sys/block").iterdir()]
    for name in (drive.node, str(drive.file), f"loop:{drive.file}", f"{drive.name}-0", *disks):
        for path in ("/plans", "/confirmations"):
            question = (
                {"device": name, "plan_sha256": "0" * 64} if "conf" in path else {"device": name}
            )
            answer = taken_over.ask("POST", path, question)
            assert answer.status in REFUSED, name
    assert key_of(station, drive) == key
    check_nothing_happened(station, drive, before)


def test_kiosk_taken_over__files_and_devices__cannot_be_opened(
    station: WholeStation, drive: LoopDrive, taken_over: Intruder
) -> None:
    """Keys, database, journals, bundles and devices are out of reach but for the socket."""
    key_of(station, drive)
    files = [each for each in station.state.rglob("*") if each.is_file()]
    assert {"station.db", "station-key.pem"} <= {file.name for file in files}
    for file in (*files, station.state):
        assert taken_over.open(file) == "PermissionError", file
    for flags in (os.O_RDONLY, os.O_RDWR):
        assert taken_over.open(Path(drive.node), flags) == "PermissionError"
    assert taken_over.open(Path("/proc") / str(station.pid("daemon")) / "mem") == "PermissionError"


def test_kiosk_taken_over__while_a_job_runs__never_sees_its_key(
    station: WholeStation, taken_over: Intruder
) -> None:
    """The key of a pass, with which anyone could write what verifies, stays with the daemon."""
    drive = station.plug_in(SIZE_BYTES, SLOW_BYTES_PER_S)
    job = begin(station, drive)
    journal = station.state / "jobs" / job / "journal.jsonl"
    key = until(lambda: secret_of(journal))
    answers = [
        taken_over.ask("GET", "/board"),
        taken_over.ask("GET", f"/jobs/{job}"),
        taken_over.ask("POST", "/plans", {"device": key_of(station, drive)}),
        *(
            taken_over.ask("GET", f"/jobs/{job}/documents/{name}")
            for name in ("certificate.json", "bundle.zip", "journal.jsonl")
        ),
    ]
    with station.client() as client:
        assert client.job(job).state is JobState.RUNNING, "the key was asked for while it counts"
    for answer in answers:
        assert key.encode() not in answer.body
        assert bytes.fromhex(key) not in answer.body
    assert [answer.status for answer in answers[:2]] == [200, 200]
    assert all(answer.status in REFUSED for answer in answers[2:])


def secret_of(journal: Path) -> str | None:
    """Return a pass's key from a journal, which only root can read."""
    found = re.search(r'"key_hex":"([0-9a-f]{64})"', journal.read_text("utf-8"))
    return found[1] if found else None


def test_kiosk_taken_over__documents__of_open_tickets_and_by_name_only(
    station: WholeStation, drive: LoopDrive, taken_over: Intruder
) -> None:
    """No path leads out of a bundle, and what was handed out is closed."""
    job = begin(station, drive)
    with station.client() as client:
        until(lambda: client.job(job).state is JobState.ENDED)
    key = (station.state / "keys" / "station-key.pem").read_bytes()
    documents = f"/jobs/{job}/documents/"
    assert taken_over.ask("GET", documents + "certificate.json").status == 200
    up = ("../", "..%2f", "%2e%2e/", "..%252f", "....//")
    for way in up:
        for target in ("keys/station-key.pem", "station.db"):
            answer = taken_over.ask("GET", documents + way * 2 + target)
            assert answer.status in REFUSED, way
            assert key not in answer.body
    assert taken_over.ask("POST", f"/jobs/{job}/close").status == 204
    for path in (f"/jobs/{job}", documents + "certificate.json", documents + "bundle.zip"):
        assert taken_over.ask("GET", path).status in REFUSED
    assert job not in taken_over.ask("GET", "/board").body.decode()


def test_kiosk_taken_over__same_confirmation_twice__one_job_and_none_after_closing(
    station: WholeStation, drive: LoopDrive, taken_over: Intruder
) -> None:
    """A confirmation that was used starts nothing again: while its job stands it names that job."""
    wipe = held(taken_over, key_of(station, drive))
    wait_out_the_hold()
    first = taken_over.ask("POST", "/jobs", wipe)
    assert first.status == 200, first.body
    job = first.json()["job_id"]
    assert taken_over.ask("POST", "/jobs", wipe).json()["job_id"] == job
    with station.client() as client:
        until(lambda: client.job(job).state is JobState.ENDED)
    taken_over.ask("POST", f"/jobs/{job}/close")
    before, jobs = sha256(drive.file), len(list((station.state / "jobs").iterdir()))
    assert taken_over.ask("POST", "/jobs", wipe).status in REFUSED
    assert len(list((station.state / "jobs").iterdir())) == jobs
    check_nothing_happened(station, drive, before)


def refusals(station: WholeStation, uid: int) -> list[str]:
    """Return what a user was refused, as the station remembers it."""
    path = station.state / "station.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
        rows = store.execute("SELECT what FROM refusal WHERE uid = ?", (uid,)).fetchall()
    return [what for (what,) in rows]


def test_kiosk_taken_over__refused__remembered_by_user(
    station: WholeStation, drive: LoopDrive, taken_over: Intruder
) -> None:
    """What was tried and refused stands in the store, with who tried it."""
    before = len(refusals(station, KIOSK))
    wipe = held(taken_over, key_of(station, drive))
    taken_over.ask("POST", "/jobs", wipe)
    assert refusals(station, KIOSK)[before:] == ["POST /v1/jobs"]


def test_worker_taken_over__speaks_to_the_socket__not_heard(
    station: WholeStation, drive: LoopDrive
) -> None:
    """A worker's user cannot reach the socket; where it could, its credentials are nobody's."""
    before, path = sha256(drive.file), socket_of(station.state)
    with intruder(NOBODY, path) as worker:
        assert worker.ask("GET", "/board") == Answer(status=0, body=b"PermissionError")
        mode = path.stat().st_mode
        path.chmod(0o666)
        try:
            answers = [
                worker.ask("GET", "/board"),
                worker.ask("POST", "/plans", {"device": key_of(station, drive)}),
            ]
        finally:
            path.chmod(mode)
        files = [each for each in station.state.rglob("*") if each.is_file()]
        assert {worker.open(file) for file in files} == {"PermissionError"}
    assert [answer.status for answer in answers] == [0, 0]
    assert len(refusals(station, NOBODY)) == 2
    check_nothing_happened(station, drive, before)


def test_intruder__as_operator__can_do_what_the_others_cannot(
    station: WholeStation, drive: LoopDrive
) -> None:
    """The attempts above are real ones: the same program as root is heard and can open files."""
    with intruder(0, socket_of(station.state)) as operator:
        answer = operator.ask("POST", "/plans", {"device": drive.node})
        assert (answer.status, json.loads(answer.body)["node"]) == (200, drive.node)
        assert operator.open(station.state / "station.db") == ""
