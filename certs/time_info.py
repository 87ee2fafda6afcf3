"""What a time stamp's TSTInfo says: about which bytes, and when. Pure.

Source: RFC 3161 §2.4.2.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from certs.asn1 import (
    BOOLEAN,
    CONTEXT_0,
    CONTEXT_1,
    GENERALIZED_TIME,
    INTEGER,
    NULL,
    OBJECT_ID,
    OCTETS,
    SEQUENCE,
    Element,
    Members,
    dotted,
    elements,
    number,
    only,
)
from certs.formats.fields import shown
from certs.time_service import refuse_stamp

SHA256: Final = "2.16.840.1.101.3.4.2.1"
_MILLIS, _MICROS = 0x80, 0x81
# A year that begins with 2: a day more is a time, too.
_TIME: Final = re.compile(rb"(2[0-9]{13})(\.[0-9]{1,9})?Z")
_VAGUEST_S: Final = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What a TSTInfo says."""

    policy: str
    sha256: bytes
    at: datetime
    nonce: int | None


def parse_info(content: bytes) -> Info:
    """Read a TSTInfo.

    Raises:
        MalformedDerError, TimestampError: it is none, or says more than is understood here.
    """
    members = Members(only(content, SEQUENCE).content)
    version = number(members.take(INTEGER).content)
    if version != 1:
        refuse_stamp("版本不认识", "an unknown version")
    policy = dotted(members.take(OBJECT_ID).content)
    imprint = Members(members.take(SEQUENCE).content)
    algorithm = algorithm_of(imprint.take(SEQUENCE))
    if algorithm != SHA256:
        refuse_stamp("不是用 SHA-256 算的", "it is not by SHA-256")
    sha256 = imprint.take(OCTETS).content
    imprint.end()
    members.take(INTEGER)  # the service's own serial number
    at = _time(members.take(GENERALIZED_TIME).content)
    accuracy = members.optional(SEQUENCE)
    members.optional(BOOLEAN)  # whether the service's stamps have an order
    nonce = members.optional(INTEGER)
    members.optional(CONTEXT_0)  # the service's name, which its certificate says better
    extensions = members.optional(CONTEXT_1)
    members.end()
    if extensions is not None:
        _check_extensions(extensions.content)
    return Info(
        policy=shown(policy),
        sha256=sha256,
        at=at + (_accuracy(Members(accuracy.content)) if accuracy else timedelta()),
        nonce=number(nonce.content) if nonce else None,
    )


def _time(content: bytes) -> datetime:
    found = _TIME.fullmatch(content)
    try:
        if found is None:
            raise ValueError(content)
        at = datetime.strptime(found[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        refuse_stamp("时间读不懂", "a time that cannot be read", error)
    return at + timedelta(seconds=1 if found[2] else 0)


def _accuracy(members: Members) -> timedelta:
    """Return how much later it may have been, in whole seconds."""
    seconds = members.optional(INTEGER)
    fractions = [members.optional(tag) for tag in (_MILLIS, _MICROS)]
    members.end()
    whole = number(seconds.content) if seconds else 0
    if not 0 <= whole <= _VAGUEST_S:
        refuse_stamp("时间太不精确", "a time that is too vague")
    return timedelta(seconds=whole + any(fractions))


def _check_extensions(content: bytes) -> None:
    for each in elements(content):
        extension = Members(only(each.encoded, SEQUENCE).content)
        extension.take(OBJECT_ID)
        critical = extension.optional(BOOLEAN)
        if critical is not None and critical.content != b"\0":
            refuse_stamp("有不认识的关键扩展", "an unknown critical extension")


def algorithm_of(element: Element) -> str:
    """Return an algorithm's identifier; parameters may be absent or NULL."""
    members = Members(element.content)
    name = dotted(members.take(OBJECT_ID).content)
    members.optional(NULL)
    members.end()
    return name
