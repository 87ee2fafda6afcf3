"""lockdownd, the doorkeeper of an iPhone or iPad: requests and replies. Pure.

A stranger may read a little. A host that the owner trusted starts a session with its pair record;
from the byte after the phone's answer on, that stream is TLS, and so are the services' where the
phone says so. Pairing asks the owner on the phone's own screen.

Source: the protocol as libimobiledevice's programs speak it, checked against them in
``hw_tests/test_phone_apple.py``. Which values a stranger may read, and that a phone which was
erased answers ``InvalidHostID``, are general knowledge, unverified on hardware.
"""

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeVar

from wipe_station.errors import MalformedReplyError
from wipe_station.phones.frames import Splitter, plist_frame, plist_splitter
from wipe_station.phones.plist import (
    Fields,
    Plist,
    bytes_in,
    decode_fields,
    encode,
    integer_in,
    text_in,
    truth_in,
)

WHAT: Final = "lockdownd"
PORT: Final = 62078
LABEL: Final = "station"
TYPE: Final = "com.apple.mobile.lockdown"
_MOST_KEY_BYTES: Final = 16 << 10
_NAME: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
"""Of a host, a system, a session: what tools draw are UUIDs."""


class Refusal(Enum):
    """Why lockdownd says no; what it is not known to say is OTHER, and its words are not kept."""

    LOCKED = "PasswordProtected"
    """The passcode must be entered first."""
    DIALOG_OPEN = "PairingDialogResponsePending"
    """The question "Trust?" is on the phone's screen."""
    DENIED = "UserDeniedPairing"
    UNKNOWN_HOST = "InvalidHostID"
    """The phone knows no such host, or no longer."""
    NO_VALUE = "MissingValue"
    PROHIBITED = "GetProhibited"
    NO_SESSION = "SessionInactive"
    NO_SERVICE = "InvalidService"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What a key holds; nothing personal is asked for, and it is not shown."""

    value: Plist = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The phone trusts us until the stream ends."""

    session_id: str
    tls: bool
    """Everything after this reply is inside TLS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Where a service waits for one connection."""

    port: int
    tls: bool
    """TLS begins with the connection's first byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRecord:
    """What a host and a phone agreed on when the owner said "Trust"."""

    host_id: str = field(repr=False)
    system_buid: str = field(repr=False)
    host_certificate: bytes = field(repr=False)
    """PEM."""
    host_key: bytes = field(repr=False)
    """PEM; must not be stored or shown anywhere."""
    device_certificate: bytes = field(repr=False)
    """PEM; around the key that the phone had when it was paired."""


Reply = TypeVar("Reply")


def splitter() -> Splitter:
    """Return what cuts lockdownd's stream into frames."""
    return plist_splitter(WHAT)


def _request(name: str, **fields: Plist) -> bytes:
    return plist_frame(encode({"Request": name, "Label": LABEL, **fields}))


def query_type() -> bytes:
    """Ask who answers; ``parse_type``."""
    return _request("QueryType")


def get_value(key: str, domain: str | None = None) -> bytes:
    """Ask for one value; ``parse_value``. Never without a key: all values hold the owner's name."""
    return _request("GetValue", Key=key, **({} if domain is None else {"Domain": domain}))


def start_session(record: PairRecord) -> bytes:
    """Ask to be trusted as before; ``parse_session``."""
    return _request("StartSession", HostID=record.host_id, SystemBUID=record.system_buid)


def start_service(name: str) -> bytes:
    """Ask for a service; ``parse_service``."""
    return _request("StartService", Service=name)


def parse_type(body: bytes) -> None:
    """Insist that lockdownd itself answers, not a phone that is being restored.

    Raises:
        MalformedReplyError: it is something else, or no reply to this.
    """
    fields = _answered(body, "QueryType")
    if isinstance(fields, Refusal) or fields.get("Type") != TYPE:
        raise MalformedReplyError(WHAT, offset=0, field="Type")


def parse_value(body: bytes) -> Value | Refusal:
    """Decode the reply to ``get_value``.

    Raises:
        MalformedReplyError: no reply to this, or neither a value nor a refusal.
    """
    fields = _answered(body, "GetValue")
    if isinstance(fields, Refusal):
        return fields
    if "Value" not in fields:
        raise MalformedReplyError(WHAT, offset=0, field="Value")
    return Value(value=fields["Value"])


def parse_session(body: bytes) -> Session | Refusal:
    """Decode the reply to ``start_session``.

    Raises:
        MalformedReplyError: no reply to this, no session's name, no word about TLS.
    """
    fields = _answered(body, "StartSession")
    if isinstance(fields, Refusal):
        return fields
    tls = _needed(truth_in(fields, "EnableSessionSSL"), "EnableSessionSSL")
    return Session(session_id=_name(fields, "SessionID", WHAT), tls=tls)


def parse_service(body: bytes) -> Service | Refusal:
    """Decode the reply to ``start_service``.

    Returns:
        where it waits; without a word about TLS there is none (old systems).

    Raises:
        MalformedReplyError: no reply to this, no port, or one that is none.
    """
    fields = _answered(body, "StartService")
    if isinstance(fields, Refusal):
        return fields
    port = _needed(integer_in(fields, "Port"), "Port")
    if not 0 < port < 1 << 16:
        raise MalformedReplyError(WHAT, offset=0, field="Port")
    if "EnableServiceSSL" not in fields:
        return Service(port=port, tls=False)
    return Service(port=port, tls=_needed(truth_in(fields, "EnableServiceSSL"), "EnableServiceSSL"))


def parse_pair_record(data: bytes) -> PairRecord:
    """Read a stored pair record.

    Raises:
        MalformedReplyError: a part is missing, or too large for what it is.
    """
    what = "pair record"
    fields = decode_fields(data, what)

    def pem(key: str) -> bytes:
        found = bytes_in(fields, key)
        if found is None or not found.startswith(b"-----BEGIN ") or len(found) > _MOST_KEY_BYTES:
            raise MalformedReplyError(what, offset=0, field=key)
        return found.rstrip(b"\0")  # libimobiledevice stores some with the end of a C string

    return PairRecord(
        host_id=_name(fields, "HostID", what),
        system_buid=_name(fields, "SystemBUID", what),
        host_certificate=pem("HostCertificate"),
        host_key=pem("HostPrivateKey"),
        device_certificate=pem("DeviceCertificate"),
    )


_WORDS: Final = (
    ("Please accept the trust dialog", Refusal.DIALOG_OPEN),
    ("because a passcode is set", Refusal.LOCKED),
    ("denied the trust dialog", Refusal.DENIED),
    ("is not paired with this host", Refusal.UNKNOWN_HOST),
)
"""What ``idevicepair`` of Debian 12 says, without the UDID in it."""


def parse_pairing(code: int, said: str) -> Refusal | None:
    """Understand what ``idevicepair pair`` said.

    Args:
        code: how it ended.
        said: all that it wrote.

    Returns:
        None where it says that the phone is paired now; OTHER for what is not understood.
    """
    if code == 0 and "SUCCESS: Paired with device" in said:
        return None
    return next((refusal for words, refusal in _WORDS if words in said), Refusal.OTHER)


def _answered(body: bytes, request: str) -> Fields | Refusal:
    """Return a reply's fields if it belongs to the request; refusals by their name."""
    fields = decode_fields(body, WHAT)
    if fields.get("Request") != request:
        raise MalformedReplyError(WHAT, offset=0, field="Request")
    if "Error" not in fields:
        return fields
    error = _needed(text_in(fields, "Error"), "Error")
    return Refusal(error) if error in {each.value for each in Refusal} else Refusal.OTHER


def _name(fields: Fields, key: str, what: str) -> str:
    name = text_in(fields, key)
    if name is None or not _NAME.fullmatch(name):
        raise MalformedReplyError(what, offset=0, field=key)
    return name


def _needed(value: Reply | None, name: str) -> Reply:
    if value is None:
        raise MalformedReplyError(WHAT, offset=0, field=name)
    return value
