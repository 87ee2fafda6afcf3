"""The other way to ask for an erase: mobilebackup2 over DeviceLink, no more of it than that. Pure.

The phone speaks first. Versions are settled twice, of the link and of the service above it; then
one message asks, and the phone goes away.

Source: public tools; idevicerestore #665 (May 2026) reports that the message alone suffices. From
iOS 9 on. Unverified on hardware.
"""

from typing import Final

from wipe_station.errors import MalformedReplyError
from wipe_station.phones.frames import plist_frame
from wipe_station.phones.mcinstall import Accepted, Refused
from wipe_station.phones.plist import Fields, Plist, decode, encode_binary, integer_in, text_in

WHAT: Final = "DeviceLink"
SERVICE: Final = "com.apple.mobilebackup2"
VERSIONS: Final = (2.0, 2.1)
_LINK_VERSIONS: Final = range(100, 400)


class Conversation:
    """One erase, from the phone's first message to its last: feed each, send what comes back.

    Args:
        udid: of the phone that is meant; another one must not feel addressed.
    """

    def __init__(self, udid: str) -> None:
        self._udid = udid
        self._steps = [self._end, self._hello, self._ready, self._version]
        self.asked = False
        """The phone has been asked to erase: what it does now is its own matter."""
        self.outcome: Accepted | Refused | None = None

    def answer(self, body: bytes) -> bytes | None:
        """Take the phone's next message, return ours; None when nothing is left to say.

        Raises:
            MalformedReplyError: not the message that comes next.
        """
        message = decode(body, WHAT)
        if not isinstance(message, list) or not message or not isinstance(message[0], str):
            raise MalformedReplyError(WHAT, offset=0, field="message")
        if not self._steps:
            raise MalformedReplyError(WHAT, offset=0, field="message after the last")
        return self._steps.pop()(message)

    def _version(self, message: list[Plist]) -> bytes:
        _expect(message, "DLMessageVersionExchange", 2)
        version = message[1]
        if isinstance(version, bool) or not isinstance(version, int):
            raise MalformedReplyError(WHAT, offset=0, field="version")
        if version not in _LINK_VERSIONS:
            raise MalformedReplyError(WHAT, offset=0, field="version")
        return _message(["DLMessageVersionExchange", "DLVersionsOk", version])

    def _ready(self, message: list[Plist]) -> bytes:
        _expect(message, "DLMessageDeviceReady", 1)
        return _process({"MessageName": "Hello", "SupportedProtocolVersions": list(VERSIONS)})

    def _hello(self, message: list[Plist]) -> bytes | None:
        if _code(message) != 0:
            self.outcome = Refused(codes=(_code(message),))
            return None
        self.asked = True
        return _process({"MessageName": "EraseDevice", "TargetIdentifier": self._udid})

    def _end(self, message: list[Plist]) -> None:
        code = _code(message)
        self.outcome = Refused(codes=(code,)) if code else Accepted()


def _expect(message: list[Plist], name: str, least: int) -> None:
    if message[0] != name or len(message) < least:
        raise MalformedReplyError(WHAT, offset=0, field=name)


def _code(message: list[Plist]) -> int:
    """Return the error of a response; 0 is none."""
    _expect(message, "DLMessageProcessMessage", 2)
    response = message[1]
    if not isinstance(response, dict) or text_in(response, "MessageName") != "Response":
        raise MalformedReplyError(WHAT, offset=0, field="MessageName")
    code = integer_in(response, "ErrorCode")
    if code is None:
        raise MalformedReplyError(WHAT, offset=0, field="ErrorCode")
    return code


def _process(fields: Fields) -> bytes:
    return _message(["DLMessageProcessMessage", fields])


def _message(message: list[Plist]) -> bytes:
    return plist_frame(encode_binary(message))
