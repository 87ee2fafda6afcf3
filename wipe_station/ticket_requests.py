"""What was typed after ``wipe-station ticket`` becomes a request to the desk, or an error. I/O."""

import hashlib
import sys
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from certs.bundle import read_bundle
from certs.canonical import decode
from certs.layout import MAX_CHAIN_BYTES, DocumentType
from certs.text import Text
from wipe_station import ticket_identifiers as names
from wipe_station.errors import InvalidInputError
from wipe_station.money import decimals_of, minor_units
from wipe_station.ticket_values import (
    CorrectedValue,
    CountersignRequest,
    IdentifierValue,
    PriceValue,
    ReleaseRequest,
)

MOST_SELLER_BYTES: Final = 16 << 10
Shape = TypeVar("Shape", bound=BaseModel)


def request(shape: type[Shape], **asked: Any) -> Shape:  # noqa: ANN401 - pydantic checks it
    """Return a request to the desk.

    Raises:
        InvalidInputError: naming the fields that are malformed, and never what was given for them.
    """
    try:
        return shape(**asked)
    except ValidationError as error:
        what = ", ".join(str(each["loc"][0]) for each in error.errors(include_input=False))
        # Not chained: the library's message quotes what was given, and that may be a name.
        raise InvalidInputError(
            Text(zh=f"不成样子的参数：{what}。", en=f"Malformed: {what}."),
            hint=Text(zh="看看 --help。", en="See --help."),
        ) from None


def consents(text: str) -> tuple[str, ...]:
    """Read ``erase,read``."""
    return tuple(each.strip() for each in text.split(",") if each.strip())


def identifier(text: str) -> IdentifierValue:
    """Read ``imei=…``; raises ``InvalidInputError``."""
    kind, _, value = text.partition("=")
    said = names.typed(kind.strip(), value)
    return request(IdentifierValue, kind=said.kind, value=said.value)


def right(text: str) -> CorrectedValue:
    """Read ``field=what is right``; raises ``InvalidInputError``."""
    field, _, correct = text.partition("=")
    return request(CorrectedValue, field=field.strip(), correct=correct.strip())


def price(amount: str, currency: str) -> PriceValue:
    """Read an amount in a currency; raises ``InvalidInputError``."""
    units = minor_units(amount, currency)
    return request(PriceValue, minor_units=units, decimals=decimals_of(currency), currency=currency)


def _read(path: Path, most_bytes: int) -> bytes:
    """Return the beginning of a file, or of standard input.

    Raises:
        OSError: it cannot be read.
    """
    if str(path) == "-":
        return sys.stdin.buffer.read(most_bytes)
    with path.open("rb") as opened:
        return opened.read(most_bytes)


def content(path: Path, most_bytes: int) -> bytes:
    """Return what a file holds, and one byte of more than that."""
    try:
        return _read(path, most_bytes + 1)
    except OSError as error:
        raise InvalidInputError(
            Text(zh=f"读不到 {path}。", en=f"{path} cannot be read."),
            hint=Text(zh="检查路径。", en="Check the path."),
        ) from error


def seller(path: Path) -> str:
    """Read who the seller is; nothing that goes wrong may quote it."""
    try:
        return _read(path, MOST_SELLER_BYTES).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            Text(zh="读不到卖家身份文件。", en="The seller's file cannot be read."),
            hint=Text(
                zh="检查 --seller-file 后面的路径；要 UTF-8 文本。",
                en="Check the path after --seller-file; it must be UTF-8 text.",
            ),
        ) from error


def countersign(staff: str, document: Path, root: Path) -> CountersignRequest:
    """Hand over the files of a countersignature as they are; whoever takes them in checks them."""
    if not document.exists():
        raise InvalidInputError(
            Text(zh=f"没有文件 {document}。", en=f"There is no document {document}."),
            hint=Text(zh="给出会签的文件夹或 zip。", en="Name its folder or .zip."),
        )
    bundle = read_bundle(document)
    statement = decode(bundle.document)
    if bundle.type_by_name is not DocumentType.COUNTERSIGNATURE:
        raise InvalidInputError(
            Text(zh=f"{document} 不是会签。", en=f"{document} is no countersignature."),
            hint=Text(zh="评估人签的那一份才是。", en="Give the one that the assessor signed."),
        )
    return request(
        CountersignRequest,
        staff=staff,
        document_id=statement.get("id"),
        document=bundle.document.decode("utf-8"),
        signature_hex=bundle.signature.hex(),
        chain_pem=bundle.chain_pem.decode("utf-8", "replace"),
        root_pem=content(root, MAX_CHAIN_BYTES).decode("utf-8", "replace"),
    )


def release(staff: str, certificate: Path, bundles: Path) -> ReleaseRequest:
    """Name a bundle by its very bytes; what the station has under this id must be the same."""
    path = certificate if certificate.exists() else bundles / certificate.name
    if not path.exists():
        raise InvalidInputError(
            Text(zh=f"没有证明 {certificate}。", en=f"There is no bundle {certificate}."),
            hint=Text(
                zh="给出清除证明的文件夹，或它的编号。",
                en="Name the certificate's folder, or its id.",
            ),
        )
    document = read_bundle(path).document
    return request(
        ReleaseRequest,
        staff=staff,
        document=decode(document).get("id"),
        document_sha256=hashlib.sha256(document).hexdigest(),
    )
