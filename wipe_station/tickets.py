"""Custody at the counter: what may happen to a ticket, and what it takes. I/O.

1. Finish or take back what an earlier run left (``ledger``).
2. What happened already is not done again: the same request has the same answer.
3. Refuse what the table in ``custody`` or the certificate (``release``) does not allow.
4. Sign what the customer gets, and have it happen: log, ticket, bundle.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from threading import RLock
from typing import Any

from certs.formats.head_v1 import Identifier
from certs.log.entry import SALT_BYTES, EntryKind
from grading.errors import GradingError
from grading.library import DEFAULT_RULESET, ruleset_named
from wipe_station import ticket_identifiers as names
from wipe_station import ticket_rules as rules
from wipe_station.blocking import BlockList
from wipe_station.clock import Clock, drawn_id, utc_text
from wipe_station.corrections import Corrections, corrections_in, is_corrected
from wipe_station.countersigning import check_about, foreign, refuse_name, verified
from wipe_station.custody import Custody
from wipe_station.custody_documents import statement_about
from wipe_station.issuer import PdfMaker, Seal, Seals
from wipe_station.ledger import Kept, Ledger, PageOf
from wipe_station.records import VIRTUAL_TRANSPORTS, DeviceFacts
from wipe_station.signing import head_of, signed_by
from wipe_station.ticket import (
    Came,
    Consent,
    Event,
    Opening,
    Ticket,
    committed,
)
from wipe_station.ticket_grades import grade_details, invalid, refuse_corrected
from wipe_station.ticket_holds import BLOCK_LIST, Holds
from wipe_station.ticket_jobs import (
    NAMES_ERASURE,
    Surroundings,
    erasure_of,
    jobs_since,
    statement_of,
    ticket_of,
)
from wipe_station.ticket_release import Releases
from wipe_station.ticket_values import (
    AcceptRequest,
    CountersignRequest,
    EventRequest,
    ForgetRequest,
    GradeRequest,
    ReleaseRequest,
    WithdrawRequest,
)


class Tickets:
    """The tickets of a station. Fit for several threads; one process at a time."""

    def __init__(  # noqa: PLR0913 - what a counter is built of
        self,
        state: Path,
        clock: Clock,
        seals: Seals,
        look: Surroundings,
        *,
        page: PageOf = PdfMaker,
        block_list: BlockList | None = None,
        practice: bool = False,
    ) -> None:
        """Take what the station is built of; nothing is made before the first ticket.

        Args:
            state: the state directory; the caller holds its lock.
            clock: for records.
            seals: keys and logs.
            look: what it sees of devices and jobs.
            page: returns what makes the PDF of one document with a signer.
            block_list: phones that must not be taken in, or None.
            practice: whether only practice drives are minded.
        """
        self._clock = clock
        self._seals = seals
        self._look = look
        self._practice = practice or seals.own is None
        self._ledger = Ledger(state, seals, page)
        self._bundles = state / "bundles"
        self.holds = Holds(block_list or BlockList(), self.all)
        self._releases = Releases(clock, seals, self._ledger, self._bundles)
        self._lock = RLock()
        self.corrections = Corrections(state, clock, seals, self._ledger, self._lock)

    # --- looking -----------------------------------------------------------------------------

    def all(self) -> tuple[Ticket, ...]:
        """Return all tickets, the oldest first."""
        with self._lock:
            self._ledger.heal()
            return tuple(self._ledger.tickets())

    def ticket(self, number: str) -> Ticket:
        """Return one ticket.

        Raises:
            InvalidInputError: there is none.
            EvidenceError: the log tells another story.
        """
        with self._lock:
            self._ledger.heal()
            return self._ledger.ticket(number)

    def seller(self, number: str) -> str:
        """Return who the customer is.

        Raises:
            InvalidInputError: nobody wrote it down, or it is deleted.
        """
        opening = self.ticket(number).opening
        if opening is None or opening.seller is None:
            raise rules.nameless(number)
        return opening.seller

    def standing(self, identifiers: Collection[Identifier]) -> Ticket | None:
        """Return the open ticket of a device; None where it is not in custody.

        Args:
            identifiers: what it says of itself, or its label; those that no other device has
                count, and IMEIs however they are written.

        Raises:
            CustodyError: it could be the device of more than one ticket, or shares a number with
                one and is another device.
            EvidenceError: the log tells another story.
        """
        with self._lock:
            self._ledger.heal()
            number = rules.standing(self._ledger.tickets(), identifiers)
            return None if number is None else self._ledger.ticket(number)

    def blocked(self, identifiers: Collection[Identifier]) -> bool:
        """Tell whether nothing may happen to a device before a supervisor has seen to it.

        That is: its ticket is on hold, or it stands on the block list and no supervisor has taken
        its ticket off hold. Nothing is written: ``happen`` with a ``FreezeRequest`` does that.

        Raises:
            BlockListError: the list cannot be used.
            CustodyError, EvidenceError: as for ``standing``.
        """
        flagged, ticket = self.holds.flagged(identifiers), self.standing(identifiers)
        if ticket is None:
            return flagged
        return ticket.custody is Custody.FROZEN or (flagged and not ticket.thawed)

    def require_wipeable(self, device: DeviceFacts) -> None:
        """Refuse to wipe a device in custody that is on hold, or whose owner does not agree to it.

        Raises:
            RefusedByPolicyError: naming the ticket.
        """
        said = frozenset(names.named(each.kind, each.value) for each in device.identifiers)
        rules.require_erasable(self.all(), said, device.stable_id)

    def require_erasable(self, identifiers: Collection[Identifier], device_id: str | None) -> None:
        """Refuse to erase a phone by the same rules as ``require_wipeable``.

        Args:
            identifiers: what it says of itself.
            device_id: for the refusal.

        Raises:
            RefusedByPolicyError: naming the ticket.
        """
        said = frozenset(names.named(each.kind, each.value) for each in identifiers)
        rules.require_erasable(self.all(), said, device_id)

    def of_job(self, job_id: str) -> str | None:
        """Return the number of the ticket under which a job's device was here, if that is sure.

        Raises:
            EvidenceError: a ticket, the job's journal or the log cannot be trusted.
        """
        return ticket_of(
            job_id, self.all(), self._look, lambda practice: self._seals.log(practice=practice)
        )

    # --- taking in ---------------------------------------------------------------------------

    def accept(self, asked: AcceptRequest) -> Came:
        """Begin custody of a device; one that stands on the block list is put on hold at once.

        Raises:
            InvalidInputError: no such device, a name that nobody agreed to keep, or no IMEI.
            CustodyError: this very device is in custody already.
            BlockListError: it is a phone, and the list cannot be used.
            EvidenceError: log, keys or disk refuse.
        """
        facts = self._look.device(asked.device) if asked.device else None
        virtual = facts is not None and facts.transport in VIRTUAL_TRANSPORTS
        return self._take_in(rules.opening(asked, facts), asked.staff, practice=virtual)

    def accept_read(  # noqa: PLR0913 - what is written down of a device
        self,
        *,
        description: str,
        kind: str,
        identifiers: Sequence[Identifier],
        staff: str,
        consents: Collection[Consent],
        practice: bool = False,
    ) -> Came:
        """Begin custody of a device that told who it is, as ``accept`` does of a typed one.

        Args:
            description: for people; no names.
            kind: ``phone`` or ``tablet``.
            identifiers: what it said (source ``medium``), and what its label says (``label``).
            staff: number of whoever takes it in.
            consents: what the customer agrees to.
            practice: whether the device is none; its documents are practice then.

        Raises:
            InvalidInputError: nothing tells it from other devices.
            CustodyError: it is in custody already (``standing``), or label and phone contradict
                each other.
            BlockListError, EvidenceError: as for ``accept``.
        """
        opening = rules.opening_read(description, kind, identifiers, consents)
        return self._take_in(opening, staff, practice=practice)

    def _take_in(self, opening: Opening, staff: str, *, practice: bool) -> Came:
        flagged = self.holds.flags(opening)
        with self.holds.told(), self._lock:
            self._ledger.heal()
            return self._again_or_new(opening, staff, practice=practice, flagged=flagged)

    def _again_or_new(self, opening: Opening, staff: str, *, practice: bool, flagged: bool) -> Came:
        standing = [each for each in self._ledger.tickets() if each.open]
        for each in standing:
            if each.opening == opening:
                ticket = self._ledger.ticket(each.number)
                late = flagged and ticket.custody is Custody.HELD and not ticket.thawed
                if late:
                    at = utc_text(self._clock.utc())
                    ticket = self._happen(ticket, [self._freeze(at, staff)]).ticket
                return replace(_again(ticket, EntryKind.CUSTODY_ACCEPTED), repeated=not late)
        rules.refuse_taken(opening, standing)
        practice = practice or self._practice
        return self._accept(opening, staff, practice=practice, flagged=flagged)

    def _freeze(self, at: str, staff: str) -> Event:
        return self._fresh(EntryKind.FROZEN, at, staff=staff, reason=BLOCK_LIST)

    def _accept(self, opening: Opening, staff: str, *, practice: bool, flagged: bool) -> Came:
        at = utc_text(self._clock.utc())
        number = self._ledger.next_number(at, practice=practice)
        ticket = Ticket(number=number, practice=practice, opening=opening, events=())
        events = [self._fresh(EntryKind.CUSTODY_ACCEPTED, at, staff=staff)]
        if opening.price is not None:
            agreed = asdict(opening.price)
            events.append(self._fresh(EntryKind.PRICE_AGREED, at, staff=staff, **agreed))
        if opening.consents:
            to = [each.value for each in opening.consents]
            events.append(self._fresh(EntryKind.CONSENT, at, staff=staff, to=to))
        if flagged:
            events.append(self._freeze(at, staff))
        return self._happen(ticket, events)

    # --- what happens then -------------------------------------------------------------------

    def happen(self, number: str, asked: EventRequest) -> Came:
        """Have something happen to a ticket.

        Raises:
            InvalidInputError: there is no such ticket, or it is on hold and no reason was given.
            CustodyError: it cannot happen to it, or the certificate does not let it go.
            EvidenceError: log, keys or disk refuse.
        """
        with self.holds.told(), self._lock:
            self._ledger.heal()
            return self._done(self._ledger.ticket(number), asked)

    def _done(self, ticket: Ticket, asked: EventRequest) -> Came:
        kind = rules.KIND_OF[type(asked)]
        if isinstance(asked, CountersignRequest):
            return self._countersigned(ticket, asked)
        details = self._details(ticket, asked)
        if rules.stands(ticket, kind, details):
            return _again(ticket, kind)
        rules.refuse_forbidden(ticket, kind)
        rules.refuse_unexplained(ticket, details)
        if isinstance(asked, ReleaseRequest):
            self._releases.require_erased(ticket, asked)
        if isinstance(asked, WithdrawRequest):
            self._refuse_begun(ticket)
        if isinstance(asked, ForgetRequest):
            return self._forget(ticket)
        at = utc_text(self._clock.utc())
        return self._happen(ticket, [self._fresh(kind, at, **details)])

    def _details(self, ticket: Ticket, asked: EventRequest) -> dict[str, Any]:
        if not isinstance(asked, GradeRequest):
            return rules.details(ticket, asked)
        log = self._seals.log(practice=ticket.practice)
        erasure = erasure_of(ticket, self._look, log)
        try:
            ruleset = ruleset_named(asked.ruleset or DEFAULT_RULESET)
        except GradingError as error:
            raise invalid(error) from error
        if erasure is None:
            return grade_details(asked, ruleset, None, None)
        if is_corrected(log, erasure.document, ticket.events[0].index or 0):
            refuse_corrected(erasure.document)
        return grade_details(asked, ruleset, erasure, statement_of(erasure, self._bundles))

    def _countersigned(self, ticket: Ticket, asked: CountersignRequest) -> Came:
        """Log that an assessor's document came; it is kept as it is."""
        signed, kind = foreign(asked), EntryKind.COUNTERSIGNATURE
        now = self._clock.utc()
        statement = verified(signed, asked.root_pem.encode(), practice=ticket.practice, now=now)
        if any(each.signed == signed for each in ticket.events):
            return Came(ticket=ticket, document=signed.id, repeated=True)
        rules.refuse_forbidden(ticket, kind)
        erasure = erasure_of(ticket, self._look, self._seals.log(practice=ticket.practice))
        check_about(statement, ticket, erasure, self._seals.key_ids)
        if (self._bundles / signed.id).exists():
            refuse_name(signed.id)
        event = Event(
            kind=kind,
            at=utc_text(now),
            salt=bytes.fromhex(statement["salt_hex"]),
            details={"staff": asked.staff},
            signed=signed,
        )
        fresh = committed(ticket.number, event)
        kept = self._carry_out(replace(ticket, events=(*ticket.events, fresh)))
        return _came(kept, kind)

    def _fresh(self, kind: EntryKind, at: str, **details: object) -> Event:
        return Event(kind=kind, at=at, salt=secrets.token_bytes(SALT_BYTES), details=details)

    def _happen(self, ticket: Ticket, events: list[Event]) -> Came:
        seal = self._seals.seal(practice=ticket.practice)
        fresh = tuple(
            committed(ticket.number, self._signed(ticket, event, seal)) for event in events
        )
        kept = self._carry_out(replace(ticket, events=(*ticket.events, *fresh)))
        return _came(kept, fresh[0].kind)

    def _carry_out(self, ticket: Ticket, deleted: tuple[str, ...] = ()) -> Kept:
        known = self.holds.forget()
        kept = self._ledger.carry_out(ticket, deleted)
        self.holds.note(known, kept.ticket)
        return kept

    def _signed(self, ticket: Ticket, event: Event, seal: Seal) -> Event:
        """Sign what the customer gets about an event, before the log has it."""
        head = head_of(drawn_id(self._clock.utc()), event.at, seal, practice=ticket.practice)
        erasure = None
        if event.kind in NAMES_ERASURE:
            erasure = erasure_of(ticket, self._look, self._seals.log(practice=ticket.practice))
        statement = statement_about(ticket, event, head, erasure)
        return event if statement is None else replace(event, signed=signed_by(seal, statement))

    def _forget(self, ticket: Ticket) -> Came:
        at = utc_text(self._clock.utc())
        event = Event(kind=EntryKind.DATA_DELETED, at=at)
        documents = tuple(each.signed.id for each in ticket.events if each.signed)
        documents += tuple(
            name
            for name, statement in corrections_in(self._bundles)
            if statement["about"]["document"] in documents
        )
        forgotten = ticket.forgotten()
        after = replace(forgotten, events=(*forgotten.events, event))
        return _came(self._carry_out(after, documents), event.kind)

    def _refuse_begun(self, ticket: Ticket) -> None:
        """Refuse to take consent back that a job has acted on: nothing is left to be given back."""
        if any(jobs_since(ticket, self._look)):
            raise rules.begun()


def _again(ticket: Ticket, kind: EntryKind) -> Came:
    return replace(_came(Kept(ticket=ticket), kind), repeated=True)


def _came(kept: Kept, kind: EntryKind) -> Came:
    about = [each for each in kept.ticket.events if each.kind is kind][-1]
    return Came(
        ticket=kept.ticket,
        document=about.signed.id if about.signed else None,
        no_pdf=kept.no_pdf,
    )
