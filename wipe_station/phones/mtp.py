"""The few PTP and MTP operations that an identity check and a canary need: containers. Pure.

A computer sends a command, and data with some; a phone answers with data with some, then with a
response. Each is a container: length, kind, code, number of the transaction, then parameters or
data. What the data hold is in ``mtp_data``.

Source: ISO 15740 and the USB still image class (containers, codes), MTP 1.1 of the USB-IF: by
memory [M], text not examined; Debian's ``mtp-detect`` speaks with the simulator in the lab.
"""

import struct
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final

from wipe_station.errors import MalformedReplyError

WHAT: Final = "MTP container"
_HEAD: Final = struct.Struct("<IHHI")
MOST_DATA_BYTES: Final = 1 << 20
"""Of an answer: handles of a quarter of a million objects. A phone says more only to hurt."""
MOST_PARAMETERS: Final = 5
SESSION: Final = 1
ROOT: Final = 0xFFFFFFFF
"""Instead of a folder's handle: what lies in no folder."""
EVERY_FORMAT: Final = 0


class Kind(IntEnum):
    """Kinds of containers on the bulk endpoints."""

    COMMAND = 1
    DATA = 2
    RESPONSE = 3


class Operation(IntEnum):
    """What is asked of a phone here, and nothing else: none of it reads a file's content."""

    GET_DEVICE_INFO = 0x1001
    OPEN_SESSION = 0x1002
    CLOSE_SESSION = 0x1003
    GET_STORAGE_IDS = 0x1004
    GET_STORAGE_INFO = 0x1005
    GET_OBJECT_HANDLES = 0x1007
    GET_OBJECT_INFO = 0x1008
    DELETE_OBJECT = 0x100B
    SEND_OBJECT_INFO = 0x100C
    SEND_OBJECT = 0x100D


class Code(Enum):
    """How an operation ended; codes that are not listed are ``OTHER``."""

    OK = 0x2001
    GENERAL_ERROR = 0x2002
    SESSION_NOT_OPEN = 0x2003
    OPERATION_NOT_SUPPORTED = 0x2005
    INVALID_STORAGE = 0x2008
    INVALID_OBJECT = 0x2009
    STORE_FULL = 0x200C
    WRITE_PROTECTED = 0x200D
    STORE_READ_ONLY = 0x200E
    ACCESS_DENIED = 0x200F
    STORE_NOT_AVAILABLE = 0x2013
    DEVICE_BUSY = 0x2019
    SESSION_ALREADY_OPEN = 0x201E
    OTHER = 0


_CODES: Final = {code.value: code for code in Code}
_MOST_BYTES: Final[dict[int, int]] = {
    Kind.DATA: MOST_DATA_BYTES,
    Kind.RESPONSE: 4 * MOST_PARAMETERS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a phone answered."""

    code: Code
    parameters: tuple[int, ...] = ()
    data: bytes = b""

    @property
    def ok(self) -> bool:
        """Whether the phone says that it has done it."""
        return self.code is Code.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One operation and what goes with it."""

    operation: Operation
    parameters: tuple[int, ...] = ()
    data: bytes | None = None
    """To be sent behind the command; None if the operation sends nothing."""


class Transaction:
    """One request, and all that is answered to it, however it was cut on the way."""

    def __init__(self, request: Request, number: int) -> None:
        """Begin.

        Args:
            request: what is asked.
            number: of the transaction: 0 before a session, then one more each time.
        """
        assert len(request.parameters) <= MOST_PARAMETERS, "made here"
        self._request, self._number = request, number
        self._buffer = bytearray()
        self._data: bytes | None = None

    def to_send(self) -> tuple[bytes, ...]:
        """Return the containers to send, each as a transfer of its own."""
        asked = self._request
        body = struct.pack(f"<{len(asked.parameters)}I", *asked.parameters)
        command = container(Kind.COMMAND, asked.operation, self._number, body)
        if asked.data is None:
            return (command,)
        return command, container(Kind.DATA, asked.operation, self._number, asked.data)

    def feed(self, data: bytes) -> Outcome | None:
        """Take what came; return the outcome once it is whole.

        Raises:
            MalformedReplyError: another kind, operation or transaction; data that were not to
                come, twice, or too many; more than one answer.
        """
        self._buffer += data
        while (part := self._part()) is not None:
            kind, code, body = part
            if kind == Kind.RESPONSE:
                return self._outcome(code, body)
            self._data = body
        return None

    def _part(self) -> tuple[int, int, bytes] | None:
        """Cut the next container off; None while it is not whole."""
        if len(self._buffer) < _HEAD.size:
            return None
        length, kind, code, number = _HEAD.unpack_from(self._buffer)
        self._check_head(length, kind, code, number)
        if len(self._buffer) < length:
            return None
        body = bytes(self._buffer[_HEAD.size : length])
        del self._buffer[:length]
        return kind, code, body

    def _check_head(self, length: int, kind: int, code: int, number: int) -> None:
        most = _MOST_BYTES.get(kind)
        sends_data = self._request.data is not None
        if most is None or (kind == Kind.DATA and (sends_data or self._data is not None)):
            raise MalformedReplyError(WHAT, offset=4, field="kind")
        if not _HEAD.size <= length <= _HEAD.size + most:
            raise MalformedReplyError(WHAT, offset=0, field="length")
        if kind == Kind.DATA and code != self._request.operation:
            raise MalformedReplyError(WHAT, offset=6, field="operation")
        if number != self._number:
            raise MalformedReplyError(WHAT, offset=8, field="transaction")

    def _outcome(self, code: int, body: bytes) -> Outcome:
        if len(body) % 4:
            raise MalformedReplyError(WHAT, offset=0, field="parameters")
        if self._buffer:
            raise MalformedReplyError(WHAT, offset=0, field="bytes behind the response")
        parameters = struct.unpack(f"<{len(body) // 4}I", body)
        known = _CODES.get(code, Code.OTHER)
        return Outcome(code=known, parameters=parameters, data=self._data or b"")


def container(kind: Kind, code: int, number: int, body: bytes = b"") -> bytes:
    """Put parameters or data into a container; all numbers are little-endian."""
    return _HEAD.pack(_HEAD.size + len(body), kind, code, number) + body


# --- requests ------------------------------------------------------------------------------------


def device_info() -> Request:
    """Ask what the phone is; needs no session."""
    return Request(operation=Operation.GET_DEVICE_INFO)


def open_session() -> Request:
    """Begin a session: handles mean something within it alone."""
    return Request(operation=Operation.OPEN_SESSION, parameters=(SESSION,))


def close_session() -> Request:
    """End the session."""
    return Request(operation=Operation.CLOSE_SESSION)


def storage_ids() -> Request:
    """Ask what storages there are: none, while the screen is locked."""
    return Request(operation=Operation.GET_STORAGE_IDS)


def storage_info(storage_id: int) -> Request:
    """Ask how large a storage is, and how much is free."""
    return Request(operation=Operation.GET_STORAGE_INFO, parameters=(storage_id,))


def root_handles(storage_id: int) -> Request:
    """Ask for the handles of what lies in no folder of a storage."""
    return Request(
        operation=Operation.GET_OBJECT_HANDLES, parameters=(storage_id, EVERY_FORMAT, ROOT)
    )


def handles_in(storage_id: int, folder: int) -> Request:
    """Ask for the handles of what lies in a folder of a storage."""
    return Request(
        operation=Operation.GET_OBJECT_HANDLES, parameters=(storage_id, EVERY_FORMAT, folder)
    )


def object_info(handle: int) -> Request:
    """Ask for an object's name and size."""
    return Request(operation=Operation.GET_OBJECT_INFO, parameters=(handle,))


def announce_object(storage_id: int, info: bytes) -> Request:
    """Say that an object will come into the root of a storage.

    Args:
        storage_id: where to.
        info: made by ``mtp_data.file_info``.
    """
    return Request(operation=Operation.SEND_OBJECT_INFO, parameters=(storage_id, ROOT), data=info)


def send_object(content: bytes) -> Request:
    """Send the content of the object that was announced."""
    return Request(operation=Operation.SEND_OBJECT, data=content)


def delete_object(handle: int) -> Request:
    """Delete an object that was sent from here."""
    return Request(operation=Operation.DELETE_OBJECT, parameters=(handle, EVERY_FORMAT))
