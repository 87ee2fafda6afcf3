"""Hotplug: an event is a hint to look, and a lost one costs a moment, never a device."""

import errno
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event

import pytest

from wipe_station.detect import watch as watch_module
from wipe_station.detect.watch import FULL_LOOK_ROUNDS, RECONCILE_S, Watch, follow, glance

SDA = ("sda", "50", "2048")
QUIET = frozenset({SDA})
MORE = frozenset({SDA, ("sdb", "51", "2048")})
Glance = frozenset[tuple[str, str, str]]


def device(block: Path, name: str, **words: str) -> None:
    """Make a block device in a tree like that of sysfs."""
    (block / name).mkdir(parents=True)
    for file, word in words.items():
        (block / name / file).write_text(f"{word}\n", "ascii")


def test_glance__devices__name_diskseq_and_size(tmp_path: Path) -> None:
    """One look at sysfs tells every plugging-in and every size from every other."""
    device(tmp_path, "sda", diskseq="50", size="2048")
    device(tmp_path, "loop0", diskseq="7", size="0")
    assert glance(tmp_path) == {SDA, ("loop0", "7", "0")}


@pytest.mark.parametrize(("file", "word"), [("diskseq", "51"), ("size", "4096")])
def test_glance__plugged_in_again_or_resized__another(tmp_path: Path, file: str, word: str) -> None:
    """A device that was exchanged under the same name, or grew, is not what was seen before."""
    device(tmp_path, "sda", diskseq="50", size="2048")
    before = glance(tmp_path)
    (tmp_path / "sda" / file).write_text(word, "ascii")
    assert glance(tmp_path) != before


def test_glance__going_while_it_is_listed__empty_words(tmp_path: Path) -> None:
    """A device whose files are gone already is no reason to fail."""
    device(tmp_path, "sda")
    assert glance(tmp_path) == {("sda", "", "")}


class Script(Watch):
    """Bursts as they are told, one a round; the last one stops the loop."""

    def __init__(self, rounds: Sequence[bool | OSError], stopping: Event) -> None:
        self.source = "script"
        self.round = 0
        self._rounds = rounds
        self._stopping = stopping

    def burst(self, timeout_s: float) -> bool:
        """Return what the next round brings."""
        assert timeout_s == watch_module.RECONCILE_S
        said = self._rounds[self.round]
        self.round += 1
        if self.round == len(self._rounds):
            self._stopping.set()
        if isinstance(said, OSError):
            raise said
        return said


def looks(
    monkeypatch: pytest.MonkeyPatch,
    rounds: Sequence[bool | OSError],
    *,
    seen: Callable[[int], Glance] = lambda _: QUIET,
    failing: frozenset[int] = frozenset(),
) -> list[int]:
    """Follow a script and return the rounds, from 1, in which it was looked.

    Args:
        monkeypatch: takes the waiting out of a round.
        rounds: whether a burst came.
        seen: what sysfs shows in a round.
        failing: the rounds in which the look raises.
    """
    stopping = Event()
    script = Script(rounds, stopping)
    looked: list[int] = []

    def look() -> None:
        looked.append(script.round)
        if script.round in failing:
            raise RuntimeError("no look")

    monkeypatch.setattr(watch_module, "RECONCILE_S", 0.0)
    follow(script, look, stopping, lambda: seen(script.round))
    assert script.round == len(rounds)
    return looked


def test_follow__each_burst__looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an event tells of is looked at, even if sysfs is the same at a glance."""
    assert looks(monkeypatch, [True] * 5) == [1, 2, 3, 4, 5]


def test_follow__quiet__first_look_then_only_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mount sends no event, so everything is looked at every few rounds, and not more often."""
    quiet = [False] * (2 * FULL_LOOK_ROUNDS + 3)
    assert looks(monkeypatch, quiet) == [1, FULL_LOOK_ROUNDS, 2 * FULL_LOOK_ROUNDS]
    assert RECONCILE_S * FULL_LOOK_ROUNDS <= 20, "a mount is seen within the time a plan takes"


def test_follow__an_event__counts_the_quiet_rounds_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a burst everything was just looked at."""
    rounds = [False, False, False, False, True, *[False] * FULL_LOOK_ROUNDS]
    assert looks(monkeypatch, rounds) == [1, 5, 5 + FULL_LOOK_ROUNDS]


@pytest.mark.parametrize(("before", "after"), [(QUIET, MORE), (MORE, QUIET)])
def test_follow__sysfs_changed_without_an_event__looked_at_once(
    monkeypatch: pytest.MonkeyPatch, before: Glance, after: Glance
) -> None:
    """An event that was lost costs one round: sysfs is the truth."""
    found = looks(monkeypatch, [False] * 6, seen=lambda number: before if number < 4 else after)
    assert found == [1, 4]


def test_follow__a_look_fails__logged_and_looked_again_next_round(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No fault of a look ends the watching, nor passes for having looked."""
    with caplog.at_level(logging.ERROR):
        found = looks(monkeypatch, [False] * 6, failing=frozenset({1, 2}))
    assert found == [1, 2, 3]
    assert [record.exc_info is not None for record in caplog.records] == [True, True]


def test_follow__the_listener_overran__logged_and_looked_and_heard_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """More events than the socket holds are the best reason to look, and no end of the watching."""
    overrun = OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS))
    assert looks(monkeypatch, [False, False, overrun, False, True]) == [1, 3, 5]
    assert "events were lost" in caplog.text


def test_follow__stopping__ends_without_another_look() -> None:
    """A daemon that stops looks no more."""
    stopping = Event()
    stopping.set()
    script = Script([], stopping)
    follow(script, pytest.fail, stopping, glance)
    assert script.round == 0
