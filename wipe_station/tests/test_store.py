"""The store: what the daemon asks it, and what a file must be to be opened."""

import os
import random
import sqlite3
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine

from wipe_station.errors import EvidenceError
from wipe_station.store import ConfirmationUse, RefusalNote, Store
from wipe_station.store import store as store_module
from wipe_station.store.models import Table

AT = "2026-11-23T12:00:00Z"
BOOT = "00000000-0000-4000-8000-000000000001"
OTHER_BOOT = "00000000-0000-4000-8000-000000000002"
USE = ConfirmationUse(
    nonce_sha256="ab" * 32,
    job_id="20261123T120000Z-0badcafe",
    plan_sha256="cd" * 32,
    diskseq=50,
    boot_id=BOOT,
    role="kiosk",
    uid=64230,
    how="hold",
    used_at=AT,
)
REFUSAL = RefusalNote(refused_at=AT, uid=1000, what="POST /v1/jobs", why="too early")


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "station.db"


@pytest.fixture(name="store")
def _store(path: Path) -> Iterator[Store]:
    store = Store(path)
    yield store
    store.close()


def rows(path: Path) -> list[str]:
    """Return all that a database says, as SQLite itself reads it."""
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def fill(store: Store) -> None:
    """Put one thing of every kind into a store."""
    store.keep_use(USE)
    store.close_ticket("job-1", AT)
    store.note_guard(BOOT, 50, "/dev/sda", AT)
    store.note_refusal(REFUSAL)


def held(store: Store) -> tuple[object, ...]:
    """Return every answer of a store about what ``fill`` put in."""
    return (
        store.use_of(USE.job_id),
        store.use_of_nonce(USE.nonce_sha256),
        store.closed_tickets(),
        store.guards(BOOT),
        store.refusals(9),
    )


FULL = (USE, USE, {"job-1"}, {50}, (REFUSAL,))


# --- questions and answers -----------------------------------------------------------------------


def test_store__new__knows_nothing(store: Store) -> None:
    """Before anything is noted every answer is none."""
    assert held(store) == (None, None, frozenset(), frozenset(), ())


def test_store__reopened__keeps_everything(path: Path) -> None:
    """What a method returned from is there after a restart, word for word."""
    for attempt in (fill, lambda _: None):
        store = Store(path)
        attempt(store)
        assert held(store) == FULL
        store.close()


def test_use_of__another_job_or_nonce__none(store: Store) -> None:
    """A confirmation is found by its own job and its own digest only."""
    store.keep_use(USE)
    assert store.use_of("20261123T120000Z-00000000") is None
    assert store.use_of_nonce("00" * 32) is None


@pytest.mark.parametrize(
    "again",
    [replace(USE, job_id="another"), replace(USE, nonce_sha256="00" * 32), replace(USE, uid=0)],
    ids=["nonce", "job", "both"],
)
def test_keep_use__nonce_or_job_a_second_time__refused_and_nothing_changed(
    store: Store, path: Path, again: ConfirmationUse
) -> None:
    """One confirmation starts one job, and one job comes of one confirmation."""
    store.keep_use(USE)
    before = rows(path)
    with pytest.raises(EvidenceError):
        store.keep_use(again)
    assert rows(path) == before
    assert store.use_of(USE.job_id) == USE


def test_close_ticket__twice__once_and_as_first_said(store: Store, path: Path) -> None:
    """Handing out a device twice is handing it out once."""
    store.close_ticket("job-1", AT)
    before = rows(path)
    store.close_ticket("job-1", "2027-01-01T00:00:00Z")
    store.close_ticket("job-2", AT)
    assert store.closed_tickets() == {"job-1", "job-2"}
    store.close_ticket("job-1", AT)
    assert set(before) < set(rows(path))


def test_guards__two_boots__each_knows_its_own(store: Store) -> None:
    """``diskseq`` begins anew at each boot, so guards of two boots never mix."""
    store.note_guard(BOOT, 50, "/dev/sda", AT)
    store.note_guard(BOOT, 50, "/dev/sdb", AT)
    store.note_guard(BOOT, 51, "/dev/sdc", AT)
    store.note_guard(OTHER_BOOT, 50, "/dev/sda", AT)
    assert store.guards(BOOT) == {50, 51}
    store.forget_guard(BOOT, 50)
    store.forget_guard(BOOT, 99)
    assert store.guards(BOOT) == {51}
    assert store.guards(OTHER_BOOT) == {50}
    store.forget_other_boots(OTHER_BOOT)
    assert store.guards(BOOT) == frozenset()
    assert store.guards(OTHER_BOOT) == {50}


def test_refusals__more_than_kept__the_newest_stay_newest_first(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is refused again and again pushes out the oldest and fills no disk."""
    monkeypatch.setattr(store_module, "KEPT_REFUSALS", 3)
    for number in range(7):
        store.note_refusal(replace(REFUSAL, uid=number))
    assert [note.uid for note in store.refusals(100)] == [6, 5, 4]
    assert [note.uid for note in store.refusals(2)] == [6, 5]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("\x1b[2Jowned\x00", "\\x1b[2Jowned\\x00"),
        ("取走\u202e'\"--; DROP TABLE refusal", "\\u53d6\\u8d70\\u202e\\'\"--; DROP TABLE refusal"),
        ("\ud800", "\\ud800"),
        ("A" * 5000, "A" * 300),
        ("\u202e" * 5000, "\\u202e" * 50),
    ],
    ids=["terminal", "quotes", "surrogate", "long", "long when escaped"],
)
def test_note_refusal__hostile_text__escaped_and_bounded(
    store: Store, text: str, kept: str
) -> None:
    """What a stranger sent is kept as printable ASCII, and never much of it."""
    store.note_refusal(replace(REFUSAL, what=text, why=text))
    (note,) = store.refusals(9)
    assert (note.what, note.why) == (kept, kept)


def test_store__many_threads_write_at_once__nothing_is_lost(store: Store) -> None:
    """Jobs, requests and the watcher write from threads of their own; all of it arrives."""

    def write(number: int) -> None:
        job_id = f"job-{number}"
        store.keep_use(replace(USE, nonce_sha256=f"{number:064x}", job_id=job_id))
        store.close_ticket(job_id, AT)
        store.note_guard(BOOT, number, "/dev/sda", AT)
        store.note_refusal(replace(REFUSAL, uid=number))

    everyone = set(range(40))
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(write, number) for number in everyone]:
            done.result()
    assert store.closed_tickets() == {f"job-{number}" for number in everyone}
    assert store.guards(BOOT) == everyone
    assert {note.uid for note in store.refusals(100)} == everyone
    assert all(store.use_of(f"job-{number}") is not None for number in everyone)


def test_close_ticket__the_same_by_many_threads_at_once__once_and_no_error(store: Store) -> None:
    """To ask and then to write is one thing: nobody comes in between."""
    everybody = Barrier(8)

    def close(number: int) -> None:
        everybody.wait()
        store.close_ticket(f"job-{number}", AT)

    with ThreadPoolExecutor(8) as pool:
        for number in range(10):
            for done in [pool.submit(close, number) for _ in range(8)]:
                done.result()
    assert store.closed_tickets() == {f"job-{number}" for number in range(10)}


# --- the file ------------------------------------------------------------------------------------


def test_store__its_files__for_their_owner_only(path: Path) -> None:
    """Neither the database nor its log is made readable by others, whatever the umask."""
    before = os.umask(0)
    try:
        store = Store(path)
        with store._engine.connect() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM refusal")
            files = list(path.parent.iterdir())
            assert {file.name for file in files} > {"station.db", "station.db-wal"}
            assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        store.close()
    finally:
        os.umask(before)


def test_store__every_connection__durable_at_commit(store: Store) -> None:
    """Each connection, not only the first, syncs the log at every commit."""
    for _ in range(2):
        with store._engine.connect() as connection:
            said = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("synchronous", "journal_mode", "foreign_keys", "busy_timeout")
            ]
        assert said == [2, "wal", 1, 10_000], "synchronous 2 is FULL"


def test_migrations__brought_to_head__what_the_models_declare(store: Store, path: Path) -> None:
    """Tables are declared twice, in models and in migrations; the two say the same."""
    del store
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Table.metadata) == []
    engine.dispose()


def truncated(path: Path) -> None:
    """Cut a database in two."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def overwritten(path: Path) -> None:
    """Damage the first page behind its header."""
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xa5" * 900)


def of_the_future(path: Path) -> None:
    """Say that a later version of the station wrote this."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


def replaced_by_a_folder(path: Path) -> None:
    """Put a folder where the database was."""
    path.unlink()
    path.mkdir()


SPOILS: dict[str, Callable[[Path], object]] = {
    "cut in two": truncated,
    "damaged": overwritten,
    "no database": lambda path: path.write_text("not a database, " * 1000, "ascii"),
    "of the future": of_the_future,
    "a folder": replaced_by_a_folder,
}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_store__file_that_cannot_be_trusted__refused_with_its_path_and_left_alone(
    path: Path, spoil: Callable[[Path], object]
) -> None:
    """What is not our database, or not any more, stops the start; an engineer may look at it."""
    store = Store(path)
    fill(store)
    store.close()
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(EvidenceError) as caught:
        Store(path)
    assert str(path) in caught.value.hint.en
    assert "engineer" in caught.value.hint.en
    assert str(path) in caught.value.hint.zh
    assert (path.read_bytes() if path.is_file() else None) == before


@pytest.mark.parametrize("there", [True, False])
def test_store__a_symbolic_link__refused_and_not_followed(path: Path, there: bool) -> None:
    """Nobody can have the daemon write into a file of their choice."""
    target = path.parent / "elsewhere.db"
    if there:
        target.write_bytes(b"")
    path.symlink_to(target)
    with pytest.raises(EvidenceError):
        Store(path)
    assert target.exists() == there
    assert not there or target.read_bytes() == b""


def drawn_damage(source: random.Random, good: bytes) -> bytes:
    """Return a database with bytes changed here and there, mostly in its schema."""
    spoiled = bytearray(good)
    for _ in range(source.choice([1, 4, 64])):
        within = source.choice([100, 4096, len(good)])
        spoiled[source.randrange(within)] = source.randrange(256)
    return bytes(spoiled)


def test_store__bytes_changed_anywhere__works_or_says_evidence_error(tmp_path: Path) -> None:
    """Whatever a failing disk makes of the file, no other exception comes of it."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    source = random.Random(seed)
    path = tmp_path / "good.db"
    store = Store(path)
    fill(store)
    store.close()
    good = path.read_bytes()
    refused = 0
    for number in range(60):
        spoiled = tmp_path / f"{number}.db"
        spoiled.write_bytes(drawn_damage(source, good))
        try:
            store = Store(spoiled)
            held(store)
            store.close_ticket("job-2", AT)
            store.note_guard(BOOT, 51, "/dev/sdb", AT)
            store.close()
        except EvidenceError:
            refused += 1
    assert 0 < refused < 60, "damage of both kinds was drawn"


def test_store__damaged_schema_that_is_no_text__evidence_error(path: Path) -> None:
    """SQLite quotes the damage in its message; bytes that are no UTF-8 do not hide what it says."""
    Store(path).close()
    data = path.read_bytes()
    assert data.count(b"CREATE TABLE write_guard") == 1
    path.write_bytes(data.replace(b"CREATE TABLE write_guard", b"CREATE \xffABLE write_guard"))
    with pytest.raises(EvidenceError):
        Store(path)


@pytest.mark.parametrize("table", [1, 2, 3, 4, 5])
def test_store__power_cut_while_the_schema_is_made__next_start_makes_it(
    path: Path, table: int
) -> None:
    """A first start that was cut short leaves nothing that a second one would stumble over."""
    left = [table]

    def cut(*said: Any) -> None:
        left[0] -= said[2].lstrip().startswith("CREATE TABLE")
        if left[0] == 0:
            raise OSError("the power went")

    event.listen(Engine, "before_cursor_execute", cut)
    try:
        with pytest.raises(EvidenceError, match="the power went"):
            Store(path)
    finally:
        event.remove(Engine, "before_cursor_execute", cut)
    store = Store(path)
    fill(store)
    assert held(store) == FULL
    store.close()
