"""Custody at the counter: what may happen to a ticket, and what it takes. I/O.

1. Finish or take back what an earlier run left (``ledger``).
2. What happened already is not done again: the same request has the same answer.
3. Refuse what the table in ``custody`` or the certificate (``release``) does not allow.
4. Sign what the customer gets, and have it happen: log, ticket, bundle.
"""

import hashlib
import secrets
from dataclasses import asdict, replace
from pathlib import Path
from threading import RLock
from typing import Any

from certs.bundle import read_bundle
from certs.errors import CertificateError
from certs.layout import Bundle
from certs.log.entry import SALT_BYTES, EntryKind
from certs.log.proof import parse_proof
from certs.text import Text
from certs.verify import verify
from grading.errors import GradingError
from grading.library import DEFAULT_RULESET, ruleset_named
from wipe_station import release
from wipe_station import ticket_rules as rules
from wipe_station.clock import Clock, drawn_id, utc_text
from wipe_station.corrections import Corrections, corrections_in, is_corrected
from wipe_station.countersigning import check_about, foreign, refuse_name, verified
from wipe_station.custody_documents import statement_about
from wipe_station.errors import (
    CustodyError,
    EvidenceError,
    InvalidInputError,
)
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
from wipe_station.ticket_jobs import (
    NAMES_ERASURE,
    Surroundings,
    erasure_of,
    jobs_since,
    statement_of,
    ticket_of,
)
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
        practice: bool = False,
    ) -> None:
        """Take what the station is built of; nothing is made before the first ticket.

        Args:
            state: the state directory; the caller holds its lock.
            clock: for records.
            seals: keys and logs.
            look: what it sees of devices and jobs.
            page: returns what makes the PDF of one document with a signer.
            practice: whether only practice drives are minded.
        """
        self._clock = clock
        self._seals = seals
        self._look = look
        self._practice = practice or seals.own is None
        self._ledger = Ledger(state, seals, page)
        self._bundles = state / "bundles"
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
            raise InvalidInputError(
                Text(
                    zh=f"单据 {number} 没有登记身份。", en=f"Ticket {number} holds nobody's name."
                ),
                hint=Text(
                    zh="没有登记过，或者已经删除。", en="It was never written down, or is deleted."
                ),
            )
        return opening.seller

    def require_wipeable(self, device: DeviceFacts) -> None:
        """Refuse to wipe a device in custody whose owner did not agree, or does not any more.

        Raises:
            RefusedByPolicyError: naming the ticket.
        """
        known = frozenset((each.kind, each.value) for each in device.identifiers)
        for ticket in self.all():
            theirs = release.identifiers_of(ticket)
            if not ticket.open or not theirs or not theirs <= known:
                continue
            if Consent.ERASE not in ticket.consents:
                raise rules.not_agreed(ticket, device)

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
        """Begin custody of a device.

        Raises:
            InvalidInputError: no such device, or a name that nobody agreed to keep.
            CustodyError: this very device is in custody already.
            EvidenceError: log, keys or disk refuse.
        """
        with self._lock:
            self._ledger.heal()
            facts = self._look.device(asked.device) if asked.device else None
            opening = rules.opening(asked, facts)
            standing = [each for each in self._ledger.tickets() if each.open]
            for ticket in standing:
                if ticket.opening == opening:
                    return _again(self._ledger.ticket(ticket.number), EntryKind.CUSTODY_ACCEPTED)
            rules.refuse_taken(opening, standing)
            virtual = facts is not None and facts.transport in VIRTUAL_TRANSPORTS
            return self._accept(opening, asked.staff, practice=self._practice or virtual)

    def _accept(self, opening: Opening, staff: str, *, practice: bool) -> Came:
        at = utc_text(self._clock.utc())
        number = self._next_number(at, practice=practice)
        ticket = Ticket(number=number, practice=practice, opening=opening, events=())
        events = [self._fresh(EntryKind.CUSTODY_ACCEPTED, at, staff=staff)]
        if opening.price is not None:
            agreed = asdict(opening.price)
            events.append(self._fresh(EntryKind.PRICE_AGREED, at, staff=staff, **agreed))
        if opening.consents:
            to = [each.value for each in opening.consents]
            events.append(self._fresh(EntryKind.CONSENT, at, staff=staff, to=to))
        return self._happen(ticket, events)

    def _next_number(self, at: str, *, practice: bool) -> str:
        """Return the number after the highest that the log has: it alone is never lost."""
        log = self._seals.log(practice=practice)
        last = log.newest(lambda entry: entry.kind is EntryKind.CUSTODY_ACCEPTED)
        entry = None if last is None else log.entry(last)
        day = ("p" if practice else "") + at[2:10].replace("-", "") + "-"
        before = entry.fields["ticket"] if entry is not None else ""
        count = int(before.removeprefix(day)) if before.startswith(day) else 0
        number = f"{day}{count + 1:02d}"
        if self._ledger.holds(number):
            raise EvidenceError(
                Text(zh=f"单号 {number} 日志里没有。", en=f"The log lacks ticket {number}."),
                hint=Text(
                    zh="停下，叫工程师：日志被换成了旧的。",
                    en="Stop and call an engineer: the log was set back.",
                ),
            )
        return number

    # --- what happens then -------------------------------------------------------------------

    def happen(self, number: str, asked: EventRequest) -> Came:
        """Have something happen to a ticket.

        Raises:
            InvalidInputError: there is no such ticket.
            CustodyError: it cannot happen to it, or the certificate does not let it go.
            EvidenceError: log, keys or disk refuse.
        """
        kind = rules.KIND_OF[type(asked)]
        with self._lock:
            self._ledger.heal()
            ticket = self._ledger.ticket(number)
            if isinstance(asked, CountersignRequest):
                return self._countersigned(ticket, asked)
            details = self._details(ticket, asked)
            if rules.stands(ticket, kind, details):
                return _again(ticket, kind)
            rules.refuse_forbidden(ticket, kind)
            if isinstance(asked, ReleaseRequest):
                self._require_erased(ticket, asked)
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
        kept = self._ledger.carry_out(replace(ticket, events=(*ticket.events, fresh)))
        return _came(kept, kind)

    def _fresh(self, kind: EntryKind, at: str, **details: object) -> Event:
        return Event(kind=kind, at=at, salt=secrets.token_bytes(SALT_BYTES), details=details)

    def _happen(self, ticket: Ticket, events: list[Event]) -> Came:
        seal = self._seals.seal(practice=ticket.practice)
        fresh = tuple(
            committed(ticket.number, self._signed(ticket, event, seal)) for event in events
        )
        kept = self._ledger.carry_out(replace(ticket, events=(*ticket.events, *fresh)))
        return _came(kept, fresh[0].kind)

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
        return _came(self._ledger.carry_out(after, documents), event.kind)

    def _refuse_begun(self, ticket: Ticket) -> None:
        """Refuse to take consent back that a job has acted on: nothing is left to be given back."""
        if any(jobs_since(ticket, self._look)):
            raise CustodyError(
                Text(
                    zh="清除已经开始，同意撤不回了。",
                    en="Its erasure has begun; the consent cannot be taken back any more.",
                ),
                hint=Text(
                    zh="等它做完，再退还设备：wipe-station ticket return",
                    en="Let it end, then give the device back: wipe-station ticket return",
                ),
            )

    # --- release -----------------------------------------------------------------------------

    def _require_erased(self, ticket: Ticket, asked: ReleaseRequest) -> None:
        """Refuse unless this certificate of ours is about this device, since it was taken in."""
        release.check_consent(ticket)
        bundle = self._own_bundle(asked)
        try:
            verdict = verify(
                bundle,
                root_pem=self._seals.root_pem(practice=ticket.practice),
                allow_practice=ticket.practice,
                now=self._clock.utc(),
            )
        except CertificateError as error:
            message, layer = error.message, error.layer.value
            raise CustodyError(
                Text(
                    zh=f"不能放行：{message.zh}（{layer}）",
                    en=f"Not released: {message.en} ({layer})",
                ),
                hint=error.hint,
            ) from error
        release.check_verdict(ticket, verdict)
        self._require_logged(ticket, bundle, asked)
        device = verdict.statement["device"]
        release.check_device(ticket, device)
        release.check_others(ticket, self._ledger.agreed(), asked.document, device)

    def _own_bundle(self, asked: ReleaseRequest) -> Bundle:
        try:
            bundle = read_bundle(self._bundles / asked.document)
        except (OSError, CertificateError):
            release.refuse_unknown(asked.document)
        if hashlib.sha256(bundle.document).hexdigest() != asked.document_sha256:
            release.refuse_unknown(asked.document)
        return bundle

    def _require_logged(self, ticket: Ticket, bundle: Bundle, asked: ReleaseRequest) -> None:
        """Refuse what the ticket's log does not have, has from before, or has a correction of."""
        log = self._seals.log(practice=ticket.practice)
        at = parse_proof(bundle.proof).index if bundle.proof else None
        entry = None if at is None else log.entry(at)
        if entry is None or entry.fields.get("document_sha256") != asked.document_sha256:
            release.refuse_foreign(asked.document)
        job, accepted = entry.fields["job"], ticket.events[0].index
        began = log.newest(
            lambda e: e.kind is EntryKind.START and e.fields["job"] == job, accepted or 0
        )
        if began is None:
            release.refuse_early(asked.document)
        if is_corrected(log, asked.document, at or 0):
            release.refuse_corrected(asked.document)


def _again(ticket: Ticket, kind: EntryKind) -> Came:
    return replace(_came(Kept(ticket=ticket), kind), repeated=True)


def _came(kept: Kept, kind: EntryKind) -> Came:
    about = [each for each in kept.ticket.events if each.kind is kind][-1]
    return Came(
        ticket=kept.ticket,
        document=about.signed.id if about.signed else None,
        no_pdf=kept.no_pdf,
    )
