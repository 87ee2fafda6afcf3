"""An Android phone: its state, its person's data, its ways to erase itself, its lies. Pure.

Nothing in it takes time. A restart is two events, ``leave`` and ``arrive``; with ``slow_boot`` the
test says when the second one comes. A person's finger is an event, too (``allow``, ``confirm``).

Source: AOSP, as far as named in the project's notes on phones; the texts of its commands follow
what is generally known of them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from threading import RLock
from typing import Final

from hw_tests.phones.android_fill import Storage
from wipe_station.phones.adb import PublicKey

MARKER: Final = "jane.marker@example.com"
"""A person's name in account, user and file names: it must turn up nowhere else."""
FILES: Final = {
    "/sdcard/DCIM/marker-jane-beach.jpg": b"private picture",
    "/sdcard/Download/marker-jane-letter.txt": b"private letter",
}
FOLDERS: Final = ("/sdcard", "/sdcard/DCIM", "/sdcard/Pictures", "/sdcard/Download")
_CANARY: Final = re.compile(r"/sdcard/[0-9a-f]{32}")


class Trust(Enum):
    """What happens when a computer shows its key."""

    ASK = "ask"
    """A question on the screen; ``allow`` answers it."""
    TRUSTED = "trusted"
    """Its person taps "allow" before anybody can look."""
    NEVER = "never"
    OFF = "off"
    """No key is wanted, as in builds for engineers."""


class Lie(Enum):
    """What a phone does instead of erasing itself, after it has said OK."""

    NOTHING = "erases-nothing"
    CANARY_ONLY = "erases-what-was-put-there-last"
    ANOTHER = "another-phone-comes-back"
    GARBAGE = "answers-commands-with-garbage"
    NOISE = "answers-about-files-with-garbage"
    CLOSED = "keeps-all-and-lets-nobody-look"
    HIDES = "keeps-all-and-shows-nothing"
    SILENT = "answers-no-command"
    SETUP_ONLY = "keeps-all-and-asks-to-be-set-up"


class Rescue(Enum):
    """What its rescue mode does when it is told to erase."""

    ERASES = "erases"
    REFUSES = "refuses"
    SILENT = "answers-nothing"
    GARBAGE = "answers-garbage"
    UNKNOWN = "does-not-know-how"
    NONE = "there-is-no-such-mode"
    """Told to restart into it, it starts its system."""


class Mode(Enum):
    """What runs on it."""

    SYSTEM = "device"
    RECOVERY = "recovery"
    RESCUE = "rescue"
    BOOTLOADER = "bootloader"
    """No adb."""


def _nothing() -> None:
    """Nobody listens."""


@dataclass(kw_only=True)
class AndroidPhone:
    """One phone; everything that it is and has."""

    trust: Trust = Trust.ASK
    release: int = 14
    serial: str = "SIM0123456789"
    model: str = "Sim Phone 7"
    imeis: tuple[str, ...] = ("353644930127905", "353644930127913")
    accounts: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    storage: Storage = field(default_factory=Storage)
    users: int = 1
    screen_lock: bool = False
    managed: bool = False
    bootloader_locked: bool = True
    encrypted: bool = True
    rescue: Rescue = Rescue.ERASES
    celsius: float = 29.1
    """Of its battery; ``storage.written`` may warm it up."""
    cools_celsius: float = 0.0
    """By so much it is cooler after each reading of its battery."""
    slow_boot: bool = False
    super_speed: bool = False
    """The next time it comes it hangs on the USB 3 port of its socket."""
    lie: Lie | None = None
    set_up: bool = True
    debugging: bool = True
    """Its person has turned adb on."""
    mode: Mode = Mode.SYSTEM
    frp: bool = False
    """It will ask for its owner's account; set by accounts that an erasure did not sign out."""
    keys: set[PublicKey] = field(default_factory=set)
    commands: list[str] = field(default_factory=list)
    """What it was told, in order."""
    lock: RLock = field(default_factory=RLock)
    left: Callable[[], None] = _nothing
    arrived: Callable[[], None] = _nothing
    asked: PublicKey | None = None
    """The key that the question on its screen is about."""
    answered: Callable[[], None] = _nothing
    running: bool = True
    evaluating: bool = False
    test_harness: bool = False
    reset_screens: str = "actions"
    """By what it knows its reset screen: ``actions`` as AOSP, ``names`` alone, or ``nothing``."""
    resets_asked: bool = False
    """Its reset screen is open."""
    erasures: int = 0
    lying: bool = False
    """It has come to the point from where on it lies."""
    _erase_at_restart: Callable[[], None] | None = None

    @property
    def free_bytes(self) -> int:
        """Return how much can still be written to it."""
        return self.storage.free_bytes(sum(map(len, self.files.values())))

    @property
    def trade_in(self) -> bool:
        """Whether it answers the trade-in status, and nothing else, to anybody."""
        fresh = self.release >= 16 and not self.set_up and not self.accounts
        return fresh and not self.evaluating and self.mode is Mode.SYSTEM

    @property
    def open_to_all(self) -> bool:
        """Whether no key is wanted."""
        return self.trust is Trust.OFF or self.trade_in or self.mode is not Mode.SYSTEM

    @property
    def adb(self) -> bool:
        """Whether it speaks adb at all."""
        fresh = not self.set_up and not self.trade_in and not self.evaluating
        return self.running and self.mode is not Mode.BOOTLOADER and not fresh

    @property
    def adb_on_usb(self) -> bool:
        """Whether it speaks adb on a cable, where its person's switch counts."""
        return self.adb and (self.debugging or self.open_to_all)

    def allow(self) -> None:
        """Tap "allow" on the question."""
        with self.lock:
            assert self.asked is not None, "no question is on the screen"
            self.keys.add(self.asked)
            self.asked = None
            self.answered()

    def confirm(self) -> None:
        """Tap "erase all data" on its reset screen: trust goes, and what asks for an account."""
        with self.lock:
            assert self.resets_asked, "the screen is not open"
            self.resets_asked = False
            self._erase(keep_keys=False, setup_skipped=False)
            self.frp = self.frp and self.lying
            self.restart()

    def reset(self) -> None:
        """Erase from its own menu, without any computer; it leaves, and comes back when told."""
        with self.lock:
            self.resets_asked = True
            self.confirm()

    def skip_setup(self) -> None:
        """Tap through its setup without an account, and choose to show files."""
        with self.lock:
            self.set_up = True

    def enable_test_harness(self) -> None:
        """Erase at the restart that follows; keys stay, setup is skipped, FRP stays armed."""
        self._erase_at_restart = lambda: self._erase(keep_keys=True, setup_skipped=True)

    def erase_from_outside(self) -> None:
        """Erase from the recovery or the boot loader; nothing asks for consent there."""
        with self.lock:
            self._erase(keep_keys=False, setup_skipped=False)

    def evaluate(self) -> None:
        """Open adb for all, and erase at the next restart."""
        self.evaluating = self.set_up = True
        self._erase_at_restart = lambda: self._erase(keep_keys=False, setup_skipped=False)

    @property
    def must_restart(self) -> bool:
        """Whether it restarts as soon as it has said so."""
        return self._erase_at_restart is not None and not self.evaluating

    def restart(self, mode: Mode = Mode.SYSTEM) -> None:
        """Leave; come back at once, unless it is slow."""
        with self.lock:
            self.running = False
            self.left()
            if self._erase_at_restart is not None:
                self._erase_at_restart()
                self._erase_at_restart = None
            self.mode = mode
            if not self.slow_boot:
                self.arrive()

    def unplug(self) -> None:
        """Have the cable pulled; ``arrive`` puts it back."""
        with self.lock:
            self.running = False
            self.left()

    def arrive(self) -> None:
        """Be there again."""
        with self.lock:
            self.running = True
            self.arrived()

    def _erase(self, *, keep_keys: bool, setup_skipped: bool) -> None:
        self.erasures += 1
        self.frp = self.frp or bool(self.accounts)
        self.lying = self.lie is not None
        if self.lie is Lie.CANARY_ONLY:
            self.files = {k: v for k, v in self.files.items() if not _CANARY.fullmatch(k)}
        if self.lie is Lie.SETUP_ONLY:
            self.keys, self.set_up, self.debugging = set(), False, False
        if self.lie not in (None, Lie.ANOTHER):
            return
        if self.lie is Lie.ANOTHER:
            self.serial, self.imeis = "SIM9999999999", ("490154203237518",)
        self.files, self.accounts, self.users = {}, [], 1
        self.storage.folders, self.storage.files = set(), {}
        self.screen_lock = self.managed = self.evaluating = False
        self.test_harness = self.set_up = self.debugging = setup_skipped
        if not keep_keys:
            self.keys.clear()
