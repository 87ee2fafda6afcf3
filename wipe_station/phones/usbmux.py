"""Messages of usbmuxd's socket, version 1 (property lists). Pure.

usbmuxd is the program that owns the cable to every iPhone and iPad. After a Connect that it grants,
the same socket is a stream to one port of one device.

Source: the protocol of libusbmuxd, as its programs and Debian's usbmuxd speak it (checked against
them in ``hw_tests/test_phone_apple.py``); numbers of results from its public header.
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from wipe_station.errors import MalformedReplyError
from wipe_station.phones.frames import MUX_HEADER_BYTES, Frame, Splitter
from wipe_station.phones.plist import (
    MOST_BYTES,
    Fields,
    Plist,
    bytes_in,
    decode_fields,
    encode,
    fields_in,
    integer_in,
    text_in,
)

WHAT: Final = "usbmuxd"
_HEADER: Final = struct.Struct("<4I")  # length with the header, version, kind, tag
_VERSION: Final = 1
_KIND_PLIST: Final = 8
_UDID: Final = re.compile(r"[0-9A-Fa-f]{40}|[0-9A-Fa-f]{8}-[0-9A-Fa-f]{16}")
"""40 digits, or since 2018 eight and sixteen; a UDID also names a pair record's file."""
_MOST_DEVICES: Final = 256


class Answer(Enum):
    """How usbmuxd ends a request."""

    OK = 0
    BAD_COMMAND = 1
    BAD_DEVICE = 2
    REFUSED = 3
    """Nobody listens on that port of the device."""
    BAD_VERSION = 6
    OTHER = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class MuxDevice:
    """One device that usbmuxd sees."""

    number: int
    """usbmuxd's own, new with each plugging in."""
    udid: str
    over_usb: bool
    """False for one that it sees in the network."""
    bus: int | None
    address: int | None
    """Both as the kernel counts them (``busnum``, ``devnum``): usbmuxd's location, taken apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The end of a request."""

    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceList:
    """Every device that usbmuxd sees now."""

    devices: tuple[MuxDevice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A device came."""

    device: MuxDevice


@dataclass(frozen=True, slots=True, kw_only=True)
class Detached:
    """A device went."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """A device came that the host has a pair record of; nothing depends on it."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A pair record as somebody stored it; ``lockdown.parse_pair_record`` reads it."""

    data: bytes

    def __repr__(self) -> str:
        """Hide the keys."""
        return "StoredRecord(…)"


Message = Result | DeviceList | Attached | Detached | Paired | StoredRecord


def splitter() -> Splitter:
    """Return what cuts usbmuxd's stream into frames."""
    return Splitter(MUX_HEADER_BYTES, _body_bytes)


def _body_bytes(header: bytes) -> int:
    length, version, kind, _ = _HEADER.unpack(header)
    if version != _VERSION:
        raise MalformedReplyError(WHAT, offset=4, field="version")
    if kind != _KIND_PLIST:
        raise MalformedReplyError(WHAT, offset=8, field="kind of message")
    if not MUX_HEADER_BYTES < length <= MUX_HEADER_BYTES + MOST_BYTES:
        raise MalformedReplyError(WHAT, offset=0, field="length")
    return int(length) - MUX_HEADER_BYTES


def tag_of(frame: Frame) -> int:
    """Return the number by which an answer belongs to its request; 0 for news."""
    return int(_HEADER.unpack(frame.header)[3])


def mux_frame(tag: int, fields: Fields) -> bytes:
    """Return one message, whichever side sends it."""
    body = encode(fields)
    return _HEADER.pack(MUX_HEADER_BYTES + len(body), _VERSION, _KIND_PLIST, tag) + body


def _request(tag: int, kind: str, **fields: Plist) -> bytes:
    own: dict[str, Plist] = {"MessageType": kind, "ClientVersionString": "1", "ProgName": "station"}
    return mux_frame(tag, own | {"kLibUSBMuxVersion": 3} | fields)


def list_devices(tag: int) -> bytes:
    """Ask for every device; ``DeviceList`` answers."""
    return _request(tag, "ListDevices")


def listen(tag: int) -> bytes:
    """Ask for news; a ``Result``, then ``Attached`` for each device there, then as it happens."""
    return _request(tag, "Listen")


def connect(tag: int, device: MuxDevice, port: int) -> bytes:
    """Ask for a stream to a port of a device; a ``Result`` answers, and after OK it is one."""
    assert 0 < port < 1 << 16, "ports come from lockdownd's parser"
    return _request(
        tag,
        "Connect",
        DeviceID=device.number,
        PortNumber=int.from_bytes(port.to_bytes(2, "little")),
    )


def read_pair_record(tag: int, udid: str) -> bytes:
    """Ask for an earlier pairing's record; ``StoredRecord``, or a ``Result``: there is none."""
    return _request(tag, "ReadPairRecord", PairRecordID=udid)


def parse_message(frame: Frame) -> Message:
    """Decode what usbmuxd says.

    Raises:
        MalformedReplyError: another structure, a device without number or UDID, too many devices.
    """
    fields = decode_fields(frame.body, WHAT)
    if isinstance(listed := fields.get("DeviceList"), list):
        if len(listed) > _MOST_DEVICES:
            raise MalformedReplyError(WHAT, offset=0, field="DeviceList")
        return DeviceList(devices=tuple(_device(entry) for entry in listed))
    if (record := bytes_in(fields, "PairRecordData")) is not None:
        return StoredRecord(data=record)
    match fields.get("MessageType"):
        case "Result":
            return Result(answer=_answer(_integer(fields, "Number")))
        case "Attached":
            return Attached(device=_device(fields))
        case "Detached":
            return Detached(number=_integer(fields, "DeviceID"))
        case "Paired":
            return Paired(number=_integer(fields, "DeviceID"))
        case _:
            raise MalformedReplyError(WHAT, offset=0, field="MessageType")


def _answer(number: int) -> Answer:
    return Answer(number) if number in {each.value for each in Answer} else Answer.OTHER


def _integer(fields: Fields, key: str) -> int:
    number = integer_in(fields, key)
    if number is None or not 0 <= number < 1 << 32:
        raise MalformedReplyError(WHAT, offset=0, field=key)
    return number


def _device(entry: Plist) -> MuxDevice:
    properties = fields_in(entry, "Properties") if isinstance(entry, Mapping) else None
    if properties is None:
        raise MalformedReplyError(WHAT, offset=0, field="Properties")
    udid = text_in(properties, "SerialNumber")
    if udid is None or not _UDID.fullmatch(udid):
        raise MalformedReplyError(WHAT, offset=0, field="SerialNumber")
    location = integer_in(properties, "LocationID")
    over_usb = text_in(properties, "ConnectionType") == "USB"
    # Debian's usbmuxd: the bus in the upper half, the address in the lower (its usb_get_location).
    placed = over_usb and location is not None and 0 < location < 1 << 32
    return MuxDevice(
        number=_integer(properties, "DeviceID"),
        udid=udid,
        over_usb=over_usb,
        bus=location >> 16 if placed and location else None,
        address=location & 0xFFFF if placed and location else None,
    )
