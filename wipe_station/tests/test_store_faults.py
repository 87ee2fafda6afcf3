"""The store under faults: writes lost, writes only reported as lost, a full disk, a kill."""

import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from wipe_station.errors import EvidenceError
from wipe_station.store import Store
from wipe_station.tests.test_store import AT, BOOT, FULL, OTHER_BOOT, REFUSAL, USE, fill, held


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One of the store's writes, and how to see whether it is there."""

    do: Callable[[Store], None]
    there: Callable[[Store], bool]
    repeat_refused: bool = False


NOTE = replace(REFUSAL, what="seen once")
WRITES = {
    "keep_use": Write(
        do=lambda store: store.keep_use(replace(USE, nonce_sha256="00" * 32, job_id="job-2")),
        there=lambda store: store.use_of("job-2") == store.use_of_nonce("00" * 32) is not None,
        repeat_refused=True,
    ),
    "close_ticket": Write(
        do=lambda store: store.close_ticket("job-2", AT),
        there=lambda store: "job-2" in store.closed_tickets(),
    ),
    "note_guard": Write(
        do=lambda store: store.note_guard(BOOT, 51, "/dev/sdb", AT),
        there=lambda store: 51 in store.guards(BOOT),
    ),
    "forget_guard": Write(
        do=lambda store: store.forget_guard(BOOT, 50),
        there=lambda store: 50 not in store.guards(BOOT),
    ),
    "forget_other_boots": Write(
        do=lambda store: store.forget_other_boots(OTHER_BOOT),
        there=lambda store: not store.guards(BOOT),
    ),
    "note_refusal": Write(
        do=lambda store: store.note_refusal(NOTE),
        there=lambda store: NOTE in store.refusals(9),
    ),
}
every_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


def filled(path: Path) -> Store:
    """Return an open store with one thing of every kind in it."""
    store = Store(path)
    fill(store)
    return store


def break_commit(store: Store, monkeypatch: pytest.MonkeyPatch, *, persisted: bool) -> None:
    """Have every commit fail as the driver would say it; before SQLite did it, or after."""

    def commit(connection: Any) -> None:
        if persisted:
            connection.commit()
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(store._engine.dialect, "do_commit", commit)


@every_write
def test_write__lost__not_there_after_restart_and_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    """A write that failed has changed nothing at all: the same one goes through later."""
    store = filled(tmp_path / "station.db")
    break_commit(store, monkeypatch, persisted=False)
    with pytest.raises(EvidenceError, match="disk I/O error"):
        write.do(store)
    assert held(store) == FULL, "nor is it there for whoever asks before the restart"
    store.close()
    again = Store(tmp_path / "station.db")
    assert held(again) == FULL
    assert not write.there(again)
    write.do(again)
    assert write.there(again)
    again.close()


@every_write
def test_write__persisted_but_reported_as_failed__there_and_repeating_it_is_safe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    """A write that was done in spite of its error stands; its repetition starts nothing twice."""
    store = filled(tmp_path / "station.db")
    break_commit(store, monkeypatch, persisted=True)
    with pytest.raises(EvidenceError, match="disk I/O error"):
        write.do(store)
    store.close()
    again = Store(tmp_path / "station.db")
    assert write.there(again)
    if write.repeat_refused:
        with pytest.raises(EvidenceError, match="UNIQUE"):
            write.do(again)
    else:
        write.do(again)
    assert write.there(again)
    again.close()


def test_write__disk_full__evidence_error_nothing_changed_and_well_again_with_space(
    tmp_path: Path,
) -> None:
    """A full disk costs the write that met it, and nothing that was there before."""
    store = filled(tmp_path / "station.db")
    full = ["PRAGMA max_page_count=1"]  # SQLite takes the pages that there are as the limit

    def limit(connection: Any, _: object) -> None:
        connection.execute(full[0])

    event.listen(store._engine, "connect", limit)
    with pytest.raises(EvidenceError, match="full"):
        store.note_guard(BOOT, 51, "/dev/" + "a" * 10_000, AT)
    assert held(store) == FULL
    full[0] = "PRAGMA max_page_count=100000"
    store.note_guard(BOOT, 51, "/dev/" + "a" * 10_000, AT)
    assert store.guards(BOOT) == {50, 51}
    store.close()


def killed_writer(path: Path, first: int, numbers: int) -> list[int]:
    """Have a process write, kill it after it confirmed some numbers; return all it confirmed."""
    command = [sys.executable, "-m", "wipe_station.tests.store_writer", str(path), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        confirmed = [int(writer.stdout.readline()) for _ in range(numbers)]
        writer.kill()
        confirmed += [int(line) for line in writer.stdout if line.endswith("\n")]
    return confirmed


def test_store__killed_in_the_midst_of_writing__sound_and_holds_all_it_confirmed(
    tmp_path: Path,
) -> None:
    """SIGKILL at any moment, and again: no damage, and nothing confirmed is missing."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    source = random.Random(seed)
    path = tmp_path / "station.db"
    confirmed: list[int] = []
    for first in (0, 1_000_000):
        confirmed += killed_writer(path, first, source.randrange(1, 40))
    store = Store(path)
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
    jobs = {f"job-{number}" for number in confirmed}
    assert jobs <= store.closed_tickets()
    assert all(store.use_of(job) is not None for job in jobs)
    assert set(confirmed) <= store.guards(BOOT)
    assert set(confirmed) <= {note.uid for note in store.refusals(10_000)}
    store.close()
