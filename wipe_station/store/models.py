"""The tables, declared once for queries and for migrations."""

from typing import Final

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES: Final = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(DeclarativeBase):
    """Base of all tables. Times are RFC 3339 texts in UTC."""

    metadata = MetaData(naming_convention=NAMES)


class Use(Table):
    """A confirmation that was used up, and the job that it was used for."""

    __tablename__ = "confirmation_use"

    nonce_sha256: Mapped[str] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(unique=True)
    plan_sha256: Mapped[str]
    diskseq: Mapped[int]
    boot_id: Mapped[str]
    role: Mapped[str]
    uid: Mapped[int]
    how: Mapped[str]
    used_at: Mapped[str]


class Closed(Table):
    """A job whose device was handed out."""

    __tablename__ = "closed_ticket"

    job_id: Mapped[str] = mapped_column(primary_key=True)
    closed_at: Mapped[str]


class Guard(Table):
    """A device that we made read-only."""

    __tablename__ = "write_guard"

    boot_id: Mapped[str] = mapped_column(primary_key=True)
    diskseq: Mapped[int] = mapped_column(primary_key=True)
    node: Mapped[str]
    noted_at: Mapped[str]


class Refusal(Table):
    """Something that was refused on the socket."""

    __tablename__ = "refusal"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    refused_at: Mapped[str]
    uid: Mapped[int]
    what: Mapped[str]
    why: Mapped[str]
