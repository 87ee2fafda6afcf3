"""What a boot loader says over fastboot: commands, answers, and the frames of TCP. Pure.

A command is one packet; the phone answers with any number of remarks and one last word. "OKAY" to
an erase means that the boot loader says so, and nothing else: nothing of the data can be read back
in this mode, so an ``Okay`` is a claim and never an observation.

Source: fastboot's README in AOSP (answers, lengths, TCP) [S by way of Debian's client, which talks
with the simulator of the tests]; words of refusals are general knowledge [M].
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType
from typing import Final

from wipe_station.errors import MalformedReplyError
from wipe_station.phones.facts import PhoneFacts, System

WHAT: Final = "fastboot"
COMMAND_BYTES: Final = 64
"""The oldest boot loaders take no more."""
ANSWER_BYTES: Final = 256
"""The longest packet of a phone; TCP's frames may not be longer either."""
MOST_REMARKS: Final = 1024
"""``getvar:all`` of a phone with many partitions says some hundreds."""
HANDSHAKE: Final = b"FB01"
_LENGTH_BYTES: Final = 8
_NAME: Final = re.compile(r"[0-9A-Za-z._:-]{1,48}")
_LOCKED: Final = re.compile(r"\b(un)?lock(ed)?\b", re.IGNORECASE)
_ABSENT: Final = re.compile(
    r"exist|no such|not found|unknown partition|invalid partition", re.IGNORECASE
)
_UNKNOWN: Final = re.compile(r"unknown|unsupported|not supported|invalid command", re.IGNORECASE)
_YES: Final = frozenset({"yes", "true", "1"})
_NO: Final = frozenset({"no", "false", "0"})


class Partition(Enum):
    """What may be erased: what is the owner's, and nothing that the phone needs to start."""

    USERDATA = "userdata"
    METADATA = "metadata"
    """Holds the wrapped key of the data on phones that encrypt names and sizes, too."""
    CACHE = "cache"


class Target(Enum):
    """Where a phone goes from here."""

    SYSTEM = "reboot"
    BOOT_LOADER = "reboot-bootloader"
    RECOVERY = "reboot-recovery"
    FASTBOOTD = "reboot-fastboot"


class Word(Enum):
    """The kinds of packets that a phone sends."""

    OKAY = b"OKAY"
    FAIL = b"FAIL"
    INFO = b"INFO"
    TEXT = b"TEXT"
    DATA = b"DATA"


class Because(Enum):
    """Why a phone refuses, as far as its words tell [M]."""

    LOCKED = "locked"
    """The boot loader is locked: the owner has to unlock it, or another way is taken."""
    NO_SUCH_PARTITION = "no-such-partition"
    UNKNOWN_COMMAND = "unknown-command"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One packet of a phone."""

    word: Word
    text: str
    """In its own words; show it escaped. Of ``DATA`` eight hexadecimal digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Okay:
    """The boot loader says that it has done it."""

    text: str
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The boot loader says that it has not done it."""

    because: Because
    text: str
    remarks: tuple[str, ...]


Answer = Okay | Refused


def parse_reply(packet: bytes) -> Reply:
    """Decode one packet.

    Args:
        packet: four letters and at most 252 bytes of text behind them.

    Raises:
        MalformedReplyError: another word, too long, text that is no printable UTF-8, or a ``DATA``
            without its eight digits.
    """
    if len(packet) > ANSWER_BYTES:
        raise MalformedReplyError(WHAT, offset=ANSWER_BYTES, field="length")
    try:
        word = Word(packet[:4])
    except ValueError as error:
        raise MalformedReplyError(WHAT, offset=0, field="word") from error
    text = _text(packet[4:])
    if word is Word.DATA and not re.fullmatch(r"[0-9A-Fa-f]{8}", text):
        raise MalformedReplyError(WHAT, offset=4, field="size")
    return Reply(word=word, text=text)


def _text(data: bytes) -> str:
    """Return text; ends that C programs leave behind it are cut off."""
    try:
        text = data.rstrip(b"\0\r\n").decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedReplyError(WHAT, offset=4 + error.start, field="text") from error
    if not text.replace("\t", " ").replace("\n", " ").isprintable():
        raise MalformedReplyError(WHAT, offset=4, field="text")
    return text


class Exchange:
    """One command and all that is said to it."""

    def __init__(self, command: bytes) -> None:
        """Begin with a command that ``getvar``, ``erase`` or ``reboot`` made."""
        assert len(command) <= COMMAND_BYTES, "made here"
        self.command = command
        self._remarks: list[str] = []

    def take(self, packet: bytes) -> Answer | None:
        """Take a packet of the phone; return its last word, or None while more is to come.

        Raises:
            MalformedReplyError: see ``parse_reply``; or too many remarks, or it asks for data.
        """
        reply = parse_reply(packet)
        remarks = tuple(self._remarks)
        if reply.word is Word.OKAY:
            return Okay(text=reply.text, remarks=remarks)
        if reply.word is Word.FAIL:
            return Refused(because=_because(reply.text), text=reply.text, remarks=remarks)
        if reply.word is Word.DATA:
            raise MalformedReplyError(WHAT, offset=0, field="asks for data")
        if len(remarks) >= MOST_REMARKS:
            raise MalformedReplyError(WHAT, offset=0, field="number of remarks")
        self._remarks.append(reply.text)
        return None


def _because(text: str) -> Because:
    if _LOCKED.search(text):
        return Because.LOCKED
    if _ABSENT.search(text):
        return Because.NO_SUCH_PARTITION
    return Because.UNKNOWN_COMMAND if _UNKNOWN.search(text) else Because.OTHER


# --- commands ------------------------------------------------------------------------------------


def getvar(name: str) -> bytes:
    """Ask for a variable.

    Args:
        name: letters, digits and ``._:-``, at most 48 of them.
    """
    assert _NAME.fullmatch(name), "names of variables are ours"
    return f"getvar:{name}".encode("ascii")


def erase(partition: Partition) -> bytes:
    """Have a partition erased: nothing else of the phone's is touched."""
    return f"erase:{partition.value}".encode("ascii")


def reboot(target: Target) -> bytes:
    """Have the phone leave this mode."""
    return target.value.encode("ascii")


VARIABLES: Final = (
    "product",
    "serialno",
    "unlocked",
    "is-userspace",
    "version-bootloader",
    "battery-soc-ok",
    "partition-type:userdata",
    "partition-size:userdata",
    "partition-type:metadata",
)
"""What is worth asking; a phone may know none of it."""


def known(answer: Answer) -> str | None:
    """Return a variable's value; None if the phone does not know it, or says nothing."""
    return answer.text.strip() or None if isinstance(answer, Okay) else None


def yes_or_no(said: str | None) -> bool | None:
    """Return what a variable says; anything but a plain yes or no is unknown."""
    word = (said or "").casefold()
    return True if word in _YES else False if word in _NO else None


def facts_of(variables: Mapping[str, str | None], usb_path: str | None = None) -> PhoneFacts:
    """Return what a boot loader knows of its phone; the rest stays unknown.

    Args:
        variables: by name; None is unknown.
        usb_path: where it hangs, if on USB.
    """
    facts = PhoneFacts(
        system=System.ANDROID,
        usb_path=usb_path,
        model=variables.get("product"),
        serial=variables.get("serialno"),
    )
    unlocked = yes_or_no(variables.get("unlocked"))
    return facts if unlocked is None else replace(facts, bootloader_locked=not unlocked)


# --- what an erasure was said to be ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a boot loader said to each erase; nothing here was seen on the medium."""

    answers: Mapping[Partition, Answer]

    @property
    def all_accepted(self) -> bool:
        """Whether it said yes to the data, and to the rest yes or that there is no such thing."""
        return isinstance(self.answers.get(Partition.USERDATA), Okay) and not any(
            isinstance(each, Refused) and each.because is not Because.NO_SUCH_PARTITION
            for each in self.answers.values()
        )

    @property
    def locked(self) -> bool:
        """Whether it refused because it is locked."""
        return any(
            isinstance(each, Refused) and each.because is Because.LOCKED
            for each in self.answers.values()
        )


TO_ERASE: Final = (Partition.METADATA, Partition.USERDATA)
"""Key first: if the phone dies between the two, the data is unreadable rather than the key left."""


def claims(answers: Mapping[Partition, Answer]) -> Claims:
    """Return what was said, unchangeable."""
    return Claims(answers=MappingProxyType(dict(answers)))


# --- TCP -----------------------------------------------------------------------------------------


def frame(packet: bytes) -> bytes:
    """Put a packet into a frame: eight bytes of length, big-endian, before it."""
    return len(packet).to_bytes(_LENGTH_BYTES, "big") + packet


class Frames:
    """Cuts what came over TCP into packets, however it was split on the way."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._greeted = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes; return the packets that are whole now.

        Raises:
            MalformedReplyError: the other side greets differently, or announces a longer packet
                than any phone may send.
        """
        self._buffer += data
        if not self._greeted and not self._greet():
            return []
        found = []
        while len(self._buffer) >= _LENGTH_BYTES:
            length = int.from_bytes(self._buffer[:_LENGTH_BYTES], "big")
            if length > ANSWER_BYTES:
                raise MalformedReplyError(WHAT, offset=0, field="length of frame")
            end = _LENGTH_BYTES + length
            if len(self._buffer) < end:
                break
            found.append(bytes(self._buffer[_LENGTH_BYTES:end]))
            del self._buffer[:end]
        return found

    def _greet(self) -> bool:
        """Look at the first four bytes: two letters and a version, of which there is one."""
        start = bytes(self._buffer[: len(HANDSHAKE)])
        if not HANDSHAKE.startswith(start[:2]) or not (start[2:] == b"" or start[2:].isdigit()):
            raise MalformedReplyError(WHAT, offset=0, field="handshake")
        if len(start) < len(HANDSHAKE):
            return False
        del self._buffer[: len(HANDSHAKE)]
        self._greeted = True
        return True
