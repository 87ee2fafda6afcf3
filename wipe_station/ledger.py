"""Puts what happened to tickets on disk and into the log, once, whatever breaks in between. I/O.

One thing at a time, in this order; each step is durable before the next:

1. the *intent*: the ticket as it is going to be, sealed, its documents already signed;
2. the log's entries;
3. the ticket's own file, which from then on is shown;
4. the bundles, with the proof of their entry;
5. the intent goes.

Before 2 nothing has happened: an intent without its entry is dropped by ``heal``. After 2 it has
happened, and ``heal`` does the rest with the very same bytes. A deletion is different: it comes
before its entry, so that the log never says what was not done, and is always carried on.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from certs.bundle import put_bundle
from certs.canonical import JsonObject, decode, encode
from certs.durable import sync_folder
from certs.errors import CertsError
from certs.log.entry import Entry
from certs.text import Text
from wipe_station.errors import EvidenceError, InvalidInputError
from wipe_station.issuer import PdfMaker, Seals
from wipe_station.journal import state_disk_error
from wipe_station.station_log import StationLog
from wipe_station.ticket import (
    Event,
    Signed,
    Ticket,
    damaged,
    parse_ticket,
    ticket_bytes,
    ticket_json,
    ticket_of,
)
from wipe_station.vault import Vault

INTENT: Final = "intent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What is going to happen to a ticket, or was when the station stopped."""

    ticket: Ticket
    """With events that have no index yet, at its end."""
    log_size: int
    """Of its log before: no entry about these events stands before that place."""
    deleted: tuple[str, ...] = ()
    """Bundles that go with the personal data."""

    @property
    def fresh(self) -> tuple[Event, ...]:
        """Return the events that are to be written down, oldest first."""
        return tuple(event for event in self.ticket.events if event.index is None)

    @property
    def deletes(self) -> bool:
        """Whether personal data are deleted."""
        return self.ticket.opening is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A ticket after what happened to it."""

    ticket: Ticket
    no_pdf: Text | None = None
    """Why a bundle that was just written has no PDF."""


class Ledger:
    """The tickets of a state directory. One caller at a time."""

    def __init__(self, state: Path, seals: Seals) -> None:
        self._vault = Vault(state)
        self._bundles = state / "bundles"
        self._seals = seals

    # --- reading -----------------------------------------------------------------------------

    def tickets(self) -> Iterator[Ticket]:
        """Return all tickets, the oldest first; whether the log agrees is not looked at."""
        for name in self._vault.names():
            if name != INTENT:
                yield parse_ticket(self._vault.read(name), name)

    def holds(self, number: str) -> bool:
        """Tell whether there is a ticket."""
        return self._vault.holds(number)

    def ticket(self, number: str) -> Ticket:
        """Return a ticket that the log agrees with.

        Raises:
            InvalidInputError: there is none.
            EvidenceError: the log has a ticket that is not here, or tells another story.
        """
        if not self._vault.holds(number):
            raise self._absent(number)
        ticket = parse_ticket(self._vault.read(number), number)
        log = self._seals.log(practice=ticket.practice)
        for event in ticket.events:
            entry = None if event.index is None else log.entry(event.index)
            if entry is None or not _tells(entry, number, event):
                raise _contradicted(number)
        last = ticket.events[-1].index
        if log.newest(lambda entry: entry.fields.get("ticket") == number, last or 0) != last:
            raise _contradicted(number)
        return ticket

    def _absent(self, number: str) -> EvidenceError | InvalidInputError:
        logs = {self._seals.practice.log} | ({self._seals.own.log} if self._seals.own else set())
        about = [log.newest(lambda e: e.fields.get("ticket") == number) for log in logs]
        if any(index is not None for index in about):
            return EvidenceError(
                Text(
                    zh=f"日志里有单号 {number}，它的资料却不见了。",
                    en=f"The log has ticket {number}, but its file is gone.",
                ),
                hint=Text(
                    zh="停下，叫工程师：拿备份恢复 tickets 文件夹。",
                    en="Stop and call an engineer: restore the folder tickets from a copy.",
                ),
            )
        return InvalidInputError(
            Text(zh=f"没有单号 {number}。", en=f"There is no ticket {number}."),
            hint=Text(
                zh="用 wipe-station ticket list 看看有哪些。",
                en="wipe-station ticket list shows them.",
            ),
        )

    # --- writing -----------------------------------------------------------------------------

    def carry_out(self, ticket: Ticket, deleted: tuple[str, ...] = ()) -> Kept:
        """Have the last events of a ticket happen: those without an index.

        Args:
            ticket: as it is going to be; nothing is unfinished (``heal``).
            deleted: bundles that go with the personal data.

        Raises:
            EvidenceError: the disk or the log refuses; ``heal`` finds out how far it came.
        """
        log = self._seals.log(practice=ticket.practice)
        intent = Intent(ticket=ticket, log_size=log.size, deleted=deleted)
        self._vault.write(INTENT, intent_bytes(intent))
        return self._go_on(intent, log, None)

    def heal(self) -> None:
        """Bring what an earlier run left unfinished to its end, or take it back.

        Raises:
            EvidenceError: it cannot be told, or the disk refuses.
        """
        if not self._vault.holds(INTENT):
            return
        intent = parse_intent(self._vault.read(INTENT))
        number, first = intent.ticket.number, intent.fresh[0]
        log = self._seals.log(practice=intent.ticket.practice)
        index = log.newest(lambda entry: _tells(entry, number, first), intent.log_size)
        if index is None and not intent.deletes:
            self._vault.remove(INTENT)
        else:
            self._go_on(intent, log, index)

    def _go_on(self, intent: Intent, log: StationLog, index: int | None) -> Kept:
        fresh, number = intent.fresh, intent.ticket.number
        if intent.deletes:
            self._delete(intent)
        if index is None:
            index = log.happened([(event.kind, _fields(number, event)) for event in fresh])
        placed = tuple(replace(event, index=at) for at, event in enumerate(fresh, start=index))
        ticket = replace(intent.ticket, events=(*intent.ticket.events[: -len(fresh)], *placed))
        self._vault.write(number, ticket_bytes(ticket))
        no_pdf = [
            self._put(ticket, event.signed, event.index or 0) for event in placed if event.signed
        ]
        self._vault.remove(INTENT)
        return Kept(ticket=ticket, no_pdf=no_pdf[0] if no_pdf else None)

    def _delete(self, intent: Intent) -> None:
        """Take personal data off the disk before the log says that it was done."""
        before = intent.ticket.events[: -len(intent.fresh)]
        self._vault.write(intent.ticket.number, ticket_bytes(replace(intent.ticket, events=before)))
        try:
            for name in intent.deleted:
                folder = self._bundles / name
                if folder.exists():
                    shutil.rmtree(folder)
            sync_folder(self._bundles)
        except OSError as error:
            raise state_disk_error(self._bundles) from error

    def _put(self, ticket: Ticket, signed: Signed, index: int) -> Text | None:
        seal = self._seals.practice if ticket.practice else self._seals.seal(practice=False)
        page = PdfMaker(seal.signer)
        bundle = signed.bundle(self._seals.log(practice=ticket.practice).proof(index))
        try:
            put_bundle(self._bundles, signed.id, bundle, page.add)
        except OSError as error:
            raise state_disk_error(self._bundles) from error
        return page.problem


def _fields(number: str, event: Event) -> JsonObject:
    committed = {"commitment": event.commitment} if event.commitment else {}
    return {"ticket": number} | committed


def _tells(entry: Entry, number: str, event: Event) -> bool:
    """Tell whether an entry is about this event of this ticket."""
    wanted = _fields(number, event)
    return entry.kind is event.kind and entry.fields == entry.fields | wanted


def _contradicted(number: str) -> EvidenceError:
    return EvidenceError(
        Text(
            zh=f"单据 {number} 和日志对不上。",
            en=f"Ticket {number} and the log tell different things.",
        ),
        hint=Text(
            zh="停下，叫工程师：日志或者 tickets 文件夹被换成了旧的。",
            en="Stop and call an engineer: the log or the folder tickets was set back.",
        ),
    )


def intent_bytes(intent: Intent) -> bytes:
    """Return an intent as it is sealed."""
    return encode(
        {
            "ticket": ticket_json(intent.ticket),
            "log_size": intent.log_size,
            "deleted": list(intent.deleted),
        }
    )


def parse_intent(data: bytes) -> Intent:
    """Read an intent as ``intent_bytes`` wrote it.

    Raises:
        EvidenceError: it is none.
    """
    try:
        found = decode(data)
        intent = Intent(
            ticket=ticket_of(found["ticket"]),
            log_size=int(found["log_size"]),
            deleted=tuple(map(str, found["deleted"])),
        )
        whole = intent_bytes(intent) == data and bool(intent.fresh)
    except (CertsError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(INTENT) from error
    if not whole:
        raise damaged(INTENT)
    return intent
