"""The write guard: noted before it is set, never mistaken for a device's own flag, given back."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import pytest

from wipe_station import write_guard
from wipe_station.errors import EvidenceError
from wipe_station.records import DeviceFacts
from wipe_station.store import Store
from wipe_station.testing import FakeClock
from wipe_station.tests.test_bays import loop
from wipe_station.tests.test_plan import disk
from wipe_station.write_guard import WriteGuard

BOOT: Final = FakeClock().boot_id()
DISK: Final = disk(partitions=["sda1", "sda2"])
LOOP: Final = replace(loop("/srv/practice/a.img"), partitions=("loop3p1",))
ON: Final = ["on /dev/sda", "on /dev/sda1", "on /dev/sda2"]


@dataclass(slots=True)
class Log:
    """The kernel's flags and the notes, as they were written, in their order."""

    said: list[str] = field(default_factory=list)
    remembered: frozenset[int] = frozenset()
    gone: frozenset[str] = frozenset()

    def set_flag(self, node: Path, *, read_only: bool) -> None:
        """Stand where the ioctl is."""
        if str(node) in self.gone:
            raise FileNotFoundError(node)
        self.said.append(f"{'on' if read_only else 'off'} {node}")

    def set_read_only(self, descriptor: int, *, read_only: bool) -> None:
        """Stand where the ioctl on a claim is."""
        if f"descriptor {descriptor}" in self.gone:
            raise OSError(descriptor)
        self.said.append(f"{'on' if read_only else 'off'} descriptor {descriptor}")

    def note_guard(self, boot_id: str, diskseq: int, node: str, at: str) -> None:
        """Stand where the store is."""
        assert (boot_id, at) == (BOOT, "2026-11-23T12:00:01Z")
        self.said.append(f"note {diskseq} {node}")

    def forget_guard(self, boot_id: str, diskseq: int) -> None:
        """Stand where the store is."""
        assert boot_id == BOOT
        self.said.append(f"forget {diskseq}")

    def guards(self, boot_id: str) -> frozenset[int]:
        """Stand where the store is."""
        assert boot_id == BOOT
        return self.remembered


@pytest.fixture(name="log")
def _log(monkeypatch: pytest.MonkeyPatch) -> Log:
    log = Log()
    monkeypatch.setattr(write_guard, "_set_flag", log.set_flag)
    monkeypatch.setattr(write_guard, "set_read_only", log.set_read_only)
    return log


@pytest.fixture(name="guard")
def _guard(log: Log) -> WriteGuard:
    return WriteGuard(FakeClock(), log)


def test_put_on__new_device__noted_first_then_disk_and_partitions(
    guard: WriteGuard, log: Log
) -> None:
    """Killed at any moment, the station knows its own guards: the note comes before the flag."""
    guard.put_on(DISK)
    assert log.said == ["note 50 /dev/sda", *ON]
    assert guard.ours() == {50}


def test_put_on__twice__once(guard: WriteGuard, log: Log) -> None:
    """A guard that was set in this life is not set again: a job may have lifted it."""
    guard.put_on(DISK)
    guard.put_on(DISK)
    assert log.said == ["note 50 /dev/sda", *ON]


@pytest.mark.parametrize(
    "device",
    [
        replace(DISK, read_only=True),
        replace(DISK, read_only=None),
        replace(DISK, diskseq=None),
    ],
    ids=["read-only by itself", "nobody knows", "no diskseq"],
)
def test_put_on__not_ours_to_guard__left_alone(
    guard: WriteGuard, log: Log, device: DeviceFacts
) -> None:
    """A device that is read-only by itself stays so: nothing would ever tell the two apart."""
    guard.put_on(device)
    guard.take_off(device)
    assert log.said == []
    assert guard.ours() == frozenset()


def test_put_on__the_note_fails__no_flag_is_set(log: Log, tmp_path: Path) -> None:
    """Without a note there is no guard: after a restart it would pass for the device's own."""
    store = Store(tmp_path / "station.db")
    guard = WriteGuard(FakeClock(), store)
    (tmp_path / "station.db").write_bytes(b"no database any more" * 100)
    with pytest.raises(EvidenceError):
        guard.put_on(DISK)
    store.close()
    assert log.said == []
    assert guard.ours() == frozenset()


def test_put_on__device_pulled_meanwhile__error_and_still_ours_to_clean_up(
    guard: WriteGuard, log: Log
) -> None:
    """A flag that may have been set half-way stays noted until the device is gone for good."""
    log.gone = frozenset({"/dev/sda2"})
    with pytest.raises(OSError, match="sda2"):
        guard.put_on(DISK)
    assert guard.ours() == {50}
    guard.take_off(DISK)
    assert log.said[-1] == "forget 50"
    assert guard.ours() == frozenset()


def test_take_off__plugged_in_device__forgotten_and_its_flag_left(
    guard: WriteGuard, log: Log
) -> None:
    """A drive that is pulled takes its flag along; the next one in its place has none."""
    guard.put_on(DISK)
    del log.said[:]
    guard.take_off(DISK)
    assert log.said == ["forget 50"]
    assert guard.ours() == frozenset()


def test_take_off__loop_drive__writable_again_then_forgotten(guard: WriteGuard, log: Log) -> None:
    """A loop node outlives its drive: neither it nor its partitions keep our flag for the next."""
    guard.put_on(LOOP)
    assert log.said == ["note 50 /dev/loop3", "on /dev/loop3", "on /dev/loop3p1"]
    del log.said[:]
    guard.take_off(LOOP)
    assert log.said == ["off /dev/loop3", "off /dev/loop3p1", "forget 50"]
    guard.take_off(LOOP)
    assert log.said[-1:] == ["forget 50"], "given back once"


@pytest.mark.parametrize("node", ["/dev/loop3", "/dev/loop3p1"])
def test_take_off__node_gone__the_rest_is_given_back(
    guard: WriteGuard, log: Log, node: str
) -> None:
    """What vanished needs no flag, and keeps nothing else from getting its own back."""
    guard.put_on(LOOP)
    del log.said[:]
    log.gone = frozenset({node})
    guard.take_off(LOOP)
    (other,) = {"/dev/loop3", "/dev/loop3p1"} - {node}
    assert log.said == [f"off {other}", "forget 50"]


def test_take_off__guard_of_somebody_else__nothing_happens(guard: WriteGuard, log: Log) -> None:
    """What we did not set is not ours to lift."""
    guard.put_on(replace(LOOP, diskseq=51))
    before = list(log.said)
    guard.take_off(LOOP)
    guard.take_off(DISK)
    assert log.said == before
    assert guard.ours() == {51}


def test_write_guard__remembered_of_this_boot__known_again(log: Log) -> None:
    """A station that was killed knows its own guards, and gives them back like any other."""
    log.remembered = frozenset({50})
    guard = WriteGuard(FakeClock(), log)
    assert guard.ours() == {50}
    guard.take_off(LOOP)
    assert log.said == ["off /dev/loop3", "off /dev/loop3p1", "forget 50"]


@pytest.mark.parametrize("read_only", [True, False])
def test_put_on__noted_before_a_kill__set_now_and_only_once(log: Log, read_only: bool) -> None:
    """A station that was killed between note and flag leaves no device that only seems guarded."""
    log.remembered = frozenset({50})
    guard = WriteGuard(FakeClock(), log)
    for _ in range(2):
        guard.put_on(replace(DISK, read_only=read_only))
    assert log.said == ["note 50 /dev/sda", *ON]


def test_write_guard__store_reopened__its_own_boot_only(log: Log, tmp_path: Path) -> None:
    """With the real store: guards are known after a restart, and not after a reboot."""
    store = Store(tmp_path / "station.db")
    WriteGuard(FakeClock(), store).put_on(DISK)
    store.close()
    store = Store(tmp_path / "station.db")
    assert WriteGuard(FakeClock(), store).ours() == {50}
    later = FakeClock()
    later.boot = "00000000-0000-4000-8000-000000000002"
    assert WriteGuard(later, store).ours() == frozenset()
    store.close()
    assert log.said == ON


def test_write_guard__without_notes__guards_for_its_own_life(log: Log) -> None:
    """A foreground command without a daemon's database guards and gives back all the same."""
    guard = WriteGuard(FakeClock())
    guard.put_on(LOOP)
    guard.take_off(LOOP)
    assert [word.split()[0] for word in log.said] == ["on", "on", "off", "off"]


# --- while a job runs ----------------------------------------------------------------------------


def test_lifted__our_guard__off_while_the_job_runs_and_on_again(
    guard: WriteGuard, log: Log
) -> None:
    """The guard is off for the job's own claim and for as long as the job runs."""
    guard.put_on(DISK)
    del log.said[:]
    with guard.lifted(DISK, 7):
        assert log.said == ["off descriptor 7"]
        assert guard.ours() == {50}, "it is still our device"
    assert log.said == ["off descriptor 7", "on descriptor 7"]


def test_lifted__the_job_raises__on_again_and_the_error_goes_on(
    guard: WriteGuard, log: Log
) -> None:
    """However a job ends, its device is guarded again."""
    guard.put_on(DISK)
    with pytest.raises(KeyboardInterrupt), guard.lifted(DISK, 7):
        raise KeyboardInterrupt
    assert log.said[-1] == "on descriptor 7"


def _pull_and_fail(log: Log) -> None:
    log.gone = frozenset({"descriptor 7"})
    raise ZeroDivisionError


def test_lifted__device_pulled_meanwhile__its_own_error_is_told(
    guard: WriteGuard, log: Log
) -> None:
    """A device that cannot be guarded again hides nothing of what ended the job."""
    guard.put_on(DISK)
    with pytest.raises(ZeroDivisionError), guard.lifted(DISK, 7):
        _pull_and_fail(log)
    assert log.said[-1] == "off descriptor 7"


def test_lifted__not_our_guard__untouched(guard: WriteGuard, log: Log) -> None:
    """A device that is read-only by itself is not made writable by us."""
    with guard.lifted(DISK, 7):
        pass
    assert log.said == []


# --- the flag itself -----------------------------------------------------------------------------


@pytest.fixture(name="opened")
def _opened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the descriptors that the flag setter is called with; the second call fails."""
    opened: list[int] = []

    def set_read_only(descriptor: int, *, read_only: bool) -> None:
        assert read_only
        assert not os.get_inheritable(descriptor)
        with pytest.raises(OSError, match="Bad file"):
            os.write(descriptor, b"x")
        opened.append(descriptor)
        if len(opened) == 2:
            raise OSError("went away")

    monkeypatch.setattr(write_guard, "set_read_only", set_read_only)
    return opened


def test_set_flag__done_or_failed__opened_for_reading_and_closed(
    opened: list[int], tmp_path: Path
) -> None:
    """A device that the flag is set on is never opened for writing, nor held any longer."""
    node = tmp_path / "node"
    node.write_bytes(b"")
    write_guard._set_flag(node, read_only=True)
    with pytest.raises(OSError, match="went away"):
        write_guard._set_flag(node, read_only=True)
    assert len(opened) == 2
    for descriptor in opened:
        with pytest.raises(OSError, match="Bad file"):
            os.fstat(descriptor)
