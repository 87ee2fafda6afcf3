"""What the data of MTP's answers hold, and what follows from a canary. Pure.

Names of an owner's files are compared with the canary's and forgotten; labels and descriptions of
storages are not read.

A canary is a file of ours that was there before an erasure. Whether it is listed afterwards is an
observation; what the phone said to the command is none. KNOWN HOLE: a phone that hides a file while
keeping it looks as if it had lost it, so an absent canary never stands alone.

Source: as in ``mtp``; data sets of ISO 15740 [M].
"""

import re
import struct
from dataclasses import dataclass
from typing import Final

from wipe_station.errors import MalformedReplyError
from wipe_station.phones.canary import Canary
from wipe_station.phones.facts import PhoneFacts, System

WHAT: Final = "MTP data"
MOST_HANDLES: Final = 1 << 17
MOST_STORAGES: Final = 32
MOST_CODES: Final = 1024
MICROSOFT: Final = 6
"""The vendor extension that MTP is to PTP."""
_ANDROID: Final = re.compile(r"\bandroid\.com\b")
_MTP: Final = re.compile(r"\bmicrosoft\.com\b")
_OUR_NAME: Final = re.compile(r"[0-9A-Za-z._-]{1,64}")
_REMOVABLE: Final = frozenset({2, 4})
_WRITABLE: Final = 0
_UNKNOWN_FORMAT: Final = 0x3000


class _Reader:
    """Takes numbers and texts off the front of bytes."""

    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 0

    def number(self, size: int, field: str) -> int:
        end = self.at + size
        if end > len(self._data):
            raise MalformedReplyError(WHAT, offset=self.at, field=field)
        value = int.from_bytes(self._data[self.at : end], "little")
        self.at = end
        return value

    def numbers(self, size: int, most: int, field: str) -> tuple[int, ...]:
        count = self.number(4, field)
        if count > most:
            raise MalformedReplyError(WHAT, offset=self.at, field=field)
        return tuple(self.number(size, field) for _ in range(count))

    def text(self, field: str) -> str:
        """Return a text: its length with the end mark in a byte, then UTF-16."""
        start, units = self.at, self.number(1, field)
        raw = self.number(2 * units, field).to_bytes(2 * units, "little")
        try:
            text = raw.decode("utf-16-le")
        except UnicodeDecodeError as error:
            raise MalformedReplyError(WHAT, offset=start, field=field) from error
        return text.removesuffix("\0")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInfo:
    """What a phone or camera says that it is."""

    speaks_mtp: bool
    """Otherwise it is PTP: a camera, or a phone that gives photos alone."""
    is_android: bool
    operations: frozenset[int]
    maker: str
    model: str
    serial: str


def parse_device_info(data: bytes) -> DeviceInfo:
    """Decode a DeviceInfo data set.

    Raises:
        MalformedReplyError: it ends early, has lists without end, or texts that are none.
    """
    reader = _Reader(data)
    reader.number(2, "standard version")
    extension = reader.number(4, "vendor extension")
    reader.number(2, "vendor extension version")
    described = reader.text("vendor extension text").casefold()
    reader.number(2, "functional mode")
    operations = reader.numbers(2, MOST_CODES, "operations")
    for field in ("events", "properties", "capture formats", "formats"):
        reader.numbers(2, MOST_CODES, field)
    maker, model = reader.text("maker"), reader.text("model")
    reader.text("version")
    return DeviceInfo(
        speaks_mtp=extension == MICROSOFT or _MTP.search(described) is not None,
        is_android=_ANDROID.search(described) is not None,
        operations=frozenset(operations),
        maker=maker,
        model=model,
        serial=reader.text("serial"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """One storage of a phone."""

    storage_id: int
    removable: bool
    writable: bool
    capacity_bytes: int
    free_bytes: int


def parse_storage_ids(data: bytes) -> tuple[int, ...]:
    """Decode the list of storages; an empty one is what a locked phone says.

    Raises:
        MalformedReplyError: it ends early, or is too long.
    """
    return _Reader(data).numbers(4, MOST_STORAGES, "storages")


def parse_storage_info(data: bytes, storage_id: int) -> Storage:
    """Decode a StorageInfo data set; its texts are not looked at.

    Raises:
        MalformedReplyError: it ends early, or has more free than there is.
    """
    reader = _Reader(data)
    kind = reader.number(2, "storage type")
    reader.number(2, "file system")
    access = reader.number(2, "access")
    capacity, free = reader.number(8, "capacity"), reader.number(8, "free")
    if free > capacity:
        raise MalformedReplyError(WHAT, offset=reader.at, field="free")
    return Storage(
        storage_id=storage_id,
        removable=kind in _REMOVABLE,
        writable=access == _WRITABLE,
        capacity_bytes=capacity,
        free_bytes=free,
    )


def parse_handles(data: bytes) -> tuple[int, ...]:
    """Decode a list of objects' handles.

    Raises:
        MalformedReplyError: it ends early, or is too long.
    """
    return _Reader(data).numbers(4, MOST_HANDLES, "handles")


def is_named(info: bytes, name: str) -> bool:
    """Tell from an ObjectInfo data set whether an object has a name; the name is not kept.

    Raises:
        MalformedReplyError: it ends before its name does.
    """
    reader = _Reader(info)
    for size in (4, 2, 2, 4, 2, *([4] * 7), 2, 4, 4):
        reader.number(size, "object")
    return reader.text("name") == name


def file_info(storage_id: int, name: str, size_bytes: int) -> bytes:
    """Return the ObjectInfo data set of a file of ours.

    Args:
        storage_id: where it is to be.
        name: letters, digits and ``._-``.
        size_bytes: of its content.
    """
    assert _OUR_NAME.fullmatch(name), "names of canaries are ours"
    head = struct.pack("<IHHIHI", storage_id, _UNKNOWN_FORMAT, 0, size_bytes, 0, 0)
    middle = bytes(4 * 6 + 2 + 4 + 4)  # no picture, in no folder
    text = (name + "\0").encode("utf-16-le")
    return head + middle + bytes([len(name) + 1]) + text + bytes(3)  # no dates, no keywords


def facts_of(info: DeviceInfo, usb_path: str | None, storages: tuple[Storage, ...]) -> PhoneFacts:
    """Return what MTP knows of a phone; a card that is not shown may be there all the same."""
    return PhoneFacts(
        system=System.ANDROID if info.is_android else System.UNKNOWN,
        usb_path=usb_path,
        maker=info.maker.strip() or None,
        model=info.model.strip() or None,
        serial=info.serial.strip() or None,
        card_present=any(each.removable for each in storages) or None,
    )


# --- the canary ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen of a phone's storages at one moment."""

    storages: tuple[Storage, ...]
    objects: int | None
    """In the roots of all storages; None if one of them did not list them."""
    canary: bool | None
    """Whether a file of its name is there; None if not every name was seen."""


def canary_after(where: Storage, before: Look, after: Look) -> Canary:
    """Decide what became of the canary.

    Args:
        where: the storage that it was put on.
        before: seen after it was put there.
        after: seen after the erasure.
    """
    if after.canary:
        return Canary.STILL_THERE
    same = [each for each in after.storages if each.capacity_bytes == where.capacity_bytes]
    seen = before.canary is True and after.canary is False
    return Canary.GONE if seen and same else Canary.UNREADABLE


def shared_of(storages: tuple[Storage, ...]) -> Storage | None:
    """Return the storage that a file of ours is laid on: the phone's own, and no card's."""
    return next((each for each in storages if each.writable and not each.removable), None)


def canary_beside(seen: Look, control: bool | None, shared_bytes: int | None) -> Canary:
    """Decide what became of a canary that another link, or an earlier hand, has laid down.

    Args:
        seen: now; a name that was not seen counts only where all were.
        control: whether a file that was put beside its place just now is seen there.
        shared_bytes: the size of the storage that it was laid on; None where adb laid it.
    """
    if seen.canary:
        return Canary.STILL_THERE
    shared = shared_of(seen.storages)
    same = shared is not None and shared_bytes in (None, shared.capacity_bytes)
    return Canary.GONE if seen.canary is False and control and same else Canary.UNREADABLE
