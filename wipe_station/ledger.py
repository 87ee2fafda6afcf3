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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from certs.bundle import put_bundle
from certs.canonical import JsonObject, decode, encode
from certs.durable import sync_folder
from certs.errors import CertsError
from certs.formats.head_v1 import NO_LOG
from certs.keys import Signer
from certs.log.entry import Entry, EntryKind
from certs.text import Text
from wipe_station.errors import EvidenceError, InvalidInputError
from wipe_station.issuer import PdfMaker, Seals
from wipe_station.journal import state_disk_error
from wipe_station.ticket import (
    NUMBER,
    Event,
    Signed,
    Ticket,
    damaged,
    event_json,
    event_of,
    parse_ticket,
    ticket_bytes,
    ticket_json,
    ticket_of,
)
from wipe_station.vault import Vault

INTENT: Final = "intent"
PageOf = Callable[[Signer], PdfMaker]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """That a document is wrong: an event of its own, of no ticket."""

    practice: bool
    event: Event
    """With the id of that document in its details."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What is going to happen, or was when the station stopped: to a ticket, or to a document."""

    about: Ticket | Correction
    """A ticket with events that have no index yet, at its end."""
    log_size: int
    """Of its log before: no entry about these events stands before that place."""
    deleted: tuple[str, ...] = ()
    """Bundles that go with the personal data."""

    @property
    def fresh(self) -> tuple[Event, ...]:
        """Return the events that are to be written down, oldest first."""
        if isinstance(self.about, Correction):
            return (self.about.event,)
        return tuple(event for event in self.about.events if event.index is None)

    @property
    def deletes(self) -> bool:
        """Whether personal data are deleted."""
        return isinstance(self.about, Ticket) and self.about.opening is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A ticket after what happened to it."""

    ticket: Ticket
    no_pdf: Text | None = None
    """Why a bundle that was just written has no PDF."""


class Ledger:
    """The tickets of a state directory. One caller at a time."""

    def __init__(self, state: Path, seals: Seals, page: PageOf = PdfMaker) -> None:
        """Take where it all lies, and what signs.

        Args:
            state: the state directory; the caller holds its lock.
            seals: keys and logs.
            page: returns what makes the PDF of one bundle with a signer.
        """
        self._page = page
        self._vault = Vault(state)
        self._bundles = state / "bundles"
        self._seals = seals

    # --- reading -----------------------------------------------------------------------------

    def tickets(self) -> Iterator[Ticket]:
        """Return all tickets, the oldest first; whether the log agrees is not looked at."""
        for name in self._vault.names():
            if name != INTENT:
                yield parse_ticket(self._vault.read(name), name)

    def agreed(self) -> Iterator[Ticket]:
        """Return all tickets; the log agrees with each that is open.

        Raises:
            EvidenceError: one is older than the log knows it, and hides what became of its device.
        """
        for ticket in self.tickets():
            yield self.ticket(ticket.number) if ticket.open else ticket

    def holds(self, number: str) -> bool:
        """Tell whether there is a ticket."""
        return self._vault.holds(number)

    def ticket(self, number: str) -> Ticket:
        """Return a ticket that the log agrees with.

        Raises:
            InvalidInputError: there is none.
            EvidenceError: the log has a ticket that is not here, or tells another story.
        """
        if not NUMBER.fullmatch(number) or not self._vault.holds(number):
            raise self._absent(number)
        ticket = parse_ticket(self._vault.read(number), number)
        log = self._seals.log(practice=ticket.practice)
        for event in ticket.events:
            entry = None if event.index is None else log.entry(event.index)
            if entry is None or not _tells(entry, event.kind, _fields(number, event)):
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

    def next_number(self, at: str, *, practice: bool) -> str:
        """Return the number after the highest that the log has: it alone is never lost.

        Args:
            at: when the device is taken in; UTC, as records have it.
            practice: in which log it is going to stand.

        Raises:
            EvidenceError: there is such a ticket, and the log does not know of it.
        """
        log = self._seals.log(practice=practice)
        last = log.newest(lambda entry: entry.kind is EntryKind.CUSTODY_ACCEPTED)
        entry = None if last is None else log.entry(last)
        day = ("p" if practice else "") + at[2:10].replace("-", "") + "-"
        before = entry.fields["ticket"] if entry is not None else ""
        count = int(before.removeprefix(day)) if before.startswith(day) else 0
        number = f"{day}{count + 1:02d}"
        if self.holds(number):
            raise EvidenceError(
                Text(zh=f"单号 {number} 日志里没有。", en=f"The log lacks ticket {number}."),
                hint=Text(
                    zh="停下，叫工程师：日志被换成了旧的。",
                    en="Stop and call an engineer: the log was set back.",
                ),
            )
        return number

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
        first, no_pdf = self._begin(Intent(about=ticket, log_size=log.size, deleted=deleted))
        return Kept(ticket=_placed(ticket, first), no_pdf=no_pdf)

    def correct(self, correction: Correction) -> Text | None:
        """Have a correction happen; return why its bundle has no PDF.

        Raises:
            EvidenceError: as for ``carry_out``.
        """
        log = self._seals.log(practice=correction.practice)
        return self._begin(Intent(about=correction, log_size=log.size))[1]

    def _begin(self, intent: Intent) -> tuple[int, Text | None]:
        self._vault.write(INTENT, intent_bytes(intent))
        return self._go_on(intent, None)

    def heal(self) -> None:
        """Bring what an earlier run left unfinished to its end, or take it back.

        Raises:
            EvidenceError: it cannot be told, or the disk refuses.
        """
        if not self._vault.holds(INTENT):
            return
        intent = parse_intent(self._vault.read(INTENT))
        wanted = _entries(intent)[0]
        log = self._seals.log(practice=intent.about.practice)
        index = log.newest(lambda entry: _tells(entry, *wanted), intent.log_size)
        if index is None and not intent.deletes:
            self._vault.remove(INTENT)
        else:
            self._go_on(intent, index)

    def _go_on(self, intent: Intent, index: int | None) -> tuple[int, Text | None]:
        """Do what is left to be done; return the index of the first entry, and what PDF lacks."""
        practice = intent.about.practice
        if intent.deletes:
            self._delete(intent)
        if index is None:
            index = self._seals.log(practice=practice).happened(_entries(intent))
        if isinstance(intent.about, Ticket):
            ticket = _placed(intent.about, index)
            self._vault.write(ticket.number, ticket_bytes(ticket))
        no_pdf = [
            self._put(event.signed, at, practice=practice)
            for at, event in enumerate(intent.fresh, start=index)
            if event.signed
        ]
        self._vault.remove(INTENT)
        return index, no_pdf[0] if no_pdf else None

    def _delete(self, intent: Intent) -> None:
        """Take personal data off the disk before the log says that it was done."""
        assert isinstance(intent.about, Ticket), "a correction deletes nothing"
        before = replace(intent.about, events=intent.about.events[: -len(intent.fresh)])
        self._vault.write(before.number, ticket_bytes(before))
        try:
            for name in intent.deleted:
                folder = self._bundles / name
                if folder.exists():
                    shutil.rmtree(folder)
            sync_folder(self._bundles)
        except OSError as error:
            raise state_disk_error(self._bundles) from error

    def _put(self, signed: Signed, index: int, *, practice: bool) -> Text | None:
        """Write a bundle; where nobody can sign its page now, without.

        What another signed is kept as it came: its proof would be of a log that it does not name,
        and its page would be ours.
        """
        statement = decode(signed.document)
        if statement["log_origin"] == NO_LOG:
            self._put_foreign(signed)
            return None
        bundle = signed.bundle(
            self._seals.log(practice=practice).proof(index, str(statement["log_key"]))
        )
        try:
            page = self._page(self._seals.seal(practice=practice).signer)
            put_bundle(self._bundles, signed.id, bundle, page.add)
        except OSError as error:
            raise state_disk_error(self._bundles) from error
        return page.problem

    def _put_foreign(self, signed: Signed) -> None:
        try:
            put_bundle(self._bundles, signed.id, signed.bundle(None), lambda bundle: bundle)
        except OSError as error:
            raise state_disk_error(self._bundles) from error


def _placed(ticket: Ticket, index: int) -> Ticket:
    """Return a ticket whose last events stand in the log, one after the other."""
    before = [event for event in ticket.events if event.index is not None]
    fresh = ticket.events[len(before) :]
    placed = [replace(event, index=at) for at, event in enumerate(fresh, start=index)]
    return replace(ticket, events=(*before, *placed))


def _entries(intent: Intent) -> list[tuple[EntryKind, JsonObject]]:
    """Return what the log is going to say."""
    if isinstance(intent.about, Correction):
        event = intent.about.event
        fields = {"document": event.details["document"], "commitment": event.commitment}
        return [(event.kind, fields)]
    number = intent.about.number
    return [(event.kind, _fields(number, event)) for event in intent.fresh]


def _fields(number: str, event: Event) -> JsonObject:
    committed = {"commitment": event.commitment} if event.commitment else {}
    return {"ticket": number} | committed


def _tells(entry: Entry, kind: EntryKind, fields: JsonObject) -> bool:
    """Tell whether an entry says this."""
    return entry.kind is kind and entry.fields == entry.fields | fields


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
    about = intent.about
    return encode(
        {
            "log_size": intent.log_size,
            "deleted": list(intent.deleted),
            **({"ticket": ticket_json(about)} if isinstance(about, Ticket) else _json(about)),
        }
    )


def _json(about: Correction) -> JsonObject:
    return {"practice": about.practice, "correction": event_json(about.event)}


def parse_intent(data: bytes) -> Intent:
    """Read an intent as ``intent_bytes`` wrote it.

    Raises:
        EvidenceError: it is none.
    """
    try:
        found = decode(data)
        about: Ticket | Correction
        if "ticket" in found:
            about = ticket_of(found["ticket"])
        else:
            event = event_of(found["correction"])
            about = Correction(practice=found["practice"] is True, event=event)
        intent = Intent(
            about=about,
            log_size=int(found["log_size"]),
            deleted=tuple(map(str, found["deleted"])),
        )
        whole = intent_bytes(intent) == data and bool(intent.fresh)
    except (CertsError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(INTENT) from error
    if not whole:
        raise damaged(INTENT)
    return intent
