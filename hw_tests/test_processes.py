"""What each process may do, as the kernel tells it, and what its death costs the others."""

import contextlib
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from hw_tests.command import openssl_agrees
from hw_tests.whole_station import (
    KIOSK,
    WholeStation,
    begin,
    children,
    command_line,
    status,
    until,
    whole_station,
)
from wipe_station.api_values import JobState, ResumeRequest
from wipe_station.worker import NICENESS, NOBODY

SIZE_BYTES = 48 << 20
BYTES_PER_S = 16 << 20
NO_RIGHTS = {"CapInh": 0, "CapPrm": 0, "CapEff": 0, "CapAmb": 0}


@pytest.fixture
def station(folder: Path) -> Iterator[WholeStation]:
    """Return a running station on drives of its own."""
    with whole_station(folder) as made:
        yield made


def descriptors(pid: int) -> dict[int, os.stat_result]:
    """Return what a process holds open, by number."""
    held = {}
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since it was listed
            held[int(each.name)] = each.stat()
    return held


def check_powerless(pid: int, uid: int) -> None:
    """A process is an ordinary user, has no capability and can get none."""
    told = status(pid)
    assert told["Uid"].split() == [str(uid)] * 4
    assert told["Gid"].split() == [str(uid)] * 4
    assert told["Groups"] == ""
    assert {name: int(told[name], 16) for name in NO_RIGHTS} == NO_RIGHTS
    assert told["NoNewPrivs"] == "1"


def test_kiosk__as_the_kernel_sees_it__no_root_no_device_no_key_no_database(
    station: WholeStation,
) -> None:
    """The process that faces the browser owns nothing worth taking."""
    pid = station.pid("kiosk")
    drive = station.plug_in(SIZE_BYTES, BYTES_PER_S)
    begin(station, drive)
    check_powerless(pid, KIOSK)
    held = descriptors(pid)
    assert [n for n, each in held.items() if stat.S_ISBLK(each.st_mode)] == []
    ours = {(each.stat().st_dev, each.stat().st_ino) for each in station.state.rglob("*")}
    assert [n for n, each in held.items() if (each.st_dev, each.st_ino) in ours] == []
    assert str(station.state) not in Path(f"/proc/{pid}/maps").read_text("utf-8")
    assert str(station.state) not in Path(f"/proc/{pid}/environ").read_text("utf-8")


def test_phones__asked_by_command_line__the_daemon_answers(station: WholeStation) -> None:
    """With no phone there, it is the daemon that says so."""
    command = [sys.executable, "-m", "wipe_station", "phones", "--state", str(station.state)]
    english = os.environ | {"LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, capture_output=True, text=True, env=english, check=True)
    assert done.stdout == "No phone, and no job of one.\n"


def test_kiosk__asking_the_daemon__is_known_as_the_kiosk(station: WholeStation) -> None:
    """No connection of the kiosk is left over from when it was root."""
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(station.url + "devices/none-0")  # noqa: S310 - our own page
    with sqlite3.connect(f"file:{station.state / 'station.db'}?mode=ro", uri=True) as store:
        refused = store.execute("SELECT uid, what FROM refusal ORDER BY number").fetchall()
    store.close()
    assert (KIOSK, "POST /v1/plans") in refused
    # Its warm-up as root has asked, too, and was answered as root; since then it is nobody's equal.
    assert refused[-1][0] == KIOSK


def test_worker__as_the_kernel_sees_it__nobody_with_one_block_descriptor(
    station: WholeStation,
) -> None:
    """Who moves the bytes can reach this one device, and neither files nor other processes."""
    drive, other = (station.plug_in(SIZE_BYTES, BYTES_PER_S) for _ in range(2))
    begin(station, drive)
    begin(station, other)
    pids = until(lambda: pair if len(pair := station.workers()) == 2 else None)
    wanted = {os.stat(each.node).st_rdev for each in (drive, other)}
    for pid in pids:
        until(lambda pid=pid: status(pid)["Seccomp"] == "2")  # type: ignore[misc]
        check_powerless(pid, NOBODY)
        blocks = [e.st_rdev for e in descriptors(pid).values() if stat.S_ISBLK(e.st_mode)]
        assert len(blocks) == 1
        wanted.remove(blocks[0])
        plain = [e for e in descriptors(pid).values() if stat.S_ISREG(e.st_mode)]
        assert [e.st_nlink for e in plain] == [0]  # where its last words go
    assert wanted == set()


def test_worker__beside_daemon_and_kiosk__gives_way_to_them(station: WholeStation) -> None:
    """A worker and each of its threads leave the processor to whoever answers a clerk."""
    begin(station, station.plug_in(SIZE_BYTES, BYTES_PER_S))
    (pid,) = until(station.workers)
    until(lambda: len(niceness(pid)) > 1)
    assert set(niceness(pid)) == {min(19, os.nice(0) + NICENESS)}  # it began as we did


def niceness(pid: int) -> list[int]:
    """Return how nice each thread of a process is; proc(5), field 19 of stat."""
    stats = (each.read_text("utf-8") for each in Path(f"/proc/{pid}/task").glob("*/stat"))
    return [int(told.rpartition(")")[2].split()[16]) for told in stats]


def test_page_renderer__while_it_works__nobody(station: WholeStation) -> None:
    """The PDF is made by a process that may read nothing of the station's."""
    begin(station, station.plug_in(8 << 20))

    def renderer() -> int | None:
        found = (p for p in children(station.pid("daemon")) if b"certs.pdf" in command_line(p))
        return next((p for p in found if status(p)["Uid"].split()[0] == str(NOBODY)), None)

    pid = until(renderer)
    check_powerless(pid, NOBODY)


def test_worker__killed__its_job_can_be_continued_and_the_neighbour_does_not_notice(
    station: WholeStation, folder: Path
) -> None:
    """A worker's death interrupts one job; its neighbour is verified, and so is it in the end."""
    drive, neighbour = (station.plug_in(SIZE_BYTES, BYTES_PER_S) for _ in range(2))
    job, other = begin(station, drive), begin(station, neighbour)
    rdev = os.stat(drive.node).st_rdev

    def worker() -> int | None:
        return next(
            (p for p in station.workers() if rdev in [e.st_rdev for e in descriptors(p).values()]),
            None,
        )

    with station.client() as client:
        until(lambda: (now := client.job(job).progress) and now.done_bytes > SIZE_BYTES // 4)
        os.kill(until(worker), signal.SIGKILL)
        until(lambda: client.job(job).state is JobState.INTERRUPTED)
        assert client.job(job).outcome == "indeterminate"
        until(lambda: client.job(other).state is JobState.ENDED)
        assert client.job(other).outcome == "verified"
        client.resume(job, ResumeRequest(confirm=str(drive.file)))
        until(lambda: client.job(job).state is JobState.ENDED)
        assert client.job(job).outcome == "verified"
    for bundle in (station.state / "bundles").glob("*/certificate.json"):
        root = station.state / "keys" / "practice-root.pem"
        assert openssl_agrees(bundle.parent, root, folder)
