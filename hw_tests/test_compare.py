"""Wipers of others under the stories: what is left is read from the medium, whatever they say."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hw_tests.lab.compare import STAGED, play, play_all
from hw_tests.lab.fuse_medium import FuseMedium, fuse_medium
from hw_tests.lab.scripts import SIZE_BYTES
from hw_tests.lab.verdict import Seen, verdict
from hw_tests.lab.wipers import OTHERS, Wiper, brought, ours
from hw_tests.loop import attach, detach, scratch

SECTORS = SIZE_BYTES // 512
LIMIT_S = 60.0
(SHRED,) = [wiper for wiper in OTHERS if wiper.name == "shred"]


@pytest.fixture(scope="module")
def medium() -> Iterator[FuseMedium]:
    """Return a medium, to be made anew for each story."""
    with scratch() as folder, fuse_medium(folder, SIZE_BYTES) as made:
        yield made


def played(wiper: Wiper, story: str, medium: FuseMedium, folder: Path) -> Seen:
    """Play one story to one wiper."""
    seen, ran = play(wiper, STAGED[story], medium, folder, LIMIT_S)
    print(wiper.name, story, verdict(seen), ran.said)
    return seen


@pytest.mark.parametrize(
    ("story", "words"),
    [
        ("no fault", "said done, nothing left"),
        ("dropped-last-sector", f"**said done, 1 of {SECTORS} sectors left**"),
        ("stale", "said done, nothing left, fault not met"),
        ("read-error", "said done, nothing left, fault not met"),
    ],
)
def test_compare__program_without_verification__judged_by_the_medium(
    medium: FuseMedium, folder: Path, story: str, words: str
) -> None:
    """A last sector that was dropped is found left, though the program said that it was done."""
    seen = played(SHRED, story, medium, folder)
    assert verdict(seen) == words


def test_compare__ours__fails_where_something_is_left(medium: FuseMedium, folder: Path) -> None:
    """The station is judged like everybody else, through its command line."""
    seen = played(ours(sys.executable), "dropped-last-sector", medium, folder)
    assert verdict(seen) == f"said failed (exit 3), 1 of {SECTORS} sectors left"


def test_compare__volatile_medium__loses_its_power_before_it_is_read(
    medium: FuseMedium, folder: Path
) -> None:
    """A medium that lies about its cache shows what a power cut leaves, whoever wiped it."""
    seen = played(SHRED, "flush-not-done", medium, folder)
    assert 0 < seen.left_sectors < SECTORS
    assert seen.claims_success


def test_compare__program_that_never_ends__killed_with_its_children(
    medium: FuseMedium, folder: Path
) -> None:
    """At the limit the program and what it started are ended, and the medium is judged."""
    code = "import os, time, pathlib; os.fork(); pathlib.Path('{folder}', str(os.getpid())).touch()"
    endless = brought("endless", f'{sys.executable} -c "{code}; time.sleep(600)" {{device}}')
    began = time.monotonic()
    seen, _ = play(endless, STAGED["no fault"], medium, folder, 3.0)
    assert time.monotonic() - began < 30
    assert (seen.code, seen.claims_success, seen.left_sectors) == (None, False, SECTORS)
    pids = [int(entry.name) for entry in folder.iterdir() if entry.name.isdecimal()]
    assert len(pids) == 2
    assert not any(is_running(pid) for pid in pids)


def is_running(pid: int) -> bool:
    """Tell whether a process still does anything; one that waits for its burial does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_compare__whatever_it_looks_for__finds_one_drive(medium: FuseMedium, folder: Path) -> None:
    """A program that wipes all that it finds finds nothing but the drive it was given."""
    medium.make(SIZE_BYTES)
    bystander = attach(medium.disk)
    try:
        code = (
            "import sys; from pathlib import Path; from hw_tests.private_dev import block_nodes;"
            " sys.exit(block_nodes(Path('/dev')) != [sys.argv[1]])"
        )
        with fuse_medium(folder, SIZE_BYTES, name="other") as other:
            looks = brought("looks", f'{sys.executable} -c "{code}" {{device}}')
            assert played(looks, "no fault", other, folder).code == 0
        assert Path(bystander.node).is_block_device(), "it was there all along"
    finally:
        detach(bystander)


def test_compare__program_missing__told_so() -> None:
    """Who has not installed a wiper gets a table without it."""
    nobody = brought("nobody", "no-such-wiper {device}")
    assert play_all([nobody], ["torn"], LIMIT_S, aloud=False) == {("nobody", "torn"): None}
