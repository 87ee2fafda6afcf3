"""What may stand in a log: one canonical JSON object per entry, by kind. Pure.

No person, serial or IMEI stands in an entry. What has to be recognisable later is there as a
*commitment*: SHA-256 over 32 random bytes and the thing itself. Whoever is given both can compare;
nobody else can guess, and once the 32 bytes are deleted nobody can any more.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final, NoReturn

from certs.canonical import JsonObject, decode, encode
from certs.errors import MalformedJsonError, MalformedLogError
from certs.formats.fields import Kind, fits, parse_time, shown
from certs.layout import OF_JOBS
from certs.log.tiles import MOST_ENTRY_BYTES
from certs.text import Text

SCHEMA: Final = "wipe-station/log-entry"
SCHEMA_VERSION: Final = 1
SALT_BYTES: Final = 32
_BOOT: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class EntryKind(Enum):
    """What an entry says that happened."""

    LOG_OPENED = "log-opened"
    """The first of every log: its key, and the station's that vouches for it on documents."""
    SELF_TEST = "self-test"
    START = "start"
    """A job began on a device."""
    OUTCOME = "outcome"
    """A document about a job was signed."""
    CUSTODY_ACCEPTED = "custody-accepted"
    """A device was taken in under a ticket; the customer's receipt carries this entry's proof."""
    PRICE_AGREED = "price-agreed"
    CONSENT = "consent"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    FROZEN = "frozen"
    """Nothing happens to the device before a supervisor has seen to it."""
    THAWED = "thawed"
    """A supervisor let its custody go on."""
    GRADE = "grade"
    COUNTERSIGNATURE = "countersignature"
    RELEASE = "release"
    """The device may leave for sale."""
    RETURN = "return"
    """The device went back to the customer."""
    DESTRUCTION = "destruction"
    TRANSFER = "transfer"
    """The device went to another company, which answers for it from then on."""
    CORRECTION = "correction"
    """A document was found wrong; ``document`` is the id of that one."""
    PALLET = "pallet"
    """A pallet was listed, or its labels were scanned by whoever received it."""
    KEY_EVENT = "key-event"
    LOG_KEY = "log-key"
    """Another key signs the log's checkpoints from here on; the one before says so."""
    DATA_DELETED = "data-deleted"
    """Personal data of a ticket were deleted, its commitments' salts with them."""


ENDS_CUSTODY: Final = frozenset(
    {EntryKind.RELEASE, EntryKind.RETURN, EntryKind.DESTRUCTION, EntryKind.TRANSFER}
)

COMMON: Final = {
    "schema": Kind.TEXT,
    "schema_version": Kind.COUNT,
    "kind": Kind.CODE,
    "at": Kind.TIME,
    "boot_id": Kind.TEXT,
    "monotonic_ms": Kind.COUNT,
}
_TICKET: Final = {"ticket": Kind.CODE, "commitment": Kind.SHA256}
OWN: Final[dict[EntryKind, dict[str, Kind]]] = {
    EntryKind.LOG_OPENED: {"log_key": Kind.TEXT, "station_key_id": Kind.SHA256},
    EntryKind.SELF_TEST: {"passed": Kind.BOOLEAN, "software_sha256": Kind.SHA256_OR_UNKNOWN},
    EntryKind.START: {"job": Kind.ID, "commitment": Kind.SHA256, "practice": Kind.BOOLEAN},
    EntryKind.OUTCOME: {
        "job": Kind.ID,
        "document": Kind.ID,
        "document_sha256": Kind.SHA256,
        "issued_at": Kind.TIME,
        "journal_sha256": Kind.SHA256,
        "type": Kind.CODE,
        "outcome": Kind.CODE,
        "practice": Kind.BOOLEAN,
    },
    EntryKind.CORRECTION: {"document": Kind.ID, "commitment": Kind.SHA256},
    EntryKind.PALLET: {"pallet": Kind.CODE, "commitment": Kind.SHA256},
    EntryKind.KEY_EVENT: {"event": Kind.CODE, "key_id": Kind.SHA256},
    EntryKind.LOG_KEY: {"log_key": Kind.TEXT, "handover": Kind.TEXT},
    **dict.fromkeys(
        (
            EntryKind.CUSTODY_ACCEPTED,
            EntryKind.PRICE_AGREED,
            EntryKind.CONSENT,
            EntryKind.CONSENT_WITHDRAWN,
            EntryKind.FROZEN,
            EntryKind.THAWED,
            EntryKind.GRADE,
            EntryKind.COUNTERSIGNATURE,
            EntryKind.RELEASE,
            EntryKind.RETURN,
            EntryKind.DESTRUCTION,
            EntryKind.TRANSFER,
        ),
        _TICKET,
    ),
    EntryKind.DATA_DELETED: {"ticket": Kind.CODE},
}
"""The fields of each kind beside those that every entry has; all of them must stand."""

UNFINISHED: Final = "indeterminate"
"""The outcome after which a job still wants an end."""
_VALUES: Final = {
    "type": frozenset(kind.value for kind in OF_JOBS),
    "outcome": frozenset({"verified", "verified-with-exceptions", "failed", "aborted", UNFINISHED}),
    "event": frozenset({"added", "retired"}),
}
_HINT: Final = Text(
    zh="请让日志的主人说明；也可能需要更新 wipe-cert。",
    en="Ask whoever keeps the log; wipe-cert may also need an update.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When something happened, by the station's clocks."""

    at: str
    """UTC, ``YYYY-MM-DDTHH:MM:SSZ``."""
    boot_id: str
    monotonic_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry, read and checked."""

    kind: EntryKind
    at: datetime
    fields: JsonObject


def entry_bytes(kind: EntryKind, moment: Moment, fields: JsonObject) -> bytes:
    """Return an entry as it is hashed and kept.

    Args:
        kind: what happened.
        moment: when.
        fields: those of the kind, all of them.

    Raises:
        MalformedLogError: no such entry can be; the caller has a defect.
    """
    data = encode(
        {
            "schema": SCHEMA,
            "schema_version": SCHEMA_VERSION,
            "kind": kind.value,
            "at": moment.at,
            "boot_id": moment.boot_id,
            "monotonic_ms": moment.monotonic_ms,
            **fields,
        }
    )
    parse_entry(data)
    return data


def parse_entry(data: bytes) -> Entry:
    """Read an entry that anybody may have made.

    Raises:
        MalformedLogError: not canonical, of an unknown kind, or with other fields than its kind.
    """
    if len(data) > MOST_ENTRY_BYTES:
        _refuse("太长", "too long")
    try:
        fields = decode(data)
    except MalformedJsonError as error:
        raise MalformedLogError(error.message, error.hint) from error
    kinds = {kind.value: kind for kind in EntryKind}
    named = fields.get("kind")
    if not isinstance(named, str) or named not in kinds:
        _refuse("不认识的种类", "an unknown kind")
    kind = kinds[named]
    wanted = COMMON | OWN[kind]
    if fields.keys() != wanted.keys():
        odd = shown(str(min(fields.keys() ^ wanted.keys())))
        _refuse(f"{named} 的字段不对：{odd}", f"wrong fields in {named}: {odd}")
    for name, of in wanted.items():
        if not fits(of, fields[name]) or fields[name] not in _VALUES.get(name, {fields[name]}):
            _refuse(f"{name} 应为：{of.value}", f"{name}: expected {of.value}")
    same = (fields["schema"], fields["schema_version"]) == (SCHEMA, SCHEMA_VERSION)
    if not same or not _BOOT.fullmatch(fields["boot_id"]):
        _refuse("格式或版本不认识", "an unknown format or version")
    return Entry(kind=kind, at=parse_time(fields["at"]), fields=fields)


def commitment(salt: bytes, thing: bytes) -> str:
    """Return what stands for a thing in the log, as 64 hex digits.

    Args:
        salt: 32 random bytes, for this thing alone.
        thing: as it is to be shown later.
    """
    assert len(salt) == SALT_BYTES, "a commitment is only as good as its salt"
    return hashlib.sha256(salt + thing).hexdigest()


def is_committed(stated: str, salt: bytes, thing: bytes) -> bool:
    """Tell whether a commitment is this thing's."""
    return hmac.compare_digest(stated, commitment(salt, thing))


def _refuse(zh: str, en: str) -> NoReturn:
    raise MalformedLogError(Text(zh=f"日志条目不对：{zh}。", en=f"Wrong log entry: {en}."), _HINT)
