"""A ticket: one device in custody, what happened to it, and what opens its commitments. Pure.

A ticket on disk is one canonical JSON object, sealed (``vault``). It is read strictly: what would
be written otherwise than it was found is refused.

Each event stands in the log as a *commitment* to what it is about: SHA-256 over a salt and the
document that was signed about it or, where there is none, the event's own record. The salts lie
here and, in a document, with whoever holds that.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final

from certs.canonical import JsonObject, decode, encode
from certs.errors import CertsError
from certs.formats.head_v1 import DescribedDevice, Identifier
from certs.formats.receipt_v1 import Price
from certs.layout import Bundle, DocumentType
from certs.log.entry import EntryKind, commitment
from certs.text import Text
from wipe_station.custody import OPEN, Custody, custody_after
from wipe_station.errors import EvidenceError
from wipe_station.records import fields_of

VERSION: Final = 1
NUMBER: Final = re.compile(r"p?[0-9]{6}-[0-9]{2,6}")
"""``261128-01``: the day in UTC and a count; a ``p`` before it for practice."""
_HINT: Final = Text(
    zh="停下，叫工程师：拿备份恢复 tickets 文件夹。",
    en="Stop and call an engineer: restore the folder tickets from a copy.",
)


class Consent(Enum):
    """What a customer agrees to; each by itself."""

    ERASE = "erase"
    READ = "read"
    """To be looked into, as a test of the erasure needs."""
    KEEP_IDENTITY = "keep-identity"
    """Her name to be kept, as long as the ticket wants it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a ticket was opened with. The same again, while it is open, is the same ticket."""

    device: DescribedDevice
    alike: int = 1
    """Counts devices that nobody can tell apart by what is written here."""
    price: Price | None = None
    consents: tuple[Consent, ...] = ()
    condition: tuple[str, ...] = ()
    """As noted when it was taken in, by lines."""
    seller: str | None = field(default=None, repr=False)
    """Who she is, in any words. It stands nowhere else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A document about an event, as it was signed before the log had it."""

    type: DocumentType
    id: str
    document: bytes
    signature: bytes
    chain_pem: bytes

    def bundle(self, proof: bytes | None) -> Bundle:
        """Return the files for whoever gets it."""
        return Bundle(
            type_by_name=self.type,
            document=self.document,
            signature=self.signature,
            chain_pem=self.chain_pem,
            proof=proof,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened, and stands in the log."""

    kind: EntryKind
    at: str
    commitment: str = ""
    """Empty where the log has none: for the deletion itself."""
    salt: bytes | None = field(default=None, repr=False)
    """None once the personal data are deleted."""
    details: Mapping[str, Any] = field(default_factory=dict)
    signed: Signed | None = field(default=None, repr=False)
    index: int | None = None
    """Of its entry in the log; None while that may not be there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One device in custody."""

    number: str
    practice: bool
    """Whether its documents are practice, and stand in the log for practice."""
    opening: Opening | None
    """None once the personal data are deleted."""
    events: tuple[Event, ...]

    @property
    def custody(self) -> Custody:
        """Return where the device is.

        Raises:
            EvidenceError: what stands here cannot have happened.
        """
        found = custody_after(tuple(event.kind for event in self.events))
        if found is None:
            raise damaged(self.number)
        return found

    @property
    def open(self) -> bool:
        """Whether the device is still here."""
        return self.custody in OPEN

    @property
    def thawed(self) -> bool:
        """Whether a supervisor has taken it off hold: the same suspicion holds it no more."""
        return any(event.kind is EntryKind.THAWED for event in self.events)

    @property
    def consents(self) -> tuple[Consent, ...]:
        """Return what the customer agrees to now."""
        given: list[str] = []
        for event in self.events:
            if event.kind is EntryKind.CONSENT:
                given = event.details.get("to", [])
            if event.kind is EntryKind.CONSENT_WITHDRAWN:
                given = []
        return tuple(Consent(each) for each in given)

    @property
    def price(self) -> Price | None:
        """Return what was agreed last."""
        agreed = [e.details for e in self.events if e.kind is EntryKind.PRICE_AGREED and e.details]
        return price_of(agreed[-1]) if agreed else None

    @property
    def released_with(self) -> str | None:
        """Return the id of the certificate that the device left with."""
        left = [e for e in self.events if e.kind is EntryKind.RELEASE]
        return left[0].details["document"] if left else None

    def forgotten(self) -> "Ticket":
        """Return what may be kept for ever: that it happened, and where that stands in the log."""
        events = tuple(
            replace(event, salt=None, signed=None, details=_kept(event)) for event in self.events
        )
        return replace(self, opening=None, events=events)


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What came of a request about a ticket."""

    ticket: Ticket
    document: str | None
    """What was signed about it."""
    no_pdf: Text | None = None
    repeated: bool = False
    """Whether it had happened before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Righted:
    """What came of a request to correct a document."""

    document: str
    """The correction's id."""
    no_pdf: Text | None = None
    repeated: bool = False


def _kept(event: Event) -> JsonObject:
    # So that a certificate lets no second device go. It is about a device that was erased.
    return dict(event.details) if event.kind is EntryKind.RELEASE else {}


def record_of(number: str, event: Event) -> bytes:
    """Return what an event's commitment is about where no document was signed."""
    return encode(
        {
            "ticket": number,
            "kind": event.kind.value,
            "at": event.at,
            "details": dict(event.details),
        }
    )


def committed(number: str, event: Event) -> Event:
    """Return an event with its commitment."""
    assert event.salt is not None, "what has no salt is committed to nothing"
    about = event.signed.document if event.signed else record_of(number, event)
    return replace(event, commitment=commitment(event.salt, about))


def damaged(number: str) -> EvidenceError:
    """Return the error for a ticket that cannot be what was written."""
    return EvidenceError(
        Text(zh=f"单据 {number} 坏了，不能相信。", en=f"Ticket {number} is damaged."),
        hint=_HINT,
    )


# --- on disk --------------------------------------------------------------------------------------


def ticket_bytes(ticket: Ticket) -> bytes:
    """Return a ticket as it is sealed."""
    return encode(ticket_json(ticket))


def parse_ticket(data: bytes, number: str) -> Ticket:
    """Read a ticket as ``ticket_bytes`` wrote it.

    Args:
        data: unsealed.
        number: that it was filed under.

    Raises:
        EvidenceError: it is not this ticket, or no ticket.
    """
    try:
        ticket = ticket_of(decode(data))
        whole = ticket.number == number and ticket_bytes(ticket) == data
    except (CertsError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(number) from error
    lived = custody_after(tuple(event.kind for event in ticket.events))
    if not whole or lived in {None, Custody.NONE}:
        raise damaged(number)
    return ticket


def ticket_json(ticket: Ticket) -> JsonObject:
    """Return a ticket as JSON values."""
    opening = {} if ticket.opening is None else {"opening": _opening_json(ticket.opening)}
    return {
        "version": VERSION,
        "number": ticket.number,
        "practice": ticket.practice,
        "events": [event_json(event) for event in ticket.events],
        **opening,
    }


def ticket_of(found: JsonObject) -> Ticket:
    """Return the ticket in JSON values; whoever calls holds them against what it writes.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is none.
    """
    if found["version"] != VERSION:
        raise ValueError(found["version"])
    return Ticket(
        number=_text(found["number"]),
        practice=found["practice"] is True,
        opening=_opening_of(found["opening"]) if "opening" in found else None,
        events=tuple(event_of(each) for each in found["events"]),
    )


def event_json(event: Event) -> JsonObject:
    """Return an event as JSON values."""
    rest: JsonObject = {
        "salt_hex": None if event.salt is None else event.salt.hex(),
        "index": event.index,
        "signed": None if event.signed is None else _signed_json(event.signed),
    }
    return {
        "kind": event.kind.value,
        "at": event.at,
        "commitment": event.commitment,
        "details": dict(event.details),
    } | {name: value for name, value in rest.items() if value is not None}


def event_of(found: JsonObject) -> Event:
    """Return the event in JSON values.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is none.
    """
    return Event(
        kind=EntryKind(found["kind"]),
        at=_text(found["at"]),
        commitment=_text(found["commitment"]),
        salt=bytes.fromhex(found["salt_hex"]) if "salt_hex" in found else None,
        details=dict(found["details"]),
        signed=_signed_of(found["signed"]) if "signed" in found else None,
        index=_count(found["index"]) if "index" in found else None,
    )


def _signed_json(signed: Signed) -> JsonObject:
    return {
        "type": signed.type.value,
        "id": signed.id,
        "document": signed.document.decode(),
        "signature_hex": signed.signature.hex(),
        "chain_pem": signed.chain_pem.decode(),
    }


def _signed_of(found: JsonObject) -> Signed:
    return Signed(
        type=DocumentType(found["type"]),
        id=_text(found["id"]),
        document=found["document"].encode(),
        signature=bytes.fromhex(found["signature_hex"]),
        chain_pem=found["chain_pem"].encode(),
    )


def _opening_json(opening: Opening) -> JsonObject:
    rest: JsonObject = {
        "price": None if opening.price is None else fields_of(opening.price),
        "seller": opening.seller,
    }
    return {
        "device": opening.device.statement(),
        "alike": opening.alike,
        "consents": [each.value for each in opening.consents],
        "condition": list(opening.condition),
    } | {name: value for name, value in rest.items() if value is not None}


def _opening_of(found: JsonObject) -> Opening:
    device = found["device"]
    return Opening(
        device=DescribedDevice(
            kind=_text(device["kind"]),
            description=_text(device["description"]),
            identifiers=_identifiers(device["identifiers"]),
            size_bytes=_count(device["size_bytes"]) if "size_bytes" in device else None,
        ),
        alike=_count(found["alike"]),
        price=price_of(found["price"]) if "price" in found else None,
        consents=tuple(Consent(each) for each in found["consents"]),
        condition=tuple(map(_text, found["condition"])),
        seller=_text(found["seller"]) if "seller" in found else None,
    )


def price_of(found: Mapping[str, Any]) -> Price:
    """Return the price in JSON values.

    Raises:
        KeyError, TypeError: it is none.
    """
    return Price(
        minor_units=_count(found["minor_units"]),
        decimals=_count(found["decimals"]),
        currency=_text(found["currency"]),
    )


def _identifiers(found: Sequence[JsonObject]) -> tuple[Identifier, ...]:
    return tuple(
        Identifier(
            kind=_text(each["kind"]),
            value=_text(each["value"]),
            source=_text(each["source"]),
            evidence=_text(each["evidence"]),
        )
        for each in found
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(value)
    return value
