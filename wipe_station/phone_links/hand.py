"""One interface over all links to a phone: read, mark, ask to erase itself, look again. Pure.

A hand belongs to one port and one way of speaking; it keeps nothing between two calls. After a
reset a phone may be there in another way than before (adb is off then), so another hand than the
one that read it may look: what it compares with is a value (``Baseline``).

The hands are in ``android_hands``, ``rescue_hand`` and ``iphone_hand``; the daemon has those of
``apart``, which do the same in a process that is nobody's. Which one a phone is taken by is told in
``presence``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from certs.text import Text
from wipe_station.errors import DeviceError
from wipe_station.phones.apple_facts import AppleReadings
from wipe_station.phones.evidence import Evidence
from wipe_station.phones.facts import PhoneFacts
from wipe_station.phones.overwrite import Overwritten
from wipe_station.phones.routes import Link, Route


class Wants(Enum):
    """What a person must do before a phone can be read at all."""

    UNLOCK = "unlock"
    """Its screen is locked: it shows no files, or wants its passcode first."""
    DEBUGGING = "debugging"
    """It asks whether this computer may debug it."""
    TRUST = "trust"
    """It does not trust this computer yet; ``IPhoneHand.pair`` has it ask its owner."""
    FILES = "files"
    """It only charges, or gives photos: file transfer is to be chosen."""
    RESTART = "restart"
    """It is in a mode in which nothing is read."""
    TIME = "time"
    """Nothing: it has just come."""
    PROGRAM = "program"
    """The program that speaks with such phones does not run; ``Here.missing`` says which."""


WORDS = {
    Wants.UNLOCK: Text(zh="请机主解锁屏幕。", en="Have the owner unlock it."),
    Wants.DEBUGGING: Text(
        zh="手机上问“允许调试吗”，请机主点允许。",
        en="The phone asks whether to allow debugging: have the owner allow it.",
    ),
    Wants.TRUST: Text(
        zh="请机主解锁，点“信任”，再输密码。",
        en="Have the owner unlock it, tap Trust, and enter the passcode.",
    ),
    Wants.FILES: Text(
        zh="请机主解锁，在 USB 选项里选“文件传输”。",
        en="Have the owner unlock it and choose file transfer in its USB options.",
    ),
    Wants.RESTART: Text(
        zh="让手机正常开机，再插上。", en="Let the phone start normally, and plug it in again."
    ),
    Wants.TIME: Text(zh="请稍等，手机刚插上。", en="Wait a moment: it was just plugged in."),
    Wants.PROGRAM: Text(
        zh="和这种手机通信的程序没有运行，请店长检查。",
        en="The program that speaks with such phones does not run: fetch the manager.",
    ),
}
"""What is said for each."""

Tell = Callable[[int, int | None], None]
"""Told how far an overwrite is: bytes done, and in all (None: unknown)."""


class ClosedError(DeviceError):
    """A phone is there and lets nobody read it yet; ``wants`` says what a person does."""

    def __init__(self, wants: Wants, *, device_id: str | None = None) -> None:
        super().__init__(
            Text(zh="手机还不让读。", en="The phone lets nobody read it yet."),
            hint=WORDS[wants],
            device_id=device_id,
        )
        self.wants = wants


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A phone as it was read before its reset, and what a later look compares with.

    Only ``facts`` is for others; the rest is between hands. None of it is personal.
    """

    facts: PhoneFacts
    link: Link
    """By which it was read."""
    usb_serial: str | None = None
    """What its USB device states: adb and MTP have that in common, their own serials may differ."""
    shared_bytes: int | None = None
    """MTP: the size of the storage that a file of ours lies on."""
    apple: AppleReadings | None = field(default=None, repr=False)
    apple_record: str | None = None
    """A digest of the pair record that it was read by, without its key."""
    apple_back: AppleReadings | None = field(default=None, repr=False)
    """Read by that record after the reset, before anybody paired the phone anew."""


class Hand(Protocol):
    """One phone at one port, spoken to in one way.

    All methods may take minutes, and raise nothing but ``DeviceError`` (``DeviceGoneError``,
    ``CommandTimeoutError``, ``ClosedError`` and so on) and ``MalformedReplyError``. One call at a
    time; a hand may be thrown away and made anew between any two.
    """

    @property
    def links(self) -> frozenset[Link]:
        """What this hand speaks."""

    @property
    def routes(self) -> frozenset[Route]:
        """The ways to a reset that ``ask`` can take; a route by hand is always among them.

        Nobody asks by ``IOS_RESTORE``.
        """

    @property
    def can_overwrite(self) -> bool:
        """Whether ``overwrite`` does anything."""

    def read(self) -> Baseline:
        """Read what the phone says of itself now.

        Raises:
            ClosedError: it is there and a person must do something first.
        """

    def temperature(self) -> float | None:
        """Return its battery's temperature now, in degrees Celsius, by one short question.

        The one method that may be called while another hand of the same phone is at work, and from
        within ``overwrite``, by what that tells or asks.

        Returns:
            None where the phone does not say, or cannot be asked in this way.
        """

    def plant(self, name: str, content: bytes) -> bool:
        """Lay a file of ours where a reset must take it away; return whether it was seen there.

        It lies in the root of the shared storage (``/sdcard/NAME``), where adb and MTP both see it.

        Args:
            name: 32 hexadecimal digits, drawn for this one use.
            content: drawn, too.

        Returns:
            False where the phone takes none: nothing was laid down then that a look may miss.
        """

    def ask(self, route: Route, before: Baseline) -> bool:
        """Ask the phone to erase itself, or to show the screen on which its owner does.

        By the routes by hand (``GUIDED``, ``IOS_GUIDED``) nothing is sent.

        Args:
            route: one of ``routes``.
            before: the phone that is meant; another one that hangs there by now is not asked.

        Returns:
            False if the phone said no, or is not known to be the one that is meant. True says
            nothing of an erasure: also a phone whose line broke meanwhile, or that answered what
            nobody understands, was asked.

        By a route that goes ``through`` another mode the first hand only sends the phone there;
        it erases nothing, and the hand of that mode is asked again.

        Raises:
            DeviceError: it was not there, or not open, before anything was sent.
            MalformedReplyError: likewise; it said what nobody understands.
        """

    def look(self, before: Baseline, canary: str | None) -> Evidence:
        """See what stands in the phone's place now, and compare.

        Args:
            before: of any hand.
            canary: the name that ``plant`` returned True for; None if there was none.

        Returns:
            all that a program can observe at one moment. ``went_and_returned`` and ``setup_seen``
            are False: port and screen are watched by others. ``same_identity`` is None where
            nothing told it apart.

        Raises:
            DeviceError: nothing could be seen, which shows nothing; ``ClosedError`` if a person
                can change that.
        """

    def overwrite(self, tell: Tell, stopped: Callable[[], bool]) -> Overwritten:
        """Have the phone fill its free space with random data and read it back.

        Only for a phone that was reset and is reset again: it is left full. It takes as long as the
        phone's storage is large, an hour or more.

        Args:
            tell: told every few seconds; each byte is done twice, written and read.
            stopped: asked as often whether to end; then what was written is taken away. It may take
                its time, during which the phone is told nothing.

        Returns:
            what was read back; nothing where the phone refuses or does not know how.

        Raises:
            DeviceError: it went away, or hangs; nothing counts.
        """
