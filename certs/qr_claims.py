"""What a QR code says of a document: an extract of its statement, and how it is written. Pure.

The extract follows from the document alone, so that whoever has both can compare every field.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

from certs.canonical import MAX_INTEGER, JsonObject
from certs.errors import QrError, QrLayer
from certs.formats.fields import Kind, fits, parse_time
from certs.formats.phone_erasure_words import NAMES
from certs.layout import OF_JOBS, DocumentType
from certs.text import Text

VERSION: Final = 1
MAX_NAME_BYTES: Final = 40
"""Of model and serial, in UTF-8; ATA's and NVMe's longest have 40."""
_CUT: Final = "…"
_DIGEST_BYTES: Final = 32
_LAST_SECOND: Final = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())

TYPES: Final = {kind.value: number for number, kind in enumerate(OF_JOBS, 1)}
OUTCOMES: Final = {
    "verified": 1,
    "verified-with-exceptions": 2,
    "failed": 3,
    "aborted": 4,
    "indeterminate": 5,
}
VERIFICATIONS: Final = {"none": 0, "full": 1, "sampled": 2}
STRENGTHS: Final = {"none": 0, "bridge": 1, "medium": 2}
GRADES: Final = {"unknown": 0, "good": 1, "caution": 2, "bad": 3}
AXES: Final = ("function", "appearance", "life")

_HINT: Final = Text(
    zh="请向出具方核实；也可能需要更新 wipe-cert。",
    en="Ask the issuer; wipe-cert may also need an update.",
)

NO_CODE: Final = Text(
    zh="这种文件没有二维码：它没有说到清除。",
    en="Such a document has no code: it says nothing about an erasure.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QrClaims:
    """What one QR code says.

    Attributes:
        document_id: of the statement.
        document_type: certificate or notice, of a drive or a phone.
        outcome: as in the statement.
        issued_at_s: POSIX seconds, by the station's clock.
        practice: whether it was practice.
        document_sha256: of the JSON file, in hex.
        key_id: of the key that signed both, in hex.
        size_bytes: of the device; None only of a phone that does not say it.
        identity_strength: who stated model and serial: medium, bridge or none.
        method: its name; of a phone the route of its reset.
        verification: how much was read back: none, full or sampled; of a phone always none.
        model: at most 40 bytes; cut ones end in ``…``. None where the device stated none.
        serial: the same; of a phone without one its IMEI, MEID or UDID.
        grade: of function, appearance and life, or None where there is none.
    """

    document_id: str
    document_type: DocumentType
    outcome: str
    issued_at_s: int
    practice: bool
    document_sha256: str
    key_id: str
    size_bytes: int | None
    identity_strength: str
    method: str
    verification: str
    model: str | None = None
    serial: str | None = None
    grade: tuple[str, str, str] | None = None

    @property
    def issued_at(self) -> datetime:
        """Return the time of signing."""
        return datetime.fromtimestamp(self.issued_at_s, UTC)


def claims_of(statement: JsonObject, document: bytes) -> QrClaims:
    """Return what the QR code of a document must say.

    Args:
        statement: checked against the schema.
        document: its bytes, as they were signed.

    Raises:
        QrError: DOCUMENT; it is not about an erasure, so it has no code.
    """
    if statement["type"] not in TYPES:
        raise QrError(QrLayer.DOCUMENT, NO_CODE, _HINT)
    device, grade = statement["device"], statement.get("grade")
    kind = DocumentType(statement["type"])
    return QrClaims(
        document_id=statement["id"],
        document_type=kind,
        outcome=statement["outcome"],
        issued_at_s=int(parse_time(statement["issued_at"]).timestamp()),
        practice=statement["practice"],
        document_sha256=hashlib.sha256(document).hexdigest(),
        key_id=statement["key_id"],
        size_bytes=device.get("size_bytes"),
        model=_first(device, ("model",)),
        grade=None if grade is None else (grade["function"], grade["appearance"], grade["life"]),
        **(_of_phone(statement) if kind.of_phone else _of_drive(statement)),
    )


def _of_drive(statement: JsonObject) -> JsonObject:
    return {
        "identity_strength": statement["device"]["identity_strength"],
        "method": statement["method"]["name"],
        "verification": statement["verification"]["kind"],
        "serial": _first(statement["device"], ("serial",)),
    }


def _of_phone(statement: JsonObject) -> JsonObject:
    """Return what stands in a phone's document elsewhere, or follows from it."""
    device = statement["device"]
    own = any(it["kind"] in NAMES and it["source"] == "medium" for it in device["identifiers"])
    return {
        "identity_strength": "medium" if own else "none",
        "method": statement["route"]["name"],
        "verification": "none",
        "serial": _first(device, NAMES),
    }


def _first(device: JsonObject, kinds: Sequence[str]) -> str | None:
    """Return the first identifier of the first kind that has one."""
    found = (it["value"] for kind in kinds for it in device["identifiers"] if it["kind"] == kind)
    value = next(found, None)
    return None if value is None else _cut(value)


def _cut(text: str) -> str:
    if len(text.encode()) <= MAX_NAME_BYTES:
        return text
    room = MAX_NAME_BYTES - len(_CUT.encode())
    return text.encode()[:room].decode("utf-8", "ignore") + _CUT


def as_map(claims: QrClaims) -> dict[int, object]:
    """Return the claims as they are written; what is not there has no key."""
    grade = None if claims.grade is None else [GRADES[each] for each in claims.grade]
    values = {
        1: VERSION,
        2: claims.document_id,
        3: TYPES[claims.document_type.value],
        4: OUTCOMES[claims.outcome],
        5: claims.issued_at_s,
        6: int(claims.practice),
        7: bytes.fromhex(claims.document_sha256),
        8: bytes.fromhex(claims.key_id),
        9: claims.size_bytes,
        10: STRENGTHS[claims.identity_strength],
        11: claims.method,
        12: VERIFICATIONS[claims.verification],
        13: claims.model,
        14: claims.serial,
        15: grade,
    }
    return {key: value for key, value in values.items() if value is not None}


def claims_in(payload: object) -> QrClaims:
    """Read the claims out of a decoded payload.

    Args:
        payload: any value that `certs.cbor` returns.

    Returns:
        claims for which `as_map` gives the same map.

    Raises:
        QrError: CLAIMS; another version, a key missing or unknown, a value out of its range, or
            claims that contradict each other.
    """
    if not isinstance(payload, dict) or payload.get(1) != VERSION:
        _refuse("版本不认识", "a version that is unknown here")
    if not _NEEDED <= payload.keys() <= _CHECKS.keys():
        _refuse("缺少字段，或有不认识的字段", "a field missing or unknown")
    for key, value in payload.items():
        if not _CHECKS[key](value):
            _refuse(f"第 {key} 项不对", f"field {key} is out of its range")
    claims = _read(payload)
    _check_agreement(claims)
    return claims


def _read(payload: Mapping[int, Any]) -> QrClaims:
    grade = payload.get(15)
    return QrClaims(
        document_id=payload[2],
        document_type=DocumentType(_name_of(TYPES, payload[3])),
        outcome=_name_of(OUTCOMES, payload[4]),
        issued_at_s=payload[5],
        practice=bool(payload[6]),
        document_sha256=payload[7].hex(),
        key_id=payload[8].hex(),
        size_bytes=payload.get(9),
        identity_strength=_name_of(STRENGTHS, payload[10]),
        method=payload[11],
        verification=_name_of(VERIFICATIONS, payload[12]),
        model=payload.get(13),
        serial=payload.get(14),
        grade=None if grade is None else _grades(*grade),
    )


def _grades(function: int, appearance: int, life: int) -> tuple[str, str, str]:
    return _name_of(GRADES, function), _name_of(GRADES, appearance), _name_of(GRADES, life)


def _check_agreement(claims: QrClaims) -> None:
    kind = claims.document_type
    if claims.size_bytes is None and not kind.of_phone:
        _refuse("缺少字段，或有不认识的字段", "a field missing or unknown")
    if kind.of_phone and claims.verification != "none":
        _refuse("手机没有读回核对", "nothing of a phone is read back")
    certificate = kind.certifies
    if certificate != (claims.outcome == "verified"):
        _refuse("结果和文件种类矛盾", "an outcome that such a document cannot have")
    if certificate == ("-n" in claims.document_id):
        _refuse("编号和文件种类矛盾", "an id that such a document cannot have")


def _name_of(names: Mapping[str, int], number: int) -> str:
    return next(name for name, each in names.items() if each == number)


def _number(least: int, most: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int) and least <= value <= most


def _one_of(names: Mapping[str, int]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int) and value in names.values()


def _is_digest(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == _DIGEST_BYTES


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.encode()) <= MAX_NAME_BYTES


def _is_grade(value: object) -> bool:
    return isinstance(value, list) and len(value) == len(AXES) and all(map(_one_of(GRADES), value))


_CHECKS: Final[dict[int, Callable[[object], bool]]] = {
    1: _number(VERSION, VERSION),
    2: lambda value: fits(Kind.ID, value),
    3: _one_of(TYPES),
    4: _one_of(OUTCOMES),
    5: _number(0, _LAST_SECOND),
    6: _number(0, 1),
    7: _is_digest,
    8: _is_digest,
    9: _number(0, MAX_INTEGER),
    10: _one_of(STRENGTHS),
    11: lambda value: fits(Kind.CODE, value),
    12: _one_of(VERIFICATIONS),
    13: _is_name,
    14: _is_name,
    15: _is_grade,
}
_NEEDED: Final = frozenset(range(1, 13)) - {9}


def _refuse(zh: str, en: str) -> NoReturn:
    message = Text(zh=f"二维码里的内容不对：{zh}。", en=f"Wrong content of the code: {en}.")
    raise QrError(QrLayer.CLAIMS, message, _HINT)
