"""What crosses the daemon's socket about tickets: shapes of requests and answers. Pure.

For the operator alone (``ticket_api``): the kiosk's process reaches none of it.

    POST /v1/tickets                  AcceptRequest   → TicketEnd: taken in; the same again while
                                                        it is open gives the same ticket
    GET  /v1/tickets                                  → TicketList: all; who she is, in none
    GET  /v1/tickets/{number}                         → TicketView
    GET  /v1/tickets/{number}/seller                  → SellerView: the only way to her name
    POST /v1/tickets/{number}/events  EventRequest    → TicketEnd: what happened to it
    POST /v1/corrections              CorrectRequest  → CorrectionEnd
"""

from typing import Annotated, Final, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr

from certs.layout import MAX_CHAIN_BYTES, MAX_SIGNATURE_BYTES
from wipe_station.api_values import IdentifierView, Name, Sha256, Value, Words

Number = Annotated[str, Field(pattern=r"^p?[0-9]{6}-[0-9]{2,6}$")]
"""``261128-01``: the day in UTC and a count; a ``p`` before it for practice."""
DocumentId = Annotated[str, Field(pattern=r"^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}(-n[1-9][0-9]{0,5})?$")]
Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$")]
"""Text on one line, not only of blanks."""
Short = Annotated[Line, Field(max_length=200)]
MOST_COUNTERSIGNATURE_CHARACTERS: Final = 128 << 10
Staff = Annotated[str, Field(pattern=r"^[0-9]{1,10}$")]
"""A number that only the shop can turn into a person."""
ConsentName = Literal["erase", "read", "keep-identity"]
Consents = Annotated[tuple[ConsentName, ...], Field(max_length=3)]


class IdentifierValue(Value):
    """One identifier that a person read off the device."""

    kind: Name
    value: Short


class PriceValue(Value):
    """An amount of money, in the currency's smallest unit."""

    minor_units: Annotated[int, Field(ge=0, le=10**12)]
    decimals: Annotated[int, Field(ge=0, le=4)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class AcceptRequest(Value):
    """A device is handed over."""

    staff: Staff
    description: Short
    kind: Name | None = None
    """Such as ``disk`` or ``phone``."""
    device: Annotated[str, Field(max_length=600)] | None = None
    """Node or stable id of what is plugged in; its own words about itself are taken down."""
    identifiers: Annotated[tuple[IdentifierValue, ...], Field(max_length=16)] = ()
    alike: Annotated[int, Field(ge=1, le=9999)] = 1
    price: PriceValue | None = None
    consents: Consents = ()
    condition: Annotated[tuple[Short, ...], Field(max_length=20)] = ()
    seller: Annotated[str, Field(min_length=1, max_length=4000)] | None = Field(
        default=None, repr=False
    )


class PriceRequest(Value):
    """A price was agreed, or another one."""

    kind: Literal["price"] = "price"
    staff: Staff
    price: PriceValue


class ConsentRequest(Value):
    """The customer agrees to more than before."""

    kind: Literal["consent"] = "consent"
    staff: Staff
    to: Annotated[Consents, Field(min_length=1)]


class WithdrawRequest(Value):
    """The customer takes all her consent back."""

    kind: Literal["withdraw"] = "withdraw"
    staff: Staff
    reason: Short | None = None


class FreezeRequest(Value):
    """The device waits for a supervisor."""

    kind: Literal["freeze"] = "freeze"
    staff: Staff
    reason: Short | None = None
    """Kept in the ticket, and on no paper."""


class ThawRequest(Value):
    """A supervisor lets the custody of a device go on."""

    kind: Literal["thaw"] = "thaw"
    staff: Staff
    reason: Short
    """As for ``FreezeRequest``."""


class ReturnRequest(Value):
    """The device goes back to the customer."""

    kind: Literal["return"] = "return"
    staff: Staff
    reason: Short | None = None


class DestroyRequest(Value):
    """The device was destroyed."""

    kind: Literal["destroy"] = "destroy"
    staff: Staff
    method: Short
    witness: Staff
    processor: Short
    licence: Short | None = None
    reason: Short | None = None


class TransferRequest(Value):
    """The device went to another company."""

    kind: Literal["transfer"] = "transfer"
    staff: Staff
    recipient: Short
    reason: Short | None = None


class GradeRequest(Value):
    """The device is graded; by the measures of its erasure, too, once there is one."""

    kind: Literal["grade"] = "grade"
    staff: Staff
    measures: dict[str, StrictBool | StrictInt | StrictStr] = Field(default_factory=dict)
    """What a person measured; ``grading.measures`` has the limits."""
    ruleset: Name | None = None
    """The rules that the station grades by, where none is named."""


class CountersignRequest(Value):
    """A third-party assessor signed, elsewhere, what he says of a document of this ticket."""

    kind: Literal["countersign"] = "countersign"
    staff: Staff
    document_id: DocumentId
    document: Annotated[str, Field(max_length=MOST_COUNTERSIGNATURE_CHARACTERS)]
    signature_hex: Annotated[
        str, Field(pattern=r"^([0-9a-f]{2})*$", max_length=2 * MAX_SIGNATURE_BYTES)
    ]
    chain_pem: Annotated[str, Field(max_length=MAX_CHAIN_BYTES)]
    root_pem: Annotated[str, Field(max_length=MAX_CHAIN_BYTES)]
    """The root of assessors that whoever asks believes in."""


class ReleaseRequest(Value):
    """The device may be sold: this certificate says that it was erased."""

    kind: Literal["release"] = "release"
    staff: Staff
    document: DocumentId
    document_sha256: Sha256


class ForgetRequest(Value):
    """Delete what is known about the customer."""

    kind: Literal["forget"] = "forget"


EventRequest = (
    PriceRequest
    | ConsentRequest
    | WithdrawRequest
    | FreezeRequest
    | ThawRequest
    | ReturnRequest
    | DestroyRequest
    | TransferRequest
    | GradeRequest
    | CountersignRequest
    | ReleaseRequest
    | ForgetRequest
)


class CorrectedValue(Value):
    """What is right in a field that is wrong."""

    field: Annotated[str, Field(min_length=1, max_length=200)]
    correct: Short


class CorrectRequest(Value):
    """A document of this station is wrong; without fields, all of it is void."""

    document: DocumentId
    staff: Staff
    reason: Short
    corrected: Annotated[tuple[CorrectedValue, ...], Field(max_length=50)] = ()


class CorrectionEnd(Value):
    """What was signed about it."""

    document: DocumentId
    no_pdf: Words | None
    repeated: bool


class EventView(Value):
    """One thing that happened, with its place in the log."""

    kind: str
    at: str
    index: int
    document: str | None


class TicketView(Value):
    """A ticket, without her name."""

    number: Number
    practice: bool
    custody: str
    custody_title: Words
    open: bool
    """Whether the device is still here."""
    description: str | None
    """None once the personal data are deleted; so are the identifiers."""
    identifiers: tuple[IdentifierView, ...]
    price: PriceValue | None
    consents: Consents
    names_seller: bool
    """Whether it is written down who she is."""
    events: tuple[EventView, ...]


class TicketList(Value):
    """All tickets, the oldest first."""

    tickets: tuple[TicketView, ...]


class TicketEnd(Value):
    """What came of a request about a ticket."""

    ticket: TicketView
    document: DocumentId | None
    """What was signed about it, under this name among the station's bundles."""
    no_pdf: Words | None
    repeated: bool
    """Whether it had happened before: nothing was written."""


class SellerView(Value):
    """Who she is."""

    seller: str
