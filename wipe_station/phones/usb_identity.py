"""Whether the phone on a port is the one that was there before. Pure.

A phone that is erased leaves the bus and comes back, often in another mode. The port comes first:
careless makers give many phones one serial, and some modes state another one. But a port alone
proves nothing, because a person may have exchanged what hangs on it. Where neither tells, the
answer is ``UNKNOWN``, which is never "the same".

Source: the words in an Apple boot serial are read in irecv.py of pymobiledevice3 [S]; that a UDID
of 24 digits is chip and ECID is general knowledge [M].
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Final

from wipe_station.errors import MalformedReplyError
from wipe_station.phones.usb_mode_table import MODES, Mode

WHAT: Final = "Apple boot serial"
LONGEST: Final = 512
"""Characters of a boot serial; a USB string cannot hold half of that."""
_WORD: Final = re.compile(r"([A-Z]{3,8}):(?:\[([^\[\]]{0,64})\]|([0-9A-Za-z.,_-]{1,64}))")
_HEX: Final = re.compile(r"[0-9A-Fa-f]+")
_UDID: Final = re.compile(r"([0-9A-Fa-f]{8})-?([0-9A-Fa-f]{16})")
_OLD_UDID: Final = re.compile(r"[0-9A-Fa-f]{40}")
_SERIAL: Final = re.compile(r"[0-9A-Za-z]{1,32}")
_DIGITS: Final = {"CPID": 4, "BDID": 2, "ECID": 16}
"""Most hexadecimal digits of each."""
_BOOTING: Final = frozenset({Mode.IPHONE_RECOVERY, Mode.IPHONE_DFU, Mode.IPHONE_WTF})
_COPIED: Final = frozenset(
    {"0123456789abcdef", "1234567890abcdef", "123456789abcdef", "123456789", "android", "unknown"}
)
"""Serials that many phones state [M]."""
_SHORTEST: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class BootSerial:
    """What an iPhone says of itself instead of a serial before its system runs."""

    chip: int
    """CPID."""
    board: int
    """BDID."""
    ecid: int
    """The chip's own number: one per device."""
    serial: str | None
    """SRNM: the serial on the box, where it is said."""


def parse_boot_serial(text: str) -> BootSerial:
    """Decode the USB serial of an iPhone in recovery, DFU or WTF mode.

    Args:
        text: words such as ``CPID:8110``, each once, with one space between; values that may hold
            anything stand in brackets.

    Raises:
        MalformedReplyError: another form, a word twice, CPID, BDID or ECID missing or no number.
    """
    words: dict[str, str] = {}
    at = 0
    if len(text) > LONGEST:
        raise MalformedReplyError(WHAT, offset=LONGEST, field="length")
    for part in re.split(r" (?![^\[]*\])", text):
        match = _WORD.fullmatch(part)
        if match is None or match[1] in words:
            raise MalformedReplyError(WHAT, offset=at, field="word")
        words[match[1]] = match[3] if match[2] is None else match[2]
        at += len(part) + 1
    numbers = {name: _number(words, name) for name in _DIGITS}
    serial = words.get("SRNM") or None
    if serial is not None and not _SERIAL.fullmatch(serial):
        raise MalformedReplyError(WHAT, offset=text.index("SRNM"), field="SRNM")
    return BootSerial(
        chip=numbers["CPID"], board=numbers["BDID"], ecid=numbers["ECID"], serial=serial
    )


def _number(words: dict[str, str], name: str) -> int:
    said = words.get(name, "")
    if not _HEX.fullmatch(said) or len(said) > _DIGITS[name]:
        raise MalformedReplyError(WHAT, offset=0, field=name)
    return int(said, 16)


class Judgement(Enum):
    """What became of the phone that was there before."""

    SAME = "same"
    """On its port again, with what tells it apart; perhaps in another mode."""
    MOVED = "moved"
    """What tells it apart is on another port now, and nowhere else."""
    ANOTHER = "another"
    """What tells it apart differs."""
    AMBIGUOUS = "ambiguous"
    """Two phones that are there at once state the same serial: it tells neither."""
    UNKNOWN = "unknown"
    """Nothing tells: no serial, a copied one, or a mode in which it says another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A phone on a port at one moment."""

    usb_path: str
    mode: Mode
    serial: str | None
    """As USB says it, in any mode."""


def judge_return(before: Sighting, after: Sighting, others: Collection[Sighting] = ()) -> Judgement:
    """Decide whether a phone is the one that was there before.

    Args:
        before: the phone that a job is about, when it was last seen.
        after: what came.
        others: all else that is on USB at the moment of ``after``; ``after`` itself may be among
            them.
    """
    same = _same(before, after)
    if same is None:
        return Judgement.UNKNOWN
    twins = [each for each in others if each.usb_path != after.usb_path and _same(before, each)]
    if same and twins:
        return Judgement.AMBIGUOUS
    if not same:
        return Judgement.ANOTHER
    return Judgement.SAME if before.usb_path == after.usb_path else Judgement.MOVED


def _same(one: Sighting, other: Sighting) -> bool | None:
    """Compare two phones by what each says of itself; None if nothing can be compared."""
    first, second = _own(one), _own(other)
    if first is None or second is None:
        return None
    kind, value = first
    other_kind, other_value = second
    if kind == other_kind:
        return value == other_value
    return False if "serial" in {kind, other_kind} else None  # no iPhone becomes another kind


def _own(seen: Sighting) -> tuple[str, str] | None:
    """Return what tells a phone apart, and of what kind it is."""
    if not seen.serial or not MODES[seen.mode].serial_is_its_own:
        return None
    if seen.mode in _BOOTING:
        return _booting(seen.serial)
    if seen.mode is Mode.IPHONE:
        match = _UDID.fullmatch(seen.serial)
        if match:
            return "apple", f"{int(match[1], 16):x}:{int(match[2], 16):x}"
        # 40 digits are a hash, which cannot be compared with a chip's number; all else is no UDID.
        return ("udid", seen.serial) if _OLD_UDID.fullmatch(seen.serial) else None
    return None if is_copied(seen.serial) else ("serial", seen.serial)


def _booting(serial: str) -> tuple[str, str] | None:
    try:
        said = parse_boot_serial(serial)
    except MalformedReplyError:
        return None
    return ("apple", f"{said.chip:x}:{said.ecid:x}") if said.ecid else None


def is_copied(serial: str) -> bool:
    """Tell whether a serial is one that many phones state, or none at all."""
    plain = serial.strip().casefold()
    return len(plain) < _SHORTEST or plain in _COPIED or len(set(plain)) == 1
