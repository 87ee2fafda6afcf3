"""The form of a ticket on disk: both ways, and nothing passes that was not written so."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.canonical import decode, encode
from certs.formats.head_v1 import DescribedDevice, Identifier
from certs.formats.receipt_v1 import Price
from certs.layout import DocumentType
from certs.log.entry import EntryKind
from wipe_station.errors import EvidenceError
from wipe_station.ledger import Correction, Intent, intent_bytes, parse_intent
from wipe_station.ticket import (
    Consent,
    Event,
    Opening,
    Signed,
    Ticket,
    committed,
    parse_ticket,
    ticket_bytes,
)

AT = "2026-11-23T12:00:00Z"
NUMBER = "261123-01"
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cn"]), max_size=20)
counts = st.integers(0, 2**53 - 1)
identifiers = st.builds(Identifier, kind=words, value=words, source=words, evidence=words)
devices = st.builds(
    DescribedDevice,
    kind=words,
    description=words,
    identifiers=st.lists(identifiers, max_size=3).map(tuple),
    size_bytes=st.none() | counts,
)
openings = st.builds(
    Opening,
    device=devices,
    alike=counts,
    price=st.none() | st.builds(Price, minor_units=counts, decimals=counts, currency=words),
    consents=st.lists(st.sampled_from(Consent), max_size=3).map(tuple),
    condition=st.lists(words, max_size=2).map(tuple),
    seller=st.none() | words,
)
signed = st.builds(
    Signed,
    type=st.sampled_from(DocumentType),
    id=words,
    document=words.map(str.encode),
    signature=st.binary(max_size=72),
    chain_pem=words.map(str.encode),
)
LIVES = (
    (EntryKind.CUSTODY_ACCEPTED,),
    (EntryKind.CUSTODY_ACCEPTED, EntryKind.PRICE_AGREED, EntryKind.CONSENT, EntryKind.RELEASE),
    (EntryKind.CUSTODY_ACCEPTED, EntryKind.CONSENT_WITHDRAWN, EntryKind.RETURN),
    (EntryKind.CUSTODY_ACCEPTED, EntryKind.FROZEN, EntryKind.THAWED),
)


def events(kind: EntryKind) -> st.SearchStrategy[Event]:
    """Return events of a kind."""
    return st.builds(
        Event,
        kind=st.just(kind),
        at=words,
        commitment=words,
        salt=st.none() | st.binary(min_size=32, max_size=32),
        details=st.dictionaries(words, words | counts, max_size=3),
        signed=st.none() | signed,
        index=st.none() | counts,
    )


tickets = st.sampled_from(LIVES).flatmap(
    lambda kinds: st.builds(
        Ticket,
        number=st.just(NUMBER),
        practice=st.booleans(),
        opening=st.none() | openings,
        events=st.tuples(*map(events, kinds)),
    )
)


def sample() -> Ticket:
    """Return a ticket of some length."""
    device = DescribedDevice(kind="phone", description="A phone")
    first = Event(kind=EntryKind.CUSTODY_ACCEPTED, at=AT, salt=b"s" * 32, index=1)
    opening = Opening(device=device, consents=(Consent.ERASE,), seller="Zhang")
    events = (committed(NUMBER, first),)
    return Ticket(number=NUMBER, practice=False, opening=opening, events=events)


@given(tickets)
def test_ticket__written_and_read__the_same(ticket: Ticket) -> None:
    """What is read is what was written, and is written the same again."""
    data = ticket_bytes(ticket)
    again = parse_ticket(data, NUMBER)
    assert again == ticket
    assert ticket_bytes(again) == data


@given(
    st.binary()
    | st.recursive(words | counts, lambda e: st.dictionaries(words, e))
    .map(json.dumps)
    .map(str.encode)
)
def test_parse__anything__a_ticket_or_the_declared_error(data: bytes) -> None:
    """Whatever the bytes are, nothing but the declared error comes out."""
    for parse in (lambda: parse_ticket(data, NUMBER), lambda: parse_intent(data)):
        with pytest.raises(EvidenceError):
            parse()


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "another number": lambda t: t.update(number="261123-02"),
    "another version": lambda t: t.update(version=2),
    "practice in words": lambda t: t.update(practice="yes"),
    "a field more": lambda t: t.update(more=1),
    "an event less": lambda t: t.update(events=[]),
    "events that cannot be": lambda t: t["events"].append(t["events"][0]),
    "an unknown event": lambda t: t["events"][0].update(kind="stolen"),
    "half a salt": lambda t: t["events"][0].update(salt_hex="ab "),
    "no opening's device": lambda t: t["opening"].pop("device"),
    "an unknown consent": lambda t: t["opening"].update(consents=["all"]),
    "an index below": lambda t: t["events"][0].update(index=-1),
    "a price in words": lambda t: t["opening"].update(price={"minor_units": "1"}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_parse__one_thing_changed__refused(change: Callable[[dict[str, Any]], object]) -> None:
    """A ticket that was written otherwise is none."""
    found = decode(ticket_bytes(sample()))
    change(found)
    with pytest.raises(EvidenceError, match="damaged"):
        parse_ticket(encode(found), NUMBER)


def test_intent__both_kinds__written_and_read_the_same() -> None:
    """What was begun with a ticket, and with a document, is found again as it was."""
    fresh = Event(kind=EntryKind.RETURN, at=AT, salt=b"t" * 32)
    ticket = sample()
    going = replace(ticket, events=(*ticket.events, committed(NUMBER, fresh)))
    wrong = Event(kind=EntryKind.CORRECTION, at=AT, salt=b"u" * 32, details={"document": "x"})
    for about in (going, Correction(practice=True, event=committed("", wrong))):
        intent = Intent(about=about, log_size=7, deleted=("a", "b"))
        assert parse_intent(intent_bytes(intent)) == intent
    with pytest.raises(EvidenceError):
        parse_intent(intent_bytes(Intent(about=ticket, log_size=7)))


def test_forgotten__nothing_personal_is_left() -> None:
    """What stays says that something happened, when, and where the log has it."""
    left = sample().forgotten()
    data = ticket_bytes(left)
    for gone in (b"Zhang", b"phone", b"73" * 32):
        assert gone not in data
    assert left.events[0].commitment == sample().events[0].commitment
    assert parse_ticket(data, NUMBER) == left
