"""What an adb server is asked and answers: requests, refusals, the list of phones. Pure.

The server is Debian's ``adb`` in a process of its own. A phone's serial is what the phone says:
two may say the same, and one may say something that looks like another line of the list. So
a phone is found by its port and spoken to by the server's own number for this connection; lines in
which either stands twice are no phones, nor are lines that are not understood. All others stay.

Source: AOSP packages/modules/adb, SERVICES.TXT, adb.cpp, transport.cpp; Debian's 1.0.41 (29.0.6)
was asked and answers like this.
"""

import re
from collections import Counter
from dataclasses import dataclass
from enum import Enum
from typing import Final

from wipe_station.errors import MalformedReplyError
from wipe_station.phones.reading import Reading

MOST_REQUEST_BYTES: Final = 0xFFFF
_LINE: Final = re.compile(
    r"(?P<serial>.{1,255}?) +"
    r"(?P<state>no permissions.{0,255}?|[a-z?]{1,32})"
    r"(?P<words>(?: [a-z_]{1,32}:\S{1,255})*)"
)
_END: Final = re.compile(r" transport_id:[0-9]{1,18}\Z")
"""How the server ends each line; one that ends otherwise goes on in the next."""
_USB: Final = re.compile(r"[0-9]{1,3}-[0-9]{1,3}(?:\.[0-9]{1,3}){0,7}")
_NUMBER: Final = re.compile(r"[0-9]{1,18}")


class LinkState(Enum):
    """How the server stands with a phone."""

    DEVICE = "device"
    RECOVERY = "recovery"
    RESCUE = "rescue"
    SIDELOAD = "sideload"
    BOOTLOADER = "bootloader"
    UNAUTHORIZED = "unauthorized"
    """The person has not allowed this computer, or refused it."""
    AUTHORIZING = "authorizing"
    CONNECTING = "connecting"
    OFFLINE = "offline"
    NO_PERMISSIONS = "no permissions"
    OTHER = "other"


_ERASED: Final = b"DONEDONE"
_NOT_ERASED: Final = b"FAILFAIL"
RESCUE_WIPE: Final = f"rescue-wipe:userdata:{len(_ERASED)}"
"""Rescue mode's service: it erases the owner's data, and says in so many bytes whether it has."""
_STATES: Final = frozenset(LinkState) - {LinkState.OTHER}


@dataclass(frozen=True, slots=True, kw_only=True)
class AdbDevice:
    """One line of the server's list."""

    serial: str
    """As the phone says: never enough to tell it apart."""
    state: LinkState
    transport_id: int
    """The server's number for this connection; never used again for another."""
    usb_path: str | None
    """As the kernel names the port, such as ``1-3.2``; None for what is not on USB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceList:
    """The server's list."""

    devices: tuple[AdbDevice, ...]
    odd: tuple[str, ...] = ()
    """Lines that name no phone, as they came: a phone's words, escape them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The server or the phone said no."""

    words: str
    """At most 200 printable characters, for engineers."""


def request(text: str) -> bytes:
    """Return a request: its length as four hexadecimal digits, then itself.

    Raises:
        ValueError: it is longer than four digits can say.
    """
    data = text.encode()
    if len(data) > MOST_REQUEST_BYTES:
        raise ValueError("request too long")
    return b"%04x" % len(data) + data


def read_verdict() -> Reading[Refused | None]:
    """Read whether a request was accepted.

    Raises:
        MalformedReplyError: neither OKAY nor FAIL with its words.
    """
    word = yield 4
    if word == b"OKAY":
        return None
    if word != b"FAIL":
        raise _malformed("verdict")
    words = (yield from read_text())[:200]
    return Refused(words="".join(each if each.isprintable() else " " for each in words))


def read_text() -> Reading[str]:
    """Read a text behind its length; bytes that are none are replaced.

    Raises:
        MalformedReplyError: the length is not four hexadecimal digits.
    """
    digits = yield 4
    if re.fullmatch(rb"[0-9A-Fa-f]{4}", digits) is None:
        raise _malformed("length")
    return (yield int(digits, 16)).decode("utf-8", "replace")


def read_rescue_wiped() -> Reading[bool]:
    """Read whether rescue mode says that it has erased the data; that is its word alone.

    Raises:
        MalformedReplyError: neither of its two words.

    Source: minadbd of AOSP [S]; Debian's client understands them [P, simulator].
    """
    word = yield len(_ERASED)
    if word not in (_ERASED, _NOT_ERASED):
        raise _malformed("rescue")
    return word == _ERASED


def parse_devices(text: str) -> DeviceList:
    """Read the answer to ``host:devices-l``, or one piece of ``host:track-devices-l``.

    Any text is a list. A serial with a line break costs its own phone: its first part ends without
    the server's number, and the line after it, which goes on with it, does not count either. Lines
    that claim one number or one port cost each other.
    """
    found: list[tuple[str, AdbDevice]] = []
    odd: list[str] = []
    goes_on = False
    for line in text.removesuffix("\n").split("\n") if text else ():
        device = _device(line)
        if device is None:
            odd.append(line)
            goes_on = _END.search(line) is None
        elif goes_on:
            odd.append(line)
            goes_on = False
        else:
            found.append((line, device))
    claimed = Counter(name for _, each in found for name in _claims(each))
    alone = [pair for pair in found if all(claimed[name] == 1 for name in _claims(pair[1]))]
    odd += [line for line, each in found if (line, each) not in alone]
    return DeviceList(devices=tuple(each for _, each in alone), odd=tuple(odd))


def _claims(device: AdbDevice) -> tuple[int | str, ...]:
    """Return what no other may have: its number, and its port if it has one."""
    port = () if device.usb_path is None else (device.usb_path,)
    return device.transport_id, *port


def _device(line: str) -> AdbDevice | None:
    """Read one line; None if it is not understood."""
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    pairs = [word.partition(":") for word in match["words"].split()]
    words = {name: value for name, _, value in pairs}
    port, number = words.get("usb"), words.get("transport_id", "")
    if len(words) != len(pairs) or not _NUMBER.fullmatch(number):
        return None
    if port is not None and not _USB.fullmatch(port):
        return None
    state = match["state"].split(" (")[0].split(";")[0].strip()
    return AdbDevice(
        serial=match["serial"],
        state=next((each for each in _STATES if each.value == state), LinkState.OTHER),
        transport_id=int(number),
        usb_path=port,
    )


def parse_features(text: str) -> frozenset[str]:
    """Read the answer to ``features``."""
    return frozenset(filter(None, text.strip().split(",")))


def _malformed(what: str) -> MalformedReplyError:
    return MalformedReplyError("adb server", offset=0, field=what)
