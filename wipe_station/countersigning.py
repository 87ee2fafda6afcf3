"""What a third-party assessor signed about a document of a ticket, and whether it is taken. Pure.

The assessor signs with a key of his own, elsewhere. The station signs nothing here: it checks that
the document is genuine under the root that the operator names, that it is about a document of this
ticket, and that no key of the station's own made it; then it logs that it came.
"""

from collections.abc import Collection
from datetime import datetime
from hashlib import sha256
from typing import NoReturn

from certs.canonical import JsonObject
from certs.errors import CertificateError
from certs.formats.head_v1 import NO_LOG, Reference
from certs.layout import Bundle, DocumentType
from certs.text import Text
from certs.verify import verify
from wipe_station.errors import CustodyError
from wipe_station.ticket import Signed, Ticket
from wipe_station.ticket_values import CountersignRequest


def foreign(asked: CountersignRequest) -> Signed:
    """Return the document that came, byte by byte; nothing is checked."""
    return Signed(
        type=DocumentType.COUNTERSIGNATURE,
        id=asked.document_id,
        document=asked.document.encode(),
        signature=bytes.fromhex(asked.signature_hex),
        chain_pem=asked.chain_pem.encode(),
    )


def verified(signed: Signed, root_pem: bytes, *, practice: bool, now: datetime) -> JsonObject:
    """Return what a countersignature says.

    Args:
        signed: as it came.
        root_pem: of the assessors, as the operator knows it.
        practice: whether the ticket is.
        now: aware.

    Raises:
        CustodyError: it is not genuine, or not of the ticket's kind.
    """
    bundle = Bundle(
        type_by_name=signed.type,
        document=signed.document,
        signature=signed.signature,
        chain_pem=signed.chain_pem,
    )
    try:
        statement = verify(bundle, root_pem=root_pem, allow_practice=practice, now=now).statement
    except CertificateError as error:
        message, layer = error.message, error.layer.value
        raise CustodyError(
            Text(
                zh=f"会签没有收下：{message.zh}（{layer}）",
                en=f"Not taken: {message.en} ({layer})",
            ),
            hint=error.hint,
        ) from error
    if statement["id"] != signed.id:
        _refuse("编号和文件里的不一样", "its id is not the one in it")
    if statement["practice"] != practice:
        _refuse("练习单据和正式单据不能混", "a practice document is about no real ticket")
    if statement["log_origin"] != NO_LOG:
        _refuse("它在另一份日志里", "it stands in a log of its own")
    return statement


def check_about(
    statement: JsonObject, ticket: Ticket, erasure: Reference | None, own: Collection[str]
) -> None:
    """Refuse what is not another's word about a document of this ticket.

    Args:
        statement: verified.
        ticket: that it is filed under.
        erasure: the document of the erasure of its device, if there is one.
        own: ids of the keys that the station signs with.

    Raises:
        CustodyError: saying what does not fit.
    """
    if statement["key_id"] in own:
        _refuse("本机不能给自己会签", "a station does not countersign itself")
    if statement["ticket"] != ticket.number:
        _refuse("它说的是另一张单据", "it is about another ticket")
    known = [_named(each.signed) for each in ticket.events if each.signed is not None]
    known += [] if erasure is None else [erasure]
    if statement["about"] not in [each.statement() for each in known]:
        _refuse("它说的不是这张单据的文件", "it is about no document of this ticket")


def _named(signed: Signed) -> Reference:
    return Reference(
        document=signed.id,
        document_sha256=sha256(signed.document).hexdigest(),
        document_type=signed.type,
    )


def refuse_name(document: str) -> NoReturn:
    """Refuse a document whose id another one has here."""
    _refuse(f"本机已有编号 {document} 的另一份文件", f"another document has the id {document} here")


def _refuse(zh: str, en: str) -> NoReturn:
    raise CustodyError(
        Text(zh=f"会签没有收下：{zh}。", en=f"Not taken: {en}."),
        hint=Text(zh="请评估人重新出具。", en="Ask the assessor to issue it anew."),
    )
