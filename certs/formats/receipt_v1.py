"""Receipts, version 1: what a customer takes home for a device that was taken in. Pure.

No customer's name stands in it. Its log entry is the one about custody, so that whoever keeps the
receipt can show what the log must have.
"""

# ruff: noqa: E501  a table is read by its rows

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from certs.canonical import JsonObject
from certs.formats.document import DocumentFormat
from certs.formats.facts import Fact, Form
from certs.formats.fields import Kind, Required, field
from certs.formats.head_v1 import BY_STAFF, DEVICE, OF_TICKET, DescribedDevice, Head, head
from certs.formats.rules import InOrder, NoneTwice
from certs.layout import DocumentType
from certs.log.entry import EntryKind
from certs.text import Text

_ALWAYS, _OPTIONAL = Required.ALWAYS, Required.WHERE_IT_APPLIES
CONSENTS: Final = {
    "erase": Text(zh="清除", en="erase"),
    "read": Text(zh="读取检查", en="read"),
    "keep-identity": Text(zh="保存身份信息", en="keep identity"),
}

# fmt: off
FORMAT: Final = DocumentFormat(
    document_type=DocumentType.RECEIPT,
    title=Text(zh="收据：店里收下了设备", en="Receipt: the device was taken in"),
    fields=(
        *head(DocumentType.RECEIPT),
        *OF_TICKET,
        *DEVICE,
        field("accepted_at", Kind.TIME, _ALWAYS, "收下的时间", "When it was taken in"),
        *BY_STAFF,
        field("price", Kind.OBJECT, _OPTIONAL, "约定的价格", "Price that was agreed"),
        field("price.minor_units", Kind.COUNT, _ALWAYS, "金额，以最小单位计，如分", "Amount in the smallest unit, such as cents"),
        field("price.decimals", Kind.DECIMALS, _ALWAYS, "其中小数的位数", "How many of its digits stand behind the point"),
        field("price.currency", Kind.CURRENCY, _ALWAYS, "币种", "Currency"),
        field("consents", Kind.LIST, _ALWAYS, "顾客同意的事", "What the customer consented to"),
        field("consents[].what", Kind.CODE, _ALWAYS, "同意什么", "To what", *CONSENTS),
        field("consents[].at", Kind.TIME, _ALWAYS, "何时", "When"),
        field("condition", Kind.LIST, _OPTIONAL, "收下时的状况，一行一项", "Condition as noted when it was taken in, by lines"),
        field("condition[]", Kind.TEXT, _ALWAYS, "其中一行", "One of them"),
    ),
    rules=(
        InOrder(earlier="accepted_at", later="issued_at"),
        NoneTwice(path="consents[].what"),
    ),
    facts=(
        Fact(label=Text(zh="单号", en="Ticket"), path="ticket"),
        Fact(label=Text(zh="收下的时间", en="Taken in"), path="accepted_at"),
        Fact(label=Text(zh="经手人工号", en="By staff number"), path="staff"),
        Fact(label=Text(zh="价格", en="Price"), path="price", form=Form.PRICE),
        Fact(label=Text(zh="顾客同意", en="The customer consented to"), path="consents[].what", words=CONSENTS),
        Fact(label=Text(zh="收下时的状况", en="Condition when taken in"), path="condition[]"),
    ),
    entry_kinds={"": EntryKind.CUSTODY_ACCEPTED},
)
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """An amount of money.

    Attributes:
        minor_units: in the smallest unit.
        decimals: how many of its digits stand behind the point.
        currency: by ISO 4217.
    """

    minor_units: int
    decimals: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """How a device was taken in.

    Attributes:
        ticket: its number.
        device: as it was described.
        accepted_at: UTC, ``YYYY-MM-DDTHH:MM:SSZ``.
        staff: number of whoever took it in.
        consents: to what (`CONSENTS`), and when.
        price: if one was agreed.
        condition: as noted, by lines.
    """

    ticket: str
    device: DescribedDevice
    accepted_at: str
    staff: str
    consents: Sequence[tuple[str, str]] = ()
    price: Price | None = None
    condition: Sequence[str] = ()


def receipt(head: Head, salt: bytes, custody: Custody) -> JsonObject:
    """Return the statement of a receipt.

    Args:
        head: what every document says.
        salt: 32 random bytes, for this document alone.
        custody: what happened.
    """
    price = custody.price
    amount = {} if price is None else {"price": _price(price)}
    noted = {"condition": list(custody.condition)} if custody.condition else {}
    return {
        **head.statement(DocumentType.RECEIPT, salt),
        "ticket": custody.ticket,
        "device": custody.device.statement(),
        "accepted_at": custody.accepted_at,
        "staff": custody.staff,
        "consents": [{"what": what, "at": at} for what, at in custody.consents],
        **amount,
        **noted,
    }


def _price(price: Price) -> JsonObject:
    return {
        "minor_units": price.minor_units,
        "decimals": price.decimals,
        "currency": price.currency,
    }
