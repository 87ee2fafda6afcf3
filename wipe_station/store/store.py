"""The daemon's memory: a handful of questions and answers over one SQLite file. I/O.

Safe to be called from many threads; writes queue up behind each other. The store reads no clock:
callers say when.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import create_engine, delete, event, func, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import NullPool

from certs.text import Text
from wipe_station.errors import EvidenceError
from wipe_station.store.models import Closed, Guard, Refusal, Use

KEPT_REFUSALS: Final = 10_000
"""Whoever is refused again and again must not fill the disk."""
_TEXT_LIMIT_CHARACTERS: Final = 300
_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationUse:
    """Who confirmed what, how and when, and the job that came of it."""

    nonce_sha256: str
    job_id: str
    plan_sha256: str
    diskseq: int
    boot_id: str
    role: str
    uid: int
    how: str
    """``hold`` or ``serial``."""
    used_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalNote:
    """What was refused to whom."""

    refused_at: str
    uid: int
    what: str
    why: str


class Store:
    """One open database."""

    def __init__(self, path: Path) -> None:
        """Open a database, make it if there is none, and bring it to the newest schema.

        Raises:
            EvidenceError: it is damaged, of a newer version, or the disk refuses it.
        """
        self._path = path
        self._writing = Lock()
        with self._faults():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
            self._engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
            event.listen(self._engine, "connect", _prepare)
            self._session = sessionmaker(self._engine, expire_on_commit=False)
            self._migrate()

    def _migrate(self) -> None:
        config = Config()
        config.set_main_option("script_location", str(files("wipe_station.store") / "migrations"))
        with self._engine.begin() as connection:
            # The driver begins no transaction for DDL: a power cut would leave half a schema.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (DatabaseError, CommandError, OSError, UnicodeError) as error:
            # SQLite quotes the damaged bytes in its message, and the driver decodes that strictly.
            raise _unusable(self._path, error) from error

    @contextlib.contextmanager
    def _write(self) -> Iterator[Session]:
        """Give a session whose changes are on the disk at the end, or not there at all."""
        with self._faults(), self._writing, self._session.begin() as session:
            yield session

    @contextlib.contextmanager
    def _read(self) -> Iterator[Session]:
        with self._faults(), self._session() as session:
            yield session

    # --- confirmations -----------------------------------------------------------------------

    def keep_use(self, use: ConfirmationUse) -> None:
        """Remember that a confirmation was used up.

        Raises:
            EvidenceError: it was used before, or the disk refuses.
        """
        with self._write() as session:
            session.add(Use(**asdict(use)))

    def use_of(self, job_id: str) -> ConfirmationUse | None:
        """Return the confirmation that a job was started with, or None."""
        with self._read() as session:
            return _use(session.scalar(select(Use).where(Use.job_id == job_id)))

    def use_of_nonce(self, nonce_sha256: str) -> ConfirmationUse | None:
        """Return what a confirmation was used for, or None if it never was."""
        with self._read() as session:
            return _use(session.get(Use, nonce_sha256))

    # --- jobs that were handed out -----------------------------------------------------------

    def close_ticket(self, job_id: str, at: str) -> None:
        """Remember that a job's device was handed out; twice is once."""
        with self._write() as session:
            if session.get(Closed, job_id) is None:
                session.add(Closed(job_id=job_id, closed_at=at))

    def closed_tickets(self) -> frozenset[str]:
        """Return the jobs whose device was handed out."""
        with self._read() as session:
            return frozenset(session.scalars(select(Closed.job_id)))

    # --- the kernel write guard --------------------------------------------------------------

    def note_guard(self, boot_id: str, diskseq: int, node: str, at: str) -> None:
        """Remember a guard that is about to be set."""
        with self._write() as session:
            session.merge(Guard(boot_id=boot_id, diskseq=diskseq, node=node, noted_at=at))

    def forget_guard(self, boot_id: str, diskseq: int) -> None:
        """Forget a guard that is gone."""
        mine = (Guard.boot_id == boot_id, Guard.diskseq == diskseq)
        with self._write() as session:
            session.execute(delete(Guard).where(*mine))

    def guards(self, boot_id: str) -> frozenset[int]:
        """Return the ``diskseq`` of what was guarded under this boot."""
        with self._read() as session:
            return frozenset(session.scalars(select(Guard.diskseq).where(Guard.boot_id == boot_id)))

    def forget_other_boots(self, boot_id: str) -> None:
        """Forget the guards of earlier boots: their flags went with the kernel."""
        with self._write() as session:
            session.execute(delete(Guard).where(Guard.boot_id != boot_id))

    # --- refusals ----------------------------------------------------------------------------

    def note_refusal(self, note: RefusalNote) -> None:
        """Remember what was refused; the newest ten thousand are kept."""
        with self._write() as session:
            kept = {"what": _bounded(note.what), "why": _bounded(note.why)}
            session.add(Refusal(refused_at=note.refused_at, uid=note.uid, **kept))
            session.flush()
            newest = session.scalar(select(func.max(Refusal.number))) or 0
            session.execute(delete(Refusal).where(Refusal.number <= newest - KEPT_REFUSALS))

    def refusals(self, most: int) -> tuple[RefusalNote, ...]:
        """Return the newest refusals, the newest first."""
        with self._read() as session:
            rows = session.scalars(select(Refusal).order_by(Refusal.number.desc()).limit(most))
            return tuple(
                RefusalNote(refused_at=row.refused_at, uid=row.uid, what=row.what, why=row.why)
                for row in rows
            )

    def close(self) -> None:
        """Let the file go."""
        self._engine.dispose()


def _prepare(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _use(row: Use | None) -> ConfirmationUse | None:
    if row is None:
        return None
    return ConfirmationUse(
        **{each.name: getattr(row, each.name) for each in fields(ConfirmationUse)}
    )


def _bounded(text: str) -> str:
    return ascii(text)[1:-1][:_TEXT_LIMIT_CHARACTERS]


def _unusable(path: Path, error: Exception) -> EvidenceError:
    fault = f"{type(error).__name__}: {str(getattr(error, 'orig', None) or error)[:200]!a}"
    return EvidenceError(
        Text(
            zh=f"工作站的数据库不能用：{fault}。",
            en=f"The station's database cannot be used: {fault}.",
        ),
        hint=Text(
            zh=f"腾出磁盘空间再启动；不行就停下，把 {path} 交给工程师。",
            en=f"Free the disk and start again; else stop and hand {path} to an engineer.",
        ),
    )
