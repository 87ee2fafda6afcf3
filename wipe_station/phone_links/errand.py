"""What a phone's child is sent for, and the words that are passed meanwhile. Pure.

Each message is a JSON list whose first item says what it is. The daemon begins with an errand; the
child asks for what it cannot have by itself (``Ask``), and ends with an answer or an error.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from certs.text import Text
from wipe_station.errors import (
    CommandRejectedError,
    CommandTimeoutError,
    DeviceError,
    DeviceGoneError,
    MalformedReplyError,
)
from wipe_station.phone_links.hand import Baseline, ClosedError, Wants
from wipe_station.phone_links.values import WHAT, read
from wipe_station.phones.adb_server import AdbDevice
from wipe_station.phones.routes import Route
from wipe_station.phones.usbmux import MuxDevice

MOST_WORDS: Final = 300
"""Characters of one sentence of an error: it may stand on a screen."""


class Via(Enum):
    """By which hand."""

    ADB = "adb"
    RESCUE = "rescue"
    """By adb as well: what answers there is its recovery."""
    USBMUX = "usbmux"
    MTP = "mtp"
    FASTBOOT = "fastboot"


class Act(Enum):
    """What is to be done: mostly a method of ``Hand``."""

    READ = "read"
    TEMPERATURE = "temperature"
    PLANT = "plant"
    ASK = "ask"
    LOOK = "look"
    OVERWRITE = "overwrite"
    PAIR = "pair"
    PAIR_AGAIN = "pair-again"
    LIST = "list"
    """What the programs see, of no phone in particular."""


class Ask(Enum):
    """What a child asks of the daemon."""

    ADB_LINE = "adb-line"
    """A connection to adb that has sent a first request: the one that is named."""
    MUX_LINE = "mux-line"
    """A connection to usbmuxd."""
    OPEN = "open"
    """The phone's USB interface; what comes back is its packets' size."""
    SEND = "send"
    """Bytes through it, in so many seconds."""
    RECEIVE = "receive"
    """What comes through it, in so many seconds."""
    CLOSE = "close"
    SERIAL = "serial"
    """What the USB device at the port states now."""
    PAIR = "pair"
    """To have the phone ask its owner."""
    TELL = "tell"
    """How far an overwrite is; nothing comes back."""
    STOPPED = "stopped"
    """Whether to end it."""
    ANSWER = "answer"
    """Nothing any more: the errand is done."""
    ERROR = "error"
    """Nor here: it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One thing to be done on one phone."""

    act: Act
    via: Via | None = None
    """By which hand; None to list."""
    port: str | None = None
    device: AdbDevice | None = None
    """By adb: the one that is spoken to."""
    udid: str | None = None
    """By usbmux: likewise."""
    address: str | None = None
    """Of usbmuxd, for the one program of Debian's that pairs."""
    before: Baseline | None = None
    route: Route | None = None
    name: str | None = None
    """Of a canary."""
    content: bytes | None = None
    """Of a canary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mobile:
    """One device of usbmuxd's list."""

    device: MuxDevice
    paired: bool
    """There is a record of an earlier pairing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What the programs see; None of one that does not answer."""

    adb: tuple[AdbDevice, ...] | None = None
    mux: tuple[Mobile, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedAgain:
    """What ``IPhoneHand.pair_again`` returns."""

    before: Baseline
    wants: Wants | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fault:
    """An error on its way."""

    kind: str
    zh: str
    en: str
    hint_zh: str
    hint_en: str
    wants: Wants | None
    offset: int
    field: str


_KINDS: Final = {
    each.__name__: each
    for each in (DeviceError, DeviceGoneError, CommandRejectedError, CommandTimeoutError)
}


def fault_of(error: DeviceError | MalformedReplyError) -> _Fault:
    """Return what is said of an error."""
    malformed = error if isinstance(error, MalformedReplyError) else None
    return _Fault(
        kind=type(error).__name__,
        zh=_plain(error.message.zh),
        en=_plain(error.message.en),
        hint_zh=_plain(error.hint.zh),
        hint_en=_plain(error.hint.en),
        wants=error.wants if isinstance(error, ClosedError) else None,
        offset=malformed.offset if malformed else 0,
        field=_plain(malformed.field) if malformed else "",
    )


def error_in(said: object, port: str | None) -> DeviceError | MalformedReplyError:
    """Return the error that a child tells of.

    Args:
        said: its JSON.
        port: of the phone; whatever the child says, it is about that one.

    Raises:
        MalformedReplyError: it is none.
    """
    fault = read(_Fault, said)
    if fault.kind == ClosedError.__name__ and fault.wants is not None:
        return ClosedError(fault.wants, device_id=port)
    if fault.kind == MalformedReplyError.__name__:
        return MalformedReplyError("phone", offset=fault.offset, field=_plain(fault.field))
    message, hint = _text(fault.zh, fault.en), _text(fault.hint_zh, fault.hint_en)
    if fault.kind not in _KINDS or message is None or hint is None:
        raise MalformedReplyError(WHAT, offset=0, field="error")
    return _KINDS[fault.kind](message, hint=hint, device_id=port)


def _text(zh: str, en: str) -> Text | None:
    return Text(zh=_plain(zh), en=_plain(en)) if zh and en else None


def _plain(words: str) -> str:
    return "".join(each if each.isprintable() else " " for each in words[:MOST_WORDS])
